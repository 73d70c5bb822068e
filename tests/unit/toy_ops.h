/* Operators whose values depend on every input element and on their place. */
#ifndef MOTE_TESTS_UNIT_TOY_OPS_H
#define MOTE_TESTS_UNIT_TOY_OPS_H

#include "op/op.h"

enum {
    OP_MIX = 2001, /* every output element depends on every input element; scratch is used in between */
    OP_ELEMENT,    /* element by element, input 1 repeated */
    OP_VIEW,       /* flat */
    OP_ODD,        /* the odd values of input 0: a shape that only eval knows */
    OP_SHAPE,      /* input 0's dimensions */
    OP_CALL,       /* another graph */
    OP_COUNT,      /* input 0 plus the number of invocations so far, kept in a variable tensor */
    OP_RESHAPE,    /* to the dimensions that input 1 holds */
    OP_REFUSED,    /* has no kernel for anything */
    OP_STORE,      /* adds input 0's first element to a resource variable and gives its value */
};

typedef struct call_params {
    int32_t graph;
} call_params;

/* A step of the hash that values are made with. */
uint32_t toy_step(uint32_t hash, uint32_t value);
int64_t toy_count(const mote_tensor *tensor);
/* What OP_MIX, OP_ELEMENT (over a range), OP_SHAPE and OP_VIEW compute, for an evaluator too. `between` has as many
 * elements as the output. */
void toy_mix(const mote_op_io *io, uint32_t *between);
void toy_element(void *io, int64_t begin, int64_t end, int32_t thread);
void toy_shape(const mote_op_io *io);
void toy_copy(const mote_op_io *io);

#endif
