/* Which release of TensorFlow Lite a model needs, as its converter records it in a file's metadata. */
#ifndef MOTE_TFLITE_RUNTIME_VERSION_H
#define MOTE_TFLITE_RUNTIME_VERSION_H

#include <stdint.h>

typedef struct mote_runtime_version {
    int32_t major, minor, patch;
} mote_runtime_version;

enum { MOTE_RUNTIME_VERSION_BYTES = 16 }; /* the field in a file: text, padded with zeros */

/* The first release with this version of the operator; all 0 when it is not known. */
mote_runtime_version mote_runtime_version_find(int32_t op, int32_t op_version);
mote_runtime_version mote_runtime_version_max(mote_runtime_version a, mote_runtime_version b);
/* "2.3.0"; "" for all 0. */
void mote_runtime_version_format(mote_runtime_version version, char text[MOTE_RUNTIME_VERSION_BYTES]);

#endif
