#include "op/move/copy_nd.h"

#include <string.h>

void mote_row_strides(const mote_shape *shape, size_t element_bytes, int64_t strides[MOTE_MAX_RANK])
{
    int64_t stride = (int64_t)element_bytes;
    for (int32_t i = shape->rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= shape->dims[i];
    }
}

/* Drops dimensions of 1 and joins neighbours that are one run on both sides. False: nothing to copy. */
static bool coalesce(const mote_box *box, mote_box *out)
{
    *out = (mote_box){.element_bytes = box->element_bytes};
    for (int32_t i = 0; i < box->rank; i++) {
        if (box->dims[i] == 0)
            return false;
        if (box->dims[i] == 1)
            continue;
        const int32_t last = out->rank - 1;
        if (last >= 0 && out->source_stride[last] == box->source_stride[i] * box->dims[i] &&
            out->target_stride[last] == box->target_stride[i] * box->dims[i]) {
            out->dims[last] *= box->dims[i];
            out->source_stride[last] = box->source_stride[i];
            out->target_stride[last] = box->target_stride[i];
            continue;
        }
        out->dims[out->rank] = box->dims[i];
        out->source_stride[out->rank] = box->source_stride[i];
        out->target_stride[out->rank] = box->target_stride[i];
        out->rank++;
    }
    return true;
}

/* One line of n elements; the widths are spelled out so that each memcpy is one move. */
static void copy_line(const char *source, int64_t source_stride, char *target, int64_t target_stride, int64_t n,
                      size_t element_bytes)
{
    if (source_stride == (int64_t)element_bytes && target_stride == (int64_t)element_bytes) {
        memcpy(target, source, (size_t)n * element_bytes);
        return;
    }
    for (int64_t i = 0; i < n; i++, source += source_stride, target += target_stride)
        switch (element_bytes) {
        case 1:
            *target = *source;
            break;
        case 2:
            memcpy(target, source, 2);
            break;
        case 4:
            memcpy(target, source, 4);
            break;
        case 8:
            memcpy(target, source, 8);
            break;
        default:
            memcpy(target, source, element_bytes);
        }
}

void mote_copy_box(const mote_box *box, const void *source, void *target)
{
    mote_box b;
    if (!coalesce(box, &b))
        return;
    if (b.rank == 0) {
        memcpy(target, source, b.element_bytes);
        return;
    }
    const int32_t inner = b.rank - 1;
    int64_t index[MOTE_MAX_RANK] = {0};
    const char *from = source;
    char *to = target;
    for (;;) {
        copy_line(from, b.source_stride[inner], to, b.target_stride[inner], b.dims[inner], b.element_bytes);
        int32_t d = inner - 1;
        for (; d >= 0; d--) {
            from += b.source_stride[d];
            to += b.target_stride[d];
            if (++index[d] < b.dims[d])
                break;
            from -= b.source_stride[d] * b.dims[d];
            to -= b.target_stride[d] * b.dims[d];
            index[d] = 0;
        }
        if (d < 0)
            return;
    }
}

int64_t mote_index_at(const mote_tensor *indices, int64_t i)
{
    if (indices->dtype == MOTE_INT16)
        return ((const int16_t *)indices->data)[i];
    return indices->dtype == MOTE_INT64 ? ((const int64_t *)indices->data)[i] : ((const int32_t *)indices->data)[i];
}

mote_status mote_need_whole_elements(const mote_tensor *tensor, mote_error *err)
{
    if (mote_dtype_bytes(tensor->dtype) == 0 || mote_dtype_bits(tensor->dtype) % 8)
        return mote_error_set(err, MOTE_UNSUPPORTED, "elements of type %s cannot be moved",
                              mote_dtype_name(tensor->dtype));
    return MOTE_OK;
}
