/* mote diff: two forms of one network, layer by layer. */
#include "cli/cli_examples.h"
#include "cli/cli_json.h"
#include "cli/cli_model.h"
#include "cli/cli_text.h"

#include <mote/diff.h>
#include <mote/text.h>

#include <stdlib.h>
#include <string.h>

enum { MAX_ARRAYS = 64, NAME_WIDTH = 44 };

typedef struct diff_args {
    cli_data_args data;
    bool outputs;
    cli_model_args import;
} diff_args;

typedef struct diff_state {
    const cli_context *context;
    const diff_args *args;
    const char *paths[2];
    mote_model *models[2];
    mote_diff *diff;
    int64_t skipped;
} diff_state;

/* --- arrays: --data X.npy[,Y.npy…], one file a network input --- */

static mote_status step_arrays(diff_state *state, cli_examples examples[2], int64_t i, mote_error *err)
{
    for (int32_t k = 0; k < 2; k++) {
        const mote_status status = cli_examples_fill(&examples[k], mote_diff_runtime(state->diff, k), i, err);
        if (status != MOTE_OK)
            return status;
    }
    return mote_diff_step(state->diff, err);
}

static mote_status diff_arrays(diff_state *state, char *const *paths, int n_paths, mote_error *err)
{
    cli_examples examples[2] = {{0}, {0}};
    mote_status status = MOTE_OK;
    for (int32_t k = 0; k < 2 && status == MOTE_OK; k++)
        status = cli_examples_open(&examples[k], mote_diff_runtime(state->diff, k), paths, n_paths, NULL, err);
    if (status == MOTE_OK && examples[0].n != examples[1].n)
        status = mote_error_set(err, MOTE_SHAPE, "%s holds %lld examples for one model, %lld for the other", paths[0],
                                (long long)examples[0].n, (long long)examples[1].n);
    if (status == MOTE_OK)
        status = mote_diff_start(state->diff, err);
    int64_t n = examples[0].n;
    if (state->args->data.limit > 0 && n > state->args->data.limit)
        n = state->args->data.limit;
    cli_progress progress;
    cli_progress_start(&progress, state->context, "comparing", "examples", n);
    for (int64_t i = 0; i < n && status == MOTE_OK; i++) {
        status = step_arrays(state, examples, i, err);
        cli_progress_step(&progress, i + 1);
    }
    cli_progress_end(&progress);
    cli_examples_close(&examples[0]);
    cli_examples_close(&examples[1]);
    return status;
}

/* --- photos --- */

static mote_status check_image_inputs(const diff_state *state, mote_error *err)
{
    for (int32_t k = 0; k < 2; k++) {
        mote_runtime *runtime = mote_diff_runtime(state->diff, k);
        const mote_tensor *input = mote_runtime_n_inputs(runtime) == 1 ? mote_runtime_input(runtime, 0) : NULL;
        if (!input || input->shape.rank != 4 || input->shape.dims[0] != 1 ||
            (input->shape.dims[3] != 1 && input->shape.dims[3] != 3))
            return mote_error_set(err, MOTE_ARGUMENT, "%s: takes no single image; give --data INPUT.npy",
                                  state->paths[k]);
        if (k == 1 &&
            !mote_shape_equal(&input->shape, &mote_runtime_input(mote_diff_runtime(state->diff, 0), 0)->shape))
            return mote_error_set(err, MOTE_SHAPE, "%s and %s take images of different sizes", state->paths[0],
                                  state->paths[1]);
    }
    return MOTE_OK;
}

static mote_status step_photo(diff_state *state, const float *pixels, mote_error *err)
{
    for (int32_t k = 0; k < 2; k++) {
        mote_tensor *input = mote_runtime_input(mote_diff_runtime(state->diff, k), 0);
        const mote_status status = mote_tensor_from_float(input, pixels, mote_shape_count(&input->shape));
        if (status != MOTE_OK)
            return mote_error_set(err, status, "%s: its input of type %s takes no photo", state->paths[k],
                                  mote_dtype_name(input->dtype));
    }
    return mote_diff_step(state->diff, err);
}

