/* MobileNetV3 small and large as keras.applications has them: Howard et al., 2019, "Searching for MobileNetV3". */
#include "import/arch_builder.h"

typedef struct block_v3 {
    double expansion; /* of the block's input channels */
    int32_t filters, kernel, stride;
    bool squeeze, swish; /* swish: hard swish, else ReLU */
} block_v3;

typedef struct mobilenet_v3 {
    const block_v3 *blocks;
    int32_t n_blocks, last_filters;
} mobilenet_v3;

static const arch_norm NORM = {.momentum = 0.999};

/* relu6(x + 3) / 6, in the operators that Keras's code comes to. */
static arch_value hard_sigmoid(arch *a, arch_value x)
{
    x = arch_tf_op(a, x, "__operators__.add", json_real(3.0));
    x = arch_relu(a, x, 6.0, NULL);
    return arch_tf_op(a, x, "math.multiply", json_real(1.0 / 6.0));
}

static arch_value activate(arch *a, arch_value x, bool swish)
{
    return swish ? arch_multiply(a, x, hard_sigmoid(a, x), NULL) : arch_relu(a, x, 0.0, NULL);
}

static arch_value squeeze_excite(arch *a, arch_value x, const char *prefix)
{
    const int32_t filters = arch_shape_of(a, x).c;
    arch_value s = arch_global_pool(a, x, false, true, arch_name(a, "%ssqueeze_excite/AvgPool", prefix));
    s = arch_conv_2d(a, s, (arch_conv){arch_divisible(filters * 0.25, 8), 1, 1, .same = true, .bias = true},
                     arch_name(a, "%ssqueeze_excite/Conv", prefix));
    s = arch_relu(a, s, 0.0, arch_name(a, "%ssqueeze_excite/Relu", prefix));
    s = arch_conv_2d(a, s, (arch_conv){filters, 1, 1, .same = true, .bias = true},
                     arch_name(a, "%ssqueeze_excite/Conv_1", prefix));
    return arch_multiply(a, x, hard_sigmoid(a, s), arch_name(a, "%ssqueeze_excite/Mul", prefix));
}

static arch_value block(arch *a, arch_value input, const block_v3 *b, int32_t id)
{
    const int32_t channels = arch_shape_of(a, input).c;
    const char *prefix = id ? arch_name(a, "expanded_conv_%d/", id) : "expanded_conv/";
    arch_value x = input;
    if (id) {
        x = arch_conv_2d(a, x, (arch_conv){arch_divisible(channels * b->expansion, 8), 1, 1, .same = true},
                         arch_name(a, "%sexpand", prefix));
        x = arch_batch_norm(a, x, NORM, arch_name(a, "%sexpand/BatchNorm", prefix));
        x = activate(a, x, b->swish);
    }
    if (b->stride == 2)
        x = arch_correct_pad(a, x, b->kernel, arch_name(a, "%sdepthwise/pad", prefix));
    x = arch_depthwise_2d(a, x, (arch_conv){.kernel = b->kernel, .stride = b->stride, .same = b->stride == 1},
                          arch_name(a, "%sdepthwise", prefix));
    x = arch_batch_norm(a, x, NORM, arch_name(a, "%sdepthwise/BatchNorm", prefix));
    x = activate(a, x, b->swish);
    if (b->squeeze)
        x = squeeze_excite(a, x, prefix);
    x = arch_conv_2d(a, x, (arch_conv){b->filters, 1, 1, .same = true}, arch_name(a, "%sproject", prefix));
    x = arch_batch_norm(a, x, NORM, arch_name(a, "%sproject/BatchNorm", prefix));
    return b->stride == 1 && channels == b->filters ? arch_add(a, input, x, arch_name(a, "%sAdd", prefix)) : x;
}

