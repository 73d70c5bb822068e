/* --help and man pages: the same option tables, two renderings. */
#include "cli/cli_parse.h"
#include "cli/cli_text.h"

#include <mote/text.h>
#include <mote/version.h>

#include <stdio.h>
#include <string.h>

static size_t count_of(const cli_group *group)
{
    return group->n_options ? group->n_options : cli_n_data_options;
}

/* What an option is, with its words, its default where the help does not say it, and whether it is needed. */
static void describe(const cli_option *option, char *text, size_t n_bytes)
{
    const bool lists = option->kind == CLI_CHOICE && option->arg;
    const bool says = option->def && !strstr(option->help, "(default");
    snprintf(text, n_bytes, "%s%s%s%s%s%s%s", option->help, lists ? ": " : "", lists ? option->choices : "",
             says ? " (default " : "", says ? option->def : "", says ? ")" : "", option->required ? " (needed)" : "");
}

enum { HELP_COLUMNS = 100 };

static int columns(const char *text, size_t n_bytes)
{
    return (int)(mote_text_length(text) - mote_text_length(text + n_bytes));
}

/* How much stays together: a word, or of a list that no line holds ("a|b|c") what a line does. */
static size_t word_bytes(const char *text, int room)
{
    const size_t n = strcspn(text, " \n");
    size_t fits = n;
    for (size_t i = 0; columns(text, n) > room && i < n; i++)
        if (text[i] == '|' && columns(text, i + 1) <= room)
            fits = i + 1;
    return fits;
}

/* Lines of up to HELP_COLUMNS, those after the first indented; a newline counts as a blank, two end a paragraph. */
static void print_wrapped(const char *text, int indent)
{
    int column = indent;
    for (bool first = true; *text; first = false) {
        const size_t blanks = strspn(text, " \n"), n = word_bytes(text + blanks, HELP_COLUMNS - indent);
        const int width = columns(text + blanks, n), gap = blanks > 0;
        const bool paragraph = strncmp(text, "\n\n", 2) == 0;
        if (!first && (paragraph || column + gap + width > HELP_COLUMNS)) {
            printf("%s\n%*s", paragraph ? "\n" : "", indent, "");
            column = indent;
        } else {
            column += printf("%*s", gap, "");
        }
        printf("%.*s", (int)n, text + blanks);
        column += width;
        text += blanks + n;
    }
    printf("\n");
}

static void print_option(const cli_option *option)
{
    enum { LEFT = 26 };
    char left[96], text[1024];
    const char *arg = option->kind == CLI_FLAG ? ""
                      : option->arg            ? option->arg
                      : option->choices        ? option->choices
                                               : "X";
    const char short_form[] = {'-', option->letter, ',', ' ', '\0'};
    const int n = snprintf(left, sizeof left, "%s--%s", option->letter ? short_form : "    ", option->name);
    if (*arg && n > 0 && (size_t)n < sizeof left)
        snprintf(left + n, sizeof left - (size_t)n, " %s", arg);
    if (strlen(left) > LEFT)
        printf("  %s\n  %*s  ", left, LEFT, "");
    else
        printf("  %-*s  ", LEFT, left);
    describe(option, text, sizeof text);
    print_wrapped(text, LEFT + 4);
}

void cli_print_help(const cli_verb *verb)
{
    printf("usage: mote %s%s%s [options]\n\n%s\n", verb->name, verb->positional ? " " : "",
           verb->positional ? verb->positional : "", verb->summary);
    if (verb->description) {
        printf("\n");
        print_wrapped(verb->description, 0);
    }
    printf("\noptions:\n");
    for (size_t i = 0; i < verb->n_groups; i++)
        for (size_t j = 0; j < count_of(&verb->groups[i]); j++)
            print_option(&verb->groups[i].options[j]);
    for (size_t j = 0; j < cli_common_group.n_options; j++)
        print_option(&cli_common_group.options[j]);
    if (verb->examples)
        printf("\nexamples:\n%s\n", verb->examples);
}

