/* Which tensor of one form of a network is which of the other. */
#ifndef MOTE_EVALUATE_DIFF_MATCH_H
#define MOTE_EVALUATE_DIFF_MATCH_H

#include <mote/graph.h>

typedef struct mote_diff_pair {
    int32_t node_a; /* that makes it; -1: none does */
    int32_t tensor_a, tensor_b;
    int32_t output; /* of the network, or -1 */
} mote_diff_pair;

/* Shapes are those of the tensors as given (planned ones, where a runtime knows better): shape_a[t] for tensor t.
 * *pairs from allocator, in the order of a's nodes, outputs included. */
mote_status mote_diff_match(const mote_graph *a, const int64_t *counts_a, const mote_graph *b, const int64_t *counts_b,
                            mote_diff_pair **pairs, int32_t *n_pairs, const mote_allocator *allocator, mote_error *err);

#endif