static arch_value features(arch *a, const arch_def *def, arch_value x)
{
    const mobilenet_v3 *net = def->config;
    x = arch_rescale(a, x, 1.0 / 127.5, -1.0, NULL);
    x = arch_conv_2d(a, x, (arch_conv){16, 3, 2, .same = true}, "Conv");
    x = arch_batch_norm(a, x, NORM, "Conv/BatchNorm");
    x = activate(a, x, true);
    for (int32_t i = 0; i < net->n_blocks; i++)
        x = block(a, x, &net->blocks[i], i);
    const int32_t filters = arch_divisible(arch_shape_of(a, x).c * 6.0, 8);
    x = arch_conv_2d(a, x, (arch_conv){filters, 1, 1, .same = true}, "Conv_1");
    x = arch_batch_norm(a, x, NORM, "Conv_1/BatchNorm");
    return activate(a, x, true);
}

static arch_value top(arch *a, const arch_def *def, arch_value x)
{
    const mobilenet_v3 *net = def->config;
    x = arch_global_pool(a, x, false, true, NULL);
    x = arch_conv_2d(a, x, (arch_conv){net->last_filters, 1, 1, .same = true, .bias = true}, "Conv_2");
    x = activate(a, x, true);
    x = arch_dropout(a, x, 0.2, false, NULL);
    x = arch_conv_2d(a, x, (arch_conv){arch_n_classes(a), 1, 1, .same = true, .bias = true}, "Logits");
    x = arch_flatten(a, x, NULL);
    return arch_activation(a, x, "softmax", "Predictions");
}

static const block_v3 SMALL[] = {
    {1, 16, 3, 2, true, false}, {72.0 / 16, 24, 3, 2, false, false}, {88.0 / 24, 24, 3, 1, false, false},
    {4, 40, 5, 2, true, true},  {6, 40, 5, 1, true, true},           {6, 40, 5, 1, true, true},
    {3, 48, 5, 1, true, true},  {3, 48, 5, 1, true, true},           {6, 96, 5, 2, true, true},
    {6, 96, 5, 1, true, true},  {6, 96, 5, 1, true, true},
};
static const mobilenet_v3 NET_SMALL = {SMALL, sizeof SMALL / sizeof SMALL[0], 1024};
const arch_def arch_mobilenet_v3_small = {
    .info = {"MobileNetV3Small", "inverted residuals with SE and hard swish", "0..255", 224},
    .keras_name = "MobilenetV3small",
    .config = &NET_SMALL,
    .features = features,
    .top = top,
    .avg_pool = "avg_pool",
    .max_pool = "max_pool",
    .imagenet = {"tensorflow/keras-applications/mobilenet_v3/", "weights_mobilenet_v3_small_224_1.0_float", ".h5",
                 "_no_top_v2.h5", "8768d4c2e7dee89b9d02b2d03d65d862", "d3e8ec802a04aa4fc771ee12a9a9b836"}};

static const block_v3 LARGE[] = {
    {1, 16, 3, 1, false, false},  {4, 24, 3, 2, false, false},  {3, 24, 3, 1, false, false},
    {3, 40, 5, 2, true, false},   {3, 40, 5, 1, true, false},   {3, 40, 5, 1, true, false},
    {6, 80, 3, 2, false, true},   {2.5, 80, 3, 1, false, true}, {2.3, 80, 3, 1, false, true},
    {2.3, 80, 3, 1, false, true}, {6, 112, 3, 1, true, true},   {6, 112, 3, 1, true, true},
    {6, 160, 5, 2, true, true},   {6, 160, 5, 1, true, true},   {6, 160, 5, 1, true, true},
};
static const mobilenet_v3 NET_LARGE = {LARGE, sizeof LARGE / sizeof LARGE[0], 1280};
const arch_def arch_mobilenet_v3_large = {
    .info = {"MobileNetV3Large", "inverted residuals with SE and hard swish", "0..255", 224},
    .keras_name = "MobilenetV3large",
    .config = &NET_LARGE,
    .features = features,
    .top = top,
    .avg_pool = "avg_pool",
    .max_pool = "max_pool",
    .imagenet = {"tensorflow/keras-applications/mobilenet_v3/", "weights_mobilenet_v3_large_224_1.0_float", ".h5",
                 "_no_top_v2.h5", "59e551e166be033d707958cf9e29a6a7", "07fb09a5933dd0c8eaafa16978110389"}};
