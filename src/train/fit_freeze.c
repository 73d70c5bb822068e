#include <mote/fit.h>

#include <regex.h>

static bool matches(const mote_model *model, int32_t layer, const regex_t *regex)
{
    for (; layer >= 0; layer = model->layers[layer].parent)
        if (regexec(regex, model->layers[layer].name, 0, NULL, 0) == 0)
            return true;
    return false;
}

mote_status mote_model_set_trainable(mote_model *model, const char *regex, bool trainable, int32_t *n_layers,
                                     mote_error *err)
{
    regex_t compiled;
    const int problem = regcomp(&compiled, regex, REG_EXTENDED | REG_NOSUB);
    *n_layers = 0;
    if (problem != 0) {
        char why[128];
        regerror(problem, &compiled, why, sizeof why);
        return mote_error_set(err, MOTE_ARGUMENT, "'%s' is no regular expression: %s", regex, why);
    }
    for (int32_t i = 0; i < model->n_layers; i++)
        if (matches(model, i, &compiled)) {
            model->layers[i].trainable = trainable;
            /* Keras freezes all inside of a frozen model. */
            for (int32_t up = model->layers[i].parent; trainable && up >= 0; up = model->layers[up].parent)
                model->layers[up].trainable = true;
            ++*n_layers;
        }
    regfree(&compiled);
    return *n_layers > 0
               ? MOTE_OK
               : mote_error_set(err, MOTE_ARGUMENT, "no layer's name matches '%s'; `mote summary` lists them", regex);
}
