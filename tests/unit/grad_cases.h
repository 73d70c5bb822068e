/* Random nodes for test_grad.c, a function per operator. */
#ifndef MOTE_TESTS_UNIT_GRAD_CASES_H
#define MOTE_TESTS_UNIT_GRAD_CASES_H

#include "op/op.h"

#include <mote/rng.h>

enum { GRAD_MAX_INPUTS = 6, GRAD_MAX_OUTPUTS = 3, GRAD_PARAMS_BYTES = 256 };

typedef struct grad_case grad_case;
struct grad_case {
    int32_t op;
    void *params; /* zeroed, GRAD_PARAMS_BYTES */
    int32_t n_inputs, n_outputs;
    struct {
        mote_tensor tensor; /* data from malloc */
        bool wants;
    } inputs[GRAD_MAX_INPUTS];
    bool training;
    double tolerance; /* of the largest element; 0: 2e-5 */
    uint64_t seed;
    double (*unary)(const grad_case *c, double x);
    double (*binary)(double a, double b);
    /* The first output in double; NULL: the operator is linear in each input, or piecewise, on whole numbers. */
    void (*reference)(const grad_case *c, const mote_op_io *io, double *const *inputs, double *output);
};

typedef void grad_make_fn(grad_case *c, mote_rng *rng);

grad_make_fn *grad_find_case(int32_t op); /* NULL: none */
void grad_case_free(grad_case *c);

/* --- for the files of cases --- */
#define CASE(CODE, symbol)                                                                                             \
    {                                                                                                                  \
        MOTE_OP_##CODE, make_##symbol                                                                                  \
    }
typedef struct grad_row {
    int32_t op;
    grad_make_fn *make;
} grad_row;
grad_make_fn *grad_find_row(const grad_row *rows, size_t n, int32_t op);
grad_make_fn *grad_find_moving_case(int32_t op); /* grad_cases_move.c */
grad_make_fn *grad_find_window_case(int32_t op); /* grad_cases_window.c */
int32_t grad_between(mote_rng *rng, int32_t low, int32_t high);
mote_shape grad_random_shape(mote_rng *rng, int32_t rank, int32_t most);
mote_shape grad_image_shape(mote_rng *rng, int32_t most_channels);
mote_tensor *grad_add_input(grad_case *c, mote_dtype dtype, const mote_shape *shape, bool wants);
/* Whole numbers of [-3, 3]. */
float *grad_add_whole(grad_case *c, mote_rng *rng, const mote_shape *shape);
/* Different multiples of 4, in random order: a step of 1 never changes which is the largest. */
void grad_add_distinct(grad_case *c, mote_rng *rng, const mote_shape *shape);
/* Reals of [low, high]. */
float *grad_add_real(grad_case *c, mote_rng *rng, const mote_shape *shape, double low, double high);
int32_t *grad_add_ints(grad_case *c, int32_t n, const int32_t *values);

#endif
