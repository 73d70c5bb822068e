#include "kernels/converter_math.h"
#include "kernels/kernels.h"

enum { LANES = 8 };

static void add_lanes(float *restrict sums, const float *restrict x)
{
    for (int k = 0; k < LANES; ++k)
        sums[k] += x[k];
}

/* n is a multiple of LANES. A last even vector comes after the even and the odd sums have met. */
static float sum_vectors(const float *x, int64_t n)
{
    float even[LANES], odd[LANES];
    const int64_t n_paired = n - n % (2 * LANES);
    for (int k = 0; k < LANES; ++k) {
        even[k] = x[k];
        odd[k] = n > LANES ? x[LANES + k] : 0.0f;
    }
    for (int64_t i = 2 * LANES; i < n_paired; i += 2 * LANES) {
        add_lanes(even, x + i);
        add_lanes(odd, x + i + LANES);
    }
    if (n > LANES)
        add_lanes(even, odd);
    if (n > LANES && n > n_paired)
        add_lanes(even, x + n_paired);
    return ((even[0] + even[4]) + (even[2] + even[6])) + ((even[1] + even[5]) + (even[3] + even[7]));
}

float mote_sum_column_f32(const float *x, int64_t n, int64_t at)
{
    int64_t before = (LANES - at % LANES) % LANES;
    before = before < n ? before : n;
    const int64_t n_vectored = (n - before) / LANES * LANES;
    float sum = n_vectored > 0 ? sum_vectors(x + before, n_vectored) : 0.0f;
    for (int64_t i = 0; i < before; ++i)
        sum += x[i];
    for (int64_t i = before + n_vectored; i < n; ++i)
        sum += x[i];
    return sum;
}

static void logistic(const float *in, float *out, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_logistic_converter_f32(in[i]);
}

static void tanh_of(const float *in, float *out, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_tanh_converter_f32(in[i]);
}

static void gelu(const float *in, float *out, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        out[i] = mote_gelu_converter_f32(in[i]);
}

void mote_kernels_as_converter(mote_kernels *kernels)
{
    kernels->in_converters_order = true;
    kernels->f32_logistic.run = logistic;
    kernels->f32_tanh.run = tanh_of;
    kernels->f32_gelu.run = gelu;
    kernels->f32_logistic.variant = kernels->f32_tanh.variant = kernels->f32_gelu.variant = "converter";
}
