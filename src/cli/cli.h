/*
 * The frame of the command line. A verb is one file cmd_<verb>.c with one constant cli_verb, and one line in
 * verb_list.inc; its option table makes the parsing, the --help text and the man page.
 */
#ifndef MOTE_CLI_CLI_H
#define MOTE_CLI_CLI_H

#include <mote/data.h>
#include <mote/status.h>
#include <mote/thread.h>

typedef enum cli_kind {
    CLI_FLAG,   /* bool */
    CLI_STRING, /* const char *, borrowed from argv */
    CLI_INT,    /* int64_t in [min, max] */
    CLI_FLOAT,  /* double in [min, max] */
    CLI_CHOICE, /* const char *, one of the words in `choices`, separated by '|' */
} cli_kind;

typedef struct cli_option {
    const char *name; /* long name without dashes */
    char letter;      /* short form or 0 */
    cli_kind kind;
    const char *arg;  /* placeholder in the help, "DIR" */
    const char *help; /* one line, lower case, says the unit */
    const char *def;  /* default as text (parsed like the user's), or NULL */
    size_t offset;    /* into the verb's argument struct */
    double min, max;  /* CLI_INT and CLI_FLOAT; both 0: any */
    const char *choices;
    bool required;
} cli_option;

/* Options that several verbs share, and the struct their offsets point into. */
typedef struct cli_group {
    const cli_option *options;
    size_t n_options;
    size_t base; /* offset of the group's struct in the verb's argument struct */
} cli_group;

/* What every verb gets: --json, -q, --threads. */
typedef struct cli_context {
    bool json;
    bool quiet;
    int32_t n_threads; /* resolved, >= 1 */
    const char *verb;
} cli_context;

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

typedef struct cli_verb {
    const char *name;        /* "evaluate"; two words where there are (dataset info) */
    const char *positional;  /* "MODEL INPUT..." for the usage line */
    const char *summary;     /* one line */
    const char *description; /* paragraphs for --help and the man page */
    const char *examples;    /* lines, each a whole command */
    const cli_group *groups;
    size_t n_groups;
    size_t args_bytes;
    int min_positional, max_positional; /* max -1: any number */
    /* args is zeroed, then defaults, then the user's. Returns an exit code. */
    int (*run)(const cli_context *context, const void *args, int n_positional, char *const *positional);
} cli_verb;

#define CLI_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "mote: VERB: message" on standard error; returns CLI_FAILED. */
int cli_fail(const cli_context *context, const mote_error *err);
int cli_fail_text(const cli_context *context, const char *format, ...) MOTE_PRINTF(2, 3);
/* As above for wrong usage, with a hint at --help; returns CLI_USAGE. */
int cli_usage_error(const cli_context *context, const char *format, ...) MOTE_PRINTF(2, 3);
/* "mote: warning: …", unless -q. */
void cli_warn(const cli_context *context, const char *format, ...) MOTE_PRINTF(2, 3);
/* "mote: …" on standard error, unless -q. */
void cli_note(const cli_context *context, const char *format, ...) MOTE_PRINTF(2, 3);

/* --- progress: a bar with rate and ETA on a terminal, a plain line every 100 items otherwise, nothing with -q --- */
typedef struct cli_progress {
    const cli_context *context;
    const char *what; /* "evaluating float32.tflite" */
    const char *unit; /* "photos" */
    int64_t total, done;
    int64_t start_ns, last_draw_ns;
    bool terminal, drawn;
} cli_progress;
void cli_progress_start(cli_progress *progress, const cli_context *context, const char *what, const char *unit,
                        int64_t total);
void cli_progress_step(cli_progress *progress, int64_t done);
double cli_progress_rate(const cli_progress *progress); /* items a second so far */
void cli_progress_end(cli_progress *progress);          /* clears the bar */

/* --- --pixels: the words of mote_pixels_parse; the member of the group is a const char * --- */
extern const char cli_pixels_choices[];
enum { CLI_N_PIXELS_OPTIONS = 1 };
extern const cli_option cli_pixels_options[CLI_N_PIXELS_OPTIONS];
#define CLI_PIXELS_GROUP(type, member)                                                                                 \
    {                                                                                                                  \
        cli_pixels_options, CLI_N_PIXELS_OPTIONS, offsetof(type, member)                                               \
    }

/* --- the data options: --data --split --labels --limit --strict --- */
typedef struct cli_data_args {
    const char *data, *split, *labels, *pixels;
    int64_t limit;
    bool strict;
    const char *preferred; /* the split when --split is absent and there is one of this name; NULL: test */
} cli_data_args;
extern const cli_option cli_data_options[];
extern const size_t cli_n_data_options;
#define CLI_DATA_GROUP(type, member)                                                                                   \
    {                                                                                                                  \
        cli_data_options, 0, offsetof(type, member)                                                                    \
    } /* n_options 0: use cli_n_data_options */

/* Opens the dataset and the slice of --split (default: the preferred one where there is one, else the first). */
typedef struct cli_data {
    mote_dataset *dataset;
    mote_slice slice;
    mote_pixels pixels;
    const char *split; /* the expression in use */
} cli_data;
mote_status cli_data_open(cli_data *data, const cli_data_args *args, mote_error *err);
void cli_data_close(cli_data *data);
/* Loader callback: warns by name. arg is the cli_context. */
void cli_on_skip(void *arg, const char *name, const mote_error *err);

#endif
