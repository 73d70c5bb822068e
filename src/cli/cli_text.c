#include "cli/cli_text.h"

#include <mote/text.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

cli_text cli_shown(const char *text)
{
    cli_text shown;
    mote_text_clean(shown.text, sizeof shown.text, text);
    return shown;
}

cli_text cli_column(const char *text, int width)
{
    const cli_text shown = cli_shown(text);
    const size_t n_bytes = mote_text_bytes(shown.text, (size_t)width), n = mote_text_length(shown.text);
    cli_text column;
    snprintf(column.text, sizeof column.text, "%.*s%*s", (int)n_bytes, shown.text,
             n < (size_t)width ? width - (int)n : 0, "");
    return column;
}

/* What no shell takes for something else, in any place of a word. */
static bool is_plain(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./:,@%=";
    return *text && text[strspn(text, plain)] == '\0';
}

cli_text cli_quoted(const char *text)
{
    if (is_plain(text))
        return cli_shown(text);
    char quoted[CLI_TEXT_BYTES];
    size_t n = 0;
    quoted[n++] = '\'';
    for (; *text && n + 6 < sizeof quoted; text++) {
        if (*text == '\'') { /* out of the quotes, one that stands for itself, and in again */
            memcpy(quoted + n, "'\\'", 3);
            n += 3;
        }
        quoted[n++] = *text;
    }
    quoted[n++] = '\'';
    quoted[n] = '\0';
    return cli_shown(quoted);
}
