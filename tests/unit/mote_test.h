/* cmocka with what it wants included before it, and the way to ../shared. */
#ifndef MOTE_TESTS_UNIT_MOTE_TEST_H
#define MOTE_TESTS_UNIT_MOTE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* "<shared>/<name>" into path; false, with a visible word, where ../shared is absent. */
static inline bool mote_test_shared(const char *name, char *path, size_t n_bytes)
{
    const char *shared = getenv("MOTE_SHARED");
    snprintf(path, n_bytes, "%s/%s", shared ? shared : "../shared", name);
    if (access(path, R_OK) == 0)
        return true;
    print_message("SKIP: ../shared/%s is absent\n", name);
    return false;
}

#endif
