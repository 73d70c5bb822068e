/* TOPK_V2: the k greatest of each row, greatest first; of equals the earlier, and what is not a number last. */
#include "op/op_infer.h"
#include "op/op_quant.h"

#include <math.h>

enum { VALUES, INDICES };

/* k may be int16 too. */
static bool read_k(const mote_tensor *k, int64_t *value)
{
    if (k->dtype != MOTE_INT16)
        return mote_infer_read_int(k, 0, value);
    if (!k->data || mote_shape_count(&k->shape) != 1)
        return false;
    *value = ((const int16_t *)k->data)[0];
    return true;
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *in = &io->inputs[0]->shape;
    io->outputs[VALUES]->dtype = io->inputs[0]->dtype;
    if (io->outputs[INDICES]->dtype != MOTE_INT16)
        io->outputs[INDICES]->dtype = MOTE_INT32;
    int64_t k;
    if (mote_infer_is_open(io, 1) || !read_k(io->inputs[1], &k)) {
        mote_infer_set_unknown(io->outputs[VALUES]);
        mote_infer_set_unknown(io->outputs[INDICES]);
        return MOTE_OK;
    }
    if (in->rank < 1 || k > in->dims[in->rank - 1])
        return mote_error_set(err, MOTE_SHAPE, "the %lld greatest of %d", (long long)k,
                              in->rank < 1 ? 1 : in->dims[in->rank - 1]);
    io->outputs[VALUES]->shape = *in;
    io->outputs[VALUES]->shape.dims[in->rank - 1] = k > 0 ? (int32_t)k : 0;
    io->outputs[INDICES]->shape = io->outputs[VALUES]->shape;
    return MOTE_OK;
}

static int32_t version(const mote_op_io *io)
{
    if (io->inputs[0]->dtype == MOTE_INT16 || io->inputs[1]->dtype == MOTE_INT16 ||
        io->outputs[INDICES]->dtype == MOTE_INT16)
        return 3;
    return io->inputs[0]->dtype == MOTE_INT8 ? 2 : 1;
}

const mote_op_def mote_op_def_topk_v2 = {
    .name = "TOPK_V2",
    .options_type = 34,
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 2,
    .max_outputs = 2,
    .infer = infer,
    .version = version,
    .max_version = 3,
};

/* Whether element a of a row comes before element b. */
typedef bool before_fn(const void *row, int32_t a, int32_t b);

static bool before_f32(const void *row, int32_t a, int32_t b)
{
    const float x = ((const float *)row)[a], y = ((const float *)row)[b];
    if (isnan(x) != isnan(y))
        return isnan(y);
    return x > y || (!(x < y) && a < b);
}

#define BEFORE(name, T)                                                                                                \
    static bool name(const void *row, int32_t a, int32_t b)                                                            \
    {                                                                                                                  \
        const T x = ((const T *)row)[a], y = ((const T *)row)[b];                                                      \
        return x != y ? x > y : a < b;                                                                                 \
    }

BEFORE(before_i8, int8_t)
BEFORE(before_u8, uint8_t)
BEFORE(before_i16, int16_t)
BEFORE(before_i32, int32_t)
BEFORE(before_i64, int64_t)

static before_fn *find(mote_dtype dtype)
{
    switch (dtype) {
    case MOTE_FLOAT32:
        return before_f32;
    case MOTE_INT8:
        return before_i8;
    case MOTE_UINT8:
        return before_u8;
    case MOTE_INT16:
        return before_i16;
    case MOTE_INT32:
        return before_i32;
    case MOTE_INT64:
        return before_i64;
    default:
        return NULL;
    }
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)state;
    const mote_dtype dtype = io->inputs[0]->dtype;
    if (!find(dtype))
        return mote_error_set(err, MOTE_UNSUPPORTED, "the greatest of %s", mote_dtype_name(dtype));
    const mote_shape *in = &io->inputs[0]->shape, *out = &io->outputs[VALUES]->shape;
    if (io->outputs[INDICES]->dtype == MOTE_INT16 && in->dims[in->rank - 1] > INT16_MAX)
        return mote_error_set(err, MOTE_UNSUPPORTED, "rows of %d with indices of int16", in->dims[in->rank - 1]);
    mote_run_request_scratch(run, (size_t)out->dims[out->rank - 1] * sizeof(int32_t));
    return MOTE_OK;
}

/* heap[0] is the one that comes last; every parent comes after its children. */
static void sift_down(const void *row, before_fn *before, int32_t *heap, int32_t n, int32_t at)
{
    const int32_t moved = heap[at];
    for (int32_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && before(row, heap[child], heap[child + 1]))
            child++;
        if (!before(row, moved, heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

/* The first k of n in order. */
static void select(const void *row, before_fn *before, int32_t n, int32_t k, int32_t *heap)
{
    for (int32_t i = 0; i < k; i++)
        heap[i] = i;
    for (int32_t i = k / 2 - 1; i >= 0; i--)
        sift_down(row, before, heap, k, i);
    for (int32_t i = k; i < n; i++)
        if (before(row, i, heap[0])) {
            heap[0] = i;
            sift_down(row, before, heap, k, 0);
        }
    for (int32_t left = k - 1; left > 0; left--) {
        const int32_t last = heap[0];
        heap[0] = heap[left];
        heap[left] = last;
        sift_down(row, before, heap, left, 0);
    }
}

static void store(const mote_op_io *io, const char *row, const int32_t *order, int32_t k, int64_t first)
{
    const size_t element = mote_dtype_bytes(io->inputs[0]->dtype);
    char *values = (char *)io->outputs[VALUES]->data + (size_t)first * element;
    for (int32_t i = 0; i < k; i++) {
        const char *from = row + (size_t)order[i] * element;
        for (size_t b = 0; b < element; b++)
            *values++ = from[b];
        if (io->outputs[INDICES]->dtype == MOTE_INT16)
            ((int16_t *)io->outputs[INDICES]->data)[first + i] = (int16_t)order[i];
        else
            ((int32_t *)io->outputs[INDICES]->data)[first + i] = order[i];
    }
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state, (void)err;
    const mote_shape *in = &io->inputs[0]->shape, *out = &io->outputs[VALUES]->shape;
    const int32_t n = in->dims[in->rank - 1], k = out->dims[out->rank - 1];
    const int64_t n_rows = k ? mote_shape_span(in, 0, in->rank - 1) : 0;
    const size_t row_bytes = (size_t)n * mote_dtype_bytes(io->inputs[0]->dtype);
    const char *row = io->inputs[0]->data;
    for (int64_t i = 0; i < n_rows; i++, row += row_bytes) {
        select(row, find(io->inputs[0]->dtype), n, k, mote_run_scratch(run));
        store(io, row, mote_run_scratch(run), k, i * k);
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_topk_v2 = {prepare, eval};
