/*
 * Datasets: photos or arrays with labels, behind one interface whatever they come from
 * (a TFDS dataset, a folder of class folders, .npy arrays).
 */
#ifndef MOTE_DATA_H
#define MOTE_DATA_H

#include <mote/alloc.h>
#include <mote/tensor.h>
#include <mote/thread.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mote_dataset mote_dataset;

/* Reads the index only (no pixels). path: a TFDS dataset (or a parent NAME/VERSION folder), a folder of
 * images, or X.npy with labels_path Y.npy (labels_path NULL otherwise). */
MOTE_API mote_status mote_dataset_open(mote_dataset **dataset, const char *path, const char *labels_path,
                                       const mote_allocator *allocator, mote_error *err);
MOTE_API void mote_dataset_free(mote_dataset *dataset);
MOTE_API int32_t mote_dataset_n_classes(const mote_dataset *dataset);
MOTE_API const char *mote_dataset_class_name(const mote_dataset *dataset, int32_t index); /* NULL out of range */
MOTE_API int32_t mote_dataset_n_splits(const mote_dataset *dataset);
MOTE_API const char *mote_dataset_split_name(const mote_dataset *dataset, int32_t index);
/* Examples of a split, and of all: their ids are 0…n-1, split after split. */
MOTE_API int64_t mote_dataset_split_count(const mote_dataset *dataset, int32_t index);
MOTE_API int64_t mote_dataset_n_examples(const mote_dataset *dataset);

/* The examples a TFDS split expression picks, in TFDS's order ("train[70%:90%]", "train+test"). Free with
 * mote_free(allocator). */
typedef struct mote_slice {
    int64_t n;
    int64_t *examples; /* ids for the calls below */
} mote_slice;
MOTE_API mote_status mote_dataset_slice(const mote_dataset *dataset, const char *expression, mote_slice *slice,
                                        mote_error *err);
MOTE_API void mote_slice_free(mote_slice *slice, const mote_allocator *allocator);

/* One example's label without its pixels, and its name (a path or key; borrowed). Label -1: none. */
MOTE_API int32_t mote_dataset_label(const mote_dataset *dataset, int64_t example);
MOTE_API const char *mote_dataset_name(const mote_dataset *dataset, int64_t example);

/* A decoded image: HWC, uint8 (photos) or float32 (float .npy). */
typedef struct mote_image {
    int32_t height, width, channels;
    mote_dtype dtype;
    void *data; /* from the allocator; free with mote_image_free */
    const mote_allocator *allocator;
} mote_image;
MOTE_API void mote_image_free(mote_image *image);

/* Decodes as tf.io.decode_jpeg / decode_png do (fast integer DCT, fancy upsampling, EXIF orientation ignored).
 * channels 0: as stored, 1 gray, 3 RGB. Thread-safe. */
MOTE_API mote_status mote_dataset_decode(const mote_dataset *dataset, int64_t example, int32_t channels,
                                         mote_image *image, mote_error *err);
/* Height and width without the pixels. Thread-safe. */
MOTE_API mote_status mote_dataset_size(const mote_dataset *dataset, int64_t example, int32_t *height, int32_t *width,
                                       mote_error *err);
MOTE_API mote_status mote_image_decode(const void *bytes, size_t n_bytes, int32_t channels,
                                       const mote_allocator *allocator, mote_image *image, mote_error *err);
MOTE_API mote_status mote_image_load(const char *path, int32_t channels, const mote_allocator *allocator,
                                     mote_image *image, mote_error *err);
/* tf.image.resize: bilinear, half-pixel centres, no antialias; out is float32 height x width x channels, kept in
 * the image's range (0…255 for photos). */
MOTE_API mote_status mote_image_resize(const mote_image *image, int32_t height, int32_t width, float *out);
/* 8-bit PNG, 1 or 3 channels; path as for mote_output_open. */
MOTE_API mote_status mote_png_write(const char *path, const mote_image *image, mote_error *err);
MOTE_API mote_status mote_jpeg_write(const char *path, const mote_image *image, int32_t quality, mote_error *err);
/* The same into memory: *bytes from allocator (mote_free). */
MOTE_API mote_status mote_jpeg_encode(const mote_image *image, int32_t quality, const mote_allocator *allocator,
                                      unsigned char **bytes, size_t *n_bytes, mote_error *err);

/* What a model expects of a pixel of 0…255. */
typedef enum mote_pixels {
    MOTE_PIXELS_0_255,
    MOTE_PIXELS_0_1,
    MOTE_PIXELS_M1_1,
    MOTE_PIXELS_IMAGENET, /* (x/255 - mean) / std per channel: mean .485 .456 .406, std .229 .224 .225 */
    MOTE_PIXELS_CAFFE,    /* blue, green, red, less 103.939, 116.779, 123.68: Keras's ResNet50 */
} mote_pixels;
/* "0..255" "0..1" "-1..1" "imagenet" "caffe" */
MOTE_API bool mote_pixels_parse(const char *text, mote_pixels *pixels);
/* The least and the largest value that a pixel can have then. */
MOTE_API void mote_pixels_range(mote_pixels pixels, float *low, float *high);
MOTE_API void mote_pixels_apply(mote_pixels pixels, float *values, int64_t n_pixels, int32_t channels);

