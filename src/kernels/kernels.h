/*
 * The kernels that matter for speed, behind slots. kernels.inc names every variant; mote_kernels_select fills a table
 * with the best that the processor features allow. `ref/` holds the specification of each slot: plain, slow, obvious.
 *
 * int8 variants equal the reference bit for bit. float32 variants differ from it only by the order of additions and by
 * fused multiply-add: sums of products stay within 2e-6 of the sum of |a b| (tests/unit/test_kernels.c). Files that
 * meson.build compiles unfused have the reference's bits in floats too.
 */
#ifndef MOTE_KERNELS_KERNELS_H
#define MOTE_KERNELS_KERNELS_H

#include "kernels/fixed_point.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Matrix product with packed right-hand side:  c[m][n] = clamp(sum_k a[m][k] * b[k][n] + bias[n]), k rising, the bias
 * last as in TFLite.
 *
 *   packed b, per panel of nr columns:  | bias: nr | then for each group of kr values of k:  nr x kr values | …
 *
 * Columns past n and values of k past its end are zero.
 */
typedef struct mote_f32_gemm_job {
    int64_t n, k;
    const float *a;
    int64_t a_stride; /* elements from row to row */
    const float *packed;
    float *c;
    int64_t c_stride;
    float low, high;
} mote_f32_gemm_job;

/* c = clamp(scale(sum a * b + bias) + zero_point). bias holds the correction for a's zero point:
 * bias[n] - zero_point_a * sum_k b[k][n]. */
typedef struct mote_qs8_gemm_job {
    int64_t n, k;
    const int8_t *a;
    int64_t a_stride;
    const void *packed;                 /* int32 bias, then int8 weights */
    const int32_t *mantissa, *exponent; /* per column, padded to whole panels */
    int32_t *sums;                      /* not NULL: raw int32 sums go here (row stride n) in place of c */
    int8_t *c;
    int64_t c_stride;
    int32_t zero_point, low, high;
} mote_qs8_gemm_job;

/*
 * c = clamp(scale64(sum a * b + bias)), sums of 64 bits: int16 activations on int8 weights. b is packed as for
 * qs8_gemm, without a bias. Sums are 32 bits wide for k_block values of k at a time, a multiple of its kr that cannot
 * overflow: MOTE_QS16_BLOCK never does, and all of k does not where a column's weights come to MOTE_QS16_MAX_WEIGHT at
 * most.
 */
enum { MOTE_QS16_BLOCK = 508, MOTE_QS16_MAX_WEIGHT = 65535 };
typedef struct mote_wide_scale { /* mote_scale_i64 for each of some columns or channels */
    const int64_t *factor, *right;
    const int64_t *bias; /* NULL: zeros */
    int32_t low, high;
} mote_wide_scale;
typedef struct mote_qs16_gemm_job {
    int64_t n, k, k_block;
    const int16_t *a;
    int64_t a_stride;
    const void *packed;
    mote_wide_scale scale;
    int16_t *c;
    int64_t c_stride;
} mote_qs16_gemm_job;

/*
 * Matrix product for training:  c[m][n] = (add: c[m][n]) + (bias[n]) + sum_k a[m * a_row + k * a_step] * b[k][n].
 * One of a_row and a_step is 1. b is packed (panels of nr columns: k x nr values each, zeros past n; kernels of one
 * table share nr with mote_f32_mm_pack) or as it lies, b_row from k to k; then k <= MOTE_MM_MAX_K.
 */
enum { MOTE_MM_MAX_K = 256 };
enum { MOTE_STREAM_FLOATS = 1 << 22 }; /* an output that no cache keeps until it is read */
typedef struct mote_f32_mm_job {
    int64_t n, k;
    const float *a;
    int64_t a_row, a_step;
    const float *b;
    int64_t b_row;
    bool packed, add, stream; /* stream: c is more than the caches hold, and nobody reads it soon */
    const float *bias;        /* NULL: none */
    float *c;
    int64_t c_row;
} mote_f32_mm_job;

/*
 * Normalization over rows of channels, as it trains: z = (x - mean) * scale + offset per channel, y = activation(z).
 * Arrays named after a channel's value hold `channels` of them; x, dy and y are rows x channels.
 */
