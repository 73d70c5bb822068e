/* mote run: photos or arrays through a network. */
#include "cli/cli_examples.h"
#include "cli/cli_json.h"
#include "cli/cli_model.h"
#include "cli/cli_output.h"
#include "cli/cli_text.h"

#include <mote/io.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_JSON_VALUES = 65536, SHOWN_VALUES = 8 };

typedef struct run_args {
    int64_t top;
    const char *labels, *out, *pixels, *signature;
    bool reference;
    cli_model_args import;
} run_args;

/* One output of every example, one after another. */
typedef struct collected {
    mote_tensor tensor; /* data is owned; shape grows along axis 0 */
    mote_shape one;     /* of a single example */
    size_t one_bytes;
} collected;

typedef struct run_state {
    const cli_context *context;
    const run_args *args;
    bool says; /* text on standard output, which neither JSON nor an array wants */
    mote_runtime *runtime;
    cli_examples examples;
    collected *outputs;
    int32_t n_outputs;
    mote_file labels_file;
    char **labels;
    int64_t n_labels;
    json_t *top;
} run_state;

/* --- labels: one a line --- */

static mote_status load_labels(run_state *state, mote_error *err)
{
    if (!state->args->labels)
        return MOTE_OK;
    const mote_status status = mote_file_open(&state->labels_file, state->args->labels, 1 << 24, NULL, err);
    if (status != MOTE_OK)
        return status;
    const char *text = (const char *)state->labels_file.data;
    const size_t n_bytes = state->labels_file.n_bytes;
    int64_t n = 1;
    for (size_t i = 0; i < n_bytes; i++)
        n += text[i] == '\n';
    state->labels = mote_calloc(NULL, (size_t)n, sizeof *state->labels);
    for (size_t at = 0; state->labels && at < n_bytes;) {
        const char *end = memchr(text + at, '\n', n_bytes - at);
        size_t length = (end ? (size_t)(end - text) : n_bytes) - at, next = at + length + 1;
        while (length > 0 && (unsigned char)text[at + length - 1] <= ' ')
            length--;
        char *label = strndup(text + at, length);
        if (!label)
            return mote_error_no_memory(err);
        state->labels[state->n_labels++] = label;
        at = next;
    }
    return state->labels ? MOTE_OK : mote_error_no_memory(err);
}

static void free_labels(run_state *state)
{
    for (int64_t i = 0; i < state->n_labels; i++)
        free(state->labels[i]);
    mote_free(NULL, state->labels);
    if (state->labels_file.data)
        mote_file_close(&state->labels_file);
}

/* --- the best classes of output 0 --- */

static int32_t class_count(const mote_tensor *output)
{
    const int64_t n = mote_shape_count(&output->shape);
    const mote_shape *shape = &output->shape;
    const bool scores = shape->rank >= 1 && n > 1 && shape->dims[shape->rank - 1] == n && n <= 1000000;
    return scores ? (int32_t)n : 0;
}

static int32_t best_left(const float *scores, int32_t n, const bool *taken)
{
    int32_t best = -1;
    for (int32_t i = 0; i < n; i++)
        if (!taken[i] && !isnan(scores[i]) && (best < 0 || scores[i] > scores[best]))
            best = i;
    return best;
}

static void add_top(run_state *state, int64_t example, int32_t class, float score)
{
    char number[16];
    snprintf(number, sizeof number, "%d", class);
    const char *name = class < state->n_labels ? state->labels[class] : number;
    const char *input = state->examples.photos        ? state->examples.paths[example]
                        : state->examples.n_paths > 0 ? state->examples.paths[0]
                                                      : "";
    if (state->says) {
        printf("  %8.5f  %s\n", (double)score, cli_shown(name).text);
        return;
    }
    if (!state->context->json)
        return;
    json_t *row = json_object();
    json_object_set_new(row, "class", cli_json_text(name));
    json_object_set_new(row, "score", json_real((double)score));
    json_object_set_new(row, "index", json_integer(class));
    json_object_set_new(row, "input", cli_json_text(input));
    json_object_set_new(row, "example", json_integer(example));
    json_array_append_new(state->top, row);
}

