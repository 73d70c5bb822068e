#include "report/canvas.h"

#include <mote/text.h>

#include <cairo-svg.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_TEXT_BYTES = 512 };

static const canvas_theme LIGHT = {.paper = 0xFFFFFF,
                                   .ink = 0x1B1F24,
                                   .muted = 0x5F6B7A,
                                   .grid = 0xE3E7EC,
                                   .main = 0x2563C9,
                                   .loss = 0xD9600B,
                                   .second = 0x7A8AA0,
                                   .third = 0x0E9384};
static const canvas_theme DARK = {.paper = 0x15191F,
                                  .ink = 0xE8ECF1,
                                  .muted = 0x9AA6B5,
                                  .grid = 0x2C343E,
                                  .main = 0x6BA3FF,
                                  .loss = 0xFF9249,
                                  .second = 0x8796AB,
                                  .third = 0x3CC7B5};

static cairo_status_t write_bytes(void *closure, const unsigned char *bytes, unsigned int n_bytes)
{
    canvas *c = closure;
    if (fwrite(bytes, 1, n_bytes, c->out) == n_bytes)
        return CAIRO_STATUS_SUCCESS;
    c->write_failed = true;
    return CAIRO_STATUS_WRITE_ERROR;
}

static void set_colour(canvas *c, canvas_colour colour)
{
    cairo_set_source_rgb(c->cairo, (double)(colour >> 16 & 255) / 255, (double)(colour >> 8 & 255) / 255,
                         (double)(colour & 255) / 255);
}

mote_status canvas_open(canvas *c, const mote_chart_options *options, double width, double height, FILE *out,
                        mote_error *err)
{
    const double scale = options->format == MOTE_CHART_PNG && options->scale > 0 ? options->scale : 1;
    *c = (canvas){.theme = options->dark ? &DARK : &LIGHT, .out = out, .format = options->format};
    if (options->format == MOTE_CHART_SVG) {
        c->surface = cairo_svg_surface_create_for_stream(write_bytes, c, width, height);
        cairo_svg_surface_set_document_unit(c->surface, CAIRO_SVG_UNIT_PX);
    } else {
        c->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(width * scale), (int)(height * scale));
    }
    c->cairo = cairo_create(c->surface);
    cairo_scale(c->cairo, scale, scale);
    set_colour(c, c->theme->paper);
    cairo_paint(c->cairo);
    const cairo_status_t status = cairo_status(c->cairo);
    if (status == CAIRO_STATUS_SUCCESS)
        return MOTE_OK;
    cairo_destroy(c->cairo);
    cairo_surface_destroy(c->surface);
    return mote_error_set(err, MOTE_NO_MEMORY, "cannot draw a picture of %.0f x %.0f: %s", width * scale,
                          height * scale, cairo_status_to_string(status));
}

