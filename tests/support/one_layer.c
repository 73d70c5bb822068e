#include "support/one_layer.h"

#include "unit/mote_test.h"

#include <mote/convert.h>
#include <mote/runtime.h>

#include "import/keras_file.h"
#include "import/keras_model.h"

#include <math.h>
#include <string.h>

static mote_status give_weights(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err)
{
    (void)err;
    const one_layer_weights *s = arg;
    if (strcmp(layer->name, "it") != 0)
        return MOTE_OK;
    layer->weights = mote_arena_calloc(arena, 8, sizeof *layer->weights);
    assert_non_null(layer->weights);
    for (int32_t i = 0; i < s->n; i++) {
        mote_tensor value = {.name = "", .dtype = MOTE_FLOAT32, .storage = MOTE_STORAGE_CONST, .layer = -1};
        value.shape = mote_shape_make(s->weights[i].rank, s->weights[i].dims);
        value.n_bytes = (size_t)mote_shape_count(&value.shape) * sizeof(float);
        value.data = mote_arena_copy(arena, s->weights[i].values, value.n_bytes);
        layer->weights[i] = (keras_weight){.value = value, .tensor = MOTE_NO_TENSOR, .trainable = true};
    }
    layer->n_weights = s->n;
    return MOTE_OK;
}

mote_status one_layer_build(const char *class_name, const char *config, const char *shape, const char *inbound,
                            int major, const one_layer_weights *weights, mote_model **model, mote_error *err)
{
    char text[4096];
    snprintf(
        text, sizeof text,
        "{\"class_name\": \"Functional\", \"config\": {\"name\": \"m\", \"layers\": ["
        "{\"class_name\": \"InputLayer\", \"name\": \"x\", \"config\": {\"name\": \"x\", \"dtype\": \"float32\", "
        "\"batch_input_shape\": [null, %.*s}, \"inbound_nodes\": []},"
        "{\"class_name\": \"%s\", \"name\": \"it\", \"config\": {\"name\": \"it\", %s}, \"inbound_nodes\": [%s]}], "
        "\"input_layers\": [[\"x\", 0, 0]], \"output_layers\": [[\"it\", 0, 0]]}}",
        (int)strlen(shape) - 1, shape + 1, class_name, config, inbound ? inbound : "[[\"x\", 0, 0, {}]]");
    json_t *document;
    assert_int_equal(keras_parse_json(text, &document, err), MOTE_OK);
    *model = mote_model_new(NULL, 0);
    assert_non_null(*model);
    (*model)->source = "keras";
    one_layer_weights none = {NULL, 0};
    const mote_status status = keras_build_model(*model, document, major, NULL, give_weights,
                                                 weights ? (void *)(uintptr_t)weights : &none, err);
    json_decref(document);
    return status;
}

void one_layer_expect(const char *class_name, const char *config, const char *shape, const char *inbound, int major,
                      const one_layer_weights *weights, const float *x, const float *wanted, int64_t n_wanted)
{
    mote_model *model, *lowered;
    mote_error err = {0};
    if (one_layer_build(class_name, config, shape, inbound, major, weights, &model, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    if (mote_lower(model, NULL, &lowered, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    mote_runtime *runtime;
    if (mote_runtime_new(&runtime, lowered, NULL, &err) != MOTE_OK || mote_runtime_allocate(runtime, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    mote_tensor *input = mote_runtime_input(runtime, 0);
    memcpy(input->data, x, input->n_bytes);
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
    const mote_tensor *output = mote_runtime_output(runtime, 0);
    assert_int_equal(output->dtype, MOTE_FLOAT32);
    assert_int_equal(mote_shape_count(&output->shape), n_wanted);
    for (int64_t i = 0; i < n_wanted; i++)
        if (!(fabsf(((const float *)output->data)[i] - wanted[i]) <= 1e-5f * fmaxf(1.0f, fabsf(wanted[i]))))
            fail_msg("%s: element %lld is %g, not %g", class_name, (long long)i,
                     (double)((const float *)output->data)[i], (double)wanted[i]);
    mote_runtime_free(runtime);
    mote_model_free(lowered);
    mote_model_free(model);
}

void one_layer_refused(const char *class_name, const char *config, const char *shape, const char *inbound,
                       const char *reason)
{
    mote_model *model;
    mote_error err = {0};
    assert_int_not_equal(one_layer_build(class_name, config, shape, inbound, 2, NULL, &model, &err), MOTE_OK);
    if (!strstr(err.message, "'it'") || !strstr(err.message, reason))
        fail_msg("%s", err.message);
    mote_model_free(model);
}
