#include "support/run_op.h"

#include "unit/mote_test.h"

#include <string.h>

enum { MOST = 32 };

mote_shape shape_of(int32_t rank, ...)
{
    mote_shape shape = {.rank = rank};
    va_list dims;
    va_start(dims, rank);
    for (int32_t i = 0; i < rank; ++i)
        shape.dims[i] = va_arg(dims, int);
    va_end(dims);
    return shape;
}

static int32_t add_operand(mote_graph *graph, const operand *o)
{
    const int32_t tensor = o->constant ? mote_graph_add_const(graph, "c", o->dtype, &o->shape, o->values)
                                       : mote_graph_add_tensor(graph, "t", o->dtype, &o->shape);
    assert_true(tensor >= 0);
    if (o->scale > 0)
        assert_int_equal(mote_graph_set_quant(graph, tensor, 1, 0, &o->scale, &o->zero), MOTE_OK);
    return tensor;
}

static void copy_result(const mote_tensor *tensor, const operand *result, void *out)
{
    char got[MOTE_SHAPE_TEXT_BYTES], want[MOTE_SHAPE_TEXT_BYTES];
    assert_string_equal(mote_shape_format(&tensor->shape, got), mote_shape_format(&result->shape, want));
    assert_int_equal(tensor->dtype, result->dtype);
    if (tensor->n_bytes)
        memcpy(out, tensor->data, tensor->n_bytes);
}

/* Feeds the model's inputs, invokes, copies the results. */
static mote_status run_model(const mote_model *model, int32_t n_threads, int32_t n, const operand *inputs,
                             int32_t n_out, const operand *results, void *const *out)
{
    mote_runtime_options options = mote_runtime_options_default();
    options.n_threads = n_threads;
    mote_runtime *runtime = NULL;
    mote_error err = {0};
    mote_status status = mote_runtime_new(&runtime, model, &options, &err);
    if (status == MOTE_OK)
        status = mote_runtime_allocate(runtime, &err);
    for (int32_t i = 0, k = 0; status == MOTE_OK && i < n; ++i) {
        if (inputs[i].values && !inputs[i].constant) {
            mote_tensor *tensor = mote_runtime_input(runtime, k++);
            if (tensor->n_bytes)
                memcpy(tensor->data, inputs[i].values, tensor->n_bytes);
        }
    }
    if (status == MOTE_OK)
        status = mote_runtime_invoke(runtime, &err);
    for (int32_t i = 0; status == MOTE_OK && i < n_out; ++i)
        copy_result(mote_runtime_output(runtime, i), &results[i], out[i]);
    if (status != MOTE_OK)
        assert_true(strlen(err.message) > 0);
    mote_runtime_free(runtime);
    return status;
}

static mote_status run_on(mote_op op, const void *params, size_t params_bytes, int32_t n, const operand *inputs,
                          int32_t n_out, const operand *results, int32_t n_threads, void *const *out)
{
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    int32_t in[MOST], fed[MOST], n_fed = 0, to[MOST];
    assert_true(n <= MOST && n_out <= MOST);
    for (int32_t i = 0; i < n; ++i) {
        in[i] = inputs[i].values ? add_operand(graph, &inputs[i]) : -1;
        if (inputs[i].values && !inputs[i].constant)
            fed[n_fed++] = in[i];
    }
    for (int32_t i = 0; i < n_out; ++i)
        to[i] = add_operand(graph, &results[i]);
    mote_node *node = mote_graph_add_node(graph, op, n, in, n_out, to);
    assert_non_null(node);
    if (params)
        memcpy(node->params, params, params_bytes);
    assert_int_equal(mote_graph_set_io(graph, n_fed, fed, n_out, to), MOTE_OK);
    const mote_status status = run_model(model, n_threads, n, inputs, n_out, results, out);
    mote_model_free(model);
    return status;
}

mote_status run_op(mote_op op, const void *params, size_t params_bytes, int32_t n, const operand *inputs,
                   const operand *result, int32_t n_threads, void *out)
{
    return run_on(op, params, params_bytes, n, inputs, 1, result, n_threads, &out);
}

mote_status run_op_many(mote_op op, const void *params, size_t params_bytes, int32_t n, const operand *inputs,
                        int32_t n_out, const operand *results, void *const *out)
{
    return run_on(op, params, params_bytes, n, inputs, n_out, results, 1, out);
}
