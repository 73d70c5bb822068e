/* These definitions replace mote's table in the program that has this file. */
#include "unit/toy_ops.h"

#include "unit/mote_test.h"

#include <string.h>

uint32_t toy_step(uint32_t hash, uint32_t value)
{
    return (hash ^ value) * 2654435761U + 12345;
}

int64_t toy_count(const mote_tensor *tensor)
{
    return mote_shape_count(&tensor->shape);
}

static mote_status infer_same(const mote_op_io *io, mote_error *err)
{
    (void)err;
    io->outputs[0]->shape = io->inputs[0]->shape;
    return MOTE_OK;
}

static mote_status infer_stated(const mote_op_io *io, mote_error *err)
{
    (void)io, (void)err;
    return MOTE_OK;
}

static mote_status infer_flat(const mote_op_io *io, mote_error *err)
{
    (void)err;
    io->outputs[0]->shape = (mote_shape){1, {(int32_t)toy_count(io->inputs[0])}};
    return MOTE_OK;
}

static mote_status infer_unknown(const mote_op_io *io, mote_error *err)
{
    (void)err;
    io->outputs[0]->shape = (mote_shape){.rank = MOTE_RANK_UNKNOWN};
    return MOTE_OK;
}

static mote_status infer_shape_of(const mote_op_io *io, mote_error *err)
{
    (void)err;
    io->outputs[0]->shape = (mote_shape){1, {io->inputs[0]->shape.rank}};
    return MOTE_OK;
}

static mote_status infer_reshape(const mote_op_io *io, mote_error *err)
{
    if (!io->inputs[1]->data)
        return infer_unknown(io, err);
    io->outputs[0]->shape = mote_shape_make((int32_t)toy_count(io->inputs[1]), io->inputs[1]->data);
    return toy_count(io->outputs[0]) == toy_count(io->inputs[0]) ? MOTE_OK
                                                                 : mote_error_set(err, MOTE_SHAPE, "counts differ");
}

typedef struct mix_state {
    int64_t n; /* what prepare saw: eval checks that it was prepared for these shapes */
} mix_state;

static mote_status prepare_mix(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    mix_state *mix = mote_run_persistent(run, sizeof *mix);
    if (!mix)
        return mote_error_set(err, MOTE_NO_MEMORY, "mix");
    mix->n = toy_count(io->outputs[0]);
    *state = mix;
    mote_run_request_scratch(run, (size_t)mix->n * 4);
    return MOTE_OK;
}

void toy_mix(const mote_op_io *io, uint32_t *between)
{
    uint32_t hash = 7;
    for (int32_t j = 0; j < io->n_inputs; j++)
        for (int64_t i = 0; io->inputs[j] && i < toy_count(io->inputs[j]); i++)
            hash = toy_step(hash, ((const uint32_t *)io->inputs[j]->data)[i]);
    const int64_t n = toy_count(io->outputs[0]);
    for (int64_t i = 0; i < n; i++)
        between[i] = toy_step(hash, (uint32_t)i);
    for (int64_t i = 0; i < n; i++)
        ((uint32_t *)io->outputs[0]->data)[i] = between[n - 1 - i] >> 1;
}

static mote_status eval_mix(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)err;
    assert_int_equal(((const mix_state *)state)->n, toy_count(io->outputs[0]));
    toy_mix(io, mote_run_scratch(run));
    return MOTE_OK;
}

void toy_element(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const mote_op_io *io = arg;
    const uint32_t *a = io->inputs[0]->data, *b = io->inputs[1]->data;
    const int64_t nb = toy_count(io->inputs[1]);
    for (int64_t i = begin; i < end; i++)
        ((uint32_t *)io->outputs[0]->data)[i] = toy_step(a[i], b[i % nb]) >> 1;
}

static mote_status eval_element(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state, (void)err;
    mote_op_io copy = *io;
    mote_run_parallel(run, toy_count(io->outputs[0]), 16, toy_element, &copy);
    return MOTE_OK;
}

void toy_copy(const mote_op_io *io)
{
    memmove(io->outputs[0]->data, io->inputs[0]->data, (size_t)toy_count(io->inputs[0]) * 4);
}

static mote_status eval_copy(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    toy_copy(io);
    return MOTE_OK;
}

static mote_status eval_odd(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const int32_t *in = io->inputs[0]->data;
    mote_shape shape = {1, {0}};
    for (int64_t i = 0; i < toy_count(io->inputs[0]); i++)
        shape.dims[0] += in[i] & 1;
    const mote_status status = mote_run_resize_output(run, io, 0, &shape, err);
    if (status != MOTE_OK)
        return status;
    int32_t *out = io->outputs[0]->data;
    for (int64_t i = 0; i < toy_count(io->inputs[0]); i++)
        if (in[i] & 1)
            *out++ = in[i];
    return MOTE_OK;
}

void toy_shape(const mote_op_io *io)
{
    memcpy(io->outputs[0]->data, io->inputs[0]->shape.dims, (size_t)io->inputs[0]->shape.rank * 4);
}

static mote_status eval_shape(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    toy_shape(io);
    return MOTE_OK;
}

