#include "kernels/converter_math.h"
#include "kernels/kernels.h"

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
