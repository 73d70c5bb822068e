#include "cli/cli_model.h"

#include <mote/convert.h>
#include <mote/import.h>

#include <string.h>

mote_status cli_model_load_runnable(mote_model **model, const char *path, mote_error *err)
{
    mote_model *loaded;
    mote_status status = mote_model_load(&loaded, path, NULL, err);
    if (status != MOTE_OK)
        return status;
    if (strcmp(loaded->source, "keras") != 0) {
        *model = loaded;
        return MOTE_OK;
    }
    status = mote_lower(loaded, NULL, model, err);
    mote_model_free(loaded);
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "%s", path);
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
