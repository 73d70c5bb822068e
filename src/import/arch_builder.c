#include "import/arch_builder.h"
#include "import/keras_dialect.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

arch_shape arch_shape_of(const arch *a, arch_value x)
{
    return x >= 0 && x < a->n_layers ? a->layers[x].shape : (arch_shape){0};
}

const mote_arch_options *arch_options(const arch *a)
{
    return a->options;
}

int32_t arch_n_classes(const arch *a)
{
    return a->options->n_classes > 0 ? a->options->n_classes : ARCH_IMAGENET_CLASSES;
}

const char *arch_name(arch *a, const char *format, ...)
{
    char text[160];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *name = mote_arena_strdup(a->arena, text);
    a->failed |= !name;
    return name;
}

/* --- names as Keras counts them --- */

static const char *counted_name(arch *a, const char *base)
{
    int32_t n = 0;
    const size_t length = strlen(base);
    for (int32_t i = 0; i < a->n_layers; i++) {
        const char *name = a->layers[i].name;
        const bool same = strncmp(name, base, length) == 0 && (name[length] == '\0' || name[length] == '_');
        n += same && strspn(name + length, "_0123456789") == strlen(name + length);
    }
    return n ? arch_name(a, "%s_%d", base, n) : arch_name(a, "%s", base);
}

/* --- adding a layer --- */

static bool grow(arch *a)
{
    if (a->n_layers < a->capacity)
        return true;
    const int32_t capacity = a->capacity ? a->capacity * 2 : 256;
    arch_layer *layers = mote_arena_calloc(a->arena, (size_t)capacity, sizeof *layers);
    if (!layers)
        return false;
    if (a->n_layers)
        memcpy(layers, a->layers, (size_t)a->n_layers * sizeof *layers);
    a->layers = layers;
    a->capacity = capacity;
    return true;
}

/* config is stolen; it gets Keras's three common keys in front. */
static arch_layer *add_layer(arch *a, const char *class_name, const char *name, int32_t n_inputs,
                             const arch_value *inputs, json_t *config)
{
    char base[96];
    keras_snake_case(class_name, base, sizeof base);
    name = name ? name : counted_name(a, base);
    json_t *whole = name ? json_pack("{s:s, s:b, s:s}", "name", name, "trainable", 1, "dtype", "float32") : NULL;
    if (!whole || !config || json_object_update(whole, config) != 0 || !grow(a)) {
        json_decref(whole);
        json_decref(config);
        a->failed = true;
        return NULL;
    }
    json_decref(config);
    arch_layer *layer = &a->layers[a->n_layers++];
    *layer = (arch_layer){.name = name, .class_name = class_name, .config = whole, .n_inputs = n_inputs};
    for (int32_t i = 0; i < n_inputs; i++)
        layer->inputs[i] = inputs[i];
    layer->shape = n_inputs ? arch_shape_of(a, inputs[0]) : (arch_shape){0};
    return layer;
}

/* Its value; with a scratch layer's place where there is none, so that callers need not ask. */
static arch_value value_of(const arch *a, const arch_layer *layer)
{
    return layer ? (arch_value)(layer - a->layers) : -1;
}

static void add_weight(arch *a, arch_layer *layer, const char *role, mote_shape shape, arch_init init)
{
    if (!layer || layer->n_weights >= ARCH_MAX_WEIGHTS)
        return;
    layer->weights[layer->n_weights++] = (arch_weight){arch_name(a, "%s/%s:0", layer->name, role), shape, init, false};
}

/* --- pieces of configs --- */

static json_t *initializer(arch_init init)
{
    static const char *const NAMES[] = {"GlorotUniform", "Zeros", "Ones", "VarianceScaling", "VarianceScaling"};
    json_t *config = NULL;
    switch (init) {
    case ARCH_GLOROT_UNIFORM:
        config = json_pack("{s:n}", "seed");
        break;
    case ARCH_ZEROS:
    case ARCH_ONES:
        config = json_object();
        break;
    case ARCH_HE_FAN_OUT:
        config = json_pack("{s:f, s:s, s:s, s:n}", "scale", 2.0, "mode", "fan_out", "distribution", "truncated_normal",
                           "seed");
        break;
    case ARCH_FAN_OUT_UNIFORM:
        config =
            json_pack("{s:f, s:s, s:s, s:n}", "scale", 1.0 / 3.0, "mode", "fan_out", "distribution", "uniform", "seed");
        break;
    }
    return json_pack("{s:s, s:s, s:o, s:n}", "module", "keras.initializers", "class_name", NAMES[init], "config",
                     config, "registered_name");
}

