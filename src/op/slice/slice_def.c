#include "op/op_infer.h"
#include "op/slice/slice.h"

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* One dimension of a strided slice, as NumPy and TensorFlow cut it. */
static mote_status cut(const mote_op_io *io, int32_t at, int32_t size, bool shrink, int64_t *begin, int64_t *step,
                       int64_t *count, mote_error *err)
{
    const mote_strided_slice_params *params = io->node->params;
    int64_t from, to, by;
    if (!mote_infer_read_int(io->inputs[1], at, &from) || !mote_infer_read_int(io->inputs[2], at, &to) ||
        !mote_infer_read_int(io->inputs[3], at, &by))
        return mote_error_set(err, MOTE_SHAPE, "begin, end and strides must be int32 of one length");
    if (by == 0)
        return mote_error_set(err, MOTE_SHAPE, "stride %d is 0", at);
    if (by < INT32_MIN || by > INT32_MAX || from < INT32_MIN || from > INT32_MAX)
        return mote_error_set(err, MOTE_SHAPE, "begin or stride %d is out of range", at);
    if (params->offset)
        to = clamp(to, INT32_MIN, INT32_MAX) + from;
    const int64_t low = by > 0 ? 0 : -1, high = by > 0 ? size : size - 1;
    from = params->begin_mask >> at & 1 ? (by > 0 ? low : high) : clamp(from < 0 ? from + size : from, low, high);
    if (shrink) {
        if (from < 0 || from >= size)
            return mote_error_set(err, MOTE_SHAPE, "index %lld of dimension %d is outside its %d", (long long)from, at,
                                  size);
        *begin = from;
        *step = 1;
        *count = 1;
        return MOTE_OK;
    }
    to = params->end_mask >> at & 1 ? (by > 0 ? high : low) : clamp(to < 0 ? to + size : to, low, high);
    const int64_t length = by > 0 ? (to - from + by - 1) / by : (from - to - by - 1) / -by;
    *begin = from;
    *step = by;
    *count = length > 0 ? length : 0;
    return MOTE_OK;
}

static void keep_whole(mote_slice_box *box, const mote_shape *in, int32_t dim)
{
    box->begin[dim] = 0;
    box->step[dim] = 1;
    box->count[dim] = in->dims[dim];
    box->shape.dims[box->shape.rank++] = in->dims[dim];
}

/* How many dimensions the ellipsis, or the missing end of the spec, stands for. */
static int32_t spec_consumes(const mote_strided_slice_params *params, int32_t n_spec)
{
    int32_t n = 0;
    for (int32_t i = 0; i < n_spec; i++)
        n += !(params->new_axis_mask >> i & 1) && !(params->ellipsis_mask >> i & 1);
    return n;
}

static mote_status resolve_spec(const mote_op_io *io, int32_t n_spec, mote_slice_box *box, mote_error *err)
{
    const mote_strided_slice_params *params = io->node->params;
    const mote_shape *in = &io->inputs[0]->shape;
    const int32_t rest = in->rank - spec_consumes(params, n_spec);
    if (rest < 0)
        return mote_error_set(err, MOTE_SHAPE, "more indices than the %d dimensions", in->rank);
    int32_t dim = 0;
    for (int32_t i = 0; i < n_spec; i++) {
        if (box->shape.rank >= MOTE_MAX_RANK)
            return mote_error_set(err, MOTE_SHAPE, "the result has more than %d dimensions", MOTE_MAX_RANK);
        if (params->ellipsis_mask >> i & 1) {
            for (int32_t j = 0; j < rest && dim < in->rank && box->shape.rank < MOTE_MAX_RANK; j++)
                keep_whole(box, in, dim++);
            continue;
        }
        if (params->new_axis_mask >> i & 1) {
            box->shape.dims[box->shape.rank++] = 1;
            continue;
        }
        if (dim >= in->rank)
            return mote_error_set(err, MOTE_SHAPE, "more indices than the %d dimensions", in->rank);
        const bool shrink = params->shrink_axis_mask >> i & 1;
        const mote_status status =
            cut(io, i, in->dims[dim], shrink, &box->begin[dim], &box->step[dim], &box->count[dim], err);
        if (status != MOTE_OK)
            return status;
        if (!shrink)
            box->shape.dims[box->shape.rank++] = (int32_t)box->count[dim];
        dim++;
    }
    while (dim < in->rank && box->shape.rank < MOTE_MAX_RANK)
        keep_whole(box, in, dim++);
    return MOTE_OK;
}

mote_status mote_resolve_strided_slice(const mote_op_io *io, mote_slice_box *box, bool *known, mote_error *err)
{
    *box = (mote_slice_box){0};
    *known = false;
    for (int32_t i = 1; i < 4; i++)
        if (!io->inputs[i]->data || !mote_shape_is_known(&io->inputs[i]->shape))
            return MOTE_OK;
    if (mote_infer_is_open(io, 1))
        return MOTE_OK;
    *known = true;
    const int64_t n_spec = mote_shape_count(&io->inputs[1]->shape);
    if (n_spec > MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_SHAPE, "%lld indices, more than %d", (long long)n_spec, MOTE_MAX_RANK);
    return resolve_spec(io, (int32_t)n_spec, box, err);
}

