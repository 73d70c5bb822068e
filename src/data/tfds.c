/*
 * TFDS datasets on disk: dataset_info.json names the splits and how many examples each shard holds, features.json
 * which features are the image and the label, <label>.labels.txt the classes; examples are tf.train.Example protocol
 * buffers in TFRecord files. The path may also be NAME/ or a folder above it that holds one VERSION.
 */
#include "data/reader.h"
#include "data/tfrecord.h"

#include <mote/io.h>

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "example.pb-c.h"

enum { MAX_JSON_BYTES = 64 * 1024 * 1024, MAX_SHARDS = 100000, MAX_DESCENT = 3, PATH_BYTES = 4096 };

typedef struct record {
    int32_t shard;
    size_t at, n_bytes;
} record;

typedef struct tfds_state {
    mote_file *shards;
    int32_t n_shards, n_open;
    record *records;
    const char *image_key, *label_key;
} tfds_state;

static bool has_info(const char *folder)
{
    char path[PATH_BYTES + 32];
    snprintf(path, sizeof path, "%s/dataset_info.json", folder);
    return access(path, R_OK) == 0;
}

/* The dataset at path or below it, going down where a folder holds it; the last name (highest version) wins. */
static bool find_root(const char *path, char root[PATH_BYTES], int32_t depth)
{
    snprintf(root, PATH_BYTES, "%s", path);
    if (has_info(path))
        return true;
    DIR *dir = depth < MAX_DESCENT ? opendir(path) : NULL;
    if (!dir)
        return false;
    bool found = false;
    char best[PATH_BYTES] = "";
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
            continue;
        char below[PATH_BYTES], candidate[PATH_BYTES];
        if (snprintf(below, sizeof below, "%s/%s", path, entry->d_name) >= (int)sizeof below)
            continue;
        if (find_root(below, candidate, depth + 1) && strcmp(candidate, best) > 0) {
            memcpy(best, candidate, sizeof best);
            found = true;
        }
    }
    closedir(dir);
    if (found)
        memcpy(root, best, PATH_BYTES);
    return found;
}

static bool probe(const char *path, const char *labels_path)
{
    char root[PATH_BYTES];
    return !labels_path && find_root(path, root, 0);
}

static mote_status load_json(const char *root, const char *name, json_t **json, mote_error *err)
{
    char path[PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", root, name);
    mote_file file;
    const mote_status status = mote_file_open_regular(&file, path, MAX_JSON_BYTES, NULL, err);
    if (status != MOTE_OK)
        return status;
    json_error_t where;
    *json = json_loadb((const char *)file.data, file.n_bytes, 0, &where);
    mote_file_close(&file);
    if (!*json)
        return mote_error_set(err, MOTE_FORMAT, "%s: line %d, column %d: %s", path, where.line, where.column,
                              where.text);
    return MOTE_OK;
}

/* Numbers are written as strings, as protocol buffers do with 64 bits. */
static int64_t json_count(const json_t *json)
{
    if (json_is_integer(json))
        return (int64_t)json_integer_value(json);
    const char *text = json_string_value(json);
    return text ? strtoll(text, NULL, 10) : -1;
}

/* --- features --- */

static mote_status read_features(mote_dataset *dataset, const char *root, mote_error *err)
{
    tfds_state *state = dataset->state;
    json_t *json;
    mote_status status = load_json(root, "features.json", &json, err);
    if (status != MOTE_OK)
        return status;
    const json_t *features = json_object_get(json_object_get(json, "featuresDict"), "features");
    const char *key;
    json_t *feature;
    int64_t n_classes = 0;
    json_object_foreach((json_t *)(uintptr_t)features, key, feature)
    {
        if (json_object_get(feature, "image") && !state->image_key)
            state->image_key = mote_arena_strdup(dataset->arena, key);
        const json_t *label = json_object_get(feature, "classLabel");
        if (label && !state->label_key) {
            state->label_key = mote_arena_strdup(dataset->arena, key);
            n_classes = json_count(json_object_get(label, "numClasses"));
        }
    }
    json_decref(json);
    if (!state->image_key || !state->label_key || n_classes < 1 || n_classes > 1000000)
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s/features.json: needs one image and one class label feature",
                              root);
    dataset->n_classes = (int32_t)n_classes;
    dataset->classes = mote_arena_calloc(dataset->arena, (size_t)n_classes, sizeof *dataset->classes);
    for (int32_t i = 0; dataset->classes && i < dataset->n_classes; i++)
        dataset->classes[i] = mote_arena_printf(dataset->arena, "%d", i);
    return dataset->classes ? MOTE_OK : mote_error_no_memory(err);
}

