#include "import/keras_expr.h"

#include <string.h>

#include "op/gather/gather.h"
#include "op/join/join.h"
#include "op/quantize/quantize.h"
#include "op/reduce/reduce.h"
#include "op/slice/slice.h"
#include "op/softmax/softmax.h"
#include "op/unary/unary.h"

mote_status keras_failure(mote_error *err)
{
    if (err && err->code != MOTE_OK)
        return err->code;
    return mote_error_no_memory(err);
}

mote_status keras_result(keras_call *call, int32_t tensor, mote_error *err)
{
    return tensor < 0 ? keras_failure(err) : keras_pass(call, tensor);
}

/* A node whose options stand ready; its output, or -1. */
static int32_t made(keras_call *call, const mote_node *node, mote_error *err)
{
    return node && keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
}

static int32_t plain(keras_call *call, mote_op op, int32_t n, const int32_t *inputs, const char *name, mote_error *err)
{
    for (int32_t i = 0; i < n; i++)
        if (inputs[i] < 0)
            return -1;
    return made(call, keras_node(call, op, n, inputs, name, err), err);
}

int32_t keras_unary(keras_call *call, mote_op op, int32_t x, const char *name, mote_error *err)
{
    return plain(call, op, 1, &x, name, err);
}

int32_t keras_binary(keras_call *call, mote_op op, int32_t a, int32_t b, const char *name, mote_error *err)
{
    const int32_t inputs[] = {a, b};
    return plain(call, op, 2, inputs, name, err);
}

int32_t keras_binary_scalar(keras_call *call, mote_op op, int32_t a, float b, const char *name, mote_error *err)
{
    return a < 0 ? -1 : keras_binary(call, op, a, keras_scalar(call, name, b), name, err);
}

int32_t keras_select(keras_call *call, int32_t condition, int32_t a, int32_t b, mote_error *err)
{
    const int32_t inputs[] = {condition, a, b};
    return plain(call, MOTE_OP_SELECT_V2, 3, inputs, "SelectV2", err);
}

int32_t keras_reduce(keras_call *call, mote_op op, int32_t x, int32_t n, const int32_t *axes, bool keep_dims,
                     const char *name, mote_error *err)
{
    const int32_t inputs[] = {x, x < 0 ? -1 : keras_const_i32(call, "reduction_indices", n, axes)};
    mote_node *node = inputs[1] < 0 ? NULL : keras_node(call, op, 2, inputs, name, err);
    if (node)
        ((mote_reduce_params *)node->params)->keep_dims = keep_dims;
    return made(call, node, err);
}

int32_t keras_softmax_last(keras_call *call, int32_t x, mote_error *err)
{
    mote_node *node = x < 0 ? NULL : keras_node(call, MOTE_OP_SOFTMAX, 1, &x, "Softmax", err);
    if (node)
        ((mote_softmax_params *)node->params)->beta = 1.0f;
    return made(call, node, err);
}

int32_t keras_leaky_relu(keras_call *call, int32_t x, float slope, mote_error *err)
{
    mote_node *node = x < 0 ? NULL : keras_node(call, MOTE_OP_LEAKY_RELU, 1, &x, "LeakyRelu", err);
    if (node)
        ((mote_leaky_relu_params *)node->params)->alpha = slope;
    return made(call, node, err);
}

int32_t keras_concat(keras_call *call, int32_t n, const int32_t *tensors, int32_t axis, const char *name,
                     mote_error *err)
{
    for (int32_t i = 0; i < n; i++)
        if (tensors[i] < 0)
            return -1;
    if (n == 1)
        return tensors[0];
    mote_node *node = keras_node(call, MOTE_OP_CONCATENATION, n, tensors, name, err);
    if (node)
        ((mote_concatenation_params *)node->params)->axis = axis;
    return made(call, node, err);
}

