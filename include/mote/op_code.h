/* The operators by number: TFLite's builtin codes keep their value, mote's own start at 1000. */
#ifndef MOTE_OP_CODE_H
#define MOTE_OP_CODE_H

#include <mote/api.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mote_op {
    MOTE_OP_NONE = -1, /* also makes the type signed, as the numbers in files are */
#define MOTE_OP(name, CODE, number, run, grad) MOTE_OP_##CODE = number,
#include <mote/op_list.inc>
#undef MOTE_OP
} mote_op;

enum { MOTE_OP_FIRST_OWN = 1000 }; /* numbers from here on are mote's own: a file never has them */

/* TFLite's name of a builtin operator ("CONV_2D"), also of those that mote only knows by name;
 * NULL when there is none. */
MOTE_API const char *mote_op_name(int32_t op);

#ifdef __cplusplus
}
#endif
#endif
