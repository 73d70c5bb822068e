/* Attention: dot products of queries and keys, a softmax, and the mean of the values that it weighs. */
#include <math.h>
#include <string.h>

#include "import/keras_dense.h"
#include "import/keras_expr.h"
#include "import/keras_mask.h"
#include "import/keras_matmul.h"

/* What the call is made on. */
typedef struct attention {
    int32_t query, value, key; /* key is value unless another is given */
    int32_t mask;              /* bool, broadcast to the scores: which keys each query sees; or MOTE_NO_TENSOR */
} attention;

/* The tensor argument at a place, or by name; MOTE_NO_TENSOR: none. */
static int32_t tensor_at(const keras_call *call, int32_t place, const char *name)
{
    int32_t at = 0;
    for (int32_t i = 0; i < call->n_args; i++) {
        if (call->args[i].key && strcmp(call->args[i].key, name) == 0)
            return call->args[i].tensor;
        if (!call->args[i].key && at++ == place)
            return call->args[i].tensor;
    }
    return MOTE_NO_TENSOR;
}

/* mask [batch, n], bool, with dimensions of 1 around, so that it lies along dimension `axis` of scores of that rank. */
static int32_t lay_mask(keras_call *call, int32_t mask, int32_t axis, int32_t rank, mote_error *err)
{
    int32_t dims[MOTE_MAX_RANK] = {-1};
    for (int32_t i = 1; i < rank; i++)
        dims[i] = i == axis ? keras_shape(call, mask)->dims[1] : 1;
    return keras_reshaped(call, mask, rank, dims, "mask", err);
}

/* a->mask and another. */
static mote_status narrow(keras_call *call, attention *a, int32_t with, mote_error *err)
{
    if (with >= 0)
        a->mask = a->mask == MOTE_NO_TENSOR ? with
                                            : keras_binary(call, MOTE_OP_LOGICAL_AND, a->mask, with, "LogicalAnd", err);
    return with < 0 || a->mask < 0 ? keras_failure(err) : MOTE_OK;
}

static mote_status read_call(keras_call *call, attention *a, mote_error *err)
{
    *a = (attention){tensor_at(call, 0, "query"), tensor_at(call, 1, "value"), tensor_at(call, 2, "key"),
                     MOTE_NO_TENSOR};
    if (a->query < 0 || a->value < 0)
        return keras_refuse(call, err, "it must be called on a query and a value");
    a->key = a->key < 0 ? a->value : a->key;
    return MOTE_OK;
}

/* Scores that do not count are so small that their exponential is 0. */
static int32_t mask_scores(keras_call *call, const attention *a, int32_t scores, mote_error *err)
{
    if (a->mask == MOTE_NO_TENSOR || scores < 0)
        return scores;
    return keras_select(call, a->mask, scores, keras_scalar(call, "masked", -1e9f), err);
}

static bool asks_for_weights(const keras_call *call)
{
    return keras_bool(call->kwargs, "return_attention_scores", false);
}

/* Softmax of the scores; clear: also sees to it that a query without keys gets nothing. */
static int32_t weigh(keras_call *call, const attention *a, int32_t scores, bool clear, mote_error *err)
{
    const int32_t weights = keras_softmax_last(call, mask_scores(call, a, scores, err), err);
    if (a->mask == MOTE_NO_TENSOR || weights < 0 || !clear)
        return weights;
    return keras_select(call, a->mask, weights, keras_scalar(call, "zero", 0.0f), err);
}

/* The result y, which has the query's mask, and the weights where the call asks for them. */
static mote_status attended(keras_call *call, int32_t y, int32_t weights, mote_error *err)
{
    int32_t mask;
    mote_status status = y < 0 || weights < 0 ? keras_failure(err) : keras_result(call, y, err);
    if (status == MOTE_OK)
        status = keras_output_mask(call, &mask, err);
    if (status == MOTE_OK)
        status = keras_set_mask(call, y, mask, err);
    if (status == MOTE_OK && asks_for_weights(call))
        call->outputs[call->n_outputs++] = weights;
    return status;
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

/* factor times x [batch, length, in] times a kernel [in, heads, size] as [batch, heads, length, size], or with the last
 * two turned. */
static int32_t project(heads *h, int32_t x, const char *role, float factor, bool turned)
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
    int32_t y = keras_fully_connected(call, x, kernel, bias, h->err);
    if (factor != 1.0f)
        y = keras_binary_scalar(call, MOTE_OP_MUL, y, factor, "Mul", h->err);
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
    return kernel < 0 || (h->use_bias && bias < 0) ? -1 : keras_einsum_product(call, flat, kernel, bias, h->err);
}

/* Products of queries and keys. TensorFlow's converter turns them over, or multiplies them, in front of the softmax:
 * they keep their range. */
static int32_t score(keras_call *call, int32_t query, int32_t key, mote_error *err)
{
    const int32_t scores = keras_matmul(call, query, key, false, false, err);
    if (scores >= 0)
        call->builder->graph->tensors[scores]->is_unsized = true;
    return scores;
}

/* A mask [batch, length], laid along that axis of scores: the one that the call gives by name, else `own`. */
static mote_status narrow_by(keras_call *call, attention *a, const char *name, int32_t own, int32_t axis,
                             mote_error *err)
{
    const int32_t named = tensor_at(call, INT32_MAX, name);
    if (named >= 0 && keras_shape(call, named)->rank != 2)
        return keras_refuse(call, err, "its %s must be [batch, length]", name);
    const int32_t mask = named >= 0 ? keras_cast_to(call, named, MOTE_BOOL, err) : own;
    if (named < 0 && mask == MOTE_NO_TENSOR)
        return MOTE_OK;
    return narrow(call, a, mask < 0 ? -1 : lay_mask(call, mask, axis, 4, err), err);
}

