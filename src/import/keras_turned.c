#include "import/keras_turned.h"

#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_function.h"

enum { MAX_TURNED = 1024 }; /* every call looks through them */

const keras_turned *keras_turned_of(const keras_builder *builder, int32_t tensor)
{
    for (int32_t i = 0; i < builder->n_turned; i++)
        if (builder->turned[i].tensor == tensor)
            return &builder->turned[i];
    return NULL;
}

static mote_status note(keras_call *call, const keras_turned *turned, mote_error *err)
{
    keras_builder *builder = call->builder;
    if (builder->n_turned == MAX_TURNED)
        return keras_refuse(call, err, "more than %d transposes move the batch", MAX_TURNED);
    if (!builder->turned)
        builder->turned = mote_arena_calloc(builder->scratch, MAX_TURNED, sizeof *builder->turned);
    if (!builder->turned)
        return mote_error_no_memory(err);
    builder->turned[builder->n_turned++] = *turned;
    return MOTE_OK;
}

mote_status keras_turn(keras_call *call, int32_t x, const int32_t *order, mote_error *err)
{
    const int32_t rank = keras_shape(call, x)->rank;
    keras_turned turned = {.from = x};
    memcpy(turned.order, order, (size_t)rank * sizeof *order);
    turned.tensor = keras_transposed(call, x, order, "transpose", err);
    const mote_status status = turned.tensor < 0 ? keras_failure(err) : note(call, &turned, err);
    return status == MOTE_OK ? keras_result(call, turned.tensor, err) : status;
}

int32_t keras_turned_element(keras_call *call, const keras_turned *turned, int32_t k, mote_error *err)
{
    const mote_shape in = *keras_shape(call, turned->from);
    const int32_t axis = turned->order[0];
    int32_t begin[MOTE_MAX_RANK] = {0}, end[MOTE_MAX_RANK], step[MOTE_MAX_RANK], order[MOTE_MAX_RANK];
    for (int32_t d = 0; d < in.rank; d++) {
        end[d] = d == axis ? k + 1 : in.dims[d];
        step[d] = 1;
        if (d > 0)
            order[d - 1] = turned->order[d] - (turned->order[d] > axis);
    }
    begin[axis] = k;
    const int32_t part = keras_strided(call, turned->from, begin, end, step, 1 << axis, "strided_slice", err);
    return keras_transposed(call, part, order, "transpose", err);
}

/* x[…] and unstack see to it. */
static bool takes_apart(const keras_layer *layer)
{
    const keras_function *function = keras_find_function(layer->class_name);
    if (!function || !keras_is_function_node(layer->config))
        function = keras_find_function(keras_text(layer->config, "function", ""));
    return function && (function->build == keras_fn_get_item || function->build == keras_fn_unstack);
}

mote_status keras_refuse_turned(const keras_call *call, mote_error *err)
{
    for (int32_t i = 0; i < call->n_inputs; i++)
        if (keras_turned_of(call->builder, call->inputs[i]) && !takes_apart(call->layer))
            return keras_refuse(call, err,
                                "its input has the batch in second place; take it apart by x[0], x[1] … first");
    return MOTE_OK;
}
