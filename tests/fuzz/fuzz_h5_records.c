/* What the parent makes of the records of a child that libhdf5 may have broken, up to the model. */
#include "fuzz/fuzz.h"
#include "fuzz/h5_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    h5_records_read(bytes, n_bytes);
    return 0;
}
