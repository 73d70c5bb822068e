/* Custom operators that mote knows: files call them CUSTOM and give a name, op_list.inc gives them numbers of mote's.
 */
#ifndef MOTE_OP_CUSTOM_CUSTOM_H
#define MOTE_OP_CUSTOM_CUSTOM_H

#include "op/op.h"

/* The operator's number, MOTE_OP_CUSTOM when mote does not know the name. */
mote_op mote_op_find_custom(const char *name);

#endif
