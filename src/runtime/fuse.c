/*
 * Fusing exactly: where an element-wise node reads a tensor of 8-bit codes and an element-wise function of that same
 * tensor (LOGISTIC then MUL: swish; QUANTIZE after QUANTIZE), both together are one table of 256 codes. The table is
 * what the operators themselves give for every code, so nothing changes in a result. On floats LOGISTIC and MUL go over
 * memory once, in pieces that stay in the cache.
 */
#include <string.h>

#include "kernels/kernels.h"
#include "op/binary/binary.h"
#include "op/op_quant.h"
#include "runtime/interpreter.h"

enum { N_CODES = 256, MAX_INPUTS = 3, GRAIN = 16384, PIECE = 1024 };

static bool is_codes(const mote_tensor *tensor)
{
    return tensor->dtype == MOTE_INT8 || tensor->dtype == MOTE_UINT8;
}

static bool is_element_wise(const rt_node *node)
{
    return node->mode == RT_RUN && !rt_is_fused(node) && (node->def->flags & MOTE_OP_ELEMENTWISE) &&
           !(node->def->flags & MOTE_OP_STATEFUL) && node->io.n_outputs == 1 && node->io.n_inputs <= MAX_INPUTS;
}

/* A node whose only input is one tensor of codes of the output's size; -1: not such a node. */
static int32_t only_input(const rt_plan *plan, const rt_node *node)
{
    if (!is_element_wise(node) || node->io.n_inputs != 1 || !node->io.inputs[0])
        return -1;
    return is_codes(node->io.inputs[0]) && is_codes(node->io.outputs[0]) ? rt_tensor_index(plan, node->io.inputs[0])
                                                                         : -1;
}

/* The producer of t when t is an element-wise function of one other tensor, and nobody but one node reads t. */
static rt_node *private_producer(rt_plan *plan, int32_t t)
{
    const int32_t producer = plan->producers[t];
    if (producer < 0 || plan->uses[t] != 1 || plan->slots[t].place != RT_ARENA)
        return NULL;
    return only_input(plan, &plan->nodes[producer]) >= 0 ? &plan->nodes[producer] : NULL;
}

/* The node of the pair's first half, with *x the tensor that both read; NULL: no pair ends in this node. */
static rt_node *find_first(rt_plan *plan, const rt_node *last, int32_t *x)
{
    rt_node *first = NULL;
    if (!is_element_wise(last) || !is_codes(last->io.outputs[0]))
        return NULL;
    for (int32_t i = 0; i < last->io.n_inputs; i++) {
        if (!last->io.inputs[i] || !is_codes(last->io.inputs[i]) ||
            !mote_shape_equal(&last->io.inputs[i]->shape, &last->io.outputs[0]->shape))
            return NULL;
        rt_node *producer = private_producer(plan, rt_tensor_index(plan, last->io.inputs[i]));
        if (producer && !first)
            first = producer;
    }
    if (!first)
        return NULL;
    *x = only_input(plan, first);
    for (int32_t i = 0; i < last->io.n_inputs; i++)
        if (last->io.inputs[i] != first->io.outputs[0] && rt_tensor_index(plan, last->io.inputs[i]) != *x)
            return NULL;
    return plan->slots[*x].place == RT_ARENA ? first : NULL;
}

/* Prepares and evaluates a copy of the node on tensors of 256 elements. */
static mote_status eval_codes(rt_plan *plan, const rt_node *node, mote_tensor *const *inputs, mote_tensor *output,
                              mote_error *err)
{
    const mote_allocator *allocator = plan->runtime->allocator;
    rt_node copy = *node;
    mote_arena *memory = mote_arena_new(allocator, 0);
    if (!memory)
        return mote_error_no_memory(err);
    copy.state = NULL;
    copy.scratch_bytes = 0;
    copy.io.inputs = inputs;
    copy.io.outputs = &output;
    mote_run run = {.plan = plan, .node = &copy, .memory = memory};
    mote_status status = copy.run->prepare ? copy.run->prepare(&run, &copy.io, &copy.state, err) : MOTE_OK;
    if (status == MOTE_OK) {
        run.memory = NULL;
        run.scratch = mote_alloc(allocator, copy.scratch_bytes);
        status = run.scratch ? copy.run->eval(&run, &copy.io, copy.state, err) : mote_error_no_memory(err);
        mote_free(allocator, run.scratch);
    }
    mote_arena_free(memory);
    return status;
}

static mote_tensor codes_of(const mote_tensor *tensor, unsigned char *codes)
{
    mote_tensor copy = *tensor;
    copy.shape = (mote_shape){1, {N_CODES}};
    copy.n_bytes = N_CODES;
    copy.data = codes;
    return copy;
}

