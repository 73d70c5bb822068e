/* Keras's .h5 as a whole: through libhdf5 in its child, and all that mote makes of what comes back. */
#include "fuzz/fuzz.h"

#include <mote/import.h>

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    mote_model *model;
    mote_error err;
    if (n_bytes >= 2 && memcmp(bytes, "PK", 2) == 0)
        return 0;
    if (mote_keras_read(&model, bytes, n_bytes, NULL, &err) == MOTE_OK)
        mote_model_free(model);
    return 0;
}
