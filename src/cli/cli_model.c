#include "cli/cli_model.h"

#include <mote/convert.h>

#include <stddef.h>
#include <string.h>

const cli_option cli_model_options[CLI_N_MODEL_OPTIONS] = {
    {.name = "input-shape",
     .kind = CLI_STRING,
     .arg = "HxWxC",
     .help = "sizes for inputs that a Keras model leaves open",
     .offset = offsetof(cli_model_args, input_shape)},
};

static void warn(void *context, const char *text)
{
    cli_warn(context, "%s", text);
}

mote_import_options cli_import_options(const cli_context *context, const cli_model_args *args)
{
    return (mote_import_options){
        .input_shape = args->input_shape, .warn = warn, .warn_context = (void *)(uintptr_t)context};
}

const cli_option cli_limit_options[CLI_N_LIMIT_OPTIONS] = {
    {.name = "memory-limit",
     .kind = CLI_INT,
     .arg = "MB",
     .def = "-1",
     .min = -1,
     .max = 1 << 30,
     .help = "refuse a model that needs more; 0: no limit (default: 768 and 16 times its constants; to train, what "
             "the machine has)",
     .offset = offsetof(cli_limits, memory_mb)},
    {.name = "loop-limit",
     .kind = CLI_FLOAT,
     .arg = "SECONDS",
     .def = "4",
     .min = 0,
     .max = 2000000,
     .help = "end a model whose loops (WHILE) turn for longer; 0: no limit",
     .offset = offsetof(cli_limits, loop_seconds)},
};

static size_t constants_bytes(const mote_model *model)
{
    size_t total = 0;
    for (int32_t g = 0; g < model->n_graphs; g++)
        for (int32_t i = 0; i < model->graphs[g]->n_tensors; i++)
            if (model->graphs[g]->tensors[i]->storage == MOTE_STORAGE_CONST)
                total += model->graphs[g]->tensors[i]->n_bytes;
    return total;
}

void cli_limits_apply(const cli_limits *limits, mote_model *model)
{
    model->run_limit_bytes =
        limits->memory_mb < 0 ? ((size_t)768 << 20) + 16 * constants_bytes(model) : (size_t)limits->memory_mb << 20;
    model->run_limit_loops_ms = (int32_t)(limits->loop_seconds * 1e3);
}

size_t cli_limits_training_bytes(const cli_limits *limits)
{
    return limits->memory_mb >= 0 ? (size_t)limits->memory_mb << 20 : mote_memory_bytes();
}

mote_status cli_model_load_runnable(const cli_context *context, const cli_model_args *args, const char *path,
                                    mote_model **model, mote_error *err)
{
    const mote_import_options options = cli_import_options(context, args);
    mote_model *loaded;
    mote_status status = mote_model_load(&loaded, path, &options, err);
    if (status != MOTE_OK)
        return status;
    *model = loaded;
    if (strcmp(loaded->source, "keras") == 0) {
        status = mote_lower(loaded, NULL, model, err);
        mote_model_free(loaded);
    }
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "%s", path);
    cli_limits_apply(&args->limits, *model);
    return MOTE_OK;
}

mote_status cli_runtime_new(mote_runtime **runtime, const mote_model *model, const char *path, const char *signature,
                            const mote_runtime_options *options, mote_error *err)
{
    mote_status status = mote_runtime_new(runtime, model, options, err);
    if (status == MOTE_OK && signature) {
        status = mote_runtime_select_signature(*runtime, signature, err);
        if (status != MOTE_OK) {
            mote_runtime_free(*runtime);
            *runtime = NULL;
        }
    }
    return status == MOTE_OK ? MOTE_OK : mote_error_prefix(err, status, "%s", path);
}
