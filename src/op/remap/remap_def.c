/* TILE, BROADCAST_TO, MIRROR_PAD, REVERSE_V2 and RESIZE_NEAREST_NEIGHBOR: each output element is one input element. */
#include "op/op_infer.h"
#include "op/remap/remap.h"

/* Inputs 0 and 1 are there and input 1's value is known; else *open, and the output's shape is not known. */
static mote_status begin(const mote_op_io *io, bool *open, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    *open = mote_infer_is_open(io, 2) || (!io->inputs[1]->data && mote_shape_count(&io->inputs[1]->shape) != 0);
    if (*open)
        mote_infer_set_unknown(io->outputs[0]);
    return MOTE_OK;
}

static mote_status infer_tile(const mote_op_io *io, mote_error *err)
{
    bool open;
    const mote_status status = begin(io, &open, err);
    if (status != MOTE_OK || open)
        return status;
    mote_shape shape = io->inputs[0]->shape;
    if (mote_shape_count(&io->inputs[1]->shape) != shape.rank)
        return mote_error_set(err, MOTE_SHAPE, "%lld multiples for rank %d",
                              (long long)mote_shape_count(&io->inputs[1]->shape), shape.rank);
    for (int32_t d = 0; d < shape.rank; d++) {
        int64_t times, size;
        if (!mote_infer_read_int(io->inputs[1], d, &times) || times < 0 ||
            __builtin_mul_overflow(times, (int64_t)shape.dims[d], &size) || size > INT32_MAX)
            return mote_error_set(err, MOTE_SHAPE, "multiple %d is not a whole number that fits", d);
        shape.dims[d] = (int32_t)size;
    }
    io->outputs[0]->shape = shape;
    return MOTE_OK;
}

static mote_status infer_broadcast_to(const mote_op_io *io, mote_error *err)
{
    bool open;
    const mote_status status = begin(io, &open, err);
    if (status != MOTE_OK || open)
        return status;
    const mote_shape *in = &io->inputs[0]->shape;
    const int64_t rank = mote_shape_count(&io->inputs[1]->shape);
    if (rank > MOTE_MAX_RANK || rank < in->rank)
        return mote_error_set(err, MOTE_SHAPE, "rank %d cannot become %lld", in->rank, (long long)rank);
    mote_shape shape = {.rank = (int32_t)rank};
    for (int32_t d = 0; d < shape.rank; d++) {
        const int32_t from = d - (shape.rank - in->rank);
        int64_t size;
        if (!mote_infer_read_int(io->inputs[1], d, &size) || size < 0 || size > INT32_MAX ||
            (from >= 0 && in->dims[from] != 1 && in->dims[from] != size))
            return mote_error_set(err, MOTE_SHAPE, "dimension %d of the input cannot become %lld", from,
                                  (long long)size);
        shape.dims[d] = (int32_t)size;
    }
    io->outputs[0]->shape = shape;
    return MOTE_OK;
}

static mote_status infer_mirror_pad(const mote_op_io *io, mote_error *err)
{
    bool open;
    const mote_status status = begin(io, &open, err);
    if (status != MOTE_OK || open)
        return status;
    const mote_mirror_pad_params *params = io->node->params;
    mote_shape shape = io->inputs[0]->shape;
    if (mote_shape_count(&io->inputs[1]->shape) != 2 * (int64_t)shape.rank)
        return mote_error_set(err, MOTE_SHAPE, "paddings must be %dx2", shape.rank);
    for (int32_t d = 0; d < shape.rank; d++) {
        const int64_t most = shape.dims[d] - (params->mode == 0 ? 1 : 0);
        int64_t before, after;
        if (!mote_infer_read_int(io->inputs[1], 2 * d, &before) ||
            !mote_infer_read_int(io->inputs[1], 2 * d + 1, &after) || before < 0 || after < 0 || before > most ||
            after > most || before + after + shape.dims[d] > INT32_MAX)
            return mote_error_set(err, MOTE_SHAPE, "padding of dimension %d is negative or larger than what it mirrors",
                                  d);
        shape.dims[d] = (int32_t)(shape.dims[d] + before + after);
    }
    io->outputs[0]->shape = shape;
    return MOTE_OK;
}

