/*
 * Recurrent layers, unrolled: TFLite's own recurrent operators keep their state from one invocation to the next, and
 * its loops do not quantize; steps written out do neither. The product with the inputs is taken once for all steps. At
 * the first step the state is zero, and what only multiplies it is left out.
 *
 * LSTM: Hochreiter and Schmidhuber 1997, gates in Keras's order i, f, c, o. GRU: Cho et al. 2014, order z, r, h;
 * reset_after as in cuDNN.
 */
#include <string.h>

#include "import/keras_dense.h"
#include "import/keras_expr.h"
#include "import/keras_mask.h"
#include "op/join/join.h"
#include "op/slice/slice.h"

enum {
    ZERO_STATE = -2, /* in place of a tensor: all zeros */
    MAX_STEPS = 1024,
    MAX_GATES = 4,
};

typedef struct cell cell;
typedef struct cell_kind {
    const char *layer, *cell; /* class names */
    int32_t n_gates, n_states;
    /* Takes the weights behind the kernel; false: err. */
    bool (*take)(cell *c);
    /* states in place; x: the inputs' part of all gates. states[0] is the output. */
    void (*step)(cell *c, int32_t x, int32_t states[2]);
} cell_kind;

struct cell {
    const cell_kind *kind;
    keras_call *call;
    mote_error *err;
    const json_t *activation, *recurrent_activation;
    int32_t units;
    int32_t kernel, bias; /* of the inputs; bias may be MOTE_NO_TENSOR */
    int32_t recurrent, recurrent_bias[3];
    int32_t reset_recurrent; /* GRU before reset_after: the recurrent kernel of gate h, `recurrent` has z and r */
    bool use_bias, reset_after, backwards;
    int32_t mask;      /* of the steps, or MOTE_NO_TENSOR */
    bool masked_zeros; /* outputs of steps that do not count are zeros; else the output before */
};

static int32_t multiply(cell *c, int32_t a, int32_t b)
{
    return keras_binary(c->call, MOTE_OP_MUL, a, b, "mul", c->err);
}

static int32_t add(cell *c, int32_t a, int32_t b)
{
    return keras_binary(c->call, MOTE_OP_ADD, a, b, "add", c->err);
}

static int32_t act(cell *c, int32_t x)
{
    return keras_activated(c->call, x, c->activation, c->err);
}

static int32_t gate(cell *c, int32_t x)
{
    return keras_activated(c->call, x, c->recurrent_activation, c->err);
}

/* x [batch, n * units] into n parts. */
static void split(cell *c, int32_t x, int32_t n, int32_t *parts)
{
    static const int32_t last = 1;
    for (int32_t i = 0; i < n; i++)
        parts[i] = -1;
    if (x < 0)
        return;
    const int32_t inputs[] = {keras_const_i32(c->call, "split/split_dim", 1, &last), x};
    if (inputs[0] < 0)
        return;
    c->call->builder->graph->tensors[inputs[0]]->shape = (mote_shape){0};
    mote_node *node = keras_node_outputs(c->call, MOTE_OP_SPLIT, 2, inputs, n, "split", c->err);
    if (!node)
        return;
    ((mote_split_params *)node->params)->num_splits = n;
    if (keras_emit(c->call, node, c->err) == MOTE_OK)
        memcpy(parts, node->outputs, (size_t)n * sizeof *parts);
}

static int32_t times_recurrent(cell *c, int32_t h, int32_t kernel, int32_t bias)
{
    return keras_fully_connected(c->call, h, kernel, bias, c->err);
}

/* --- the cells --- */

static bool take_recurrent(cell *c)
{
    c->recurrent = keras_take_weight(c->call, "recurrent_kernel", 2, MOTE_WEIGHT_IO_TO_OI, c->err);
    return c->recurrent >= 0;
}

static bool take_simple(cell *c)
{
    if (!take_recurrent(c))
        return false;
    c->bias = c->use_bias ? keras_take_weight(c->call, "bias", 1, MOTE_WEIGHT_AS_IS, c->err) : MOTE_NO_TENSOR;
    return !c->use_bias || c->bias >= 0;
}