mote_status mote_resolve_slice(const mote_op_io *io, mote_slice_box *box, bool *known, mote_error *err)
{
    *box = (mote_slice_box){0};
    const mote_shape *in = &io->inputs[0]->shape;
    *known = !mote_infer_is_open(io, 3) && io->inputs[1]->data && io->inputs[2]->data;
    if (!*known)
        return MOTE_OK;
    box->shape.rank = in->rank;
    for (int32_t i = 0; i < in->rank; i++) {
        int64_t begin, size;
        if (!mote_infer_read_int(io->inputs[1], i, &begin) || !mote_infer_read_int(io->inputs[2], i, &size))
            return mote_error_set(err, MOTE_SHAPE, "begin and size must be int32 or int64 of the input's rank");
        if (begin < 0 || begin > in->dims[i])
            return mote_error_set(err, MOTE_SHAPE, "begin %lld of dimension %d is outside its %d", (long long)begin, i,
                                  in->dims[i]);
        if (size == -1)
            size = in->dims[i] - begin;
        if (size < 0 || size > in->dims[i] - begin)
            return mote_error_set(err, MOTE_SHAPE, "size %lld of dimension %d passes its end", (long long)size, i);
        box->begin[i] = begin;
        box->step[i] = 1;
        box->count[i] = size;
        box->shape.dims[i] = (int32_t)size;
    }
    return MOTE_OK;
}

typedef mote_status resolve_fn(const mote_op_io *io, mote_slice_box *box, bool *known, mote_error *err);

static mote_status infer_with(const mote_op_io *io, int32_t n_needed, resolve_fn *resolve, mote_error *err)
{
    mote_status status = mote_infer_need(io, n_needed, err);
    if (status != MOTE_OK)
        return status;
    mote_slice_box box;
    bool known;
    status = resolve(io, &box, &known, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    if (known)
        io->outputs[0]->shape = box.shape;
    else
        mote_infer_set_unknown(io->outputs[0]);
    return MOTE_OK;
}

static mote_status infer_strided_slice(const mote_op_io *io, mote_error *err)
{
    return infer_with(io, 4, mote_resolve_strided_slice, err);
}

static mote_status infer_slice(const mote_op_io *io, mote_error *err)
{
    return infer_with(io, 3, mote_resolve_slice, err);
}

/* op_version.cc: 1 float, 2 int8, 3 bool, 4 int16, 6 ellipsis or new axis, 8 offset. */
static int32_t version_strided_slice(const mote_op_io *io)
{
    const mote_strided_slice_params *params = io->node->params;
    if (params->offset)
        return 8;
    switch (io->inputs[0]->dtype) {
    case MOTE_INT16:
        return 4;
    case MOTE_BOOL:
        return 3;
    case MOTE_INT8:
        return 2;
    default:
        return 1;
    }
}

static int32_t version_slice(const mote_op_io *io)
{
    if (io->inputs[0]->shape.rank > 4)
        return 5;
    switch (io->inputs[0]->dtype) {
    case MOTE_INT16:
        return 4;
    case MOTE_STRING:
        return 3;
    case MOTE_INT8:
        return 2;
    default:
        return 1;
    }
}

static const mote_op_field STRIDED_SLICE_FIELDS[] = {
    {"begin_mask", 0, MOTE_FIELD_I32, offsetof(mote_strided_slice_params, begin_mask), 0},
    {"end_mask", 1, MOTE_FIELD_I32, offsetof(mote_strided_slice_params, end_mask), 0},
    {"ellipsis_mask", 2, MOTE_FIELD_I32, offsetof(mote_strided_slice_params, ellipsis_mask), 0},
    {"new_axis_mask", 3, MOTE_FIELD_I32, offsetof(mote_strided_slice_params, new_axis_mask), 0},
    {"shrink_axis_mask", 4, MOTE_FIELD_I32, offsetof(mote_strided_slice_params, shrink_axis_mask), 0},
    {"offset", 5, MOTE_FIELD_BOOL, offsetof(mote_strided_slice_params, offset), 0},
};

const mote_op_def mote_op_def_strided_slice = {
    .name = "STRIDED_SLICE",
    .options_type = 32,
    .fields = STRIDED_SLICE_FIELDS,
    .n_fields = 6,
    .params_bytes = sizeof(mote_strided_slice_params),
    .min_inputs = 4,
    .max_inputs = 4,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_DATA_MOVE,
    .infer = infer_strided_slice,
    .version = version_strided_slice,
    .max_version = 8,
};

const mote_op_def mote_op_def_slice = {
    .name = "SLICE",
    .options_type = 48,
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_DATA_MOVE,
    .infer = infer_slice,
    .version = version_slice,
    .max_version = 8,
};
