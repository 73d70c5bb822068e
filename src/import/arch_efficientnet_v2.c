/* EfficientNetV2-B0–B3 as keras.applications has them: Tan & Le, 2021, "EfficientNetV2: Smaller Models and Faster
 * Training". */
#include "import/arch_efficientnet.h"

#include <math.h>

typedef struct scaling {
    double width, depth;
} scaling;

typedef struct stage_v2 {
    efficientnet_stage shape;
    bool fused; /* one convolution in place of expansion and depthwise, and no squeeze and excitation */
} stage_v2;

static const stage_v2 STAGES[] = {
    {{1, 3, 1, 1, 32, 16}, true},  {{2, 3, 2, 4, 16, 32}, true},   {{2, 3, 2, 4, 32, 48}, true},
    {{3, 3, 2, 4, 48, 96}, false}, {{5, 3, 1, 6, 96, 112}, false}, {{8, 3, 2, 6, 112, 192}, false},
};
enum { N_STAGES = sizeof STAGES / sizeof STAGES[0] };

static const arch_norm NORM = {.momentum = 0.9};

/* Here rounding may go down by more than a tenth, other than in V1. */
static int32_t round_filters(double filters)
{
    const int32_t rounded = (int32_t)(filters + 4.0) / 8 * 8;
    return rounded > 8 ? rounded : 8;
}

static arch_value conv(arch *a, arch_value x, int32_t filters, int32_t kernel, int32_t stride, const char *name)
{
    return arch_conv_2d(a, x, (arch_conv){filters, kernel, stride, .same = true, .init = ARCH_HE_FAN_OUT}, name);
}

static arch_value normalized_swish(arch *a, arch_value x, const char *norm_name, const char *swish_name)
{
    return arch_activation(a, arch_batch_norm(a, x, NORM, norm_name), "swish", swish_name);
}

static arch_value block_end(arch *a, arch_value x, arch_value input, const efficientnet_stage *stage, double drop,
                            const char *prefix)
{
    if (stage->stride != 1 || stage->filters_in != stage->filters_out)
        return x;
    if (drop > 0)
        x = arch_dropout(a, x, drop, true, arch_name(a, "%sdrop", prefix));
    return arch_add(a, x, input, arch_name(a, "%sadd", prefix));
}

static arch_value mb_block(arch *a, arch_value input, const efficientnet_stage *stage, double drop, const char *prefix)
{
    arch_value x = conv(a, input, stage->filters_in * stage->expand, 1, 1, arch_name(a, "%sexpand_conv", prefix));
    x = normalized_swish(a, x, arch_name(a, "%sexpand_bn", prefix), arch_name(a, "%sexpand_activation", prefix));
    const arch_conv depthwise = {
        .kernel = stage->kernel, .stride = stage->stride, .same = true, .init = ARCH_HE_FAN_OUT};
    x = arch_depthwise_2d(a, x, depthwise, arch_name(a, "%sdwconv2", prefix));
    x = normalized_swish(a, x, arch_name(a, "%sbn", prefix), arch_name(a, "%sactivation", prefix));
    x = efficientnet_squeeze_excite(a, x, stage->filters_in / 4, prefix);
    x = conv(a, x, stage->filters_out, 1, 1, arch_name(a, "%sproject_conv", prefix));
    x = arch_batch_norm(a, x, NORM, arch_name(a, "%sproject_bn", prefix));
    return block_end(a, x, input, stage, drop, prefix);
}

static arch_value fused_block(arch *a, arch_value input, const efficientnet_stage *stage, double drop,
                              const char *prefix)
{
    const bool expands = stage->expand != 1;
    arch_value x = input;
    if (expands) {
        x = conv(a, x, stage->filters_in * stage->expand, stage->kernel, stage->stride,
                 arch_name(a, "%sexpand_conv", prefix));
        x = normalized_swish(a, x, arch_name(a, "%sexpand_bn", prefix), arch_name(a, "%sexpand_activation", prefix));
    }
    x = conv(a, x, stage->filters_out, expands ? 1 : stage->kernel, expands ? 1 : stage->stride,
             arch_name(a, "%sproject_conv", prefix));
    x = arch_batch_norm(a, x, NORM, arch_name(a, "%sproject_bn", prefix));
    if (!expands)
        x = arch_activation(a, x, "swish", arch_name(a, "%sproject_activation", prefix));
    return block_end(a, x, input, stage, drop, prefix);
}

