#include "cli/cli_json.h"

#include <mote/text.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 9 }; /* what tells any two floats apart */

json_t *cli_json_text(const char *text)
{
    const size_t n_bytes = strlen(text) + 1;
    char *clean = malloc(n_bytes);
    json_t *value = clean ? json_string(mote_text_clean(clean, n_bytes, text)) : NULL;
    free(clean);
    return value;
}

void cli_json_print(json_t *document)
{
    json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(document);
}
