#include "import/h5_file.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_TEXT_BYTES = 64 * 1024 * 1024,
    MAX_LIST = 100000,
    MAX_NAME_BYTES = 4096,
    MAX_CHUNKS = 10000,
};

struct mote_h5 {
    hid_t file;
    size_t file_bytes;
};

mote_status mote_h5_open(mote_h5 **h5, const void *bytes, size_t n_bytes, mote_error *err)
{
    *h5 = NULL;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* its own error printing */
    mote_h5 *opened = calloc(1, sizeof *opened);
    if (!opened)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    /* The image is not copied, so it must not be written either. */
    const unsigned flags = H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE;
    opened->file = H5LTopen_file_image((void *)(uintptr_t)bytes, n_bytes, flags);
    opened->file_bytes = n_bytes;
    if (opened->file < 0) {
        free(opened);
        return mote_error_set(err, MOTE_FORMAT, "not a readable HDF5 file; is it truncated?");
    }
    *h5 = opened;
    return MOTE_OK;
}

void mote_h5_close(mote_h5 *h5)
{
    if (h5) {
        H5Fclose(h5->file);
        free(h5);
    }
}

/* True when every part of the path is a hard link: soft and external links could lead anywhere. */
static bool reachable(const mote_h5 *h5, const char *path)
{
    char partial[MAX_NAME_BYTES];
    const size_t n = strlen(path);
    if (n >= sizeof partial)
        return false;
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(partial, path, i);
        partial[i] = '\0';
        if (i == 1 && path[0] == '/')
            continue;
        H5L_info_t info;
        if (H5Lget_info(h5->file, partial, &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD)
            return false;
    }
    return true;
}

bool mote_h5_has(const mote_h5 *h5, const char *path)
{
    return strcmp(path, "/") == 0 || reachable(h5, path);
}

static hid_t open_attribute(const mote_h5 *h5, const char *group, const char *name)
{
    if (!mote_h5_has(h5, group))
        return -1;
    const hid_t object = H5Oopen(h5->file, group, H5P_DEFAULT);
    if (object < 0)
        return -1;
    const hid_t attribute = H5Aexists(object, name) > 0 ? H5Aopen(object, name, H5P_DEFAULT) : -1;
    H5Oclose(object);
    return attribute;
}

/* Reads every string of an attribute into one arena array; fixed and variable lengths. */
static mote_status read_strings(hid_t attribute, mote_arena *arena, const char ***list, int32_t *n, mote_error *err)
{
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const size_t width = H5Tget_size(type);
    const bool variable = H5Tis_variable_str(type) > 0;
    mote_status status = MOTE_OK;
    char *buffer = NULL;
    size_t total;
    /* An empty list has whatever type its writer thought of. */
    if ((count != 0 && H5Tget_class(type) != H5T_STRING) || count < 0 || count > MAX_LIST || width == 0 ||
        __builtin_mul_overflow((size_t)count, width, &total) || total > MAX_TEXT_BYTES)
        status = mote_error_set(err, MOTE_FORMAT, "an attribute that should be text is not, or is too long");
    const char **texts = status == MOTE_OK ? mote_arena_calloc(arena, (size_t)count + 1, sizeof *texts) : NULL;
    if (status == MOTE_OK)
        buffer = calloc((size_t)count + 1, width);
    if (status == MOTE_OK && (!texts || !buffer))
        status = mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    if (status == MOTE_OK && count > 0 && H5Aread(attribute, type, buffer) < 0)
        status = mote_error_set(err, MOTE_FORMAT, "an attribute cannot be read; the file is damaged");
    for (hssize_t i = 0; status == MOTE_OK && i < count; i++) {
        const char *text = buffer + (size_t)i * width;
        size_t length;
        if (variable) {
            memcpy(&text, buffer + (size_t)i * width, sizeof text);
            length = text ? strlen(text) : 0;
        } else {
            length = strnlen(text, width);
        }
        texts[i] = mote_arena_strndup(arena, text ? text : "", length);
        if (!texts[i])
            status = mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    }
    if (variable && buffer && count > 0)
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
    free(buffer);
    H5Tclose(type);
    H5Sclose(space);
    *list = texts;
    *n = (int32_t)count;
    return status;
}

