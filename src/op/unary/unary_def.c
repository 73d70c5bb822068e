#include "op/op_infer.h"
#include "op/unary/unary.h"

static int32_t version_abs(const mote_op_io *io)
{
    switch (io->inputs[0]->dtype) {
    case MOTE_INT32:
        return 5;
    case MOTE_INT16:
        return io->inputs[0]->quant.n > 0 ? 3 : 4;
    case MOTE_INT8:
    case MOTE_UINT8:
        return 2;
    default:
        return 1;
    }
}

/* RELU and GELU count uint8 with int8; the others do not. */
static int32_t version_relu(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    return dtype == MOTE_INT16 ? 3 : dtype == MOTE_INT8 || dtype == MOTE_UINT8 ? 2 : 1;
}

static int32_t version_gelu(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    return dtype == MOTE_FLOAT16 ? 3 : dtype == MOTE_INT8 || dtype == MOTE_UINT8 ? 2 : 1;
}

static int32_t version_8_then_16(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    return dtype == MOTE_INT16 ? 3 : dtype == MOTE_INT8 ? 2 : 1;
}

static int32_t version_quantized(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    return dtype == MOTE_INT16 || dtype == MOTE_INT8 ? 2 : 1;
}

static int32_t version_half(const mote_op_io *io)
{
    return io->inputs[0]->dtype == MOTE_FLOAT16 ? 2 : 1;
}

static int32_t version_sign(const mote_op_io *io)
{
    return io->inputs[0]->dtype == MOTE_INT32 ? 2 : 1;
}

static int32_t version_leaky_relu(const mote_op_io *io)
{
    return io->inputs[0]->dtype == MOTE_INT16 ? 2 : 1;
}

static const mote_op_field leaky_relu_fields[] = {
    {"alpha", 0, MOTE_FIELD_F32, offsetof(mote_leaky_relu_params, alpha), 0},
};
static const mote_op_field gelu_fields[] = {
    {"approximate", 0, MOTE_FIELD_BOOL, offsetof(mote_gelu_params, approximate), 0},
};

#define UNARY(symbol, NAME, options, field_table, field_count, params_size, version_fn, newest)                        \
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
        .infer = mote_infer_same,                                                                                      \
        .version = version_fn,                                                                                         \
        .max_version = newest,                                                                                         \
    };
#define PLAIN(symbol, NAME, options, version_fn, newest) UNARY(symbol, NAME, options, NULL, 0, 0, version_fn, newest)

PLAIN(abs, "ABS", 78, version_abs, 5)
PLAIN(neg, "NEG", 42, NULL, 1)
PLAIN(sqrt, "SQRT", 0, version_quantized, 2)
PLAIN(rsqrt, "RSQRT", 0, version_8_then_16, 3)
PLAIN(square, "SQUARE", 66, NULL, 1)
PLAIN(exp, "EXP", 33, version_quantized, 2)
PLAIN(log, "LOG", 0, version_quantized, 2)
PLAIN(sin, "SIN", 0, version_half, 2)
PLAIN(cos, "COS", 84, version_half, 2)
PLAIN(ceil, "CEIL", 0, NULL, 1)
PLAIN(floor, "FLOOR", 0, NULL, 1)
PLAIN(round, "ROUND", 0, NULL, 1)
PLAIN(sign, "SIGN", 123, version_sign, 2)
PLAIN(logical_not, "LOGICAL_NOT", 63, NULL, 1)
PLAIN(logistic, "LOGISTIC", 0, version_8_then_16, 3)
PLAIN(tanh, "TANH", 0, version_8_then_16, 3)
PLAIN(relu, "RELU", 0, version_relu, 3)
PLAIN(relu6, "RELU6", 0, version_8_then_16, 3)
PLAIN(relu_n1_to_1, "RELU_N1_TO_1", 0, NULL, 1)
PLAIN(relu_0_to_1, "RELU_0_TO_1", 0, NULL, 1)
PLAIN(elu, "ELU", 0, NULL, 1)
PLAIN(hard_swish, "HARD_SWISH", 91, NULL, 1)
UNARY(gelu, "GELU", 116, gelu_fields, 1, sizeof(mote_gelu_params), version_gelu, 3)
UNARY(leaky_relu, "LEAKY_RELU", 75, leaky_relu_fields, 1, sizeof(mote_leaky_relu_params), version_leaky_relu, 2)
