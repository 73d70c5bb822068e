/* A program that has libmote-rt alone: it writes a small .tflite, reads it back and runs it. */
#include "unit/mote_test.h"

#include <mote/runtime.h>
#include <mote/tflite.h>

#include <string.h>
#include <sys/stat.h>

/* y = relu(x * 2 + 1) on four floats, as bytes of a file */
static unsigned char *small_file(size_t *n_bytes)
{
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const mote_shape shape = {2, {1, 4}}, one = {1, {1}};
    const float two = 2, plus = 1;
    const int32_t x = mote_graph_add_tensor(graph, "x", MOTE_FLOAT32, &shape);
    const int32_t factor = mote_graph_add_const(graph, "factor", MOTE_FLOAT32, &one, &two);
    const int32_t term = mote_graph_add_const(graph, "term", MOTE_FLOAT32, &one, &plus);
    const int32_t product = mote_graph_add_tensor(graph, "product", MOTE_FLOAT32, &shape);
    const int32_t sum = mote_graph_add_tensor(graph, "sum", MOTE_FLOAT32, &shape);
    const int32_t y = mote_graph_add_tensor(graph, "y", MOTE_FLOAT32, &shape);
    assert_non_null(mote_graph_add_node(graph, MOTE_OP_MUL, 2, (int32_t[]){x, factor}, 1, &product));
    assert_non_null(mote_graph_add_node(graph, MOTE_OP_ADD, 2, (int32_t[]){product, term}, 1, &sum));
    assert_non_null(mote_graph_add_node(graph, MOTE_OP_RELU, 1, &sum, 1, &y));
    assert_int_equal(mote_graph_set_io(graph, 1, &x, 1, &y), MOTE_OK);
    unsigned char *bytes = NULL;
    mote_error err = {0};
    assert_int_equal(mote_tflite_build(model, &bytes, n_bytes, NULL, &err), MOTE_OK);
    mote_model_free(model);
    return bytes;
}

static void a_file_is_read_and_run(void **state)
{
    (void)state;
    size_t n_bytes;
    unsigned char *bytes = small_file(&n_bytes);
    mote_model *model;
    mote_runtime *runtime;
    mote_error err = {0};
    assert_int_equal(mote_tflite_read(&model, bytes, n_bytes, NULL, &err), MOTE_OK);
    mote_free(NULL, bytes);
    assert_int_equal(mote_runtime_new(&runtime, model, NULL, &err), MOTE_OK);
    assert_int_equal(mote_runtime_allocate(runtime, &err), MOTE_OK);
    const float x[4] = {-3, -0.5F, 0, 7}, wanted[4] = {0, 0, 1, 15};
    memcpy(mote_runtime_input(runtime, 0)->data, x, sizeof x);
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
    assert_memory_equal(mote_runtime_output(runtime, 0)->data, wanted, sizeof wanted);
    mote_runtime_free(runtime);
    mote_model_free(model);
    struct stat file;
    if (stat("/proc/self/exe", &file) == 0)
        print_message("this program, with all operators and kernels: %lld bytes\n", (long long)file.st_size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_file_is_read_and_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
