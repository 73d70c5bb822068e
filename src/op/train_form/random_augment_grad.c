/*
 * Random changes of images, one draw of each factor per image, from the node's stream: nothing is stored between the
 * passes. Flips, rotations, zooms and translations are affine maps from output to input pixels, sampled as
 * TensorFlow's ImageProjectiveTransformV3 does; contrast and brightness are tf.image's, clipped as the Keras layers
 * clip. Noise has a draw per value, a crop one place for all images.
 */
#include <mote/rng.h>

#include "op/move/copy_nd.h"
#include "op/op_quant.h"
#include "op/train_form/train_form.h"

#include <math.h>
#include <string.h>

/* Output (x, y) is read at input (xx x + xy y + x0, yx x + yy y + y0). */
typedef struct affine {
    float xx, xy, x0, yx, yy, y0;
} affine;

typedef struct augment_job {
    const mote_random_augment_params *params;
    uint64_t seed, stream;
    int32_t height, width, channels;
    const float *x, *dy;
    float *to; /* y, or dx */
} augment_job;

static bool is_image(int32_t kind)
{
    return kind != MOTE_AUGMENT_NOISE && kind != MOTE_AUGMENT_FACTOR_NOISE;
}

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    (void)run;
    const mote_random_augment_params *params = grad->io->node->params;
    if (params->kind < 0 || params->kind >= MOTE_AUGMENT_OTHER)
        return mote_error_set(err, MOTE_UNSUPPORTED,
                              "mote does not draw this random change; leave the layer out of a model that is to train");
    if (is_image(params->kind) && grad->io->inputs[0]->shape.rank != 4)
        return mote_error_set(err, MOTE_SHAPE, "images must have rank 4, not %d", grad->io->inputs[0]->shape.rank);
    const mote_shape *in = &grad->io->inputs[0]->shape, *out = &grad->io->outputs[0]->shape;
    if (params->kind == MOTE_AUGMENT_CROP && (out->dims[1] > in->dims[1] || out->dims[2] > in->dims[2]))
        return mote_error_set(err, MOTE_SHAPE, "a crop that is larger than its images");
    return MOTE_OK;
}

/* --- affine maps --- */

static float draw(mote_rng *rng, float low, float high)
{
    return low + (high - low) * mote_rng_float(rng);
}

static affine rotation(float angle, float width, float height)
{
    const float c = cosf(angle), s = sinf(angle), w = width - 1, h = height - 1;
    return (affine){c, -s, (w - (c * w - s * h)) / 2, s, c, (h - (s * w + c * h)) / 2};
}

static affine map_of(const augment_job *job, int64_t image)
{
    const mote_random_augment_params *p = job->params;
    mote_rng rng = mote_rng_make(job->seed, job->stream);
    rng.counter = (uint64_t)image * 2; /* two draws an image */
    const float w = (float)job->width, h = (float)job->height;
    const float first = mote_rng_float(&rng), second = mote_rng_float(&rng);
    const float by_height = p->low[0] + (p->high[0] - p->low[0]) * first;
    const float by_width =
        p->flags & MOTE_AUGMENT_SAME_FACTOR ? by_height : p->low[1] + (p->high[1] - p->low[1]) * second;
    switch (p->kind) {
    case MOTE_AUGMENT_FLIP: {
        const bool x = (p->flags & MOTE_AUGMENT_HORIZONTAL) && first < 0.5f;
        const bool y = (p->flags & MOTE_AUGMENT_VERTICAL) && second < 0.5f;
        return (affine){x ? -1.0f : 1.0f, 0, x ? w - 1 : 0, 0, y ? -1.0f : 1.0f, y ? h - 1 : 0};
    }
    case MOTE_AUGMENT_ROTATION:
        return rotation(by_height * 2.0f * 3.14159265f, w, h);
    case MOTE_AUGMENT_ZOOM: {
        const float zx = 1 + by_width, zy = 1 + by_height;
        return (affine){zx, 0, (w - 1) / 2 * (1 - zx), 0, zy, (h - 1) / 2 * (1 - zy)};
    }
    default:
        return (affine){1, 0, -by_width * w, 0, 1, -by_height * h};
    }
}

