#include "op/move/copy_nd.h"
#include "op/op.h"

#include <string.h>

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    return mote_need_whole_elements(io->inputs[1], err);
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const size_t element = mote_dtype_bytes(io->inputs[1]->dtype);
    const int64_t n = mote_shape_count(&io->outputs[0]->shape);
    char *out = io->outputs[0]->data;
    for (int64_t i = 0; i < n; i++, out += element)
        memcpy(out, io->inputs[1]->data, element);
    return MOTE_OK;
}

const mote_op_run mote_op_run_fill = {prepare, eval};
