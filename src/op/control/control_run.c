/* Calling other graphs, and resource variables. */
#include "op/control/control.h"

#include <string.h>

enum { MAX_ARGS = 256 };

/* --- values in and out --- */

/* Copies a value into output i, which takes its shape. */
static mote_status give(mote_run *run, const mote_op_io *io, int32_t i, const mote_tensor *value, mote_error *err)
{
    mote_tensor *out = io->outputs[i];
    if (out->dtype != value->dtype)
        return mote_error_set(err, MOTE_SHAPE, "output %d is %s, but the graph gives %s", i,
                              mote_dtype_name(out->dtype), mote_dtype_name(value->dtype));
    mote_status status = mote_run_resize_output(run, io, i, &value->shape, err);
    if (status == MOTE_OK && mote_dtype_bits(out->dtype) == 0)
        status = mote_run_set_output_bytes(run, io, i, value->n_bytes, err);
    if (status == MOTE_OK && value->n_bytes)
        memcpy(out->data, value->data, value->n_bytes);
    return status;
}

static mote_status give_all(mote_run *run, const mote_op_io *io, mote_tensor *const *values, mote_error *err)
{
    for (int32_t i = 0; i < io->n_outputs; i++) {
        const mote_status status = give(run, io, i, values[i], err);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

static mote_status read_condition(const mote_tensor *value, bool *condition, mote_error *err)
{
    if (value->dtype != MOTE_BOOL || value->n_bytes < 1 || !value->data)
        return mote_error_set(err, MOTE_SHAPE, "its condition is %s, not a bool", mote_dtype_name(value->dtype));
    *condition = *(const unsigned char *)value->data != 0;
    return MOTE_OK;
}

/* --- WHILE and IF --- */

static mote_status prepare_args(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    if (io->n_inputs > MAX_ARGS || io->n_outputs > MAX_ARGS)
        return mote_error_set(err, MOTE_LIMIT, "more than %d values", MAX_ARGS);
    return MOTE_OK;
}

static mote_status eval_while(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const mote_while_params *params = io->node->params;
    mote_tensor *values[MAX_ARGS], *condition[1];
    if (io->n_inputs != io->n_outputs)
        return mote_error_set(err, MOTE_SHAPE, "%d inputs and %d outputs", io->n_inputs, io->n_outputs);
    if (io->n_inputs)
        memcpy(values, io->inputs, (size_t)io->n_inputs * sizeof *values);
    for (;;) {
        bool go_on = false;
        mote_status status = mote_run_call(run, params->cond_subgraph_index, io->n_inputs, values, 1, condition, err);
        if (status == MOTE_OK)
            status = read_condition(condition[0], &go_on, err);
        if (status != MOTE_OK)
            return status;
        if (!go_on)
            return give_all(run, io, values, err);
        mote_tensor *next[MAX_ARGS];
        status = mote_run_call(run, params->body_subgraph_index, io->n_inputs, values, io->n_outputs, next, err);
        if (status != MOTE_OK)
            return status;
        if (io->n_inputs)
            memcpy(values, next, (size_t)io->n_inputs * sizeof *values);
    }
}

static mote_status eval_if(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const mote_if_params *params = io->node->params;
    mote_tensor *values[MAX_ARGS];
    bool condition = false;
    mote_status status = io->inputs[0] ? read_condition(io->inputs[0], &condition, err)
                                       : mote_error_set(err, MOTE_SHAPE, "its condition is missing");
    if (status != MOTE_OK)
        return status;
    status = mote_run_call(run, condition ? params->then_subgraph_index : params->else_subgraph_index, io->n_inputs - 1,
                           io->inputs + 1, io->n_outputs, values, err);
    return status == MOTE_OK ? give_all(run, io, values, err) : status;
}

/* An index outside takes the last branch. */
static mote_status eval_case(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const mote_i32_vec *branches = &((const mote_case_params *)io->node->params)->branch_subgraph_indices;
    const mote_tensor *index = io->inputs[0];
    mote_tensor *values[MAX_ARGS];
    if (branches->n < 1 || !index || index->dtype != MOTE_INT32 || mote_shape_count(&index->shape) != 1)
        return mote_error_set(err, MOTE_SHAPE, "it has no branches, or its index is not one int32");
    int32_t at = *(const int32_t *)index->data;
    at = at < 0 || at >= branches->n ? branches->n - 1 : at;
    const mote_status status =
        mote_run_call(run, branches->values[at], io->n_inputs - 1, io->inputs + 1, io->n_outputs, values, err);
    return status == MOTE_OK ? give_all(run, io, values, err) : status;
}

static mote_status eval_composite(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const mote_composite_params *params = io->node->params;
    mote_tensor *values[MAX_ARGS];
    const mote_status status =
        mote_run_call(run, params->decomposition_subgraph_index, io->n_inputs, io->inputs, io->n_outputs, values, err);
    return status == MOTE_OK ? give_all(run, io, values, err) : status;
}

/* --- CALL_ONCE --- */

typedef struct once_state {
    bool done;
} once_state;

static mote_status prepare_once(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)io;
    *state = mote_run_persistent(run, sizeof(once_state));
    return *state ? MOTE_OK : mote_error_no_memory(err);
}

static mote_status eval_once(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    const mote_call_once_params *params = io->node->params;
    once_state *once = state;
    if (once->done)
        return MOTE_OK;
    const mote_status status = mote_run_call(run, params->init_subgraph_index, 0, NULL, 0, NULL, err);
    once->done = status == MOTE_OK;
    return status;
}

/* --- variables: the handle's value is the variable's id --- */

static mote_status eval_handle(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const mote_var_handle_params *params = io->node->params;
    const int32_t id = mote_run_variable_id(run, params->container, params->shared_name);
    if (id < 0)
        return mote_error_no_memory(err);
    memcpy(io->outputs[0]->data, &id, sizeof id);
    return MOTE_OK;
}

static mote_status prepare_handle_user(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    if (io->inputs[0]->dtype != MOTE_RESOURCE || mote_shape_count(&io->inputs[0]->shape) < 1)
        return mote_error_set(err, MOTE_SHAPE, "input 0 is %s, not a resource", mote_dtype_name(io->inputs[0]->dtype));
    return MOTE_OK;
}

static int32_t id_of(const mote_op_io *io)
{
    int32_t id;
    memcpy(&id, io->inputs[0]->data, sizeof id);
    return id;
}

static mote_status eval_read(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const mote_tensor *variable = mote_run_variable(run, id_of(io));
    if (!variable || !variable->data)
        return mote_error_set(err, MOTE_ARGUMENT, "the variable has no value yet");
    return give(run, io, 0, variable, err);
}

static mote_status eval_assign(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    return mote_run_assign_variable(run, id_of(io), io->inputs[1], err);
}

const mote_op_run mote_op_run_while = {prepare_args, eval_while};
const mote_op_run mote_op_run_if = {prepare_args, eval_if};
const mote_op_run mote_op_run_call_once = {prepare_once, eval_once};
const mote_op_run mote_op_run_var_handle = {NULL, eval_handle};
const mote_op_run mote_op_run_read_variable = {prepare_handle_user, eval_read};
const mote_op_run mote_op_run_assign_variable = {prepare_handle_user, eval_assign};
const mote_op_run mote_op_run_stablehlo_case = {prepare_args, eval_case};
const mote_op_run mote_op_run_stablehlo_composite = {prepare_args, eval_composite};
