#include "import/h5_snapshot.h"

#include <stdlib.h>
#include <string.h>

typedef struct receiver {
    h5_snapshot *snapshot;
    h5_read_fn *read;
    void *context;
} receiver;

static mote_status broken(mote_error *err)
{
    return mote_error_set(err, MOTE_FORMAT, "the HDF5 library broke down on it: the file is damaged");
}

static mote_status no_memory(mote_error *err)
{
    return mote_error_set(err, MOTE_LIMIT, "its HDF5 part takes more memory than such a file may");
}

/* --- parts of records --- */

static mote_status get_int(const receiver *r, int32_t low, int32_t high, int32_t *value, mote_error *err)
{
    const bool got = r->read(r->context, value, sizeof *value);
    return got && *value >= low && *value <= high ? MOTE_OK : broken(err);
}

static mote_status get_text(const receiver *r, int32_t limit, const char **text, mote_error *err)
{
    int32_t length;
    const mote_status status = get_int(r, 0, limit, &length, err);
    if (status != MOTE_OK)
        return status;
    char *copy = mote_arena_alloc(r->snapshot->arena, (size_t)length + 1);
    if (!copy)
        return no_memory(err);
    *text = copy;
    return r->read(r->context, copy, (size_t)length) ? MOTE_OK : broken(err);
}

/* One more element in an array of the arena; NULL: out of memory. */
static void *grow(mote_arena *arena, void *array, int32_t n, int32_t *capacity, size_t element_bytes)
{
    if (n < *capacity)
        return array;
    const int32_t bigger = *capacity ? *capacity * 2 : 64;
    void *copy = mote_arena_calloc(arena, (size_t)bigger, element_bytes);
    if (copy && n)
        memcpy(copy, array, (size_t)n * element_bytes);
    *capacity = copy ? bigger : *capacity;
    return copy;
}

/* --- records --- */

static mote_status get_attribute(const receiver *r, mote_error *err)
{
    h5_snapshot *s = r->snapshot;
    h5_attribute a = {0};
    mote_status status = get_text(r, H5_MAX_PATH_BYTES, &a.path, err);
    if (status == MOTE_OK)
        status = get_text(r, H5_MAX_PATH_BYTES, &a.name, err);
    if (status == MOTE_OK)
        status = get_int(r, 0, H5_MAX_LIST, &a.n, err);
    if (status != MOTE_OK)
        return status;
    a.texts = mote_arena_calloc(s->arena, (size_t)a.n + 1, sizeof *a.texts);
    if (!a.texts)
        return no_memory(err);
    for (int32_t i = 0; status == MOTE_OK && i < a.n; i++)
        status = get_text(r, H5_MAX_TEXT_BYTES, &a.texts[i], err);
    h5_attribute *grown = grow(s->arena, s->attributes, s->n_attributes, &s->attribute_capacity, sizeof *s->attributes);
    if (!grown)
        return no_memory(err);
    s->attributes = grown;
    s->attributes[s->n_attributes++] = a;
    return status;
}

static mote_status get_dataset(const receiver *r, mote_tensor *tensor, mote_error *err)
{
    int32_t dtype;
    int64_t n_bytes;
    mote_status status = get_int(r, 0, MOTE_DTYPE_COUNT - 1, &dtype, err);
    if (status == MOTE_OK)
        status = get_int(r, 0, MOTE_MAX_RANK, &tensor->shape.rank, err);
    for (int32_t i = 0; status == MOTE_OK && i < tensor->shape.rank; i++)
        status = get_int(r, 0, INT32_MAX, &tensor->shape.dims[i], err);
    if (status != MOTE_OK)
        return status;
    tensor->dtype = (mote_dtype)dtype;
    tensor->storage = MOTE_STORAGE_CONST;
    tensor->layer = -1;
    const int64_t count = mote_shape_count(&tensor->shape);
    const int64_t element = tensor->dtype == MOTE_INT64 ? sizeof(int64_t) : sizeof(float);
    if (!r->read(r->context, &n_bytes, sizeof n_bytes) || count < 0 || n_bytes < 0 || n_bytes % element != 0 ||
        n_bytes / element != count)
        return broken(err);
    tensor->n_bytes = (size_t)n_bytes;
    tensor->data = mote_arena_alloc(r->snapshot->arena, tensor->n_bytes + MOTE_ALIGNMENT);
    if (!tensor->data)
        return no_memory(err);
    return r->read(r->context, tensor->data, tensor->n_bytes) ? MOTE_OK : broken(err);
}