typedef enum mote_norm_activation {
    MOTE_NORM_LINEAR,
    MOTE_NORM_RELU,
    MOTE_NORM_RELU6,
    MOTE_NORM_HARD_SWISH, /* z * clamp(z + 3, 0, 6) / 6 */
    MOTE_NORM_SWISH,      /* z / (1 + e^-z) */
} mote_norm_activation;
typedef struct mote_norm_job {
    int64_t channels;
    int32_t activation;
    const float *x, *dy;
    float *y;
    const float *mean, *scale, *offset;
    const float *shift, *slope;
    float *sum, *sum_2;
} mote_norm_job;
/* sum = sum of x; sum_2 = sum of (x - sum / rows)^2. */
typedef void mote_f32_norm_moments_fn(const mote_norm_job *job, int64_t row_begin, int64_t row_end);
/* y = activation(z) */
typedef void mote_f32_norm_apply_fn(const mote_norm_job *job, int64_t row_begin, int64_t row_end);
/* dz = dy * activation'(z); sum += sum of dz; sum_2 += sum of dz * (x - mean); y = dz unless NULL. y may be dy. */
typedef void mote_f32_norm_reduce_fn(const mote_norm_job *job, int64_t row_begin, int64_t row_end);
/* y = dy * scale - shift - (x - mean) * slope. y may be dy. */
typedef void mote_f32_norm_input_fn(const mote_norm_job *job, int64_t row_begin, int64_t row_end);

/*
 * Rows of channels beside one vector of channels that all of them share: the gates of squeeze and excitation.
 *
 *   scale:  y = a * by                                  y may be a
 *   sum:    sum[c] += sum of a over rows
 *   gate:   sum[c] += sum of dy * a over rows, unless sum is NULL;  y = dy * by, unless y is NULL; y may be dy
 */
typedef struct mote_rows_job {
    int64_t channels, n; /* n rows */
    const float *a, *dy, *by;
    float *y, *sum;
} mote_rows_job;
typedef void mote_f32_rows_scale_fn(const mote_rows_job *job);
typedef void mote_f32_rows_sum_fn(const mote_rows_job *job);
typedef void mote_f32_rows_gate_fn(const mote_rows_job *job);

/*
 * Depthwise: one output row of `width` pixels. Taps outside the image are left out. depth multiplier 1. qs16: int16
 * input and output. A packed filter, for each nr of the channels (the last nr of them at the end, where there are that
 * many; else what is missing is zero):
 *
 *   | int32 sums of each channel's weights: nr | then for each kr rows of the filter, for each column:  nr x kr values
 * | …
 */
typedef struct mote_dw_job {
    int64_t channels;
    int32_t in_height, in_width, out_width;
    int32_t filter_height, filter_width;
    int32_t stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left;
    const void *input;  /* one image */
    const void *filter; /* [taps][channels], int16 for qs16; qs8: packed by mote_qs8_dw_pack */
    const void *bias;   /* [channels]; NULL: zeros */
    void *output;       /* the image's output */
    float low_f32, high_f32;
    const int32_t *mantissa, *exponent;
    /* qs8: the output, and the bias, are floats: clamp(sum * (x_scale * scale_f32[c * scale_step]) + bias[c]), rounded
     * after each step. */
    bool to_floats;
    float x_scale;
    const float *scale_f32;
    int32_t scale_step; /* 0: one scale for all */
    int32_t in_zero_point, zero_point, low, high;
    mote_wide_scale scale; /* qs16, in place of bias and what is above; at most MOTE_QS16_BLOCK taps */
} mote_dw_job;

/*
 * Depthwise convolution as it trains, a line at a time: n_columns pixels of in_stride floats, of which the first
 * `channels` count. Tap fx of output x reads column x * x_step + fx * x_dilation + origin; columns outside the line are
 * zeros. Rows outside the image are left out by the caller.
 *
 *   line:  out[x] = (add: out[x]) + bias + sum over fy, fx of weights[fy][fx * w_step] * rows[fy][column]
 *   taps:  sums[fy][fx] += sum over x of dy[x] * rows[fy][column];  bias_sums += sum of dy[x]
 */
