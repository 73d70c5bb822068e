/* Options of the operators that draw random numbers. */
#ifndef MOTE_OP_RANDOM_RANDOM_H
#define MOTE_OP_RANDOM_RANDOM_H

#include <stdint.h>

typedef struct mote_random_params {
    int64_t seed, seed2;
} mote_random_params;

typedef struct mote_rng_bits_params {
    int32_t algorithm; /* 0 the system's choice, which is 1; 1 Philox; 2 Threefry */
} mote_rng_bits_params;

#endif
