/*
 * What the graph needs to know of operators. `graph` lies left of `op`, so it asks through these few functions,
 * which op_table.c answers from the operators' definitions.
 */
#ifndef MOTE_GRAPH_GRAPH_TABLES_H
#define MOTE_GRAPH_GRAPH_TABLES_H

#include <mote/graph.h>

/* How a definition limits arity; found false: mote does not know the operator. */
typedef struct mote_op_traits {
    bool found;
    int32_t min_inputs, max_inputs; /* max -1: any number */
    int32_t min_outputs, max_outputs;
    bool stateful; /* side effects: never dropped */
    bool may_omit; /* inputs among min_inputs, too, may be left out */
} mote_op_traits;

mote_op_traits mote_graph_op_traits(int32_t op);
size_t mote_graph_params_bytes(int32_t op);
/* Shape inference of one node; inputs and outputs are its tensors, NULL for an input left out. */
mote_status mote_graph_infer_node(const mote_node *node, mote_tensor *const *inputs, mote_tensor *const *outputs,
                                  mote_error *err);
/* Copies a node's params, with what they point at, into another arena; *copy NULL when there are none. */
mote_status mote_graph_copy_params(int32_t op, const void *params, mote_arena *arena, void **copy);
/* For the printer: "stride_h=2 padding=0" into text. */
void mote_graph_format_params(int32_t op, const void *params, char *text, size_t n_bytes);

#endif
