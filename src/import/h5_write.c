#include "import/h5_write.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GROW_BYTES = 1 << 20,
    MAX_ATTRIBUTE_BYTES = 64512, /* Keras's HDF5_OBJECT_HEADER_LIMIT */
    NAME_BYTES = 4096,
};

struct h5_writer {
    hid_t file;
    hid_t links;    /* makes the groups above */
    hid_t datasets; /* stores no times */
    const char *problem;
    char place[NAME_BYTES];
};

static void fail(h5_writer *writer, const char *problem, const char *place)
{
    if (writer->problem)
        return;
    writer->problem = problem;
    snprintf(writer->place, sizeof writer->place, "%s", place);
}

h5_writer *h5_writer_new(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    h5_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return NULL;
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, GROW_BYTES, false);
    writer->file = H5Fcreate("mote.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    writer->links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(writer->links, 1);
    writer->datasets = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(writer->datasets, false);
    if (writer->file < 0)
        fail(writer, "HDF5 cannot make a file in memory", "");
    return writer;
}

void h5_writer_free(h5_writer *writer)
{
    if (!writer)
        return;
    H5Pclose(writer->datasets);
    H5Pclose(writer->links);
    if (writer->file >= 0)
        H5Fclose(writer->file);
    free(writer);
}

/* H5Lexists wants every group above to be there. */
static bool exists(const h5_writer *writer, const char *path)
{
    char partial[NAME_BYTES];
    for (size_t i = 1; path[i - 1]; i++) {
        if ((path[i] != '/' && path[i] != '\0') || i >= sizeof partial)
            continue;
        memcpy(partial, path, i);
        partial[i] = '\0';
        if (H5Lexists(writer->file, partial, H5P_DEFAULT) <= 0)
            return false;
    }
    return true;
}

void h5_write_group(h5_writer *writer, const char *path)
{
    if (writer->problem || strcmp(path, "/") == 0 || exists(writer, path))
        return;
    const hid_t group = H5Gcreate2(writer->file, path, writer->links, H5P_DEFAULT, H5P_DEFAULT);
    if (group < 0)
        fail(writer, "HDF5 cannot make a group", path);
    else
        H5Gclose(group);
}

void h5_write_dataset(h5_writer *writer, const char *path, mote_dtype dtype, const mote_shape *shape, const void *data)
{
    if (writer->problem)
        return;
    hsize_t dims[MOTE_MAX_RANK];
    for (int32_t i = 0; i < shape->rank; i++)
        dims[i] = (hsize_t)shape->dims[i];
    const hid_t space = shape->rank ? H5Screate_simple(shape->rank, dims, NULL) : H5Screate(H5S_SCALAR);
    const bool is_float = dtype == MOTE_FLOAT32;
    const hid_t dataset = H5Dcreate2(writer->file, path, is_float ? H5T_IEEE_F32LE : H5T_STD_I64LE, space,
                                     writer->links, writer->datasets, H5P_DEFAULT);
    const bool empty = mote_shape_count(shape) == 0;
    if (dataset < 0 || (!empty && H5Dwrite(dataset, is_float ? H5T_NATIVE_FLOAT : H5T_NATIVE_INT64, H5S_ALL, H5S_ALL,
                                           H5P_DEFAULT, data) < 0))
        fail(writer, "HDF5 cannot write a weight", path);
    if (dataset >= 0)
        H5Dclose(dataset);
    H5Sclose(space);
}

static void write_attribute(h5_writer *writer, const char *group, const char *name, hid_t type, hid_t space,
                            const void *data)
{
    const hid_t object = H5Oopen(writer->file, group, H5P_DEFAULT);
    const hid_t attribute = object >= 0 ? H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT) : -1;
    if (attribute < 0 || (data && H5Awrite(attribute, type, data) < 0))
        fail(writer, "HDF5 cannot write an attribute of", group);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (object >= 0)
        H5Oclose(object);
}

void h5_write_text(h5_writer *writer, const char *group, const char *name, const char *text)
{
    if (writer->problem)
        return;
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    write_attribute(writer, group, name, type, space, &text);
    H5Sclose(space);
    H5Tclose(type);
}

/* Texts of one width, padded with zeros. */
static void write_list(h5_writer *writer, const char *group, const char *name, int32_t n, const char *const *texts,
                       size_t width)
{
    char *table = calloc((size_t)n + 1, width);
    if (!table) {
        fail(writer, "out of memory for the names of", group);
        return;
    }
    for (int32_t i = 0; i < n; i++)
        memcpy(table + (size_t)i * width, texts[i], strlen(texts[i]));
    const hsize_t dims[] = {(hsize_t)n};
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, dims, NULL);
    H5Tset_size(type, width);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    write_attribute(writer, group, name, type, space, n ? table : NULL);
    H5Sclose(space);
    H5Tclose(type);
    free(table);
}

void h5_write_text_list(h5_writer *writer, const char *group, const char *name, int32_t n, const char *const *texts)
{
    if (writer->problem)
        return;
    size_t width = 1;
    for (int32_t i = 0; i < n; i++)
        width = strlen(texts[i]) > width ? strlen(texts[i]) : width;
    const int32_t per_chunk = (int32_t)(MAX_ATTRIBUTE_BYTES / width);
    if (n <= per_chunk) {
        write_list(writer, group, name, n, texts, width);
        return;
    }
    if (per_chunk < 1) {
        fail(writer, "a name is too long for HDF5 in", group);
        return;
    }
    for (int32_t at = 0, chunk = 0; at < n; at += per_chunk, chunk++) {
        char chunk_name[128];
        snprintf(chunk_name, sizeof chunk_name, "%s%d", name, chunk);
        write_list(writer, group, chunk_name, n - at < per_chunk ? n - at : per_chunk, texts + at, width);
    }
}

mote_status h5_writer_finish(h5_writer *writer, unsigned char **bytes, size_t *n_bytes, const mote_allocator *allocator,
                             mote_error *err)
{
    *bytes = NULL;
    if (writer->problem)
        return mote_error_set(err, MOTE_IO, "%s '%s'", writer->problem, writer->place);
    H5Fflush(writer->file, H5F_SCOPE_GLOBAL);
    const ssize_t needed = H5Fget_file_image(writer->file, NULL, 0);
    *bytes = needed > 0 ? mote_alloc(allocator, (size_t)needed) : NULL;
    if (!*bytes)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for the file");
    if (H5Fget_file_image(writer->file, *bytes, (size_t)needed) != needed) {
        mote_free(allocator, *bytes);
        *bytes = NULL;
        return mote_error_set(err, MOTE_IO, "HDF5 cannot give the file it made");
    }
    *n_bytes = (size_t)needed;
    return MOTE_OK;
}
