/* Where Keras keeps the ImageNet weights of its architectures (keras/src/applications). */
#include "import/arch_builder.h"

#include <stdio.h>

static const char HOST[] = "https://storage.googleapis.com/";

/* Weights that Keras trained at several resolutions: of one that it has not, those of 224 pixels. */
static int32_t trained_px(int32_t px)
{
    static const int32_t TRAINED[] = {128, 160, 192, 224};
    for (size_t i = 0; i < sizeof TRAINED / sizeof TRAINED[0]; i++)
        if (px == TRAINED[i])
            return px;
    return 224;
}

mote_status mote_arch_imagenet(int32_t index, const mote_arch_options *options, mote_arch_weights *weights,
                               mote_error *err)
{
    *weights = (mote_arch_weights){0};
    const arch_def *def = arch_def_get(index);
    if (!def)
        return mote_error_set(err, MOTE_ARGUMENT, "no such architecture");
    const arch_imagenet *files = &def->imagenet;
    if (!files->folder)
        return mote_error_set(err, MOTE_NOT_FOUND, "%s has no ImageNet weights; it is none of Keras's architectures",
                              def->info.name);
    const bool with_top =
        !options->head && !options->pooling && (options->n_classes == 0 || options->n_classes == ARCH_IMAGENET_CLASSES);
    char px[16] = "";
    if (def->named_by_px)
        snprintf(px, sizeof px, "%d", trained_px(options->input_px ? options->input_px : def->info.default_px));
    snprintf(weights->name, sizeof weights->name, "%s%s%s", files->stem, px, with_top ? files->top : files->notop);
    snprintf(weights->url, sizeof weights->url, "%s%s%s", HOST, files->folder, weights->name);
    weights->md5 = with_top ? files->top_md5 : files->notop_md5;
    return MOTE_OK;
}