static json_t *pair(int32_t n)
{
    return json_pack("[i,i]", n, n);
}

static json_t *window_config(const arch_conv *conv)
{
    const int32_t stride = conv->stride ? conv->stride : 1;
    return json_pack("{s:o, s:o, s:s, s:s, s:o, s:i, s:s, s:b}", "kernel_size", pair(conv->kernel), "strides",
                     pair(stride), "padding", conv->same ? "same" : "valid", "data_format", "channels_last",
                     "dilation_rate", pair(1), "groups", 1, "activation",
                     conv->activation ? conv->activation : "linear", "use_bias", conv->bias);
}

/* Height or width after a window. */
static int32_t slid(int32_t n, const arch_conv *conv)
{
    const int32_t stride = conv->stride ? conv->stride : 1;
    return conv->same ? (n + stride - 1) / stride : (n - conv->kernel) / stride + 1;
}

static void set_window_shape(arch_layer *layer, const arch_conv *conv, int32_t channels)
{
    if (layer)
        layer->shape = (arch_shape){slid(layer->shape.h, conv), slid(layer->shape.w, conv), channels};
}

/* --- layers --- */

arch_value arch_input(arch *a, int32_t px, const char *name)
{
    json_t *config = json_pack("{s:[n,i,i,i], s:s, s:b, s:b, s:s, s:b}", "batch_input_shape", px, px, 3, "dtype",
                               "float32", "sparse", 0, "ragged", 0, "name", name, "optional", 0);
    arch_layer *layer = add_layer(a, "InputLayer", name, 0, NULL, config);
    if (layer) {
        json_object_del(layer->config, "trainable");
        layer->shape = (arch_shape){px, px, 3};
    }
    return value_of(a, layer);
}

arch_value arch_conv_2d(arch *a, arch_value x, arch_conv conv, const char *name)
{
    const int32_t channels = arch_shape_of(a, x).c;
    json_t *config = json_pack("{s:i}", "filters", conv.filters);
    json_t *window = window_config(&conv);
    json_object_update(config, window);
    json_decref(window);
    json_t *rest = json_pack("{s:o, s:o, s:n, s:n, s:n, s:n, s:n}", "kernel_initializer", initializer(conv.init),
                             "bias_initializer", initializer(ARCH_ZEROS), "kernel_regularizer", "bias_regularizer",
                             "activity_regularizer", "kernel_constraint", "bias_constraint");
    json_object_update(config, rest);
    json_decref(rest);
    arch_layer *layer = add_layer(a, "Conv2D", name, 1, &x, config);
    set_window_shape(layer, &conv, conv.filters);
    add_weight(a, layer, "kernel", mote_shape_4d(conv.kernel, conv.kernel, channels, conv.filters), conv.init);
    if (conv.bias)
        add_weight(a, layer, "bias", (mote_shape){1, {conv.filters}}, ARCH_ZEROS);
    return value_of(a, layer);
}

arch_value arch_depthwise_2d(arch *a, arch_value x, arch_conv conv, const char *name)
{
    const int32_t channels = arch_shape_of(a, x).c;
    json_t *config = window_config(&conv);
    json_t *rest =
        json_pack("{s:o, s:n, s:n, s:n, s:i, s:o, s:n, s:n}", "bias_initializer", initializer(ARCH_ZEROS),
                  "bias_regularizer", "activity_regularizer", "bias_constraint", "depth_multiplier", 1,
                  "depthwise_initializer", initializer(conv.init), "depthwise_regularizer", "depthwise_constraint");
    json_object_update(config, rest);
    json_decref(rest);
    arch_layer *layer = add_layer(a, "DepthwiseConv2D", name, 1, &x, config);
    set_window_shape(layer, &conv, channels);
    add_weight(a, layer, "depthwise_kernel", mote_shape_4d(conv.kernel, conv.kernel, channels, 1), conv.init);
    if (conv.bias)
        add_weight(a, layer, "bias", (mote_shape){1, {channels}}, ARCH_ZEROS);
    return value_of(a, layer);
}

