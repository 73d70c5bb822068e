#include "cli/cli.h"

#include <mote/import.h>

#include <jansson.h>
#include <stddef.h>

typedef struct summary_args {
    const char *input_shape;
} summary_args;

static const cli_option OPTIONS[] = {
    {.name = "input-shape",
     .kind = CLI_STRING,
     .arg = "HxWxC",
     .help = "sizes for inputs that leave them open",
     .offset = offsetof(summary_args, input_shape)},
};
static const cli_group GROUPS[] = {{OPTIONS, CLI_COUNT(OPTIONS), 0}};

static json_t *shape_json(const mote_shape *shape)
{
    json_t *dims = json_array();
    for (int32_t i = 0; i < shape->rank; i++)
        json_array_append_new(dims, shape->dims[i] < 0 ? json_null() : json_integer(shape->dims[i]));
    return dims;
}

static int64_t count_params(const mote_layer *layer)
{
    int64_t n = 0;
    for (int32_t i = 0; i < layer->n_weights; i++)
        n += mote_shape_count(&layer->weights[i].shape);
    return n;
}

static void print_json(const mote_model *model)
{
    json_t *layers = json_array();
    for (int32_t i = 0; i < model->n_layers; i++) {
        const mote_layer *layer = &model->layers[i];
        json_t *shapes = layer->n_outputs == 1 ? shape_json(&layer->output_shapes[0]) : json_array();
        for (int32_t j = 0; layer->n_outputs > 1 && j < layer->n_outputs; j++)
            json_array_append_new(shapes, shape_json(&layer->output_shapes[j]));
        json_array_append_new(layers, json_pack("{s:s, s:s, s:o, s:I}", "name", layer->name, "type", layer->class_name,
                                                "output_shape", shapes, "params", (json_int_t)count_params(layer)));
    }
    const mote_param_counts counts = mote_model_count_params(model);
    json_t *document = json_pack("{s:s, s:o, s:I, s:I, s:I}", "model", model->name, "layers", layers, "total_params",
                                 (json_int_t)counts.total, "trainable_params", (json_int_t)counts.trainable,
                                 "non_trainable_params", (json_int_t)counts.non_trainable);
    json_dumpf(document, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(document);
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    (void)n_positional;
    const summary_args *a = args;
    const mote_import_options options = {.input_shape = a->input_shape};
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
    .args_bytes = sizeof(summary_args),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
