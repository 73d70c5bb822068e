/*
 * .h5 with libhdf5 in this process, not in a child: forty times as many inputs a second as fuzz_h5, and the fuzzer
 * sees where each leads in h5_walk.c and behind. Inputs that break libhdf5 itself end this program; ./dev fuzz goes on
 * after them, and gives each to fuzz_h5, which must stand it.
 */
#include "fuzz/fuzz.h"
#include "fuzz/h5_records.h"
#include "import/h5_walk.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_RECORD_BYTES = 64 << 20 };

typedef struct sink {
    unsigned char *bytes;
    size_t n, capacity;
} sink;

static bool keep(void *context, const void *data, size_t n_bytes)
{
    sink *s = context;
    if (n_bytes > MAX_RECORD_BYTES - s->n)
        return false;
    if (s->n + n_bytes > s->capacity) {
        s->capacity = 2 * (s->n + n_bytes);
        unsigned char *bigger = realloc(s->bytes, s->capacity);
        if (!bigger)
            abort();
        s->bytes = bigger;
    }
    memcpy(s->bytes + s->n, data, n_bytes);
    s->n += n_bytes;
    return true;
}

/*
 * Whether an object of a global heap (HDF5 File Format Specification 3.0, III.E), where variable-length texts are,
 * does not lead to the next: libhdf5 1.10 then turns for ever, and every hundredth input would be spent on that.
 *
 *   "GCOL", version and reserved in 4 bytes, size in 8; objects: index in 2 bytes, 0 the free space at the end,
 *   references in 2, reserved 4, size in 8, of the free space with this header
 */
static bool has_endless_heap(const uint8_t *bytes, size_t n_bytes)
{
    enum { HEADER = 16 };
    const uint8_t *end = bytes + n_bytes, *heap = bytes;
    while ((heap = memmem(heap, (size_t)(end - heap), "GCOL", 4))) {
        uint64_t size, step;
        for (const uint8_t *at = heap + HEADER; end - at >= HEADER; at += step) {
            memcpy(&size, at + 8, sizeof size);
            const bool is_free = at[0] == 0 && at[1] == 0;
            if (size > n_bytes || (is_free && size == 0))
                return true;
            step = is_free ? size : HEADER + (size + 7) / 8 * 8;
            if (is_free || step > (uint64_t)(end - at))
                break;
        }
        heap += 4;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    sink s = {0};
    if (n_bytes == 0 || (n_bytes >= 2 && memcmp(bytes, "PK", 2) == 0) || has_endless_heap(bytes, n_bytes))
        return 0;
    mote_h5_walk(bytes, n_bytes, keep, &s);
    h5_records_read(s.bytes, s.n);
    free(s.bytes);
    return 0;
}