arch_value arch_batch_norm(arch *a, arch_value x, arch_norm norm, const char *name)
{
    const arch_shape shape = arch_shape_of(a, x);
    json_t *config = json_pack(
        "{s:[i], s:f, s:f, s:b, s:b, s:o, s:o, s:o, s:o, s:n, s:n, s:n, s:n}", "axis", shape.h ? 3 : 1, "momentum",
        norm.momentum > 0 ? norm.momentum : 0.99, "epsilon", norm.epsilon > 0 ? norm.epsilon : 0.001, "center", 1,
        "scale", 1, "beta_initializer", initializer(ARCH_ZEROS), "gamma_initializer", initializer(ARCH_ONES),
        "moving_mean_initializer", initializer(ARCH_ZEROS), "moving_variance_initializer", initializer(ARCH_ONES),
        "beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint");
    arch_layer *layer = add_layer(a, "BatchNormalization", name, 1, &x, config);
    const mote_shape channels = {1, {shape.c}};
    add_weight(a, layer, "gamma", channels, ARCH_ONES);
    add_weight(a, layer, "beta", channels, ARCH_ZEROS);
    add_weight(a, layer, "moving_mean", channels, ARCH_ZEROS);
    add_weight(a, layer, "moving_variance", channels, ARCH_ONES);
    return value_of(a, layer);
}

arch_value arch_activation(arch *a, arch_value x, const char *activation, const char *name)
{
    return value_of(a, add_layer(a, "Activation", name, 1, &x, json_pack("{s:s}", "activation", activation)));
}

arch_value arch_relu(arch *a, arch_value x, double max, const char *name)
{
    json_t *bound = max > 0 ? json_real(max) : json_null();
    json_t *config = json_pack("{s:o, s:f, s:f}", "max_value", bound, "negative_slope", 0.0, "threshold", 0.0);
    return value_of(a, add_layer(a, "ReLU", name, 1, &x, config));
}

static arch_value pad(arch *a, arch_value x, const int32_t h[2], const int32_t w[2], const char *name)
{
    json_t *config =
        json_pack("{s:[[i,i],[i,i]], s:s}", "padding", h[0], h[1], w[0], w[1], "data_format", "channels_last");
    arch_layer *layer = add_layer(a, "ZeroPadding2D", name, 1, &x, config);
    if (layer) {
        layer->shape.h += h[0] + h[1];
        layer->shape.w += w[0] + w[1];
    }
    return value_of(a, layer);
}

arch_value arch_zero_pad(arch *a, arch_value x, int32_t before, int32_t after, const char *name)
{
    const int32_t around[] = {before, after};
    return pad(a, x, around, around, name);
}

arch_value arch_correct_pad(arch *a, arch_value x, int32_t kernel, const char *name)
{
    const arch_shape shape = arch_shape_of(a, x);
    const int32_t half = kernel / 2;
    const int32_t h[] = {half - (1 - shape.h % 2), half}, w[] = {half - (1 - shape.w % 2), half};
    return pad(a, x, h, w, name);
}

arch_value arch_max_pool(arch *a, arch_value x, int32_t size, int32_t stride, const char *name)
{
    json_t *config = json_pack("{s:o, s:s, s:o, s:s}", "pool_size", pair(size), "padding", "valid", "strides",
                               pair(stride), "data_format", "channels_last");
    arch_layer *layer = add_layer(a, "MaxPooling2D", name, 1, &x, config);
    const arch_conv window = {.kernel = size, .stride = stride};
    set_window_shape(layer, &window, arch_shape_of(a, x).c);
    return value_of(a, layer);
}

arch_value arch_global_pool(arch *a, arch_value x, bool max, bool keep_dims, const char *name)
{
    json_t *config = json_pack("{s:s, s:b}", "data_format", "channels_last", "keepdims", keep_dims);
    arch_layer *layer = add_layer(a, max ? "GlobalMaxPooling2D" : "GlobalAveragePooling2D", name, 1, &x, config);
    if (layer)
        layer->shape.h = layer->shape.w = keep_dims ? 1 : 0;
    return value_of(a, layer);
}

arch_value arch_reshape(arch *a, arch_value x, bool spatial, const char *name)
{
    const int32_t c = arch_shape_of(a, x).c;
    json_t *shape = spatial ? json_pack("[i,i,i]", 1, 1, c) : json_pack("[i]", c);
    arch_layer *layer = add_layer(a, "Reshape", name, 1, &x, json_pack("{s:o}", "target_shape", shape));
    if (layer)
        layer->shape.h = layer->shape.w = spatial ? 1 : 0;
    return value_of(a, layer);
}

