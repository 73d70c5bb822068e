/* REAL, IMAG and COMPLEX_ABS: complex numbers to one real number each. */
#include "op/op_quant.h"

static mote_status complex_prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    return MOTE_OK; /* infer has checked the type */
}

/* The parts of element i are values 2 i and 2 i + 1. */
static double part_of(int32_t op, double real, double imaginary)
{
    return op == MOTE_OP_REAL ? real : op == MOTE_OP_IMAG ? imaginary : hypot(real, imaginary);
}

static void complex_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const mote_op_io *io = arg;
    const int32_t op = (int32_t)io->node->op;
    if (io->inputs[0]->dtype == MOTE_COMPLEX64) {
        const float *in = io->inputs[0]->data;
        for (int64_t i = begin; i < end; ++i)
            ((float *)io->outputs[0]->data)[i] = (float)part_of(op, (double)in[2 * i], (double)in[2 * i + 1]);
    } else {
        const double *in = io->inputs[0]->data;
        for (int64_t i = begin; i < end; ++i)
            ((double *)io->outputs[0]->data)[i] = part_of(op, in[2 * i], in[2 * i + 1]);
    }
}

static mote_status complex_eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    mote_op_io copy = *io;
    mote_run_parallel(run, mote_shape_count(&io->outputs[0]->shape), MOTE_ELEMENTS_GRAIN, complex_range, &copy);
    return MOTE_OK;
}

const mote_op_run mote_op_run_real = {.prepare = complex_prepare, .eval = complex_eval};
const mote_op_run mote_op_run_imag = {.prepare = complex_prepare, .eval = complex_eval};
const mote_op_run mote_op_run_complex_abs = {.prepare = complex_prepare, .eval = complex_eval};