static mote_status diff_photos(diff_state *state, mote_error *err)
{
    cli_data data;
    mote_loader *loader = NULL;
    mote_status status = check_image_inputs(state, err);
    if (status == MOTE_OK)
        status = cli_data_open(&data, &state->args->data, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape shape = mote_runtime_input(mote_diff_runtime(state->diff, 0), 0)->shape;
    mote_loader_options options = mote_loader_options_default();
    options.height = shape.dims[1];
    options.width = shape.dims[2];
    options.channels = shape.dims[3];
    options.pixels = data.pixels;
    options.strict = state->args->data.strict;
    options.on_skip = cli_on_skip;
    options.on_skip_arg = (void *)(uintptr_t)state->context;
    status = mote_loader_new(&loader, data.dataset, &data.slice, &options, NULL, err);
    if (status == MOTE_OK)
        status = mote_diff_start(state->diff, err);
    cli_progress progress;
    cli_progress_start(&progress, state->context, "comparing", "photos", data.slice.n);
    for (bool more = true; more && status == MOTE_OK;) {
        mote_example example;
        status = mote_loader_next(loader, &example, &more, err);
        if (status == MOTE_OK && more) {
            status = step_photo(state, example.pixels, err);
            cli_progress_step(&progress, mote_diff_n_examples(state->diff));
        }
    }
    cli_progress_end(&progress);
    if (loader)
        state->skipped = mote_loader_skipped(loader);
    mote_loader_free(loader);
    cli_data_close(&data);
    return status;
}

/* --- showing --- */

/* Where a name is long its end tells most. */
static cli_text layer_column(const char *name)
{
    const cli_text shown = cli_shown(name);
    const size_t n = mote_text_length(shown.text);
    const size_t skipped = n > NAME_WIDTH ? mote_text_bytes(shown.text, n - NAME_WIDTH) : 0;
    return cli_column(shown.text + skipped, NAME_WIDTH);
}

static void print_text(const diff_state *state)
{
    int32_t n, worst = -1;
    const mote_diff_layer *layers = mote_diff_layers(state->diff, &n);
    printf("%-*s %-20s %12s %8s %9s %12s\n", NAME_WIDTH, "layer", "operator", "rmse", "sqnr dB", "cosine", "max |b-a|");
    for (int32_t i = 0; i < n; i++) {
        const mote_diff_layer *layer = &layers[i];
        if (layer->n_values == 0 || (state->args->outputs && layer->output < 0))
            continue;
        printf("%s %-20s %12.5g %8.2f %9.6f %12.5g%s\n", layer_column(layer->name).text, layer->op, layer->rmse,
               layer->sqnr_db, layer->cosine, layer->max_abs, layer->output >= 0 ? "  output" : "");
        if (worst < 0 || layer->sqnr_db < layers[worst].sqnr_db)
            worst = i;
    }
    if (worst >= 0)
        printf("least alike: %s (%.2f dB)\n", cli_shown(layers[worst].name).text, layers[worst].sqnr_db);
    printf("same answer in %.2f%% of %lld examples\n", 100 * mote_diff_agreement(state->diff),
           (long long)mote_diff_n_examples(state->diff));
}

static void print_json(const diff_state *state)
{
    int32_t n;
    const mote_diff_layer *layers = mote_diff_layers(state->diff, &n);
    json_t *root = json_object(), *list = json_array();
    for (int32_t i = 0; i < n; i++) {
        const mote_diff_layer *layer = &layers[i];
        if (layer->n_values == 0 || (state->args->outputs && layer->output < 0))
            continue;
        json_t *row = json_object();
        json_object_set_new(row, "name", cli_json_text(layer->name));
        json_object_set_new(row, "name_b", cli_json_text(state->models[1]->graphs[0]->tensors[layer->tensor_b]->name));
        json_object_set_new(row, "op", json_string(layer->op));
        json_object_set_new(row, "rmse", json_real(layer->rmse));
        json_object_set_new(row, "sqnr_db", json_real(layer->sqnr_db));
        json_object_set_new(row, "cosine", json_real(layer->cosine));
        json_object_set_new(row, "max_abs", json_real(layer->max_abs));
        if (layer->output >= 0)
            json_object_set_new(row, "output", json_integer(layer->output));
        json_array_append_new(list, row);
    }
    json_object_set_new(root, "a", cli_json_text(state->paths[0]));
    json_object_set_new(root, "b", cli_json_text(state->paths[1]));
    json_object_set_new(root, "layers", list);
    json_object_set_new(root, "agreement", json_real(mote_diff_agreement(state->diff)));
    json_object_set_new(root, "examples", json_integer(mote_diff_n_examples(state->diff)));
    json_object_set_new(root, "skipped", json_integer(state->skipped));
    cli_json_print(root);
}

static mote_status diff_all(diff_state *state, char *const *more, int n_more, mote_error *err)
{
    char *paths[MAX_ARRAYS];
    int n_paths = 0;
    mote_status status = MOTE_OK;
    if (!cli_is_array_name(state->args->data.data)) {
        if (n_more > 0)
            return mote_error_set(err, MOTE_ARGUMENT, "%s: only .npy files follow the two models", more[0]);
        return diff_photos(state, err);
    }
    char *text = strdup(state->args->data.data);
    if (!text)
        return mote_error_no_memory(err);
    char *rest = text;
    for (char *path = strsep(&rest, ","); path && n_paths < MAX_ARRAYS; path = strsep(&rest, ","))
        paths[n_paths++] = path;
    for (int i = 0; i < n_more && n_paths < MAX_ARRAYS; i++)
        paths[n_paths++] = more[i];
    status = diff_arrays(state, paths, n_paths, err);
    free(text);
    return status;
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    diff_state state = {.context = context, .args = args, .paths = {positional[0], positional[1]}};
    mote_error err = {0};
    mote_status status = cli_model_load_runnable(context, &state.args->import, positional[0], &state.models[0], &err);
    if (status == MOTE_OK)
        status = cli_model_load_runnable(context, &state.args->import, positional[1], &state.models[1], &err);
    if (status == MOTE_OK)
        status = mote_diff_new(&state.diff, state.models[0], state.models[1], context->n_threads, NULL, &err);
    if (status == MOTE_OK)
        status = diff_all(&state, positional + 2, n_positional - 2, &err);
    if (status == MOTE_OK && mote_diff_n_examples(state.diff) == 0)
        status = mote_error_set(&err, MOTE_ARGUMENT, "%s: no example could be read", state.args->data.data);
    if (status == MOTE_OK && context->json)
        print_json(&state);
    else if (status == MOTE_OK)
        print_text(&state);
    mote_diff_free(state.diff);
    mote_model_free(state.models[0]);
    mote_model_free(state.models[1]);
    return status == MOTE_OK ? CLI_OK : cli_fail(context, &err);
}

static const cli_option OPTIONS[] = {
    {.name = "outputs",
     .kind = CLI_FLAG,
     .help = "show the network's outputs only",
     .offset = offsetof(diff_args, outputs)},
};

static const cli_group GROUPS[] = {CLI_DATA_GROUP(diff_args, data),
                                   CLI_PIXELS_GROUP(diff_args, data.pixels),
                                   {OPTIONS, CLI_COUNT(OPTIONS), 0},
                                   {cli_model_options, CLI_N_MODEL_OPTIONS, offsetof(diff_args, import)},
                                   CLI_LIMIT_GROUP(diff_args, import)};

const cli_verb cli_verb_diff = {
    .name = "diff",
    .positional = "A B [INPUT.npy...]",
    .summary = "how far two forms of one network differ, layer by layer",
    .description =
        "A and B are two forms of one network (float and quantized, a Keras file and its .tflite). Tensors are "
        "matched by name and by place; each pair gets the root mean square error of B against A, the signal to "
        "noise ratio (300 dB: no difference), the cosine and the largest difference, as real numbers. --data "
        "takes photos, or .npy tensors, one file per model input: --data X.npy,Y.npy.",
    .examples = "  mote diff float32.tflite int8.tflite --data photos --split test --limit 32\n"
                "  mote diff model.h5 model.tflite --data inputs.npy --json",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(diff_args),
    .min_positional = 2,
    .max_positional = -1,
    .run = run,
};