typedef struct mote_dw_line_job {
    int64_t channels, in_stride, n_columns, origin;
    int32_t ny, nx, x_step, x_dilation;
    const float *const *rows;    /* ny lines */
    const float *const *weights; /* ny pointers to the channels of the first tap */
    int64_t w_step;              /* from tap to tap; may be negative */
    const float *bias;           /* per channel; NULL: zeros */
    float *out;
    int64_t out_stride;
    int32_t n;        /* outputs */
    bool add, stream; /* stream: as above */
} mote_dw_line_job;
typedef struct mote_dw_taps_job {
    int64_t channels, in_stride, n_columns, origin;
    int32_t ny, nx, x_step, x_dilation;
    const float *const *rows;
    const float *dy;
    int64_t dy_stride;
    int32_t n;
    float *sums;      /* [ny][nx][channels] */
    float *bias_sums; /* per channel, or NULL */
} mote_dw_taps_job;
typedef void mote_f32_dw_line_fn(const mote_dw_line_job *job);
typedef void mote_f32_dw_taps_fn(const mote_dw_taps_job *job);

/*
 * Two lines of codes, of which one whose step is 0 is held; c may be a or b. With A = a[i] - zero_a, B likewise:
 *
 *   mul:  c[i] = clamp(scale(A * B) + zero_point)
 *   add:  c[i] = clamp(scale(scale_a(A * 2^left_shift) +- scale_b(B * 2^left_shift)) + zero_point); -: subtract is set
 */
typedef struct mote_qs8_pair_job {
    const int8_t *a, *b;
    int32_t a_step, b_step;
    int8_t *c;
    int32_t zero_a, zero_b, zero_point, low, high;
    mote_multiplier scale, scale_a, scale_b;
    int32_t left_shift; /* at most 22 */
    bool subtract;
} mote_qs8_pair_job;

/* A line of pixels of 8-bit values made narrower or wider: value c of pixel i lies between line[left[i] + c] and
 * line[right[i] + c], as mote_f32_lerp_fn has it with weights[i * channels + c]. */
typedef struct mote_u8_lerp_job {
    const uint8_t *line;
    int64_t line_bytes;
    const int32_t *left, *right; /* rising, in bytes */
    const float *weights;        /* n_pixels * channels */
    int64_t n_pixels;
    int32_t channels; /* 1…4 */
    float *out;
} mote_u8_lerp_job;

/* out[i] = e^((in[i] - shift) * factor). This and the next: vec_math.h states the errors; out may be in. */
typedef void mote_f32_exp_fn(const float *in, float *out, int64_t n, float shift, float factor);
typedef void mote_f32_logistic_fn(const float *in, float *out, int64_t n);
typedef void mote_f32_tanh_fn(const float *in, float *out, int64_t n);
typedef void mote_f32_gelu_fn(const float *in, float *out, int64_t n);
typedef void mote_qs8_mul_fn(const mote_qs8_pair_job *job, int64_t n);
typedef void mote_qs8_add_fn(const mote_qs8_pair_job *job, int64_t n);

/* The same functions with the bits of TFLite's reference kernels (strict_math.h). */
typedef void mote_f32_logistic_strict_fn(const float *in, float *out, int64_t n);

/* q[i] = round(x[i] * inverse) + zero, the product in float, half away from zero, clamped to [low, 127]. */
typedef void mote_f32_to_qs8_fn(const float *x, int8_t *q, int64_t n, float inverse, int32_t zero, int32_t low);
/* The least and the greatest of n values; not a number where the first is none, others of that kind do not count. 0 and
 * 0 of no values. */
typedef void mote_f32_range_fn(const float *x, int64_t n, float *low, float *high);
/*
 * Sums of integers as floats: out[i] = clamp(v + bias[i]), rounded after each step. With s = sums[i] - zero *
 * weight_sums[i], v is s * scale[i] * x_scale where scale_first is set, else s * (x_scale * scale[i]).
 */
typedef struct mote_qs8_to_f32_job {
    const int32_t *sums, *weight_sums; /* weight_sums NULL: zeros */
    int32_t zero;
    bool scale_first;
    const float *scale, *bias; /* bias NULL: zeros */
    int32_t scale_step;        /* 0: one scale for all */
    float x_scale, low, high;
    float *out;
} mote_qs8_to_f32_job;
typedef void mote_qs8_to_f32_fn(const mote_qs8_to_f32_job *job, int64_t n);
/* out[i] = table[x[i]], 256 entries; out may be x. */
typedef void mote_u8_lut_fn(const uint8_t *table, const uint8_t *x, uint8_t *out, int64_t n);

