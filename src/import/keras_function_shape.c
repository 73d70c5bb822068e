/* Functions that code calls inline to shape and order. */
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_function.h"
#include "import/keras_sites.h"
#include "import/keras_turned.h"

bool keras_read_axis(keras_call *call, const char *name, const char *other, int64_t def, int32_t rank, int32_t *axis,
                     mote_error *err)
{
    const json_t *given = keras_param(call, 1, name, other);
    const int64_t value = json_is_integer(given) ? json_integer_value(given) : def;
    if ((given && !json_is_null(given) && !json_is_integer(given)) || !keras_axis(value, rank, axis) || *axis == 0) {
        keras_refuse(call, err, "its %s must be one dimension, and not the batch", name);
        return false;
    }
    return true;
}

mote_status keras_fn_identity(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function, (void)err;
    return keras_pass(call, call->inputs[0]);
}

/* Of the input's type, or of another; ones are the exponential of zeros. */
mote_status keras_fn_zeros_like(keras_call *call, const keras_function *function, mote_error *err)
{
    const char *type = json_string_value(keras_param(call, 1, "dtype", NULL));
    mote_dtype dtype = call->builder->graph->tensors[call->inputs[0]]->dtype;
    if (type && !keras_dtype(type, &dtype))
        return keras_refuse(call, err, "type '%s' is unknown", type);
    int32_t y = keras_cast_to(call, call->inputs[0], MOTE_FLOAT32, err);
    y = keras_unary(call, MOTE_OP_ZEROS_LIKE, y, "zeros_like", err);
    if (function->op == MOTE_OP_EXP)
        y = keras_unary(call, MOTE_OP_EXP, y, "ones_like", err);
    return keras_result(call, keras_cast_to(call, y, dtype, err), err);
}

mote_status keras_fn_cast(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    const char *type = json_string_value(keras_param(call, 1, "dtype", NULL));
    mote_dtype dtype;
    if (!type)
        return keras_refuse(call, err, "the file does not say to which type it casts; use a layer with a dtype");
    if (!keras_dtype(type, &dtype))
        return keras_refuse(call, err, "type '%s' is unknown", type);
    return keras_result(call, keras_cast_to(call, call->inputs[0], dtype, err), err);
}

/* With a type it casts. */
mote_status keras_fn_convert(keras_call *call, const keras_function *function, mote_error *err)
{
    return json_is_string(keras_param(call, 1, "dtype", NULL)) ? keras_fn_cast(call, function, err)
                                                               : keras_fn_identity(call, function, err);
}

/* A constant: every size is known, the batch counts as 1. */
mote_status keras_fn_shape(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    const mote_shape shape = *keras_shape(call, call->inputs[0]);
    return keras_result(call, keras_const_i32(call, "Shape", shape.rank, shape.dims), err);
}

/* An int32 constant of n values; NULL: something else. */
static const int32_t *known_numbers(const keras_call *call, int32_t tensor, int64_t n)
{
    const mote_tensor *t = tensor < 0 ? NULL : call->builder->graph->tensors[tensor];
    const bool known = t && t->storage == MOTE_STORAGE_CONST && t->dtype == MOTE_INT32;
    return known && t->n_bytes == (size_t)n * sizeof(int32_t) ? t->data : NULL;
}

/* All of them in one tensor: tf.shape(x)[1:3]. */
static bool read_sizes_of_tensor(const keras_call *call, const char *name, int32_t *sizes, int32_t *n)
{
    for (int32_t i = 0; i < call->n_args; i++) {
        const keras_arg *arg = &call->args[i];
        if (!arg->key || strcmp(arg->key, name) != 0 || arg->tensor < 0 || keras_shape(call, arg->tensor)->rank != 1)
            continue;
        *n = keras_shape(call, arg->tensor)->dims[0];
        const int32_t *numbers = *n <= MOTE_MAX_RANK ? known_numbers(call, arg->tensor, *n) : NULL;
        if (numbers)
            memcpy(sizes, numbers, (size_t)*n * sizeof *sizes);
        return numbers != NULL;
    }
    return false;
}

bool keras_read_sizes(const keras_call *call, const json_t *list, const char *name, int32_t *sizes, int32_t *n)
{
    int32_t at = 0;
    if (!json_is_array(list) || keras_is_reference(list))
        return read_sizes_of_tensor(call, name, sizes, n);
    if (json_array_size(list) > MOTE_MAX_RANK)
        return false;
    *n = (int32_t)json_array_size(list);
    for (int32_t i = 0; i < *n; i++) {
        const json_t *one = json_array_get(list, (size_t)i);
        if (json_is_integer(one) && json_integer_value(one) >= -1 && json_integer_value(one) <= INT32_MAX) {
            sizes[i] = (int32_t)json_integer_value(one);
            continue;
        }
        while (at < call->n_args && (!call->args[at].key || strcmp(call->args[at].key, name) != 0))
            at++;
        const int32_t *number = at < call->n_args ? known_numbers(call, call->args[at++].tensor, 1) : NULL;
        if (!number)
            return false;
        sizes[i] = *number;
    }
    return true;
}

