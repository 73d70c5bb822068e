#include "import/h5_walk.h"

#include <mote/tensor.h>

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef struct walk {
    h5_write_fn *write;
    void *context;
    bool failed; /* nothing more is to be said: an error was, or the reader is gone */
    bool gone;
    size_t n_buffered;
    size_t file_bytes;
    int32_t n_objects;
    int depth;
    bool skips_state; /* optimizer and metrics are no weights */
    char path[H5_MAX_PATH_BYTES];
    unsigned char buffer[64 * 1024];
} walk;

/* --- records --- */

static void flush(walk *w)
{
    if (!w->failed && w->n_buffered)
        w->failed = w->gone = !w->write(w->context, w->buffer, w->n_buffered);
    w->n_buffered = 0;
}

static void put(walk *w, const void *data, size_t n_bytes)
{
    const unsigned char *from = data;
    while (!w->failed && n_bytes > 0) {
        const size_t room = sizeof w->buffer - w->n_buffered, n = n_bytes < room ? n_bytes : room;
        memcpy(w->buffer + w->n_buffered, from, n);
        w->n_buffered += n;
        from += n;
        n_bytes -= n;
        if (w->n_buffered == sizeof w->buffer)
            flush(w);
    }
}

static void put_kind(walk *w, h5_record kind)
{
    const unsigned char byte = (unsigned char)kind;
    put(w, &byte, 1);
}

static void put_int(walk *w, int32_t value)
{
    put(w, &value, sizeof value);
}

static void put_text(walk *w, const char *text, size_t length)
{
    put_int(w, (int32_t)length);
    put(w, text, length);
}

/* The group or dataset at w->path. */
static void put_object(walk *w, h5_record kind)
{
    put_kind(w, kind);
    put_text(w, w->path, strlen(w->path));
}

static void put_unreadable(walk *w, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put_object(w, H5_UNREADABLE);
    put_text(w, text, strlen(text));
}

static mote_status fail(walk *w, mote_status status, const char *text)
{
    put_kind(w, H5_ERROR);
    put_int(w, (int32_t)status);
    put_text(w, text, strlen(text));
    w->failed = true;
    return status;
}

/* --- attributes --- */

/* Lists are split over name0, name1, … when they are long. */
static bool is_wanted(const char *name)
{
    static const char *const wanted[] = {"model_config", "training_config", "keras_version",
                                         "backend",      "layer_names",     "weight_names"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (strncmp(name, wanted[i], strlen(wanted[i])) == 0)
            return true;
    return false;
}

static void put_strings(walk *w, const char *name, const char *values, hssize_t count, size_t width, bool variable)
{
    put_object(w, H5_ATTRIBUTE);
    put_text(w, name, strlen(name));
    put_int(w, (int32_t)count);
    for (hssize_t i = 0; i < count; i++) {
        const char *text = values + (size_t)i * width;
        if (variable)
            memcpy(&text, values + (size_t)i * width, sizeof text);
        const size_t length = !text ? 0 : variable ? strnlen(text, H5_MAX_TEXT_BYTES) : strnlen(text, width);
        put_text(w, text, length);
    }
}

/* Every string of an attribute; fixed and variable lengths. */
static mote_status read_strings(walk *w, hid_t attribute, const char *name)
{
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    const size_t width = H5Tget_size(type);
    const bool variable = H5Tis_variable_str(type) > 0;
    size_t total;
    mote_status status = MOTE_OK;
    /* An empty list has whatever type its writer thought of. */
    if ((count != 0 && H5Tget_class(type) != H5T_STRING) || count < 0 || count > H5_MAX_LIST || width == 0 ||
        __builtin_mul_overflow((size_t)count, width, &total) || total > H5_MAX_TEXT_BYTES)
        status = fail(w, MOTE_FORMAT, "an attribute that should be text is not, or is too long");
    char *buffer = status == MOTE_OK ? calloc((size_t)count + 1, width) : NULL;
    if (status == MOTE_OK && !buffer)
        status = fail(w, MOTE_NO_MEMORY, "out of memory");
    if (status == MOTE_OK && count > 0 && H5Aread(attribute, type, buffer) < 0)
        status = fail(w, MOTE_FORMAT, "an attribute cannot be read; the file is damaged");
    if (status == MOTE_OK)
        put_strings(w, name, buffer, count, width, variable);
    if (variable && status == MOTE_OK && count > 0)
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
    free(buffer);
    H5Tclose(type);
    H5Sclose(space);
    return status;
}

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *arg)
{
    (void)info;
    walk *w = arg;
    if (!is_wanted(name))
        return 0;
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    const mote_status status =
        attribute < 0 ? fail(w, MOTE_FORMAT, "an attribute cannot be opened") : read_strings(w, attribute, name);
    if (attribute >= 0)
        H5Aclose(attribute);
    return status == MOTE_OK && !w->failed ? 0 : -1;
}