/* One class name a line; without the file classes are numbers. */
static mote_status read_labels(mote_dataset *dataset, const char *root, mote_error *err)
{
    const tfds_state *state = dataset->state;
    char path[PATH_BYTES + 300];
    snprintf(path, sizeof path, "%s/%.256s.labels.txt", root, state->label_key);
    if (access(path, R_OK) != 0)
        return MOTE_OK;
    mote_file file;
    const mote_status status = mote_file_open_regular(&file, path, MAX_JSON_BYTES, NULL, err);
    if (status != MOTE_OK)
        return status;
    size_t at = 0;
    for (int32_t i = 0; i < dataset->n_classes && at < file.n_bytes; i++) {
        const unsigned char *line = file.data + at, *end = memchr(line, '\n', file.n_bytes - at);
        const size_t n = end ? (size_t)(end - line) : file.n_bytes - at;
        dataset->classes[i] =
            mote_arena_strndup(dataset->arena, (const char *)line, n && line[n - 1] == '\r' ? n - 1 : n);
        at += n + 1;
    }
    mote_file_close(&file);
    return MOTE_OK;
}

/* --- splits and shards --- */

/* "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}" filled in. */
static void shard_path(const char *root, const char *name, const char *split, int32_t index, int32_t n, char *path,
                       size_t room)
{
    snprintf(path, room, "%s/%s-%s.tfrecord-%05d-of-%05d", root, name, split, index, n);
}

typedef struct shard_plan {
    char (*paths)[PATH_BYTES + 512];
    int64_t *lengths;
    int32_t n;
} shard_plan;

static mote_status read_split(mote_dataset *dataset, const json_t *json, const char *root, const char *name,
                              mote_split *split, shard_plan *plan, int64_t *total, mote_error *err)
{
    const char *split_name = json_string_value(json_object_get(json, "name"));
    const json_t *lengths = json_object_get(json, "shardLengths");
    const size_t n = json_array_size(lengths);
    if (!split_name || n < 1 || n > MAX_SHARDS)
        return mote_error_set(err, MOTE_FORMAT, "%s/dataset_info.json: a split has no name or no shards", root);
    split->name = mote_arena_strdup(dataset->arena, split_name);
    split->n_pieces = (int32_t)n;
    split->piece_begin = mote_arena_calloc(dataset->arena, n + 1, sizeof *split->piece_begin);
    void *paths = realloc(plan->paths, ((size_t)plan->n + n) * sizeof *plan->paths);
    plan->paths = paths ? paths : plan->paths;
    void *counts = realloc(plan->lengths, ((size_t)plan->n + n) * sizeof *plan->lengths);
    plan->lengths = counts ? counts : plan->lengths;
    if (!split->name || !split->piece_begin || !paths || !counts)
        return mote_error_no_memory(err);
    for (size_t i = 0; i < n; i++) {
        const int64_t length = json_count(json_array_get(lengths, i));
        if (length < 0 || length > INT32_MAX)
            return mote_error_set(err, MOTE_FORMAT, "%s/dataset_info.json: a shard of %lld examples", root,
                                  (long long)length);
        split->piece_begin[i] = *total;
        *total += length;
        shard_path(root, name, split_name, (int32_t)i, (int32_t)n, plan->paths[plan->n], sizeof plan->paths[0]);
        plan->lengths[plan->n++] = length;
    }
    split->piece_begin[n] = *total;
    return MOTE_OK;
}

