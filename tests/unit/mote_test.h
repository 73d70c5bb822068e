/* cmocka with what it wants included before it, checks that several tests make, and the way to ../shared. */
#ifndef MOTE_TESTS_UNIT_MOTE_TEST_H
#define MOTE_TESTS_UNIT_MOTE_TEST_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <mote/rng.h>
#include <mote/status.h>

/* Within `off` of what is expected, which NaN never is. */
static inline void assert_near(double value, double expected, double off)
{
    if (!(fabs(value - expected) <= off))
        fail_msg("%.15g, not %.15g", value, expected);
}

/* What has to succeed, or its error is the test's. */
static inline void must(mote_status status, const mote_error *err)
{
    if (status != MOTE_OK)
        fail_msg("%s", err->message[0] ? err->message : mote_status_text(status));
}

/* A random number of 0 to n - 1. */
static inline int32_t below(mote_rng *rng, int32_t n)
{
    return (int32_t)mote_rng_below(rng, (uint32_t)n);
}

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
