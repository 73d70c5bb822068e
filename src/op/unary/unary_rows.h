/* The one-input operators by type: three kinds of row, and what their functions are given. */
#ifndef MOTE_OP_UNARY_UNARY_ROWS_H
#define MOTE_OP_UNARY_UNARY_ROWS_H

#include "kernels/kernels.h"
#include "op/op.h"

typedef struct mote_unary_arg {
    const mote_kernels *kernels; /* NULL: the reference's */
    float alpha;                 /* LEAKY_RELU */
    bool approximate;            /* GELU */
    float scale_in, scale_out;
    int32_t zero_in, zero_out;
    int32_t min_code, max_code;
    mote_multiplier scale;     /* input to output */
    mote_multiplier scale_2;   /* the operator's second one */
    bool negative;             /* scale_2 is of the opposite sign */
    int32_t multiplier, shift; /* int16 LOGISTIC and TANH: input to the table's steps */
    const uint16_t *sigmoid;   /* 256 values of 1 / (1 + e^(-i / 24)) in Q0.16 */
} mote_unary_arg;

/* out[i] from in[i]; out may be in. */
typedef void mote_unary_loop(const mote_unary_arg *arg, const void *in, void *out, int64_t n);
/* The output's code for an input's. */
typedef int32_t mote_unary_code(const mote_unary_arg *arg, int32_t code);
/* The real function, for tables. arg is a mote_unary_arg. */
typedef float mote_unary_real(float value, const void *arg);

typedef struct mote_unary_row {
    int32_t op;
    mote_dtype dtype;
    /* Which tensors: 1 quantized, 0 others, -1 both. */
    int32_t quantized;
    /* One of these three. A code or a real function becomes a table of 256 for 8-bit types; for int16 a real one
     * becomes an interpolated table. */
    mote_unary_loop *loop;
    mote_unary_code *code;
    mote_unary_real *real;
    /* Works out what code needs beyond scales and zero points; NULL: nothing. */
    mote_status (*set_up)(mote_unary_arg *arg, const mote_op_io *io, mote_error *err);
    bool refuses_below_zero; /* codes below the zero point have no answer */
} mote_unary_row;

extern const mote_unary_row mote_unary_plain_rows[], mote_unary_quant_rows[];
extern const int32_t mote_unary_n_plain_rows, mote_unary_n_quant_rows;

#endif
