#include "import/keras_mask.h"

#include <string.h>

#include "import/keras_expr.h"

int32_t keras_mask_of(const keras_call *call, int32_t tensor)
{
    const keras_builder *builder = call->builder;
    return tensor >= 0 && tensor < builder->n_masks ? builder->masks[tensor] : MOTE_NO_TENSOR;
}

mote_status keras_set_mask(keras_call *call, int32_t tensor, int32_t mask, mote_error *err)
{
    keras_builder *builder = call->builder;
    if (tensor < 0 || mask == keras_mask_of(call, tensor))
        return MOTE_OK;
    if (tensor >= builder->n_masks) {
        const int32_t n = 2 * tensor + 64;
        int32_t *bigger = mote_arena_calloc(builder->scratch, (size_t)n, sizeof *bigger);
        if (!bigger)
            return mote_error_no_memory(err);
        for (int32_t i = 0; i < n; i++)
            bigger[i] = i < builder->n_masks ? builder->masks[i] : MOTE_NO_TENSOR;
        builder->masks = bigger;
        builder->n_masks = n;
    }
    builder->masks[tensor] = mask;
    return MOTE_OK;
}

bool keras_arg_is_mask(const keras_arg *arg)
{
    return arg->key && strcmp(arg->key, "mask") == 0;
}

bool keras_has_mask(const keras_call *call)
{
    for (int32_t i = 0; i < call->n_args; i++)
        if (keras_arg_is_mask(&call->args[i]))
            return true;
    return false;
}

int32_t keras_given_mask(const keras_call *call, int32_t place)
{
    for (int32_t i = 0; i < call->n_args; i++)
        if (keras_arg_is_mask(&call->args[i]) && call->args[i].place == place)
            return call->args[i].tensor;
    return MOTE_NO_TENSOR;
}

mote_status keras_input_mask(const keras_call *call, int32_t place, int32_t input, int32_t *mask, mote_error *err)
{
    keras_call aside = *call;
    const int32_t given = keras_given_mask(call, place);
    *mask = keras_has_mask(call) ? given : keras_mask_of(call, input);
    if (given == MOTE_NO_TENSOR)
        return MOTE_OK;
    if (keras_shape(call, given)->rank != 2)
        return keras_refuse(call, err, "the mask that it is called with must be [batch, steps]");
    *mask = keras_cast_to(&aside, given, MOTE_BOOL, err);
    return *mask < 0 ? keras_failure(err) : MOTE_OK;
}

mote_status keras_call_mask(const keras_call *call, int32_t *mask, mote_error *err)
{
    return keras_input_mask(call, 0, call->inputs[0], mask, err);
}

mote_status keras_output_mask(const keras_call *call, int32_t *mask, mote_error *err)
{
    *mask = keras_mask_of(call, call->inputs[0]);
    for (int32_t i = 0; i < call->n_args; i++)
        if (keras_arg_is_mask(&call->args[i]) && call->args[i].by_position)
            return MOTE_OK;
    return keras_call_mask(call, mask, err);
}

mote_status keras_merge_masks(keras_call *call, int32_t y, bool either, mote_error *err)
{
    int32_t joined = MOTE_NO_TENSOR;
    bool all = true;
    for (int32_t i = 0; i < call->n_inputs; i++)
        all &= keras_mask_of(call, call->inputs[i]) != MOTE_NO_TENSOR;
    for (int32_t i = 0; i < call->n_inputs && (all || !either); i++) {
        const int32_t own = keras_mask_of(call, call->inputs[i]);
        if (own == MOTE_NO_TENSOR || own == joined)
            continue;
        if (joined != MOTE_NO_TENSOR)
            joined = keras_binary(call, either ? MOTE_OP_LOGICAL_OR : MOTE_OP_LOGICAL_AND, joined, own,
                                  either ? "LogicalOr" : "LogicalAnd", err);
        else
            joined = own;
        if (joined < 0)
            return keras_failure(err);
    }
    return keras_set_mask(call, y, joined, err);
}

int32_t keras_mask_factor(keras_call *call, int32_t mask, mote_error *err)
{
    if (call->builder->keras_major >= 3)
        return keras_cast_to(call, keras_expanded(call, mask, 2, "ExpandDims", err), MOTE_FLOAT32, err);
    return keras_expanded(call, keras_cast_to(call, mask, MOTE_FLOAT32, err), 2, "ExpandDims", err);
}

int32_t keras_clear_masked(keras_call *call, int32_t x, int32_t mask, mote_error *err)
{
    if (call->builder->keras_major < 3)
        return keras_binary(call, MOTE_OP_MUL, x, keras_mask_factor(call, mask, err), "mul", err);
    const int32_t counts = x < 0 ? -1 : keras_expanded(call, mask, 2, "ExpandDims", err);
    return counts < 0 ? -1 : keras_select(call, counts, x, keras_scalar(call, "zero", 0.0f), err);
}

/* Steps of which every feature has the value count for nothing, and become zeros. */
mote_status keras_masking(keras_call *call, mote_error *err)
{
    const int32_t x = call->inputs[0];
    const mote_shape in = *keras_shape(call, x);
    const int32_t last = in.rank - 1;
    if (in.rank != 3)
        return keras_refuse(call, err, "its input must be [batch, steps, features]");
    const float value = (float)keras_number(call->config, "mask_value", 0.0);
    const int32_t differs = keras_binary_scalar(call, MOTE_OP_NOT_EQUAL, x, value, "NotEqual", err);
    const int32_t mask = keras_reduce(call, MOTE_OP_REDUCE_ANY, differs, 1, &last, false, "Any", err);
    const int32_t y = mask < 0 ? -1 : keras_clear_masked(call, x, mask, err);
    const mote_status status = keras_set_mask(call, y, mask, err);
    return status == MOTE_OK ? keras_result(call, y, err) : status;
}
