/* How sums of 64 bits become int16 codes: mote_scale_i64 with its mantissa and shift worked out before. */
#ifndef MOTE_KERNELS_WIDE_SCALE_H
#define MOTE_KERNELS_WIDE_SCALE_H

#include "kernels/kernels.h"

/* Columns [column, column + n). */
static inline void mote_wide_store(const mote_wide_scale *scale, const int64_t *restrict sums, int64_t column,
                                   int64_t n, int16_t *restrict out)
{
    const int64_t *factor = scale->factor + column, *right = scale->right + column;
    const int64_t *bias = scale->bias ? scale->bias + column : NULL;
    for (int64_t i = 0; i < n; i++) {
        const uint64_t sum = (uint64_t)sums[i] + (bias ? (uint64_t)bias[i] : 0);
        const uint64_t product = sum * (uint64_t)factor[i] + (UINT64_C(1) << (right[i] - 1));
        const int32_t code = (int32_t)((int64_t)product >> right[i]);
        out[i] = (int16_t)mote_clamp_i32(code, scale->low, scale->high);
    }
}

#endif