/* Whether a tensor gives the first of them: in a shape the batch. */
static bool begins_with_tensor(const json_t *list)
{
    return !json_is_array(list) || !json_is_integer(json_array_get(list, 0));
}

/* The batch is the dimension left open; one that is inferred is fixed. */
mote_status keras_fn_reshape(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int32_t dims[MOTE_MAX_RANK], n;
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    const json_t *list = keras_param(call, 1, "shape", "newshape");
    if (!keras_read_sizes(call, list, "shape", dims, &n) || n < 1)
        return keras_refuse(call, err, "its shape is not a list of whole numbers");
    int64_t count = mote_shape_count(&in), rest = 1;
    int32_t open = 0;
    const bool batch_open = dims[0] == -1 || begins_with_tensor(list);
    dims[0] = batch_open ? in.dims[0] : dims[0];
    for (int32_t i = 0; i < n; i++)
        if (dims[i] == -1)
            open = i;
        else if (dims[i] < 1 || __builtin_mul_overflow(rest, (int64_t)dims[i], &rest))
            return keras_refuse(call, err, "its shape does not fit its input");
    if (open)
        dims[open] = count % rest == 0 && count / rest <= INT32_MAX ? (int32_t)(count / rest) : 0;
    if (rest * (open ? dims[open] : 1) != count)
        return keras_refuse(call, err, "its shape does not fit its input, or moves elements into the batch");
    dims[0] = -1;
    return keras_result(call, keras_reshaped(call, call->inputs[0], n, dims, "Reshape", err), err);
}

mote_status keras_fn_expand_dims(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int32_t axis;
    if (!keras_read_axis(call, "axis", NULL, -1, keras_shape(call, call->inputs[0])->rank + 1, &axis, err))
        return keras_failure(err);
    return keras_result(call, keras_expanded(call, call->inputs[0], axis, "ExpandDims", err), err);
}

mote_status keras_fn_squeeze(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    const json_t *given = keras_param(call, 1, "axis", "squeeze_dims");
    int32_t axes[MOTE_MAX_RANK], n = 0, dims[MOTE_MAX_RANK] = {-1}, n_dims = 1;
    const bool all = !given || json_is_null(given);
    if (!all)
        n = keras_read_axes(call, given, in.rank, axes, err);
    if (!all && n < 1)
        return keras_failure(err);
    for (int32_t i = 1, at = 0; i < in.rank; i++) {
        const bool named = all ? in.dims[i] == 1 : at < n && axes[at] == i;
        at += !all && named;
        if (named && in.dims[i] != 1)
            return keras_refuse(call, err, "dimension %d has %d elements, not 1", i, in.dims[i]);
        if (!named)
            dims[n_dims++] = in.dims[i];
    }
    return keras_result(call, keras_reshaped(call, call->inputs[0], n_dims, dims, "Squeeze", err), err);
}

mote_status keras_fn_transpose(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    const json_t *given = keras_param(call, 1, "perm", "axes");
    const int32_t rank = keras_shape(call, call->inputs[0])->rank;
    int32_t order[MOTE_MAX_RANK];
    uint32_t seen = 0;
    if (!json_is_array(given) || (int32_t)json_array_size(given) != rank)
        return keras_refuse(call, err, "its order must name all %d dimensions", rank);
    for (int32_t i = 0; i < rank; i++) {
        if (!keras_axis(json_integer_value(json_array_get(given, (size_t)i)), rank, &order[i]) ||
            (i > 1 && order[i] == 0))
            return keras_refuse(call, err, "its order moves the batch, or does not fit its input");
        seen |= 1u << order[i];
    }
    if (seen != (1u << rank) - 1)
        return keras_refuse(call, err, "its order names a dimension twice");
    if (order[0] != 0)
        return keras_turn(call, call->inputs[0], order, err);
    return keras_result(call, keras_transposed(call, call->inputs[0], order, "transpose", err), err);
}

mote_status keras_fn_swap_axes(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    const json_t *first = keras_param(call, 1, "axis1", NULL), *second = keras_param(call, 2, "axis2", NULL);
    const int32_t rank = keras_shape(call, call->inputs[0])->rank;
    int32_t a, b, order[MOTE_MAX_RANK];
    if (!json_is_integer(first) || !json_is_integer(second) || !keras_axis(json_integer_value(first), rank, &a) ||
        !keras_axis(json_integer_value(second), rank, &b) || a == 0 || b == 0)
        return keras_refuse(call, err, "its axes do not fit its input");
    for (int32_t i = 0; i < rank; i++)
        order[i] = i == a ? b : i == b ? a : i;
    return keras_result(call, keras_transposed(call, call->inputs[0], order, "transpose", err), err);
}
