/* CONV_3D and CONV_3D_TRANSPOSE on floats, plainly: each output gathers what reaches it. */
#include "op/conv_3d/conv_3d.h"
#include "op/op_quant.h"

typedef struct volume_state {
    bool transposed;
    int32_t x, bias; /* the inputs that are these */
    mote_window_axis axes[MOTE_CONV_3D_AXES];
    float low, high;
} volume_state;

typedef struct volume_call {
    const volume_state *state;
    const float *in, *filter, *bias; /* bias NULL: none */
    float *out;
    mote_shape in_shape, out_shape;
} volume_call;

static const mote_tensor *bias_of(const mote_op_io *io, const volume_state *s)
{
    return io->n_inputs > s->bias ? io->inputs[s->bias] : NULL;
}

/* A transposed convolution's input 0 is the shape of its output, which is the volume that the filter passes over. */
static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_conv_3d_params *params = io->node->params;
    const bool transposed = io->node->op == MOTE_OP_CONV_3D_TRANSPOSE;
    const mote_shape *filter = &io->inputs[1]->shape;
    volume_state *s = *state = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    *s = (volume_state){.transposed = transposed, .x = transposed ? 2 : 0, .bias = transposed ? 3 : 2};
    for (int32_t i = transposed ? 1 : 0; i < io->n_inputs; i++)
        if (io->inputs[i] && io->inputs[i]->dtype != MOTE_FLOAT32)
            return mote_error_set(err, MOTE_UNSUPPORTED, "input %d is %s, not float32", i,
                                  mote_dtype_name(io->inputs[i]->dtype));
    const mote_tensor *bias = bias_of(io, s);
    if (bias && mote_shape_count(&bias->shape) != filter->dims[transposed ? 3 : 4])
        return mote_error_set(err, MOTE_SHAPE, "the bias does not fit the filter");
    mote_activation_range_f32(params->activation, &s->low, &s->high);
    return mote_conv_3d_axes(params, transposed ? &io->outputs[0]->shape : &io->inputs[0]->shape, filter, s->axes, err);
}

/* The sums of one output place, channel after channel, on top of what `out` holds. */
static void add_products(const float *x, const float *w, int32_t in_c, int32_t out_c, bool transposed, float *out)
{
    if (transposed) {
        for (int32_t c = 0; c < out_c; c++)
            for (int32_t k = 0; k < in_c; k++)
                out[c] += x[k] * w[(int64_t)c * in_c + k];
        return;
    }
    for (int32_t k = 0; k < in_c; k++)
        for (int32_t c = 0; c < out_c; c++)
            out[c] += x[k] * w[(int64_t)k * out_c + c];
}

static void finish(const volume_call *call, float *out)
{
    const volume_state *s = call->state;
    const int32_t n = call->out_shape.dims[4];
    for (int32_t c = 0; c < n; c++) {
        const float value = out[c] + (call->bias ? call->bias[c] : 0.0F);
        out[c] = value < s->low ? s->low : value > s->high ? s->high : value;
    }
}

/* Where along an axis the input lies that filter tap `tap` brings to output `at`; -1: nowhere. */
static int64_t source(const mote_window_axis *axis, bool transposed, int64_t at, int32_t tap, int32_t n_in)
{
    int64_t from;
    if (transposed) {
        from = at + axis->pad - (int64_t)tap * axis->dilation;
        if (from < 0 || from % axis->stride != 0)
            return -1;
        from /= axis->stride;
    } else {
        from = at * axis->stride - axis->pad + (int64_t)tap * axis->dilation;
    }
    return from >= 0 && from < n_in ? from : -1;
}

static void make_place(const volume_call *call, int64_t batch, const int64_t at[MOTE_CONV_3D_AXES], float *out)
{
    const mote_window_axis *axes = call->state->axes;
    const bool transposed = call->state->transposed;
    const int32_t *in = &call->in_shape.dims[1];
    const int32_t in_c = call->in_shape.dims[4], out_c = call->out_shape.dims[4];
    for (int32_t c = 0; c < out_c; c++)
        out[c] = 0.0F;
    for (int32_t d = 0; d < axes[0].filter; d++) {
        const int64_t z = source(&axes[0], transposed, at[0], d, in[0]);
        for (int32_t h = 0; z >= 0 && h < axes[1].filter; h++) {
            const int64_t y = source(&axes[1], transposed, at[1], h, in[1]);
            for (int32_t w = 0; y >= 0 && w < axes[2].filter; w++) {
                const int64_t x = source(&axes[2], transposed, at[2], w, in[2]);
                if (x < 0)
                    continue;
                const float *from = call->in + (((batch * in[0] + z) * in[1] + y) * in[2] + x) * in_c;
                const int64_t tap = ((int64_t)d * axes[1].filter + h) * axes[2].filter + w;
                add_products(from, call->filter + tap * in_c * out_c, in_c, out_c, transposed, out);
            }
        }
    }
    finish(call, out);
}

static void run_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const volume_call *call = arg;
    const int32_t *out = &call->out_shape.dims[1];
    for (int64_t row = begin; row < end; row++)
        for (int32_t x = 0; x < out[2]; x++) {
            const int64_t at[] = {row / out[1] % out[0], row % out[1], x};
            make_place(call, row / out[1] / out[0], at, call->out + (row * out[2] + x) * out[3]);
        }
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)err;
    const volume_state *s = state;
    const mote_tensor *bias = bias_of(io, s);
    volume_call call = {.state = s,
                        .in = io->inputs[s->x]->data,
                        .filter = io->inputs[1]->data,
                        .bias = bias ? bias->data : NULL,
                        .out = io->outputs[0]->data,
                        .in_shape = io->inputs[s->x]->shape,
                        .out_shape = io->outputs[0]->shape};
    mote_run_parallel(run, mote_shape_span(&call.out_shape, 0, 3), 1, run_rows, &call);
    return MOTE_OK;
}

const mote_op_run mote_op_run_conv_3d = {prepare, eval};
const mote_op_run mote_op_run_conv_3d_transpose = {prepare, eval};
