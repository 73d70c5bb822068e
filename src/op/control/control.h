/* Options of the operators that call other graphs or keep resources. */
#ifndef MOTE_OP_CONTROL_CONTROL_H
#define MOTE_OP_CONTROL_CONTROL_H

#include "op/op.h"

typedef struct mote_while_params {
    int32_t cond_subgraph_index, body_subgraph_index;
} mote_while_params;

typedef struct mote_if_params {
    int32_t then_subgraph_index, else_subgraph_index;
} mote_if_params;

typedef struct mote_call_once_params {
    int32_t init_subgraph_index;
} mote_call_once_params;

typedef struct mote_var_handle_params {
    const char *container, *shared_name; /* NULL or "" when not given */
} mote_var_handle_params;

typedef struct mote_case_params {
    mote_i32_vec branch_subgraph_indices;
} mote_case_params;

typedef struct mote_composite_params {
    const char *name;
    int32_t decomposition_subgraph_index;
    mote_bytes composite_attributes;
    int32_t composite_attributes_format, version;
} mote_composite_params;

#endif
