/* Dense and what is made of dense layers. */
#include "import/keras_dense.h"

#include <string.h>

#include "import/keras_einsum.h"
#include "import/keras_expr.h"
#include "import/keras_mask.h"
#include "import/keras_window.h"
#include "op/fully_connected/fully_connected.h"

/* On any rank: the last dimension is multiplied, as TFLite's keep_num_dims does. */
int32_t keras_fully_connected(keras_call *call, int32_t x, int32_t kernel, int32_t bias, mote_error *err)
{
    if (x < 0 || kernel < 0 || bias < MOTE_NO_TENSOR)
        return -1;
    const int32_t inputs[] = {x, kernel, bias};
    mote_node *node = keras_node(call, MOTE_OP_FULLY_CONNECTED, 3, inputs, "MatMul", err);
    if (!node)
        return -1;
    ((mote_fully_connected_params *)node->params)->keep_num_dims = keras_shape(call, x)->rank > 2;
    return keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
}

int32_t keras_einsum_product(keras_call *call, int32_t x, int32_t kernel, int32_t bias, mote_error *err)
{
    const int32_t y = keras_fully_connected(call, x, kernel, bias, err);
    if (y < 0 || call->builder->keras_major != 2)
        return y;
    const mote_shape *made = keras_shape(call, y);
    int32_t dims[MOTE_MAX_RANK] = {-1};
    for (int32_t i = 1; i < made->rank; i++)
        dims[i] = made->dims[i];
    return keras_reshaped(call, y, made->rank, dims, "Einsum", err);
}

mote_status keras_dense(keras_call *call, mote_error *err)
{
    if (keras_shape(call, call->inputs[0])->rank < 2)
        return keras_refuse(call, err, "its input must have two dimensions or more");
    const int32_t kernel = keras_take_weight(call, "kernel", 2, MOTE_WEIGHT_IO_TO_OI, err);
    const int32_t bias = kernel < 0 ? -1 : keras_take_bias(call, keras_shape(call, kernel)->dims[0], err);
    const int32_t y = bias < 0 ? -1 : keras_fully_connected(call, call->inputs[0], kernel, bias, err);
    return keras_result(call, keras_activated(call, y, json_object_get(call->config, "activation"), err), err);
}

/* Rows of a table, by number. */
mote_status keras_embedding(keras_call *call, mote_error *err)
{
    const int32_t table = keras_take_weight(call, "embeddings", 2, MOTE_WEIGHT_AS_IS, err);
    const int32_t indices = table < 0 ? -1 : keras_cast_to(call, call->inputs[0], MOTE_INT32, err);
    const int32_t y = keras_gathered(call, table, indices, 0, err);
    if (y < 0 || !keras_bool(call->config, "mask_zero", false))
        return keras_result(call, y, err);
    const mote_shape scalar = {0};
    const int32_t zero = mote_graph_add_const(call->builder->graph, "zero", MOTE_INT32, &scalar, NULL);
    const int32_t mask = zero < 0 ? -1 : keras_binary(call, MOTE_OP_NOT_EQUAL, indices, zero, "NotEqual", err);
    if (mask < 0)
        return keras_failure(err);
    const mote_status status = keras_set_mask(call, y, mask, err);
    return status == MOTE_OK ? keras_result(call, y, err) : status;
}

/* --- EinsumDense --- */

typedef struct einsum {
    const char *input, *kernel, *output; /* labels, without what "..." stands for */
    int32_t n_input, n_kernel, n_output;
} einsum;

/* "...ab,bc->...ac"; false: not of that form. */
static bool read_equation(const char *text, einsum *e)
{
    const char *comma = strchr(text, ','), *arrow = strstr(text, "->");
    if (!comma || !arrow || arrow < comma)
        return false;
    *e = (einsum){.input = text, .kernel = comma + 1, .output = arrow + 2};
    e->n_kernel = (int32_t)(arrow - e->kernel);
    if (strncmp(e->input, "...", 3) == 0)
        e->input += 3;
    if (strncmp(e->output, "...", 3) == 0)
        e->output += 3;
    e->n_input = (int32_t)(comma - e->input);
    e->n_output = (int32_t)strlen(e->output);
    return e->n_input > 0 && e->n_kernel > 0 && e->n_output > 0 && e->n_kernel < MOTE_MAX_RANK;
}

/* The kernel's labels are the input's last ones and then the output's last ones: a product of matrices once these are
 * taken together. Gives how many are summed over; 0: another form. */
