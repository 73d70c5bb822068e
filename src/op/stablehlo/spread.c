/*
 * STABLEHLO_PAD and DILATE: elements laid `step` apart into a tensor of a padding value. Negative edges of a padding
 * crop, also between the elements.
 */
#include "op/move/copy_nd.h"
#include "op/op_infer.h"
#include "op/stablehlo/stablehlo.h"

enum { X, PAD_VALUE = 1, DILATIONS = 1, DILATE_VALUE = 2 };

/* Element k of dimension d goes to low + k * step. */
typedef struct spread {
    int64_t low[MOTE_MAX_RANK], step[MOTE_MAX_RANK];
} spread;

static mote_status need_value(const mote_op_io *io, int32_t at, mote_error *err)
{
    const mote_tensor *value = io->inputs[at];
    if (value->dtype != io->inputs[X]->dtype || mote_shape_count(&value->shape) < 1)
        return mote_error_set(err, MOTE_SHAPE, "the padding value is not one number of the input's type");
    return mote_need_whole_elements(io->inputs[X], err);
}

/* --- STABLEHLO_PAD --- */

static mote_status infer_pad(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need_same_dtype(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_stablehlo_pad_params *params = io->node->params;
    const mote_shape *x = &io->inputs[X]->shape;
    mote_tensor *out = io->outputs[0];
    out->dtype = io->inputs[X]->dtype;
    if (mote_infer_is_open(io, 1)) {
        mote_infer_set_unknown(out);
        return MOTE_OK;
    }
    const mote_i64_vec *low = &params->edge_padding_low, *high = &params->edge_padding_high;
    if (x->rank < 1 || low->n != x->rank || high->n != x->rank || params->interior_padding.n != x->rank)
        return mote_error_set(err, MOTE_SHAPE, "its paddings do not fit an input of rank %d", x->rank);
    mote_shape shape = {.rank = x->rank};
    bool empty = false;
    for (int32_t d = 0; d < x->rank; d++) {
        const int64_t inside = params->interior_padding.values[d], gaps = x->dims[d] > 0 ? x->dims[d] - 1 : 0;
        int64_t size;
        if (inside < 0 || __builtin_mul_overflow(gaps, inside, &size) ||
            __builtin_add_overflow(size, x->dims[d], &size) || __builtin_add_overflow(size, low->values[d], &size) ||
            __builtin_add_overflow(size, high->values[d], &size) || size > INT32_MAX || inside > INT32_MAX ||
            low->values[d] < -(INT64_C(1) << 40))
            return mote_error_set(err, MOTE_SHAPE, "the padding of dimension %d overflows", d);
        empty |= size <= 0;
        shape.dims[d] = size > 0 ? (int32_t)size : 0;
    }
    for (int32_t d = 0; empty && d < shape.rank; d++) /* as in LiteRT: what one dimension crops away is all gone */
        shape.dims[d] = 0;
    out->shape = shape;
    return MOTE_OK;
}

static const mote_op_field PAD_FIELDS[] = {
    {"edge_padding_low", 0, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_pad_params, edge_padding_low), 0},
    {"edge_padding_high", 1, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_pad_params, edge_padding_high), 0},
    {"interior_padding", 2, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_pad_params, interior_padding), 0},
};

const mote_op_def mote_op_def_stablehlo_pad = {
    .name = "STABLEHLO_PAD",
    .options2_type = 10,
    .fields = PAD_FIELDS,
    .n_fields = sizeof PAD_FIELDS / sizeof *PAD_FIELDS,
    .params_bytes = sizeof(mote_stablehlo_pad_params),
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_pad,
    .max_version = 1,
};

/* --- DILATE --- */