static float clamp(float x, float high)
{
    return x < 0 ? 0 : x > high ? high : x;
}

/* Where a coordinate outside [0, n - 1] is read instead. */
static float into_range(float at, int32_t n, int32_t fill)
{
    const float length = (float)n;
    if (fill == MOTE_AUGMENT_CONSTANT || (at >= 0 && at <= length - 1))
        return at;
    if (!(fabsf(at) < 1e9f) || n <= 1)
        return 0;
    if (fill == MOTE_AUGMENT_WRAP) {
        /* TensorFlow counts the lengths to go by in steps of length - 1 */
        const float steps = truncf(fabsf(at) / (length - 1));
        at += at < 0 ? length * (steps + 1) : -length * steps;
    } else if (fill == MOTE_AUGMENT_REFLECT) {
        at -= 2 * length * floorf(at / (2 * length));
        at = at >= length ? 2 * length - at - 1 : at;
    }
    return clamp(at, length - 1);
}

/* The four pixels around a point and their shares; -1: outside. */
typedef struct sample {
    int64_t at[4];
    float share[4];
} sample;

static int64_t pixel_at(const augment_job *job, float y, float x)
{
    if (!(y >= 0 && y < (float)job->height && x >= 0 && x < (float)job->width))
        return -1;
    return ((int64_t)y * job->width + (int64_t)x) * job->channels;
}

static sample sample_at(const augment_job *job, const affine *m, int32_t x, int32_t y)
{
    const int32_t fill = job->params->fill;
    const float fx = (float)x, fy = (float)y;
    const float ix = into_range(m->xx * fx + m->xy * fy + m->x0, job->width, fill);
    const float iy = into_range(m->yx * fx + m->yy * fy + m->y0, job->height, fill);
    if (job->params->nearest)
        return (sample){{pixel_at(job, roundf(iy), roundf(ix)), -1, -1, -1}, {1, 0, 0, 0}};
    const float x0 = floorf(ix), y0 = floorf(iy), wx = ix - x0, wy = iy - y0;
    return (sample){
        {pixel_at(job, y0, x0), pixel_at(job, y0, x0 + 1), pixel_at(job, y0 + 1, x0), pixel_at(job, y0 + 1, x0 + 1)},
        {(1 - wy) * (1 - wx), (1 - wy) * wx, wy * (1 - wx), wy * wx},
    };
}

static void warp(const augment_job *job, int64_t image)
{
    const int64_t count = (int64_t)job->height * job->width * job->channels;
    const affine m = map_of(job, image);
    const float *x = job->x + image * count;
    float *y = job->to + image * count;
    for (int32_t row = 0; row < job->height; row++)
        for (int32_t column = 0; column < job->width; column++, y += job->channels) {
            const sample s = sample_at(job, &m, column, row);
            for (int32_t c = 0; c < job->channels; c++) {
                float sum = 0;
                for (int k = 0; k < 4; k++)
                    if (s.share[k] != 0.0f)
                        sum += s.share[k] * (s.at[k] < 0 ? job->params->fill_value : x[s.at[k] + c]);
                y[c] = sum;
            }
        }
}

static void warp_back(const augment_job *job, int64_t image)
{
    const int64_t count = (int64_t)job->height * job->width * job->channels;
    const affine m = map_of(job, image);
    const float *dy = job->dy + image * count;
    float *dx = job->to + image * count;
    memset(dx, 0, (size_t)count * sizeof *dx);
    for (int32_t row = 0; row < job->height; row++)
        for (int32_t column = 0; column < job->width; column++, dy += job->channels) {
            const sample s = sample_at(job, &m, column, row);
            for (int k = 0; k < 4; k++)
                for (int32_t c = 0; s.at[k] >= 0 && c < job->channels; c++)
                    dx[s.at[k] + c] += s.share[k] * dy[c];
        }
}

/* --- contrast and brightness --- */

