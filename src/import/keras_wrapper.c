/* Layers that call another layer. */
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_mask.h"

/* The inner layer on x, with the weights of the outer one from the present on. */
static mote_status call_inner(keras_call *call, int32_t x, keras_call *inner, mote_error *err)
{
    const json_t *layer = json_object_get(call->config, "layer");
    const char *class_name = keras_text(layer, "class_name", "");
    *inner = *call;
    inner->config = json_object_get(layer, "config");
    inner->kwargs = NULL;
    inner->args = NULL;
    inner->n_args = 0;
    inner->inputs = &x;
    inner->n_inputs = 1;
    inner->n_outputs = 0;
    keras_mask_way mask = KERAS_MASK_DROPPED;
    keras_layer_fn *build = json_is_object(inner->config) ? keras_find_layer(class_name, inner->config, &mask) : NULL;
    if (mask == KERAS_MASK_OWN && keras_mask_of(call, call->inputs[0]) != MOTE_NO_TENSOR)
        return keras_refuse(call, err, "a mask for the layer inside of it (%s) does not import", class_name);
    if (!build)
        return keras_refuse(call, err, "it wraps a layer of class '%s', which does not import there", class_name);
    const mote_status status = build(inner, err);
    call->next_weight = inner->next_weight;
    return status;
}

/* [batch, steps, …]: the steps become part of the batch. */
mote_status keras_time_distributed(keras_call *call, mote_error *err)
{
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    int32_t dims[MOTE_MAX_RANK] = {-1};
    if (in.rank < 3)
        return keras_refuse(call, err, "its input must have 3 dimensions or more");
    if (call->n_inputs > 1)
        return keras_refuse(call, err, "it is called with %d tensors; a mask is not supported", call->n_inputs);
    for (int32_t i = 2; i < in.rank; i++)
        dims[i - 1] = in.dims[i];
    const int32_t together = keras_reshaped(call, call->inputs[0], in.rank - 1, dims, "Reshape", err);
    keras_call inner;
    if (together < 0)
        return keras_failure(err);
    const mote_status status = call_inner(call, together, &inner, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape out = *keras_shape(call, keras_value(&inner));
    if (inner.n_outputs != 1 || out.rank + 1 > MOTE_MAX_RANK || out.dims[0] != in.dims[1])
        return keras_refuse(call, err, "its inner layer does not give one tensor by step");
    dims[1] = in.dims[1];
    for (int32_t i = 1; i < out.rank; i++)
        dims[i + 1] = out.dims[i];
    const int32_t y = keras_reshaped(call, inner.outputs[0], out.rank + 1, dims, "Reshape_1", err);
    int32_t mask;
    mote_status masked = keras_call_mask(call, &mask, err);
    if (masked == MOTE_OK)
        masked = keras_set_mask(call, y, mask, err);
    return masked == MOTE_OK ? keras_result(call, y, err) : masked;
}
