/* Attention: dot products of queries and keys, a softmax, and the mean of the values that it weighs. */
#include <math.h>
#include <string.h>

#include "import/keras_dense.h"
#include "import/keras_expr.h"
#include "import/keras_function.h"
#include "import/keras_matmul.h"

/* Masks and what else the call may ask for. */
static mote_status check_call(const keras_call *call, int32_t max_inputs, mote_error *err)
{
    for (int32_t i = 0; i < call->n_args; i++)
        if (call->args[i].key && strstr(call->args[i].key, "mask"))
            return keras_refuse(call, err, "masks are not supported");
    if (call->n_inputs < 2 || call->n_inputs > max_inputs)
        return keras_refuse(call, err, "it is called with %d tensors; masks are not supported", call->n_inputs);
    if (keras_bool(call->kwargs, "return_attention_scores", false))
        return keras_refuse(call, err, "return_attention_scores is not supported");
    return MOTE_OK;
}

/* scores [..., queries, keys]: a query does not see the keys behind its own place. */
static int32_t causal(keras_call *call, int32_t scores, mote_error *err)
{
    if (scores < 0 || !keras_bool(call->kwargs, "use_causal_mask", keras_bool(call->config, "causal", false)))
        return scores;
    const mote_shape in = *keras_shape(call, scores);
    const int32_t n = in.dims[in.rank - 2], keys = in.dims[in.rank - 1];
    mote_shape shape = {.rank = in.rank, .dims = {1, 1, 1, 1, 1, 1, 1, 1}};
    shape.dims[in.rank - 2] = n;
    shape.dims[in.rank - 1] = keys;
    const int32_t mask = keras_const(call, "causal_mask", &shape, NULL);
    if (mask < 0)
        return -1;
    float *data = call->builder->graph->tensors[mask]->data;
    for (int32_t q = 0; q < n; q++)
        for (int32_t k = q + 1; k < keys; k++)
            data[(int64_t)q * keys + k] = -1e9f;
    return keras_binary(call, MOTE_OP_ADD, scores, mask, "add", err);
}

/* --- several heads (Vaswani et al. 2017) --- */

typedef struct heads {
    keras_call *call;
    mote_error *err;
    int32_t n;
    bool use_bias;
} heads;

/* x [batch, length, in] times a kernel [in, heads, size] as [batch, heads, length, size], or with the last two turned.
 */
static int32_t project(heads *h, int32_t x, const char *role, bool turned)
{
    keras_call *call = h->call;
    const int32_t kernel = keras_take_weight(call, role, 3, MOTE_WEIGHT_IHS_TO_OI, h->err);
    int32_t bias = MOTE_NO_TENSOR;
    if (kernel < 0)
        return -1;
    if (h->use_bias) {
        bias = keras_take_weight(call, "bias", 2, MOTE_WEIGHT_AS_IS, h->err);
        if (bias < 0)
            return -1;
        mote_tensor *tensor = call->builder->graph->tensors[bias];
        tensor->shape = (mote_shape){1, {(int32_t)mote_shape_count(&tensor->shape)}};
    }
    const int32_t y = keras_fully_connected(call, x, kernel, bias, h->err);
    if (y < 0)
        return -1;
    const mote_shape shape = *keras_shape(call, y);
    if (shape.rank != 3 || shape.dims[2] % h->n != 0) {
        keras_refuse(call, h->err, "its inputs must be [batch, length, features]; other attention axes do not import");
        return -1;
    }
    const int32_t dims[] = {-1, shape.dims[1], h->n, shape.dims[2] / h->n};
    const int32_t order[] = {0, 2, turned ? 3 : 1, turned ? 1 : 3};
    return keras_transposed(call, keras_reshaped(call, y, 4, dims, "Reshape", h->err), order, "transpose", h->err);
}

/* [batch, heads, length, size] times the kernel [heads, size, out] of the output. */
static int32_t project_out(heads *h, int32_t x)
{
    static const int32_t order[] = {0, 2, 1, 3};
    keras_call *call = h->call;
    const int32_t back = keras_transposed(call, x, order, "transpose", h->err);
    if (back < 0)
        return -1;
    const mote_shape shape = *keras_shape(call, back);
    const int32_t dims[] = {-1, shape.dims[1], shape.dims[2] * shape.dims[3]};
    const int32_t flat = keras_reshaped(call, back, 3, dims, "Reshape", h->err);
    const int32_t kernel = keras_take_weight(call, "attention_output", 3, MOTE_WEIGHT_HSO_TO_OI, h->err);
    int32_t bias = MOTE_NO_TENSOR;
    if (kernel >= 0 && h->use_bias)
        bias = keras_take_weight(call, "attention_output_bias", 1, MOTE_WEIGHT_AS_IS, h->err);
    return kernel < 0 || (h->use_bias && bias < 0) ? -1 : keras_fully_connected(call, flat, kernel, bias, h->err);
}

