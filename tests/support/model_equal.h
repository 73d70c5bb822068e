/* Whether two models are the same network: every graph, tensor, constant, option, signature and metadata. */
#ifndef MOTE_TESTS_SUPPORT_MODEL_EQUAL_H
#define MOTE_TESTS_SUPPORT_MODEL_EQUAL_H

#include <mote/graph.h>

/* false: why says what differs first. Versions are compared where both state them; the metadata that the writer makes
 * anew (min_runtime_version, made_by, buffer_location) is not. */
bool model_equal(const mote_model *a, const mote_model *b, char *why, size_t n_bytes);

#endif
