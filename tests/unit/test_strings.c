/* Operators on strings: hash tables and GATHER, and what malformed strings and tables do. */
#include "support/run_model.h"
#include "unit/mote_test.h"

#include <mote/runtime.h>

#include "op/control/control.h"
#include "op/gather/gather.h"
#include "op/strings/skip_gram.h"

#include <string.h>

enum { ROOM = 256 };
static const mote_shape ONE = {1, {1}}, TWO = {1, {2}}, THREE = {1, {3}}, FOUR = {1, {4}};

/* A tensor's bytes of n strings; returns how many. */
static size_t pack(int32_t n, const char *const *texts, char *bytes)
{
    uint32_t words[ROOM / 4] = {(uint32_t)n}, end = 4 * (uint32_t)(n + 2);
    for (int32_t i = 0; i < n; i++) {
        words[i + 1] = end;
        memcpy(bytes + end, texts[i], strlen(texts[i]));
        end += (uint32_t)strlen(texts[i]);
    }
    words[n + 1] = end;
    memcpy(bytes, words, 4 * (size_t)(n + 2));
    return end;
}

static int32_t tensor(mote_graph *graph, mote_dtype dtype, mote_shape shape)
{
    const int32_t index = mote_graph_add_tensor(graph, "t", dtype, &shape);
    assert_true(index >= 0);
    return index;
}

static int32_t strings(mote_graph *graph, int32_t n, const char *const *texts)
{
    char bytes[ROOM];
    const int32_t index = tensor(graph, MOTE_STRING, (mote_shape){1, {n}});
    mote_tensor *made = graph->tensors[index];
    made->n_bytes = pack(n, texts, bytes);
    made->data = mote_arena_copy(graph->arena, bytes, made->n_bytes);
    made->storage = MOTE_STORAGE_CONST;
    return index;
}

static int32_t numbers(mote_graph *graph, int32_t n, const int64_t *values)
{
    const mote_shape shape = {1, {n}};
    return mote_graph_add_const(graph, "n", MOTE_INT64, &shape, values);
}

static mote_node *add(mote_graph *graph, mote_op op, int32_t n_in, const int32_t *in, int32_t n_out, const int32_t *out)
{
    mote_node *node = mote_graph_add_node(graph, op, n_in, in, n_out, out);
    assert_non_null(node);
    return node;
}

/* A table that is filled twice, asked for three keys, and its size. forge: a variable's write into its order between.
 */
static mote_model *make_table(int32_t keys, int32_t values, int32_t otherwise, mote_model *model, bool forge)
{
    mote_graph *graph = model->graphs[0];
    const bool by_number = graph->tensors[keys]->dtype == MOTE_INT64;
    const int32_t handle = tensor(graph, MOTE_RESOURCE, ONE);
    const int32_t wanted = tensor(graph, by_number ? MOTE_INT64 : MOTE_STRING, THREE);
    const int32_t outs[] = {tensor(graph, by_number ? MOTE_STRING : MOTE_INT64, THREE), tensor(graph, MOTE_INT64, ONE)};
    add(graph, MOTE_OP_HASHTABLE, 0, NULL, 1, &handle);
    add(graph, MOTE_OP_HASHTABLE_IMPORT, 3, (const int32_t[]){handle, keys, values}, 0, NULL);
    add(graph, MOTE_OP_HASHTABLE_IMPORT, 3, (const int32_t[]){handle, keys, values}, 0, NULL);
    if (forge) {
        static const int32_t places[] = {1 << 20, -7, 3, 9};
        const int32_t other = tensor(graph, MOTE_RESOURCE, (mote_shape){0});
        const int32_t forged = mote_graph_add_const(graph, "f", MOTE_INT32, &FOUR, places);
        mote_var_handle_params *params = add(graph, MOTE_OP_VAR_HANDLE, 0, NULL, 1, &other)->params;
        params->container = "hash table 0";
        params->shared_name = "order";
        add(graph, MOTE_OP_ASSIGN_VARIABLE, 2, (const int32_t[]){other, forged}, 0, NULL);
    }
    add(graph, MOTE_OP_HASHTABLE_FIND, 3, (const int32_t[]){handle, wanted, otherwise}, 1, &outs[0]);
    add(graph, MOTE_OP_HASHTABLE_SIZE, 1, &handle, 1, &outs[1]);
    assert_int_equal(mote_graph_set_io(graph, 1, &wanted, 2, outs), MOTE_OK);
    return model;
}

