#include "cli/cli_study.h"

#include <mote/arch.h>
#include <mote/keras.h>

#include <math.h>
#include <string.h>
#include <unistd.h>

/* The architecture that --model names; -1: a file. */
static int32_t architecture(const cli_study_args *args)
{
    return access(args->model, F_OK) == 0 ? -1 : mote_arch_find(args->model);
}

const char *cli_study_pixels(const cli_study_args *args)
{
    const int32_t arch = architecture(args);
    return args->pixels ? args->pixels : arch >= 0 ? mote_arch_get(arch)->pixels : "0..255";
}

static mote_status make(mote_model **model, const cli_context *context, const cli_study_args *args, int32_t arch,
                        int32_t n_classes, mote_error *err)
{
    const mote_arch_options options = {.n_classes = n_classes,
                                       .input_px = (int32_t)args->input,
                                       .pooling = args->pooling ? args->pooling : "avg",
                                       .head = args->head,
                                       .seed = (uint64_t)args->train.seed};
    return cli_weights_new_model(model, context, &args->weights, arch, &options, MOTE_WEIGHTS_BACKBONE, err);
}

mote_status cli_study_model_open(cli_study_model *model, const cli_context *context, const cli_study_args *args,
                                 int32_t n_classes, mote_error *err)
{
    const int32_t arch = architecture(args);
    *model = (cli_study_model){.history = {.best = -1}};
    if (arch >= 0)
        return make(&model->model, context, args, arch, n_classes, err);
    if (args->weights.weights || args->weights.fetch.url || args->head || args->pooling || args->input)
        return mote_error_set(
            err, MOTE_ARGUMENT,
            "%s: --weights, --url, --head, --pooling and --input are for a new model of an architecture; "
            "`mote model list` names them",
            args->model);
    const mote_import_options import = cli_import_options(context, &args->import);
    const mote_status status = mote_model_load(&model->model, args->model, &import, err);
    if (status == MOTE_NOT_FOUND)
        return mote_error_set(err, MOTE_NOT_FOUND,
                              "%s: neither a file nor an architecture; `mote model list` names those", args->model);
    if (status == MOTE_OK && strcmp(model->model->source, "keras") != 0)
        return mote_error_set(err, MOTE_ARGUMENT, "%s: only Keras models train; `mote compare` takes .tflite files",
                              args->model);
    return status;
}

static mote_status keep_history(cli_study_model *model, const mote_fit_result *result, mote_error *err)
{
    model->epochs = mote_calloc(NULL, (size_t)result->n_history, sizeof *model->epochs);
    if (!model->epochs)
        return mote_error_no_memory(err);
    for (int64_t i = 0; i < result->n_history; i++) {
        const mote_epoch *epoch = &result->history[i];
        model->epochs[i] = (mote_history_epoch){.loss = epoch->train.loss,
                                                .accuracy = epoch->train.accuracy,
                                                .val_loss = epoch->has_val ? epoch->val.loss : NAN,
                                                .val_accuracy = epoch->has_val ? epoch->val.accuracy : NAN,
                                                .seconds = epoch->seconds};
    }
    model->history = (mote_history){
        .epochs = model->epochs, .n_epochs = (int32_t)result->n_history, .best = (int32_t)result->best_epoch - 1};
    return MOTE_OK;
}

mote_status cli_study_model_train(cli_study_model *model, const cli_context *context, const cli_study_args *args,
                                  const cli_study_data *data, const char *path, mote_error *err)
{
    cli_training training = {0};
    cli_train_args train = args->train;
    train.train = data->train.split;
    train.val = data->val.split;
    /* As JSON the whole study is one document, which holds the history. */
    FILE *lines = context->json ? NULL : stdout;
    const mote_status trained = cli_train(&training, context, &train, &args->import.limits, model->model, &data->train,
                                          args->model, lines, err);
    mote_status status = trained;
    if (trained == MOTE_OK || trained == MOTE_CANCELLED)
        status = mote_keras_save(model->model, path, trained == MOTE_OK ? err : NULL);
    if (trained == MOTE_OK && status == MOTE_OK)
        status = keep_history(model, &training.result, err);
    if (trained == MOTE_CANCELLED && status == MOTE_OK)
        status = mote_error_prefix(err, MOTE_CANCELLED, "%s has the weights of that moment", path);
    cli_train_free(&training);
    return status;
}

void cli_study_model_close(cli_study_model *model)
{
    mote_model_free(model->model);
    mote_free(NULL, model->epochs);
    *model = (cli_study_model){0};
}
