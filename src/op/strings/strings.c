#include "op/strings/strings.h"

#include <string.h>

enum { WORD = sizeof(uint32_t) };

static uint32_t word_at(const char *bytes, int64_t i)
{
    uint32_t word;
    memcpy(&word, bytes + i * WORD, sizeof word);
    return word;
}

static void set_word(char *bytes, int64_t i, size_t value)
{
    const uint32_t word = (uint32_t)value;
    memcpy(bytes + i * WORD, &word, sizeof word);
}

mote_status mote_strings_open(const mote_tensor *tensor, mote_strings *strings, mote_error *err)
{
    const size_t n_bytes = tensor->n_bytes;
    const char *bytes = tensor->data;
    if (tensor->dtype != MOTE_STRING || n_bytes < 2 * WORD || word_at(bytes, 0) > (n_bytes - 2 * WORD) / WORD)
        return mote_error_set(err, MOTE_ARGUMENT, "its %zu bytes hold no table of strings", n_bytes);
    *strings = (mote_strings){bytes, word_at(bytes, 0)};
    if (mote_shape_count(&tensor->shape) != strings->n)
        return mote_error_set(err, MOTE_ARGUMENT, "%lld strings do not fill its shape", (long long)strings->n);
    size_t before = (size_t)(strings->n + 2) * WORD;
    for (int64_t i = 0; i <= strings->n; i++) {
        const size_t at = word_at(bytes, i + 1);
        if (at < before || at > n_bytes)
            return mote_error_set(err, MOTE_ARGUMENT, "string %lld does not lie within its %zu bytes", (long long)i,
                                  n_bytes);
        before = at;
    }
    return MOTE_OK;
}

mote_text mote_strings_get(const mote_strings *strings, int64_t i)
{
    const uint32_t begin = word_at(strings->bytes, i + 1), end = word_at(strings->bytes, i + 2);
    return (mote_text){strings->bytes + begin, end - begin};
}

int mote_text_compare(mote_text a, mote_text b)
{
    const size_t n = a.n < b.n ? a.n : b.n;
    const int order = n ? memcmp(a.at, b.at, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

mote_status mote_strings_begin(mote_run *run, const mote_op_io *io, int32_t output, int64_t n, size_t n_characters,
                               mote_strings_writer *writer, mote_error *err)
{
    if (n > INT32_MAX || n_characters > INT32_MAX)
        return mote_error_set(err, MOTE_LIMIT, "its strings are too long");
    const size_t header = ((size_t)n + 2) * WORD;
    const mote_status status = mote_run_set_output_bytes(run, io, output, header + n_characters, err);
    if (status != MOTE_OK)
        return status;
    *writer = (mote_strings_writer){io->outputs[output]->data, n, 0, header};
    set_word(writer->bytes, 0, (size_t)n);
    set_word(writer->bytes, 1, header);
    return MOTE_OK;
}

static void put(mote_strings_writer *writer, const char *at, size_t n)
{
    if (n)
        memcpy(writer->bytes + writer->end, at, n);
    writer->end += n;
}

void mote_strings_append(mote_strings_writer *writer, const char *between, mote_text text)
{
    put(writer, between, strlen(between));
    put(writer, text.at, text.n);
}

void mote_strings_end(mote_strings_writer *writer)
{
    set_word(writer->bytes, ++writer->next + 1, writer->end);
}

void mote_strings_add(mote_strings_writer *writer, mote_text text)
{
    put(writer, text.at, text.n);
    mote_strings_end(writer);
}