arch_value arch_flatten(arch *a, arch_value x, const char *name)
{
    arch_layer *layer = add_layer(a, "Flatten", name, 1, &x, json_pack("{s:s}", "data_format", "channels_last"));
    if (layer && layer->shape.h)
        layer->shape = (arch_shape){0, 0, layer->shape.h * layer->shape.w * layer->shape.c};
    return value_of(a, layer);
}

arch_value arch_dropout(arch *a, arch_value x, double rate, bool whole_examples, const char *name)
{
    json_t *noise = whole_examples ? json_pack("[n,i,i,i]", 1, 1, 1) : json_null();
    json_t *config = json_pack("{s:f, s:o, s:n}", "rate", rate, "noise_shape", noise, "seed");
    return value_of(a, add_layer(a, "Dropout", name, 1, &x, config));
}

arch_value arch_dense(arch *a, arch_value x, int32_t units, const char *activation, arch_init init, const char *name)
{
    const int32_t channels = arch_shape_of(a, x).c;
    json_t *config = json_pack("{s:i, s:s, s:b, s:o, s:o, s:n, s:n, s:n, s:n, s:n}", "units", units, "activation",
                               activation ? activation : "linear", "use_bias", 1, "kernel_initializer",
                               initializer(init), "bias_initializer", initializer(ARCH_ZEROS), "kernel_regularizer",
                               "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint");
    arch_layer *layer = add_layer(a, "Dense", name, 1, &x, config);
    if (layer)
        layer->shape.c = units;
    add_weight(a, layer, "kernel", (mote_shape){2, {channels, units}}, init);
    add_weight(a, layer, "bias", (mote_shape){1, {units}}, ARCH_ZEROS);
    return value_of(a, layer);
}

arch_value arch_add(arch *a, arch_value x, arch_value y, const char *name)
{
    const arch_value inputs[] = {x, y};
    return value_of(a, add_layer(a, "Add", name, 2, inputs, json_object()));
}

arch_value arch_multiply(arch *a, arch_value x, arch_value y, const char *name)
{
    const arch_value inputs[] = {x, y};
    return value_of(a, add_layer(a, "Multiply", name, 2, inputs, json_object()));
}

arch_value arch_rescale(arch *a, arch_value x, double scale, double offset, const char *name)
{
    json_t *config = json_pack("{s:f, s:f}", "scale", scale, "offset", offset);
    return value_of(a, add_layer(a, "Rescaling", name, 1, &x, config));
}

static json_t *three(const double *values)
{
    return values ? json_pack("[f,f,f]", values[0], values[1], values[2]) : json_null();
}

arch_value arch_normalize(arch *a, arch_value x, const double mean[3], const double variance[3], const char *name)
{
    json_t *config =
        json_pack("{s:[i], s:b, s:o, s:o}", "axis", 3, "invert", 0, "mean", three(mean), "variance", three(variance));
    arch_layer *layer = add_layer(a, "Normalization", name, 1, &x, config);
    if (!mean) {
        const mote_shape channels = {1, {3}}, scalar = {0};
        add_weight(a, layer, "mean", channels, ARCH_ZEROS);
        add_weight(a, layer, "variance", channels, ARCH_ONES);
        add_weight(a, layer, "count", scalar, ARCH_ZEROS);
        if (layer)
            layer->weights[2].is_count = true;
    }
    return value_of(a, layer);
}

arch_value arch_tf_op(arch *a, arch_value x, const char *function, json_t *y)
{
    const char *base = arch_name(a, "tf.%s", function);
    const char *name = base ? counted_name(a, base) : NULL;
    arch_layer *layer = name ? add_layer(a, "TFOpLambda", name, 1, &x, json_pack("{s:s}", "function", function)) : NULL;
    if (layer)
        layer->kwargs = json_pack("{s:O}", "y", y);
    json_decref(y);
    a->failed |= layer && !layer->kwargs;
    return value_of(a, layer);
}

int32_t arch_divisible(double v, int32_t divisor)
{
    const int32_t rounded = (int32_t)(v + divisor / 2.0) / divisor * divisor;
    const int32_t at_least = rounded > divisor ? rounded : divisor;
    return at_least < 0.9 * v ? at_least + divisor : at_least;
}
