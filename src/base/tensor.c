#include <mote/tensor.h>

#include <stdio.h>
#include <string.h>

typedef struct dtype_row {
    const char *name;
    int32_t bits;
} dtype_row;

static const dtype_row DTYPES[MOTE_DTYPE_COUNT] = {
#define MOTE_DTYPE(name, code, bits, text) [code] = {text, bits},
#include <mote/dtype_list.inc>
#undef MOTE_DTYPE
};

static const int64_t MOST_SURROUNDING = (int64_t)1 << 40;

const char *mote_dtype_name(mote_dtype dtype)
{
    return (unsigned)dtype < MOTE_DTYPE_COUNT ? DTYPES[dtype].name : "?";
}

bool mote_dtype_parse(const char *text, mote_dtype *dtype)
{
    for (int i = 0; i < MOTE_DTYPE_COUNT; i++)
        if (strcmp(text, DTYPES[i].name) == 0) {
            *dtype = (mote_dtype)i;
            return true;
        }
    return false;
}

int32_t mote_dtype_bits(mote_dtype dtype)
{
    return (unsigned)dtype < MOTE_DTYPE_COUNT ? DTYPES[dtype].bits : 0;
}

size_t mote_dtype_bytes(mote_dtype dtype)
{
    return (size_t)mote_dtype_bits(dtype) / 8;
}

mote_shape mote_shape_make(int32_t rank, const int32_t *dims)
{
    mote_shape shape = {.rank = rank};
    for (int32_t i = 0; i < rank && i < MOTE_MAX_RANK; i++)
        shape.dims[i] = dims[i];
    return shape;
}

mote_shape mote_shape_4d(int32_t n, int32_t h, int32_t w, int32_t c)
{
    return (mote_shape){4, {n, h, w, c}};
}

bool mote_shape_equal(const mote_shape *a, const mote_shape *b)
{
    if (a->rank != b->rank)
        return false;
    for (int32_t i = 0; i < a->rank; i++)
        if (a->dims[i] != b->dims[i])
            return false;
    return true;
}

bool mote_shape_is_known(const mote_shape *shape)
{
    if (shape->rank < 0)
        return false;
    for (int32_t i = 0; i < shape->rank; i++)
        if (shape->dims[i] < 0)
            return false;
    return true;
}

int64_t mote_shape_count(const mote_shape *shape)
{
    return shape->rank < 0 ? -1 : mote_shape_span(shape, 0, shape->rank);
}

int64_t mote_shape_span(const mote_shape *shape, int32_t from, int32_t to)
{
    int64_t count = 1;
    for (int32_t i = from; i < to; i++)
        if (shape->dims[i] < 0 || __builtin_mul_overflow(count, (int64_t)shape->dims[i], &count))
            return -1;
    return count;
}

const char *mote_shape_format(const mote_shape *shape, char text[MOTE_SHAPE_TEXT_BYTES])
{
    if (shape->rank <= 0)
        return strcpy(text, shape->rank == 0 ? "scalar" : "?");
    size_t at = 0;
    for (int32_t i = 0; i < shape->rank && at < MOTE_SHAPE_TEXT_BYTES; i++) {
        const size_t room = MOTE_SHAPE_TEXT_BYTES - at;
        const char *times = i ? "x" : "";
        const int n = shape->dims[i] < 0 ? snprintf(text + at, room, "%s?", times)
                                         : snprintf(text + at, room, "%s%d", times, shape->dims[i]);
        at += n > 0 ? (size_t)n : 0;
    }
    return text;
}

mote_status mote_shape_broadcast(const mote_shape *a, const mote_shape *b, mote_shape *out)
{
    const int32_t rank = a->rank > b->rank ? a->rank : b->rank;
    if (a->rank < 0 || b->rank < 0)
        return MOTE_SHAPE;
    mote_shape result = {.rank = rank};
    for (int32_t i = 0; i < rank; i++) {
        const int32_t ia = i - (rank - a->rank), ib = i - (rank - b->rank);
        const int32_t da = ia < 0 ? 1 : a->dims[ia], db = ib < 0 ? 1 : b->dims[ib];
        if (da != db && da != 1 && db != 1)
            return MOTE_SHAPE;
        result.dims[i] = da == 1 ? db : da;
    }
    *out = result;
    return MOTE_OK;
}

/* An empty tensor whose other dimensions make loops around the empty one practically endless. */
static bool is_wide_and_empty(const mote_shape *shape)
{
    int64_t around = 1;
    for (int32_t i = 0; i < shape->rank; i++)
        if (shape->dims[i] > 0 &&
            (__builtin_mul_overflow(around, (int64_t)shape->dims[i], &around) || around > MOST_SURROUNDING))
            return true;
    return false;
}

bool mote_tensor_needed_bytes(const mote_tensor *tensor, size_t *n_bytes)
{
    const int64_t count = mote_shape_count(&tensor->shape);
    const int64_t bits = mote_dtype_bits(tensor->dtype);
    int64_t total;
    if (count < 0 || bits == 0 || __builtin_mul_overflow(count, bits, &total) ||
        (count == 0 && is_wide_and_empty(&tensor->shape)))
        return false;
    *n_bytes = (size_t)(total / 8 + (total % 8 != 0));
    return true;
}
