/* Everything mote does with a model that anyone may send it, within limits. */
#ifndef MOTE_TESTS_FUZZ_EXERCISE_H
#define MOTE_TESTS_FUZZ_EXERCISE_H

#include <stddef.h>
#include <stdint.h>

typedef enum exercise_reach {
    EXERCISE_REFUSED, /* by the reader */
    EXERCISE_READ,    /* but not planned */
    EXERCISE_PLANNED, /* but too large, or refused by eval */
    EXERCISE_INVOKED,
} exercise_reach;

/* More activation memory is refused: it would mean seconds of computing under a sanitizer. */
enum { EXERCISE_LIMIT_MB = 32, EXERCISE_ZEROS = 1 << 20 };

/* .tflite: reads, writes and reads back, plans within the limit, invokes on made-up inputs, and
 * converts to the other forms (zeros as calibration, up to EXERCISE_ZEROS of them); aborts when what was written cannot
 * be read again. .h5 and .keras: reads, lowers, and the same from there. */
exercise_reach exercise_model(const uint8_t *bytes, size_t n_bytes);

#endif