mote_status mote_h5_text(const mote_h5 *h5, const char *group, const char *name, mote_arena *arena, const char **text,
                         mote_error *err)
{
    *text = NULL;
    const hid_t attribute = open_attribute(h5, group, name);
    if (attribute < 0)
        return MOTE_OK;
    const char **list = NULL;
    int32_t n = 0;
    mote_status status = read_strings(attribute, arena, &list, &n, err);
    H5Aclose(attribute);
    if (status == MOTE_OK && n != 1)
        status = mote_error_set(err, MOTE_FORMAT, "attribute '%s' holds %d texts, not one", name, n);
    if (status == MOTE_OK)
        *text = list[0];
    return status;
}

/* Appends to a list in the arena. */
static mote_status append(mote_arena *arena, const char ***list, int32_t *n, const char **more, int32_t n_more,
                          mote_error *err)
{
    const char **joined = mote_arena_calloc(arena, (size_t)*n + (size_t)n_more + 1, sizeof *joined);
    if (!joined || *n > MAX_LIST - n_more)
        return mote_error_set(err, MOTE_LIMIT, "a list of names is too long");
    if (*n)
        memcpy(joined, *list, (size_t)*n * sizeof *joined);
    if (n_more)
        memcpy(joined + *n, more, (size_t)n_more * sizeof *joined);
    *list = joined;
    *n += n_more;
    return MOTE_OK;
}

mote_status mote_h5_text_list(const mote_h5 *h5, const char *group, const char *name, mote_arena *arena,
                              const char ***list, int32_t *n, mote_error *err)
{
    *list = NULL;
    *n = 0;
    hid_t attribute = open_attribute(h5, group, name);
    if (attribute >= 0) {
        const mote_status status = read_strings(attribute, arena, list, n, err);
        H5Aclose(attribute);
        return status;
    }
    for (int32_t chunk = 0; chunk < MAX_CHUNKS; chunk++) {
        char chunk_name[256];
        snprintf(chunk_name, sizeof chunk_name, "%s%d", name, chunk);
        attribute = open_attribute(h5, group, chunk_name);
        if (attribute < 0)
            return MOTE_OK;
        const char **more = NULL;
        int32_t n_more = 0;
        mote_status status = read_strings(attribute, arena, &more, &n_more, err);
        H5Aclose(attribute);
        if (status == MOTE_OK)
            status = append(arena, list, n, more, n_more, err);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

static bool filters_allowed(hid_t plist)
{
    if (H5Pget_external_count(plist) > 0)
        return false;
    const int n = H5Pget_nfilters(plist);
    for (int i = 0; i < n; i++) {
        unsigned flags;
        size_t n_values = 0;
        const H5Z_filter_t filter = H5Pget_filter2(plist, (unsigned)i, &flags, &n_values, NULL, 0, NULL, NULL);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32)
            return false;
    }
    return n >= 0;
}

static mote_status read_shape(hid_t dataset, mote_tensor *tensor, mote_error *err)
{
    const hid_t space = H5Dget_space(dataset);
    const int rank = H5Sget_simple_extent_ndims(space);
    hsize_t dims[H5S_MAX_RANK];
    mote_status status = MOTE_OK;
    if (rank < 0 || rank > MOTE_MAX_RANK || H5Sget_simple_extent_dims(space, dims, NULL) != rank)
        status = mote_error_set(err, MOTE_FORMAT, "more than %d dimensions", MOTE_MAX_RANK);
    tensor->shape.rank = rank;
    for (int i = 0; status == MOTE_OK && i < rank; i++) {
        if (dims[i] > INT32_MAX)
            status = mote_error_set(err, MOTE_FORMAT, "dimension %d is too large", i);
        tensor->shape.dims[i] = (int32_t)dims[i];
    }
    H5Sclose(space);
    return status;
}

/* bfloat16 is stored by some tools as a 16-bit float with an 8-bit exponent: HDF5 converts by the type's own layout. */
static mote_status read_values(const mote_h5 *h5, hid_t dataset, mote_arena *arena, mote_tensor *tensor,
                               mote_error *err)
{
    const hid_t type = H5Dget_type(dataset);
    const H5T_class_t class = H5Tget_class(type);
    const size_t stored = H5Tget_size(type);
    H5Tclose(type);
    if (class != H5T_FLOAT && class != H5T_INTEGER && class != H5T_ENUM)
        return mote_error_set(err, MOTE_UNSUPPORTED, "it holds neither floats nor integers");
    const bool is_float = class == H5T_FLOAT;
    tensor->dtype = !is_float ? MOTE_INT64 : stored == 2 ? MOTE_FLOAT16 : stored == 8 ? MOTE_FLOAT64 : MOTE_FLOAT32;
    const int64_t count = mote_shape_count(&tensor->shape);
    const hid_t plist = H5Dget_create_plist(dataset);
    const bool plain = filters_allowed(plist);
    H5Pclose(plist);
    if (!plain)
        return mote_error_set(err, MOTE_UNSUPPORTED, "it uses external storage or an unusual filter");
    /* Deflate reaches about 1000:1; more than that is a bomb. */
    if (count < 0 || (uint64_t)count * stored / 1100 > h5->file_bytes)
        return mote_error_set(err, MOTE_LIMIT, "it claims %lld values in a file of %zu bytes", (long long)count,
                              h5->file_bytes);
    tensor->n_bytes = (size_t)count * (is_float ? sizeof(float) : sizeof(int64_t));
    tensor->data = mote_arena_alloc(arena, tensor->n_bytes + MOTE_ALIGNMENT);
    if (!tensor->data)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for its values");
    const hid_t memory_type = is_float ? H5T_NATIVE_FLOAT : H5T_NATIVE_INT64;
    if (count > 0 && H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor->data) < 0)
        return mote_error_set(err, MOTE_FORMAT, "its values cannot be read; the file is damaged or truncated");
    return MOTE_OK;
}

