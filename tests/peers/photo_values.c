/* photo_values CHANNELS HEIGHT WIDTH OUT FILE: decodes a photo into OUT.npy (uint8) and, where HEIGHT is not 0, resizes
 * it into OUT.resized.npy (float32), for check_decode.py. Exit code 1, and why, when it cannot be decoded. */
#include <mote/data.h>

#include <stdio.h>
#include <stdlib.h>

static int write_npy(const char *out, const char *ending, mote_dtype dtype, int32_t h, int32_t w, int32_t c, void *data)
{
    char path[4096];
    mote_error err;
    const mote_tensor tensor = {
        .name = "", .dtype = dtype, .shape = {.rank = 3, .dims = {h, w, c}}, .data = data, .layer = -1};
    snprintf(path, sizeof path, "%s%s.npy", out, ending);
    if (mote_npy_write(path, &tensor, &err) == MOTE_OK)
        return 0;
    fprintf(stderr, "%s\n", err.message);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    const int32_t height = (int32_t)atoi(argv[2]), width = (int32_t)atoi(argv[3]);
    mote_image image;
    mote_error err;
    if (mote_image_load(argv[5], (int32_t)atoi(argv[1]), NULL, &image, &err) != MOTE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    int code = write_npy(argv[4], "", MOTE_UINT8, image.height, image.width, image.channels, image.data);
    float *resized = calloc((size_t)height * (size_t)width + 1, (size_t)image.channels * sizeof *resized);
    if (!resized)
        code = 2;
    if (code == 0 && height > 0)
        code = mote_image_resize(&image, height, width, resized) == MOTE_OK
                   ? write_npy(argv[4], ".resized", MOTE_FLOAT32, height, width, image.channels, resized)
                   : 2;
    free(resized);
    mote_image_free(&image);
    return code;
}
