/*
 * Layers and functions that give images another size, by methods for which TFLite has no operator, and what code does
 * inline with photos. Values are worked out by hand from the methods' formulas; tests/peers/check_layers.py compares
 * with Keras itself.
 */
#include "unit/mote_test.h"

#include "import/keras_sampling.h"
#include "support/one_layer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(array) ((int64_t)(sizeof(array) / sizeof *(array)))

static void one_row(const char *method, bool antialias, int32_t n_in, int32_t n_out, int32_t row, const float *wanted)
{
    float *weights = calloc((size_t)(n_in * n_out), sizeof *weights);
    assert_non_null(weights);
    const keras_sampling sampling = {method, antialias};
    assert_true(keras_sampling_weights(&sampling, n_in, n_out, weights));
    for (int32_t i = 0; i < n_in; i++)
        if (!(fabsf(weights[row * n_in + i] - wanted[i]) <= 1e-6f))
            fail_msg("%s: weight %d is %g, not %g", method, i, (double)weights[row * n_in + i], (double)wanted[i]);
    free(weights);
}

static void kernels_have_their_formulas(void **state)
{
    (void)state;
    /* Keys at 1/4, 3/4, 5/4 and 7/4: 111/128, 29/128, -9/128, -3/128 */
    one_row("bicubic", false, 4, 8, 3, (const float[]){-9.0f / 128, 111.0f / 128, 29.0f / 128, -3.0f / 128});
    /* the outermost lies beyond the image: the others are 1 together */
    one_row("bicubic", false, 4, 8, 2, (const float[]){29.0f / 131, 111.0f / 131, -9.0f / 131, 0});
    one_row("area", false, 3, 2, 0, (const float[]){2.0f / 3, 1.0f / 3, 0});
    one_row("area", false, 2, 3, 1, (const float[]){0.5f, 0.5f});
    /* a triangle twice as wide, on the border between pixels 0 and 1 */
    one_row("bilinear", true, 4, 2, 0, (const float[]){3.0f / 7, 3.0f / 7, 1.0f / 7, 0});
    one_row("mitchellcubic", false, 3, 3, 1, (const float[]){1.0f / 18, 8.0f / 9, 1.0f / 18});
    const float beside = expf(-2.0f), sum = 1 + 2 * beside;
    one_row("gaussian", false, 3, 3, 1, (const float[]){beside / sum, 1 / sum, beside / sum});
    /* where a pixel is, sin(pi x) makes all others vanish */
    one_row("lanczos3", true, 5, 5, 2, (const float[]){0, 0, 1, 0, 0});
    one_row("lanczos5", false, 3, 3, 0, (const float[]){1, 0, 0});
}

/* 1024 places a pixel: the bicubic weights of 1/4096 are those of 0, but not where TensorFlow has no table. */
static void bicubic_places_are_rounded(void **state)
{
    (void)state;
    const keras_sampling plain = {"bicubic", false}, smooth = {"bicubic", true};
    float *weights = calloc(2 * 3 * 4096, sizeof *weights);
    assert_non_null(weights);
    float *others = weights + 3 * 4096;
    assert_true(keras_sampling_weights(&plain, 3, 4096, weights));
    assert_true(keras_sampling_weights(&smooth, 3, 4096, others));
    bool whole = false, differ = false;
    for (int32_t i = 2000; i < 2100; i++) {
        whole |= weights[3 * i + 1] == 1.0f && weights[3 * i] == 0.0f;
        differ |= weights[3 * i + 1] != others[3 * i + 1];
    }
    assert_true(whole && differ);
    free(weights);
}

#define RESIZING(rest) "\"trainable\": true, " rest

static void both_axes_are_resized(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3, 4, 5, 6}; /* [2, 3] */
    const float wanted[] = {(1 + 4 + (2 + 5) / 2.0f) / 3, ((2 + 5) / 2.0f + 3 + 6) / 3};
    one_layer_expect("Resizing", RESIZING("\"height\": 1, \"width\": 2, \"interpolation\": \"area\""), "[2, 3, 1]",
                     NULL, 2, NULL, x, wanted, 2);
    const float doubled[] = {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6};
    one_layer_expect("UpSampling2D", RESIZING("\"size\": [2, 1], \"interpolation\": \"area\""), "[2, 3, 1]", NULL, 2,
                     NULL, x, doubled, 12);
    const float turned[] = {1, 2, 4, 5}; /* [2, 1, 3]: two channels */
    one_layer_expect("Resizing",
                     RESIZING("\"height\": 1, \"width\": 2, \"interpolation\": \"area\", \"antialias\": true, "
                              "\"crop_to_aspect_ratio\": true, \"data_format\": \"channels_first\""),
                     "[2, 1, 3]", NULL, 3, NULL, x, turned, 4);
}