static int32_t summed_labels(const einsum *e)
{
    for (int32_t n = 1; n < e->n_kernel; n++) {
        const int32_t made = e->n_kernel - n, kept = e->n_input - n;
        if (kept >= 0 && e->n_output == kept + made && strncmp(e->input + kept, e->kernel, (size_t)n) == 0 &&
            strncmp(e->output + kept, e->kernel + n, (size_t)made) == 0 &&
            strncmp(e->input, e->output, (size_t)kept) == 0)
            return n;
    }
    return 0;
}

static int32_t einsum_bias(keras_call *call, int32_t units, mote_error *err)
{
    const char *axes = json_string_value(json_object_get(call->config, "bias_axes"));
    if (!axes)
        return keras_vector(call, "zero_bias", units, NULL);
    const keras_weight *weight = keras_peek_weight(call, call->next_weight);
    const int32_t rank = weight ? weight->value.shape.rank : 1;
    const int32_t bias = keras_take_weight(call, "bias", rank, MOTE_WEIGHT_AS_IS, err);
    if (bias < 0)
        return -1;
    mote_tensor *tensor = call->builder->graph->tensors[bias];
    if (mote_shape_count(&tensor->shape) != units) {
        keras_refuse(call, err, "bias_axes other than those that its kernel makes are not supported");
        return -1;
    }
    tensor->shape = (mote_shape){1, {units}};
    return bias;
}

/* Any equation, as a product of matrices. Its bias has the result's last dimensions, or 1 in their place. */
static mote_status einsum_of_any_kind(keras_call *call, const char *equation, mote_error *err)
{
    const keras_weight *weight = keras_peek_weight(call, call->next_weight);
    int32_t operands[2] = {call->inputs[0], -1};
    operands[1] = keras_take_weight(call, "kernel", weight ? weight->value.shape.rank : 1, MOTE_WEIGHT_AS_IS, err);
    int32_t y = operands[1] < 0 ? -1 : keras_einsum(call, equation, 2, operands, err);
    if (y >= 0 && json_is_string(json_object_get(call->config, "bias_axes"))) {
        weight = keras_peek_weight(call, call->next_weight);
        const int32_t rank = weight ? weight->value.shape.rank : 1;
        const int32_t bias = keras_take_weight(call, "bias", rank, MOTE_WEIGHT_AS_IS, err);
        y = bias < 0 ? -1 : keras_binary(call, MOTE_OP_ADD, y, bias, "add", err);
    }
    return keras_result(call, keras_activated(call, y, json_object_get(call->config, "activation"), err), err);
}

mote_status keras_einsum_dense(keras_call *call, mote_error *err)
{
    einsum e;
    const char *equation = keras_text(call->config, "equation", "");
    const int32_t n = read_equation(equation, &e) ? summed_labels(&e) : 0;
    const keras_weight *weight = keras_peek_weight(call, call->next_weight);
    if (n == 0 || !weight || weight->value.shape.rank != e.n_kernel || e.n_kernel > 3)
        return einsum_of_any_kind(call, equation, err);
    const mote_shape kernel_shape = weight->value.shape, in = *keras_shape(call, call->inputs[0]);
    const int32_t kernel = keras_take_weight(call, "kernel", e.n_kernel,
                                             e.n_kernel == 2 ? MOTE_WEIGHT_IO_TO_OI
                                             : n == 1        ? MOTE_WEIGHT_IHS_TO_OI
                                                             : MOTE_WEIGHT_HSO_TO_OI,
                                             err);
    const int32_t bias = kernel < 0 ? -1 : einsum_bias(call, keras_shape(call, kernel)->dims[0], err);
    if (bias < 0)
        return keras_failure(err);
    /* Summed dimensions together, product, made dimensions apart. */
    const int32_t kept = in.rank - n, made = e.n_kernel - n;
    int32_t dims[2 * MOTE_MAX_RANK] = {-1}, x = call->inputs[0];
    if (kept < 1 || kept + made > MOTE_MAX_RANK)
        return keras_refuse(call, err, "its input does not fit equation '%s'", equation);
    for (int32_t i = 1; i < kept; i++)
        dims[i] = in.dims[i];
    dims[kept] = keras_shape(call, kernel)->dims[1];
    x = n > 1 ? keras_reshaped(call, x, kept + 1, dims, "Reshape", err) : x;
    int32_t y = keras_einsum_product(call, x, kernel, bias, err);
    y = keras_activated(call, y, json_object_get(call->config, "activation"), err);
    for (int32_t i = 0; i < made; i++)
        dims[kept + i] = kernel_shape.dims[n + i];
    return keras_result(call, made > 1 ? keras_reshaped(call, y, kept + made, dims, "Reshape_1", err) : y, err);
}
