/*
 * Weights alone into a given model. The model is built once more from its Keras description, with the file's values in
 * place of its own: so whatever a layer makes of its weights on import, it makes of these.
 */
#include "import/keras_file.h"
#include "import/keras_layout.h"
#include "import/keras_names.h"
#include "import/keras_version.h"

#include <mote/import.h>
#include <string.h>

/* What the model had, and what the file gives to each layer (n -1: nothing, the layer keeps its own). */
typedef struct given {
    keras_weight *weights;
    int32_t n;
} given;

typedef struct transfer {
    const mote_model *model;
    keras_file *file;
    mote_weights_match how;
    given *given; /* one per layer of the model */
    const char *first_without;
    int32_t n_layers_given;
    mote_arena *scratch;
} transfer;

/* --- the weights of a layer, or of all layers inside of a model, in the order in which Keras saves them: those that
 * train first. (Keras 3 keeps the layers' order where the model itself is frozen.) --- */

typedef struct slot {
    int32_t layer, weight;
} slot;

typedef struct slots {
    slot *list;
    int32_t n;
} slots;

static mote_status list_slots(const transfer *t, int32_t top, slots *out, mote_error *err)
{
    const mote_model *model = t->model;
    int32_t end = top, n = 0;
    for (; end < model->n_layers && mote_layer_is_inside(model, end, top); end++)
        n += model->layers[end].n_weights;
    *out = (slots){.list = mote_arena_calloc(t->scratch, (size_t)n + 1, sizeof *out->list)};
    if (!out->list)
        return mote_error_no_memory(err);
    const bool plain = keras_file_major(t->file) == 3 && !model->layers[top].trainable;
    for (int train = 1; train >= 0; train--)
        for (int32_t i = top; i < end; i++)
            for (int32_t j = 0; j < model->layers[i].n_weights; j++) {
                const bool trains = !plain && model->layers[i].weights[j].trainable && mote_layer_trains(model, i);
                if (trains == (train == 1))
                    out->list[out->n++] = (slot){i, j};
            }
    return MOTE_OK;
}

/* --- files that go by layer names --- */

static mote_status compare_shapes(const mote_layer *layer, int32_t weight, const mote_shape *in_file, mote_error *err)
{
    char ours[MOTE_SHAPE_TEXT_BYTES], theirs[MOTE_SHAPE_TEXT_BYTES];
    const mote_shape *shape = &layer->weights[weight].shape;
    if (mote_shape_equal(shape, in_file))
        return MOTE_OK;
    return mote_error_set(err, MOTE_SHAPE, "layer '%s' (%s): its weight '%s' is %s in the model, %s in the file",
                          layer->name, layer->class_name, layer->weights[weight].name, mote_shape_format(shape, ours),
                          mote_shape_format(in_file, theirs));
}

static mote_status give(transfer *t, int32_t top, const char *name_in_file, const keras_weight *weights, int32_t n,
                        mote_error *err)
{
    const mote_layer *layer = &t->model->layers[top];
    slots s;
    mote_status status = list_slots(t, top, &s, err);
    if (status != MOTE_OK)
        return status;
    if (s.n != n)
        return mote_error_set(err, MOTE_SHAPE, "layer '%s' (%s) has %d weights in the model, '%s' %d in the file",
                              layer->name, layer->class_name, s.n, name_in_file, n);
    for (int32_t i = 0; status == MOTE_OK && i < n; i++) {
        const slot *to = &s.list[i];
        given *g = &t->given[to->layer];
        const int32_t n_own = t->model->layers[to->layer].n_weights;
        status = compare_shapes(&t->model->layers[to->layer], to->weight, &weights[i].value.shape, err);
        if (status == MOTE_OK && !g->weights)
            g->weights = mote_arena_calloc(t->scratch, (size_t)n_own, sizeof *g->weights);
        if (status == MOTE_OK && !g->weights)
            return mote_error_no_memory(err);
        if (status == MOTE_OK) {
            g->weights[to->weight] = weights[i];
            g->n = n_own;
        }
    }
    t->n_layers_given++;
    return status;
}

/* The next layer of the model, from `at` on, that is in no other model and has weights; -1: none. */
static mote_status next_with_weights(const transfer *t, int32_t at, int32_t *found, mote_error *err)
{
    *found = -1;
    for (; *found < 0 && at < t->model->n_layers; at++) {
        slots s;
        if (t->model->layers[at].parent >= 0)
            continue;
        const mote_status status = list_slots(t, at, &s, err);
        if (status != MOTE_OK)
            return status;
        if (s.n > 0)
            *found = at;
    }
    return MOTE_OK;
}

static mote_status give_next(transfer *t, int32_t *at, const char *name, const keras_weight *weights, int32_t n,
                             mote_error *err)
{
    int32_t layer;
    mote_status status = next_with_weights(t, *at, &layer, err);
    if (status == MOTE_OK && layer < 0)
        status = mote_error_set(err, MOTE_SHAPE,
                                "the file's layer '%s' has no counterpart: the model has only %d layers with weights",
                                name, t->n_layers_given);
    *at = layer + 1;
    return status == MOTE_OK ? give(t, layer, name, weights, n, err) : status;
}

