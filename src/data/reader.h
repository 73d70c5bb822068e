/*
 * A dataset reader: one kind of dataset on disk. reader_list.inc names them; the first whose probe says yes opens.
 * A reader fills the dataset's tables (classes, splits, examples) and then gives the bytes of single examples.
 */
#ifndef MOTE_DATA_READER_H
#define MOTE_DATA_READER_H

#include <mote/data.h>
#include <mote/io.h>

#include "kernels/kernels.h"

/* An encoded photo as a reader gives it: valid until released. */
typedef struct mote_encoded {
    const void *bytes;
    size_t n_bytes;
    mote_file file; /* what holds the bytes, one or the other */
    void *message;
} mote_encoded;

typedef struct mote_split {
    const char *name;
    int32_t n_pieces;
    /* Examples in file order, cut into the pieces (shards) that TFDS reads in turn: piece i is
     * [piece_begin[i], piece_begin[i + 1]). */
    int64_t *piece_begin;
} mote_split;

typedef struct mote_reader mote_reader;

struct mote_dataset {
    const mote_reader *reader;
    mote_arena *arena;
    const mote_allocator *allocator;
    mote_kernels kernels;
    const char *path;
    const char **classes;
    int32_t n_classes;
    mote_split *splits;
    int32_t n_splits;
    int64_t n_examples;
    int32_t *labels;    /* n_examples; -1: none */
    const char **names; /* n_examples */
    void *state;        /* the reader's */
};

struct mote_reader {
    const char *what; /* "a TFDS dataset" */
    bool (*probe)(const char *path, const char *labels_path);
    mote_status (*open)(mote_dataset *dataset, const char *path, const char *labels_path, mote_error *err);
    /* Photos: the bytes of an example, and their release. NULL where examples are arrays. Thread-safe. */
    mote_status (*encoded)(const mote_dataset *dataset, int64_t example, mote_encoded *encoded, mote_error *err);
    void (*release)(mote_encoded *encoded);
    /* Arrays: an example, and its size without the pixels. NULL where there are photos. Thread-safe. */
    mote_status (*decode)(const mote_dataset *dataset, int64_t example, int32_t channels, mote_image *image,
                          mote_error *err);
    mote_status (*size)(const mote_dataset *dataset, int64_t example, int32_t *height, int32_t *width, mote_error *err);
    void (*close)(mote_dataset *dataset); /* what the arena does not hold; may be NULL */
};

/* A growing list of pointers or numbers in an arena is not worth a container: readers count first, then fill. */
mote_status mote_dataset_reserve(mote_dataset *dataset, int64_t n_examples, mote_error *err);

/* An example decoded and resized: out is height x width x channels. Thread-safe. */
mote_status mote_dataset_load(const mote_dataset *dataset, int64_t example, int32_t channels, int32_t height,
                              int32_t width, float *out, mote_error *err);

typedef enum image_kind { IMAGE_UNKNOWN, IMAGE_JPEG, IMAGE_PNG, IMAGE_GIF, IMAGE_BMP, IMAGE_WEBP } image_kind;
image_kind mote_image_sniff(const void *bytes, size_t n_bytes);

/* JPEG and PNG headers. */
mote_status mote_image_size(const void *bytes, size_t n_bytes, int32_t *height, int32_t *width, mote_error *err);

/* Larger photos are refused before anything is allocated: 400 million pixels are 1.2 GB as RGB. */
enum { MOTE_MAX_PHOTO_PIXELS = 100 * 1000 * 1000 };
mote_status mote_check_photo_size(int64_t height, int64_t width, mote_error *err);

/* Where decoded lines go, in order. */
typedef struct mote_line_sink {
    /* The photo's size, before its first line. */
    mote_status (*begin)(void *arg, int32_t height, int32_t width, int32_t channels, mote_error *err);
    unsigned char *(*place)(void *arg, int32_t y); /* where to put line y */
    void (*line)(void *arg, int32_t y);            /* it is there; may be NULL */
    void *arg;
} mote_line_sink;

/* Decodes line by line; what has gone to the sink before an error is worth nothing. */
mote_status mote_jpeg_decode_lines(const void *bytes, size_t n_bytes, int32_t channels, const mote_line_sink *sink,
                                   const mote_allocator *allocator, mote_error *err);
mote_status mote_jpeg_decode(const void *bytes, size_t n_bytes, int32_t channels, mote_image *image, mote_error *err);
mote_status mote_jpeg_size(const void *bytes, size_t n_bytes, int32_t *height, int32_t *width, mote_error *err);
mote_status mote_png_decode(const void *bytes, size_t n_bytes, int32_t channels, mote_image *image, mote_error *err);
mote_status mote_png_size(const void *bytes, size_t n_bytes, int32_t *height, int32_t *width, mote_error *err);

#endif
