#include "op/op.h"

/* Indices: the derivative is 0 wherever there is one. */
const mote_op_grad mote_op_grad_arg_max = {0};
const mote_op_grad mote_op_grad_arg_min = {0};
