#include "cli/cli_parse.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPTIONS = 96, FIRST_LONG_CODE = 1000, HELP_CODE = 999 };

static const cli_option COMMON_OPTIONS[] = {
    {.name = "json",
     .kind = CLI_FLAG,
     .help = "print one JSON document on standard output",
     .offset = offsetof(cli_context, json)},
    {.name = "quiet",
     .letter = 'q',
     .kind = CLI_FLAG,
     .help = "no progress, notes or warnings",
     .offset = offsetof(cli_context, quiet)},
    {.name = "threads",
     .kind = CLI_INT,
     .arg = "N",
     .min = 1,
     .max = 1024,
     .help = "threads to use (default: $MOTE_THREADS, or the cores this process may use)",
     .offset = offsetof(cli_context, n_threads)},
};
const cli_group cli_common_group = {COMMON_OPTIONS, CLI_COUNT(COMMON_OPTIONS), 0};

/* One row per option in use: where it came from and where its value goes. */
typedef struct slot {
    const cli_option *option;
    char *base;
    bool given;
} slot;

typedef struct parser {
    const cli_verb *verb;
    cli_context *context;
    slot slots[MAX_OPTIONS];
    int n_slots;
} parser;

static size_t group_count(const cli_group *group)
{
    return group->n_options ? group->n_options : cli_n_data_options;
}

static void add_group(parser *p, const cli_group *group, char *base)
{
    for (size_t i = 0; i < group_count(group) && p->n_slots < MAX_OPTIONS; i++)
        p->slots[p->n_slots++] = (slot){.option = &group->options[i], .base = base + group->base};
}

static bool choice_fits(const char *choices, const char *text)
{
    const size_t n = strlen(text);
    for (const char *at = choices; n && at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, text, n) == 0 && (at[n] == '|' || at[n] == '\0'))
            return true;
    }
    return false;
}

static int store_number(const parser *p, const slot *s, const char *text)
{
    const cli_option *option = s->option;
    char *end;
    errno = 0;
    const double value = option->kind == CLI_INT ? (double)strtoll(text, &end, 10) : strtod(text, &end);
    const bool bounded = option->min < option->max;
    if (errno || end == text || *end || !(value == value) || (bounded && (value < option->min || value > option->max)))
        return bounded && option->kind == CLI_INT
                   ? cli_usage_error(p->context, "--%s %s: a whole number from %.0f to %.0f is needed", option->name,
                                     text, option->min, option->max)
               : bounded ? cli_usage_error(p->context, "--%s %s: a number from %g to %g is needed", option->name, text,
                                           option->min, option->max)
                         : cli_usage_error(p->context, "--%s %s: a%s number is needed", option->name, text,
                                           option->kind == CLI_INT ? " whole" : "");
    void *at = s->base + option->offset;
    if (option == &COMMON_OPTIONS[2])
        *(int32_t *)at = (int32_t)value; /* cli_context.n_threads */
    else if (option->kind == CLI_INT)
        *(int64_t *)at = (int64_t)strtoll(text, NULL, 10);
    else
        *(double *)at = value;
    return CLI_OK;
}

static int store(const parser *p, const slot *s, const char *text)
{
    const cli_option *option = s->option;
    void *at = s->base + option->offset;
    switch (option->kind) {
    case CLI_FLAG:
        *(bool *)at = true;
        return CLI_OK;
    case CLI_CHOICE:
        if (!choice_fits(option->choices, text))
            return cli_usage_error(p->context, "--%s %s: one of %s is needed", option->name, text, option->choices);
        *(const char **)at = text;
        return CLI_OK;
    case CLI_STRING:
        if (!*text) /* what a variable that is not set leaves */
            return cli_usage_error(p->context, "--%s is empty; give it a value or leave it out", option->name);
        *(const char **)at = text;
        return CLI_OK;
    case CLI_INT:
    case CLI_FLOAT:
        return store_number(p, s, text);
    }
    return CLI_USAGE;
}

static int apply_defaults(const parser *p)
{
    for (int i = 0; i < p->n_slots; i++)
        if (p->slots[i].option->def) {
            const int code = store(p, &p->slots[i], p->slots[i].option->def);
            if (code != CLI_OK)
                return code;
        }
    return CLI_OK;
}

static int check_required(const parser *p)
{
    for (int i = 0; i < p->n_slots; i++)
        if (p->slots[i].option->required && !p->slots[i].given)
            return cli_usage_error(p->context, "--%s %s is needed", p->slots[i].option->name,
                                   p->slots[i].option->arg ? p->slots[i].option->arg : "");
    return CLI_OK;
}

