/* ONE_HOT: along a new axis, one value where the index says and another elsewhere. */
#include "op/lookup/lookup.h"
#include "op/move/copy_nd.h"
#include "op/op_infer.h"

#include <string.h>

enum { INDICES, DEPTH, ON, OFF };

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, 4, err);
    if (status != MOTE_OK)
        return status;
    const mote_one_hot_params *params = io->node->params;
    const mote_shape *in = &io->inputs[INDICES]->shape;
    mote_tensor *out = io->outputs[0];
    out->dtype = io->inputs[ON]->dtype;
    int64_t depth;
    if (mote_infer_is_open(io, 1) || !mote_infer_read_int(io->inputs[DEPTH], 0, &depth)) {
        mote_infer_set_unknown(out);
        return MOTE_OK;
    }
    int32_t axis;
    status = mote_infer_axis(params->axis, in->rank + 1, &axis, err);
    if (status != MOTE_OK)
        return status;
    if (in->rank >= MOTE_MAX_RANK || depth < 0 || depth > INT32_MAX)
        return mote_error_set(err, MOTE_SHAPE, "indices of rank %d with a depth of %lld", in->rank, (long long)depth);
    mote_shape shape = {.rank = in->rank + 1};
    for (int32_t d = 0, from = 0; d < shape.rank; d++)
        shape.dims[d] = d == axis ? (int32_t)depth : in->dims[from++];
    out->shape = shape;
    return MOTE_OK;
}

static const mote_op_field FIELDS[] = {
    {"axis", 0, MOTE_FIELD_I32, offsetof(mote_one_hot_params, axis), 0},
};

const mote_op_def mote_op_def_one_hot = {
    .name = "ONE_HOT",
    .options_type = 61,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_one_hot_params),
    .min_inputs = 4,
    .max_inputs = 4,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .max_version = 1,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_dtype at = io->inputs[INDICES]->dtype, on = io->inputs[ON]->dtype, off = io->inputs[OFF]->dtype;
    if ((at != MOTE_INT32 && at != MOTE_INT64) || on != off)
        return mote_error_set(err, MOTE_UNSUPPORTED, "indices of %s with values of %s and %s", mote_dtype_name(at),
                              mote_dtype_name(on), mote_dtype_name(off));
    if (mote_shape_count(&io->inputs[ON]->shape) != 1 || mote_shape_count(&io->inputs[OFF]->shape) != 1)
        return mote_error_set(err, MOTE_SHAPE, "the two values must be single");
    return mote_need_whole_elements(io->inputs[ON], err);
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_one_hot_params *params = io->node->params;
    const mote_tensor *indices = io->inputs[INDICES], *out = io->outputs[0];
    const int32_t axis = params->axis < 0 ? params->axis + out->shape.rank : params->axis;
    const int64_t outer = mote_shape_span(&out->shape, 0, axis), depth = out->shape.dims[axis];
    const int64_t inner = mote_shape_span(&out->shape, axis + 1, out->shape.rank);
    const size_t element = mote_dtype_bytes(out->dtype);
    char *to = out->data;
    for (int64_t o = 0; o < outer; o++)
        for (int64_t j = 0; j < depth; j++)
            for (int64_t i = 0; i < inner; i++, to += element) {
                int64_t at;
                const bool on = mote_infer_read_int(indices, o * inner + i, &at) && at == j;
                memcpy(to, io->inputs[on ? ON : OFF]->data, element);
            }
    return MOTE_OK;
}

const mote_op_run mote_op_run_one_hot = {prepare, eval};
