/*
 * The interpreter on operators of this test's own: their values depend on every input element and on their place,
 * so memory shared in a wrong way shows in the results. The expected values come from an evaluator that gives each
 * tensor memory of its own.
 */
#include "runtime/interpreter.h"

#include "unit/mote_test.h"

#include <mote/rng.h>

#include <string.h>

#include "unit/toy_ops.h"

/* --- helpers --- */

static int32_t add(mote_graph *graph, int32_t n)
{
    const int32_t tensor = mote_graph_add_tensor(graph, "t", MOTE_INT32, &(mote_shape){1, {n}});
    assert_true(tensor >= 0);
    return tensor;
}

static mote_node *node(mote_graph *graph, int op, int32_t n_inputs, const int32_t *inputs, int32_t output)
{
    mote_node *made = mote_graph_add_node(graph, (mote_op)op, n_inputs, inputs, 1, &output);
    assert_non_null(made);
    made->version = 1;
    return made;
}

static void fill(mote_tensor *tensor, uint32_t seed)
{
    for (int64_t i = 0; i < toy_count(tensor); i++)
        ((uint32_t *)tensor->data)[i] = toy_step(seed, (uint32_t)i) >> 1;
}

static mote_runtime *start(const mote_model *model, const mote_runtime_options *options)
{
    mote_runtime *runtime;
    mote_error err = {0};
    const mote_status status = mote_runtime_new(&runtime, model, options, &err);
    if (status != MOTE_OK)
        print_message("%s\n", err.message);
    assert_int_equal(status, MOTE_OK);
    return runtime;
}

static int32_t first_output(mote_runtime *runtime, int32_t input)
{
    mote_error err = {0};
    must(mote_runtime_allocate(runtime, &err), &err);
    *(int32_t *)mote_runtime_input(runtime, 0)->data = input;
    must(mote_runtime_invoke(runtime, &err), &err);
    return *(const int32_t *)mote_runtime_output(runtime, 0)->data;
}

/* --- random graphs --- */

enum { N_TENSORS_MAX = 80 };

static mote_model *random_model(mote_rng *rng)
{
    static const int KINDS[] = {OP_MIX, OP_MIX, OP_ELEMENT, OP_ELEMENT, OP_VIEW, OP_SHAPE, OP_RESHAPE};
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    int32_t inputs[3];
    const int32_t n_inputs = 1 + (int32_t)mote_rng_below(rng, 3);
    for (int32_t i = 0; i < n_inputs; i++)
        inputs[i] = add(graph, 1 + (int32_t)mote_rng_below(rng, 300));
    int32_t weights[40];
    for (size_t i = 0; i < 40; i++)
        weights[i] = (int32_t)(toy_step(3, (uint32_t)i) >> 1);
    mote_graph_add_const_i32(graph, "w", 40, weights);
    const int32_t n_nodes = 1 + (int32_t)mote_rng_below(rng, 50);
    for (int32_t k = 0; k < n_nodes; k++) {
        const int op = KINDS[mote_rng_below(rng, sizeof KINDS / sizeof *KINDS)];
        const uint32_t n = (uint32_t)graph->n_tensors;
        int32_t in[2] = {(int32_t)mote_rng_below(rng, n), (int32_t)mote_rng_below(rng, n)};
        const int32_t elements = (int32_t)toy_count(graph->tensors[in[0]]);
        if (op == OP_RESHAPE) {
            const int32_t dims[2] = {1, elements};
            in[1] = mote_graph_add_const_i32(graph, "dims", 2, dims);
        }
        int32_t size = op == OP_MIX ? 1 + (int32_t)mote_rng_below(rng, 300) : elements;
        if (op == OP_SHAPE)
            size = graph->tensors[in[0]]->shape.rank;
        const int32_t out = add(graph, size);
        if (op == OP_ELEMENT)
            graph->tensors[out]->shape = graph->tensors[in[0]]->shape;
        if (op == OP_RESHAPE) /* the test's evaluator reads shapes from the graph */
            graph->tensors[out]->shape = (mote_shape){2, {1, elements}};
        node(graph, op, op == OP_VIEW || op == OP_SHAPE ? 1 : 2, in, out);
    }
    int32_t outputs[4];
    const int32_t n_outputs = 1 + (int32_t)mote_rng_below(rng, 4);
    for (int32_t i = 0; i < n_outputs; i++)
        outputs[i] = i == 0 ? graph->n_tensors - 1 : (int32_t)mote_rng_below(rng, (uint32_t)graph->n_tensors);
    assert_int_equal(mote_graph_set_io(graph, n_inputs, inputs, n_outputs, outputs), MOTE_OK);
    return model;
}