/* --- datasets --- */

/* Why the values are not simply here, or NULL. A view would read as zeros: no other file can be opened. */
static const char *foreign_values(hid_t dataset)
{
    const hid_t plist = H5Dget_create_plist(dataset);
    const int n = H5Pget_nfilters(plist);
    const char *why = NULL;
    if (plist < 0 || n < 0)
        why = "how it is stored cannot be read; the file is damaged";
    else if (H5Pget_layout(plist) == H5D_VIRTUAL)
        why = "it is a view of other datasets; save the values themselves";
    else if (H5Pget_external_count(plist) != 0)
        why = "it has its values in external storage; save them in this file";
    for (int i = 0; !why && i < n; i++) {
        unsigned flags;
        size_t n_values = 0;
        const H5Z_filter_t filter = H5Pget_filter2(plist, (unsigned)i, &flags, &n_values, NULL, 0, NULL, NULL);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32)
            why = "it is packed by an unusual filter; save it without, or with gzip";
    }
    H5Pclose(plist);
    return why;
}

static bool read_shape(hid_t dataset, mote_shape *shape)
{
    const hid_t space = H5Dget_space(dataset);
    hsize_t dims[H5S_MAX_RANK];
    const int rank = H5Sget_simple_extent_ndims(space);
    bool fits = H5Sget_simple_extent_type(space) != H5S_NULL && rank >= 0 && rank <= MOTE_MAX_RANK &&
                H5Sget_simple_extent_dims(space, dims, NULL) == rank;
    *shape = (mote_shape){.rank = rank};
    for (int i = 0; fits && i < rank; i++) {
        fits = dims[i] <= INT32_MAX;
        shape->dims[i] = (int32_t)dims[i];
    }
    H5Sclose(space);
    return fits;
}

/* How values are stored and what they become: floats of any width float32, integers int64. Two opaque bytes are a
 * bfloat16, which HDF5 has no type for. */
typedef struct value_type {
    mote_dtype dtype; /* the file's */
    hid_t memory;
    size_t memory_bytes, file_bytes;
    bool known, bfloat16;
} value_type;

static value_type read_type(hid_t dataset)
{
    const hid_t type = H5Dget_type(dataset);
    const H5T_class_t class = H5Tget_class(type);
    const size_t n = H5Tget_size(type);
    value_type v = {.file_bytes = n};
    if (class == H5T_FLOAT)
        v = (value_type){n == 2 ? MOTE_FLOAT16 : n == 8 ? MOTE_FLOAT64 : MOTE_FLOAT32,
                         H5T_NATIVE_FLOAT,
                         sizeof(float),
                         n,
                         true,
                         false};
    else if (class == H5T_INTEGER || class == H5T_ENUM)
        v = (value_type){MOTE_INT64, H5T_NATIVE_INT64, sizeof(int64_t), n, true, false};
    else if (class == H5T_OPAQUE && n == sizeof(uint16_t))
        v = (value_type){MOTE_BFLOAT16, H5Tcopy(type), sizeof(uint16_t), n, true, true};
    H5Tclose(type);
    return v;
}

/* bfloat16 is the upper half of a float32; from the end, since the wider values overwrite the narrow ones. */
static void widen_bfloat16(void *values, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        uint16_t half;
        memcpy(&half, (char *)values + i * sizeof half, sizeof half);
        const uint32_t bits = (uint32_t)half << 16;
        memcpy((char *)values + i * sizeof bits, &bits, sizeof bits);
    }
}

static void put_dataset(walk *w, const mote_shape *shape, const value_type *type, const void *values, size_t n_bytes)
{
    const int64_t size = (int64_t)n_bytes;
    put_object(w, H5_DATASET);
    put_int(w, (int32_t)type->dtype);
    put_int(w, shape->rank);
    put(w, shape->dims, (size_t)shape->rank * sizeof *shape->dims);
    put(w, &size, sizeof size);
    put(w, values, n_bytes);
}

