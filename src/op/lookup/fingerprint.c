#include "op/lookup/fingerprint.h"

#include <string.h>

static const uint64_t K0 = 0xC3A5C85C97CB3127, K1 = 0xB492B66FBE98F273, K2 = 0x9AE16A3B2F90404F;

static uint64_t word(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint32_t half_word(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint64_t turn(uint64_t x, int bits)
{
    return x >> bits | x << (64 - bits);
}

static uint64_t shift_mix(uint64_t x)
{
    return x ^ x >> 47;
}

static uint64_t mix(uint64_t u, uint64_t v, uint64_t factor)
{
    const uint64_t a = shift_mix((u ^ v) * factor);
    return shift_mix((v ^ a) * factor) * factor;
}

static uint64_t up_to_16(const uint8_t *s, size_t n)
{
    const uint64_t factor = K2 + n * 2;
    if (n >= 8) {
        const uint64_t a = word(s) + K2, b = word(s + n - 8);
        return mix(turn(b, 37) * factor + a, (turn(a, 25) + b) * factor, factor);
    }
    if (n >= 4)
        return mix(n + ((uint64_t)half_word(s) << 3), half_word(s + n - 4), factor);
    if (n == 0)
        return K2;
    const uint32_t y = s[0] + ((uint32_t)s[n >> 1] << 8), z = (uint32_t)n + ((uint32_t)s[n - 1] << 2);
    return shift_mix(y * K2 ^ z * K0) * K2;
}

static uint64_t up_to_32(const uint8_t *s, size_t n)
{
    const uint64_t factor = K2 + n * 2, a = word(s) * K1, b = word(s + 8);
    const uint64_t c = word(s + n - 8) * factor, d = word(s + n - 16) * K2;
    return mix(turn(a + b, 43) + turn(c, 30) + d, a + turn(b + K2, 18) + c, factor);
}

static uint64_t up_to_64(const uint8_t *s, size_t n)
{
    const uint64_t factor = K2 + n * 2, a = word(s) * K2, b = word(s + 8);
    const uint64_t c = word(s + n - 8) * factor, d = word(s + n - 16) * K2;
    const uint64_t y = turn(a + b, 43) + turn(c, 30) + d, z = mix(y, a + turn(b + K2, 18) + c, factor);
    const uint64_t e = word(s + 16) * factor, f = word(s + 24);
    const uint64_t g = (y + word(s + n - 32)) * factor, h = (z + word(s + n - 24)) * factor;
    return mix(turn(e + f, 43) + turn(g, 30) + h, e + turn(f + a, 18) + g, factor);
}

typedef struct pair {
    uint64_t first, second;
} pair;

static pair weak(const uint8_t *s, uint64_t a, uint64_t b)
{
    const uint64_t z = word(s + 24), c = a + word(s);
    b = turn(b + c + z, 21);
    const uint64_t d = c + word(s + 8) + word(s + 16);
    return (pair){d + z, b + turn(d, 44) + c};
}

/* What runs along long inputs, 64 bytes at a time. */
typedef struct running {
    uint64_t x, y, z;
    pair v, w;
} running;

/* nine: how w and v come in; the last block has 9, all others 1. */
static void take_block(running *r, const uint8_t *s, uint64_t factor, uint64_t nine)
{
    r->x = turn(r->x + r->y + r->v.first + word(s + 8), 37) * factor;
    r->y = turn(r->y + r->v.second + word(s + 48), 42) * factor;
    r->x ^= r->w.second * nine;
    r->y += r->v.first * nine + word(s + 40);
    r->z = turn(r->z + r->w.first, 33) * factor;
    r->v = weak(s, r->v.second * factor, r->x + r->w.first);
    r->w = weak(s + 32, r->z + r->w.second, r->y + word(s + 16));
    const uint64_t swapped = r->z;
    r->z = r->x;
    r->x = swapped;
}

uint64_t mote_fingerprint(const void *bytes, size_t n)
{
    enum { SEED = 81 };
    const uint8_t *s = bytes;
    if (n <= 16)
        return up_to_16(s, n);
    if (n <= 32)
        return up_to_32(s, n);
    if (n <= 64)
        return up_to_64(s, n);
    const uint8_t *end = s + (n - 1) / 64 * 64, *last = s + n - 64;
    running r = {.y = SEED * K1 + 113};
    r.z = shift_mix(r.y * K2 + 113) * K2;
    r.x = SEED * K2 + word(s);
    for (; s != end; s += 64)
        take_block(&r, s, K1, 1);
    const uint64_t factor = K1 + ((r.z & 0xFF) << 1);
    r.w.first += (n - 1) & 63;
    r.v.first += r.w.first;
    r.w.first += r.v.first;
    take_block(&r, last, factor, 9);
    return mix(mix(r.v.first, r.w.first, factor) + shift_mix(r.y) * K0 + r.z, mix(r.v.second, r.w.second, factor) + r.x,
               factor);
}
