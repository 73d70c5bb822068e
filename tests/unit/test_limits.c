/* What a network may cost: memory in all, and time in loops. */
#include "unit/mote_test.h"

#include <mote/runtime.h>

#include "op/control/control.h"

#include <string.h>

static mote_status run_limited(const mote_model *model, const mote_runtime_options *options, mote_error *err)
{
    mote_runtime *runtime = NULL;
    mote_status status = mote_runtime_new(&runtime, model, options, err);
    if (status == MOTE_OK)
        status = mote_runtime_allocate(runtime, err);
    if (status == MOTE_OK)
        status = mote_runtime_invoke(runtime, err);
    mote_runtime_free(runtime);
    return status;
}

/* A WHILE whose condition is its own input and whose body hands it on. */
static mote_model *make_loop(void)
{
    mote_model *model = mote_model_new(NULL, 0);
    const mote_shape scalar = {0};
    for (int g = 0; g < 3; g++) {
        mote_graph *graph = g == 0 ? model->graphs[0] : mote_model_add_graph(model, "same");
        const int32_t in = mote_graph_add_tensor(graph, "go", MOTE_BOOL, &scalar);
        const int32_t out = mote_graph_add_tensor(graph, "on", MOTE_BOOL, &scalar);
        mote_node *node = mote_graph_add_node(graph, g == 0 ? MOTE_OP_WHILE : MOTE_OP_LOGICAL_NOT, 1, &in, 1, &out);
        assert_non_null(node);
        if (g == 0)
            *(mote_while_params *)node->params = (mote_while_params){1, 2};
        assert_int_equal(mote_graph_set_io(graph, 1, &in, 1, &out), MOTE_OK);
    }
    /* not(false) goes on, and the body's not(false) would end it: two NOTs in a row make it endless */
    mote_graph *body = model->graphs[2];
    const int32_t first = body->outputs[0], second = mote_graph_add_tensor(body, "again", MOTE_BOOL, &scalar);
    assert_non_null(mote_graph_add_node(body, MOTE_OP_LOGICAL_NOT, 1, &first, 1, &second));
    assert_int_equal(mote_graph_set_io(body, 1, body->inputs, 1, &second), MOTE_OK);
    return model;
}

static void endless_loops_end(void **state)
{
    (void)state;
    mote_model *model = make_loop();
    mote_runtime_options options = mote_runtime_options_default();
    options.n_threads = 1;
    options.limit_loops_ms = 30;
    mote_error err = {0};
    assert_int_equal(run_limited(model, &options, &err), MOTE_LIMIT);
    assert_non_null(strstr(err.message, "30 ms"));
    mote_model_free(model);
}

/* Where the options say nothing, the model's own limits hold; its copies have them too. */
static void a_model_carries_its_limits(void **state)
{
    (void)state;
    mote_model *model = make_loop();
    model->run_limit_loops_ms = 20;
    mote_model *copy = mote_model_clone(model, NULL);
    assert_non_null(copy);
    mote_error err = {0};
    assert_int_equal(run_limited(copy, NULL, &err), MOTE_LIMIT);
    assert_non_null(strstr(err.message, "20 ms"));
    mote_runtime_options options = mote_runtime_options_default();
    options.limit_loops_ms = 40;
    assert_int_equal(run_limited(model, &options, &err), MOTE_LIMIT);
    assert_non_null(strstr(err.message, "40 ms"));
    model->run_limit_bytes = 100;
    assert_int_equal(run_limited(model, NULL, &err), MOTE_LIMIT);
    assert_non_null(strstr(err.message, "limit"));
    mote_model_free(copy);
    mote_model_free(model);
}

/* RANGE makes a tensor whose size only running tells. */
static void sizes_that_only_running_tells_are_limited(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const mote_shape scalar = {0}, vector = {1, {1}};
    const float zero = 0, one = 1;
    const int32_t start = mote_graph_add_const(graph, "start", MOTE_FLOAT32, &scalar, &zero);
    const int32_t limit = mote_graph_add_tensor(graph, "limit", MOTE_FLOAT32, &scalar);
    const int32_t step = mote_graph_add_const(graph, "step", MOTE_FLOAT32, &scalar, &one);
    const int32_t in[] = {start, limit, step}, out = mote_graph_add_tensor(graph, "r", MOTE_FLOAT32, &vector);
    const int32_t negative = mote_graph_add_tensor(graph, "n", MOTE_FLOAT32, &vector);
    assert_non_null(mote_graph_add_node(graph, MOTE_OP_RANGE, 3, in, 1, &out));
    assert_non_null(mote_graph_add_node(graph, MOTE_OP_NEG, 1, &out, 1, &negative));
    assert_int_equal(mote_graph_set_io(graph, 1, &limit, 1, &negative), MOTE_OK);
    mote_runtime_options options = mote_runtime_options_default();
    options.n_threads = 1;
    options.limit_bytes = 1 << 20;
    mote_runtime *runtime = NULL;
    mote_error err = {0};
    assert_int_equal(mote_runtime_new(&runtime, model, &options, &err), MOTE_OK);
    assert_int_equal(mote_runtime_allocate(runtime, &err), MOTE_OK);
    static const struct {
        float limit;
        mote_status status;
    } cases[] = {{1000, MOTE_OK}, {150000, MOTE_LIMIT} /* twice 600,000 bytes */, {1e8F, MOTE_LIMIT}, {1000, MOTE_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        *(float *)mote_runtime_input(runtime, 0)->data = cases[i].limit;
        assert_int_equal(mote_runtime_invoke(runtime, &err), cases[i].status);
    }
    assert_int_equal(mote_runtime_output(runtime, 0)->shape.dims[0], 1000);
    mote_runtime_free(runtime);
    mote_model_free(model);
}

/* Sixteen graphs that are entered one by one: each fits a limit that all together would not. */
static void checking_says_what_running_says(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    const mote_shape shape = {1, {256}};
    for (int g = 0; g < 16; g++) {
        mote_graph *graph = g == 0 ? model->graphs[0] : mote_model_add_graph(model, "alike");
        const int32_t in = mote_graph_add_tensor(graph, "in", MOTE_FLOAT32, &shape);
        const int32_t out = mote_graph_add_tensor(graph, "out", MOTE_FLOAT32, &shape);
        assert_non_null(mote_graph_add_node(graph, MOTE_OP_NEG, 1, &in, 1, &out));
        assert_int_equal(mote_graph_set_io(graph, 1, &in, 1, &out), MOTE_OK);
    }
    mote_runtime_options options = mote_runtime_options_default();
    options.n_threads = 1;
    mote_error err = {0};
    for (options.limit_bytes = 256; run_limited(model, &options, &err) != MOTE_OK;)
        options.limit_bytes += 256;
    assert_true(options.limit_bytes > 2048 && options.limit_bytes < 32768);
    assert_int_equal(mote_runtime_check(model, &options, NULL, NULL, &err), MOTE_OK);
    options.limit_bytes = 0;
    model->run_limit_bytes = 512; /* the model's own holds here too */
    assert_int_equal(run_limited(model, &options, &err), MOTE_LIMIT);
    assert_int_equal(mote_runtime_check(model, &options, NULL, NULL, &err), MOTE_LIMIT);
    mote_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endless_loops_end),
        cmocka_unit_test(a_model_carries_its_limits),
        cmocka_unit_test(sizes_that_only_running_tells_are_limited),
        cmocka_unit_test(checking_says_what_running_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
