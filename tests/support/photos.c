#include "support/photos.h"

#include "unit/mote_test.h"

#include <mote/data.h>
#include <mote/io.h>
#include <mote/rng.h>

#include <ftw.h>
#include <string.h>

void photos_make_folder(char path[64])
{
    snprintf(path, 64, "/tmp/mote_test_XXXXXX");
    assert_non_null(mkdtemp(path));
}

static void make_parents(const char *path)
{
    char parent[4096];
    snprintf(parent, sizeof parent, "%s", path);
    *strrchr(parent, '/') = '\0';
    assert_int_equal(mote_make_directories(parent, NULL), MOTE_OK);
}

void photos_write_jpeg(const char *folder, const char *name, int32_t height, int32_t width, int32_t channels,
                       uint64_t seed)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    make_parents(path);
    mote_rng rng = mote_rng_make(seed, 0);
    const size_t n = (size_t)height * (size_t)width * (size_t)channels;
    unsigned char *pixels = malloc(n);
    assert_non_null(pixels);
    /* Blocks of colour: a photo of noise would be no photo. */
    for (size_t i = 0; i < n; i++)
        pixels[i] = i % 16 && i ? pixels[i - 1] : (unsigned char)mote_rng_below(&rng, 256);
    const mote_image image = {height, width, channels, MOTE_UINT8, pixels, NULL};
    mote_error err = {0};
    if (mote_jpeg_write(path, &image, 90, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    free(pixels);
}

void photos_write_text(const char *folder, const char *name, const char *text)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    make_parents(path);
    assert_int_equal(mote_file_write(path, text, strlen(text), NULL), MOTE_OK);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info, (void)type, (void)where;
    return remove(path);
}

void photos_remove(const char *folder)
{
    assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}
