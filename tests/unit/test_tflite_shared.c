/* Every .tflite file of ../shared: read, write, read again: the same graph; write again: the same bytes. */
#include "mote_test.h"

#include "support/model_equal.h"

#include <mote/io.h>
#include <mote/tflite.h>

#include <ftw.h>
#include <string.h>

static int32_t n_files, n_refused, n_not_written, n_wrong;

/* Files that are well-formed in no reader, or beyond what mote carries. */
static const char *const refused[] = {
    "quantizer_testdata/transpose.tflite", /* schema version 2 */
    "qwen_fc_blockwise_int4.tflite",
    "blockwise_quantized.tflite",
};

static bool may_be_refused(const char *path)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (strstr(path, refused[i]))
            return true;
    return false;
}

static void check_again(const mote_model *model, const unsigned char *bytes, size_t n_bytes, const char *path)
{
    mote_model *again;
    mote_error err;
    char why[256] = "cannot be read back";
    unsigned char *bytes_again = NULL;
    size_t n_again = 0;
    if (mote_tflite_read(&again, bytes, n_bytes, NULL, &err) != MOTE_OK) {
        print_error("%s: written, but %s\n", path, err.message);
        n_wrong++;
        return;
    }
    if (!model_equal(model, again, why, sizeof why)) {
        print_error("%s: differs after writing: %s\n", path, why);
        n_wrong++;
    } else if (mote_tflite_build(again, &bytes_again, &n_again, NULL, &err) != MOTE_OK || n_again != n_bytes ||
               memcmp(bytes, bytes_again, n_bytes) != 0) {
        print_error("%s: written twice gives different bytes\n", path);
        n_wrong++;
    }
    mote_free(NULL, bytes_again);
    mote_model_free(again);
}

static int visit(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info, (void)where;
    const size_t n = strlen(path);
    if (type != FTW_F || n < 7 || strcmp(path + n - 7, ".tflite") != 0)
        return 0;
    n_files++;
    mote_model *model;
    mote_error err;
    unsigned char *bytes;
    size_t n_bytes;
    if (mote_tflite_load(&model, path, NULL, &err) != MOTE_OK) {
        n_refused++;
        if (!may_be_refused(path)) {
            print_error("%s\n", err.message);
            n_wrong++;
        }
        return 0;
    }
    if (mote_tflite_build(model, &bytes, &n_bytes, NULL, &err) == MOTE_OK) {
        check_again(model, bytes, n_bytes, path);
        mote_free(NULL, bytes);
    } else {
        n_not_written++;
        if (err.code != MOTE_UNSUPPORTED) {
            print_error("%s: %s\n", path, err.message);
            n_wrong++;
        }
    }
    mote_model_free(model);
    return 0;
}

static void check_folder(const char *name, int32_t at_least)
{
    char path[4096];
    if (!mote_test_shared(name, path, sizeof path))
        skip();
    n_files = n_refused = n_not_written = n_wrong = 0;
    assert_int_equal(nftw(path, visit, 16, FTW_PHYS), 0);
    print_message("%s: %d files, %d refused, %d with operators that cannot be written\n", name, n_files, n_refused,
                  n_not_written);
    assert_true(n_files >= at_least);
    assert_int_equal(n_wrong, 0);
}

static void test_corpus(void **state)
{
    (void)state;
    check_folder("corpus", 400);
}

static void test_keras_nets(void **state)
{
    (void)state;
    check_folder("keras_nets", 90);
}

static void test_study(void **state)
{
    (void)state;
    check_folder("study", 2);
}

/* The scales of blocks are held to what other scales are. */
static void test_block_scales(void **state)
{
    (void)state;
    static const uint16_t HALVES[] = {0, 0x7c00, 0x7e00, 0xbc00}; /* 0, infinity, NaN, -1 */
    char path[4096];
    mote_file file;
    mote_model *model;
    mote_error err = {0};
    if (!mote_test_shared("corpus/other/qwen_fc_blockwise_int4.tflite", path, sizeof path))
        skip();
    assert_int_equal(mote_file_open(&file, path, 0, NULL, &err), MOTE_OK);
    unsigned char *bytes = malloc(file.n_bytes);
    assert_non_null(bytes);
    memcpy(bytes, file.data, file.n_bytes);
    assert_int_equal(mote_tflite_read(&model, bytes, file.n_bytes, NULL, &err), MOTE_OK);
    const mote_tensor *scales = NULL;
    for (int32_t i = 0; i < model->graphs[0]->n_tensors; i++)
        if (model->graphs[0]->tensors[i]->dtype == MOTE_FLOAT16)
            scales = model->graphs[0]->tensors[i];
    assert_non_null(scales);
    unsigned char *at = memmem(bytes, file.n_bytes, scales->data, scales->n_bytes);
    assert_non_null(at);
    mote_model_free(model);
    for (size_t i = 0; i < sizeof HALVES / sizeof *HALVES; i++) {
        memcpy(at + 2, &HALVES[i], sizeof HALVES[i]);
        assert_int_equal(mote_tflite_read(&model, bytes, file.n_bytes, NULL, &err), MOTE_FORMAT);
        assert_non_null(strstr(err.message, "scale 1 of its blocks is"));
    }
    free(bytes);
    mote_file_close(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus),
        cmocka_unit_test(test_block_scales),
        cmocka_unit_test(test_keras_nets),
        cmocka_unit_test(test_study),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
