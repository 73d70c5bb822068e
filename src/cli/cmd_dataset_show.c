/* mote dataset show: a labelled grid of examples. */
#include "cli/cli_data_choice.h"
#include "cli/cli_json.h"
#include "cli/cli_output.h"

#include <mote/draw.h>
#include <mote/io.h>

#include <stddef.h>
#include <stdio.h>

typedef struct show_args {
    cli_data_args data;
    const char *output;
    int64_t count;
    bool dark;
} show_args;

static const cli_option OPTIONS[] = {
    {.name = "output",
     .letter = 'o',
     .kind = CLI_STRING,
     .arg = "FILE",
     .required = true,
     .help = "the picture: .png, or .svg; '-' is standard output (PNG)",
     .offset = offsetof(show_args, output)},
    {.name = "count",
     .kind = CLI_INT,
     .arg = "N",
     .def = "9",
     .min = 1,
     .max = MOTE_GRID_MAX,
     .help = "photos to show, the first of the split",
     .offset = offsetof(show_args, count)},
    {.name = "dark", .kind = CLI_FLAG, .help = "light text on dark", .offset = offsetof(show_args, dark)},
};
static const cli_group GROUPS[] = {{OPTIONS, CLI_COUNT(OPTIONS), 0}, CLI_DATA_CHOICE_GROUP(show_args, data)};

static int64_t shown(const show_args *args, const cli_data *data)
{
    return args->count < data->slice.n ? args->count : data->slice.n;
}

static mote_status write_grid(const cli_context *context, const show_args *args, const char *path, const cli_data *data,
                              mote_error *err)
{
    char subtitle[256];
    snprintf(subtitle, sizeof subtitle, "%lld of the %lld examples of %s", (long long)shown(args, data),
             (long long)data->slice.n, data->split);
    const mote_grid grid = {.dataset = data->dataset,
                            .slice = &data->slice,
                            .count = (int32_t)args->count,
                            .title = path,
                            .subtitle = subtitle,
                            .strict = args->data.strict,
                            .on_skip = cli_on_skip,
                            .on_skip_arg = (void *)(uintptr_t)context};
    const mote_chart_options options = {.format = cli_ends_with(args->output, ".svg") ? MOTE_CHART_SVG : MOTE_CHART_PNG,
                                        .scale = 2,
                                        .dark = args->dark};
    mote_output *output;
    mote_status status = mote_output_open(&output, args->output, err);
    if (status != MOTE_OK)
        return status;
    status = mote_grid_draw(&grid, &options, mote_output_stream(output), err);
    if (status == MOTE_OK || status == MOTE_IO) /* commit says why a stream has failed */
        return mote_output_commit(output, err);
    mote_output_discard(output);
    return mote_error_prefix(err, status, "%s", path);
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    const show_args *a = args;
    mote_error err = {0};
    cli_data data;
    cli_data_args chosen = a->data;
    if (cli_check_output(context, "-o", a->output, CLI_PICTURE_FILE) != CLI_OK ||
        cli_data_choose(context, &chosen, n_positional, positional) != CLI_OK)
        return CLI_USAGE;
    mote_status status = cli_data_open(&data, &chosen, &err);
    if (status != MOTE_OK)
        return cli_fail(context, &err);
    status = write_grid(context, a, chosen.data, &data, &err);
    if (status == MOTE_OK && context->json)
        cli_json_print(json_pack("{s:o, s:o, s:I}", "output", cli_json_text(a->output), "split",
                                 cli_json_text(data.split), "count", (json_int_t)shown(a, &data)));
    cli_data_close(&data);
    return status == MOTE_OK ? CLI_OK : cli_fail(context, &err);
}

const cli_verb cli_verb_dataset_show = {
    .name = "dataset show",
    .positional = "[DIR]",
    .summary = "draw a labelled grid of examples",
    .description = "The first examples of the split, each whole, with its class, size and file name. The photos of a\n"
                   "folder are in an order that mixes its classes.",
    .examples = "  mote dataset show photos/ -o grid.png\n"
                "  mote dataset show --data cats_vs_dogs/4.0.1 --split 'train[:5%]' --count 25 -o grid.svg",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(show_args),
    .min_positional = 0,
    .max_positional = 1,
    .run = run,
};
