/* Sparse constants written out by hand: CSR, another order of traversal, blocks; and what reads them. */
#include "unit/mote_test.h"

#include <mote/convert.h>
#include <mote/runtime.h>

#include "op/densify/densify.h"
#include "op/fully_connected/fully_connected.h"

#include <math.h>
#include <string.h>

static mote_tensor floats(int32_t rows, int32_t columns, const mote_sparsity *sparsity, const float *values)
{
    return (mote_tensor){.name = "w",
                         .dtype = MOTE_FLOAT32,
                         .storage = MOTE_STORAGE_CONST,
                         .shape = {2, {rows, columns}},
                         .sparsity = sparsity,
                         .data = (void *)(uintptr_t)values};
}

static const float VALUES[] = {1, 2, 3};
static const int32_t ORDER[] = {0, 1}, SEGMENTS[] = {0, 1, 1, 3}, INDICES[] = {1, 0, 3};
static const mote_sparse_dim ROWS[] = {
    {.format = 0, .dense_size = 3},
    {.format = 1, .n_segments = 4, .n_indices = 3, .segments = SEGMENTS, .indices = INDICES}};
static const mote_sparsity BY_ROW = {.n_traversal = 2, .n_dims = 2, .traversal_order = ORDER, .dims = ROWS};

static void rows_of_a_sparse_matrix(void **state)
{
    (void)state;
    const mote_tensor sparse = floats(3, 4, &BY_ROW, VALUES);
    float dense[12] = {0};
    assert_int_equal(mote_densify(&sparse, dense, NULL), MOTE_OK);
    assert_memory_equal(dense, ((const float[]){0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 3}), sizeof dense);
}

static void columns_first(void **state)
{
    (void)state;
    static const int32_t order[] = {1, 0};
    const mote_sparsity by_column = {.n_traversal = 2, .n_dims = 2, .traversal_order = order, .dims = ROWS};
    const mote_tensor sparse = floats(4, 3, &by_column, VALUES);
    float dense[12] = {0};
    assert_int_equal(mote_densify(&sparse, dense, NULL), MOTE_OK);
    assert_memory_equal(dense, ((const float[]){0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 3}), sizeof dense);
}

/* 4 x 4 in blocks of 2 x 2, of which the first of the second row of blocks is there. */
static void blocks_of_a_sparse_matrix(void **state)
{
    (void)state;
    static const int32_t order[] = {0, 1, 2, 3}, map[] = {0, 1}, segments[] = {0, 0, 1}, indices[] = {0};
    const mote_sparse_dim dims[] = {
        {.format = 0, .dense_size = 2},
        {.format = 1, .n_segments = 3, .n_indices = 1, .segments = segments, .indices = indices},
        {.format = 0, .dense_size = 2},
        {.format = 0, .dense_size = 2}};
    mote_sparsity sparsity = {
        .n_traversal = 4, .n_block_map = 2, .n_dims = 4, .traversal_order = order, .block_map = map, .dims = dims};
    static const float values[] = {1, 2, 3, 4};
    const mote_tensor sparse = floats(4, 4, &sparsity, values);
    float dense[16] = {0};
    assert_int_equal(mote_densify(&sparse, dense, NULL), MOTE_OK);
    assert_memory_equal(dense, ((const float[]){0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0}), sizeof dense);
    static const int32_t swapped[] = {0, 1, 3, 2};
    sparsity.traversal_order = swapped;
    assert_int_equal(mote_densify(&sparse, dense, NULL), MOTE_UNSUPPORTED);
}

