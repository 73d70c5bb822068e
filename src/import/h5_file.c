#include "import/h5_file.h"

#include "base/sanitized.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_CHUNKS = 10000, BASE_SECONDS = 1, BYTES_PER_SECOND = 16 << 20 };

struct mote_h5 {
    mote_arena *arena;
    h5_snapshot snapshot;
};

/* --- the child --- */

/* That this process has; 0: unknown. */
static size_t address_space_bytes(void)
{
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "re");
    if (statm && fscanf(statm, "%lu", &pages) != 1)
        pages = 0;
    if (statm)
        fclose(statm);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* A crash is the parent's to report: no handlers, no words, no core. Afterwards no file can be opened or grow. */
static void contain(size_t n_bytes)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGINT, SIGTERM, SIGXCPU};
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
        signal(fatal[i], SIG_DFL);
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
    }
    const size_t have = address_space_bytes();
    const rlim_t memory = have + ((size_t)512 << 20) + 4 * n_bytes, seconds = BASE_SECONDS + n_bytes / BYTES_PER_SECOND;
    const struct rlimit none = {0, 0};
    /* Where one fails, the process is under a lower limit already. */
    if (have && !MOTE_SANITIZED) /* whose shadow is terabytes */
        setrlimit(RLIMIT_AS, &(struct rlimit){memory, memory});
    setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds});
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_FSIZE, &none);
    setrlimit(RLIMIT_NOFILE, &none);
}

