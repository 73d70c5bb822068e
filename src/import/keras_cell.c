/*
 * LSTM: Hochreiter and Schmidhuber 1997, gates in Keras's order i, f, c, o. GRU: Cho et al. 2014, order z, r, h;
 * reset_after as in cuDNN.
 */
#include "import/keras_cell.h"

#include <string.h>

#include "import/keras_dense.h"
#include "import/keras_expr.h"
#include "op/slice/slice.h"

enum { MAX_GATES = 4 };

static int32_t multiply(keras_cell *c, int32_t a, int32_t b)
{
    return keras_binary(c->call, MOTE_OP_MUL, a, b, "mul", c->err);
}

static int32_t add(keras_cell *c, int32_t a, int32_t b)
{
    return keras_binary(c->call, MOTE_OP_ADD, a, b, "add", c->err);
}

static int32_t act(keras_cell *c, int32_t x)
{
    return keras_activated(c->call, x, c->activation, c->err);
}

static int32_t gate(keras_cell *c, int32_t x)
{
    return keras_activated(c->call, x, c->recurrent_activation, c->err);
}

/* The last dimension of x into n parts. */
static void split(keras_cell *c, int32_t x, int32_t n, int32_t *parts)
{
    for (int32_t i = 0; i < n; i++)
        parts[i] = -1;
    if (x < 0)
        return;
    const mote_node *node = keras_split(c->call, x, keras_shape(c->call, x)->rank - 1, n, c->err);
    if (node)
        memcpy(parts, node->outputs, (size_t)n * sizeof *parts);
}

static int32_t dense_inputs(keras_cell *c, int32_t x)
{
    return keras_fully_connected(c->call, x, c->kernel, c->bias, c->err);
}

static int32_t dense_product(keras_cell *c, int32_t state, int32_t kernel)
{
    return keras_fully_connected(c->call, state, kernel, MOTE_NO_TENSOR, c->err);
}

/* --- the cells --- */

static bool take_recurrent(keras_cell *c)
{
    c->recurrent = keras_take_weight(c->call, "recurrent_kernel", 2, MOTE_WEIGHT_IO_TO_OI, c->err);
    return c->recurrent >= 0;
}

static bool take_simple(keras_cell *c)
{
    if (!take_recurrent(c))
        return false;
    c->bias = c->use_bias ? keras_take_weight(c->call, "bias", 1, MOTE_WEIGHT_AS_IS, c->err) : MOTE_NO_TENSOR;
    return !c->use_bias || c->bias >= 0;
}

static void step_simple(keras_cell *c, int32_t x, int32_t states[2])
{
    if (states[0] != KERAS_ZERO_STATE)
        x = add(c, x, c->kind->product(c, states[0], c->recurrent));
    states[0] = act(c, x);
}

static void step_lstm(keras_cell *c, int32_t x, int32_t states[2])
{
    int32_t part[MAX_GATES];
    if (states[0] != KERAS_ZERO_STATE)
        x = add(c, x, c->kind->product(c, states[0], c->recurrent));
    split(c, x, 4, part);
    int32_t memory = multiply(c, gate(c, part[0]), act(c, part[2]));
    if (states[1] != KERAS_ZERO_STATE)
        memory = add(c, multiply(c, gate(c, part[1]), states[1]), memory);
    states[1] = memory;
    states[0] = multiply(c, gate(c, part[3]), act(c, memory));
}

/* Rows [begin, end) of a weight; with `drop` the one row, as a vector. */
static int32_t rows(keras_cell *c, int32_t weight, int32_t begin, int32_t end, bool drop)
{
    const int32_t inputs[] = {weight, keras_const_i32(c->call, "strided_slice/stack", 1, &begin),
                              keras_const_i32(c->call, "strided_slice/stack_1", 1, &end),
                              keras_const_i32(c->call, "strided_slice/stack_2", 1, &(int32_t){1})};
    if (weight < 0 || inputs[1] < 0 || inputs[2] < 0 || inputs[3] < 0)
        return -1;
    mote_node *node = keras_node(c->call, MOTE_OP_STRIDED_SLICE, 4, inputs, "strided_slice", c->err);
    if (!node)
        return -1;
    ((mote_strided_slice_params *)node->params)->shrink_axis_mask = drop ? 1 : 0;
    return keras_emit(c->call, node, c->err) == MOTE_OK ? node->outputs[0] : -1;
}

