/*
 * Looking codes up in a table of 256 bytes, compiled once per instruction set: the table is sixteen rows of sixteen,
 * and a byte shuffle looks all lanes up in one row. A lane whose high half names another row gets its index's top
 * bit set, for which the shuffle gives 0; the sixteen results are or-ed.
 */
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/simd.h"

#if MOTE_SIMD_BYTES == 64
typedef __m512i vec;
#define V(name)      _mm512_##name
#define V_BITS(name) _mm512_##name##_si512
#define V_ROW(row)   _mm512_broadcast_i32x4(row)
#elif MOTE_SIMD_BYTES == 32
typedef __m256i vec;
#define V(name)      _mm256_##name
#define V_BITS(name) _mm256_##name##_si256
#define V_ROW(row)   _mm256_broadcastsi128_si256(row)
#else
typedef __m128i vec;
#define V(name)      _mm_##name
#define V_BITS(name) _mm_##name##_si128
#define V_ROW(row)   (row)
#endif

enum { ROWS = 16 };

static inline vec look_up(vec x, const vec rows[ROWS])
{
    vec result = V_BITS(setzero)();
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++) {
        const vec index = V(adds_epu8)(V_BITS(xor)(x, V(set1_epi8)((char)(r * 16))), V(set1_epi8)(0x70));
        result = V_BITS(or)(result, V(shuffle_epi8)(rows[r], index));
    }
    return result;
}

void MOTE_SIMD(mote_u8_lut)(const uint8_t *table, const uint8_t *x, uint8_t *out, int64_t n)
{
    vec rows[ROWS];
    for (int r = 0; r < ROWS; r++)
        rows[r] = V_ROW(_mm_loadu_si128((const __m128i *)(const void *)(table + 16 * r)));
    int64_t i = 0;
    for (; i + MOTE_SIMD_BYTES <= n; i += MOTE_SIMD_BYTES) {
        const vec codes = V_BITS(loadu)((const vec *)(const void *)(x + i));
        V_BITS(storeu)((vec *)(void *)(out + i), look_up(codes, rows));
    }
    for (; i < n; i++)
        out[i] = table[x[i]];
}
