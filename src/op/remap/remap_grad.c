/* Each element of the output goes back to where it came from. */
#include "op/move/copy_nd.h"
#include "op/remap/remap.h"

#include <string.h>

typedef struct remap_grad_state {
    const int64_t *source[MOTE_MAX_RANK]; /* per dimension of the output: an element's offset in the input */
    int32_t rank;
} remap_grad_state;

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_op_io *io = grad->io;
    const mote_shape *in = &io->inputs[0]->shape, *out = &io->outputs[0]->shape;
    remap_grad_state *s = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    grad->state = s;
    s->rank = out->rank;
    int64_t strides[MOTE_MAX_RANK];
    mote_row_strides(in, 1, strides);
    const int32_t added = out->rank - in->rank;
    for (int32_t d = 0; d < out->rank; d++) {
        int64_t *source = mote_run_persistent(run, (size_t)out->dims[d] * sizeof *source);
        if (!source)
            return mote_error_no_memory(err);
        s->source[d] = source;
        for (int64_t i = 0; i < out->dims[d] && d >= added; i++) {
            const int64_t from = mote_remap_source(io, d - added, i);
            if (from < 0 || from >= in->dims[d - added])
                return mote_error_set(err, MOTE_ARGUMENT, "dimension %d reaches outside the input", d);
            source[i] = from * strides[d - added];
        }
    }
    return MOTE_OK;
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run, (void)err;
    const remap_grad_state *s = grad->state;
    const mote_shape *in = &grad->io->inputs[0]->shape, *out = &grad->io->outputs[0]->shape;
    const float *dy = grad->d_outputs[0];
    float *dx = grad->d_inputs[0];
    memset(dx, 0, (size_t)mote_shape_count(in) * sizeof *dx);
    const int64_t width = out->rank > 0 ? out->dims[out->rank - 1] : 1, n = mote_shape_count(out);
    for (int64_t at = 0; at < n; at += width) {
        int64_t offset = 0, rest = at / width;
        for (int32_t d = out->rank - 2; d >= 0; d--) {
            offset += s->source[d][rest % out->dims[d]];
            rest /= out->dims[d];
        }
        for (int64_t i = 0; i < width; i++)
            dx[offset + (out->rank > 0 ? s->source[out->rank - 1][i] : 0)] += dy[at + i];
    }
    return MOTE_OK;
}

#define GRAD(symbol) const mote_op_grad mote_op_grad_##symbol = {.plan = plan, .backward = backward};

GRAD(tile)
GRAD(broadcast_to)
GRAD(mirror_pad)
GRAD(reverse_v2)
GRAD(resize_nearest_neighbor)
