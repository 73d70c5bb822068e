/*
 * Output files appear whole or not at all: they are written as "<path>.XXXXXX.tmp" beside their place, synced,
 * and renamed. The list of open outputs is the one piece of process-wide state: a signal handler has no other
 * way to find what to remove. It is a fixed table of slots that the handler only reads.
 */
#include <mote/io.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_OPEN_OUTPUTS = 64 };

struct mote_output {
    FILE *stream;
    char *path, *temporary; /* both NULL for standard output */
    int slot;
};

static _Atomic(char *) open_temporaries[MAX_OPEN_OUTPUTS];

static int claim_slot(char *temporary)
{
    for (int i = 0; i < MAX_OPEN_OUTPUTS; i++) {
        char *none = NULL;
        if (atomic_compare_exchange_strong(&open_temporaries[i], &none, temporary))
            return i;
    }
    return -1;
}

void mote_output_discard_all(void)
{
    for (int i = 0; i < MAX_OPEN_OUTPUTS; i++) {
        const char *temporary = atomic_load(&open_temporaries[i]);
        if (temporary)
            unlink(temporary);
    }
}

static mote_status write_error(mote_error *err, const char *path, int error)
{
    if (error == ENOSPC || error == EDQUOT)
        return mote_error_set(err, MOTE_NO_SPACE, "%s: no space left on the device; free some or write elsewhere",
                              path);
    return mote_error_set(err, MOTE_IO, "%s: cannot write it: %s", path, strerror(error));
}

static void free_output(mote_output *output)
{
    if (output->slot >= 0)
        atomic_store(&open_temporaries[output->slot], NULL);
    free(output->path);
    free(output->temporary);
    free(output);
}

static mote_status open_beside(mote_output *output, const char *path, mote_error *err)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return mote_error_set(err, MOTE_IO, "%s: is a folder; name a file in it", path);
    output->path = strdup(path);
    const size_t n = strlen(path) + sizeof ".XXXXXX.tmp";
    output->temporary = malloc(n);
    if (!output->path || !output->temporary)
        return mote_error_set(err, MOTE_NO_MEMORY, "%s: out of memory", path);
    snprintf(output->temporary, n, "%s.XXXXXX.tmp", path);
    const int fd = mkstemps(output->temporary, (int)strlen(".tmp"));
    if (fd < 0)
        return write_error(err, path, errno);
    output->slot = claim_slot(output->temporary);
    output->stream = fdopen(fd, "w+b");
    if (!output->stream) {
        const int error = errno;
        close(fd);
        unlink(output->temporary);
        return write_error(err, path, error);
    }
    const mode_t mask = umask(0);
    umask(mask);
    fchmod(fd, 0666 & ~mask); /* mkstemps makes files private; a result is not */
    return MOTE_OK;
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
        status = open_beside(o, path, err);
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
    if (output->temporary) {
        fclose(output->stream);
        unlink(output->temporary);
    }
    free_output(output);
}

mote_status mote_output_commit(mote_output *output, mote_error *err)
{
    const char *path = output->path ? output->path : "standard output";
    bool failed = fflush(output->stream) != 0 || ferror(output->stream);
    int error = errno;
    if (output->temporary) {
        if (!failed && fsync(fileno(output->stream)) != 0) {
            failed = true;
            error = errno;
        }
        if (fclose(output->stream) != 0 && !failed) {
            failed = true;
            error = errno;
        }
        if (!failed && rename(output->temporary, output->path) != 0) {
            failed = true;
            error = errno;
        }
        if (failed)
            unlink(output->temporary);
    }
    const mote_status status = failed ? write_error(err, path, error ? error : EIO) : MOTE_OK;
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
        status = write_error(err, path, errno);
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
