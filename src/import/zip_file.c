#include "import/zip_file.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum {
    MAX_ENTRIES = 10000,
    MAX_RATIO = 1100, /* deflate's own limit is near 1032:1 */
};

struct mote_zip {
    zip_t *archive;
    size_t file_bytes;
};

mote_status mote_zip_open(mote_zip **zip, const void *bytes, size_t n_bytes, mote_error *err)
{
    *zip = NULL;
    mote_zip *opened = calloc(1, sizeof *opened);
    if (!opened)
        return mote_error_no_memory(err);
    zip_error_t why;
    zip_error_init(&why);
    zip_source_t *source = zip_source_buffer_create(bytes, n_bytes, 0, &why);
    opened->archive = source ? zip_open_from_source(source, ZIP_RDONLY, &why) : NULL;
    opened->file_bytes = n_bytes;
    if (!opened->archive) {
        mote_error_set(err, MOTE_FORMAT, "not a readable zip archive (%s); is it truncated?", zip_error_strerror(&why));
        zip_source_free(source);
        zip_error_fini(&why);
        free(opened);
        return MOTE_FORMAT;
    }
    zip_error_fini(&why);
    if (zip_get_num_entries(opened->archive, 0) > MAX_ENTRIES) {
        mote_zip_close(opened);
        return mote_error_set(err, MOTE_LIMIT, "the archive has more than %d entries", MAX_ENTRIES);
    }
    *zip = opened;
    return MOTE_OK;
}

void mote_zip_close(mote_zip *zip)
{
    if (zip) {
        zip_discard(zip->archive);
        free(zip);
    }
}

/* The entry's index; -1: none, -2: several. */
static zip_int64_t locate(const mote_zip *zip, const char *name)
{
    zip_int64_t found = -1;
    const zip_int64_t n = zip_get_num_entries(zip->archive, 0);
    for (zip_int64_t i = 0; i < n; i++) {
        const char *entry = zip_get_name(zip->archive, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        if (entry && strcmp(entry, name) == 0)
            found = found == -1 ? i : -2;
    }
    return found;
}

static mote_status check_entry(const mote_zip *zip, const zip_stat_t *info, const char *name, size_t limit_bytes,
                               mote_error *err)
{
    const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if ((info->valid & needed) != needed)
        return mote_error_set(err, MOTE_FORMAT, "%s: the archive does not say how large it is", name);
    if ((info->valid & ZIP_STAT_ENCRYPTION_METHOD) && info->encryption_method != ZIP_EM_NONE)
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s is encrypted", name);
    if (info->comp_method != ZIP_CM_STORE && info->comp_method != ZIP_CM_DEFLATE)
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s is packed by method %u; deflate or none is needed", name,
                              info->comp_method);
    if (info->size > limit_bytes || info->size / MAX_RATIO > zip->file_bytes)
        return mote_error_set(err, MOTE_LIMIT, "%s unpacks to %llu bytes from an archive of %zu", name,
                              (unsigned long long)info->size, zip->file_bytes);
    return MOTE_OK;
}

static mote_status read_all(zip_file_t *entry, unsigned char *data, size_t n_bytes, const char *name, mote_error *err)
{
    size_t done = 0;
    while (done < n_bytes) {
        const zip_int64_t n = zip_fread(entry, data + done, n_bytes - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    unsigned char beyond;
    /* Reading past the end is what makes libzip compare the checksum. */
    if (done != n_bytes || zip_fread(entry, &beyond, 1) != 0)
        return mote_error_set(err, MOTE_FORMAT, "%s cannot be unpacked; the file is damaged or truncated", name);
    data[n_bytes] = 0;
    return MOTE_OK;
}

mote_status mote_zip_read(mote_zip *zip, const char *name, size_t limit_bytes, unsigned char **data, size_t *n_bytes,
                          const mote_allocator *allocator, mote_error *err)
{
    *data = NULL;
    *n_bytes = 0;
    const zip_int64_t index = locate(zip, name);
    if (index == -1)
        return MOTE_OK;
    if (index == -2)
        return mote_error_set(err, MOTE_FORMAT, "%s is in the archive more than once", name);
    zip_stat_t info;
    zip_stat_init(&info);
    if (zip_stat_index(zip->archive, (zip_uint64_t)index, 0, &info) != 0)
        return mote_error_set(err, MOTE_FORMAT, "%s: the archive's directory is damaged", name);
    mote_status status = check_entry(zip, &info, name, limit_bytes, err);
    if (status != MOTE_OK)
        return status;
    zip_file_t *entry = zip_fopen_index(zip->archive, (zip_uint64_t)index, 0);
    if (!entry)
        return mote_error_set(err, MOTE_FORMAT, "%s cannot be opened in the archive", name);
    unsigned char *bytes = mote_alloc(allocator, (size_t)info.size + 1);
    status = bytes ? read_all(entry, bytes, (size_t)info.size, name, err)
                   : mote_error_set(err, MOTE_NO_MEMORY, "out of memory for %s", name);
    zip_fclose(entry);
    if (status != MOTE_OK) {
        mote_free(allocator, bytes);
        return status;
    }
    *data = bytes;
    *n_bytes = (size_t)info.size;
    return MOTE_OK;
}
