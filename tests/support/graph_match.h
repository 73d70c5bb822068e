/*
 * Two files that hold one network, matched operator by operator: from the inputs on, by what reads what, and behind
 * something that one file has in other words by the values of weights. Views stand for what they view, and a constant
 * behind DEQUANTIZE for its values.
 */
#ifndef MOTE_TESTS_SUPPORT_GRAPH_MATCH_H
#define MOTE_TESTS_SUPPORT_GRAPH_MATCH_H

#include <mote/graph.h>

typedef struct graph_pair {
    int32_t theirs, ours; /* tensors */
} graph_pair;

typedef struct graph_match {
    graph_pair *pairs; /* values and constants that both have */
    int32_t n_pairs;
    int32_t n_matched; /* operators */
    int32_t n_missing; /* operators of theirs that ours has not, views and arithmetic on shapes left out */
    const mote_node *first_missing;
    int32_t *output_order; /* which of our outputs is their i-th, -1: none */
} graph_match;

/* Ends the test when memory runs out. graph_match_free. */
graph_match graph_match_make(const mote_graph *theirs, const mote_graph *ours);
void graph_match_free(graph_match *match);

#endif
