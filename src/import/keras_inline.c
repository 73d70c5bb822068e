/* Operators that a model's code wrote inline: TFOpLambda of Keras 2. */
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_scale.h"

/* TFOpLambda: an operator that Keras wrapped because the model's code wrote it inline. */
typedef struct tf_op_row {
    const char *function;
    mote_op op;
} tf_op_row;

static const tf_op_row TF_OPS[] = {
    {"math.multiply", MOTE_OP_MUL},     {"math.add", MOTE_OP_ADD},     {"math.subtract", MOTE_OP_SUB},
    {"__operators__.add", MOTE_OP_ADD}, {"math.truediv", MOTE_OP_DIV}, {"math.maximum", MOTE_OP_MAXIMUM},
    {"math.minimum", MOTE_OP_MINIMUM},
};

mote_status keras_tf_op(keras_call *call, mote_error *err)
{
    const char *function = keras_text(call->config, "function", "");
    for (size_t i = 0; i < sizeof TF_OPS / sizeof TF_OPS[0]; i++) {
        if (strcmp(TF_OPS[i].function, function) != 0)
            continue;
        int32_t inputs[] = {call->inputs[0], call->n_inputs > 1 ? call->inputs[1] : -1};
        if (inputs[1] < 0)
            inputs[1] = keras_number_or_list(call, "y", json_object_get(call->kwargs, "y"));
        if (inputs[1] < 0)
            return keras_refuse(call, err, "its second operand is neither a tensor nor numbers");
        /* Constants broadcast with as many dimensions as the other side has. */
        mote_tensor *y = call->builder->graph->tensors[inputs[1]];
        const int32_t rank = keras_shape(call, inputs[0])->rank;
        if (y->storage == MOTE_STORAGE_CONST && y->shape.rank == 1 && rank > 1) {
            const int32_t n = y->shape.dims[0];
            y->shape = (mote_shape){.rank = rank};
            for (int32_t d = 0; d < rank; d++)
                y->shape.dims[d] = d + 1 == rank ? n : 1;
        }
        return keras_apply(call, TF_OPS[i].op, 2, inputs, "Mul", err);
    }
    return keras_refuse(call, err, "TensorFlow function '%s' is not supported; write it with Keras layers", function);
}