static void an_axis_that_stays_needs_no_product(void **state)
{
    (void)state;
    static const struct {
        const char *size;
        int32_t n_products;
    } CASES[] = {{"[2, 2]", 2}, {"[2, 1]", 1}, {"[1, 2]", 1}, {"[1, 1]", 0}};
    for (int64_t i = 0; i < N(CASES); i++) {
        char config[128];
        mote_model *model;
        mote_error err = {0};
        int32_t n = 0;
        snprintf(config, sizeof config, RESIZING("\"size\": %s, \"interpolation\": \"bicubic\""), CASES[i].size);
        assert_int_equal(one_layer_build("UpSampling2D", config, "[4, 4, 2]", NULL, 2, NULL, &model, &err), MOTE_OK);
        for (int32_t j = 0; j < model->graphs[0]->n_nodes; j++)
            n += model->graphs[0]->nodes[j]->op == MOTE_OP_FULLY_CONNECTED;
        assert_int_equal(n, CASES[i].n_products);
        mote_model_free(model);
    }
}

/* Bilinear sampling has an operator unless an axis becomes shorter under antialias=True. */
static void antialiasing_counts_where_an_axis_shrinks(void **state)
{
    (void)state;
    const float x[] = {0, 7, 7, 7}, narrow[] = {4, 7};
    one_layer_expect("Resizing", RESIZING("\"height\": 1, \"width\": 2, \"antialias\": true"), "[1, 4, 1]", NULL, 3,
                     NULL, x, narrow, 2);
}

static void images_are_padded_to_the_ratio(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3, 4, 5, 6, 7, 8}, wanted[] = {9, 9, 2, 4, 9, 9, 9, 9};
    one_layer_expect("Resizing",
                     RESIZING("\"height\": 4, \"width\": 2, \"interpolation\": \"nearest\", "
                              "\"pad_to_aspect_ratio\": true, \"fill_mode\": \"constant\", \"fill_value\": 9.0"),
                     "[2, 4, 1]", NULL, 3, NULL, x, wanted, 8);
}

static void functions_have_all_settings(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3, 4, 5, 6, 7, 8}, wanted[] = {3.5f, 5.5f};
    one_layer_expect("TFOpLambda", RESIZING("\"function\": \"image.resize\""), "[2, 4, 1]",
                     "[\"x\", 0, 0, {\"size\": [3, 2], \"method\": \"area\", \"preserve_aspect_ratio\": true}]", 2,
                     NULL, x, wanted, 2);
    one_layer_expect("Resize",
                     "\"size\": [1, 1], \"interpolation\": \"area\", \"crop_to_aspect_ratio\": true, "
                     "\"data_format\": \"channels_first\"",
                     "[2, 1, 4]",
                     "{\"args\": [{\"class_name\": \"__keras_tensor__\", \"config\": {\"shape\": [], \"dtype\": "
                     "\"float32\", \"keras_history\": [\"x\", 0, 0]}}], \"kwargs\": {}}",
                     3, NULL, x, (const float[]){2, 6}, 2);
}

/* A function of TensorFlow on an image, by the rest of its arguments. */
static void inline_gives(const char *function, const char *arguments, const char *shape, const float *x,
                         const float *wanted, int64_t n)
{
    char config[128], call[256];
    snprintf(config, sizeof config, RESIZING("\"function\": \"image.%s\""), function);
    snprintf(call, sizeof call, "[\"x\", 0, 0, {%s}]", arguments);
    one_layer_expect("TFOpLambda", config, shape, call, 2, NULL, x, wanted, n);
}