static mote_status rank_classes(run_state *state, int64_t example, const mote_tensor *output, mote_error *err)
{
    const int32_t n = class_count(output);
    if (n == 0)
        return MOTE_OK;
    float *scores = mote_calloc(NULL, (size_t)n, sizeof *scores);
    bool *taken = mote_calloc(NULL, (size_t)n, sizeof *taken);
    mote_status status = scores && taken ? mote_tensor_to_float(output, scores, n) : MOTE_NO_MEMORY;
    if (status == MOTE_NO_MEMORY)
        mote_error_set(err, status, "out of memory");
    for (int64_t k = 0; status == MOTE_OK && k < state->args->top; k++) {
        const int32_t best = best_left(scores, n, taken);
        if (best < 0 && k == 0)
            cli_warn(state->context, "example %lld: its scores are no numbers (NaN)", (long long)example);
        if (best < 0)
            break;
        taken[best] = true;
        add_top(state, example, best, scores[best]);
    }
    mote_free(NULL, scores);
    mote_free(NULL, taken);
    return status == MOTE_UNSUPPORTED ? MOTE_OK : status; /* strings have no order */
}

/* --- collecting --- */

static mote_status collect(run_state *state, int32_t which, int64_t example, mote_error *err)
{
    const mote_tensor *output = mote_runtime_output(state->runtime, which);
    collected *all = &state->outputs[which];
    if (example == 0) {
        all->tensor = *output;
        all->one = output->shape;
        all->one_bytes = output->n_bytes;
        size_t total;
        if (__builtin_mul_overflow(output->n_bytes, (size_t)state->examples.n, &total))
            return mote_error_set(err, MOTE_LIMIT, "output %d is too large to collect", which);
        all->tensor.n_bytes = total;
        all->tensor.data = mote_alloc(NULL, total);
        if (!all->tensor.data)
            return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for output %d", which);
        if (state->examples.n > 1) {
            mote_shape *shape = &all->tensor.shape;
            if (shape->rank == 0)
                *shape = (mote_shape){1, {1}};
            shape->dims[0] = (int32_t)(shape->dims[0] * state->examples.n);
        }
    } else if (!mote_shape_equal(&all->one, &output->shape) || all->one_bytes != output->n_bytes) {
        return mote_error_set(err, MOTE_SHAPE, "output %d changes its shape between examples; run them one at a time",
                              which);
    }
    if (output->n_bytes)
        memcpy((char *)all->tensor.data + (size_t)example * all->one_bytes, output->data, output->n_bytes);
    return MOTE_OK;
}

static void print_values(const mote_tensor *output, int32_t which)
{
    char shape[MOTE_SHAPE_TEXT_BYTES];
    printf("  output %d %s: %s %s", which, cli_shown(output->name).text, mote_dtype_name(output->dtype),
           mote_shape_format(&output->shape, shape));
    const int64_t n = mote_shape_count(&output->shape);
    float *values = mote_calloc(NULL, (size_t)n, sizeof *values);
    if (values && mote_tensor_to_float(output, values, n) == MOTE_OK) {
        printf(" =");
        for (int64_t i = 0; i < n && i < SHOWN_VALUES; i++)
            printf(" %g", (double)values[i]);
        printf("%s", n > SHOWN_VALUES ? " ..." : "");
    }
    printf("\n");
    mote_free(NULL, values);
}

