/*
 * Lines of the output, lines of the input's gradient, and sums of the weights' gradient. Sums are kept per part of the
 * rows, cut by shapes alone, and joined in order: the number of threads changes nothing. The lines that are read go
 * through rings of a thread's own, where zeros stand on either side: every tap then lies inside. Both gradients are
 * made in one pass over dy.
 *
 * dx of stride s falls into classes of pixels, each a correlation of dy with every s-th tap or so: pixel x is read
 * through tap f by output (x + pad - f * dilation) / s, where that divides.
 *
 * With a multiplier m > 1 output channels read input channel c / m: lines are spread and folded by plain loops
 * (depthwise_many.c).
 *
 *   scratch: | per part: sums of dw, of db | per thread: ring of the input, ring of dy |
 */
#include "kernels/kernels.h"
#include "op/conv_2d/conv_grad.h"
#include "op/depthwise_conv_2d/depthwise_grad.h"
#include "op/op_quant.h"

#include <string.h>

enum { MAX_PARTS = 16 };

static int64_t max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* --- which outputs read a pixel --- */

/* Along one axis, the pixels r, r + stride, …: the taps that reach them, last first, so that outputs rise. */
typedef struct tap_class {
    int32_t n, last, spacing; /* taps last, last - spacing, … */
    int64_t first;            /* pixel r + stride * t is read by output t + first + i * rise through the i-th of them */
    int32_t rise;
} tap_class;

static tap_class class_of(const mote_window_axis *axis, int64_t r)
{
    tap_class c = {.spacing = 1, .rise = 1};
    for (int32_t f = axis->filter - 1; f >= 0; f--) {
        const int64_t at = r + axis->pad - (int64_t)f * axis->dilation;
        if (at % axis->stride != 0)
            continue;
        if (c.n == 0) {
            c.last = f;
            c.first = at / axis->stride;
        } else if (c.n == 1) {
            c.spacing = c.last - f;
            c.rise = (int32_t)(at / axis->stride - c.first);
        }
        c.n++;
    }
    return c;
}

/* Columns of zeros that some class reads before dy. */
static int64_t left_of(const mote_window_axis *axis)
{
    int64_t left = 0;
    for (int64_t r = 0; r < axis->stride && r < axis->in; r++)
        left = max_i64(left, -class_of(axis, r).first);
    return left;
}

static void plan_d_ring(mote_dw_pass *s)
{
    s->d_above = s->d_below = 0;
    for (int64_t r = 0; r < s->h.stride && r < s->h.in; r++) {
        const tap_class c = class_of(&s->h, r);
        const int64_t last = c.first + (int64_t)(c.n - 1) * c.rise;
        s->d_above = c.n && c.first < s->d_above ? c.first : s->d_above;
        s->d_below = c.n && last > s->d_below ? last : s->d_below;
    }
    s->d_ring_rows = s->d_below - s->d_above + 1;
}

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_depthwise_conv_2d_params *params = grad->io->node->params;
    const mote_shape *in = &grad->io->inputs[0]->shape, *filter = &grad->io->inputs[1]->shape;
    mote_dw_pass *s = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    grad->state = s;
    mote_status status = mote_need_no_activation(params->activation, err);
    if (status == MOTE_OK)
        status = mote_conv_window_make(&params->window, in, filter, &s->h, &s->w, err);
    if (status != MOTE_OK)
        return status;
    if (s->h.filter > MOTE_DW_MAX_TAPS || s->w.filter > MOTE_DW_MAX_TAPS)
        return mote_error_set(err, MOTE_UNSUPPORTED, "a filter of more than %d rows or columns", MOTE_DW_MAX_TAPS);
    s->batch = in->dims[0];
    s->in_c = in->dims[3];
    s->out_c = filter->dims[3];
    s->multiplier = s->out_c / s->in_c;
    s->taps = (int64_t)filter->dims[1] * filter->dims[2];
    grad->takes_rows = grad->takes_d_rows = s->multiplier == 1;
    const int64_t rows = s->batch * s->h.out;
    s->n_parts = rows < MAX_PARTS ? rows : MAX_PARTS;
    const int64_t sides = 2 * (int64_t)s->w.filter * s->w.dilation + s->w.stride;
    s->line_floats = (max_i64(s->w.in, s->w.out) + sides) * s->out_c;
    s->ring_rows = (int64_t)(s->h.filter - 1) * s->h.dilation + 1;
    plan_d_ring(s);
    const int64_t ring_floats = (s->ring_rows + s->d_ring_rows) * s->line_floats;
    mote_run_request_scratch(
        run, (size_t)(s->n_parts * (s->taps + 1) * s->out_c + mote_run_n_threads(run) * ring_floats) * sizeof(float));
    return MOTE_OK;
}

