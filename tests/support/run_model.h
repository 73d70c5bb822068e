/* Models made by hand, started. */
#ifndef MOTE_TESTS_RUN_MODEL_H
#define MOTE_TESTS_RUN_MODEL_H

#include <mote/runtime.h>

/* Ready to be fed; what refuses it fails the test. */
mote_runtime *start_model(const mote_model *model);
/* It is refused with this status, and an error that says so much. */
void expect_refusal(const mote_model *model, mote_status wanted, const char *says);

#endif
