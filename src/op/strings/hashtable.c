/*
 * HASHTABLE, _IMPORT, _FIND and _SIZE: from int64 to strings or from strings to int64, filled once. A table is three
 * resource variables: keys and values as they were imported, and the places of the distinct keys in their order.
 */
#include "op/strings/strings.h"

#include <stdio.h>
#include <string.h>

typedef struct mote_hashtable_params {
    int32_t table_id, key_dtype, value_dtype;
} mote_hashtable_params;

/* --- definitions --- */

static mote_status infer_table(const mote_op_io *io, mote_error *err)
{
    (void)err;
    io->outputs[0]->dtype = MOTE_RESOURCE;
    io->outputs[0]->shape = (mote_shape){1, {1}};
    return MOTE_OK;
}

static mote_status need_table(const mote_op_io *io, mote_error *err)
{
    for (int32_t i = 0; i < io->n_inputs; i++)
        if (!io->inputs[i])
            return mote_error_set(err, MOTE_SHAPE, "input %d is missing", i);
    return io->inputs[0]->dtype == MOTE_RESOURCE ? MOTE_OK
                                                 : mote_error_set(err, MOTE_SHAPE, "input 0 is %s, not a resource",
                                                                  mote_dtype_name(io->inputs[0]->dtype));
}

/* A key for each value, of the two types that tables have. */
static mote_status need_pair(mote_dtype key, mote_dtype value, mote_error *err)
{
    if ((key == MOTE_INT64 && value == MOTE_STRING) || (key == MOTE_STRING && value == MOTE_INT64))
        return MOTE_OK;
    return mote_error_set(err, MOTE_UNSUPPORTED, "a table from %s to %s", mote_dtype_name(key), mote_dtype_name(value));
}

static mote_status infer_import(const mote_op_io *io, mote_error *err)
{
    const mote_status status = need_table(io, err);
    return status == MOTE_OK ? need_pair(io->inputs[1]->dtype, io->inputs[2]->dtype, err) : status;
}

static mote_status infer_find(const mote_op_io *io, mote_error *err)
{
    const mote_status status = need_table(io, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = io->inputs[2]->dtype;
    io->outputs[0]->shape = io->inputs[1]->shape;
    return need_pair(io->inputs[1]->dtype, io->inputs[2]->dtype, err);
}

static mote_status infer_size(const mote_op_io *io, mote_error *err)
{
    io->outputs[0]->dtype = MOTE_INT64;
    io->outputs[0]->shape = (mote_shape){1, {1}};
    return need_table(io, err);
}

static const mote_op_field FIELDS[] = {
    {"table_id", 0, MOTE_FIELD_I32, offsetof(mote_hashtable_params, table_id), 0},
    {"key_dtype", 1, MOTE_FIELD_ENUM, offsetof(mote_hashtable_params, key_dtype), 0},
    {"value_dtype", 2, MOTE_FIELD_ENUM, offsetof(mote_hashtable_params, value_dtype), 0},
};

const mote_op_def mote_op_def_hashtable = {
    .name = "HASHTABLE",
    .options_type = 107,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_hashtable_params),
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_STATEFUL,
    .infer = infer_table,
    .max_version = 1,
};

const mote_op_def mote_op_def_hashtable_import = {
    .name = "HASHTABLE_IMPORT",
    .options_type = 109,
    .min_inputs = 3,
    .max_inputs = 3,
    .flags = MOTE_OP_STATEFUL,
    .infer = infer_import,
    .max_version = 1,
};

const mote_op_def mote_op_def_hashtable_find = {
    .name = "HASHTABLE_FIND",
    .options_type = 108,
    .min_inputs = 3,
    .max_inputs = 3,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_STATEFUL,
    .infer = infer_find,
    .max_version = 1,
};

const mote_op_def mote_op_def_hashtable_size = {
    .name = "HASHTABLE_SIZE",
    .options_type = 110,
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_STATEFUL,
    .infer = infer_size,
    .max_version = 1,
};

/* --- keys --- */

/* int64 keys or string keys. */
typedef struct keys {
    const int64_t *numbers; /* NULL: strings */
    mote_strings strings;
    int64_t n;
} keys;

static mote_status open_keys(const mote_tensor *tensor, keys *k, mote_error *err)
{
    *k = (keys){.n = mote_shape_count(&tensor->shape)};
    if (tensor->dtype == MOTE_STRING)
        return mote_strings_open(tensor, &k->strings, err);
    k->numbers = tensor->data;
    return MOTE_OK;
}