static void step_simple(cell *c, int32_t x, int32_t states[2])
{
    if (states[0] != ZERO_STATE)
        x = add(c, x, times_recurrent(c, states[0], c->recurrent, MOTE_NO_TENSOR));
    states[0] = act(c, x);
}

static void step_lstm(cell *c, int32_t x, int32_t states[2])
{
    int32_t part[MAX_GATES];
    if (states[0] != ZERO_STATE)
        x = add(c, x, times_recurrent(c, states[0], c->recurrent, MOTE_NO_TENSOR));
    split(c, x, 4, part);
    int32_t memory = multiply(c, gate(c, part[0]), act(c, part[2]));
    if (states[1] != ZERO_STATE)
        memory = add(c, multiply(c, gate(c, part[1]), states[1]), memory);
    states[1] = memory;
    states[0] = multiply(c, gate(c, part[3]), act(c, memory));
}

/* Rows [begin, end) of a weight; with `drop` the one row, as a vector. */
static int32_t rows(cell *c, int32_t weight, int32_t begin, int32_t end, bool drop)
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
static bool take_kernels_apart(cell *c)
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
static bool take_gru(cell *c)
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
static int32_t blend(cell *c, int32_t z, int32_t h, int32_t candidate)
{
    if (h == ZERO_STATE)
        return keras_binary(c->call, MOTE_OP_SUB, candidate, multiply(c, z, candidate), "sub", c->err);
    const int32_t away = keras_binary(c->call, MOTE_OP_SUB, h, candidate, "sub", c->err);
    return add(c, candidate, multiply(c, z, away));
}

static int32_t plus_bias(cell *c, int32_t x, int32_t bias)
{
    return bias == MOTE_NO_TENSOR ? x : add(c, x, bias);
}

static void step_gru(cell *c, int32_t x, int32_t states[2])
{
    int32_t in[3], from_state[3];
    split(c, x, 3, in);
    const int32_t h = states[0], *bias = c->recurrent_bias;
    int32_t z, r, inner;
    if (h == ZERO_STATE) {
        z = gate(c, plus_bias(c, in[0], bias[0]));
        r = gate(c, plus_bias(c, in[1], bias[1]));
        inner = bias[2] == MOTE_NO_TENSOR ? in[2] : add(c, in[2], multiply(c, r, bias[2]));
    } else {
        split(c, times_recurrent(c, h, c->recurrent, MOTE_NO_TENSOR), 3, from_state);
        for (int32_t i = 0; i < 3; i++)
            from_state[i] = plus_bias(c, from_state[i], bias[i]);
        z = gate(c, add(c, in[0], from_state[0]));
        r = gate(c, add(c, in[1], from_state[1]));
        inner = add(c, in[2], multiply(c, r, from_state[2]));
    }
    states[0] = blend(c, z, h, act(c, inner));
}

static void step_gru_reset_before(cell *c, int32_t x, int32_t states[2])
{
    int32_t in[3], from_state[2];
    split(c, x, 3, in);
    const int32_t h = states[0];
    int32_t z, inner = in[2];
    if (h == ZERO_STATE) {
        z = gate(c, in[0]);
    } else {
        split(c, times_recurrent(c, h, c->recurrent, MOTE_NO_TENSOR), 2, from_state);
        z = gate(c, add(c, in[0], from_state[0]));
        const int32_t r = gate(c, add(c, in[1], from_state[1]));
        inner = add(c, inner, times_recurrent(c, multiply(c, r, h), c->reset_recurrent, MOTE_NO_TENSOR));
    }
    states[0] = blend(c, z, h, act(c, inner));
}

static void step_any_gru(cell *c, int32_t x, int32_t states[2])
{
    if (c->reset_after)
        step_gru(c, x, states);
    else
        step_gru_reset_before(c, x, states);
}

static const cell_kind KINDS[] = {
    {"SimpleRNN", "SimpleRNNCell", 1, 1, take_simple, step_simple},
    {"LSTM", "LSTMCell", 4, 2, take_simple, step_lstm},
    {"GRU", "GRUCell", 3, 1, take_gru, step_any_gru},
};

/* --- a layer --- */

