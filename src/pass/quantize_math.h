/* The arithmetic of TFLite's post-training quantizer. */
#ifndef MOTE_PASS_QUANTIZE_MATH_H
#define MOTE_PASS_QUANTIZE_MATH_H

#include "pass/pass.h"

typedef struct mote_qparams {
    float scale;
    int64_t zero_point;
} mote_qparams;

/* Asymmetric int8 for [low, high], which is widened to hold 0: scale (high - low) / 255, the zero point nudged to a
 * whole code from the end that errs less. */
mote_qparams mote_qparams_int8(float low, float high);
/* Symmetric int16: max(|low|, |high|) / 32767, zero point 0. */
mote_qparams mote_qparams_int16(float low, float high);

/* Replaces a node's float filter by int8, one scale per output channel: max |w| / 127, rounded half away from zero.
 * bias_scale_in: the input's scale when the bias will be int32, else 0: then a channel whose bias would pass 2^30
 * steps gets a larger scale (Google's quantizer does so). */
mote_status mote_quantize_filter(mote_graph *graph, mote_node *node, const mote_affine_op *affine, float bias_scale_in,
                                 bool wide, mote_error *err);
/* The node's float bias as int32 (wide: int64) with scale input scale * filter scale. */
mote_status mote_quantize_bias(mote_graph *graph, mote_node *node, const mote_affine_op *affine, float in_scale,
                               bool wide, mote_error *err);
/* A float constant as codes of the given parameters. Returns the new tensor, -1: out of memory. */
int32_t mote_quantize_const(mote_graph *graph, int32_t tensor, mote_dtype dtype, mote_qparams qparams);

#endif
