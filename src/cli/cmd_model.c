/* model list, model new: the built-in architectures; model copy: Keras's file forms. */
#include "cli/cli_json.h"
#include "cli/cli_model.h"
#include "cli/cli_output.h"
#include "cli/cli_text.h"
#include "cli/cli_weights.h"

#include <mote/arch.h>
#include <mote/import.h>
#include <mote/keras.h>

#include <stdio.h>
#include <string.h>

/* --- model list --- */

/* Keras's file of ImageNet weights, to be fetched by hand where there is no network; null where there is none. */
static json_t *weights_json(int32_t arch, bool with_top)
{
    const mote_arch_options options = {.pooling = with_top ? NULL : "avg"};
    mote_arch_weights weights;
    if (mote_arch_imagenet(arch, &options, &weights, NULL) != MOTE_OK)
        return json_null();
    return json_pack("{s:s, s:s, s:s?}", "name", weights.name, "url", weights.url, "md5", weights.md5);
}

static int run_list(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    (void)args;
    (void)n_positional;
    (void)positional;
    json_t *models = json_array();
    for (int32_t i = 0; i < mote_arch_count(); i++) {
        const mote_arch_info *info = mote_arch_get(i);
        const mote_arch_options options = {0};
        mote_error err = {0};
        int64_t n_params;
        if (mote_arch_count_params(i, &options, &n_params, &err) != MOTE_OK) {
            json_decref(models);
            return cli_fail(context, &err);
        }
        if (!context->json)
            printf("%-18s %3d x %-3d  %6.1f M parameters  pixels %-7s %s\n", info->name, info->default_px,
                   info->default_px, (double)n_params * 1e-6, info->pixels, info->about);
        json_array_append_new(models, json_pack("{s:s, s:i, s:I, s:s, s:s, s:{s:o, s:o}}", "name", info->name, "input",
                                                info->default_px, "params", (json_int_t)n_params, "pixels",
                                                info->pixels, "about", info->about, "imagenet", "top",
                                                weights_json(i, true), "notop", weights_json(i, false)));
    }
    if (context->json) {
        json_t *document = json_pack("{s:O}", "models", models);
        cli_json_print(document);
    }
    json_decref(models);
    return CLI_OK;
}

const cli_verb cli_verb_model_list = {
    .name = "model list",
    .summary = "the built-in architectures, with input size and parameters",
    .examples = "  mote model list\n  mote model list --json",
    .run = run_list,
};

/* --- model new --- */

typedef struct new_args {
    const char *output, *pooling, *head;
    int64_t classes, input, seed;
    bool by_name;
    cli_weights_args weights;
} new_args;

static const cli_option OPTIONS[] = {
    {.name = "output",
     .letter = 'o',
     .kind = CLI_STRING,
     .arg = "FILE",
     .help = "where the model goes: .h5 or .keras",
     .offset = offsetof(new_args, output),
     .required = true},
    {.name = "classes",
     .kind = CLI_INT,
     .arg = "N",
     .help = "classes that it tells apart (without --head: 1000)",
     .offset = offsetof(new_args, classes),
     .min = 1,
     .max = 65536},
    {.name = "input",
     .kind = CLI_INT,
     .arg = "PX",
     .help = "height and width of its input in pixels (default: the architecture's)",
     .offset = offsetof(new_args, input),
     .min = 32,
     .max = 4096},
    {.name = "by-name",
     .kind = CLI_FLAG,
     .help = "with --weights: layers of the same name take them, whatever their order (default: one after the other)",
     .offset = offsetof(new_args, by_name)},
    {.name = "pooling",
     .kind = CLI_CHOICE,
     .choices = "max|avg",
     .help = "global pooling after the last activation, in place of Keras's top",
     .offset = offsetof(new_args, pooling)},
    {.name = "head",
     .kind = CLI_STRING,
     .arg = "SPEC",
     .help = "layers after the pooling: dense:UNITS[:ACTIVATION], batch_norm, dropout:RATE, activation:NAME",
     .offset = offsetof(new_args, head)},
    {.name = "seed",
     .kind = CLI_INT,
     .arg = "S",
     .help = "of the first weights: the same seed gives the same file",
     .def = "0",
     .offset = offsetof(new_args, seed),
     .min = 0,
     .max = 9007199254740992.0},
};
static const cli_group GROUPS[] = {{OPTIONS, CLI_COUNT(OPTIONS), 0},
                                   {cli_weights_options, CLI_N_WEIGHTS_OPTIONS, offsetof(new_args, weights)},
                                   CLI_FETCH_GROUP(new_args, weights.fetch)};

static void report(const cli_context *context, const mote_model *model, const char *path)
{
    const mote_param_counts counts = mote_model_count_params(model);
    if (context->json) {
        json_t *document =
            json_pack("{s:o, s:o, s:I, s:I, s:I}", "model", cli_json_text(model->name), "output", cli_json_text(path),
                      "total_params", (json_int_t)counts.total, "trainable_params", (json_int_t)counts.trainable,
                      "non_trainable_params", (json_int_t)counts.non_trainable);
        cli_json_print(document);
        return;
    }
    if (strcmp(path, "-") != 0)
        printf("%s: %s, %lld parameters, %lld of them trainable\n", cli_shown(path).text, cli_shown(model->name).text,
               (long long)counts.total, (long long)counts.trainable);
}

