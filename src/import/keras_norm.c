/* Normalizations: by moving statistics (batch), and by those of each example (layer, group, unit). */
#include <math.h>
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_matmul.h"
#include "op/train_form/train_form.h"

/* *written: the axis as the file gives it. */
static mote_status read_axis(const keras_call *call, int32_t *axis, int32_t *written, mote_error *err)
{
    const json_t *value = json_object_get(call->config, "axis");
    const int32_t rank = keras_shape(call, keras_value(call))->rank;
    if (json_is_array(value) && json_array_size(value) == 1)
        value = json_array_get(value, 0);
    *written = json_is_integer(value) ? (int32_t)json_integer_value(value) : -1;
    *axis = *written < 0 ? *written + rank : *written;
    if (*axis <= 0 || *axis >= rank || json_is_array(value))
        return keras_refuse(call, err, "axis %d is not one dimension of its input", *axis);
    return MOTE_OK;
}

/* A parameter that scale=False or center=False leaves out is a constant. */
static int32_t gamma_or(keras_call *call, const char *flag, const char *role, float value, int32_t n, mote_error *err)
{
    if (keras_bool(call->config, flag, true))
        return keras_take_weight(call, role, 1, MOTE_WEIGHT_AS_IS, err);
    const mote_shape shape = {1, {n}};
    const int32_t tensor = keras_const(call, role, &shape, NULL);
    for (int32_t i = 0; tensor >= 0 && i < n; i++)
        ((float *)call->builder->graph->tensors[tensor]->data)[i] = value;
    return tensor;
}

mote_status keras_batch_normalization(keras_call *call, mote_error *err)
{
    int32_t axis, written;
    const mote_status status = read_axis(call, &axis, &written, err);
    if (status != MOTE_OK)
        return status;
    if (keras_bool(call->config, "renorm", false))
        return keras_refuse(call, err, "renorm=True is not supported");
    const int32_t n = keras_shape(call, keras_value(call))->dims[axis];
    int32_t inputs[5] = {keras_value(call)};
    inputs[1] = gamma_or(call, "scale", "gamma", 1.0f, n, err);
    inputs[2] = inputs[1] < 0 ? -1 : gamma_or(call, "center", "beta", 0.0f, n, err);
    inputs[3] = inputs[2] < 0 ? -1 : keras_take_weight(call, "moving_mean", 1, MOTE_WEIGHT_AS_IS, err);
    inputs[4] = inputs[3] < 0 ? -1 : keras_take_weight(call, "moving_variance", 1, MOTE_WEIGHT_AS_IS, err);
    if (inputs[4] < 0)
        return keras_failure(err);
    for (int32_t i = 0; i < call->layer->n_weights; i++)
        if (call->layer->weights[i].tensor == inputs[3] || call->layer->weights[i].tensor == inputs[4])
            call->layer->weights[i].trainable = false;
    mote_node *node = keras_node(call, MOTE_OP_BATCH_NORM, 5, inputs, "FusedBatchNormV3", err);
    if (!node)
        return MOTE_NO_MEMORY;
    *(mote_batch_norm_params *)node->params = (mote_batch_norm_params){
        .epsilon = (float)keras_number(call->config, "epsilon", 1e-3),
        .momentum = (float)keras_number(call->config, "momentum", 0.99),
        .axis = axis,
        .full_rank = call->builder->keras_major >= 3 && written != -1,
    };
    return keras_emit(call, node, err);
}

/* --- statistics of each example --- */

/* (x - mean) / sqrt(variance + epsilon) over n axes; only_scale: x / sqrt(mean of x² + epsilon). */
static int32_t standardized(keras_call *call, int32_t x, int32_t n, const int32_t *axes, bool only_scale,
                            mote_error *err)
{
    const float epsilon = (float)keras_number(call->config, "epsilon", 1e-3);
    int32_t square, centred = x;
    if (only_scale) {
        square = keras_unary(call, MOTE_OP_SQUARE, x, "Square", err);
    } else {
        const int32_t mean = keras_reduce(call, MOTE_OP_MEAN, x, n, axes, true, "moments/mean", err);
        square = keras_binary(call, MOTE_OP_SQUARED_DIFFERENCE, x, mean, "moments/SquaredDifference", err);
        centred = keras_binary(call, MOTE_OP_SUB, x, mean, "sub", err);
    }
    const int32_t variance = keras_reduce(call, MOTE_OP_MEAN, square, n, axes, true, "moments/variance", err);
    const int32_t sum = keras_binary_scalar(call, MOTE_OP_ADD, variance, epsilon, "batchnorm/add", err);
    const int32_t factor = keras_unary(call, MOTE_OP_RSQRT, sum, "batchnorm/Rsqrt", err);
    return keras_binary(call, MOTE_OP_MUL, centred, factor, "batchnorm/mul", err);
}