static void assert_strings(const mote_tensor *tensor, int32_t n, const char *const *texts)
{
    char bytes[ROOM];
    const size_t n_bytes = pack(n, texts, bytes);
    assert_int_equal(tensor->n_bytes, n_bytes);
    assert_memory_equal(tensor->data, bytes, n_bytes);
}

static void numbers_find_strings(void **state)
{
    (void)state;
    static const int64_t keys[] = {7, -3, 7, 40}, wanted[] = {40, 0, 7};
    static const char *const values[] = {"first", "", "second", "forty"}, *const none[] = {"none"};
    static const char *const want[] = {"forty", "none", "first"};
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    make_table(numbers(graph, 4, keys), strings(graph, 4, values), strings(graph, 1, none), model, false);
    mote_runtime *runtime = start_model(model);
    mote_error err = {0};
    for (int pass = 0; pass < 2; pass++) {
        memcpy(mote_runtime_input(runtime, 0)->data, wanted, sizeof wanted);
        must(mote_runtime_invoke(runtime, &err), &err);
        assert_strings(mote_runtime_output(runtime, 0), 3, want);
        assert_int_equal(*(const int64_t *)mote_runtime_output(runtime, 1)->data, 3);
    }
    mote_runtime_free(runtime);
    mote_model_free(model);
}

static mote_model *make_words(bool forge)
{
    static const char *const keys[] = {"dog", "cat", "do", "dog"};
    static const int64_t values[] = {1, 2, 3, 4}, none[] = {-1};
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    return make_table(strings(graph, 4, keys), numbers(graph, 4, values), numbers(graph, 1, none), model, forge);
}

static void strings_find_numbers(void **state)
{
    (void)state;
    static const char *const wanted[] = {"do", "dog", "d"};
    static const int64_t want[] = {3, 1, -1};
    mote_model *model = make_words(false);
    mote_runtime *runtime = start_model(model);
    mote_error err = {0};
    char bytes[ROOM];
    const size_t n_bytes = pack(3, wanted, bytes);
    must(mote_runtime_set_input(runtime, 0, &THREE, bytes, n_bytes, &err), &err);
    must(mote_runtime_invoke(runtime, &err), &err);
    assert_memory_equal(mote_runtime_output(runtime, 0)->data, want, sizeof want);
    /* offsets past the end, and fewer strings than the shape says */
    const uint32_t far = 1 << 30;
    memcpy(bytes + 8, &far, sizeof far);
    must(mote_runtime_set_input(runtime, 0, &THREE, bytes, n_bytes, &err), &err);
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_ARGUMENT);
    must(mote_runtime_set_input(runtime, 0, &THREE, bytes, pack(2, wanted, bytes), &err), &err);
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_ARGUMENT);
    must(mote_runtime_set_input(runtime, 0, &THREE, bytes, 5, &err), &err);
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_ARGUMENT);
    mote_runtime_free(runtime);
    mote_model_free(model);
}

static void a_forged_order_leads_nowhere(void **state)
{
    (void)state;
    static const char *const wanted[] = {"do", "dog", "d"};
    mote_model *model = make_words(true);
    mote_runtime *runtime = start_model(model);
    mote_error err = {0};
    char bytes[ROOM];
    must(mote_runtime_set_input(runtime, 0, &THREE, bytes, pack(3, wanted, bytes), &err), &err);
    must(mote_runtime_invoke(runtime, &err), &err);
    for (int i = 0; i < 3; i++)
        assert_true(((const int64_t *)mote_runtime_output(runtime, 0)->data)[i] <= 4);
    mote_runtime_free(runtime);
    mote_model_free(model);
}