static int run_new(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    (void)n_positional;
    const new_args *a = args;
    const int32_t arch = mote_arch_find(positional[0]);
    if (arch < 0)
        return cli_usage_error(context, "no architecture '%s'; `mote model list` names them", positional[0]);
    const mote_arch_options options = {.n_classes = (int32_t)a->classes,
                                       .input_px = (int32_t)a->input,
                                       .pooling = a->pooling,
                                       .head = a->head,
                                       .seed = (uint64_t)a->seed};
    mote_error err = {0};
    mote_model *model;
    if (cli_check_output(context, "-o", a->output, CLI_KERAS_FILE) != CLI_OK)
        return CLI_USAGE;
    const mote_weights_match how = a->by_name ? MOTE_WEIGHTS_BY_NAME : MOTE_WEIGHTS_BACKBONE;
    mote_status status = cli_weights_new_model(&model, context, &a->weights, arch, &options, how, &err);
    if (status == MOTE_ARGUMENT)
        return cli_usage_error(context, "%s", err.message);
    if (status != MOTE_OK)
        return cli_fail(context, &err);
    status = mote_keras_save(model, a->output, &err);
    if (status == MOTE_OK)
        report(context, model, a->output);
    if (status == MOTE_OK && !context->json && strcmp(a->output, "-") != 0)
        cli_note(context, "next: mote train %s -o trained.h5 --data DIR --train SPLIT --epochs N",
                 cli_quoted(a->output).text);
    mote_model_free(model);
    return status == MOTE_OK ? CLI_OK : cli_fail(context, &err);
}

const cli_verb cli_verb_model_new = {
    .name = "model new",
    .positional = "ARCH",
    .summary = "a new model of a built-in architecture, as a Keras file",
    .description =
        "Layers, names, order and defaults are those of keras.applications, so Keras's weight files fit, and Keras 2 "
        "and\n"
        "Keras 3 load the file. Without --head and --pooling it has Keras's own classifier with --classes outputs. "
        "With\n"
        "--pooling and --classes it ends in one dense layer; --head writes the layers after the pooling in full.\n\n"
        "--weights imagenet fetches Keras's own file, checks its MD5 where Keras states one, and keeps it in\n"
        "$XDG_CACHE_HOME/mote or ~/.cache/mote ($MOTE_CACHE). A broken download goes on from where it was. Proxies "
        "are\n"
        "those of the environment (https_proxy, no_proxy).",
    .examples = "  mote model new EfficientNetB0 -o b0.h5 --weights efficientnetb0_notop.h5 --pooling max \\\n"
                "      --head dense:512:relu,batch_norm,dense:64:relu,dropout:0.2,dense:2:softmax\n"
                "  mote model new MobileNetV2 -o m.h5 --weights imagenet --pooling avg --classes 5\n"
                "  mote model new mote_tiny -o tiny.keras --classes 2 --input 64",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(new_args),
    .min_positional = 1,
    .max_positional = 1,
    .run = run_new,
};

/* --- model copy --- */

typedef struct copy_args {
    const char *output;
    cli_model_args import;
} copy_args;

static const cli_option COPY_OPTIONS[] = {
    {.name = "output",
     .letter = 'o',
     .kind = CLI_STRING,
     .arg = "FILE",
     .help = "where the copy goes: .h5 or .keras",
     .offset = offsetof(copy_args, output),
     .required = true},
};
static const cli_group COPY_GROUPS[] = {{COPY_OPTIONS, CLI_COUNT(COPY_OPTIONS), 0},
                                        {cli_model_options, CLI_N_MODEL_OPTIONS, offsetof(copy_args, import)}};

static int run_copy(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    (void)n_positional;
    const copy_args *a = args;
    const mote_import_options options = cli_import_options(context, &a->import);
    mote_error err = {0};
    mote_model *model;
    if (cli_check_output(context, "-o", a->output, CLI_KERAS_FILE) != CLI_OK)
        return CLI_USAGE;
    mote_status status = mote_model_load(&model, positional[0], &options, &err);
    if (status != MOTE_OK)
        return cli_fail(context, &err);
    status = strcmp(model->source, "keras") == 0
                 ? mote_keras_save(model, a->output, &err)
                 : mote_error_set(&err, MOTE_ARGUMENT, "%s: only Keras models are copied; this is a %s model",
                                  positional[0], model->source);
    if (status == MOTE_OK)
        report(context, model, a->output);
    mote_model_free(model);
    return status == MOTE_OK ? CLI_OK : cli_fail(context, &err);
}

const cli_verb cli_verb_model_copy = {
    .name = "model copy",
    .positional = "MODEL",
    .summary = "a Keras model in the other file form, readable by Keras 2 and Keras 3",
    .description =
        "What Keras 2 and Keras 3 write differently is put into words that both read. Weights, names, trainable flags\n"
        "and compile settings stay.",
    .examples = "  mote model copy model.h5 -o model.keras\n  mote model copy keras3.keras -o keras2.h5",
    .groups = COPY_GROUPS,
    .n_groups = CLI_COUNT(COPY_GROUPS),
    .args_bytes = sizeof(copy_args),
    .min_positional = 1,
    .max_positional = 1,
    .run = run_copy,
};
