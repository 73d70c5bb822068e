/* Options of the operators that look for values. */
#ifndef MOTE_OP_SEARCH_SEARCH_H
#define MOTE_OP_SEARCH_SEARCH_H

#include "op/op.h"

typedef struct mote_unique_params {
    int32_t idx_out_type; /* mote_dtype: INT32 or INT64 */
} mote_unique_params;

#endif
