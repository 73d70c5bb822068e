/*
 * NumPy's .npy files: "\x93NUMPY", two bytes of version, the header's length (2 bytes in version 1, else 4,
 * little-endian), a Python dictionary as text, then the elements.
 */
#include <ctype.h>
#include <mote/data.h>
#include <mote/io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC_BYTES = 6, HEADER_ALIGNMENT = 64, MAX_HEADER_BYTES = 65536 };

static const char MAGIC[MAGIC_BYTES] = {(char)0x93, 'N', 'U', 'M', 'P', 'Y'};

typedef struct npy_type {
    char kind;
    int bytes;
    mote_dtype dtype;
} npy_type;

static const npy_type TYPES[] = {
    {'f', 4, MOTE_FLOAT32},   {'f', 2, MOTE_FLOAT16},     {'f', 8, MOTE_FLOAT64}, {'i', 1, MOTE_INT8},
    {'i', 2, MOTE_INT16},     {'i', 4, MOTE_INT32},       {'i', 8, MOTE_INT64},   {'u', 1, MOTE_UINT8},
    {'u', 2, MOTE_UINT16},    {'u', 4, MOTE_UINT32},      {'u', 8, MOTE_UINT64},  {'b', 1, MOTE_BOOL},
    {'c', 8, MOTE_COMPLEX64}, {'c', 16, MOTE_COMPLEX128},
};
enum { N_TYPES = sizeof TYPES / sizeof *TYPES };

/* --- the dictionary --- */

/* What follows 'key': in the header, or NULL. */
static const char *find_value(const char *header, const char *key)
{
    char quoted[32];
    for (int style = 0; style < 2; style++) {
        snprintf(quoted, sizeof quoted, style ? "\"%s\"" : "'%s'", key);
        const char *at = strstr(header, quoted);
        if (!at)
            continue;
        at += strlen(quoted);
        while (isspace((unsigned char)*at))
            at++;
        if (*at != ':')
            return NULL;
        at++;
        while (isspace((unsigned char)*at))
            at++;
        return at;
    }
    return NULL;
}

/* "'<f4'" */
static mote_status parse_type(const char *text, mote_dtype *dtype, mote_error *err)
{
    if (!text || (*text != '\'' && *text != '"'))
        return mote_error_set(err, MOTE_FORMAT, "its header names no element type (structured arrays are not read)");
    const char order = text[1], kind = order ? text[2] : '\0';
    const int bytes = kind ? atoi(text + 3) : 0;
    for (int i = 0; i < N_TYPES; i++) {
        if (TYPES[i].kind != kind || TYPES[i].bytes != bytes)
            continue;
        if (order == '<' || order == '=' || (order == '|' && bytes == 1)) {
            *dtype = TYPES[i].dtype;
            return MOTE_OK;
        }
        return mote_error_set(err, MOTE_UNSUPPORTED, "its elements are big-endian; save them with .astype('<%c%d')",
                              kind, bytes);
    }
    return mote_error_set(err, MOTE_UNSUPPORTED, "its element type %.8s is not one that mote reads", text);
}

/* "(3, 4)", "(3,)", "()" */
static mote_status parse_shape(const char *text, mote_shape *shape, mote_error *err)
{
    *shape = (mote_shape){0};
    if (!text || *text != '(')
        return mote_error_set(err, MOTE_FORMAT, "its header gives no shape");
    for (text++;;) {
        while (isspace((unsigned char)*text) || *text == ',')
            text++;
        if (*text == ')')
            return MOTE_OK;
        if (!isdigit((unsigned char)*text))
            return mote_error_set(err, MOTE_FORMAT, "its shape is malformed");
        char *end;
        const unsigned long long dim = strtoull(text, &end, 10);
        if (shape->rank == MOTE_MAX_RANK || dim > INT32_MAX)
            return mote_error_set(err, MOTE_LIMIT, "its shape has more than %d dimensions or one beyond 2^31",
                                  MOTE_MAX_RANK);
        shape->dims[shape->rank++] = (int32_t)dim;
        text = end;
    }
}

static mote_status parse_header(const char *header, mote_tensor *tensor, mote_error *err)
{
    mote_status status = parse_type(find_value(header, "descr"), &tensor->dtype, err);
    if (status == MOTE_OK)
        status = parse_shape(find_value(header, "shape"), &tensor->shape, err);
    const char *fortran = find_value(header, "fortran_order");
    if (status == MOTE_OK && fortran && strncmp(fortran, "True", 4) == 0 && tensor->shape.rank > 1)
        return mote_error_set(err, MOTE_UNSUPPORTED, "it is in Fortran order; save it with numpy.ascontiguousarray");
    return status;
}

/* --- whole files --- */

