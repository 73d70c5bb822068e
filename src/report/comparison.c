/* What is to be said of several forms of a model: which loses, how much, and why that is likely. */
#include "report/comparison.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void mote_comparison_pair(mote_comparison *c)
{
    c->reference = 0;
    for (int32_t i = c->n_forms - 1; i >= 0; i--)
        if (strcmp(c->forms[i].format, "float32") == 0)
            c->reference = i;
    const mote_evaluation *reference = c->forms[c->reference].evaluation;
    for (int32_t i = 0; i < c->n_forms; i++)
        c->forms[i].pairing = mote_evaluation_pair(reference, c->forms[i].evaluation);
}

double comparison_agreement(const mote_report_form *form)
{
    return form->pairing.n > 0 ? (double)form->pairing.n_agree / (double)form->pairing.n : 0;
}

double mote_comparison_drop(const mote_comparison *c, int32_t form)
{
    return 100 * (c->forms[c->reference].evaluation->accuracy - c->forms[form].evaluation->accuracy);
}

bool mote_comparison_loses(const mote_comparison *c, int32_t form)
{
    static const double least_points = 1, chance = 0.05;
    const mote_pairing *pairing = &c->forms[form].pairing;
    return mote_comparison_drop(c, form) >= least_points - 1e-9 &&
           mote_mcnemar_p(pairing->n_lost, pairing->n_won) < chance;
}

/* --- why --- */

/* The class that nearly every photo is answered with, though the photos are of several; -1: none. */
static int32_t only_answer(const mote_evaluation *e)
{
    for (int32_t i = 0; i < e->n_classes; i++) {
        const mote_class_counts counts = mote_evaluation_class(e, i);
        if (20 * counts.n_answered >= 19 * e->n && 5 * counts.n <= 4 * e->n)
            return i;
    }
    return -1;
}

static const char *why_by_format(const char *format)
{
    static const struct {
        const char *format, *why;
    } reasons[] = {
        {"int8",
         "int8 has 256 steps for each activation, from its smallest to its largest value. Where a few values are far "
         "larger than the rest (swish and squeeze-and-excitation, as in EfficientNet) rounding swallows the rest. "
         "dynamic and float16 keep activations as floats, int16x8 has 65,536 steps"},
        {"int16x8",
         "weights have 256 steps; or the calibration photos did not show the range of values that these photos have"},
        {"dynamic",
         "weights have 256 steps, and so have activations within each photo. float16 keeps both as floats at half the "
         "size of float32"},
        {"float16", "values beyond 65504 or below 0.00006 do not fit half precision"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(format, reasons[i].format) == 0)
            return reasons[i].why;
    return "nothing about its numbers explains that: it may be another network, or one that expects other pixels "
           "(--pixels)";
}

const char *mote_comparison_verdict(const mote_comparison *c, int32_t form, char text[MOTE_VERDICT_BYTES])
{
    const mote_report_form *f = &c->forms[form], *reference = &c->forms[c->reference];
    text[0] = '\0';
    if (!mote_comparison_loses(c, form))
        return text;
    const int n = snprintf(
        text, MOTE_VERDICT_BYTES,
        "%.100s loses %.1f points of accuracy against %.100s: %.2f%% instead of %.2f%%. %lld photos went wrong "
        "that were right, %lld the other way. ",
        f->name, mote_comparison_drop(c, form), reference->name, 100 * f->evaluation->accuracy,
        100 * reference->evaluation->accuracy, (long long)f->pairing.n_lost, (long long)f->pairing.n_won);
    const int32_t only = only_answer(f->evaluation);
    char number[16];
    if (only >= 0)
        snprintf(text + n, MOTE_VERDICT_BYTES - (size_t)n,
                 "It answers %.60s to nearly every photo: likely it was calibrated on pixels of another range than it "
                 "gets here (--pixels), or it is damaged",
                 comparison_class_name(c, only, number));
    else if (f->noise && f->noise->drowned >= 0)
        snprintf(text + n, MOTE_VERDICT_BYTES - (size_t)n,
                 "From %.95s on its error is mostly a third of the signal or more. Likely why: %s",
                 f->noise->drowned_name, why_by_format(f->format));
    else
        snprintf(text + n, MOTE_VERDICT_BYTES - (size_t)n, "Likely why: %s", why_by_format(f->format));
    return text;
}

const char *comparison_class_name(const mote_comparison *c, int32_t index, char number[16])
{
    const char *name = mote_dataset_class_name(c->dataset, index);
    if (name)
        return name;
    snprintf(number, 16, "%d", index);
    return number;
}

/* --- choosing among the forms --- */

int32_t comparison_smallest_sound(const mote_comparison *c)
{
    int32_t best = c->reference;
    for (int32_t i = 0; i < c->n_forms; i++)
        if (!mote_comparison_loses(c, i) && c->forms[i].bytes < c->forms[best].bytes)
            best = i;
    return best;
}

int32_t comparison_fastest_sound(const mote_comparison *c)
{
    int32_t best = c->reference;
    for (int32_t i = 0; i < c->n_forms; i++)
        if (!mote_comparison_loses(c, i) && c->forms[i].p50_ms < c->forms[best].p50_ms)
            best = i;
    return best;
}

const char *comparison_format_ms(double ms, char text[32])
{
    snprintf(text, 32, ms >= 99.95 ? "%.0f ms" : ms >= 9.995 ? "%.1f ms" : ms >= 0.1 ? "%.2f ms" : "%.3f ms", ms);
    return text;
}
