/*
 *   scratch: | packed weights of a group | per thread: patches, rows of dy | per part: dw, db |
 */
#include "op/conv_2d/conv_grad.h"

#include <string.h>

#include "kernels/kernels.h"
#include "op/op_quant.h"

enum {
    TILE_FLOATS = 1 << 15,     /* patches of a tile: half of a small second-level cache */
    MAX_PARTS = 16,            /* of dw: enough for the threads there are */
    MIN_PART_ROWS = 128,       /* below, adding the parts costs more than it saves */
    MAX_PARTS_FLOATS = 1 << 23 /* what the parts may hold together */
};

static int64_t min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t within(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : min_i64(x, high);
}

static int64_t dw_count(const mote_conv_pass *pass)
{
    return pass->out_c * pass->k;
}

void mote_conv_pass_plan(mote_run *run, mote_conv_pass *pass)
{
    const mote_kernels *kernels = mote_run_kernels(run);
    const mote_window_axis *h = &pass->h, *w = &pass->w;
    pass->group_c = pass->in_c / pass->groups;
    pass->group_n = pass->out_c / pass->groups;
    pass->k = pass->group_c * h->filter * w->filter;
    pass->rows = pass->batch * h->out * w->out;
    pass->pointwise = h->filter == 1 && w->filter == 1 && h->stride == 1 && w->stride == 1;
    pass->tile_rows = within(TILE_FLOATS / pass->k, 12, 96) / 12 * 12;
    pass->chunk_rows = within(8 * TILE_FLOATS / (pass->k + pass->group_n), 32, MOTE_MM_MAX_K);
    pass->n_parts = within(min_i64(pass->rows / MIN_PART_ROWS, MAX_PARTS_FLOATS / (dw_count(pass) + 1)), 1, MAX_PARTS);
    if (pass->n_parts < 4)
        pass->n_parts = 1;
    const size_t by_output = mote_f32_mm_packed_count(kernels, pass->group_n, pass->k);
    const size_t by_input = mote_f32_mm_packed_count(kernels, pass->k, pass->group_n);
    pass->packed_count = (by_output > by_input ? by_output : by_input) + 16;
    const int64_t patch_rows = pass->tile_rows > pass->chunk_rows ? pass->tile_rows : pass->chunk_rows;
    pass->tile_count = pass->pointwise ? 0 : (size_t)(patch_rows * pass->k) + 16;
    if (pass->grad && pass->pointwise && pass->groups == 1 && pass->n_parts > 1) {
        pass->grad->takes_rows = pass->grad->takes_d_rows = true;
        pass->tile_count = (size_t)(patch_rows * pass->k + pass->chunk_rows * pass->out_c) + 16;
    }
    const size_t parts = (size_t)(pass->n_parts * (dw_count(pass) + pass->out_c));
    pass->scratch_bytes =
        (pass->packed_count + pass->tile_count * (size_t)mote_run_n_threads(run) + parts) * sizeof(float);
    mote_run_request_scratch(run, pass->scratch_bytes);
}

/* --- patches --- */

typedef struct pixel_at {
    int64_t image;
    int64_t y, x; /* of the first tap in the input; may lie outside */
} pixel_at;

static pixel_at pixel_of(const mote_conv_pass *pass, int64_t row)
{
    const int64_t per_image = (int64_t)pass->h.out * pass->w.out;
    const int64_t at = row % per_image;
    return (pixel_at){
        .image = row / per_image,
        .y = at / pass->w.out * pass->h.stride - pass->h.pad,
        .x = at % pass->w.out * pass->w.stride - pass->w.pad,
    };
}

/* A filter row of few channels is too short for a call. */
static void copy_floats(float *to, const float *from, int64_t n)
{
    enum { WORD = 4 };
    for (; n >= WORD; n -= WORD, to += WORD, from += WORD)
        memcpy(to, from, WORD * sizeof *to);
    for (; n > 0; n--)
        *to++ = *from++;
}

