/* The best epoch's weights beside the present ones, and what Keras should know of how the model was trained. */
#include "train/fit_run.h"

#include <stdlib.h>
#include <string.h>

static size_t weights_bytes(mote_trainer *trainer)
{
    size_t n = 0;
    for (int32_t i = 0; i < mote_trainer_n_state(trainer); i++) {
        const mote_state_tensor state = mote_trainer_state(trainer, i);
        n += state.kind == MOTE_STATE_WEIGHT ? state.n_bytes : 0;
    }
    return n;
}

/* Copies all weights out of the trainer, or back into it. */
static void copy_weights(mote_trainer *trainer, unsigned char *at, bool back)
{
    for (int32_t i = 0; i < mote_trainer_n_state(trainer); i++) {
        const mote_state_tensor state = mote_trainer_state(trainer, i);
        if (state.kind != MOTE_STATE_WEIGHT)
            continue;
        memcpy(back ? state.data : at, back ? at : state.data, state.n_bytes);
        at += state.n_bytes;
    }
}

mote_status fit_best_keep(fit_run *run, mote_error *err)
{
    if (!run->best) {
        run->best_bytes = weights_bytes(run->trainer);
        run->best = mote_alloc(NULL, run->best_bytes);
        if (!run->best)
            return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for a copy of the best weights");
    }
    copy_weights(run->trainer, (unsigned char *)run->best, false);
    run->has_best = true;
    return MOTE_OK;
}

void fit_best_restore(fit_run *run)
{
    if (run->has_best)
        copy_weights(run->trainer, (unsigned char *)run->best, true);
}

static json_t *optimizer_config(const mote_optimizer_options *o, double rate)
{
    static const char *const CLASSES[] = {"Adam", "AdamW", "SGD", "RMSprop"};
    json_t *config = json_pack("{s:s, s:f}", "name", CLASSES[o->kind], "learning_rate", rate);
    if (o->kind == MOTE_OPTIMIZER_ADAM || o->kind == MOTE_OPTIMIZER_ADAMW) {
        json_object_set_new(config, "beta_1", json_real((double)o->beta_1));
        json_object_set_new(config, "beta_2", json_real((double)o->beta_2));
        json_object_set_new(config, "amsgrad", json_boolean(o->amsgrad));
    }
    if (o->kind == MOTE_OPTIMIZER_RMSPROP) {
        json_object_set_new(config, "rho", json_real((double)o->rho));
        json_object_set_new(config, "centered", json_boolean(o->centered));
    }
    if (o->kind != MOTE_OPTIMIZER_SGD)
        json_object_set_new(config, "epsilon", json_real((double)o->epsilon));
    if (o->kind == MOTE_OPTIMIZER_SGD || o->kind == MOTE_OPTIMIZER_RMSPROP)
        json_object_set_new(config, "momentum", json_real((double)o->momentum));
    if (o->kind == MOTE_OPTIMIZER_SGD)
        json_object_set_new(config, "nesterov", json_boolean(o->nesterov));
    return json_pack("{s:s, s:o}", "class_name", CLASSES[o->kind], "config", config);
}

mote_status fit_set_training_json(const fit_run *run, mote_error *err)
{
    const mote_trainer_options *t = &run->options->trainer;
    json_t *loss = json_string(mote_loss_name(t->loss));
    if (t->from_logits) {
        static const char *const CLASSES[] = {"SparseCategoricalCrossentropy", "CategoricalCrossentropy",
                                              "BinaryCrossentropy", "MeanSquaredError"};
        if (t->loss != MOTE_LOSS_MEAN_SQUARED_ERROR) {
            json_decref(loss);
            loss = json_pack("{s:s, s:s, s:{s:b}, s:n}", "module", "keras.losses", "class_name", CLASSES[t->loss],
                             "config", "from_logits", 1, "registered_name");
        }
    }
    json_t *settings =
        json_pack("{s:o, s:[s], s:n, s:n, s:o}", "loss", loss, "metrics", "accuracy", "weighted_metrics",
                  "loss_weights", "optimizer_config", optimizer_config(&t->optimizer, run->options->learning_rate));
    char *text = settings ? json_dumps(settings, JSON_COMPACT) : NULL;
    if (text)
        run->model->training_json = mote_arena_strdup(run->model->arena, text);
    free(text);
    json_decref(settings);
    return text && run->model->training_json ? MOTE_OK : mote_error_no_memory(err);
}