/* Each tensor in memory of its own. */
static void evaluate(const mote_graph *graph, uint32_t **values, uint32_t seed)
{
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        const mote_tensor *tensor = graph->tensors[i];
        values[i] = calloc((size_t)toy_count(tensor) + 1, 4);
        assert_non_null(values[i]);
        if (tensor->data)
            memcpy(values[i], tensor->data, tensor->n_bytes);
    }
    for (int32_t i = 0; i < graph->n_inputs; i++) {
        mote_tensor probe = *graph->tensors[graph->inputs[i]];
        probe.data = values[graph->inputs[i]];
        fill(&probe, seed + (uint32_t)i);
    }
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const mote_node *at = graph->nodes[k];
        mote_tensor in[2], out = *graph->tensors[at->outputs[0]];
        mote_tensor *ins[2] = {&in[0], &in[1]}, *outs[1] = {&out};
        for (int32_t j = 0; j < at->n_inputs; j++) {
            in[j] = *graph->tensors[at->inputs[j]];
            in[j].data = values[at->inputs[j]];
        }
        out.data = values[at->outputs[0]];
        mote_op_io io = {at, ins, outs, at->n_inputs, 1};
        uint32_t *between = calloc((size_t)toy_count(&out) + 1, 4);
        assert_non_null(between);
        if ((int)at->op == OP_MIX)
            toy_mix(&io, between);
        else if ((int)at->op == OP_ELEMENT)
            toy_element(&io, 0, toy_count(&out), 0);
        else if ((int)at->op == OP_SHAPE)
            toy_shape(&io);
        else
            toy_copy(&io);
        free(between);
    }
}

static void check_model(const mote_model *model, const mote_runtime_options *options, uint32_t **values, uint32_t seed)
{
    const mote_graph *graph = model->graphs[0];
    mote_runtime *runtime = start(model, options);
    mote_error err = {0};
    for (uint32_t again = 0; again < 2; again++) {
        must(mote_runtime_allocate(runtime, &err), &err);
        for (int32_t i = 0; i < graph->n_inputs; i++)
            fill(mote_runtime_input(runtime, i), seed + (uint32_t)i);
        must(mote_runtime_invoke(runtime, &err), &err);
        for (int32_t i = 0; i < graph->n_outputs; i++) {
            const mote_tensor *out = mote_runtime_output(runtime, i);
            assert_int_equal(toy_count(out), toy_count(graph->tensors[graph->outputs[i]]));
            assert_memory_equal(out->data, values[graph->outputs[i]], (size_t)toy_count(out) * 4);
        }
        for (int32_t t = 0; options->keep_all && t < graph->n_tensors; t++) {
            const mote_tensor *tensor = mote_runtime_tensor(runtime, t);
            assert_non_null(tensor);
            assert_memory_equal(tensor->data, values[t], (size_t)toy_count(tensor) * 4);
        }
    }
    mote_runtime_free(runtime);
}

