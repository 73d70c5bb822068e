/*
 * A checkpoint is one file, FOLDER/checkpoint.mote, replaced as a whole:
 *
 *   "mote checkpoint 1\n"            18 bytes
 *   CRC32C of all behind it          4
 *   parts, each:                     length of name 4, length of data 8, name, data
 *     "settings"                     JSON: what makes this run another than others
 *     "progress"                     fit_progress as it is in memory
 *     "history"                      mote_epoch for each whole epoch
 *     "state/<name>"                 everything that makes the next step what it is
 *     "best"                         weights of the best epoch
 *
 * Numbers are as the machine has them, little-endian: a run goes on where it began.
 */
#include "train/fit_run.h"

#include "data/tfrecord.h"

#include <dirent.h>
#include <mote/io.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char MAGIC[] = "mote checkpoint 1\n";
enum { MAGIC_BYTES = sizeof MAGIC - 1, HEAD_BYTES = MAGIC_BYTES + 4, PART_HEAD_BYTES = 12 };

/* --- settings --- */

static uint32_t crc_of_state(const fit_run *run)
{
    uint32_t crc = 0;
    for (int32_t i = 0; i < mote_trainer_n_state(run->trainer); i++) {
        const mote_state_tensor state = mote_trainer_state(run->trainer, i);
        if (state.kind == MOTE_STATE_WEIGHT)
            crc = crc * 31 + mote_crc32c(state.data, state.n_bytes);
    }
    return crc;
}

static uint32_t crc_of_slice(const mote_dataset *dataset, const mote_slice *slice)
{
    uint32_t crc = 0;
    for (int64_t i = 0; slice && i < slice->n; i++) {
        const int32_t label = mote_dataset_label(dataset, slice->examples[i]);
        const char *name = mote_dataset_name(dataset, slice->examples[i]);
        crc = crc * 31 + mote_crc32c(name, strlen(name)) + (uint32_t)label;
    }
    return crc;
}

json_t *fit_settings(const fit_run *run)
{
    const mote_fit_options *o = run->options;
    const mote_trainer_options *t = &o->trainer;
    const mote_optimizer_options *p = &t->optimizer;
    json_t *s = json_object();
    json_object_set_new(s, "model", json_integer((json_int_t)crc_of_state(run)));
    json_object_set_new(s, "training photos", json_integer((json_int_t)crc_of_slice(o->dataset, o->train)));
    json_object_set_new(s, "validation photos",
                        json_integer((json_int_t)crc_of_slice(o->val_dataset ? o->val_dataset : o->dataset, o->val)));
    json_object_set_new(s, "identity", json_string(o->identity ? o->identity : ""));
    json_object_set_new(s, "batch", json_integer(o->batch));
    json_object_set_new(s, "steps-per-epoch", json_integer((json_int_t)run->steps_per_epoch));
    json_object_set_new(s, "validation-steps", json_integer((json_int_t)run->n_val_steps));
    json_object_set_new(s, "shuffle", json_boolean(o->shuffle));
    json_object_set_new(s, "pixels", json_integer(o->pixels));
    json_object_set_new(s, "seed", json_integer((json_int_t)t->seed));
    json_object_set_new(s, "lr", json_real(o->learning_rate));
    json_object_set_new(s, "loss", json_string(mote_loss_name(t->loss)));
    json_object_set_new(s, "label-smoothing", json_real((double)t->label_smoothing));
    json_object_set_new(s, "optimizer",
                        json_pack("[s,f,f,f,b,f,b,f,b,f,f,f,f,f]", mote_optimizer_name(p->kind), (double)p->beta_1,
                                  (double)p->beta_2, (double)p->epsilon, p->amsgrad, (double)p->rho, p->centered,
                                  (double)p->momentum, p->nesterov, (double)p->weight_decay, (double)p->clipnorm,
                                  (double)p->clipvalue, (double)p->global_clipnorm, (double)p->ema_momentum));
    json_t *weights = json_array();
    for (int32_t i = 0; t->class_weights && i < t->n_class_weights; i++)
        json_array_append_new(weights, json_real((double)t->class_weights[i]));
    json_object_set_new(s, "class-weights", weights);
    json_object_set_new(s, "schedule",
                        json_pack("[i,f,I,I,I]", o->schedule.kind, o->schedule.factor, (json_int_t)o->schedule.every,
                                  (json_int_t)o->schedule.warmup_steps,
                                  (json_int_t)(o->schedule.kind == MOTE_SCHEDULE_COSINE ? o->epochs : 0)));
    json_object_set_new(s, "augment",
                        json_pack("[b,b,f,f,f,f,f]", o->augment.flip, o->augment.flip_vertical,
                                  (double)o->augment.rotate, (double)o->augment.zoom, (double)o->augment.translate,
                                  (double)o->augment.brightness, (double)o->augment.contrast));
    json_object_set_new(s, "monitor", json_pack("[i,f]", o->monitor, o->min_delta));
    return s;
}

