/* Do two forms of a model give the same answers? */
#include <mote/convert.h>
#include <mote/runtime.h>

#include "op/op.h"

typedef struct contender {
    mote_model *lowered;
    mote_runtime *runtime;
    float *scores;
    int64_t n;
} contender;

static bool in_training_form(const mote_model *model)
{
    for (int32_t i = 0; i < model->graphs[0]->n_nodes; i++) {
        const mote_op_def *def = mote_op_find(model->graphs[0]->nodes[i]->op);
        if (def && def->flags & MOTE_OP_TRAINING)
            return true;
    }
    return false;
}

static mote_status enter(contender *c, const mote_model *model, int32_t n_threads, mote_error *err)
{
    mote_status status = MOTE_OK;
    if (in_training_form(model)) {
        status = mote_lower(model, NULL, &c->lowered, err);
        model = c->lowered;
    }
    mote_runtime_options options = mote_runtime_options_default();
    options.n_threads = n_threads;
    if (status == MOTE_OK)
        status = mote_runtime_new(&c->runtime, model, &options, err);
    if (status == MOTE_OK)
        status = mote_runtime_allocate(c->runtime, err);
    if (status != MOTE_OK)
        return status;
    c->n = mote_shape_count(&mote_runtime_output(c->runtime, 0)->shape);
    c->scores = mote_calloc(NULL, (size_t)(c->n > 0 ? c->n : 1), sizeof *c->scores);
    return c->scores ? MOTE_OK : mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
}

static void leave(contender *c)
{
    mote_runtime_free(c->runtime);
    mote_model_free(c->lowered);
    mote_free(NULL, c->scores);
}

static mote_status answer(contender *c, const float **inputs, int64_t *best, mote_error *err)
{
    for (int32_t i = 0; i < mote_runtime_n_inputs(c->runtime); i++) {
        mote_tensor *input = mote_runtime_input(c->runtime, i);
        const mote_status status = mote_tensor_from_float(input, inputs[i], mote_shape_count(&input->shape));
        if (status != MOTE_OK)
            return mote_error_set(err, status, "input %d cannot be fed with floats", i);
    }
    const mote_status status = mote_runtime_invoke(c->runtime, err);
    if (status != MOTE_OK)
        return status;
    mote_tensor_to_float(mote_runtime_output(c->runtime, 0), c->scores, c->n);
    *best = c->n == 1 ? c->scores[0] > 0.5f : 0;
    for (int64_t i = 1; i < c->n; i++)
        if (c->scores[i] > c->scores[*best])
            *best = i;
    return MOTE_OK;
}

enum { MAX_INPUTS = 64, MAX_CLASSES = 100000 };

static mote_status compare(contender *a, contender *b, const mote_calibration_source *source, mote_agreement *agreement,
                           mote_error *err)
{
    const float *inputs[MAX_INPUTS];
    const int32_t n_inputs = mote_runtime_n_inputs(a->runtime);
    if (n_inputs > MAX_INPUTS || n_inputs != mote_runtime_n_inputs(b->runtime))
        return MOTE_OK;
    agreement->comparable = mote_runtime_n_outputs(a->runtime) == 1 && mote_runtime_n_outputs(b->runtime) == 1 &&
                            mote_runtime_output(a->runtime, 0)->shape.rank == 2 && a->n == b->n && a->n <= MAX_CLASSES;
    while (agreement->comparable) {
        bool more = false;
        int64_t ours = 0, theirs = 0;
        mote_status status = source->next(source->arg, n_inputs, inputs, &more, err);
        if (status == MOTE_OK && more)
            status = answer(a, inputs, &ours, err);
        if (status == MOTE_OK && more)
            status = answer(b, inputs, &theirs, err);
        if (status != MOTE_OK || !more)
            return status;
        agreement->n++;
        agreement->n_differ += ours != theirs;
    }
    return MOTE_OK;
}

mote_status mote_convert_check(const mote_model *model, const mote_model *converted,
                               const mote_calibration_source *source, int32_t n_threads, mote_agreement *agreement,
                               mote_error *err)
{
    contender a = {0}, b = {0};
    *agreement = (mote_agreement){0};
    mote_status status = enter(&a, model, n_threads, err);
    if (status == MOTE_OK)
        status = enter(&b, converted, n_threads, err);
    if (status == MOTE_OK)
        status = compare(&a, &b, source, agreement, err);
    leave(&a);
    leave(&b);
    return status;
}
