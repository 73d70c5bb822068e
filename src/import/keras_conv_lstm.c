/*
 * ConvLSTM (Shi et al. 2015): an LSTM whose products are convolutions. That with the inputs has the layer's strides and
 * padding; that with the state keeps its size. All steps of the inputs go through one convolution, as further images of
 * the batch. Sequences are images of height 1.
 */
#include "import/keras_cell.h"
#include "import/keras_expr.h"

bool keras_conv_lstm_take(keras_cell *c)
{
    keras_call inner = *c->call;
    inner.config = c->config;
    if (keras_read_window_settings(&inner, c->kind->n_spatial, "kernel_size", &c->window, c->err) != MOTE_OK)
        return false;
    if (c->window.causal) {
        keras_refuse(c->call, c->err, "padding 'causal' is not supported");
        return false;
    }
    c->recurrent =
        keras_take_weight(c->call, "recurrent_kernel", c->kind->n_spatial + 2, MOTE_WEIGHT_HWIO_TO_OHWI, c->err);
    if (c->recurrent < 0)
        return false;
    inner.next_weight = c->call->next_weight;
    c->bias = keras_take_bias(&inner, 4 * c->units, c->err);
    c->call->next_weight = inner.next_weight;
    c->recurrent_bias[0] = c->bias < 0 ? -1 : keras_vector(c->call, "zero_bias", 4 * c->units, NULL);
    return c->recurrent_bias[0] >= 0;
}

int32_t keras_conv_lstm_inputs(keras_cell *c, int32_t x)
{
    if (x < 0)
        return -1;
    const mote_shape in = *keras_shape(c->call, x);
    const int32_t images[] = {-1, in.dims[2], in.dims[3], in.dims[4]};
    const int32_t flat = keras_reshaped(c->call, x, 4, images, "Reshape", c->err);
    const int32_t y = keras_convolved(c->call, &c->window, flat, c->kernel, c->bias, c->err);
    if (y < 0)
        return -1;
    const mote_shape out = *keras_shape(c->call, y);
    const int32_t steps[] = {-1, in.dims[1], out.dims[1], out.dims[2], out.dims[3]};
    return keras_reshaped(c->call, y, 5, steps, "Reshape_1", c->err);
}

int32_t keras_conv_lstm_product(keras_cell *c, int32_t state, int32_t kernel)
{
    static const keras_window same = {.stride = {1, 1}, .dilation = {1, 1}, .padding = MOTE_PADDING_SAME};
    return keras_convolved(c->call, &same, state, kernel, c->recurrent_bias[0], c->err);
}

/* Dimension `from` of x becomes dimension `to`. */
static int32_t moved(keras_cell *c, int32_t x, int32_t from, int32_t to)
{
    int32_t order[MOTE_MAX_RANK], n = 0;
    const int32_t rank = keras_shape(c->call, x)->rank;
    for (int32_t i = 0; i < rank; i++) {
        if (n == to)
            order[n++] = from;
        if (i != from)
            order[n++] = i;
    }
    if (n < rank)
        order[n] = from;
    return keras_transposed(c->call, x, order, "transpose", c->err);
}

int32_t keras_cell_enter(keras_cell *c, int32_t x, int32_t at)
{
    if (x < 0 || !c->kind->n_spatial)
        return x;
    if (keras_shape(c->call, x)->rank != at + c->kind->n_spatial + 1) {
        keras_refuse(c->call, c->err, "its inputs and states do not have its dimensions");
        return -1;
    }
    if (c->window.channels_first)
        x = moved(c, x, at, at + c->kind->n_spatial);
    return c->kind->n_spatial == 1 ? keras_expanded(c->call, x, at, "ExpandDims", c->err) : x;
}

int32_t keras_cell_leave(keras_cell *c, int32_t x, int32_t at)
{
    if (x < 0 || !c->kind->n_spatial)
        return x;
    if (c->kind->n_spatial == 1) {
        const mote_shape shape = *keras_shape(c->call, x);
        int32_t dims[MOTE_MAX_RANK] = {-1}, n = 1;
        for (int32_t i = 1; i < shape.rank; i++)
            if (i != at)
                dims[n++] = shape.dims[i];
        x = keras_reshaped(c->call, x, n, dims, "Squeeze", c->err);
    }
    return x >= 0 && c->window.channels_first ? moved(c, x, at + c->kind->n_spatial, at) : x;
}
