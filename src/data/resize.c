#include "data/resize.h"

#include <mote/cpu.h>

#include <math.h>
#include <string.h>

static void make_lerps(int32_t n_in, int32_t n_out, mote_lerp *lerps)
{
    const float scale = (float)n_in / (float)n_out;
    for (int32_t i = 0; i < n_out; i++) {
        const float at = ((float)i + 0.5f) * scale - 0.5f;
        const float floor_at = floorf(at);
        const int32_t lower = (int32_t)floor_at, upper = (int32_t)ceilf(at);
        /* Past 2^23 pixels a float no longer holds the half: never past the end. */
        lerps[i].lower = lower < 0 ? 0 : lower < n_in ? lower : n_in - 1;
        lerps[i].upper = upper < n_in ? upper : n_in - 1;
        lerps[i].weight = at - floor_at;
    }
}

static void set_columns(mote_resizer *r, const mote_lerp *xs)
{
    for (int32_t i = 0; i < r->width; i++) {
        r->left[i] = xs[i].lower * r->channels;
        r->right[i] = xs[i].upper * r->channels;
        for (int32_t c = 0; c < r->channels; c++)
            r->weights[(size_t)i * (size_t)r->channels + (size_t)c] = xs[i].weight;
    }
}

mote_status mote_resizer_init(mote_resizer *resizer, const mote_allocator *allocator, const mote_kernels *kernels,
                              int32_t in_height, int32_t in_width, int32_t channels, int32_t height, int32_t width,
                              float *out)
{
    const size_t n_row = (size_t)width * (size_t)channels;
    if (in_width > INT32_MAX / channels || channels > 4)
        return MOTE_LIMIT;
    *resizer = (mote_resizer){.allocator = allocator,
                              .in_height = in_height,
                              .in_width = in_width,
                              .channels = channels,
                              .height = height,
                              .width = width,
                              .held = {-1, -1},
                              .out = out,
                              .u8_lerp = kernels->u8_lerp.run,
                              .f32_lerp = kernels->f32_lerp.run};
    mote_lerp *xs = mote_calloc(allocator, (size_t)width, sizeof *xs);
    resizer->ys = mote_calloc(allocator, (size_t)height, sizeof *resizer->ys);
    resizer->left = mote_calloc(allocator, (size_t)width, 2 * sizeof *resizer->left);
    resizer->weights = mote_calloc(allocator, n_row, sizeof *resizer->weights);
    resizer->lines[0] = mote_calloc(allocator, n_row, 2 * sizeof *resizer->lines[0]);
    if (!xs || !resizer->ys || !resizer->left || !resizer->weights || !resizer->lines[0]) {
        mote_free(allocator, xs);
        mote_resizer_fini(resizer);
        return MOTE_NO_MEMORY;
    }
    resizer->right = resizer->left + width;
    resizer->lines[1] = resizer->lines[0] + n_row;
    make_lerps(in_width, width, xs);
    make_lerps(in_height, height, resizer->ys);
    set_columns(resizer, xs);
    mote_free(allocator, xs);
    return MOTE_OK;
}

void mote_resizer_fini(mote_resizer *resizer)
{
    const mote_allocator *allocator = resizer->allocator;
    /* lines[1] may have become the block's beginning: they take turns. */
    float *block = resizer->lines[0] < resizer->lines[1] || !resizer->lines[1] ? resizer->lines[0] : resizer->lines[1];
    mote_free(allocator, block);
    mote_free(allocator, resizer->ys);
    mote_free(allocator, resizer->left);
    mote_free(allocator, resizer->weights);
    mote_free(allocator, resizer->columns);
    *resizer = (mote_resizer){0};
}

bool mote_resizer_reads(const mote_resizer *resizer, int32_t y)
{
    for (int32_t i = resizer->next; i < resizer->height && resizer->ys[i].lower <= y; i++)
        if (resizer->ys[i].lower == y || resizer->ys[i].upper == y)
            return true;
    return false;
}

/* Where the line y goes once it is of the new width: the older of the two makes room. */
static float *take_line(mote_resizer *r, int32_t y)
{
    float *older = r->lines[0];
    r->lines[0] = r->lines[1];
    r->held[0] = r->held[1];
    r->lines[1] = older;
    r->held[1] = y;
    return older;
}

/* Every row that needs no line after the one at hand. */
static void make_rows(mote_resizer *r)
{
    const size_t n_row = (size_t)r->width * (size_t)r->channels;
    for (; r->next < r->height && r->ys[r->next].upper <= r->held[1]; r->next++) {
        const mote_lerp *y = &r->ys[r->next];
        const float *top = r->lines[r->held[1] == y->lower], *bottom = r->lines[r->held[1] == y->upper];
        r->f32_lerp(top, bottom, y->weight, r->out + (size_t)r->next * n_row, (int64_t)n_row);
    }
}

