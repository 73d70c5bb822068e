/* EfficientNetB0–B7 as keras.applications has them: Tan & Le, 2019, "EfficientNet: Rethinking Model Scaling". */
#include "import/arch_efficientnet.h"

#include <math.h>
#include <stddef.h>

typedef struct scaling {
    double width, depth, dropout;
} scaling;

static const efficientnet_stage STAGES[] = {
    {1, 3, 1, 1, 32, 16},  {2, 3, 2, 6, 16, 24},   {2, 5, 2, 6, 24, 40},   {3, 3, 2, 6, 40, 80},
    {3, 5, 1, 6, 80, 112}, {4, 5, 2, 6, 112, 192}, {1, 3, 1, 6, 192, 320},
};

static int32_t repeats_of(const efficientnet *net, const efficientnet_stage *stage)
{
    return (int32_t)ceil(net->depth * stage->repeats);
}

static arch_value conv_1x1(arch *a, arch_value x, int32_t filters, const char *name)
{
    return arch_conv_2d(a, x, (arch_conv){filters, 1, 1, .same = true, .init = ARCH_HE_FAN_OUT}, name);
}

arch_value efficientnet_squeeze_excite(arch *a, arch_value x, int32_t squeezed, const char *prefix)
{
    const int32_t filters = arch_shape_of(a, x).c;
    arch_value s = arch_global_pool(a, x, false, false, arch_name(a, "%sse_squeeze", prefix));
    s = arch_reshape(a, s, true, arch_name(a, "%sse_reshape", prefix));
    arch_conv conv = {squeezed > 1 ? squeezed : 1, 1, 1, true, true, "swish", ARCH_HE_FAN_OUT};
    s = arch_conv_2d(a, s, conv, arch_name(a, "%sse_reduce", prefix));
    conv.filters = filters;
    conv.activation = "sigmoid";
    s = arch_conv_2d(a, s, conv, arch_name(a, "%sse_expand", prefix));
    return arch_multiply(a, x, s, arch_name(a, "%sse_excite", prefix));
}

/* An inverted residual block with squeeze and excitation. */
static arch_value block(arch *a, arch_value input, const efficientnet_stage *stage, double drop, arch_norm norm,
                        const char *prefix)
{
    arch_value x = input;
    if (stage->expand != 1) {
        x = conv_1x1(a, x, stage->filters_in * stage->expand, arch_name(a, "%sexpand_conv", prefix));
        x = arch_batch_norm(a, x, norm, arch_name(a, "%sexpand_bn", prefix));
        x = arch_activation(a, x, "swish", arch_name(a, "%sexpand_activation", prefix));
    }
    if (stage->stride == 2)
        x = arch_correct_pad(a, x, stage->kernel, arch_name(a, "%sdwconv_pad", prefix));
    const arch_conv depthwise = {
        .kernel = stage->kernel, .stride = stage->stride, .same = stage->stride != 2, .init = ARCH_HE_FAN_OUT};
    x = arch_depthwise_2d(a, x, depthwise, arch_name(a, "%sdwconv", prefix));
    x = arch_batch_norm(a, x, norm, arch_name(a, "%sbn", prefix));
    x = arch_activation(a, x, "swish", arch_name(a, "%sactivation", prefix));
    x = efficientnet_squeeze_excite(a, x, stage->filters_in / 4, prefix);
    x = conv_1x1(a, x, stage->filters_out, arch_name(a, "%sproject_conv", prefix));
    x = arch_batch_norm(a, x, norm, arch_name(a, "%sproject_bn", prefix));
    if (stage->stride != 1 || stage->filters_in != stage->filters_out)
        return x;
    if (drop > 0)
        x = arch_dropout(a, x, drop, true, arch_name(a, "%sdrop", prefix));
    return arch_add(a, x, input, arch_name(a, "%sadd", prefix));
}

