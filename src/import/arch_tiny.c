/*
 * mote_tiny: EfficientNet's blocks, few and narrow, for photos of about 96 pixels: it learns a small set of photos in
 * less than a minute on two cores, and has all that makes EfficientNet hard to quantize (depthwise convolutions,
 * squeeze and excitation, swish).
 */
#include "import/arch_efficientnet.h"

static const efficientnet_stage STAGES[] = {
    {1, 3, 1, 1, 16, 16},
    {1, 3, 2, 4, 16, 24},
    {2, 5, 2, 4, 24, 40},
    {2, 3, 2, 4, 40, 64},
};

static arch_value features(arch *a, const arch_def *def, arch_value x)
{
    (void)def;
    const efficientnet net = {STAGES, sizeof STAGES / sizeof STAGES[0], 16, 192, 1.0, 1.0, 0.9};
    x = arch_rescale(a, x, 1.0 / 127.5, -1.0, NULL);
    return efficientnet_body(a, &net, x);
}

static arch_value top(arch *a, const arch_def *def, arch_value x)
{
    (void)def;
    return efficientnet_top(a, x, 0.2);
}

const arch_def arch_tiny = {.info = {"mote_tiny", "a small EfficientNet, for demonstrations", "0..255", 96},
                            .keras_name = "mote_tiny",
                            .features = features,
                            .top = top,
                            .avg_pool = "avg_pool",
                            .max_pool = "max_pool"};
