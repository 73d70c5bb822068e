#include "cli/cli_calibrate.h"
#include "cli/cli_evaluate.h"
#include "cli/cli_examples.h"
#include "cli/cli_json.h"
#include "cli/cli_model.h"
#include "cli/cli_output.h"
#include "cli/cli_text.h"

#include <mote/clock.h>
#include <mote/io.h>
#include <mote/tflite.h>

#include <stdio.h>
#include <string.h>

typedef struct convert_args {
    const char *output, *quantize, *input_type, *output_type, *recover, *validate, *validate_split;
    double max_drop;
    cli_calibrate_args calibrate;
    cli_model_args import;
} convert_args;

static const cli_option OPTIONS[] = {
    {.name = "output",
     .letter = 'o',
     .kind = CLI_STRING,
     .arg = "OUT.tflite",
     .required = true,
     .help = "where the result goes; - is standard output",
     .offset = offsetof(convert_args, output)},
    {.name = "quantize",
     .kind = CLI_CHOICE,
     .arg = "FORM",
     .choices = "float32|float16|dynamic|int8|int16x8",
     .def = "float32",
     .help = "the form of the result",
     .offset = offsetof(convert_args, quantize)},
    {.name = "calibrate",
     .kind = CLI_STRING,
     .arg = "DIR",
     .help = "photos to learn ranges from (int8, int16x8), or X.npy[,Y.npy…]: one array per model input",
     .offset = offsetof(convert_args, calibrate.paths)},
    {.name = "split",
     .kind = CLI_STRING,
     .arg = "SPLIT",
     .help = "which of the photos (default: train, else the first)",
     .offset = offsetof(convert_args, calibrate.split)},
    {.name = "samples",
     .kind = CLI_INT,
     .arg = "N",
     .def = "0",
     .min = 0,
     .max = 1e9,
     .help = "how many examples to calibrate with (default: 100 photos, or all of the arrays)",
     .offset = offsetof(convert_args, calibrate.samples)},
    {.name = "strict",
     .kind = CLI_FLAG,
     .help = "an unreadable photo is an error, not a warning",
     .offset = offsetof(convert_args, calibrate.strict)},
    {.name = "input-type",
     .kind = CLI_CHOICE,
     .arg = "T",
     .choices = "float32|int8|uint8|int16",
     .def = "float32",
     .help = "type of the inputs",
     .offset = offsetof(convert_args, input_type)},
    {.name = "output-type",
     .kind = CLI_CHOICE,
     .arg = "T",
     .choices = "float32|int8|uint8|int16",
     .def = "float32",
     .help = "type of the outputs",
     .offset = offsetof(convert_args, output_type)},
    {.name = "recover",
     .kind = CLI_STRING,
     .arg = "HOW",
     .def = "none",
     .help = "steps that win accuracy back; none gives what TensorFlow's converter would, and is all there is yet",
     .offset = offsetof(convert_args, recover)},
    {.name = "validate",
     .kind = CLI_STRING,
     .arg = "DIR",
     .help = "labelled photos to evaluate the model on before and after",
     .offset = offsetof(convert_args, validate)},
    {.name = "validate-split",
     .kind = CLI_STRING,
     .arg = "SPLIT",
     .help = "which of those (default: test, else the first)",
     .offset = offsetof(convert_args, validate_split)},
    {.name = "max-drop",
     .kind = CLI_FLOAT,
     .arg = "POINTS",
     .def = "100",
     .min = 0,
     .max = 100,
     .help = "fail, and write nothing, when accuracy on --validate falls by more percentage points",
     .offset = offsetof(convert_args, max_drop)},
};
static const cli_group GROUPS[] = {{OPTIONS, CLI_COUNT(OPTIONS), 0},
                                   CLI_PIXELS_GROUP(convert_args, calibrate.pixels),
                                   {cli_model_options, CLI_N_MODEL_OPTIONS, offsetof(convert_args, import)},
                                   CLI_LIMIT_GROUP(convert_args, import)};

typedef struct conversion {
    const cli_context *context;
    const convert_args *args;
    json_t *warnings;
    mote_model *source, *result;
    cli_calibration calibration;
    bool calibrates;
    double accuracy, float_accuracy; /* on --validate; shares */
    size_t n_bytes;
} conversion;

static void on_warning(void *arg, const char *text)
{
    conversion *c = arg;
    cli_warn(c->context, "%s", text);
    json_array_append_new(c->warnings, cli_json_text(text));
}

static mote_dtype type_of(const char *text)
{
    mote_dtype dtype = MOTE_FLOAT32;
    mote_dtype_parse(text, &dtype);
    return dtype;
}