static mote_status compare_settings(const json_t *ours, const json_t *theirs, mote_error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)ours, key, value)
    {
        const json_t *other = json_object_get(theirs, key);
        if (json_equal(value, other))
            continue;
        char *a = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        char *b = other ? json_dumps(other, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
        mote_error_set(err, MOTE_FORMAT,
                       "it is of another run: its %s is %.100s, this run's %.100s; give the same options, or another "
                       "--checkpoint folder",
                       key, b ? b : "absent", a ? a : "?");
        free(a);
        free(b);
        return MOTE_FORMAT;
    }
    return MOTE_OK;
}

/* --- writing --- */

typedef struct buffer {
    unsigned char *bytes;
    size_t n, capacity;
    bool failed;
} buffer;

static void put(buffer *b, const void *bytes, size_t n)
{
    if (!b->failed && b->n + n > b->capacity) {
        const size_t capacity = (b->n + n) * 3 / 2;
        unsigned char *bigger = mote_realloc(NULL, b->bytes, b->n, capacity);
        b->failed = !bigger;
        if (bigger) {
            b->bytes = bigger;
            b->capacity = capacity;
        }
    }
    if (b->failed || n == 0)
        return;
    memcpy(b->bytes + b->n, bytes, n);
    b->n += n;
}

static void put_part(buffer *b, const char *prefix, const char *name, const void *bytes, size_t n)
{
    const uint32_t n_name = (uint32_t)(strlen(prefix) + strlen(name));
    const uint64_t n_bytes = n;
    put(b, &n_name, 4);
    put(b, &n_bytes, 8);
    put(b, prefix, strlen(prefix));
    put(b, name, strlen(name));
    put(b, bytes, n);
}

static mote_status fill(fit_run *run, buffer *b, mote_error *err)
{
    char *settings = json_dumps(run->settings, JSON_COMPACT);
    const uint32_t none = 0;
    put(b, MAGIC, MAGIC_BYTES);
    put(b, &none, 4);
    if (settings)
        put_part(b, "", "settings", settings, strlen(settings));
    put_part(b, "", "progress", &run->progress, sizeof run->progress);
    put_part(b, "", "history", run->result->history, (size_t)run->result->n_history * sizeof *run->result->history);
    for (int32_t i = 0; i < mote_trainer_n_state(run->trainer); i++) {
        const mote_state_tensor state = mote_trainer_state(run->trainer, i);
        put_part(b, "state/", state.name, state.data, state.n_bytes);
    }
    if (run->has_best)
        put_part(b, "", "best", run->best, run->best_bytes);
    const bool whole = settings && !b->failed;
    free(settings);
    if (!whole)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for a checkpoint");
    const uint32_t crc = mote_crc32c(b->bytes + HEAD_BYTES, b->n - HEAD_BYTES);
    memcpy(b->bytes + MAGIC_BYTES, &crc, 4);
    return MOTE_OK;
}

static void place(const fit_run *run, const char *name, char path[1024])
{
    snprintf(path, 1024, "%s/%s", run->options->checkpoint, name);
}

mote_status fit_checkpoint_save(fit_run *run, mote_error *err)
{
    char path[1024];
    mote_status status = mote_make_directories(run->options->checkpoint, err);
    if (status != MOTE_OK)
        return status;
    place(run, "checkpoint.mote", path);
    buffer b = {0};
    status = fill(run, &b, err);
    if (status == MOTE_OK)
        status = mote_file_write(path, b.bytes, b.n, err);
    mote_free(NULL, b.bytes);
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "the checkpoint");
}

/* --- reading --- */

typedef struct part {
    const char *name;
    uint32_t n_name;
    const unsigned char *data;
    uint64_t n;
} part;

static bool next_part(const mote_file *file, size_t *at, part *p)
{
    if (file->n_bytes - *at < PART_HEAD_BYTES)
        return false;
    memcpy(&p->n_name, file->data + *at, 4);
    memcpy(&p->n, file->data + *at + 4, 8);
    const size_t rest = file->n_bytes - *at - PART_HEAD_BYTES;
    if (p->n_name > rest || p->n > rest - p->n_name)
        return false;
    p->name = (const char *)file->data + *at + PART_HEAD_BYTES;
    p->data = file->data + *at + PART_HEAD_BYTES + p->n_name;
    *at += PART_HEAD_BYTES + p->n_name + (size_t)p->n;
    return true;
}

