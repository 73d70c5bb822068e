/* A plain main for a fuzz target: gives it every file it is named, folders with all that is below them. */
#include "fuzz/fuzz.h"

#include <mote/io.h>

#include <ftw.h>
#include <string.h>

static int n_files;

static int visit(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info, (void)where;
    mote_file file;
    mote_error err;
    if (type != FTW_F || strcmp(path + where->base, "README") == 0)
        return 0;
    if (mote_file_open(&file, path, 0, NULL, &err) != MOTE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    LLVMFuzzerTestOneInput(file.data, file.n_bytes);
    mote_file_close(&file);
    n_files++;
    return 0;
}

int main(int argc, char **argv)
{
    LLVMFuzzerTestOneInput(NULL, 0);
    for (int i = 1; i < argc; i++)
        if (nftw(argv[i], visit, 16, FTW_PHYS) != 0) {
            fprintf(stderr, "%s: cannot be walked\n", argv[i]);
            return 1;
        }
    printf("%d files replayed\n", n_files);
    return n_files == 0 && argc > 1;
}