/* Called on query, value and, if it is another, key. */
mote_status keras_multi_head_attention(keras_call *call, mote_error *err)
{
    const mote_status status = check_call(call, 3, err);
    if (status != MOTE_OK)
        return status;
    heads h = {.call = call, .err = err, .n = (int32_t)keras_int(call->config, "num_heads", 0)};
    h.use_bias = keras_bool(call->config, "use_bias", true);
    const double key_dim = keras_number(call->config, "key_dim", 0);
    if (h.n < 1 || !(key_dim >= 1))
        return keras_refuse(call, err, "num_heads and key_dim must be whole numbers");
    const int32_t key_source = call->inputs[call->n_inputs > 2 ? 2 : 1];
    const int32_t query = project(&h, call->inputs[0], "query", false);
    const int32_t key = query < 0 ? -1 : project(&h, key_source, "key", true);
    const int32_t value = key < 0 ? -1 : project(&h, call->inputs[1], "value", false);
    const int32_t scaled = keras_binary_scalar(call, MOTE_OP_MUL, query, (float)(1.0 / sqrt(key_dim)), "Mul", err);
    const int32_t scores = causal(call, keras_matmul(call, scaled, key, false, false, err), err);
    const int32_t mean = keras_matmul(call, keras_softmax_last(call, scores, err), value, false, false, err);
    return keras_result(call, mean < 0 ? -1 : project_out(&h, mean), err);
}

/* --- Attention (Luong et al. 2015), AdditiveAttention (Bahdanau et al. 2015) --- */

/* sum(scale * tanh(query + key)) for each pair. */
static int32_t additive_scores(keras_call *call, int32_t query, int32_t key, int32_t scale, mote_error *err)
{
    const int32_t sum = keras_binary(call, MOTE_OP_ADD, keras_expanded(call, query, 2, "ExpandDims", err),
                                     keras_expanded(call, key, 1, "ExpandDims_1", err), "add", err);
    const int32_t bent = keras_unary(call, MOTE_OP_TANH, sum, "Tanh", err);
    const int32_t scaled = scale == MOTE_NO_TENSOR ? bent : keras_binary(call, MOTE_OP_MUL, bent, scale, "mul", err);
    static const int32_t last = 3;
    return keras_reduce(call, MOTE_OP_SUM, scaled, 1, &last, false, "Sum", err);
}

static mote_status attend(keras_call *call, int32_t scores, mote_error *err)
{
    const int32_t weights = keras_softmax_last(call, causal(call, scores, err), err);
    return keras_result(call, keras_matmul(call, weights, call->inputs[1], false, false, err), err);
}

mote_status keras_attention(keras_call *call, mote_error *err)
{
    const mote_status status = check_call(call, 3, err);
    if (status != MOTE_OK)
        return status;
    const int32_t query = call->inputs[0], key = call->inputs[call->n_inputs > 2 ? 2 : 1];
    int32_t scale = MOTE_NO_TENSOR;
    if (strcmp(keras_text(call->config, "score_mode", "dot"), "dot") != 0)
        return keras_refuse(call, err, "a score_mode other than 'dot' is not supported");
    if (keras_bool(call->config, "use_scale", false) &&
        (scale = keras_take_weight(call, "scale", 0, MOTE_WEIGHT_AS_IS, err)) < 0)
        return keras_failure(err);
    const int32_t scores = keras_matmul(call, query, key, false, true, err);
    return attend(call, scale < 0 ? scores : keras_binary(call, MOTE_OP_MUL, scores, scale, "mul", err), err);
}

mote_status keras_additive_attention(keras_call *call, mote_error *err)
{
    const mote_status status = check_call(call, 3, err);
    if (status != MOTE_OK)
        return status;
    int32_t scale = MOTE_NO_TENSOR;
    if (keras_bool(call->config, "use_scale", true) &&
        (scale = keras_take_weight(call, "scale", 1, MOTE_WEIGHT_AS_IS, err)) < 0)
        return keras_failure(err);
    const int32_t key = call->inputs[call->n_inputs > 2 ? 2 : 1];
    if (keras_shape(call, call->inputs[0])->rank != 3 || keras_shape(call, key)->rank != 3)
        return keras_refuse(call, err, "its inputs must be [batch, length, features]");
    return attend(call, additive_scores(call, call->inputs[0], key, scale, err), err);
}
