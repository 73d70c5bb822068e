#include <mote/rng.h>

#include <math.h>

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014): a bijection with full avalanche. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

mote_rng mote_rng_make(uint64_t seed, uint64_t stream)
{
    return (mote_rng){.key = mix(mix(seed + 0x9e3779b97f4a7c15u) ^ (stream * 0xd1342543de82ef95u + 1)), .counter = 0};
}

uint64_t mote_rng_u64(mote_rng *rng)
{
    return mix(rng->key + 0x9e3779b97f4a7c15u * ++rng->counter);
}

uint32_t mote_rng_below(mote_rng *rng, uint32_t n)
{
    /* Lemire 2019: multiply, and reject the few values that would favour some results. */
    const uint32_t reject_below = (uint32_t)(-n) % n;
    for (;;) {
        const uint64_t product = (uint64_t)(uint32_t)(mote_rng_u64(rng) >> 32) * n;
        if ((uint32_t)product >= reject_below)
            return (uint32_t)(product >> 32);
    }
}

float mote_rng_float(mote_rng *rng)
{
    return (float)(mote_rng_u64(rng) >> 40) * 0x1p-24f;
}

float mote_rng_normal(mote_rng *rng)
{
    /* Box-Muller; the first uniform is in (0, 1] so that its logarithm is finite. */
    const double u = ((double)(mote_rng_u64(rng) >> 11) + 1.0) * 0x1p-53;
    const double v = (double)(mote_rng_u64(rng) >> 11) * 0x1p-53;
    return (float)(sqrt(-2.0 * log(u)) * cos(2.0 * 3.14159265358979323846 * v));
}
