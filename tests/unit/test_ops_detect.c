/* Boxes chosen by score and overlap, worked out by hand. */
#include "unit/mote_test.h"

#include <mote/runtime.h>

#include "op/custom/flexbuffer.h"
#include "op/detect/detect.h"
#include "support/run_op.h"

#include <math.h>
#include <string.h>

/* The unit square, the same moved down by 0.1 (they share 0.9 of 1.1), and a unit square far away. */
static const float ANCHORS[] = {0.5f, 0.5f, 1, 1, 0.6f, 0.5f, 1, 1, 3, 3, 1, 1};
static const float NO_OFFSETS[12] = {0};
static const float SCORES[] = {0, 0.6f, 0.3f, 0, 0.9f, 0.1f, 0, 0.2f, 0.5f}; /* background and two classes */

static const mote_detection_params PARAMS = {.max_detections = 3,
                                             .max_classes_per_detection = 1,
                                             .detections_per_class = 100,
                                             .num_classes = 2,
                                             .nms_score_threshold = 0.25f,
                                             .nms_iou_threshold = 0.5f,
                                             .y_scale = 10,
                                             .x_scale = 10,
                                             .h_scale = 5,
                                             .w_scale = 5};

typedef struct found {
    float boxes[12], classes[3], scores[3], n;
} found;

static mote_status detect(const mote_detection_params *params, found *out)
{
    const operand in[] = {{MOTE_FLOAT32, shape_of(3, 1, 3, 4), 0, 0, NO_OFFSETS, false},
                          {MOTE_FLOAT32, shape_of(3, 1, 3, 3), 0, 0, SCORES, false},
                          {MOTE_FLOAT32, shape_of(2, 3, 4), 0, 0, ANCHORS, true}};
    const operand results[] = {{MOTE_FLOAT32, shape_of(3, 1, 3, 4), 0, 0, NULL, false},
                               {MOTE_FLOAT32, shape_of(2, 1, 3), 0, 0, NULL, false},
                               {MOTE_FLOAT32, shape_of(2, 1, 3), 0, 0, NULL, false},
                               {MOTE_FLOAT32, shape_of(1, 1), 0, 0, NULL, false}};
    void *const to[] = {out->boxes, out->classes, out->scores, &out->n};
    return run_op_many(MOTE_OP_DETECTION_POSTPROCESS, params, sizeof *params, 3, in, 4, results, to);
}

static void assert_box(const float *box, float y0, float x0)
{
    const float want[] = {y0, x0, y0 + 1, x0 + 1};
    for (int i = 0; i < 4; i++)
        assert_true(fabsf(box[i] - want[i]) < 1e-6f);
}

/* By best scores the second beats the first, which it overlaps; the third stays. */
static void each_box_counts_once_when_fast(void **state)
{
    (void)state;
    found out;
    assert_int_equal(detect(&PARAMS, &out), MOTE_OK);
    assert_true(out.n == 2);
    assert_box(out.boxes, 0.1f, 0);
    assert_box(out.boxes + 4, 2.5f, 2.5f);
    static const float classes[] = {0, 1, 0}, scores[] = {0.9f, 0.5f, 0};
    assert_memory_equal(out.classes, classes, sizeof classes);
    assert_memory_equal(out.scores, scores, sizeof scores);
    for (int i = 8; i < 12; i++)
        assert_true(out.boxes[i] == 0);
}

/* The first is dropped from class 0 only: it still is the second best of class 1. */
static void each_class_chooses_by_itself_when_regular(void **state)
{
    (void)state;
    mote_detection_params params = PARAMS;
    params.use_regular_nms = true;
    found out;
    assert_int_equal(detect(&params, &out), MOTE_OK);
    assert_true(out.n == 3);
    assert_box(out.boxes + 8, 0, 0);
    static const float classes[] = {0, 1, 1}, scores[] = {0.9f, 0.5f, 0.3f};
    assert_memory_equal(out.classes, classes, sizeof classes);
    assert_memory_equal(out.scores, scores, sizeof scores);
    params.detections_per_class = 1;
    assert_int_equal(detect(&params, &out), MOTE_OK);
    assert_true(out.n == 2);
}

