/* output[i, j, …] = input[map_0[i], map_1[j], …]: tiling, broadcasting, mirroring, reversing, nearest neighbours. */
#ifndef MOTE_OP_MOVE_COPY_MAPPED_H
#define MOTE_OP_MOVE_COPY_MAPPED_H

#include "op/op.h"

typedef struct mote_mapped {
    int32_t rank;
    int64_t dims[MOTE_MAX_RANK];          /* of the output */
    int64_t *source_bytes[MOTE_MAX_RANK]; /* per output index: how far into the input, in bytes */
    size_t element_bytes;
} mote_mapped;

/* Room for the maps of an output shape: what prepare requests as scratch. */
size_t mote_mapped_bytes(const mote_shape *output);
/* Lays the maps out in `room`; the caller then fills source_bytes[d][i] for i in [0, dims[d]). */
void mote_mapped_init(mote_mapped *mapped, const mote_shape *output, size_t element_bytes, void *room);
void mote_mapped_copy(const mote_mapped *mapped, const void *input, void *output);

#endif
