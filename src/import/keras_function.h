/*
 * Functions that a model's code calls inline, on its tensors: `x / 255`, tf.concat, ops.mean, x[:, 1:]. Keras 2 saves
 * each as a layer of class TFOpLambda (SlicingOpLambda) that names TensorFlow's function; Keras 3 as an operation node,
 * whose class is the function's. A function is one row of keras_function_list.inc.
 *
 * Where its arguments are: tensors, and constants by position, in the call; constants by name in the call's kwargs
 * (Keras 2) or in the config (Keras 3).
 */
#ifndef MOTE_IMPORT_KERAS_FUNCTION_H
#define MOTE_IMPORT_KERAS_FUNCTION_H

#include "import/keras_builder.h"

typedef struct keras_function keras_function;
typedef mote_status keras_function_fn(keras_call *call, const keras_function *function, mote_error *err);

struct keras_function {
    const char *tf;    /* TensorFlow's name, "" for none */
    const char *keras; /* the class of Keras 3's node, "" for none */
    keras_function_fn *build;
    int32_t op;       /* mote_op, where many functions share a builder */
    const char *text; /* likewise: an activation's name */
};

/* Looks up either name; NULL: not there. */
const keras_function *keras_find_function(const char *name);
/* Keras 3's node of that class: layers and functions share names (Add), only layers have a "trainable". */
bool keras_is_function_node(const json_t *config);
mote_status keras_function_node(keras_call *call, mote_error *err);

/* An argument by its place (negative: only by name) or one of two names (NULL: none); NULL or JSON null: not given. */
const json_t *keras_param(const keras_call *call, int32_t place, const char *name, const char *other_name);
bool keras_param_bool(const keras_call *call, const char *name, const char *other_name, bool def);
/* The tensor argument; a constant becomes one, of `like`'s element type (negative: float). -1: err, or not given. */
int32_t keras_operand(keras_call *call, int32_t place, const char *name, int32_t like, mote_error *err);
/* A number, a nested list of numbers or Keras 3's __tensor__ as a constant; -1: none of these, or out of memory. */
int32_t keras_constant(keras_call *call, const char *name, const json_t *value, mote_dtype dtype);
/* "axis" (or another name) as one of x's dimensions, or of one more for what adds one. False: err. */
bool keras_read_axis(keras_call *call, const char *name, const char *other, int64_t def, int32_t rank, int32_t *axis,
                     mote_error *err);
/* "2" or "[1, 2]" as axes of x, sorted, without the batch. 0: err. */
int32_t keras_read_axes(keras_call *call, const json_t *value, int32_t rank, int32_t axes[MOTE_MAX_RANK],
                        mote_error *err);
/* The whole numbers of a list of numbers and of tensors made from a shape, which come in their order, or of one such
 * tensor: at most MOTE_MAX_RANK. */
bool keras_read_sizes(const keras_call *call, const json_t *list, const char *name, int32_t *sizes, int32_t *n);

#define MOTE_KERAS_FUNCTION(tf, keras, build, op, text) keras_function_fn build;
#include "import/keras_function_list.inc"
#undef MOTE_KERAS_FUNCTION

#endif
