/* The .tflite codec on models made here: what is written, and what comes back. */
#include "mote_test.h"

#include "op/op.h"
#include "support/model_equal.h"
#include "support/tflite_model.h"
#include "tflite/flatbuffer.h"
#include "tflite/tflite_schema.h"

#include <mote/tflite.h>

#include <string.h>

/* --- what is written --- */

static void test_round_trip(void **state)
{
    (void)state;
    size_t n_bytes, n_again;
    char why[256] = "";
    mote_model *model = tflite_make_model();
    unsigned char *bytes = tflite_build(model, &n_bytes), *bytes_again = tflite_build(model, &n_again);
    assert_int_equal(n_bytes, n_again);
    assert_memory_equal(bytes, bytes_again, n_bytes);
    mote_model *back = tflite_read_back(bytes, n_bytes);
    assert_string_equal(back->source, "tflite");
    assert_int_equal(back->n_signatures, 1);
    assert_string_equal(back->signatures[0].key, "serving_default");
    assert_string_equal(back->signatures[0].inputs[0].name, "x");
    assert_string_equal(back->signatures[0].outputs[0].name, "y");
    assert_int_equal(back->signatures[0].outputs[0].tensor, T_Y);
    back->n_signatures = 0; /* made up by the writer */
    if (!model_equal(model, back, why, sizeof why))
        fail_msg("%s", why);
    const mote_tensor *const *tensors = (const mote_tensor *const *)back->graphs[0]->tensors;
    assert_ptr_equal(tensors[T_C]->data, tensors[T_SAME]->data); /* stored once, held once */
    for (int32_t i = 0; i < back->graphs[0]->n_tensors; i++)
        assert_int_equal((uintptr_t)tensors[i]->data % MOTE_ALIGNMENT, 0);
    mote_model_free(back);
    mote_free(NULL, bytes_again);
    mote_free(NULL, bytes);
    mote_model_free(model);
}

static void test_metadata(void **state)
{
    (void)state;
    size_t n_bytes;
    mote_model *model = tflite_make_model();
    unsigned char *bytes = tflite_build(model, &n_bytes);
    mote_model *back = tflite_read_back(bytes, n_bytes);
    assert_int_equal(back->n_metadata, 3);
    assert_string_equal(back->metadata[0].name, "min_runtime_version");
    assert_int_equal(back->metadata[0].n_bytes, 16);
    assert_string_equal(back->metadata[0].data, "1.14.0"); /* of ADD version 2 */
    assert_string_equal(back->metadata[1].name, "made_by");
    assert_memory_equal(back->metadata[1].data, "made by mote ", 13);
    assert_string_equal(back->metadata[2].name, "note");
    mote_model_free(back);
    mote_free(NULL, bytes);
    mote_model_free(model);
}

static void test_buffers_aligned_and_shared(void **state)
{
    (void)state;
    size_t n_bytes;
    mote_model *model = tflite_make_model();
    unsigned char *bytes = tflite_build(model, &n_bytes);
    mote_fb_check check = {bytes, n_bytes, 1000, NULL};
    mote_fb_table root;
    uint32_t root_at;
    memcpy(&root_at, bytes, 4);
    assert_int_equal(mote_fb_check_all(&check, root_at, &mote_tflite_schema_model, &root), MOTE_OK);
    const mote_fb_vec buffers = mote_fb_get_vec(&root, TFL_MODEL_BUFFERS);
    /* the empty one, c (also same), q, text, empty, int4, sparse, and three of metadata */
    assert_int_equal(buffers.n, 10);
    for (uint32_t i = 0; i < buffers.n; i++) {
        const mote_fb_table buffer = mote_fb_vec_table(&buffers, i);
        const mote_fb_vec data = mote_fb_get_vec(&buffer, TFL_BUFFER_DATA);
        assert_int_equal(data.at % 16, 0);
        assert_int_equal(mote_fb_has(&buffer, TFL_BUFFER_DATA), i > 0);
    }
    mote_free(NULL, bytes);
    mote_model_free(model);
}

static void test_unwritable(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t n_bytes;
    mote_error err;
    mote_model *model = tflite_make_model();
    model->graphs[0]->nodes[0]->op = (mote_op)250;
    assert_int_equal(mote_tflite_build(model, &bytes, &n_bytes, NULL, &err), MOTE_UNSUPPORTED);
    assert_null(bytes);
    for (int32_t i = 0; i < mote_op_count(); i++) {
        const mote_op_def *def = mote_op_find((int32_t)mote_op_at(i));
        if (!(def->flags & MOTE_OP_TRAINING))
            continue;
        model->graphs[0]->nodes[0]->op = mote_op_at(i);
        assert_int_equal(mote_tflite_build(model, &bytes, &n_bytes, NULL, &err), MOTE_UNSUPPORTED);
        assert_non_null(strstr(err.message, def->name));
    }
    mote_model_free(model);
}

/* --- memory --- */

typedef struct budget {
    int32_t left;
} budget;

static void *alloc_some(void *context, size_t n_bytes, size_t alignment)
{
    budget *b = context;
    if (b->left-- <= 0)
        return NULL;
    return mote_allocator_default()->alloc(mote_allocator_default()->context, n_bytes, alignment);
}

static void free_some(void *context, void *block)
{
    (void)context;
    mote_allocator_default()->free(mote_allocator_default()->context, block);
}

static void test_allocation_fails(void **state)
{
    (void)state;
    mote_model *model = NULL, *sound = tflite_make_model();
    size_t n_sound;
    unsigned char *file = tflite_build(sound, &n_sound);
    mote_error err;
    unsigned char *bytes = NULL;
    size_t n_bytes;
    int32_t n = 0;
    for (mote_status status = MOTE_NO_MEMORY; status != MOTE_OK; n++) {
        budget b = {n};
        const mote_allocator allocator = {alloc_some, free_some, &b};
        status = mote_tflite_read(&model, file, n_sound, &allocator, &err);
        assert_true(status == MOTE_OK || status == MOTE_NO_MEMORY);
        mote_model_free(model);
        assert_true(n < 1000);
    }
    assert_true(n > 2);
    n = 0;
    for (mote_status status = MOTE_NO_MEMORY; status != MOTE_OK; n++) {
        budget b = {n};
        const mote_allocator allocator = {alloc_some, free_some, &b};
        status = mote_tflite_build(sound, &bytes, &n_bytes, &allocator, &err);
        assert_true(status == MOTE_OK || status == MOTE_NO_MEMORY);
        mote_free(&allocator, bytes);
        assert_true(n < 1000);
    }
    assert_true(n > 2);
    mote_model_free(sound);
    mote_free(NULL, file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),       cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_unwritable),       cmocka_unit_test(test_buffers_aligned_and_shared),
        cmocka_unit_test(test_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
