/*
 * Rewrites of a float graph on its way from training form to TFLite. A pass is one file and one line in pass_list.inc;
 * they run in that order, and the graph is compacted after each. Every pass leaves a graph that computes the same, to
 * float rounding.
 */
#ifndef MOTE_PASS_PASS_H
#define MOTE_PASS_PASS_H

#include "op/conv_2d/window.h"
#include "op/op.h"

#include <mote/convert.h>

typedef mote_status mote_pass_fn(mote_model *model, mote_graph *graph, mote_error *err);

#define MOTE_PASS(name, help) mote_pass_fn mote_pass_##name;
#include "pass/pass_list.inc"
#undef MOTE_PASS

/* Runs every pass of the list over every graph of the model. */
mote_status mote_pass_run_all(mote_model *model, mote_error *err);

/* --- what passes ask (pass_util.c) --- */
/* The node that makes a tensor, NULL: none (an input, a constant). */
mote_node *mote_pass_producer(const mote_graph *graph, int32_t tensor);
/* The only node that uses a tensor, if there is just one use and it is no graph output; else NULL. */
mote_node *mote_pass_only_user(const mote_graph *graph, int32_t tensor);
/* A new float32 value of the layer of `like`, whose name it has with a suffix; -1: out of memory. */
int32_t mote_pass_add_value(mote_graph *graph, int32_t like, const char *suffix, const mote_shape *shape);
bool mote_pass_is_const_f32(const mote_graph *graph, int32_t tensor);
/* Of a node with two inputs, which is the float constant: 0, 1, or -1 (neither, or both). */
int32_t mote_pass_const_operand(const mote_graph *graph, const mote_node *node);
/* The order of a TRANSPOSE, one entry for each dimension; NULL: it is not constant. */
const int32_t *mote_pass_const_order(const mote_graph *graph, const mote_node *node);
/* Where a node's fused activation is, NULL when the operator has none. */
int32_t *mote_pass_activation(const mote_node *node);
/* CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, TRANSPOSE_CONV: which inputs are filter and bias, and the filter's
 * dimensions of output and input channels. False for other operators. */
typedef struct mote_affine_op {
    int32_t input, filter, bias; /* places among the node's inputs */
    int32_t out_axis, in_axis;
} mote_affine_op;
bool mote_pass_affine_op(const mote_node *node, mote_affine_op *affine);
/* CONV_2D, DEPTHWISE_CONV_2D: the window that slides over height and width, the options to be read and set. False for
 * other operators. */
typedef struct mote_window_op {
    mote_conv_window *options;
    int32_t filter[2];
} mote_window_op;
bool mote_pass_window_op(const mote_graph *graph, const mote_node *node, mote_window_op *window);
/* A constant that only this node uses, so that it may be changed: a copy is put in its place where others use it too.
 * NULL: out of memory. */
mote_tensor *mote_pass_own_const(mote_graph *graph, mote_node *node, int32_t input);
/* The bias of an affine node as its own constant; zeros are added where there is none. NULL: out of memory. */
mote_tensor *mote_pass_own_bias(mote_graph *graph, mote_node *node, const mote_affine_op *affine);
/* Element i of a constant that broadcasts along the last dimension: one value, or n of them. False: it does neither. */
bool mote_pass_per_channel(const mote_tensor *constant, int32_t n, float *values);

bool mote_pass_same_quant(const mote_quant *a, const mote_quant *b);

/* --- quantization (quantize_*.c) --- */
/* Before the passes: sparse constants become dense ones, which can be folded and quantized. */
mote_status mote_unpack_sparse(mote_graph *graph, mote_error *err);
/* float16: every float constant becomes float16 with a DEQUANTIZE behind it. */
mote_status mote_quantize_float16(mote_model *model, mote_error *err);
/* dynamic: filters of 1024 elements or more become int8. */
mote_status mote_quantize_dynamic(mote_model *model, mote_error *err);

/* Keras's Dense on three and more dimensions in the parts that TensorFlow's converter makes of it. In training form. */
mote_status mote_part_dense(mote_model *model, mote_error *err);
/* Keras's dilated convolutions in the parts that TensorFlow's converter leaves, before the passes: they decide what is
 * folded, and which ranges are calibrated. */
mote_status mote_part_dilated(mote_model *model, mote_error *err);
/* SPACE_TO_BATCH_ND, a convolution and BATCH_TO_SPACE_ND become one dilated convolution where that is the same to the
 * last bit. Behind quantization; they are there from mote_part_dilated or in a file of TensorFlow's. */
mote_status mote_join_dilated(mote_model *model, mote_graph *graph, mote_error *err);

/* Operators that have no kernel for int16 activations, in terms of those that have one. Before calibration. */
mote_status mote_expand_for_wide(mote_graph *graph, mote_error *err);
/* Those that have no integer kernel at all. The values stay the same, and with them their ranges. */
mote_status mote_expand_for_integers(mote_graph *graph, mote_error *err);

/* The calibrated range of every tensor of graphs[0]; low > high: never seen. */
typedef struct mote_range {
    float low, high;
} mote_range;
/* TensorFlow's calibrator reads an operator's inputs once more after it has run; where its interpreter has written the
 * result over an input (ADD, SUB, MUL, DIV, SOFTMAX), that input's range takes in the result's. These are the ranges it
 * would have found, from the true ones. */
mote_status mote_ranges_as_calibrator(const mote_graph *graph, mote_range *ranges, mote_error *err);

/* Masks of -1e9 in front of SOFTMAX become terms that codes can hold beside the scores, and the sums' ranges with them.
 * Before calibration each gets a constant of its own. */
mote_status mote_own_masks(mote_graph *graph, mote_error *err);
void mote_narrow_masks(const mote_graph *graph, bool wide, mote_range *ranges);

typedef struct mote_quantize_spec {
    bool wide; /* int16 activations */
    mote_dtype input_type, output_type;
    const mote_range *ranges; /* one per tensor; as TensorFlow's calibrator would have found them */
    const mote_range *values; /* one per tensor: what it really held */
    void (*on_warning)(void *arg, const char *text);
    void *on_warning_arg;
} mote_quantize_spec;
mote_status mote_quantize_integers(mote_model *model, const mote_quantize_spec *spec, mote_error *err);

#endif
