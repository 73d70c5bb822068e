#include "op/binary/binary.h"
#include "op/op_infer.h"

static int32_t max_input_rank(const mote_op_io *io)
{
    int32_t rank = 0;
    for (int32_t i = 0; i < io->n_inputs; ++i) {
        if (io->inputs[i]->shape.rank > rank) {
            rank = io->inputs[i]->shape.rank;
        }
    }
    return rank;
}

static bool broadcasts_past_rank_4(const mote_op_io *io)
{
    return !mote_shape_equal(&io->inputs[0]->shape, &io->inputs[1]->shape) && max_input_rank(io) > 4;
}

static int32_t version_add(const mote_op_io *io)
{
    const mote_tensor *a = io->inputs[0];
    const mote_add_params *params = io->node->params;
    switch (a->dtype) {
    case MOTE_FLOAT16:
        return 6;
    case MOTE_INT16:
        if (a->quant.n == 0) {
            return 5;
        }
        return params->pot_scale_int16 ? 1 : 3;
    case MOTE_INT64:
        return 4;
    case MOTE_INT8:
        return 2;
    default:
        return 1;
    }
}

static int32_t version_sub(const mote_op_io *io)
{
    const mote_sub_params *params = io->node->params;
    const mote_dtype dtype = io->inputs[0]->dtype;
    if (dtype == MOTE_INT16 && !params->pot_scale_int16) {
        return 5;
    }
    if (dtype == MOTE_INT64) {
        return 4;
    }
    if (broadcasts_past_rank_4(io)) {
        return 3;
    }
    return dtype == MOTE_INT8 ? 2 : 1;
}

/* Version 3: the product is rescaled by 1 or more. */
static bool mul_scales_up(const mote_op_io *io)
{
    const mote_tensor *a = io->inputs[0], *b = io->inputs[1], *out = io->outputs[0];
    if (a->quant.n == 0 || b->quant.n == 0 || out->quant.n == 0) {
        return false;
    }
    return a->quant.scale[0] * b->quant.scale[0] / out->quant.scale[0] >= 1.0f;
}

static int32_t version_mul(const mote_op_io *io)
{
    const mote_tensor *a = io->inputs[0];
    switch (a->dtype) {
    case MOTE_FLOAT16:
        return 8;
    case MOTE_UINT32:
        return 7;
    case MOTE_INT16:
        return a->quant.n == 0 ? 7 : 4;
    case MOTE_COMPLEX64:
        return 6;
    case MOTE_INT64:
        return 5;
    default:
        return mul_scales_up(io) ? 3 : a->dtype == MOTE_INT8 ? 2 : 1;
    }
}

static int32_t version_div(const mote_op_io *io)
{
    return broadcasts_past_rank_4(io) ? 2 : 1;
}

static int32_t version_extremum(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    if (dtype == MOTE_INT16) {
        return 4;
    }
    if (broadcasts_past_rank_4(io)) {
        return 3;
    }
    return dtype == MOTE_INT8 ? 2 : 1;
}

static int32_t version_int8(const mote_op_io *io)
{
    return io->inputs[0]->dtype == MOTE_INT8 ? 2 : 1;
}

static int32_t version_floor_div(const mote_op_io *io)
{
    switch (io->inputs[0]->dtype) {
    case MOTE_INT16:
    case MOTE_INT8:
        return 3;
    case MOTE_FLOAT32:
        return 2;
    default:
        return 1;
    }
}

static int32_t version_floor_mod(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    return dtype == MOTE_INT16 || dtype == MOTE_INT8 ? 2 : 1;
}

/* EQUAL and NOT_EQUAL count their newest version one apart. */
static int32_t version_equality(const mote_op_io *io)
{
    switch (io->inputs[0]->dtype) {
    case MOTE_INT16:
        return io->node->op == MOTE_OP_EQUAL ? 5 : 4;
    case MOTE_STRING:
        return 3;
    case MOTE_INT8:
        return 2;
    default:
        return 1;
    }
}

static int32_t version_order_16(const mote_op_io *io)
{
    const mote_dtype dtype = io->inputs[0]->dtype;
    return dtype == MOTE_INT16 ? 3 : dtype == MOTE_INT8 ? 2 : 1;
}

/* int16 products may be kept in 8 bits: then the file states the output's type. */
static mote_status infer_mul(const mote_op_io *io, mote_error *err)
{
    const mote_dtype stated = io->n_outputs > 0 && io->outputs[0] ? io->outputs[0]->dtype : MOTE_FLOAT32;
    const mote_status status = mote_infer_broadcast(io, err);
    if (status == MOTE_OK && io->inputs[0]->dtype == MOTE_INT16 && (stated == MOTE_INT8 || stated == MOTE_UINT8))
        io->outputs[0]->dtype = stated;
    return status;
}

