#include <mote/graph.h>
#include <mote/text.h>

#include "graph/graph_tables.h"

static void print_tensor(const mote_graph *graph, int32_t index, FILE *out)
{
    if (index < 0) {
        fputs("-", out);
        return;
    }
    const mote_tensor *tensor = graph->tensors[index];
    char shape[MOTE_SHAPE_TEXT_BYTES];
    fprintf(out, "%%%d:%s[%s]", index, mote_dtype_name(tensor->dtype), mote_shape_format(&tensor->shape, shape));
    if (tensor->quant.n == 1)
        fprintf(out, "{%.9g,%lld}", (double)tensor->quant.scale[0], (long long)tensor->quant.zero_point[0]);
    else if (tensor->quant.block_size > 0)
        fprintf(out, "{blocks of %d}", tensor->quant.block_size);
    else if (tensor->quant.n > 1)
        fprintf(out, "{%d scales}", tensor->quant.n);
    if (tensor->storage == MOTE_STORAGE_CONST)
        fputs("!", out);
}

static void print_tensors(const mote_graph *graph, const int32_t *indices, int32_t n, FILE *out)
{
    for (int32_t i = 0; i < n; i++) {
        if (i)
            fputs(", ", out);
        print_tensor(graph, indices[i], out);
    }
}

static void print_graph(const mote_graph *graph, FILE *out)
{
    char text[256]; /* names come out of files */
    fprintf(out, "graph %s(", mote_text_clean(text, sizeof text, graph->name));
    print_tensors(graph, graph->inputs, graph->n_inputs, out);
    fputs(") -> (", out);
    print_tensors(graph, graph->outputs, graph->n_outputs, out);
    fputs(")\n", out);
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const mote_node *node = graph->nodes[i];
        const char *name = mote_op_name(node->op);
        char params[256];
        mote_graph_format_params(node->op, node->params, params, sizeof params);
        fprintf(out, "%4d  ", i);
        print_tensors(graph, node->outputs, node->n_outputs, out);
        fprintf(out, " = %s(",
                mote_text_clean(text, sizeof text,
                                node->custom_code ? node->custom_code
                                : name            ? name
                                                  : "?"));
        print_tensors(graph, node->inputs, node->n_inputs, out);
        fprintf(out, ")%s%s\n", params[0] ? " " : "", params);
    }
}

void mote_model_print(const mote_model *model, FILE *out)
{
    for (int32_t i = 0; i < model->n_graphs; i++)
        print_graph(model->graphs[i], out);
}

const char *mote_node_format_options(const mote_node *node, char *text, size_t n_bytes)
{
    mote_graph_format_params(node->op, node->params, text, n_bytes);
    return text;
}
