/*
 * Which parameters each tensor gets when a float graph becomes integers, before anything is changed.
 *
 * int8 follows TensorFlow's quantizer: a calibrated range counts unless an operator binds its tensor to another's scale
 * (then the one range decides that is farthest up a chain of one-input operators, or the result's of CONCATENATION and
 * its kin) or fixes it; what then is still open is propagated from the last operator to the first. int16x8 follows the
 * older quantizer that TensorFlow still takes there: from the first operator to the last, inputs of CONCATENATION and
 * its kin brought to the result's scale where they differ.
 */
#ifndef MOTE_PASS_QUANTIZE_PLAN_H
#define MOTE_PASS_QUANTIZE_PLAN_H

#include "pass/pass.h"
#include "pass/quantize_math.h"

typedef enum mote_quantize_kind {
    MOTE_QUANTIZE_OWN,   /* each tensor has the scale of its own range */
    MOTE_QUANTIZE_SAME,  /* one scale for inputs and outputs */
    MOTE_QUANTIZE_FIXED, /* the operator fixes its output's scale */
} mote_quantize_kind;

typedef struct mote_quantize_row {
    mote_op op;
    mote_quantize_kind kind;
    mote_qparams narrow, wide; /* FIXED: of the output in int8 and in int16 */
    bool has_wide;             /* there is a kernel for int16 activations */
} mote_quantize_row;

/* NULL: the operator has no integer form (for int16 activations, if wide). */
const mote_quantize_row *mote_quantize_find(const mote_node *node, bool wide);
/* Is input i a filter or a bias? They have rules of their own. */
bool mote_quantize_is_weight(const mote_node *node, int32_t i);

/* What a node reads or makes of a tensor; scale 0: as the tensor is. Where it differs, the values are requantized in
 * between. */
typedef struct mote_node_plan {
    mote_qparams *reads, *makes; /* per input, per output */
} mote_node_plan;

typedef struct mote_quantize_plan {
    mote_qparams *tensors; /* scale 0: not for integers */
    mote_node_plan *nodes;
} mote_quantize_plan;

/* In memory of the graph's arena. ranges: one per tensor, calibrated. */
mote_status mote_quantize_plan_make(const mote_graph *graph, const mote_range *ranges, bool wide,
                                    mote_quantize_plan *plan, mote_error *err);

#endif