arch_value efficientnet_body(arch *a, const efficientnet *net, arch_value x)
{
    const arch_norm norm = {.momentum = net->momentum};
    const arch_conv stem = {arch_divisible(net->stem * net->width, 8), 3, 2, .init = ARCH_HE_FAN_OUT};
    x = arch_correct_pad(a, x, 3, "stem_conv_pad");
    x = arch_conv_2d(a, x, stem, "stem_conv");
    x = arch_batch_norm(a, x, norm, "stem_bn");
    x = arch_activation(a, x, "swish", "stem_activation");
    int32_t n_blocks = 0, at = 0;
    for (int32_t i = 0; i < net->n_stages; i++)
        n_blocks += repeats_of(net, &net->stages[i]);
    for (int32_t i = 0; i < net->n_stages; i++) {
        efficientnet_stage stage = net->stages[i];
        stage.filters_in = arch_divisible(stage.filters_in * net->width, 8);
        stage.filters_out = arch_divisible(stage.filters_out * net->width, 8);
        const int32_t repeats = repeats_of(net, &stage);
        for (int32_t j = 0; j < repeats; j++, at++) {
            /* Dropping whole blocks (stochastic depth) grows with depth, up to a fifth. */
            x = block(a, x, &stage, 0.2 * at / n_blocks, norm, arch_name(a, "block%d%c_", i + 1, 'a' + j));
            stage.stride = 1;
            stage.filters_in = stage.filters_out;
        }
    }
    x = conv_1x1(a, x, arch_divisible(net->top * net->width, 8), "top_conv");
    x = arch_batch_norm(a, x, norm, "top_bn");
    return arch_activation(a, x, "swish", "top_activation");
}

static arch_value features(arch *a, const arch_def *def, arch_value x)
{
    static const double DEVIATIONS[] = {0.229, 0.224, 0.225};
    const scaling *scale = def->config;
    x = arch_rescale(a, x, 1.0 / 255.0, 0.0, NULL);
    x = arch_normalize(a, x, NULL, NULL, NULL);
    if (arch_options(a)->imagenet_stem) {
        double roots[3];
        for (int i = 0; i < 3; i++)
            roots[i] = (float)(1.0 / sqrt(DEVIATIONS[i]));
        x = arch_tf_op(a, x, "math.multiply", json_pack("[[[[f,f,f]]]]", roots[0], roots[1], roots[2]));
    }
    const efficientnet net = {STAGES, sizeof STAGES / sizeof STAGES[0], 32, 1280, scale->width, scale->depth, 0};
    return efficientnet_body(a, &net, x);
}

static arch_value top(arch *a, const arch_def *def, arch_value x)
{
    const scaling *scale = def->config;
    return efficientnet_top(a, x, scale->dropout);
}

arch_value efficientnet_top(arch *a, arch_value x, double dropout)
{
    x = arch_global_pool(a, x, false, false, "avg_pool");
    x = arch_dropout(a, x, dropout, false, "top_dropout");
    return arch_dense(a, x, arch_n_classes(a), "softmax", ARCH_FAN_OUT_UNIFORM, "predictions");
}

/* top_hash, notop_hash: MD5 of Keras's ImageNet weights with and without its classifier. */
#define EFFICIENTNET(n, px, width, depth, dropout, top_hash, notop_hash)                                               \
    static const scaling SCALING_B##n = {width, depth, dropout};                                                       \
    const arch_def arch_efficientnet_b##n = {                                                                          \
        .info = {"EfficientNetB" #n, "EfficientNet with SE and swish", "0..255", px},                                  \
        .keras_name = "efficientnetb" #n,                                                                              \
        .config = &SCALING_B##n,                                                                                       \
        .features = features,                                                                                          \
        .top = top,                                                                                                    \
        .avg_pool = "avg_pool",                                                                                        \
        .max_pool = "max_pool",                                                                                        \
        .imagenet = {"keras-applications/", "efficientnetb" #n, ".h5", "_notop.h5", top_hash, notop_hash}};
EFFICIENTNET(0, 224, 1.0, 1.0, 0.2, "902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d")
EFFICIENTNET(1, 240, 1.0, 1.1, 0.2, "1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432")
EFFICIENTNET(2, 260, 1.1, 1.2, 0.3, "b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39")
EFFICIENTNET(3, 300, 1.2, 1.4, 0.3, "ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226")
EFFICIENTNET(4, 380, 1.4, 1.8, 0.4, "18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba")
EFFICIENTNET(5, 456, 1.6, 2.2, 0.4, "ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f")
EFFICIENTNET(6, 528, 1.8, 2.6, 0.5, "165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743")
EFFICIENTNET(7, 600, 2.0, 3.1, 0.5, "8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a")
