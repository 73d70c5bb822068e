#include "kernels/kernels.h"

#include <string.h>

static int64_t block_bytes(const mote_kernels *kernels, int32_t height, int32_t width)
{
    const int64_t kr = kernels->qs8_dw.kr, groups = (height + kr - 1) / kr;
    return kernels->qs8_dw.nr * ((int64_t)sizeof(int32_t) + groups * kr * width);
}

size_t mote_qs8_dw_packed_bytes(const mote_kernels *kernels, int64_t channels, int32_t height, int32_t width)
{
    const int64_t nr = kernels->qs8_dw.nr;
    return (size_t)((channels + nr - 1) / nr * block_bytes(kernels, height, width));
}

typedef struct filter_view {
    const int8_t *values;
    int64_t channels;
    int32_t height, width;
} filter_view;

static int8_t weight_at(const filter_view *f, int64_t y, int64_t x, int64_t channel)
{
    return y < f->height && channel < f->channels ? f->values[(y * f->width + x) * f->channels + channel] : 0;
}

static int32_t sum_of(const filter_view *f, int64_t channel)
{
    int32_t sum = 0;
    for (int32_t y = 0; y < f->height; y++)
        for (int32_t x = 0; x < f->width; x++)
            sum = mote_wrap_add_i32(sum, weight_at(f, y, x, channel));
    return sum;
}

static int8_t *pack_block(const filter_view *f, int64_t first, int64_t nr, int64_t kr, int8_t *to)
{
    for (int64_t c = first; c < first + nr; c++, to += sizeof(int32_t)) {
        const int32_t sum = sum_of(f, c);
        memcpy(to, &sum, sizeof sum);
    }
    for (int64_t y = 0; y < f->height; y += kr)
        for (int64_t x = 0; x < f->width; x++)
            for (int64_t c = first; c < first + nr; c++)
                for (int64_t i = 0; i < kr; i++)
                    *to++ = weight_at(f, y + i, x, c);
    return to;
}

void mote_qs8_dw_pack(const mote_kernels *kernels, int64_t channels, int32_t height, int32_t width,
                      const int8_t *filter, void *packed)
{
    const int64_t nr = kernels->qs8_dw.nr;
    const filter_view view = {filter, channels, height, width};
    int8_t *to = packed;
    for (int64_t c = 0; c < channels; c += nr)
        to = pack_block(&view, c + nr > channels && c > 0 ? channels - nr : c, nr, kernels->qs8_dw.kr, to);
}
