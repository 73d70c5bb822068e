/* Photos whose answer changed between a form and the reference, those first of which both are most certain. */
#include "report/comparison.h"
#include "report/html.h"
#include "report/thumbnail.h"

#include <stdlib.h>
#include <string.h>

typedef struct change {
    int64_t place; /* in both lists of answers */
    float certainty;
} change;

static int by_certainty(const void *a, const void *b)
{
    const change *x = a, *y = b;
    if (x->certainty != y->certainty)
        return x->certainty < y->certainty ? 1 : -1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* From mote_alloc; NULL: out of memory. */
static change *list_changes(const mote_evaluation *a, const mote_evaluation *b, int64_t *n)
{
    const int64_t most = a->n < b->n ? a->n : b->n;
    change *changes = mote_calloc(NULL, (size_t)most, sizeof *changes);
    *n = 0;
    for (int64_t i = 0; changes && i < most; i++) {
        const mote_answer *x = &a->answers[i], *y = &b->answers[i];
        if (x->example == y->example && x->top != y->top)
            changes[(*n)++] = (change){i, x->certainty < y->certainty ? x->certainty : y->certainty};
    }
    if (changes)
        qsort(changes, (size_t)*n, sizeof *changes, by_certainty);
    return changes;
}

static void put_answer(FILE *out, const mote_comparison *c, int32_t form, int64_t place)
{
    const mote_answer *answer = &c->forms[form].evaluation->answers[place];
    const bool right = answer->top == answer->label;
    char number[16];
    fprintf(out, "<div class=\"%s\">%s ", right ? "good" : "loss", right ? "&#10003;" : "&#10007;");
    html_text(out, c->forms[form].name);
    fputs(": ", out);
    html_text(out, comparison_class_name(c, answer->top, number));
    fprintf(out, " %.0f%%</div>\n", 100 * (double)answer->certainty);
}

static mote_status put_photo(FILE *out, const mote_comparison *c, int32_t form, int64_t place, mote_error *err)
{
    enum { LONG_SIDE = 300, QUALITY = 75 };
    const mote_answer *answer = &c->forms[form].evaluation->answers[place];
    const char *name = mote_dataset_name(c->dataset, answer->example), *slash = strrchr(name, '/');
    char number[16];
    unsigned char *jpeg = NULL;
    size_t n_bytes = 0;
    fputs("<figure>", out);
    const mote_status status = thumbnail_make(c->dataset, answer->example, LONG_SIDE, QUALITY, &jpeg, &n_bytes, err);
    if (status == MOTE_NO_MEMORY)
        return status;
    if (status == MOTE_OK) { /* a photo that has gone meanwhile has a card without a picture */
        fputs("<img loading=\"lazy\" alt=\"\" src=\"", out);
        html_data_uri(out, "image/jpeg", jpeg, n_bytes);
        fputs("\">", out);
    }
    mote_free(NULL, jpeg);
    fputs("\n<figcaption><div>shows <strong>", out);
    html_text(out, comparison_class_name(c, answer->label, number));
    fputs("</strong></div>\n", out);
    put_answer(out, c, c->reference, place);
    put_answer(out, c, form, place);
    fputs("<div class=\"file\">", out);
    html_text(out, slash && slash[1] ? slash + 1 : name);
    fputs("</div></figcaption></figure>\n", out);
    return MOTE_OK;
}

static mote_status put_form(FILE *out, const mote_comparison *c, int32_t form, int32_t most, mote_error *err)
{
    const mote_pairing *pairing = &c->forms[form].pairing;
    const int64_t n_wrong_both = pairing->n - pairing->n_agree - pairing->n_lost - pairing->n_won;
    int64_t n;
    change *changes = list_changes(c->forms[c->reference].evaluation, c->forms[form].evaluation, &n);
    if (!changes)
        return mote_error_no_memory(err);
    mote_status status = MOTE_OK;
    if (n > 0) {
        fputs("<h3>", out);
        html_text(out, c->forms[form].name);
        fprintf(
            out,
            ": %lld of %lld photos</h3>\n<p class=\"note\">Right in the reference and wrong here: %lld. The other way: "
            "%lld.",
            (long long)n, (long long)pairing->n, (long long)pairing->n_lost, (long long)pairing->n_won);
        if (n_wrong_both > 0)
            fprintf(out, " Wrong in both: %lld.", (long long)n_wrong_both);
        if (n > most)
            fprintf(out, " The %d with the most certain answers:", most);
        fputs("</p>\n", out);
        fputs("<div class=\"photos\">\n", out);
        for (int64_t i = 0; status == MOTE_OK && i < n && i < most; i++)
            status = put_photo(out, c, form, changes[i].place, err);
        fputs("</div>\n", out);
    }
    mote_free(NULL, changes);
    return status;
}

mote_status mote_report_add_changes(mote_report *report, const mote_comparison *c, int32_t most, mote_error *err)
{
    FILE *out = report->body;
    int64_t n_changed = 0;
    for (int32_t i = 0; i < c->n_forms; i++)
        n_changed += c->forms[i].pairing.n - c->forms[i].pairing.n_agree;
    if (c->n_forms < 2)
        return MOTE_OK;
    fputs("<h2>Photos whose answer changed</h2>\n", out);
    if (n_changed == 0)
        fputs("<p>None: every form answers every photo as the reference does.</p>\n", out);
    mote_status status = MOTE_OK;
    for (int32_t i = 0; status == MOTE_OK && i < c->n_forms; i++)
        if (i != c->reference)
            status = put_form(out, c, i, most, err);
    return status == MOTE_OK ? html_status(report, err) : status;
}
