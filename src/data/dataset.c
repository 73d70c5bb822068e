#include "data/reader.h"

#include <mote/cpu.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOTE_READER(symbol) extern const mote_reader mote_reader_##symbol;
#include "data/reader_list.inc"
#undef MOTE_READER

static const mote_reader *const READERS[] = {
#define MOTE_READER(symbol) &mote_reader_##symbol,
#include "data/reader_list.inc"
#undef MOTE_READER
};

mote_status mote_dataset_reserve(mote_dataset *dataset, int64_t n_examples, mote_error *err)
{
    dataset->n_examples = n_examples;
    dataset->labels = mote_arena_calloc(dataset->arena, (size_t)n_examples, sizeof *dataset->labels);
    dataset->names = mote_arena_calloc(dataset->arena, (size_t)n_examples, sizeof *dataset->names);
    return dataset->labels && dataset->names ? MOTE_OK : mote_error_no_memory(err);
}

static mote_status no_reader(const char *path, const char *labels_path, mote_error *err)
{
    if (labels_path)
        return mote_error_set(err, MOTE_ARGUMENT, "%s: --labels %s goes with --data X.npy; leave it out", path,
                              labels_path);
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISDIR(info.st_mode))
        return mote_error_set(err, MOTE_FORMAT,
                              "%s: a file, not a data set; give a folder with one folder of photos per class, a TFDS "
                              "data set, or X.npy",
                              path);
    if (access(path, R_OK | X_OK) != 0 && errno == EACCES)
        return mote_error_set(err, MOTE_IO, "%s: cannot read it: %s", path, strerror(errno));
    return mote_error_set(err, MOTE_NOT_FOUND,
                          "%s: not a data set: no such folder, or neither class folders nor a TFDS data set in it; "
                          "give a folder with one folder of photos per class",
                          path);
}

mote_status mote_dataset_open(mote_dataset **dataset, const char *path, const char *labels_path,
                              const mote_allocator *allocator, mote_error *err)
{
    *dataset = NULL;
    mote_dataset *opened = mote_calloc(allocator, 1, sizeof *opened);
    mote_arena *arena = mote_arena_new(allocator, 0);
    if (!opened || !arena) {
        mote_free(allocator, opened);
        mote_arena_free(arena);
        return mote_error_no_memory(err);
    }
    mote_kernels_select(mote_cpu_features(), &opened->kernels);
    opened->arena = arena;
    opened->allocator = allocator;
    opened->path = mote_arena_strdup(arena, path);
    mote_status status = MOTE_OK;
    for (size_t i = 0; !opened->reader && i < sizeof READERS / sizeof READERS[0]; i++)
        if (READERS[i]->probe(path, labels_path))
            opened->reader = READERS[i];
    if (!opened->path)
        status = mote_error_no_memory(err);
    else if (!opened->reader)
        status = no_reader(path, labels_path, err);
    else
        status = opened->reader->open(opened, path, labels_path, err);
    if (status != MOTE_OK) {
        mote_dataset_free(opened);
        return status;
    }
    *dataset = opened;
    return MOTE_OK;
}

void mote_dataset_free(mote_dataset *dataset)
{
    if (!dataset)
        return;
    if (dataset->reader && dataset->reader->close)
        dataset->reader->close(dataset);
    mote_arena_free(dataset->arena);
    mote_free(dataset->allocator, dataset);
}

int32_t mote_dataset_n_classes(const mote_dataset *dataset)
{
    return dataset->n_classes;
}

const char *mote_dataset_class_name(const mote_dataset *dataset, int32_t index)
{
    return index >= 0 && index < dataset->n_classes ? dataset->classes[index] : NULL;
}

int32_t mote_dataset_n_splits(const mote_dataset *dataset)
{
    return dataset->n_splits;
}

const char *mote_dataset_split_name(const mote_dataset *dataset, int32_t index)
{
    return index >= 0 && index < dataset->n_splits ? dataset->splits[index].name : NULL;
}

int64_t mote_dataset_split_count(const mote_dataset *dataset, int32_t index)
{
    if (index < 0 || index >= dataset->n_splits)
        return 0;
    const mote_split *split = &dataset->splits[index];
    return split->piece_begin[split->n_pieces] - split->piece_begin[0];
}

int64_t mote_dataset_n_examples(const mote_dataset *dataset)
{
    return dataset->n_examples;
}

int32_t mote_dataset_label(const mote_dataset *dataset, int64_t example)
{
    return dataset->labels[example];
}

const char *mote_dataset_name(const mote_dataset *dataset, int64_t example)
{
    return dataset->names[example];
}