static bool is_called(const part *p, const char *prefix, const char *name)
{
    const size_t n = strlen(prefix), m = strlen(name);
    return p->n_name == n + m && memcmp(p->name, prefix, n) == 0 && memcmp(p->name + n, name, m) == 0;
}

static bool find_part(const mote_file *file, const char *prefix, const char *name, part *p)
{
    size_t at = HEAD_BYTES;
    while (next_part(file, &at, p))
        if (is_called(p, prefix, name))
            return true;
    return false;
}

static mote_status damaged(const char *what, mote_error *err)
{
    return mote_error_set(err, MOTE_FORMAT,
                          "it is damaged (%s); delete it to begin anew, or give another --checkpoint folder", what);
}

static mote_status check(const fit_run *run, const mote_file *file, mote_error *err)
{
    uint32_t crc;
    if (file->n_bytes < HEAD_BYTES || memcmp(file->data, MAGIC, MAGIC_BYTES) != 0)
        return damaged("it does not begin like one of mote's", err);
    memcpy(&crc, file->data + MAGIC_BYTES, 4);
    if (crc != mote_crc32c(file->data + HEAD_BYTES, file->n_bytes - HEAD_BYTES))
        return damaged("its checksum is wrong", err);
    part p;
    if (!find_part(file, "", "settings", &p))
        return damaged("it has no settings", err);
    json_t *settings = json_loadb((const char *)p.data, (size_t)p.n, 0, NULL);
    const mote_status status = settings ? compare_settings(run->settings, settings, err) : damaged("its settings", err);
    json_decref(settings);
    return status;
}

static mote_status take(fit_run *run, const mote_file *file, mote_error *err)
{
    part p;
    if (!find_part(file, "", "progress", &p) || p.n != sizeof run->progress)
        return damaged("its progress", err);
    memcpy(&run->progress, p.data, sizeof run->progress);
    if (!find_part(file, "", "history", &p) || p.n % sizeof(mote_epoch) != 0)
        return damaged("its history", err);
    for (uint64_t i = 0; i < p.n / sizeof(mote_epoch); i++) {
        mote_epoch epoch;
        memcpy(&epoch, p.data + i * sizeof epoch, sizeof epoch);
        const mote_status status = fit_history_add(run, &epoch, err);
        if (status != MOTE_OK)
            return status;
    }
    for (int32_t i = 0; i < mote_trainer_n_state(run->trainer); i++) {
        const mote_state_tensor state = mote_trainer_state(run->trainer, i);
        if (!find_part(file, "state/", state.name, &p) || p.n != state.n_bytes)
            return damaged(state.name, err);
        memcpy(state.data, p.data, state.n_bytes);
    }
    if (find_part(file, "", "best", &p)) {
        const mote_status status = fit_best_keep(run, err);
        if (status != MOTE_OK)
            return status;
        if (p.n != run->best_bytes)
            return damaged("its best weights", err);
        memcpy(run->best, p.data, run->best_bytes);
    }
    return MOTE_OK;
}

/* What a run that was killed while it wrote has left: "checkpoint.mote.XXXXXX.tmp". */
static void remove_unfinished(const fit_run *run)
{
    DIR *folder = opendir(run->options->checkpoint);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        const size_t n = strlen(entry->d_name);
        const bool ours =
            strncmp(entry->d_name, "checkpoint.mote.", 16) == 0 || strncmp(entry->d_name, "best.h5.", 8) == 0;
        if (!ours || n < 4 || strcmp(entry->d_name + n - 4, ".tmp") != 0)
            continue;
        char path[1024];
        place(run, entry->d_name, path);
        unlink(path);
    }
    if (folder)
        closedir(folder);
}

mote_status fit_checkpoint_load(fit_run *run, bool *found, mote_error *err)
{
    char path[1024];
    remove_unfinished(run);
    place(run, "checkpoint.mote", path);
    *found = access(path, F_OK) == 0;
    if (!*found)
        return MOTE_OK;
    mote_file file;
    mote_status status = mote_file_open_regular(&file, path, 0, NULL, err);
    if (status != MOTE_OK)
        return status;
    status = check(run, &file, err);
    if (status == MOTE_OK)
        status = take(run, &file, err);
    mote_file_close(&file);
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "%s", path);
}
