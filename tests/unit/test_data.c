/* Data as it may come: names of any bytes, links in circles, files that are not what they say. One clear line each. */
#include "unit/mote_test.h"

#include <mote/data.h>
#include <mote/io.h>

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "support/photos.h"

typedef struct fixture {
    char folder[64];
    mote_error err;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    photos_make_folder(f->folder);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    photos_remove(f->folder);
    free(f);
    return 0;
}

static mote_dataset *open_data(fixture *f)
{
    mote_dataset *dataset;
    if (mote_dataset_open(&dataset, f->folder, NULL, NULL, &f->err) != MOTE_OK)
        fail_msg("%s", f->err.message);
    return dataset;
}

/* Refused with one line that holds the word. */
static void assert_refused(fixture *f, const char *path, const char *labels, const char *word)
{
    mote_dataset *dataset;
    f->err = (mote_error){0};
    assert_int_not_equal(mote_dataset_open(&dataset, path, labels, NULL, &f->err), MOTE_OK);
    assert_null(dataset);
    if (!strstr(f->err.message, word) || strchr(f->err.message, '\n'))
        fail_msg("'%s' does not say '%s'", f->err.message, word);
}

static void names_of_any_bytes(void **state)
{
    fixture *f = *state;
    photos_write_jpeg(f->folder, "a class/one two.jpg", 9, 9, 3, 1);
    photos_write_jpeg(f->folder, "a class/new\nline.JPG", 9, 9, 3, 2);
    photos_write_jpeg(f->folder, "\xc3\xa9\xff/\xe7\x8c\xab.jpeg", 9, 9, 3, 3);
    mote_dataset *dataset = open_data(f);
    assert_int_equal(mote_dataset_n_classes(dataset), 2);
    assert_int_equal(mote_dataset_n_examples(dataset), 3);
    for (int64_t i = 0; i < 3; i++) {
        mote_image image;
        assert_int_equal(mote_dataset_decode(dataset, i, 3, &image, &f->err), MOTE_OK);
        mote_image_free(&image);
    }
    mote_dataset_free(dataset);
}

static void links_in_circles(void **state)
{
    fixture *f = *state;
    char link[128];
    photos_write_jpeg(f->folder, "cat/1.jpg", 9, 9, 3, 1);
    snprintf(link, sizeof link, "%s/cat/loop.jpg", f->folder);
    assert_int_equal(symlink("loop.jpg", link), 0);
    snprintf(link, sizeof link, "%s/cat/up", f->folder);
    assert_int_equal(symlink("..", link), 0);
    mote_dataset *dataset = open_data(f);
    mote_image image;
    int n_readable = 0;
    for (int64_t i = 0; i < mote_dataset_n_examples(dataset); i++)
        if (mote_dataset_decode(dataset, i, 3, &image, &f->err) == MOTE_OK) {
            n_readable++;
            mote_image_free(&image);
        }
    assert_int_equal(n_readable, 1);
    mote_dataset_free(dataset);
}

