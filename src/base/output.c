/*
 * Output files appear whole or not at all: they are written as "<path>.XXXXXX.tmp" beside their place, synced,
 * and renamed. The lists of open outputs and of directories made for them are the one piece of process-wide state: a
 * signal handler has no other way to find what to remove. They are fixed tables of slots that the handler only reads.
 */
#include <mote/io.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_OPEN_OUTPUTS = 64, MAX_PLACES = 8 };

struct mote_output {
    FILE *stream;
    char *path, *temporary; /* temporary NULL: written in place (standard output, a device, a pipe) */
    int slot;
};

struct mote_output_place {
    char *path;
    int slot; /* -1: the directory was there */
};

static _Atomic(char *) open_temporaries[MAX_OPEN_OUTPUTS];
static _Atomic(char *) made_places[MAX_PLACES];

static int claim_slot(_Atomic(char *) *slots, int n, char *path)
{
    for (int i = 0; i < n; i++) {
        char *none = NULL;
        if (atomic_compare_exchange_strong(&slots[i], &none, path))
            return i;
    }
    return -1;
}

static void release_slot(_Atomic(char *) *slots, int slot)
{
    if (slot >= 0)
        atomic_store(&slots[slot], NULL);
}

static void for_each_slot(_Atomic(char *) *slots, int n, int (*call)(const char *path))
{
    for (int i = 0; i < n; i++) {
        const char *path = atomic_load(&slots[i]);
        if (path)
            call(path);
    }
}

void mote_output_discard_all(void)
{
    for_each_slot(open_temporaries, MAX_OPEN_OUTPUTS, unlink);
    for_each_slot(made_places, MAX_PLACES, rmdir);
}

mote_status mote_error_write(mote_error *err, const char *path, int error)
{
    if (error == ENOSPC || error == EDQUOT)
        return mote_error_set(err, MOTE_NO_SPACE, "%s: no space left on the device; free some or write elsewhere",
                              path);
    return mote_error_set(err, MOTE_IO, "%s: cannot write it: %s", path,
                          error == ENOENT ? "its folder is not there; make it first" : strerror(error));
}

static const char *shown_path(const mote_output *output)
{
    return output->path ? output->path : "standard output";
}

static void free_output(mote_output *output)
{
    release_slot(open_temporaries, output->slot);
    free(output->path);
    free(output->temporary);
    free(output);
}

static mote_status open_in_place(mote_output *output, mote_error *err)
{
    output->stream = fopen(output->path, "wbe");
    return output->stream ? MOTE_OK : mote_error_write(err, output->path, errno);
}

