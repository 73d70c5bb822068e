#include "cli/cli_json.h"
#include "cli/cmd_inspect.h"

#include <math.h>

static json_t *indices_json(const int32_t *values, int32_t n)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < n; i++)
        json_array_append_new(list, json_integer(values[i]));
    return list;
}

static json_t *shape_json(const mote_shape *shape)
{
    return shape->rank < 0 ? json_null() : indices_json(shape->dims, shape->rank);
}

static void add_quant(json_t *object, const mote_quant *quant)
{
    if (quant->block_size > 0)
        json_object_set_new(object, "block_size", json_integer(quant->block_size));
    if (quant->n > 0) {
        json_t *scale = json_array(), *zero_point = json_array();
        for (int32_t i = 0; i < quant->n; i++) {
            json_array_append_new(scale, json_real((double)quant->scale[i]));
            json_array_append_new(zero_point, json_integer(quant->zero_point[i]));
        }
        json_object_set_new(object, "scale", scale);
        json_object_set_new(object, "zero_point", zero_point);
        if (quant->n > 1)
            json_object_set_new(object, "quantized_dimension", json_integer(quant->axis));
    }
    if (quant->has_range && isfinite(quant->min) && isfinite(quant->max)) {
        json_object_set_new(object, "min", json_real((double)quant->min));
        json_object_set_new(object, "max", json_real((double)quant->max));
    }
}

static json_t *tensor_json(const mote_tensor *tensor, int32_t graph, int32_t index)
{
    static const char *const storages[] = {"activation", "constant", "variable"};
    json_t *object = json_object();
    if (graph > 0)
        json_object_set_new(object, "graph", json_integer(graph));
    json_object_set_new(object, "index", json_integer(index));
    json_object_set_new(object, "name", cli_json_text(tensor->name));
    json_object_set_new(object, "type", json_string(mote_dtype_name(tensor->dtype)));
    json_object_set_new(object, "shape", shape_json(&tensor->shape));
    if (tensor->has_signature)
        json_object_set_new(object, "shape_signature", shape_json(&tensor->signature));
    json_object_set_new(object, "storage", json_string(storages[tensor->storage]));
    if (tensor->storage == MOTE_STORAGE_CONST)
        json_object_set_new(object, "bytes", json_integer((json_int_t)tensor->n_bytes));
    if (tensor->sparsity)
        json_object_set_new(object, "sparse", json_true());
    add_quant(object, &tensor->quant);
    return object;
}

static json_t *node_json(const mote_node *node, int32_t graph, int32_t index)
{
    char options[4096];
    const char *name = node->custom_code ? "CUSTOM" : mote_op_name(node->op);
    json_t *object = json_object();
    if (graph > 0)
        json_object_set_new(object, "graph", json_integer(graph));
    json_object_set_new(object, "index", json_integer(index));
    json_object_set_new(object, "op", name ? json_string(name) : json_integer(node->op));
    if (node->custom_code)
        json_object_set_new(object, "custom_code", cli_json_text(node->custom_code));
    json_object_set_new(object, "version", json_integer(node->version));
    json_object_set_new(object, "inputs", indices_json(node->inputs, node->n_inputs));
    json_object_set_new(object, "outputs", indices_json(node->outputs, node->n_outputs));
    if (node->n_intermediates > 0)
        json_object_set_new(object, "intermediates", indices_json(node->intermediates, node->n_intermediates));
    json_object_set_new(object, "options", cli_json_text(mote_node_format_options(node, options, sizeof options)));
    return object;
}

static json_t *args_json(const mote_signature_arg *args, int32_t n)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < n; i++)
        json_array_append_new(list,
                              json_pack("{s:o, s:i}", "name", cli_json_text(args[i].name), "tensor", args[i].tensor));
    return list;
}

static void add_about(json_t *root, const mote_model *model)
{
    json_t *metadata = json_array(), *signatures = json_array();
    for (int32_t i = 0; i < model->n_metadata; i++)
        json_array_append_new(metadata, json_pack("{s:o, s:I}", "name", cli_json_text(model->metadata[i].name), "bytes",
                                                  (json_int_t)model->metadata[i].n_bytes));
    for (int32_t i = 0; i < model->n_signatures; i++) {
        const mote_signature *signature = &model->signatures[i];
        json_array_append_new(signatures,
                              json_pack("{s:o, s:i, s:o, s:o}", "key", cli_json_text(signature->key), "graph",
                                        signature->graph, "inputs", args_json(signature->inputs, signature->n_inputs),
                                        "outputs", args_json(signature->outputs, signature->n_outputs)));
    }
    json_object_set_new(root, "description", cli_json_text(model->description ? model->description : ""));
    json_object_set_new(root, "metadata", metadata);
    json_object_set_new(root, "signatures", signatures);
}

static json_t *io_json(const mote_graph *graph, const int32_t *tensors, int32_t n)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < n; i++)
        json_array_append_new(list, tensor_json(graph->tensors[tensors[i]], 0, tensors[i]));
    return list;
}

/* Rows of the same operator in several versions add up. */
static void add_rows(json_t *root, const inspect_report *report)
{
    json_t *bytes_by_op = json_object(), *unsupported = json_array();
    for (int32_t i = 0; i < report->n_rows; i++) {
        const inspect_row *row = &report->rows[i];
        const json_int_t before = json_integer_value(json_object_get(bytes_by_op, row->name));
        json_object_set_new(bytes_by_op, row->name, json_integer(before + (json_int_t)row->const_bytes));
        if (row->n_refused > 0)
            json_array_append_new(unsupported,
                                  json_pack("{s:o, s:i, s:i, s:o}", "op", cli_json_text(row->name), "version",
                                            row->version, "count", row->n_refused, "why", cli_json_text(row->why)));
    }
    json_object_set_new(root, "bytes_by_op", bytes_by_op);
    json_object_set_new(root, "unsupported", unsupported);
    json_object_set_new(root, "runs", json_boolean(report->verdict == MOTE_OK));
    if (report->verdict != MOTE_OK)
        json_object_set_new(root, "refusal", cli_json_text(report->refusal.message));
}

void inspect_print_json(const inspect_report *report)
{
    const mote_model *model = report->model;
    json_t *root = json_object(), *ops = json_array(), *tensors = json_array();
    for (int32_t g = 0; g < model->n_graphs; g++) {
        for (int32_t i = 0; i < model->graphs[g]->n_nodes; i++)
            json_array_append_new(ops, node_json(model->graphs[g]->nodes[i], g, i));
        for (int32_t i = 0; i < model->graphs[g]->n_tensors; i++)
            json_array_append_new(tensors, tensor_json(model->graphs[g]->tensors[i], g, i));
    }
    const mote_graph *main_graph = model->graphs[0];
    json_object_set_new(root, "model", cli_json_text(report->path));
    if (report->file_bytes >= 0)
        json_object_set_new(root, "bytes", json_integer(report->file_bytes));
    add_about(root, model);
    json_object_set_new(root, "inputs", io_json(main_graph, main_graph->inputs, main_graph->n_inputs));
    json_object_set_new(root, "outputs", io_json(main_graph, main_graph->outputs, main_graph->n_outputs));
    json_object_set_new(root, "ops", ops);
    json_object_set_new(root, "tensors", tensors);
    add_rows(root, report);
    cli_json_print(root);
}