/* A product with a sparse filter, by itself or behind DENSIFY. */
static mote_model *product(bool with_densify)
{
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const mote_shape in_shape = {2, {1, 4}}, filter_shape = {2, {3, 4}}, out_shape = {2, {1, 3}};
    static const float any[12] = {0};
    const int32_t x = mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &in_shape);
    const int32_t sparse = mote_graph_add_const(graph, "w", MOTE_FLOAT32, &filter_shape, any);
    int32_t filter = sparse;
    memcpy(graph->tensors[sparse]->data, VALUES, sizeof VALUES);
    graph->tensors[sparse]->sparsity = &BY_ROW;
    graph->tensors[sparse]->n_bytes = sizeof VALUES;
    if (with_densify) {
        filter = mote_graph_add_tensor(graph, "full", MOTE_FLOAT32, &filter_shape);
        assert_non_null(mote_graph_add_node(graph, MOTE_OP_DENSIFY, 1, &sparse, 1, &filter));
    }
    const int32_t y = mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &out_shape), in[] = {x, filter};
    assert_non_null(mote_graph_add_node(graph, MOTE_OP_FULLY_CONNECTED, 2, in, 1, &y));
    assert_int_equal(mote_graph_set_io(graph, 1, &x, 1, &y), MOTE_OK);
    return model;
}

static const float INPUT[] = {1, 10, 100, 1000};

static void run_product(const mote_model *model, float out[3])
{
    mote_runtime *runtime = NULL;
    mote_error err = {0};
    assert_int_equal(mote_runtime_new(&runtime, model, NULL, &err), MOTE_OK);
    assert_int_equal(mote_runtime_allocate(runtime, &err), MOTE_OK);
    memcpy(mote_runtime_input(runtime, 0)->data, INPUT, sizeof INPUT);
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
    memcpy(out, mote_runtime_output(runtime, 0)->data, 3 * sizeof *out);
    mote_runtime_free(runtime);
}

static void operators_see_dense_constants(void **state)
{
    (void)state;
    for (int with_densify = 0; with_densify < 2; with_densify++) {
        mote_model *model = product(with_densify);
        float out[3];
        run_product(model, out);
        assert_memory_equal(out, ((const float[]){10, 0, 3002}), sizeof out);
        mote_model_free(model);
    }
}

static mote_status next_input(void *arg, int32_t n_inputs, const float **inputs, bool *more, mote_error *err)
{
    (void)n_inputs, (void)err;
    int *given = arg;
    inputs[0] = INPUT;
    *more = (*given)++ == 0;
    return MOTE_OK;
}

/* As integers the filter is dense, and the product is computed on codes. */
static void is_quantized(bool with_densify)
{
    int given = 0;
    mote_model *model = product(with_densify), *made;
    mote_error err = {0};
    const mote_calibration_source source = {next_input, &given};
    mote_convert_options options = mote_convert_options_default(MOTE_FORMAT_INT8);
    options.calibration = &source;
    assert_int_equal(mote_convert(model, &options, &made, &err), MOTE_OK);
    for (int32_t i = 0; i < made->graphs[0]->n_nodes; i++) {
        const mote_node *node = made->graphs[0]->nodes[i];
        assert_int_not_equal(node->op, MOTE_OP_DENSIFY);
        if (node->op != MOTE_OP_FULLY_CONNECTED)
            continue;
        assert_int_equal(made->graphs[0]->tensors[node->inputs[0]]->dtype, MOTE_INT8);
        assert_int_equal(made->graphs[0]->tensors[node->inputs[1]]->dtype, MOTE_INT8);
        assert_string_equal(made->graphs[0]->tensors[node->inputs[1]]->name, with_densify ? "full" : "w");
    }
    float out[3];
    run_product(made, out);
    for (int i = 0; i < 3; i++)
        assert_true(fabsf(out[i] - ((const float[]){10, 0, 3002})[i]) < 15); /* steps of 3002 / 255 */
    mote_model_free(made);
    mote_model_free(model);
}

static void sparse_filters_are_quantized(void **state)
{
    (void)state;
    is_quantized(false);
    is_quantized(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_a_sparse_matrix),      cmocka_unit_test(columns_first),
        cmocka_unit_test(blocks_of_a_sparse_matrix),    cmocka_unit_test(operators_see_dense_constants),
        cmocka_unit_test(sparse_filters_are_quantized),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
