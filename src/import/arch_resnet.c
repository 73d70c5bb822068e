/* ResNet50 and ResNet50V2 as keras.applications has them: He et al., 2015 and 2016. */
#include "import/arch_builder.h"

static const arch_norm NORM = {.epsilon = 1.001e-5};

static arch_value conv(arch *a, arch_value x, int32_t filters, int32_t kernel, int32_t stride, bool same, bool bias,
                       const char *name)
{
    return arch_conv_2d(a, x, (arch_conv){filters, kernel, stride, same, bias, NULL, ARCH_GLOROT_UNIFORM}, name);
}

static arch_value normalized_relu(arch *a, arch_value x, const char *norm_name, const char *relu_name)
{
    return arch_activation(a, arch_batch_norm(a, x, NORM, norm_name), "relu", relu_name);
}

/* V1: normalization after each convolution; the first block of a stack strides and has a convolution as shortcut. */
static arch_value block_v1(arch *a, arch_value input, int32_t filters, int32_t stride, bool first, const char *name)
{
    arch_value shortcut = input;
    if (first) {
        shortcut = conv(a, input, 4 * filters, 1, stride, false, true, arch_name(a, "%s_0_conv", name));
        shortcut = arch_batch_norm(a, shortcut, NORM, arch_name(a, "%s_0_bn", name));
    }
    arch_value x = conv(a, input, filters, 1, stride, false, true, arch_name(a, "%s_1_conv", name));
    x = normalized_relu(a, x, arch_name(a, "%s_1_bn", name), arch_name(a, "%s_1_relu", name));
    x = conv(a, x, filters, 3, 1, true, true, arch_name(a, "%s_2_conv", name));
    x = normalized_relu(a, x, arch_name(a, "%s_2_bn", name), arch_name(a, "%s_2_relu", name));
    x = conv(a, x, 4 * filters, 1, 1, false, true, arch_name(a, "%s_3_conv", name));
    x = arch_batch_norm(a, x, NORM, arch_name(a, "%s_3_bn", name));
    x = arch_add(a, shortcut, x, arch_name(a, "%s_add", name));
    return arch_activation(a, x, "relu", arch_name(a, "%s_out", name));
}

/* V2: normalization before each convolution; the last block of a stack strides. */
static arch_value block_v2(arch *a, arch_value input, int32_t filters, int32_t stride, bool first, const char *name)
{
    const arch_value before =
        normalized_relu(a, input, arch_name(a, "%s_preact_bn", name), arch_name(a, "%s_preact_relu", name));
    arch_value shortcut = input;
    if (first)
        shortcut = conv(a, before, 4 * filters, 1, stride, false, true, arch_name(a, "%s_0_conv", name));
    else if (stride > 1)
        shortcut = arch_max_pool(a, input, 1, stride, NULL);
    arch_value x = conv(a, before, filters, 1, 1, false, false, arch_name(a, "%s_1_conv", name));
    x = normalized_relu(a, x, arch_name(a, "%s_1_bn", name), arch_name(a, "%s_1_relu", name));
    x = arch_zero_pad(a, x, 1, 1, arch_name(a, "%s_2_pad", name));
    x = conv(a, x, filters, 3, stride, false, false, arch_name(a, "%s_2_conv", name));
    x = normalized_relu(a, x, arch_name(a, "%s_2_bn", name), arch_name(a, "%s_2_relu", name));
    x = conv(a, x, 4 * filters, 1, 1, false, true, arch_name(a, "%s_3_conv", name));
    return arch_add(a, shortcut, x, arch_name(a, "%s_out", name));
}

enum { N_STACKS = 4 };
static const int32_t BLOCKS[N_STACKS] = {3, 4, 6, 3};

static arch_value stem(arch *a, arch_value x)
{
    x = arch_zero_pad(a, x, 3, 3, "conv1_pad");
    return conv(a, x, 64, 7, 2, false, true, "conv1_conv");
}

static arch_value stem_pool(arch *a, arch_value x)
{
    x = arch_zero_pad(a, x, 1, 1, "pool1_pad");
    return arch_max_pool(a, x, 3, 2, "pool1_pool");
}

static arch_value features_v1(arch *a, const arch_def *def, arch_value x)
{
    (void)def;
    x = normalized_relu(a, stem(a, x), "conv1_bn", "conv1_relu");
    x = stem_pool(a, x);
    for (int32_t i = 0; i < N_STACKS; i++)
        for (int32_t j = 0; j < BLOCKS[i]; j++)
            x = block_v1(a, x, 64 << i, i > 0 && j == 0 ? 2 : 1, j == 0, arch_name(a, "conv%d_block%d", i + 2, j + 1));
    return x;
}

static arch_value features_v2(arch *a, const arch_def *def, arch_value x)
{
    (void)def;
    x = stem_pool(a, stem(a, x));
    for (int32_t i = 0; i < N_STACKS; i++)
        for (int32_t j = 0; j < BLOCKS[i]; j++)
            x = block_v2(a, x, 64 << i, i + 1 < N_STACKS && j + 1 == BLOCKS[i] ? 2 : 1, j == 0,
                         arch_name(a, "conv%d_block%d", i + 2, j + 1));
    return normalized_relu(a, x, "post_bn", "post_relu");
}

static arch_value top(arch *a, const arch_def *def, arch_value x)
{
    (void)def;
    x = arch_global_pool(a, x, false, false, "avg_pool");
    return arch_dense(a, x, arch_n_classes(a), "softmax", ARCH_GLOROT_UNIFORM, "predictions");
}

const arch_def arch_resnet50 = {.info = {"ResNet50", "residual blocks of 50 layers", "caffe", 224},
                                .keras_name = "resnet50",
                                .features = features_v1,
                                .top = top,
                                .avg_pool = "avg_pool",
                                .max_pool = "max_pool",
                                .imagenet = {"tensorflow/keras-applications/resnet/",
                                             "resnet50_weights_tf_dim_ordering_tf_kernels", ".h5", "_notop.h5",
                                             "2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"}};

const arch_def arch_resnet50_v2 = {
    .info = {"ResNet50V2", "residual blocks, normalized before", "-1..1", 224},
    .keras_name = "resnet50v2",
    .features = features_v2,
    .top = top,
    .avg_pool = "avg_pool",
    .max_pool = "max_pool",
    .imagenet = {"tensorflow/keras-applications/resnet/", "resnet50v2_weights_tf_dim_ordering_tf_kernels", ".h5",
                 "_notop.h5", "3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917"}};
