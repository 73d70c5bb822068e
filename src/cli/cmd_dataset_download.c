/* mote dataset download: a published set of photos, fetched, checked and taken apart into class folders. */
#include "cli/cli_fetch.h"
#include "cli/cli_interrupt.h"
#include "cli/cli_json.h"
#include "cli/cli_text.h"

#include <mote/archive.h>
#include <mote/io.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

typedef struct download_args {
    cli_fetch_args fetch;
    const char *sha256;
    bool keep;
} download_args;

static const cli_option OPTIONS[] = {
    {.name = "sha256",
     .kind = CLI_STRING,
     .arg = "HEX",
     .help = "the archive's SHA-256, where it is another one; 'none' leaves it unchecked",
     .offset = offsetof(download_args, sha256)},
    {.name = "keep-archive",
     .kind = CLI_FLAG,
     .help = "leave DIR.zip where it is",
     .offset = offsetof(download_args, keep)},
};
static const cli_group GROUPS[] = {CLI_FETCH_GROUP(download_args, fetch), {OPTIONS, CLI_COUNT(OPTIONS), 0}};

typedef struct download {
    const cli_context *context;
    cli_progress progress;
} download;

static bool on_entry(void *arg, int64_t done, int64_t total)
{
    download *d = arg;
    d->progress.total = total;
    cli_progress_step(&d->progress, done);
    return !cli_interrupted();
}

static mote_status fetch(const cli_context *context, const download_args *args, const char *archive, mote_error *err)
{
    const bool unchecked = args->sha256 && strcmp(args->sha256, "none") == 0;
    const mote_fetch_options wanted = {
        .url = MOTE_CATS_VS_DOGS_URL,
        .path = archive,
        .hash = unchecked ? MOTE_HASH_NONE : MOTE_HASH_SHA256,
        .digest = args->sha256 ? args->sha256 : MOTE_CATS_VS_DOGS_SHA256,
        .n_bytes = args->sha256 ? 0 : MOTE_CATS_VS_DOGS_BYTES,
    };
    return cli_fetch(context, &args->fetch, "fetching", &wanted, NULL, err);
}

static mote_status unpack_into_folder(download *d, const char *archive, const char *dir, mote_archive_counts *counts,
                                      mote_error *err)
{
    mote_output_folder *folder;
    mote_status status = mote_output_folder_open(&folder, dir, err);
    if (status != MOTE_OK)
        return status;
    cli_progress_start(&d->progress, d->context, "unpacking", "entries", 0);
    status = mote_archive_cats_vs_dogs(archive, mote_output_folder_path(folder), on_entry, d, counts, err);
    cli_progress_end(&d->progress);
    if (status == MOTE_OK)
        return mote_output_folder_commit(folder, err);
    mote_output_folder_discard(folder);
    return status;
}

static mote_status unpack(download *d, const char *archive, const char *dir, mote_archive_counts *counts,
                          mote_error *err)
{
    cli_interrupt_watch();
    const mote_status status = unpack_into_folder(d, archive, dir, counts, err);
    cli_interrupt_unwatch();
    return status;
}

static void report(const cli_context *context, const char *dir, const mote_archive_counts *counts)
{
    const int64_t n = counts->n_cats + counts->n_dogs;
    if (!context->json) {
        printf("%s: %lld photos, %lld cats and %lld dogs; %lld that no JPEG reader takes were left out\n",
               cli_shown(dir).text, (long long)n, (long long)counts->n_cats, (long long)counts->n_dogs,
               (long long)counts->n_dropped);
        return;
    }
    json_t *document = json_pack("{s:o, s:[s,s], s:I, s:{s:I, s:I}, s:I}", "path", cli_json_text(dir), "classes", "cat",
                                 "dog", "examples", (json_int_t)n, "per_class", "cat", (json_int_t)counts->n_cats,
                                 "dog", (json_int_t)counts->n_dogs, "dropped", (json_int_t)counts->n_dropped);
    cli_json_print(document);
}

