/* The layers of a model by name. */
#include "import/keras_tree.h"

#include <string.h>

static int by_name(const void *a, const void *b)
{
    return strcmp((*(keras_layer *const *)a)->name, (*(keras_layer *const *)b)->name);
}

keras_layer *keras_scope_find(const keras_scope *scope, const char *name)
{
    const keras_layer key = {.name = name};
    const keras_layer *wanted = &key;
    if (!name || !scope->n_layers)
        return NULL;
    keras_layer **found = bsearch(&wanted, scope->by_name, (size_t)scope->n_layers, sizeof *scope->by_name, by_name);
    return found ? *found : NULL;
}

mote_status keras_scope_sort(keras_scope *scope, mote_arena *scratch, mote_error *err)
{
    scope->by_name = mote_arena_calloc(scratch, (size_t)scope->n_layers, sizeof *scope->by_name);
    if (!scope->by_name)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < scope->n_layers; i++)
        scope->by_name[i] = &scope->layers[i];
    qsort(scope->by_name, (size_t)scope->n_layers, sizeof *scope->by_name, by_name);
    for (int32_t i = 1; i < scope->n_layers; i++)
        if (strcmp(scope->by_name[i - 1]->name, scope->by_name[i]->name) == 0)
            return mote_error_set(err, MOTE_FORMAT, "two layers of a model are named '%s'", scope->by_name[i]->name);
    return MOTE_OK;
}
