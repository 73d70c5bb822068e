#include "fuzz/mutate_graph.h"

#include <mote/tflite.h>

#include "op/op.h"

#include <stdlib.h>
#include <string.h>

/* splitmix64: mutants stay the same whatever becomes of mote's generator */
uint64_t mutate_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int32_t below(uint64_t *state, int32_t n)
{
    return n < 1 ? 0 : (int32_t)(mutate_random(state) % (uint64_t)n);
}

static int32_t odd_number(uint64_t *state)
{
    static const int32_t odd[] = {0, 1, 2, 3, 4, 5, 7, 8, 16, 255, -1, -2, 65536, 1 << 24, INT32_MAX, INT32_MIN};
    return odd[below(state, sizeof odd / sizeof *odd)];
}

static float odd_float(uint64_t *state)
{
    static const uint32_t odd[] = {0,          0x3f800000, 0xbf800000, 0x7f800000, 0x7fc00000,
                                   0x00000001, 0x7f7fffff, 0x1e3ce508, 0x3c23d70a, 0x40490fdb};
    float value;
    memcpy(&value, &odd[below(state, sizeof odd / sizeof *odd)], sizeof value);
    return value;
}

static void change_shape(uint64_t *state, mote_shape *shape)
{
    if (below(state, 4) == 0)
        shape->rank = below(state, MOTE_MAX_RANK + 1);
    else if (shape->rank > 0)
        shape->dims[below(state, shape->rank)] = below(state, 4) ? below(state, 9) : odd_number(state) & INT32_MAX;
}

static void change_quantization(uint64_t *state, mote_graph *graph, int32_t tensor)
{
    enum { MOST = 8 };
    float scales[MOST];
    int64_t zeros[MOST];
    const int32_t n = below(state, 3) ? 1 : below(state, MOST + 1);
    for (int32_t i = 0; i < n; i++) {
        scales[i] = odd_float(state);
        zeros[i] = odd_number(state);
    }
    mote_graph_set_quant(graph, tensor, n, below(state, 4), scales, zeros);
}

static void change_tensor(uint64_t *state, mote_graph *graph)
{
    const int32_t index = below(state, graph->n_tensors);
    mote_tensor *tensor = graph->tensors[index];
    switch (below(state, 5)) {
    case 0:
        tensor->dtype = (mote_dtype)below(state, MOTE_DTYPE_COUNT);
        break;
    case 1:
        change_quantization(state, graph, index);
        break;
    case 2: /* a constant's elements, which are often axes, shapes and indices */
        for (size_t i = 0; tensor->storage == MOTE_STORAGE_CONST && tensor->data && tensor->n_bytes >= 4 && i < 4;
             i++) {
            const int32_t value = odd_number(state);
            memcpy((char *)tensor->data + (size_t)below(state, (int32_t)(tensor->n_bytes / 4)) * 4, &value, 4);
        }
        break;
    default:
        change_shape(state, &tensor->shape);
        if (tensor->storage != MOTE_STORAGE_CONST)
            tensor->has_signature = false;
        break;
    }
}

static void change_field(uint64_t *state, const mote_op_field *field, void *params)
{
    void *at = (char *)params + field->offset;
    switch ((mote_field_kind)field->kind) {
    case MOTE_FIELD_BOOL:
        *(bool *)at = !*(bool *)at;
        break;
    case MOTE_FIELD_I8:
    case MOTE_FIELD_ENUM:
        *(int32_t *)at = below(state, 3) ? below(state, 6) : (int8_t)odd_number(state);
        break;
    case MOTE_FIELD_I32:
        *(int32_t *)at = odd_number(state);
        break;
    case MOTE_FIELD_I64:
        *(int64_t *)at = odd_number(state);
        break;
    case MOTE_FIELD_F32:
        *(float *)at = odd_float(state);
        break;
    default: /* vectors and text stay */
        break;
    }
}

/* Another operator with options of the same form: those without any. */
static void change_operator(uint64_t *state, mote_node *node)
{
    const mote_op op = mote_op_at(below(state, mote_op_count()));
    const mote_op_def *now = mote_op_find(node->op), *then = mote_op_find((int32_t)op);
    if (now && then && now->params_bytes == 0 && then->params_bytes == 0 && op < 1000) {
        node->op = op;
        node->version = 1;
    }
}

static void change_node(uint64_t *state, const mote_graph *graph)
{
    if (graph->n_nodes < 1)
        return;
    mote_node *node = graph->nodes[below(state, graph->n_nodes)];
    const mote_op_def *def = mote_op_find(node->op);
    switch (below(state, 4)) {
    case 0:
        if (node->n_inputs > 0)
            node->inputs[below(state, node->n_inputs)] = below(state, graph->n_tensors + 1) - 1;
        break;
    case 1:
        if (node->n_inputs > 0 && below(state, 2))
            node->n_inputs--;
        else
            change_operator(state, node);
        break;
    default:
        if (def && def->n_fields > 0 && node->params)
            change_field(state, &def->fields[below(state, def->n_fields)], node->params);
        break;
    }
}

uint8_t *mutate_graph(const uint8_t *bytes, size_t n_bytes, uint64_t *state, size_t *n_out)
{
    mote_model *model;
    mote_error err;
    unsigned char *out = NULL;
    if (mote_tflite_read(&model, bytes, n_bytes, NULL, &err) != MOTE_OK)
        return NULL;
    const int32_t n_changes = 1 << below(state, 4);
    for (int32_t i = 0; i < n_changes; i++) {
        mote_graph *graph = model->graphs[below(state, model->n_graphs)];
        if (below(state, 2) && graph->n_tensors > 0)
            change_tensor(state, graph);
        else
            change_node(state, graph);
    }
    uint8_t *copy = NULL;
    if (mote_tflite_build(model, &out, n_out, NULL, &err) == MOTE_OK) {
        copy = malloc(*n_out);
        if (copy)
            memcpy(copy, out, *n_out);
        mote_free(NULL, out);
    }
    mote_model_free(model);
    return copy;
}
