/*
 * Photos through a model, many at a time: each worker has a runtime of one thread and takes the next photo from the
 * loader, which decodes ahead on threads of its own. A photo's answer goes where its number in the slice says, so
 * nothing depends on who took it.
 */
#include <mote/clock.h>
#include <mote/evaluate.h>
#include <mote/runtime.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

typedef struct evaluating {
    const mote_model *model;
    const mote_dataset *dataset;
    const mote_evaluate_options *options;
    mote_evaluation *result;
    double *losses; /* by photo, to be summed in their order */
    mote_scores kind;
    mote_shape input; /* batch 1 */
    int32_t n_scores;
    mote_runtime *first; /* made to look at the model; the worker that comes first takes it */
    mote_loader *loader;
    pthread_mutex_t mutex; /* over the loader and all below */
    int64_t n_taken;
    bool done;
    mote_status status;
    mote_error err;
} evaluating;

mote_evaluate_options mote_evaluate_options_default(void)
{
    return (mote_evaluate_options){0};
}

/* --- does the model fit the data? --- */

static mote_status check_input(const mote_runtime *runtime, const mote_tensor *input, mote_error *err)
{
    char text[MOTE_SHAPE_TEXT_BYTES];
    if (mote_runtime_n_inputs(runtime) != 1)
        return mote_error_set(err, MOTE_ARGUMENT,
                              "the model has %d inputs; only models with one image input are evaluated on photos",
                              mote_runtime_n_inputs(runtime));
    const mote_shape *shape = &input->shape;
    if (shape->rank != 4 || (shape->dims[3] != 1 && shape->dims[3] != 3))
        return mote_error_set(err, MOTE_ARGUMENT,
                              "the model's input is %s, not an image (batch x height x width x 1 or 3)",
                              mote_shape_format(shape, text));
    if (input->has_signature && (input->signature.dims[1] < 0 || input->signature.dims[2] < 0))
        return mote_error_set(err, MOTE_ARGUMENT,
                              "the model leaves the size of its image open; convert it with --input-shape HxWxC first");
    return MOTE_OK;
}

/* Class names of data that says no more than numbers ("0", "1", ...) do not tell how many classes there are. */
static bool classes_are_numbers(const mote_dataset *dataset)
{
    for (int32_t i = 0; i < mote_dataset_n_classes(dataset); i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        if (strcmp(mote_dataset_class_name(dataset, i), number) != 0)
            return false;
    }
    return true;
}

static mote_status check_scores(evaluating *e, const mote_tensor *output, mote_error *err)
{
    const int64_t n = mote_shape_count(&output->shape);
    const int32_t rank = output->shape.rank, n_data = mote_dataset_n_classes(e->dataset);
    char text[MOTE_SHAPE_TEXT_BYTES];
    if (n < 1 || n > 1000000 || (rank > 0 && output->shape.dims[rank - 1] != n))
        return mote_error_set(err, MOTE_ARGUMENT, "the model's output is %s, not one score per class",
                              mote_shape_format(&output->shape, text));
    const int32_t n_classes = n == 1 ? 2 : (int32_t)n;
    if (n_data > n_classes || (n_data < n_classes && !classes_are_numbers(e->dataset))) {
        char names[128] = "";
        for (int32_t i = 0; i < n_data && strlen(names) < sizeof names / 2; i++)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%.32s", i ? ", " : "",
                     mote_dataset_class_name(e->dataset, i));
        return mote_error_set(err, MOTE_SHAPE,
                              "the model tells %d classes apart, the data has %d (%s%s); use the kind of data that it "
                              "was trained on",
                              n_classes, n_data, names, strlen(names) >= sizeof names / 2 ? ", ..." : "");
    }
    e->n_scores = (int32_t)n;
    e->result->n_classes = n_classes;
    return MOTE_OK;
}

static mote_status new_runtime(const evaluating *e, mote_runtime **runtime, mote_error *err)
{
    mote_runtime_options options = mote_runtime_options_default();
    options.n_threads = 1;
    options.allocator = e->options->allocator;
    mote_status status = mote_runtime_new(runtime, e->model, &options, err);
    if (status == MOTE_OK && e->input.rank > 0)
        status = mote_runtime_resize_input(*runtime, 0, &e->input, err);
    if (status == MOTE_OK && e->input.rank > 0)
        status = mote_runtime_allocate(*runtime, err);
    return status;
}

