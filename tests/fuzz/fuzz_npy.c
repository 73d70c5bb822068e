/* .npy: what is read is written and read again as it was; and as a data set with labels. */
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_folder.h"

#include <mote/data.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_round_trip(const mote_tensor *tensor)
{
    char path[256];
    mote_tensor again;
    mote_error err;
    snprintf(path, sizeof path, "%s/again.npy", fuzz_folder());
    if (mote_npy_write(path, tensor, &err) != MOTE_OK || mote_npy_read(path, &again, NULL, &err) != MOTE_OK)
        abort();
    if (!mote_shape_equal(&tensor->shape, &again.shape) || tensor->dtype != again.dtype ||
        (tensor->n_bytes && memcmp(tensor->data, again.data, tensor->n_bytes) != 0))
        abort();
    mote_free(NULL, again.data);
}

static void use_as_data(const char *images, const char *labels)
{
    mote_dataset *dataset;
    mote_error err;
    mote_slice slice;
    if (mote_dataset_open(&dataset, images, labels, NULL, &err) != MOTE_OK)
        return;
    if (mote_dataset_slice(dataset, "train", &slice, &err) != MOTE_OK)
        abort();
    for (int64_t i = 0; i < slice.n && i < 4; i++) {
        mote_image image;
        if (!mote_dataset_class_name(dataset, mote_dataset_label(dataset, slice.examples[i])))
            abort();
        if (mote_dataset_decode(dataset, slice.examples[i], 0, &image, &err) == MOTE_OK)
            mote_image_free(&image);
    }
    mote_slice_free(&slice, NULL);
    mote_dataset_free(dataset);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    char path[256];
    mote_tensor tensor;
    mote_error err;
    snprintf(path, sizeof path, "%s", fuzz_folder_write("a.npy", bytes, n_bytes));
    if (mote_npy_read(path, &tensor, NULL, &err) != MOTE_OK)
        return 0;
    check_round_trip(&tensor);
    mote_free(NULL, tensor.data);
    use_as_data(path, path);
    return 0;
}
