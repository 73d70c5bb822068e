/* The reader of .tflite files, and the writer on whatever it accepts. Running models is the mutants' business:
 * it takes valid ones to get that far. */
#include "fuzz/fuzz.h"

#include <mote/tflite.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    mote_model *model, *again;
    mote_error err;
    unsigned char *out;
    size_t n_out;
    if (mote_tflite_read(&model, bytes, n_bytes, NULL, &err) != MOTE_OK)
        return 0;
    if (mote_tflite_build(model, &out, &n_out, NULL, &err) == MOTE_OK) {
        if (mote_tflite_read(&again, out, n_out, NULL, &err) != MOTE_OK)
            abort();
        mote_model_free(again);
        mote_free(NULL, out);
    }
    mote_model_free(model);
    return 0;
}
