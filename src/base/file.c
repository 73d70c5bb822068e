#include <mote/io.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static mote_status read_error(mote_error *err, const char *path)
{
    if (errno == ENOENT || errno == ENOTDIR)
        return mote_error_set(err, MOTE_NOT_FOUND, "%s: there is no such file; is the path right?", path);
    return mote_error_set(err, MOTE_IO, "%s: cannot read it: %s", path, strerror(errno));
}

/* Reads a stream of unknown length, doubling the block it reads into. */
static mote_status read_stream(mote_file *file, int fd, const char *path, size_t limit_bytes, mote_error *err)
{
    size_t capacity = 1 << 16, used = 0;
    unsigned char *data = mote_alloc(file->allocator, capacity);
    while (data) {
        if (used == capacity) {
            unsigned char *bigger = mote_realloc(file->allocator, data, used, capacity * 2);
            if (!bigger)
                break;
            data = bigger;
            capacity *= 2;
        }
        const ssize_t n = read(fd, data + used, capacity - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            mote_free(file->allocator, data);
            return read_error(err, path);
        }
        if (n == 0) {
            file->data = data;
            file->n_bytes = used;
            return MOTE_OK;
        }
        used += (size_t)n;
        if (limit_bytes && used > limit_bytes) {
            mote_free(file->allocator, data);
            return mote_error_set(err, MOTE_LIMIT, "%s: more than the %zu bytes allowed here", path, limit_bytes);
        }
    }
    mote_free(file->allocator, data);
    return mote_error_set(err, MOTE_NO_MEMORY, "%s: out of memory reading it", path);
}

static mote_status map_file(mote_file *file, int fd, const char *path, size_t limit_bytes, mote_error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return read_error(err, path);
    if (S_ISDIR(info.st_mode))
        return mote_error_set(err, MOTE_IO, "%s: is a folder, not a file", path);
    if (S_ISBLK(info.st_mode) || (S_ISCHR(info.st_mode) && !isatty(fd)))
        return mote_error_set(err, MOTE_IO, "%s: is a device, not a file", path); /* /dev/zero never ends */
    if (!S_ISREG(info.st_mode))
        return read_stream(file, fd, path, limit_bytes, err);
    const size_t n_bytes = (size_t)info.st_size;
    if (limit_bytes && n_bytes > limit_bytes)
        return mote_error_set(err, MOTE_LIMIT, "%s: %zu bytes, more than the %zu allowed here", path, n_bytes,
                              limit_bytes);
    if (n_bytes == 0)
        return read_stream(file, fd, path, limit_bytes, err); /* /proc and empty files */
    void *data = mmap(NULL, n_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return read_stream(file, fd, path, limit_bytes, err);
    file->data = data;
    file->n_bytes = n_bytes;
    file->mapped = true;
    return MOTE_OK;
}

mote_status mote_file_open(mote_file *file, const char *path, size_t limit_bytes, const mote_allocator *allocator,
                           mote_error *err)
{
    *file = (mote_file){.allocator = allocator};
    if (strcmp(path, "-") == 0)
        return read_stream(file, STDIN_FILENO, "standard input", limit_bytes, err);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return read_error(err, path);
    const mote_status status = map_file(file, fd, path, limit_bytes, err);
    close(fd);
    return status;
}

mote_status mote_file_open_regular(mote_file *file, const char *path, size_t limit_bytes,
                                   const mote_allocator *allocator, mote_error *err)
{
    struct stat info;
    *file = (mote_file){0};
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
        return mote_error_set(err, MOTE_IO, "%s: a %s, not a file", path,
                              S_ISFIFO(info.st_mode)   ? "pipe"
                              : S_ISSOCK(info.st_mode) ? "socket"
                                                       : "device");
    return mote_file_open(file, path, limit_bytes, allocator, err);
}

void mote_file_close(mote_file *file)
{
    if (file->mapped)
        munmap((void *)(uintptr_t)file->data, file->n_bytes);
    else
        mote_free(file->allocator, (void *)(uintptr_t)file->data);
    *file = (mote_file){0};
}