static void strings_are_gathered(void **state)
{
    (void)state;
    static const char *const texts[] = {"a", "", "long"}, *const want[] = {"long", "a"};
    static const int64_t at[] = {2, 0}, outside[] = {3, 0};
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t in[] = {strings(graph, 3, texts), tensor(graph, MOTE_INT64, TWO)};
    const int32_t out = tensor(graph, MOTE_STRING, TWO);
    add(graph, MOTE_OP_GATHER, 2, in, 1, &out);
    assert_int_equal(mote_graph_set_io(graph, 1, &in[1], 1, &out), MOTE_OK);
    mote_runtime *runtime = start_model(model);
    mote_error err = {0};
    memcpy(mote_runtime_input(runtime, 0)->data, at, sizeof at);
    must(mote_runtime_invoke(runtime, &err), &err);
    assert_strings(mote_runtime_output(runtime, 0), 2, want);
    memcpy(mote_runtime_input(runtime, 0)->data, outside, sizeof outside);
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_ARGUMENT);
    mote_runtime_free(runtime);
    mote_model_free(model);
}

/* The runs of words of a sentence, as LiteRT lists them; n -1: refused with `status`. */
static void expect_grams(const char *sentence, mote_skip_gram_params params, mote_status status, int32_t n,
                         const char *const *want)
{
    mote_model *model = mote_model_new(NULL, 0);
    mote_graph *graph = model->graphs[0];
    const int32_t in = strings(graph, 1, &sentence), out = tensor(graph, MOTE_STRING, ONE);
    memcpy(add(graph, MOTE_OP_SKIP_GRAM, 1, &in, 1, &out)->params, &params, sizeof params);
    assert_int_equal(mote_graph_set_io(graph, 0, NULL, 1, &out), MOTE_OK);
    mote_runtime *runtime = NULL;
    mote_error err = {0};
    mote_status done = mote_runtime_new(&runtime, model, NULL, &err);
    if (done == MOTE_OK)
        done = mote_runtime_allocate(runtime, &err);
    if (done == MOTE_OK)
        done = mote_runtime_invoke(runtime, &err);
    assert_int_equal(done, status);
    if (status == MOTE_OK) {
        assert_int_equal(mote_runtime_output(runtime, 0)->shape.dims[0], n);
        assert_strings(mote_runtime_output(runtime, 0), n, want);
    }
    mote_runtime_free(runtime);
    mote_model_free(model);
}

static void words_are_joined_as_in_the_reference(void **state)
{
    (void)state;
    static const char *const all[] = {"a bb", "a ccc", "a", "bb ccc", "bb d", "bb", "ccc d", "ccc", "d"};
    static const char *const next[] = {"a bb", "bb ccc", "ccc d"}, *const front[] = {"b c"}, *const tabs[] = {"b", "c"};
    static const char *const three[] = {"a b c", "a b d", "a b e", "a c d", "a c e",
                                        "a d e", "b c d", "b c e", "b d e", "c d e"};
    expect_grams("a bb ccc d", (mote_skip_gram_params){2, 1, true}, MOTE_OK, 9, all);
    expect_grams("a bb ccc d", (mote_skip_gram_params){2, 0, false}, MOTE_OK, 3, next);
    expect_grams(" a b  c ", (mote_skip_gram_params){2, 1, false}, MOTE_OK, 1, front);
    expect_grams("\ta\nb c", (mote_skip_gram_params){1, 0, true}, MOTE_OK, 2, tabs);
    expect_grams("a b c d e", (mote_skip_gram_params){3, 2, false}, MOTE_OK, 10, three);
    expect_grams("a b", (mote_skip_gram_params){3, 1, true}, MOTE_OK, 0, NULL);
    expect_grams("", (mote_skip_gram_params){1, 1, true}, MOTE_OK, 0, NULL);
}

static void too_many_runs_are_refused(void **state)
{
    (void)state;
    expect_grams("a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9",
                 (mote_skip_gram_params){18, 40, false}, MOTE_LIMIT, 0, NULL);
    expect_grams("a", (mote_skip_gram_params){0, 1, true}, MOTE_UNSUPPORTED, 0, NULL);
    expect_grams("a", (mote_skip_gram_params){1 << 30, 1, true}, MOTE_UNSUPPORTED, 0, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_find_strings),
        cmocka_unit_test(strings_find_numbers),
        cmocka_unit_test(a_forged_order_leads_nowhere),
        cmocka_unit_test(strings_are_gathered),
        cmocka_unit_test(words_are_joined_as_in_the_reference),
        cmocka_unit_test(too_many_runs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
