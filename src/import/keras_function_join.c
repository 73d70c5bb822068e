/* Functions that code calls inline to join and take apart. */
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_function.h"
#include "import/keras_turned.h"
#include "op/join/join.h"

mote_status keras_fn_concat(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int32_t axis;
    if (call->n_args != call->n_inputs)
        return keras_refuse(call, err, "constants among its tensors are not supported");
    if (!keras_read_axis(call, "axis", NULL, call->builder->keras_major >= 3 ? 0 : -1,
                         keras_shape(call, call->inputs[0])->rank, &axis, err))
        return keras_failure(err);
    return keras_result(call, keras_concat(call, call->n_inputs, call->inputs, axis, "concat", err), err);
}

mote_status keras_fn_stack(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int32_t axis;
    if (call->n_args != call->n_inputs)
        return keras_refuse(call, err, "constants among its tensors are not supported");
    if (!keras_read_axis(call, "axis", NULL, 0, keras_shape(call, call->inputs[0])->rank + 1, &axis, err))
        return keras_failure(err);
    return keras_result(call, keras_packed(call, call->n_inputs, call->inputs, axis, err), err);
}

static mote_status unstack_turned(keras_call *call, const keras_turned *turned, int32_t n, mote_error *err)
{
    int32_t parts[KERAS_MAX_OUTPUTS];
    const json_t *axis = keras_param(call, 1, "axis", NULL);
    if (n > KERAS_MAX_OUTPUTS || (axis && json_integer_value(axis) != 0))
        return keras_refuse(call, err, "of an input with the batch in second place it takes the first dimension alone");
    for (int32_t i = 0; i < n; i++)
        if ((parts[i] = keras_turned_element(call, turned, i, err)) < 0)
            return keras_failure(err);
    memcpy(call->outputs, parts, (size_t)n * sizeof *parts);
    call->n_outputs = n;
    return MOTE_OK;
}

mote_status keras_fn_unstack(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int32_t axis;
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    const keras_turned *turned = keras_turned_of(call->builder, call->inputs[0]);
    if (turned)
        return unstack_turned(call, turned, in.dims[0], err);
    if (!keras_read_axis(call, "axis", NULL, 0, in.rank, &axis, err))
        return keras_failure(err);
    return keras_unpacked(call, call->inputs[0], axis, in.dims[axis], err) ? MOTE_OK : keras_failure(err);
}

static mote_status split_sizes(keras_call *call, int32_t axis, int32_t n, const int32_t *sizes, mote_error *err)
{
    const int32_t inputs[] = {call->inputs[0], keras_const_i32(call, "split/sizes", n, sizes),
                              keras_const_i32(call, "split/split_dim", 1, &axis)};
    if (inputs[1] < 0 || inputs[2] < 0)
        return keras_failure(err);
    call->builder->graph->tensors[inputs[2]]->shape = (mote_shape){0};
    mote_node *node = keras_node_outputs(call, MOTE_OP_SPLIT_V, 3, inputs, n, "split", err);
    if (!node)
        return keras_failure(err);
    ((mote_split_v_params *)node->params)->num_splits = n;
    return keras_emit(call, node, err);
}

/* Into n equal parts, or into parts of given sizes (TensorFlow) or up to given places (Keras 3). */
mote_status keras_fn_split(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int32_t axis, sizes[KERAS_MAX_OUTPUTS], n = 0;
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    const json_t *parts = keras_param(call, 1, "num_or_size_splits", "indices_or_sections");
    const json_t *given = keras_param(call, 2, "axis", NULL);
    if (!keras_axis(json_is_integer(given) ? json_integer_value(given) : 0, in.rank, &axis) || axis == 0)
        return keras_refuse(call, err, "its axis must be one dimension, and not the batch");
    if (json_is_integer(parts)) {
        const json_int_t count = json_integer_value(parts);
        if (count < 1 || count > KERAS_MAX_OUTPUTS || in.dims[axis] % count != 0)
            return keras_refuse(call, err, "%d elements do not split into %lld parts", in.dims[axis], (long long)count);
        return keras_split(call, call->inputs[0], axis, (int32_t)count, err) ? MOTE_OK : keras_failure(err);
    }
    const bool places = call->builder->keras_major >= 3;
    int64_t at = 0;
    for (size_t i = 0; i < json_array_size(parts) && n + 1 < KERAS_MAX_OUTPUTS; i++) {
        const json_int_t value = json_integer_value(json_array_get(parts, i));
        const int64_t size = places ? value - at : value;
        if (size < 1 || at + size > in.dims[axis])
            return keras_refuse(call, err, "its parts do not fit %d elements", in.dims[axis]);
        sizes[n++] = (int32_t)size;
        at += size;
    }
    if (places && at < in.dims[axis])
        sizes[n++] = (int32_t)(in.dims[axis] - at), at = in.dims[axis];
    if (n < 1 || at != in.dims[axis])
        return keras_refuse(call, err, "its parts do not make up %d elements", in.dims[axis]);
    return split_sizes(call, axis, n, sizes, err);
}
