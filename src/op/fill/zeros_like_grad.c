#include "op/op.h"

/* It looks at the shape only. */
const mote_op_grad mote_op_grad_zeros_like = {0};
