#include "op/move/copy_mapped.h"

#include <string.h>

size_t mote_mapped_bytes(const mote_shape *output)
{
    size_t n = 0;
    for (int32_t d = 0; d < output->rank; d++)
        n += (size_t)output->dims[d];
    return (n + 1) * sizeof(int64_t);
}

void mote_mapped_init(mote_mapped *mapped, const mote_shape *output, size_t element_bytes, void *room)
{
    int64_t *next = room;
    *mapped = (mote_mapped){.rank = output->rank, .element_bytes = element_bytes};
    for (int32_t d = 0; d < output->rank; d++) {
        mapped->dims[d] = output->dims[d];
        mapped->source_bytes[d] = next;
        next += output->dims[d];
    }
}

/* How many of the last dimensions are copied as they lie; *run_bytes is one such piece. */
static int32_t plain_tail(const mote_mapped *m, size_t *run_bytes)
{
    int32_t n = 0;
    *run_bytes = m->element_bytes;
    for (int32_t d = m->rank - 1; d >= 0; d--, n++) {
        for (int64_t i = 0; i < m->dims[d]; i++)
            if (m->source_bytes[d][i] != i * (int64_t)*run_bytes)
                return n;
        *run_bytes *= (size_t)m->dims[d];
    }
    return n;
}

void mote_mapped_copy(const mote_mapped *m, const void *input, void *output)
{
    size_t run_bytes;
    for (int32_t d = 0; d < m->rank; d++)
        if (m->dims[d] == 0)
            return;
    const int32_t outer = m->rank - plain_tail(m, &run_bytes);
    int64_t index[MOTE_MAX_RANK] = {0};
    char *out = output;
    for (;;) {
        int64_t from = 0;
        for (int32_t d = 0; d < outer; d++)
            from += m->source_bytes[d][index[d]];
        memcpy(out, (const char *)input + from, run_bytes);
        out += run_bytes;
        int32_t d = outer - 1;
        while (d >= 0 && ++index[d] == m->dims[d])
            index[d--] = 0;
        if (d < 0)
            return;
    }
}
