/* Changes to a model that leave its file well-formed: what damaged bytes seldom are. */
#ifndef MOTE_TESTS_FUZZ_MUTATE_GRAPH_H
#define MOTE_TESTS_FUZZ_MUTATE_GRAPH_H

#include <stddef.h>
#include <stdint.h>

uint64_t mutate_random(uint64_t *state);
/* A model's bytes with some of its types, shapes, scales, options, constants and connections changed, from malloc.
 * NULL: these bytes are no model that mote writes. */
uint8_t *mutate_graph(const uint8_t *bytes, size_t n_bytes, uint64_t *state, size_t *n_out);

#endif