/* Key i of a and key j of b: before, the same, or after. */
static int compare(const keys *a, int64_t i, const keys *b, int64_t j)
{
    if (a->numbers)
        return (a->numbers[i] > b->numbers[j]) - (a->numbers[i] < b->numbers[j]);
    return mote_text_compare(mote_strings_get(&a->strings, i), mote_strings_get(&b->strings, j));
}

/* Of equal keys the earlier first: the first is the one that counts. */
static bool comes_before(const keys *k, int32_t i, int32_t j)
{
    const int order = compare(k, i, k, j);
    return order ? order < 0 : i < j;
}

static void sift_down(const keys *k, int32_t *order, int64_t root, int64_t n)
{
    for (int64_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && comes_before(k, order[child], order[child + 1]))
            child++;
        if (!comes_before(k, order[root], order[child]))
            return;
        const int32_t swapped = order[root];
        order[root] = order[child];
        order[child] = swapped;
    }
}

/* Fills in the places of the distinct keys, sorted, and returns how many: heap sort, whatever the keys are. */
static int64_t sort_keys(const keys *k, int32_t *order)
{
    for (int64_t i = 0; i < k->n; i++)
        order[i] = (int32_t)i;
    for (int64_t i = k->n / 2; i-- > 0;)
        sift_down(k, order, i, k->n);
    for (int64_t n = k->n; n-- > 1;) {
        const int32_t last = order[n];
        order[n] = order[0];
        order[0] = last;
        sift_down(k, order, 0, n);
    }
    int64_t distinct = 0;
    for (int64_t i = 0; i < k->n; i++)
        if (distinct == 0 || compare(k, order[i], k, order[distinct - 1]) != 0)
            order[distinct++] = order[i];
    return distinct;
}

/* --- running --- */

typedef enum part { KEYS, VALUES, ORDER, N_PARTS } part;

/* The variables of the table that input 0 names. */
static mote_status get_parts(mote_run *run, const mote_op_io *io, int32_t ids[N_PARTS], mote_error *err)
{
    static const char *const names[] = {"keys", "values", "order"};
    int32_t table;
    char container[32];
    if (io->inputs[0]->n_bytes < sizeof table)
        return mote_error_set(err, MOTE_ARGUMENT, "its table has no value");
    memcpy(&table, io->inputs[0]->data, sizeof table);
    snprintf(container, sizeof container, "hash table %d", table);
    for (int32_t i = 0; i < N_PARTS; i++) {
        ids[i] = mote_run_variable_id(run, container, names[i]);
        if (ids[i] < 0)
            return mote_error_no_memory(err);
    }
    return MOTE_OK;
}

static mote_status eval_table(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state, (void)err;
    memcpy(io->outputs[0]->data, &((const mote_hashtable_params *)io->node->params)->table_id, sizeof(int32_t));
    return MOTE_OK;
}

static mote_status prepare_import(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)state;
    const int64_t n = mote_shape_count(&io->inputs[1]->shape);
    if (n < 0 || n > INT32_MAX || n != mote_shape_count(&io->inputs[2]->shape))
        return mote_error_set(err, MOTE_SHAPE, "as many values as keys are needed");
    mote_run_request_scratch(run, (size_t)n * sizeof(int32_t));
    return MOTE_OK;
}

/* Later imports change nothing. */
static mote_status eval_import(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    int32_t ids[N_PARTS];
    keys k;
    mote_strings values;
    mote_status status = get_parts(run, io, ids, err);
    if (status != MOTE_OK || mote_run_variable(run, ids[ORDER])->data)
        return status;
    status = open_keys(io->inputs[1], &k, err);
    if (status == MOTE_OK && io->inputs[2]->dtype == MOTE_STRING)
        status = mote_strings_open(io->inputs[2], &values, err);
    if (status != MOTE_OK)
        return status;
    mote_tensor order = {.name = "", .dtype = MOTE_INT32, .data = mote_run_scratch(run), .layer = -1};
    order.shape = (mote_shape){1, {(int32_t)(k.n ? sort_keys(&k, order.data) : 0)}};
    order.n_bytes = (size_t)order.shape.dims[0] * sizeof(int32_t);
    status = mote_run_assign_variable(run, ids[KEYS], io->inputs[1], err);
    if (status == MOTE_OK)
        status = mote_run_assign_variable(run, ids[VALUES], io->inputs[2], err);
    return status == MOTE_OK ? mote_run_assign_variable(run, ids[ORDER], &order, err) : status;
}

