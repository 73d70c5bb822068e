/* The specification of the depthwise rows (kernels.h). */
#include "kernels/kernels.h"

typedef struct tap {
    int64_t input, filter; /* element offsets of channel 0 */
} tap;

/* The tap (fy, fx) of output pixel (row, x); false when it lies outside the image. */
static int find_tap(const mote_dw_job *job, int32_t row, int32_t x, int32_t fy, int32_t fx, tap *t)
{
    const int32_t iy = row * job->stride_h - job->pad_top + fy * job->dilation_h;
    const int32_t ix = x * job->stride_w - job->pad_left + fx * job->dilation_w;
    if (iy < 0 || iy >= job->in_height || ix < 0 || ix >= job->in_width)
        return 0;
    t->input = ((int64_t)iy * job->in_width + ix) * job->channels;
    t->filter = ((int64_t)fy * job->filter_width + fx) * job->channels;
    return 1;
}

void mote_f32_dw__ref(const mote_dw_job *job, int32_t row)
{
    const float *input = job->input, *filter = job->filter, *bias = job->bias;
    float *output = (float *)job->output + (int64_t)row * job->out_width * job->channels;
    for (int32_t x = 0; x < job->out_width; x++)
        for (int64_t c = 0; c < job->channels; c++) {
            float sum = 0.0f;
            for (int32_t fy = 0; fy < job->filter_height; fy++)
                for (int32_t fx = 0; fx < job->filter_width; fx++) {
                    tap t;
                    if (find_tap(job, row, x, fy, fx, &t))
                        sum += input[t.input + c] * filter[t.filter + c];
                }
            sum += bias ? bias[c] : 0.0f;
            sum = sum < job->low_f32 ? job->low_f32 : sum;
            *output++ = sum > job->high_f32 ? job->high_f32 : sum;
        }
}

static void store_qs8(const mote_dw_job *job, int32_t sum, int64_t at, int64_t c)
{
    if (job->to_floats) {
        float v = (float)sum * (job->x_scale * job->scale_f32[c * job->scale_step]);
        v += job->bias ? ((const float *)job->bias)[c] : 0.0f;
        v = v < job->low_f32 ? job->low_f32 : v;
        ((float *)job->output)[at] = v > job->high_f32 ? job->high_f32 : v;
        return;
    }
    const mote_multiplier m = {job->mantissa[c], job->exponent[c]};
    const int32_t biased = mote_wrap_add_i32(sum, job->bias ? ((const int32_t *)job->bias)[c] : 0);
    const int32_t code = mote_wrap_add_i32(mote_scale_i32(biased, m), job->zero_point);
    ((int8_t *)job->output)[at] = (int8_t)mote_clamp_i32(code, job->low, job->high);
}

void mote_qs8_dw__ref(const mote_dw_job *job, int32_t row)
{
    const int8_t *input = job->input, *filter = job->filter;
    const int64_t taps = (int64_t)job->filter_height * job->filter_width, packed = (int64_t)sizeof(int32_t) + taps;
    for (int32_t x = 0; x < job->out_width; x++)
        for (int64_t c = 0; c < job->channels; c++) {
            const int8_t *weights = filter + c * packed + sizeof(int32_t);
            int32_t sum = 0;
            for (int32_t fy = 0; fy < job->filter_height; fy++)
                for (int32_t fx = 0; fx < job->filter_width; fx++) {
                    tap t;
                    if (find_tap(job, row, x, fy, fx, &t))
                        sum = mote_wrap_add_i32(sum, (input[t.input + c] - job->in_zero_point) *
                                                         weights[(int64_t)fy * job->filter_width + fx]);
                }
            store_qs8(job, sum, ((int64_t)row * job->out_width + x) * job->channels + c, c);
        }
}

void mote_f32_dw_line__ref(const mote_dw_line_job *job)
{
    for (int64_t x = 0; x < job->n; x++)
        for (int64_t c = 0; c < job->channels; c++) {
            float sum = job->bias ? job->bias[c] : 0.0f;
            for (int32_t fy = 0; fy < job->ny; fy++)
                for (int32_t fx = 0; fx < job->nx; fx++) {
                    const int64_t column = x * job->x_step + (int64_t)fx * job->x_dilation + job->origin;
                    if (column >= 0 && column < job->n_columns)
                        sum += job->weights[fy][fx * job->w_step + c] * job->rows[fy][column * job->in_stride + c];
                }
            float *out = &job->out[x * job->out_stride + c];
            *out = job->add ? *out + sum : sum;
        }
}

void mote_f32_dw_taps__ref(const mote_dw_taps_job *job)
{
    for (int64_t x = 0; x < job->n; x++)
        for (int64_t c = 0; c < job->channels; c++) {
            const float dy = job->dy[x * job->dy_stride + c];
            for (int32_t fy = 0; fy < job->ny; fy++)
                for (int32_t fx = 0; fx < job->nx; fx++) {
                    const int64_t column = x * job->x_step + (int64_t)fx * job->x_dilation + job->origin;
                    if (column >= 0 && column < job->n_columns)
                        job->sums[((int64_t)fy * job->nx + fx) * job->channels + c] +=
                            dy * job->rows[fy][column * job->in_stride + c];
                }
            if (job->bias_sums)
                job->bias_sums[c] += dy;
        }
}
