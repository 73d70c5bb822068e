/* The parts of a training run: schedules, augmentation, freezing, against values worked out by hand. */
#include "mote_test.h"

#include <mote/arch.h>
#include <mote/fit.h>

#include <math.h>
#include <string.h>

/* But for rounding. */
static void assert_same(double value, double expected)
{
    assert_near(value, expected, 1e-12 + 1e-9 * fabs(expected));
}

static mote_schedule schedule(const char *text, int64_t warmup)
{
    mote_schedule s = {.warmup_steps = warmup};
    mote_error err = {0};
    if (mote_schedule_parse(text, &s, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    return s;
}

static void test_schedules(void **state)
{
    (void)state;
    mote_schedule s = schedule("constant", 0);
    assert_same(mote_schedule_rate(&s, 0.1, 77, 10, 100), 0.1);
    s = schedule("constant", 4);
    assert_same(mote_schedule_rate(&s, 0.1, 0, 10, 100), 0.025);
    assert_same(mote_schedule_rate(&s, 0.1, 3, 10, 100), 0.1);
    s = schedule("cosine", 0); /* half way: half the rate; a third: (1 + cos 60°) / 2 */
    assert_same(mote_schedule_rate(&s, 0.1, 0, 10, 90), 0.1);
    assert_same(mote_schedule_rate(&s, 0.1, 45, 10, 90), 0.05);
    assert_same(mote_schedule_rate(&s, 0.1, 30, 10, 90), 0.075);
    assert_same(mote_schedule_rate(&s, 0.1, 90, 10, 90), 0.0);
    s = schedule("exponential:0.5", 0);
    assert_same(mote_schedule_rate(&s, 0.1, 20, 10, 90), 0.025);
    assert_same(mote_schedule_rate(&s, 0.1, 5, 10, 90), 0.1 * sqrt(0.5));
    s = schedule("exponential:0.25:4", 0);
    assert_same(mote_schedule_rate(&s, 0.1, 4, 10, 90), 0.025);
    s = schedule("step:2:0.1", 0);
    assert_same(mote_schedule_rate(&s, 0.1, 19, 10, 90), 0.1);
    assert_same(mote_schedule_rate(&s, 0.1, 20, 10, 90), 0.01);
    assert_same(mote_schedule_rate(&s, 0.1, 40, 10, 90), 0.001);
    static const char *const WRONG[] = {
        "",       "cosine:1",   "exponential", "exponential:2", "exponential:0.5:0", "exponential:0.5:4x",
        "step:2", "step:0:0.5", "plateau:3",   "step:2:nan"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        mote_error err = {0};
        assert_int_equal(mote_schedule_parse(WRONG[i], &s, &err), MOTE_ARGUMENT);
    }
}

enum { SIDE = 9, CHANNELS = 3, N_PHOTO = SIDE * SIDE * CHANNELS, N_PHOTOS = 64 };

static void draw(float *photos)
{
    for (int i = 0; i < N_PHOTOS * N_PHOTO; i++)
        photos[i] = (float)(i * 7919 % 256);
}

static void apply(const char *list, float *photos, int n, uint64_t first, mote_pool *pool)
{
    mote_augment augment;
    mote_error err = {0};
    if (mote_augment_parse(list, &augment, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    float scratch[8 * N_PHOTO];
    mote_augment_apply(&augment, photos, n, SIDE, SIDE, CHANNELS, 0.0f, 255.0f, 11, first, pool, scratch);
}

static bool is_mirrored(const float *a, const float *b, bool vertical)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            for (int c = 0; c < CHANNELS; c++) {
                const int from_y = vertical ? SIDE - 1 - y : y, from_x = vertical ? x : SIDE - 1 - x;
                if (fabsf(a[(y * SIDE + x) * CHANNELS + c] - b[(from_y * SIDE + from_x) * CHANNELS + c]) > 1e-3f)
                    return false;
            }
    return true;
}

static void flips(const char *list, bool vertical)
{
    static float photos[N_PHOTOS * N_PHOTO], before[N_PHOTOS * N_PHOTO];
    draw(photos);
    draw(before);
    apply(list, photos, N_PHOTOS, 0, NULL);
    int n_same = 0, n_mirrored = 0;
    for (int i = 0; i < N_PHOTOS; i++) {
        n_same += memcmp(photos + i * N_PHOTO, before + i * N_PHOTO, N_PHOTO * sizeof(float)) == 0;
        n_mirrored += is_mirrored(photos + i * N_PHOTO, before + i * N_PHOTO, vertical);
    }
    assert_int_equal(n_same + n_mirrored, N_PHOTOS);
    assert_true(n_mirrored > N_PHOTOS / 4 && n_same > N_PHOTOS / 4);
}

static void test_flip(void **state)
{
    (void)state;
    flips("flip", false);
    flips("flip_vertical", true);
}

/* A photo's draw depends on its number alone: not on threads, nor on how many are together. */
static void test_augment_is_reproducible(void **state)
{
    (void)state;
    static const char LIST[] = "flip,rotate:0.2,zoom:0.3,translate:0.2,brightness:0.2,contrast:0.5";
    static float whole[N_PHOTOS * N_PHOTO], parts[N_PHOTOS * N_PHOTO], before[N_PHOTOS * N_PHOTO];
    draw(whole);
    draw(parts);
    draw(before);
    mote_pool *pool = mote_pool_new(NULL, 3);
    apply(LIST, whole, N_PHOTOS, 100, pool);
    apply(LIST, parts, 10, 100, NULL);
    apply(LIST, parts + 10 * N_PHOTO, N_PHOTOS - 10, 110, NULL);
    mote_pool_free(pool);
    assert_memory_equal(whole, parts, sizeof whole);
    for (int i = 0; i < N_PHOTOS; i++)
        assert_memory_not_equal(whole + i * N_PHOTO, before + i * N_PHOTO, N_PHOTO * sizeof(float));
    for (int i = 0; i < N_PHOTOS * N_PHOTO; i++)
        assert_true(whole[i] >= 0 && whole[i] <= 255);
}

static void test_augment_refusals(void **state)
{
    (void)state;
    static const char *const WRONG[] = {"",         "flop",   "rotate",     "rotate:", "rotate:0",
                                        "rotate:2", "zoom:x", "flip,,flip", "flip,"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        mote_augment augment;
        mote_error err = {0};
        assert_int_equal(mote_augment_parse(WRONG[i], &augment, &err), MOTE_ARGUMENT);
        assert_non_null(strstr(err.message, "there are flip"));
    }
}

static void test_freeze(void **state)
{
    (void)state;
    const mote_arch_options options = {.input_px = 32, .n_classes = 2};
    mote_model *model;
    mote_error err = {0};
    assert_int_equal(mote_arch_new(&model, mote_arch_find("mote_tiny"), &options, &err), MOTE_OK);
    int32_t n;
    assert_int_equal(mote_model_set_trainable(model, "^block1a_(dwconv|bn)$", false, &n, &err), MOTE_OK);
    assert_int_equal(n, 2);
    int32_t n_frozen = 0;
    for (int32_t i = 0; i < model->n_layers; i++)
        n_frozen += !model->layers[i].trainable;
    assert_int_equal(n_frozen, 2);
    assert_int_equal(mote_model_set_trainable(model, ".", true, &n, &err), MOTE_OK);
    assert_int_equal(n, model->n_layers);
    assert_int_equal(mote_model_set_trainable(model, "nothing like it", true, &n, &err), MOTE_ARGUMENT);
    assert_int_equal(mote_model_set_trainable(model, "(", true, &n, &err), MOTE_ARGUMENT);
    mote_model_free(model);
}

/* A model around layers that train and layers that do not: their own flags count, as Keras reads them from a file. */
static void test_flags_inside(void **state)
{
    (void)state;
    enum { AROUND, FROZEN, FREE, TOP, N_LAYERS };
    mote_model *model = mote_model_new(NULL, 0);
    assert_non_null(model);
    model->layers = mote_arena_calloc(model->arena, N_LAYERS, sizeof *model->layers);
    model->n_layers = N_LAYERS;
    model->layers[AROUND] = (mote_layer){.name = "around", .trainable = false, .parent = -1};
    model->layers[FROZEN] = (mote_layer){.name = "frozen", .trainable = false, .parent = AROUND};
    model->layers[FREE] = (mote_layer){.name = "free", .trainable = true, .parent = AROUND};
    model->layers[TOP] = (mote_layer){.name = "top", .trainable = true, .parent = -1};
    assert_true(mote_layer_trains(model, AROUND)); /* something inside does */
    assert_false(mote_layer_trains(model, FROZEN));
    assert_true(mote_layer_trains(model, FREE));
    int32_t n;
    mote_error err = {0};
    assert_int_equal(mote_model_set_trainable(model, "^around$", false, &n, &err), MOTE_OK);
    assert_int_equal(n, 3); /* all inside of it too */
    assert_false(mote_layer_trains(model, AROUND));
    assert_false(mote_layer_trains(model, FREE));
    assert_true(mote_layer_trains(model, TOP));
    mote_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_flip),
        cmocka_unit_test(test_augment_is_reproducible),
        cmocka_unit_test(test_augment_refusals),
        cmocka_unit_test(test_freeze),
        cmocka_unit_test(test_flags_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
