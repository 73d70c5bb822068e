/*
 * A row of the left side is one output pixel's patch: gathered into scratch, a few pixels at a time per thread, or the
 * input itself for 1x1. The right side is the filter, packed at prepare.
 *
 *   scratch: | hybrid: the images as int8, then their scales and zero points | per thread: patches | hybrid: sums |
 */
#include "op/conv_2d/conv_packed.h"

#include <string.h>

#include "kernels/kernels.h"
#include "op/conv_2d/conv_order.h"
#include "op/op_quant.h"

enum { TILE_ROWS = 48, PAD_COLUMNS = 64, GRAIN_PRODUCTS = 1 << 18 };

struct mote_conv_packed {
    mote_conv_packed_spec spec;
    bool is_float, is_wide, pointwise; /* wide: int16 activations */
    size_t element_bytes;              /* of what the products read */
    void *filter;
    mote_wide_scale scale; /* wide */
    int64_t k_block;
    int32_t *mantissa, *exponent, *weight_sums;
    size_t codes_bytes, patch_bytes, sums_bytes;
};

static size_t aligned(size_t n)
{
    return (n + 63) & ~(size_t)63;
}

static bool is_wide(const mote_op_io *io, const mote_conv_packed_spec *spec)
{
    return io->inputs[0]->dtype == MOTE_INT16 && io->inputs[1]->dtype == MOTE_INT8 && spec->requant->wide &&
           spec->requant->w_offset == 0;
}

static bool fits(const mote_run *run, const mote_op_io *io, const mote_conv_packed_spec *spec)
{
    const mote_tensor *in = io->inputs[0], *filter = io->inputs[1], *bias = io->n_inputs > 2 ? io->inputs[2] : NULL;
    if (!mote_run_kernels(run) || !filter->data || (bias && !bias->data) || spec->n < 1 || spec->k < 1)
        return false;
    const bool is_float = in->dtype == MOTE_FLOAT32 && filter->dtype == MOTE_FLOAT32;
    const bool qs8 = in->dtype == MOTE_INT8 && filter->dtype == MOTE_INT8 && io->outputs[0]->dtype == MOTE_INT8 &&
                     (!bias || bias->dtype == MOTE_INT32) && spec->requant->w_offset == 0;
    return is_float || qs8 || is_wide(io, spec) || (spec->hybrid && filter->dtype == MOTE_INT8);
}

static bool pack_integers(mote_run *run, const mote_op_io *io, mote_conv_packed *p)
{
    const mote_kernels *kernels = mote_run_kernels(run);
    const mote_conv_packed_spec *s = &p->spec;
    const mote_tensor *bias = io->n_inputs > 2 ? io->inputs[2] : NULL;
    const int8_t *weights = io->inputs[1]->data;
    p->filter = mote_run_persistent(run, mote_qs8_gemm_packed_bytes(kernels, s->n, s->k));
    if (!p->filter)
        return false;
    if (s->hybrid) {
        p->weight_sums = mote_run_persistent(run, (size_t)s->n * sizeof *p->weight_sums);
        for (int64_t i = 0; p->weight_sums && i < s->n * s->k; i++)
            p->weight_sums[i / s->k] += weights[i];
        mote_qs8_gemm_pack(kernels, s->n, s->k, weights, NULL, 0, p->filter);
        return p->weight_sums != NULL;
    }
    mote_qs8_gemm_pack(kernels, s->n, s->k, weights, bias ? bias->data : NULL, mote_zero_of(io->inputs[0]), p->filter);
    const size_t padded = (size_t)s->n + PAD_COLUMNS;
    p->mantissa = mote_run_persistent(run, padded * sizeof *p->mantissa);
    p->exponent = mote_run_persistent(run, padded * sizeof *p->exponent);
    for (int64_t i = 0; p->mantissa && p->exponent && i < s->n; i++) {
        p->mantissa[i] = s->requant->multipliers[i].mantissa;
        p->exponent[i] = s->requant->multipliers[i].exponent;
    }
    return p->mantissa && p->exponent;
}

