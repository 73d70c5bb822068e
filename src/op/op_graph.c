/* Answers what the graph asks of operators (graph/graph_tables.h) from their definitions. */
#include "graph/graph_tables.h"
#include "op/op.h"

#include <stdio.h>
#include <string.h>

mote_op_traits mote_graph_op_traits(int32_t op)
{
    const mote_op_def *def = mote_op_find(op);
    if (!def)
        return (mote_op_traits){0};
    return (mote_op_traits){
        .found = true,
        .min_inputs = def->min_inputs,
        .max_inputs = def->max_inputs,
        .min_outputs = def->min_outputs,
        .max_outputs = def->max_outputs,
        .stateful = (def->flags & MOTE_OP_STATEFUL) != 0,
        .may_omit = (def->flags & MOTE_OP_MAY_OMIT) != 0,
    };
}

size_t mote_graph_params_bytes(int32_t op)
{
    const mote_op_def *def = mote_op_find(op);
    return def ? def->params_bytes : 0;
}

mote_status mote_graph_infer_node(const mote_node *node, mote_tensor *const *inputs, mote_tensor *const *outputs,
                                  mote_error *err)
{
    const mote_op_def *def = mote_op_find(node->op);
    if (!def || !def->infer)
        return mote_error_set(err, MOTE_UNSUPPORTED, "mote does not know this operator");
    const mote_op_io io = {node, inputs, outputs, node->n_inputs, node->n_outputs};
    return def->infer(&io, err);
}

/* Replaces what a field of a copied params struct points at by a copy of its own. */
static bool own_field(const mote_op_field *field, void *params, mote_arena *arena)
{
    void *at = (char *)params + field->offset;
    switch (field->kind) {
    case MOTE_FIELD_F32_VEC:
    case MOTE_FIELD_I32_VEC: {
        mote_i32_vec *vec = at;
        if (vec->values)
            vec->values = mote_arena_copy(arena, vec->values, (size_t)vec->n * sizeof *vec->values);
        return vec->values || !vec->n;
    }
    case MOTE_FIELD_I64_VEC: {
        mote_i64_vec *vec = at;
        if (vec->values)
            vec->values = mote_arena_copy(arena, vec->values, (size_t)vec->n * sizeof *vec->values);
        return vec->values || !vec->n;
    }
    case MOTE_FIELD_STRING: {
        const char *text;
        memcpy(&text, at, sizeof text);
        if (!text)
            return true;
        text = mote_arena_strdup(arena, text);
        memcpy(at, &text, sizeof text);
        return text != NULL;
    }
    case MOTE_FIELD_BYTES: {
        mote_bytes *bytes = at;
        if (bytes->values)
            bytes->values = mote_arena_copy(arena, bytes->values, bytes->n);
        return bytes->values || !bytes->n;
    }
    default:
        return true;
    }
}

mote_status mote_graph_copy_params(int32_t op, const void *params, mote_arena *arena, void **copy)
{
    const mote_op_def *def = mote_op_find(op);
    *copy = NULL;
    if (!params || !def || !def->params_bytes)
        return MOTE_OK;
    void *result = mote_arena_copy(arena, params, def->params_bytes);
    if (!result)
        return MOTE_NO_MEMORY;
    for (int32_t i = 0; i < def->n_fields; i++)
        if (!own_field(&def->fields[i], result, arena))
            return MOTE_NO_MEMORY;
    *copy = result;
    return MOTE_OK;
}

static int format_vec(const void *at, uint8_t kind, char *text, size_t room)
{
    size_t used = 0;
    const mote_i32_vec *words = at;
    const int32_t n = kind == MOTE_FIELD_I64_VEC ? ((const mote_i64_vec *)at)->n : words->n;
    for (int32_t i = 0; i < n && used < room; i++) {
        float real = 0;
        if (kind == MOTE_FIELD_F32_VEC)
            memcpy(&real, &words->values[i], sizeof real);
        const long long whole =
            kind == MOTE_FIELD_I64_VEC ? (long long)((const mote_i64_vec *)at)->values[i] : words->values[i];
        const char *comma = i ? "," : "";
        const int written = kind == MOTE_FIELD_F32_VEC ? snprintf(text + used, room - used, "%s%g", comma, (double)real)
                                                       : snprintf(text + used, room - used, "%s%lld", comma, whole);
        used += written > 0 ? (size_t)written : 0;
    }
    return (int)used;
}

static int format_field(const mote_op_field *field, const void *params, char *text, size_t room)
{
    const void *at = (const char *)params + field->offset;
    switch ((mote_field_kind)field->kind) {
    case MOTE_FIELD_BOOL:
        return snprintf(text, room, "%d", *(const bool *)at);
    case MOTE_FIELD_I8:
    case MOTE_FIELD_ENUM:
    case MOTE_FIELD_I32:
        return snprintf(text, room, "%d", *(const int32_t *)at);
    case MOTE_FIELD_I64:
        return snprintf(text, room, "%lld", (long long)*(const int64_t *)at);
    case MOTE_FIELD_F32:
        return snprintf(text, room, "%g", (double)*(const float *)at);
    case MOTE_FIELD_I32_VEC:
    case MOTE_FIELD_I64_VEC:
    case MOTE_FIELD_F32_VEC:
        return format_vec(at, field->kind, text, room);
    case MOTE_FIELD_STRING: {
        const char *string;
        memcpy(&string, at, sizeof string);
        return snprintf(text, room, "'%s'", string ? string : "");
    }
    case MOTE_FIELD_BYTES:
        return snprintf(text, room, "%zu bytes", ((const mote_bytes *)at)->n);
    }
    return 0;
}

void mote_graph_format_params(int32_t op, const void *params, char *text, size_t n_bytes)
{
    const mote_op_def *def = mote_op_find(op);
    size_t used = 0;
    text[0] = '\0';
    for (int32_t i = 0; def && params && i < def->n_fields && used + 1 < n_bytes; i++) {
        int n = snprintf(text + used, n_bytes - used, "%s%s=", i ? " " : "", def->fields[i].name);
        used += n > 0 ? (size_t)n : 0;
        if (used + 1 >= n_bytes)
            break;
        n = format_field(&def->fields[i], params, text + used, n_bytes - used);
        used += n > 0 ? (size_t)n : 0;
    }
}
