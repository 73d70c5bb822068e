/*
 * The order of a functional model's layers, and its JSON. Keras sorts by depth (the longest way to the output, the
 * farthest first) and, within one depth, by when a walk from the output through the inputs first met a layer
 * (_map_graph_network). Weights in files and the lines of a summary follow it.
 */
#include "import/arch_builder.h"

#include <stdlib.h>
#include <string.h>

typedef struct place {
    arch_value layer;
    int32_t depth, met; /* met: -1 while the walk has not been there */
} place;

/* Depth first from the output; a layer is numbered when it is first met. The stack holds layers and how many of their
 * inputs were taken. */
static bool number_layers(arch *a, arch_value output, place *places)
{
    arch_value *stack = mote_arena_calloc(a->arena, (size_t)a->n_layers + 1, sizeof *stack);
    int32_t *taken = mote_arena_calloc(a->arena, (size_t)a->n_layers + 1, sizeof *taken);
    if (!stack || !taken)
        return false;
    int32_t top = 0, n_met = 0;
    stack[0] = output;
    places[output].met = n_met++;
    while (top >= 0) {
        const arch_layer *layer = &a->layers[stack[top]];
        if (taken[top] == layer->n_inputs) {
            top--;
            continue;
        }
        const arch_value next = layer->inputs[taken[top]++];
        if (places[next].met >= 0)
            continue;
        places[next].met = n_met++;
        stack[++top] = next;
        taken[top] = 0;
    }
    return true;
}

/* Layers come after their inputs, so one pass backwards sees every user of a layer before the layer. */
static void measure_depths(const arch *a, place *places)
{
    for (int32_t i = a->n_layers - 1; i >= 0; i--)
        for (int32_t j = 0; places[i].met >= 0 && j < a->layers[i].n_inputs; j++) {
            place *input = &places[a->layers[i].inputs[j]];
            if (input->depth < places[i].depth + 1)
                input->depth = places[i].depth + 1;
        }
}

static int by_depth(const void *x, const void *y)
{
    const place *p = x, *q = y;
    if (p->depth != q->depth)
        return p->depth > q->depth ? -1 : 1;
    return (p->met > q->met) - (p->met < q->met);
}

const arch_value *arch_order(arch *a, arch_value output)
{
    place *places = mote_arena_calloc(a->arena, (size_t)a->n_layers, sizeof *places);
    arch_value *order = mote_arena_calloc(a->arena, (size_t)a->n_layers, sizeof *order);
    if (!places || !order)
        return NULL;
    for (int32_t i = 0; i < a->n_layers; i++)
        places[i] = (place){i, 0, -1};
    if (!number_layers(a, output, places))
        return NULL;
    measure_depths(a, places);
    qsort(places, (size_t)a->n_layers, sizeof *places, by_depth);
    for (int32_t i = 0; i < a->n_layers; i++)
        order[i] = places[i].layer;
    return order;
}

/* [[["name", 0, 0, {}], …]]; TFOpLambda has one reference without the inner list, as Keras writes it. */
static json_t *inbound(const arch *a, const arch_layer *layer)
{
    json_t *call = json_array();
    for (int32_t i = 0; i < layer->n_inputs; i++) {
        json_t *kwargs = layer->kwargs ? json_incref(layer->kwargs) : json_object();
        json_array_append_new(call, json_pack("[s,i,i,o]", a->layers[layer->inputs[i]].name, 0, 0, kwargs));
    }
    if (layer->n_inputs == 0) {
        json_decref(call);
        return json_array();
    }
    if (layer->kwargs) {
        json_t *only = json_incref(json_array_get(call, 0));
        json_decref(call);
        call = only;
    }
    return json_pack("[o]", call);
}

json_t *arch_document(arch *a, const char *model_name, arch_value input, arch_value output)
{
    const arch_value *order = arch_order(a, output);
    json_t *layers = order ? json_array() : NULL;
    for (int32_t i = 0; layers && i < a->n_layers; i++) {
        const arch_layer *layer = &a->layers[order[i]];
        json_t *entry = json_pack("{s:s, s:O, s:s, s:o}", "class_name", layer->class_name, "config", layer->config,
                                  "name", layer->name, "inbound_nodes", inbound(a, layer));
        if (!entry || json_array_append_new(layers, entry) != 0) {
            json_decref(layers);
            return NULL;
        }
    }
    if (!layers)
        return NULL;
    return json_pack("{s:s, s:{s:s, s:b, s:o, s:[[s,i,i]], s:[[s,i,i]]}}", "class_name", "Functional", "config", "name",
                     model_name, "trainable", 1, "layers", layers, "input_layers", a->layers[input].name, 0, 0,
                     "output_layers", a->layers[output].name, 0, 0);
}
