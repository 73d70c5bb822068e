/* Models made by hand, started. */
#ifndef MOTE_TESTS_RUN_MODEL_H
#define MOTE_TESTS_RUN_MODEL_H

#include <mote/runtime.h>

/* Ready to be fed; what refuses it fails the test. */
mote_runtime *start_model(const mote_model *model);
/* "CONV_2D RELU", in the graph's order */
void check_operators(const mote_model *model, const char *wanted);
/* Its first output, for numbers of both signs in its first input; returns how many there are, at most `most`. */
int64_t run_on_drawn(const mote_model *model, float *y, int64_t most);
/* It is refused with this status, and an error that says so much. */
void expect_refusal(const mote_model *model, mote_status wanted, const char *says);

#endif
