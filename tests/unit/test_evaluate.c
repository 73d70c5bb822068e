/* Accuracy and what is said of it, against values worked out by hand; and whole evaluations with known answers. */
#include "mote_test.h"

#include "support/fixtures.h"

#include <mote/evaluate.h>
#include <mote/noise.h>

#include <math.h>
#include <string.h>

static void test_wilson(void **state)
{
    (void)state;
    /* the roots x of (p - x)² = z² x (1 - x) / n */
    static const struct {
        int64_t n_right, n;
        double low, high;
    } rows[] = {{8, 10, 0.4901624715366418, 0.9433178485456247},
                {774, 800, 0.9528056546078444, 0.9777260961398487},
                {0, 10, 0, 0.2775327998628892},
                {10, 10, 0.7224672001371114, 1},
                {1, 1, 0.20654931437723742, 1},
                {0, 0, 0, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const mote_interval interval = mote_wilson_interval(rows[i].n_right, rows[i].n);
        assert_near(interval.low, rows[i].low, 1e-12);
        assert_near(interval.high, rows[i].high, 1e-12);
    }
}

static void test_mcnemar(void **state)
{
    (void)state;
    assert_near(mote_mcnemar_p(10, 2), 2 * (1.0 + 12 + 66) / 4096, 1e-12);
    assert_near(mote_mcnemar_p(2, 10), 2 * (1.0 + 12 + 66) / 4096, 1e-12);
    assert_near(mote_mcnemar_p(5, 5), 1, 0);
    assert_near(mote_mcnemar_p(0, 0), 1, 0);
    assert_near(mote_mcnemar_p(0, 3), 2.0 / 8, 1e-12);
    assert_true(mote_mcnemar_p(5000, 100) < 1e-300); /* no overflow on the way */
}

typedef struct score_row {
    mote_scores kind;
    float scores[3];
    int32_t n, label, top;
    double certainty, loss;
} score_row;

static void test_scores(void **state)
{
    (void)state;
    static const score_row rows[] = {
        {MOTE_SCORES_PROBABILITIES, {0.2F, 0.8F}, 2, 0, 1, 0.8, 1.6094379124341003},
        {MOTE_SCORES_PROBABILITIES, {0.5F, 0.5F}, 2, 1, 0, 0.5, 0.6931471805599453},       /* the first of equals */
        {MOTE_SCORES_PROBABILITIES, {0, 1}, 2, 0, 1, 1, 16.11809565095832},                /* clipped at 1e-7 */
        {MOTE_SCORES_PROBABILITIES, {0.9F, 0.9F, 0.2F}, 3, 2, 0, 0.45, 2.302585092994046}, /* sigmoids: their shares */
        {MOTE_SCORES_LOGITS, {1, 3}, 2, 1, 1, 0.8807970779778823, 0.12692801104297263},
        {MOTE_SCORES_LOGITS, {300, -300}, 2, 1, 0, 1, 600},
        {MOTE_SCORES_LOG_PROBABILITIES, {-1.6094379F, -0.22314355F}, 2, 0, 1, 0.8, 1.6094379},
        {MOTE_SCORES_LOG_PROBABILITIES, {-INFINITY, 0}, 2, 0, 1, 1, 16.11809565095832},
        {MOTE_SCORES_PROBABILITIES, {0.9F}, 1, 0, 1, 0.9, 2.302585092994046},
        {MOTE_SCORES_PROBABILITIES, {0.5F}, 1, 1, 0, 0.5, 0.6931471805599453},
        {MOTE_SCORES_LOGITS, {-2}, 1, 0, 0, 0.8807970779778823, 0.12692801104297263},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const score_row *row = &rows[i];
        mote_reading reading;
        assert_true(mote_read_scores(row->kind, row->scores, row->n, row->label, &reading));
        assert_int_equal(reading.top, row->top);
        assert_near((double)reading.certainty, row->certainty, 1e-6);
        assert_near(reading.loss, row->loss, 2e-6);
    }
    mote_reading reading;
    assert_false(mote_read_scores(MOTE_SCORES_LOGITS, (const float[]){0, NAN}, 2, 0, &reading));
    assert_false(mote_read_scores(MOTE_SCORES_PROBABILITIES, (const float[]){INFINITY, 0}, 2, 0, &reading));
    assert_false(mote_read_scores(MOTE_SCORES_PROBABILITIES, (const float[]){NAN}, 1, 0, &reading));
}

/* --- whole evaluations --- */

typedef struct photos {
    char folder[64];
    mote_dataset *dataset;
    mote_slice slice;
} photos;

static int set_up(void **state)
{
    static photos p;
    char path[128];
    mote_error err = {0};
    strcpy(p.folder, "/tmp/mote-evaluate.XXXXXX");
    if (!mkdtemp(p.folder))
        return 1;
    fixtures_make(p.folder);
    snprintf(path, sizeof path, "%s/photos", p.folder);
    *state = &p;
    return mote_dataset_open(&p.dataset, path, NULL, NULL, &err) != MOTE_OK ||
           mote_dataset_slice(p.dataset, "test", &p.slice, &err) != MOTE_OK;
}

static int tear_down(void **state)
{
    photos *p = *state;
    char command[128];
    mote_slice_free(&p->slice, NULL);
    mote_dataset_free(p->dataset);
    snprintf(command, sizeof command, "rm -r %s", p->folder);
    return system(command);
}

static mote_evaluation evaluate(const photos *p, mote_model *model, int32_t n_threads)
{
    mote_evaluation result;
    mote_error err = {0};
    mote_evaluate_options options = mote_evaluate_options_default();
    options.n_threads = n_threads;
    if (mote_evaluate(model, p->dataset, &p->slice, &options, &result, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    mote_model_free(model);
    return result;
}

static void test_known_answers(void **state)
{
    const photos *p = *state;
    mote_evaluation e = evaluate(p, fixture_tiny(), 2);
    assert_int_equal(e.n, FIXTURE_N_TEST);
    assert_int_equal(e.n_right, FIXTURE_N_RIGHT);
    assert_int_equal(e.n_skipped, 0);
    assert_near(e.accuracy, 15.0 / 16, 0);
    assert_int_equal(e.n_classes, 2);
    static const int64_t confusion[] = {7, 1, 0, 8}; /* rows: blue, red; one "blue" is red */
    assert_memory_equal(e.confusion, confusion, sizeof confusion);
    const mote_class_counts blue = mote_evaluation_class(&e, 0), red = mote_evaluation_class(&e, 1);
    assert_int_equal(blue.n, 8);
    assert_int_equal(blue.n_answered, 7);
    assert_int_equal(red.n_answered, 9);
    assert_int_equal(red.n_right, 8);
    for (int64_t i = 0; i < e.n; i++) {
        assert_int_equal(e.answers[i].example, p->slice.examples[i]);
        assert_int_equal(e.answers[i].label, mote_dataset_label(p->dataset, p->slice.examples[i]));
    }
    mote_evaluation_free(&e);
}

/* Through SOFTMAX, through one unit, and as logits the same network says the same. */
static void test_forms_of_scores(void **state)
{
    const photos *p = *state;
    mote_evaluation two = evaluate(p, fixture_tiny(), 1), one = evaluate(p, fixture_tiny_unit(), 1),
                    logits = evaluate(p, fixture_tiny_logits(), 1);
    assert_near(one.loss, two.loss, 1e-5); /* 1 - p loses bits of a p near 1 */
    assert_near(logits.loss, two.loss, 1e-6);
    assert_int_equal(one.n_classes, 2);
    for (int64_t i = 0; i < two.n; i++) {
        assert_int_equal(one.answers[i].top, two.answers[i].top);
        assert_int_equal(logits.answers[i].top, two.answers[i].top);
        assert_near((double)one.answers[i].certainty, (double)two.answers[i].certainty, 1e-6);
        assert_near((double)logits.answers[i].certainty, (double)two.answers[i].certainty, 1e-6);
    }
    mote_evaluation_free(&two);
    mote_evaluation_free(&one);
    mote_evaluation_free(&logits);
}

static void test_any_thread_count(void **state)
{
    const photos *p = *state;
    mote_evaluation first = evaluate(p, fixture_tiny(), 1);
    for (int32_t n = 2; n <= 9; n++) {
        mote_evaluation e = evaluate(p, fixture_tiny(), n);
        assert_memory_equal(&e.loss, &first.loss, sizeof e.loss);
        assert_memory_equal(e.answers, first.answers, (size_t)e.n * sizeof *e.answers);
        mote_evaluation_free(&e);
    }
    mote_evaluation_free(&first);
}

static void refused(const photos *p, mote_model *model, const char *why)
{
    mote_evaluation result;
    mote_error err = {0};
    const mote_evaluate_options options = mote_evaluate_options_default();
    assert_int_not_equal(mote_evaluate(model, p->dataset, &p->slice, &options, &result, &err), MOTE_OK);
    if (!strstr(err.message, why))
        fail_msg("'%s' does not say '%s'", err.message, why);
    mote_evaluation_free(&result);
    mote_model_free(model);
}

static void test_what_does_not_fit(void **state)
{
    const photos *p = *state;
    refused(p, fixture_three(), "tells 3 classes apart, the data has 2 (blue, red)");
    refused(p, fixture_vector(), "not an image");
    mote_model *damaged = fixture_tiny();
    for (int32_t t = 0; t < damaged->graphs[0]->n_tensors; t++)
        if (strcmp(damaged->graphs[0]->tensors[t]->name, "bias") == 0)
            ((float *)damaged->graphs[0]->tensors[t]->data)[0] = NAN;
    refused(p, damaged, "NaN");
}

static void test_pairing(void **state)
{
    (void)state;
    mote_answer a[] = {{0, 0, 0, 1}, {1, 0, 1, 1}, {2, 1, 1, 1}, {3, 1, 1, 1}, {9, 0, 0, 1}};
    mote_answer b[] = {{0, 0, 0, 1}, {1, 0, 0, 1}, {2, 1, 0, 1}, {3, 1, 0, 1}, {4, 0, 1, 1}};
    const mote_evaluation x = {.n = 5, .answers = a}, y = {.n = 5, .answers = b};
    const mote_pairing pairing = mote_evaluation_pair(&x, &y);
    assert_int_equal(pairing.n, 4); /* the last are different photos */
    assert_int_equal(pairing.n_agree, 1);
    assert_int_equal(pairing.n_lost, 2);
    assert_int_equal(pairing.n_won, 1);
}

/* --- noise --- */

static void test_drowned(void **state)
{
    (void)state;
    static const double never[] = {40, 30, 9, 30, 20}, from_2[] = {40, 30, 9, 3, 12, 2, 1}, last[] = {40, 5},
                        early[] = {40, 5, 40, 40, 5, 5}; /* a dip that recovers is not the place */
    assert_int_equal(mote_noise_find_drowned(never, 5), -1);
    assert_int_equal(mote_noise_find_drowned(from_2, 7), 2);
    assert_int_equal(mote_noise_find_drowned(last, 2), 1);
    assert_int_equal(mote_noise_find_drowned(early, 6), 4);
    assert_int_equal(mote_noise_find_drowned(early, 0), -1);
}

static void test_noise(void **state)
{
    const photos *p = *state;
    mote_model *a = fixture_tiny_logits(), *b = fixture_tiny_logits(), *other = fixture_vector();
    mote_noise noise;
    mote_error err = {0};
    for (int32_t t = 0; t < b->graphs[0]->n_tensors; t++)
        if (strcmp(b->graphs[0]->tensors[t]->name, "kernel") == 0)
            for (int i = 0; i < 6; i++)
                ((float *)b->graphs[0]->tensors[t]->data)[i] *= 2; /* an error as large as the signal: 0 dB */
    assert_int_equal(mote_noise_measure(&noise, a, b, p->dataset, &p->slice, MOTE_PIXELS_0_255, 5, 2, NULL, &err),
                     MOTE_OK);
    assert_int_equal(noise.n_photos, 5);
    assert_int_equal(noise.n_layers, 2);
    assert_near(noise.sqnr_db[0], 300, 0); /* the mean is the same */
    assert_near(noise.sqnr_db[1], 0, 1e-5);
    assert_int_equal(noise.drowned, 1);
    assert_string_equal(noise.drowned_name, "dense");
    assert_string_equal(noise.drowned_op, "FULLY_CONNECTED");
    mote_noise_free(&noise);
    assert_int_not_equal(
        mote_noise_measure(&noise, a, other, p->dataset, &p->slice, MOTE_PIXELS_0_255, 5, 2, NULL, &err), MOTE_OK);
    mote_noise_free(&noise);
    mote_model_free(a);
    mote_model_free(b);
    mote_model_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wilson),
        cmocka_unit_test(test_mcnemar),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_forms_of_scores),
        cmocka_unit_test(test_any_thread_count),
        cmocka_unit_test(test_what_does_not_fit),
        cmocka_unit_test(test_pairing),
        cmocka_unit_test(test_drowned),
        cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
