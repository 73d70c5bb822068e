/* A folder of outputs that appears whole or not at all: filled beside its place, then renamed. */
#include <mote/io.h>

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct mote_output_folder {
    char *path, *temporary;
};

enum { MAX_OPEN_FOLDERS = 16 };

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info, (void)type, (void)where;
    return remove(path);
}

mote_status mote_remove_tree(const char *path, mote_error *err)
{
    struct stat info;
    if (lstat(path, &info) != 0 && errno == ENOENT)
        return MOTE_OK;
    if (nftw(path, remove_one, MAX_OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0)
        return MOTE_OK;
    return mote_error_set(err, MOTE_IO, "%s: cannot remove it: %s", path, strerror(errno));
}

static void free_folder(mote_output_folder *folder)
{
    free(folder->path);
    free(folder->temporary);
    free(folder);
}

/* 1 empty, 0 not, -1: cannot tell, see errno. */
static int is_empty(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return -1;
    int n = 0;
    while (n <= 2 && readdir(dir)) /* "." and ".." */
        n++;
    closedir(dir);
    return n <= 2;
}

static mote_status make_beside(mote_output_folder *f, mote_error *err)
{
    struct stat info;
    if (stat(f->path, &info) == 0) {
        const int empty = S_ISDIR(info.st_mode) ? is_empty(f->path) : 0;
        if (!S_ISDIR(info.st_mode))
            return mote_error_set(err, MOTE_IO, "%s: a file of that name is there; name a new folder", f->path);
        if (empty != 1)
            return mote_error_set(err, MOTE_IO, "%s: is there and %s; name a new folder", f->path,
                                  empty ? strerror(errno) : "not empty");
    }
    if (!mkdtemp(f->temporary))
        return mote_error_set(err, errno == ENOSPC ? MOTE_NO_SPACE : MOTE_IO, "%s: cannot make this folder: %s",
                              f->path, strerror(errno));
    const mode_t mask = umask(0);
    umask(mask);
    chmod(f->temporary, 0777 & ~mask); /* mkdtemp makes folders private; a result is not */
    return MOTE_OK;
}

mote_status mote_output_folder_open(mote_output_folder **folder, const char *path, mote_error *err)
{
    *folder = NULL;
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') /* beside "a/" is beside "a" */
        n--;
    mote_output_folder *f = calloc(1, sizeof *f);
    if (f) {
        f->path = strndup(path, n);
        f->temporary = malloc(n + sizeof ".XXXXXX");
    }
    if (!f || !f->path || !f->temporary) {
        if (f)
            free_folder(f);
        return mote_error_set(err, MOTE_NO_MEMORY, "%s: out of memory", path);
    }
    snprintf(f->temporary, n + sizeof ".XXXXXX", "%s.XXXXXX", f->path);
    const mote_status status = make_beside(f, err);
    if (status != MOTE_OK) {
        free_folder(f);
        return status;
    }
    *folder = f;
    return MOTE_OK;
}

const char *mote_output_folder_path(const mote_output_folder *folder)
{
    return folder->temporary;
}

mote_status mote_output_folder_commit(mote_output_folder *folder, mote_error *err)
{
    mote_status status = MOTE_OK;
    if (rename(folder->temporary, folder->path) != 0) {
        status = mote_error_set(err, MOTE_IO, "%s: cannot make this folder: %s", folder->path, strerror(errno));
        mote_remove_tree(folder->temporary, NULL);
    }
    free_folder(folder);
    return status;
}

void mote_output_folder_discard(mote_output_folder *folder)
{
    if (!folder)
        return;
    mote_remove_tree(folder->temporary, NULL);
    free_folder(folder);
}
