/* Functions that code calls inline to shape, order, join and take apart. */
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_function.h"
#include "import/keras_tree.h"
#include "import/keras_turned.h"
#include "op/join/join.h"
#include "op/remap/remap.h"

/* Reads "axis" (or another name) of x's rank, or of one more for what adds a dimension. False: err. */
static bool read_axis(keras_call *call, const char *name, const char *other, int64_t def, int32_t rank, int32_t *axis,
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
    if (!read_axis(call, "axis", NULL, -1, keras_shape(call, call->inputs[0])->rank + 1, &axis, err))
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

/* --- together and apart --- */

mote_status keras_fn_concat(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int32_t axis;
    if (call->n_args != call->n_inputs)
        return keras_refuse(call, err, "constants among its tensors are not supported");
    if (!read_axis(call, "axis", NULL, call->builder->keras_major >= 3 ? 0 : -1,
                   keras_shape(call, call->inputs[0])->rank, &axis, err))
        return keras_failure(err);
    return keras_result(call, keras_concat(call, call->n_inputs, call->inputs, axis, "concat", err), err);
}

mote_status keras_fn_stack(keras_call *call, const keras_function *function, mote_error *err)
{
    int32_t axis;
    if (call->n_args != call->n_inputs)
        return keras_refuse(call, err, "constants among its tensors are not supported");
    if (!read_axis(call, "axis", NULL, 0, keras_shape(call, call->inputs[0])->rank + 1, &axis, err))
        return keras_failure(err);
    mote_node *node = keras_node(call, (mote_op)function->op, call->n_inputs, call->inputs, "stack", err);
    if (!node)
        return keras_failure(err);
    *(mote_pack_params *)node->params = (mote_pack_params){.values_count = call->n_inputs, .axis = axis};
    return keras_emit(call, node, err);
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
    int32_t axis;
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    const keras_turned *turned = keras_turned_of(call->builder, call->inputs[0]);
    if (turned)
        return unstack_turned(call, turned, in.dims[0], err);
    if (!read_axis(call, "axis", NULL, 0, in.rank, &axis, err))
        return keras_failure(err);
    mote_node *node = keras_node_outputs(call, (mote_op)function->op, 1, call->inputs, in.dims[axis], "unstack", err);
    if (!node)
        return keras_failure(err);
    *(mote_unpack_params *)node->params = (mote_unpack_params){.num = in.dims[axis], .axis = axis};
    return keras_emit(call, node, err);
}

static mote_status split_equal(keras_call *call, int32_t axis, int32_t n, mote_error *err)
{
    const int32_t inputs[] = {keras_const_i32(call, "split/split_dim", 1, &axis), call->inputs[0]};
    if (inputs[0] < 0)
        return keras_failure(err);
    call->builder->graph->tensors[inputs[0]]->shape = (mote_shape){0};
    mote_node *node = keras_node_outputs(call, MOTE_OP_SPLIT, 2, inputs, n, "split", err);
    if (!node)
        return keras_failure(err);
    ((mote_split_params *)node->params)->num_splits = n;
    return keras_emit(call, node, err);
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
        return split_equal(call, axis, (int32_t)count, err);
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

/* --- repeated, moved, padded --- */

/* What is repeated may be a constant, such as a detector's anchors; once for each of the batch, it has its rows. */
mote_status keras_fn_tile(keras_call *call, const keras_function *function, mote_error *err)
{
    int32_t times[MOTE_MAX_RANK], n;
    const json_t *list = keras_param(call, 1, "multiples", "repeats");
    const int32_t x = keras_operand(call, 0, "input", -1, err);
    if (x < 0)
        return keras_failure(err);
    if (!keras_read_sizes(call, list, "multiples", times, &n) || n != keras_shape(call, x)->rank || times[0] != 1)
        return keras_refuse(call, err, "its repeats must be one number per dimension, 1 for the batch");
    for (int32_t i = 1; i < n; i++)
        if (times[i] < 1 || times[i] > 1 << 20)
            return keras_refuse(call, err, "its repeats must be 1 or more");
    return keras_result(
        call, keras_binary(call, (mote_op)function->op, x, keras_const_i32(call, "multiples", n, times), "Tile", err),
        err);
}

/* Element `from(i)` of the axis at place i. */
static int32_t gather_by(keras_call *call, int32_t axis, int32_t n, int32_t (*from)(int32_t i, int32_t k), int32_t k,
                         mote_error *err)
{
    const int32_t indices = keras_const_i32(call, "indices", n, NULL);
    for (int32_t i = 0; indices >= 0 && i < n; i++)
        ((int32_t *)call->builder->graph->tensors[indices]->data)[i] = from(i, k);
    return keras_gathered(call, call->inputs[0], indices, axis, err);
}

static int32_t repeated(int32_t i, int32_t k)
{
    return i / k;
}

mote_status keras_fn_repeat(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int32_t axis;
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    const json_t *times = keras_param(call, 1, "repeats", NULL), *given = keras_param(call, 2, "axis", NULL);
    if (!json_is_integer(given) || !keras_axis(json_integer_value(given), in.rank, &axis) || axis == 0 ||
        !json_is_integer(times) || json_integer_value(times) < 1 || json_integer_value(times) * in.dims[axis] > 1 << 20)
        return keras_refuse(call, err, "it needs one number of repeats, and an axis that is not the batch");
    const int32_t k = (int32_t)json_integer_value(times);
    return keras_result(call, gather_by(call, axis, k * in.dims[axis], repeated, k, err), err);
}

mote_status keras_fn_take(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int32_t axis;
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    const json_t *given = keras_param(call, 2, "axis", NULL);
    if (!json_is_integer(given) || !keras_axis(json_integer_value(given), in.rank, &axis) || axis == 0)
        return keras_refuse(call, err, "its axis must be given, and must not be the batch");
    const int32_t indices = keras_constant(call, "indices", keras_param(call, 1, "indices", NULL), MOTE_INT32);
    if (indices < 0)
        return keras_refuse(call, err, "its indices must be constant whole numbers");
    mote_tensor *tensor = call->builder->graph->tensors[indices];
    int32_t *values = tensor->data;
    for (int64_t i = 0; i < mote_shape_count(&tensor->shape); i++) {
        values[i] += values[i] < 0 ? in.dims[axis] : 0;
        if (values[i] < 0 || values[i] >= in.dims[axis])
            return keras_refuse(call, err, "an index is outside its %d elements", in.dims[axis]);
    }
    return keras_result(call, keras_gathered(call, call->inputs[0], indices, axis, err), err);
}

mote_status keras_fn_flip(keras_call *call, const keras_function *function, mote_error *err)
{
    int32_t axes[MOTE_MAX_RANK], x = call->inputs[0];
    const int32_t n = keras_read_axes(call, keras_param(call, 1, "axis", NULL), keras_shape(call, x)->rank, axes, err);
    if (n < 1)
        return keras_failure(err);
    return keras_result(call,
                        keras_binary(call, (mote_op)function->op, x, keras_const_i32(call, "ReverseV2/axis", n, axes),
                                     "ReverseV2", err),
                        err);
}

mote_status keras_fn_roll(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int32_t axis, begin[MOTE_MAX_RANK] = {0}, end[MOTE_MAX_RANK], step[MOTE_MAX_RANK], parts[2];
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    const json_t *shift = keras_param(call, 1, "shift", NULL), *given = keras_param(call, 2, "axis", NULL);
    if (!json_is_integer(shift) || !json_is_integer(given) || !keras_axis(json_integer_value(given), in.rank, &axis) ||
        axis == 0)
        return keras_refuse(call, err, "it needs one shift, and an axis that is not the batch");
    const json_int_t n = in.dims[axis], moved = ((json_integer_value(shift) % n) + n) % n;
    if (moved == 0)
        return keras_pass(call, call->inputs[0]);
    for (int32_t i = 0; i < in.rank; i++)
        end[i] = in.dims[i], step[i] = 1;
    begin[axis] = (int32_t)(n - moved);
    parts[0] = keras_sliced(call, call->inputs[0], begin, end, step, "Slice", err);
    end[axis] = begin[axis];
    begin[axis] = 0;
    parts[1] = keras_sliced(call, call->inputs[0], begin, end, step, "Slice_1", err);
    return keras_result(call, keras_concat(call, 2, parts, axis, "concat", err), err);
}

static int32_t mirrored(keras_call *call, int32_t (*around)[2], const char *mode, mote_error *err)
{
    const mote_shape shape = {2, {keras_shape(call, call->inputs[0])->rank, 2}};
    const int32_t paddings = mote_graph_add_const(call->builder->graph, "paddings", MOTE_INT32, &shape, around);
    const int32_t inputs[] = {call->inputs[0], paddings};
    mote_node *node = paddings < 0 ? NULL : keras_node(call, MOTE_OP_MIRROR_PAD, 2, inputs, "MirrorPad", err);
    if (!node)
        return -1;
    ((mote_mirror_pad_params *)node->params)->mode = mode[0] == 'S' || mode[0] == 's';
    return keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
}

mote_status keras_fn_pad(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    static const char *const MODES[] = {"CONSTANT", "constant", "REFLECT", "reflect", "SYMMETRIC", "symmetric"};
    int32_t around[MOTE_MAX_RANK][2];
    const int32_t rank = keras_shape(call, call->inputs[0])->rank;
    const json_t *list = keras_param(call, 1, "paddings", "pad_width");
    const char *mode = json_string_value(keras_param(call, -1, "mode", NULL));
    const float value = (float)json_number_value(keras_param(call, -1, "constant_values", NULL));
    bool known = !mode;
    for (size_t i = 0; mode && i < sizeof MODES / sizeof MODES[0]; i++)
        known |= strcmp(mode, MODES[i]) == 0;
    if (!known)
        return keras_refuse(call, err, "padding mode '%s' has no operator in TFLite", mode);
    if ((int32_t)json_array_size(list) != rank)
        return keras_refuse(call, err, "its paddings must be one pair per dimension");
    for (int32_t i = 0; i < rank; i++)
        for (size_t end = 0; end < 2; end++) {
            const json_t *one = json_array_get(json_array_get(list, (size_t)i), end);
            const json_int_t n = json_is_integer(one) ? json_integer_value(one) : -1;
            if (n < 0 || n > 1 << 20 || (i == 0 && n != 0))
                return keras_refuse(call, err, "its paddings must be whole numbers, and none for the batch");
            around[i][end] = (int32_t)n;
        }
    const bool constant = !mode || mode[0] == 'C' || mode[0] == 'c';
    return keras_result(call,
                        constant ? keras_padded_with(call, call->inputs[0], around, value, "Pad", err)
                                 : mirrored(call, around, mode, err),
                        err);
}