static void photos_change_their_frame(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3, 4, 5, 6}; /* [2, 3] */
    inline_gives("flip_left_right", "", "[2, 3, 1]", x, (const float[]){3, 2, 1, 6, 5, 4}, 6);
    inline_gives("flip_up_down", "", "[2, 3, 1]", x, (const float[]){4, 5, 6, 1, 2, 3}, 6);
    inline_gives("central_crop", "\"central_fraction\": 0.3", "[2, 3, 1]", x, (const float[]){2, 5}, 2);
    inline_gives("crop_to_bounding_box",
                 "\"offset_height\": 1, \"offset_width\": 1, \"target_height\": 1, \"target_width\": 2", "[2, 3, 1]", x,
                 (const float[]){5, 6}, 2);
    inline_gives("pad_to_bounding_box",
                 "\"offset_height\": 1, \"offset_width\": 0, \"target_height\": 3, \"target_width\": 4", "[2, 3, 1]", x,
                 (const float[]){0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0}, 12);
    inline_gives("resize_with_crop_or_pad", "\"target_height\": 3, \"target_width\": 2", "[2, 3, 1]", x,
                 (const float[]){1, 2, 4, 5, 0, 0}, 6);
    /* 1x2 into 3x2: as it is, with a line above and one below */
    inline_gives("resize_with_pad", "\"target_height\": 3, \"target_width\": 2, \"method\": \"area\"", "[1, 2, 1]", x,
                 (const float[]){0, 0, 1, 2, 0, 0}, 6);
}

static void photos_change_their_colours(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3, 4, 5, 6};
    inline_gives("rgb_to_grayscale", "", "[1, 2, 3]", x, (const float[]){1.8149f, 4.8146f}, 2);
    inline_gives("adjust_brightness", "\"delta\": 0.5", "[1, 1, 2]", x, (const float[]){1.5f, 2.5f}, 2);
    inline_gives("adjust_contrast", "\"contrast_factor\": 3", "[2, 1, 1]", x, (const float[]){0, 3}, 2);
    inline_gives("per_image_standardization", "", "[2, 1, 1]", x, (const float[]){-0.70710678f, 0.70710678f}, 2);
}

/* As a block's depth, and where windows overlap. */
static void patches_lie_in_rows(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3, 4, 5, 6, 7, 8};
    inline_gives("extract_patches",
                 "\"sizes\": [1, 2, 2, 1], \"strides\": [1, 2, 2, 1], \"rates\": [1, 1, 1, 1], \"padding\": \"VALID\"",
                 "[2, 4, 1]", x, (const float[]){1, 2, 5, 6, 3, 4, 7, 8}, 8);
    inline_gives("extract_patches",
                 "\"sizes\": [1, 2, 2, 1], \"strides\": [1, 1, 2, 1], \"rates\": [1, 1, 1, 1], \"padding\": \"SAME\"",
                 "[2, 2, 2]", x, (const float[]){1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8, 0, 0, 0, 0}, 16);
}

static void what_cannot_be_says_why(void **state)
{
    (void)state;
    one_layer_refused("Resizing", RESIZING("\"height\": 2, \"width\": 2, \"interpolation\": \"cubic\""), "[4, 4, 1]",
                      NULL, "'cubic'");
    one_layer_refused("Resizing",
                      RESIZING("\"height\": 2, \"width\": 2, \"pad_to_aspect_ratio\": true, \"fill_mode\": \"edge\""),
                      "[4, 4, 1]", NULL, "fill_mode");
    one_layer_refused("TFOpLambda", RESIZING("\"function\": \"image.crop_to_bounding_box\""), "[2, 3, 1]",
                      "[\"x\", 0, 0, {\"offset_height\": 2, \"offset_width\": 0, \"target_height\": 1, "
                      "\"target_width\": 2}]",
                      "nothing of its images");
    one_layer_refused("TFOpLambda", RESIZING("\"function\": \"image.rgb_to_grayscale\""), "[2, 3, 2]",
                      "[\"x\", 0, 0, {}]", "3 channels");
    one_layer_refused("Resizing", RESIZING("\"height\": 1048576, \"width\": 2, \"interpolation\": \"area\""),
                      "[99, 99, 1]", NULL, "too large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_have_their_formulas),
        cmocka_unit_test(bicubic_places_are_rounded),
        cmocka_unit_test(both_axes_are_resized),
        cmocka_unit_test(an_axis_that_stays_needs_no_product),
        cmocka_unit_test(antialiasing_counts_where_an_axis_shrinks),
        cmocka_unit_test(images_are_padded_to_the_ratio),
        cmocka_unit_test(functions_have_all_settings),
        cmocka_unit_test(photos_change_their_frame),
        cmocka_unit_test(photos_change_their_colours),
        cmocka_unit_test(patches_lie_in_rows),
        cmocka_unit_test(what_cannot_be_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