mote_status mote_h5_dataset(const mote_h5 *h5, const char *path, mote_arena *arena, mote_tensor *tensor,
                            mote_error *err)
{
    *tensor = (mote_tensor){.name = path, .storage = MOTE_STORAGE_CONST, .layer = -1};
    const hid_t dataset = mote_h5_has(h5, path) ? H5Dopen2(h5->file, path, H5P_DEFAULT) : -1;
    if (dataset < 0)
        return mote_error_set(err, MOTE_FORMAT, "weight '%s' is missing", path);
    mote_status status = read_shape(dataset, tensor, err);
    if (status == MOTE_OK)
        status = read_values(h5, dataset, arena, tensor, err);
    H5Dclose(dataset);
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "weight '%s'", path);
}

typedef struct members {
    mote_arena *arena;
    const char **list;
    int32_t n, capacity;
} members;

static herr_t visit(hid_t group, const char *name, const H5L_info_t *info, void *arg)
{
    (void)group;
    members *m = arg;
    if (info->type != H5L_TYPE_HARD)
        return 0;
    if (m->n >= MAX_LIST)
        return -1;
    if (m->n == m->capacity) {
        const int32_t capacity = m->capacity ? m->capacity * 2 : 32;
        const char **bigger = mote_arena_calloc(m->arena, (size_t)capacity, sizeof *bigger);
        if (!bigger)
            return -1;
        if (m->n)
            memcpy(bigger, m->list, (size_t)m->n * sizeof *bigger);
        m->list = bigger;
        m->capacity = capacity;
    }
    m->list[m->n] = mote_arena_strdup(m->arena, name);
    return m->list[m->n++] ? 0 : -1;
}

mote_status mote_h5_members(const mote_h5 *h5, const char *group, mote_arena *arena, const char ***list, int32_t *n,
                            mote_error *err)
{
    members m = {.arena = arena};
    const hid_t object = mote_h5_has(h5, group) ? H5Gopen2(h5->file, group, H5P_DEFAULT) : -1;
    if (object < 0)
        return mote_error_set(err, MOTE_FORMAT, "group '%s' is missing", group);
    hsize_t at = 0;
    const herr_t result = H5Literate(object, H5_INDEX_NAME, H5_ITER_INC, &at, visit, &m);
    H5Gclose(object);
    if (result < 0)
        return mote_error_set(err, MOTE_FORMAT, "group '%s' cannot be listed", group);
    *list = m.list;
    *n = m.n;
    return MOTE_OK;
}
