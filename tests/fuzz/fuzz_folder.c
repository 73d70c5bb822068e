#include "fuzz/fuzz_folder.h"

#include <mote/io.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64];
static pid_t owner; /* libFuzzer may fork */

static void remove_folder(void)
{
    if (getpid() == owner)
        mote_remove_tree(folder, NULL);
}

const char *fuzz_folder(void)
{
    if (!folder[0]) {
        /* In memory where there is such a place: a target writes thousands of files a second. */
        snprintf(folder, sizeof folder, "%s/mote_fuzz_XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(folder))
            abort();
        owner = getpid();
        atexit(remove_folder);
    }
    return folder;
}

const char *fuzz_folder_write(const char *name, const void *bytes, size_t n_bytes)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(n_bytes ? bytes : "", 1, n_bytes, file) != n_bytes || fclose(file) != 0)
        abort();
    return path;
}
