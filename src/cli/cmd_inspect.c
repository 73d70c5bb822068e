#include "cli/cmd_inspect.h"
#include "cli/cli_model.h"
#include "cli/cli_text.h"

#include <mote/text.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct inspect_args {
    bool tensors, graph;
    cli_model_args import;
} inspect_args;

/* --- counting --- */

static const char *row_name(const mote_node *node, char text[64])
{
    const char *known = mote_op_name(node->op);
    char code[56];
    if (node->op == MOTE_OP_CUSTOM || node->custom_code)
        snprintf(text, 64, "CUSTOM %s", mote_text_clean(code, sizeof code, node->custom_code ? node->custom_code : ""));
    else if (!known)
        snprintf(text, 64, "operator %d", (int)node->op);
    else
        return known;
    return NULL;
}

/* The row of a node, made on first sight; rows has room for one row a node. */
static inspect_row *find_row(inspect_report *report, const mote_node *node)
{
    char text[64] = "";
    const char *name = row_name(node, text);
    for (int32_t i = 0; i < report->n_rows; i++) {
        inspect_row *row = &report->rows[i];
        if (row->op == (int32_t)node->op && row->version == node->version && strcmp(row->text, text) == 0)
            return row;
    }
    inspect_row *row = &report->rows[report->n_rows++];
    row->op = (int32_t)node->op;
    row->version = node->version;
    memcpy(row->text, text, sizeof text);
    row->name = name ? name : row->text;
    return row;
}

/* Each constant counts for the first operator that reads it. */
static void count_graph(inspect_report *report, const mote_graph *graph, bool *seen)
{
    for (int32_t k = 0; k < graph->n_nodes; k++) {
        const mote_node *node = graph->nodes[k];
        inspect_row *row = find_row(report, node);
        row->n++;
        for (int32_t i = 0; i < node->n_inputs; i++) {
            const int32_t t = node->inputs[i];
            if (t < 0 || seen[t] || graph->tensors[t]->storage != MOTE_STORAGE_CONST)
                continue;
            seen[t] = true;
            row->const_bytes += graph->tensors[t]->n_bytes;
            report->const_bytes += graph->tensors[t]->n_bytes;
        }
    }
}

static int compare_rows(const void *a, const void *b)
{
    const inspect_row *x = a, *y = b;
    if (x->const_bytes != y->const_bytes)
        return x->const_bytes < y->const_bytes ? 1 : -1;
    if (x->n != y->n)
        return y->n - x->n;
    return x->op != y->op ? x->op - y->op : x->version - y->version;
}

static bool count(inspect_report *report)
{
    size_t n_nodes = 0;
    for (int32_t g = 0; g < report->model->n_graphs; g++)
        n_nodes += (size_t)report->model->graphs[g]->n_nodes;
    report->rows = mote_calloc(NULL, n_nodes, sizeof *report->rows);
    bool ok = report->rows != NULL;
    for (int32_t g = 0; ok && g < report->model->n_graphs; g++) {
        bool *seen = mote_calloc(NULL, (size_t)report->model->graphs[g]->n_tensors, sizeof *seen);
        ok = seen != NULL;
        if (ok)
            count_graph(report, report->model->graphs[g], seen);
        mote_free(NULL, seen);
    }
    if (ok) {
        qsort(report->rows, (size_t)report->n_rows, sizeof *report->rows, compare_rows);
        for (int32_t i = 0; i < report->n_rows; i++) /* the rows moved, and their own texts with them */
            if (report->rows[i].text[0])
                report->rows[i].name = report->rows[i].text;
    }
    return ok;
}

static void count_refused(void *arg, int32_t graph, int32_t node, const char *why)
{
    inspect_report *report = arg;
    inspect_row *row = find_row(report, report->model->graphs[graph]->nodes[node]);
    if (row->n_refused++ == 0)
        mote_text_clean(row->why, sizeof row->why, why);
}

/* --- text --- */

static void print_size(size_t n_bytes)
{
    char text[MOTE_SIZE_TEXT_BYTES];
    printf("%10s", mote_text_size((int64_t)n_bytes, text));
}

static void print_tensor(const mote_graph *graph, int32_t index)
{
    const mote_tensor *tensor = graph->tensors[index];
    char shape[MOTE_SHAPE_TEXT_BYTES];
    const mote_shape *stated = tensor->has_signature ? &tensor->signature : &tensor->shape;
    printf("  %4d  %-8s %-16s %s", index, mote_dtype_name(tensor->dtype), mote_shape_format(stated, shape),
           cli_shown(tensor->name).text);
    if (tensor->quant.n == 1)
        printf("  (scale %.9g, zero point %lld)", (double)tensor->quant.scale[0],
               (long long)tensor->quant.zero_point[0]);
    else if (tensor->quant.n > 1)
        printf("  (%d scales along dimension %d)", tensor->quant.n, tensor->quant.axis);
    else if (tensor->quant.block_size > 0)
        printf("  (a scale for each %d elements)", tensor->quant.block_size);
    if (tensor->storage == MOTE_STORAGE_CONST)
        printf("  constant%s", tensor->sparsity ? ", sparse" : "");
    else if (tensor->storage == MOTE_STORAGE_VARIABLE)
        printf("  variable");
    putchar('\n');
}

static void print_io(const char *what, const mote_graph *graph, const int32_t *tensors, int32_t n)
{
    printf("%s\n", what);
    for (int32_t i = 0; i < n; i++)
        print_tensor(graph, tensors[i]);
}

static bool is_text(const mote_metadata *metadata)
{
    const unsigned char *bytes = metadata->data;
    size_t n = metadata->n_bytes;
    while (n > 0 && bytes[n - 1] == 0)
        n--;
    for (size_t i = 0; i < n; i++)
        if (bytes[i] < 0x20 || bytes[i] > 0x7e)
            return false;
    return n > 0 && n <= 80;
}

