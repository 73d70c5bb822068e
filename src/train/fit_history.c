/* The history of a run: lines of JSON, CSV, and TensorBoard's event files in train/ and validation/ as Keras writes
 * them. */
#include "train/fit_run.h"

#include <mote/io.h>
#include <mote/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

mote_status fit_history_add(fit_run *run, const mote_epoch *epoch, mote_error *err)
{
    mote_fit_result *result = run->result;
    mote_epoch *longer = mote_realloc(NULL, result->history, (size_t)result->n_history * sizeof *longer,
                                      (size_t)(result->n_history + 1) * sizeof *longer);
    if (!longer)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for the history");
    result->history = longer;
    result->history[result->n_history++] = *epoch;
    return MOTE_OK;
}

/* --- columns: one table for JSON, CSV and TensorBoard --- */

typedef struct column {
    const char *name;
    double value;
    bool whole; /* a whole number */
    bool shown;
} column;

enum { N_COLUMNS = 19 };

static int list_columns(const mote_epoch *e, const mote_fit_options *o, column columns[N_COLUMNS])
{
    const mote_metric_values *t = &e->train, *v = &e->val;
    const bool k = o->top_k > 0, val = e->has_val;
    const column all[N_COLUMNS] = {
        {"epoch", (double)e->epoch, true, true},
        {"loss", t->loss, false, true},
        {"accuracy", t->accuracy, false, true},
        {"top_k_accuracy", t->top_k, false, k},
        {"auc", t->auc, false, o->auc},
        {"precision", t->precision, false, o->precision_recall},
        {"recall", t->recall, false, o->precision_recall},
        {"val_loss", v->loss, false, val},
        {"val_accuracy", v->accuracy, false, val},
        {"val_top_k_accuracy", v->top_k, false, val && k},
        {"val_auc", v->auc, false, val && o->auc},
        {"val_precision", v->precision, false, val && o->precision_recall},
        {"val_recall", v->recall, false, val && o->precision_recall},
        {"learning_rate", e->learning_rate, false, true},
        {"seconds", e->seconds, false, true},
        {"images_per_second", e->images_per_second, false, true},
        {"step", (double)e->step, true, true},
        {"best", e->best, true, true},
        {NULL, 0, false, false},
    };
    memcpy(columns, all, sizeof all);
    return N_COLUMNS - 1;
}

mote_status mote_epoch_json(const mote_epoch *epoch, const mote_fit_options *options, char *text, size_t n_bytes)
{
    column columns[N_COLUMNS];
    const int n = list_columns(epoch, options, columns);
    json_t *line = json_object();
    for (int i = 0; i < n; i++)
        if (columns[i].shown)
            json_object_set_new(line, columns[i].name,
                                columns[i].whole ? json_integer((json_int_t)columns[i].value)
                                                 : json_real(columns[i].value));
    json_object_set_new(line, "best", json_boolean(epoch->best));
    char *dumped = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(line);
    const bool fits = dumped && strlen(dumped) < n_bytes;
    if (fits)
        strcpy(text, dumped);
    free(dumped);
    return fits ? MOTE_OK : MOTE_NO_MEMORY;
}

static void write_csv(FILE *out, const mote_fit_result *result, const mote_fit_options *options)
{
    column columns[N_COLUMNS];
    for (int64_t row = -1; row < result->n_history; row++) {
        const int n = list_columns(&result->history[row < 0 ? 0 : row], options, columns);
        const char *before = "";
        for (int i = 0; i < n; i++) {
            if (!columns[i].shown)
                continue;
            if (row < 0)
                fprintf(out, "%s%s", before, columns[i].name);
            else
                fprintf(out, "%s%.9g", before, columns[i].value);
            before = ",";
        }
        fputc('\n', out);
    }
}

static void write_json_lines(FILE *out, const mote_fit_result *result, const mote_fit_options *options)
{
    char line[2048];
    for (int64_t i = 0; i < result->n_history; i++)
        if (mote_epoch_json(&result->history[i], options, line, sizeof line) == MOTE_OK)
            fprintf(out, "%s\n", line);
}

mote_status mote_history_save(const mote_fit_result *result, const mote_fit_options *options, const char *path,
                              mote_error *err)
{
    if (result->n_history == 0)
        return mote_error_set(err, MOTE_ARGUMENT, "%s: there is no history: not one epoch was finished", path);
    mote_output *output;
    const mote_status status = mote_output_open(&output, path, err);
    if (status != MOTE_OK)
        return status;
    if (mote_text_ends_with(path, ".csv"))
        write_csv(mote_output_stream(output), result, options);
    else
        write_json_lines(mote_output_stream(output), result, options);
    return mote_output_commit(output, err);
}

/* --- TensorBoard --- */

mote_status fit_boards_open(fit_run *run, mote_error *err)
{
    const char *folder = run->options->tensorboard;
    char path[1024];
    if (!folder)
        return MOTE_OK;
    snprintf(path, sizeof path, "%s/train", folder);
    mote_status status = board_open(&run->train_board, path, err);
    snprintf(path, sizeof path, "%s/validation", folder);
    if (status == MOTE_OK && run->val)
        status = board_open(&run->val_board, path, err);
    return status;
}

static mote_status write_histograms(fit_run *run, int64_t step, mote_error *err)
{
    mote_status status = MOTE_OK;
    for (int32_t i = 0; status == MOTE_OK && i < mote_trainer_n_state(run->trainer); i++) {
        const mote_state_tensor state = mote_trainer_state(run->trainer, i);
        if (state.kind == MOTE_STATE_WEIGHT && state.dtype == MOTE_FLOAT32 && state.n_bytes > 0)
            status = board_histogram(run->train_board, state.name, step, state.data,
                                     (int64_t)(state.n_bytes / sizeof(float)), err);
    }
    return status;
}

/* Keras's tags: "epoch_loss", the number of the epoch from 0 as the step. */
mote_status fit_boards_write(fit_run *run, const mote_epoch *epoch, mote_error *err)
{
    if (!run->train_board)
        return MOTE_OK;
    column columns[N_COLUMNS];
    const int n = list_columns(epoch, run->options, columns);
    const int64_t step = epoch->epoch - 1;
    mote_status status = MOTE_OK;
    for (int i = 0; status == MOTE_OK && i < n; i++) {
        if (!columns[i].shown || columns[i].whole || strcmp(columns[i].name, "seconds") == 0)
            continue;
        const bool val = strncmp(columns[i].name, "val_", 4) == 0;
        char tag[64];
        snprintf(tag, sizeof tag, "epoch_%s", columns[i].name + (val ? 4 : 0));
        status = board_scalar(val ? run->val_board : run->train_board, tag, step, columns[i].value, err);
    }
    if (status == MOTE_OK && run->options->histograms)
        status = write_histograms(run, step, err);
    return status;
}