static void random_graphs_give_what_they_should(void **state)
{
    (void)state;
    mote_rng rng = mote_rng_make(99, 0);
    size_t planned = 0, kept = 0;
    for (uint32_t round = 0; round < 150; round++) {
        mote_model *model = random_model(&rng);
        const mote_graph *graph = model->graphs[0];
        uint32_t *values[4 * N_TENSORS_MAX];
        assert_true(graph->n_tensors <= 4 * N_TENSORS_MAX);
        evaluate(graph, values, round);
        check_model(model, &(mote_runtime_options){.n_threads = 1}, values, round);
        check_model(model, &(mote_runtime_options){.n_threads = 4}, values, round);
        check_model(model, &(mote_runtime_options){.n_threads = 1, .keep_all = true}, values, round);
        for (int keep = 0; keep < 2; keep++) {
            mote_runtime *runtime = start(model, &(mote_runtime_options){.n_threads = 1, .keep_all = keep != 0});
            *(keep ? &kept : &planned) += mote_runtime_arena_bytes(runtime);
            mote_runtime_free(runtime);
        }
        for (int32_t i = 0; i < graph->n_tensors; i++)
            free(values[i]);
        mote_model_free(model);
    }
    print_message("planned %zu bytes, kept all %zu\n", planned, kept);
    assert_true(planned < kept * 3 / 5);
}

/* --- memory --- */

static void a_chain_of_elements_runs_in_place(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t input = add(graph, 1024), weight = mote_graph_add_const_i32(graph, "w", 1, &(int32_t){5});
    int32_t last = input;
    for (int k = 0; k < 10; k++) {
        const int32_t out = add(graph, 1024), in[2] = {last, weight};
        node(graph, k % 2 ? OP_VIEW : OP_ELEMENT, k % 2 ? 1 : 2, in, out);
        last = out;
    }
    mote_graph_set_io(graph, 1, &input, 1, &last);
    mote_runtime *runtime = start(model, &(mote_runtime_options){.n_threads = 1});
    assert_int_equal(mote_runtime_arena_bytes(runtime), 4096);
    assert_null(runtime->plans[0]->arena); /* known, not yet allocated */
    mote_runtime_free(runtime);
    mote_model_free(model);
}

static void folded_values_that_nothing_reads_cost_nothing(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t weights[256] = {3}, input = add(graph, 64);
    int32_t last = mote_graph_add_const_i32(graph, "w", 256, weights);
    for (int k = 0; k < 5; k++) {
        const int32_t out = add(graph, 256), in[2] = {last, last};
        node(graph, OP_ELEMENT, 2, in, out);
        last = out;
    }
    const int32_t result = add(graph, 64), in[2] = {input, last};
    node(graph, OP_ELEMENT, 2, in, result);
    mote_graph_set_io(graph, 1, &input, 1, &result);
    mote_runtime *runtime = start(model, &(mote_runtime_options){.n_threads = 1});
    assert_int_equal(mote_runtime_arena_bytes(runtime), 256);
    assert_int_equal(mote_runtime_weights_bytes(runtime), 1024 + 1024); /* the file's, and the last folded one */
    mote_runtime_free(runtime);
    mote_model_free(model);
}

static mote_model *chain_model(void)
{
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t input = add(graph, 8), odd = add(graph, 1), mixed = add(graph, 16), shape = add(graph, 1);
    const int32_t folded = add(graph, 4), weight = mote_graph_add_const_i32(graph, "w", 4, (int32_t[]){1, 2, 3, 4});
    const int32_t flat = add(graph, 1);
    node(graph, OP_ELEMENT, 2, (int32_t[]){weight, weight}, folded);
    node(graph, OP_ODD, 1, &input, odd);
    node(graph, OP_SHAPE, 1, &odd, shape);
    node(graph, OP_RESHAPE, 2, (int32_t[]){odd, shape}, flat);
    node(graph, OP_MIX, 3, (int32_t[]){flat, folded, input}, mixed);
    const int32_t outputs[2] = {mixed, flat};
    mote_graph_set_io(graph, 1, &input, 2, outputs);
    return model;
}

