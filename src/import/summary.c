/* model.summary() of Keras 2, to the letter: columns, wrapping, totals. */
#include <mote/import.h>
#include <mote/text.h>

#include <string.h>

enum { MAX_COLUMNS = 4, MAX_CELL_BYTES = 4096 };

/* Where each column ends. */
typedef struct columns {
    int n;
    int end[MAX_COLUMNS];
    int width;
} columns;

/* The layer's own flag counts, not that of a model around it: so do Keras 3, and Keras 2 once it has read the file. */
static bool trains(const mote_model *model, int32_t layer, const mote_layer_weight *weight)
{
    return weight->trainable && mote_layer_trains(model, layer);
}

mote_param_counts mote_model_count_params(const mote_model *model)
{
    mote_param_counts counts = {0};
    for (int32_t i = 0; i < model->n_layers; i++)
        for (int32_t j = 0; j < model->layers[i].n_weights; j++) {
            const mote_layer_weight *weight = &model->layers[i].weights[j];
            const int64_t n = mote_shape_count(&weight->shape);
            counts.total += n;
            *(trains(model, i, weight) ? &counts.trainable : &counts.non_trainable) += n;
        }
    return counts;
}

/* Each layer is called once, on one tensor, and no output is used twice: needs no "Connected to" column. */
static bool is_chain(const mote_model *model)
{
    if (model->graphs[0]->n_inputs != 1)
        return false;
    for (int32_t i = 0; i < model->n_layers; i++) {
        const size_t n = strlen(model->layers[i].name);
        int32_t uses = 0;
        if (model->layers[i].parent >= 0)
            continue;
        for (int32_t j = 0; j < model->n_layers; j++)
            for (int32_t k = 0; model->layers[j].parent < 0 && k < model->layers[j].n_inbound; k++)
                uses += strncmp(model->layers[j].inbound[k], model->layers[i].name, n) == 0 &&
                        model->layers[j].inbound[k][n] == '[';
        if (model->layers[i].n_inbound > 1 || uses > 1)
            return false;
    }
    return true;
}

static columns make_columns(bool chain)
{
    static const double of_chain[] = {0.45, 0.85, 1.0}, of_graph[] = {0.3, 0.6, 0.70, 1.0};
    columns c = {.n = chain ? 3 : 4, .width = chain ? 65 : 98};
    for (int i = 0; i < c.n; i++)
        c.end[i] = (int)(c.width * (chain ? of_chain[i] : of_graph[i]));
    return c;
}

static void print_rule(FILE *out, int width, char with)
{
    for (int i = 0; i < width; i++)
        fputc(with, out);
    fputc('\n', out);
}

/* How many bytes of a cell go on this line: `fits` characters, or less where a tuple, list or string ends with a comma
 * (tf_keras.utils.print_summary). */
static size_t cut_at(const char *text, size_t fits)
{
    static const char *const breaks[] = {"),", "},", "],", "',"};
    size_t cut = mote_text_bytes(text, fits);
    const size_t whole = cut;
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        const char *at = strstr(text, breaks[i]);
        if (at && (size_t)(at - text) + 2 <= whole && (size_t)(at - text) + 2 < cut)
            cut = (size_t)(at - text) + 2;
    }
    return cut;
}

/* Prints one line of a row and moves each cell on; false when all cells are done. */
static bool print_line(FILE *out, const columns *c, const char *rest[MAX_COLUMNS])
{
    int at = 1; /* in characters */
    bool more = false;
    fputc(' ', out);
    for (int i = 0; i < c->n; i++) {
        const bool last = i == c->n - 1;
        const int start = i ? c->end[i - 1] : 0;
        const char *cell = rest[i];
        const size_t cut = cut_at(cell, (size_t)(c->end[i] - start - (last ? 0 : 3)));
        rest[i] += cut;
        more |= *rest[i] != '\0';
        at += (int)(mote_text_length(cell) - mote_text_length(rest[i]));
        fprintf(out, "%.*s%*s", (int)cut, cell, at < c->end[i] ? c->end[i] - at : 0, "");
        at = at < c->end[i] ? c->end[i] : at;
    }
    fputc('\n', out);
    return more;
}

/* Names come out of a file. */
static void print_row(FILE *out, const columns *c, const char *const cells[MAX_COLUMNS])
{
    char clean[MAX_COLUMNS][MAX_CELL_BYTES];
    const char *rest[MAX_COLUMNS] = {0};
    for (int i = 0; i < c->n; i++)
        rest[i] = mote_text_clean(clean[i], sizeof clean[i], cells[i]);
    while (print_line(out, c, rest))
        ;
}