/* Masks of the query, the value and the key, and the one given, as one for scores [batch, heads, queries, keys]. */
static mote_status head_masks(keras_call *call, attention *a, mote_error *err)
{
    const int32_t of_query = keras_mask_of(call, a->query);
    if (tensor_at(call, INT32_MAX, "query_mask") >= 0 && of_query == MOTE_NO_TENSOR)
        return keras_refuse(call, err,
                            "what a query_mask in its call does depends on the version of Keras 3; call it without");
    const int32_t of_key = a->key == a->value ? MOTE_NO_TENSOR : keras_mask_of(call, a->key);
    mote_status status =
        of_query == MOTE_NO_TENSOR ? MOTE_OK : narrow(call, a, lay_mask(call, of_query, 2, 4, err), err);
    if (status == MOTE_OK)
        status = narrow_by(call, a, "value_mask", keras_mask_of(call, a->value), 3, err);
    if (status == MOTE_OK)
        status = narrow_by(call, a, "key_mask", of_key, 3, err);
    const int32_t given = tensor_at(call, INT32_MAX, "attention_mask");
    if (status != MOTE_OK || given < 0)
        return status;
    const int32_t rank = keras_shape(call, given)->rank;
    if (rank != 3 && rank != 4)
        return keras_refuse(call, err, "its attention_mask must be [batch, queries, keys], or that for each head");
    const int32_t mask = keras_cast_to(call, given, MOTE_BOOL, err);
    return narrow(call, a, rank == 3 ? keras_expanded(call, mask, 1, "ExpandDims", err) : mask, err);
}

/* Called on query, value and, if it is another, key. */
mote_status keras_multi_head_attention(keras_call *call, mote_error *err)
{
    attention a;
    mote_status status = read_call(call, &a, err);
    if (status == MOTE_OK)
        status = head_masks(call, &a, err);
    if (status != MOTE_OK)
        return status;
    heads h = {.call = call, .err = err, .n = (int32_t)keras_int(call->config, "num_heads", 0)};
    h.use_bias = keras_bool(call->config, "use_bias", true);
    const double key_dim = keras_number(call->config, "key_dim", 0);
    if (h.n < 1 || !(key_dim >= 1))
        return keras_refuse(call, err, "num_heads and key_dim must be whole numbers");
    const int32_t query = project(&h, a.query, "query", (float)(1.0 / sqrt(key_dim)), false);
    const int32_t key = query < 0 ? -1 : project(&h, a.key, "key", 1.0f, true);
    const int32_t value = key < 0 ? -1 : project(&h, a.value, "value", 1.0f, false);
    const int32_t scores = causal(call, score(call, query, key, err), err);
    /* Keras 3 takes another way where it needs the weights. */
    const bool clear =
        call->builder->keras_major >= 3 && (keras_number(call->config, "dropout", 0) > 0 || asks_for_weights(call));
    const int32_t weights = weigh(call, &a, scores, clear, err);
    const int32_t mean = keras_matmul(call, weights, value, false, false, err);
    return attended(call, mean < 0 ? -1 : project_out(&h, mean), weights, err);
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

/* The value's mask hides keys, the query's clears results. */
static mote_status attend(keras_call *call, attention *a, int32_t scores, mote_error *err)
{
    int32_t of_query, of_value;
    mote_status status = keras_input_mask(call, 0, a->query, &of_query, err);
    if (status == MOTE_OK)
        status = keras_input_mask(call, 1, a->value, &of_value, err);
    if (status != MOTE_OK)
        return status;
    if (of_value != MOTE_NO_TENSOR && narrow(call, a, lay_mask(call, of_value, 2, 3, err), err) != MOTE_OK)
        return keras_failure(err);
    const int32_t weights = weigh(call, a, causal(call, scores, err), false, err);
    int32_t y = keras_matmul(call, weights, a->value, false, false, err);
    if (of_query != MOTE_NO_TENSOR)
        y = keras_clear_masked(call, y, of_query, err);
    return attended(call, y, weights, err);
}

mote_status keras_attention(keras_call *call, mote_error *err)
{
    attention a;
    const mote_status status = read_call(call, &a, err);
    if (status != MOTE_OK)
        return status;
    int32_t scale = MOTE_NO_TENSOR;
    if (strcmp(keras_text(call->config, "score_mode", "dot"), "dot") != 0)
        return keras_refuse(call, err, "a score_mode other than 'dot' is not supported");
    if (keras_bool(call->config, "use_scale", false) &&
        (scale = keras_take_weight(call, "scale", 0, MOTE_WEIGHT_AS_IS, err)) < 0)
        return keras_failure(err);
    const int32_t scores = keras_matmul(call, a.query, a.key, false, true, err);
    return attend(call, &a, scale < 0 ? scores : keras_binary(call, MOTE_OP_MUL, scores, scale, "mul", err), err);
}

mote_status keras_additive_attention(keras_call *call, mote_error *err)
{
    attention a;
    const mote_status status = read_call(call, &a, err);
    if (status != MOTE_OK)
        return status;
    int32_t scale = MOTE_NO_TENSOR;
    if (keras_bool(call->config, "use_scale", true) &&
        (scale = keras_take_weight(call, "scale", 1, MOTE_WEIGHT_AS_IS, err)) < 0)
        return keras_failure(err);
    if (keras_shape(call, a.query)->rank != 3 || keras_shape(call, a.key)->rank != 3)
        return keras_refuse(call, err, "its inputs must be [batch, length, features]");
    return attend(call, &a, additive_scores(call, a.query, a.key, scale, err), err);
}
