#include <string.h>

#include "pass/pass.h"

/* FNV-1a, eight bytes at a time: only to tell most different constants apart cheaply. */
static uint64_t hash_of(const mote_tensor *tensor)
{
    const unsigned char *bytes = tensor->data;
    uint64_t hash = 0xcbf29ce484222325u ^ tensor->n_bytes;
    size_t i = 0;
    for (; i + 8 <= tensor->n_bytes; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        hash = (hash ^ word) * 0x100000001b3u;
    }
    for (; i < tensor->n_bytes; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

static bool equal(const mote_tensor *a, const mote_tensor *b)
{
    return a->dtype == b->dtype && a->n_bytes == b->n_bytes && mote_shape_equal(&a->shape, &b->shape) &&
           mote_pass_same_quant(&a->quant, &b->quant) && memcmp(a->data, b->data, a->n_bytes) == 0;
}

static bool is_plain_const(const mote_tensor *tensor)
{
    return tensor->storage == MOTE_STORAGE_CONST && tensor->data && !tensor->sparsity && tensor->n_bytes > 0 &&
           mote_dtype_bytes(tensor->dtype) > 0;
}

mote_status mote_pass_merge_constants(mote_model *model, mote_graph *graph, mote_error *err)
{
    (void)model;
    const int32_t n = graph->n_tensors;
    uint64_t *hashes = mote_calloc(NULL, (size_t)n + 1, sizeof *hashes);
    if (!hashes)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < n; i++)
        hashes[i] = is_plain_const(graph->tensors[i]) ? hash_of(graph->tensors[i]) : 0;
    for (int32_t i = 0; i < n; i++) {
        const mote_tensor *tensor = graph->tensors[i];
        for (int32_t j = 0; is_plain_const(tensor) && j < i; j++)
            if (hashes[j] == hashes[i] && is_plain_const(graph->tensors[j]) && equal(tensor, graph->tensors[j]) &&
                !mote_graph_is_output(graph, i)) {
                mote_graph_replace_uses(graph, i, j);
                break;
            }
    }
    mote_free(NULL, hashes);
    return MOTE_OK;
}
