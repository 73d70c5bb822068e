#include "cli/cli_model.h"

#include <mote/tflite.h>

mote_status cli_model_load_runnable(mote_model **model, const char *path, mote_error *err)
{
    return mote_tflite_load(model, path, NULL, err);
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
