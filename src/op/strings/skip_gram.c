/*
 * SKIP_GRAM: the runs of ngram_size words of a sentence, or of up to as many, with at most max_skip_size words left out
 * between two. In the reference's order: a longer run before the shorter one that it begins with.
 */
#include "op/strings/skip_gram.h"
#include "op/op_infer.h"
#include "op/strings/strings.h"

#include <string.h>

enum { MAX_SIZE = 64, MAX_STEPS = 1 << 22 };

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 1, err);
    if (status != MOTE_OK)
        return status;
    io->outputs[0]->dtype = MOTE_STRING;
    mote_infer_set_unknown(io->outputs[0]);
    return MOTE_OK;
}

static const mote_op_field FIELDS[] = {
    {"ngram_size", 0, MOTE_FIELD_I32, offsetof(mote_skip_gram_params, ngram_size), 0},
    {"max_skip_size", 1, MOTE_FIELD_I32, offsetof(mote_skip_gram_params, max_skip_size), 0},
    {"include_all_ngrams", 2, MOTE_FIELD_BOOL, offsetof(mote_skip_gram_params, include_all_ngrams), 0},
};

const mote_op_def mote_op_def_skip_gram = {
    .name = "SKIP_GRAM",
    .options_type = 18,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_skip_gram_params),
    .min_inputs = 1,
    .max_inputs = 1,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_SIZES,
    .infer = infer,
    .max_version = 1,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_skip_gram_params *params = io->node->params;
    if (io->inputs[0]->dtype != MOTE_STRING)
        return mote_error_set(err, MOTE_UNSUPPORTED, "words of %s", mote_dtype_name(io->inputs[0]->dtype));
    if (params->ngram_size < 1 || params->ngram_size > MAX_SIZE)
        return mote_error_set(err, MOTE_UNSUPPORTED, "runs of %d words, not of 1 to %d", params->ngram_size, MAX_SIZE);
    return MOTE_OK;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word from *at on; false: none. A space where a word should begin hides the word behind it, as in the
 * reference, which looks for the next space from the second character on. */
static bool next_word(mote_text sentence, size_t *at, mote_text *word)
{
    while (*at < sentence.n) {
        const size_t begin = *at;
        size_t end = begin > 0 ? begin : 1;
        while (end < sentence.n && !is_space(sentence.at[end]))
            end++;
        *at = end + 1;
        *word = (mote_text){sentence.at + begin, end - begin};
        if (end >= sentence.n || (end > begin && !is_space(sentence.at[begin])))
            return true;
    }
    return false;
}

/* Counting and writing are the same walk; writer NULL: only count. */
typedef struct walk {
    const mote_skip_gram_params *params;
    const mote_text *words;
    int64_t n_words, n_grams, n_steps;
    size_t n_characters;
    mote_strings_writer *writer;
} walk;

static bool may_go_on(const walk *w, const int64_t *chosen, int32_t depth)
{
    if (depth >= w->params->ngram_size || chosen[depth] + 1 >= w->n_words)
        return false;
    return depth == 0 || chosen[depth] - chosen[depth - 1] <= w->params->max_skip_size;
}

static void take(walk *w, const int64_t *chosen, int32_t n)
{
    w->n_grams++;
    for (int32_t i = 0; i < n; i++) {
        const mote_text word = w->words[chosen[i]];
        w->n_characters += word.n + (i > 0 ? 1 : 0);
        if (w->writer)
            mote_strings_append(w->writer, i > 0 ? " " : "", word);
    }
    if (w->writer)
        mote_strings_end(w->writer);
}

static bool visit(walk *w)
{
    int64_t chosen[MAX_SIZE + 1] = {0};
    for (int32_t depth = 1; depth >= 0;) {
        if (++w->n_steps > MAX_STEPS)
            return false;
        if (may_go_on(w, chosen, depth)) {
            chosen[depth++]++;
            if (depth < w->params->ngram_size)
                chosen[depth] = chosen[depth - 1];
            continue;
        }
        if (depth == w->params->ngram_size || (w->params->include_all_ngrams && depth > 0))
            take(w, chosen, depth);
        depth--;
    }
    return true;
}

static mote_status write_grams(mote_run *run, const mote_op_io *io, const mote_text *words, int64_t n_words,
                               mote_error *err)
{
    const mote_skip_gram_params *params = io->node->params;
    walk count = {.params = params, .words = words, .n_words = n_words};
    if (n_words >= params->ngram_size && !visit(&count))
        return mote_error_set(err, MOTE_LIMIT, "the sentence has too many runs of words");
    const mote_shape shape = {1, {(int32_t)count.n_grams}};
    mote_strings_writer writer = {0};
    mote_status status = mote_run_resize_output(run, io, 0, &shape, err);
    if (status == MOTE_OK)
        status = mote_strings_begin(run, io, 0, count.n_grams, count.n_characters, &writer, err);
    if (status == MOTE_OK && n_words >= params->ngram_size) {
        walk again = {.params = params, .words = words, .n_words = n_words, .writer = &writer};
        visit(&again);
    }
    return status;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    mote_strings strings;
    const mote_status status = mote_strings_open(io->inputs[0], &strings, err);
    if (status != MOTE_OK)
        return status;
    const mote_text sentence = strings.n ? mote_strings_get(&strings, 0) : (mote_text){0};
    const mote_allocator *allocator = mote_run_allocator(run);
    const size_t room = (sentence.n / 2 + 2) * sizeof(mote_text);
    mote_text *words = mote_alloc(allocator, room);
    if (!words)
        return mote_error_no_memory(err);
    int64_t n_words = 0;
    for (size_t at = 0; next_word(sentence, &at, &words[n_words]);)
        n_words++;
    const mote_status done = write_grams(run, io, words, n_words, err);
    mote_free(allocator, words);
    return done;
}

const mote_op_run mote_op_run_skip_gram = {prepare, eval};
