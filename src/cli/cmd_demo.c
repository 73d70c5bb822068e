/* mote demo: everything, from nothing. It is `dataset make` and `study`, and says so. */
#include "cli/cli_interrupt.h"
#include "cli/cli_parse.h"
#include "cli/cli_pets.h"
#include "cli/cli_text.h"

#include <mote/io.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, PHOTO_PX = 64, MAX_WORDS = 40 };

typedef struct demo_args {
    const char *output;
    int64_t count, epochs, seed;
} demo_args;

#define AT(member) offsetof(demo_args, member)
static const cli_option OPTIONS[] = {
    {.name = "output",
     .letter = 'o',
     .kind = CLI_STRING,
     .arg = "DIR",
     .def = "mote-demo",
     .help = "folder for the photos, the models and the report",
     .offset = AT(output)},
    {.name = "count",
     .kind = CLI_INT,
     .arg = "N",
     .def = "3000",
     .min = 40,
     .max = 1000000,
     .help = "photos to draw",
     .offset = AT(count)},
    {.name = "epochs",
     .kind = CLI_INT,
     .arg = "N",
     .def = "10",
     .min = 1,
     .max = 10000,
     .help = "times that training goes over them",
     .offset = AT(epochs)},
    {.name = "seed",
     .kind = CLI_INT,
     .arg = "S",
     .def = "0",
     .min = 0,
     .max = 9e15,
     .help = "of the photos and of training",
     .offset = AT(seed)},
};
#undef AT
static const cli_group GROUPS[] = {{OPTIONS, CLI_COUNT(OPTIONS), 0}};

extern const cli_verb cli_verb_study;

/* Photos that an earlier demo drew are used again. */
static mote_status draw(const cli_context *context, const demo_args *args, const char *photos, mote_error *err)
{
    const cli_pets pets = {.count = args->count, .size = PHOTO_PX, .seed = args->seed};
    if (access(photos, F_OK) == 0) {
        cli_note(context,
                 "%s is there: its photos are used again, whatever --count and --seed say; remove it to draw others",
                 photos);
        return MOTE_OK;
    }
    cli_note(context, "mote dataset make %s --count %lld --size %d --seed %lld", cli_quoted(photos).text,
             (long long)pets.count, (int)PHOTO_PX, (long long)pets.seed);
    mote_output_place *place;
    mote_status status = mote_output_place_open(&place, args->output, err);
    if (status != MOTE_OK)
        return status;
    status = cli_pets_make(context, &pets, photos, err);
    if (status == MOTE_OK)
        mote_output_place_keep(place);
    else
        mote_output_place_discard(place);
    return status;
}

static void say(const cli_context *context, char *const *words)
{
    char text[3 * PATH_BYTES] = "mote";
    size_t used = strlen(text);
    for (; *words && used < sizeof text; words++)
        used += (size_t)snprintf(text + used, sizeof text - used, " %s", cli_quoted(*words).text);
    cli_note(context, "%s", text);
}

/* As if the user had typed it, with the common options that this verb was given. */
static int study(const cli_context *context, const demo_args *args, char *photos)
{
    char epochs[24], seed[24], threads[24], px[24], output[PATH_BYTES];
    snprintf(epochs, sizeof epochs, "%lld", (long long)args->epochs);
    snprintf(seed, sizeof seed, "%lld", (long long)args->seed);
    snprintf(threads, sizeof threads, "%d", context->n_threads);
    snprintf(px, sizeof px, "%d", (int)PHOTO_PX);
    snprintf(output, sizeof output, "%s", args->output);
    char *words[MAX_WORDS] = {
        "study",       "--data",     photos,           "--model", "mote_tiny",   "--input",  px,     "--train",
        "train[:80%]", "--val",      "train[80%:90%]", "--test",  "train[90%:]", "--epochs", epochs, "--lr",
        "2e-3",        "--schedule", "cosine",         "--seed",  seed,          "-o",       output};
    say(context, words);
    int n = 0;
    while (words[n])
        n++;
    words[n++] = "--threads";
    words[n++] = threads;
    if (context->json)
        words[n++] = "--json";
    if (context->quiet)
        words[n++] = "--quiet";
    return cli_run_verb(&cli_verb_study, n, words);
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    (void)n_positional;
    (void)positional;
    const demo_args *demo = args;
    char photos[PATH_BYTES];
    const int n = snprintf(photos, sizeof photos, "%s/photos", demo->output);
    if (n < 0 || n >= PATH_BYTES)
        return cli_fail_text(context, "-o: the path is too long");
    mote_error err = {0};
    const mote_status status = draw(context, demo, photos, &err);
    cli_interrupt_end();
    return status == MOTE_OK ? study(context, demo, photos) : cli_fail(context, &err);
}

const cli_verb cli_verb_demo = {
    .name = "demo",
    .summary = "everything, from nothing: draw photos, train, convert, compare, report",
    .description =
        "Draws photos of cats and dogs, trains mote_tiny (a small EfficientNet) on them, converts it to four forms,\n"
        "measures each, and writes a report to open; about a minute on two cores. The commands it runs are shown, to\n"
        "be tried with photos of your own.",
    .examples = "  mote demo\n  mote demo -o out --count 6000 --epochs 20",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(demo_args),
    .min_positional = 0,
    .max_positional = 0,
    .run = run,
};