static void read_values(walk *w, hid_t dataset, const mote_shape *shape, const value_type *type)
{
    const int64_t count = mote_shape_count(shape);
    /* Deflate reaches about 1000:1; more than that is a bomb. */
    if (count < 0 || (uint64_t)count * type->file_bytes / 1100 > w->file_bytes) {
        put_unreadable(w, "it claims %lld values in a file of %zu bytes", (long long)count, w->file_bytes);
        return;
    }
    const size_t n_bytes = (size_t)count * (type->bfloat16 ? sizeof(float) : type->memory_bytes);
    void *values = calloc(n_bytes + 1, 1);
    if (!values) {
        put_unreadable(w, "out of memory for its values");
    } else if (count > 0 && H5Dread(dataset, type->memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
        put_unreadable(w, "its values cannot be read; the file is damaged or truncated");
    } else {
        if (type->bfloat16)
            widen_bfloat16(values, (size_t)count);
        put_dataset(w, shape, type, values, n_bytes);
    }
    free(values);
}

static void read_dataset(walk *w, hid_t dataset)
{
    mote_shape shape;
    const value_type type = read_type(dataset);
    const char *why = foreign_values(dataset);
    if (!type.known)
        put_unreadable(w, "it holds neither floats nor integers");
    else if (!read_shape(dataset, &shape))
        put_unreadable(w, "it has more than %d dimensions, or one that is too large", MOTE_MAX_RANK);
    else if (why)
        put_unreadable(w, "%s", why);
    else
        read_values(w, dataset, &shape, &type);
    if (type.bfloat16)
        H5Tclose(type.memory);
}

/* --- groups --- */

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *arg);

static void read_group(walk *w, hid_t group)
{
    put_object(w, H5_GROUP);
    H5Aiterate2(group, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_attribute, w);
    if (!w->failed && w->depth == 0)
        w->skips_state = H5Aexists(group, "layer_names") <= 0 && H5Aexists(group, "layer_names0") <= 0;
    if (w->failed || ++w->depth > H5_MAX_DEPTH) {
        if (!w->failed)
            fail(w, MOTE_LIMIT, "groups are nested too deeply");
        return;
    }
    if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_link, w) < 0 && !w->failed)
        fail(w, MOTE_FORMAT, "a group cannot be listed; the file is damaged");
    w->depth--;
}

/* The state of training, at the root of files that hold more than weights by layer name. */
static bool is_state(const walk *w, const char *name)
{
    return w->skips_state && w->depth == 1 &&
           (strcmp(name, "optimizer_weights") == 0 || strcmp(name, "optimizer") == 0 || strcmp(name, "metrics") == 0);
}

/* Hard links only: soft and external ones could lead anywhere. */
static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *arg)
{
    walk *w = arg;
    const size_t length = strlen(w->path), more = strlen(name);
    if (info->type != H5L_TYPE_HARD || is_state(w, name))
        return 0;
    if (++w->n_objects > H5_MAX_OBJECTS || length + more + 2 > sizeof w->path) {
        fail(w, MOTE_LIMIT, "it has too many objects, or too long names");
        return -1;
    }
    const hid_t object = H5Oopen(group, name, H5P_DEFAULT);
    if (object < 0) {
        fail(w, MOTE_FORMAT, "an object cannot be opened; the file is damaged");
        return -1;
    }
    w->path[length] = '/';
    memcpy(w->path + length + 1, name, more + 1);
    const H5I_type_t kind = H5Iget_type(object);
    if (kind == H5I_GROUP)
        read_group(w, object);
    else if (kind == H5I_DATASET)
        read_dataset(w, object);
    w->path[length] = '\0';
    H5Oclose(object);
    return w->failed ? -1 : 0;
}

void mote_h5_walk(const void *bytes, size_t n_bytes, h5_write_fn *write, void *context)
{
    walk *w = calloc(1, sizeof *w);
    if (!w)
        return;
    w->write = write;
    w->context = context;
    w->file_bytes = n_bytes;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* its own error printing */
    H5PLset_loading_state(0);              /* filters from elsewhere */
    /* The image is not copied, so it must not be written either. */
    const unsigned flags = H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE;
    const hid_t file = H5LTopen_file_image((void *)(uintptr_t)bytes, n_bytes, flags);
    const hid_t root = file < 0 ? -1 : H5Gopen2(file, "/", H5P_DEFAULT);
    if (root < 0)
        fail(w, MOTE_FORMAT, "not a readable HDF5 file; is it truncated?");
    else
        read_group(w, root);
    if (!w->failed)
        put_kind(w, H5_END);
    w->failed = w->gone; /* what is buffered goes out after a failure too */
    flush(w);
    free(w);
    /* All is said: should the library break down now, nobody minds. */
    if (root >= 0)
        H5Gclose(root);
    if (file >= 0)
        H5Fclose(file);
}