static arch_value features(arch *a, const arch_def *def, arch_value x)
{
    static const double MEAN[] = {0.485, 0.456, 0.406};
    static const double VARIANCE[] = {0.229 * 0.229, 0.224 * 0.224, 0.225 * 0.225};
    const scaling *scale = def->config;
    x = arch_rescale(a, x, 1.0 / 255.0, 0.0, NULL);
    x = arch_normalize(a, x, MEAN, VARIANCE, NULL);
    x = conv(a, x, round_filters(32 * scale->width), 3, 2, "stem_conv");
    x = normalized_swish(a, x, "stem_bn", "stem_activation");
    int32_t n_blocks = 0, at = 0;
    for (int32_t i = 0; i < N_STAGES; i++)
        n_blocks += STAGES[i].shape.repeats; /* before scaling by depth: so Keras counts */
    for (int32_t i = 0; i < N_STAGES; i++) {
        efficientnet_stage stage = STAGES[i].shape;
        stage.filters_in = round_filters(stage.filters_in * scale->width);
        stage.filters_out = round_filters(stage.filters_out * scale->width);
        const int32_t repeats = (int32_t)ceil(scale->depth * stage.repeats);
        for (int32_t j = 0; j < repeats; j++, at++) {
            const char *prefix = arch_name(a, "block%d%c_", i + 1, 'a' + j);
            const double drop = 0.2 * at / n_blocks;
            x = STAGES[i].fused ? fused_block(a, x, &stage, drop, prefix) : mb_block(a, x, &stage, drop, prefix);
            stage.stride = 1;
            stage.filters_in = stage.filters_out;
        }
    }
    x = conv(a, x, round_filters(1280 * scale->width), 1, 1, "top_conv");
    return normalized_swish(a, x, "top_bn", "top_activation");
}

static arch_value top(arch *a, const arch_def *def, arch_value x)
{
    (void)def;
    return efficientnet_top(a, x, 0.2);
}

#define EFFICIENTNET_V2(n, px, width, depth, top_hash, notop_hash)                                                     \
    static const scaling SCALING_B##n = {width, depth};                                                                \
    const arch_def arch_efficientnet_v2_b##n = {                                                                       \
        .info = {"EfficientNetV2B" #n, "EfficientNetV2: fused blocks first", "0..255", px},                            \
        .keras_name = "efficientnetv2-b" #n,                                                                           \
        .config = &SCALING_B##n,                                                                                       \
        .features = features,                                                                                          \
        .top = top,                                                                                                    \
        .avg_pool = "avg_pool",                                                                                        \
        .max_pool = "max_pool",                                                                                        \
        .imagenet = {"tensorflow/keras-applications/efficientnet_v2/", "efficientnetv2-b" #n, ".h5", "_notop.h5",      \
                     top_hash, notop_hash}};
EFFICIENTNET_V2(0, 224, 1.0, 1.0, "21ecbf6da12460d5c40bb2f29ceb2188", "893217f2bb855e2983157299931e43ff")
EFFICIENTNET_V2(1, 240, 1.0, 1.1, "069f0534ff22adf035c89e2d9547a9dc", "0e80663031ca32d657f9caa404b6ec37")
EFFICIENTNET_V2(2, 260, 1.1, 1.2, "424e49f28180edbde1e94797771950a7", "1dfe2e7a5d45b6632553a8961ea609eb")
EFFICIENTNET_V2(3, 300, 1.2, 1.4, "1f1fc43bd98a6e4fd8fdfd551e02c7a0", "f6abf7b5849ac99a89b50dd3fd532856")