/* roff treats a backslash, and a dot or quote that begins a line, as its own. */
static void print_roff(const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\n' && text[1] == '\n') {
            fputs("\n.PP", stdout);
        } else
            putchar(*text);
        line_start = *text == '\n';
    }
    putchar('\n');
}

static void print_roff_option(const cli_option *option)
{
    printf(".TP\n");
    if (option->letter)
        printf("\\fB\\-%c\\fR, ", option->letter);
    printf("\\fB\\-\\-%s\\fR", option->name);
    if (option->kind != CLI_FLAG)
        printf(" \\fI%s\\fR", option->arg ? option->arg : option->choices);
    printf("\n");
    char text[1024];
    describe(option, text, sizeof text);
    print_roff(text);
}

static void print_verb_page(const cli_verb *verb, const char *page)
{
    printf(".TH MOTE\\-%s 1 \"\" \"mote %s\" \"mote manual\"\n.SH NAME\nmote\\-%s \\- ", page, MOTE_VERSION, page);
    print_roff(verb->summary);
    printf(".SH SYNOPSIS\n\\fBmote %s\\fR", verb->name);
    if (verb->positional)
        printf(" \\fI%s\\fR", verb->positional);
    printf(" [options]\n");
    if (verb->description) {
        printf(".SH DESCRIPTION\n");
        print_roff(verb->description);
    }
    printf(".SH OPTIONS\n");
    for (size_t i = 0; i < verb->n_groups; i++)
        for (size_t j = 0; j < count_of(&verb->groups[i]); j++)
            print_roff_option(&verb->groups[i].options[j]);
    for (size_t j = 0; j < cli_common_group.n_options; j++)
        print_roff_option(&cli_common_group.options[j]);
    if (verb->examples) {
        printf(".SH EXAMPLES\n.nf\n");
        print_roff(verb->examples);
        printf(".fi\n");
    }
    printf(".SH EXIT STATUS\n0 done, 1 failed (one line on standard error says where, what, and what to do), 2 wrong "
           "usage.\n.SH SEE ALSO\n.BR mote (1)\n");
}

static void print_main_page(const cli_verb *const *verbs, size_t n_verbs)
{
    printf(".TH MOTE 1 \"\" \"mote %s\" \"mote manual\"\n.SH NAME\nmote \\- from photos to a small, fast, accurate "
           "network in TensorFlow Lite's format\n.SH SYNOPSIS\n\\fBmote\\fR \\fIVERB\\fR [options] ...\n"
           ".SH VERBS\n",
           MOTE_VERSION);
    for (size_t i = 0; i < n_verbs; i++) {
        printf(".TP\n\\fB%s\\fR\n", verbs[i]->name);
        print_roff(verbs[i]->summary);
    }
    printf(".SH ENVIRONMENT\n.TP\n\\fBMOTE_THREADS\\fR\nthreads to use where \\-\\-threads is not given\n.TP\n"
           "\\fBMOTE_CPU\\fR\nprocessor features to use at most: ref, sse4, avx2, avx512, avx512vnni, amx, neon, "
           "dotprod, i8mm\n.TP\n\\fBMOTE_CACHE\\fR\nfolder for fetched weights (default: $XDG_CACHE_HOME/mote or "
           "~/.cache/mote)\n.TP\n\\fBNO_COLOR\\fR\nno colours\n.SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage.\n");
}

int cli_print_man_pages(const cli_verb *const *verbs, size_t n_verbs, const char *name)
{
    if (!name || strcmp(name, "mote") == 0) {
        print_main_page(verbs, n_verbs);
        return CLI_OK;
    }
    for (size_t i = 0; i < n_verbs; i++) {
        char page[64];
        snprintf(page, sizeof page, "%s", verbs[i]->name);
        for (char *at = page; *at; at++)
            if (*at == ' ')
                *at = '-';
        if (strcmp(page, name) == 0) {
            print_verb_page(verbs[i], page);
            return CLI_OK;
        }
    }
    fprintf(stderr, "mote: no manual page '%s'\n", cli_shown(name).text);
    return CLI_USAGE;
}