static float factor_of(const augment_job *job, int64_t image)
{
    mote_rng rng = mote_rng_make(job->seed, job->stream);
    rng.counter = job->params->flags & MOTE_AUGMENT_WHOLE_BATCH ? 0 : (uint64_t)image;
    return draw(&rng, job->params->low[0], job->params->high[0]);
}

static double mean_of(const augment_job *job, const float *values, int32_t c)
{
    const int64_t n = (int64_t)job->height * job->width;
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += values[i * job->channels + c];
    return sum / (double)n;
}

/* y = clip((x - mean) f + mean), the mean of a channel; back: with g the gradient where nothing is clipped,
 * dx = f (g - mean g) + mean g. */
static void contrast(const augment_job *job, int64_t image, bool back)
{
    const int64_t n = (int64_t)job->height * job->width, count = n * job->channels;
    const float *x = job->x + image * count, *dy = back ? job->dy + image * count : NULL;
    float *to = job->to + image * count;
    const float f = 1.0f + factor_of(job, image), low = job->params->value_low, high = job->params->value_high;
    for (int32_t c = 0; c < job->channels; c++) {
        const float mean = (float)mean_of(job, x, c);
        for (int64_t i = c; i < count; i += job->channels) {
            const float y = (x[i] - mean) * f + mean;
            if (back)
                to[i] = y >= low && y <= high ? dy[i] : 0.0f;
            else
                to[i] = y < low ? low : y > high ? high : y;
        }
        if (!back)
            continue;
        const float mean_g = (float)mean_of(job, to, c);
        for (int64_t i = c; i < count; i += job->channels)
            to[i] = f * (to[i] - mean_g) + mean_g;
    }
}

static void brightness(const augment_job *job, int64_t image, bool back)
{
    const float low = job->params->value_low, high = job->params->value_high;
    const int64_t count = (int64_t)job->height * job->width * job->channels;
    const float by = factor_of(job, image) * (high - low);
    for (int64_t i = image * count; i < (image + 1) * count; i++) {
        const float y = job->x[i] + by;
        if (back)
            job->to[i] = y >= low && y <= high ? job->dy[i] : 0.0f;
        else
            job->to[i] = y < low ? low : y > high ? high : y;
    }
}

static void images(const augment_job *job, int64_t begin, int64_t end, bool back)
{
    for (int64_t image = begin; image < end; image++) {
        if (job->params->kind == MOTE_AUGMENT_CONTRAST)
            contrast(job, image, back);
        else if (job->params->kind == MOTE_AUGMENT_BRIGHTNESS)
            brightness(job, image, back);
        else if (back)
            warp_back(job, image);
        else
            warp(job, image);
    }
}

static void images_forward(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    images(arg, begin, end, false);
}

static void images_backward(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    images(arg, begin, end, true);
}

/* --- noise --- */

static float noise_at(const augment_job *job, int64_t i)
{
    mote_rng rng = mote_rng_make(job->seed, job->stream);
    rng.counter = (uint64_t)i * 2; /* a normal draw takes two */
    return job->params->high[0] * mote_rng_normal(&rng);
}

static void noise_forward(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const augment_job *job = arg;
    const bool factor = job->params->kind == MOTE_AUGMENT_FACTOR_NOISE;
    for (int64_t i = begin; i < end; i++)
        job->to[i] = factor ? job->x[i] * (1 + noise_at(job, i)) : job->x[i] + noise_at(job, i);
}

static void noise_backward(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const augment_job *job = arg;
    const bool factor = job->params->kind == MOTE_AUGMENT_FACTOR_NOISE;
    for (int64_t i = begin; i < end; i++)
        job->to[i] = factor ? job->dy[i] * (1 + noise_at(job, i)) : job->dy[i];
}

/* --- crop --- */