/* What mkstemps does, but in the table before it is there: a signal may come between any two steps. */
static int create_temporary(mote_output *output, size_t at)
{
    enum { TRIES = 100, N_LETTERS = 6 };
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
    int fd = -1;
    for (int try = 0; try < TRIES && fd < 0; try++) {
        unsigned char random[N_LETTERS];
        if (getentropy(random, sizeof random) != 0)
            return -1;
        for (size_t i = 0; i < N_LETTERS; i++)
            output->temporary[at + i] = letters[random[i] % 32];
        output->slot = claim_slot(open_temporaries, MAX_OPEN_OUTPUTS, output->temporary);
        fd = open(output->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            break;
        release_slot(open_temporaries, output->slot);
    }
    return fd;
}

static mote_status open_beside(mote_output *output, mote_error *err)
{
    const size_t n = strlen(output->path) + sizeof ".XXXXXX.tmp";
    output->temporary = malloc(n);
    if (!output->temporary)
        return mote_error_set(err, MOTE_NO_MEMORY, "%s: out of memory", output->path);
    snprintf(output->temporary, n, "%s.XXXXXX.tmp", output->path);
    const int fd = create_temporary(output, n - sizeof "XXXXXX.tmp");
    if (fd < 0)
        return mote_error_write(err, output->path, errno);
    output->stream = fdopen(fd, "w+b");
    if (!output->stream) {
        const int error = errno;
        close(fd);
        unlink(output->temporary);
        return mote_error_write(err, output->path, error);
    }
    return MOTE_OK;
}

static mote_status open_path(mote_output *output, const char *path, mote_error *err)
{
    output->path = strdup(path);
    if (!output->path)
        return mote_error_set(err, MOTE_NO_MEMORY, "%s: out of memory", path);
    struct stat info;
    if (stat(path, &info) != 0 || S_ISREG(info.st_mode))
        return open_beside(output, err);
    if (S_ISDIR(info.st_mode))
        return mote_error_set(err, MOTE_IO, "%s: is a folder; name a file in it", path);
    return open_in_place(output, err); /* renaming over a device would replace it */
}

mote_status mote_output_open(mote_output **output, const char *path, mote_error *err)
{
    *output = NULL;
    mote_output *o = calloc(1, sizeof *o);
    if (!o)
        return mote_error_set(err, MOTE_NO_MEMORY, "%s: out of memory", path);
    o->slot = -1;
    mote_status status = MOTE_OK;
    if (strcmp(path, "-") == 0)
        o->stream = stdout;
    else
        status = open_path(o, path, err);
    if (status != MOTE_OK) {
        free_output(o);
        return status;
    }
    *output = o;
    return MOTE_OK;
}

FILE *mote_output_stream(mote_output *output)
{
    return output->stream;
}

const char *mote_output_temporary_path(const mote_output *output)
{
    return output->temporary;
}

void mote_output_discard(mote_output *output)
{
    if (!output)
        return;
    if (output->stream != stdout)
        fclose(output->stream);
    if (output->temporary)
        unlink(output->temporary);
    free_output(output);
}

/* Why the stream has failed. An earlier write may have failed inside stdio, its errno long gone: one more byte to
 * the file, which is lost anyway, tells. */
static int stream_error(FILE *stream)
{
    errno = 0;
    if (fflush(stream) == 0 && !ferror(stream))
        return 0;
    if (!errno && write(fileno(stream), "", 1) == 1)
        errno = EIO;
    return errno ? errno : EIO;
}

/* Each step only if those before it succeeded; the stream is closed whatever happens. Returns an errno or 0. */
static int finish(mote_output *output)
{
    int error = stream_error(output->stream);
    if (output->stream == stdout)
        return error;
    if (!error && output->temporary && fsync(fileno(output->stream)) != 0)
        error = errno;
    if (fclose(output->stream) != 0 && !error)
        error = errno;
    if (!output->temporary)
        return error;
    if (!error && rename(output->temporary, output->path) != 0)
        error = errno;
    if (error)
        unlink(output->temporary);
    return error;
}

mote_status mote_output_commit(mote_output *output, mote_error *err)
{
    const int error = finish(output);
    const mote_status status = error ? mote_error_write(err, shown_path(output), error) : MOTE_OK;
    free_output(output);
    return status;
}

mote_status mote_file_write(const char *path, const void *data, size_t n_bytes, mote_error *err)
{
    mote_output *output;
    mote_status status = mote_output_open(&output, path, err);
    if (status != MOTE_OK)
        return status;
    if (n_bytes && fwrite(data, 1, n_bytes, output->stream) != n_bytes) {
        status = mote_error_write(err, shown_path(output), errno);
        mote_output_discard(output);
        return status;
    }
    return mote_output_commit(output, err);
}

mote_status mote_make_directories(const char *path, mote_error *err)
{
    char *partial = strdup(path);
    if (!partial)
        return mote_error_set(err, MOTE_NO_MEMORY, "%s: out of memory", path);
    mote_status status = MOTE_OK;
    for (char *at = partial + 1; status == MOTE_OK; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        const char kept = *at;
        *at = '\0';
        struct stat info;
        if (mkdir(partial, 0777) != 0 && (errno != EEXIST || stat(partial, &info) != 0 || !S_ISDIR(info.st_mode)))
            status = mote_error_set(err, MOTE_IO, "%s: cannot make this folder: %s", partial,
                                    errno == EEXIST ? "a file of that name is there" : strerror(errno));
        *at = kept;
        if (kept == '\0')
            break;
    }
    free(partial);
    return status;
}

mote_status mote_output_place_open(mote_output_place **place, const char *path, mote_error *err)
{
    struct stat info;
    *place = NULL;
    const bool there = stat(path, &info) == 0;
    const mote_status status = mote_make_directories(path, err);
    if (status != MOTE_OK)
        return status;
    mote_output_place *p = calloc(1, sizeof *p);
    if (p)
        p->path = strdup(path);
    if (!p || !p->path) {
        free(p);
        return mote_error_set(err, MOTE_NO_MEMORY, "%s: out of memory", path);
    }
    p->slot = there ? -1 : claim_slot(made_places, MAX_PLACES, p->path);
    *place = p;
    return MOTE_OK;
}

void mote_output_place_keep(mote_output_place *place)
{
    if (!place)
        return;
    release_slot(made_places, place->slot);
    free(place->path);
    free(place);
}

void mote_output_place_discard(mote_output_place *place)
{
    if (place && place->slot >= 0)
        rmdir(place->path);
    mote_output_place_keep(place);
}