int32_t keras_transposed(keras_call *call, int32_t x, const int32_t *order, const char *name, mote_error *err)
{
    if (x < 0)
        return -1;
    const int32_t rank = keras_shape(call, x)->rank;
    bool moves = false;
    for (int32_t i = 0; i < rank; i++)
        moves |= order[i] != i;
    return moves ? keras_binary(call, MOTE_OP_TRANSPOSE, x, keras_const_i32(call, "transpose/perm", rank, order), name,
                                err)
                 : x;
}

int32_t keras_reshaped(keras_call *call, int32_t x, int32_t rank, const int32_t *dims, const char *name,
                       mote_error *err)
{
    return x < 0
               ? -1
               : keras_binary(call, MOTE_OP_RESHAPE, x, keras_const_i32(call, "Reshape/shape", rank, dims), name, err);
}

int32_t keras_expanded(keras_call *call, int32_t x, int32_t axis, const char *name, mote_error *err)
{
    if (x < 0)
        return -1;
    const char *full =
        mote_arena_printf(call->builder->arena, "%s%s/ExpandDims/dim", call->builder->prefix, call->layer->name);
    const mote_shape scalar = {0};
    const int32_t dim = full ? mote_graph_add_const(call->builder->graph, full, MOTE_INT32, &scalar, &axis) : -1;
    return keras_binary(call, MOTE_OP_EXPAND_DIMS, x, dim, name, err);
}

int32_t keras_padded(keras_call *call, int32_t x, int32_t (*around)[2], const char *name, mote_error *err)
{
    return keras_padded_with(call, x, around, 0.0f, name, err);
}

int32_t keras_padded_with(keras_call *call, int32_t x, int32_t (*around)[2], float value, const char *name,
                          mote_error *err)
{
    if (x < 0)
        return -1;
    const int32_t rank = keras_shape(call, x)->rank;
    const mote_shape shape = {2, {rank, 2}};
    const bool zeros = value == 0.0f;
    bool any = false;
    for (int32_t i = 0; i < rank; i++)
        any |= around[i][0] != 0 || around[i][1] != 0;
    if (!any)
        return x;
    const char *full =
        mote_arena_printf(call->builder->arena, "%s%s/Pad/paddings", call->builder->prefix, call->layer->name);
    const int32_t paddings = full ? mote_graph_add_const(call->builder->graph, full, MOTE_INT32, &shape, around) : -1;
    const int32_t inputs[] = {x, paddings, zeros ? -1 : keras_scalar(call, "Pad/constant_values", value)};
    return plain(call, zeros ? MOTE_OP_PAD : MOTE_OP_PADV2, zeros ? 2 : 3, inputs, name, err);
}

int32_t keras_strided(keras_call *call, int32_t x, const int32_t *begin, const int32_t *end, const int32_t *step,
                      int32_t shrink, const char *name, mote_error *err)
{
    const int32_t rank = keras_shape(call, x)->rank;
    const int32_t inputs[] = {
        x,
        keras_const_i32(call, "strided_slice/stack", rank, begin),
        keras_const_i32(call, "strided_slice/stack_1", rank, end),
        keras_const_i32(call, "strided_slice/stack_2", rank, step),
    };
    if (inputs[1] < 0 || inputs[2] < 0 || inputs[3] < 0)
        return -1;
    mote_node *node = keras_node(call, MOTE_OP_STRIDED_SLICE, 4, inputs, name, err);
    if (node) {
        mote_strided_slice_params *params = node->params;
        params->begin_mask = params->end_mask = 1; /* all of the batch */
        params->shrink_axis_mask = shrink;
        for (int32_t i = 1; i < rank; i++)
            if (step[i] < 0 && end[i] < 0)
                params->end_mask |= 1 << i; /* down to element 0 */
    }
    return made(call, node, err);
}

int32_t keras_sliced(keras_call *call, int32_t x, const int32_t *begin, const int32_t *end, const int32_t *step,
                     const char *name, mote_error *err)
{
    if (x < 0)
        return -1;
    const mote_shape *shape = keras_shape(call, x);
    bool all = true;
    for (int32_t i = 1; i < shape->rank; i++)
        all &= begin[i] == 0 && end[i] == shape->dims[i] && step[i] == 1;
    return all ? x : keras_strided(call, x, begin, end, step, 0, name, err);
}

