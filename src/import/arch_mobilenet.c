/* MobileNet (V1) and MobileNetV2 of width 1 as keras.applications has them: Howard et al., 2017; Sandler et al., 2018.
 */
#include "import/arch_builder.h"

/* --- V1 --- */

static arch_value separable(arch *a, arch_value x, int32_t filters, int32_t stride, int32_t id)
{
    const arch_norm norm = {0};
    if (stride != 1)
        x = arch_zero_pad(a, x, 0, 1, arch_name(a, "conv_pad_%d", id));
    x = arch_depthwise_2d(a, x, (arch_conv){.kernel = 3, .stride = stride, .same = stride == 1},
                          arch_name(a, "conv_dw_%d", id));
    x = arch_batch_norm(a, x, norm, arch_name(a, "conv_dw_%d_bn", id));
    x = arch_relu(a, x, 6.0, arch_name(a, "conv_dw_%d_relu", id));
    x = arch_conv_2d(a, x, (arch_conv){filters, 1, 1, .same = true}, arch_name(a, "conv_pw_%d", id));
    x = arch_batch_norm(a, x, norm, arch_name(a, "conv_pw_%d_bn", id));
    return arch_relu(a, x, 6.0, arch_name(a, "conv_pw_%d_relu", id));
}

static arch_value features_v1(arch *a, const arch_def *def, arch_value x)
{
    static const struct {
        int32_t filters, stride;
    } BLOCKS[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                  {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
    (void)def;
    x = arch_conv_2d(a, x, (arch_conv){32, 3, 2, .same = true}, "conv1");
    x = arch_batch_norm(a, x, (arch_norm){0}, "conv1_bn");
    x = arch_relu(a, x, 6.0, "conv1_relu");
    for (int32_t i = 0; i < (int32_t)(sizeof BLOCKS / sizeof BLOCKS[0]); i++)
        x = separable(a, x, BLOCKS[i].filters, BLOCKS[i].stride, i + 1);
    return x;
}

static arch_value top_v1(arch *a, const arch_def *def, arch_value x)
{
    (void)def;
    x = arch_global_pool(a, x, false, true, NULL);
    x = arch_dropout(a, x, 0.001, false, "dropout");
    x = arch_conv_2d(a, x, (arch_conv){arch_n_classes(a), 1, 1, .same = true, .bias = true}, "conv_preds");
    x = arch_reshape(a, x, false, "reshape_2");
    return arch_activation(a, x, "softmax", "predictions");
}

const arch_def arch_mobilenet = {
    .info = {"MobileNet", "depthwise separable convolutions (V1)", "-1..1", 224},
    .keras_name = "mobilenet_1.00",
    .named_by_px = true,
    .features = features_v1,
    .top = top_v1,
    .imagenet = {"tensorflow/keras-applications/mobilenet/", "mobilenet_1_0_", "_tf.h5", "_tf_no_top.h5", NULL, NULL}};

/* --- V2 --- */

static const arch_norm NORM_V2 = {.momentum = 0.999};

static arch_value inverted_residual(arch *a, arch_value input, int32_t filters, int32_t stride, int32_t id)
{
    const int32_t channels = arch_shape_of(a, input).c;
    const char *prefix = id ? arch_name(a, "block_%d_", id) : "expanded_conv_";
    arch_value x = input;
    if (id) {
        x = arch_conv_2d(a, x, (arch_conv){6 * channels, 1, 1, .same = true}, arch_name(a, "%sexpand", prefix));
        x = arch_batch_norm(a, x, NORM_V2, arch_name(a, "%sexpand_BN", prefix));
        x = arch_relu(a, x, 6.0, arch_name(a, "%sexpand_relu", prefix));
    }
    if (stride == 2)
        x = arch_correct_pad(a, x, 3, arch_name(a, "%spad", prefix));
    x = arch_depthwise_2d(a, x, (arch_conv){.kernel = 3, .stride = stride, .same = stride == 1},
                          arch_name(a, "%sdepthwise", prefix));
    x = arch_batch_norm(a, x, NORM_V2, arch_name(a, "%sdepthwise_BN", prefix));
    x = arch_relu(a, x, 6.0, arch_name(a, "%sdepthwise_relu", prefix));
    x = arch_conv_2d(a, x, (arch_conv){filters, 1, 1, .same = true}, arch_name(a, "%sproject", prefix));
    x = arch_batch_norm(a, x, NORM_V2, arch_name(a, "%sproject_BN", prefix));
    return channels == filters && stride == 1 ? arch_add(a, input, x, arch_name(a, "%sadd", prefix)) : x;
}

static arch_value features_v2(arch *a, const arch_def *def, arch_value x)
{
    static const struct {
        int32_t filters, repeats, stride;
    } STAGES[] = {{16, 1, 1}, {24, 2, 2}, {32, 3, 2}, {64, 4, 2}, {96, 3, 1}, {160, 3, 2}, {320, 1, 1}};
    (void)def;
    x = arch_conv_2d(a, x, (arch_conv){32, 3, 2, .same = true}, "Conv1");
    x = arch_batch_norm(a, x, NORM_V2, "bn_Conv1");
    x = arch_relu(a, x, 6.0, "Conv1_relu");
    int32_t id = 0;
    for (size_t i = 0; i < sizeof STAGES / sizeof STAGES[0]; i++)
        for (int32_t j = 0; j < STAGES[i].repeats; j++)
            x = inverted_residual(a, x, STAGES[i].filters, j ? 1 : STAGES[i].stride, id++);
    x = arch_conv_2d(a, x, (arch_conv){1280, 1, 1, .same = false}, "Conv_1");
    x = arch_batch_norm(a, x, NORM_V2, "Conv_1_bn");
    return arch_relu(a, x, 6.0, "out_relu");
}

static arch_value top_v2(arch *a, const arch_def *def, arch_value x)
{
    (void)def;
    x = arch_global_pool(a, x, false, false, NULL);
    return arch_dense(a, x, arch_n_classes(a), "softmax", ARCH_GLOROT_UNIFORM, "predictions");
}

const arch_def arch_mobilenet_v2 = {.info = {"MobileNetV2", "inverted residuals", "-1..1", 224},
                                    .keras_name = "mobilenetv2_1.00",
                                    .named_by_px = true,
                                    .features = features_v2,
                                    .top = top_v2,
                                    .imagenet = {"tensorflow/keras-applications/mobilenet_v2/",
                                                 "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_", ".h5",
                                                 "_no_top.h5", NULL, NULL}};
