/* mote dataset make: drawn cats and dogs, to try everything on without a download. */
#include "cli/cli_interrupt.h"
#include "cli/cli_json.h"
#include "cli/cli_pets.h"
#include "cli/cli_text.h"

#include <mote/draw.h>

#include <stddef.h>
#include <stdio.h>

static const cli_option OPTIONS[] = {
    {.name = "count",
     .kind = CLI_INT,
     .arg = "N",
     .def = "1000",
     .min = 2,
     .max = 1000000,
     .help = "photos to draw, half of them cats",
     .offset = offsetof(cli_pets, count)},
    {.name = "size",
     .kind = CLI_INT,
     .arg = "PX",
     .def = "96",
     .min = MOTE_PET_MIN_PX,
     .max = MOTE_PET_MAX_PX,
     .help = "width and height in pixels",
     .offset = offsetof(cli_pets, size)},
    {.name = "seed",
     .kind = CLI_INT,
     .arg = "S",
     .def = "0",
     .min = 0,
     .max = 9e15,
     .help = "another seed draws another set; the same one the same, to the byte",
     .offset = offsetof(cli_pets, seed)},
};
static const cli_group GROUPS[] = {{OPTIONS, CLI_COUNT(OPTIONS), 0}};

static void report(const cli_context *context, const cli_pets *args, const char *path)
{
    const int64_t n_cats = (args->count + 1) / 2;
    if (!context->json) {
        printf("%s: %lld photos of %lld x %lld pixels, %lld cats and %lld dogs\n", cli_shown(path).text,
               (long long)args->count, (long long)args->size, (long long)args->size, (long long)n_cats,
               (long long)(args->count - n_cats));
        return;
    }
    json_t *document =
        json_pack("{s:o, s:[s,s], s:I, s:{s:I, s:I}, s:I, s:I}", "path", cli_json_text(path), "classes",
                  mote_pet_name(0), mote_pet_name(1), "examples", (json_int_t)args->count, "per_class",
                  mote_pet_name(0), (json_int_t)n_cats, mote_pet_name(1), (json_int_t)(args->count - n_cats), "size",
                  (json_int_t)args->size, "seed", (json_int_t)args->seed);
    cli_json_print(document);
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    (void)n_positional;
    mote_error err = {0};
    const mote_status status = cli_pets_make(context, args, positional[0], &err);
    cli_interrupt_end();
    if (status != MOTE_OK)
        return cli_fail(context, &err);
    report(context, args, positional[0]);
    return CLI_OK;
}

const cli_verb cli_verb_dataset_make = {
    .name = "dataset make",
    .positional = "DIR",
    .summary = "draw a small labelled set of photo-like cats and dogs",
    .description =
        "Writes DIR/cat/*.jpg and DIR/dog/*.jpg, to try everything on without a download: animals of many coats and\n"
        "poses, in rooms and meadows, in good and bad light, blurred, and partly behind something. Coats, light and\n"
        "places are drawn alike for both kinds, so that no average colour tells them apart, but ears, eyes and "
        "muzzles\n"
        "do.\n\n"
        "DIR must be new or empty; it appears when all is drawn. Take parts of the set with slices: train[:70%],\n"
        "train[70%:90%], train[90%:].",
    .examples = "  mote dataset make pets\n  mote dataset make pets --count 4000 --size 128 --seed 7",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(cli_pets),
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
