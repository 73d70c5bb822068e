#include "support/tflite_model.h"

#include "unit/mote_test.h"

#include <mote/tflite.h>

#include <string.h>

#include "op/op.h"
#include "tflite/tflite_schema.h"

static void add_sparse(mote_graph *graph)
{
    /* 2 x 3, row 0 dense in its tree, columns {1} and {0, 2} stored */
    static const int32_t order[] = {0, 1}, segments[] = {0, 1, 3}, indices[] = {1, 0, 2};
    static const mote_sparse_dim dims[] = {
        {.format = TFL_DIM_DENSE, .dense_size = 2},
        {.format = TFL_DIM_CSR, .n_segments = 3, .segments = segments, .n_indices = 3, .indices = indices},
    };
    static const mote_sparsity sparsity = {.n_traversal = 2, .traversal_order = order, .n_dims = 2, .dims = dims};
    static const float values[] = {5, 6, 7};
    const mote_shape shape = mote_shape_make(2, (const int32_t[]){2, 3});
    const int32_t index = mote_graph_add_tensor(graph, "sparse", MOTE_FLOAT32, &shape);
    graph->tensors[index]->storage = MOTE_STORAGE_CONST;
    graph->tensors[index]->sparsity = &sparsity;
    graph->tensors[index]->data = mote_arena_copy(graph->arena, values, sizeof values);
    graph->tensors[index]->n_bytes = sizeof values;
}

static void add_text(mote_graph *graph)
{
    static const uint32_t header[] = {2, 16, 18};
    const mote_shape shape = mote_shape_make(1, (const int32_t[]){2});
    const int32_t index = mote_graph_add_tensor(graph, "text", MOTE_STRING, &shape);
    char *bytes = mote_arena_alloc(graph->arena, 21);
    memcpy(bytes, header, sizeof header);
    memcpy(bytes + 12, (const uint32_t[]){21}, 4);
    memcpy(bytes + 16, "abcde", 5);
    graph->tensors[index]->storage = MOTE_STORAGE_CONST;
    graph->tensors[index]->data = bytes;
    graph->tensors[index]->n_bytes = 21;
}

mote_model *tflite_make_model(void)
{
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const mote_shape shape = mote_shape_make(2, (const int32_t[]){1, 4});
    const mote_shape shape_2x3 = mote_shape_make(2, (const int32_t[]){2, 3});
    const mote_shape none = mote_shape_make(1, (const int32_t[]){0});
    const float c[] = {1, 2, 3, 4};
    model->source = "keras";
    assert_int_equal(mote_graph_add_tensor(graph, "serving_default_x:0", MOTE_FLOAT32, &shape), T_X);
    assert_int_equal(mote_graph_add_const(graph, "c", MOTE_FLOAT32, &shape, c), T_C);
    assert_int_equal(mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &shape), T_Y);
    assert_int_equal(mote_graph_add_const(graph, "q", MOTE_INT8, &shape_2x3, "\1\2\3\4\5\6"), T_Q);
    assert_int_equal(mote_graph_set_quant(graph, T_Q, 2, 0, (const float[]){0.5F, 0.25F}, (const int64_t[]){1, -2}),
                     MOTE_OK);
    assert_int_equal(mote_graph_add_const(graph, "same", MOTE_FLOAT32, &shape, c), T_SAME);
    add_text(graph);
    assert_int_equal(mote_graph_add_const(graph, "empty", MOTE_INT32, &none, NULL), T_EMPTY);
    assert_int_equal(mote_graph_add_tensor(graph, "state", MOTE_FLOAT32, &shape), T_STATE);
    graph->tensors[T_STATE]->storage = MOTE_STORAGE_VARIABLE;
    assert_int_equal(mote_graph_add_const(graph, "int4", MOTE_INT4, &shape_2x3, "\x21\x43\x65"), T_INT4);
    add_sparse(graph);
    graph->tensors[T_X]->has_signature = true;
    graph->tensors[T_X]->signature = mote_shape_make(2, (const int32_t[]){-1, 4});
    graph->tensors[T_Y]->quant = (mote_quant){.has_range = true, .min = -1, .max = 2};
    mote_node *node =
        mote_graph_add_node(graph, MOTE_OP_ADD, 2, (const int32_t[]){T_X, T_C}, 1, (const int32_t[]){T_Y});
    node->version = 2;
    assert_int_equal(mote_graph_set_io(graph, 1, (const int32_t[]){T_X}, 1, (const int32_t[]){T_Y}), MOTE_OK);
    assert_int_equal(mote_model_add_metadata(model, "note", "hello", 5), MOTE_OK);
    return model;
}

unsigned char *tflite_build(const mote_model *model, size_t *n_bytes)
{
    unsigned char *bytes;
    mote_error err;
    if (mote_tflite_build(model, &bytes, n_bytes, NULL, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    return bytes;
}

mote_model *tflite_read_back(const unsigned char *bytes, size_t n_bytes)
{
    mote_model *model;
    mote_error err;
    if (mote_tflite_read(&model, bytes, n_bytes, NULL, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    return model;
}
