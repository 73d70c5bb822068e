/* Dense and what is made of dense layers. */
#include "import/keras_dense.h"

#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_window.h"
#include "op/fully_connected/fully_connected.h"

/* On any rank: the last dimension is multiplied, as TFLite's keep_num_dims does. */
int32_t keras_fully_connected(keras_call *call, int32_t x, int32_t kernel, int32_t bias, mote_error *err)
{
    if (x < 0 || kernel < 0 || bias < MOTE_NO_TENSOR)
        return -1;
    const int32_t inputs[] = {x, kernel, bias};
    mote_node *node = keras_node(call, MOTE_OP_FULLY_CONNECTED, 3, inputs, "MatMul", err);
    if (!node)
        return -1;
    ((mote_fully_connected_params *)node->params)->keep_num_dims = keras_shape(call, x)->rank > 2;
    return keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
}

mote_status keras_dense(keras_call *call, mote_error *err)
{
    if (keras_shape(call, call->inputs[0])->rank < 2)
        return keras_refuse(call, err, "its input must have two dimensions or more");
    const int32_t kernel = keras_take_weight(call, "kernel", 2, MOTE_WEIGHT_IO_TO_OI, err);
    const int32_t bias = kernel < 0 ? -1 : keras_take_bias(call, keras_shape(call, kernel)->dims[0], err);
    const int32_t y = bias < 0 ? -1 : keras_fully_connected(call, call->inputs[0], kernel, bias, err);
    return keras_result(call, keras_activated(call, y, json_object_get(call->config, "activation"), err), err);
}