/* Says in plain words how often the quantized model answers otherwise than the float one. */
static mote_status check_agreement(conversion *c, mote_error *err)
{
    mote_calibration_source source;
    mote_status status = cli_calibration_source(&c->calibration, "comparing answers", &source, err);
    if (status != MOTE_OK)
        return status;
    mote_agreement agreement;
    status = mote_convert_check(c->source, c->result, &source, c->context->n_threads, &agreement, err);
    if (status != MOTE_OK || agreement.n == 0 || !agreement.comparable)
        return status;
    const double share = (double)agreement.n_differ / (double)agreement.n;
    char text[320];
    if (share <= 0.02)
        return MOTE_OK;
    snprintf(text, sizeof text,
             "the %s model answers otherwise than the float model on %lld of the %lld calibration examples (%.0f%%): "
             "expect it to lose accuracy; measure it with `mote compare`",
             c->args->quantize, (long long)agreement.n_differ, (long long)agreement.n, share * 100);
    on_warning(c, text);
    return MOTE_OK;
}

static mote_status convert(conversion *c, int n_more, char *const *more, mote_error *err)
{
    mote_format format;
    mote_format_parse(c->args->quantize, &format);
    mote_convert_options options = mote_convert_options_default(format);
    options.input_type = type_of(c->args->input_type);
    options.output_type = type_of(c->args->output_type);
    options.n_threads = c->context->n_threads;
    options.on_warning = on_warning;
    options.on_warning_arg = c;
    mote_calibration_source source;
    if (format == MOTE_FORMAT_INT8 || format == MOTE_FORMAT_INT16X8) {
        if (!c->args->calibrate.paths)
            return mote_error_set(err, MOTE_ARGUMENT,
                                  "--quantize %s needs --calibrate DIR: photos like those the model will see",
                                  c->args->quantize);
        mote_status status =
            cli_calibration_open(&c->calibration, c->context, c->source, &c->args->calibrate, n_more, more, err);
        if (status != MOTE_OK)
            return status;
        c->calibrates = true;
        status = cli_calibration_source(&c->calibration, "calibrating", &source, err);
        if (status != MOTE_OK)
            return status;
        options.calibration = &source;
    }
    return mote_convert(c->source, &options, &c->result, err);
}

/* The share of right answers of a model on the photos of --validate. */
static mote_status measure(const conversion *c, const mote_model *model, const char *name, const cli_data *data,
                           const cli_data_args *data_args, double *accuracy, mote_error *err)
{
    mote_evaluation evaluation = {0};
    const mote_status status =
        cli_evaluate(c->context, model, name, data, data_args, accuracy == &c->float_accuracy, &evaluation, err);
    *accuracy = evaluation.accuracy;
    mote_evaluation_free(&evaluation);
    return status;
}

static mote_status check_drop(const conversion *c, mote_error *err)
{
    const double drop = 100 * (c->float_accuracy - c->accuracy);
    if (drop <= c->args->max_drop)
        return MOTE_OK;
    return mote_error_set(
        err, MOTE_ARGUMENT,
        "accuracy falls by %.2f points, from %.2f%% to %.2f%%, and --max-drop allows %.2f: nothing is "
        "written",
        drop, 100 * c->float_accuracy, 100 * c->accuracy, c->args->max_drop);
}

static mote_status validate(conversion *c, mote_error *err)
{
    const cli_data_args data_args = {.data = c->args->validate,
                                     .split = c->args->validate_split,
                                     .pixels = c->args->calibrate.pixels,
                                     .strict = c->args->calibrate.strict};
    cli_data data = {0};
    mote_model *before = NULL;
    mote_status status = mote_lower(c->source, NULL, &before, err);
    if (status == MOTE_OK)
        status = cli_data_open(&data, &data_args, err);
    if (status == MOTE_OK)
        status = measure(c, before, "the float model", &data, &data_args, &c->float_accuracy, err);
    if (status == MOTE_OK)
        status = measure(c, c->result, "the converted model", &data, &data_args, &c->accuracy, err);
    if (status == MOTE_OK)
        status = check_drop(c, err);
    if (data.dataset)
        cli_data_close(&data);
    mote_model_free(before);
    return status;
}

static void print_json(const conversion *c, double seconds)
{
    const bool validated = c->args->validate != NULL;
    json_t *document = json_pack(
        "{s:o, s:s, s:I, s:f, s:i, s:[], s:o, s:o, s:O}", "output", cli_json_text(c->args->output), "format",
        c->args->quantize, "bytes", (json_int_t)c->n_bytes, "seconds", seconds, "ops",
        (int)c->result->graphs[0]->n_nodes, "recover", "accuracy", validated ? json_real(c->accuracy) : json_null(),
        "float_accuracy", validated ? json_real(c->float_accuracy) : json_null(), "warnings", c->warnings);
    cli_json_print(document);
}

