/* Functions that code calls inline to repeat, move and pad. */
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_function.h"
#include "op/remap/remap.h"

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