/* table[the bits of x's code] = the bits of the result. */
static mote_status fill_table(rt_plan *plan, const rt_node *first, const rt_node *last, int32_t x, unsigned char *table,
                              mote_error *err)
{
    unsigned char codes[N_CODES], between[N_CODES];
    for (int i = 0; i < N_CODES; i++)
        codes[i] = (unsigned char)i;
    mote_tensor in = codes_of(&plan->tensors[x], codes), middle = codes_of(first->io.outputs[0], between);
    mote_tensor out = codes_of(last->io.outputs[0], table);
    mote_tensor *first_inputs[1] = {&in}, *last_inputs[MAX_INPUTS];
    for (int32_t i = 0; i < last->io.n_inputs; i++)
        last_inputs[i] = last->io.inputs[i] == first->io.outputs[0] ? &middle : &in;
    const mote_status status = eval_codes(plan, first, first_inputs, &middle, err);
    return status == MOTE_OK ? eval_codes(plan, last, last_inputs, &out, err) : status;
}

static void join(rt_plan *plan, rt_node *first, rt_node *last, int32_t x)
{
    last->fused_input = x;
    last->scratch_bytes = 0;
    first->mode = RT_FUSED;
    plan->slots[rt_tensor_index(plan, first->io.outputs[0])].place = RT_NOWHERE;
}

/* x * logistic(x) on floats, in either order. */
static void fuse_swish(rt_plan *plan, rt_node *mul)
{
    if (mul->io.node->op != MOTE_OP_MUL || mul->mode != RT_RUN || mul->io.outputs[0]->dtype != MOTE_FLOAT32 ||
        ((const mote_mul_params *)mul->io.node->params)->fused_activation_function != MOTE_ACT_NONE)
        return;
    for (int32_t i = 0; i < 2; i++) {
        const mote_tensor *x = mul->io.inputs[i], *gate = mul->io.inputs[1 - i];
        const int32_t t = rt_tensor_index(plan, gate), producer = plan->producers[t];
        if (producer < 0 || plan->uses[t] != 1 || plan->slots[t].place != RT_ARENA ||
            plan->slots[rt_tensor_index(plan, x)].place != RT_ARENA)
            continue;
        rt_node *logistic = &plan->nodes[producer];
        if (logistic->io.node->op != MOTE_OP_LOGISTIC || logistic->mode != RT_RUN || logistic->io.inputs[0] != x)
            continue;
        mul->swish = true;
        join(plan, logistic, mul, rt_tensor_index(plan, x));
        return;
    }
}

mote_status rt_fuse(rt_plan *plan, rt_node *last, mote_error *err)
{
    int32_t x;
    if (plan->runtime->options.keep_all || plan->runtime->observe || !plan->runtime->kernels)
        return MOTE_OK;
    fuse_swish(plan, last);
    rt_node *first = find_first(plan, last, &x);
    if (!first)
        return MOTE_OK;
    unsigned char *table = mote_arena_alloc(plan->memory, N_CODES);
    if (!table)
        return mote_error_no_memory(err);
    const mote_status status = fill_table(plan, first, last, x, table, err);
    if (status != MOTE_OK)
        return status;
    last->table = table;
    join(plan, first, last, x);
    return MOTE_OK;
}

typedef struct table_call {
    const unsigned char *table, *in;
    unsigned char *out;
    mote_u8_lut_fn *run;
} table_call;

static void look_up(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const table_call *call = arg;
    call->run(call->table, call->in + begin, call->out + begin, end - begin);
}

typedef struct swish_call {
    const float *in;
    float *out, low, high;
    mote_f32_logistic_fn *logistic;
} swish_call;

static void swish(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const swish_call *call = arg;
    float gate[PIECE];
    for (int64_t at = begin; at < end; at += PIECE) {
        const int64_t n = end - at < PIECE ? end - at : PIECE;
        call->logistic(call->in + at, gate, n);
        for (int64_t i = 0; i < n; i++) {
            float value = call->in[at + i] * gate[i];
            value = value < call->low ? call->low : value;
            call->out[at + i] = value > call->high ? call->high : value;
        }
    }
}

void rt_eval_fused(rt_plan *plan, const rt_node *node)
{
    const mote_tensor *in = &plan->tensors[node->fused_input];
    mote_tensor *out = node->io.outputs[0];
    if (node->swish) {
        swish_call call = {.in = in->data, .out = out->data, .logistic = plan->runtime->kernels->f32_logistic.run};
        mote_activation_range_f32(MOTE_ACT_NONE, &call.low, &call.high);
        mote_pool_for(plan->runtime->pool, mote_shape_count(&out->shape), GRAIN / 4, swish, &call);
        return;
    }
    table_call call = {node->table, in->data, out->data, plan->runtime->kernels->u8_lut.run};
    mote_pool_for(plan->runtime->pool, (int64_t)out->n_bytes, GRAIN, look_up, &call);
}
