/*
 * BATCH_MATMUL: the right matrices are packed for the matrix kernels, once where they are constant. int16 goes by dot
 * products with 64-bit sums.
 *
 *   scratch: | left, transposed | hybrid: left as int8, scales, zero points | per thread: packed right | sums |
 */
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"
#include "op/batch_matmul/batch_matmul.h"
#include "op/conv_2d/conv_2d.h"
#include "op/op_quant.h"

enum { TILE_ROWS = 48, PAD_COLUMNS = 64, GRAIN_PRODUCTS = 1 << 18 };

typedef enum product_kind {
    FLOATS,    /* float32 by float32 */
    HYBRID,    /* float32 by int8: every left row becomes int8 */
    CODES,     /* int8 by int8 to int8 or bare int32 sums */
    WIDE_CODES /* int16 by int16 or int8 */
} product_kind;

typedef struct matmul_state {
    product_kind kind;
    mote_kernels kernels;
    int64_t m, n, k, n_products;
    int64_t n_left, n_right; /* matrices of either side */
    int32_t rank;            /* of the products, broadcast */
    int64_t dims[MOTE_MAX_RANK], left_strides[MOTE_MAX_RANK], right_strides[MOTE_MAX_RANK]; /* in matrices, 0: held */
    int32_t left_zero, right_zero, out_zero;
    int32_t *mantissa, *exponent; /* of each column's multiplier */
    void *packed;                 /* constant right matrices, one after the other; NULL: packed by eval */
    size_t packed_bytes;          /* of one matrix */
    size_t transposed_bytes, codes_bytes, sums_bytes;
} matmul_state;

static size_t aligned(size_t n)
{
    return (n + 63) & ~(size_t)63;
}

static mote_status find_kind(const mote_op_io *io, product_kind *kind, mote_error *err)
{
    const mote_dtype a = io->inputs[0]->dtype, b = io->inputs[1]->dtype, out = io->outputs[0]->dtype;
    if (a == MOTE_FLOAT32 && b == MOTE_FLOAT32 && out == MOTE_FLOAT32)
        *kind = FLOATS;
    else if (a == MOTE_FLOAT32 && b == MOTE_INT8 && out == MOTE_FLOAT32)
        *kind = HYBRID;
    else if (a == MOTE_INT8 && b == MOTE_INT8 && (out == MOTE_INT8 || out == MOTE_INT32))
        *kind = CODES;
    else if (a == MOTE_INT16 && (b == MOTE_INT16 || b == MOTE_INT8) && out == MOTE_INT16)
        *kind = WIDE_CODES;
    else
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s by %s to %s do not go together", mote_dtype_name(a),
                              mote_dtype_name(b), mote_dtype_name(out));
    return MOTE_OK;
}

/* Sizes, and where each product finds its matrices. */
static void lay_out(const mote_op_io *io, matmul_state *s)
{
    const mote_batch_matmul_params *params = io->node->params;
    const mote_shape *a = &io->inputs[0]->shape, *b = &io->inputs[1]->shape, *out = &io->outputs[0]->shape;
    s->m = out->dims[out->rank - 2];
    s->n = out->dims[out->rank - 1];
    s->k = a->dims[a->rank - 1 - params->adj_x];
    s->rank = out->rank - 2;
    s->n_products = mote_shape_span(out, 0, s->rank);
    s->n_left = s->n_right = 1;
    for (int32_t d = s->rank - 1; d >= 0; d--) {
        const int32_t da = d - (out->rank - a->rank), db = d - (out->rank - b->rank);
        const int64_t left = da < 0 ? 1 : a->dims[da], right = db < 0 ? 1 : b->dims[db];
        s->dims[d] = out->dims[d];
        s->left_strides[d] = left == 1 ? 0 : s->n_left;
        s->right_strides[d] = right == 1 ? 0 : s->n_right;
        s->n_left *= left;
        s->n_right *= right;
    }
    if (s->n_right == 1 && !params->adj_x) { /* all the left rows as one matrix */
        s->m *= s->n_products;
        s->n_products = s->n_left = 1;
        s->rank = 0;
    }
}