/* The place of a key; -1: not in the table. A file's operators on variables may have written into the order too. */
static int64_t find(const keys *table, const mote_tensor *order, const keys *wanted, int64_t i)
{
    const int32_t *places = order->data;
    int64_t low = 0, high = order->shape.dims[0];
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (places[middle] < 0 || places[middle] >= table->n)
            return -1;
        const int way = compare(table, places[middle], wanted, i);
        if (way == 0)
            return places[middle];
        if (way < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

/* What a lookup needs at hand. */
typedef struct lookup {
    keys table, wanted;
    const mote_tensor *order, *values;
} lookup;

static mote_status open_lookup(mote_run *run, const mote_op_io *io, lookup *l, mote_error *err)
{
    int32_t ids[N_PARTS];
    mote_status status = get_parts(run, io, ids, err);
    if (status != MOTE_OK)
        return status;
    const mote_tensor *table = mote_run_variable(run, ids[KEYS]);
    l->order = mote_run_variable(run, ids[ORDER]);
    l->values = mote_run_variable(run, ids[VALUES]);
    if (!l->order->data || l->order->dtype != MOTE_INT32 || l->order->shape.rank != 1 || !table->data ||
        table->dtype != io->inputs[1]->dtype || l->values->dtype != io->outputs[0]->dtype ||
        mote_shape_count(&table->shape) != mote_shape_count(&l->values->shape))
        return mote_error_set(err, MOTE_ARGUMENT, "its table has not been filled, or has other types");
    status = open_keys(table, &l->table, err);
    return status == MOTE_OK ? open_keys(io->inputs[1], &l->wanted, err) : status;
}

static mote_status find_numbers(const mote_op_io *io, const lookup *l, mote_error *err)
{
    if (mote_shape_count(&io->inputs[2]->shape) < 1)
        return mote_error_set(err, MOTE_ARGUMENT, "its default value is missing");
    for (int64_t i = 0; i < l->wanted.n; i++) {
        const int64_t at = find(&l->table, l->order, &l->wanted, i);
        ((int64_t *)io->outputs[0]->data)[i] =
            at < 0 ? *(const int64_t *)io->inputs[2]->data : ((const int64_t *)l->values->data)[at];
    }
    return MOTE_OK;
}

static mote_status find_strings(mote_run *run, const mote_op_io *io, const lookup *l, mote_error *err)
{
    mote_strings values, otherwise;
    mote_status status = mote_strings_open(l->values, &values, err);
    if (status == MOTE_OK)
        status = mote_strings_open(io->inputs[2], &otherwise, err);
    if (status == MOTE_OK && otherwise.n < 1)
        status = mote_error_set(err, MOTE_ARGUMENT, "its default value is missing");
    if (status != MOTE_OK)
        return status;
    mote_strings_writer writer = {0};
    size_t n_characters = 0;
    for (int32_t pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < l->wanted.n; i++) {
            const int64_t at = find(&l->table, l->order, &l->wanted, i);
            const mote_text text = at < 0 ? mote_strings_get(&otherwise, 0) : mote_strings_get(&values, at);
            n_characters += text.n;
            if (pass == 1)
                mote_strings_add(&writer, text);
        }
        if (pass == 0)
            status = mote_strings_begin(run, io, 0, l->wanted.n, n_characters, &writer, err);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

static mote_status eval_find(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    lookup l;
    const mote_status status = open_lookup(run, io, &l, err);
    if (status != MOTE_OK)
        return status;
    return l.values->dtype == MOTE_STRING ? find_strings(run, io, &l, err) : find_numbers(io, &l, err);
}

static mote_status eval_size(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    int32_t ids[N_PARTS];
    const mote_status status = get_parts(run, io, ids, err);
    if (status != MOTE_OK)
        return status;
    const mote_tensor *order = mote_run_variable(run, ids[ORDER]);
    *(int64_t *)io->outputs[0]->data = order->data && order->shape.rank == 1 ? order->shape.dims[0] : 0;
    return MOTE_OK;
}

const mote_op_run mote_op_run_hashtable = {NULL, eval_table};
const mote_op_run mote_op_run_hashtable_import = {prepare_import, eval_import};
const mote_op_run mote_op_run_hashtable_find = {NULL, eval_find};
const mote_op_run mote_op_run_hashtable_size = {NULL, eval_size};
