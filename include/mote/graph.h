/*
 * The one model of a network that mote has. Import makes it, training and passes change it, the
 * .tflite writer stores it and the reader returns it. Its vocabulary is TFLite's operators plus the
 * few that live only before lowering (op_list.inc marks them).
 *
 * Everything hangs off one arena: mote_model_free frees it at once. Nodes and tensors are reached by
 * index or by pointer; both stay valid until mote_graph_compact renumbers.
 */
#ifndef MOTE_GRAPH_H
#define MOTE_GRAPH_H

#include <mote/alloc.h>
#include <mote/op_code.h>
#include <mote/tensor.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MOTE_NO_TENSOR = -1 }; /* an optional input left out */

typedef struct mote_node {
    mote_op op;
    int32_t version; /* as read from a file; 0: the writer derives it */
    int32_t n_inputs, n_outputs, n_intermediates;
    int32_t *inputs;               /* tensor indices or MOTE_NO_TENSOR */
    int32_t *outputs;              /* tensor indices */
    int32_t *intermediates;        /* tensor indices (LSTM's quantization ranges) */
    void *params;                  /* the struct that the operator's folder declares; NULL if it has none */
    const char *custom_code;       /* operators that files call CUSTOM only, as the next two; whether mote knows them */
    const uint8_t *custom_options; /* or not (MOTE_OP_CUSTOM) */
    size_t n_custom_bytes;
    int32_t layer; /* index into the model's layers, or -1 */
} mote_node;

typedef struct mote_graph {
    const char *name;
    mote_tensor **tensors;
    mote_node **nodes;         /* in an order in which they can run */
    int32_t *inputs, *outputs; /* tensor indices */
    int32_t n_tensors, n_nodes, n_inputs, n_outputs;
    int32_t tensor_capacity, node_capacity;
    mote_arena *arena; /* the model's */
} mote_graph;

/* A named entry point: argument names and the tensors they stand for. */
typedef struct mote_signature_arg {
    const char *name;
    int32_t tensor;
} mote_signature_arg;

typedef struct mote_signature {
    const char *key; /* "serving_default" */
    int32_t graph;
    int32_t n_inputs, n_outputs;
    mote_signature_arg *inputs, *outputs;
} mote_signature;

/* Named bytes carried in a .tflite file. */
typedef struct mote_metadata {
    const char *name;
    const void *data;
    size_t n_bytes;
} mote_metadata;

/* How a weight of the graph is stored in a Keras file. */
typedef enum mote_weight_layout {
    MOTE_WEIGHT_AS_IS,
    MOTE_WEIGHT_HWIO_TO_OHWI, /* Conv2D: Keras [h,w,in,out]  -> graph [out,h,w,in] */
    MOTE_WEIGHT_HWCM_TO_1HWX, /* DepthwiseConv2D: [h,w,c,m] -> [1,h,w,c*m] (same bytes) */
    MOTE_WEIGHT_IO_TO_OI,     /* Dense: [in,out] -> [out,in] */
    MOTE_WEIGHT_HWOI_TO_OHWI, /* Conv2DTranspose: [h,w,out,in] -> [out,h,w,in] */
    MOTE_WEIGHT_IHS_TO_OI,    /* attention's projections: [in,heads,size] -> [heads*size,in] */
    MOTE_WEIGHT_HSO_TO_OI,    /* attention's output: [heads,size,out] -> [out,heads*size] */
} mote_weight_layout;

typedef struct mote_layer_weight {
    const char *name; /* as the file names it, e.g. "stem_conv/kernel:0" */
    int32_t tensor;   /* in graphs[0]; MOTE_NO_TENSOR when the graph does not use it (a counter) */
    mote_weight_layout layout;
    mote_shape shape; /* as in the Keras file */
    mote_dtype dtype; /* as in the Keras file */
    const void *data; /* float32 or int64 in Keras's layout, kept only where tensor is MOTE_NO_TENSOR */
    bool trainable;   /* its own flag; the layer's is separate */
} mote_layer_weight;

/* What a Keras file says of a layer: for summary, for names in messages, and to save it again. */
typedef struct mote_layer {
    const char *name;
    const char *class_name;
    const char *config_json; /* the layer's config, as text */
    int32_t n_outputs;
    mote_shape *output_shapes; /* one per output; the batch is MOTE_DIM_UNKNOWN unless the file fixes it */
    int32_t *output_tensors;   /* in graphs[0]; first call only */
    bool outputs_differ;       /* another call of this shared layer has other shapes */
    int32_t n_inbound;
    const char **inbound; /* "block1a_bn[0][0]", as summary prints it: the tensors of all calls */
    bool inbound_is_list;
    int32_t n_weights; /* 0 for a nested model: its layers have them */
    mote_layer_weight *weights;
    bool trainable;
    int32_t parent; /* the nested model this layer is inside of, or -1; a model stands before its layers */
} mote_layer;

typedef struct mote_model {
    mote_arena *arena;
    mote_graph **graphs; /* graphs[0] is the main one */
    int32_t n_graphs;
    mote_signature *signatures;
    int32_t n_signatures;
    mote_metadata *metadata;
    int32_t n_metadata;
    const char *description;
    const char *name;          /* Keras's model name, or "" */
    const char *source;        /* "keras", "tflite": where it came from */
    const char *config_json;   /* the whole Keras config, or NULL */
    const char *training_json; /* Keras's compile settings, or NULL */
    const char *keras_version; /* as the file says, or NULL */
    mote_layer *layers;
    int32_t n_layers;
    /* What running it may cost, as in mote_runtime_options, wherever a runtime's own options say 0; 0: no limit. */
    size_t run_limit_bytes;
    int32_t run_limit_loops_ms;
} mote_model;

