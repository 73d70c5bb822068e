#include "op/control/control.h"
#include "op/op_infer.h"

/* The called graphs decide the outputs' shapes. */
static mote_status infer_called(const mote_op_io *io, mote_error *err)
{
    (void)err;
    for (int32_t i = 0; i < io->n_outputs; i++)
        mote_infer_set_unknown(io->outputs[i]);
    return MOTE_OK;
}

static mote_status infer_nothing(const mote_op_io *io, mote_error *err)
{
    (void)io, (void)err;
    return MOTE_OK;
}

static mote_status infer_handle(const mote_op_io *io, mote_error *err)
{
    (void)err;
    io->outputs[0]->dtype = MOTE_RESOURCE;
    io->outputs[0]->shape = (mote_shape){0};
    return MOTE_OK;
}

/* A variable's shape is that of what was last assigned. */
static mote_status infer_read(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 1, err);
    if (status == MOTE_OK)
        mote_infer_set_unknown(io->outputs[0]);
    return status;
}

static mote_status infer_assign(const mote_op_io *io, mote_error *err)
{
    for (int32_t i = 0; i < 2; i++)
        if (!io->inputs[i])
            return mote_error_set(err, MOTE_SHAPE, "input %d is missing", i);
    return MOTE_OK;
}

static const mote_op_field WHILE_FIELDS[] = {
    {"cond_subgraph_index", 0, MOTE_FIELD_I32, offsetof(mote_while_params, cond_subgraph_index), 0},
    {"body_subgraph_index", 1, MOTE_FIELD_I32, offsetof(mote_while_params, body_subgraph_index), 0},
};
static const mote_op_field IF_FIELDS[] = {
    {"then_subgraph_index", 0, MOTE_FIELD_I32, offsetof(mote_if_params, then_subgraph_index), 0},
    {"else_subgraph_index", 1, MOTE_FIELD_I32, offsetof(mote_if_params, else_subgraph_index), 0},
};
static const mote_op_field CALL_ONCE_FIELDS[] = {
    {"init_subgraph_index", 0, MOTE_FIELD_I32, offsetof(mote_call_once_params, init_subgraph_index), 0},
};
static const mote_op_field VAR_HANDLE_FIELDS[] = {
    {"container", 0, MOTE_FIELD_STRING, offsetof(mote_var_handle_params, container), 0},
    {"shared_name", 1, MOTE_FIELD_STRING, offsetof(mote_var_handle_params, shared_name), 0},
};

#define CONTROL(symbol, NAME, options, field_table, count, bytes, ins_min, ins_max, outs_min, outs_max, extra,         \
                infer_fn)                                                                                              \
    const mote_op_def mote_op_def_##symbol = {                                                                         \
        .name = NAME,                                                                                                  \
        .options_type = options,                                                                                       \
        .fields = field_table,                                                                                         \
        .n_fields = count,                                                                                             \
        .params_bytes = bytes,                                                                                         \
        .min_inputs = ins_min,                                                                                         \
        .max_inputs = ins_max,                                                                                         \
        .min_outputs = outs_min,                                                                                       \
        .max_outputs = outs_max,                                                                                       \
        .flags = MOTE_OP_STATEFUL | (extra),                                                                           \
        .infer = infer_fn,                                                                                             \
        .max_version = 1,                                                                                              \
    };

CONTROL(while, "WHILE", 93, WHILE_FIELDS, 2, sizeof(mote_while_params), 0, -1, 0, -1, MOTE_OP_CONTROL, infer_called)
CONTROL(if, "IF", 92, IF_FIELDS, 2, sizeof(mote_if_params), 1, -1, 0, -1, MOTE_OP_CONTROL, infer_called)
CONTROL(call_once, "CALL_ONCE", 103, CALL_ONCE_FIELDS, 1, sizeof(mote_call_once_params), 0, 0, 0, 0, MOTE_OP_CONTROL,
        infer_nothing)
CONTROL(var_handle, "VAR_HANDLE", 111, VAR_HANDLE_FIELDS, 2, sizeof(mote_var_handle_params), 0, 0, 1, 1, 0,
        infer_handle)
CONTROL(read_variable, "READ_VARIABLE", 112, NULL, 0, 0, 1, 1, 1, 1, 0, infer_read)
CONTROL(assign_variable, "ASSIGN_VARIABLE", 113, NULL, 0, 0, 2, 2, 0, 0, 0, infer_assign)

static const mote_op_field CASE_FIELDS[] = {
    {"branch_subgraph_indices", 0, MOTE_FIELD_I32_VEC, offsetof(mote_case_params, branch_subgraph_indices), 0},
};

const mote_op_def mote_op_def_stablehlo_case = {
    .name = "STABLEHLO_CASE",
    .options2_type = 23,
    .fields = CASE_FIELDS,
    .n_fields = sizeof CASE_FIELDS / sizeof *CASE_FIELDS,
    .params_bytes = sizeof(mote_case_params),
    .min_inputs = 1,
    .max_inputs = -1,
    .max_outputs = -1,
    .flags = MOTE_OP_STATEFUL | MOTE_OP_CONTROL,
    .infer = infer_called,
    .max_version = 1,
};

static const mote_op_field COMPOSITE_FIELDS[] = {
    {"name", 0, MOTE_FIELD_STRING, offsetof(mote_composite_params, name), 0},
    {"decomposition_subgraph_index", 1, MOTE_FIELD_I32, offsetof(mote_composite_params, decomposition_subgraph_index),
     0},
    {"composite_attributes", 2, MOTE_FIELD_BYTES, offsetof(mote_composite_params, composite_attributes), 0},
    {"composite_attributes_format", 3, MOTE_FIELD_ENUM, offsetof(mote_composite_params, composite_attributes_format),
     0},
    {"version", 4, MOTE_FIELD_I32, offsetof(mote_composite_params, version), 0},
};

/* What a backend may replace by one kernel of its own; here the graph that it stands for is run. */
const mote_op_def mote_op_def_stablehlo_composite = {
    .name = "STABLEHLO_COMPOSITE",
    .options2_type = 21,
    .fields = COMPOSITE_FIELDS,
    .n_fields = sizeof COMPOSITE_FIELDS / sizeof *COMPOSITE_FIELDS,
    .params_bytes = sizeof(mote_composite_params),
    .max_inputs = -1,
    .max_outputs = -1,
    .flags = MOTE_OP_STATEFUL | MOTE_OP_CONTROL,
    .infer = infer_called,
    .max_version = 1,
};