/* What an earlier run has finished is not fetched again. */
static bool is_there(const char *dir)
{
    char cat[PATH_BYTES + 8], dog[PATH_BYTES + 8];
    snprintf(cat, sizeof cat, "%s/cat", dir);
    snprintf(dog, sizeof dog, "%s/dog", dir);
    return access(cat, F_OK) == 0 && access(dog, F_OK) == 0;
}

/* Whether DIR can be made, before anything is fetched for it. */
static mote_status check_place(const char *dir, mote_error *err)
{
    mote_output_folder *folder;
    const mote_status status = mote_output_folder_open(&folder, dir, err);
    if (status == MOTE_OK)
        mote_output_folder_discard(folder);
    return status;
}

/* DIR without slashes at its end, its parent made, and the archive's place beside it. */
static mote_status make_paths(const char *given, char dir[PATH_BYTES], char archive[PATH_BYTES], mote_error *err)
{
    size_t n = strlen(given);
    while (n > 1 && given[n - 1] == '/')
        n--;
    if (n == 0 || n + 10 > PATH_BYTES)
        return mote_error_set(err, MOTE_ARGUMENT, "'%s' is no name for a folder", given);
    snprintf(dir, PATH_BYTES, "%.*s", (int)n, given);
    snprintf(archive, PATH_BYTES, "%.*s.zip", (int)n, given);
    char *slash = strrchr(dir, '/');
    if (!slash || slash == dir)
        return MOTE_OK;
    *slash = '\0';
    const mote_status status = mote_make_directories(dir, err);
    *slash = '/';
    return status;
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    (void)n_positional;
    const download_args *a = args;
    char dir[PATH_BYTES], archive[PATH_BYTES];
    mote_error err = {0};
    mote_archive_counts counts;
    if (strcmp(positional[0], "cats_vs_dogs") != 0)
        return cli_usage_error(context, "'%s' is no set that can be fetched; there is cats_vs_dogs", positional[0]);
    mote_status status = make_paths(positional[1], dir, archive, &err);
    if (status == MOTE_OK && is_there(dir)) {
        cli_note(context, "%s is there already; remove it to fetch it anew", dir);
        return CLI_OK;
    }
    download d = {.context = context};
    if (status == MOTE_OK)
        status = check_place(dir, &err);
    if (status == MOTE_OK)
        status = fetch(context, a, archive, &err);
    if (status == MOTE_OK)
        status = unpack(&d, archive, dir, &counts, &err);
    cli_interrupt_end();
    if (status != MOTE_OK)
        return cli_fail(context, &err);
    if (!a->keep)
        unlink(archive);
    report(context, dir, &counts);
    return CLI_OK;
}

const cli_verb cli_verb_dataset_download = {
    .name = "dataset download",
    .positional = "cats_vs_dogs DIR",
    .summary = "fetch photos of cats and dogs (825 MB)",
    .description =
        "Fetches Microsoft's archive of 25,000 photos to DIR.zip, checks its SHA-256, and writes DIR/cat/*.jpg and\n"
        "DIR/dog/*.jpg: the 23,262 photos that TFDS's cats_vs_dogs keeps (it drops those without a JFIF header), as\n"
        "they are, where TFDS compresses them once more. DIR appears when all is done, and DIR.zip goes.\n\n"
        "What has come stays in DIR.zip.part when the connection breaks or you press Ctrl-C; the same command goes on\n"
        "from there. Proxies are those of the environment (https_proxy, no_proxy). Without a network, put the archive\n"
        "at DIR.zip by hand and run the command again.",
    .examples = "  mote dataset download cats_vs_dogs photos\n"
                "  mote dataset download cats_vs_dogs photos --url http://mirror.example/kagglecatsanddogs_5340.zip",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(download_args),
    .min_positional = 2,
    .max_positional = 2,
    .run = run,
};