static mote_status get_object(const receiver *r, h5_record kind, mote_error *err)
{
    h5_snapshot *s = r->snapshot;
    h5_object object = {.kind = kind};
    mote_status status = get_text(r, H5_MAX_PATH_BYTES, &object.path, err);
    if (status == MOTE_OK && kind == H5_DATASET)
        status = get_dataset(r, &object.tensor, err);
    if (status == MOTE_OK && kind == H5_UNREADABLE)
        status = get_text(r, H5_MAX_PATH_BYTES, &object.why, err);
    if (status == MOTE_OK && s->n_objects > H5_MAX_OBJECTS)
        status = broken(err);
    if (status != MOTE_OK)
        return status;
    h5_object *grown = grow(s->arena, s->objects, s->n_objects, &s->object_capacity, sizeof *s->objects);
    if (!grown)
        return no_memory(err);
    s->objects = grown;
    s->objects[s->n_objects++] = object;
    return MOTE_OK;
}

static mote_status get_error(const receiver *r, mote_error *err)
{
    int32_t code;
    const char *text;
    mote_status status = get_int(r, MOTE_OK + 1, MOTE_INTERNAL, &code, err);
    if (status == MOTE_OK)
        status = get_text(r, MOTE_ERROR_TEXT_BYTES, &text, err);
    return status == MOTE_OK ? mote_error_set(err, (mote_status)code, "%s", text) : status;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const h5_object *)a)->path, ((const h5_object *)b)->path);
}

static int by_path_and_name(const void *a, const void *b)
{
    const h5_attribute *x = a, *y = b;
    const int order = strcmp(x->path, y->path);
    return order ? order : strcmp(x->name, y->name);
}

mote_status h5_snapshot_receive(h5_snapshot *snapshot, mote_arena *arena, h5_read_fn *read, void *context,
                                mote_error *err)
{
    *snapshot = (h5_snapshot){.arena = arena};
    const receiver r = {snapshot, read, context};
    mote_status status = MOTE_OK;
    for (bool more = true; more && status == MOTE_OK;) {
        unsigned char kind;
        if (!read(context, &kind, 1))
            return broken(err);
        switch ((h5_record)kind) {
        case H5_GROUP:
        case H5_DATASET:
        case H5_UNREADABLE:
            status = get_object(&r, (h5_record)kind, err);
            break;
        case H5_ATTRIBUTE:
            status = get_attribute(&r, err);
            break;
        case H5_ERROR:
            return get_error(&r, err);
        case H5_END:
            more = false;
            break;
        default:
            return broken(err);
        }
    }
    if (status == MOTE_OK && snapshot->n_objects)
        qsort(snapshot->objects, (size_t)snapshot->n_objects, sizeof *snapshot->objects, by_path);
    if (status == MOTE_OK && snapshot->n_attributes)
        qsort(snapshot->attributes, (size_t)snapshot->n_attributes, sizeof *snapshot->attributes, by_path_and_name);
    return status;
}

/* --- asking --- */

const h5_object *h5_snapshot_find(const h5_snapshot *snapshot, const char *path)
{
    const h5_object key = {.path = path};
    return snapshot->n_objects ? bsearch(&key, snapshot->objects, (size_t)snapshot->n_objects, sizeof key, by_path)
                               : NULL;
}

const h5_attribute *h5_snapshot_attribute(const h5_snapshot *snapshot, const char *path, const char *name)
{
    const h5_attribute key = {.path = path, .name = name};
    return snapshot->n_attributes
               ? bsearch(&key, snapshot->attributes, (size_t)snapshot->n_attributes, sizeof key, by_path_and_name)
               : NULL;
}

int32_t h5_snapshot_lower_bound(const h5_snapshot *snapshot, const char *path)
{
    int32_t low = 0, high = snapshot->n_objects;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (strcmp(snapshot->objects[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
