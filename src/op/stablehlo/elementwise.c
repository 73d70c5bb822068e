/* STABLEHLO_ADD, _MULTIPLY, _MAXIMUM, _MINIMUM, _AND and _SHIFT_LEFT: of two tensors of one shape. */
#include "op/op_infer.h"
#include "op/op_quant.h"
#include "op/stablehlo/combine.h"

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need_same_dtype(io, 2, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = io->inputs[0]->dtype;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    io->outputs[0]->shape = io->inputs[0]->shape;
    return mote_shape_equal(&io->inputs[0]->shape, &io->inputs[1]->shape)
               ? MOTE_OK
               : mote_error_set(err, MOTE_SHAPE, "the inputs have different shapes");
}

#define ELEMENTWISE(symbol, NAME, options)                                                                             \
    const mote_op_def mote_op_def_##symbol = {                                                                         \
        .name = NAME,                                                                                                  \
        .options2_type = options,                                                                                      \
        .min_inputs = 2,                                                                                               \
        .max_inputs = 2,                                                                                               \
        .min_outputs = 1,                                                                                              \
        .max_outputs = 1,                                                                                              \
        .flags = MOTE_OP_ELEMENTWISE,                                                                                  \
        .infer = infer,                                                                                                \
        .max_version = 1,                                                                                              \
    };

ELEMENTWISE(stablehlo_add, "STABLEHLO_ADD", 0)
ELEMENTWISE(stablehlo_multiply, "STABLEHLO_MULTIPLY", 0)
ELEMENTWISE(stablehlo_maximum, "STABLEHLO_MAXIMUM", 0)
ELEMENTWISE(stablehlo_minimum, "STABLEHLO_MINIMUM", 0)
ELEMENTWISE(stablehlo_and, "STABLEHLO_AND", 0)
ELEMENTWISE(stablehlo_shift_left, "STABLEHLO_SHIFT_LEFT", 22)

static mote_combine_kind kind_of(mote_op op)
{
    switch (op) {
    case MOTE_OP_STABLEHLO_ADD:
        return MOTE_COMBINE_ADD;
    case MOTE_OP_STABLEHLO_MULTIPLY:
        return MOTE_COMBINE_MULTIPLY;
    case MOTE_OP_STABLEHLO_MAXIMUM:
        return MOTE_COMBINE_MAXIMUM;
    case MOTE_OP_STABLEHLO_MINIMUM:
        return MOTE_COMBINE_MINIMUM;
    case MOTE_OP_STABLEHLO_AND:
        return MOTE_COMBINE_AND;
    default:
        return MOTE_COMBINE_SHIFT_LEFT;
    }
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_dtype dtype = io->inputs[0]->dtype;
    return mote_combine_find(kind_of(io->node->op), dtype)
               ? MOTE_OK
               : mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s", mote_dtype_name(dtype));
}

typedef struct work {
    const mote_op_io *io;
    mote_combine_fn *fn;
} work;

static void combine_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const work *w = arg;
    const int64_t first = begin * (int64_t)mote_dtype_bytes(w->io->inputs[0]->dtype);
    w->fn((const char *)w->io->inputs[0]->data + first, (const char *)w->io->inputs[1]->data + first,
          (char *)w->io->outputs[0]->data + first, end - begin);
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state, (void)err;
    work w = {io, mote_combine_find(kind_of(io->node->op), io->inputs[0]->dtype)};
    mote_run_parallel(run, mote_shape_count(&io->inputs[0]->shape), MOTE_ELEMENTS_GRAIN, combine_range, &w);
    return MOTE_OK;
}

const mote_op_run mote_op_run_stablehlo_add = {prepare, eval};
const mote_op_run mote_op_run_stablehlo_multiply = {prepare, eval};
const mote_op_run mote_op_run_stablehlo_maximum = {prepare, eval};
const mote_op_run mote_op_run_stablehlo_minimum = {prepare, eval};
const mote_op_run mote_op_run_stablehlo_and = {prepare, eval};
const mote_op_run mote_op_run_stablehlo_shift_left = {prepare, eval};
