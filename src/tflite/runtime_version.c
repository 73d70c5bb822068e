#include "tflite/runtime_version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int32_t op;
    const char *releases;
} runtime_versions[] = {
#include "tflite/runtime_version_list.inc"
};

/* The nth word of text, counted from 1; NULL when there are fewer. */
static const char *find_word(const char *text, int32_t n)
{
    while (text != NULL && --n > 0) {
        text = strchr(text, ' ');
        if (text != NULL)
            ++text;
    }
    return text;
}

mote_runtime_version mote_runtime_version_find(int32_t op, int32_t op_version)
{
    mote_runtime_version version = {0};
    for (size_t i = 0; i < sizeof runtime_versions / sizeof *runtime_versions; ++i) {
        if (runtime_versions[i].op != op)
            continue;
        const char *word = find_word(runtime_versions[i].releases, op_version);
        char *end;
        if (word == NULL || *word == '-')
            break;
        version.major = (int32_t)strtol(word, &end, 10);
        version.minor = (int32_t)strtol(end + 1, &end, 10);
        version.patch = (int32_t)strtol(end + 1, &end, 10);
        break;
    }
    return version;
}

mote_runtime_version mote_runtime_version_max(mote_runtime_version a, mote_runtime_version b)
{
    if (a.major != b.major)
        return a.major > b.major ? a : b;
    if (a.minor != b.minor)
        return a.minor > b.minor ? a : b;
    return a.patch >= b.patch ? a : b;
}

void mote_runtime_version_format(mote_runtime_version version, char text[MOTE_RUNTIME_VERSION_BYTES])
{
    memset(text, 0, MOTE_RUNTIME_VERSION_BYTES);
    if (version.major != 0) /* each part of the table has at most two digits */
        snprintf(text, MOTE_RUNTIME_VERSION_BYTES, "%d.%d.%d", version.major % 100, version.minor % 100,
                 version.patch % 100);
}
