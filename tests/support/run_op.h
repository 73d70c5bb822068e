/* Runs one operator on small tensors through the interpreter. */
#ifndef MOTE_TESTS_RUN_OP_H
#define MOTE_TESTS_RUN_OP_H

#include <mote/runtime.h>

/* One operand or result: values are in the tensor's own type. */
typedef struct operand {
    mote_dtype dtype;
    mote_shape shape;
    float scale; /* 0: not quantized */
    int64_t zero;
    const void *values; /* NULL for a result */
    bool constant;
} operand;

mote_shape shape_of(int32_t rank, ...);

/* The result's bytes go to out. Returns what refused the operator, if anything did. */
mote_status run_op(mote_op op, const void *params, size_t params_bytes, int32_t n, const operand *inputs,
                   const operand *result, int32_t n_threads, void *out);
/* As run_op for n_out results, on one thread; an input whose values are NULL is left out. */
mote_status run_op_many(mote_op op, const void *params, size_t params_bytes, int32_t n, const operand *inputs,
                        int32_t n_out, const operand *results, void *const *out);

#endif
