/*
 * Element types, shapes, quantization and tensors: the values that the graph, the passes, the
 * .tflite codec and the runtime share. Plain structs; who owns the memory behind a pointer is said
 * where the struct is made (a graph's arena, or a runtime).
 */
#ifndef MOTE_TENSOR_H
#define MOTE_TENSOR_H

#include <mote/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mote_dtype {
#define MOTE_DTYPE(name, code, bits, text) MOTE_##name = code,
#include <mote/dtype_list.inc>
#undef MOTE_DTYPE
    MOTE_DTYPE_COUNT
} mote_dtype;

MOTE_API const char *mote_dtype_name(mote_dtype dtype);              /* "float32"; "?" out of range */
MOTE_API bool mote_dtype_parse(const char *text, mote_dtype *dtype); /* false: no such name */
MOTE_API int32_t mote_dtype_bits(mote_dtype dtype);                  /* 0: no fixed size */
MOTE_API size_t mote_dtype_bytes(mote_dtype dtype);                  /* whole bytes; 0 for sub-byte and string */

/* --- shape --- */
enum { MOTE_MAX_RANK = 8, MOTE_RANK_UNKNOWN = -1, MOTE_DIM_UNKNOWN = -1 };

/* Row-major, the last dimension fastest (images: NHWC). rank 0 is a scalar, one element. */
typedef struct mote_shape {
    int32_t rank;
    int32_t dims[MOTE_MAX_RANK];
} mote_shape;

MOTE_API mote_shape mote_shape_make(int32_t rank, const int32_t *dims);
MOTE_API mote_shape mote_shape_4d(int32_t n, int32_t h, int32_t w, int32_t c);
MOTE_API bool mote_shape_equal(const mote_shape *a, const mote_shape *b);
/* Rank known and no dimension negative. */
MOTE_API bool mote_shape_is_known(const mote_shape *shape);
/* Number of elements; -1 when unknown or when it overflows int64. */
MOTE_API int64_t mote_shape_count(const mote_shape *shape);
/* Product of dims[from, to): how kernels flatten. 1 for an empty range. */
MOTE_API int64_t mote_shape_span(const mote_shape *shape, int32_t from, int32_t to);
/* "1x224x224x3", "scalar", "?" for unknown; always terminated. Returns text. */
enum { MOTE_SHAPE_TEXT_BYTES = 128 };
MOTE_API const char *mote_shape_format(const mote_shape *shape, char text[MOTE_SHAPE_TEXT_BYTES]);
/* NumPy broadcasting of two shapes; MOTE_SHAPE when they do not fit. */
MOTE_API mote_status mote_shape_broadcast(const mote_shape *a, const mote_shape *b, mote_shape *out);

/* --- quantization: real = scale * (q - zero_point) --- */
typedef struct mote_quant {
    int32_t n;                 /* 0: not quantized; 1: per tensor; else one per slice along axis */
    int32_t axis;              /* the quantized dimension when n > 1 */
    const float *scale;        /* n values, > 0 */
    const int64_t *zero_point; /* n values */
    /* Blockwise, with n 0: a scale for each run of block_size elements of the last dimension, zero points 0. */
    int32_t block_size; /* 0: not blockwise */
    const float *block_scale;
    bool has_range; /* calibrated float range recorded by a converter */
    float min, max;
} mote_quant;

/* --- tensor --- */
typedef enum mote_storage {
    MOTE_STORAGE_ACTIVATION, /* made by a node or fed by the caller */
    MOTE_STORAGE_CONST,      /* data holds the value */
    MOTE_STORAGE_VARIABLE,   /* keeps its value between invocations (is_variable) */
} mote_storage;

/* TFLite's sparse encoding of a constant (DENSIFY); arrays live with the tensor. */
typedef struct mote_sparse_dim {
    int32_t format; /* 0 dense, 1 CSR */
    int32_t dense_size;
    int32_t n_segments, n_indices;
    const int32_t *segments, *indices;
} mote_sparse_dim;

typedef struct mote_sparsity {
    int32_t n_traversal, n_block_map, n_dims;
    const int32_t *traversal_order, *block_map;
    const mote_sparse_dim *dims;
} mote_sparsity;

typedef struct mote_tensor {
    const char *name; /* never NULL; may be "" and need not be unique in a foreign file */
    mote_dtype dtype;
    mote_storage storage;
    mote_shape shape; /* concrete: a dynamic batch is 1 here */
    /* As shape but with -1 where a caller may choose; has_signature says it was given at all. */
    mote_shape signature;
    bool has_signature;
    mote_quant quant;
    const mote_sparsity *sparsity; /* NULL: dense */
    /* Constants: the value (for a sparse one, its stored non-zeros), MOTE_ALIGNMENT-aligned.
     * In a runtime: where the value is, or NULL while it is not known. */
    void *data;
    size_t n_bytes;
    int32_t layer; /* index into the model's layers this tensor came from, or -1 */
    /* Of a Keras model: TensorFlow's converter does not know its size, so that its calibrator finds no other value in
     * its memory (pass/quantize_ranges.c). */
    bool is_unsized;
} mote_tensor;

/* Bytes that shape and dtype need (sub-byte types rounded up); false on unknown or overflow. */
MOTE_API bool mote_tensor_needed_bytes(const mote_tensor *tensor, size_t *n_bytes);

#ifdef __cplusplus
}
#endif
#endif
