/* Layers that do nothing at inference. Dropout keeps its form for training. */
#include <string.h>

#include "import/keras_expr.h"
#include "op/train_form/train_form.h"

mote_status keras_identity(keras_call *call, mote_error *err)
{
    (void)err;
    return keras_pass(call, call->inputs[0]);
}

static mote_status emit_dropout(keras_call *call, const mote_shape *noise_shape, mote_error *err)
{
    const int32_t input = keras_value(call);
    mote_node *node = keras_node(call, MOTE_OP_DROPOUT, 1, &input, "dropout", err);
    if (!node)
        return MOTE_NO_MEMORY;
    mote_dropout_params *params = node->params;
    params->rate = (float)keras_number(call->config, "rate", 0.0);
    params->noise_shape = *noise_shape;
    params->alpha = strcmp(call->layer->class_name, "AlphaDropout") == 0;
    return keras_emit(call, node, err);
}

/* noise_shape's null entries are the input's own dimensions, kept as -1. */
mote_status keras_dropout(keras_call *call, mote_error *err)
{
    const json_t *noise = json_object_get(call->config, "noise_shape");
    mote_shape shape = {0};
    for (size_t i = 0; i < json_array_size(noise) && i < MOTE_MAX_RANK; i++) {
        const json_t *dim = json_array_get(noise, i);
        shape.dims[shape.rank++] = json_is_integer(dim) ? (int32_t)json_integer_value(dim) : MOTE_DIM_UNKNOWN;
    }
    return emit_dropout(call, &shape, err);
}

/* Whole channels are dropped. */
mote_status keras_spatial_dropout(keras_call *call, mote_error *err)
{
    const int32_t rank = keras_shape(call, call->inputs[0])->rank;
    const bool channels_first = strcmp(keras_text(call->config, "data_format", ""), "channels_first") == 0;
    mote_shape shape = {.rank = rank, .dims = {MOTE_DIM_UNKNOWN}};
    for (int32_t i = 1; i < rank; i++)
        shape.dims[i] = i == (channels_first ? 1 : rank - 1) ? MOTE_DIM_UNKNOWN : 1;
    return emit_dropout(call, &shape, err);
}
