/*
 * What a person gets to see: several forms of a model side by side as text, CSV, JSON and charts, and one HTML page
 * made of sections, with every picture inside it. Names may be any bytes. All of it is written to streams, so that the
 * caller decides where it appears (mote_output_open).
 */
#ifndef MOTE_REPORT_H
#define MOTE_REPORT_H

#include <mote/evaluate.h>
#include <mote/noise.h>

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- several forms of a model on the same photos --- */

typedef struct mote_report_form {
    const char *model;                 /* the path, as the user gave it */
    const char *name;                  /* what it is called in tables and charts */
    const char *format;                /* "float32", "int8", ...: mote_model_format_name */
    int64_t bytes;                     /* of the file */
    const mote_evaluation *evaluation; /* all on the same slice */
    double p50_ms;                     /* the median latency of one photo */
    mote_pairing pairing;              /* with the reference: n_lost were right there and are wrong here */
    const mote_noise *noise;           /* against the reference; NULL: not measured */
} mote_report_form;

typedef struct mote_comparison {
    mote_report_form *forms; /* n_forms >= 1 */
    int32_t n_forms;
    int32_t reference; /* the form that the others are measured against */
    const mote_dataset *dataset;
    const char *data, *split; /* as the user gave them */
    int32_t n_threads;        /* of the latency */
} mote_comparison;

/* Chooses the reference (the first float32 form, else the first) and fills every pairing. */
MOTE_API void mote_comparison_pair(mote_comparison *comparison);
/* Points of accuracy that the form lies below the reference; negative: above. */
MOTE_API double mote_comparison_drop(const mote_comparison *comparison, int32_t form);
/* Whether the drop is at least a point, and more than chance explains (McNemar, p < 0.05). */
MOTE_API bool mote_comparison_loses(const mote_comparison *comparison, int32_t form);
/* In plain words: what the form loses, and why that is likely. "" when mote_comparison_loses says no. Returns text. */
enum { MOTE_VERDICT_BYTES = 1024 };
MOTE_API const char *mote_comparison_verdict(const mote_comparison *comparison, int32_t form,
                                             char text[MOTE_VERDICT_BYTES]);

/* Of equal columns for a terminal, warnings not included. */
MOTE_API void mote_comparison_write_table(const mote_comparison *comparison, FILE *out);
/* A head line and a line per form, RFC 4180. */
MOTE_API void mote_comparison_write_csv(const mote_comparison *comparison, FILE *out);

/* --- training, epoch by epoch --- */
typedef struct mote_history_epoch {
    double loss, accuracy;         /* accuracies in [0, 1] */
    double val_loss, val_accuracy; /* NaN: not measured */
    double seconds;
} mote_history_epoch;

typedef struct mote_history {
    const mote_history_epoch *epochs;
    int32_t n_epochs;
    int32_t best; /* the epoch that was kept, from 0; -1: none in particular */
} mote_history;

/* One JSON document: models[{model, format, bytes, accuracy, accuracy_low, accuracy_high, p50_ms, agreement, ...}],
 * and history[{epoch, loss, ...}] when there is one (NULL: none). */
MOTE_API mote_status mote_comparison_write_json(const mote_comparison *comparison, const mote_history *history,
                                                FILE *out, mote_error *err);

/* --- charts --- */
typedef enum mote_chart_format { MOTE_CHART_PNG, MOTE_CHART_SVG } mote_chart_format;

typedef struct mote_chart_options {
    mote_chart_format format;
    double scale; /* PNG: pixels per unit of the drawing; 2 for slides and screens of high density */
    bool dark;    /* light text on dark */
    bool narrow;  /* for a phone: everything below one another */
} mote_chart_options;

/* Bars of accuracy with their 95% intervals, size and latency beside. */
MOTE_API mote_status mote_chart_accuracy(const mote_comparison *comparison, const mote_chart_options *options,
                                         FILE *out, mote_error *err);
/* Signal to noise ratio from input to output, a curve for each form whose noise was measured. */
MOTE_API mote_status mote_chart_noise(const mote_comparison *comparison, const mote_chart_options *options, FILE *out,
                                      mote_error *err);
/* Loss and accuracy by epoch, training and validation. n_epochs >= 1. */
MOTE_API mote_status mote_chart_history(const mote_history *history, const mote_chart_options *options, FILE *out,
                                        mote_error *err);

/* --- the page: sections appear in the order in which they are added --- */
typedef struct mote_report mote_report;
/* title and subtitle are copied. */
MOTE_API mote_status mote_report_new(mote_report **report, const char *title, const char *subtitle, mote_error *err);
MOTE_API void mote_report_free(mote_report *report); /* NULL is fine */
/* What was found, in sentences; the chart; the table. */
MOTE_API mote_status mote_report_add_comparison(mote_report *report, const mote_comparison *comparison,
                                                mote_error *err);
/* Where forms that lose accuracy lose it; nothing where no noise was measured. */
MOTE_API mote_status mote_report_add_noise(mote_report *report, const mote_comparison *comparison, mote_error *err);
/* Which class is taken for which, form by form. */
MOTE_API mote_status mote_report_add_confusion(mote_report *report, const mote_comparison *comparison, mote_error *err);
/* Photos that a form answers otherwise than the reference, where both are most certain first; at most `most` a form. */
MOTE_API mote_status mote_report_add_changes(mote_report *report, const mote_comparison *comparison, int32_t most,
                                             mote_error *err);
MOTE_API mote_status mote_report_add_history(mote_report *report, const mote_history *history, mote_error *err);
/* Keras's summary of the model, folded away under its totals. */
MOTE_API mote_status mote_report_add_summary(mote_report *report, const mote_model *model, mote_error *err);
MOTE_API mote_status mote_report_write(mote_report *report, FILE *out, mote_error *err);

#ifdef __cplusplus
}
#endif
#endif
