/* CONV_3D and CONV_3D_TRANSPOSE on floats, plainly: each output gathers what reaches it. */
#include "op/conv_3d/conv_3d.h"
#include "op/op_quant.h"

typedef struct volume_state {
    mote_window_axis axes[MOTE_CONV_3D_AXES];
    float low, high;
} volume_state;

typedef struct volume_call {
    const volume_state *state;
    const float *in, *filter, *bias; /* bias NULL: none */
    float *out;
    mote_shape in_shape, out_shape;
} volume_call;

static mote_status make_state(mote_run *run, const mote_op_io *io, const mote_shape *volume, void **state,
                              mote_error *err)
{
    const mote_conv_3d_params *params = io->node->params;
    volume_state *s = *state = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < io->n_inputs; i++)
        if (io->inputs[i] && io->inputs[i]->dtype != MOTE_FLOAT32 &&
            !(i == 0 && io->node->op == MOTE_OP_CONV_3D_TRANSPOSE))
            return mote_error_set(err, MOTE_UNSUPPORTED, "input %d is %s, not float32", i,
                                  mote_dtype_name(io->inputs[i]->dtype));
    mote_activation_range_f32(params->activation, &s->low, &s->high);
    return mote_conv_3d_axes(params, volume, &io->inputs[1]->shape, s->axes, err);
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_tensor *bias = io->n_inputs > 2 ? io->inputs[2] : NULL;
    if (bias && mote_shape_count(&bias->shape) != io->inputs[1]->shape.dims[4])
        return mote_error_set(err, MOTE_SHAPE, "the bias does not fit the filter");
    return make_state(run, io, &io->inputs[0]->shape, state, err);
}

static mote_status prepare_transposed(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_tensor *bias = io->n_inputs > 3 ? io->inputs[3] : NULL;
    if (bias && mote_shape_count(&bias->shape) != io->inputs[1]->shape.dims[3])
        return mote_error_set(err, MOTE_SHAPE, "the bias does not fit the filter");
    return make_state(run, io, &io->outputs[0]->shape, state, err);
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

static void make_place(const volume_call *call, bool transposed, int64_t batch, const int64_t at[MOTE_CONV_3D_AXES],
                       float *out)
{
    const mote_window_axis *axes = call->state->axes;
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

static void run_rows(const volume_call *call, bool transposed, int64_t begin, int64_t end)
{
    const int32_t *out = &call->out_shape.dims[1];
    for (int64_t row = begin; row < end; row++)
        for (int32_t x = 0; x < out[2]; x++) {
            const int64_t at[] = {row / out[1] % out[0], row % out[1], x};
            make_place(call, transposed, row / out[1] / out[0], at, call->out + (row * out[2] + x) * out[3]);
        }
}

static void forward_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    run_rows(arg, false, begin, end);
}

static void transposed_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    run_rows(arg, true, begin, end);
}

static mote_status run_volume(mote_run *run, const mote_op_io *io, const mote_tensor *in, const mote_tensor *bias,
                              const volume_state *state, mote_range_fn *rows)
{
    volume_call call = {.state = state,
                        .in = in->data,
                        .filter = io->inputs[1]->data,
                        .bias = bias ? bias->data : NULL,
                        .out = io->outputs[0]->data,
                        .in_shape = in->shape,
                        .out_shape = io->outputs[0]->shape};
    mote_run_parallel(run, mote_shape_span(&call.out_shape, 0, 3), 1, rows, &call);
    return MOTE_OK;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)err;
    return run_volume(run, io, io->inputs[0], io->n_inputs > 2 ? io->inputs[2] : NULL, state, forward_rows);
}

static mote_status eval_transposed(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)err;
    return run_volume(run, io, io->inputs[2], io->n_inputs > 3 ? io->inputs[3] : NULL, state, transposed_rows);
}

const mote_op_run mote_op_run_conv_3d = {prepare, eval};
const mote_op_run mote_op_run_conv_3d_transpose = {prepare_transposed, eval_transposed};
