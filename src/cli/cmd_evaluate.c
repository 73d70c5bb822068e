/* mote evaluate: one model over labelled photos. */
#include "cli/cli_evaluate.h"
#include "cli/cli_json.h"
#include "cli/cli_model.h"
#include "cli/cli_text.h"

#include <mote/text.h>

#include <stdio.h>
#include <string.h>

typedef struct evaluate_args {
    cli_data_args data;
    cli_model_args import;
} evaluate_args;

static json_t *share(int64_t part, int64_t whole)
{
    return whole > 0 ? json_real((double)part / (double)whole) : json_null();
}

static json_t *per_class_json(const mote_evaluation *e, const mote_dataset *dataset)
{
    json_t *object = json_object();
    for (int32_t i = 0; i < e->n_classes; i++) {
        char number[16];
        const mote_class_counts counts = mote_evaluation_class(e, i);
        json_object_set_new(object, cli_shown(cli_class_name(dataset, i, number)).text,
                            json_pack("{s:I, s:I, s:o, s:o}", "examples", (json_int_t)counts.n, "correct",
                                      (json_int_t)counts.n_right, "accuracy", share(counts.n_right, counts.n),
                                      "precision", share(counts.n_right, counts.n_answered)));
    }
    return object;
}

static json_t *confusion_json(const mote_evaluation *e)
{
    json_t *rows = json_array();
    for (int64_t label = 0; label < e->n_classes; label++) {
        json_t *row = json_array();
        for (int64_t top = 0; top < e->n_classes; top++)
            json_array_append_new(row, json_integer((json_int_t)e->confusion[label * e->n_classes + top]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static void print_json(const mote_evaluation *e, const cli_data *data, const char *path)
{
    json_t *classes = json_array();
    char number[16];
    for (int32_t i = 0; i < e->n_classes; i++)
        json_array_append_new(classes, cli_json_text(cli_class_name(data->dataset, i, number)));
    json_t *root =
        json_pack("{s:o, s:o, s:I, s:f, s:f, s:f, s:f, s:o, s:o, s:o, s:f, s:I}", "model", cli_json_text(path), "split",
                  cli_json_text(data->split), "examples", (json_int_t)e->n, "accuracy", e->accuracy, "accuracy_low",
                  e->interval.low, "accuracy_high", e->interval.high, "loss", e->loss, "classes", classes, "confusion",
                  confusion_json(e), "per_class", per_class_json(e, data->dataset), "seconds", e->seconds, "skipped",
                  (json_int_t)e->n_skipped);
    cli_json_print(root);
}

enum { MAX_CONFUSION_COLUMNS = 12, CLASS_WIDTH = 20, MAX_ANSWER_WIDTH = 9 };

/* "  97.50%", or a dash where there is nothing to divide by */
static void print_share(int64_t part, int64_t whole)
{
    if (whole > 0)
        printf("  %8.2f%%", 100.0 * (double)part / (double)whole);
    else
        printf("  %9s", "-");
}

/* Of the column of those answered `index`. */
static int answer_width(const mote_dataset *dataset, int32_t index)
{
    char number[16];
    const size_t n = mote_text_length(cli_shown(cli_class_name(dataset, index, number)).text);
    return n < MAX_ANSWER_WIDTH ? (int)n : MAX_ANSWER_WIDTH;
}

static void print_classes(const mote_evaluation *e, const mote_dataset *dataset)
{
    const bool confusion = e->n_classes <= MAX_CONFUSION_COLUMNS;
    char number[16];
    printf("\n%-*s  %9s  %9s  %9s", CLASS_WIDTH, "class", "examples", "accuracy", "precision");
    for (int32_t i = 0; confusion && i < e->n_classes; i++)
        printf("  %s%s", i == 0 ? "answered: " : "",
               cli_column(cli_class_name(dataset, i, number), answer_width(dataset, i)).text);
    printf("\n");
    for (int32_t i = 0; i < e->n_classes; i++) {
        const mote_class_counts counts = mote_evaluation_class(e, i);
        printf("%s  %9lld", cli_column(cli_class_name(dataset, i, number), CLASS_WIDTH).text, (long long)counts.n);
        print_share(counts.n_right, counts.n);
        print_share(counts.n_right, counts.n_answered);
        for (int32_t k = 0; confusion && k < e->n_classes; k++)
            printf("  %*lld", answer_width(dataset, k) + (k == 0 ? (int)strlen("answered: ") : 0),
                   (long long)e->confusion[(int64_t)i * e->n_classes + k]);
        printf("\n");
    }
}

static void print_text(const mote_evaluation *e, const cli_data *data)
{
    printf("examples  %lld of %s%s\n", (long long)e->n, cli_shown(data->split).text,
           e->n_skipped ? "" : ", all readable");
    if (e->n_skipped)
        printf("skipped   %lld that cannot be decoded\n", (long long)e->n_skipped);
    printf("accuracy  %.2f%%   %.2f%% to %.2f%% (95%% interval)\n", 100 * e->accuracy, 100 * e->interval.low,
           100 * e->interval.high);
    printf("loss      %.4f\n", e->loss);
    printf("time      %.2f s, %.1f photos/s\n", e->seconds, e->seconds > 0 ? (double)e->n / e->seconds : 0);
    print_classes(e, data->dataset);
}

static mote_status evaluate(const cli_context *context, const evaluate_args *args, const char *path, mote_error *err)
{
    mote_model *model = NULL;
    cli_data data = {0};
    mote_evaluation result = {0};
    mote_status status = cli_model_load_runnable(context, &args->import, path, &model, err);
    if (status == MOTE_OK)
        status = cli_data_open(&data, &args->data, err);
    if (status == MOTE_OK)
        status = cli_evaluate(context, model, path, &data, &args->data, true, &result, err);
    if (status == MOTE_OK && context->json)
        print_json(&result, &data, path);
    else if (status == MOTE_OK)
        print_text(&result, &data);
    mote_evaluation_free(&result);
    if (data.dataset)
        cli_data_close(&data);
    mote_model_free(model);
    return status;
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    (void)n_positional;
    mote_error err = {0};
    return evaluate(context, args, positional[0], &err) == MOTE_OK ? CLI_OK : cli_fail(context, &err);
}

static const cli_group GROUPS[] = {CLI_DATA_GROUP(evaluate_args, data),
                                   CLI_PIXELS_GROUP(evaluate_args, data.pixels),
                                   {cli_model_options, CLI_N_MODEL_OPTIONS, offsetof(evaluate_args, import)},
                                   CLI_LIMIT_GROUP(evaluate_args, import)};

const cli_verb cli_verb_evaluate = {
    .name = "evaluate",
    .positional = "MODEL",
    .summary = "accuracy of a model on labelled photos",
    .description =
        "MODEL is .h5, .keras or .tflite, with one image input and one output of scores: one per class, or a single\n"
        "one for the second of two classes. Says the accuracy with its 95% interval (Wilson), the loss, and which\n"
        "class is taken for which. A photo that cannot be decoded is named in a warning and counted as skipped. The\n"
        "photos go through the model many at a time; the result is the same at any --threads.",
    .examples = "  mote evaluate model.h5 --data photos/ --split test\n"
                "  mote evaluate int8.tflite --data photos/ --split 'train[90%:]' --limit 500 --json\n"
                "  mote evaluate mnist.tflite --data images.npy --labels labels.npy --pixels 0..1",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(evaluate_args),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
