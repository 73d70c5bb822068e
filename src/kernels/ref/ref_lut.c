#include "kernels/kernels.h"

void mote_u8_lut__ref(const uint8_t *table, const uint8_t *x, uint8_t *out, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = table[x[i]];
}
