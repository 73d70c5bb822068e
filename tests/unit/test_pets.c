/* Drawn pets: the same for the same seed whoever draws, different otherwise, and not told apart by their mean colour.
 */
#include "unit/mote_test.h"

#include <mote/draw.h>

#include <math.h>
#include <string.h>

static mote_image draw(uint64_t seed, int64_t index, int32_t kind, int32_t px)
{
    mote_image image;
    mote_error err = {0};
    if (mote_pet_draw(seed, index, kind, px, NULL, &image, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    assert_int_equal(image.height, px);
    assert_int_equal(image.width, px);
    assert_int_equal(image.channels, 3);
    assert_int_equal(image.dtype, MOTE_UINT8);
    return image;
}

static void check_other(const mote_image *image, uint64_t seed, int64_t index, int32_t kind, int32_t px, bool equal)
{
    mote_image other = draw(seed, index, kind, px);
    const int difference = memcmp(image->data, other.data, 3 * (size_t)px * (size_t)px);
    assert_true((difference == 0) == equal);
    mote_image_free(&other);
}

static void same_seed_same_photo(void **state)
{
    (void)state;
    mote_image image = draw(5, 12, MOTE_PET_DOG, 48);
    check_other(&image, 5, 12, MOTE_PET_DOG, 48, true);
    check_other(&image, 5, 12, MOTE_PET_CAT, 48, false);
    check_other(&image, 5, 13, MOTE_PET_DOG, 48, false);
    check_other(&image, 6, 12, MOTE_PET_DOG, 48, false);
    mote_image_free(&image);
}

enum { N_PHOTOS = 120 };

static void draw_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    mote_image *images = arg;
    (void)thread;
    for (int64_t i = begin; i < end; i++)
        mote_pet_draw(1, i / 2, (int32_t)(i % 2), 32, NULL, &images[i], NULL);
}

static void same_in_many_threads(void **state)
{
    (void)state;
    mote_image images[N_PHOTOS] = {{0}};
    mote_pool *pool = mote_pool_new(NULL, 4);
    assert_non_null(pool);
    mote_pool_for(pool, N_PHOTOS, 1, draw_range, images);
    mote_pool_free(pool);
    for (int64_t i = 0; i < N_PHOTOS; i++) {
        assert_non_null(images[i].data);
        check_other(&images[i], 1, i / 2, (int32_t)(i % 2), 32, true);
        mote_image_free(&images[i]);
    }
}

/* The classes' mean colours lie well within each other's spread: a threshold on a mean is near a coin's toss. */
static void mean_colour_tells_nothing(void **state)
{
    (void)state;
    double sum[2][3] = {{0}}, squares[2][3] = {{0}};
    enum { N = 400, PX = 24 };
    for (int i = 0; i < 2 * N; i++) {
        mote_image image = draw(3, i / 2, i % 2, PX);
        for (int c = 0; c < 3; c++) {
            double mean = 0;
            for (int at = 0; at < PX * PX; at++)
                mean += ((const unsigned char *)image.data)[3 * at + c];
            mean /= PX * PX;
            sum[i % 2][c] += mean;
            squares[i % 2][c] += mean * mean;
        }
        mote_image_free(&image);
    }
    for (int c = 0; c < 3; c++) {
        const double a = sum[0][c] / N, b = sum[1][c] / N;
        const double spread = sqrt((squares[0][c] + squares[1][c]) / (2 * N) - (a + b) * (a + b) / 4);
        assert_true(spread > 20);                /* photos differ a lot */
        assert_true(fabs(a - b) < 0.2 * spread); /* classes do not: at best 54% by this channel */
    }
}

static void sizes_are_checked(void **state)
{
    (void)state;
    mote_image image;
    mote_error err = {0};
    assert_int_equal(mote_pet_draw(0, 0, 2, 96, NULL, &image, &err), MOTE_ARGUMENT);
    assert_int_equal(mote_pet_draw(0, 0, -1, 96, NULL, &image, &err), MOTE_ARGUMENT);
    assert_int_equal(mote_pet_draw(0, 0, 0, MOTE_PET_MIN_PX - 1, NULL, &image, &err), MOTE_ARGUMENT);
    assert_int_equal(mote_pet_draw(0, 0, 0, MOTE_PET_MAX_PX + 1, NULL, &image, &err), MOTE_ARGUMENT);
    assert_string_equal(mote_pet_name(0), "cat");
    assert_string_equal(mote_pet_name(1), "dog");
    assert_null(mote_pet_name(2));
    image = draw(0, 0, 0, MOTE_PET_MIN_PX);
    mote_image_free(&image);
    image = draw(0, 0, 1, 500);
    mote_image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_photo),
        cmocka_unit_test(same_in_many_threads),
        cmocka_unit_test(mean_colour_tells_nothing),
        cmocka_unit_test(sizes_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
