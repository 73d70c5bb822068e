/* A TFDS data set of one shard, made of given files, opened and read through. */
#ifndef MOTE_TESTS_FUZZ_FUZZ_TFDS_H
#define MOTE_TESTS_FUZZ_FUZZ_TFDS_H

#include <stddef.h>
#include <stdint.h>

typedef struct fuzz_tfds {
    const void *info, *features, *shard;
    size_t n_info, n_features, n_shard;
} fuzz_tfds;

extern const char fuzz_tfds_info[], fuzz_tfds_features[]; /* good ones: data set "d", split train, one example */

void fuzz_tfds_read(const fuzz_tfds *files);
/* A TFRecord of these bytes into out, which has room for n + 16. Returns its length. */
size_t fuzz_tfds_record(const void *bytes, size_t n, uint8_t *out);

#endif