static mote_status look_at_model(evaluating *e, mote_error *err)
{
    mote_status status = new_runtime(e, &e->first, err);
    if (status != MOTE_OK)
        return status;
    const mote_tensor *input = mote_runtime_n_inputs(e->first) > 0 ? mote_runtime_input(e->first, 0) : NULL;
    status = check_input(e->first, input, err);
    if (status == MOTE_OK && mote_runtime_n_outputs(e->first) != 1)
        status = mote_error_set(err, MOTE_ARGUMENT,
                                "the model has %d outputs; only models with one output of scores are evaluated",
                                mote_runtime_n_outputs(e->first));
    if (status != MOTE_OK)
        return status;
    e->input = input->shape;
    e->input.dims[0] = 1;
    status = mote_runtime_resize_input(e->first, 0, &e->input, err);
    if (status == MOTE_OK)
        status = mote_runtime_allocate(e->first, err);
    if (status == MOTE_OK)
        status = check_scores(e, mote_runtime_output(e->first, 0), err);
    e->kind = mote_model_scores(e->model);
    return status;
}

/* --- the workers --- */

static void fail(evaluating *e, mote_status status, const mote_error *err)
{
    pthread_mutex_lock(&e->mutex);
    if (e->status == MOTE_OK) {
        e->status = status;
        e->err = *err;
    }
    e->done = true;
    pthread_mutex_unlock(&e->mutex);
}

/* Takes the next photo into the runtime's input. False: there is none left, or an error somewhere. */
static bool take(evaluating *e, mote_runtime *runtime, int64_t *number)
{
    mote_example example;
    mote_error err = {0};
    bool more = false;
    pthread_mutex_lock(&e->mutex);
    mote_status status = e->done ? MOTE_OK : mote_loader_next(e->loader, &example, &more, &err);
    if (status == MOTE_OK && more && (example.label < 0 || example.label >= e->result->n_classes))
        status = mote_error_set(&err, MOTE_ARGUMENT, "%s has no label among the %d classes",
                                mote_dataset_name(e->dataset, example.id), e->result->n_classes);
    if (status == MOTE_OK && more)
        status = mote_tensor_from_float(mote_runtime_input(runtime, 0), example.pixels, mote_shape_count(&e->input));
    if (status == MOTE_OK && more) {
        *number = e->n_taken++;
        e->result->answers[*number] = (mote_answer){.example = example.id, .label = example.label};
        if (e->options->on_progress)
            e->options->on_progress(e->options->arg, e->n_taken);
    } else {
        e->done = true;
    }
    if (status != MOTE_OK && e->status == MOTE_OK) {
        if (!err.message[0])
            mote_error_set(&err, status, "the model's input cannot hold pixels");
        e->status = status;
        e->err = err;
    }
    pthread_mutex_unlock(&e->mutex);
    return status == MOTE_OK && more;
}

static mote_status answer(evaluating *e, mote_runtime *runtime, float *scores, int64_t number, mote_error *err)
{
    mote_answer *given = &e->result->answers[number];
    mote_status status = mote_runtime_invoke(runtime, err);
    if (status != MOTE_OK)
        return status;
    const mote_tensor *output = mote_runtime_output(runtime, 0);
    if (mote_shape_count(&output->shape) != e->n_scores)
        return mote_error_set(err, MOTE_SHAPE, "the number of scores changes from photo to photo");
    status = mote_tensor_to_float(output, scores, e->n_scores);
    if (status != MOTE_OK)
        return mote_error_set(err, status, "the model's output holds no numbers");
    mote_reading reading;
    if (!mote_read_scores(e->kind, scores, e->n_scores, given->label, &reading))
        return mote_error_set(err, MOTE_DIVERGED, "%s: the model's scores are NaN or infinite; is the model damaged?",
                              mote_dataset_name(e->dataset, given->example));
    given->top = reading.top;
    given->certainty = reading.certainty;
    e->losses[number] = reading.loss;
    return mote_runtime_reset(runtime, err);
}

static void work(evaluating *e)
{
    mote_error err = {0};
    mote_status status = MOTE_OK;
    pthread_mutex_lock(&e->mutex);
    mote_runtime *runtime = e->first;
    e->first = NULL;
    pthread_mutex_unlock(&e->mutex);
    float *scores = mote_calloc(e->options->allocator, (size_t)e->n_scores, sizeof *scores);
    if (!scores)
        status = mote_error_no_memory(&err);
    else if (!runtime)
        status = new_runtime(e, &runtime, &err);
    int64_t number = 0;
    while (status == MOTE_OK && take(e, runtime, &number))
        status = answer(e, runtime, scores, number, &err);
    if (status != MOTE_OK)
        fail(e, status, &err);
    mote_free(e->options->allocator, scores);
    mote_runtime_free(runtime);
}

static void work_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    for (int64_t i = begin; i < end; i++)
        work(arg);
}

