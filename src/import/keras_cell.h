/*
 * Recurrent cells: what LSTM, GRU and their kin do at each step, and how the steps of a layer are written out.
 * TFLite's own recurrent operators keep their state from one invocation to the next, and its loops do not quantize;
 * steps written out do neither. The product with the inputs is taken once for all steps. At the first step the state is
 * zero, and what only multiplies it is left out.
 */
#ifndef MOTE_IMPORT_KERAS_CELL_H
#define MOTE_IMPORT_KERAS_CELL_H

#include "import/keras_window.h"

enum { KERAS_ZERO_STATE = -2 /* in place of a tensor: all zeros */ };

typedef struct keras_cell keras_cell;
typedef struct keras_cell_kind {
    const char *layer, *cell; /* class names */
    int32_t n_gates, n_states;
    int32_t n_spatial; /* of a convolutional cell: how many dimensions its images have; else 0 */
    /* Takes the weights behind the kernel; false: err. */
    bool (*take)(keras_cell *c);
    /* The inputs' part of all gates at all steps: x is [batch, steps, …], as is the result. */
    int32_t (*inputs)(keras_cell *c, int32_t x);
    /* A state's part of some gates. */
    int32_t (*product)(keras_cell *c, int32_t state, int32_t kernel);
    /* states in place; x: the inputs' part. states[0] is the output. */
    void (*step)(keras_cell *c, int32_t x, int32_t states[2]);
} keras_cell_kind;

struct keras_cell {
    const keras_cell_kind *kind;
    keras_call *call;
    mote_error *err;
    json_t *config; /* of the cell */
    const json_t *activation, *recurrent_activation;
    int32_t units;
    int32_t kernel, bias; /* of the inputs; bias may be MOTE_NO_TENSOR */
    int32_t recurrent, recurrent_bias[3];
    int32_t reset_recurrent; /* GRU before reset_after: the recurrent kernel of gate h, `recurrent` has z and r */
    bool use_bias, reset_after, backwards;
    int32_t mask;        /* of the steps, or MOTE_NO_TENSOR */
    bool masked_zeros;   /* outputs of steps that do not count are zeros; else the output before */
    keras_window window; /* of a convolutional cell */
};

/* class_name: of the layer; "RNN" names its cell in the config. */
mote_status keras_open_cell(keras_call *call, const char *class_name, json_t *config, keras_cell *c, mote_error *err);
/* Runs the layer over x [batch, steps, …]. The result: the last output, or with `sequence` all of them, in the order in
 * which they were made, or turned round. states: initial ones in, last ones out. -1: err. */
int32_t keras_run_steps(keras_cell *c, int32_t x, bool sequence, bool turned, int32_t states[2]);

/* keras_conv_lstm.c */
bool keras_conv_lstm_take(keras_cell *c);
int32_t keras_conv_lstm_inputs(keras_cell *c, int32_t x);
int32_t keras_conv_lstm_product(keras_cell *c, int32_t state, int32_t kernel);
/* A tensor whose images begin at dimension `at` in the layer's form (channels first, sequences) into images of two
 * dimensions with channels last, and back; x itself for cells without images. */
int32_t keras_cell_enter(keras_cell *c, int32_t x, int32_t at);
int32_t keras_cell_leave(keras_cell *c, int32_t x, int32_t at);

#endif
