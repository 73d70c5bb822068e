/*
 * TFDS's split expressions: names joined by '+', each with an optional slice of absolute places or percent. Percent is
 * rounded to the nearest example, ties to even (Python's round). What several pieces (shards) hold is read as
 * tf.data's interleave does: up to 16 pieces at a time, 16 examples from each in turn.
 */
#include "data/reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CYCLE = 16, BLOCK = 16, MAX_TERMS = 64 };

typedef struct piece {
    int64_t at, end;
} piece;

typedef struct piece_list {
    const mote_allocator *allocator;
    piece *pieces;
    size_t n, capacity;
    int64_t total;
} piece_list;

static mote_status add_piece(piece_list *list, int64_t at, int64_t end)
{
    if (at >= end)
        return MOTE_OK;
    if (list->n == list->capacity) {
        const size_t capacity = list->capacity ? list->capacity * 2 : 16;
        piece *bigger =
            mote_realloc(list->allocator, list->pieces, list->n * sizeof *bigger, capacity * sizeof *bigger);
        if (!bigger)
            return MOTE_NO_MEMORY;
        list->pieces = bigger;
        list->capacity = capacity;
    }
    list->pieces[list->n++] = (piece){at, end};
    list->total += end - at;
    return MOTE_OK;
}

static const mote_split *find_split(const mote_dataset *dataset, const char *name, size_t n)
{
    for (int32_t i = 0; i < dataset->n_splits; i++)
        if (strlen(dataset->splits[i].name) == n && strncmp(dataset->splits[i].name, name, n) == 0)
            return &dataset->splits[i];
    return NULL;
}

/* A number with an optional '%' up to ':' or the end; *text moves on. False: neither. */
static bool read_bound(const char **text, const char *end, double *value, bool *percent, bool *given)
{
    const char *at = *text;
    *given = false;
    *percent = false;
    if (at == end || *at == ':')
        return true;
    const bool negative = *at == '-';
    at += negative;
    if (at == end || *at < '0' || *at > '9')
        return false;
    *value = 0;
    while (at < end && *at >= '0' && *at <= '9' && *value < 1e15)
        *value = *value * 10 + (*at++ - '0');
    if (negative)
        *value = -*value;
    if (at < end && *at == '%') {
        *percent = true;
        at++;
    }
    *given = true;
    *text = at;
    return at == end || *at == ':';
}

/* A bound as a place in [0, n]; -1 when it lies outside. */
static int64_t place(double value, bool percent, int64_t n)
{
    if (percent && (value > 100 || value < -100))
        return -1;
    double at = percent ? nearbyint(value * (double)n / 100.0) : value;
    if (at < 0)
        at += (double)n;
    return at < 0 || at > (double)n ? -1 : (int64_t)at;
}

static mote_status wrong_term(const char *term, size_t n, mote_error *err)
{
    return mote_error_set(err, MOTE_ARGUMENT,
                          "'%.*s' is not a split; write train, train[:70%%], train[70%%:90%%], test[:100], "
                          "train+test",
                          (int)(n < 80 ? n : 80), term);
}

/* [from, to) of one term, in examples of its split. */
static mote_status read_slice(const char *term, size_t n_term, const char *open, int64_t n, int64_t *from, int64_t *to,
                              mote_error *err)
{
    const char *end = term + n_term - 1, *at = open + 1;
    double values[2] = {0};
    bool percent[2], given[2];
    *from = 0;
    *to = n;
    if (n_term < 3 || *end != ']' || !memchr(at, ':', (size_t)(end - at)) ||
        !read_bound(&at, end, &values[0], &percent[0], &given[0]) || at == end || *at++ != ':' ||
        !read_bound(&at, end, &values[1], &percent[1], &given[1]) || at != end)
        return wrong_term(term, n_term, err);
    if (given[0])
        *from = place(values[0], percent[0], n);
    if (given[1])
        *to = place(values[1], percent[1], n);
    if (*from < 0 || *to < 0)
        return mote_error_set(err, MOTE_ARGUMENT, "'%.*s' reaches past the %lld examples of the split", (int)n_term,
                              term, (long long)n);
    return MOTE_OK;
}

static mote_status add_term(const mote_dataset *dataset, const char *term, size_t n, piece_list *list, mote_error *err)
{
    const char *open = memchr(term, '[', n);
    const size_t n_name = open ? (size_t)(open - term) : n;
    const mote_split *split = find_split(dataset, term, n_name);
    if (n_name == 0)
        return wrong_term(term, n, err);
    if (!split) {
        char known[256] = "";
        size_t used = 0;
        for (int32_t i = 0; i < dataset->n_splits && used < sizeof known; i++)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", dataset->splits[i].name);
        return mote_error_set(err, MOTE_NOT_FOUND, "there is no split '%.*s'; the data has %s", (int)n_name, term,
                              known);
    }
    const int64_t *begin = split->piece_begin;
    const int64_t first = begin[0], n_examples = begin[split->n_pieces] - first;
    int64_t from = 0, to = n_examples;
    if (open) {
        const mote_status status = read_slice(term, n, open, n_examples, &from, &to, err);
        if (status != MOTE_OK)
            return status;
    }
    for (int32_t i = 0; i < split->n_pieces; i++) {
        const int64_t low = begin[i] > first + from ? begin[i] : first + from;
        const int64_t high = begin[i + 1] < first + to ? begin[i + 1] : first + to;
        if (add_piece(list, low, high) != MOTE_OK)
            return mote_error_no_memory(err);
    }
    return MOTE_OK;
}

/* tf.data's interleave: a place in the cycle that has run dry takes the next piece at its next turn. */
static void interleave(const piece_list *list, int64_t *examples)
{
    piece open[CYCLE] = {{0}};
    size_t next = 0;
    int64_t done = 0;
    for (int32_t turn = 0; done < list->total; turn = (turn + 1) % CYCLE) {
        piece *p = &open[turn];
        if (p->at == p->end && next < list->n)
            *p = list->pieces[next++];
        for (int32_t i = 0; i < BLOCK && p->at < p->end; i++)
            examples[done++] = p->at++;
    }
}

mote_status mote_dataset_slice(const mote_dataset *dataset, const char *expression, mote_slice *slice, mote_error *err)
{
    *slice = (mote_slice){0};
    piece_list list = {.allocator = dataset->allocator};
    mote_status status = MOTE_OK;
    const char *at = expression;
    for (int32_t terms = 0; status == MOTE_OK; terms++) {
        const size_t n = strcspn(at, "+");
        status = terms < MAX_TERMS ? add_term(dataset, at, n, &list, err)
                                   : mote_error_set(err, MOTE_LIMIT, "more than %d terms in a split", MAX_TERMS);
        if (at[n] == '\0')
            break;
        at += n + 1;
    }
    if (status == MOTE_OK) {
        slice->examples = mote_calloc(dataset->allocator, (size_t)list.total, sizeof *slice->examples);
        slice->n = list.total;
        if (slice->examples)
            interleave(&list, slice->examples);
        else
            status = mote_error_no_memory(err);
    }
    mote_free(dataset->allocator, list.pieces);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "%s", dataset->path);
    return MOTE_OK;
}

void mote_slice_free(mote_slice *slice, const mote_allocator *allocator)
{
    mote_free(allocator, slice->examples);
    *slice = (mote_slice){0};
}