/* One scale, or one for each column and no zero points. */
static mote_status check_right(const mote_op_io *io, const matmul_state *s, mote_error *err)
{
    const mote_batch_matmul_params *params = io->node->params;
    const mote_tensor *b = io->inputs[1];
    if (b->quant.n == 1)
        return s->kind == HYBRID ? MOTE_OK : mote_need_per_tensor(b, "input 1", err);
    if (b->quant.n < 1 || b->quant.n != s->n || b->quant.axis != b->shape.rank - 1 - params->adj_y)
        return mote_error_set(err, MOTE_UNSUPPORTED, "input 1 has %d scales for %lld columns", b->quant.n,
                              (long long)s->n);
    for (int32_t i = 0; i < b->quant.n; i++)
        if (!(b->quant.scale[i] > 0) || b->quant.zero_point[i] != 0)
            return mote_error_set(err, MOTE_UNSUPPORTED, "input 1 has a zero point or no scale for column %d", i);
    return MOTE_OK;
}

static mote_status check_quantization(const mote_op_io *io, const matmul_state *s, mote_error *err)
{
    if (s->kind == FLOATS || io->outputs[0]->dtype == MOTE_INT32)
        return MOTE_OK;
    mote_status status = check_right(io, s, err);
    if (status != MOTE_OK || s->kind == HYBRID)
        return status;
    if (s->kind == CODES) {
        status = mote_need_per_tensor(io->inputs[0], "input 0", err);
        return status == MOTE_OK ? mote_need_per_tensor(io->outputs[0], "the output", err) : status;
    }
    if (mote_zero_of(io->inputs[1]) != 0)
        return mote_error_set(err, MOTE_UNSUPPORTED, "input 1 has a zero point beside int16");
    status = mote_need_symmetric(io->inputs[0], "input 0", err);
    return status == MOTE_OK ? mote_need_symmetric(io->outputs[0], "the output", err) : status;
}

static mote_status make_multipliers(mote_run *run, const mote_op_io *io, matmul_state *s, mote_error *err)
{
    const mote_tensor *a = io->inputs[0], *b = io->inputs[1], *out = io->outputs[0];
    if (s->kind == FLOATS || s->kind == HYBRID || out->dtype == MOTE_INT32)
        return MOTE_OK;
    s->left_zero = mote_zero_of(a);
    s->right_zero = mote_zero_of(b);
    s->out_zero = mote_zero_of(out);
    const size_t padded = (size_t)s->n + PAD_COLUMNS;
    s->mantissa = mote_run_persistent(run, padded * sizeof *s->mantissa);
    s->exponent = mote_run_persistent(run, padded * sizeof *s->exponent);
    if (!s->mantissa || !s->exponent)
        return mote_error_no_memory(err);
    for (int64_t i = 0; i < s->n; i++) {
        const float product = mote_scale_of(a) * b->quant.scale[b->quant.n > 1 ? i : 0];
        const mote_multiplier m = mote_multiplier_from_double((double)product / (double)mote_scale_of(out));
        if (m.exponent > (s->kind == WIDE_CODES ? 7 : 30))
            return mote_error_set(err, MOTE_UNSUPPORTED, "the scales are too far apart");
        s->mantissa[i] = m.mantissa;
        s->exponent[i] = m.exponent;
    }
    return MOTE_OK;
}

static void pack_wide(const mote_tensor *right, const matmul_state *s, int64_t at, int64_t n_stride, int64_t k_stride,
                      int16_t *to)
{
    for (int64_t j = 0; j < s->n; j++)
        for (int64_t l = 0; l < s->k; l++, to++) {
            const int64_t from = at + j * n_stride + l * k_stride;
            *to =
                right->dtype == MOTE_INT16 ? ((const int16_t *)right->data)[from] : ((const int8_t *)right->data)[from];
        }
}

static void pack(const mote_op_io *io, const matmul_state *s, int64_t matrix, void *to)
{
    const mote_batch_matmul_params *params = io->node->params;
    const int64_t at = matrix * s->n * s->k, n_stride = params->adj_y ? s->k : 1, k_stride = params->adj_y ? 1 : s->n;
    if (s->kind == WIDE_CODES)
        pack_wide(io->inputs[1], s, at, n_stride, k_stride, to);
    else if (s->kind == FLOATS)
        mote_f32_gemm_pack_strided(&s->kernels, s->n, s->k, (const float *)io->inputs[1]->data + at, n_stride, k_stride,
                                   NULL, to);
    else
        mote_qs8_gemm_pack_strided(&s->kernels, s->n, s->k, (const int8_t *)io->inputs[1]->data + at, n_stride,
                                   k_stride, NULL, s->left_zero, to);
}