static bool write_pipe(void *context, const void *data, size_t n_bytes)
{
    const int fd = *(const int *)context;
    const unsigned char *from = data;
    while (n_bytes > 0) {
        const ssize_t n = write(fd, from, n_bytes);
        if (n < 0 && errno != EINTR)
            return false;
        from += n > 0 ? n : 0;
        n_bytes -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* --- the parent --- */

typedef struct pipe_reader {
    int fd;
    size_t n, at; /* of the buffer */
    unsigned char buffer[64 * 1024];
} pipe_reader;

/* Bytes from the pipe, past the buffer where many are wanted. */
static bool read_pipe(void *context, void *data, size_t n_bytes)
{
    pipe_reader *p = context;
    unsigned char *to = data;
    while (n_bytes > 0) {
        if (p->at < p->n) {
            const size_t left = p->n - p->at, n = left < n_bytes ? left : n_bytes;
            memcpy(to, p->buffer + p->at, n);
            p->at += n;
            to += n;
            n_bytes -= n;
            continue;
        }
        const bool direct = n_bytes >= sizeof p->buffer;
        const ssize_t n = direct ? read(p->fd, to, n_bytes) : read(p->fd, p->buffer, sizeof p->buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p->n = direct ? p->n : (size_t)n;
        p->at = direct ? p->at : 0;
        to += direct ? n : 0;
        n_bytes -= direct ? (size_t)n : 0;
    }
    return true;
}

mote_status mote_h5_receive(mote_h5 **h5, size_t n_bytes, h5_read_fn *read, void *context, mote_error *err)
{
    *h5 = NULL;
    /* Values are wider here than in the file at most by four (integers of 16 bits), unless they were deflated. */
    mote_arena *arena = mote_arena_new(NULL, ((size_t)256 << 20) + 8 * n_bytes);
    mote_h5 *opened = arena ? mote_arena_alloc(arena, sizeof *opened) : NULL;
    if (!opened) {
        mote_arena_free(arena);
        return mote_error_no_memory(err);
    }
    opened->arena = arena;
    const mote_status status = h5_snapshot_receive(&opened->snapshot, arena, read, context, err);
    if (status == MOTE_OK)
        *h5 = opened;
    else
        mote_arena_free(arena);
    return status;
}

static mote_status receive_from(mote_h5 **h5, size_t n_bytes, int fd, mote_error *err)
{
    pipe_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return mote_error_no_memory(err);
    reader->fd = fd;
    const mote_status status = mote_h5_receive(h5, n_bytes, read_pipe, reader, err);
    free(reader);
    return status;
}

mote_status mote_h5_open(mote_h5 **h5, const void *bytes, size_t n_bytes, mote_error *err)
{
    int fds[2];
    *h5 = NULL;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return mote_error_set(err, MOTE_IO, "no pipe for reading HDF5: %s", strerror(errno));
    const pid_t child = fork();
    if (child < 0) {
        close(fds[0]);
        close(fds[1]);
        return mote_error_set(err, MOTE_IO, "no process for reading HDF5: %s", strerror(errno));
    }
    if (child == 0) {
        close(fds[0]); /* or a parent that was killed leaves it waiting to be read by itself */
        contain(n_bytes);
        mote_h5_walk(bytes, n_bytes, write_pipe, &fds[1]);
        _exit(0);
    }
    close(fds[1]);
    const mote_status status = receive_from(h5, n_bytes, fds[0], err);
    close(fds[0]);
    kill(child, SIGKILL); /* after an error it may still be writing */
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    return status;
}

void mote_h5_close(mote_h5 *h5)
{
    if (h5)
        mote_arena_free(h5->arena);
}

/* --- asking --- */

/* The root's path is "" in the snapshot. */
static const char *plain(const char *path)
{
    return strcmp(path, "/") == 0 ? "" : path;
}

bool mote_h5_has(const mote_h5 *h5, const char *path)
{
    return h5_snapshot_find(&h5->snapshot, plain(path)) != NULL;
}

mote_status mote_h5_text(const mote_h5 *h5, const char *group, const char *name, const char **text, mote_error *err)
{
    const h5_attribute *attribute = h5_snapshot_attribute(&h5->snapshot, plain(group), name);
    *text = attribute && attribute->n == 1 ? attribute->texts[0] : NULL;
    if (attribute && attribute->n != 1)
        return mote_error_set(err, MOTE_FORMAT, "attribute '%s' holds %d texts, not one", name, attribute->n);
    return MOTE_OK;
}

/* Appends to a list in the arena. */
static mote_status append(mote_arena *arena, const char ***list, int32_t *n, const h5_attribute *more, mote_error *err)
{
    if (*n > H5_MAX_LIST - more->n)
        return mote_error_set(err, MOTE_LIMIT, "a list of names is too long");
    const char **joined = mote_arena_calloc(arena, (size_t)*n + (size_t)more->n + 1, sizeof *joined);
    if (!joined)
        return mote_error_no_memory(err);
    if (*n)
        memcpy(joined, *list, (size_t)*n * sizeof *joined);
    if (more->n)
        memcpy(joined + *n, more->texts, (size_t)more->n * sizeof *joined);
    *list = joined;
    *n += more->n;
    return MOTE_OK;
}

mote_status mote_h5_text_list(const mote_h5 *h5, const char *group, const char *name, mote_arena *arena,
                              const char ***list, int32_t *n, mote_error *err)
{
    *list = NULL;
    *n = 0;
    const h5_attribute *whole = h5_snapshot_attribute(&h5->snapshot, plain(group), name);
    if (whole)
        return append(arena, list, n, whole, err);
    for (int32_t chunk = 0; chunk < MAX_CHUNKS; chunk++) {
        char chunk_name[256];
        snprintf(chunk_name, sizeof chunk_name, "%s%d", name, chunk);
        const h5_attribute *part = h5_snapshot_attribute(&h5->snapshot, plain(group), chunk_name);
        const mote_status status = part ? append(arena, list, n, part, err) : MOTE_OK;
        if (!part || status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

mote_status mote_h5_dataset(const mote_h5 *h5, const char *path, mote_tensor *tensor, mote_error *err)
{
    const h5_object *object = h5_snapshot_find(&h5->snapshot, path);
    if (object && object->kind == H5_UNREADABLE)
        return mote_error_set(err, MOTE_FORMAT, "weight '%s': %s", path, object->why);
    if (!object || object->kind != H5_DATASET)
        return mote_error_set(err, MOTE_FORMAT, "weight '%s' is missing", path);
    *tensor = object->tensor;
    tensor->name = object->path;
    return MOTE_OK;
}

mote_status mote_h5_members(const mote_h5 *h5, const char *group, mote_arena *arena, const char ***list, int32_t *n,
                            mote_error *err)
{
    const h5_snapshot *s = &h5->snapshot;
    const char *prefix = mote_arena_printf(arena, "%s/", plain(group));
    const size_t length = prefix ? strlen(prefix) : 0;
    const int32_t from = prefix ? h5_snapshot_lower_bound(s, prefix) : 0;
    int32_t to = from;
    while (prefix && to < s->n_objects && strncmp(s->objects[to].path, prefix, length) == 0)
        to++;
    *n = 0;
    *list = prefix ? mote_arena_calloc(arena, (size_t)(to - from) + 1, sizeof **list) : NULL;
    if (!*list)
        return mote_error_no_memory(err);
    for (int32_t i = from; i < to; i++)
        if (!strchr(s->objects[i].path + length, '/'))
            (*list)[(*n)++] = s->objects[i].path + length;
    return MOTE_OK;
}