static void format_shape(const mote_shape *shape, char *text, size_t room)
{
    size_t used = (size_t)snprintf(text, room, "(");
    for (int32_t i = 0; i < shape->rank && used < room; i++) {
        const char *between = i ? ", " : "";
        used += (size_t)(shape->dims[i] < 0 ? snprintf(text + used, room - used, "%sNone", between)
                                            : snprintf(text + used, room - used, "%s%d", between, shape->dims[i]));
    }
    if (used < room)
        snprintf(text + used, room - used, "%s)", shape->rank == 1 ? "," : "");
}

static void format_outputs(const mote_layer *layer, char *text, size_t room)
{
    if (layer->outputs_differ) {
        snprintf(text, room, "multiple");
        return;
    }
    const bool listed = strcmp(layer->class_name, "InputLayer") == 0 || layer->n_outputs > 1;
    size_t used = 0;
    text[0] = '\0';
    for (int32_t i = 0; i < layer->n_outputs && used + 256 < room; i++) {
        char shape[160];
        format_shape(&layer->output_shapes[i], shape, sizeof shape);
        used += (size_t)snprintf(text + used, room - used, "%s%s%s",
                                 i        ? ", "
                                 : listed ? "["
                                          : "",
                                 shape, listed && i + 1 == layer->n_outputs ? "]" : "");
    }
}

/* The references as Python prints a list. */
static void format_inbound(const mote_layer *layer, char *text, size_t room)
{
    size_t used = (size_t)snprintf(text, room, "[");
    for (int32_t i = 0; i < layer->n_inbound && used + 8 < room; i++) {
        const int n = snprintf(text + used, room - used, "%s'%s'", i ? ", " : "", layer->inbound[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    if (used < room)
        snprintf(text + used, room - used, "]");
}

/* With those of the layers inside, which stand behind it. */
static int64_t layer_params(const mote_model *model, int32_t layer)
{
    int64_t count = 0;
    for (int32_t i = 0; i < model->layers[layer].n_weights; i++)
        count += mote_shape_count(&model->layers[layer].weights[i].shape);
    for (int32_t i = layer + 1; i < model->n_layers && model->layers[i].parent >= layer; i++)
        if (model->layers[i].parent == layer)
            count += layer_params(model, i);
    return count;
}

static int64_t weight_bytes(const mote_model *model, bool want_trainable, bool want_rest)
{
    int64_t bytes = 0;
    for (int32_t i = 0; i < model->n_layers; i++)
        for (int32_t j = 0; j < model->layers[i].n_weights; j++) {
            const mote_layer_weight *weight = &model->layers[i].weights[j];
            if (trains(model, i, weight) ? want_trainable : want_rest)
                bytes += mote_shape_count(&weight->shape) * (int64_t)mote_dtype_bytes(weight->dtype);
        }
    return bytes;
}

static void print_total(FILE *out, const char *what, int64_t count, int64_t bytes)
{
    static const char *const units[] = {"Byte", "KB", "MB", "GB"};
    double size = (double)bytes;
    int unit = 0;
    while (size >= 1024 && unit < 3) {
        size /= 1024;
        unit++;
    }
    fprintf(out, "%s: %lld (%.2f %s)\n", what, (long long)count, size, units[unit]);
}

mote_status mote_model_summary(const mote_model *model, FILE *out, mote_error *err)
{
    if (model->n_layers == 0)
        return mote_error_set(err, MOTE_ARGUMENT, "this file has no Keras layers; `mote inspect` shows its operators");
    const bool chain = is_chain(model);
    const columns c = make_columns(chain);
    static const char *const head[] = {"Layer (type)", "Output Shape", "Param #", "Connected to"};
    char model_name[MAX_CELL_BYTES];
    fprintf(out, "Model: \"%s\"\n", mote_text_clean(model_name, sizeof model_name, model->name));
    print_rule(out, c.width, '_');
    print_row(out, &c, head);
    print_rule(out, c.width, '=');
    for (int32_t i = 0; i < model->n_layers; i++) {
        const mote_layer *layer = &model->layers[i];
        if (layer->parent >= 0)
            continue;
        char name[MAX_CELL_BYTES], shape[MAX_CELL_BYTES], params[32], inbound[MAX_CELL_BYTES];
        snprintf(name, sizeof name, "%s (%s)", layer->name, layer->class_name);
        format_outputs(layer, shape, sizeof shape);
        snprintf(params, sizeof params, "%lld", (long long)layer_params(model, i));
        format_inbound(layer, inbound, sizeof inbound);
        const char *const cells[] = {name, shape, params, inbound};
        print_row(out, &c, cells);
        fprintf(out, "%*s\n", c.width, "");
    }
    print_rule(out, c.width, '=');
    const mote_param_counts counts = mote_model_count_params(model);
    print_total(out, "Total params", counts.total, weight_bytes(model, true, true));
    print_total(out, "Trainable params", counts.trainable, weight_bytes(model, true, false));
    print_total(out, "Non-trainable params", counts.non_trainable, weight_bytes(model, false, true));
    print_rule(out, c.width, '_');
    return MOTE_OK;
}