/* out[i] = a[i] + (b[i] - a[i]) * weight, rounded after each step (no fused multiply-add). */
typedef void mote_f32_lerp_fn(const float *a, const float *b, float weight, float *out, int64_t n);
typedef void mote_u8_lerp_fn(const mote_u8_lerp_job *job);

typedef void mote_f32_gemm_fn(const mote_f32_gemm_job *job, int64_t row_begin, int64_t row_end);
typedef void mote_f32_mm_fn(const mote_f32_mm_job *job, int64_t row_begin, int64_t row_end);
typedef void mote_qs8_gemm_fn(const mote_qs8_gemm_job *job, int64_t row_begin, int64_t row_end);
typedef void mote_f32_dw_fn(const mote_dw_job *job, int32_t row);
typedef void mote_qs8_dw_fn(const mote_dw_job *job, int32_t row);
typedef void mote_qs16_gemm_fn(const mote_qs16_gemm_job *job, int64_t row_begin, int64_t row_end);
typedef void mote_qs16_dw_fn(const mote_dw_job *job, int32_t row);

/* A slot as selected: the function and its packing. */
typedef struct mote_kernels {
    struct {
        const char *variant;
        mote_f32_gemm_fn *run;
        int32_t nr, kr;
    } f32_gemm;
    struct {
        const char *variant;
        mote_qs8_gemm_fn *run;
        int32_t nr, kr;
    } qs8_gemm;
    struct {
        const char *variant;
        mote_f32_dw_fn *run;
        int32_t nr, kr;
    } f32_dw;
    struct {
        const char *variant;
        mote_qs8_dw_fn *run;
        int32_t nr, kr;
    } qs8_dw;
    struct {
        const char *variant;
        mote_f32_exp_fn *run;
        int32_t nr, kr;
    } f32_exp;
    struct {
        const char *variant;
        mote_f32_logistic_fn *run;
        int32_t nr, kr;
    } f32_logistic;
    struct {
        const char *variant;
        mote_f32_logistic_strict_fn *run;
        int32_t nr, kr;
    } f32_logistic_strict;
    struct {
        const char *variant;
        mote_f32_tanh_fn *run;
        int32_t nr, kr;
    } f32_tanh;
    struct {
        const char *variant;
        mote_f32_gelu_fn *run;
        int32_t nr, kr;
    } f32_gelu;
    struct {
        const char *variant;
        mote_qs8_mul_fn *run;
        int32_t nr, kr;
    } qs8_mul;
    struct {
        const char *variant;
        mote_qs8_add_fn *run;
        int32_t nr, kr;
    } qs8_add;
    struct {
        const char *variant;
        mote_u8_lut_fn *run;
        int32_t nr, kr;
    } u8_lut;
    struct {
        const char *variant;
        mote_f32_to_qs8_fn *run;
        int32_t nr, kr;
    } f32_to_qs8;
    struct {
        const char *variant;
        mote_f32_range_fn *run;
        int32_t nr, kr;
    } f32_range;
    struct {
        const char *variant;
        mote_u8_lerp_fn *run;
        int32_t nr, kr;
    } u8_lerp;
    struct {
        const char *variant;
        mote_f32_lerp_fn *run;
        int32_t nr, kr;
    } f32_lerp;
    struct {
        const char *variant;
        mote_f32_mm_fn *run;
        int32_t nr, kr;
    } f32_mm;
    struct {
        const char *variant;
        mote_f32_norm_moments_fn *run;
        int32_t nr, kr;
    } f32_norm_moments;
    struct {
        const char *variant;
        mote_f32_norm_apply_fn *run;
        int32_t nr, kr;
    } f32_norm_apply;
    struct {
        const char *variant;
        mote_f32_norm_reduce_fn *run;
        int32_t nr, kr;
    } f32_norm_reduce;
    struct {
        const char *variant;
        mote_f32_norm_input_fn *run;
        int32_t nr, kr;
    } f32_norm_input;
    struct {
        const char *variant;
        mote_f32_dw_line_fn *run;
        int32_t nr, kr;
    } f32_dw_line;
    struct {
        const char *variant;
        mote_f32_dw_taps_fn *run;
        int32_t nr, kr;
    } f32_dw_taps;
    struct {
        const char *variant;
        mote_f32_rows_scale_fn *run;
        int32_t nr, kr;
    } f32_rows_scale;
    struct {
        const char *variant;
        mote_f32_rows_sum_fn *run;
        int32_t nr, kr;
    } f32_rows_sum;
    struct {
        const char *variant;
        mote_f32_rows_gate_fn *run;
        int32_t nr, kr;
    } f32_rows_gate;
    struct {
        const char *variant;
        mote_qs8_to_f32_fn *run;
        int32_t nr, kr;
    } qs8_to_f32;
    struct {
        const char *variant;
        mote_qs16_gemm_fn *run;
        int32_t nr, kr;
    } qs16_gemm;
    struct {
        const char *variant;
        mote_qs16_dw_fn *run;
        int32_t nr, kr;
    } qs16_dw;
    /* Float sums go in the order that TensorFlow's converter calibrates in (op/conv_2d/conv_order.h). */
    bool in_converters_order;
} mote_kernels;