static const cell_kind *find_kind(const char *class_name)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++)
        if (strcmp(KINDS[i].layer, class_name) == 0 || strcmp(KINDS[i].cell, class_name) == 0)
            return &KINDS[i];
    return NULL;
}

/* class_name: of the layer; "RNN" names its cell in the config. */
static mote_status open_cell(keras_call *call, const char *class_name, const json_t *config, cell *c, mote_error *err)
{
    const json_t *inner = config;
    if (strcmp(class_name, "RNN") == 0) {
        const json_t *given = json_object_get(config, "cell");
        class_name = keras_text(given, "class_name", "");
        inner = json_object_get(given, "config");
    }
    const cell_kind *kind = find_kind(class_name);
    if (!kind)
        return keras_refuse(call, err, "mote does not know a recurrent layer or cell of class '%s'", class_name);
    if (keras_bool(config, "stateful", false) || keras_bool(config, "time_major", false))
        return keras_refuse(call, err, "stateful=True and time_major=True are not supported");
    const int64_t units = keras_int(inner, "units", 0);
    if (units < 1 || units > 1 << 20)
        return keras_refuse(call, err, "its units are not a whole number");
    *c = (cell){
        .kind = kind,
        .call = call,
        .err = err,
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
    c->kernel = keras_take_weight(call, "kernel", 2, MOTE_WEIGHT_IO_TO_OI, err);
    if (c->kernel < 0 || !kind->take(c))
        return keras_failure(err);
    return keras_shape(call, c->kernel)->dims[0] == kind->n_gates * c->units
               ? MOTE_OK
               : keras_refuse(call, err, "its kernel does not have its units");
}

/* Step `at` of x [batch, steps, …]. */
static int32_t one_step(cell *c, int32_t x, int32_t at)
{
    const mote_shape shape = *keras_shape(c->call, x);
    const int32_t begin[] = {0, at, 0}, end[] = {1, at + 1, shape.dims[2]}, step[] = {1, 1, 1};
    const int32_t inputs[] = {x, keras_const_i32(c->call, "strided_slice/stack", 3, begin),
                              keras_const_i32(c->call, "strided_slice/stack_1", 3, end),
                              keras_const_i32(c->call, "strided_slice/stack_2", 3, step)};
    if (inputs[1] < 0 || inputs[2] < 0 || inputs[3] < 0)
        return -1;
    mote_node *node = keras_node(c->call, MOTE_OP_STRIDED_SLICE, 4, inputs, "strided_slice", c->err);
    if (!node)
        return -1;
    mote_strided_slice_params *params = node->params;
    params->begin_mask = params->end_mask = 1 | 4;
    params->shrink_axis_mask = 2;
    return keras_emit(c->call, node, c->err) == MOTE_OK ? node->outputs[0] : -1;
}

/* All steps of x, one tensor each; false: err. */
static bool all_steps(cell *c, int32_t x, int32_t n, int32_t *steps)
{
    if (n > KERAS_MAX_OUTPUTS) {
        for (int32_t i = 0; i < n; i++)
            if ((steps[i] = one_step(c, x, i)) < 0)
                return false;
        return true;
    }
    mote_node *node = keras_node_outputs(c->call, MOTE_OP_UNPACK, 1, &x, n, "unstack", c->err);
    if (!node)
        return false;
    *(mote_unpack_params *)node->params = (mote_unpack_params){.num = n, .axis = 1};
    if (keras_emit(c->call, node, c->err) != MOTE_OK)
        return false;
    memcpy(steps, node->outputs, (size_t)n * sizeof *steps);
    return true;
}

static int32_t pack(cell *c, int32_t n, const int32_t *tensors)
{
    for (int32_t i = 0; i < n; i++)
        if (tensors[i] < 0)
            return -1;
    mote_node *node = keras_node(c->call, MOTE_OP_PACK, n, tensors, "stack", c->err);
    if (!node)
        return -1;
    *(mote_pack_params *)node->params = (mote_pack_params){.values_count = n, .axis = 1};
    return keras_emit(c->call, node, c->err) == MOTE_OK ? node->outputs[0] : -1;
}

/* The new state where the step counts, else the old one. */
static int32_t choose(cell *c, int32_t counts, int32_t fresh, int32_t old)
{
    if (fresh < 0)
        return -1;
    if (old == ZERO_STATE)
        old = keras_vector(c->call, "zeros", c->units, NULL);
    return old < 0 ? -1 : keras_select(c->call, counts, fresh, old, c->err);
}

/* A step that does not count leaves the states, and repeats the output before it: zeros where there is none. Without an
 * initial state that output is the state. */
static void masked_step(cell *c, int32_t x, int32_t counts, int32_t states[2], int32_t *output)
{
    int32_t fresh[2] = {states[0], states[1]};
    const int32_t before = c->masked_zeros ? ZERO_STATE : *output;
    c->kind->step(c, x, fresh);
    *output = choose(c, counts, fresh[0], before);
    states[0] = states[0] == before ? *output : choose(c, counts, fresh[0], states[0]);
    for (int32_t i = 1; i < c->kind->n_states; i++)
        states[i] = choose(c, counts, fresh[i], states[i]);
}

/* [batch, steps] as one tensor [batch, 1] a step; false: err. */
static bool mask_steps(cell *c, int32_t n, int32_t *counts)
{
    if (c->mask == MOTE_NO_TENSOR)
        return true;
    const int32_t deep = keras_expanded(c->call, c->mask, 2, "ExpandDims", c->err);
    return deep >= 0 && all_steps(c, deep, n, counts);
}

/* Runs the layer over x [batch, steps, features]. The result: the last output, or with `sequence` all of them, in the
 * order in which they were made, or turned round. states: initial ones in, last ones out. */
static int32_t run(cell *c, int32_t x, bool sequence, bool turned, int32_t states[2])
{
    const mote_shape shape = *keras_shape(c->call, x);
    if (shape.rank != 3 || shape.dims[1] > MAX_STEPS) {
        keras_refuse(c->call, c->err, "its input must be [batch, steps, features], with at most %d steps", MAX_STEPS);
        return -1;
    }
    const int32_t n = shape.dims[1];
    int32_t steps[MAX_STEPS], outputs[MAX_STEPS], counts[MAX_STEPS], output = ZERO_STATE;
    const int32_t all = keras_fully_connected(c->call, x, c->kernel, c->bias, c->err);
    if (all < 0 || !all_steps(c, all, n, steps) || !mask_steps(c, n, counts))
        return -1;
    for (int32_t i = 0; i < n; i++) {
        const int32_t at = c->backwards ? n - 1 - i : i;
        if (c->mask == MOTE_NO_TENSOR) {
            c->kind->step(c, steps[at], states);
            output = states[0];
        } else {
            masked_step(c, steps[at], counts[at], states, &output);
        }
        if (output < 0)
            return -1;
        outputs[turned ? n - 1 - i : i] = output;
    }
    return sequence ? pack(c, n, outputs) : output;
}

/* The layer's result; of a sequence the same steps count as of the input. */
static mote_status finish(keras_call *call, int32_t y, bool sequence, mote_error *err)
{
    int32_t mask;
    mote_status status = y >= 0 && sequence ? keras_output_mask(call, &mask, err) : MOTE_OK;
    if (status == MOTE_OK && y >= 0 && sequence)
        status = keras_set_mask(call, y, mask, err);
    return status == MOTE_OK ? keras_result(call, y, err) : status;
}

static mote_status output_states(keras_call *call, const cell *c, const int32_t states[2])
{
    for (int32_t i = 0; i < c->kind->n_states; i++)
        call->outputs[call->n_outputs++] = states[i];
    return MOTE_OK;
}

mote_status keras_rnn(keras_call *call, mote_error *err)
{
    cell c;
    int32_t states[2] = {ZERO_STATE, ZERO_STATE};
    mote_status status = open_cell(call, call->layer->class_name, call->config, &c, err);
    if (status == MOTE_OK)
        status = keras_call_mask(call, &c.mask, err);
    if (status != MOTE_OK)
        return status;
    if (call->n_inputs != 1 && call->n_inputs != 1 + c.kind->n_states)
        return keras_refuse(call, err, "it is called with %d tensors", call->n_inputs);
    for (int32_t i = 1; i < call->n_inputs; i++)
        states[i - 1] = call->inputs[i];
    /* Keras 3 does not look for a mask of its own where it is called with states. */
    if (call->builder->keras_major >= 3 && call->n_inputs > 1 && !keras_has_mask(call))
        c.mask = MOTE_NO_TENSOR;
    const bool sequence = keras_bool(call->config, "return_sequences", false);
    status = finish(call, run(&c, call->inputs[0], sequence, false, states), sequence, err);
    if (status != MOTE_OK)
        return status;
    return keras_bool(call->config, "return_state", false) ? output_states(call, &c, states) : MOTE_OK;
}

/* --- both directions --- */

static mote_status merge(keras_call *call, int32_t ahead, int32_t back, mote_error *err)
{
    const json_t *given = json_object_get(call->config, "merge_mode");
    const char *mode = json_is_null(given) ? "" : keras_text(call->config, "merge_mode", "concat");
    const int32_t both[] = {ahead, back};
    if (ahead < 0 || back < 0)
        return keras_failure(err);
    if (!*mode) {
        memcpy(call->outputs, both, sizeof both);
        call->n_outputs = 2;
        return MOTE_OK;
    }
    if (strcmp(mode, "concat") == 0)
        return keras_result(call, keras_concat(call, 2, both, keras_shape(call, ahead)->rank - 1, "concat", err), err);
    if (strcmp(mode, "mul") == 0)
        return keras_result(call, keras_binary(call, MOTE_OP_MUL, ahead, back, "mul", err), err);
    const bool mean = strcmp(mode, "ave") == 0;
    if (!mean && strcmp(mode, "sum") != 0)
        return keras_refuse(call, err, "merge_mode '%s' is unknown", mode);
    const int32_t sum = keras_binary(call, MOTE_OP_ADD, ahead, back, "add", err);
    return keras_result(call, mean ? keras_binary_scalar(call, MOTE_OP_MUL, sum, 0.5f, "truediv", err) : sum, err);
}

/* The second layer is the first turned round, unless one is given; its outputs go back into the order of the steps. */
mote_status keras_bidirectional(keras_call *call, mote_error *err)
{
    const json_t *given[] = {json_object_get(call->config, "layer"), json_object_get(call->config, "backward_layer")};
    const bool own = json_is_object(given[1]);
    cell cells[2];
    int32_t states[2][2] = {{ZERO_STATE, ZERO_STATE}, {ZERO_STATE, ZERO_STATE}}, outputs[2];
    int32_t mask;
    mote_status status = keras_call_mask(call, &mask, err);
    if (status != MOTE_OK)
        return status;
    if (call->n_inputs != 1)
        return keras_refuse(call, err, "initial states are not supported");
    const json_t *first = json_object_get(given[0], "config");
    const bool sequence = keras_bool(first, "return_sequences", false);
    for (int32_t i = 0; i < 2; i++) {
        const json_t *layer = i == 1 && own ? given[1] : given[0];
        status = open_cell(call, keras_text(layer, "class_name", ""), json_object_get(layer, "config"), &cells[i], err);
        if (status != MOTE_OK)
            return status;
        cells[i].mask = mask;
        cells[i].masked_zeros = sequence; /* so that the two can be merged */
        if (i == 1 && !own)
            cells[1].backwards = !cells[1].backwards;
        outputs[i] = run(&cells[i], call->inputs[0], sequence, i == 1, states[i]);
        if (outputs[i] < 0)
            return keras_failure(err);
    }
    status = keras_output_mask(call, &mask, err);
    if (status == MOTE_OK)
        status = merge(call, outputs[0], outputs[1], err);
    for (int32_t i = 0; status == MOTE_OK && sequence && i < call->n_outputs; i++)
        status = keras_set_mask(call, call->outputs[i], mask, err);
    if (status != MOTE_OK || !keras_bool(first, "return_state", false))
        return status;
    output_states(call, &cells[0], states[0]);
    return output_states(call, &cells[1], states[1]);
}