static mote_status run_one(run_state *state, int64_t example, mote_error *err)
{
    mote_status status = cli_examples_fill(&state->examples, state->runtime, example, err);
    if (status == MOTE_OK)
        status = mote_runtime_invoke(state->runtime, err);
    for (int32_t i = 0; status == MOTE_OK && i < state->n_outputs; i++)
        status = collect(state, i, example, err);
    if (status != MOTE_OK)
        return status;
    if (state->says && state->examples.photos)
        printf("%s\n", cli_shown(state->examples.paths[example]).text);
    else if (state->says && state->examples.n > 1)
        printf("example %lld\n", (long long)example);
    if (state->says)
        for (int32_t i = 0; i < state->n_outputs; i++) {
            const mote_tensor *output = mote_runtime_output(state->runtime, i);
            if (i > 0 || class_count(output) == 0)
                print_values(output, i);
        }
    return state->n_outputs > 0 ? rank_classes(state, example, mote_runtime_output(state->runtime, 0), err) : MOTE_OK;
}

/* --- giving --- */

/* "dir/out.npy" for one output, "dir/out0.npy", "dir/out1.npy" for several. */
static mote_status write_outputs(const run_state *state, mote_error *err)
{
    const char *out = state->args->out;
    const size_t n = out ? strlen(out) : 0;
    const size_t stem = out && cli_is_array_name(out) ? n - 4 : n;
    for (int32_t i = 0; out && i < state->n_outputs; i++) {
        char path[4096];
        const int written = state->n_outputs == 1 ? snprintf(path, sizeof path, "%s", out)
                                                  : snprintf(path, sizeof path, "%.*s%d.npy", (int)stem, out, i);
        if (written < 0 || (size_t)written >= sizeof path)
            return mote_error_set(err, MOTE_ARGUMENT, "-o: the path is too long");
        const mote_status status = mote_npy_write(path, &state->outputs[i].tensor, err);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

static json_t *values_json(const mote_tensor *tensor)
{
    const int64_t n = mote_shape_count(&tensor->shape);
    float *values = n <= MAX_JSON_VALUES ? mote_calloc(NULL, (size_t)n, sizeof *values) : NULL;
    json_t *list = json_null();
    if (values && mote_tensor_to_float(tensor, values, n) == MOTE_OK) {
        list = json_array();
        for (int64_t i = 0; i < n; i++)
            json_array_append_new(list, isfinite(values[i]) ? json_real((double)values[i]) : json_null());
    }
    mote_free(NULL, values);
    return list;
}

static void print_json(const run_state *state)
{
    json_t *root = json_object(), *outputs = json_array();
    for (int32_t i = 0; i < state->n_outputs; i++) {
        const mote_tensor *tensor = &state->outputs[i].tensor;
        json_t *row = json_object(), *shape = json_array();
        for (int32_t d = 0; d < tensor->shape.rank; d++)
            json_array_append_new(shape, json_integer(tensor->shape.dims[d]));
        json_object_set_new(row, "name", cli_json_text(tensor->name));
        json_object_set_new(row, "dtype", json_string(mote_dtype_name(tensor->dtype)));
        json_object_set_new(row, "shape", shape);
        if (tensor->quant.n == 1) {
            json_object_set_new(row, "scale", json_real((double)tensor->quant.scale[0]));
            json_object_set_new(row, "zero_point", json_integer(tensor->quant.zero_point[0]));
        }
        json_object_set_new(row, "values", values_json(tensor));
        json_array_append_new(outputs, row);
    }
    json_object_set_new(root, "outputs", outputs);
    json_object_set(root, "top", state->top);
    cli_json_print(root);
}

static mote_status run_all(run_state *state, char *const *paths, int n_paths, mote_error *err)
{
    mote_status status = load_labels(state, err);
    if (status == MOTE_OK)
        status = cli_examples_open(&state->examples, state->runtime, paths, n_paths, state->args->pixels, err);
    if (status == MOTE_OK)
        status = mote_runtime_allocate(state->runtime, err);
    state->n_outputs = mote_runtime_n_outputs(state->runtime);
    if (status == MOTE_OK && state->n_outputs != 1 && state->args->out && strcmp(state->args->out, "-") == 0)
        status = mote_error_set(err, MOTE_ARGUMENT,
                                "the model has %d outputs, and standard output takes one; give -o "
                                "a name",
                                state->n_outputs);
    state->outputs = mote_calloc(NULL, (size_t)state->n_outputs, sizeof *state->outputs);
    if (status == MOTE_OK && !state->outputs)
        status = mote_error_no_memory(err);
    for (int64_t i = 0; status == MOTE_OK && i < state->examples.n; i++)
        status = run_one(state, i, err);
    if (status == MOTE_OK)
        status = write_outputs(state, err);
    if (status == MOTE_OK && state->context->json)
        print_json(state);
    return status;
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    const run_args *wanted = args;
    if (cli_check_output(context, "-o", wanted->out, CLI_ARRAY_FILE) != CLI_OK)
        return CLI_USAGE;
    const bool to_stdout = wanted->out && strcmp(wanted->out, "-") == 0;
    run_state state = {.context = context, .args = wanted, .says = !context->json && !to_stdout, .top = json_array()};
    mote_runtime_options options = {.n_threads = context->n_threads, .reference = state.args->reference};
    mote_model *model = NULL;
    mote_error err = {0};
    mote_status status = cli_model_load_runnable(context, &state.args->import, positional[0], &model, &err);
    if (status == MOTE_OK)
        status = cli_runtime_new(&state.runtime, model, positional[0], state.args->signature, &options, &err);
    if (status == MOTE_OK) {
        status = run_all(&state, positional + 1, n_positional - 1, &err);
        for (int32_t i = 0; state.outputs && i < state.n_outputs; i++)
            mote_free(NULL, state.outputs[i].tensor.data);
        mote_free(NULL, state.outputs);
        cli_examples_close(&state.examples);
        free_labels(&state);
    }
    mote_runtime_free(state.runtime);
    mote_model_free(model);
    json_decref(state.top);
    return status == MOTE_OK ? CLI_OK : cli_fail(context, &err);
}

static const cli_option OPTIONS[] = {
    {.name = "top",
     .letter = 'k',
     .kind = CLI_INT,
     .arg = "K",
     .def = "5",
     .min = 0,
     .max = 1000000,
     .help = "show the K classes with the highest scores of the first output",
     .offset = offsetof(run_args, top)},
    {.name = "labels",
     .kind = CLI_STRING,
     .arg = "FILE",
     .help = "class names, one a line",
     .offset = offsetof(run_args, labels)},
    {.name = "output",
     .letter = 'o',
     .kind = CLI_STRING,
     .arg = "OUT.npy",
     .help = "write raw output values; OUT0.npy, OUT1.npy for several outputs",
     .offset = offsetof(run_args, out)},
    {.name = "signature",
     .kind = CLI_STRING,
     .arg = "KEY",
     .help = "enter at this signature (default: the main graph)",
     .offset = offsetof(run_args, signature)},
    {.name = "reference",
     .kind = CLI_FLAG,
     .help = "use the plain reference kernels only",
     .offset = offsetof(run_args, reference)},
};

static const cli_group GROUPS[] = {{OPTIONS, CLI_COUNT(OPTIONS), 0},
                                   CLI_PIXELS_GROUP(run_args, pixels),
                                   {cli_model_options, CLI_N_MODEL_OPTIONS, offsetof(run_args, import)},
                                   CLI_LIMIT_GROUP(run_args, import)};

const cli_verb cli_verb_run = {
    .name = "run",
    .positional = "MODEL [INPUT...]",
    .summary = "photos or .npy tensors through a model",
    .description =
        "INPUT is photos (JPEG, PNG), each an example for a model with one image input; or .npy tensors, one "
        "file per model input in the model's order, batched on axis 0. Photos are resized to the model's "
        "input; a quantized input gets round(x / scale) + zero point, clamped. An array of the input's own "
        "type is taken as it is.",
    .examples = "  mote run int8.tflite cat.jpg dog.jpg --top 2 --labels labels.txt\n"
                "  mote run model.tflite input0.npy -o output.npy\n"
                "  mote run model.h5 photo.png --pixels -1..1 --json",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(run_args),
    .min_positional = 1,
    .max_positional = -1,
    .run = run,
};
