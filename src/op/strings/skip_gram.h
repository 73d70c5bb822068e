/* Options of SKIP_GRAM. */
#ifndef MOTE_OP_STRINGS_SKIP_GRAM_H
#define MOTE_OP_STRINGS_SKIP_GRAM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct mote_skip_gram_params {
    int32_t ngram_size, max_skip_size;
    bool include_all_ngrams; /* shorter ones too */
} mote_skip_gram_params;

#endif