static mote_status read_info(mote_dataset *dataset, const char *root, shard_plan *plan, int64_t *total, mote_error *err)
{
    json_t *json;
    mote_status status = load_json(root, "dataset_info.json", &json, err);
    if (status != MOTE_OK)
        return status;
    const char *name = json_string_value(json_object_get(json, "name"));
    const char *format = json_string_value(json_object_get(json, "fileFormat"));
    const json_t *splits = json_object_get(json, "splits");
    const size_t n = json_array_size(splits);
    if (!name || n < 1)
        status = mote_error_set(err, MOTE_FORMAT, "%s/dataset_info.json: it names no data set or no splits", root);
    else if (format && strcmp(format, "tfrecord") != 0)
        status = mote_error_set(err, MOTE_UNSUPPORTED, "%s: stored as %s; prepare it as tfrecord", root, format);
    dataset->splits = mote_arena_calloc(dataset->arena, n, sizeof *dataset->splits);
    for (size_t i = 0; status == MOTE_OK && i < n; i++)
        status = read_split(dataset, json_array_get(splits, i), root, name, &dataset->splits[dataset->n_splits++], plan,
                            total, err);
    json_decref(json);
    return status;
}

/* --- examples --- */

static const Mote__Feature *find_feature(const Mote__Example *example, const char *key)
{
    for (size_t i = 0; example->features && i < example->features->n_feature; i++) {
        const Mote__FeatureEntry *entry = example->features->feature[i];
        if (entry->key && strcmp(entry->key, key) == 0)
            return entry->value;
    }
    return NULL;
}

static Mote__Example *unpack(const tfds_state *state, const record *r, mote_error *err)
{
    const unsigned char *bytes = state->shards[r->shard].data;
    if (mote_tfrecord_check(bytes, r->at, r->n_bytes, err) != MOTE_OK)
        return NULL;
    Mote__Example *example = mote__example__unpack(NULL, r->n_bytes, bytes + r->at);
    if (!example)
        mote_error_set(err, MOTE_FORMAT, "byte %zu: not a tf.train.Example", r->at);
    return example;
}

static int32_t label_of(const Mote__Example *example, const char *key, int32_t n_classes)
{
    const Mote__Feature *feature = find_feature(example, key);
    if (!feature || feature->kind_case != MOTE__FEATURE__KIND_INT64_LIST || feature->int64_list->n_value != 1)
        return -1;
    const int64_t label = feature->int64_list->value[0];
    return label >= 0 && label < n_classes ? (int32_t)label : -1;
}

static const char *name_of(mote_dataset *dataset, const Mote__Example *example, const char *image_key, int64_t index)
{
    char key[512];
    snprintf(key, sizeof key, "%s/filename", image_key);
    const Mote__Feature *feature = find_feature(example, key);
    if (feature && feature->kind_case == MOTE__FEATURE__KIND_BYTES_LIST && feature->bytes_list->n_value == 1) {
        const ProtobufCBinaryData *text = &feature->bytes_list->value[0];
        return mote_arena_strndup(dataset->arena, (const char *)text->data, text->len);
    }
    return mote_arena_printf(dataset->arena, "example %lld", (long long)index);
}

static mote_status index_shard(mote_dataset *dataset, int32_t shard, const char *path, int64_t length, int64_t first,
                               mote_error *err)
{
    tfds_state *state = dataset->state;
    const mote_file *file = &state->shards[shard];
    size_t at = 0;
    mote_status status = MOTE_OK;
    for (int64_t i = 0; status == MOTE_OK && i < length; i++) {
        record *r = &state->records[first + i];
        r->shard = shard;
        status = mote_tfrecord_next(file->data, file->n_bytes, &at, &r->at, &r->n_bytes, err);
        Mote__Example *example = status == MOTE_OK ? unpack(state, r, err) : NULL;
        if (status == MOTE_OK && !example)
            status = MOTE_FORMAT;
        if (status != MOTE_OK)
            break;
        dataset->labels[first + i] = label_of(example, state->label_key, dataset->n_classes);
        dataset->names[first + i] = name_of(dataset, example, state->image_key, first + i);
        mote__example__free_unpacked(example, NULL);
        if (!dataset->names[first + i])
            status = mote_error_no_memory(err);
        else if (dataset->labels[first + i] < 0)
            status = mote_error_set(err, MOTE_FORMAT, "example %lld has no label among the %d classes", (long long)i,
                                    dataset->n_classes);
    }
    return status == MOTE_OK ? status : mote_error_prefix(err, status, "%s", path);
}

