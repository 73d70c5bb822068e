/* What `inspect` counts, for its two ways to show it. */
#ifndef MOTE_CLI_CMD_INSPECT_H
#define MOTE_CLI_CMD_INSPECT_H

#include <mote/graph.h>

/* One operator in one version (custom operators by their code). */
typedef struct inspect_row {
    const char *name; /* "CONV_2D", "CUSTOM FlexErf", "operator 250" */
    char text[64];    /* where name is made up */
    int32_t op, version, n;
    size_t const_bytes; /* each constant counts for the first operator that reads it */
    int32_t n_refused;  /* of n */
    char why[160];      /* of the first that is refused */
} inspect_row;

typedef struct inspect_report {
    const mote_model *model;
    const char *path;
    int64_t file_bytes; /* -1: not known */
    inspect_row *rows;
    int32_t n_rows;
    size_t const_bytes;
    mote_status verdict; /* of mote_runtime_check, and its text */
    mote_error refusal;
} inspect_report;

void inspect_print_json(const inspect_report *report);

#endif
