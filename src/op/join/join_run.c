/*
 * Joining and splitting along an axis: every tensor is [outer, own dimension, inner], and pieces of
 * own x inner elements are dealt out in turn.
 */
#include "kernels/fixed_point.h"
#include "op/join/join.h"
#include "op/move/copy_nd.h"

#include <math.h>
#include <string.h>

static int32_t resolve_axis(int32_t axis, int32_t rank)
{
    return axis < 0 ? axis + rank : axis;
}

static mote_status prepare_join(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    return mote_need_whole_elements(io->inputs[0], err);
}

/* TFLite's reference kernels join int8 and int16 tensors of one scale only; the old uint8 ones are rescaled. */
static mote_status prepare_concatenation(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_tensor *output = io->outputs[0];
    const mote_concatenation_params *params = io->node->params;
    if (params->fused_activation_function != MOTE_ACT_NONE)
        return mote_error_set(err, MOTE_UNSUPPORTED, "a fused activation here is not defined by TFLite");
    for (int32_t i = 0; i < io->n_inputs; i++) {
        const mote_tensor *input = io->inputs[i];
        if ((input->dtype != MOTE_INT8 && input->dtype != MOTE_INT16) || input->quant.n != 1 || output->quant.n != 1)
            continue;
        if (input->quant.scale[0] != output->quant.scale[0] ||
            input->quant.zero_point[0] != output->quant.zero_point[0])
            return mote_error_set(err, MOTE_UNSUPPORTED, "input %d and the output are quantized differently", i);
    }
    return mote_need_whole_elements(io->inputs[0], err);
}

static bool rescales(const mote_tensor *input, const mote_tensor *output)
{
    return input->dtype == MOTE_UINT8 && input->quant.n == 1 && output->quant.n == 1 &&
           (input->quant.scale[0] != output->quant.scale[0] ||
            input->quant.zero_point[0] != output->quant.zero_point[0]);
}

/* ConcatenationWithScaling: float32 scale and bias, rounded half away from zero, clamped. */
static void rescale_line(const uint8_t *source, uint8_t *target, int64_t n, const mote_tensor *input,
                         const mote_tensor *output)
{
    const float scale = input->quant.scale[0] * (1.0f / output->quant.scale[0]);
    const float bias = -(float)input->quant.zero_point[0] * scale;
    const int32_t zero_point = (int32_t)output->quant.zero_point[0];
    for (int64_t i = 0; i < n; i++)
        target[i] = (uint8_t)mote_clamp_i32((int32_t)roundf((float)source[i] * scale + bias) + zero_point, 0, 255);
}

static mote_status eval_concatenation(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_concatenation_params *params = io->node->params;
    const mote_tensor *output = io->outputs[0];
    const int32_t rank = output->shape.rank;
    const int32_t axis = resolve_axis(params->axis, rank);
    const size_t element_bytes = mote_dtype_bytes(output->dtype);
    const int64_t outer = mote_shape_span(&output->shape, 0, axis);
    char *target = output->data;
    for (int64_t o = 0; o < outer; o++)
        for (int32_t i = 0; i < io->n_inputs; i++) {
            const mote_tensor *input = io->inputs[i];
            const int64_t n = mote_shape_span(&input->shape, axis, rank);
            const size_t n_bytes = (size_t)n * element_bytes;
            const char *source = (const char *)input->data + (size_t)o * n_bytes;
            if (rescales(input, output))
                rescale_line((const uint8_t *)source, (uint8_t *)target, n, input, output);
            else if (n_bytes)
                memcpy(target, source, n_bytes);
            target += n_bytes;
        }
    return MOTE_OK;
}

static mote_status eval_pack(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_pack_params *params = io->node->params;
    const mote_tensor *output = io->outputs[0];
    const int32_t axis = resolve_axis(params->axis, output->shape.rank);
    const int64_t outer = mote_shape_span(&output->shape, 0, axis);
    const size_t n_bytes =
        (size_t)mote_shape_span(&output->shape, axis + 1, output->shape.rank) * mote_dtype_bytes(output->dtype);
    char *target = output->data;
    for (int64_t o = 0; n_bytes && o < outer; o++)
        for (int32_t i = 0; i < io->n_inputs; i++, target += n_bytes)
            memcpy(target, (const char *)io->inputs[i]->data + (size_t)o * n_bytes, n_bytes);
    return MOTE_OK;
}

/* Deals the input's [outer, axis, inner] out to the outputs in turn. */
static void deal(const mote_tensor *input, int32_t axis, mote_tensor *const *outputs, int32_t n_outputs)
{
    const size_t element_bytes = mote_dtype_bytes(input->dtype);
    const int64_t outer = mote_shape_span(&input->shape, 0, axis);
    const char *source = input->data;
    for (int64_t o = 0; source && o < outer; o++)
        for (int32_t i = 0; i < n_outputs; i++) {
            const mote_shape *shape = &outputs[i]->shape;
            const size_t n_bytes = (size_t)mote_shape_span(shape, axis, shape->rank) * element_bytes;
            if (n_bytes)
                memcpy((char *)outputs[i]->data + (size_t)o * n_bytes, source, n_bytes);
            source += n_bytes;
        }
}

static mote_status eval_unpack(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_unpack_params *params = io->node->params;
    deal(io->inputs[0], resolve_axis(params->axis, io->inputs[0]->shape.rank), io->outputs, io->n_outputs);
    return MOTE_OK;
}

static int32_t axis_value(const mote_tensor *tensor, int32_t rank)
{
    const int64_t value = tensor->dtype == MOTE_INT64 ? *(const int64_t *)tensor->data : *(const int32_t *)tensor->data;
    return resolve_axis((int32_t)value, rank);
}

static mote_status prepare_split(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    return mote_need_whole_elements(io->inputs[1], err);
}

static mote_status eval_split(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_tensor *input = io->inputs[1];
    deal(input, axis_value(io->inputs[0], input->shape.rank), io->outputs, io->n_outputs);
    return MOTE_OK;
}

static mote_status eval_split_v(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    const mote_tensor *input = io->inputs[0];
    deal(input, axis_value(io->inputs[2], input->shape.rank), io->outputs, io->n_outputs);
    return MOTE_OK;
}

const mote_op_run mote_op_run_concatenation = {prepare_concatenation, eval_concatenation};
const mote_op_run mote_op_run_pack = {prepare_join, eval_pack};
const mote_op_run mote_op_run_unpack = {prepare_join, eval_unpack};
const mote_op_run mote_op_run_split = {prepare_split, eval_split};
const mote_op_run mote_op_run_split_v = {prepare_join, eval_split_v};
