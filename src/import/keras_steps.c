/* The steps of a recurrent layer, written out one after the other. */
#include <string.h>

#include "import/keras_cell.h"
#include "import/keras_expr.h"

enum { MAX_STEPS = 1024 };

/* Step `at` of x [batch, steps, …]. */
static int32_t one_step(keras_cell *c, int32_t x, int32_t at)
{
    const mote_shape shape = *keras_shape(c->call, x);
    int32_t begin[MOTE_MAX_RANK] = {0, at}, end[MOTE_MAX_RANK] = {1, at + 1}, step[MOTE_MAX_RANK] = {1, 1};
    for (int32_t i = 2; i < shape.rank; i++) {
        end[i] = shape.dims[i];
        step[i] = 1;
    }
    return keras_strided(c->call, x, begin, end, step, 1 << 1, "strided_slice", c->err);
}

/* All steps of x, one tensor each; false: err. */
static bool all_steps(keras_cell *c, int32_t x, int32_t n, int32_t *steps)
{
    if (n > KERAS_MAX_OUTPUTS) {
        for (int32_t i = 0; i < n; i++)
            if ((steps[i] = one_step(c, x, i)) < 0)
                return false;
        return true;
    }
    const mote_node *node = keras_unpacked(c->call, x, 1, n, c->err);
    if (node)
        memcpy(steps, node->outputs, (size_t)n * sizeof *steps);
    return node != NULL;
}

/* The new state where the step counts, else the old one. */
static int32_t choose(keras_cell *c, int32_t counts, int32_t fresh, int32_t old)
{
    if (fresh < 0)
        return -1;
    if (old == KERAS_ZERO_STATE)
        old = keras_vector(c->call, "zeros", c->units, NULL);
    return old < 0 ? -1 : keras_select(c->call, counts, fresh, old, c->err);
}

/* A step that does not count leaves the states, and repeats the output before it: zeros where there is none. Without an
 * initial state that output is the state. */
static void masked_step(keras_cell *c, int32_t x, int32_t counts, int32_t states[2], int32_t *output)
{
    int32_t fresh[2] = {states[0], states[1]};
    const int32_t before = c->masked_zeros ? KERAS_ZERO_STATE : *output;
    c->kind->step(c, x, fresh);
    *output = choose(c, counts, fresh[0], before);
    states[0] = states[0] == before ? *output : choose(c, counts, fresh[0], states[0]);
    for (int32_t i = 1; i < c->kind->n_states; i++)
        states[i] = choose(c, counts, fresh[i], states[i]);
}

/* [batch, steps] as one tensor a step, of an output's rank; false: err. */
static bool mask_steps(keras_cell *c, int32_t n, int32_t *counts)
{
    if (c->mask == MOTE_NO_TENSOR)
        return true;
    int32_t deep = keras_expanded(c->call, c->mask, 2, "ExpandDims", c->err);
    for (int32_t i = 0; i < 2 && c->kind->n_spatial; i++)
        deep = keras_expanded(c->call, deep, 2, "ExpandDims", c->err);
    return deep >= 0 && all_steps(c, deep, n, counts);
}

/* All outputs in the order of time, in the layer's form. */
static int32_t in_a_row(keras_cell *c, int32_t n, const int32_t *outputs)
{
    return keras_cell_leave(c, keras_packed(c->call, n, outputs, 1, c->err), 2);
}

int32_t keras_run_steps(keras_cell *c, int32_t x, bool sequence, bool turned, int32_t states[2])
{
    const mote_shape shape = *keras_shape(c->call, x);
    const int32_t n_spatial = c->kind->n_spatial, n = shape.dims[1];
    if (shape.rank != 3 + n_spatial || n > MAX_STEPS) {
        keras_refuse(c->call, c->err, "its input must be [batch, steps, %s], with at most %d steps",
                     n_spatial ? "image" : "features", MAX_STEPS);
        return -1;
    }
    int32_t steps[MAX_STEPS], outputs[MAX_STEPS], counts[MAX_STEPS], output = KERAS_ZERO_STATE;
    for (int32_t i = 0; i < c->kind->n_states; i++)
        states[i] = keras_cell_enter(c, states[i], 1);
    const int32_t all = c->kind->inputs(c, keras_cell_enter(c, x, 2));
    if (all < 0 || !all_steps(c, all, n, steps) || !mask_steps(c, n, counts))
        return -1;
    for (int32_t i = 0; i < n; i++) {
        const int32_t at = c->backwards ? n - 1 - i : i;
        if (c->mask == MOTE_NO_TENSOR) {
            c->kind->step(c, steps[at], states);
            output = states[0];
        } else {
            masked_step(c, steps[at], counts[at], states, &output);
        }
        if (output < 0)
            return -1;
        outputs[turned ? n - 1 - i : i] = output;
    }
    for (int32_t i = 0; i < c->kind->n_states; i++)
        states[i] = keras_cell_leave(c, states[i], 1);
    return sequence ? in_a_row(c, n, outputs) : keras_cell_leave(c, output, 1);
}
