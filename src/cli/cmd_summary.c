#include "cli/cli_json.h"
#include "cli/cli_model.h"

static const cli_group GROUPS[] = {{cli_model_options, CLI_N_MODEL_OPTIONS, 0}};

static json_t *shape_json(const mote_shape *shape)
{
    json_t *dims = json_array();
    for (int32_t i = 0; i < shape->rank; i++)
        json_array_append_new(dims, shape->dims[i] < 0 ? json_null() : json_integer(shape->dims[i]));
    return dims;
}

/* A layer, the layers inside of it as "layers", and all of their parameters. *n_params is added to. */
static json_t *layer_json(const mote_model *model, int32_t index, int64_t *n_params)
{
    const mote_layer *layer = &model->layers[index];
    json_t *shapes = layer->n_outputs == 1 ? shape_json(&layer->output_shapes[0]) : json_array();
    json_t *inside = json_array();
    int64_t n = 0;
    for (int32_t i = 0; layer->n_outputs > 1 && i < layer->n_outputs; i++)
        json_array_append_new(shapes, shape_json(&layer->output_shapes[i]));
    for (int32_t i = 0; i < layer->n_weights; i++)
        n += mote_shape_count(&layer->weights[i].shape);
    for (int32_t i = index + 1; i < model->n_layers && model->layers[i].parent >= index; i++)
        if (model->layers[i].parent == index)
            json_array_append_new(inside, layer_json(model, i, &n));
    json_t *json = json_pack("{s:o, s:o, s:o, s:I}", "name", cli_json_text(layer->name), "type",
                             cli_json_text(layer->class_name), "output_shape", shapes, "params", (json_int_t)n);
    if (json_array_size(inside))
        json_object_set(json, "layers", inside);
    json_decref(inside);
    *n_params += n;
    return json;
}

static void print_json(const mote_model *model)
{
    json_t *layers = json_array();
    int64_t n = 0;
    for (int32_t i = 0; i < model->n_layers; i++)
        if (model->layers[i].parent < 0)
            json_array_append_new(layers, layer_json(model, i, &n));
    const mote_param_counts counts = mote_model_count_params(model);
    json_t *document =
        json_pack("{s:o, s:o, s:I, s:I, s:I}", "model", cli_json_text(model->name), "layers", layers, "total_params",
                  (json_int_t)counts.total, "trainable_params", (json_int_t)counts.trainable, "non_trainable_params",
                  (json_int_t)counts.non_trainable);
    cli_json_print(document);
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    (void)n_positional;
    mote_import_options options = cli_import_options(context, args);
    options.open_sizes = true;
    mote_error err = {0};
    mote_model *model;
    mote_status status = mote_model_load(&model, positional[0], &options, &err);
    if (status != MOTE_OK)
        return cli_fail(context, &err);
    if (context->json)
        print_json(model);
    else
        status = mote_model_summary(model, stdout, &err);
    if (status != MOTE_OK)
        mote_error_prefix(&err, status, "%s", positional[0]);
    mote_model_free(model);
    return status == MOTE_OK ? CLI_OK : cli_fail(context, &err);
}

const cli_verb cli_verb_summary = {
    .name = "summary",
    .positional = "MODEL",
    .summary = "the table Keras prints: layers, output shapes, parameters",
    .examples = "  mote summary model.h5\n  mote summary model.h5 --json",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(cli_model_args),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
