/* The files of a report: what each holds is a row of the table. */
#include "cli/cli_compare.h"
#include "cli/cli_text.h"

#include <stdio.h>

typedef mote_status write_fn(const cli_report_parts *parts, FILE *out, mote_error *err);

static mote_status write_page(const cli_report_parts *parts, FILE *out, mote_error *err)
{
    const mote_comparison *c = parts->comparison;
    mote_status status = mote_report_add_comparison(parts->report, c, err);
    if (status == MOTE_OK)
        status = mote_report_add_noise(parts->report, c, err);
    if (status == MOTE_OK)
        status = mote_report_add_changes(parts->report, c, parts->n_photos, err);
    if (status == MOTE_OK)
        status = mote_report_add_confusion(parts->report, c, err);
    return status == MOTE_OK ? mote_report_write(parts->report, out, err) : status;
}

static mote_status write_json(const cli_report_parts *parts, FILE *out, mote_error *err)
{
    return mote_comparison_write_json(parts->comparison, parts->history, out, err);
}

static mote_status write_csv(const cli_report_parts *parts, FILE *out, mote_error *err)
{
    (void)err;
    mote_comparison_write_csv(parts->comparison, out);
    return MOTE_OK;
}

static const mote_chart_options PNG = {.format = MOTE_CHART_PNG, .scale = 2}, SVG = {.format = MOTE_CHART_SVG};

static mote_status write_accuracy_png(const cli_report_parts *parts, FILE *out, mote_error *err)
{
    return mote_chart_accuracy(parts->comparison, &PNG, out, err);
}

static mote_status write_accuracy_svg(const cli_report_parts *parts, FILE *out, mote_error *err)
{
    return mote_chart_accuracy(parts->comparison, &SVG, out, err);
}

static mote_status write_examples_png(const cli_report_parts *parts, FILE *out, mote_error *err)
{
    return mote_grid_draw(parts->grid, &PNG, out, err);
}

static mote_status write_training_png(const cli_report_parts *parts, FILE *out, mote_error *err)
{
    return mote_chart_history(parts->history, &PNG, out, err);
}

static mote_status write_training_svg(const cli_report_parts *parts, FILE *out, mote_error *err)
{
    return mote_chart_history(parts->history, &SVG, out, err);
}

typedef enum file_needs { ALWAYS, GRID, HISTORY } file_needs;

static const struct {
    const char *name;
    write_fn *write;
    file_needs needs;
} FILES[CLI_MAX_REPORT_FILES] = {
    {"report.html", write_page, ALWAYS},
    {"report.json", write_json, ALWAYS},
    {"report.csv", write_csv, ALWAYS},
    {"accuracy.png", write_accuracy_png, ALWAYS},
    {"accuracy.svg", write_accuracy_svg, ALWAYS},
    {"examples.png", write_examples_png, GRID},
    {"training.png", write_training_png, HISTORY},
    {"training.svg", write_training_svg, HISTORY},
};

mote_status cli_report_files_open(cli_report_files *files, const char *folder, bool with_study, mote_error *err)
{
    *files = (cli_report_files){.folder = folder};
    mote_status status = mote_output_place_open(&files->place, folder, err);
    for (int i = 0; status == MOTE_OK && i < CLI_MAX_REPORT_FILES; i++) {
        char path[4096];
        if (FILES[i].needs != ALWAYS && !with_study)
            continue;
        const int n = snprintf(path, sizeof path, "%s/%s", folder, FILES[i].name);
        status = n > 0 && (size_t)n < sizeof path ? mote_output_open(&files->outputs[i], path, err)
                                                  : mote_error_set(err, MOTE_ARGUMENT, "-o: the path is too long");
    }
    if (status != MOTE_OK)
        cli_report_files_discard(files);
    return status;
}

void cli_say_open(const char *folder)
{
    char path[CLI_TEXT_BYTES];
    snprintf(path, sizeof path, "%s/report.html", folder);
    printf("\nopen %s\n", cli_quoted(path).text);
}

void cli_report_files_discard(cli_report_files *files)
{
    for (int i = 0; i < CLI_MAX_REPORT_FILES; i++) {
        mote_output_discard(files->outputs[i]);
        files->outputs[i] = NULL;
    }
    mote_output_place_discard(files->place);
    files->place = NULL;
}

/* Without a grid or a history, their files go. */
static void drop_unneeded(cli_report_files *files, const cli_report_parts *parts)
{
    for (int i = 0; i < CLI_MAX_REPORT_FILES; i++)
        if ((FILES[i].needs == GRID && !parts->grid) || (FILES[i].needs == HISTORY && !parts->history)) {
            mote_output_discard(files->outputs[i]);
            files->outputs[i] = NULL;
        }
}

/* Flushed too: a full disk shows before the first file gets its name. */
static mote_status write_one(mote_output *output, write_fn *write, const cli_report_parts *parts, mote_error *err)
{
    FILE *out = mote_output_stream(output);
    const mote_status status = write(parts, out, err);
    if (status == MOTE_OK && (fflush(out) != 0 || ferror(out)))
        return mote_error_set(err, MOTE_NO_SPACE, "the files cannot be written; is the disk full?");
    return status;
}

mote_status cli_report_files_write(cli_report_files *files, const cli_report_parts *parts, mote_error *err)
{
    mote_status status = MOTE_OK;
    drop_unneeded(files, parts);
    for (int i = 0; status == MOTE_OK && i < CLI_MAX_REPORT_FILES; i++)
        if (files->outputs[i])
            status = write_one(files->outputs[i], FILES[i].write, parts, err);
    if (status != MOTE_OK)
        mote_error_prefix(err, status, "%s", files->folder);
    for (int i = 0; status == MOTE_OK && i < CLI_MAX_REPORT_FILES; i++)
        if (files->outputs[i]) {
            status = mote_output_commit(files->outputs[i], err);
            files->outputs[i] = NULL;
        }
    if (status == MOTE_OK) {
        mote_output_place_keep(files->place);
        files->place = NULL;
    } else {
        cli_report_files_discard(files);
    }
    return status;
}