/* Of three boxes the second covers 0.9 / 1.1 of the first; the corners of the third come in another order. */
static void overlapping_boxes_are_suppressed(void **state)
{
    (void)state;
    static const float boxes[] = {0, 0, 1, 1, 0.1f, 0, 1.1f, 1, 4, 4, 3, 3}, scores[] = {0.6f, 0.9f, 0.5f};
    static const float half = 0.5f, low = 0.1f, sigma = 0.5f, more = 0.95f;
    static const int32_t most = 3;
    operand in[] = {
        {MOTE_FLOAT32, shape_of(2, 3, 4), 0, 0, boxes, false}, {MOTE_FLOAT32, shape_of(1, 3), 0, 0, scores, false},
        {MOTE_INT32, shape_of(0), 0, 0, &most, true},          {MOTE_FLOAT32, shape_of(0), 0, 0, &half, true},
        {MOTE_FLOAT32, shape_of(0), 0, 0, &low, true},         {MOTE_FLOAT32, shape_of(0), 0, 0, &sigma, true}};
    const operand results[] = {{MOTE_INT32, shape_of(1, 3), 0, 0, NULL, false},
                               {MOTE_FLOAT32, shape_of(1, 3), 0, 0, NULL, false},
                               {MOTE_INT32, shape_of(0), 0, 0, NULL, false}};
    int32_t taken[3], n;
    float given[3];
    const operand hard[] = {results[0], results[2]};
    void *const to_hard[] = {taken, &n}, *const to_soft[] = {taken, given, &n};
    assert_int_equal(run_op_many(MOTE_OP_NON_MAX_SUPPRESSION_V4, NULL, 0, 5, in, 2, hard, to_hard), MOTE_OK);
    assert_int_equal(n, 2);
    assert_true(taken[0] == 1 && taken[1] == 2 && taken[2] == 0);
    in[3].values = &more; /* nothing is dropped, but the first is worth e^-(0.9 / 1.1)^2 of its score */
    assert_int_equal(run_op_many(MOTE_OP_NON_MAX_SUPPRESSION_V5, NULL, 0, 6, in, 3, results, to_soft), MOTE_OK);
    assert_int_equal(n, 3);
    assert_true(taken[0] == 1 && taken[1] == 2 && taken[2] == 0);
    assert_true(fabsf(given[2] - 0.6f * expf(-0.9f * 0.9f / 1.1f / 1.1f)) < 1e-6f);
}

static void useless_settings_are_refused(void **state)
{
    (void)state;
    found out;
    mote_detection_params params = PARAMS;
    params.num_classes = 5;
    assert_int_equal(detect(&params, &out), MOTE_SHAPE);
    params = PARAMS;
    params.nms_iou_threshold = NAN;
    assert_int_equal(detect(&params, &out), MOTE_SHAPE);
    params = PARAMS;
    params.max_detections = INT32_MAX;
    params.max_classes_per_detection = INT32_MAX;
    assert_int_equal(detect(&params, &out), MOTE_SHAPE);
}

/* {"a": 300, "b": true, "c": 0.5} as flatbuffers' Python package writes it. */
static const uint8_t FLEX[] = {0x61, 0x00, 0x62, 0x00, 0x63, 0x00, 0x03, 0x07, 0x06, 0x05, 0x00, 0x00, 0x05, 0x00,
                               0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x2c, 0x01, 0x00, 0x00,
                               0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3f, 0x06, 0x6a, 0x0e, 0x0f, 0x26, 0x01};

static void options_are_found_by_name(void **state)
{
    (void)state;
    assert_int_equal(mote_flex_find_i32(FLEX, sizeof FLEX, "a", -1), 300);
    assert_int_equal(mote_flex_find_i32(FLEX, sizeof FLEX, "b", -1), 1);
    assert_true(mote_flex_find_f32(FLEX, sizeof FLEX, "c", -1) == 0.5f);
    assert_int_equal(mote_flex_find_i32(FLEX, sizeof FLEX, "d", -1), -1);
    assert_int_equal(mote_flex_find_i32(NULL, 0, "a", -1), -1);
}

/* Cut anywhere, and with any byte turned over: an answer or none, and nothing read outside (the sanitizers look). */
static void damaged_options_are_survived(void **state)
{
    (void)state;
    double value;
    for (size_t n = 0; n < sizeof FLEX; n++) {
        uint8_t *cut = test_malloc(n + 1);
        memcpy(cut, FLEX + sizeof FLEX - n, n);
        mote_flex_find_number(cut, n, "a", &value);
        mote_flex_find_number(FLEX, n, "c", &value);
        test_free(cut);
        for (int bits = 1; bits < 256; bits += 2) {
            uint8_t turned[sizeof FLEX];
            memcpy(turned, FLEX, sizeof FLEX);
            turned[n] ^= (uint8_t)bits;
            mote_flex_find_number(turned, sizeof turned, "c", &value);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_box_counts_once_when_fast),   cmocka_unit_test(each_class_chooses_by_itself_when_regular),
        cmocka_unit_test(overlapping_boxes_are_suppressed), cmocka_unit_test(useless_settings_are_refused),
        cmocka_unit_test(options_are_found_by_name),        cmocka_unit_test(damaged_options_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