static size_t packed_bytes_of(const matmul_state *s)
{
    if (s->kind == WIDE_CODES)
        return (size_t)(s->n * s->k) * sizeof(int16_t);
    return s->kind == FLOATS ? mote_f32_gemm_packed_count(&s->kernels, s->n, s->k) * sizeof(float)
                             : mote_qs8_gemm_packed_bytes(&s->kernels, s->n, s->k);
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **out, mote_error *err)
{
    const mote_batch_matmul_params *params = io->node->params;
    matmul_state *s = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    *out = s;
    mote_status status = find_kind(io, &s->kind, err);
    if (status != MOTE_OK)
        return status;
    lay_out(io, s);
    status = check_quantization(io, s, err);
    if (status == MOTE_OK)
        status = make_multipliers(run, io, s, err);
    if (status != MOTE_OK)
        return status;
    if (mote_run_kernels(run))
        s->kernels = *mote_run_kernels(run);
    else
        mote_kernels_select(0, &s->kernels);
    s->packed_bytes = aligned(packed_bytes_of(s));
    if (io->inputs[1]->data) {
        s->packed = mote_run_persistent(run, s->packed_bytes * (size_t)s->n_right);
        if (!s->packed)
            return mote_error_set(err, MOTE_NO_MEMORY, "out of memory packing input 1");
        for (int64_t i = 0; i < s->n_right; i++)
            pack(io, s, i, (char *)s->packed + (size_t)i * s->packed_bytes);
    }
    const size_t count = (size_t)(s->n_left * s->m * s->k), n_rows = (size_t)(s->n_left * s->m);
    s->transposed_bytes = params->adj_x ? aligned(count * mote_dtype_bytes(io->inputs[0]->dtype)) : 0;
    s->codes_bytes = s->kind == HYBRID ? aligned(count) + aligned(n_rows * 8) : 0;
    s->sums_bytes =
        s->kind == FLOATS || s->kind == WIDE_CODES ? 0 : aligned((TILE_ROWS + 1) * (size_t)s->n * sizeof(int32_t));
    const size_t per_thread = s->sums_bytes + (s->packed ? 0 : s->packed_bytes);
    mote_run_request_scratch(run, s->transposed_bytes + s->codes_bytes + per_thread * (size_t)mote_run_n_threads(run));
    return MOTE_OK;
}

/* --- running --- */

typedef struct matmul_call {
    const matmul_state *s;
    const mote_op_io *io;
    const void *left;    /* row after row */
    const float *scales; /* hybrid: of every left row */
    const int32_t *zeros;
    char *threads;
    /* the product that ranges of rows belong to, where there is but one */
    const void *packed;
} matmul_call;

static void find_matrices(const matmul_state *s, int64_t product, int64_t *left, int64_t *right)
{
    *left = *right = 0;
    for (int32_t d = s->rank - 1; d >= 0; d--) {
        *left += product % s->dims[d] * s->left_strides[d];
        *right += product % s->dims[d] * s->right_strides[d];
        product /= s->dims[d];
    }
}

static void float_rows(const matmul_call *call, const void *packed, int64_t left, int64_t product, int64_t begin,
                       int64_t end)
{
    const matmul_state *s = call->s;
    const mote_f32_gemm_job job = {.n = s->n,
                                   .k = s->k,
                                   .a = (const float *)call->left + left * s->m * s->k,
                                   .a_stride = s->k,
                                   .packed = packed,
                                   .c = (float *)call->io->outputs[0]->data + product * s->m * s->n,
                                   .c_stride = s->n,
                                   .low = -INFINITY,
                                   .high = INFINITY};
    s->kernels.f32_gemm.run(&job, begin, end);
}

static mote_multiplier multiplier_of(const matmul_state *s, int64_t column)
{
    return (mote_multiplier){s->mantissa[column], s->exponent[column]};
}