/* One filter row of a patch; several taps are one copy where they lie side by side. */
static void gather_line(const mote_conv_pass *pass, const float *line, int64_t x, float *patch)
{
    const int64_t c = pass->group_c, taps = pass->w.filter, dilation = pass->w.dilation;
    if (c == pass->in_c && dilation == 1) {
        if (x >= 0 && x + taps <= pass->w.in) {
            copy_floats(patch, line + x * c, taps * c);
            return;
        }
        const int64_t first = within(-x, 0, taps), last = within(pass->w.in - x, first, taps);
        memset(patch, 0, (size_t)(first * c) * sizeof *patch);
        if (last > first)
            memcpy(patch + first * c, line + (x + first) * c, (size_t)((last - first) * c) * sizeof *patch);
        memset(patch + last * c, 0, (size_t)((taps - last) * c) * sizeof *patch);
        return;
    }
    for (int64_t tap = 0; tap < taps; tap++, x += dilation, patch += c) {
        if (x < 0 || x >= pass->w.in)
            memset(patch, 0, (size_t)c * sizeof *patch);
        else
            memcpy(patch, line + x * pass->in_c, (size_t)c * sizeof *patch);
    }
}

static void gather(const mote_conv_pass *pass, const float *x, int64_t group, int64_t first, int64_t n, float *patches)
{
    const int64_t line_count = pass->w.in * pass->in_c;
    pixel_at at = pixel_of(pass, first);
    for (int64_t i = 0; i < n; i++, at.x += pass->w.stride) {
        if ((first + i) % pass->w.out == 0)
            at = pixel_of(pass, first + i);
        const float *image = x + at.image * pass->h.in * line_count + group * pass->group_c;
        for (int64_t fy = 0; fy < pass->h.filter; fy++, patches += pass->w.filter * pass->group_c) {
            const int64_t y = at.y + fy * pass->h.dilation;
            if (y < 0 || y >= pass->h.in)
                memset(patches, 0, (size_t)(pass->w.filter * pass->group_c) * sizeof *patches);
            else
                gather_line(pass, image + y * line_count, at.x, patches);
        }
    }
}

/* Adds patches back to where they came from; rows [first, first + n) are of one image. */
static void scatter(const mote_conv_pass *pass, const float *patches, int64_t group, int64_t first, int64_t n,
                    float *dx)
{
    const int64_t c = pass->group_c, line_count = pass->w.in * pass->in_c;
    for (int64_t i = 0; i < n; i++) {
        const pixel_at at = pixel_of(pass, first + i);
        float *image = dx + at.image * pass->h.in * line_count + group * c;
        for (int64_t fy = 0; fy < pass->h.filter; fy++)
            for (int64_t fx = 0; fx < pass->w.filter; fx++, patches += c) {
                const int64_t y = at.y + fy * pass->h.dilation, x = at.x + fx * pass->w.dilation;
                if (y < 0 || y >= pass->h.in || x < 0 || x >= pass->w.in)
                    continue;
                float *to = image + y * line_count + x * pass->in_c;
                for (int64_t j = 0; j < c; j++)
                    to[j] += patches[j];
            }
    }
}

/* --- the three products --- */

typedef struct conv_job {
    const mote_conv_pass *pass;
    const mote_kernels *kernels;
    const float *x, *w, *bias, *dy;
    float *y, *dx, *dw, *db;
    float *packed, *tiles, *parts;
    int64_t group;
    bool add;
} conv_job;

static conv_job job_of(mote_run *run, const mote_conv_pass *pass)
{
    float *scratch = mote_run_scratch(run);
    float *tiles = scratch + pass->packed_count;
    return (conv_job){
        .pass = pass,
        .kernels = mote_run_kernels(run),
        .packed = scratch,
        .tiles = tiles,
        .parts = tiles + pass->tile_count * (size_t)mote_run_n_threads(run),
    };
}

/* --- weights as the products read them --- */

typedef struct pack_job {
    const mote_kernels *kernels;
    const float *w;
    int64_t n, k, n_stride, k_stride;
    float *packed;
} pack_job;

static void pack_panels(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const pack_job *job = arg;
    mote_f32_mm_pack_panels(job->kernels, job->n, job->k, job->w, job->k_stride, job->n_stride, job->packed, begin,
                            end);
}

static void pack(mote_run *run, pack_job *job)
{
    enum { GRAIN_FLOATS = 1 << 13 };
    mote_run_parallel(run, mote_f32_mm_n_panels(job->kernels, job->n), 1 + GRAIN_FLOATS / (32 * job->k), pack_panels,
                      job);
}

/* k values of a patch give group_n outputs. */
static void pack_for_output(mote_run *run, const conv_job *job, const float *w)
{
    const mote_conv_pass *pass = job->pass;
    pack(run, &(pack_job){.kernels = job->kernels,
                          .w = w + job->group * pass->group_n * pass->k,
                          .n = pass->group_n,
                          .k = pass->k,
                          .n_stride = pass->k,
                          .k_stride = 1,
                          .packed = job->packed});
}

