#include "op/move/copy_nd.h"
#include "op/op_infer.h"

#include <string.h>

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    return mote_need_whole_elements(io->inputs[0], err);
}

static void fill(void *target, size_t n_bytes, const void *element, size_t element_bytes)
{
    if (n_bytes == 0)
        return;
    memcpy(target, element, element_bytes);
    for (size_t done = element_bytes; done < n_bytes;) {
        const size_t n = done < n_bytes - done ? done : n_bytes - done;
        memcpy((char *)target + done, target, n);
        done += n;
    }
}

/* The value around: PADV2's third input, the zero point of a quantized tensor, else 0. */
static void pad_value(const mote_op_io *io, unsigned char element[16])
{
    const mote_tensor *output = io->outputs[0];
    memset(element, 0, 16);
    if (io->n_inputs > 2 && io->inputs[2]) {
        memcpy(element, io->inputs[2]->data, mote_dtype_bytes(output->dtype));
        return;
    }
    const bool quantized = output->dtype == MOTE_INT8 || output->dtype == MOTE_UINT8 || output->dtype == MOTE_INT16;
    if (!quantized || output->quant.n == 0)
        return;
    const int64_t zero_point = output->quant.zero_point[0];
    if (output->dtype == MOTE_INT16) {
        const int16_t narrow = (int16_t)zero_point;
        memcpy(element, &narrow, sizeof narrow);
    } else {
        element[0] = (unsigned char)zero_point;
    }
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const mote_tensor *input = io->inputs[0];
    mote_tensor *output = io->outputs[0];
    mote_shape shape = input->shape;
    int64_t before[MOTE_MAX_RANK];
    for (int32_t i = 0; i < shape.rank; i++) {
        int64_t after = 0;
        if (!mote_infer_read_int(io->inputs[1], 2 * i, &before[i]) ||
            !mote_infer_read_int(io->inputs[1], 2 * i + 1, &after) || before[i] < 0 || after < 0 ||
            before[i] + after > INT32_MAX - shape.dims[i])
            return mote_error_set(err, MOTE_ARGUMENT, "padding of dimension %d is negative or too large", i);
        shape.dims[i] += (int32_t)(before[i] + after);
    }
    if (!mote_shape_equal(&shape, &output->shape)) {
        const mote_status status = mote_run_resize_output(run, io, 0, &shape, err);
        if (status != MOTE_OK)
            return status;
    }
    unsigned char element[16];
    const size_t element_bytes = mote_dtype_bytes(input->dtype);
    pad_value(io, element);
    fill(output->data, (size_t)mote_shape_count(&output->shape) * element_bytes, element, element_bytes);
    mote_box box = {.rank = input->shape.rank, .element_bytes = element_bytes};
    mote_row_strides(&input->shape, element_bytes, box.source_stride);
    mote_row_strides(&output->shape, element_bytes, box.target_stride);
    char *target = output->data;
    for (int32_t i = 0; i < box.rank; i++) {
        box.dims[i] = input->shape.dims[i];
        target += before[i] * box.target_stride[i];
    }
    if (mote_shape_count(&input->shape) > 0)
        mote_copy_box(&box, input->data, target);
    return MOTE_OK;
}

const mote_op_run mote_op_run_pad = {prepare, eval};
const mote_op_run mote_op_run_padv2 = {prepare, eval};