static int32_t sum_of(const int8_t *x, int64_t n)
{
    int32_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* The right side's zero point takes its share of the row's sum off. */
static void store_codes(const matmul_call *call, const int8_t *x, const int32_t *sums, int64_t at)
{
    const matmul_state *s = call->s;
    const int32_t row_sum = mote_wrap_sub_i32(sum_of(x, s->k), mote_wrap_mul_i32((int32_t)s->k, s->left_zero));
    const int32_t less = mote_wrap_mul_i32(s->right_zero, row_sum);
    int8_t *out = (int8_t *)call->io->outputs[0]->data + at;
    for (int64_t j = 0; j < s->n; j++) {
        const int32_t code = mote_scale_i32(mote_wrap_sub_i32(sums[j], less), multiplier_of(s, j));
        out[j] = (int8_t)mote_clamp_i32(mote_wrap_add_i32(code, s->out_zero), INT8_MIN, INT8_MAX);
    }
}

/* What the left rows' zero points multiply: of each column of a right matrix its sum. */
static void sum_columns(const matmul_call *call, int64_t right, int32_t *sums)
{
    const matmul_state *s = call->s;
    const mote_batch_matmul_params *params = call->io->node->params;
    const int8_t *w = (const int8_t *)call->io->inputs[1]->data + right * s->n * s->k;
    memset(sums, 0, (size_t)s->n * sizeof *sums);
    for (int64_t i = 0; i < s->n * s->k; i++)
        sums[params->adj_y ? i / s->k : i % s->n] += w[i];
}

static void store_hybrid(const matmul_call *call, const int32_t *column_sums, const int32_t *sums, int64_t row,
                         int64_t at)
{
    const mote_quant *quant = &call->io->inputs[1]->quant;
    float *out = (float *)call->io->outputs[0]->data + at;
    for (int64_t j = 0; j < call->s->n; j++) {
        const int32_t sum = mote_wrap_sub_i32(sums[j], mote_wrap_mul_i32(call->zeros[row], column_sums[j]));
        out[j] = call->scales[row] * quant->scale[quant->n > 1 ? j : 0] * (float)sum;
    }
}

/* Rows of a product whose sums pass through scratch. */
static void summed_rows(const matmul_call *call, const void *packed, int64_t left, int64_t right, int64_t product,
                        int64_t begin, int64_t end, int32_t *sums)
{
    const matmul_state *s = call->s;
    int32_t *column_sums = sums + TILE_ROWS * s->n;
    const bool bare = call->io->outputs[0]->dtype == MOTE_INT32;
    if (s->kind == HYBRID)
        sum_columns(call, right, column_sums);
    for (int64_t first = begin; first < end; first += TILE_ROWS) {
        const int64_t n_rows = end - first < TILE_ROWS ? end - first : TILE_ROWS, row = left * s->m + first;
        const int64_t at = (product * s->m + first) * s->n;
        const int8_t *x = (const int8_t *)call->left + row * s->k;
        const mote_qs8_gemm_job job = {
            .n = s->n,
            .k = s->k,
            .a = x,
            .a_stride = s->k,
            .packed = packed,
            .sums = bare ? (int32_t *)call->io->outputs[0]->data + at : sums,
        };
        s->kernels.qs8_gemm.run(&job, 0, n_rows);
        for (int64_t i = 0; !bare && i < n_rows; i++)
            if (s->kind == HYBRID)
                store_hybrid(call, column_sums, sums + i * s->n, row + i, at + i * s->n);
            else
                store_codes(call, x + i * s->k, sums + i * s->n, at + i * s->n);
    }
}

static void code_rows(const matmul_call *call, const void *packed, int64_t left, int64_t product, int64_t begin,
                      int64_t end)
{
    const matmul_state *s = call->s;
    const mote_qs8_gemm_job job = {.n = s->n,
                                   .k = s->k,
                                   .a = (const int8_t *)call->left + left * s->m * s->k,
                                   .a_stride = s->k,
                                   .packed = packed,
                                   .mantissa = s->mantissa,
                                   .exponent = s->exponent,
                                   .c = (int8_t *)call->io->outputs[0]->data + product * s->m * s->n,
                                   .c_stride = s->n,
                                   .zero_point = s->out_zero,
                                   .low = INT8_MIN,
                                   .high = INT8_MAX};
    s->kernels.qs8_gemm.run(&job, begin, end);
}

static int64_t dot_s16(const int16_t *x, const int16_t *w, int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (int32_t)x[i] * w[i];
    return sum;
}

/* packed: the right columns as int16, one after the other */
static void wide_rows(const matmul_call *call, const int16_t *packed, int64_t left, int64_t product, int64_t begin,
                      int64_t end)
{
    const matmul_state *s = call->s;
    int16_t *out = (int16_t *)call->io->outputs[0]->data + product * s->m * s->n;
    for (int64_t i = begin; i < end; i++)
        for (int64_t j = 0; j < s->n; j++) {
            const int16_t *x = (const int16_t *)call->left + (left * s->m + i) * s->k;
            const int64_t sum = dot_s16(x, packed + j * s->k, s->k);
            out[i * s->n + j] = (int16_t)mote_clamp_i32(mote_scale_i64(sum, multiplier_of(s, j)), INT16_MIN, INT16_MAX);
        }
}

static int32_t *sums_of(const matmul_call *call, int32_t thread)
{
    const matmul_state *s = call->s;
    const size_t packed_bytes = s->packed ? 0 : s->packed_bytes;
    return (int32_t *)(void *)(call->threads + (size_t)thread * (packed_bytes + s->sums_bytes) + packed_bytes);
}

static void multiply(const matmul_call *call, const void *packed, int64_t product, int64_t begin, int64_t end,
                     int32_t thread)
{
    const matmul_state *s = call->s;
    int64_t left, right;
    find_matrices(s, product, &left, &right);
    if (s->kind == WIDE_CODES)
        wide_rows(call, packed, left, product, begin, end);
    else if (s->kind == FLOATS)
        float_rows(call, packed, left, product, begin, end);
    else if (s->kind == CODES && s->right_zero == 0 && call->io->outputs[0]->dtype == MOTE_INT8)
        code_rows(call, packed, left, product, begin, end);
    else
        summed_rows(call, packed, left, right, product, begin, end, sums_of(call, thread));
}

/* The right side of a product, packed here where it was not by prepare. */
static const void *packed_right(const matmul_call *call, int64_t product, int32_t thread)
{
    const matmul_state *s = call->s;
    int64_t left, right;
    find_matrices(s, product, &left, &right);
    if (s->packed)
        return (const char *)s->packed + (size_t)right * s->packed_bytes;
    char *to = call->threads + (size_t)thread * (s->packed_bytes + s->sums_bytes);
    pack(call->io, s, right, to);
    return to;
}

static void products(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const matmul_call *call = arg;
    for (int64_t i = begin; i < end; i++)
        multiply(call, packed_right(call, i, thread), i, 0, call->s->m, thread);
}

static void rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const matmul_call *call = arg;
    multiply(call, call->packed, 0, begin, end, thread);
}

