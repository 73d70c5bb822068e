/* dataset_info.json and features.json: the input is both, with a zero byte between them; the shard is a good one. */
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_tfds.h"

#include <string.h>

/* tf.train.Example: features {image: bytes "x", label: int64 1} */
static const uint8_t EXAMPLE[] = {0x0a, 0x21, 0x0a, 0x0f, 0x0a, 0x05, 'i',  'm',  'a',  'g',  'e',  0x12,
                                  0x06, 0x0a, 0x04, 0x0a, 0x02, 'x',  'y',  0x0a, 0x0e, 0x0a, 0x05, 'l',
                                  'a',  'b',  'e',  'l',  0x12, 0x05, 0x1a, 0x03, 0x0a, 0x01, 0x01};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    uint8_t shard[sizeof EXAMPLE + 16];
    const uint8_t *end = n_bytes ? memchr(bytes, 0, n_bytes) : NULL;
    if (!end)
        return 0;
    const fuzz_tfds files = {.info = bytes,
                             .n_info = (size_t)(end - bytes),
                             .features = end + 1,
                             .n_features = n_bytes - (size_t)(end - bytes) - 1,
                             .shard = shard,
                             .n_shard = fuzz_tfds_record(EXAMPLE, sizeof EXAMPLE, shard)};
    fuzz_tfds_read(&files);
    return 0;
}