/* group_n gradients give those by k values of a patch. */
static void pack_for_input(mote_run *run, const conv_job *job, const float *w)
{
    const mote_conv_pass *pass = job->pass;
    pack(run, &(pack_job){.kernels = job->kernels,
                          .w = w + job->group * pass->group_n * pass->k,
                          .n = pass->k,
                          .k = pass->group_n,
                          .n_stride = 1,
                          .k_stride = pass->k,
                          .packed = job->packed});
}

static const float *patches_at(const conv_job *job, int64_t first, int64_t n, int32_t thread)
{
    const mote_grad *grad = job->pass->grad;
    if (grad && grad->maker) {
        float *rows = job->tiles + (size_t)thread * job->pass->tile_count;
        mote_grad_read_rows(grad, first, first + n, rows);
        return rows;
    }
    if (job->pass->pointwise)
        return job->x + first * job->pass->in_c + job->group * job->pass->group_c;
    float *patches = job->tiles + (size_t)thread * job->pass->tile_count;
    gather(job->pass, job->x, job->group, first, n, patches);
    return patches;
}

static int64_t patch_stride(const mote_conv_pass *pass)
{
    return pass->pointwise ? pass->in_c : pass->k;
}

static void output_tiles(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const conv_job *job = arg;
    const mote_conv_pass *pass = job->pass;
    for (int64_t tile = begin; tile < end; tile++) {
        const int64_t first = tile * pass->tile_rows, n = min_i64(pass->tile_rows, pass->rows - first);
        const mote_f32_mm_job mm = {
            .n = pass->group_n,
            .k = pass->k,
            .a = patches_at(job, first, n, thread),
            .a_row = patch_stride(pass),
            .a_step = 1,
            .b = job->packed,
            .packed = true,
            .bias = job->bias ? job->bias + job->group * pass->group_n : NULL,
            .c = job->y + first * pass->out_c + job->group * pass->group_n,
            .c_row = pass->out_c,
            .stream = pass->rows * pass->out_c > MOTE_STREAM_FLOATS,
        };
        job->kernels->f32_mm.run(&mm, 0, n);
    }
}

void mote_conv_pass_output(mote_run *run, const mote_conv_pass *pass, const float *x, const float *w, const float *bias,
                           float *y)
{
    conv_job job = job_of(run, pass);
    job.x = x;
    job.bias = bias;
    job.y = y;
    for (job.group = 0; job.group < pass->groups; job.group++) {
        pack_for_output(run, &job, w);
        mote_run_parallel(run, (pass->rows + pass->tile_rows - 1) / pass->tile_rows, 1, output_tiles, &job);
    }
}

static mote_f32_mm_job input_product(const conv_job *job, const float *dy, float *c, int64_t c_row)
{
    const mote_conv_pass *pass = job->pass;
    return (mote_f32_mm_job){
        .n = pass->k,
        .k = pass->group_n,
        .a = dy + job->group * pass->group_n,
        .a_row = pass->out_c,
        .a_step = 1,
        .b = job->packed,
        .packed = true,
        .add = job->add,
        .c = c,
        .c_row = c_row,
    };
}

static void input_tiles(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const conv_job *job = arg;
    const mote_conv_pass *pass = job->pass;
    for (int64_t tile = begin; tile < end; tile++) {
        const int64_t first = tile * pass->tile_rows;
        const mote_f32_mm_job mm = input_product(job, job->dy + first * pass->out_c,
                                                 job->dx + first * pass->in_c + job->group * pass->group_c, pass->in_c);
        job->kernels->f32_mm.run(&mm, 0, min_i64(pass->tile_rows, pass->rows - first));
    }
}

/* Patches overlap: an image is one thread's. */
static void input_images(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const conv_job *job = arg;
    const mote_conv_pass *pass = job->pass;
    const int64_t per_image = (int64_t)pass->h.out * pass->w.out;
    float *patches = job->tiles + (size_t)thread * pass->tile_count;
    for (int64_t first = begin * per_image; first < end * per_image;) {
        const int64_t left = per_image - first % per_image, n = min_i64(pass->tile_rows, left);
        const mote_f32_mm_job mm = input_product(job, job->dy + first * pass->out_c, patches, pass->k);
        job->kernels->f32_mm.run(&mm, 0, n);
        scatter(pass, patches, job->group, first, n, job->dx);
        first += n;
    }
}

