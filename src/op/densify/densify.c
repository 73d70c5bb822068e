/*
 * Sparse constants (mote/tensor.h: mote_sparsity) are a tree: a level for each dimension in traversal order, then one
 * for each block dimension; its leaves are the stored values in order. A runtime writes them out before it plans, so
 * DENSIFY finds its input dense and only copies.
 */
#include "op/densify/densify.h"
#include "op/move/copy_nd.h"
#include "op/op_infer.h"

#include <string.h>

enum { MAX_LEVELS = 2 * MOTE_MAX_RANK };

typedef struct walk {
    const mote_sparsity *sparsity;
    int64_t steps[MAX_LEVELS]; /* bytes of the dense array between neighbours on each level */
    size_t element;
    const char *next; /* the value that comes next */
    char *dense;
} walk;

/* `at`: which entry of the level above this one hangs from. */
static void visit(walk *w, int32_t level, int64_t at, int64_t offset)
{
    if (level == w->sparsity->n_dims) {
        memcpy(w->dense + offset, w->next, w->element);
        w->next += w->element;
        return;
    }
    const mote_sparse_dim *dim = &w->sparsity->dims[level];
    if (dim->format == 0) {
        for (int32_t i = 0; i < dim->dense_size; i++)
            visit(w, level + 1, at * dim->dense_size + i, offset + i * w->steps[level]);
        return;
    }
    for (int32_t i = dim->segments[at]; i < dim->segments[at + 1]; i++)
        visit(w, level + 1, i, offset + dim->indices[i] * w->steps[level]);
}

mote_status mote_densify(const mote_tensor *sparse, void *dense, mote_error *err)
{
    const mote_sparsity *sparsity = sparse->sparsity;
    const int32_t rank = sparse->shape.rank;
    const mote_status status = mote_need_whole_elements(sparse, err);
    if (status != MOTE_OK)
        return status;
    walk w = {.sparsity = sparsity, .element = mote_dtype_bytes(sparse->dtype), .next = sparse->data, .dense = dense};
    int64_t strides[MOTE_MAX_RANK],
        block[MOTE_MAX_RANK]; /* of each dimension: bytes, and how many elements a block has */
    mote_row_strides(&sparse->shape, w.element, strides);
    for (int32_t d = 0; d < rank; d++)
        block[d] = 1;
    for (int32_t i = sparsity->n_block_map - 1; i >= 0; i--) {
        if (sparsity->traversal_order[rank + i] != rank + i)
            return mote_error_set(err, MOTE_UNSUPPORTED, "sparse blocks in another order than listed");
        const int32_t d = sparsity->block_map[i];
        w.steps[rank + i] = strides[d] * block[d];
        block[d] *= sparsity->dims[rank + i].dense_size;
    }
    for (int32_t i = 0; i < rank; i++)
        w.steps[i] = strides[sparsity->traversal_order[i]] * block[sparsity->traversal_order[i]];
    if (mote_shape_count(&sparse->shape) > 0)
        visit(&w, 0, 0, 0);
    return MOTE_OK;
}

/* --- the operator --- */

const mote_op_def mote_op_def_densify = {
    .name = "DENSIFY",
    .options_type = 99,
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_DATA_MOVE | MOTE_OP_VIEW,
    .infer = mote_infer_same,
    .max_version = 1,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    return mote_need_whole_elements(io->inputs[0], err);
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    if (io->outputs[0]->n_bytes && io->outputs[0]->data != io->inputs[0]->data)
        memcpy(io->outputs[0]->data, io->inputs[0]->data, io->outputs[0]->n_bytes);
    return MOTE_OK;
}

const mote_op_run mote_op_run_densify = {prepare, eval};