/* PRELU: alpha broadcasts to the input, never the other way; int16 inputs have int8 alphas. */
static mote_status infer_prelu(const mote_op_io *io, mote_error *err)
{
    const mote_status status =
        mote_infer_broadcast_to(io, io->n_inputs > 0 && io->inputs[0] && io->inputs[0]->dtype == MOTE_INT16, err);
    if (status != MOTE_OK || mote_infer_is_open(io, 2)) {
        return status;
    }
    if (!mote_shape_equal(&io->outputs[0]->shape, &io->inputs[0]->shape)) {
        return mote_error_set(err, MOTE_SHAPE, "alpha must broadcast to the input's shape");
    }
    return MOTE_OK;
}

static const mote_op_field add_fields[] = {
    {"fused_activation_function", 0, MOTE_FIELD_ENUM, offsetof(mote_add_params, fused_activation_function), 0},
    {"pot_scale_int16", 1, MOTE_FIELD_BOOL, offsetof(mote_add_params, pot_scale_int16), 1},
};
static const mote_op_field mul_fields[] = {
    {"fused_activation_function", 0, MOTE_FIELD_ENUM, offsetof(mote_mul_params, fused_activation_function), 0},
};

/* symbol, NAME, options type, fields, their number, params, infer, version, newest version */
#define BINARY(symbol, NAME, options, field_table, field_count, params_size, infer_fn, version_fn, newest)             \
    const mote_op_def mote_op_def_##symbol = {                                                                         \
        .name = NAME,                                                                                                  \
        .options_type = options,                                                                                       \
        .fields = field_table,                                                                                         \
        .n_fields = field_count,                                                                                       \
        .params_bytes = params_size,                                                                                   \
        .min_inputs = 2,                                                                                               \
        .max_inputs = 2,                                                                                               \
        .min_outputs = 1,                                                                                              \
        .max_outputs = 1,                                                                                              \
        .flags = MOTE_OP_ELEMENTWISE,                                                                                  \
        .infer = infer_fn,                                                                                             \
        .version = version_fn,                                                                                         \
        .max_version = newest,                                                                                         \
    };
#define PLAIN(symbol, NAME, options, infer_fn, version_fn, newest)                                                     \
    BINARY(symbol, NAME, options, NULL, 0, 0, infer_fn, version_fn, newest)

BINARY(add, "ADD", 11, add_fields, 2, sizeof(mote_add_params), mote_infer_broadcast, version_add, 6)
BINARY(sub, "SUB", 28, add_fields, 2, sizeof(mote_sub_params), mote_infer_broadcast, version_sub, 5)
BINARY(mul, "MUL", 21, mul_fields, 1, sizeof(mote_mul_params), infer_mul, version_mul, 8)
BINARY(div, "DIV", 29, mul_fields, 1, sizeof(mote_div_params), mote_infer_broadcast, version_div, 2)
PLAIN(maximum, "MAXIMUM", 39, mote_infer_broadcast, version_extremum, 4)
PLAIN(minimum, "MINIMUM", 39, mote_infer_broadcast, version_extremum, 4)
PLAIN(squared_difference, "SQUARED_DIFFERENCE", 76, mote_infer_broadcast, version_int8, 2)
PLAIN(pow, "POW", 56, mote_infer_broadcast, NULL, 1)
PLAIN(floor_div, "FLOOR_DIV", 65, mote_infer_broadcast, version_floor_div, 3)
PLAIN(floor_mod, "FLOOR_MOD", 71, mote_infer_broadcast, version_floor_mod, 2)
PLAIN(atan2, "ATAN2", 122, mote_infer_broadcast, NULL, 1)
PLAIN(bitwise_xor, "BITWISE_XOR", 125, mote_infer_broadcast, NULL, 1)
PLAIN(right_shift, "RIGHT_SHIFT", 126, mote_infer_broadcast, NULL, 1)
PLAIN(prelu, "PRELU", 0, infer_prelu, NULL, 1)
PLAIN(equal, "EQUAL", 53, mote_infer_compare, version_equality, 5)
PLAIN(not_equal, "NOT_EQUAL", 54, mote_infer_compare, version_equality, 4)
PLAIN(less, "LESS", 41, mote_infer_compare, version_order_16, 3)
PLAIN(less_equal, "LESS_EQUAL", 46, mote_infer_compare, version_int8, 2)
PLAIN(greater, "GREATER", 44, mote_infer_compare, version_int8, 2)
PLAIN(greater_equal, "GREATER_EQUAL", 45, mote_infer_compare, version_order_16, 3)
PLAIN(logical_and, "LOGICAL_AND", 62, mote_infer_compare, NULL, 1)
PLAIN(logical_or, "LOGICAL_OR", 60, mote_infer_compare, NULL, 1)
