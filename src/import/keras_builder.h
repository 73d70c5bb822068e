/*
 * Building a graph from Keras layers. A layer class is one row of keras_layer_list.inc: a function that gets one call
 * of the layer (its config, its weights, the tensors it is called on) and adds nodes. The graph is in training form:
 * see op/train_form. Shapes carry batch 1; dimension 0 of every activation is the batch.
 */
#ifndef MOTE_IMPORT_KERAS_BUILDER_H
#define MOTE_IMPORT_KERAS_BUILDER_H

#include "op/op.h"

#include <jansson.h>
#include <mote/graph.h>

enum { KERAS_MAX_OUTPUTS = 64, KERAS_MAX_INPUTS = 1024 };

typedef struct keras_builder keras_builder;
typedef struct keras_call keras_call;
typedef struct keras_layer keras_layer;
typedef struct keras_scope keras_scope;
typedef struct keras_turned keras_turned;
typedef mote_status keras_layer_fn(keras_call *call, mote_error *err);

/* What a layer may hold when the file gives it values: in the order Keras saves them. */
typedef struct keras_weight {
    const char *name;  /* as the file names it; NULL in forms without names, until a layer function takes it */
    mote_tensor value; /* values are float32 or int64; value.dtype says what the file had */
    int32_t tensor;    /* in the graph, once a layer function has taken it */
    mote_weight_layout layout;
    bool trainable;
} keras_weight;

/* One thing that a layer was called with. Lists and dicts of tensors are flattened, dicts in the order of their keys.
 */
typedef struct keras_arg {
    const char *key;     /* of an argument given by name, or known by one; NULL: neither */
    const char *entry;   /* of a tensor in a dict: its key there; else NULL */
    int32_t place;       /* of a tensor in a list or a dict: which element it is; else 0 */
    bool by_position;    /* though it has a key: Keras lets no mask go on that is given so */
    const json_t *value; /* a constant; NULL: a tensor */
    keras_layer *from;   /* whose output it is */
    int32_t from_call, from_output;
    int32_t tensor; /* in the graph, once from has been built; -1 for a constant */
} keras_arg;

/* One call of a layer as the file describes it: arguments by position, then the tensors given by name. */
typedef struct keras_site {
    keras_arg *args;
    int32_t n_args;
    json_t *kwargs; /* all that was given by name; may be NULL */
} keras_site;

struct keras_layer {
    const char *name, *class_name;
    json_t *config; /* borrowed from the document */
    keras_weight *weights;
    int32_t n_weights;
    keras_site *sites;
    int32_t n_calls;
    int32_t n_calls_done;
    int32_t *call_outputs; /* [call][KERAS_MAX_OUTPUTS] */
    int32_t *call_n_outputs;
    int32_t record;     /* index into the model's layers; -1: an input that Keras does not list */
    keras_scope *scope; /* the model it is in */
    keras_scope *model; /* what is inside when the layer is a model itself, or calls one step by step; else NULL */
    bool each_step;     /* TimeDistributed around a model */
    const char *path;   /* its group in a file that goes by class paths; NULL: not found there */
};

struct keras_builder {
    mote_model *model;
    mote_graph *graph;
    mote_arena *arena;   /* the model's */
    mote_arena *scratch; /* gone after loading: values as the file has them */
    int keras_major;     /* 2 or 3: some layers changed their meaning */
    const char *prefix;  /* "model/": in front of tensor names */
    int32_t batch;       /* that the model's inputs say; MOTE_DIM_UNKNOWN as a rule */
    int32_t *masks;      /* keras_mask.h: per tensor of the graph, as far as n_masks */
    int32_t n_masks;
    keras_turned *turned; /* keras_turned.h: tensors whose batch is not first */
    int32_t n_turned;
};

struct keras_call {
    keras_builder *builder;
    keras_layer *layer;
    json_t *config;
    json_t *kwargs;        /* of this call; may be NULL */
    const keras_arg *args; /* everything in the call, constants too: operators that people write inline */
    int32_t n_args;
    const int32_t *inputs; /* the tensors among them, in their order */
    int32_t n_inputs;
    int32_t outputs[KERAS_MAX_OUTPUTS];
    int32_t n_outputs;
    int32_t next_weight;
};

/* --- nodes --- */
/* A node with one output whose shape is inferred by keras_emit. name: the TensorFlow operation's, "Conv2D". */
mote_node *keras_node(keras_call *call, mote_op op, int32_t n_inputs, const int32_t *inputs, const char *name,
                      mote_error *err);
