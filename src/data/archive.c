/*
 * Entry names of an archive are never used as paths: a name either is PetImages/<Cat|Dog>/<digits>.jpg, and then the
 * digits make the file's name, or the entry is left alone. So "..", absolute names, links and devices cannot get out.
 * Sizes are counted as bytes come, not as the archive claims.
 */
#include <mote/archive.h>
#include <mote/io.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

enum {
    MAX_ENTRIES = 1000000,
    MAX_DIGITS = 9,
    MAX_PHOTO_BYTES = 64 << 20,
    HEAD_BYTES = 512, /* what TFDS looks for "JFIF" in */
    BLOCK_BYTES = 1 << 16,
};
static const int64_t MAX_TOTAL_BYTES = (int64_t)16 << 30;

typedef struct unpacking {
    zip_t *zip;
    const char *folder;
    unsigned char *bytes; /* MAX_PHOTO_BYTES: one photo */
    int64_t n_total;      /* unpacked so far */
    mote_archive_counts *counts;
} unpacking;

/* "PetImages/Cat/12.jpg", with '/' or '\'. digits: where they begin and how many. */
static bool is_photo(const char *name, bool *dog, const char **digits, int *n_digits)
{
    const char *at = name;
    if (strncmp(at, "./", 2) == 0)
        at += 2;
    if (strncmp(at, "PetImages", 9) != 0 || (at[9] != '/' && at[9] != '\\'))
        return false;
    at += 10;
    if (strncmp(at, "Cat", 3) != 0 && strncmp(at, "Dog", 3) != 0)
        return false;
    *dog = at[0] == 'D';
    if (at[3] != '/' && at[3] != '\\')
        return false;
    at += 4;
    *digits = at;
    while (*at >= '0' && *at <= '9')
        at++;
    *n_digits = (int)(at - *digits);
    return *n_digits > 0 && *n_digits <= MAX_DIGITS && strcmp(at, ".jpg") == 0;
}

static mote_status entry_error(const unpacking *u, zip_uint64_t index, const char *why, mote_error *err)
{
    const char *name = zip_get_name(u->zip, index, ZIP_FL_ENC_RAW);
    return mote_error_set(err, MOTE_FORMAT, "entry '%s': %s; fetch the archive anew", name ? name : "?", why);
}

static mote_status read_entry(unpacking *u, zip_uint64_t index, size_t *n_bytes, mote_error *err)
{
    zip_file_t *file = zip_fopen_index(u->zip, index, 0);
    if (!file)
        return entry_error(u, index, zip_strerror(u->zip), err);
    mote_status status = MOTE_OK;
    size_t n = 0;
    while (status == MOTE_OK) {
        const zip_int64_t got = zip_fread(file, u->bytes + n, BLOCK_BYTES);
        if (got < 0)
            status = entry_error(u, index, zip_file_strerror(file), err);
        if (got <= 0)
            break;
        n += (size_t)got;
        u->n_total += got;
        if (n > MAX_PHOTO_BYTES - BLOCK_BYTES || u->n_total > MAX_TOTAL_BYTES)
            status = mote_error_set(err, MOTE_LIMIT, "it unpacks to more than photos are; is it the right archive?");
    }
    zip_fclose(file);
    *n_bytes = n;
    return status;
}

static mote_status write_photo(const unpacking *u, const char *name, size_t n_bytes, mote_error *err)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", u->folder, name) >= (int)sizeof path)
        return mote_error_set(err, MOTE_LIMIT, "%s: a path that is too long", u->folder);
    /* The folder is new: what is there already came out of this archive. */
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST)
        return mote_error_set(err, MOTE_FORMAT, "%s is in the archive twice; fetch the archive anew", name);
    mote_status status = MOTE_OK;
    size_t done = 0;
    while (fd >= 0 && done < n_bytes) {
        const ssize_t n = write(fd, u->bytes + done, n_bytes - done);
        if (n < 0 && errno != EINTR)
            break;
        done += n > 0 ? (size_t)n : 0;
    }
    if (fd < 0 || done < n_bytes)
        status = mote_error_write(err, path, errno);
    if (fd >= 0)
        close(fd);
    return status;
}

static mote_status unpack_entry(unpacking *u, zip_uint64_t index, mote_error *err)
{
    const char *name = zip_get_name(u->zip, index, ZIP_FL_ENC_RAW), *digits;
    bool dog;
    int n_digits;
    size_t n_bytes = 0;
    char target[32];
    if (!name || !is_photo(name, &dog, &digits, &n_digits)) {
        u->counts->n_other++;
        return MOTE_OK;
    }
    snprintf(target, sizeof target, "%s/%.*s.jpg", dog ? "dog" : "cat", n_digits, digits);
    mote_status status = read_entry(u, index, &n_bytes, err);
    if (status != MOTE_OK)
        return status;
    if (!memmem(u->bytes, n_bytes < HEAD_BYTES ? n_bytes : HEAD_BYTES, "JFIF", 4)) {
        u->counts->n_dropped++;
        return MOTE_OK;
    }
    status = write_photo(u, target, n_bytes, err);
    if (status == MOTE_OK && dog)
        u->counts->n_dogs++;
    else if (status == MOTE_OK)
        u->counts->n_cats++;
    return status;
}

static mote_status unpack_all(unpacking *u, bool (*on_entry)(void *, int64_t, int64_t), void *arg, mote_error *err)
{
    static const char *const names[] = {"cat", "dog"};
    const zip_int64_t n = zip_get_num_entries(u->zip, 0);
    if (n > MAX_ENTRIES)
        return mote_error_set(err, MOTE_LIMIT, "%lld entries, more than %d", (long long)n, MAX_ENTRIES);
    mote_status status = MOTE_OK;
    for (int i = 0; status == MOTE_OK && i < 2; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", u->folder, names[i]);
        status = mote_make_directories(path, err);
    }
    for (zip_int64_t i = 0; status == MOTE_OK && i < n; i++) {
        status = unpack_entry(u, (zip_uint64_t)i, err);
        if (status == MOTE_OK && on_entry && !on_entry(arg, i + 1, n))
            status = mote_error_set(err, MOTE_CANCELLED, "stopped");
    }
    if (status == MOTE_OK && (u->counts->n_cats == 0 || u->counts->n_dogs == 0))
        status = mote_error_set(
            err, MOTE_FORMAT, "no photos PetImages/Cat/1.jpg, PetImages/Dog/1.jpg, … in it; is it the right archive?");
    return status;
}

mote_status mote_archive_cats_vs_dogs(const char *zip_path, const char *folder,
                                      bool (*on_entry)(void *arg, int64_t done, int64_t total), void *arg,
                                      mote_archive_counts *counts, mote_error *err)
{
    *counts = (mote_archive_counts){0};
    int code;
    zip_t *zip = zip_open(zip_path, ZIP_RDONLY, &code);
    if (!zip) {
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        mote_error_set(err, MOTE_FORMAT, "%s: no readable zip archive: %s", zip_path, zip_error_strerror(&error));
        zip_error_fini(&error);
        return MOTE_FORMAT;
    }
    unpacking u = {.zip = zip, .folder = folder, .bytes = malloc(MAX_PHOTO_BYTES), .counts = counts};
    mote_status status = u.bytes ? unpack_all(&u, on_entry, arg, err) : mote_error_no_memory(err);
    free(u.bytes);
    zip_discard(zip);
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "%s", zip_path);
}
