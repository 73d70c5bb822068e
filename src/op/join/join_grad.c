/* What is joined is dealt out again, and the other way round; pieces as in join_run.c. */
#include "op/join/join.h"
#include "op/op_infer.h"

#include <string.h>

/* Deals [outer, sum of pieces] out to arrays of [outer, piece]; NULL: nobody asks. PACK's inputs and UNPACK's outputs
 * lack the axis itself: what follows it is their piece either way. */
static void deal(const float *whole, int64_t outer, int64_t whole_piece, mote_tensor *const *tensors, int32_t axis,
                 int32_t n, float *const *to)
{
    int64_t offset = 0;
    for (int32_t i = 0; i < n; i++) {
        const int64_t piece = mote_shape_span(&tensors[i]->shape, axis, tensors[i]->shape.rank);
        for (int64_t o = 0; to[i] && piece > 0 && o < outer; o++)
            memcpy(to[i] + o * piece, whole + o * whole_piece + offset, (size_t)piece * sizeof(float));
        offset += piece;
    }
}

/* The other way round; NULL: zeros. */
static void collect(float *whole, int64_t outer, int64_t whole_piece, mote_tensor *const *tensors, int32_t axis,
                    int32_t n, const float *const *from)
{
    int64_t offset = 0;
    for (int32_t i = 0; i < n; i++) {
        const int64_t piece = mote_shape_span(&tensors[i]->shape, axis, tensors[i]->shape.rank);
        for (int64_t o = 0; piece > 0 && o < outer; o++) {
            if (from[i])
                memcpy(whole + o * whole_piece + offset, from[i] + o * piece, (size_t)piece * sizeof(float));
            else
                memset(whole + o * whole_piece + offset, 0, (size_t)piece * sizeof(float));
        }
        offset += piece;
    }
}

static int32_t resolve(int64_t axis, int32_t rank)
{
    return (int32_t)(axis < 0 ? axis + rank : axis);
}

static mote_status backward_join(const mote_grad *grad, int32_t axis)
{
    const mote_shape *out = &grad->io->outputs[0]->shape;
    axis = resolve(axis, out->rank);
    deal(grad->d_outputs[0], mote_shape_span(out, 0, axis), mote_shape_span(out, axis, out->rank), grad->io->inputs,
         axis, grad->io->n_inputs, grad->d_inputs);
    return MOTE_OK;
}

static mote_status backward_split(const mote_grad *grad, int32_t input, int64_t axis_in)
{
    const mote_shape *in = &grad->io->inputs[input]->shape;
    const int32_t axis = resolve(axis_in, in->rank);
    if (grad->d_inputs[input])
        collect(grad->d_inputs[input], mote_shape_span(in, 0, axis), mote_shape_span(in, axis, in->rank),
                grad->io->outputs, axis, grad->io->n_outputs, grad->d_outputs);
    return MOTE_OK;
}

static mote_status backward_concatenation(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run, (void)err;
    return backward_join(grad, ((const mote_concatenation_params *)grad->io->node->params)->axis);
}

static mote_status backward_pack(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run, (void)err;
    return backward_join(grad, ((const mote_pack_params *)grad->io->node->params)->axis);
}

static mote_status backward_unpack(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run, (void)err;
    return backward_split(grad, 0, ((const mote_unpack_params *)grad->io->node->params)->axis);
}

static mote_status backward_split_along(const mote_grad *grad, int32_t input, int32_t axis_input, mote_error *err)
{
    int64_t axis;
    if (!mote_infer_read_int(grad->io->inputs[axis_input], 0, &axis))
        return mote_error_set(err, MOTE_UNSUPPORTED, "the axis is not a constant");
    return backward_split(grad, input, axis);
}

static mote_status backward_split_op(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run;
    return backward_split_along(grad, 1, 0, err);
}

static mote_status backward_split_v(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)run;
    return backward_split_along(grad, 0, 2, err);
}

const mote_op_grad mote_op_grad_concatenation = {.backward = backward_concatenation};
const mote_op_grad mote_op_grad_pack = {.backward = backward_pack};
const mote_op_grad mote_op_grad_unpack = {.backward = backward_unpack};
const mote_op_grad mote_op_grad_split = {.backward = backward_split_op};
const mote_op_grad mote_op_grad_split_v = {.backward = backward_split_v};
