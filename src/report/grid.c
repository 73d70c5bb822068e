/* Photos of a dataset in rows and columns, each with its class. */
#include "report/canvas.h"

#include <mote/draw.h>

#include <math.h>
#include <string.h>

enum { CELL = 176, GAP = 18, MARGIN = 28, CAPTION = 46, TITLE = 64, MAX_COLUMNS = 12 };

static const canvas_colour GROUPS[] = {0x2563C9, 0xD9600B, 0x0E9384, 0x9B4DCA, 0xC2255C, 0x5C940D, 0xB7791F, 0x7A8AA0};

typedef struct layout {
    int32_t n, n_columns, n_rows;
    double top, width, height;
} layout;

static layout lay_out(const mote_grid *grid, int32_t n, bool narrow)
{
    layout l = {.n = n, .n_columns = narrow ? 2 : (int32_t)ceil(sqrt((double)n))};
    l.n_columns = l.n_columns < MAX_COLUMNS ? l.n_columns : MAX_COLUMNS;
    l.n_columns = l.n_columns < n ? l.n_columns : n;
    l.n_rows = (n + l.n_columns - 1) / l.n_columns;
    l.top = MARGIN + (grid->title || grid->subtitle ? TITLE : 0);
    l.width = 2 * MARGIN + l.n_columns * (CELL + GAP) - GAP;
    l.height = l.top + l.n_rows * (CELL + CAPTION + GAP) - GAP + MARGIN;
    return l;
}

/* --- photos as cairo has them --- */

static unsigned char byte_at(const mote_image *image, size_t i, float factor)
{
    if (image->dtype == MOTE_UINT8)
        return ((const unsigned char *)image->data)[i];
    const float value = ((const float *)image->data)[i] * factor;
    return (unsigned char)(value > 0 ? value < 255 ? lrintf(value) : 255 : 0); /* NaN: 0 */
}

/* Arrays of floats may hold pixels of 0…1. */
static float factor_of(const mote_image *image)
{
    const size_t n = (size_t)image->height * (size_t)image->width * (size_t)image->channels;
    for (size_t i = 0; i < n && image->dtype == MOTE_FLOAT32; i++)
        if (((const float *)image->data)[i] > 1)
            return 1;
    return 255;
}

static cairo_surface_t *to_surface(const mote_image *image)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, image->width, image->height);
    unsigned char *pixels = cairo_image_surface_get_data(surface);
    const size_t stride = (size_t)cairo_image_surface_get_stride(surface), channels = (size_t)image->channels;
    const float factor = factor_of(image);
    for (int32_t y = 0; pixels && y < image->height; y++)
        for (int32_t x = 0; x < image->width; x++) {
            const size_t at = ((size_t)y * (size_t)image->width + (size_t)x) * channels;
            uint32_t rgb = 0;
            for (size_t c = 0; c < 3; c++)
                rgb = rgb << 8 | byte_at(image, at + (channels == 3 ? c : 0), factor);
            memcpy(pixels + (size_t)y * stride + 4 * (size_t)x, &rgb, 4);
        }
    cairo_surface_mark_dirty(surface);
    return surface;
}

static void rounded(cairo_t *cr, double x, double y, double width, double height, double r)
{
    const double quarter = acos(0);
    cairo_new_sub_path(cr);
    cairo_arc(cr, x + width - r, y + r, r, -quarter, 0);
    cairo_arc(cr, x + width - r, y + height - r, r, 0, quarter);
    cairo_arc(cr, x + r, y + height - r, r, quarter, 2 * quarter);
    cairo_arc(cr, x + r, y + r, r, 2 * quarter, 3 * quarter);
    cairo_close_path(cr);
}

static void fill(canvas *k, canvas_colour colour)
{
    cairo_set_source_rgb(k->cairo, (colour >> 16 & 255) / 255.0, (colour >> 8 & 255) / 255.0, (colour & 255) / 255.0);
    cairo_fill(k->cairo);
}

/* Whole, as large as the cell allows, in its middle. */
static void draw_photo(canvas *k, const mote_image *image, double x, double y)
{
    rounded(k->cairo, x, y, CELL, CELL, 8);
    fill(k, k->theme->grid);
    const double scale = (double)CELL / (image->width > image->height ? image->width : image->height);
    const double width = image->width * scale, height = image->height * scale;
    cairo_surface_t *surface = to_surface(image);
    cairo_save(k->cairo);
    rounded(k->cairo, x, y, CELL, CELL, 8);
    cairo_clip(k->cairo);
    cairo_translate(k->cairo, x + (CELL - width) / 2, y + (CELL - height) / 2);
    cairo_scale(k->cairo, scale, scale);
    cairo_set_source_surface(k->cairo, surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(k->cairo), CAIRO_FILTER_GOOD);
    cairo_pattern_set_extend(cairo_get_source(k->cairo), CAIRO_EXTEND_PAD); /* no seam of the paper at its edges */
    cairo_rectangle(k->cairo, 0, 0, image->width, image->height);
    cairo_fill(k->cairo);
    cairo_restore(k->cairo);
    cairo_surface_destroy(surface);
}