void mote_resizer_line_u8(mote_resizer *resizer, int32_t y, const unsigned char *line)
{
    mote_resizer *r = resizer;
    if (!mote_resizer_reads(r, y))
        return;
    const int32_t n_columns = r->n_columns ? r->n_columns : r->in_width;
    const mote_u8_lerp_job job = {.line = line,
                                  .line_bytes = (int64_t)n_columns * r->channels,
                                  .left = r->left,
                                  .right = r->right,
                                  .weights = r->weights,
                                  .n_pixels = r->width,
                                  .channels = r->channels,
                                  .out = take_line(r, y)};
    r->u8_lerp(&job);
    make_rows(r);
}

void mote_resizer_line_f32(mote_resizer *resizer, int32_t y, const float *line)
{
    mote_resizer *r = resizer;
    if (!mote_resizer_reads(r, y))
        return;
    float *out = take_line(r, y);
    for (int32_t i = 0; i < r->width; i++)
        for (int32_t c = 0; c < r->channels; c++) {
            const size_t at = (size_t)i * (size_t)r->channels + (size_t)c;
            const float left = line[r->left[i] + c], right = line[r->right[i] + c];
            out[at] = left + (right - left) * r->weights[at];
        }
    make_rows(r);
}

/* --- kept pixels --- */

mote_status mote_resizer_keep_columns(mote_resizer *resizer)
{
    mote_resizer *r = resizer;
    const int32_t channels = r->channels;
    r->columns = mote_calloc(r->allocator, (size_t)r->width, 2 * sizeof *r->columns);
    if (!r->columns)
        return MOTE_NO_MEMORY;
    int32_t n = 0;
    for (int32_t i = 0; i < r->width; i++) {
        const int32_t both[2] = {r->left[i] / channels, r->right[i] / channels};
        int32_t place[2];
        for (int j = 0; j < 2; j++) {
            /* Both rise, and right is left or the next: a column that is there already is among the last two. */
            place[j] = n;
            for (int32_t k = n - 1; k >= 0 && k >= n - 2; k--)
                if (r->columns[k] == both[j])
                    place[j] = k;
            if (place[j] == n)
                r->columns[n++] = both[j];
        }
        r->left[i] = place[0] * channels;
        r->right[i] = place[1] * channels;
    }
    r->n_columns = n;
    return MOTE_OK;
}

void mote_resizer_keep(const mote_resizer *resizer, const unsigned char *line, unsigned char *kept)
{
    const size_t channels = (size_t)resizer->channels;
    if (resizer->n_columns == resizer->in_width) {
        memcpy(kept, line, (size_t)resizer->n_columns * channels);
        return;
    }
    for (int32_t i = 0; i < resizer->n_columns; i++)
        for (size_t c = 0; c < channels; c++)
            kept[(size_t)i * channels + c] = line[(size_t)resizer->columns[i] * channels + c];
}

/* Calls count each line that is read once. */
static int32_t next_read(const mote_resizer *r, int32_t *row, int32_t y)
{
    for (; *row < r->height; ++*row) {
        const mote_lerp *lerp = &r->ys[*row];
        if (lerp->lower > y)
            return lerp->lower;
        if (lerp->upper > y)
            return lerp->upper;
    }
    return -1;
}

size_t mote_resizer_kept_bytes(const mote_resizer *resizer)
{
    size_t n_lines = 0;
    int32_t row = 0;
    for (int32_t y = -1; (y = next_read(resizer, &row, y)) >= 0;)
        n_lines++;
    return n_lines * (size_t)resizer->n_columns * (size_t)resizer->channels;
}

void mote_resizer_run_kept(mote_resizer *resizer, const unsigned char *kept)
{
    const size_t n_line = (size_t)resizer->n_columns * (size_t)resizer->channels;
    int32_t row = 0;
    for (int32_t y = -1; (y = next_read(resizer, &row, y)) >= 0; kept += n_line)
        mote_resizer_line_u8(resizer, y, kept);
}

/* --- whole images --- */

static void copy_as_float(const mote_image *image, float *out)
{
    const size_t n = (size_t)image->height * (size_t)image->width * (size_t)image->channels;
    if (image->dtype == MOTE_FLOAT32) {
        memcpy(out, image->data, n * sizeof *out);
        return;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = (float)((const unsigned char *)image->data)[i];
}

mote_status mote_image_resize(const mote_image *image, int32_t height, int32_t width, float *out)
{
    if (image->dtype != MOTE_UINT8 && image->dtype != MOTE_FLOAT32)
        return MOTE_UNSUPPORTED;
    if (image->height == height && image->width == width) {
        copy_as_float(image, out);
        return MOTE_OK;
    }
    mote_kernels kernels;
    mote_kernels_select(mote_cpu_features(), &kernels);
    mote_resizer resizer;
    const mote_status status = mote_resizer_init(&resizer, image->allocator, &kernels, image->height, image->width,
                                                 image->channels, height, width, out);
    if (status != MOTE_OK)
        return status;
    const size_t n_line = (size_t)image->width * (size_t)image->channels;
    for (int32_t y = 0; y < image->height; y++)
        if (image->dtype == MOTE_UINT8)
            mote_resizer_line_u8(&resizer, y, (const unsigned char *)image->data + (size_t)y * n_line);
        else
            mote_resizer_line_f32(&resizer, y, (const float *)image->data + (size_t)y * n_line);
    mote_resizer_fini(&resizer);
    return MOTE_OK;
}
