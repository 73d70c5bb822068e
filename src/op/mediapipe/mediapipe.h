/* MediaPipe's custom operators. Their options are C structs of 32-bit fields, in the order of TensorFlow Lite's own. */
#ifndef MOTE_OP_MEDIAPIPE_MEDIAPIPE_H
#define MOTE_OP_MEDIAPIPE_MEDIAPIPE_H

#include "op/op.h"

/* Little-endian field `index` of the options; 0 where they end before it. */
int32_t mote_options_i32(const uint8_t *options, size_t n_bytes, size_t index);
/* TfLitePadding (1 same, 2 valid) as mote_padding. */
int32_t mote_padding_of_struct(int32_t padding);

#endif
