/* Whole files: read, mapped, and written so that they appear whole or not at all. */
#ifndef MOTE_IO_H
#define MOTE_IO_H

#include <mote/alloc.h>
#include <mote/status.h>
#include <stdbool.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A read-only view of a whole file ("-": standard input, read into memory). */
typedef struct mote_file {
    const unsigned char *data; /* page-aligned when mapped; MOTE_ALIGNMENT-aligned when read */
    size_t n_bytes;
    bool mapped;
    const mote_allocator *allocator;
} mote_file;

/* "PATH: no space left on the device; …" (MOTE_NO_SPACE) or "PATH: cannot write it: …" (MOTE_IO), as an errno says. */
MOTE_API mote_status mote_error_write(mote_error *err, const char *path, int error);

/* Pipes and terminals are read to their end. Refuses directories, devices and files over limit_bytes (0: no limit).
 * Errors name the path. */
MOTE_API mote_status mote_file_open(mote_file *file, const char *path, size_t limit_bytes,
                                    const mote_allocator *allocator, mote_error *err);
/* The same for a name that was found in a folder, not given: pipes and sockets are refused too, unopened, since a pipe
 * would be waited for. */
MOTE_API mote_status mote_file_open_regular(mote_file *file, const char *path, size_t limit_bytes,
                                            const mote_allocator *allocator, mote_error *err);
MOTE_API void mote_file_close(mote_file *file);

/* An output that is written beside its place ("<path>.XXXXXX.tmp") and renamed by commit. "-": standard output.
 * Ctrl-C or an error in between leaves nothing: mote_output_discard_all() is safe in a signal handler. */
typedef struct mote_output mote_output;
MOTE_API mote_status mote_output_open(mote_output **output, const char *path, mote_error *err);
MOTE_API FILE *mote_output_stream(mote_output *output);
/* Where the bytes are until commit: for libraries that want a path. "-" has none (NULL). */
MOTE_API const char *mote_output_temporary_path(const mote_output *output);
/* Flushes, syncs and renames; on failure the file is discarded and the error says why (full disk, …). Frees. */
MOTE_API mote_status mote_output_commit(mote_output *output, mote_error *err);
MOTE_API void mote_output_discard(mote_output *output); /* NULL is fine; frees */
MOTE_API void mote_output_discard_all(void);
/* open + write + commit */
MOTE_API mote_status mote_file_write(const char *path, const void *data, size_t n_bytes, mote_error *err);

/* Makes a directory and its parents. */
MOTE_API mote_status mote_make_directories(const char *path, mote_error *err);

/* The same for outputs that come later: until _keep, the directory goes again if it was made here and is empty, by
 * _discard or by mote_output_discard_all. Both free; NULL is fine. */
typedef struct mote_output_place mote_output_place;
MOTE_API mote_status mote_output_place_open(mote_output_place **place, const char *path, mote_error *err);
MOTE_API void mote_output_place_keep(mote_output_place *place);
MOTE_API void mote_output_place_discard(mote_output_place *place);

/* A folder of outputs, filled as "<path>.XXXXXX" beside its place and renamed by commit. path must not exist, or be an
 * empty folder. A signal in between leaves the temporary folder: who makes many files watches for it and discards. */
typedef struct mote_output_folder mote_output_folder;
MOTE_API mote_status mote_output_folder_open(mote_output_folder **folder, const char *path, mote_error *err);
/* Where to write until then. */
MOTE_API const char *mote_output_folder_path(const mote_output_folder *folder);
MOTE_API mote_status mote_output_folder_commit(mote_output_folder *folder, mote_error *err); /* frees */
MOTE_API void mote_output_folder_discard(mote_output_folder *folder);                        /* NULL is fine; frees */
/* A file, or a folder with all that is below it; links are not followed. It may be gone already. */
MOTE_API mote_status mote_remove_tree(const char *path, mote_error *err);

#ifdef __cplusplus
}
#endif
#endif