mote_status canvas_close(canvas *c, mote_error *err)
{
    cairo_status_t status = cairo_status(c->cairo);
    cairo_destroy(c->cairo);
    if (c->format == MOTE_CHART_PNG && status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_write_to_png_stream(c->surface, write_bytes, c);
    cairo_surface_finish(c->surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(c->surface);
    cairo_surface_destroy(c->surface);
    if (c->write_failed)
        return mote_error_set(err, MOTE_IO, "a picture cannot be written; is the disk full?");
    if (status != CAIRO_STATUS_SUCCESS)
        return mote_error_set(err, MOTE_INTERNAL, "drawing failed: %s", cairo_status_to_string(status));
    return MOTE_OK;
}

/* --- text --- */

static void set_font(canvas *c, canvas_font font)
{
    cairo_select_font_face(c->cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           font.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(c->cairo, font.size);
}

static double advance(canvas *c, const char *clean)
{
    cairo_text_extents_t extents;
    cairo_text_extents(c->cairo, clean, &extents);
    return extents.x_advance;
}

double canvas_text_width(canvas *c, canvas_font font, const char *text)
{
    char clean[MAX_TEXT_BYTES];
    set_font(c, font);
    return advance(c, mote_text_clean(clean, sizeof clean, text));
}

static double draw(canvas *c, double x, double y, canvas_font font, const char *clean)
{
    const double width = advance(c, clean);
    set_colour(c, font.colour);
    cairo_move_to(c->cairo, x - (font.align == CANVAS_RIGHT ? width : font.align == CANVAS_CENTRE ? width / 2 : 0), y);
    cairo_show_text(c->cairo, clean);
    cairo_new_path(c->cairo);
    return width;
}

double canvas_text(canvas *c, double x, double y, canvas_font font, const char *text)
{
    char clean[MAX_TEXT_BYTES];
    set_font(c, font);
    return draw(c, x, y, font, mote_text_clean(clean, sizeof clean, text));
}

double canvas_text_fit(canvas *c, double x, double y, canvas_font font, double max_width, const char *text)
{
    static const char ellipsis[] = "\xE2\x80\xA6";
    char clean[MAX_TEXT_BYTES];
    set_font(c, font);
    mote_text_clean(clean, sizeof clean - sizeof ellipsis, text);
    size_t n = strlen(clean);
    while (n > 0 && advance(c, clean) > max_width) {
        do
            n--; /* back to where a character begins */
        while (n > 0 && ((unsigned char)clean[n] & 0xC0) == 0x80);
        memcpy(clean + n, ellipsis, sizeof ellipsis);
    }
    return draw(c, x, y, font, clean);
}

/* --- shapes --- */

void canvas_line(canvas *c, double x0, double y0, double x1, double y1, double width, canvas_colour colour)
{
    set_colour(c, colour);
    cairo_set_line_width(c->cairo, width);
    cairo_move_to(c->cairo, x0, y0);
    cairo_line_to(c->cairo, x1, y1);
    cairo_stroke(c->cairo);
}

void canvas_dashes(canvas *c, double x0, double y0, double x1, double y1, double width, canvas_colour colour)
{
    static const double pattern[] = {4, 4};
    cairo_set_dash(c->cairo, pattern, 2, 0);
    canvas_line(c, x0, y0, x1, y1, width, colour);
    cairo_set_dash(c->cairo, NULL, 0, 0);
}

void canvas_bar(canvas *c, double x, double y, double width, double height, canvas_colour colour)
{
    const double least = 1, w = width < least ? least : width;
    const double radius = fmin(3, w / 2), right = x + w, quarter = acos(0);
    set_colour(c, colour);
    cairo_move_to(c->cairo, x, y);
    cairo_arc(c->cairo, right - radius, y + radius, radius, -quarter, 0);
    cairo_arc(c->cairo, right - radius, y + height - radius, radius, 0, quarter);
    cairo_line_to(c->cairo, x, y + height);
    cairo_close_path(c->cairo);
    cairo_fill(c->cairo);
}

void canvas_dot(canvas *c, double x, double y, double radius, canvas_colour colour)
{
    set_colour(c, colour);
    cairo_new_path(c->cairo);
    cairo_arc(c->cairo, x, y, radius, 0, 4 * acos(0));
    cairo_fill(c->cairo);
}

void canvas_curve(canvas *c, const double *x, const double *y, int32_t n, double width, canvas_colour colour)
{
    set_colour(c, colour);
    cairo_set_line_width(c->cairo, width);
    cairo_set_line_join(c->cairo, CAIRO_LINE_JOIN_ROUND);
    bool down = false;
    for (int32_t i = 0; i < n; i++) {
        const bool there = isfinite(x[i]) && isfinite(y[i]);
        if (there && down)
            cairo_line_to(c->cairo, x[i], y[i]);
        else if (there)
            cairo_move_to(c->cairo, x[i], y[i]);
        down = there;
    }
    cairo_stroke(c->cairo);
}