void mote_conv_pass_input(mote_run *run, const mote_conv_pass *pass, const float *dy, const float *w, float *dx,
                          bool add)
{
    conv_job job = job_of(run, pass);
    job.dy = dy;
    job.dx = dx;
    job.add = add && pass->pointwise;
    if (!add && !pass->pointwise)
        memset(dx, 0, (size_t)(pass->batch * pass->h.in * pass->w.in * pass->in_c) * sizeof *dx);
    for (job.group = 0; job.group < pass->groups; job.group++) {
        pack_for_input(run, &job, w);
        if (pass->pointwise)
            mote_run_parallel(run, (pass->rows + pass->tile_rows - 1) / pass->tile_rows, 1, input_tiles, &job);
        else
            mote_run_parallel(run, pass->batch, 1, input_images, &job);
    }
}

/* n rows from `at` on, whose dy is given, for filters [from, to) of the group, into or onto dw (laid out as the weights
 * from filter `from` on). */
static void weights_chunk(const conv_job *job, int64_t at, int64_t n, const float *dy, int64_t from, int64_t to,
                          int32_t thread, bool add, float *dw)
{
    const mote_conv_pass *pass = job->pass;
    const mote_f32_mm_job mm = {
        .n = pass->k,
        .k = n,
        .a = dy + job->group * pass->group_n + from,
        .a_row = 1,
        .a_step = pass->out_c,
        .b = patches_at(job, at, n, thread),
        .b_row = patch_stride(pass),
        .add = add,
        .c = dw,
        .c_row = pass->k,
    };
    job->kernels->f32_mm.run(&mm, 0, to - from);
}

static void weights_rows(const conv_job *job, int64_t first, int64_t last, int64_t from, int64_t to, int32_t thread,
                         float *dw)
{
    for (int64_t at = first; at < last; at += job->pass->chunk_rows)
        weights_chunk(job, at, min_i64(job->pass->chunk_rows, last - at), job->dy + at * job->pass->out_c, from, to,
                      thread, at > first, dw);
}

static void add_rows(const float *dy, int64_t n, int64_t columns, float *sum)
{
    enum { BLOCK = 64 };
    float block[BLOCK];
    for (int64_t c = 0; c < columns; c += BLOCK) {
        const int64_t width = min_i64(BLOCK, columns - c);
        memset(block, 0, sizeof block);
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < width; j++)
                block[j] += dy[i * columns + c + j];
        for (int64_t j = 0; j < width; j++)
            sum[c + j] += block[j];
    }
}

/* db of rows [first, last), in blocks that depend on where they begin alone. */
static void sum_rows(const mote_conv_pass *pass, const float *dy, int64_t first, int64_t last, float *db)
{
    memset(db, 0, (size_t)pass->out_c * sizeof *db);
    for (int64_t at = first; at < last; at += MOTE_MM_MAX_K)
        add_rows(dy + at * pass->out_c, min_i64(MOTE_MM_MAX_K, last - at), pass->out_c, db);
}

/* dw and db of a part, side by side. */
static void weights_parts(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const conv_job *job = arg;
    const mote_conv_pass *pass = job->pass;
    const int64_t count = dw_count(pass);
    for (int64_t part = begin; part < end; part++) {
        const int64_t first = pass->rows * part / pass->n_parts, last = pass->rows * (part + 1) / pass->n_parts;
        float *dw = job->parts + part * (count + pass->out_c), *db = dw + count;
        if (job->dw)
            weights_rows(job, first, last, 0, pass->group_n, thread, dw + job->group * pass->group_n * pass->k);
        if (!job->db || job->group != 0)
            continue;
        sum_rows(pass, job->dy, first, last, db);
    }
}

static void sum_parts(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    (void)thread;
    const conv_job *job = arg;
    const int64_t count = dw_count(job->pass), stride = count + job->pass->out_c;
    enum { BLOCK = 256 };
    for (int64_t first = begin; first < end; first += BLOCK) {
        const int64_t n = min_i64(BLOCK, end - first);
        float sum[BLOCK];
        memcpy(sum, job->parts + first, (size_t)n * sizeof *sum);
        for (int64_t part = 1; part < job->pass->n_parts; part++)
            for (int64_t i = 0; i < n; i++)
                sum[i] += job->parts[part * stride + first + i];
        const int64_t n_weights = within(count - first, 0, n);
        if (job->dw)
            memcpy(job->dw + first, sum, (size_t)n_weights * sizeof *sum);
        if (job->db && n_weights < n)
            memcpy(job->db + first + n_weights - count, sum + n_weights, (size_t)(n - n_weights) * sizeof *sum);
    }
}

enum { FILTER_BLOCKS = 8 };

