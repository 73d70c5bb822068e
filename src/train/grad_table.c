/* The gradient facets of op_list.inc, found by number. They live with their operators and are built with this room, so
 * that libmote-rt is without them. */
#include "op/op.h"

#include <string.h>

#define DECLARE_GRAD(symbol) extern const mote_op_grad mote_op_grad_##symbol;
#define DECLARE_NONE(symbol)
#define MOTE_OP(symbol, CODE, number, run, grad) DECLARE_##grad(symbol)
#include <mote/op_list.inc>
#undef MOTE_OP

#define ADDRESS_GRAD(symbol) &mote_op_grad_##symbol
#define ADDRESS_NONE(symbol) NULL

const mote_op_grad *mote_op_find_grad(int32_t op)
{
    static const struct {
        int32_t op;
        const mote_op_grad *grad;
    } rows[] = {
#define MOTE_OP(symbol, CODE, number, run, grad) {number, ADDRESS_##grad(symbol)},
#include <mote/op_list.inc>
#undef MOTE_OP
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].op == op)
            return rows[i].grad;
    return NULL;
}

static void copy_rows(const mote_tensor *shaped, const float *from, int64_t begin, int64_t end, float *to)
{
    const int64_t width = shaped->shape.dims[shaped->shape.rank - 1];
    memcpy(to, from + begin * width, (size_t)((end - begin) * width) * sizeof *to);
}

void mote_grad_read_rows(const mote_grad *grad, int64_t begin, int64_t end, float *to)
{
    if (grad->maker)
        grad->maker->facet->give_rows(grad->maker, begin, end, to);
    else
        copy_rows(grad->io->inputs[0], grad->io->inputs[0]->data, begin, end, to);
}

void mote_grad_read_d_rows(const mote_grad *grad, int64_t begin, int64_t end, float *to)
{
    if (grad->d_maker)
        grad->d_maker->facet->give_d_rows(grad->d_maker, begin, end, to);
    else
        copy_rows(grad->io->outputs[0], grad->d_outputs[0], begin, end, to);
}
