#include "cli/cli_forms.h"

#include <mote/tflite.h>

#include <stdio.h>

static const mote_format FORMS[CLI_N_FORMS] = {MOTE_FORMAT_FLOAT32, MOTE_FORMAT_FLOAT16, MOTE_FORMAT_DYNAMIC,
                                               MOTE_FORMAT_INT8};

static void on_warning(void *arg, const char *text)
{
    cli_warn(arg, "%s", text);
}

static mote_status convert(const cli_context *context, const mote_model *model, mote_format format,
                           const cli_calibrate_args *calibrate, mote_model **out, mote_error *err)
{
    mote_convert_options options = mote_convert_options_default(format);
    options.n_threads = context->n_threads;
    options.on_warning = on_warning;
    options.on_warning_arg = (void *)(uintptr_t)context;
    if (format != MOTE_FORMAT_INT8)
        return mote_convert(model, &options, out, err);
    cli_calibration calibration;
    mote_calibration_source source;
    options.input_type = options.output_type = MOTE_UINT8;
    options.calibration = &source;
    mote_status status = cli_calibration_open(&calibration, context, model, calibrate, 0, NULL, err);
    if (status != MOTE_OK)
        return status;
    status = cli_calibration_source(&calibration, "calibrating", &source, err);
    if (status == MOTE_OK)
        status = mote_convert(model, &options, out, err);
    cli_calibration_close(&calibration);
    return status;
}

mote_status cli_forms_make(const cli_context *context, const mote_model *model, const char *name, const char *folder,
                           const cli_calibrate_args *calibrate, char paths[CLI_N_FORMS][CLI_PATH_BYTES],
                           mote_error *err)
{
    for (int i = 0; i < CLI_N_FORMS; i++) {
        mote_model *converted = NULL;
        const int n = snprintf(paths[i], CLI_PATH_BYTES, "%s/%s.tflite", folder, mote_format_name(FORMS[i]));
        if (n < 0 || n >= CLI_PATH_BYTES)
            return mote_error_set(err, MOTE_ARGUMENT, "-o: the path is too long");
        cli_note(context, "converting to %s", mote_format_name(FORMS[i]));
        mote_status status = convert(context, model, FORMS[i], calibrate, &converted, err);
        if (status != MOTE_OK)
            mote_error_prefix(err, status, "%s", name);
        else
            status = mote_tflite_save(converted, paths[i], err);
        mote_model_free(converted);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}