static void shapes_that_depend_on_values_are_followed(void **state)
{
    (void)state;
    mote_model *model = chain_model();
    mote_runtime *runtime = start(model, &(mote_runtime_options){.n_threads = 1});
    mote_error err = {0};
    for (int32_t n_odd = 0; n_odd <= 8; n_odd++) {
        must(mote_runtime_allocate(runtime, &err), &err);
        int32_t *in = mote_runtime_input(runtime, 0)->data;
        for (int32_t i = 0; i < 8; i++)
            in[i] = 10 * i + (i < n_odd);
        must(mote_runtime_invoke(runtime, &err), &err);
        const mote_tensor *flat = mote_runtime_output(runtime, 1);
        assert_int_equal(flat->shape.rank, 1);
        assert_int_equal(flat->shape.dims[0], n_odd);
        for (int32_t i = 0; i < n_odd; i++)
            assert_int_equal(((const int32_t *)flat->data)[i], 10 * i + 1);
    }
    mote_runtime_free(runtime);
    mote_model_free(model);
}

typedef struct failing {
    int64_t left; /* allocations until one fails */
    int64_t alive;
} failing;

static void *failing_alloc(void *context, size_t n_bytes, size_t alignment)
{
    failing *at = context;
    if (at->left-- <= 0)
        return NULL;
    void *block = NULL;
    if (posix_memalign(&block, alignment, n_bytes) != 0)
        return NULL;
    at->alive++;
    return block;
}

static void failing_free(void *context, void *block)
{
    ((failing *)context)->alive--;
    free(block);
}

static void every_failed_allocation_is_an_error(void **state)
{
    (void)state;
    mote_model *model = chain_model();
    int32_t n_failures = 0;
    for (int64_t nth = 0;; nth++) {
        failing context = {.left = nth};
        const mote_allocator allocator = {failing_alloc, failing_free, &context};
        mote_runtime *runtime;
        mote_error err = {0};
        mote_status status =
            mote_runtime_new(&runtime, model, &(mote_runtime_options){.n_threads = 1, .allocator = &allocator}, &err);
        if (status == MOTE_OK) {
            status = mote_runtime_allocate(runtime, &err);
            if (status == MOTE_OK)
                fill(mote_runtime_input(runtime, 0), 1);
            if (status == MOTE_OK)
                status = mote_runtime_invoke(runtime, &err);
        }
        mote_runtime_free(runtime);
        assert_int_equal(context.alive, 0);
        if (status == MOTE_OK)
            break;
        assert_int_equal(status, MOTE_NO_MEMORY);
        assert_true(err.message[0] != '\0');
        n_failures++;
    }
    print_message("%d allocations failed, one at a time\n", n_failures);
    assert_true(n_failures > 10);
    mote_model_free(model);
}

static void the_limit_is_kept(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t input = add(graph, 4), out = add(graph, 1000000);
    node(graph, OP_MIX, 1, &input, out);
    mote_graph_set_io(graph, 1, &input, 1, &out);
    mote_runtime *runtime;
    mote_error err = {0};
    assert_int_equal(mote_runtime_new(&runtime, model, &(mote_runtime_options){.limit_bytes = 4000000}, &err),
                     MOTE_LIMIT);
    assert_null(runtime);
    assert_non_null(strstr(err.message, "limit"));
    mote_model_free(model);
}

/* --- state --- */

static void variables_are_kept_and_reset(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t in[2] = {add(graph, 1), add(graph, 1)}, out = add(graph, 1);
    graph->tensors[in[1]]->storage = MOTE_STORAGE_VARIABLE;
    node(graph, OP_COUNT, 2, in, out);
    mote_graph_set_io(graph, 1, in, 1, &out);
    mote_runtime *runtime = start(model, NULL);
    mote_error err = {0};
    assert_int_equal(first_output(runtime, 10), 11);
    assert_int_equal(first_output(runtime, 10), 12);
    must(mote_runtime_reset(runtime, &err), &err);
    assert_int_equal(first_output(runtime, 10), 11);
    mote_runtime_free(runtime);
    mote_model_free(model);
}

