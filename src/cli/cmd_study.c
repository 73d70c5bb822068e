/* mote study: photos in, a trained model in four forms and a report on them out. */
#include "cli/cli_forms.h"
#include "cli/cli_interrupt.h"
#include "cli/cli_study.h"

#include <stdio.h>
#include <string.h>

typedef struct study {
    const cli_context *context;
    const cli_study_args *args;
    const char *pixels;
    cli_study_data data;
    cli_study_model model;
    cli_report_files files;
    cli_compared compared;
    char paths[1 + CLI_N_FORMS][CLI_PATH_BYTES]; /* the trained model, then its forms */
} study;

static void say_what_is_there(const study *s)
{
    char classes[128] = "", number[16];
    const cli_study_data *d = &s->data;
    const int32_t n = mote_dataset_n_classes(d->train.dataset);
    for (int32_t i = 0; i < n && i < 8; i++) {
        const size_t used = strlen(classes);
        snprintf(classes + used, sizeof classes - used, "%s%.24s", i ? ", " : "",
                 cli_class_name(d->train.dataset, i, number));
    }
    cli_note(s->context, "photos: %lld to train on (%s), %lld to validate (%s), %lld to test (%s)",
             (long long)d->train.slice.n, d->train.split, (long long)d->val.slice.n, d->val.split,
             (long long)d->test.slice.n, d->test.split);
    cli_note(s->context, "classes: %s%s", classes, n > 8 ? ", ..." : "");
}

static mote_status make_forms(study *s, mote_error *err)
{
    const cli_calibrate_args calibrate = {.paths = s->args->data,
                                          .split = s->data.train.split,
                                          .pixels = s->pixels,
                                          .samples = s->args->samples,
                                          .strict = s->args->strict};
    return cli_forms_make(s->context, s->model.model, s->paths[0], s->args->output, &calibrate, s->paths + 1, err);
}

static mote_status compare(study *s, mote_error *err)
{
    char *paths[1 + CLI_N_FORMS];
    const cli_data_args data_args = {
        .data = s->args->data, .split = s->data.test.split, .pixels = s->pixels, .strict = s->args->strict};
    for (int i = 0; i < 1 + CLI_N_FORMS; i++)
        paths[i] = s->paths[i];
    mote_status status = cli_compared_load(&s->compared, s->context, &s->args->import, 1 + CLI_N_FORMS, paths, err);
    if (status == MOTE_OK)
        status = cli_compared_measure(&s->compared, s->context, &s->data.test, &data_args, s->args->runs, err);
    return status;
}

/* --- the report --- */

