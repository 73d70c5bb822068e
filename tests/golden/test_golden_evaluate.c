/*
 * Accuracy and loss over real photos, against those of TensorFlow's own answers: its int8 network by its reference
 * kernels. Another libjpeg may round a pixel differently, hence the room.
 */
#include "golden/golden.h"

#include <mote/evaluate.h>

#include <math.h>
#include <string.h>

enum { FIRST = 4001, PER_CLASS = 400 };

/* The row of int8_reference_test800.npy for "…/cat.4001.jpg". */
static const uint8_t *stored_scores(const mote_tensor *stored, const char *name)
{
    const char *dot = strrchr(name, '/');
    char kind[8];
    int number;
    assert_non_null(dot);
    assert_int_equal(sscanf(dot, "/%3[a-z].%d", kind, &number), 2);
    const int row = number - FIRST + (strcmp(kind, "dog") == 0 ? PER_CLASS : 0);
    assert_in_range(row, 0, 2 * PER_CLASS - 1);
    return (const uint8_t *)stored->data + 2 * row;
}

static void int8_on_photos(void **state)
{
    (void)state;
    char model_path[1024], photos[1024], stored_path[1024];
    if (!mote_test_shared("study/int8.tflite", model_path, sizeof model_path) ||
        !mote_test_shared("study/int8_reference_test800.npy", stored_path, sizeof stored_path) ||
        !mote_test_shared("data/cats_vs_dogs", photos, sizeof photos))
        skip();
    mote_error err = {0};
    mote_model *model;
    mote_dataset *dataset;
    mote_slice slice;
    mote_evaluation e;
    mote_tensor stored = golden_npy(stored_path);
    const mote_evaluate_options options = mote_evaluate_options_default();
    golden_must(mote_tflite_load(&model, model_path, NULL, &err), &err, model_path);
    golden_must(mote_dataset_open(&dataset, photos, NULL, NULL, &err), &err, photos);
    golden_must(mote_dataset_slice(dataset, "test[:20%]", &slice, &err), &err, photos);
    golden_must(mote_evaluate(model, dataset, &slice, &options, &e, &err), &err, model_path);
    double loss = 0;
    int64_t n_right = 0;
    for (int64_t i = 0; i < e.n; i++) {
        const mote_answer *answer = &e.answers[i];
        const uint8_t *scores = stored_scores(&stored, mote_dataset_name(dataset, answer->example));
        const double p[] = {fmax(scores[0] / 256.0, 1e-7), fmax(scores[1] / 256.0, 1e-7)};
        loss += log(p[0] + p[1]) - log(p[answer->label]);
        n_right += (scores[1] > scores[0]) == answer->label;
    }
    print_message("accuracy %.4f, loss %.6f; TensorFlow's %.4f, %.6f\n", e.accuracy, e.loss,
                  (double)n_right / (double)e.n, loss / (double)e.n);
    assert_int_equal(e.n, 160);
    assert_true(llabs(e.n_right - n_right) <= 1);
    assert_true(fabs(e.loss - loss / (double)e.n) <= 0.002);
    mote_evaluation_free(&e);
    mote_slice_free(&slice, NULL);
    mote_dataset_free(dataset);
    mote_model_free(model);
    mote_free(NULL, stored.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(int8_on_photos)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
