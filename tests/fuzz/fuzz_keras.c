/* .keras: the zip, the texts in it, and then what fuzz_h5 has. Entries that are stored have a checksum, which mutation
 * breaks: what is in the texts is fuzz_keras_json's business. */
#include "fuzz/fuzz.h"

#include <mote/import.h>

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    mote_model *model;
    mote_error err;
    if (n_bytes < 4 || memcmp(bytes, "PK\x03\x04", 4) != 0)
        return 0;
    if (mote_keras_read(&model, bytes, n_bytes, NULL, &err) == MOTE_OK)
        mote_model_free(model);
    return 0;
}
