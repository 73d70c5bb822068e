/* The comparison as one JSON document. */
#include "report/comparison.h"

#include <mote/text.h>

#include <jansson.h>
#include <math.h>
#include <string.h>

static json_t *text_json(const char *text)
{
    char clean[4096];
    return json_string(mote_text_clean(clean, sizeof clean, text));
}

static json_t *number_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *confusion_json(const mote_evaluation *e)
{
    json_t *rows = json_array();
    for (int64_t label = 0; label < e->n_classes; label++) {
        json_t *row = json_array();
        for (int64_t top = 0; top < e->n_classes; top++)
            json_array_append_new(row, json_integer((json_int_t)e->confusion[label * e->n_classes + top]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *form_json(const mote_comparison *c, int32_t i)
{
    const mote_report_form *form = &c->forms[i];
    const mote_evaluation *e = form->evaluation;
    char verdict[MOTE_VERDICT_BYTES];
    mote_comparison_verdict(c, i, verdict);
    json_t *object = json_object();
    json_object_set_new(object, "model", text_json(form->model));
    json_object_set_new(object, "format", json_string(form->format));
    json_object_set_new(object, "bytes", json_integer((json_int_t)form->bytes));
    json_object_set_new(object, "examples", json_integer((json_int_t)e->n));
    json_object_set_new(object, "skipped", json_integer((json_int_t)e->n_skipped));
    json_object_set_new(object, "accuracy", json_real(e->accuracy));
    json_object_set_new(object, "accuracy_low", json_real(e->interval.low));
    json_object_set_new(object, "accuracy_high", json_real(e->interval.high));
    json_object_set_new(object, "loss", number_json(e->loss));
    json_object_set_new(object, "p50_ms", number_json(form->p50_ms));
    json_object_set_new(object, "agreement", json_real(comparison_agreement(form)));
    json_object_set_new(object, "confusion", confusion_json(e));
    json_object_set_new(object, "warning", verdict[0] ? text_json(verdict) : json_null());
    return object;
}

static json_t *history_json(const mote_history *history)
{
    json_t *rows = json_array();
    for (int32_t i = 0; i < history->n_epochs; i++) {
        const mote_history_epoch *epoch = &history->epochs[i];
        json_t *row = json_object();
        json_object_set_new(row, "epoch", json_integer(i + 1));
        json_object_set_new(row, "loss", number_json(epoch->loss));
        json_object_set_new(row, "accuracy", number_json(epoch->accuracy));
        json_object_set_new(row, "val_loss", number_json(epoch->val_loss));
        json_object_set_new(row, "val_accuracy", number_json(epoch->val_accuracy));
        json_object_set_new(row, "seconds", number_json(epoch->seconds));
        json_array_append_new(rows, row);
    }
    return rows;
}

mote_status mote_comparison_write_json(const mote_comparison *c, const mote_history *history, FILE *out,
                                       mote_error *err)
{
    json_t *root = json_object(), *models = json_array(), *classes = json_array();
    for (int32_t i = 0; i < c->n_forms; i++)
        json_array_append_new(models, form_json(c, i));
    for (int32_t i = 0; i < c->forms[c->reference].evaluation->n_classes; i++) {
        char number[16];
        json_array_append_new(classes, text_json(comparison_class_name(c, i, number)));
    }
    json_object_set_new(root, "data", text_json(c->data));
    json_object_set_new(root, "split", text_json(c->split));
    json_object_set_new(root, "classes", classes);
    json_object_set_new(root, "threads", json_integer(c->n_threads));
    json_object_set_new(root, "reference", text_json(c->forms[c->reference].model));
    json_object_set_new(root, "models", models);
    if (history)
        json_object_set_new(root, "history", history_json(history));
    const int failed = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9) | JSON_PRESERVE_ORDER);
    json_decref(root);
    if (failed || fputc('\n', out) == EOF)
        return mote_error_set(err, MOTE_IO, "the JSON document cannot be written; is the disk full?");
    return MOTE_OK;
}
