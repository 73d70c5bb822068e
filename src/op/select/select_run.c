/* SELECT and SELECT_V2: element by element one of two tensors. Only the width of the elements matters. */
#include "op/broadcast.h"
#include "op/op_quant.h"

#define CHOOSE(name, T)                                                                                                \
    static void name(const void *arg, const void *const *in, const int32_t *step, void *out, int64_t n)                \
    {                                                                                                                  \
        const uint8_t *condition = in[0];                                                                              \
        const T *x = in[1], *y = in[2];                                                                                \
        T *result = out;                                                                                               \
        (void)arg;                                                                                                     \
        for (int64_t i = 0; i < n; ++i)                                                                                \
            result[i] = condition[i * step[0]] ? x[i * step[1]] : y[i * step[2]];                                      \
    }

CHOOSE(choose_8, uint8_t)
CHOOSE(choose_16, uint16_t)
CHOOSE(choose_32, uint32_t)
CHOOSE(choose_64, uint64_t)

typedef struct select_state {
    mote_broadcast plan;
    mote_broadcast_fn *fn;
    size_t element_bytes[3];
} select_state;

static mote_status select_prepare(mote_run *run, const mote_op_io *io, void **state_out, mote_error *err)
{
    const size_t bytes = mote_dtype_bytes(io->inputs[1]->dtype);
    mote_broadcast_fn *fn = bytes == 1   ? choose_8
                            : bytes == 2 ? choose_16
                            : bytes == 4 ? choose_32
                            : bytes == 8 ? choose_64
                                         : NULL;
    if (!fn)
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s", mote_dtype_name(io->inputs[1]->dtype));
    select_state *state = mote_run_persistent(run, sizeof *state);
    if (!state)
        return mote_error_no_memory(err);
    *state_out = state;
    state->fn = fn;
    state->element_bytes[0] = 1;
    state->element_bytes[1] = state->element_bytes[2] = bytes;
    mote_shape condition = io->inputs[0]->shape;
    if (io->node->op == MOTE_OP_SELECT && condition.rank == 1 && io->inputs[1]->shape.rank > 1) {
        /* picks slices along the first axis */
        condition.rank = io->inputs[1]->shape.rank;
        for (int32_t d = 1; d < condition.rank; ++d)
            condition.dims[d] = 1;
    }
    const mote_shape *shapes[] = {&condition, &io->inputs[1]->shape, &io->inputs[2]->shape};
    mote_broadcast_init(&state->plan, 3, shapes, &io->outputs[0]->shape);
    return MOTE_OK;
}

static mote_status select_eval(mote_run *run, const mote_op_io *io, void *state_in, mote_error *err)
{
    const select_state *state = state_in;
    const void *in[] = {io->inputs[0]->data, io->inputs[1]->data, io->inputs[2]->data};
    mote_broadcast_run(run, &state->plan, in, state->element_bytes, io->outputs[0]->data, state->element_bytes[1],
                       state->fn, NULL);
    return MOTE_OK;
}

const mote_op_run mote_op_run_select = {.prepare = select_prepare, .eval = select_eval};
const mote_op_run mote_op_run_select_v2 = {.prepare = select_prepare, .eval = select_eval};