/* The layer's gamma or beta, of `rank` dimensions in the file, laid out as `shape` in the graph. MOTE_NO_TENSOR - 1:
 * failed; MOTE_NO_TENSOR: the layer has none. */
static int32_t parameter(keras_call *call, const char *flag, const char *role, int32_t rank, const mote_shape *shape,
                         mote_error *err)
{
    if (!keras_bool(call->config, flag, true))
        return MOTE_NO_TENSOR;
    const int32_t weight = keras_take_weight(call, role, rank, MOTE_WEIGHT_AS_IS, err);
    if (weight < 0)
        return MOTE_NO_TENSOR - 1;
    mote_tensor *tensor = call->builder->graph->tensors[weight];
    if (mote_shape_count(&tensor->shape) != mote_shape_count(shape)) {
        keras_refuse(call, err, "its %s does not have the shape of its input", role);
        return MOTE_NO_TENSOR - 1;
    }
    tensor->shape = *shape;
    return weight;
}

/* x * gamma + beta, as far as the layer has them. */
static int32_t scaled_and_moved(keras_call *call, int32_t x, int32_t rank, const mote_shape *shape, mote_error *err)
{
    const int32_t gamma = x < 0 ? -1 : parameter(call, "scale", "gamma", rank, shape, err);
    if (gamma != MOTE_NO_TENSOR)
        x = keras_binary(call, MOTE_OP_MUL, x, gamma, "mul", err);
    const int32_t beta = x < 0 ? -1 : parameter(call, "center", "beta", rank, shape, err);
    return beta == MOTE_NO_TENSOR ? x : keras_binary(call, MOTE_OP_ADD, x, beta, "add", err);
}

/* "axis": a number or a list of them, sorted, none the batch; the last when it is not there. 0 or less: they do not
 * fit. */
static int32_t read_axes(const keras_call *call, int32_t axes[MOTE_MAX_RANK])
{
    const json_t *given = json_object_get(call->config, "axis");
    const int32_t rank = keras_shape(call, call->inputs[0])->rank;
    axes[0] = rank - 1;
    return given ? keras_axes(given, rank, axes) : rank > 1;
}

/* Keras 2 gives a LayerNormalization over the last dimensions to its fused batch normalization, which knows neither
 * gamma nor beta, unless epsilon is smaller than that takes. */
static bool is_fused(const keras_call *call, int32_t n, const int32_t *axes)
{
    static const double LEAST_EPSILON = 1.001e-5;
    return call->builder->keras_major == 2 && keras_number(call->config, "epsilon", 1e-3) >= LEAST_EPSILON &&
           axes[n - 1] - axes[0] == n - 1 && axes[n - 1] == keras_shape(call, call->inputs[0])->rank - 1;
}

/* x * factor + (beta - mean * factor), factor = gamma / sqrt(variance + epsilon), in the order in which the Keras of
 * the file does it: quantized, the terms have ranges of their own. */
static int32_t normalized(keras_call *call, int32_t n, const int32_t *axes, const mote_shape *shape, mote_error *err)
{
    const int32_t x = call->inputs[0];
    const bool fused = is_fused(call, n, axes);
    const int32_t mean = keras_reduce(call, MOTE_OP_MEAN, x, n, axes, true, "moments/mean", err);
    const int32_t square = keras_binary(call, MOTE_OP_SQUARED_DIFFERENCE, x, mean, "moments/SquaredDifference", err);
    const int32_t variance = keras_reduce(call, MOTE_OP_MEAN, square, n, axes, true, "moments/variance", err);
    const float epsilon = (float)keras_number(call->config, "epsilon", 1e-3);
    const int32_t sum = keras_binary_scalar(call, MOTE_OP_ADD, variance, epsilon, "batchnorm/add", err);
    int32_t factor = keras_unary(call, MOTE_OP_RSQRT, sum, "batchnorm/Rsqrt", err);
    const int32_t gamma = factor < 0 || fused ? MOTE_NO_TENSOR : parameter(call, "scale", "gamma", n, shape, err);
    if (gamma != MOTE_NO_TENSOR)
        factor = keras_binary(call, MOTE_OP_MUL, factor, gamma, "batchnorm/mul", err);
    const int32_t beta = factor < 0 || fused ? MOTE_NO_TENSOR : parameter(call, "center", "beta", n, shape, err);
    int32_t offset;
    if (beta != MOTE_NO_TENSOR && call->builder->keras_major == 2) {
        offset = keras_binary(call, MOTE_OP_MUL, mean, factor, "batchnorm/mul_2", err);
        offset = keras_binary(call, MOTE_OP_SUB, beta, offset, "batchnorm/sub", err);
    } else if (fused) {
        offset = keras_binary(call, MOTE_OP_MUL, mean, factor, "batchnorm/mul_2", err);
        offset = keras_unary(call, MOTE_OP_NEG, offset, "batchnorm/sub", err);
    } else {
        offset = keras_unary(call, MOTE_OP_NEG, mean, "batchnorm/Neg", err);
        offset = keras_binary(call, MOTE_OP_MUL, offset, factor, "batchnorm/mul_2", err);
        offset = beta == MOTE_NO_TENSOR ? offset : keras_binary(call, MOTE_OP_ADD, offset, beta, "batchnorm/sub", err);
    }
    const int32_t product = keras_binary(call, MOTE_OP_MUL, x, factor, "batchnorm/mul_1", err);
    const int32_t y = keras_binary(call, MOTE_OP_ADD, product, offset, "batchnorm/add_1", err);
    if (!fused || y < 0)
        return y;
    call->builder->graph->tensors[variance]->is_unsized = true;
    call->builder->graph->tensors[y]->is_unsized = true;
    return scaled_and_moved(call, y, n, shape, err);
}

