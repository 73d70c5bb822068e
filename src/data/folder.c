/*
 * A folder of class folders, DIR/<class>/…, or of splits, DIR/<split>/<class>/…. Classes are in byte order of their
 * names. Photos of a split are in the order of a hash of "<class>/<file>", so that any slice holds every class, and
 * the same slice holds the same photos on every machine.
 */
#include "data/reader.h"

#include <mote/io.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { PATH_BYTES = 4096 };

typedef struct name_list {
    char **names;
    size_t n, capacity;
} name_list;

static void free_names(name_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->names[i]);
    free(list->names);
    *list = (name_list){0};
}

static bool add_name(name_list *list, const char *name)
{
    if (list->n == list->capacity) {
        const size_t capacity = list->capacity ? list->capacity * 2 : 64;
        char **bigger = realloc(list->names, capacity * sizeof *bigger);
        if (!bigger)
            return false;
        list->names = bigger;
        list->capacity = capacity;
    }
    list->names[list->n] = strdup(name);
    return list->names[list->n] && ++list->n;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Without "/" and "/." at its end: what is said of a photo begins with the folder. */
static size_t plain_length(const char *folder)
{
    size_t n = strlen(folder);
    while (n > 1 && (folder[n - 1] == '/' || (n > 2 && folder[n - 1] == '.' && folder[n - 2] == '/')))
        n--;
    return n;
}

/* "<folder>/<name>", or the folder itself for NULL; false when that is too long for any file system. */
static bool join_path(char path[PATH_BYTES], const char *folder, const char *name)
{
    const size_t n = plain_length(folder);
    const int n_path = name ? snprintf(path, PATH_BYTES, "%.*s/%s", (int)n, folder, name)
                            : snprintf(path, PATH_BYTES, "%.*s", (int)n, folder);
    return n < PATH_BYTES && n_path < PATH_BYTES;
}

static bool is_photo_name(const char *name)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".png"};
    const size_t n = strlen(name);
    for (size_t i = 0; i < 3; i++) {
        const size_t m = strlen(endings[i]);
        if (n > m && strcasecmp(name + n - m, endings[i]) == 0)
            return true;
    }
    return false;
}

/* The visible folders, or the photos, of a folder, sorted. */
static mote_status list_folder(const char *path, bool folders, name_list *list, mote_error *err)
{
    *list = (name_list){0};
    DIR *dir = opendir(path);
    if (!dir)
        return mote_error_set(err, MOTE_IO, "%s: cannot list this folder: %s", path, strerror(errno));
    mote_status status = MOTE_OK;
    for (struct dirent *entry; status == MOTE_OK && (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        char full[PATH_BYTES];
        if (!join_path(full, path, entry->d_name))
            continue;
        const bool folder = entry->d_type == DT_DIR || (entry->d_type != DT_REG && is_folder(full));
        if (folder != folders || (!folders && !is_photo_name(entry->d_name)))
            continue;
        if (!add_name(list, entry->d_name))
            status = mote_error_no_memory(err);
    }
    closedir(dir);
    if (status != MOTE_OK)
        free_names(list);
    else if (list->n)
        qsort(list->names, list->n, sizeof *list->names, by_name);
    return status;
}

static bool has_any(const char *path, bool folders)
{
    name_list list;
    if (list_folder(path, folders, &list, NULL) != MOTE_OK)
        return false;
    const bool any = list.n > 0;
    free_names(&list);
    return any;
}

static bool probe(const char *path, const char *labels_path)
{
    return !labels_path && is_folder(path) && has_any(path, true);
}

typedef struct photo {
    char *path; /* malloc */
    char *key;  /* "<class>/<file>", inside path */
    uint64_t order;
    int32_t label;
} photo;

typedef struct photo_list {
    photo *photos;
    size_t n, capacity;
} photo_list;

/* FNV-1a, then a mixer: file names that differ in a digit land far apart. */
static uint64_t order_of(const char *key)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 0x100000001b3u;
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
    return h ^ (h >> 33);
}

static int by_order(const void *a, const void *b)
{
    const photo *x = a, *y = b;
    return x->order != y->order ? (x->order < y->order ? -1 : 1) : strcmp(x->key, y->key);
}

static mote_status add_photo(photo_list *list, const char *folder, const char *class_name, const char *file,
                             int32_t label, mote_error *err)
{
    if (list->n == list->capacity) {
        const size_t capacity = list->capacity ? list->capacity * 2 : 256;
        photo *bigger = realloc(list->photos, capacity * sizeof *bigger);
        if (!bigger)
            return mote_error_no_memory(err);
        list->photos = bigger;
        list->capacity = capacity;
    }
    const size_t n = strlen(folder) + strlen(class_name) + strlen(file) + 3;
    char *path = malloc(n);
    if (!path)
        return mote_error_no_memory(err);
    snprintf(path, n, "%s/%s/%s", folder, class_name, file);
    char *key = path + strlen(folder) + 1;
    list->photos[list->n++] = (photo){path, key, order_of(key), label};
    return MOTE_OK;
}

/* Photos of DIR/<class>/ for every class that this split has. */
static mote_status add_split(mote_dataset *dataset, photo_list *list, const char *folder, mote_error *err)
{
    mote_status status = MOTE_OK;
    for (int32_t c = 0; status == MOTE_OK && c < dataset->n_classes; c++) {
        char path[PATH_BYTES];
        if (!join_path(path, folder, dataset->classes[c]) || !is_folder(path))
            continue;
        name_list files;
        status = list_folder(path, false, &files, err);
        if (status != MOTE_OK)
            return status;
        if (files.n == 0)
            status =
                mote_error_set(err, MOTE_ARGUMENT,
                               "%s: no photos (.jpg, .jpeg, .png) of this class; add some or remove the folder", path);
        for (size_t i = 0; status == MOTE_OK && i < files.n; i++)
            status = add_photo(list, folder, dataset->classes[c], files.names[i], c, err);
        free_names(&files);
    }
    return status;
}