/* All of k where no column's weights let a sum of 32 bits overflow. */
static int64_t block_of(const int8_t *weights, int64_t n, int64_t k)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t total = 0;
        for (int64_t j = 0; j < k; j++)
            total += weights[i * k + j] < 0 ? -weights[i * k + j] : weights[i * k + j];
        if (total > MOTE_QS16_MAX_WEIGHT)
            return MOTE_QS16_BLOCK;
    }
    return k;
}

static bool pack_wide(mote_run *run, const mote_op_io *io, mote_conv_packed *p)
{
    const mote_kernels *kernels = mote_run_kernels(run);
    const mote_conv_packed_spec *s = &p->spec;
    p->filter = mote_run_persistent(run, mote_qs8_gemm_packed_bytes(kernels, s->n, s->k));
    if (!p->filter)
        return false;
    mote_qs8_gemm_pack(kernels, s->n, s->k, io->inputs[1]->data, NULL, 0, p->filter);
    p->k_block = block_of(io->inputs[1]->data, s->n, s->k);
    return mote_requant_make_wide(run, s->requant, io->n_inputs > 2 ? io->inputs[2] : NULL, s->n, &p->scale);
}

static bool pack_floats(mote_run *run, const mote_op_io *io, mote_conv_packed *p)
{
    const mote_kernels *kernels = mote_run_kernels(run);
    const mote_tensor *bias = io->n_inputs > 2 ? io->inputs[2] : NULL;
    p->filter = mote_run_persistent(run, mote_f32_gemm_packed_count(kernels, p->spec.n, p->spec.k) * sizeof(float));
    if (p->filter)
        mote_f32_gemm_pack(kernels, p->spec.n, p->spec.k, io->inputs[1]->data, bias ? bias->data : NULL, p->filter);
    return p->filter != NULL;
}

static bool is_pointwise(const mote_conv_packed_spec *s)
{
    return s->h.filter == 1 && s->w.filter == 1 && s->h.stride == 1 && s->w.stride == 1;
}

mote_status mote_conv_packed_make(mote_run *run, const mote_op_io *io, const mote_conv_packed_spec *spec,
                                  mote_conv_packed **packed, mote_error *err)
{
    *packed = NULL;
    if (!fits(run, io, spec))
        return MOTE_OK;
    mote_conv_packed *p = mote_run_persistent(run, sizeof *p);
    if (!p)
        return mote_error_no_memory(err);
    p->spec = *spec;
    p->is_float = io->inputs[1]->dtype == MOTE_FLOAT32;
    p->pointwise = is_pointwise(spec);
    p->is_wide = is_wide(io, spec);
    p->element_bytes = p->is_float ? sizeof(float) : p->is_wide ? sizeof(int16_t) : 1;
    if (!(p->is_float ? pack_floats(run, io, p) : p->is_wide ? pack_wide(run, io, p) : pack_integers(run, io, p)))
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory packing the filter");
    const size_t count = (size_t)mote_shape_count(&io->inputs[0]->shape);
    const size_t n_ranges = spec->per_row ? count / (size_t)spec->k : (size_t)io->inputs[0]->shape.dims[0];
    p->codes_bytes = spec->hybrid ? aligned(count) + aligned(n_ranges * 8) : 0;
    p->patch_bytes = p->pointwise ? 0 : aligned(TILE_ROWS * (size_t)spec->k * p->element_bytes);
    p->sums_bytes = spec->hybrid ? aligned(TILE_ROWS * (size_t)spec->n * sizeof(int32_t)) : 0;
    mote_run_request_scratch(run, p->codes_bytes + (p->patch_bytes + p->sums_bytes) * (size_t)mote_run_n_threads(run));
    *packed = p;
    return MOTE_OK;
}

/* --- running --- */

