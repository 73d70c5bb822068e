/* A training run from the inside: what fit.c drives, and the parts it is made of. */
#ifndef MOTE_TRAIN_FIT_RUN_H
#define MOTE_TRAIN_FIT_RUN_H

#include "train/board.h"
#include "train/fit_metrics.h"

#include <jansson.h>

/* Where a run stands: plain data, which a checkpoint holds as it is. */
typedef struct fit_progress {
    int64_t step;          /* steps done */
    int64_t epoch;         /* whole epochs done */
    int64_t step_in_epoch; /* steps done of the present one */
    double rate_factor;    /* what plateaus have left of the rate */
    double best_value, best_tie;
    int64_t best_epoch;             /* 0: none yet */
    int64_t waited, plateau_waited; /* epochs without a better one */
    double seconds;                 /* spent on the present epoch */
    fit_metrics metrics;            /* of the present epoch */
} fit_progress;

typedef struct fit_run {
    mote_model *model;
    const mote_fit_options *options;
    mote_fit_result *result;
    mote_trainer *trainer;
    mote_pool *pool;
    mote_batches *train, *val;
    int64_t steps_per_epoch, n_val_steps;
    int32_t height, width, channels;
    int32_t batch;
    fit_outputs outputs;
    fit_progress progress;
    json_t *settings; /* what makes this run another than others */
    float *best;      /* weights of the best epoch, all of them one after the other; NULL: not kept */
    size_t best_bytes;
    bool has_best;
    float *class_weights;
    float *photos, *scratch, *targets; /* augmented; for augmentation; labels as rows */
    board *train_board, *val_board;
} fit_run;

/* fit_data.c: photos, labels and their checks. */
mote_status fit_data_check(const mote_model *model, const mote_fit_options *options, mote_error *err);
/* n / (classes * n of the class), into run->class_weights. */
mote_status fit_data_balance(fit_run *run, mote_error *err);
mote_status fit_data_open(fit_run *run, mote_error *err);
/* The next training batch, augmented, ready for the trainer; *labels borrowed until the next. */
mote_status fit_data_next(fit_run *run, mote_train_batch *batch, const float **input, const int32_t **labels,
                          mote_error *err);
mote_status fit_data_next_val(fit_run *run, mote_train_batch *batch, const float **input, const int32_t **labels,
                              mote_error *err);
void fit_data_close(fit_run *run);
int32_t fit_n_outputs(const mote_model *model);
bool fit_ends_in_logits(const mote_model *model);

/* fit_checkpoint.c */
json_t *fit_settings(const fit_run *run);
mote_status fit_checkpoint_save(fit_run *run, mote_error *err);
/* *found false: there is none. */
mote_status fit_checkpoint_load(fit_run *run, bool *found, mote_error *err);

/* fit_best.c: copies of the weights, and the compile settings. */
mote_status fit_best_keep(fit_run *run, mote_error *err);
void fit_best_restore(fit_run *run);
mote_status fit_set_training_json(const fit_run *run, mote_error *err);

/* fit_history.c */
mote_status fit_history_add(fit_run *run, const mote_epoch *epoch, mote_error *err);
mote_status fit_boards_open(fit_run *run, mote_error *err);
mote_status fit_boards_write(fit_run *run, const mote_epoch *epoch, mote_error *err);

#endif
