/* The inner loops of the two-input operators and what they are given. */
#ifndef MOTE_OP_BINARY_BINARY_LOOPS_H
#define MOTE_OP_BINARY_BINARY_LOOPS_H

#include "kernels/kernels.h"
#include "op/broadcast.h"

typedef struct mote_binary_arg {
    const mote_kernels *kernels; /* NULL: the reference's */
    float min_f32, max_f32;      /* fused activation on floats */
    int64_t min_i64, max_i64;    /* on plain integers */
    int32_t min_code, max_code;  /* on codes */
    int32_t zero[2], zero_out;
    mote_multiplier scale[2], scale_out;
    int32_t left_shift;
    mote_broadcast_fn *half_loop; /* halves: the loop on floats, */
    bool is_bfloat, half_out;     /* what they are, and whether the output is such too */
    const int32_t *rescaled[2];   /* 8-bit inputs: 256 values, index = code as uint8_t */
} mote_binary_arg;

/* What a row's loop needs prepared. */
typedef enum mote_binary_setup {
    MOTE_BINARY_PLAIN,        /* the activation's range */
    MOTE_BINARY_COMMON_SCALE, /* ADD, SUB: inputs brought to twice the larger scale */
    MOTE_BINARY_SQUARE_SCALE, /* SQUARED_DIFFERENCE */
    MOTE_BINARY_PRODUCT,      /* MUL */
    MOTE_BINARY_QUOTIENT,     /* DIV */
    MOTE_BINARY_PRELU,
    MOTE_BINARY_COMPARE,    /* comparisons of codes on their own scales */
    MOTE_BINARY_INT16_TO_8, /* MUL of Q0.15 into 8 bits */
} mote_binary_setup;

/* Which tensors a row takes. */
typedef enum mote_binary_when {
    MOTE_WHEN_ANY,
    MOTE_WHEN_PLAIN,     /* input 0 is not quantized */
    MOTE_WHEN_QUANTIZED, /* it is */
    MOTE_WHEN_SHIFTS,    /* int16 ADD, SUB with power-of-two scales */
} mote_binary_when;

typedef struct mote_binary_row {
    int32_t op;
    mote_dtype input, second, output;
    mote_binary_when when;
    mote_binary_setup setup;
    mote_broadcast_fn *loop;
} mote_binary_row;

/* The rows, in three files; the first that fits is taken. */
extern const mote_binary_row mote_binary_plain_rows[], mote_binary_compare_rows[], mote_binary_quant_rows[];
extern const int32_t mote_binary_n_plain_rows, mote_binary_n_compare_rows, mote_binary_n_quant_rows;

/*
 * Defines a loop of type mote_broadcast_fn: R result from T x and U y, with `arg` in reach. The three cases
 * are separate so that each becomes vector code.
 */
#define MOTE_BINARY_LOOP_OF(name, T, U, R, ...)                                                                        \
    static void name(const void *argument, const void *const *in, const int32_t *step, void *result, int64_t n)        \
    {                                                                                                                  \
        const mote_binary_arg *arg = argument;                                                                         \
        const T *a = in[0];                                                                                            \
        const U *b = in[1];                                                                                            \
        R *r = result;                                                                                                 \
        (void)arg;                                                                                                     \
        if (step[0] == step[1]) {                                                                                      \
            MOTE_LOOP_INDEPENDENT                                                                                      \
            for (int64_t i = 0; i < n; ++i) {                                                                          \
                const T x = a[i];                                                                                      \
                const U y = b[i];                                                                                      \
                r[i] = (R)(__VA_ARGS__);                                                                               \
            }                                                                                                          \
        } else if (step[1] == 0) {                                                                                     \
            const U y = b[0];                                                                                          \
            MOTE_LOOP_INDEPENDENT                                                                                      \
            for (int64_t i = 0; i < n; ++i) {                                                                          \
                const T x = a[i];                                                                                      \
                r[i] = (R)(__VA_ARGS__);                                                                               \
            }                                                                                                          \
        } else {                                                                                                       \
            const T x = a[0];                                                                                          \
            MOTE_LOOP_INDEPENDENT                                                                                      \
            for (int64_t i = 0; i < n; ++i) {                                                                          \
                const U y = b[i];                                                                                      \
                r[i] = (R)(__VA_ARGS__);                                                                               \
            }                                                                                                          \
        }                                                                                                              \
    }
#define MOTE_BINARY_LOOP(name, T, R, ...) MOTE_BINARY_LOOP_OF(name, T, T, R, __VA_ARGS__)

#endif
