/* The finer tensor is [batch, row, y in block, column, x in block, depth], the deeper one has y and x before depth. */
#include "op/move/copy_nd.h"
#include "op/space_depth/space_depth.h"

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    return mote_need_whole_elements(io->inputs[0], err);
}

void mote_space_depth_move(int32_t block, const mote_shape *fine, bool to_depth, size_t element, const void *from,
                           void *to)
{
    const int32_t rows = fine->dims[1] / block, columns = fine->dims[2] / block;
    /* both as [batch, row, y, column, x, depth] */
    const int64_t dims[6] = {fine->dims[0], rows, block, columns, block, fine->dims[3]};
    const mote_shape in_order =
        mote_shape_make(6, (const int32_t[]){fine->dims[0], rows, block, columns, block, fine->dims[3]});
    const mote_shape moved =
        mote_shape_make(6, (const int32_t[]){fine->dims[0], rows, columns, block, block, fine->dims[3]});
    mote_box box = {.rank = 6, .element_bytes = element};
    int64_t strides[MOTE_MAX_RANK];
    int64_t *fine_strides = to_depth ? box.source_stride : box.target_stride;
    int64_t *deep_strides = to_depth ? box.target_stride : box.source_stride;
    mote_row_strides(&in_order, element, fine_strides);
    mote_row_strides(&moved, element, strides);
    static const int32_t FROM[6] = {0, 1, 3, 2, 4, 5};
    for (int32_t d = 0; d < 6; d++) {
        box.dims[d] = dims[d];
        deep_strides[d] = strides[FROM[d]];
    }
    mote_copy_box(&box, from, to);
}

static void rearrange(const mote_op_io *io, const mote_shape *fine, bool to_depth)
{
    const mote_space_depth_params *params = io->node->params;
    mote_space_depth_move(params->block_size, fine, to_depth, mote_dtype_bytes(io->inputs[0]->dtype),
                          io->inputs[0]->data, io->outputs[0]->data);
}

static mote_status eval_to_depth(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    rearrange(io, &io->inputs[0]->shape, true);
    return MOTE_OK;
}

static mote_status eval_to_space(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    rearrange(io, &io->outputs[0]->shape, false);
    return MOTE_OK;
}

const mote_op_run mote_op_run_space_to_depth = {prepare, eval_to_depth};
const mote_op_run mote_op_run_depth_to_space = {prepare, eval_to_space};
