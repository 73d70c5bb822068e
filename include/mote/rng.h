/*
 * Random numbers that are the same on every machine: a counter-based generator (splitmix64's mixer
 * over seed, stream and counter), so that thread count and order never change a draw.
 */
#ifndef MOTE_RNG_H
#define MOTE_RNG_H

#include <mote/api.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mote_rng {
    uint64_t key;
    uint64_t counter;
} mote_rng;

MOTE_API mote_rng mote_rng_make(uint64_t seed, uint64_t stream);
MOTE_API uint64_t mote_rng_u64(mote_rng *rng);
MOTE_API uint32_t mote_rng_below(mote_rng *rng, uint32_t n); /* uniform in [0, n); n >= 1, unbiased */
MOTE_API float mote_rng_float(mote_rng *rng);                /* uniform in [0, 1) */
MOTE_API float mote_rng_normal(mote_rng *rng);               /* mean 0, standard deviation 1 */

#ifdef __cplusplus
}
#endif
#endif