static void print_args(const mote_signature_arg *args, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        printf("%s%s", i ? ", " : "", cli_shown(args[i].name).text);
}

static void print_about(const mote_model *model)
{
    if (model->description && *model->description)
        printf("description  %s\n", cli_shown(model->description).text);
    for (int32_t i = 0; i < model->n_metadata; i++) {
        const mote_metadata *metadata = &model->metadata[i];
        if (is_text(metadata))
            printf("metadata     %s: %.*s\n", cli_shown(metadata->name).text, (int)metadata->n_bytes,
                   (const char *)metadata->data);
        else
            printf("metadata     %s: %zu bytes\n", cli_shown(metadata->name).text, metadata->n_bytes);
    }
    for (int32_t i = 0; i < model->n_signatures; i++) {
        const mote_signature *signature = &model->signatures[i];
        printf("signature    %s (", cli_shown(signature->key).text);
        print_args(signature->inputs, signature->n_inputs);
        printf(") -> (");
        print_args(signature->outputs, signature->n_outputs);
        printf(")\n");
    }
}

static void print_rows(const inspect_report *report)
{
    printf("operators                              version  count    constants\n");
    for (int32_t i = 0; i < report->n_rows; i++) {
        const inspect_row *row = &report->rows[i];
        printf("  %-36s %7d %6d ", row->name, row->version, row->n);
        print_size(row->const_bytes);
        if (row->n_refused == row->n)
            printf("   does not run: %s", row->why);
        else if (row->n_refused > 0)
            printf("   %d of them do not run: %s", row->n_refused, row->why);
        putchar('\n');
    }
    if (report->verdict == MOTE_OK)
        printf("every operator runs\n");
    else
        printf("does not run in mote: %s\n", report->refusal.message);
}

static void print_text(const inspect_report *report, const inspect_args *args)
{
    const mote_model *model = report->model;
    int32_t n_tensors = 0, n_nodes = 0;
    for (int32_t g = 0; g < model->n_graphs; g++) {
        n_tensors += model->graphs[g]->n_tensors;
        n_nodes += model->graphs[g]->n_nodes;
    }
    printf("%s: %d graph%s, %d operators, %d tensors,", cli_shown(report->path).text, model->n_graphs,
           model->n_graphs == 1 ? "" : "s", n_nodes, n_tensors);
    char size[MOTE_SIZE_TEXT_BYTES];
    if (report->file_bytes >= 0)
        printf(" %s in all,", mote_text_size((int64_t)report->file_bytes, size));
    printf(" %s of constants\n", mote_text_size((int64_t)report->const_bytes, size));
    print_about(model);
    print_io("inputs", model->graphs[0], model->graphs[0]->inputs, model->graphs[0]->n_inputs);
    print_io("outputs", model->graphs[0], model->graphs[0]->outputs, model->graphs[0]->n_outputs);
    print_rows(report);
    for (int32_t g = 0; args->tensors && g < model->n_graphs; g++) {
        printf("tensors of graph %d %s\n", g, cli_shown(model->graphs[g]->name).text);
        for (int32_t t = 0; t < model->graphs[g]->n_tensors; t++)
            print_tensor(model->graphs[g], t);
    }
    if (args->graph)
        mote_model_print(model, stdout);
}

static int run(const cli_context *context, const void *arguments, int n_positional, char *const *positional)
{
    (void)n_positional;
    mote_model *model;
    mote_error err;
    struct stat info;
    inspect_report report = {.path = positional[0], .file_bytes = -1};
    const inspect_args *args = arguments;
    if (cli_model_load_runnable(context, &args->import, positional[0], &model, &err) != MOTE_OK)
        return cli_fail(context, &err);
    if (stat(positional[0], &info) == 0 && S_ISREG(info.st_mode))
        report.file_bytes = info.st_size;
    report.model = model;
    bool ok = count(&report);
    const mote_runtime_options options = {.n_threads = context->n_threads};
    if (ok)
        report.verdict = mote_runtime_check(model, &options, count_refused, &report, &report.refusal);
    if (ok && context->json)
        inspect_print_json(&report);
    else if (ok)
        print_text(&report, args);
    mote_free(NULL, report.rows);
    mote_model_free(model);
    return ok ? CLI_OK : cli_fail_text(context, "%s: out of memory", positional[0]);
}

static const cli_option options[] = {
    {.name = "tensors", .kind = CLI_FLAG, .help = "list every tensor", .offset = offsetof(inspect_args, tensors)},
    {.name = "graph",
     .kind = CLI_FLAG,
     .help = "list every operator with its tensors",
     .offset = offsetof(inspect_args, graph)},
};
static const cli_group groups[] = {{options, CLI_COUNT(options), 0},
                                   {cli_model_options, CLI_N_MODEL_OPTIONS, offsetof(inspect_args, import)},
                                   CLI_LIMIT_GROUP(inspect_args, import)};

const cli_verb cli_verb_inspect = {
    .name = "inspect",
    .positional = "MODEL",
    .summary = "what a model is made of: operators, tensors, quantization, sizes, what runs",
    .description =
        "Shows inputs and outputs, signatures and metadata, operators with their versions and the bytes of their "
        "constants, and which of them mote does not run: what `mote run` would say with the same limits. With --json "
        "also every tensor and every operator with its options.",
    .examples = "  mote inspect int8.tflite\n  mote inspect int8.tflite --tensors\n  mote inspect int8.tflite --json",
    .groups = groups,
    .n_groups = CLI_COUNT(groups),
    .args_bytes = sizeof(inspect_args),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