static mote_status give_by_name(transfer *t, const char *name, const keras_weight *weights, int32_t n, mote_error *err)
{
    for (int32_t i = 0; i < t->model->n_layers; i++)
        if (t->model->layers[i].parent < 0 && keras_same_plain_name(t->model->layers[i].name, name))
            return give(t, i, name, weights, n, err);
    return MOTE_OK;
}

static mote_status take_groups(transfer *t, mote_error *err)
{
    const char **names;
    int32_t n_names, at = 0;
    mote_status status = mote_h5_text_list(t->file->h5, *t->file->root ? t->file->root : "/", "layer_names", t->scratch,
                                           &names, &n_names, err);
    if (status == MOTE_OK && n_names == 0)
        status = mote_error_set(err, MOTE_FORMAT, "it has no layer_names: not a file of Keras weights");
    for (int32_t i = 0; status == MOTE_OK && i < n_names; i++) {
        keras_weight *weights;
        int32_t n;
        status = keras_group_weights(t->file, names[i], t->scratch, &weights, &n, err);
        if (status == MOTE_OK && n > 0)
            status = t->how == MOTE_WEIGHTS_BY_NAME ? give_by_name(t, names[i], weights, n, err)
                                                    : give_next(t, &at, names[i], weights, n, err);
    }
    int32_t left = -1;
    if (status == MOTE_OK && t->how == MOTE_WEIGHTS_BY_ORDER)
        status = next_with_weights(t, at, &left, err);
    if (status == MOTE_OK && left >= 0)
        status = mote_error_set(err, MOTE_SHAPE, "the model's layer '%s' (%s) has no counterpart in the file",
                                t->model->layers[left].name, t->model->layers[left].class_name);
    return status;
}

/* --- building again --- */

/* The model's own value, as Keras keeps it. */
static mote_status own_weight(const transfer *t, const mote_layer_weight *own, mote_arena *arena, keras_weight *out,
                              mote_error *err)
{
    *out = (keras_weight){.name = own->name, .tensor = MOTE_NO_TENSOR, .trainable = true};
    out->value = (mote_tensor){.name = own->name, .storage = MOTE_STORAGE_CONST, .dtype = own->dtype, .layer = -1};
    out->value.shape = own->shape;
    const size_t element = own->dtype == MOTE_INT64 ? sizeof(int64_t) : sizeof(float);
    const size_t n_bytes = (size_t)mote_shape_count(&own->shape) * element;
    out->value.n_bytes = n_bytes;
    out->value.data = own->tensor < 0 ? mote_arena_copy(arena, own->data, n_bytes) : mote_arena_alloc(arena, n_bytes);
    if (!out->value.data)
        return mote_error_no_memory(err);
    if (own->tensor >= 0)
        keras_lay_back(t->model->graphs[0]->tensors[own->tensor]->data, &own->shape, own->layout, out->value.data);
    return MOTE_OK;
}

static mote_status keep_own(const transfer *t, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    const mote_layer *own = &t->model->layers[layer->record];
    layer->n_weights = own->n_weights;
    layer->weights = mote_arena_calloc(arena, (size_t)own->n_weights + 1, sizeof *layer->weights);
    if (!layer->weights)
        return mote_error_no_memory(err);
    mote_status status = MOTE_OK;
    for (int32_t i = 0; status == MOTE_OK && i < own->n_weights; i++)
        status = own_weight(t, &own->weights[i], arena, &layer->weights[i], err);
    return status;
}

/* By class path a layer is looked for when its turn comes. */
static mote_status take_path(transfer *t, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    const mote_status status = keras_weights_by_path(t->file, layer, arena, err);
    const mote_layer *own = layer->record >= 0 ? &t->model->layers[layer->record] : NULL;
    if (status != MOTE_OK || !own || own->n_weights == 0) {
        layer->n_weights = 0;
        return status;
    }
    if (layer->n_weights == 0 && t->how == MOTE_WEIGHTS_BACKBONE) {
        t->first_without = t->first_without ? t->first_without : layer->name;
        return keep_own(t, layer, arena, err);
    }
    if (t->first_without && layer->n_weights)
        return mote_error_set(err, MOTE_SHAPE, "the model's layer '%s' has no counterpart in the file",
                              t->first_without);
    if (layer->n_weights != own->n_weights)
        return mote_error_set(err, MOTE_SHAPE, "layer '%s' (%s) has %d weights in the model, %d in the file",
                              layer->name, layer->class_name, own->n_weights, layer->n_weights);
    t->n_layers_given++;
    mote_status same = MOTE_OK;
    for (int32_t i = 0; same == MOTE_OK && i < own->n_weights; i++)
        same = compare_shapes(own, i, &layer->weights[i].value.shape, err);
    return same;
}

