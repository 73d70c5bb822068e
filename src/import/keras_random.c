/* Layers that are random while training, kept in that form; at inference they do nothing (op/train_form). */
#include <math.h>
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_resize.h"
#include "import/keras_window.h"
#include "op/train_form/train_form.h"

/* "0.2" and "[0.1, 0.2]" into low and high; one number f is [-f, f]. */
static bool read_range(const json_t *config, const char *key, float *low, float *high)
{
    const json_t *value = json_object_get(config, key);
    if (json_is_number(value)) {
        *high = (float)json_number_value(value);
        *low = -*high;
        return true;
    }
    if (!json_is_array(value) || json_array_size(value) != 2 || !json_is_number(json_array_get(value, 0)) ||
        !json_is_number(json_array_get(value, 1)))
        return false;
    *low = (float)json_number_value(json_array_get(value, 0));
    *high = (float)json_number_value(json_array_get(value, 1));
    return true;
}

static mote_status augment(keras_call *call, const mote_random_augment_params *params, mote_error *err)
{
    const int32_t input = call->inputs[0];
    mote_node *node = keras_node(call, MOTE_OP_RANDOM_AUGMENT, 1, &input, "random", err);
    if (!node)
        return MOTE_NO_MEMORY;
    keras_skip_weights(call, call->layer->n_weights); /* Keras 3 saves the state of its random numbers */
    *(mote_random_augment_params *)node->params = *params;
    return keras_emit(call, node, err);
}

mote_status keras_random_flip(keras_call *call, mote_error *err)
{
    const char *mode = keras_text(call->config, "mode", "horizontal_and_vertical");
    mote_random_augment_params params = {.kind = MOTE_AUGMENT_FLIP};
    params.flags = (strstr(mode, "horizontal") ? MOTE_AUGMENT_HORIZONTAL : 0) |
                   (strstr(mode, "vertical") ? MOTE_AUGMENT_VERTICAL : 0);
    return augment(call, &params, err);
}

/* One factor, or one by height and one by width: with a single key the second range is 0. */
static mote_status by_factor(keras_call *call, int32_t kind, const char *first, const char *second, mote_error *err)
{
    mote_random_augment_params params = {.kind = kind};
    if (!read_range(call->config, first, &params.low[0], &params.high[0]))
        return keras_refuse(call, err, "%s is neither a number nor two", first);
    if (second && !read_range(call->config, second, &params.low[1], &params.high[1])) {
        params.low[1] = params.low[0]; /* RandomZoom's null: the aspect ratio stays */
        params.high[1] = params.high[0];
        params.flags = MOTE_AUGMENT_SAME_FACTOR;
    }
    return augment(call, &params, err);
}

/* Nothing at inference, and not known to the trainer. */
mote_status keras_random_other(keras_call *call, mote_error *err)
{
    const mote_random_augment_params params = {.kind = MOTE_AUGMENT_OTHER};
    return augment(call, &params, err);
}

mote_status keras_random_rotation(keras_call *call, mote_error *err)
{
    return by_factor(call, MOTE_AUGMENT_ROTATION, "factor", NULL, err);
}

mote_status keras_random_zoom(keras_call *call, mote_error *err)
{
    return by_factor(call, MOTE_AUGMENT_ZOOM, "height_factor", "width_factor", err);
}

mote_status keras_random_translation(keras_call *call, mote_error *err)
{
    return by_factor(call, MOTE_AUGMENT_TRANSLATION, "height_factor", "width_factor", err);
}

mote_status keras_random_brightness(keras_call *call, mote_error *err)
{
    return by_factor(call, MOTE_AUGMENT_BRIGHTNESS, "factor", NULL, err);
}

/* Two numbers are how far down and how far up from 1. Keras 2 draws once for a batch, Keras 3 for each image. */
mote_status keras_random_contrast(keras_call *call, mote_error *err)
{
    mote_random_augment_params params = {.kind = MOTE_AUGMENT_CONTRAST};
    if (!read_range(call->config, "factor", &params.low[0], &params.high[0]))
        return keras_refuse(call, err, "factor is neither a number nor two");
    params.low[0] = -fabsf(params.low[0]);
    params.flags = call->builder->keras_major == 2 ? MOTE_AUGMENT_WHOLE_BATCH : 0;
    return augment(call, &params, err);
}

mote_status keras_gaussian_noise(keras_call *call, mote_error *err)
{
    const float stddev = (float)keras_number(call->config, "stddev", 0.0);
    const mote_random_augment_params params = {.kind = MOTE_AUGMENT_NOISE, .low = {-stddev}, .high = {stddev}};
    return augment(call, &params, err);
}

/* Each value times a normal number of mean 1 and variance rate / (1 - rate). */
mote_status keras_gaussian_dropout(keras_call *call, mote_error *err)
{
    const double rate = keras_number(call->config, "rate", 0.0);
    if (!(rate >= 0.0 && rate < 1.0))
        return keras_refuse(call, err, "rate must lie in [0, 1)");
    const float stddev = (float)sqrt(rate / (1.0 - rate));
    const mote_random_augment_params params = {.kind = MOTE_AUGMENT_FACTOR_NOISE, .low = {-stddev}, .high = {stddev}};
    return augment(call, &params, err);
}

/* Images that the part does not fit into are resized in training too. Keras 3 crops those that are larger on both
 * sides, Keras 2 also those that are as large. */
mote_status keras_random_crop(keras_call *call, mote_error *err)
{
    keras_crop_parts parts;
    const mote_status status = keras_random_crop_parts(call, &parts, err);
    if (status != MOTE_OK)
        return status;
    keras_skip_weights(call, call->layer->n_weights);
    const mote_shape *in = keras_shape(call, parts.image), *out = keras_shape(call, parts.resized);
    const int32_t least = call->builder->keras_major == 3 ? 1 : 0;
    int32_t y = parts.resized;
    if (in->dims[1] - out->dims[1] >= least && in->dims[2] - out->dims[2] >= least) {
        const int32_t inputs[] = {parts.image, parts.resized};
        mote_node *node = keras_node(call, MOTE_OP_RANDOM_AUGMENT, 2, inputs, "random_crop", err);
        if (!node)
            return MOTE_NO_MEMORY;
        ((mote_random_augment_params *)node->params)->kind = MOTE_AUGMENT_CROP;
        y = keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
    }
    return keras_result(call, keras_from_channels_last(call, y, parts.channels_first, err), err);
}