/* --- the ring --- */

/* The last lines of an array of [image][rows][columns][channels], each with zeros around. */
typedef struct ring {
    float *lines;
    const mote_grad *grad;
    bool of_gradient;            /* the gradient by output 0, else input 0 */
    int64_t n_rows, line_pixels; /* of an image */
    int64_t left;                /* floats of zeros before a line */
    int64_t size, stride;        /* lines, floats of one with its zeros */
    int64_t image, next;         /* rows of the image from `next` on are not there yet */
} ring;

/* Zeros on either side of each line; what is in between comes when it is wanted. */
static void clear_sides(const ring *r, int64_t channels)
{
    const int64_t end = r->left + r->line_pixels * channels;
    for (int64_t i = 0; i < r->size; i++) {
        float *line = r->lines + i * r->stride;
        memset(line, 0, (size_t)r->left * sizeof *line);
        memset(line + end, 0, (size_t)(r->stride - end) * sizeof *line);
    }
}

static ring ring_of_input(const mote_dw_work *work, int32_t thread)
{
    const mote_dw_pass *s = work->s;
    ring r = {
        .lines = work->rings + thread * (s->ring_rows + s->d_ring_rows) * s->line_floats,
        .grad = work->grad,
        .n_rows = s->h.in,
        .line_pixels = s->w.in,
        .left = (int64_t)s->w.pad * s->in_c,
        .size = s->ring_rows,
        .stride = s->line_floats,
        .image = -1,
    };
    clear_sides(&r, s->in_c);
    return r;
}

static ring ring_of_dy(const mote_dw_work *work, int32_t thread)
{
    const mote_dw_pass *s = work->s;
    ring r = {
        .lines = work->rings + (thread * (s->ring_rows + s->d_ring_rows) + s->ring_rows) * s->line_floats,
        .grad = work->grad,
        .of_gradient = true,
        .n_rows = s->h.out,
        .line_pixels = s->w.out,
        .left = left_of(&s->w) * s->out_c,
        .size = s->d_ring_rows,
        .stride = s->line_floats,
        .image = -1,
    };
    clear_sides(&r, s->out_c);
    return r;
}

/* Rows [first, last] are wanted: fills in what is missing, forgetting what is older than the ring is long. */
static void ring_reach(ring *r, int64_t image, int64_t first, int64_t last)
{
    if (image != r->image) {
        r->image = image;
        r->next = 0;
    }
    r->next = max_i64(r->next, first);
    for (; r->next <= last && r->next < r->n_rows; r->next++) {
        float *to = r->lines + r->next % r->size * r->stride + r->left;
        const int64_t row = image * r->n_rows + r->next;
        if (r->of_gradient)
            mote_grad_read_d_rows(r->grad, row * r->line_pixels, (row + 1) * r->line_pixels, to);
        else
            mote_grad_read_rows(r->grad, row * r->line_pixels, (row + 1) * r->line_pixels, to);
    }
}

static const float *ring_row(const ring *r, int64_t row)
{
    return r->lines + row % r->size * r->stride;
}

/* The filter rows that lie inside the image for an output row, and their input rows. */
static int32_t rows_of(const mote_dw_work *job, ring *r, int64_t row, const float **rows, const float **weights)
{
    const mote_dw_pass *s = job->s;
    int32_t first, last, n = 0;
    mote_window_taps(&s->h, (int32_t)(row % s->h.out), &first, &last);
    const int64_t top = row % s->h.out * s->h.stride - s->h.pad;
    ring_reach(r, row / s->h.out, top + (int64_t)first * s->h.dilation, top + (int64_t)(last - 1) * s->h.dilation);
    for (int32_t fy = first; fy < last; fy++, n++) {
        rows[n] = ring_row(r, top + (int64_t)fy * s->h.dilation);
        weights[n] = job->w + (int64_t)fy * s->w.filter * s->out_c;
    }
    return n;
}

/* A line of the input with its zeros, in columns: as far as any tap reaches. */
static int64_t padded_columns(const mote_dw_pass *s)
{
    return (int64_t)(s->w.out - 1) * s->w.stride + (int64_t)(s->w.filter - 1) * s->w.dilation + 1;
}

