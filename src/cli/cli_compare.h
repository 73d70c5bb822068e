/* Several models on the same photos, evaluated and timed, and the files of their report: `compare` and `study`. */
#ifndef MOTE_CLI_CLI_COMPARE_H
#define MOTE_CLI_CLI_COMPARE_H

#include "cli/cli_evaluate.h"
#include "cli/cli_model.h"

#include <mote/benchmark.h>
#include <mote/draw.h>
#include <mote/io.h>

typedef struct cli_contender {
    mote_model *model; /* as it runs */
    mote_evaluation evaluation;
    mote_noise noise;
    mote_runtime *runtime;
    mote_benchmark *benchmark;
    char *name;
} cli_contender;

typedef struct cli_compared {
    cli_contender *contenders;
    mote_comparison comparison; /* forms point into contenders */
} cli_compared;

/* Loads every model first, so that a mistyped path costs no time. Free with cli_compared_free, also after an error. */
mote_status cli_compared_load(cli_compared *compared, const cli_context *context, const cli_model_args *import,
                              int32_t n_models, char *const *paths, mote_error *err);
/* Evaluates each on the data and times each, n_runs times one photo, by turns. data must outlive compared. */
mote_status cli_compared_measure(cli_compared *compared, const cli_context *context, const cli_data *data,
                                 const cli_data_args *args, int64_t n_runs, mote_error *err);
void cli_compared_free(cli_compared *compared);
/* Warns of each form that loses accuracy. */
void cli_compared_warn(const cli_compared *compared, const cli_context *context);

/* The files of a report. They are opened before the work begins, so that a folder that cannot be written costs no time,
 * and committed together. */
enum { CLI_MAX_REPORT_FILES = 8 };
typedef struct cli_report_files {
    const char *folder;
    mote_output_place *place;
    mote_output *outputs[CLI_MAX_REPORT_FILES];
} cli_report_files;

/* What a report is made of. */
typedef struct cli_report_parts {
    const mote_comparison *comparison;
    mote_report *report;         /* with the sections that come before the comparison */
    const mote_grid *grid;       /* NULL: none */
    const mote_history *history; /* NULL: none */
    int32_t n_photos;            /* of those whose answer changed, at most so many a form */
} cli_report_parts;

/* report.html, report.json, report.csv, accuracy.png and accuracy.svg; with_study: also examples.png, training.png and
 * training.svg. */
mote_status cli_report_files_open(cli_report_files *files, const char *folder, bool with_study, mote_error *err);
/* The files appear (those of a study where there is a grid, a history), or the error says why not and none does. */
mote_status cli_report_files_write(cli_report_files *files, const cli_report_parts *parts, mote_error *err);
/* Where to look, on standard output. */
void cli_say_open(const char *folder);
/* After an error: nothing is left. Fine after a success and on a zeroed struct. */
void cli_report_files_discard(cli_report_files *files);

#endif
