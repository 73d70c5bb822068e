/* Options of the normalizations that TFLite has as operators; field names are the schema's. */
#ifndef MOTE_OP_NORMALIZE_NORMALIZE_H
#define MOTE_OP_NORMALIZE_NORMALIZE_H

#include "op/op.h"

typedef struct mote_l2_normalization_params {
    int32_t fused_activation_function; /* MOTE_ACT_NONE: TFLite refuses others */
} mote_l2_normalization_params;
#define MOTE_L2_LEAST_NORM 1e-6f /* a row that is shorter is divided by this */

/* out = in / (bias + alpha * sum of in² over radius channels to each side) ^ beta */
typedef struct mote_local_response_normalization_params {
    int32_t radius;
    float bias, alpha, beta;
} mote_local_response_normalization_params;

#endif
