/* Names from files, folders and the command line, as they may be shown: they may be any bytes. */
#ifndef MOTE_CLI_CLI_TEXT_H
#define MOTE_CLI_CLI_TEXT_H

enum { CLI_TEXT_BYTES = 4200 }; /* a path, and what stands around it */

/* Returned by value, for printf("%s", cli_shown(name).text): it lives to the end of the expression. */
typedef struct cli_text {
    char text[CLI_TEXT_BYTES];
} cli_text;

/* As mote_text_clean has it. */
cli_text cli_shown(const char *text);
/* The same in a column: cut to so many characters, and filled up with spaces. */
cli_text cli_column(const char *text, int width);
/* As a word for a shell: in quotes where it needs them. */
cli_text cli_quoted(const char *text);

#endif
