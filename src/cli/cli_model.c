#include "cli/cli_model.h"

#include <mote/import.h>

#include <string.h>

mote_status cli_model_load_runnable(mote_model **model, const char *path, mote_error *err)
{
    mote_status status = mote_model_load(model, path, NULL, err);
    if (status != MOTE_OK || !(*model)->source || strcmp((*model)->source, "keras") != 0)
        return status;
    mote_model_free(*model);
    *model = NULL;
    return mote_error_set(err, MOTE_UNSUPPORTED, "%s: a Keras model; `mote convert` makes the .tflite that runs", path);
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