static mote_status add_sections(const study *s, mote_report *report, const mote_grid *grid, mote_error *err)
{
    const cli_study_data *d = &s->data;
    char caption[512];
    snprintf(caption, sizeof caption,
             "%lld photos to train on (%.100s), %lld to validate (%.100s), %lld to test (%.100s).",
             (long long)d->train.slice.n, d->train.split, (long long)d->val.slice.n, d->val.split,
             (long long)d->test.slice.n, d->test.split);
    mote_status status = mote_report_add_grid(report, grid, "The photos", caption, err);
    if (status == MOTE_OK)
        status = mote_report_add_summary(report, s->model.model, err);
    if (status == MOTE_OK && s->model.history.n_epochs > 0)
        status = mote_report_add_history(report, &s->model.history, err);
    return status;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static mote_status write_report(study *s, mote_error *err)
{
    enum { N_EXAMPLES = 9 };
    const mote_grid grid = {.dataset = s->data.train.dataset, .slice = &s->data.train.slice, .count = N_EXAMPLES};
    char subtitle[512];
    snprintf(
        subtitle, sizeof subtitle, "%.100s on %.200s: trained, converted to four forms, and measured on %lld photos",
        base_name(s->args->model), base_name(s->args->data), (long long)s->compared.comparison.forms[0].evaluation->n);
    mote_report *report = NULL;
    mote_status status = mote_report_new(&report, "From photos to a small network", subtitle, err);
    if (status == MOTE_OK)
        status = add_sections(s, report, &grid, err);
    const cli_report_parts parts = {.comparison = &s->compared.comparison,
                                    .report = report,
                                    .grid = &grid,
                                    .history = s->model.history.n_epochs > 0 ? &s->model.history : NULL,
                                    .n_photos = (int32_t)s->args->photos};
    if (status == MOTE_OK)
        status = cli_report_files_write(&s->files, &parts, err);
    mote_report_free(report);
    return status;
}

static mote_status give(const study *s, mote_error *err)
{
    cli_compared_warn(&s->compared, s->context);
    if (s->context->json)
        return mote_comparison_write_json(&s->compared.comparison,
                                          s->model.history.n_epochs > 0 ? &s->model.history : NULL, stdout, err);
    mote_comparison_write_table(&s->compared.comparison, stdout);
    cli_say_open(s->args->output);
    return MOTE_OK;
}

/* --- all of it --- */

static mote_status work(study *s, mote_error *err)
{
    const cli_study_args *args = s->args;
    s->pixels = cli_study_pixels(args);
    const int n = snprintf(s->paths[0], CLI_PATH_BYTES, "%s/trained.h5", args->output);
    if (n < 0 || n >= CLI_PATH_BYTES)
        return mote_error_set(err, MOTE_ARGUMENT, "-o: the path is too long");
    mote_status status = cli_study_data_open(&s->data, args, s->pixels, err);
    if (status == MOTE_OK)
        status = cli_study_model_open(&s->model, s->context, args, mote_dataset_n_classes(s->data.train.dataset), err);
    if (status == MOTE_OK)
        status = cli_report_files_open(&s->files, args->output, true, err);
    if (status != MOTE_OK)
        return status;
    say_what_is_there(s);
    status = cli_study_model_train(&s->model, s->context, args, &s->data, s->paths[0], err);
    cli_limits_apply(&args->import.limits, s->model.model);
    if (status == MOTE_OK)
        status = make_forms(s, err);
    if (status == MOTE_OK)
        status = compare(s, err);
    if (status == MOTE_OK)
        status = write_report(s, err);
    return status == MOTE_OK ? give(s, err) : status;
}

static int study_run(const cli_context *context, const cli_study_args *args)
{
    study s = {.context = context, .args = args};
    mote_error err = {0};
    const mote_status status = work(&s, &err);
    cli_report_files_discard(&s.files);
    cli_compared_free(&s.compared);
    cli_study_model_close(&s.model);
    cli_study_data_close(&s.data);
    const int code = status == MOTE_OK ? CLI_OK : cli_fail(context, &err);
    if (status == MOTE_CANCELLED)
        cli_interrupt_end();
    return code;
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    (void)n_positional;
    (void)positional;
    const cli_study_args *a = args;
    const int usage = cli_train_check(context, &a->train);
    return usage == CLI_OK ? study_run(context, a) : usage;
}

#define AT(member) offsetof(cli_study_args, member)
static const cli_option OPTIONS[] = {
    {.name = "output",
     .letter = 'o',
     .kind = CLI_STRING,
     .arg = "DIR",
     .required = true,
     .help = "folder for the models and the report; made where it is not there",
     .offset = AT(output)},
    {.name = "data",
     .kind = CLI_STRING,
     .arg = "DIR",
     .required = true,
     .help = "a TFDS dataset, a folder of class folders, or X.npy",
     .offset = AT(data)},
    {.name = "labels", .kind = CLI_STRING, .arg = "Y.npy", .help = "the labels of --data X.npy", .offset = AT(labels)},
    {.name = "test",
     .kind = CLI_STRING,
     .arg = "SPLIT",
     .help = "what to measure the models on (default: test; without one, 10% of the photos)",
     .offset = AT(test)},
    {.name = "model",
     .kind = CLI_STRING,
     .arg = "ARCH|FILE",
     .required = true,
     .help = "an architecture (`mote model list`), or a Keras file to go on from",
     .offset = AT(model)},
    {.name = "head",
     .kind = CLI_STRING,
     .arg = "SPEC",
     .help = "with ARCH: layers after the pooling, e.g. dropout:0.2,dense:2:softmax",
     .offset = AT(head)},
    {.name = "pooling",
     .kind = CLI_CHOICE,
     .choices = "max|avg",
     .help = "with ARCH: global pooling (default: avg)",
     .offset = AT(pooling)},
    {.name = "input",
     .kind = CLI_INT,
     .arg = "PX",
     .min = 32,
     .max = 4096,
     .help = "with ARCH: height and width of its input (default: the architecture's)",
     .offset = AT(input)},
    {.name = "pixels",
     .kind = CLI_CHOICE,
     .arg = "RANGE",
     .choices = cli_pixels_choices,
     .help = "what the model expects of a pixel (default: the architecture's; of a FILE 0..255)",
     .offset = AT(pixels)},
    {.name = "samples",
     .kind = CLI_INT,
     .arg = "N",
     .def = "100",
     .min = 1,
     .max = 1e9,
     .help = "training photos to calibrate int8 with",
     .offset = AT(samples)},
    {.name = "runs",
     .kind = CLI_INT,
     .arg = "N",
     .def = "30",
     .min = 1,
     .max = 1000000,
     .help = "how often each model is timed",
     .offset = AT(runs)},
    {.name = "photos",
     .kind = CLI_INT,
     .arg = "N",
     .def = "12",
     .min = 0,
     .max = 1000,
     .help = "show at most N photos of a model whose answer changed",
     .offset = AT(photos)},
    {.name = "strict",
     .kind = CLI_FLAG,
     .help = "an unreadable photo is an error, not a warning",
     .offset = AT(strict)},
};
static const cli_group GROUPS[] = {{OPTIONS, CLI_COUNT(OPTIONS), 0},
                                   {cli_weights_options, CLI_N_WEIGHTS_OPTIONS, AT(weights)},
                                   CLI_FETCH_GROUP(cli_study_args, weights.fetch),
                                   {cli_train_options, CLI_N_TRAIN_OPTIONS, AT(train)},
                                   {cli_model_options, CLI_N_MODEL_OPTIONS, AT(import)},
                                   CLI_LIMIT_GROUP(cli_study_args, import)};
#undef AT

const cli_verb cli_verb_study = {
    .name = "study",
    .summary = "the whole way: train on photos, convert to four forms, compare, report",
    .description =
        "Trains a model on the photos, writes it as trained.h5, float32.tflite, float16.tflite, dynamic.tflite and\n"
        "int8.tflite (uint8 in and out), measures each on photos that it was not trained on, and writes report.html:\n"
        "examples, the model, training curves, all forms side by side, the photos whose answer changed. Splits that "
        "are\n"
        "not given are chosen: train, validation and test where there are such, else parts of what there is.",
    .examples = "  mote study --data photos/ --model EfficientNetB0 --weights imagenet --epochs 3 -o out\n"
                "  mote study --data photos/ --model mote_tiny --epochs 20 --lr 1e-3 -o out\n"
                "  mote study --data cats_vs_dogs/4.0.1 --model b0.h5 --train 'train[:70%]' --val 'train[70%:90%]' \\\n"
                "      --test 'train[90%:]' --steps-per-epoch 50 --validation-steps 10 --epochs 10 -o out",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(cli_study_args),
    .min_positional = 0,
    .max_positional = 0,
    .run = run,
};
