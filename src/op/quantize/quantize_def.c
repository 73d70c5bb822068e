#include "op/op_infer.h"
#include "op/quantize/quantize.h"

static bool either(const mote_op_io *io, mote_dtype dtype)
{
    return io->inputs[0]->dtype == dtype || io->outputs[0]->dtype == dtype;
}

static int32_t version_quantize(const mote_op_io *io)
{
    if (either(io, MOTE_UINT4)) {
        return 5;
    }
    if (either(io, MOTE_INT4)) {
        return 4;
    }
    if (io->outputs[0]->quant.n > 1) {
        return 3;
    }
    return io->outputs[0]->dtype == MOTE_INT16 ? 2 : 1;
}

static int32_t version_dequantize(const mote_op_io *io)
{
    switch (io->inputs[0]->dtype) {
    case MOTE_UINT4:
        return 8;
    case MOTE_INT2:
        return 7;
    case MOTE_INT4:
        return 6;
    case MOTE_INT16:
    case MOTE_FLOAT16:
        return 3;
    case MOTE_INT8:
        return io->inputs[0]->quant.n > 1 ? 5 : 2;
    default:
        return 1;
    }
}

static int32_t version_cast(const mote_op_io *io)
{
    if (either(io, MOTE_INT2) || either(io, MOTE_UINT4)) {
        return 8;
    }
    if (either(io, MOTE_BFLOAT16)) {
        return 7;
    }
    if (io->inputs[0]->dtype == MOTE_INT4 && io->outputs[0]->dtype == MOTE_FLOAT32) {
        return 6;
    }
    if (either(io, MOTE_FLOAT64) || either(io, MOTE_FLOAT16)) {
        return 5;
    }
    if (either(io, MOTE_UINT16)) {
        return 4;
    }
    if (either(io, MOTE_INT8)) {
        return 3;
    }
    return either(io, MOTE_UINT32) ? 2 : 1;
}

static int32_t version_fake_quant(const mote_op_io *io)
{
    const mote_fake_quant_params *params = io->node->params;
    return params->narrow_range ? 2 : 1;
}

static const mote_op_field cast_fields[] = {
    {"in_data_type", 0, MOTE_FIELD_ENUM, offsetof(mote_cast_params, in_data_type), 0},
    {"out_data_type", 1, MOTE_FIELD_ENUM, offsetof(mote_cast_params, out_data_type), 0},
};
static const mote_op_field fake_quant_fields[] = {
    {"min", 0, MOTE_FIELD_F32, offsetof(mote_fake_quant_params, min), 0},
    {"max", 1, MOTE_FIELD_F32, offsetof(mote_fake_quant_params, max), 0},
    {"num_bits", 2, MOTE_FIELD_I32, offsetof(mote_fake_quant_params, num_bits), 0},
    {"narrow_range", 3, MOTE_FIELD_BOOL, offsetof(mote_fake_quant_params, narrow_range), 0},
};

/* The output's type is the file's own statement in all but FAKE_QUANT. */
#define RETYPE(symbol, NAME, options, field_table, field_count, params_size, infer_fn, version_fn, newest)             \
    const mote_op_def mote_op_def_##symbol = {                                                                         \
        .name = NAME,                                                                                                  \
        .options_type = options,                                                                                       \
        .fields = field_table,                                                                                         \
        .n_fields = field_count,                                                                                       \
        .params_bytes = params_size,                                                                                   \
        .min_inputs = 1,                                                                                               \
        .max_inputs = 1,                                                                                               \
        .min_outputs = 1,                                                                                              \
        .max_outputs = 1,                                                                                              \
        .flags = MOTE_OP_ELEMENTWISE,                                                                                  \
        .infer = infer_fn,                                                                                             \
        .version = version_fn,                                                                                         \
        .max_version = newest,                                                                                         \
    };

RETYPE(quantize, "QUANTIZE", 89, NULL, 0, 0, mote_infer_same_shape, version_quantize, 6)
RETYPE(dequantize, "DEQUANTIZE", 38, NULL, 0, 0, mote_infer_same_shape, version_dequantize, 8)
RETYPE(cast, "CAST", 37, cast_fields, 2, sizeof(mote_cast_params), mote_infer_same_shape, version_cast, 8)
RETYPE(fake_quant, "FAKE_QUANT", 58, fake_quant_fields, 4, sizeof(mote_fake_quant_params), mote_infer_same,
       version_fake_quant, 2)
