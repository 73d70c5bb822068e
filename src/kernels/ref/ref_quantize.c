#include "kernels/kernels.h"
#include "kernels/quantize_code.h"

void mote_f32_to_qs8__ref(const float *x, int8_t *q, int64_t n, float inverse, int32_t zero, int32_t low)
{
    for (int64_t i = 0; i < n; i++)
        q[i] = mote_code_of(x[i] * inverse, zero, low);
}