/* --- streaming: decoded and resized in parallel ahead of the reader, delivered in order --- */
typedef struct mote_loader mote_loader;
typedef struct mote_loader_options {
    int32_t height, width, channels; /* of what is delivered */
    mote_pixels pixels;
    int32_t n_threads; /* decoders; <= 0: mote_cpu_count() */
    int32_t n_ahead;   /* examples decoded ahead; <= 0: a few per thread */
    bool strict;       /* an unreadable example is an error instead of being skipped */
    int64_t limit;     /* deliver at most so many; <= 0: all */
    /* Called in the reader's thread for each unreadable example; may be NULL. */
    void (*on_skip)(void *arg, const char *name, const mote_error *err);
    void *on_skip_arg;
} mote_loader_options;
MOTE_API mote_loader_options mote_loader_options_default(void);

typedef struct mote_example {
    int64_t id; /* for mote_dataset_name and _label */
    int32_t label;
    const float *pixels; /* height x width x channels; borrowed until the next call */
} mote_example;
/* The dataset and the slice must outlive the loader. */
MOTE_API mote_status mote_loader_new(mote_loader **loader, const mote_dataset *dataset, const mote_slice *slice,
                                     const mote_loader_options *options, const mote_allocator *allocator,
                                     mote_error *err);
/* *more false: the end. Errors only when strict, or out of memory. */
MOTE_API mote_status mote_loader_next(mote_loader *loader, mote_example *example, bool *more, mote_error *err);
MOTE_API int64_t mote_loader_skipped(const mote_loader *loader);
MOTE_API void mote_loader_free(mote_loader *loader); /* also in the middle */

/* --- batches for training: shuffled each epoch, decoded in parallel ahead of the reader, endless --- */
typedef struct mote_batches mote_batches;
typedef struct mote_batches_options {
    int32_t height, width, channels; /* of what is delivered */
    mote_pixels pixels;
    int32_t batch; /* examples in one, >= 1 */
    bool shuffle;  /* each epoch in an order of its own, drawn from seed and the epoch's number alone */
    uint64_t seed;
    bool drop_last;     /* leave out an epoch's last batch where it is smaller */
    int32_t n_threads;  /* decoders; <= 0: mote_cpu_count() */
    int32_t n_ahead;    /* batches made ahead; <= 0: 2 */
    size_t cache_bytes; /* memory for photos once decoded; 0: decode each time. Never changes a value. */
    /* Pixels are rounded to whole numbers (at most 0.5 of 255 off) before `pixels` applies, cached or not: a cached
     * photo then takes a byte for each value delivered, else up to four. Photos only. */
    bool whole_numbers;
    bool strict; /* an unreadable example is an error; else it is left out of its batch, each epoch */
    /* Called in the reader's thread the first time an example is left out; may be NULL. */
    void (*on_skip)(void *arg, const char *name, const mote_error *err);
    void *on_skip_arg;
} mote_batches_options;
/* 3 channels, batches of 16, shuffled; a quarter of this machine's memory for the cache, at most 4 GiB. */
MOTE_API mote_batches_options mote_batches_options_default(void);

typedef struct mote_batch {
    int64_t epoch, index;    /* which pass over the data, and which batch of it, from 0 */
    int32_t n;               /* examples: fewer than asked for at an epoch's end, or where some cannot be read */
    const float *pixels;     /* n x height x width x channels; these three are borrowed until the next call */
    const int32_t *labels;   /* n */
    const int64_t *examples; /* n; for mote_dataset_name */
} mote_batch;

/* The dataset and the slice must outlive it. MOTE_ARGUMENT: no whole batch in the slice, sizes out of range. */
MOTE_API mote_status mote_batches_new(mote_batches **batches, const mote_dataset *dataset, const mote_slice *slice,
                                      const mote_batches_options *options, const mote_allocator *allocator,
                                      mote_error *err);
/* Batches in one epoch. */
MOTE_API int64_t mote_batches_per_epoch(const mote_batches *batches);
/* The next call gives that batch of that epoch: how a run goes on where it stopped. index in [0, per_epoch). */
MOTE_API mote_status mote_batches_seek(mote_batches *batches, int64_t epoch, int64_t index, mote_error *err);
/* After the last batch of an epoch comes the first of the next. What is delivered depends on the dataset, the slice and
 * the options only, not on threads or time. Errors: strict and unreadable; nothing readable in a whole epoch;
 * out of memory. */
MOTE_API mote_status mote_batches_next(mote_batches *batches, mote_batch *batch, mote_error *err);
MOTE_API int64_t mote_batches_skipped(const mote_batches *batches);   /* different examples left out so far */
MOTE_API int64_t mote_batches_waited_ns(const mote_batches *batches); /* what the reader has waited for decoding */
MOTE_API size_t mote_batches_cached_bytes(mote_batches *batches);
MOTE_API void mote_batches_free(mote_batches *batches); /* also in the middle */

/* --- .npy (format 1.0–3.0, little-endian, C order) --- */
/* tensor->data from allocator (mote_free), shape and dtype as in the file. */
MOTE_API mote_status mote_npy_read(const char *path, mote_tensor *tensor, const mote_allocator *allocator,
                                   mote_error *err);
MOTE_API mote_status mote_npy_write(const char *path, const mote_tensor *tensor, mote_error *err);

#ifdef __cplusplus
}
#endif
#endif
