/* Do two forms of a model give the same answers? */
#include <mote/convert.h>
#include <mote/runtime.h>

#include "op/op.h"
#include "runtime/crew.h"

typedef struct contender {
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

static mote_status enter(contender *c, const mote_model *model, mote_error *err)
{
    mote_runtime_options options = mote_runtime_options_default();
    options.n_threads = 1;
    mote_status status = mote_runtime_new(&c->runtime, model, &options, err);
    if (status == MOTE_OK)
        status = mote_runtime_allocate(c->runtime, err);
    if (status != MOTE_OK)
        return status;
    c->n = mote_shape_count(&mote_runtime_output(c->runtime, 0)->shape);
    c->scores = mote_calloc(NULL, (size_t)(c->n > 0 ? c->n : 1), sizeof *c->scores);
    return c->scores ? MOTE_OK : mote_error_no_memory(err);
}

static void leave(contender *c)
{
    mote_runtime_free(c->runtime);
    mote_free(NULL, c->scores);
}

static mote_status feed(contender *c, const float **inputs, mote_error *err)
{
    for (int32_t i = 0; i < mote_runtime_n_inputs(c->runtime); i++) {
        mote_tensor *input = mote_runtime_input(c->runtime, i);
        const mote_status status = mote_tensor_from_float(input, inputs[i], mote_shape_count(&input->shape));
        if (status != MOTE_OK)
            return mote_error_set(err, status, "input %d cannot be fed with floats", i);
    }
    return MOTE_OK;
}

static mote_status answer(contender *c, mote_error *err)
{
    const mote_status status = mote_runtime_invoke(c->runtime, err);
    if (status != MOTE_OK)
        return status;
    return mote_tensor_to_float(mote_runtime_output(c->runtime, 0), c->scores, c->n);
}

/* The largest of n scores; for a single one, whether it is above a half. */
static int64_t choose(const float *scores, int64_t n)
{
    if (n == 1)
        return scores[0] > 0.5f;
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        if (scores[i] > scores[best])
            best = i;
    return best;
}

enum { MAX_CLASSES = 100000 };

typedef struct duel {
    contender a, b;
    int64_t n, n_differ; /* answers: as many an example as the model's batch */
} duel;

static mote_status take(void *arg, int32_t worker, int64_t example, const float **inputs, mote_error *err)
{
    (void)example;
    duel *d = (duel *)arg + worker;
    const mote_status status = feed(&d->a, inputs, err);
    return status == MOTE_OK ? feed(&d->b, inputs, err) : status;
}

static mote_status work(void *arg, int32_t worker, mote_error *err)
{
    duel *d = (duel *)arg + worker;
    mote_status status = answer(&d->a, err);
    if (status == MOTE_OK)
        status = answer(&d->b, err);
    const int32_t rows = mote_runtime_output(d->a.runtime, 0)->shape.dims[0];
    const int64_t classes = rows > 0 ? d->a.n / rows : 0;
    for (int32_t i = 0; status == MOTE_OK && i < rows && classes > 0; i++, d->n++)
        d->n_differ += choose(d->a.scores + i * classes, classes) != choose(d->b.scores + i * classes, classes);
    return status;
}

static bool comparable(const contender *a, const contender *b)
{
    return mote_runtime_n_inputs(a->runtime) == mote_runtime_n_inputs(b->runtime) &&
           mote_runtime_n_outputs(a->runtime) == 1 && mote_runtime_n_outputs(b->runtime) == 1 &&
           mote_runtime_output(a->runtime, 0)->shape.rank == 2 && a->n == b->n && a->n <= MAX_CLASSES;
}

static size_t bytes_of(const contender *c)
{
    return mote_runtime_arena_bytes(c->runtime) + mote_runtime_weights_bytes(c->runtime);
}

static mote_status run_duels(duel *duels, int32_t n_threads, const mote_model *model, const mote_model *converted,
                             const mote_calibration_source *source, mote_agreement *agreement, mote_error *err)
{
    mote_status status = enter(&duels[0].a, model, err);
    if (status == MOTE_OK)
        status = enter(&duels[0].b, converted, err);
    if (status != MOTE_OK)
        return status;
    agreement->comparable = comparable(&duels[0].a, &duels[0].b);
    if (!agreement->comparable)
        return MOTE_OK;
    const int32_t n = mote_crew_size(n_threads, bytes_of(&duels[0].a) + bytes_of(&duels[0].b));
    for (int32_t i = 1; status == MOTE_OK && i < n; i++) {
        status = enter(&duels[i].a, model, err);
        if (status == MOTE_OK)
            status = enter(&duels[i].b, converted, err);
    }
    const mote_crew crew = {source, mote_runtime_n_inputs(duels[0].a.runtime), n, take, work, duels};
    int64_t n_examples;
    if (status == MOTE_OK)
        status = mote_crew_run(&crew, NULL, &n_examples, err);
    for (int32_t i = 0; i < n; i++) {
        agreement->n += duels[i].n;
        agreement->n_differ += duels[i].n_differ;
    }
    return status;
}

mote_status mote_convert_check(const mote_model *model, const mote_model *converted,
                               const mote_calibration_source *source, int32_t n_threads, mote_agreement *agreement,
                               mote_error *err)
{
    const int32_t most = n_threads > 0 ? n_threads : mote_cpu_count();
    *agreement = (mote_agreement){0};
    duel *duels = mote_calloc(NULL, (size_t)most, sizeof *duels);
    if (!duels)
        return mote_error_no_memory(err);
    mote_model *lowered = NULL;
    mote_status status = in_training_form(model) ? mote_lower(model, NULL, &lowered, err) : MOTE_OK;
    if (status == MOTE_OK)
        status = run_duels(duels, most, lowered ? lowered : model, converted, source, agreement, err);
    for (int32_t i = 0; i < most; i++) {
        leave(&duels[i].a);
        leave(&duels[i].b);
    }
    mote_free(NULL, duels);
    mote_model_free(lowered);
    return status;
}
