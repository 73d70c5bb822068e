/* Shards: after an even byte the rest is a shard as it stands; after an odd one it is one example's bytes, put into a
 * record with the right checksums, so that what lies behind them is reached. */
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_tfds.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    if (n_bytes < 1)
        return 0;
    uint8_t *framed = malloc(n_bytes + 16);
    if (!framed)
        return 0;
    fuzz_tfds files = {.info = fuzz_tfds_info,
                       .n_info = strlen(fuzz_tfds_info),
                       .features = fuzz_tfds_features,
                       .n_features = strlen(fuzz_tfds_features),
                       .shard = bytes + 1,
                       .n_shard = n_bytes - 1};
    if (bytes[0] & 1) {
        files.shard = framed;
        files.n_shard = fuzz_tfds_record(bytes + 1, n_bytes - 1, framed);
    }
    fuzz_tfds_read(&files);
    free(framed);
    return 0;
}
