/* Each of these fills one map per dimension: which input index an output index takes. */
#include "op/move/copy_mapped.h"
#include "op/move/copy_nd.h"
#include "op/op_infer.h"
#include "op/remap/remap.h"

#include <math.h>

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)state;
    mote_run_request_scratch(run, mote_mapped_bytes(&io->outputs[0]->shape));
    return mote_need_whole_elements(io->inputs[0], err);
}

/* The input index for output index i of dimension d; -1: an error, which `what` explains. */
typedef int64_t map_fn(const mote_op_io *io, int32_t d, int64_t i);

static mote_status eval_map(mote_run *run, const mote_op_io *io, map_fn *map, const char *what, mote_error *err)
{
    const mote_tensor *in = io->inputs[0], *out = io->outputs[0];
    const size_t element = mote_dtype_bytes(in->dtype);
    int64_t strides[MOTE_MAX_RANK];
    mote_mapped mapped;
    mote_row_strides(&in->shape, element, strides);
    mote_mapped_init(&mapped, &out->shape, element, mote_run_scratch(run));
    const int32_t added = out->shape.rank - in->shape.rank; /* leading dimensions that only the output has */
    for (int32_t d = 0; d < out->shape.rank; d++)
        for (int64_t i = 0; i < out->shape.dims[d]; i++) {
            const int64_t from = d < added ? 0 : map(io, d - added, i);
            if (d >= added && (from < 0 || from >= in->shape.dims[d - added]))
                return mote_error_set(err, MOTE_ARGUMENT, "%s of dimension %d", what, d);
            mapped.source_bytes[d][i] = d < added ? 0 : from * strides[d - added];
        }
    mote_mapped_copy(&mapped, in->data, out->data);
    return MOTE_OK;
}

static int64_t map_modulo(const mote_op_io *io, int32_t d, int64_t i)
{
    const int32_t n = io->inputs[0]->shape.dims[d];
    return n > 0 ? i % n : -1;
}

static int64_t map_mirror(const mote_op_io *io, int32_t d, int64_t i)
{
    const mote_mirror_pad_params *params = io->node->params;
    const int64_t n = io->inputs[0]->shape.dims[d], repeat = params->mode == 0 ? 0 : 1;
    int64_t before;
    if (!mote_infer_read_int(io->inputs[1], 2 * d, &before))
        return -1;
    const int64_t at = i - before;
    if (at < 0)
        return -at - repeat;
    return at < n ? at : 2 * n - 2 - at + repeat;
}

static int64_t map_reverse(const mote_op_io *io, int32_t d, int64_t i)
{
    const int32_t rank = io->inputs[0]->shape.rank;
    int64_t axis;
    for (int64_t k = 0; mote_infer_read_int(io->inputs[1], k, &axis); k++)
        if (axis == d || axis + rank == d)
            return io->inputs[0]->shape.dims[d] - 1 - i;
    return i;
}

/* In float, as TFLite does: the rounding of the product decides. */
static int64_t map_nearest(const mote_op_io *io, int32_t d, int64_t i)
{
    if (d == 0 || d == 3)
        return i;
    const mote_resize_params *params = io->node->params;
    const int32_t in = io->inputs[0]->shape.dims[d], out = io->outputs[0]->shape.dims[d];
    const float scale = params->align_corners && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
    const float at = ((float)i + (params->half_pixel_centers ? 0.5F : 0.0F)) * scale;
    const int64_t nearest = (int64_t)(params->align_corners ? roundf(at) : floorf(at));
    return nearest < 0 ? 0 : nearest >= in ? in - 1 : nearest;
}

int64_t mote_remap_source(const mote_op_io *io, int32_t d, int64_t i)
{
    switch (io->node->op) {
    case MOTE_OP_MIRROR_PAD:
        return map_mirror(io, d, i);
    case MOTE_OP_REVERSE_V2:
        return map_reverse(io, d, i);
    case MOTE_OP_RESIZE_NEAREST_NEIGHBOR:
        return map_nearest(io, d, i);
    default:
        return map_modulo(io, d, i);
    }
}

#define REMAP_RUN(symbol, map, what)                                                                                   \
    static mote_status eval_##symbol(mote_run *run, const mote_op_io *io, void *state, mote_error *err)                \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        return eval_map(run, io, map, what, err);                                                                      \
    }                                                                                                                  \
    const mote_op_run mote_op_run_##symbol = {prepare, eval_##symbol};

REMAP_RUN(tile, map_modulo, "the multiple")
REMAP_RUN(broadcast_to, map_modulo, "the size")
REMAP_RUN(mirror_pad, map_mirror, "the padding")
REMAP_RUN(reverse_v2, map_reverse, "the axis")
REMAP_RUN(resize_nearest_neighbor, map_nearest, "the size")