mote_status mote_infer_resize(const mote_op_io *io, mote_error *err)
{
    bool open;
    const mote_status status = begin(io, &open, err);
    if (status != MOTE_OK || open)
        return status;
    const mote_shape *in = &io->inputs[0]->shape;
    int64_t height, width;
    if (in->rank != 4 || !mote_infer_read_int(io->inputs[1], 0, &height) ||
        !mote_infer_read_int(io->inputs[1], 1, &width) || height < 1 || width < 1 || height > INT32_MAX / 1024 ||
        width > INT32_MAX / 1024 || in->dims[1] < 1 || in->dims[2] < 1)
        return mote_error_set(err, MOTE_SHAPE, "images of rank 4 and a size of two positive numbers are needed");
    io->outputs[0]->shape = mote_shape_4d(in->dims[0], (int32_t)height, (int32_t)width, in->dims[3]);
    return MOTE_OK;
}

static mote_status infer_reverse(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    return status == MOTE_OK ? mote_infer_same(io, err) : status;
}

static int32_t version_by_type(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    return dtype == MOTE_INT16 ? 3 : dtype == MOTE_INT8 ? 2 : 1;
}

static int32_t version_resize(const mote_op_io *io)
{
    const mote_resize_params *params = io->node->params;
    if (io->inputs[0]->dtype == MOTE_INT16)
        return 4;
    return params->align_corners || params->half_pixel_centers ? 3 : io->inputs[0]->dtype == MOTE_INT8 ? 2 : 1;
}

static int32_t version_reverse(const mote_op_io *io)
{
    return io->inputs[0]->dtype == MOTE_BOOL ? 2 : 1;
}

static const mote_op_field MIRROR_FIELDS[] = {
    {"mode", 0, MOTE_FIELD_ENUM, offsetof(mote_mirror_pad_params, mode), 0},
};
static const mote_op_field RESIZE_FIELDS[] = {
    {"align_corners", 0, MOTE_FIELD_BOOL, offsetof(mote_resize_params, align_corners), 0},
    {"half_pixel_centers", 1, MOTE_FIELD_BOOL, offsetof(mote_resize_params, half_pixel_centers), 0},
};

#define REMAP(symbol, NAME, options, field_table, count, bytes, infer_fn, version_fn, newest)                          \
    const mote_op_def mote_op_def_##symbol = {                                                                         \
        .name = NAME,                                                                                                  \
        .options_type = options,                                                                                       \
        .fields = field_table,                                                                                         \
        .n_fields = count,                                                                                             \
        .params_bytes = bytes,                                                                                         \
        .min_inputs = 2,                                                                                               \
        .max_inputs = 2,                                                                                               \
        .min_outputs = 1,                                                                                              \
        .max_outputs = 1,                                                                                              \
        .flags = MOTE_OP_DATA_MOVE,                                                                                    \
        .infer = infer_fn,                                                                                             \
        .version = version_fn,                                                                                         \
        .max_version = newest,                                                                                         \
    };

REMAP(tile, "TILE", 51, NULL, 0, 0, infer_tile, version_by_type, 3)
REMAP(broadcast_to, "BROADCAST_TO", 104, NULL, 0, 0, infer_broadcast_to, version_by_type, 3)
REMAP(mirror_pad, "MIRROR_PAD", 77, MIRROR_FIELDS, 1, sizeof(mote_mirror_pad_params), infer_mirror_pad, version_by_type,
      3)
REMAP(reverse_v2, "REVERSE_V2", 81, NULL, 0, 0, infer_reverse, version_reverse, 3)
REMAP(resize_nearest_neighbor, "RESIZE_NEAREST_NEIGHBOR", 74, RESIZE_FIELDS, 2, sizeof(mote_resize_params),
      mote_infer_resize, version_resize, 4)
