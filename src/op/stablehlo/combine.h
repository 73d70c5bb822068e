/* Functions of two values, by operator and element type: what STABLEHLO's element-wise operators compute, and what its
 * reductions and scatters apply. Integers wrap. */
#ifndef MOTE_OP_STABLEHLO_COMBINE_H
#define MOTE_OP_STABLEHLO_COMBINE_H

#include "op/op.h"

typedef enum mote_combine_kind {
    MOTE_COMBINE_ADD,
    MOTE_COMBINE_MULTIPLY,
    MOTE_COMBINE_MAXIMUM,
    MOTE_COMBINE_MINIMUM,
    MOTE_COMBINE_AND, /* of bits */
    MOTE_COMBINE_SHIFT_LEFT,
    MOTE_COMBINE_ALL, /* of truths */
    MOTE_COMBINE_ANY,
    MOTE_N_COMBINES,
} mote_combine_kind;

/* n pairs; out may be a or b. */
typedef void mote_combine_fn(const void *a, const void *b, void *out, int64_t n);

/* NULL: not on this type. */
mote_combine_fn *mote_combine_find(mote_combine_kind kind, mote_dtype dtype);
/* What a body of a single operator applies; false: nothing that a reduction knows. */
bool mote_combine_of_body(mote_op body, mote_combine_kind *kind);

#endif