static void output_rows(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const mote_dw_work *job = arg;
    const mote_dw_pass *s = job->s;
    ring r = ring_of_input(job, thread);
    const float *rows[MOTE_DW_MAX_TAPS], *weights[MOTE_DW_MAX_TAPS];
    for (int64_t row = begin; row < end; row++) {
        const mote_dw_line_job line = {
            .channels = s->out_c,
            .in_stride = s->in_c,
            .n_columns = padded_columns(s),
            .ny = rows_of(job, &r, row, rows, weights),
            .nx = s->w.filter,
            .x_step = s->w.stride,
            .x_dilation = s->w.dilation,
            .rows = rows,
            .weights = weights,
            .w_step = s->out_c,
            .bias = job->bias,
            .out = job->y + row * s->w.out * s->out_c,
            .out_stride = s->out_c,
            .n = s->w.out,
            .stream = s->batch * s->h.out * s->w.out * s->out_c > MOTE_STREAM_FLOATS,
        };
        job->kernels->f32_dw_line.run(&line);
    }
}

/* --- the gradient by weights --- */

static void weights_row(const mote_dw_work *job, ring *r, int64_t row, const float *dy, float *sums)
{
    const mote_dw_pass *s = job->s;
    const float *rows[MOTE_DW_MAX_TAPS], *weights[MOTE_DW_MAX_TAPS];
    const int32_t ny = rows_of(job, r, row, rows, weights);
    const int64_t first_tap = ny ? (weights[0] - job->w) : 0;
    const mote_dw_taps_job taps = {
        .channels = s->out_c,
        .in_stride = s->in_c,
        .n_columns = padded_columns(s),
        .ny = ny,
        .nx = s->w.filter,
        .x_step = s->w.stride,
        .x_dilation = s->w.dilation,
        .rows = rows,
        .dy = dy,
        .dy_stride = s->out_c,
        .n = s->w.out,
        .sums = sums + first_tap,
        .bias_sums = job->db ? sums + s->taps * s->out_c : NULL,
    };
    job->kernels->f32_dw_taps.run(&taps);
}

static void add_parts(const mote_dw_work *job)
{
    const mote_dw_pass *s = job->s;
    const int64_t n_weights = s->taps * s->out_c, count = n_weights + s->out_c;
    for (int64_t i = 0; i < count; i++) {
        float *to = i < n_weights ? job->dw : job->db;
        float sum = job->parts[i];
        for (int64_t part = 1; part < s->n_parts; part++)
            sum += job->parts[part * count + i];
        if (to)
            to[i < n_weights ? i : i - n_weights] = sum;
    }
}

/* --- the gradient by the input --- */

static void input_line(const mote_dw_work *job, const ring *r, int64_t row, int64_t rx)
{
    const mote_dw_pass *s = job->s;
    const int64_t y = row % s->h.in, n = (s->w.in - rx + s->w.stride - 1) / s->w.stride;
    const tap_class cy = class_of(&s->h, y % s->h.stride), cx = class_of(&s->w, rx);
    const float *rows[MOTE_DW_MAX_TAPS], *weights[MOTE_DW_MAX_TAPS];
    const int64_t top = y / s->h.stride + cy.first;
    int32_t ny = 0;
    for (int32_t i = 0; i < cy.n && cx.n; i++) {
        const int64_t oy = top + (int64_t)i * cy.rise;
        if (oy < 0 || oy >= s->h.out)
            continue;
        rows[ny] = ring_row(r, oy) + r->left + cx.first * s->out_c;
        weights[ny++] = job->w + ((int64_t)(cy.last - i * cy.spacing) * s->w.filter + cx.last) * s->out_c;
    }
    const mote_dw_line_job line = {
        .channels = s->out_c,
        .in_stride = s->out_c,
        .n_columns = n + (int64_t)cx.n * cx.rise,
        .ny = ny,
        .nx = cx.n ? cx.n : 1,
        .x_step = 1,
        .x_dilation = cx.rise,
        .rows = rows,
        .weights = weights,
        .w_step = -(int64_t)cx.spacing * s->out_c,
        .out = job->dx + (row * s->w.in + rx) * s->in_c,
        .out_stride = s->w.stride * s->in_c,
        .n = (int32_t)n,
        .add = job->add,
        .stream = s->batch * s->h.in * s->w.in * s->in_c > MOTE_STREAM_FLOATS,
    };
    job->kernels->f32_dw_line.run(&line);
}

