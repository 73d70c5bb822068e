/* What must be equal between a file of TensorFlow's converter and mote's conversion of the same network. */
#ifndef MOTE_TESTS_GOLDEN_GOLDEN_CONVERT_H
#define MOTE_TESTS_GOLDEN_GOLDEN_CONVERT_H

#include "golden/golden.h"

#include <mote/convert.h>
#include <mote/import.h>

typedef struct golden_counts {
    int32_t n_operators, n_tensors, n_quantized; /* matched; matched; of those with scales */
    int64_t n_integers, n_off_by_one;            /* in constants */
} golden_counts;

/*
 * Fails the test unless: ours has no more operators; what one has the other has, but where ours has fewer; types, zero
 * points and quantized dimensions are equal, scales to `tolerance`, floats to 1e-5 (half precision 1e-3) of the
 * largest; integers are equal, but for 1 in 10,000 (or two) that are 1 off.
 */
golden_counts golden_compare(const char *what, const mote_graph *theirs, const mote_graph *ours, double tolerance);

#endif
