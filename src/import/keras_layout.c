#include "import/keras_layout.h"

#include <string.h>

/*
 * Each layout is a permutation of three spans of Keras's dimensions: [area][middle][last], of which the graph has
 * [last][area][middle] (HWIO to OHWI; Dense and attention with an area of 1) or [middle][area][last] (HWOI to OHWI).
 */
typedef struct spans {
    int64_t area, middle, last;
} spans;

static spans spans_of(const mote_shape *shape, mote_weight_layout layout)
{
    const int32_t rank = shape->rank;
    if (layout == MOTE_WEIGHT_IHS_TO_OI)
        return (spans){1, shape->dims[0], mote_shape_span(shape, 1, rank)};
    return (spans){mote_shape_span(shape, 0, rank - 2), shape->dims[rank - 2], shape->dims[rank - 1]};
}

/* Where element (a, m, l) is in the graph's layout. */
static int64_t place(const spans *s, mote_weight_layout layout, int64_t a, int64_t m, int64_t l)
{
    return layout == MOTE_WEIGHT_HWOI_TO_OHWI ? (m * s->area + a) * s->last + l : (l * s->area + a) * s->middle + m;
}

static bool is_plain(mote_weight_layout layout)
{
    return layout == MOTE_WEIGHT_AS_IS || layout == MOTE_WEIGHT_HWCM_TO_1HWX;
}

static void permute(const float *source, const mote_shape *shape, mote_weight_layout layout, bool back, float *target)
{
    const spans s = spans_of(shape, layout);
    for (int64_t a = 0; a < s.area; a++)
        for (int64_t m = 0; m < s.middle; m++)
            for (int64_t l = 0; l < s.last; l++) {
                const int64_t keras = (a * s.middle + m) * s.last + l, graph = place(&s, layout, a, m, l);
                target[back ? keras : graph] = source[back ? graph : keras];
            }
}

static void copy_or_permute(const float *source, const mote_shape *shape, mote_weight_layout layout, bool back,
                            float *target)
{
    const int64_t n = mote_shape_count(shape);
    if (is_plain(layout) && n > 0)
        memcpy(target, source, (size_t)n * sizeof *target);
    else if (n > 0)
        permute(source, shape, layout, back, target);
}

void keras_lay_out(const float *source, const mote_shape *shape, mote_weight_layout layout, float *target)
{
    copy_or_permute(source, shape, layout, false, target);
}

void keras_lay_back(const float *source, const mote_shape *shape, mote_weight_layout layout, float *target)
{
    copy_or_permute(source, shape, layout, true, target);
}

/* A sequence's kernel [w, in, out] is an image's of height 1. */
static mote_shape with_height(const mote_shape *shape)
{
    return shape->rank == 3 ? mote_shape_4d(1, shape->dims[0], shape->dims[1], shape->dims[2]) : *shape;
}

mote_shape keras_laid_out_shape(const mote_shape *shape, mote_weight_layout layout)
{
    const mote_shape with = with_height(shape);
    const int32_t *d = with.dims;
    switch (layout) {
    case MOTE_WEIGHT_HWIO_TO_OHWI:
        return mote_shape_4d(d[3], d[0], d[1], d[2]);
    case MOTE_WEIGHT_HWOI_TO_OHWI:
        return mote_shape_4d(d[2], d[0], d[1], d[3]);
    case MOTE_WEIGHT_HWCM_TO_1HWX:
        return mote_shape_4d(1, d[0], d[1], d[2] * d[3]);
    case MOTE_WEIGHT_IO_TO_OI:
        return (mote_shape){2, {d[1], d[0]}};
    case MOTE_WEIGHT_IHS_TO_OI:
        return (mote_shape){2, {(int32_t)mote_shape_span(shape, 1, shape->rank), shape->dims[0]}};
    case MOTE_WEIGHT_HSO_TO_OI: {
        const int32_t last = shape->rank - 1;
        return (mote_shape){2, {shape->dims[last], (int32_t)mote_shape_span(shape, 0, last)}};
    }
    case MOTE_WEIGHT_AS_IS:
        break;
    }
    return *shape;
}
