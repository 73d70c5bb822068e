#include "op/custom/custom.h"

#include <string.h>

mote_op mote_op_find_custom(const char *name)
{
    for (int32_t i = 0; i < mote_op_count(); i++) {
        const mote_op_def *def = mote_op_find((int32_t)mote_op_at(i));
        if (def->read_custom && strcmp(def->name, name) == 0)
            return mote_op_at(i);
    }
    return MOTE_OP_CUSTOM;
}
