#include "cli/cli_compare.h"
#include "cli/cli_model.h"

#include <mote/convert.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- names --- */

/* The last n_parts of a path, with or without the file's extension; from malloc. */
static char *tail_of(const char *path, int n_parts, bool extension)
{
    const char *start = path + strlen(path), *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    while (start > path && (start[-1] != '/' || --n_parts > 0))
        start--;
    const char *dot = strrchr(base, '.');
    return strndup(start, dot && dot > base && !extension ? (size_t)(dot - start) : strlen(start));
}

static bool name_each(cli_compared *compared, int n_parts, bool extension)
{
    const mote_comparison *c = &compared->comparison;
    for (int32_t i = 0; i < c->n_forms; i++) {
        free(compared->contenders[i].name);
        compared->contenders[i].name = tail_of(c->forms[i].model, n_parts, extension);
        if (!compared->contenders[i].name)
            return false;
    }
    return true;
}

static bool names_differ(const cli_compared *compared)
{
    for (int32_t i = 0; i < compared->comparison.n_forms; i++)
        for (int32_t k = 0; k < i; k++)
            if (strcmp(compared->contenders[i].name, compared->contenders[k].name) == 0)
                return false;
    return true;
}

/* "int8" for "out/int8.tflite"; more of the path where that does not tell the models apart. */
static mote_status name_all(cli_compared *compared, mote_error *err)
{
    enum { MOST_PARTS = 8 };
    bool named = false;
    for (int try = 0; !named && try < 2 * MOST_PARTS; try++) {
        if (!name_each(compared, try / 2 + 1, try % 2))
            return mote_error_no_memory(err);
        named = names_differ(compared);
    }
    for (int32_t i = 0; i < compared->comparison.n_forms; i++)
        compared->comparison.forms[i].name = compared->contenders[i].name;
    return MOTE_OK;
}

/* --- measuring --- */

static mote_status load(const cli_context *context, const cli_model_args *import, const char *path,
                        cli_contender *contender, mote_report_form *form, mote_error *err)
{
    const mote_status status = cli_model_load_runnable(context, import, path, &contender->model, err);
    struct stat info;
    if (status != MOTE_OK)
        return status;
    form->model = path;
    form->format = mote_model_format_name(contender->model);
    form->evaluation = &contender->evaluation;
    form->bytes = stat(path, &info) == 0 ? (int64_t)info.st_size : 0;
    return MOTE_OK;
}

mote_status cli_compared_load(cli_compared *compared, const cli_context *context, const cli_model_args *import,
                              int32_t n_models, char *const *paths, mote_error *err)
{
    mote_comparison *c = &compared->comparison;
    *compared = (cli_compared){0};
    compared->contenders = mote_calloc(NULL, (size_t)n_models, sizeof *compared->contenders);
    c->forms = mote_calloc(NULL, (size_t)n_models, sizeof *c->forms);
    if (!compared->contenders || !c->forms)
        return mote_error_no_memory(err);
    c->n_forms = n_models;
    for (int32_t i = 0; i < n_models; i++) {
        const mote_status status = load(context, import, paths[i], &compared->contenders[i], &c->forms[i], err);
        if (status != MOTE_OK)
            return status;
    }
    return name_all(compared, err);
}

static mote_status prepare_timing(cli_contender *contender, const char *path, int32_t n_threads, mote_error *err)
{
    enum { WARM_UP = 3 };
    mote_runtime_options options = mote_runtime_options_default();
    options.n_threads = n_threads;
    mote_status status = cli_runtime_new(&contender->runtime, contender->model, path, NULL, &options, err);
    if (status != MOTE_OK)
        return status;
    status = mote_runtime_allocate(contender->runtime, err);
    if (status == MOTE_OK)
        status = mote_benchmark_new(&contender->benchmark, contender->runtime, NULL, err);
    if (status == MOTE_OK)
        status = mote_benchmark_warm_up(contender->benchmark, WARM_UP, err);
    return status == MOTE_OK ? MOTE_OK : mote_error_prefix(err, status, "%s", path);
}

