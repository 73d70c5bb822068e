/* The first values of weights, by Keras's rules (keras/src/initializers): a stream of random numbers for each weight.
 */
#include "import/arch_weights.h"

#include <math.h>
#include <mote/rng.h>
#include <string.h>

/* Standard deviation of a normal distribution cut off at two of its deviations: Keras divides by it. */
static const double CUT_DEVIATION = 0.87962566103423978;

static void uniform(mote_rng *rng, float *values, int64_t n, double limit)
{
    for (int64_t i = 0; i < n; i++)
        values[i] = (float)((2.0 * (double)mote_rng_float(rng) - 1.0) * limit);
}

static void cut_normal(mote_rng *rng, float *values, int64_t n, double deviation)
{
    for (int64_t i = 0; i < n; i++) {
        float z;
        do
            z = mote_rng_normal(rng);
        while (fabsf(z) > 2.0f);
        values[i] = (float)(z * deviation);
    }
}

static void fill(mote_rng *rng, const arch_weight *weight, float *values, int64_t n)
{
    const mote_shape *shape = &weight->shape;
    const int64_t area = shape->rank > 2 ? mote_shape_span(shape, 0, shape->rank - 2) : 1;
    const int64_t fan_in = shape->rank >= 2 ? area * shape->dims[shape->rank - 2] : n;
    const int64_t fan_out = shape->rank >= 2 ? area * shape->dims[shape->rank - 1] : n;
    switch (weight->init) {
    case ARCH_ZEROS:
        memset(values, 0, (size_t)n * sizeof *values);
        break;
    case ARCH_ONES:
        for (int64_t i = 0; i < n; i++)
            values[i] = 1.0f;
        break;
    case ARCH_GLOROT_UNIFORM:
        uniform(rng, values, n, sqrt(6.0 / (double)(fan_in + fan_out)));
        break;
    case ARCH_HE_FAN_OUT:
        cut_normal(rng, values, n, sqrt(2.0 / (double)fan_out) / CUT_DEVIATION);
        break;
    case ARCH_FAN_OUT_UNIFORM:
        uniform(rng, values, n, sqrt(3.0 / 3.0 / (double)fan_out));
        break;
    }
}

static mote_status make(const arch_weight *weight, mote_rng *rng, mote_arena *arena, keras_weight *out)
{
    const int64_t n = mote_shape_count(&weight->shape);
    *out = (keras_weight){.name = weight->name, .tensor = MOTE_NO_TENSOR, .trainable = true};
    out->value = (mote_tensor){.name = weight->name,
                               .dtype = weight->is_count ? MOTE_INT64 : MOTE_FLOAT32,
                               .storage = MOTE_STORAGE_CONST,
                               .shape = weight->shape,
                               .layer = -1};
    out->value.n_bytes = (size_t)n * (weight->is_count ? sizeof(int64_t) : sizeof(float));
    out->value.data = mote_arena_alloc(arena, out->value.n_bytes + MOTE_ALIGNMENT);
    if (!out->value.data)
        return MOTE_NO_MEMORY;
    if (weight->is_count)
        memset(out->value.data, 0, out->value.n_bytes);
    else
        fill(rng, weight, out->value.data, n);
    return MOTE_OK;
}

mote_status arch_make_weights(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    const arch *a = arg;
    for (int32_t i = 0; i < a->n_layers; i++) {
        const arch_layer *from = &a->layers[i];
        if (strcmp(from->name, layer->name) != 0)
            continue;
        layer->n_weights = from->n_weights;
        layer->weights = mote_arena_calloc(arena, (size_t)from->n_weights + 1, sizeof *layer->weights);
        mote_status status = layer->weights ? MOTE_OK : MOTE_NO_MEMORY;
        for (int32_t j = 0; status == MOTE_OK && j < from->n_weights; j++) {
            mote_rng rng = mote_rng_make(a->options->seed, (uint64_t)i * ARCH_MAX_WEIGHTS + (uint64_t)j);
            status = make(&from->weights[j], &rng, arena, &layer->weights[j]);
        }
        return status == MOTE_OK ? MOTE_OK : mote_error_set(err, status, "out of memory");
    }
    return MOTE_OK;
}
