#include "fuzz/fuzz_tfds.h"
#include "fuzz/fuzz_folder.h"

#include <mote/data.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/tfrecord.h"

const char fuzz_tfds_info[] = "{\"name\": \"d\", \"fileFormat\": \"tfrecord\", \"splits\": [{\"name\": \"train\", "
                              "\"shardLengths\": [\"1\"], \"numBytes\": \"1\"}]}";
const char fuzz_tfds_features[] = "{\"featuresDict\": {\"features\": {\"image\": {\"image\": {}}, \"label\": "
                                  "{\"classLabel\": {\"numClasses\": \"2\"}}}}}";

static void write_u32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

size_t fuzz_tfds_record(const void *bytes, size_t n, uint8_t *out)
{
    write_u32(out, (uint32_t)n);
    write_u32(out + 4, 0);
    write_u32(out + 8, mote_crc32c_masked(out, 8));
    if (n)
        memcpy(out + 12, bytes, n);
    write_u32(out + 12 + n, mote_crc32c_masked(out + 12, n));
    return n + 16;
}

static void read_example(const mote_dataset *dataset, int64_t example)
{
    mote_error err;
    mote_image image;
    int32_t height, width;
    if (!mote_dataset_class_name(dataset, mote_dataset_label(dataset, example)) || !mote_dataset_name(dataset, example))
        abort();
    if (mote_dataset_size(dataset, example, &height, &width, &err) == MOTE_OK && (int64_t)height * width < 1 << 22 &&
        mote_dataset_decode(dataset, example, 3, &image, &err) == MOTE_OK)
        mote_image_free(&image);
}

void fuzz_tfds_read(const fuzz_tfds *files)
{
    fuzz_folder_write("dataset_info.json", files->info, files->n_info);
    fuzz_folder_write("features.json", files->features, files->n_features);
    fuzz_folder_write("d-train.tfrecord-00000-of-00001", files->shard, files->n_shard);
    mote_dataset *dataset;
    mote_error err = {0};
    if (mote_dataset_open(&dataset, fuzz_folder(), NULL, NULL, &err) != MOTE_OK) {
        if (err.code == MOTE_OK || !err.message[0] || strchr(err.message, '\n'))
            abort();
        return;
    }
    for (int64_t i = 0; i < mote_dataset_n_examples(dataset); i++)
        read_example(dataset, i);
    for (int32_t i = 0; i < mote_dataset_n_splits(dataset); i++) {
        mote_slice slice;
        if (mote_dataset_slice(dataset, mote_dataset_split_name(dataset, i), &slice, &err) == MOTE_OK)
            mote_slice_free(&slice, NULL);
    }
    mote_dataset_free(dataset);
}
