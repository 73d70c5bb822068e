/* Options of the operators that change a tensor's type; field names are the schema's. */
#ifndef MOTE_OP_QUANTIZE_QUANTIZE_H
#define MOTE_OP_QUANTIZE_QUANTIZE_H

#include "op/op.h"

typedef struct mote_cast_params {
    int32_t in_data_type, out_data_type; /* mote_dtype; the tensors' own types decide, these only accompany them */
} mote_cast_params;

typedef struct mote_fake_quant_params {
    float min, max;
    int32_t num_bits;  /* 2 … 16 */
    bool narrow_range; /* the lowest code is left out */
} mote_fake_quant_params;

#endif
