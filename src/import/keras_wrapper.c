#include "import/keras_wrapper.h"

#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_mask.h"

mote_status keras_enter_steps(keras_call *call, int32_t n, int32_t *tensors, int32_t *steps, mote_error *err)
{
    for (int32_t i = 0; i < n; i++) {
        const mote_shape in = *keras_shape(call, tensors[i]);
        int32_t dims[MOTE_MAX_RANK] = {-1};
        if (in.rank < 3 || (i > 0 && in.dims[1] != *steps))
            return keras_refuse(call, err, "its inputs must have 3 dimensions or more, and as many steps");
        *steps = in.dims[1];
        for (int32_t d = 2; d < in.rank; d++)
            dims[d - 1] = in.dims[d];
        tensors[i] = keras_reshaped(call, tensors[i], in.rank - 1, dims, "Reshape", err);
        if (tensors[i] < 0)
            return keras_failure(err);
    }
    return MOTE_OK;
}

mote_status keras_leave_steps(keras_call *call, int32_t steps, mote_error *err)
{
    const int32_t n = call->n_outputs;
    int32_t outputs[KERAS_MAX_OUTPUTS], mask;
    for (int32_t i = 0; i < n; i++) {
        const mote_shape out = *keras_shape(call, call->outputs[i]);
        int32_t dims[MOTE_MAX_RANK] = {-1, steps};
        if (out.rank < 1 || out.rank + 1 > MOTE_MAX_RANK || out.dims[0] != steps)
            return keras_refuse(call, err, "what it calls does not give one result by step");
        for (int32_t d = 1; d < out.rank; d++)
            dims[d + 1] = out.dims[d];
        keras_call aside = *call;
        outputs[i] = keras_reshaped(&aside, call->outputs[i], out.rank + 1, dims, "Reshape_1", err);
        if (outputs[i] < 0)
            return keras_failure(err);
    }
    memcpy(call->outputs, outputs, sizeof outputs[0] * (size_t)n);
    const mote_status status = keras_output_mask(call, &mask, err);
    return status == MOTE_OK ? keras_set_mask(call, outputs[0], mask, err) : status;
}

/* The inner layer on x, with the weights of the outer one from the present on. */
static mote_status call_inner(keras_call *call, int32_t x, keras_call *inner, mote_error *err)
{
    int32_t outer_mask;
    mote_status status = keras_call_mask(call, &outer_mask, err);
    if (status != MOTE_OK)
        return status;
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
    if (mask == KERAS_MASK_OWN && outer_mask != MOTE_NO_TENSOR)
        return keras_refuse(call, err, "a mask for the layer inside of it (%s) does not import", class_name);
    if (!build)
        return keras_refuse(call, err, "it wraps a layer of class '%s', which does not import there", class_name);
    status = build(inner, err);
    call->next_weight = inner->next_weight;
    return status;
}

mote_status keras_time_distributed(keras_call *call, mote_error *err)
{
    int32_t x = call->inputs[0], steps = 1;
    keras_call inner;
    if (call->n_inputs > 1)
        return keras_refuse(call, err, "it is called with %d tensors", call->n_inputs);
    mote_status status = keras_enter_steps(call, 1, &x, &steps, err);
    if (status == MOTE_OK)
        status = call_inner(call, x, &inner, err);
    if (status != MOTE_OK)
        return status;
    memcpy(call->outputs, inner.outputs, sizeof inner.outputs);
    call->n_outputs = inner.n_outputs;
    return keras_leave_steps(call, steps, err);
}
