/*
 * A model's description, and shapes of weights to go with it: the first bytes say of each weight how many dimensions
 * it has and how large they are, the rest is JSON. What builds is lowered and planned.
 */
#include "fuzz/fuzz.h"
#include "import/keras_file.h"

#include <mote/convert.h>
#include <mote/runtime.h>

#include <string.h>

enum { N_SHAPE_BYTES = 32, MAX_WEIGHTS = 4, LIMIT_MB = 32 };

typedef struct source {
    const uint8_t *bytes;
    size_t at;
} source;

static uint8_t next(source *s)
{
    return s->bytes[s->at++ % N_SHAPE_BYTES];
}

static mote_status weights(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    source *s = arg;
    layer->n_weights = next(s) % (MAX_WEIGHTS + 1);
    layer->weights = mote_arena_calloc(arena, MAX_WEIGHTS, sizeof *layer->weights);
    if (!layer->weights)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    for (int32_t i = 0; i < layer->n_weights; i++) {
        keras_weight *weight = &layer->weights[i];
        mote_tensor *value = &weight->value;
        *weight = (keras_weight){.tensor = MOTE_NO_TENSOR, .trainable = true};
        *value = (mote_tensor){.name = "", .dtype = MOTE_FLOAT32, .storage = MOTE_STORAGE_CONST, .layer = -1};
        value->shape.rank = next(s) % 5;
        for (int32_t d = 0; d < value->shape.rank; d++)
            value->shape.dims[d] = next(s) % 9;
        value->n_bytes = (size_t)mote_shape_count(&value->shape) * sizeof(float);
        value->data = mote_arena_alloc(arena, value->n_bytes + 1);
        if (!value->data)
            return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
    }
    return MOTE_OK;
}

static void plan(const mote_model *model)
{
    mote_runtime_options options = mote_runtime_options_default();
    options.n_threads = 1;
    options.limit_bytes = (size_t)LIMIT_MB << 20;
    mote_runtime *runtime;
    mote_error err;
    if (mote_runtime_new(&runtime, model, &options, &err) != MOTE_OK)
        return;
    mote_runtime_allocate(runtime, &err);
    mote_runtime_free(runtime);
}

static void build(json_t *document, source *s)
{
    mote_model *model = mote_model_new(NULL, (size_t)LIMIT_MB << 20), *lowered;
    mote_error err;
    if (!model)
        return;
    model->source = "keras";
    const keras_sizes sizes = {.given = "8x8x3"};
    if (keras_build_model(model, document, s->bytes[0] & 1 ? 3 : 2, &sizes, weights, s, &err) == MOTE_OK &&
        mote_model_verify(model, &err) == MOTE_OK && mote_lower(model, NULL, &lowered, &err) == MOTE_OK) {
        plan(lowered);
        mote_model_free(lowered);
    }
    mote_model_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    if (n_bytes <= N_SHAPE_BYTES)
        return 0;
    json_error_t where;
    json_t *document =
        json_loadb((const char *)bytes + N_SHAPE_BYTES, n_bytes - N_SHAPE_BYTES, JSON_REJECT_DUPLICATES, &where);
    source s = {bytes, 0};
    if (document)
        build(document, &s);
    json_decref(document);
    return 0;
}
