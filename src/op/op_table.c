/* The operators of op_list.inc, found by number. */
#include "op/op.h"

#define MOTE_OP(symbol, CODE, number, run, grad) extern const mote_op_def mote_op_def_##symbol;
#include <mote/op_list.inc>
#undef MOTE_OP

/* Declares and names the run facet of a row that has one. */
#define DECLARE_RUN(symbol) extern const mote_op_run mote_op_run_##symbol;
#define DECLARE_NONE(symbol)
#define MOTE_OP(symbol, CODE, number, run, grad) DECLARE_##run(symbol)
#include <mote/op_list.inc>
#undef MOTE_OP

#define ADDRESS_RUN(symbol)  &mote_op_run_##symbol
#define ADDRESS_NONE(symbol) NULL

typedef struct op_row {
    mote_op op;
    const mote_op_def *def;
    const mote_op_run *run;
} op_row;

static const op_row ROWS[] = {
#define MOTE_OP(symbol, CODE, number, run, grad) {MOTE_OP_##CODE, &mote_op_def_##symbol, ADDRESS_##run(symbol)},
#include <mote/op_list.inc>
#undef MOTE_OP
};

enum { N_ROWS = sizeof ROWS / sizeof *ROWS };

/* TFLite's numbers, then mote's own. */
enum { N_BUILTIN = 512, N_OWN = 64 };

/* The rows' places in ROWS. */
enum {
#define MOTE_OP(symbol, CODE, number, run, grad) ROW_##symbol,
#include <mote/op_list.inc>
#undef MOTE_OP
};

/* Place in ROWS + 1; 0: none. */
static const uint16_t BY_NUMBER[N_BUILTIN + N_OWN] = {
#define MOTE_OP(symbol, CODE, number, run, grad)                                                                       \
    [(number) < MOTE_OP_FIRST_OWN ? (number) : (number)-MOTE_OP_FIRST_OWN + N_BUILTIN] = ROW_##symbol + 1,
#include <mote/op_list.inc>
#undef MOTE_OP
};

static const char *const BUILTIN_NAMES[N_BUILTIN] = {
#define MOTE_BUILTIN(number, NAME) [number] = #NAME,
#include "op/builtin_name_list.inc"
#undef MOTE_BUILTIN
};

static const op_row *find(int32_t op)
{
    const int32_t at = op < MOTE_OP_FIRST_OWN ? op : op - MOTE_OP_FIRST_OWN + N_BUILTIN;
    if (op < 0 || at >= N_BUILTIN + N_OWN || (op < MOTE_OP_FIRST_OWN && op >= N_BUILTIN) || BY_NUMBER[at] == 0)
        return NULL;
    return &ROWS[BY_NUMBER[at] - 1];
}

const mote_op_def *mote_op_find(int32_t op)
{
    const op_row *row = find(op);
    return row ? row->def : NULL;
}

const mote_op_run *mote_op_find_run(int32_t op)
{
    const op_row *row = find(op);
    return row ? row->run : NULL;
}

const char *mote_op_name(int32_t op)
{
    const op_row *row = find(op);
    if (row)
        return row->def->name;
    return op >= 0 && op < N_BUILTIN ? BUILTIN_NAMES[op] : NULL;
}

int32_t mote_op_count(void)
{
    return N_ROWS;
}

mote_op mote_op_at(int32_t index)
{
    return ROWS[index].op;
}