/* Ba et al. 2016; RMSNormalization (Zhang and Sennrich 2019) leaves the mean in. */
static mote_status layer_norm(keras_call *call, bool only_scale, mote_error *err)
{
    int32_t axes[MOTE_MAX_RANK];
    const int32_t n = read_axes(call, axes);
    if (n < 1)
        return keras_refuse(call, err, "its axis is the batch, or outside its input");
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    mote_shape shape = {.rank = in.rank - axes[0]}; /* from the first axis on, others broadcast */
    for (int32_t i = 0; i < shape.rank; i++)
        shape.dims[i] = 1;
    for (int32_t i = 0; i < n; i++)
        shape.dims[axes[i] - axes[0]] = in.dims[axes[i]];
    if (!only_scale)
        return keras_result(call, normalized(call, n, axes, &shape, err), err);
    const int32_t y = standardized(call, call->inputs[0], n, axes, true, err);
    return keras_result(call, scaled_and_moved(call, y, n, &shape, err), err);
}

mote_status keras_layer_normalization(keras_call *call, mote_error *err)
{
    return layer_norm(call, keras_bool(call->config, "rms_scaling", false), err);
}

mote_status keras_rms_normalization(keras_call *call, mote_error *err)
{
    json_object_set_new(call->config, "center", json_false());
    return layer_norm(call, true, err);
}

/* Wu and He 2018: statistics over all positions and the channels of a group. */
mote_status keras_group_normalization(keras_call *call, mote_error *err)
{
    const mote_shape in = *keras_shape(call, call->inputs[0]);
    int32_t axis;
    if (!keras_axis(keras_int(call->config, "axis", -1), in.rank, &axis) || axis == 0)
        return keras_refuse(call, err, "its axis is the batch, or outside its input");
    const int32_t channels = in.dims[axis];
    int64_t groups = keras_int(call->config, "groups", 32);
    groups = groups == -1 ? channels : groups;
    if (groups < 1 || channels % groups != 0)
        return keras_refuse(call, err, "%d channels do not fit into %lld groups", channels, (long long)groups);
    const int32_t dims[] = {-1, (int32_t)mote_shape_span(&in, 1, axis), (int32_t)groups, channels / (int32_t)groups,
                            (int32_t)mote_shape_span(&in, axis + 1, in.rank)};
    static const int32_t axes[] = {1, 3, 4};
    const int32_t rank = dims[4] > 1 ? 5 : 4;
    const int32_t x = keras_reshaped(call, call->inputs[0], rank, dims, "Reshape", err);
    int32_t y = standardized(call, x, rank - 2, axes, false, err);
    int32_t back[MOTE_MAX_RANK] = {-1};
    for (int32_t i = 1; i < in.rank; i++)
        back[i] = in.dims[i];
    y = keras_reshaped(call, y, in.rank, back, "Reshape_1", err);
    mote_shape shape = {.rank = in.rank - axis, .dims = {channels, 1, 1, 1, 1, 1, 1, 1}};
    return keras_result(call, scaled_and_moved(call, y, 1, &shape, err), err);
}

/* x / sqrt(max(sum of x², 1e-12)) */
mote_status keras_unit_normalization(keras_call *call, mote_error *err)
{
    int32_t axes[MOTE_MAX_RANK];
    const int32_t n = read_axes(call, axes), x = call->inputs[0];
    if (n < 1)
        return keras_refuse(call, err, "its axis is the batch, or outside its input");
    if (n == 1)
        return keras_result(call, keras_l2_normalized(call, x, axes[0], err), err);
    const int32_t square = keras_unary(call, MOTE_OP_SQUARE, x, "Square", err);
    const int32_t sum = keras_reduce(call, MOTE_OP_SUM, square, n, axes, true, "Sum", err);
    const int32_t floor = keras_binary_scalar(call, MOTE_OP_MAXIMUM, sum, 1e-12f, "Maximum", err);
    const int32_t factor = keras_unary(call, MOTE_OP_RSQRT, floor, "Rsqrt", err);
    return keras_result(call, keras_binary(call, MOTE_OP_MUL, x, factor, "l2_normalize", err), err);
}
