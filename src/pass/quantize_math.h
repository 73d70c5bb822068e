/* The arithmetic of TFLite's post-training quantizers, to the bit: float or double as they have it. */
#ifndef MOTE_PASS_QUANTIZE_MATH_H
#define MOTE_PASS_QUANTIZE_MATH_H

#include "pass/pass.h"

typedef struct mote_qparams {
    float scale;
    int64_t zero_point;
} mote_qparams;

/* Asymmetric int8 for [low, high], which is widened to hold 0: scale (high - low) / 255 in float, zero point
 * round(-128 - low / scale), the quotient in double and the difference rounded to float. Below 1e-6 wide: +-1e-6. */
mote_qparams mote_qparams_int8(float low, float high);
/* Symmetric int16: max(|low|, |high|) / 32767, zero point 0. */
mote_qparams mote_qparams_int16(float low, float high);
/* top / n_codes, for a top of at least 5e-7. */
float mote_symmetric_scale(float top, int32_t n_codes);

typedef enum mote_filter_kind { MOTE_FILTER_DYNAMIC, MOTE_FILTER_INT8, MOTE_FILTER_WIDE } mote_filter_kind;

/* Replaces a node's float filter by int8, one scale per output channel: max |w| / 127, for a maximum of at least 5e-7
 * (16x8: of any). Where the bias becomes integers too, in_scale is the input's scale, and a channel whose bias would
 * pass 2^30 steps gets a larger scale. Codes are round(w * inverse), half away from zero; TensorFlow has a quantizer
 * for int8 (in float, the inverse is 1 / scale), one for 16x8 (in float, 127 / maximum) and one for dynamic range (in
 * double, 127 / maximum), and a few codes between two differ. */
mote_status mote_quantize_filter(mote_graph *graph, mote_node *node, const mote_affine_op *affine,
                                 mote_filter_kind kind, float in_scale, mote_error *err);
/* The node's float bias as int32 (wide: int64) with scale input scale * filter scale, as a float:
 * round(bias * (1 / scale)) in float. */
mote_status mote_quantize_bias(mote_graph *graph, mote_node *node, const mote_affine_op *affine, float in_scale,
                               bool wide, mote_error *err);
/* A float constant as codes of the given parameters: int8 round(x / scale + zero point) in double; int16
 * round(x * (1 / scale)) in float. Returns the new tensor, -1: out of memory. */
int32_t mote_quantize_const(mote_graph *graph, int32_t tensor, mote_dtype dtype, mote_qparams qparams);

#endif