static void weights_filters(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const conv_job *job = arg;
    const mote_conv_pass *pass = job->pass;
    for (int64_t block = begin; block < end; block++) {
        const int64_t from = pass->group_n * block / FILTER_BLOCKS, to = pass->group_n * (block + 1) / FILTER_BLOCKS;
        if (from < to)
            weights_rows(job, 0, pass->rows, from, to, thread, job->dw + (job->group * pass->group_n + from) * pass->k);
    }
}

void mote_conv_pass_weights(mote_run *run, const mote_conv_pass *pass, const float *x, const float *dy, float *dw,
                            float *db)
{
    conv_job job = job_of(run, pass);
    job.x = x;
    job.dy = dy;
    job.dw = dw;
    job.db = db;
    if (pass->n_parts > 1) {
        for (job.group = 0; job.group < pass->groups; job.group++)
            mote_run_parallel(run, pass->n_parts, 1, weights_parts, &job);
        mote_run_parallel(run, dw_count(pass) + pass->out_c, MOTE_ELEMENTS_GRAIN / pass->n_parts, sum_parts, &job);
        return;
    }
    if (db)
        sum_rows(pass, dy, 0, pass->rows, db);
    for (job.group = 0; dw && job.group < pass->groups; job.group++)
        mote_run_parallel(run, FILTER_BLOCKS, 1, weights_filters, &job);
}

static const float *dy_rows(const conv_job *job, int64_t at, int64_t n, int32_t thread)
{
    const mote_conv_pass *pass = job->pass;
    if (!pass->grad || !pass->grad->d_maker)
        return job->dy + at * pass->out_c;
    float *rows = job->tiles + (size_t)(thread + 1) * pass->tile_count - pass->chunk_rows * pass->out_c;
    mote_grad_read_d_rows(pass->grad, at, at + n, rows);
    return rows;
}

/* A part's rows, a chunk at a time: what it gives to dw and db, then its own rows of dx, while dy is in the cache. */
static void both_parts(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    const conv_job *job = arg;
    const mote_conv_pass *pass = job->pass;
    const int64_t count = dw_count(pass);
    for (int64_t part = begin; part < end; part++) {
        const int64_t first = pass->rows * part / pass->n_parts, last = pass->rows * (part + 1) / pass->n_parts;
        float *dw = job->parts + part * (count + pass->out_c), *db = dw + count;
        memset(db, 0, (size_t)pass->out_c * sizeof *db);
        for (int64_t at = first; at < last; at += pass->chunk_rows) {
            const int64_t n = min_i64(pass->chunk_rows, last - at);
            const float *dy = dy_rows(job, at, n, thread);
            if (job->dw)
                weights_chunk(job, at, n, dy, 0, pass->group_n, thread, at > first, dw);
            if (job->db)
                add_rows(dy, n, pass->out_c, db);
            if (!job->dx)
                continue;
            mote_f32_mm_job mm = input_product(job, dy, job->dx + at * pass->in_c, pass->in_c);
            mm.stream = pass->rows * pass->in_c > MOTE_STREAM_FLOATS;
            job->kernels->f32_mm.run(&mm, 0, n);
        }
    }
}

void mote_conv_pass_backward(mote_run *run, const mote_conv_pass *pass, const float *x, const float *dy, const float *w,
                             float *dx, bool add, float *dw, float *db)
{
    const bool by_rows = pass->grad && pass->grad->d_maker;
    if (!by_rows && (!dx || !dw || !pass->pointwise || pass->groups > 1 || pass->n_parts == 1)) {
        if (dw || db)
            mote_conv_pass_weights(run, pass, x, dy, dw, db);
        if (dx)
            mote_conv_pass_input(run, pass, dy, w, dx, add);
        return;
    }
    conv_job job = job_of(run, pass);
    job.x = x;
    job.dy = dy;
    job.dx = dx;
    job.dw = dw;
    job.db = db;
    job.add = add;
    if (dx)
        pack_for_input(run, &job, w);
    mote_run_parallel(run, pass->n_parts, 1, both_parts, &job);
    if (dw || db)
        mote_run_parallel(run, dw_count(pass) + pass->out_c, MOTE_ELEMENTS_GRAIN / pass->n_parts, sum_parts, &job);
}

mote_status mote_need_no_activation(int32_t activation, mote_error *err)
{
    if (activation == MOTE_ACT_NONE)
        return MOTE_OK;
    return mote_error_set(err, MOTE_UNSUPPORTED,
                          "an activation is part of the operator: train the Keras model it was converted from");
}
