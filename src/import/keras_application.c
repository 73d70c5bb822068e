/* The layers that keras.applications defines for itself. */
#include "import/keras_expr.h"
#include "op/train_form/train_form.h"

/* ConvNeXt: each channel times a weight. */
mote_status keras_layer_scale(keras_call *call, mote_error *err)
{
    const int32_t gamma = keras_take_weight(call, "gamma", 1, MOTE_WEIGHT_AS_IS, err);
    return keras_result(call, gamma < 0 ? -1 : keras_binary(call, MOTE_OP_MUL, call->inputs[0], gamma, "mul", err),
                        err);
}

/* ConvNeXt: whole examples of a residual branch are dropped in training. */
mote_status keras_stochastic_depth(keras_call *call, mote_error *err)
{
    const int32_t input = call->inputs[0], rank = keras_shape(call, input)->rank;
    mote_node *node = keras_node(call, MOTE_OP_DROPOUT, 1, &input, "dropout", err);
    if (!node)
        return keras_failure(err);
    mote_dropout_params *params = node->params;
    params->rate = (float)keras_number(call->config, "drop_path_rate", 0.0);
    params->noise_shape = (mote_shape){.rank = rank, .dims = {MOTE_DIM_UNKNOWN, 1, 1, 1, 1, 1, 1, 1}};
    return keras_emit(call, node, err);
}

/* InceptionResNetV2: the first input plus the second times a number. */
mote_status keras_custom_scale(keras_call *call, mote_error *err)
{
    if (call->n_inputs != 2)
        return keras_refuse(call, err, "it needs two inputs");
    const float scale = (float)keras_number(call->config, "scale", 1.0);
    const int32_t scaled = keras_binary_scalar(call, MOTE_OP_MUL, call->inputs[1], scale, "mul", err);
    return keras_result(call, keras_binary(call, MOTE_OP_ADD, call->inputs[0], scaled, "add", err), err);
}
