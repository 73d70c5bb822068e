#include "cli/cli_output.h"

#include <mote/text.h>

#include <string.h>

enum { MAX_ENDINGS = 3 };

/* By cli_output_kind. */
static const struct kind {
    const char *what, *endings[MAX_ENDINGS];
    const char *made_by; /* what makes these, for one who has asked another verb for them */
    bool any;            /* endings that no kind knows are taken too */
} KINDS[] = {
    [CLI_KERAS_FILE] = {"a Keras file, .h5 or .keras",
                        {".h5", ".keras", ".hdf5"},
                        "; `mote model copy` makes Keras files of it",
                        true},
    [CLI_TFLITE_FILE] = {"a .tflite file", {".tflite"}, "; `mote convert` makes .tflite of it", true},
    [CLI_ARRAY_FILE] = {"a NumPy array, .npy", {".npy"}, "", false},
    [CLI_HISTORY_FILE] = {"a history, .csv or .jsonl", {".csv", ".jsonl"}, "", false},
    [CLI_PICTURE_FILE] = {"a picture, .png or .svg", {".png", ".svg"}, "", false},
};

bool cli_ends_with(const char *path, const char *ending)
{
    return *path && mote_text_ends_with(path + 1, ending);
}

static bool is_kind(const struct kind *kind, const char *path)
{
    for (int i = 0; i < MAX_ENDINGS && kind->endings[i]; i++)
        if (cli_ends_with(path, kind->endings[i]))
            return true;
    return false;
}

static bool has_ending(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return *name && strchr(name + 1, '.');
}

int cli_check_output(const cli_context *context, const char *option, const char *output, cli_output_kind kind)
{
    const struct kind *wanted = &KINDS[kind];
    if (!output)
        return CLI_OK;
    if (context->json && strcmp(output, "-") == 0)
        return cli_usage_error(context, "--json and %s - both want standard output", option);
    if (is_kind(wanted, output) || !has_ending(output))
        return CLI_OK;
    for (size_t i = 0; i < CLI_COUNT(KINDS); i++)
        if (is_kind(&KINDS[i], output))
            return cli_usage_error(context, "%s %s: this makes %s%s", option, output, wanted->what, KINDS[i].made_by);
    return wanted->any ? CLI_OK : cli_usage_error(context, "%s %s: this makes %s", option, output, wanted->what);
}
