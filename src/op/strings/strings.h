/* Tensors of strings: [u32 n][n + 1 u32 offsets from the start][characters], the last offset the end. Files are checked
 * when they are read, what a caller feeds is not: every operator on strings begins with mote_strings_open. */
#ifndef MOTE_OP_STRINGS_STRINGS_H
#define MOTE_OP_STRINGS_STRINGS_H

#include "op/op.h"

typedef struct mote_text {
    const char *at;
    size_t n;
} mote_text;

typedef struct mote_strings {
    const char *bytes;
    int64_t n;
} mote_strings;

/* MOTE_ARGUMENT unless the bytes hold as many strings as the shape says, each within them. */
mote_status mote_strings_open(const mote_tensor *tensor, mote_strings *strings, mote_error *err);
mote_text mote_strings_get(const mote_strings *strings, int64_t i);
/* < 0, 0, > 0 as the first comes before, is, or comes after the second, byte by byte. */
int mote_text_compare(mote_text a, mote_text b);

/* Writing an output of n strings: first their bytes in all, then one after the other. */
typedef struct mote_strings_writer {
    char *bytes;
    int64_t n, next;
    size_t end;
} mote_strings_writer;
mote_status mote_strings_begin(mote_run *run, const mote_op_io *io, int32_t output, int64_t n, size_t n_characters,
                               mote_strings_writer *writer, mote_error *err);
void mote_strings_add(mote_strings_writer *writer, mote_text text);
/* A string in parts: more of it, then its end. */
void mote_strings_append(mote_strings_writer *writer, const char *between, mote_text text);
void mote_strings_end(mote_strings_writer *writer);

#endif