static mote_status open_shards(mote_dataset *dataset, const shard_plan *plan, int64_t total, mote_error *err)
{
    tfds_state *state = dataset->state;
    state->n_shards = plan->n;
    state->shards = mote_arena_calloc(dataset->arena, (size_t)plan->n, sizeof *state->shards);
    if (!state->shards)
        return mote_error_no_memory(err);
    /* A record is 16 bytes at least: more examples than that cannot be there. */
    uint64_t n_bytes = 0;
    for (int32_t i = 0; i < plan->n; i++) {
        const mote_status status =
            mote_file_open_regular(&state->shards[i], plan->paths[i], 0, dataset->allocator, err);
        if (status != MOTE_OK)
            return status;
        state->n_open = i + 1;
        n_bytes += state->shards[i].n_bytes;
    }
    if ((uint64_t)total > n_bytes / 16)
        return mote_error_set(err, MOTE_FORMAT, "%s: dataset_info.json claims %lld examples, the shards hold fewer",
                              dataset->path, (long long)total);
    mote_status status = mote_dataset_reserve(dataset, total, err);
    state->records = mote_arena_calloc(dataset->arena, (size_t)total, sizeof *state->records);
    if (status == MOTE_OK && !state->records)
        status = mote_error_no_memory(err);
    int64_t first = 0;
    for (int32_t i = 0; status == MOTE_OK && i < plan->n; i++) {
        status = index_shard(dataset, i, plan->paths[i], plan->lengths[i], first, err);
        first += plan->lengths[i];
    }
    return status;
}

static mote_status open_tfds(mote_dataset *dataset, const char *path, const char *labels_path, mote_error *err)
{
    (void)labels_path;
    char root[PATH_BYTES];
    dataset->state = mote_arena_alloc(dataset->arena, sizeof(tfds_state));
    if (!dataset->state || !find_root(path, root, 0))
        return mote_error_set(err, MOTE_NOT_FOUND, "%s: no TFDS data set", path);
    shard_plan plan = {0};
    int64_t total = 0;
    mote_status status = read_features(dataset, root, err);
    if (status == MOTE_OK)
        status = read_labels(dataset, root, err);
    if (status == MOTE_OK)
        status = read_info(dataset, root, &plan, &total, err);
    if (status == MOTE_OK)
        status = open_shards(dataset, &plan, total, err);
    free(plan.paths);
    free(plan.lengths);
    return status;
}

static void close_tfds(mote_dataset *dataset)
{
    tfds_state *state = dataset->state;
    for (int32_t i = 0; state && i < state->n_open; i++)
        mote_file_close(&state->shards[i]);
}

static mote_status encoded(const mote_dataset *dataset, int64_t index, mote_encoded *photo, mote_error *err)
{
    const tfds_state *state = dataset->state;
    Mote__Example *example = unpack(state, &state->records[index], err);
    if (!example)
        return mote_error_prefix(err, MOTE_FORMAT, "%s", dataset->names[index]);
    const Mote__Feature *feature = find_feature(example, state->image_key);
    if (!feature || feature->kind_case != MOTE__FEATURE__KIND_BYTES_LIST || feature->bytes_list->n_value != 1) {
        mote__example__free_unpacked(example, NULL);
        return mote_error_set(err, MOTE_FORMAT, "%s: it has no image", dataset->names[index]);
    }
    photo->bytes = feature->bytes_list->value[0].data;
    photo->n_bytes = feature->bytes_list->value[0].len;
    photo->message = example;
    return MOTE_OK;
}

static void release(mote_encoded *photo)
{
    mote__example__free_unpacked(photo->message, NULL);
}

const mote_reader mote_reader_tfds = {
    .what = "a TFDS dataset",
    .probe = probe,
    .open = open_tfds,
    .encoded = encoded,
    .release = release,
    .close = close_tfds,
};
