/* What the parent makes of the records of a child that libhdf5 may have broken. */
#include "fuzz/fuzz.h"
#include "import/h5_snapshot.h"

#include <string.h>

typedef struct source {
    const uint8_t *bytes;
    size_t left;
} source;

static bool read_bytes(void *context, void *data, size_t n_bytes)
{
    source *s = context;
    if (n_bytes > s->left)
        return false;
    if (n_bytes)
        memcpy(data, s->bytes, n_bytes);
    s->bytes += n_bytes;
    s->left -= n_bytes;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    mote_arena *arena = mote_arena_new(NULL, (size_t)64 << 20);
    source s = {bytes, n_bytes};
    h5_snapshot snapshot;
    mote_error err;
    if (arena && h5_snapshot_receive(&snapshot, arena, read_bytes, &s, &err) == MOTE_OK) {
        h5_snapshot_find(&snapshot, "/model_weights");
        h5_snapshot_attribute(&snapshot, "", "model_config");
        h5_snapshot_lower_bound(&snapshot, "/layers/");
    }
    mote_arena_free(arena);
    return 0;
}