/* Calls the graph as often as the first element of input 0 says, each time with its own outputs. */
static mote_status eval_call(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const call_params *params = io->node->params;
    mote_tensor *args[8], *results[8];
    const int32_t times = *(const int32_t *)io->inputs[0]->data, n = io->n_inputs - 1;
    for (int32_t i = 0; i < n; i++)
        args[i] = io->inputs[i + 1];
    for (int32_t t = 0; t < times; t++) {
        const mote_status status = mote_run_call(run, params->graph, n, args, n, results, err);
        if (status != MOTE_OK)
            return status;
        memcpy(args, results, sizeof args);
    }
    for (int32_t i = 0; i < n; i++) {
        const mote_status status = mote_run_resize_output(run, io, i, &args[i]->shape, err);
        if (status != MOTE_OK)
            return status;
        memcpy(io->outputs[i]->data, args[i]->data, args[i]->n_bytes);
    }
    return MOTE_OK;
}

static mote_status eval_count(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    int32_t *kept = io->inputs[1]->data;
    kept[0]++;
    for (int64_t i = 0; i < toy_count(io->outputs[0]); i++)
        ((int32_t *)io->outputs[0]->data)[i] = ((const int32_t *)io->inputs[0]->data)[i] + kept[0];
    return MOTE_OK;
}

static mote_status prepare_refused(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)io, (void)state;
    return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for it");
}

static mote_status eval_store(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const int32_t id = mote_run_variable_id(run, "", "sum");
    if (id < 0)
        return mote_error_set(err, MOTE_NO_MEMORY, "store");
    const mote_tensor *variable = mote_run_variable(run, id);
    int32_t sum = *(const int32_t *)io->inputs[0]->data + (variable->data ? *(const int32_t *)variable->data : 0);
    const mote_tensor value = {.name = "", .dtype = MOTE_INT32, .data = &sum, .n_bytes = 4};
    const mote_status status = mote_run_assign_variable(run, id, &value, err);
    if (status == MOTE_OK)
        *(int32_t *)io->outputs[0]->data = sum;
    return status;
}

typedef struct row {
    mote_op_def def;
    mote_op_run run;
} row;

static const row ROWS[] = {
    [0] = {{.name = "MIX", .max_inputs = -1, .min_outputs = 1, .max_outputs = 1, .infer = infer_stated},
           {prepare_mix, eval_mix}},
    [1] = {{.name = "ELEMENT",
            .min_inputs = 2,
            .max_inputs = 2,
            .min_outputs = 1,
            .max_outputs = 1,
            .flags = MOTE_OP_ELEMENTWISE,
            .infer = infer_same},
           {NULL, eval_element}},
    [2] = {{.name = "VIEW",
            .min_inputs = 1,
            .max_inputs = 1,
            .min_outputs = 1,
            .max_outputs = 1,
            .flags = MOTE_OP_VIEW,
            .infer = infer_flat},
           {NULL, eval_copy}},
    [3] = {{.name = "ODD",
            .min_inputs = 1,
            .max_inputs = 1,
            .min_outputs = 1,
            .max_outputs = 1,
            .flags = MOTE_OP_SIZES,
            .infer = infer_unknown},
           {NULL, eval_odd}},
    [4] = {{.name = "SHAPE",
            .min_inputs = 1,
            .max_inputs = 1,
            .min_outputs = 1,
            .max_outputs = 1,
            .flags = MOTE_OP_SHAPE_ONLY,
            .infer = infer_shape_of},
           {NULL, eval_shape}},
    [5] = {{.name = "CALL",
            .params_bytes = sizeof(call_params),
            .min_inputs = 1,
            .max_inputs = 8,
            .max_outputs = 8,
            .flags = MOTE_OP_CONTROL,
            .infer = infer_stated},
           {NULL, eval_call}},
    [6] = {{.name = "COUNT",
            .min_inputs = 2,
            .max_inputs = 2,
            .min_outputs = 1,
            .max_outputs = 1,
            .flags = MOTE_OP_STATEFUL,
            .infer = infer_same},
           {NULL, eval_count}},
    [7] = {{.name = "RESHAPE",
            .min_inputs = 2,
            .max_inputs = 2,
            .min_outputs = 1,
            .max_outputs = 1,
            .flags = MOTE_OP_VIEW,
            .infer = infer_reshape},
           {NULL, eval_copy}},
    [8] =
        {{.name = "REFUSED", .min_inputs = 1, .max_inputs = 1, .min_outputs = 1, .max_outputs = 1, .infer = infer_same},
         {prepare_refused, eval_copy}},
    [9] = {{.name = "STORE",
            .min_inputs = 1,
            .max_inputs = 1,
            .min_outputs = 1,
            .max_outputs = 1,
            .flags = MOTE_OP_STATEFUL,
            .infer = infer_stated,
            .max_version = 2},
           {NULL, eval_store}},
};

static const row *find(int32_t op)
{
    return op >= OP_MIX && op <= OP_STORE ? &ROWS[op - OP_MIX] : NULL;
}

const mote_op_def *mote_op_find(int32_t op)
{
    return find(op) ? &find(op)->def : NULL;
}

const mote_op_run *mote_op_find_run(int32_t op)
{
    return find(op) ? &find(op)->run : NULL;
}

int32_t mote_op_count(void)
{
    return OP_STORE - OP_MIX + 1;
}

mote_op mote_op_at(int32_t index)
{
    return (mote_op)(OP_MIX + index);
}

const char *mote_op_name(int32_t op)
{
    return find(op) ? find(op)->def.name : NULL;
}
