#include "op/op_infer.h"

/* The condition is bool, both values are of one type; sets the output's type. */
static mote_status infer_types(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 3, err);
    if (status != MOTE_OK) {
        return status;
    }
    if (io->inputs[0]->dtype != MOTE_BOOL || io->inputs[1]->dtype != io->inputs[2]->dtype) {
        return mote_error_set(err, MOTE_SHAPE, "the condition must be bool and both values of one type, not %s, %s, %s",
                              mote_dtype_name(io->inputs[0]->dtype), mote_dtype_name(io->inputs[1]->dtype),
                              mote_dtype_name(io->inputs[2]->dtype));
    }
    io->outputs[0]->dtype = io->inputs[1]->dtype;
    return MOTE_OK;
}

/* SELECT: both values have one shape; the condition that shape too, or it is a scalar, or it picks
 * whole slices along the first axis. */
static mote_status infer_select(const mote_op_io *io, mote_error *err)
{
    const mote_status status = infer_types(io, err);
    if (status != MOTE_OK) {
        return status;
    }
    if (mote_infer_is_open(io, 3)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    const mote_shape *condition = &io->inputs[0]->shape, *x = &io->inputs[1]->shape, *y = &io->inputs[2]->shape;
    const int64_t n = mote_shape_count(x);
    if (n == 1 && mote_shape_count(condition) == 1 && mote_shape_count(y) == 1 &&
        mote_shape_count(&io->outputs[0]->shape) == 1) {
        return MOTE_OK; /* one element: the file's own rank stays */
    }
    const bool by_row = condition->rank == 1 && x->rank > 0 && condition->dims[0] == x->dims[0];
    if (!mote_shape_equal(x, y) || !(condition->rank == 0 || by_row || mote_shape_equal(condition, x))) {
        char tc[MOTE_SHAPE_TEXT_BYTES], tx[MOTE_SHAPE_TEXT_BYTES], ty[MOTE_SHAPE_TEXT_BYTES];
        return mote_error_set(err, MOTE_SHAPE, "condition %s does not choose between %s and %s",
                              mote_shape_format(condition, tc), mote_shape_format(x, tx), mote_shape_format(y, ty));
    }
    io->outputs[0]->shape = *x;
    return MOTE_OK;
}

static mote_status infer_select_v2(const mote_op_io *io, mote_error *err)
{
    const mote_status status = infer_types(io, err);
    if (status != MOTE_OK) {
        return status;
    }
    if (mote_infer_is_open(io, 3)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    const mote_shape *condition = &io->inputs[0]->shape, *x = &io->inputs[1]->shape, *y = &io->inputs[2]->shape;
    if (mote_shape_count(condition) == 1 && mote_shape_count(x) == 1 && mote_shape_count(y) == 1 &&
        mote_shape_count(&io->outputs[0]->shape) == 1) {
        return MOTE_OK;
    }
    mote_shape values, out;
    if (mote_shape_broadcast(x, y, &values) != MOTE_OK || mote_shape_broadcast(condition, &values, &out) != MOTE_OK) {
        char tc[MOTE_SHAPE_TEXT_BYTES], tx[MOTE_SHAPE_TEXT_BYTES], ty[MOTE_SHAPE_TEXT_BYTES];
        return mote_error_set(err, MOTE_SHAPE, "shapes %s, %s and %s do not broadcast",
                              mote_shape_format(condition, tc), mote_shape_format(x, tx), mote_shape_format(y, ty));
    }
    io->outputs[0]->shape = out;
    return MOTE_OK;
}

/* The converter looks at the condition's type, which is always bool, and at rank 5. */
static int32_t version_select(const mote_op_io *io)
{
    for (int32_t i = 0; i < io->n_inputs; ++i) {
        if (io->inputs[i]->shape.rank == 5) {
            return 3;
        }
    }
    return 1;
}

const mote_op_def mote_op_def_select = {
    .name = "SELECT",
    .options_type = 47,
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_select,
    .version = version_select,
    .max_version = 4,
};

const mote_op_def mote_op_def_select_v2 = {
    .name = "SELECT_V2",
    .options_type = 98,
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer_select_v2,
    .max_version = 2,
};