typedef struct packed_job {
    const mote_conv_packed *packed;
    const mote_op_io *io;
    const mote_kernels *kernels;
    char *threads;       /* the per-thread part of the scratch */
    const void *image;   /* floats or codes */
    void *output;        /* the image's */
    const float *scales; /* hybrid: of this image, or of each of its rows */
    const int32_t *zeros;
} packed_job;

/* The patches of pixels [first, first + n) of an image; what lies outside is `outside` in every byte. */
static void gather(const mote_conv_packed_spec *s, const char *image, size_t pixel_bytes, int outside, int64_t first,
                   int64_t n, char *patch)
{
    for (int64_t i = 0; i < n; i++) {
        const int32_t y = (int32_t)((first + i) / s->w.out), x = (int32_t)((first + i) % s->w.out);
        for (int32_t fy = 0; fy < s->h.filter; fy++)
            for (int32_t fx = 0; fx < s->w.filter; fx++, patch += pixel_bytes) {
                const int64_t iy = (int64_t)y * s->h.stride - s->h.pad + (int64_t)fy * s->h.dilation;
                const int64_t ix = (int64_t)x * s->w.stride - s->w.pad + (int64_t)fx * s->w.dilation;
                if (iy < 0 || iy >= s->h.in || ix < 0 || ix >= s->w.in)
                    memset(patch, outside, pixel_bytes);
                else
                    memcpy(patch, image + (size_t)(iy * s->w.in + ix) * pixel_bytes, pixel_bytes);
            }
    }
}

static const void *left_side(const packed_job *job, int64_t first, int64_t n, int32_t thread)
{
    const mote_conv_packed *p = job->packed;
    if (p->pointwise)
        return (const char *)job->image + (size_t)(first * p->spec.k) * p->element_bytes;
    char *patch = job->threads + (size_t)thread * (p->patch_bytes + p->sums_bytes);
    const size_t pixel_bytes = (size_t)(p->spec.k / ((int64_t)p->spec.h.filter * p->spec.w.filter)) * p->element_bytes;
    const int outside = p->is_float ? 0 : p->spec.hybrid ? job->zeros[0] : mote_zero_of(job->io->inputs[0]);
    gather(&p->spec, job->image, pixel_bytes, outside, first, n, patch);
    return patch;
}

/* first_row, first_column: where in the image's whole product the job is. */
static void run_floats(const packed_job *job, const mote_f32_gemm_job *gemm, int64_t first_row, int64_t first_column,
                       int64_t n)
{
    const mote_conv_packed_spec *s = &job->packed->spec;
    if (!job->kernels->in_converters_order) {
        job->kernels->f32_gemm.run(gemm, 0, n);
        return;
    }
    const mote_conv_order order = {.row = first_row,
                                   .n_rows = (int64_t)s->h.out * s->w.out,
                                   .column = first_column,
                                   .n_columns = s->n,
                                   .is_dense = s->per_row,
                                   .of_patches = !job->packed->pointwise};
    mote_conv_order_run(gemm, job->kernels->f32_gemm.nr, &order, 0, n);
}

static void float_pixels(const packed_job *job, int64_t first, int64_t n, int32_t thread)
{
    const mote_conv_packed_spec *s = &job->packed->spec;
    const mote_f32_gemm_job gemm = {.n = s->n,
                                    .k = s->k,
                                    .a = left_side(job, first, n, thread),
                                    .a_stride = s->k,
                                    .packed = job->packed->filter,
                                    .c = (float *)job->output + first * s->n,
                                    .c_stride = s->n,
                                    .low = s->low,
                                    .high = s->high};
    run_floats(job, &gemm, first, 0, n);
}

static void integer_pixels(const packed_job *job, int64_t first, int64_t n, int32_t thread)
{
    const mote_conv_packed *p = job->packed;
    const mote_requant *requant = p->spec.requant;
    const mote_qs8_gemm_job gemm = {.n = p->spec.n,
                                    .k = p->spec.k,
                                    .a = left_side(job, first, n, thread),
                                    .a_stride = p->spec.k,
                                    .packed = p->filter,
                                    .mantissa = p->mantissa,
                                    .exponent = p->exponent,
                                    .c = (int8_t *)job->output + first * p->spec.n,
                                    .c_stride = p->spec.n,
                                    .zero_point = requant->out_zero,
                                    .low = requant->min,
                                    .high = requant->max};
    job->kernels->qs8_gemm.run(&gemm, 0, n);
}