const mote_node *keras_split(keras_call *call, int32_t x, int32_t axis, int32_t n, mote_error *err)
{
    const int32_t inputs[] = {keras_const_i32(call, "split/split_dim", 1, &axis), x};
    if (inputs[0] < 0)
        return NULL;
    call->builder->graph->tensors[inputs[0]]->shape = (mote_shape){0};
    mote_node *node = keras_node_outputs(call, MOTE_OP_SPLIT, 2, inputs, n, "split", err);
    if (!node)
        return NULL;
    ((mote_split_params *)node->params)->num_splits = n;
    return keras_emit(call, node, err) == MOTE_OK ? node : NULL;
}

const mote_node *keras_unpacked(keras_call *call, int32_t x, int32_t axis, int32_t n, mote_error *err)
{
    mote_node *node = keras_node_outputs(call, MOTE_OP_UNPACK, 1, &x, n, "unstack", err);
    if (!node)
        return NULL;
    *(mote_unpack_params *)node->params = (mote_unpack_params){.num = n, .axis = axis};
    return keras_emit(call, node, err) == MOTE_OK ? node : NULL;
}

int32_t keras_packed(keras_call *call, int32_t n, const int32_t *tensors, int32_t axis, mote_error *err)
{
    for (int32_t i = 0; i < n; i++)
        if (tensors[i] < 0)
            return -1;
    mote_node *node = keras_node(call, MOTE_OP_PACK, n, tensors, "stack", err);
    if (node)
        *(mote_pack_params *)node->params = (mote_pack_params){.values_count = n, .axis = axis};
    return made(call, node, err);
}

int32_t keras_gathered(keras_call *call, int32_t x, int32_t indices, int32_t axis, mote_error *err)
{
    if (x < 0 || indices < 0)
        return -1;
    const int32_t inputs[] = {x, indices};
    mote_node *node = keras_node(call, MOTE_OP_GATHER, 2, inputs, "GatherV2", err);
    if (node)
        ((mote_gather_params *)node->params)->axis = axis;
    return made(call, node, err);
}

int32_t keras_cast_to(keras_call *call, int32_t x, mote_dtype dtype, mote_error *err)
{
    if (x < 0 || call->builder->graph->tensors[x]->dtype == dtype)
        return x;
    mote_node *node = keras_node(call, MOTE_OP_CAST, 1, &x, "Cast", err);
    if (node) {
        mote_cast_params *params = node->params;
        params->in_data_type = (int32_t)call->builder->graph->tensors[x]->dtype;
        params->out_data_type = (int32_t)dtype;
        call->builder->graph->tensors[node->outputs[0]]->dtype = dtype;
    }
    return made(call, node, err);
}

int32_t keras_activated(keras_call *call, int32_t x, const json_t *activation, mote_error *err)
{
    if (x < 0)
        return -1;
    keras_pass(call, x);
    return keras_activate(call, activation, err) == MOTE_OK ? keras_value(call) : -1;
}

int32_t keras_vector(keras_call *call, const char *name, int32_t n, const float *values)
{
    const mote_shape shape = {1, {n}};
    return keras_const(call, name, &shape, values);
}

bool keras_axis(int64_t value, int32_t rank, int32_t *axis)
{
    if (value < -rank || value >= rank)
        return false;
    *axis = (int32_t)(value < 0 ? value + rank : value);
    return true;
}

int32_t keras_axes(const json_t *value, int32_t rank, int32_t axes[MOTE_MAX_RANK])
{
    const size_t n = json_is_array(value) ? json_array_size(value) : 1;
    uint32_t mask = 0;
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;
        int32_t axis;
        if (!json_is_integer(one) || !keras_axis(json_integer_value(one), rank, &axis) || axis == 0)
            return -1;
        mask |= 1u << axis;
    }
    int32_t n_axes = 0;
    for (int32_t i = 1; i < rank; i++)
        if (mask >> i & 1)
            axes[n_axes++] = i;
    return n_axes;
}
