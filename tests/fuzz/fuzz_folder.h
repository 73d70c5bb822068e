/* A folder for targets of code that wants files: made once, gone at the end. */
#ifndef MOTE_TESTS_FUZZ_FUZZ_FOLDER_H
#define MOTE_TESTS_FUZZ_FUZZ_FOLDER_H

#include <stddef.h>

/* Makes it at the first call. */
const char *fuzz_folder(void);
/* Writes (replaces) a file in it, and gives its path, which stays until the next call. */
const char *fuzz_folder_write(const char *name, const void *bytes, size_t n_bytes);

#endif