/* Constant for the process: features 0 gives the reference kernels. */
void mote_kernels_select(uint32_t features, mote_kernels *kernels);
/* Functions with the bits of TensorFlow's converter while it calibrates (converter_math.h), and sums in its order. */
void mote_kernels_as_converter(mote_kernels *kernels);

/* Elements of the packed form (floats, or bytes for qs8), and the packing itself. weights are [n][k]; sums of weights
 * are folded into the bias with in_zero_point. bias may be NULL. */
size_t mote_f32_gemm_packed_count(const mote_kernels *kernels, int64_t n, int64_t k);
void mote_f32_gemm_pack(const mote_kernels *kernels, int64_t n, int64_t k, const float *weights, const float *bias,
                        float *packed);
/* The b of f32_mm: element (k, n) is b[k * k_stride + n * n_stride]. */
size_t mote_f32_mm_packed_count(const mote_kernels *kernels, int64_t n, int64_t k);
void mote_f32_mm_pack(const mote_kernels *kernels, int64_t n, int64_t k, const float *b, int64_t k_stride,
                      int64_t n_stride, float *packed);
/* Panels [first, last) of it, for threads to share. */
int64_t mote_f32_mm_n_panels(const mote_kernels *kernels, int64_t n);
void mote_f32_mm_pack_panels(const mote_kernels *kernels, int64_t n, int64_t k, const float *b, int64_t k_stride,
                             int64_t n_stride, float *packed, int64_t first, int64_t last);
size_t mote_qs8_gemm_packed_bytes(const mote_kernels *kernels, int64_t n, int64_t k);
void mote_qs8_gemm_pack(const mote_kernels *kernels, int64_t n, int64_t k, const int8_t *weights, const int32_t *bias,
                        int32_t in_zero_point, void *packed);
/* The same for weights of any layout: that of column i and depth j is weights[i * n_stride + j * k_stride]. */
void mote_f32_gemm_pack_strided(const mote_kernels *kernels, int64_t n, int64_t k, const float *weights,
                                int64_t n_stride, int64_t k_stride, const float *bias, float *packed);
void mote_qs8_gemm_pack_strided(const mote_kernels *kernels, int64_t n, int64_t k, const int8_t *weights,
                                int64_t n_stride, int64_t k_stride, const int32_t *bias, int32_t in_zero_point,
                                void *packed);

/* filter: [height][width][channels]. */
size_t mote_qs8_dw_packed_bytes(const mote_kernels *kernels, int64_t channels, int32_t height, int32_t width);
void mote_qs8_dw_pack(const mote_kernels *kernels, int64_t channels, int32_t height, int32_t width,
                      const int8_t *filter, void *packed);

#define MOTE_KERNEL(slot, variant, needs, nr, kr) mote_##slot##_fn mote_##slot##__##variant;
#include "kernels/kernels.inc"
#undef MOTE_KERNEL

#endif
