/* Depthwise convolution with several outputs per input channel, plainly: output channel c * m + j reads channel c. */
#include "op/depthwise_conv_2d/depthwise_grad.h"

#include <string.h>

static const float *input_at(const mote_dw_work *job, int64_t image, int64_t y, int64_t x)
{
    const mote_dw_pass *s = job->s;
    return job->x + ((image * s->h.in + y) * s->w.in + x) * s->in_c;
}

/* y[c * m + j] += x[c] * w[c * m + j] */
static void multiply_add(float *restrict y, const float *restrict x, const float *restrict w, int64_t in_c, int64_t m)
{
    for (int64_t c = 0; c < in_c; c++)
        for (int64_t j = 0; j < m; j++)
            y[c * m + j] += x[c] * w[c * m + j];
}

void mote_dw_many_output_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const mote_dw_work *job = arg;
    const mote_dw_pass *s = job->s;
    float *out = job->y + begin * s->w.out * s->out_c;
    for (int64_t row = begin; row < end; row++)
        for (int32_t x = 0; x < s->w.out; x++, out += s->out_c) {
            const int32_t y = (int32_t)(row % s->h.out);
            int32_t y0, y1, x0, x1;
            mote_window_taps(&s->h, y, &y0, &y1);
            mote_window_taps(&s->w, x, &x0, &x1);
            memset(out, 0, (size_t)s->out_c * sizeof *out);
            for (int32_t fy = y0; fy < y1; fy++)
                for (int32_t fx = x0; fx < x1; fx++)
                    multiply_add(out,
                                 input_at(job, row / s->h.out, (int64_t)y * s->h.stride - s->h.pad + fy * s->h.dilation,
                                          (int64_t)x * s->w.stride - s->w.pad + fx * s->w.dilation),
                                 job->w + ((int64_t)fy * s->w.filter + fx) * s->out_c, s->in_c, s->multiplier);
            for (int64_t c = 0; job->bias && c < s->out_c; c++)
                out[c] += job->bias[c];
        }
}

/* The output position that reads input position `in` through tap `tap`; -1: none. */
static int64_t reader_of(const mote_window_axis *axis, int64_t in, int64_t tap)
{
    const int64_t at = in + axis->pad - tap * axis->dilation;
    return at < 0 || at % axis->stride != 0 || at / axis->stride >= axis->out ? -1 : at / axis->stride;
}

/* dx[c] += sum_j dy[c * m + j] * w[c * m + j] */
static void multiply_fold(float *restrict dx, const float *restrict dy, const float *restrict w, int64_t in_c,
                          int64_t m)
{
    for (int64_t c = 0; c < in_c; c++)
        for (int64_t j = 0; j < m; j++)
            dx[c] += dy[c * m + j] * w[c * m + j];
}

void mote_dw_many_input_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const mote_dw_work *job = arg;
    const mote_dw_pass *s = job->s;
    for (int64_t row = begin; row < end; row++) {
        const int64_t image = row / s->h.in, y = row % s->h.in, width = s->w.in * s->in_c;
        float *dx = job->dx + row * width;
        if (!job->add)
            memset(dx, 0, (size_t)width * sizeof *dx);
        for (int64_t fy = 0; fy < s->h.filter; fy++) {
            const int64_t oy = reader_of(&s->h, y, fy);
            for (int64_t x = 0; oy >= 0 && x < s->w.in; x++)
                for (int64_t fx = 0; fx < s->w.filter; fx++) {
                    const int64_t ox = reader_of(&s->w, x, fx);
                    if (ox >= 0)
                        multiply_fold(dx + x * s->in_c, job->dy + ((image * s->h.out + oy) * s->w.out + ox) * s->out_c,
                                      job->w + (fy * s->w.filter + fx) * s->out_c, s->in_c, s->multiplier);
                }
        }
    }
}

void mote_dw_many_weights_row(const mote_dw_work *job, int64_t row, float *sums)
{
    const mote_dw_pass *s = job->s;
    const float *dy = job->dy + row * s->w.out * s->out_c;
    float *db = sums + s->taps * s->out_c;
    const int32_t y = (int32_t)(row % s->h.out);
    int32_t y0, y1, x0, x1;
    mote_window_taps(&s->h, y, &y0, &y1);
    for (int32_t x = 0; x < s->w.out; x++, dy += s->out_c) {
        mote_window_taps(&s->w, x, &x0, &x1);
        for (int32_t fy = y0; fy < y1; fy++)
            for (int32_t fx = x0; fx < x1; fx++) {
                const float *in =
                    input_at(job, row / s->h.out, (int64_t)y * s->h.stride - s->h.pad + fy * s->h.dilation,
                             (int64_t)x * s->w.stride - s->w.pad + fx * s->w.dilation);
                multiply_add(sums + ((int64_t)fy * s->w.filter + fx) * s->out_c, in, dy, s->in_c, s->multiplier);
            }
        for (int64_t c = 0; c < s->out_c; c++)
            db[c] += dy[c];
    }
}