static mote_status infer_dilate(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 3, err);
    if (status != MOTE_OK)
        return status;
    const mote_tensor *x = io->inputs[X], *dilations = io->inputs[DILATIONS];
    mote_tensor *out = io->outputs[0];
    out->dtype = x->dtype;
    if (mote_infer_is_open(io, 2) || !dilations->data) {
        mote_infer_set_unknown(out);
        return MOTE_OK;
    }
    if (dilations->dtype != MOTE_INT32 || dilations->shape.rank != 1 || dilations->shape.dims[0] != x->shape.rank ||
        x->shape.rank < 1)
        return mote_error_set(err, MOTE_SHAPE, "one int32 dilation for each dimension is needed");
    mote_shape shape = x->shape;
    for (int32_t d = 0; d < shape.rank; d++) {
        int64_t by, size;
        if (!mote_infer_read_int(dilations, d, &by) || by < 1 || shape.dims[d] < 1)
            return mote_error_set(err, MOTE_ARGUMENT, "dimension %d cannot be dilated", d);
        size = (shape.dims[d] - 1) * by + 1;
        if (size > INT32_MAX)
            return mote_error_set(err, MOTE_SHAPE, "dimension %d would be %lld", d, (long long)size);
        shape.dims[d] = (int32_t)size;
    }
    out->shape = shape;
    return MOTE_OK;
}

const mote_op_def mote_op_def_dilate = {
    .name = "DILATE",
    .options2_type = 18,
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_dilate,
    .max_version = 1,
};

/* --- both --- */

static void fill(mote_tensor *out, const void *value)
{
    mote_box box = {.rank = out->shape.rank, .element_bytes = mote_dtype_bytes(out->dtype)};
    for (int32_t d = 0; d < box.rank; d++)
        box.dims[d] = out->shape.dims[d];
    mote_row_strides(&out->shape, box.element_bytes, box.target_stride);
    mote_copy_box(&box, value, out->data);
}

static void lay(const mote_tensor *x, const spread *to, mote_tensor *out)
{
    mote_box box = {.rank = x->shape.rank, .element_bytes = mote_dtype_bytes(x->dtype)};
    int64_t from = 0, at = 0;
    mote_row_strides(&x->shape, box.element_bytes, box.source_stride);
    mote_row_strides(&out->shape, box.element_bytes, box.target_stride);
    for (int32_t d = 0; d < box.rank; d++) {
        const int64_t low = to->low[d], step = to->step[d], room = out->shape.dims[d] - 1 - low;
        const int64_t first = low < 0 ? (-low + step - 1) / step : 0;
        int64_t last = room < 0 ? -1 : room / step;
        if (last > x->shape.dims[d] - 1)
            last = x->shape.dims[d] - 1;
        if (last < first)
            return;
        box.dims[d] = last - first + 1;
        from += first * box.source_stride[d];
        at += (low + first * step) * box.target_stride[d];
        box.target_stride[d] *= step;
    }
    mote_copy_box(&box, (const char *)x->data + from, (char *)out->data + at);
}

static mote_status prepare_pad(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    return need_value(io, PAD_VALUE, err);
}

static mote_status eval_pad(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_stablehlo_pad_params *params = io->node->params;
    spread to;
    if (mote_shape_count(&io->outputs[0]->shape) == 0)
        return MOTE_OK;
    for (int32_t d = 0; d < io->inputs[X]->shape.rank; d++) {
        to.low[d] = params->edge_padding_low.values[d];
        to.step[d] = params->interior_padding.values[d] + 1;
    }
    fill(io->outputs[0], io->inputs[PAD_VALUE]->data);
    lay(io->inputs[X], &to, io->outputs[0]);
    return MOTE_OK;
}

static mote_status prepare_dilate(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    return need_value(io, DILATE_VALUE, err);
}

static mote_status eval_dilate(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const int32_t *by = io->inputs[DILATIONS]->data;
    spread to = {0};
    for (int32_t d = 0; d < io->inputs[X]->shape.rank; d++)
        to.step[d] = by[d];
    fill(io->outputs[0], io->inputs[DILATE_VALUE]->data);
    lay(io->inputs[X], &to, io->outputs[0]);
    return MOTE_OK;
}

const mote_op_run mote_op_run_stablehlo_pad = {prepare_pad, eval_pad};
const mote_op_run mote_op_run_dilate = {prepare_dilate, eval_dilate};
