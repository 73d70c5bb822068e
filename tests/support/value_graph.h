/* Graphs of values of one small shape. */
#ifndef MOTE_TESTS_VALUE_GRAPH_H
#define MOTE_TESTS_VALUE_GRAPH_H

#include <mote/graph.h>

/* float32, 1 x 2 x 2 x 1 */
int32_t add_value(mote_graph *graph, const char *name);
/* On two inputs, or with b < 0 on one. */
mote_node *add_node(mote_graph *graph, mote_op op, int32_t a, int32_t b, int32_t out);
/* FULLY_CONNECTED with filter 2x3 and a bias; the node is the graph's only one. */
mote_node *make_fc(mote_model *model, const float filter[6], const float bias[2]);

#endif
