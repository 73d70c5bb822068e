/* Which filter taps of a depthwise convolution lie inside the image. */
#ifndef MOTE_KERNELS_SIMD_DW_H
#define MOTE_KERNELS_SIMD_DW_H

#include "kernels/kernels.h"

/* The taps of one output pixel inside the image: rows [y0, y1) and columns [x0, x1) of the filter. */
typedef struct mote_dw_taps {
    int32_t y0, y1, x0, x1;
    int64_t input; /* element offset of tap (0, 0), maybe outside */
} mote_dw_taps;

static inline int32_t mote_dw_first_tap(int32_t at, int32_t dilation)
{
    return at < 0 ? (-at + dilation - 1) / dilation : 0;
}

static inline int32_t mote_dw_end_tap(int32_t at, int32_t dilation, int32_t size, int32_t filter)
{
    const int32_t end = at >= size ? 0 : (size - at + dilation - 1) / dilation;
    return end < filter ? end : filter;
}

static inline mote_dw_taps mote_dw_find_taps(const mote_dw_job *job, int32_t row, int32_t x)
{
    const int32_t iy = row * job->stride_h - job->pad_top, ix = x * job->stride_w - job->pad_left;
    return (mote_dw_taps){
        .y0 = mote_dw_first_tap(iy, job->dilation_h),
        .y1 = mote_dw_end_tap(iy, job->dilation_h, job->in_height, job->filter_height),
        .x0 = mote_dw_first_tap(ix, job->dilation_w),
        .x1 = mote_dw_end_tap(ix, job->dilation_w, job->in_width, job->filter_width),
        .input = ((int64_t)iy * job->in_width + ix) * job->channels,
    };
}

#endif
