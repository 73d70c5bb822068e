/*
 * TFLite's sparse constants: for each dimension in traversal order either its size (dense) or, as in CSR,
 * segments into a list of indices. With blocks, k further dimensions follow the tensor's n, each dividing
 * the one that block_map names.
 */
#include "tflite/tflite_reader.h"
#include "tflite/tflite_schema.h"

#include <string.h>

enum { MAX_DIMS = 2 * MOTE_MAX_RANK };

static uint8_t index_bytes(uint8_t type)
{
    switch (type) {
    case TFL_INDEX_UINT16:
        return 2;
    case TFL_INDEX_UINT8:
        return 1;
    default:
        return 4;
    }
}

/* An index vector of any width as int32. */
static mote_status read_index_vec(mote_tflite_reader *reader, const mote_fb_table *dim, uint16_t type_id, uint16_t id,
                                  int32_t *n, const int32_t **values)
{
    mote_fb_table holder;
    if (!mote_fb_get_table(dim, id, &holder))
        return mote_error_set(reader->err, MOTE_FORMAT, "a sparse dimension without its indices");
    const uint8_t width = index_bytes(mote_fb_get_u8(dim, type_id, 0));
    const mote_fb_vec vec = mote_fb_get_vec(&holder, TFL_INDEX_VALUES);
    int32_t *copy = mote_tflite_alloc(reader, vec.n, sizeof *copy);
    if (copy == NULL)
        return mote_tflite_out_of_memory(reader);
    for (uint32_t i = 0; i < vec.n; ++i)
        copy[i] = width == 4   ? mote_fb_vec_i32(&vec, i)
                  : width == 2 ? (int32_t)mote_fb_vec_u16(&vec, i)
                               : (int32_t)mote_fb_vec_bytes(&vec)[i];
    *n = (int32_t)vec.n;
    *values = copy;
    return MOTE_OK;
}

static mote_status read_dim(mote_tflite_reader *reader, const mote_fb_table *from, mote_sparse_dim *dim)
{
    dim->format = mote_fb_get_i8(from, TFL_DIM_FORMAT, 0);
    if (dim->format == TFL_DIM_DENSE) {
        dim->dense_size = mote_fb_get_i32(from, TFL_DIM_DENSE_SIZE, 0);
        return MOTE_OK;
    }
    if (dim->format != TFL_DIM_CSR)
        return mote_error_set(reader->err, MOTE_UNSUPPORTED, "sparse format %d", dim->format);
    const mote_status status =
        read_index_vec(reader, from, TFL_DIM_SEGMENTS_TYPE, TFL_DIM_SEGMENTS, &dim->n_segments, &dim->segments);
    return status != MOTE_OK
               ? status
               : read_index_vec(reader, from, TFL_DIM_INDICES_TYPE, TFL_DIM_INDICES, &dim->n_indices, &dim->indices);
}

/* values[from, to) names each of from … to-1 once. */
static bool is_permutation(const int32_t *values, int32_t from, int32_t to)
{
    uint32_t seen = 0; /* to <= MAX_DIMS bits */
    for (int32_t i = from; i < to; ++i) {
        if (values[i] < from || values[i] >= to || (seen >> values[i] & 1u) != 0)
            return false;
        seen |= 1u << values[i];
    }
    return true;
}

/* Sizes of the n + k dimensions in their own order; false when blocks do not divide. */
static bool expand_sizes(const mote_sparsity *sparsity, const mote_shape *shape, int32_t sizes[MAX_DIMS])
{
    for (int32_t i = 0; i < shape->rank; ++i)
        sizes[i] = shape->dims[i];
    for (int32_t i = 0; i < sparsity->n_block_map; ++i) {
        const int32_t level = shape->rank + i;
        const int32_t block = sparsity->dims[level].dense_size;
        const int32_t mapped = sparsity->block_map[i];
        if (sparsity->dims[level].format != TFL_DIM_DENSE || block <= 0 || mapped < 0 || mapped >= shape->rank ||
            sizes[mapped] % block != 0)
            return false;
        sizes[sparsity->traversal_order[level]] = block;
        sizes[mapped] /= block;
    }
    return true;
}