static void print_result(const conversion *c, double seconds)
{
    if (c->context->json) {
        print_json(c, seconds);
        return;
    }
    if (strcmp(c->args->output, "-") == 0)
        return;
    printf("%s: %s, %zu bytes, %d operators, %.2f s\n", cli_shown(c->args->output).text, c->args->quantize, c->n_bytes,
           c->result->graphs[0]->n_nodes, seconds);
    if (c->args->validate)
        printf("accuracy  %.2f%%, of the float model %.2f%%\n", 100 * c->accuracy, 100 * c->float_accuracy);
}

static mote_status save(conversion *c, mote_error *err)
{
    unsigned char *bytes;
    mote_status status = mote_tflite_build(c->result, &bytes, &c->n_bytes, NULL, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "%s", c->args->output);
    status = mote_file_write(c->args->output, bytes, c->n_bytes, err);
    mote_free(NULL, bytes);
    return status;
}

static mote_status work(conversion *c, int n_positional, char *const *positional, mote_error *err)
{
    const mote_import_options import = {
        .input_shape = c->args->import.input_shape, .warn = on_warning, .warn_context = c};
    mote_status status = mote_model_load(&c->source, positional[0], &import, err);
    if (status != MOTE_OK)
        return status;
    cli_limits_apply(&c->args->import.limits, c->source);
    status = convert(c, n_positional - 1, positional + 1, err);
    if (status == MOTE_OK && c->calibrates)
        status = check_agreement(c, err);
    if (status == MOTE_OK && c->args->validate)
        status = validate(c, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "%s", positional[0]);
    return save(c, err);
}

/* More arrays to calibrate with may follow the model. */
static int check_rest(const cli_context *context, const convert_args *args, int n, char *const *rest)
{
    const bool calibrates = strcmp(args->quantize, "int8") == 0 || strcmp(args->quantize, "int16x8") == 0;
    if (n == 0 || (calibrates && args->calibrate.paths && cli_is_array_name(args->calibrate.paths)))
        return CLI_OK;
    return cli_usage_error(context, "'%s' is one argument too many", rest[0]);
}

static int check_usage(const cli_context *context, const convert_args *args)
{
    if (strcmp(args->recover, "none") != 0)
        return cli_usage_error(context, "--recover %s: the steps that win accuracy back are not there yet, only none",
                               args->recover);
    if (args->max_drop < 100 && !args->validate)
        return cli_usage_error(context, "--max-drop needs --validate DIR: labelled photos to measure accuracy on");
    return cli_check_output(context, "-o", args->output, CLI_TFLITE_FILE);
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    if (check_usage(context, args) != CLI_OK || check_rest(context, args, n_positional - 1, positional + 1) != CLI_OK)
        return CLI_USAGE;
    const int64_t start_ns = mote_clock_ns();
    conversion c = {.context = context, .args = args, .warnings = json_array()};
    mote_error err = {0};
    const mote_status status = work(&c, n_positional, positional, &err);
    if (status == MOTE_OK)
        print_result(&c, (double)(mote_clock_ns() - start_ns) * 1e-9);
    if (c.calibrates)
        cli_calibration_close(&c.calibration);
    mote_model_free(c.source);
    mote_model_free(c.result);
    json_decref(c.warnings);
    return status == MOTE_OK ? CLI_OK : cli_fail(context, &err);
}

const cli_verb cli_verb_convert = {
    .name = "convert",
    .positional = "MODEL [INPUT.npy...]",
    .summary = "turn a Keras model, or a float .tflite, into a .tflite of one of five forms",
    .description =
        "float32 and float16 keep the weights as floats; dynamic keeps activations as floats and weights as int8;\n"
        "int8 and int16x8 compute with integers and need photos to learn the ranges of activations from: some 100\n"
        "of the kind the model will see. With photos at hand, answers before and after are compared, and a warning\n"
        "says so when they differ. --validate measures accuracy, and --max-drop makes a loss an error.",
    .examples = "  mote convert model.h5 -o float.tflite\n"
                "  mote convert model.h5 -o int8.tflite --quantize int8 --calibrate photos/ --split train \\\n"
                "      --input-type uint8 --output-type uint8\n"
                "  mote convert float.tflite -o int8.tflite --quantize int8 --calibrate photos/ \\\n"
                "      --validate photos/ --validate-split test --max-drop 1\n"
                "  mote convert two_inputs.h5 -o out.tflite --quantize int8 --calibrate left.npy,right.npy",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(convert_args),
    .min_positional = 1,
    .max_positional = -1,
    .run = run,
};
