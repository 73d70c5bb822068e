/*
 * The entry point of a model: inputs have their layers' names. Outputs have the names of the layers that the model
 * calls (a model inside has its own, whatever layer in it comes last), and "_1", "_2", … behind the second of one name
 * on, as Keras 2 counts them; in Keras 3 an output in a dict has its key.
 */
#include "import/keras_record.h"

#include <string.h>

static bool is_taken(const mote_signature_arg *args, int32_t n, const char *name)
{
    for (int32_t i = 0; i < n; i++)
        if (strcmp(args[i].name, name) == 0)
            return true;
    return false;
}

/* NULL: out of memory. */
static const char *output_name(const keras_builder *b, const keras_arg *output, const mote_signature_arg *args,
                               int32_t n)
{
    const char *wanted = b->keras_major >= 3 && output->entry ? output->entry : output->from->name;
    const char *name = mote_arena_printf(b->arena, "%s", wanted);
    for (int32_t k = 1; name && is_taken(args, n, name); k++)
        name = mote_arena_printf(b->arena, "%s_%d", wanted, k);
    return name;
}

mote_status keras_record_ends(const keras_builder *b, const keras_scope *top, mote_error *err)
{
    const size_t n = (size_t)top->n_inputs + (size_t)top->n_outputs;
    mote_signature *signature = mote_arena_calloc(b->arena, 1, sizeof *signature);
    mote_signature_arg *args = mote_arena_calloc(b->arena, n, sizeof *args);
    if (!signature || !args)
        return mote_error_no_memory(err);
    *signature = (mote_signature){.key = "serving_default",
                                  .n_inputs = top->n_inputs,
                                  .n_outputs = top->n_outputs,
                                  .inputs = args,
                                  .outputs = args + top->n_inputs};
    for (int32_t i = 0; i < top->n_inputs; i++) {
        const int32_t tensor = top->inputs[i].tensor;
        signature->inputs[i] = (mote_signature_arg){b->graph->tensors[tensor]->name, tensor};
    }
    for (int32_t i = 0; i < top->n_outputs; i++) {
        const char *name = output_name(b, &top->outputs[i], signature->outputs, i);
        if (!name)
            return mote_error_no_memory(err);
        signature->outputs[i] = (mote_signature_arg){name, top->outputs[i].tensor};
    }
    b->model->signatures = signature;
    b->model->n_signatures = 1;
    return MOTE_OK;
}
