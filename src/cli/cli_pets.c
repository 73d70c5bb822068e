#include "cli/cli_pets.h"
#include "cli/cli_interrupt.h"

#include <mote/draw.h>
#include <mote/io.h>
#include <mote/rng.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 4096, CHUNK = 64 };

typedef struct job {
    const cli_pets *args;
    const char *folder, *shown; /* where to write, and the folder's name once it is there */
    int64_t begin;
    mote_error errors[CHUNK]; /* of each photo of the chunk */
} job;

/* shown: what the path will be. */
static mote_status write_bytes(const char *path, const char *shown, const unsigned char *bytes, size_t n_bytes,
                               mote_error *err)
{
    /* Straight to its place: the whole folder is what appears at the end. */
    FILE *file = fopen(path, "wbe");
    const bool wrote = file && fwrite(bytes, 1, n_bytes, file) == n_bytes;
    const int error = errno;
    if ((file && fclose(file) != 0) || !wrote)
        return mote_error_write(err, shown, wrote ? errno : error);
    return MOTE_OK;
}

/* Photo i is a cat or a dog by turns, numbered within its kind; its quality as a JPEG is drawn too. */
static mote_status make_one(const job *j, int64_t i, mote_error *err)
{
    const int32_t kind = (int32_t)(i % MOTE_N_PETS);
    const int64_t index = i / MOTE_N_PETS;
    char path[PATH_BYTES], shown[PATH_BYTES], name[64];
    mote_image image;
    unsigned char *bytes;
    size_t n_bytes;
    snprintf(name, sizeof name, "%s/%s.%05lld.jpg", mote_pet_name(kind), mote_pet_name(kind), (long long)index);
    snprintf(path, sizeof path, "%s/%s", j->folder, name);
    snprintf(shown, sizeof shown, "%s/%s", j->shown, name);
    mote_status status = mote_pet_draw((uint64_t)j->args->seed, index, kind, (int32_t)j->args->size, NULL, &image, err);
    if (status != MOTE_OK)
        return status;
    mote_rng rng = mote_rng_make((uint64_t)j->args->seed, ~(uint64_t)i);
    const int32_t quality = 72 + (int32_t)mote_rng_below(&rng, 24);
    status = mote_jpeg_encode(&image, quality, NULL, &bytes, &n_bytes, err);
    mote_image_free(&image);
    if (status != MOTE_OK)
        return status;
    status = write_bytes(path, shown, bytes, n_bytes, err);
    mote_free(NULL, bytes);
    return status;
}

static void make_range(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    job *j = arg;
    (void)thread;
    for (int64_t i = begin; i < end; i++)
        make_one(j, j->begin + i, &j->errors[i]);
}

static mote_status make_all(const cli_context *context, const cli_pets *args, const char *folder, const char *shown,
                            mote_error *err)
{
    for (int32_t kind = 0; kind < MOTE_N_PETS; kind++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "%s/%s", folder, mote_pet_name(kind));
        const mote_status status = mote_make_directories(path, err);
        if (status != MOTE_OK)
            return status;
    }
    mote_pool *pool = mote_pool_new(NULL, context->n_threads);
    if (!pool)
        return mote_error_set(err, MOTE_NO_MEMORY, "no threads to be had");
    job j = {.args = args, .folder = folder, .shown = shown};
    mote_status status = MOTE_OK;
    cli_progress progress;
    cli_progress_start(&progress, context, "drawing", "photos", args->count);
    for (j.begin = 0; status == MOTE_OK && j.begin < args->count; j.begin += CHUNK) {
        const int64_t n = args->count - j.begin < CHUNK ? args->count - j.begin : CHUNK;
        memset(j.errors, 0, sizeof j.errors);
        mote_pool_for(pool, n, 1, make_range, &j);
        for (int64_t i = 0; status == MOTE_OK && i < n; i++)
            if (j.errors[i].code != MOTE_OK) {
                *err = j.errors[i];
                status = err->code;
            }
        if (status == MOTE_OK && cli_interrupted())
            status = mote_error_set(err, MOTE_CANCELLED, "stopped");
        cli_progress_step(&progress, j.begin + n);
    }
    cli_progress_end(&progress);
    mote_pool_free(pool);
    return status;
}

static mote_status make_folder(const cli_context *context, const cli_pets *pets, const char *path, mote_error *err)
{
    mote_output_folder *folder;
    mote_status status = mote_output_folder_open(&folder, path, err);
    if (status != MOTE_OK)
        return status;
    status = make_all(context, pets, mote_output_folder_path(folder), path, err);
    if (status == MOTE_OK)
        return mote_output_folder_commit(folder, err);
    mote_output_folder_discard(folder);
    return status;
}

mote_status cli_pets_make(const cli_context *context, const cli_pets *pets, const char *path, mote_error *err)
{
    cli_interrupt_watch();
    const mote_status status = make_folder(context, pets, path, err);
    cli_interrupt_unwatch();
    return status;
}