/* One CSR level below n parents; its entries become the parents of the next. */
static bool check_csr(const mote_sparse_dim *dim, int64_t n_parents, int32_t size)
{
    if (dim->n_segments != n_parents + 1 || dim->segments[0] != 0 || dim->segments[n_parents] != dim->n_indices)
        return false;
    for (int32_t i = 0; i + 1 < dim->n_segments; ++i)
        if (dim->segments[i] > dim->segments[i + 1])
            return false;
    for (int32_t i = 0; i < dim->n_indices; ++i)
        if (dim->indices[i] < 0 || dim->indices[i] >= size)
            return false;
    return true;
}

/* The number of values stored; -1 when the tree does not hold together. */
static int64_t count_values(const mote_sparsity *sparsity, const int32_t sizes[MAX_DIMS])
{
    int64_t n = 1;
    for (int32_t i = 0; i < sparsity->n_dims; ++i) {
        const mote_sparse_dim *dim = &sparsity->dims[i];
        const int32_t size = sizes[sparsity->traversal_order[i]];
        if (dim->format == TFL_DIM_DENSE) {
            if (dim->dense_size != size || __builtin_mul_overflow(n, (int64_t)size, &n))
                return -1;
        } else if (!check_csr(dim, n, size)) {
            return -1;
        } else {
            n = dim->n_indices;
        }
    }
    return n;
}

static mote_status check_sparsity(const mote_tflite_reader *reader, const mote_sparsity *sparsity,
                                  const mote_tensor *tensor, size_t n_bytes)
{
    const int32_t rank = tensor->shape.rank, n = sparsity->n_traversal;
    int32_t sizes[MAX_DIMS];
    if (n < rank || n > MAX_DIMS || sparsity->n_dims != n || sparsity->n_block_map != n - rank ||
        !is_permutation(sparsity->traversal_order, 0, rank) || !is_permutation(sparsity->traversal_order, rank, n) ||
        !expand_sizes(sparsity, &tensor->shape, sizes))
        return mote_error_set(reader->err, MOTE_FORMAT, "its sparse dimensions do not fit its shape");
    const int64_t count = count_values(sparsity, sizes);
    mote_tensor stored = {.dtype = tensor->dtype, .shape = {.rank = 1}};
    size_t needed;
    if (count < 0 || count > INT32_MAX)
        return mote_error_set(reader->err, MOTE_FORMAT, "its sparse indices do not fit its shape");
    stored.shape.dims[0] = (int32_t)count;
    if (!mote_tensor_needed_bytes(&stored, &needed) || needed != n_bytes)
        return mote_error_set(reader->err, MOTE_FORMAT, "%lld sparse values, but %zu bytes of them", (long long)count,
                              n_bytes);
    return MOTE_OK;
}

mote_status mote_tflite_read_sparsity(mote_tflite_reader *reader, const mote_fb_table *from, mote_tensor *tensor,
                                      size_t n_bytes)
{
    const mote_fb_vec vec = mote_fb_get_vec(from, TFL_SPARSITY_DIM_METADATA);
    mote_sparsity *sparsity = mote_tflite_alloc(reader, 1, sizeof *sparsity);
    mote_sparse_dim *dims = mote_tflite_alloc(reader, vec.n, sizeof *dims);
    if (sparsity == NULL || dims == NULL)
        return mote_tflite_out_of_memory(reader);
    int32_t *traversal_order, *block_map;
    mote_status status =
        mote_tflite_read_indices(reader, from, TFL_SPARSITY_TRAVERSAL_ORDER, &sparsity->n_traversal, &traversal_order);
    if (status == MOTE_OK)
        status = mote_tflite_read_indices(reader, from, TFL_SPARSITY_BLOCK_MAP, &sparsity->n_block_map, &block_map);
    for (uint32_t i = 0; i < vec.n && status == MOTE_OK; ++i) {
        const mote_fb_table table = mote_fb_vec_table(&vec, i);
        status = read_dim(reader, &table, &dims[i]);
    }
    if (status != MOTE_OK)
        return status;
    sparsity->traversal_order = traversal_order;
    sparsity->block_map = block_map;
    sparsity->dims = dims;
    sparsity->n_dims = (int32_t)vec.n;
    tensor->sparsity = sparsity;
    return check_sparsity(reader, sparsity, tensor, n_bytes);
}