static mote_status provide(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    transfer *t = arg;
    mote_status status = MOTE_OK;
    if (t->file->by_path) {
        status = take_path(t, layer, arena, err);
    } else if (layer->record >= 0) {
        const given *g = &t->given[layer->record];
        if (!g->weights)
            return keep_own(t, layer, arena, err);
        layer->weights = g->weights;
        layer->n_weights = g->n;
    }
    /* Weights keep the names that the model gave them. */
    for (int32_t i = 0; status == MOTE_OK && i < layer->n_weights; i++)
        layer->weights[i].name = t->model->layers[layer->record].weights[i].name;
    return status;
}

/* Sizes that a file left open were given when the model was made: its graph has them. */
static const char *input_sizes(const mote_model *model, mote_arena *arena)
{
    const mote_graph *graph = model->graphs[0];
    const mote_shape *shape = graph->n_inputs ? &graph->tensors[graph->inputs[0]]->shape : NULL;
    const char *text = "";
    for (int32_t i = 1; shape && i < shape->rank; i++)
        text = mote_arena_printf(arena, "%s%s%d", text ? text : "", i > 1 ? "x" : "", shape->dims[i]);
    return text;
}

static mote_status rebuild(const mote_model *model, mote_model *fresh, transfer *t, mote_error *err)
{
    mote_arena *arena = fresh->arena;
    fresh->source = model->source;
    fresh->description = mote_arena_strdup(arena, model->description);
    fresh->config_json = mote_arena_strdup(arena, model->config_json);
    fresh->training_json = model->training_json ? mote_arena_strdup(arena, model->training_json) : NULL;
    fresh->keras_version = model->keras_version ? mote_arena_strdup(arena, model->keras_version) : NULL;
    if (!fresh->description || !fresh->config_json)
        return mote_error_no_memory(err);
    json_t *document;
    mote_status status = keras_parse_json(fresh->config_json, &document, err);
    if (status != MOTE_OK)
        return status;
    const keras_sizes sizes = {.given = input_sizes(model, t->scratch)};
    status = keras_build_model(fresh, document, keras_major_of(model->keras_version), &sizes, provide, t, err);
    json_decref(document);
    if (status == MOTE_OK)
        status = mote_model_verify(fresh, err);
    for (int32_t i = 0; status == MOTE_OK && i < fresh->n_layers; i++)
        fresh->layers[i].trainable = model->layers[i].trainable;
    return status;
}

static mote_status load_from(mote_model **model, keras_file *file, mote_weights_match how, mote_arena *scratch,
                             mote_error *err)
{
    transfer t = {.model = *model, .file = file, .how = how, .scratch = scratch};
    if (file->by_path && how == MOTE_WEIGHTS_BY_NAME)
        return mote_error_set(err, MOTE_UNSUPPORTED, "layers have no names in this form; load it by order");
    t.given = mote_arena_calloc(scratch, (size_t)t.model->n_layers + 1, sizeof *t.given);
    mote_model *fresh = mote_model_new(mote_arena_allocator(t.model->arena), 0);
    mote_status status = t.given && fresh ? MOTE_OK : mote_error_no_memory(err);
    if (status == MOTE_OK && !file->by_path)
        status = take_groups(&t, err);
    if (status == MOTE_OK)
        status = rebuild(t.model, fresh, &t, err);
    if (status == MOTE_OK && t.n_layers_given == 0)
        status = mote_error_set(err, MOTE_NOT_FOUND, "none of its layers is in the model");
    mote_model_free(status == MOTE_OK ? *model : fresh);
    if (status == MOTE_OK)
        *model = fresh;
    return status;
}

static mote_status load_bytes(mote_model **model, const mote_file *bytes, mote_weights_match how, mote_error *err)
{
    mote_arena *scratch = mote_arena_new(mote_arena_allocator((*model)->arena), 0);
    if (!scratch)
        return mote_error_no_memory(err);
    keras_file file;
    mote_status status = keras_file_open(&file, bytes->data, bytes->n_bytes, scratch, NULL, err);
    if (status == MOTE_OK)
        status = load_from(model, &file, how, scratch, err);
    keras_file_close(&file);
    mote_arena_free(scratch);
    return status;
}

mote_status mote_model_load_weights(mote_model **model, const char *path, mote_weights_match how, mote_error *err)
{
    if (!(*model)->config_json || (*model)->n_layers == 0)
        return mote_error_set(err, MOTE_ARGUMENT, "%s: the model did not come from Keras: it has no layers to fill",
                              path);
    mote_file bytes;
    mote_status status = mote_file_open(&bytes, path, KERAS_MAX_FILE_BYTES, NULL, err);
    if (status != MOTE_OK)
        return status;
    status = load_bytes(model, &bytes, how, err);
    mote_file_close(&bytes);
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "%s", path);
}