static void wide_pixels(const packed_job *job, int64_t first, int64_t n, int32_t thread)
{
    const mote_conv_packed *p = job->packed;
    const mote_qs16_gemm_job gemm = {.n = p->spec.n,
                                     .k = p->spec.k,
                                     .k_block = p->k_block,
                                     .a = left_side(job, first, n, thread),
                                     .a_stride = p->spec.k,
                                     .packed = p->filter,
                                     .scale = p->scale,
                                     .c = (int16_t *)job->output + first * p->spec.n,
                                     .c_stride = p->spec.n};
    job->kernels->qs16_gemm.run(&gemm, 0, n);
}

/* (sum - zero point * sum of weights) as a number, multiplied in the order the plain form has. */
static void store_hybrid(const packed_job *job, const int32_t *sums, int64_t first, int64_t n)
{
    const mote_conv_packed *p = job->packed;
    const mote_conv_packed_spec *s = &p->spec;
    const mote_quant *quant = &job->io->inputs[1]->quant;
    const mote_tensor *bias_tensor = job->io->n_inputs > 2 ? job->io->inputs[2] : NULL;
    const float *bias = bias_tensor ? bias_tensor->data : NULL;
    for (int64_t i = 0; i < n; i++) {
        const int64_t row = s->per_row ? first + i : 0;
        const mote_qs8_to_f32_job to_floats = {.sums = sums + i * s->n,
                                               .weight_sums = p->weight_sums,
                                               .zero = job->zeros[row],
                                               .scale_first = !s->per_row && s->asymmetric,
                                               .scale = quant->scale,
                                               .scale_step = quant->n > 1,
                                               .bias = bias,
                                               .x_scale = job->scales[row],
                                               .low = s->low,
                                               .high = s->high,
                                               .out = (float *)job->output + (first + i) * s->n};
        job->kernels->qs8_to_f32.run(&to_floats, s->n);
    }
}

static void hybrid_pixels(const packed_job *job, int64_t first, int64_t n, int32_t thread)
{
    const mote_conv_packed *p = job->packed;
    int32_t *sums =
        (int32_t *)(void *)(job->threads + (size_t)thread * (p->patch_bytes + p->sums_bytes) + p->patch_bytes);
    const mote_qs8_gemm_job gemm = {.n = p->spec.n,
                                    .k = p->spec.k,
                                    .a = left_side(job, first, n, thread),
                                    .a_stride = p->spec.k,
                                    .packed = p->filter,
                                    .sums = sums};
    job->kernels->qs8_gemm.run(&gemm, 0, n);
    store_hybrid(job, sums, first, n);
}

static void pixels(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const packed_job *job = arg;
    const mote_conv_packed *p = job->packed;
    const int64_t most = p->pointwise && !p->spec.hybrid ? end - begin : TILE_ROWS;
    for (int64_t first = begin; first < end; first += most) {
        const int64_t n = end - first < most ? end - first : most;
        if (p->is_float)
            float_pixels(job, first, n, thread);
        else if (p->is_wide)
            wide_pixels(job, first, n, thread);
        else if (p->spec.hybrid)
            hybrid_pixels(job, first, n, thread);
        else
            integer_pixels(job, first, n, thread);
    }
}

