#include "cli/cli_photo.h"

#include <mote/runtime.h>

/* Resized and scaled as the network wants it, then of the input's type. */
static mote_status fill(mote_tensor *input, const mote_image *image, mote_pixels pixels, float *values)
{
    const int32_t height = input->shape.dims[1], width = input->shape.dims[2], channels = input->shape.dims[3];
    const mote_status status = mote_image_resize(image, height, width, values);
    if (status != MOTE_OK)
        return status;
    mote_pixels_apply(pixels, values, (int64_t)height * width, channels);
    return mote_tensor_from_float(input, values, mote_shape_count(&input->shape));
}

mote_status cli_photo_fill(mote_tensor *input, const char *path, const char *pixels, mote_error *err)
{
    mote_pixels range = MOTE_PIXELS_0_255;
    mote_image image;
    if (pixels && !mote_pixels_parse(pixels, &range))
        return mote_error_set(err, MOTE_ARGUMENT, "--pixels %s is unknown", pixels);
    mote_status status = mote_image_load(path, input->shape.dims[3], NULL, &image, err);
    if (status != MOTE_OK)
        return status;
    float *values = mote_calloc(NULL, (size_t)mote_shape_count(&input->shape), sizeof *values);
    status = values ? fill(input, &image, range, values) : MOTE_NO_MEMORY;
    mote_free(NULL, values);
    mote_image_free(&image);
    return status == MOTE_OK ? MOTE_OK : mote_error_set(err, status, "%s: %s", path, mote_status_text(status));
}
