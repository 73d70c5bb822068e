#include "op/op_infer.h"

static mote_status infer_part(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_same_shape(io, err);
    if (status != MOTE_OK) {
        return status;
    }
    switch (io->inputs[0]->dtype) {
    case MOTE_COMPLEX64:
        io->outputs[0]->dtype = MOTE_FLOAT32;
        return MOTE_OK;
    case MOTE_COMPLEX128:
        io->outputs[0]->dtype = MOTE_FLOAT64;
        return MOTE_OK;
    default:
        return mote_error_set(err, MOTE_SHAPE, "the input must be complex, not %s",
                              mote_dtype_name(io->inputs[0]->dtype));
    }
}

#define COMPLEX(symbol, NAME)                                                                                          \
    const mote_op_def mote_op_def_##symbol = {                                                                         \
        .name = NAME,                                                                                                  \
        .min_inputs = 1,                                                                                               \
        .max_inputs = 1,                                                                                               \
        .min_outputs = 1,                                                                                              \
        .max_outputs = 1,                                                                                              \
        .infer = infer_part,                                                                                           \
        .max_version = 1,                                                                                              \
    };

COMPLEX(real, "REAL")
COMPLEX(imag, "IMAG")
COMPLEX(complex_abs, "COMPLEX_ABS")
