/* Options of STABLEHLO's operators that move elements by lists of dimensions; field names are the schema's. */
#ifndef MOTE_OP_STABLEHLO_STABLEHLO_H
#define MOTE_OP_STABLEHLO_STABLEHLO_H

#include "op/op.h"

typedef struct mote_stablehlo_pad_params {
    mote_i64_vec edge_padding_low, edge_padding_high, interior_padding;
} mote_stablehlo_pad_params;

typedef struct mote_stablehlo_reduce_window_params {
    mote_i64_vec window_dimensions, window_strides, base_dilations, window_dilations;
    mote_i64_vec padding; /* low and high of each dimension */
    int32_t body_subgraph_index;
} mote_stablehlo_reduce_window_params;

typedef struct mote_reduce_window_params {
    int32_t reduce_function; /* 1 add, 2 multiply, 3 minimum, 4 maximum, 5 all, 6 any */
} mote_reduce_window_params;

typedef struct mote_stablehlo_gather_params {
    mote_i64_vec offset_dims, collapsed_slice_dims, start_index_map, slice_sizes;
    int64_t index_vector_dim;
    bool indices_are_sorted;
} mote_stablehlo_gather_params;

typedef struct mote_stablehlo_scatter_params {
    mote_i64_vec update_window_dims, inserted_window_dims, scatter_dims_to_operand_dims;
    int64_t index_vector_dim;
    bool indices_are_sorted, unique_indices;
    int32_t update_computation_subgraph_index;
} mote_stablehlo_scatter_params;

/* Where an index vector begins among the indices: their dimensions but `vector_dim`, at `at`, in steps of *stride. */
int64_t mote_index_vector(const mote_shape *indices, int64_t vector_dim, const int64_t *at, int64_t *stride);
/* Values of an index vector; 1 where it lies beyond the dimensions. */
int64_t mote_index_vector_size(const mote_shape *indices, int64_t vector_dim);
/* Each entry is within [0, n) and there once. */
bool mote_dims_are_distinct(const mote_i64_vec *dims, int64_t n);
bool mote_dims_contain(const mote_i64_vec *dims, int64_t dim);
/* Steps `at` on through a shape, the last dimension fastest; false: it was the last place. */
bool mote_next_place(const mote_shape *shape, int64_t *at);

#endif
