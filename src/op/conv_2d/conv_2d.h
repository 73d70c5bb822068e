/* CONV_2D's options, and what the operators with a sliding window share. */
#ifndef MOTE_OP_CONV_2D_CONV_2D_H
#define MOTE_OP_CONV_2D_CONV_2D_H

#include "kernels/fixed_point.h"
#include "op/conv_2d/window.h"
#include "op/op.h"

typedef struct mote_conv_2d_params {
    mote_conv_window window;     /* first: see mote_conv_window_of */
    int32_t activation;          /* mote_activation */
    int32_t quantized_bias_type; /* mote_dtype; FLOAT32: not stated */
} mote_conv_2d_params;

/* A dot product of n elements, each plus its offset. */
typedef int64_t mote_dot_fn(const void *x, const void *w, int64_t n, int32_t x_offset, int32_t w_offset);
/* Of int8 codes: an int32_t, wrapped. */
int64_t mote_dot_s8(const void *x, const void *w, int64_t n, int32_t x_offset, int32_t w_offset);
/* For these element types; NULL: none. */
mote_dot_fn *mote_dot_find(mote_dtype x, mote_dtype w);

/* For prepare, where sums are real numbers: the bias (NULL: none) has n floats, and a filter of codes one scale, n, or
 * blocks. */
mote_status mote_need_real(const mote_tensor *filter, const mote_tensor *bias, int64_t n, mote_error *err);

/* How sums become output codes. Made once by prepare. */
typedef struct mote_requant {
    mote_multiplier *multipliers; /* one per output channel */
    double *factors; /* as numbers, where the reference scales in double: FULLY_CONNECTED of int8 and int16; or NULL */
    int32_t x_offset, w_offset, out_zero;
    int32_t min, max; /* of the activation, in codes */
    bool wide;        /* 64-bit sums: int16 activations with an int64 bias */
} mote_requant;
/* Refuses types and quantization that do not go together. bias may be NULL; n channels along filter_axis. fused_scale:
 * FULLY_CONNECTED's way: a filter with one scale multiplies with the input's in float first (as in all of uint8), its
 * zero point counts, and signed sums are scaled in double, rounding once, half away from zero. */
mote_status mote_requant_make(mote_run *run, mote_requant *requant, const mote_op_io *io, int32_t n, int32_t activation,
                              bool fused_scale, mote_error *err);
/* The multipliers of a wide requant as the kernels take them (kernels.h), in memory that lives as long as the plan;
 * false: out of memory. */
struct mote_wide_scale;
bool mote_requant_make_wide(mote_run *run, const mote_requant *requant, const mote_tensor *bias, int64_t n,
                            struct mote_wide_scale *scale);
/* One sum, with the bias of its channel (bias data may be NULL), stored as element i of the output. */
void mote_requant_store(const mote_requant *requant, int64_t sum, const mote_tensor *bias, int32_t channel,
                        const mote_tensor *output, int64_t i);

/* Rows of n floats as int8, each with one scale and, where asymmetric, one zero point, else 0; x ~ scale * (q - zero).
 * TFLite's hybrid operators begin with it. */
void mote_quantize_rows(mote_run *run, bool asymmetric, const float *x, int64_t n_rows, int64_t n, int8_t *q,
                        float *scales, int32_t *zeros);

#endif