static void transpose_left(const matmul_state *s, const mote_tensor *a, char *to)
{
    const size_t element = mote_dtype_bytes(a->dtype);
    const char *from = a->data;
    for (int64_t matrix = 0; matrix < s->n_left; matrix++, from += (size_t)(s->m * s->k) * element)
        for (int64_t i = 0; i < s->m; i++)
            for (int64_t l = 0; l < s->k; l++, to += element)
                memcpy(to, from + (size_t)(l * s->m + i) * element, element);
}

static void quantize_left(mote_run *run, matmul_call *call, char *codes)
{
    const matmul_state *s = call->s;
    const mote_batch_matmul_params *params = call->io->node->params;
    const int64_t n_rows = s->n_left * s->m;
    float *scales = (float *)(void *)(codes + aligned((size_t)(n_rows * s->k)));
    int32_t *zeros = (int32_t *)(void *)(scales + n_rows);
    mote_quantize_rows(run, params->asymmetric_quantize_inputs, (const float *)call->left, n_rows, s->k,
                       (int8_t *)codes, scales, zeros);
    call->left = codes;
    call->scales = scales;
    call->zeros = zeros;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)err;
    const matmul_state *s = state;
    if (s->n_products * s->m * s->n == 0)
        return MOTE_OK;
    char *scratch = mote_run_scratch(run);
    matmul_call call = {.s = s, .io = io, .left = io->inputs[0]->data};
    if (s->transposed_bytes) {
        transpose_left(s, io->inputs[0], scratch);
        call.left = scratch;
    }
    if (s->codes_bytes)
        quantize_left(run, &call, scratch + s->transposed_bytes);
    call.threads = scratch ? scratch + s->transposed_bytes + s->codes_bytes : NULL;
    const int64_t work = s->k * s->n;
    if (s->n_products > 1) {
        mote_run_parallel(run, s->n_products, 1 + GRAIN_PRODUCTS / (1 + work * s->m), products, &call);
        return MOTE_OK;
    }
    call.packed = packed_right(&call, 0, 0);
    mote_run_parallel(run, s->m, 1 + GRAIN_PRODUCTS / (1 + work), rows, &call);
    return MOTE_OK;
}

const mote_op_run mote_op_run_batch_matmul = {prepare, eval};