static void resources_are_shared_and_reset(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t input = add(graph, 1), once = add(graph, 1), out = add(graph, 1);
    node(graph, OP_STORE, 1, &input, once);
    node(graph, OP_STORE, 1, &input, out);
    mote_graph_set_io(graph, 1, &input, 1, &out);
    mote_runtime *runtime = start(model, NULL);
    mote_error err = {0};
    assert_int_equal(first_output(runtime, 10), 20);
    assert_int_equal(first_output(runtime, 1), 22);
    must(mote_runtime_reset(runtime, &err), &err);
    assert_int_equal(first_output(runtime, 3), 6);
    mote_runtime_free(runtime);
    mote_model_free(model);
}

/* --- graphs that call graphs --- */

/* body(a, b) -> (b, a ++ b mixed into another size when grow) */
static mote_model *loop_model(bool grow)
{
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *body = mote_model_add_graph(model, "body"), *graph = model->graphs[0];
    assert_non_null(body);
    const int32_t in[3] = {add(graph, 1), add(graph, 2), add(graph, 2)}, out[2] = {add(graph, 2), add(graph, 2)};
    mote_node *call = mote_graph_add_node(graph, (mote_op)OP_CALL, 3, in, 2, out);
    ((call_params *)call->params)->graph = 1;
    mote_graph_set_io(graph, 3, in, 2, out);
    const int32_t a = add(body, 2), b = add(body, 2);
    if (grow) {
        const int32_t odd = add(body, 2);
        node(body, OP_ODD, 1, &b, odd);
        mote_graph_set_io(body, 2, (int32_t[]){a, b}, 2, (int32_t[]){odd, a});
    } else {
        mote_graph_set_io(body, 2, (int32_t[]){a, b}, 2, (int32_t[]){b, a});
    }
    return model;
}

static void loop(mote_runtime *runtime, int32_t times)
{
    mote_error err = {0};
    must(mote_runtime_allocate(runtime, &err), &err);
    *(int32_t *)mote_runtime_input(runtime, 0)->data = times;
    for (int32_t i = 0; i < 2; i++)
        for (int32_t j = 0; j < 2; j++)
            ((int32_t *)mote_runtime_input(runtime, 1 + i)->data)[j] = 10 * (i + 1) + j;
    must(mote_runtime_invoke(runtime, &err), &err);
}

static void a_loop_may_swap_its_values(void **state)
{
    (void)state;
    mote_model *model = loop_model(false);
    mote_runtime *runtime = start(model, NULL);
    for (int32_t times = 0; times < 4; times++) {
        loop(runtime, times);
        for (int32_t i = 0; i < 2; i++)
            for (int32_t j = 0; j < 2; j++)
                assert_int_equal(((const int32_t *)mote_runtime_output(runtime, i)->data)[j],
                                 10 * ((i + times) % 2 + 1) + j);
    }
    mote_runtime_free(runtime);
    mote_model_free(model);
}

static void a_loop_may_change_shapes(void **state)
{
    (void)state;
    mote_model *model = loop_model(true);
    mote_runtime *runtime = start(model, NULL);
    loop(runtime, 2); /* a = {10, 11}, b = {20, 21}: -> {21}, {10, 11} -> {11}, {21} */
    const mote_tensor *first = mote_runtime_output(runtime, 0), *second = mote_runtime_output(runtime, 1);
    assert_int_equal(toy_count(first), 1);
    assert_int_equal(*(const int32_t *)first->data, 11);
    assert_int_equal(toy_count(second), 1);
    assert_int_equal(*(const int32_t *)second->data, 21);
    loop(runtime, 0);
    assert_int_equal(toy_count(mote_runtime_output(runtime, 0)), 2);
    mote_runtime_free(runtime);
    mote_model_free(model);
}

static void a_graph_that_calls_itself_is_refused(void **state)
{
    (void)state;
    mote_model *model = loop_model(false);
    ((call_params *)model->graphs[0]->nodes[0]->params)->graph = 0;
    mote_runtime *runtime = start(model, NULL);
    mote_error err = {0};
    must(mote_runtime_allocate(runtime, &err), &err);
    *(int32_t *)mote_runtime_input(runtime, 0)->data = 1;
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_UNSUPPORTED);
    assert_non_null(strstr(err.message, "calls itself"));
    *(int32_t *)mote_runtime_input(runtime, 0)->data = 0; /* and is usable afterwards */
    must(mote_runtime_invoke(runtime, &err), &err);
    mote_runtime_free(runtime);
    mote_model_free(model);
}