static void draw_cell(canvas *k, const mote_dataset *dataset, int64_t example, const mote_image *image, double x,
                      double y)
{
    const int32_t label = mote_dataset_label(dataset, example);
    const char *class_name = mote_dataset_class_name(dataset, label), *name = mote_dataset_name(dataset, example);
    const char *file = strrchr(name, '/');
    char note[600];
    draw_photo(k, image, x, y);
    const canvas_colour colour = GROUPS[(size_t)(label < 0 ? 0 : label) % (sizeof GROUPS / sizeof GROUPS[0])];
    canvas_dot(k, x + 6, y + CELL + 16, 5, colour);
    canvas_text_fit(k, x + 18, y + CELL + 21, (canvas_font){.size = 14, .bold = true, .colour = k->theme->ink},
                    CELL - 18, class_name ? class_name : "no label");
    snprintf(note, sizeof note, "%dx%d  %s", image->width, image->height, file ? file + 1 : name);
    canvas_text_fit(k, x, y + CELL + 40, (canvas_font){.size = 11, .colour = k->theme->muted}, CELL, note);
}

/* --- which --- */

typedef struct picked {
    int64_t *examples;
    mote_image *images;
    int32_t n;
} picked;

static void free_picked(picked *p)
{
    for (int32_t i = 0; p->images && i < p->n; i++)
        mote_image_free(&p->images[i]);
    mote_free(NULL, p->images);
    mote_free(NULL, p->examples);
}

/* A photo may be huge: what is kept of it is no larger than what is shown at twice the density. */
static mote_status keep_small(mote_image *image)
{
    const int32_t longest = image->width > image->height ? image->width : image->height;
    if (longest <= 2 * CELL)
        return MOTE_OK;
    const int32_t factor = longest / (2 * CELL);
    const int32_t height = image->height / factor, width = image->width / factor, channels = image->channels;
    const float to_bytes = factor_of(image);
    if (factor < 2 || height < 1 || width < 1)
        return MOTE_OK;
    unsigned char *small = mote_alloc(NULL, (size_t)height * (size_t)width * (size_t)channels);
    if (!small)
        return MOTE_NO_MEMORY;
    for (int32_t y = 0; y < height; y++) /* the mean of each square of pixels */
        for (int32_t x = 0; x < width; x++)
            for (int32_t c = 0; c < channels; c++) {
                int64_t sum = 0;
                for (int32_t i = 0; i < factor * factor; i++) {
                    const size_t row = (size_t)(y * factor + i / factor), column = (size_t)(x * factor + i % factor);
                    sum +=
                        byte_at(image, (row * (size_t)image->width + column) * (size_t)channels + (size_t)c, to_bytes);
                }
                small[((size_t)y * (size_t)width + (size_t)x) * (size_t)channels + (size_t)c] =
                    (unsigned char)(sum / (factor * factor));
            }
    mote_image_free(image);
    *image = (mote_image){height, width, channels, MOTE_UINT8, small, NULL};
    return MOTE_OK;
}

static mote_status pick(const mote_grid *grid, picked *p, mote_error *err)
{
    p->examples = mote_calloc(NULL, (size_t)grid->count, sizeof *p->examples);
    p->images = mote_calloc(NULL, (size_t)grid->count, sizeof *p->images);
    if (!p->examples || !p->images)
        return mote_error_no_memory(err);
    for (int64_t i = 0; i < grid->slice->n && p->n < grid->count; i++) {
        const int64_t example = grid->slice->examples[i];
        mote_error why = {0};
        const mote_status status = mote_dataset_decode(grid->dataset, example, 0, &p->images[p->n], &why);
        if (status == MOTE_OK) {
            p->examples[p->n++] = example;
            if (keep_small(&p->images[p->n - 1]) != MOTE_OK)
                return mote_error_no_memory(err);
            continue;
        }
        if (grid->strict || status == MOTE_NO_MEMORY) {
            if (err)
                *err = why;
            return status;
        }
        if (grid->on_skip)
            grid->on_skip(grid->on_skip_arg, mote_dataset_name(grid->dataset, example), &why);
    }
    return p->n ? MOTE_OK
                : mote_error_set(err, MOTE_FORMAT, "none of the %lld photos can be read", (long long)grid->slice->n);
}

static mote_status draw(const mote_grid *grid, const picked *p, const mote_chart_options *options, FILE *out,
                        mote_error *err)
{
    const layout l = lay_out(grid, p->n, options->narrow);
    canvas k;
    const mote_status status = canvas_open(&k, options, l.width, l.height, out, err);
    if (status != MOTE_OK)
        return status;
    const double room = l.width - 2 * MARGIN;
    if (grid->title)
        canvas_text_fit(&k, MARGIN, MARGIN + 20, (canvas_font){.size = 22, .bold = true, .colour = k.theme->ink}, room,
                        grid->title);
    if (grid->subtitle)
        canvas_text_fit(&k, MARGIN, MARGIN + 43, (canvas_font){.size = 13, .colour = k.theme->muted}, room,
                        grid->subtitle);
    for (int32_t i = 0; i < l.n; i++)
        draw_cell(&k, grid->dataset, p->examples[i], &p->images[i], MARGIN + (i % l.n_columns) * (CELL + GAP),
                  l.top + (i / l.n_columns) * (CELL + CAPTION + GAP));
    return canvas_close(&k, err);
}

mote_status mote_grid_draw(const mote_grid *grid, const mote_chart_options *options, FILE *out, mote_error *err)
{
    if (grid->count < 1 || grid->count > MOTE_GRID_MAX)
        return mote_error_set(err, MOTE_ARGUMENT, "a grid of %d photos; from 1 to %d are drawn", grid->count,
                              MOTE_GRID_MAX);
    picked p = {0};
    mote_status status = pick(grid, &p, err);
    if (status == MOTE_OK)
        status = draw(grid, &p, options, out, err);
    free_picked(&p);
    return status;
}