/* As keras_node with several outputs, which become the call's. */
mote_node *keras_node_outputs(keras_call *call, mote_op op, int32_t n_inputs, const int32_t *inputs, int32_t n_outputs,
                              const char *name, mote_error *err);
/* Infers the node's outputs, which become the call's. To be called after the params are set. */
mote_status keras_emit(keras_call *call, const mote_node *node, mote_error *err);
/* node + emit for an operator without params, on the call's present outputs or inputs as given. */
mote_status keras_apply(keras_call *call, mote_op op, int32_t n_inputs, const int32_t *inputs, const char *name,
                        mote_error *err);
/* The call's result so far (its first output), or its first input while there is none. */
int32_t keras_value(const keras_call *call);
const mote_shape *keras_shape(const keras_call *call, int32_t tensor);
/* The call's output is this input: layers that do nothing. */
mote_status keras_pass(keras_call *call, int32_t tensor);
/* A float constant; a NULL data is zeros. -1: out of memory. */
int32_t keras_const(keras_call *call, const char *name, const mote_shape *shape, const float *data);
int32_t keras_scalar(keras_call *call, const char *name, float value);
int32_t keras_const_i32(keras_call *call, const char *name, int32_t n, const int32_t *values);
/* RESHAPE of the present value to dims (the batch first, -1 allowed). */
mote_status keras_reshape(keras_call *call, int32_t rank, const int32_t *dims, mote_error *err);

/* --- weights --- */
/* The layer's next weight as a graph constant, laid out for TFLite. Checks the rank. -1 with err set on failure.
 * Calls of a shared layer get the same tensor. */
int32_t keras_take_weight(keras_call *call, const char *role, int32_t rank, mote_weight_layout layout, mote_error *err);
/* Its value as the file has it; NULL when there is none. */
const keras_weight *keras_peek_weight(const keras_call *call, int32_t index);
/* The next weights are not part of the graph (counters), and not trained. */
void keras_skip_weights(keras_call *call, int32_t n);

/* --- config --- */
bool keras_bool(const json_t *config, const char *key, bool def);
double keras_number(const json_t *config, const char *key, double def);
int64_t keras_int(const json_t *config, const char *key, int64_t def);
const char *keras_text(const json_t *config, const char *key, const char *def);
/* A type that a file names; all floats are the graph's one float type until it is quantized. False: unknown. */
bool keras_dtype(const char *name, mote_dtype *dtype);
/* One or two integers ("3", "[3, 3]") into two. False: neither. */
bool keras_pair(const json_t *config, const char *key, int32_t pair[2], int32_t def);
/* channels_first is refused by name. */
mote_status keras_need_channels_last(const keras_call *call, mote_error *err);
/* "layer 'x' (Class): " in front. */
mote_status keras_refuse(const keras_call *call, mote_error *err, const char *format, ...) MOTE_PRINTF(3, 4);

/* --- activations (keras_activation.c) --- */
/* Applies "relu", {"class_name": …} or null (linear) to the present value. */
mote_status keras_activate(keras_call *call, const json_t *activation, mote_error *err);
mote_status keras_activate_by_name(keras_call *call, const char *name, const json_t *config, mote_error *err);

/* --- models inside --- */
bool keras_is_model_class(const char *class_name);
/* The description of the model that a layer calls for each step (TimeDistributed); NULL: it calls none. */
json_t *keras_stepped_model(const json_t *layer);

/* --- table --- */
#define MOTE_KERAS_LAYER(class_name, function, mask, note) keras_layer_fn function;
#include "import/keras_layer_list.inc"
#undef MOTE_KERAS_LAYER

/* What becomes of a mask that the input of a layer has. */
typedef enum keras_mask_way {
    KERAS_MASK_DROPPED,
    KERAS_MASK_CARRIED,   /* the output has it */
    KERAS_MASK_CARRIED_3, /* in Keras 3; dropped in Keras 2 */
    KERAS_MASK_OWN,       /* the layer's function sees to it */
} keras_mask_way;

/* NULL: not known. Functions that code calls inline are found too (keras_function.h); the config tells them apart.
 * mask may be NULL. */
keras_layer_fn *keras_find_layer(const char *class_name, const json_t *config, keras_mask_way *mask);

#endif
