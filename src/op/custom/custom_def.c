/* CUSTOM: an operator that only its name describes. It is kept as the file has it. */
#include "op/op.h"

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    return mote_error_set(err, MOTE_UNSUPPORTED, "mote does not know the custom operator '%s'",
                          io->node->custom_code ? io->node->custom_code : "");
}

const mote_op_def mote_op_def_custom = {
    .name = "CUSTOM",
    .max_inputs = -1,
    .max_outputs = -1,
    .flags = MOTE_OP_STATEFUL | MOTE_OP_MAY_OMIT, /* nothing is known of it */
    .infer = infer,
    .max_version = 0, /* its versions are its own */
};
