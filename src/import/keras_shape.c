/* Layers that give the same values another shape or order, repeat them, cut them or put zeros around them. */
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_window.h"
#include "op/remap/remap.h"

mote_status keras_reshape_layer(keras_call *call, mote_error *err)
{
    const json_t *target = json_object_get(call->config, "target_shape");
    const size_t n = json_array_size(target);
    if (!json_is_array(target) || n + 1 > MOTE_MAX_RANK)
        return keras_refuse(call, err, "target_shape is missing or has too many dimensions");
    const mote_shape *in = keras_shape(call, keras_value(call));
    const int64_t count = mote_shape_span(in, 1, in->rank);
    int32_t dims[MOTE_MAX_RANK] = {-1}, open = 0;
    int64_t rest = 1;
    for (size_t i = 0; i < n; i++) {
        const json_int_t dim = json_integer_value(json_array_get(target, i));
        if (dim < -1 || dim > INT32_MAX)
            return keras_refuse(call, err, "target_shape has a dimension of %lld", (long long)dim);
        dims[i + 1] = (int32_t)dim;
        if (dim == -1)
            open = (int32_t)i + 1;
        else if (__builtin_mul_overflow(rest, (int64_t)dim, &rest))
            return keras_refuse(call, err, "target_shape overflows");
    }
    /* The batch is the dimension left open; one that Keras infers is fixed. */
    if (open)
        dims[open] = rest > 0 && count % rest == 0 ? (int32_t)(count / rest) : 0;
    if (rest * (open ? dims[open] : 1) != count)
        return keras_refuse(call, err, "%lld values do not fit its target_shape", (long long)count);
    const int32_t y = keras_reshaped(call, keras_value(call), (int32_t)n + 1, dims, "Reshape", err);
    if (y >= 0)
        call->builder->graph->tensors[y]->is_unsized = true;
    return keras_result(call, y, err);
}

mote_status keras_flatten(keras_call *call, mote_error *err)
{
    bool channels_first;
    const mote_status status = keras_read_format(call, &channels_first, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    const int64_t count = mote_shape_span(&in, 1, in.rank);
    if (count < 0 || count > INT32_MAX)
        return keras_refuse(call, err, "its input is too large");
    if (in.rank == 2)
        return keras_pass(call, call->inputs[0]);
    const int32_t x = keras_to_channels_last(call, call->inputs[0], channels_first && in.rank > 2, err);
    const int32_t dims[] = {-1, (int32_t)count};
    return keras_result(call, keras_reshaped(call, x, 2, dims, "Reshape", err), err);
}

mote_status keras_permute(keras_call *call, mote_error *err)
{
    const json_t *dims = json_object_get(call->config, "dims");
    const int32_t rank = keras_shape(call, call->inputs[0])->rank;
    int32_t order[MOTE_MAX_RANK] = {0};
    if (!json_is_array(dims) || (int32_t)json_array_size(dims) != rank - 1)
        return keras_refuse(call, err, "dims must name %d dimensions", rank - 1);
    for (int32_t i = 1; i < rank; i++)
        order[i] = (int32_t)json_integer_value(json_array_get(dims, (size_t)i - 1));
    return keras_result(call, keras_transposed(call, call->inputs[0], order, "transpose", err), err);
}

/* [batch, features] to [batch, n, features] */
mote_status keras_repeat_vector(keras_call *call, mote_error *err)
{
    const int64_t n = keras_int(call->config, "n", 0);
    if (keras_shape(call, call->inputs[0])->rank != 2 || n < 1 || n > 1 << 20)
        return keras_refuse(call, err, "its input must have 2 dimensions, and n must be 1 or more");
    const int32_t times[] = {1, (int32_t)n, 1};
    int32_t x = keras_expanded(call, call->inputs[0], 1, "ExpandDims", err);
    if (x >= 0 && n > 1)
        x = keras_binary(call, MOTE_OP_TILE, x, keras_const_i32(call, "stack", 3, times), "Tile", err);
    return keras_result(call, x, err);
}

/* --- what lies around --- */

static bool small(const json_t *value, int32_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > 1 << 20)
        return false;
    *out = (int32_t)json_integer_value(value);
    return true;
}

/* "2", "[1, 2]" and "[[1, 2], [0, 3]]": before and after each spatial dimension. One number, or one per dimension,
 * counts for both ends; of a sequence a pair is its two ends. */
static bool read_sides(const json_t *value, int32_t n_spatial, int32_t (*sides)[2])
{
    for (int32_t i = 0; i < n_spatial; i++) {
        const json_t *side = n_spatial > 1 && json_is_array(value) ? json_array_get(value, (size_t)i) : value;
        for (int32_t end = 0; end < 2; end++)
            if (!small(json_is_array(side) ? json_array_get(side, (size_t)end) : side, &sides[i][end]))
                return false;
    }
    return true;
}

/* The sides by dimension of the input. */
static mote_status around_dims(keras_call *call, const char *key, int32_t n_spatial, int32_t (*around)[2],
                               mote_error *err)
{
    bool channels_first;
    const mote_status status = keras_read_image(call, n_spatial, &channels_first, err);
    if (status != MOTE_OK)
        return status;
    return read_sides(json_object_get(call->config, key), n_spatial, around + (channels_first ? 2 : 1))
               ? MOTE_OK
               : keras_refuse(call, err, "%s is not whole numbers", key);
}

static mote_status zero_padding(keras_call *call, int32_t n_spatial, mote_error *err)
{
    int32_t around[MOTE_MAX_RANK][2] = {{0}};
    const mote_status status = around_dims(call, "padding", n_spatial, around, err);
    return status == MOTE_OK ? keras_result(call, keras_padded(call, call->inputs[0], around, "Pad", err), err)
                             : status;
}

mote_status keras_zero_padding_1d(keras_call *call, mote_error *err)
{
    return zero_padding(call, 1, err);
}

mote_status keras_zero_padding_2d(keras_call *call, mote_error *err)
{
    return zero_padding(call, 2, err);
}

static mote_status cropping(keras_call *call, int32_t n_spatial, mote_error *err)
{
    int32_t around[MOTE_MAX_RANK][2] = {{0}}, begin[MOTE_MAX_RANK], end[MOTE_MAX_RANK], step[MOTE_MAX_RANK];
    const mote_status status = around_dims(call, "cropping", n_spatial, around, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    for (int32_t i = 0; i < in.rank; i++) {
        begin[i] = around[i][0];
        end[i] = in.dims[i] - around[i][1];
        step[i] = 1;
        if (end[i] <= begin[i])
            return keras_refuse(call, err, "nothing is left of dimension %d", i);
    }
    return keras_result(call, keras_sliced(call, call->inputs[0], begin, end, step, "strided_slice", err), err);
}

mote_status keras_cropping_1d(keras_call *call, mote_error *err)
{
    return cropping(call, 1, err);
}

mote_status keras_cropping_2d(keras_call *call, mote_error *err)
{
    return cropping(call, 2, err);
}
