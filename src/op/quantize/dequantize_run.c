/* DEQUANTIZE: codes, per tensor or per channel, and half precision, to float. */
#include "kernels/half.h"
#include "op/op_quant.h"
#include "op/quantize/quantize_loops.h"

typedef struct work {
    const mote_tensor *input;
    float *out;
    int64_t n_channels, inner;
} work;

static mote_status dequantize_prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_tensor *in = io->inputs[0];
    if (io->outputs[0]->dtype != MOTE_FLOAT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s to %s", mote_dtype_name(in->dtype),
                              mote_dtype_name(io->outputs[0]->dtype));
    switch (in->dtype) {
    case MOTE_FLOAT16:
    case MOTE_BFLOAT16:
        return MOTE_OK;
    case MOTE_INT2:
    case MOTE_INT4:
    case MOTE_UINT4:
    case MOTE_INT8:
    case MOTE_UINT8:
    case MOTE_INT16:
    case MOTE_UINT16:
    case MOTE_INT32:
        break;
    default:
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s", mote_dtype_name(in->dtype));
    }
    if (in->quant.n <= 1)
        return mote_need_per_tensor(in, "input 0", err);
    if (in->quant.axis < 0 || in->quant.axis >= in->shape.rank || in->shape.dims[in->quant.axis] != in->quant.n)
        return mote_error_set(err, MOTE_UNSUPPORTED, "input 0 has %d scales, which do not match its dimension %d",
                              (int)in->quant.n, (int)in->quant.axis);
    return MOTE_OK;
}

static void halves(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const uint16_t *restrict in = w->input->data;
    float *restrict out = w->out;
    if (w->input->dtype == MOTE_FLOAT16) {
        for (int64_t i = begin; i < end; ++i)
            out[i] = mote_f32_from_f16(in[i]);
    } else {
        for (int64_t i = begin; i < end; ++i)
            out[i] = mote_f32_from_bf16(in[i]);
    }
}

static void codes(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const work *w = arg;
    const mote_quant *quant = &w->input->quant;
    while (begin < end) {
        int64_t n = end - begin, channel = 0;
        if (quant->n > 1) {
            channel = begin / w->inner % w->n_channels;
            const int64_t left = w->inner - begin % w->inner;
            n = n < left ? n : left;
        }
        const int32_t zero = quant->zero_point ? (int32_t)quant->zero_point[channel] : 0;
        mote_dequantize_f32(w->input->data, begin, w->input->dtype, quant->scale[channel], zero, w->out + begin, n);
        begin += n;
    }
}

static mote_status dequantize_eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    const mote_tensor *in = io->inputs[0];
    const bool is_half = in->dtype == MOTE_FLOAT16 || in->dtype == MOTE_BFLOAT16;
    work w = {in, io->outputs[0]->data, in->quant.n, 1};
    if (!is_half && in->quant.n > 1)
        w.inner = mote_shape_span(&in->shape, in->quant.axis + 1, in->shape.rank);
    mote_run_parallel(run, mote_shape_count(&in->shape), MOTE_ELEMENTS_GRAIN, is_half ? halves : codes, &w);
    return MOTE_OK;
}

const mote_op_run mote_op_run_dequantize = {.prepare = dequantize_prepare, .eval = dequantize_eval};