/* Whole panels of columns: for products with few rows, where splitting rows would leave threads idle. */
static void panels(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const packed_job *job = arg;
    const mote_conv_packed *p = job->packed;
    const mote_conv_packed_spec *s = &p->spec;
    const int64_t rows = (int64_t)s->h.out * s->w.out;
    if (p->is_float) {
        const int64_t nr = job->kernels->f32_gemm.nr, first = begin * nr;
        const mote_f32_gemm_job gemm = {.n = (end * nr < s->n ? end * nr : s->n) - first,
                                        .k = s->k,
                                        .a = job->image,
                                        .a_stride = s->k,
                                        .packed = (const float *)p->filter + first * (1 + s->k),
                                        .c = (float *)job->output + first,
                                        .c_stride = s->n,
                                        .low = s->low,
                                        .high = s->high};
        run_floats(job, &gemm, 0, first, rows);
        return;
    }
    const int64_t nr = job->kernels->qs8_gemm.nr, kr = job->kernels->qs8_gemm.kr, first = begin * nr;
    const int64_t panel_bytes = nr * ((int64_t)sizeof(int32_t) + (s->k + kr - 1) / kr * kr);
    const mote_qs8_gemm_job gemm = {.n = (end * nr < s->n ? end * nr : s->n) - first,
                                    .k = s->k,
                                    .a = job->image,
                                    .a_stride = s->k,
                                    .packed = (const int8_t *)p->filter + begin * panel_bytes,
                                    .mantissa = p->mantissa + first,
                                    .exponent = p->exponent + first,
                                    .c = (int8_t *)job->output + first,
                                    .c_stride = s->n,
                                    .zero_point = s->requant->out_zero,
                                    .low = s->requant->min,
                                    .high = s->requant->max};
    job->kernels->qs8_gemm.run(&gemm, 0, rows);
}

/* Fills the codes, scales and zero points at the front of the scratch. */
static void quantize(mote_run *run, const mote_conv_packed *p, const float *x, int64_t n_ranges, int64_t size,
                     char *scratch, float **scales, int32_t **zeros)
{
    const size_t count = (size_t)(n_ranges * size);
    *scales = (float *)(void *)(scratch + aligned(count));
    *zeros = (int32_t *)(void *)(*scales + n_ranges);
    mote_quantize_rows(run, p->spec.asymmetric, x, n_ranges, size, (int8_t *)scratch, *scales, *zeros);
}

void mote_conv_packed_run(mote_run *run, const mote_op_io *io, const mote_conv_packed *p, int64_t images)
{
    const mote_conv_packed_spec *s = &p->spec;
    const int64_t in_size = mote_shape_count(&io->inputs[0]->shape) / (images ? images : 1);
    const int64_t rows = (int64_t)s->h.out * s->w.out, out_size = rows * s->n;
    char *scratch = mote_run_scratch(run);
    packed_job job = {
        .packed = p, .io = io, .kernels = mote_run_kernels(run), .threads = scratch ? scratch + p->codes_bytes : NULL};
    float *scales = NULL;
    int32_t *zeros = NULL;
    const int64_t range_size = s->per_row ? s->k : in_size;
    if (s->hybrid)
        quantize(run, p, io->inputs[0]->data, images * in_size / range_size, range_size, scratch, &scales, &zeros);
    const int64_t nr = p->is_float ? job.kernels->f32_gemm.nr : job.kernels->qs8_gemm.nr;
    const int64_t grain = 1 + GRAIN_PRODUCTS / (s->k * s->n);
    const bool by_columns = p->pointwise && !s->hybrid && !p->is_wide && rows < 32;
    for (int64_t i = 0; i < images; i++) {
        const int64_t at = i * in_size;
        job.image = (s->hybrid ? scratch : (const char *)io->inputs[0]->data) + (size_t)at * p->element_bytes;
        job.output = (char *)io->outputs[0]->data + (size_t)(i * out_size) * mote_dtype_bytes(io->outputs[0]->dtype);
        job.scales = scales ? scales + at / range_size : NULL;
        job.zeros = zeros ? zeros + at / range_size : NULL;
        if (by_columns)
            mote_run_parallel(run, (s->n + nr - 1) / nr, 1 + GRAIN_PRODUCTS / (nr * s->k * rows), panels, &job);
        else
            mote_run_parallel(run, rows, grain > 12 ? grain : 12, pixels, &job);
    }
}
