/* A layer of Keras from a description in text and weights given here: what it computes, or why it does not import. */
#ifndef MOTE_TESTS_ONE_LAYER_H
#define MOTE_TESTS_ONE_LAYER_H

#include <mote/graph.h>

typedef struct one_layer_weight {
    int32_t rank, dims[4];
    float values[16];
} one_layer_weight;

/* The weights of the last layer: the others have none. */
typedef struct one_layer_weights {
    const one_layer_weight *weights;
    int32_t n;
} one_layer_weights;

/* One layer named "it" on an input of `shape` ("[2, 3]"). inbound: its call as Keras 2 writes it, NULL: on the input.
 * weights may be NULL. */
mote_status one_layer_build(const char *class_name, const char *config, const char *shape, const char *inbound,
                            int major, const one_layer_weights *weights, mote_model **model, mote_error *err);
/* Its answer to x is `wanted`, within 1e-5 of 1 or of the value. */
void one_layer_expect(const char *class_name, const char *config, const char *shape, const char *inbound, int major,
                      const one_layer_weights *weights, const float *x, const float *wanted, int64_t n_wanted);
/* It does not import into Keras 2's graph, and the message names it and has `reason` in it. */
void one_layer_refused(const char *class_name, const char *config, const char *shape, const char *inbound,
                       const char *reason);

#endif