/* As many as there are photos and, where the model has a limit, as keep all of them together within it. */
static int32_t count_workers(const evaluating *e, int64_t n_photos)
{
    const int32_t wanted = e->options->n_threads > 0 ? e->options->n_threads : mote_cpu_count();
    const size_t each = mote_runtime_arena_bytes(e->first) + mote_runtime_weights_bytes(e->first) + 1;
    const size_t fit = e->model->run_limit_bytes ? e->model->run_limit_bytes / each : SIZE_MAX;
    const int64_t most = fit < (size_t)n_photos ? (int64_t)fit : n_photos;
    return wanted < most ? wanted : most > 1 ? (int32_t)most : 1;
}

static mote_status run_workers(evaluating *e, int64_t n_photos, mote_error *err)
{
    const int32_t n = count_workers(e, n_photos);
    mote_pool *pool = n > 1 ? mote_pool_new(e->options->allocator, n) : NULL; /* NULL: one worker after another */
    mote_pool_for(pool, n, 1, work_range, e);
    mote_pool_free(pool);
    if (e->status != MOTE_OK && err)
        *err = e->err;
    return e->status;
}

/* --- all of it --- */

static mote_status open_loader(evaluating *e, const mote_slice *slice, mote_error *err)
{
    const mote_evaluate_options *o = e->options;
    mote_loader_options options = mote_loader_options_default();
    options.height = e->input.dims[1];
    options.width = e->input.dims[2];
    options.channels = e->input.dims[3];
    options.pixels = o->pixels;
    options.n_threads = o->n_threads;
    options.strict = o->strict;
    options.on_skip = o->on_skip;
    options.on_skip_arg = o->arg;
    return mote_loader_new(&e->loader, e->dataset, slice, &options, o->allocator, err);
}

static mote_status reserve(evaluating *e, int64_t n_photos, mote_error *err)
{
    mote_evaluation *result = e->result;
    const mote_allocator *allocator = e->options->allocator;
    const size_t n_classes = (size_t)result->n_classes, n = (size_t)n_photos;
    size_t n_cells;
    if (__builtin_mul_overflow(n_classes, n_classes, &n_cells) || n_classes > 65536)
        return mote_error_set(err, MOTE_LIMIT, "%zu classes are more than a confusion matrix can hold", n_classes);
    result->allocator = allocator;
    result->answers = mote_calloc(allocator, n, sizeof *result->answers);
    result->confusion = mote_calloc(allocator, n_cells, sizeof *result->confusion);
    e->losses = mote_calloc(allocator, n, sizeof *e->losses);
    if (!result->answers || !result->confusion || !e->losses)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for %zu answers in %zu classes", n, n_classes);
    return MOTE_OK;
}

static mote_status sum_up(evaluating *e, int64_t n_photos, mote_error *err)
{
    mote_evaluation *result = e->result;
    result->n = e->n_taken;
    result->n_skipped = mote_loader_skipped(e->loader);
    if (result->n == 0)
        return mote_error_set(err, MOTE_FORMAT, "none of the %lld photos can be decoded", (long long)n_photos);
    double loss = 0;
    for (int64_t i = 0; i < result->n; i++) {
        const mote_answer *given = &result->answers[i];
        result->confusion[(int64_t)given->label * result->n_classes + given->top]++;
        result->n_right += given->label == given->top;
        loss += e->losses[i];
    }
    result->accuracy = (double)result->n_right / (double)result->n;
    result->interval = mote_wilson_interval(result->n_right, result->n);
    result->loss = loss / (double)result->n;
    return MOTE_OK;
}

mote_status mote_evaluate(const mote_model *model, const mote_dataset *dataset, const mote_slice *slice,
                          const mote_evaluate_options *options, mote_evaluation *evaluation, mote_error *err)
{
    const int64_t start_ns = mote_clock_ns();
    *evaluation = (mote_evaluation){0};
    evaluating e = {.model = model, .dataset = dataset, .options = options, .result = evaluation};
    pthread_mutex_init(&e.mutex, NULL);
    mote_status status = look_at_model(&e, err);
    if (status == MOTE_OK)
        status = reserve(&e, slice->n, err);
    if (status == MOTE_OK)
        status = open_loader(&e, slice, err);
    if (status == MOTE_OK)
        status = run_workers(&e, slice->n, err);
    if (status == MOTE_OK)
        status = sum_up(&e, slice->n, err);
    mote_loader_free(e.loader);
    mote_runtime_free(e.first);
    mote_free(options->allocator, e.losses);
    pthread_mutex_destroy(&e.mutex);
    evaluation->seconds = (double)(mote_clock_ns() - start_ns) * 1e-9;
    return status;
}

void mote_evaluation_free(mote_evaluation *evaluation)
{
    mote_free(evaluation->allocator, evaluation->confusion);
    mote_free(evaluation->allocator, evaluation->answers);
    *evaluation = (mote_evaluation){0};
}