static mote_status set_classes(mote_dataset *dataset, name_list *classes, mote_error *err)
{
    dataset->classes = mote_arena_calloc(dataset->arena, classes->n, sizeof *dataset->classes);
    if (!dataset->classes)
        return mote_error_no_memory(err);
    qsort(classes->names, classes->n, sizeof *classes->names, by_name);
    for (size_t i = 0; i < classes->n; i++) {
        if (i && strcmp(classes->names[i], classes->names[i - 1]) == 0)
            continue;
        dataset->classes[dataset->n_classes] = mote_arena_strdup(dataset->arena, classes->names[i]);
        if (!dataset->classes[dataset->n_classes++])
            return mote_error_no_memory(err);
    }
    return MOTE_OK;
}

/* Every class folder below the given splits. */
static mote_status collect_classes(const char *path, const name_list *splits, name_list *classes, mote_error *err)
{
    *classes = (name_list){0};
    for (size_t i = 0; i < splits->n; i++) {
        char folder[PATH_BYTES];
        name_list found = {0};
        mote_status status = join_path(folder, path, splits->names[i]) ? MOTE_OK : MOTE_LIMIT;
        if (status == MOTE_OK)
            status = list_folder(folder, true, &found, err);
        for (size_t j = 0; status == MOTE_OK && j < found.n; j++)
            if (!add_name(classes, found.names[j]))
                status = mote_error_no_memory(err);
        free_names(&found);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

static mote_status store(mote_dataset *dataset, const photo_list *list, mote_error *err)
{
    const mote_status status = mote_dataset_reserve(dataset, (int64_t)list->n, err);
    for (size_t i = 0; status == MOTE_OK && i < list->n; i++) {
        dataset->labels[i] = list->photos[i].label;
        dataset->names[i] = mote_arena_strdup(dataset->arena, list->photos[i].path);
        if (!dataset->names[i])
            return mote_error_no_memory(err);
    }
    return status;
}

static mote_status open_splits(mote_dataset *dataset, const char *path, const name_list *splits, photo_list *photos,
                               mote_error *err)
{
    const int32_t n_splits = splits->n ? (int32_t)splits->n : 1;
    dataset->splits = mote_arena_calloc(dataset->arena, (size_t)n_splits, sizeof *dataset->splits);
    dataset->n_splits = n_splits;
    mote_status status = dataset->splits ? MOTE_OK : mote_error_no_memory(err);
    for (int32_t i = 0; status == MOTE_OK && i < n_splits; i++) {
        mote_split *split = &dataset->splits[i];
        char folder[PATH_BYTES];
        if (!join_path(folder, path, splits->n ? splits->names[i] : NULL))
            return mote_error_set(err, MOTE_LIMIT, "%s: a path that is too long", path);
        split->name = mote_arena_strdup(dataset->arena, splits->n ? splits->names[i] : "train");
        split->n_pieces = 1;
        split->piece_begin = mote_arena_calloc(dataset->arena, 2, sizeof *split->piece_begin);
        if (!split->name || !split->piece_begin)
            return mote_error_no_memory(err);
        const size_t first = photos->n;
        status = add_split(dataset, photos, folder, err);
        split->piece_begin[0] = (int64_t)first;
        split->piece_begin[1] = (int64_t)photos->n;
        if (photos->n > first)
            qsort(photos->photos + first, photos->n - first, sizeof *photos->photos, by_order);
    }
    return status;
}

static mote_status open_folder(mote_dataset *dataset, const char *path, const char *labels_path, mote_error *err)
{
    (void)labels_path;
    name_list top, classes = {0};
    mote_status status = list_folder(path, true, &top, err);
    if (status != MOTE_OK)
        return status;
    char first[PATH_BYTES];
    if (top.n == 0 || !join_path(first, path, top.names[0]))
        first[0] = '\0';
    name_list splits = {0};
    if (has_any(first, true) && !has_any(first, false)) {
        splits = top;
        top = (name_list){0};
        status = collect_classes(path, &splits, &classes, err);
    } else {
        classes = top;
        top = (name_list){0};
    }
    photo_list photos = {0};
    if (status == MOTE_OK)
        status = set_classes(dataset, &classes, err);
    if (status == MOTE_OK)
        status = open_splits(dataset, path, &splits, &photos, err);
    if (status == MOTE_OK)
        status = store(dataset, &photos, err);
    for (size_t i = 0; i < photos.n; i++)
        free(photos.photos[i].path);
    free(photos.photos);
    free_names(&splits);
    free_names(&classes);
    return status;
}

static mote_status encoded(const mote_dataset *dataset, int64_t example, mote_encoded *given, mote_error *err)
{
    const mote_status status =
        mote_file_open_regular(&given->file, dataset->names[example], 0, dataset->allocator, err);
    given->bytes = given->file.data;
    given->n_bytes = given->file.n_bytes;
    return status;
}

static void release(mote_encoded *given)
{
    mote_file_close(&given->file);
}

const mote_reader mote_reader_folder = {
    .what = "a folder of class folders",
    .probe = probe,
    .open = open_folder,
    .encoded = encoded,
    .release = release,
};