/* --- the door --- */

static void refusals_name_operator_version_and_place(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t input = add(graph, 1);
    int32_t last = input;
    for (int k = 0; k < 3; k++) {
        const int32_t out = add(graph, 1);
        node(graph, k == 0 ? OP_VIEW : k == 1 ? OP_STORE : 3000, 1, &last, out);
        last = out;
    }
    graph->nodes[1]->version = 7;
    mote_graph_set_io(graph, 1, &input, 1, &last);
    mote_runtime *runtime;
    mote_error err = {0};
    assert_int_equal(mote_runtime_new(&runtime, model, NULL, &err), MOTE_UNSUPPORTED);
    assert_non_null(strstr(err.message, "operator 1 (STORE version 7, int32)"));
    assert_non_null(strstr(err.message, "operator 2 (operator code 3000 version 1, int32)"));
    graph->nodes[1]->version = 2;
    graph->nodes[2]->op = (mote_op)OP_REFUSED;
    assert_int_equal(mote_runtime_new(&runtime, model, NULL, &err), MOTE_UNSUPPORTED);
    assert_string_equal(err.message, "operator 2 (REFUSED version 1, int32): no kernel for it");
    assert_null(runtime);
    mote_model_free(model);
}

static void inputs_may_be_resized(void **state)
{
    (void)state;
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t input = add(graph, 1), shape = add(graph, 1), out = add(graph, 1);
    node(graph, OP_SHAPE, 1, &input, shape);
    node(graph, OP_ELEMENT, 2, (int32_t[]){input, shape}, out);
    mote_graph_set_io(graph, 1, &input, 1, &out);
    mote_runtime *runtime = start(model, NULL);
    mote_error err = {0};
    for (int32_t n = 1; n < 200; n += 33) {
        must(mote_runtime_resize_input(runtime, 0, &(mote_shape){1, {n}}, &err), &err);
        must(mote_runtime_allocate(runtime, &err), &err);
        fill(mote_runtime_input(runtime, 0), 4);
        must(mote_runtime_invoke(runtime, &err), &err);
        const mote_tensor *result = mote_runtime_output(runtime, 0);
        assert_int_equal(toy_count(result), n);
        for (int32_t i = 0; i < n; i++)
            assert_int_equal(((const uint32_t *)result->data)[i],
                             toy_step(toy_step(4, (uint32_t)i) >> 1, (uint32_t)n) >> 1);
    }
    assert_int_equal(mote_runtime_resize_input(runtime, 0, &(mote_shape){1, {-1}}, &err), MOTE_ARGUMENT);
    assert_int_equal(mote_runtime_resize_input(runtime, 1, &(mote_shape){1, {1}}, &err), MOTE_ARGUMENT);
    mote_runtime_free(runtime);
    mote_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs_give_what_they_should),
        cmocka_unit_test(a_chain_of_elements_runs_in_place),
        cmocka_unit_test(folded_values_that_nothing_reads_cost_nothing),
        cmocka_unit_test(shapes_that_depend_on_values_are_followed),
        cmocka_unit_test(every_failed_allocation_is_an_error),
        cmocka_unit_test(the_limit_is_kept),
        cmocka_unit_test(variables_are_kept_and_reset),
        cmocka_unit_test(resources_are_shared_and_reset),
        cmocka_unit_test(a_loop_may_swap_its_values),
        cmocka_unit_test(a_loop_may_change_shapes),
        cmocka_unit_test(a_graph_that_calls_itself_is_refused),
        cmocka_unit_test(refusals_name_operator_version_and_place),
        cmocka_unit_test(inputs_may_be_resized),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
