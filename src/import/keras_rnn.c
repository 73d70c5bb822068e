/* Recurrent layers, in one direction and in both. */
#include <string.h>

#include "import/keras_cell.h"
#include "import/keras_expr.h"
#include "import/keras_mask.h"

/* The layer's result; of a sequence the same steps count as of the input. */
static mote_status finish(keras_call *call, int32_t y, bool sequence, mote_error *err)
{
    int32_t mask;
    mote_status status = y >= 0 && sequence ? keras_output_mask(call, &mask, err) : MOTE_OK;
    if (status == MOTE_OK && y >= 0 && sequence)
        status = keras_set_mask(call, y, mask, err);
    return status == MOTE_OK ? keras_result(call, y, err) : status;
}

static mote_status output_states(keras_call *call, const keras_cell *c, const int32_t states[2])
{
    for (int32_t i = 0; i < c->kind->n_states; i++)
        call->outputs[call->n_outputs++] = states[i];
    return MOTE_OK;
}

mote_status keras_rnn(keras_call *call, mote_error *err)
{
    keras_cell c;
    int32_t states[2] = {KERAS_ZERO_STATE, KERAS_ZERO_STATE};
    mote_status status = keras_open_cell(call, call->layer->class_name, call->config, &c, err);
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
    status = finish(call, keras_run_steps(&c, call->inputs[0], sequence, false, states), sequence, err);
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
    keras_cell cells[2];
    int32_t states[2][2] = {{KERAS_ZERO_STATE, KERAS_ZERO_STATE}, {KERAS_ZERO_STATE, KERAS_ZERO_STATE}}, outputs[2];
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
        status = keras_open_cell(call, keras_text(layer, "class_name", ""), json_object_get(layer, "config"), &cells[i],
                                 err);
        if (status != MOTE_OK)
            return status;
        cells[i].mask = mask;
        cells[i].masked_zeros = sequence; /* so that the two can be merged */
        if (i == 1 && !own)
            cells[1].backwards = !cells[1].backwards;
        outputs[i] = keras_run_steps(&cells[i], call->inputs[0], sequence, i == 1, states[i]);
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
