/* Counter-based random numbers as LiteRT draws them: Philox 4x32 in ten rounds and Threefry 2x32 in twenty (Salmon and
 * others, "Parallel random numbers: as easy as 1, 2, 3"). */
#ifndef MOTE_OP_RANDOM_PHILOX_H
#define MOTE_OP_RANDOM_PHILOX_H

#include <stdint.h>

void mote_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]);
void mote_threefry(const uint32_t key[2], const uint32_t counter[2], uint32_t out[2]);

/* A stream: blocks of four numbers, one for each value of the counter. */
typedef struct mote_philox_stream {
    uint32_t key[2], counter[4];
} mote_philox_stream;

mote_philox_stream mote_philox_begin(uint64_t seed, uint64_t seed2);
void mote_philox_next(mote_philox_stream *stream, uint32_t out[4]);
void mote_philox_skip(mote_philox_stream *stream, uint64_t n_blocks);

#endif