/* --- making and freeing. allocator NULL: the C library's. --- */
MOTE_API mote_model *mote_model_new(const mote_allocator *allocator, size_t limit_bytes); /* with one empty graph */
MOTE_API void mote_model_free(mote_model *model);
/* A deep copy in an arena of its own; NULL: out of memory. Constant data is shared with nothing. */
MOTE_API mote_model *mote_model_clone(const mote_model *model, const mote_allocator *allocator);
/* Appends an empty graph; NULL: out of memory. */
MOTE_API mote_graph *mote_model_add_graph(mote_model *model, const char *name);
MOTE_API mote_status mote_model_add_metadata(mote_model *model, const char *name, const void *data, size_t n_bytes);

/* Whether a layer is another (a model used as a layer) or anywhere inside of it. */
MOTE_API bool mote_layer_is_inside(const mote_model *model, int32_t layer, int32_t ancestor);
/* Whether a layer trains, as Keras 2 and 3 read it from a file: by its own flag alone, whatever a model around it says
 * (freezing a model sets the flags of all inside of it). A model used as a layer trains when anything inside does. */
MOTE_API bool mote_layer_trains(const mote_model *model, int32_t layer);

/* --- tensors: names are copied; -1 on out of memory --- */
MOTE_API int32_t mote_graph_add_tensor(mote_graph *graph, const char *name, mote_dtype dtype, const mote_shape *shape);
/* data is copied (NULL: zeroed); its size follows from dtype and shape. */
MOTE_API int32_t mote_graph_add_const(mote_graph *graph, const char *name, mote_dtype dtype, const mote_shape *shape,
                                      const void *data);
/* A one-dimensional int32 constant: axes, paddings, shapes. */
MOTE_API int32_t mote_graph_add_const_i32(mote_graph *graph, const char *name, int32_t n, const int32_t *values);
/* Copies n scales and zero points (zero_point NULL: all 0). */
MOTE_API mote_status mote_graph_set_quant(mote_graph *graph, int32_t tensor, int32_t n, int32_t axis,
                                          const float *scale, const int64_t *zero_point);

/* --- nodes: params are zeroed and of the operator's size; NULL on out of memory --- */
MOTE_API mote_node *mote_graph_add_node(mote_graph *graph, mote_op op, int32_t n_inputs, const int32_t *inputs,
                                        int32_t n_outputs, const int32_t *outputs);
/* As add_node, placed before nodes[at]. */
MOTE_API mote_node *mote_graph_insert_node(mote_graph *graph, int32_t at, mote_op op, int32_t n_inputs,
                                           const int32_t *inputs, int32_t n_outputs, const int32_t *outputs);
MOTE_API void mote_graph_remove_node(mote_graph *graph, int32_t node);
MOTE_API mote_status mote_graph_set_io(mote_graph *graph, int32_t n_inputs, const int32_t *inputs, int32_t n_outputs,
                                       const int32_t *outputs);

/* --- asking; linear in the graph --- */
MOTE_API int32_t mote_graph_producer(const mote_graph *graph, int32_t tensor);   /* node index or -1 */
MOTE_API int32_t mote_graph_count_uses(const mote_graph *graph, int32_t tensor); /* node inputs and graph outputs */
MOTE_API bool mote_graph_is_output(const mote_graph *graph, int32_t tensor);
MOTE_API bool mote_graph_is_input(const mote_graph *graph, int32_t tensor);

/* --- changing --- */
/* Every use of `from` (node inputs and graph outputs) reads `to` instead. */
MOTE_API void mote_graph_replace_uses(mote_graph *graph, int32_t from, int32_t to);
/* Drops nodes no output depends on (nodes with side effects stay) and tensors nothing names;
 * renumbers tensors, signatures and layers' weights. Returns the nodes dropped, or -1: out of memory. */
MOTE_API int32_t mote_graph_compact(mote_model *model, int32_t graph);
/* Puts nodes into an order in which they can run, keeping the present order where it can.
 * MOTE_FORMAT on a cycle. */
MOTE_API mote_status mote_graph_sort(mote_graph *graph, mote_error *err);

/* --- checking and showing --- */
/* Indices in range, inputs defined before use, one producer per tensor, arity as the operator
 * states, constant sizes, quantization arrays. Shapes are the infer step's business. */
MOTE_API mote_status mote_model_verify(const mote_model *model, mote_error *err);
/* Runs every operator's shape inference in order. Shapes of activations are overwritten.
 * Data-dependent shapes become MOTE_RANK_UNKNOWN. */
MOTE_API mote_status mote_graph_infer(mote_graph *graph, mote_error *err);
/* One node a line, as text for people. */
MOTE_API void mote_model_print(const mote_model *model, FILE *out);
/* The operator's options, "stride_h=2 padding=0", into text; "" when it has none that mote knows. Returns text. */
MOTE_API const char *mote_node_format_options(const mote_node *node, char *text, size_t n_bytes);

#ifdef __cplusplus
}
#endif
#endif
