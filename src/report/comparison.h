/* What the table, the charts and the page say alike. */
#ifndef MOTE_REPORT_COMPARISON_H
#define MOTE_REPORT_COMPARISON_H

#include <mote/report.h>

/* The share of photos answered as the reference answers them. */
double comparison_agreement(const mote_report_form *form);
/* The class's name, or its number, written into number. */
const char *comparison_class_name(const mote_comparison *comparison, int32_t index, char number[16]);
/* Among the forms that do not lose accuracy; the reference where it is the best itself. */
int32_t comparison_smallest_sound(const mote_comparison *comparison);
int32_t comparison_fastest_sound(const mote_comparison *comparison);
/* "5.24 MB", "18.8 MB": three figures, decimal units. Returns text. */
const char *comparison_format_ms(double ms, char text[32]);

#endif
