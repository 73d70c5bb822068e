/* Sparse constants in full. */
#ifndef MOTE_OP_DENSIFY_DENSIFY_H
#define MOTE_OP_DENSIFY_DENSIFY_H

#include "op/op.h"

/* Writes a sparse constant (its sparsity verified by the reader) as a dense array of its shape to `dense`, which holds
 * zero bytes. MOTE_UNSUPPORTED where its elements are not whole bytes or blocks come in another order than listed. */
mote_status mote_densify(const mote_tensor *sparse, void *dense, mote_error *err);

#endif