/* getopt's tables from ours: letters go by themselves, long names by FIRST_LONG_CODE + slot. */
static void make_getopt_tables(const parser *p, struct option *longs, char *letters)
{
    *letters++ = ':';
    for (int i = 0; i < p->n_slots; i++) {
        const cli_option *option = p->slots[i].option;
        const bool takes = option->kind != CLI_FLAG;
        longs[i] = (struct option){option->name, takes ? required_argument : no_argument, NULL, FIRST_LONG_CODE + i};
        if (option->letter) {
            *letters++ = option->letter;
            if (takes)
                *letters++ = ':';
        }
    }
    longs[p->n_slots] = (struct option){"help", no_argument, NULL, HELP_CODE};
    longs[p->n_slots + 1] = (struct option){0};
    *letters = '\0';
}

static slot *find_slot(parser *p, int code)
{
    if (code >= FIRST_LONG_CODE && code < FIRST_LONG_CODE + p->n_slots)
        return &p->slots[code - FIRST_LONG_CODE];
    for (int i = 0; i < p->n_slots; i++)
        if (p->slots[i].option->letter == code && code)
            return &p->slots[i];
    return NULL;
}

/* Returns CLI_OK to go on, -1 when --help was printed, else an exit code. */
static int parse_options(parser *p, int argc, char **argv)
{
    struct option longs[MAX_OPTIONS + 2];
    char letters[2 * MAX_OPTIONS + 2];
    make_getopt_tables(p, longs, letters);
    opterr = 0;
    optind = 0; /* from the beginning, also for a verb that another runs */
    for (int code; (code = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        if (code == HELP_CODE) {
            cli_print_help(p->verb);
            return -1;
        }
        if (code == ':')
            return cli_usage_error(p->context, "%s needs a value", argv[optind - 1]);
        slot *s = find_slot(p, code);
        if (!s)
            return cli_usage_error(p->context, "no option %s", argv[optind - 1]);
        const int stored = store(p, s, optarg);
        if (stored != CLI_OK)
            return stored;
        s->given = true;
    }
    return check_required(p);
}

static int resolve_threads(cli_context *context)
{
    if (context->n_threads > 0)
        return CLI_OK;
    const char *text = getenv("MOTE_THREADS");
    if (text && *text) {
        char *end;
        const long n = strtol(text, &end, 10);
        if (*end || n < 1 || n > 1024)
            return cli_usage_error(context, "MOTE_THREADS=%s: a whole number from 1 to 1024 is needed", text);
        context->n_threads = (int32_t)n;
    } else {
        context->n_threads = mote_cpu_count();
    }
    return CLI_OK;
}

/* Without what may be left out, in brackets. */
static int say_needed(const cli_context *context, const cli_verb *verb)
{
    const char *optional = strstr(verb->positional, " [");
    const size_t n = optional ? (size_t)(optional - verb->positional) : strlen(verb->positional);
    const bool several = memchr(verb->positional, ' ', n) != NULL;
    return cli_usage_error(context, "%.*s %s needed", (int)n, verb->positional, several ? "are" : "is");
}

int cli_run_verb(const cli_verb *verb, int argc, char **argv)
{
    cli_context context = {.verb = verb->name};
    char *args = calloc(1, verb->args_bytes + 1);
    parser *p = calloc(1, sizeof *p);
    int code = CLI_FAILED;
    if (!args || !p) {
        cli_fail_text(&context, "out of memory");
        goto done;
    }
    p->verb = verb;
    p->context = &context;
    for (size_t i = 0; i < verb->n_groups; i++)
        add_group(p, &verb->groups[i], args);
    add_group(p, &cli_common_group, (char *)&context);
    code = apply_defaults(p);
    if (code == CLI_OK)
        code = parse_options(p, argc, argv);
    if (code == -1) {
        code = CLI_OK;
        goto done;
    }
    const int n_positional = argc - optind;
    if (code == CLI_OK && n_positional < verb->min_positional)
        code = say_needed(&context, verb);
    if (code == CLI_OK && verb->max_positional >= 0 && n_positional > verb->max_positional)
        code = cli_usage_error(&context, "'%s' is one argument too many", argv[optind + verb->max_positional]);
    for (int i = 0; code == CLI_OK && i < n_positional; i++)
        if (!*argv[optind + i])
            code = cli_usage_error(&context, "argument %d is empty; the verb takes %s", i + 1, verb->positional);
    if (code == CLI_OK)
        code = resolve_threads(&context);
    if (code == CLI_OK)
        code = verb->run(&context, args, n_positional, argv + optind);
done:
    free(p);
    free(args);
    return code;
}