/* The input rows that go with output row o of an image: as many as the stride; with the last, what is left. */
static void input_lines(const mote_dw_work *job, const ring *r, int64_t image, int64_t o)
{
    const mote_dw_pass *s = job->s;
    const int64_t next = (o + 1) * s->h.stride, end = o + 1 == s->h.out || next > s->h.in ? s->h.in : next;
    for (int64_t y = o * s->h.stride; y < end; y++)
        for (int64_t rx = 0; rx < s->w.stride && rx < s->w.in; rx++)
            input_line(job, r, image * s->h.in + y, rx);
}

static void backward_parts(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const mote_dw_work *job = arg;
    const mote_dw_pass *s = job->s;
    const int64_t count = (s->taps + 1) * s->out_c, rows = s->batch * s->h.out;
    ring x = ring_of_input(job, thread), d = ring_of_dy(job, thread);
    for (int64_t part = begin; part < end; part++) {
        float *sums = job->parts + part * count;
        memset(sums, 0, (size_t)count * sizeof *sums);
        x.image = d.image = -1;
        for (int64_t row = rows * part / s->n_parts; row < rows * (part + 1) / s->n_parts; row++) {
            const int64_t image = row / s->h.out, o = row % s->h.out;
            ring_reach(&d, image, max_i64(o + s->d_above, 0), o + s->d_below);
            if (job->dw || job->db)
                weights_row(job, &x, row, ring_row(&d, o) + d.left, sums);
            if (job->dx)
                input_lines(job, &d, image, o);
        }
    }
}

static void many_weights_parts(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const mote_dw_work *job = arg;
    const mote_dw_pass *s = job->s;
    const int64_t count = (s->taps + 1) * s->out_c, rows = s->batch * s->h.out;
    for (int64_t part = begin; part < end; part++) {
        float *sums = job->parts + part * count;
        memset(sums, 0, (size_t)count * sizeof *sums);
        for (int64_t row = rows * part / s->n_parts; row < rows * (part + 1) / s->n_parts; row++)
            mote_dw_many_weights_row(job, row, sums);
    }
}

/* --- the facet --- */

static float *rings_of(mote_run *run, const mote_dw_pass *s)
{
    return (float *)mote_run_scratch(run) + s->n_parts * (s->taps + 1) * s->out_c;
}

static mote_status forward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_op_io *io = grad->io;
    const mote_tensor *bias = io->n_inputs > 2 ? io->inputs[2] : NULL;
    mote_dw_work job = {
        .s = grad->state,
        .kernels = mote_run_kernels(run),
        .grad = grad,
        .x = io->inputs[0]->data,
        .w = io->inputs[1]->data,
        .bias = bias ? bias->data : NULL,
        .y = io->outputs[0]->data,
    };
    job.rings = rings_of(run, job.s);
    mote_run_parallel(run, job.s->batch * job.s->h.out, 1,
                      job.s->multiplier > 1 ? mote_dw_many_output_rows : output_rows, &job);
    return MOTE_OK;
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_op_io *io = grad->io;
    mote_dw_work job = {
        .s = grad->state,
        .kernels = mote_run_kernels(run),
        .grad = grad,
        .x = io->inputs[0]->data,
        .w = io->inputs[1]->data,
        .dy = grad->d_outputs[0],
        .dx = grad->d_inputs[0],
        .dw = grad->d_inputs[1],
        .db = io->n_inputs > 2 ? grad->d_inputs[2] : NULL,
        .parts = mote_run_scratch(run),
        .add = grad->add & 1,
    };
    job.rings = rings_of(run, job.s);
    if (job.s->multiplier == 1)
        mote_run_parallel(run, job.s->n_parts, 1, backward_parts, &job);
    else if (job.dw || job.db)
        mote_run_parallel(run, job.s->n_parts, 1, many_weights_parts, &job);
    if (job.dw || job.db)
        add_parts(&job);
    if (job.dx && job.s->multiplier > 1)
        mote_run_parallel(run, job.s->batch * job.s->h.in, 1, mote_dw_many_input_rows, &job);
    return MOTE_OK;
}

static int64_t products(const mote_op_io *io)
{
    const mote_shape *filter = &io->inputs[1]->shape;
    return mote_shape_count(&io->outputs[0]->shape) * filter->dims[1] * filter->dims[2];
}

const mote_op_grad mote_op_grad_depthwise_conv_2d = {
    .needs_inputs = 1 << 0 | 1 << 1,
    .flags = MOTE_GRAD_ADDS,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .products = products,
};