/* The recurrent kernel with gates z and r, and with h, apart. */
static bool take_kernels_apart(keras_cell *c)
{
    if (!take_recurrent(c))
        return false;
    const int32_t whole = c->recurrent, u = c->units;
    if (keras_shape(c->call, whole)->dims[0] != 3 * u) {
        keras_refuse(c->call, c->err, "its recurrent_kernel does not have its units");
        return false;
    }
    c->recurrent = rows(c, whole, 0, 2 * u, false);
    c->reset_recurrent = rows(c, whole, 2 * u, 3 * u, false);
    return c->recurrent >= 0 && c->reset_recurrent >= 0;
}

/* reset_after: a bias [2, 3 units], the second row for the recurrent product. */
static bool take_gru(keras_cell *c)
{
    const int32_t u = c->units;
    if (!c->reset_after)
        return take_kernels_apart(c) &&
               (!c->use_bias || (c->bias = keras_take_weight(c->call, "bias", 1, MOTE_WEIGHT_AS_IS, c->err)) >= 0);
    if (!take_recurrent(c))
        return false;
    if (!c->use_bias)
        return true;
    const int32_t both = keras_take_weight(c->call, "bias", 2, MOTE_WEIGHT_AS_IS, c->err);
    if (both < 0)
        return false;
    const mote_shape *shape = keras_shape(c->call, both);
    if (shape->dims[0] != 2 || shape->dims[1] != 3 * u) {
        keras_refuse(c->call, c->err, "its bias is not of two rows");
        return false;
    }
    c->bias = rows(c, both, 0, 1, true);
    const int32_t recurrent = rows(c, both, 1, 2, true);
    for (int32_t i = 0; i < 3; i++)
        c->recurrent_bias[i] = rows(c, recurrent, i * u, (i + 1) * u, false);
    return c->bias >= 0 && c->recurrent_bias[0] >= 0 && c->recurrent_bias[1] >= 0 && c->recurrent_bias[2] >= 0;
}

/* z h + (1 - z) candidate */
static int32_t blend(keras_cell *c, int32_t z, int32_t h, int32_t candidate)
{
    if (h == KERAS_ZERO_STATE)
        return keras_binary(c->call, MOTE_OP_SUB, candidate, multiply(c, z, candidate), "sub", c->err);
    const int32_t away = keras_binary(c->call, MOTE_OP_SUB, h, candidate, "sub", c->err);
    return add(c, candidate, multiply(c, z, away));
}

static int32_t plus_bias(keras_cell *c, int32_t x, int32_t bias)
{
    return bias == MOTE_NO_TENSOR ? x : add(c, x, bias);
}

static void step_gru(keras_cell *c, int32_t x, int32_t states[2])
{
    int32_t in[3], from_state[3];
    split(c, x, 3, in);
    const int32_t h = states[0], *bias = c->recurrent_bias;
    int32_t z, r, inner;
    if (h == KERAS_ZERO_STATE) {
        z = gate(c, plus_bias(c, in[0], bias[0]));
        r = gate(c, plus_bias(c, in[1], bias[1]));
        inner = bias[2] == MOTE_NO_TENSOR ? in[2] : add(c, in[2], multiply(c, r, bias[2]));
    } else {
        split(c, c->kind->product(c, h, c->recurrent), 3, from_state);
        for (int32_t i = 0; i < 3; i++)
            from_state[i] = plus_bias(c, from_state[i], bias[i]);
        z = gate(c, add(c, in[0], from_state[0]));
        r = gate(c, add(c, in[1], from_state[1]));
        inner = add(c, in[2], multiply(c, r, from_state[2]));
    }
    states[0] = blend(c, z, h, act(c, inner));
}