/* The part's place within the images: any that holds all of it, each as likely. back: dy to its place, 0 around. */
static void crop(const mote_grad *grad, const float *from, float *to, bool back)
{
    const mote_shape *image = &grad->io->inputs[0]->shape, *part = &grad->io->outputs[0]->shape;
    mote_rng rng = mote_rng_make(grad->seed, grad->stream);
    int64_t image_stride[MOTE_MAX_RANK], part_stride[MOTE_MAX_RANK], offset = 0;
    mote_box box = {.rank = part->rank, .element_bytes = sizeof(float)};
    mote_row_strides(image, sizeof(float), image_stride);
    mote_row_strides(part, sizeof(float), part_stride);
    for (int32_t d = 0; d < part->rank; d++) {
        box.dims[d] = part->dims[d];
        box.source_stride[d] = back ? part_stride[d] : image_stride[d];
        box.target_stride[d] = back ? image_stride[d] : part_stride[d];
    }
    for (int32_t d = 1; d <= 2; d++)
        offset += (int64_t)mote_rng_below(&rng, (uint32_t)(image->dims[d] - part->dims[d] + 1)) * image_stride[d];
    if (back)
        memset(to, 0, (size_t)mote_shape_count(image) * sizeof *to);
    mote_copy_box(&box, (const char *)from + (back ? 0 : offset), (char *)to + (back ? offset : 0));
}

static mote_status crop_forward(const mote_grad *grad)
{
    float *to = grad->io->outputs[0]->data;
    if (grad->training)
        crop(grad, grad->io->inputs[0]->data, to, false);
    else
        memcpy(to, grad->io->inputs[1]->data, (size_t)mote_shape_count(&grad->io->outputs[0]->shape) * sizeof *to);
    return MOTE_OK;
}

static mote_status crop_backward(const mote_grad *grad)
{
    const size_t n_image = (size_t)mote_shape_count(&grad->io->inputs[0]->shape);
    const size_t n_part = (size_t)mote_shape_count(&grad->io->outputs[0]->shape);
    float *by_image = grad->d_inputs[0], *by_resized = grad->d_inputs[1];
    if (by_image && grad->training)
        crop(grad, grad->d_outputs[0], by_image, true);
    else if (by_image)
        memset(by_image, 0, n_image * sizeof *by_image);
    if (by_resized && grad->training)
        memset(by_resized, 0, n_part * sizeof *by_resized);
    else if (by_resized)
        memcpy(by_resized, grad->d_outputs[0], n_part * sizeof *by_resized);
    return MOTE_OK;
}

/* --- the facet --- */

static mote_status change(mote_run *run, const mote_grad *grad, const float *plain, float *to, bool back)
{
    const mote_shape *shape = &grad->io->inputs[0]->shape;
    augment_job job = {
        .params = grad->io->node->params,
        .seed = grad->seed,
        .stream = grad->stream,
        .x = grad->io->inputs[0]->data,
        .dy = back ? plain : NULL,
        .to = to,
    };
    const int64_t n = mote_shape_count(shape);
    if (!grad->training) {
        if (n > 0 && to != plain)
            memcpy(to, plain, (size_t)n * sizeof *to);
        return MOTE_OK;
    }
    if (!is_image(job.params->kind)) {
        mote_run_parallel(run, n, MOTE_ELEMENTS_GRAIN, back ? noise_backward : noise_forward, &job);
        return MOTE_OK;
    }
    job.height = shape->dims[1];
    job.width = shape->dims[2];
    job.channels = shape->dims[3];
    mote_run_parallel(run, shape->dims[0], 1, back ? images_backward : images_forward, &job);
    return MOTE_OK;
}

static mote_status forward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    if (((const mote_random_augment_params *)grad->io->node->params)->kind == MOTE_AUGMENT_CROP)
        return crop_forward(grad);
    return change(run, grad, grad->io->inputs[0]->data, grad->io->outputs[0]->data, false);
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    if (((const mote_random_augment_params *)grad->io->node->params)->kind == MOTE_AUGMENT_CROP)
        return crop_backward(grad);
    return change(run, grad, grad->d_outputs[0], grad->d_inputs[0], true);
}

const mote_op_grad mote_op_grad_random_augment = {
    .needs_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
