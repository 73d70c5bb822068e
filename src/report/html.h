/* Writing the page: text made safe, pictures made part of it. A section is a function mote_report_add_… in a file
 * html_<section>.c of its own that writes to report->body. */
#ifndef MOTE_REPORT_HTML_H
#define MOTE_REPORT_HTML_H

#include <mote/report.h>

struct mote_report {
    char *title, *subtitle;
    FILE *body; /* into text */
    char *text;
    size_t n_bytes;
};

extern const char html_style[];

/* text with &, <, >, " and ' escaped and no invalid bytes: good in elements and in quoted attributes. */
void html_text(FILE *out, const char *text);
/* The same for text of several lines, which stay. */
void html_lines(FILE *out, const char *text);
/* "data:<type>;base64,…" for src and srcset. */
void html_data_uri(FILE *out, const char *type, const void *bytes, size_t n_bytes);

/* A chart as SVG for wide and narrow screens, light and dark. */
typedef mote_status html_draw(const void *subject, const mote_chart_options *options, FILE *out, mote_error *err);
mote_status html_chart(mote_report *report, html_draw *draw, const void *subject, const char *alternative,
                       mote_error *err);
/* The same for a drawing that holds photos: as PNG, light and dark. */
mote_status html_photos(mote_report *report, html_draw *draw, const void *subject, const char *alternative,
                        mote_error *err);
/* MOTE_OK, or that memory ran out while the body was written. */
mote_status html_status(const mote_report *report, mote_error *err);

#endif