static void step_gru_reset_before(keras_cell *c, int32_t x, int32_t states[2])
{
    int32_t in[3], from_state[2];
    split(c, x, 3, in);
    const int32_t h = states[0];
    int32_t z, inner = in[2];
    if (h == KERAS_ZERO_STATE) {
        z = gate(c, in[0]);
    } else {
        split(c, c->kind->product(c, h, c->recurrent), 2, from_state);
        z = gate(c, add(c, in[0], from_state[0]));
        const int32_t r = gate(c, add(c, in[1], from_state[1]));
        inner = add(c, inner, c->kind->product(c, multiply(c, r, h), c->reset_recurrent));
    }
    states[0] = blend(c, z, h, act(c, inner));
}

static void step_any_gru(keras_cell *c, int32_t x, int32_t states[2])
{
    if (c->reset_after)
        step_gru(c, x, states);
    else
        step_gru_reset_before(c, x, states);
}

static const keras_cell_kind KINDS[] = {
    {"SimpleRNN", "SimpleRNNCell", 1, 1, 0, take_simple, dense_inputs, dense_product, step_simple},
    {"LSTM", "LSTMCell", 4, 2, 0, take_simple, dense_inputs, dense_product, step_lstm},
    {"GRU", "GRUCell", 3, 1, 0, take_gru, dense_inputs, dense_product, step_any_gru},
    {"ConvLSTM1D", "ConvLSTM1D", 4, 2, 1, keras_conv_lstm_take, keras_conv_lstm_inputs, keras_conv_lstm_product,
     step_lstm},
    {"ConvLSTM2D", "ConvLSTM2D", 4, 2, 2, keras_conv_lstm_take, keras_conv_lstm_inputs, keras_conv_lstm_product,
     step_lstm},
};

static const keras_cell_kind *find_kind(const char *class_name)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++)
        if (strcmp(KINDS[i].layer, class_name) == 0 || strcmp(KINDS[i].cell, class_name) == 0)
            return &KINDS[i];
    return NULL;
}

mote_status keras_open_cell(keras_call *call, const char *class_name, json_t *config, keras_cell *c, mote_error *err)
{
    json_t *inner = config;
    if (strcmp(class_name, "RNN") == 0) {
        const json_t *given = json_object_get(config, "cell");
        class_name = keras_text(given, "class_name", "");
        inner = json_object_get(given, "config");
    }
    const keras_cell_kind *kind = find_kind(class_name);
    if (!kind)
        return keras_refuse(call, err, "mote does not know a recurrent layer or cell of class '%s'", class_name);
    if (keras_bool(config, "stateful", false) || keras_bool(config, "time_major", false))
        return keras_refuse(call, err,
                            "stateful=True and time_major=True are not supported; build the model without and give it "
                            "the same weights");
    const int64_t units = keras_int(inner, kind->n_spatial ? "filters" : "units", 0);
    if (units < 1 || units > 1 << 20)
        return keras_refuse(call, err, "its units or filters are not a whole number");
    *c = (keras_cell){
        .kind = kind,
        .call = call,
        .err = err,
        .config = inner,
        .activation = json_object_get(inner, "activation"),
        .recurrent_activation = json_object_get(inner, "recurrent_activation"),
        .units = (int32_t)units,
        .bias = MOTE_NO_TENSOR,
        .recurrent_bias = {MOTE_NO_TENSOR, MOTE_NO_TENSOR, MOTE_NO_TENSOR},
        .use_bias = keras_bool(inner, "use_bias", true),
        .reset_after = keras_bool(inner, "reset_after", false),
        .backwards = keras_bool(config, "go_backwards", false),
        .mask = MOTE_NO_TENSOR,
        .masked_zeros = keras_bool(config, "zero_output_for_mask", false),
    };
    c->kernel = keras_take_weight(call, "kernel", kind->n_spatial + 2,
                                  kind->n_spatial ? MOTE_WEIGHT_HWIO_TO_OHWI : MOTE_WEIGHT_IO_TO_OI, err);
    if (c->kernel < 0 || !kind->take(c))
        return keras_failure(err);
    return keras_shape(call, c->kernel)->dims[0] == kind->n_gates * c->units
               ? MOTE_OK
               : keras_refuse(call, err, "its kernel does not have its units");
}
