/* A head in a line: "dense:512:relu,batch_norm,dense:64:relu,dropout:0.2,dense:2:softmax". */
#include "import/arch_builder.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_UNITS = 1 << 16, ITEM_BYTES = 96 };

static const char *const ACTIVATIONS[] = {"relu",   "relu6",    "softmax",  "sigmoid",      "tanh",
                                          "swish",  "silu",     "gelu",     "elu",          "selu",
                                          "linear", "softplus", "softsign", "hard_sigmoid", "leaky_relu"};

static bool known_activation(const char *name)
{
    for (size_t i = 0; i < sizeof ACTIVATIONS / sizeof ACTIVATIONS[0]; i++)
        if (strcmp(name, ACTIVATIONS[i]) == 0)
            return true;
    return false;
}

static mote_status refuse(mote_error *err, const char *item, const char *why)
{
    return mote_error_set(err, MOTE_ARGUMENT, "head: '%s': %s", item, why);
}

/* Splits "dense:64:relu" at the colons into at most three parts; returns how many. */
static int split_parts(char *item, char *parts[3])
{
    int n = 0;
    parts[n++] = item;
    for (char *at = item; *at; at++)
        if (*at == ':') {
            *at = '\0';
            if (n == 3)
                return 4;
            parts[n++] = at + 1;
        }
    return n;
}

static mote_status add_dense(arch *a, arch_value *x, const char *item, char *parts[3], int n, mote_error *err)
{
    char *end = NULL;
    const long units = n >= 2 ? strtol(parts[1], &end, 10) : 0;
    if (n < 2 || n > 3 || !end || *end || units < 1 || units > MAX_UNITS)
        return refuse(err, item, "write dense:UNITS or dense:UNITS:ACTIVATION, e.g. dense:64:relu");
    if (n == 3 && !known_activation(parts[2]))
        return refuse(err, item, "no such activation; relu, swish, sigmoid, softmax, ... are there");
    *x = arch_dense(a, *x, (int32_t)units, n == 3 ? arch_name(a, "%s", parts[2]) : NULL, ARCH_GLOROT_UNIFORM, NULL);
    return MOTE_OK;
}

static mote_status add_item(arch *a, arch_value *x, const char *item, mote_error *err)
{
    char text[ITEM_BYTES];
    char *parts[3];
    strcpy(text, item); /* its length was checked by the caller */
    const int n = split_parts(text, parts);
    if (strcmp(parts[0], "dense") == 0)
        return add_dense(a, x, item, parts, n, err);
    if (strcmp(parts[0], "batch_norm") == 0 && n == 1) {
        *x = arch_batch_norm(a, *x, (arch_norm){0}, NULL);
        return MOTE_OK;
    }
    if (strcmp(parts[0], "dropout") == 0) {
        char *end = NULL;
        const double rate = n == 2 ? strtod(parts[1], &end) : -1;
        if (!end || *end || end == parts[1] || !(rate >= 0 && rate < 1))
            return refuse(err, item, "write dropout:RATE with a rate in 0…1, e.g. dropout:0.2");
        *x = arch_dropout(a, *x, rate, false, NULL);
        return MOTE_OK;
    }
    if (strcmp(parts[0], "activation") == 0) {
        if (n != 2 || !known_activation(parts[1]))
            return refuse(err, item, "write activation:NAME, e.g. activation:relu");
        *x = arch_activation(a, *x, arch_name(a, "%s", parts[1]), NULL);
        return MOTE_OK;
    }
    return refuse(err, item,
                  "not a layer of a head; there are dense:UNITS[:ACTIVATION], batch_norm, dropout:RATE and "
                  "activation:NAME");
}

arch_value arch_head(arch *a, arch_value x, const char *spec, mote_error *err)
{
    mote_error_clear(err);
    while (true) {
        char item[ITEM_BYTES];
        const size_t n = strcspn(spec, ",");
        if (n >= sizeof item) {
            mote_error_set(err, MOTE_ARGUMENT, "head: an item of %zu characters", n);
            return -1;
        }
        memcpy(item, spec, n);
        item[n] = '\0';
        if (add_item(a, &x, item, err) != MOTE_OK)
            return -1;
        if (spec[n] == '\0')
            return x;
        spec += n + 1;
    }
}