static void files_that_are_something_else(void **state)
{
    static const struct {
        const char *name, *text, *word;
    } rows[] = {
        {"cat/text.jpg", "hello", "neither a JPEG nor a PNG"},
        {"cat/empty.png", "", "an empty file"},
        {"cat/gif.jpg", "GIF89a....", "a GIF"},
        {"cat/cut.jpg", "\xff\xd8\xff\xe0", "JPEG"},
        {"cat/cut.png", "\x89PNG\r\n\x1a\n", "PNG"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[128];
        mote_image image;
        photos_write_text(f->folder, rows[i].name, rows[i].text);
        snprintf(path, sizeof path, "%s/%s", f->folder, rows[i].name);
        assert_int_not_equal(mote_image_load(path, 3, NULL, &image, &f->err), MOTE_OK);
        assert_null(image.data);
        if (!strstr(f->err.message, rows[i].word) || !strstr(f->err.message, rows[i].name))
            fail_msg("'%s' does not say '%s'", f->err.message, rows[i].word);
    }
}

static void truncated_anywhere(void **state)
{
    fixture *f = *state;
    char path[128];
    mote_file file;
    photos_write_jpeg(f->folder, "a.jpg", 40, 30, 3, 1);
    snprintf(path, sizeof path, "%s/a.jpg", f->folder);
    assert_int_equal(mote_file_open(&file, path, 0, NULL, NULL), MOTE_OK);
    for (size_t n = 0; n + 2 < file.n_bytes; n += 7) {
        mote_image image;
        assert_int_not_equal(mote_image_decode(file.data, n, 3, NULL, &image, &f->err), MOTE_OK);
        assert_null(image.data);
    }
    mote_file_close(&file);
}

/* The size in a JPEG's frame header, changed: 20,000 x 20,000 is refused before memory is taken. */
static void huge_photos(void **state)
{
    fixture *f = *state;
    char path[128];
    mote_file file;
    mote_image image;
    photos_write_jpeg(f->folder, "a.jpg", 16, 16, 3, 1);
    snprintf(path, sizeof path, "%s/a.jpg", f->folder);
    assert_int_equal(mote_file_open(&file, path, 0, NULL, NULL), MOTE_OK);
    unsigned char *bytes = malloc(file.n_bytes);
    assert_non_null(bytes);
    memcpy(bytes, file.data, file.n_bytes);
    unsigned char *frame = memmem(bytes, file.n_bytes, "\xff\xc0", 2);
    assert_non_null(frame);
    frame[5] = frame[7] = 20000 >> 8;
    frame[6] = frame[8] = 20000 & 255;
    assert_int_equal(mote_image_decode(bytes, file.n_bytes, 3, NULL, &image, &f->err), MOTE_LIMIT);
    assert_non_null(strstr(f->err.message, "20000 x 20000"));
    free(bytes);
    mote_file_close(&file);
}

static void folders_without_data(void **state)
{
    fixture *f = *state;
    char path[128];
    assert_refused(f, "/nonexistent/photos", NULL, "/nonexistent/photos");
    assert_refused(f, f->folder, NULL, "not a data set");
    snprintf(path, sizeof path, "%s/cat", f->folder);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_refused(f, f->folder, NULL, "no photos");
}

static void write_array(const char *path, mote_dtype dtype, mote_shape shape, void *data)
{
    const mote_tensor tensor = {.name = "", .dtype = dtype, .shape = shape, .data = data, .layer = -1};
    assert_int_equal(mote_npy_write(path, &tensor, NULL), MOTE_OK);
}

static void arrays_that_do_not_fit(void **state)
{
    fixture *f = *state;
    char x[96], y[96];
    static int64_t zeros[64];
    int32_t labels[2] = {0, -1};
    snprintf(x, sizeof x, "%s/x.npy", f->folder);
    snprintf(y, sizeof y, "%s/y.npy", f->folder);
    write_array(x, MOTE_UINT8, mote_shape_4d(2, 3, 3, 3), zeros);
    write_array(y, MOTE_INT32, mote_shape_make(1, (int32_t[]){3}), zeros);
    assert_refused(f, x, NULL, "--labels");
    assert_refused(f, x, y, "3 labels for 2 images");
    write_array(y, MOTE_INT32, mote_shape_make(1, (int32_t[]){2}), labels);
    assert_refused(f, x, y, "label 1 is -1");
    write_array(y, MOTE_FLOAT32, mote_shape_make(1, (int32_t[]){2}), zeros);
    assert_refused(f, x, y, "y.npy");
    write_array(y, MOTE_INT32, mote_shape_make(1, (int32_t[]){2}), zeros);
    write_array(x, MOTE_INT64, mote_shape_4d(2, 1, 1, 3), zeros);
    assert_refused(f, x, y, "uint8 or float32");
    write_array(x, MOTE_UINT8, mote_shape_make(2, (int32_t[]){2, 3}), zeros);
    assert_refused(f, x, y, "N x height x width");
    assert_int_equal(mote_file_write(x, "not an array", 12, NULL), MOTE_OK);
    assert_refused(f, x, y, "not a .npy file");
}

/* tf_keras.applications.imagenet_utils.preprocess_input in its modes "tf", "torch" and "caffe", of one pixel. */
static void test_pixels(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float values[3];
    } rows[] = {{"0..255", {10, 20, 250}},
                {"0..1", {0.03921569f, 0.07843137f, 0.98039216f}},
                {"-1..1", {-0.92156863f, -0.84313726f, 0.9607843f}},
                {"imagenet", {-1.9466565f, -1.685574f, 2.5528543f}},
                {"caffe", {146.061f, -96.779f, -113.68f}}};
    mote_pixels pixels;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        float values[] = {10, 20, 250}, low, high;
        assert_true(mote_pixels_parse(rows[i].name, &pixels));
        mote_pixels_apply(pixels, values, 1, 3);
        mote_pixels_range(pixels, &low, &high);
        for (int c = 0; c < 3; c++) {
            assert_true(fabsf(values[c] - rows[i].values[c]) <= 1e-5f * fabsf(values[c]));
            assert_true(values[c] >= low && values[c] <= high);
        }
    }
    assert_false(mote_pixels_parse("bgr", &pixels));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pixels),
        cmocka_unit_test_setup_teardown(names_of_any_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_in_circles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_that_are_something_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(truncated_anywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(huge_photos, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folders_without_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(arrays_that_do_not_fit, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
