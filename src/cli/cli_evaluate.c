#include "cli/cli_evaluate.h"

#include <stdio.h>
#include <string.h>

typedef struct listener {
    const cli_context *context;
    cli_progress progress;
} listener;

static void on_progress(void *arg, int64_t n_done)
{
    cli_progress_step(&((listener *)arg)->progress, n_done);
}

static void on_skip(void *arg, const char *name, const mote_error *err)
{
    listener *l = arg;
    cli_progress_end(&l->progress); /* the warning gets a line of its own */
    (void)name;                     /* the message begins with it */
    cli_warn(l->context, "skipped %s", err->message);
}

mote_status cli_evaluate(const cli_context *context, const mote_model *model, const char *path, const cli_data *data,
                         const cli_data_args *args, bool name_skipped, mote_evaluation *evaluation, mote_error *err)
{
    char what[160];
    const char *slash = strrchr(path, '/');
    snprintf(what, sizeof what, "evaluating %.120s", slash && slash[1] ? slash + 1 : path);
    listener l = {.context = context};
    cli_progress_start(&l.progress, context, what, "photos", data->slice.n);
    mote_evaluate_options options = mote_evaluate_options_default();
    options.pixels = data->pixels;
    options.n_threads = context->n_threads;
    options.strict = args->strict;
    options.on_progress = on_progress;
    options.on_skip = name_skipped ? on_skip : NULL;
    options.arg = &l;
    const mote_status status = mote_evaluate(model, data->dataset, &data->slice, &options, evaluation, err);
    cli_progress_end(&l.progress);
    return status == MOTE_OK ? MOTE_OK : mote_error_prefix(err, status, "%s", path);
}

const char *cli_class_name(const mote_dataset *dataset, int32_t index, char number[16])
{
    const char *name = mote_dataset_class_name(dataset, index);
    if (name)
        return name;
    snprintf(number, 16, "%d", index);
    return number;
}
