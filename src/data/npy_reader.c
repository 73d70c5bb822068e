/* X.npy (N x H x W x C, uint8 or float32) with Y.npy (N integers): data too, with one split, `train`. */
#include "data/reader.h"

#include <mote/text.h>

#include <string.h>

typedef struct npy_state {
    mote_tensor images, labels;
} npy_state;

static bool probe(const char *path, const char *labels_path)
{
    (void)labels_path;
    return *path && mote_text_ends_with(path + 1, ".npy"); /* more than the ending */
}

static int64_t read_label(const mote_tensor *labels, int64_t index)
{
    switch (labels->dtype) {
    case MOTE_INT64:
        return ((const int64_t *)labels->data)[index];
    case MOTE_INT32:
        return ((const int32_t *)labels->data)[index];
    case MOTE_UINT8:
        return ((const uint8_t *)labels->data)[index];
    case MOTE_INT8:
        return ((const int8_t *)labels->data)[index];
    case MOTE_INT16:
        return ((const int16_t *)labels->data)[index];
    default:
        return -1;
    }
}

static mote_status set_labels(mote_dataset *dataset, const char *path, mote_error *err)
{
    const npy_state *state = dataset->state;
    int64_t top = 0;
    for (int64_t i = 0; i < dataset->n_examples; i++) {
        const int64_t label = read_label(&state->labels, i);
        if (label < 0 || label > 1000000)
            return mote_error_set(err, MOTE_FORMAT, "%s: label %lld is %lld; labels are whole numbers from 0", path,
                                  (long long)i, (long long)label);
        dataset->labels[i] = (int32_t)label;
        top = label > top ? label : top;
        dataset->names[i] = mote_arena_printf(dataset->arena, "example %lld", (long long)i);
        if (!dataset->names[i])
            return mote_error_no_memory(err);
    }
    dataset->n_classes = (int32_t)top + 1;
    dataset->classes = mote_arena_calloc(dataset->arena, (size_t)dataset->n_classes, sizeof *dataset->classes);
    for (int32_t i = 0; dataset->classes && i < dataset->n_classes; i++)
        dataset->classes[i] = mote_arena_printf(dataset->arena, "%d", i);
    return dataset->classes ? MOTE_OK : mote_error_no_memory(err);
}

static mote_status open_npy(mote_dataset *dataset, const char *path, const char *labels_path, mote_error *err)
{
    npy_state *state = mote_arena_alloc(dataset->arena, sizeof *state);
    dataset->state = state;
    dataset->splits = mote_arena_calloc(dataset->arena, 1, sizeof *dataset->splits);
    int64_t *ends = mote_arena_calloc(dataset->arena, 2, sizeof *ends);
    if (!state || !dataset->splits || !ends)
        return mote_error_no_memory(err);
    if (!labels_path)
        return mote_error_set(err, MOTE_ARGUMENT, "%s: its labels are needed too: --labels Y.npy", path);
    mote_status status = mote_npy_read(path, &state->images, dataset->allocator, err);
    if (status == MOTE_OK)
        status = mote_npy_read(labels_path, &state->labels, dataset->allocator, err);
    if (status != MOTE_OK)
        return status;
    const mote_tensor *images = &state->images;
    const int32_t channels = images->shape.rank == 4 ? images->shape.dims[3] : 0;
    if ((images->dtype != MOTE_UINT8 && images->dtype != MOTE_FLOAT32) || (channels != 1 && channels != 3))
        return mote_error_set(err, MOTE_SHAPE, "%s: images are needed: N x height x width x 1 or 3, uint8 or float32",
                              path);
    if (mote_shape_count(&state->labels.shape) != images->shape.dims[0])
        return mote_error_set(err, MOTE_SHAPE, "%s: %lld labels for %d images", labels_path,
                              (long long)mote_shape_count(&state->labels.shape), images->shape.dims[0]);
    status = mote_dataset_reserve(dataset, images->shape.dims[0], err);
    if (status == MOTE_OK)
        status = set_labels(dataset, labels_path, err);
    ends[1] = dataset->n_examples;
    dataset->splits[0] = (mote_split){.name = "train", .n_pieces = 1, .piece_begin = ends};
    dataset->n_splits = 1;
    return status;
}

static mote_status size(const mote_dataset *dataset, int64_t index, int32_t *height, int32_t *width, mote_error *err)
{
    (void)index, (void)err;
    const npy_state *state = dataset->state;
    *height = state->images.shape.dims[1];
    *width = state->images.shape.dims[2];
    return MOTE_OK;
}

static mote_status decode(const mote_dataset *dataset, int64_t index, int32_t channels, mote_image *image,
                          mote_error *err)
{
    const npy_state *state = dataset->state;
    const mote_tensor *images = &state->images;
    const int32_t *dims = images->shape.dims;
    if (channels && channels != dims[3])
        return mote_error_set(err, MOTE_SHAPE, "%s: images have %d channels, the model wants %d", dataset->path,
                              dims[3], channels);
    const size_t n_bytes = (size_t)mote_shape_span(&images->shape, 1, 4) * mote_dtype_bytes(images->dtype);
    image->height = dims[1];
    image->width = dims[2];
    image->channels = dims[3];
    image->dtype = images->dtype;
    image->data = mote_alloc(image->allocator, n_bytes);
    if (!image->data)
        return mote_error_no_memory(err);
    memcpy(image->data, (const char *)images->data + (size_t)index * n_bytes, n_bytes);
    return MOTE_OK;
}

static void close_npy(mote_dataset *dataset)
{
    npy_state *state = dataset->state;
    if (!state)
        return;
    mote_free(dataset->allocator, state->images.data);
    mote_free(dataset->allocator, state->labels.data);
}

const mote_reader mote_reader_npy = {
    .what = ".npy arrays",
    .probe = probe,
    .open = open_npy,
    .decode = decode,
    .size = size,
    .close = close_npy,
};