/* By turns, a few runs each: what slows the machine down for a while slows all of them. */
static mote_status time_all(cli_compared *compared, const cli_context *context, int64_t n_runs, mote_error *err)
{
    enum { PER_TURN = 5 };
    mote_comparison *c = &compared->comparison;
    mote_status status = MOTE_OK;
    cli_progress progress;
    for (int32_t i = 0; status == MOTE_OK && i < c->n_forms; i++)
        status = prepare_timing(&compared->contenders[i], c->forms[i].model, context->n_threads, err);
    cli_progress_start(&progress, context, "timing", "runs", n_runs * c->n_forms);
    for (int64_t done = 0; status == MOTE_OK && done < n_runs; done += PER_TURN) {
        const int64_t n = n_runs - done < PER_TURN ? n_runs - done : PER_TURN;
        for (int32_t i = 0; status == MOTE_OK && i < c->n_forms; i++)
            status = mote_benchmark_measure(compared->contenders[i].benchmark, n, err);
        cli_progress_step(&progress, (done + n) * c->n_forms);
    }
    cli_progress_end(&progress);
    for (int32_t i = 0; status == MOTE_OK && i < c->n_forms; i++)
        c->forms[i].p50_ms = mote_benchmark_latency(compared->contenders[i].benchmark).p50_ms;
    return status;
}

/* Of the forms that lose accuracy. A form of another network has no layers in common with the reference: then nothing
 * is said of its layers. */
static void listen_for_noise(cli_compared *compared, const cli_context *context, const cli_data *data)
{
    enum { N_PHOTOS = 8 };
    const mote_comparison *c = &compared->comparison;
    for (int32_t i = 0; i < c->n_forms; i++) {
        mote_noise *noise = &compared->contenders[i].noise;
        if (mote_comparison_loses(c, i) &&
            mote_noise_measure(noise, compared->contenders[c->reference].model, compared->contenders[i].model,
                               data->dataset, &data->slice, data->pixels, N_PHOTOS, context->n_threads, NULL,
                               NULL) == MOTE_OK)
            c->forms[i].noise = noise;
    }
}

mote_status cli_compared_measure(cli_compared *compared, const cli_context *context, const cli_data *data,
                                 const cli_data_args *args, int64_t n_runs, mote_error *err)
{
    mote_comparison *c = &compared->comparison;
    c->dataset = data->dataset;
    c->data = args->data;
    c->split = data->split;
    c->n_threads = context->n_threads;
    for (int32_t i = 0; i < c->n_forms; i++) {
        const bool name_skipped = i == 0; /* each photo once, not once a model */
        cli_contender *contender = &compared->contenders[i];
        const mote_status status = cli_evaluate(context, contender->model, c->forms[i].model, data, args, name_skipped,
                                                &contender->evaluation, err);
        if (status != MOTE_OK)
            return status;
    }
    mote_comparison_pair(c);
    listen_for_noise(compared, context, data);
    return time_all(compared, context, n_runs, err);
}

void cli_compared_warn(const cli_compared *compared, const cli_context *context)
{
    char verdict[MOTE_VERDICT_BYTES];
    for (int32_t i = 0; i < compared->comparison.n_forms; i++)
        if (*mote_comparison_verdict(&compared->comparison, i, verdict))
            cli_warn(context, "%s", verdict);
}

void cli_compared_free(cli_compared *compared)
{
    for (int32_t i = 0; compared->contenders && i < compared->comparison.n_forms; i++) {
        cli_contender *contender = &compared->contenders[i];
        mote_benchmark_free(contender->benchmark);
        mote_runtime_free(contender->runtime);
        mote_evaluation_free(&contender->evaluation);
        mote_noise_free(&contender->noise);
        mote_model_free(contender->model);
        free(contender->name);
    }
    mote_free(NULL, compared->contenders);
    mote_free(NULL, compared->comparison.forms);
    *compared = (cli_compared){0};
}
