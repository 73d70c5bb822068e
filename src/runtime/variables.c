/* Resource variables: values that outlive an invocation and belong to all graphs of a runtime. */
#include <stdio.h>
#include <string.h>

#include "runtime/interpreter.h"

enum { MAX_VARIABLES = 65536, SEPARATOR = 1 };

mote_tensor *mote_run_variable(mote_run *run, int32_t id)
{
    const mote_runtime *runtime = run->plan->runtime;
    return id >= 0 && id < runtime->n_variables ? &runtime->variables[id]->tensor : NULL;
}

mote_status mote_run_assign_variable(mote_run *run, int32_t id, const mote_tensor *value, mote_error *err)
{
    const mote_runtime *runtime = run->plan->runtime;
    const mote_allocator *allocator = runtime->allocator;
    if (id < 0 || id >= runtime->n_variables)
        return mote_error_set(err, MOTE_ARGUMENT, "there is no variable %d", id);
    rt_variable *variable = runtime->variables[id];
    if (value == &variable->tensor)
        return MOTE_OK;
    void *data = variable->tensor.data;
    if (!data || value->n_bytes > variable->capacity_bytes) {
        data = mote_alloc(allocator, value->n_bytes);
        if (!data)
            return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for a variable of %zu bytes", value->n_bytes);
        variable->capacity_bytes = value->n_bytes;
    }
    if (value->n_bytes)
        memmove(data, value->data, value->n_bytes);
    if (data != variable->tensor.data)
        mote_free(allocator, variable->tensor.data);
    const char *name = variable->tensor.name;
    variable->tensor = *value;
    variable->tensor.name = name;
    variable->tensor.storage = MOTE_STORAGE_VARIABLE;
    variable->tensor.data = data;
    return MOTE_OK;
}

static int32_t add_variable(mote_runtime *runtime, char *key)
{
    const mote_allocator *allocator = runtime->allocator;
    const size_t n = (size_t)runtime->n_variables;
    rt_variable *variable = n < MAX_VARIABLES ? mote_calloc(allocator, 1, sizeof *variable) : NULL;
    rt_variable **more =
        variable ? mote_realloc(allocator, runtime->variables, n * sizeof *more, (n + 1) * sizeof *more) : NULL;
    if (!more) {
        mote_free(allocator, variable);
        mote_free(allocator, key);
        return -1;
    }
    variable->key = key;
    variable->tensor = (mote_tensor){.name = key, .storage = MOTE_STORAGE_VARIABLE, .layer = -1};
    variable->tensor.shape.rank = MOTE_RANK_UNKNOWN;
    runtime->variables = more;
    runtime->variables[n] = variable;
    return runtime->n_variables++;
}

int32_t mote_run_variable_id(mote_run *run, const char *container, const char *shared_name)
{
    mote_runtime *runtime = run->plan->runtime;
    const char *first = container ? container : "", *second = shared_name ? shared_name : "";
    const size_t n_bytes = strlen(first) + strlen(second) + 2;
    char *key = mote_alloc(runtime->allocator, n_bytes);
    if (!key)
        return -1;
    snprintf(key, n_bytes, "%s%c%s", first, SEPARATOR, second);
    for (int32_t i = 0; i < runtime->n_variables; i++)
        if (strcmp(runtime->variables[i]->key, key) == 0) {
            mote_free(runtime->allocator, key);
            return i;
        }
    return add_variable(runtime, key);
}

void rt_variables_free(mote_runtime *runtime)
{
    for (int32_t i = 0; i < runtime->n_variables; i++) {
        mote_free(runtime->allocator, runtime->variables[i]->tensor.data);
        mote_free(runtime->allocator, runtime->variables[i]->key);
        mote_free(runtime->allocator, runtime->variables[i]);
    }
    mote_free(runtime->allocator, runtime->variables);
    runtime->variables = NULL;
    runtime->n_variables = 0;
}
