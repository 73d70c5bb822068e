/* Split expressions over a data set of three splits: what is accepted names examples that are there. */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "data/reader.h"

enum { MAX_TEXT = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    int64_t train[] = {0, 24, 48, 48, 96, 1000}, test[] = {1000, 1007}, none[] = {1007, 1007};
    mote_split splits[] = {{"train", 5, train}, {"test", 1, test}, {"a b", 1, none}};
    const mote_dataset dataset = {.path = "data", .splits = splits, .n_splits = 3, .n_examples = 1007};
    char text[MAX_TEXT + 1];
    const size_t n = n_bytes < MAX_TEXT ? n_bytes : MAX_TEXT;
    if (n)
        memcpy(text, bytes, n);
    text[n] = '\0';
    mote_slice slice;
    mote_error err;
    if (mote_dataset_slice(&dataset, text, &slice, &err) != MOTE_OK) {
        if (err.code == MOTE_OK || !err.message[0] || strchr(err.message, '\n'))
            abort();
        return 0;
    }
    for (int64_t i = 0; i < slice.n; i++)
        if (slice.examples[i] < 0 || slice.examples[i] >= dataset.n_examples)
            abort();
    mote_slice_free(&slice, NULL);
    return 0;
}