static mote_status read_npy(const mote_file *file, mote_tensor *tensor, const mote_allocator *allocator,
                            mote_error *err)
{
    const unsigned char *data = file->data;
    if (file->n_bytes < 10 || memcmp(data, MAGIC, MAGIC_BYTES) != 0)
        return mote_error_set(err, MOTE_FORMAT, "not a .npy file");
    const int major = data[6];
    const size_t prefix = major == 1 ? 10 : 12;
    if (major < 1 || major > 3 || file->n_bytes < prefix)
        return mote_error_set(err, MOTE_UNSUPPORTED, "version %d of the .npy format; 1 to 3 are read", major);
    size_t length = (size_t)data[8] | (size_t)data[9] << 8;
    if (major > 1)
        length |= (size_t)data[10] << 16 | (size_t)data[11] << 24;
    if (length > MAX_HEADER_BYTES || length > file->n_bytes - prefix)
        return mote_error_set(err, MOTE_FORMAT, "byte 8: a header of %zu bytes in a file of %zu", length,
                              file->n_bytes);
    char *header = mote_calloc(allocator, length + 1, 1);
    if (!header)
        return mote_error_no_memory(err);
    memcpy(header, data + prefix, length);
    const mote_status status = parse_header(header, tensor, err);
    mote_free(allocator, header);
    if (status != MOTE_OK)
        return status;
    const size_t available = file->n_bytes - prefix - length;
    if (!mote_tensor_needed_bytes(tensor, &tensor->n_bytes) || tensor->n_bytes > available)
        return mote_error_set(err, MOTE_FORMAT, "its shape needs more than the %zu bytes that follow the header",
                              available);
    tensor->data = mote_alloc(allocator, tensor->n_bytes);
    if (!tensor->data)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for %zu bytes", tensor->n_bytes);
    if (tensor->n_bytes)
        memcpy(tensor->data, data + prefix + length, tensor->n_bytes);
    return MOTE_OK;
}

mote_status mote_npy_read(const char *path, mote_tensor *tensor, const mote_allocator *allocator, mote_error *err)
{
    mote_file file;
    *tensor = (mote_tensor){.name = "", .storage = MOTE_STORAGE_CONST, .layer = -1};
    mote_status status = mote_file_open(&file, path, 0, allocator, err);
    if (status != MOTE_OK)
        return status;
    status = read_npy(&file, tensor, allocator, err);
    mote_file_close(&file);
    return status == MOTE_OK ? MOTE_OK : mote_error_prefix(err, status, "%s", path);
}

static const npy_type *find_type(mote_dtype dtype)
{
    for (int i = 0; i < N_TYPES; i++)
        if (TYPES[i].dtype == dtype)
            return &TYPES[i];
    return NULL;
}

/* Padded with spaces and ended by a newline, so that the elements begin at a multiple of 64. */
static size_t format_header(const mote_tensor *tensor, const npy_type *type, char header[512])
{
    char shape[160] = "";
    size_t at = 0;
    for (int32_t i = 0; i < tensor->shape.rank; i++)
        at += (size_t)snprintf(shape + at, sizeof shape - at, "%s%d", i ? ", " : "", tensor->shape.dims[i]);
    const int n =
        snprintf(header, 512, "{'descr': '%c%c%d', 'fortran_order': False, 'shape': (%s%s), }",
                 type->bytes == 1 ? '|' : '<', type->kind, type->bytes, shape, tensor->shape.rank == 1 ? "," : "");
    size_t length = (size_t)n;
    while ((10 + length + 1) % HEADER_ALIGNMENT)
        header[length++] = ' ';
    header[length++] = '\n';
    return length;
}

mote_status mote_npy_write(const char *path, const mote_tensor *tensor, mote_error *err)
{
    const npy_type *type = find_type(tensor->dtype);
    size_t n_bytes;
    if (!type)
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s: NumPy has no type for %s", path,
                              mote_dtype_name(tensor->dtype));
    if (!mote_tensor_needed_bytes(tensor, &n_bytes) || (n_bytes && !tensor->data))
        return mote_error_set(err, MOTE_ARGUMENT, "%s: a tensor without a value cannot be written", path);
    char header[512];
    const size_t length = format_header(tensor, type, header);
    const unsigned char start[4] = {1, 0, (unsigned char)(length & 255), (unsigned char)(length >> 8)};
    mote_output *output;
    const mote_status status = mote_output_open(&output, path, err);
    if (status != MOTE_OK)
        return status;
    FILE *stream = mote_output_stream(output);
    fwrite(MAGIC, 1, MAGIC_BYTES, stream);
    fwrite(start, 1, sizeof start, stream);
    fwrite(header, 1, length, stream);
    if (n_bytes)
        fwrite(tensor->data, 1, n_bytes, stream);
    return mote_output_commit(output, err);
}
