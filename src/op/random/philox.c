#include "op/random/philox.h"

#include <string.h>

void mote_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
    enum { N_ROUNDS = 10 };
    static const uint32_t M0 = 0xD2511F53, M1 = 0xCD9E8D57, W0 = 0x9E3779B9, W1 = 0xBB67AE85;
    uint32_t k0 = key[0], k1 = key[1], c[4];
    memcpy(c, counter, sizeof c);
    for (int round = 0; round < N_ROUNDS; round++) {
        const uint64_t p0 = (uint64_t)M0 * c[0], p1 = (uint64_t)M1 * c[2];
        const uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ c[1] ^ k0, (uint32_t)p1, (uint32_t)(p0 >> 32) ^ c[3] ^ k1,
                                  (uint32_t)p0};
        memcpy(c, next, sizeof c);
        k0 += W0;
        k1 += W1;
    }
    memcpy(out, c, sizeof c);
}

void mote_threefry(const uint32_t key[2], const uint32_t counter[2], uint32_t out[2])
{
    enum { N_GROUPS = 5, PER_GROUP = 4 };
    static const int rotations[2][PER_GROUP] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
    const uint32_t keys[3] = {key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDA};
    uint32_t a = counter[0] + keys[0], b = counter[1] + keys[1];
    for (uint32_t group = 0; group < N_GROUPS; group++) {
        for (int i = 0; i < PER_GROUP; i++) {
            const int by = rotations[group % 2][i];
            a += b;
            b = (b << by | b >> (32 - by)) ^ a;
        }
        a += keys[(group + 1) % 3];
        b += keys[(group + 2) % 3] + group + 1;
    }
    out[0] = a;
    out[1] = b;
}

mote_philox_stream mote_philox_begin(uint64_t seed, uint64_t seed2)
{
    return (mote_philox_stream){{(uint32_t)seed, (uint32_t)(seed >> 32)},
                                {0, 0, (uint32_t)seed2, (uint32_t)(seed2 >> 32)}};
}

void mote_philox_skip(mote_philox_stream *stream, uint64_t n_blocks)
{
    uint64_t low = (uint64_t)stream->counter[1] << 32 | stream->counter[0];
    uint64_t high = (uint64_t)stream->counter[3] << 32 | stream->counter[2];
    low += n_blocks;
    high += low < n_blocks ? 1 : 0;
    stream->counter[0] = (uint32_t)low;
    stream->counter[1] = (uint32_t)(low >> 32);
    stream->counter[2] = (uint32_t)high;
    stream->counter[3] = (uint32_t)(high >> 32);
}

void mote_philox_next(mote_philox_stream *stream, uint32_t out[4])
{
    mote_philox(stream->key, stream->counter, out);
    mote_philox_skip(stream, 1);
}
