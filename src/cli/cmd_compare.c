/* mote compare: several forms of a model side by side, with a report to open. */
#include "cli/cli_compare.h"

#include <stdio.h>
#include <string.h>

typedef struct compare_args {
    cli_data_args data;
    const char *output;
    int64_t runs, photos;
    cli_model_args import;
} compare_args;

static const cli_option OPTIONS[] = {
    {.name = "output",
     .letter = 'o',
     .kind = CLI_STRING,
     .arg = "DIR",
     .required = true,
     .help = "folder for the report; made where it is not there",
     .offset = offsetof(compare_args, output)},
    {.name = "runs",
     .kind = CLI_INT,
     .arg = "N",
     .def = "30",
     .min = 1,
     .max = 1000000,
     .help = "how often each model is timed",
     .offset = offsetof(compare_args, runs)},
    {.name = "photos",
     .kind = CLI_INT,
     .arg = "N",
     .def = "12",
     .min = 0,
     .max = 1000,
     .help = "show at most N photos of a model whose answer changed",
     .offset = offsetof(compare_args, photos)},
};

static mote_status new_report(mote_report **report, const cli_compared *compared, mote_error *err)
{
    const mote_comparison *c = &compared->comparison;
    const char *slash = strrchr(c->data, '/');
    char subtitle[512];
    snprintf(subtitle, sizeof subtitle, "%d model%s on %lld photos of %.200s, split %.100s", c->n_forms,
             c->n_forms == 1 ? "" : "s", (long long)c->forms[0].evaluation->n, slash && slash[1] ? slash + 1 : c->data,
             c->split);
    return mote_report_new(report, "Models side by side", subtitle, err);
}

static mote_status give(const cli_context *context, const compare_args *args, const cli_compared *compared,
                        cli_report_files *files, mote_error *err)
{
    mote_report *report = NULL;
    mote_status status = new_report(&report, compared, err);
    if (status == MOTE_OK)
        status = cli_report_files_write(files,
                                        &(cli_report_parts){.comparison = &compared->comparison,
                                                            .report = report,
                                                            .n_photos = (int32_t)args->photos},
                                        err);
    mote_report_free(report);
    if (status != MOTE_OK)
        return status;
    cli_compared_warn(compared, context);
    if (context->json)
        return mote_comparison_write_json(&compared->comparison, NULL, stdout, err);
    mote_comparison_write_table(&compared->comparison, stdout);
    cli_say_open(args->output);
    return MOTE_OK;
}

static mote_status compare(const cli_context *context, const compare_args *args, int32_t n_models, char *const *paths,
                           mote_error *err)
{
    cli_compared compared = {0};
    cli_report_files files = {0};
    cli_data data = {0};
    mote_status status = cli_compared_load(&compared, context, &args->import, n_models, paths, err);
    if (status == MOTE_OK)
        status = cli_data_open(&data, &args->data, err);
    if (status == MOTE_OK)
        status = cli_report_files_open(&files, args->output, false, err);
    if (status == MOTE_OK)
        status = cli_compared_measure(&compared, context, &data, &args->data, args->runs, err);
    if (status == MOTE_OK)
        status = give(context, args, &compared, &files, err);
    cli_report_files_discard(&files);
    cli_compared_free(&compared);
    if (data.dataset)
        cli_data_close(&data);
    return status;
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    mote_error err = {0};
    return compare(context, args, n_positional, positional, &err) == MOTE_OK ? CLI_OK : cli_fail(context, &err);
}

static const cli_group GROUPS[] = {CLI_DATA_GROUP(compare_args, data),
                                   CLI_PIXELS_GROUP(compare_args, data.pixels),
                                   {OPTIONS, CLI_COUNT(OPTIONS), 0},
                                   {cli_model_options, CLI_N_MODEL_OPTIONS, offsetof(compare_args, import)},
                                   CLI_LIMIT_GROUP(compare_args, import)};

const cli_verb cli_verb_compare = {
    .name = "compare",
    .positional = "MODEL...",
    .summary = "accuracy, size and latency of several models side by side, as a report",
    .description =
        "Evaluates each model on the same photos and times it, one photo at a time, by turns. Prints a table and "
        "writes\n"
        "report.html (one page that needs no network: chart, table, the photos whose answer changed), report.json,\n"
        "report.csv, accuracy.png and accuracy.svg into the folder, all of them or none. The first float32 model is\n"
        "what the others are measured against, else the first. A model that loses accuracy is warned of.",
    .examples = "  mote compare float32.tflite int8.tflite --data photos/ --split test -o report\n"
                "  mote compare model.h5 out/*.tflite --data photos/ --limit 500 -o report --json",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(compare_args),
    .min_positional = 1,
    .max_positional = -1,
    .run = run,
};
