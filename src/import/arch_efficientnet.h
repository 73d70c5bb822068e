/* What the members of the EfficientNet family share. */
#ifndef MOTE_IMPORT_ARCH_EFFICIENTNET_H
#define MOTE_IMPORT_ARCH_EFFICIENTNET_H

#include "import/arch_builder.h"

typedef struct efficientnet_stage {
    int32_t repeats, kernel, stride, expand, filters_in, filters_out;
} efficientnet_stage;

typedef struct efficientnet {
    const efficientnet_stage *stages;
    int32_t n_stages;
    int32_t stem, top; /* filters of the first and the last convolution, before scaling */
    double width, depth;
    double momentum; /* of the batch normalizations; 0: Keras's 0.99 */
} efficientnet;

/* From preprocessed pixels to the last activation. */
arch_value efficientnet_body(arch *a, const efficientnet *net, arch_value x);
arch_value efficientnet_squeeze_excite(arch *a, arch_value x, int32_t squeezed, const char *prefix);
/* Keras's classifier. */
arch_value efficientnet_top(arch *a, arch_value x, double dropout);

#endif
