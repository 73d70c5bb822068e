/* What the verbs' JSON documents have in common. */
#ifndef MOTE_CLI_CLI_JSON_H
#define MOTE_CLI_CLI_JSON_H

#include <jansson.h>

/* Text of a file or a file name, which may be any bytes; as mote_text_clean has it. New. */
json_t *cli_json_text(const char *text);
/* The document on standard output, and freed. That it could not be written is found and said at the program's end. */
void cli_json_print(json_t *document);

#endif
