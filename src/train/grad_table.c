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

void mote_grad_read_rows(const mote_grad *grad, int64_t begin, int64_t end, float *to)
{
    if (grad->maker) {
        grad->maker->facet->give_rows(grad->maker, begin, end, to);
        return;
    }
    const mote_tensor *in = grad->io->inputs[0];
    const int64_t width = in->shape.dims[in->shape.rank - 1];
    memcpy(to, (const float *)in->data + begin * width, (size_t)((end - begin) * width) * sizeof *to);
}
