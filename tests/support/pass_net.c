#include "support/pass_net.h"

#include "support/run_model.h"
#include "unit/mote_test.h"

#include <math.h>
#include <string.h>

net net_new(mote_shape shape)
{
    net n = {.model = mote_model_new(NULL, 0)};
    assert_non_null(n.model);
    n.graph = n.model->graphs[0];
    n.x = mote_graph_add_tensor(n.graph, "x", MOTE_FLOAT32, &shape);
    return n;
}

net image_net(void)
{
    return net_new(mote_shape_4d(1, SIDE, SIDE, CHANNELS));
}

int32_t constant(const net *n, mote_shape shape)
{
    float values[MAX_VALUES];
    const int64_t count = mote_shape_count(&shape);
    assert_in_range(count, 1, MAX_VALUES);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)((i * 7 + shape.rank) % 11 - 5) / 4 + 0.1f;
    return mote_graph_add_const(n->graph, "c", MOTE_FLOAT32, &shape, values);
}

int32_t filled(const net *n, mote_shape shape, float value)
{
    float values[MAX_VALUES];
    for (int64_t i = 0; i < mote_shape_count(&shape); i++)
        values[i] = value;
    return mote_graph_add_const(n->graph, "f", MOTE_FLOAT32, &shape, values);
}

mote_shape per_channel(int32_t n)
{
    return (mote_shape){1, {n}};
}

int32_t apply(const net *n, mote_op op, int32_t a, int32_t b, mote_shape shape)
{
    const int32_t inputs[] = {a, b}, out = mote_graph_add_tensor(n->graph, "y", MOTE_FLOAT32, &shape);
    mote_node *node = mote_graph_add_node(n->graph, op, b < 0 ? 1 : 2, inputs, 1, &out);
    assert_non_null(node);
    return out;
}

int32_t like(const net *n, mote_op op, int32_t a, int32_t b)
{
    return apply(n, op, a, b, n->graph->tensors[a]->shape);
}

void finish(const net *n, int32_t output)
{
    mote_error err = {0};
    assert_int_equal(mote_graph_set_io(n->graph, 1, &n->x, 1, &output), MOTE_OK);
    if (mote_model_verify(n->model, &err) != MOTE_OK)
        fail_msg("%s", err.message);
}

int64_t outputs_of(const net *n, float y[MAX_VALUES])
{
    return run_on_drawn(n->model, y, MAX_VALUES);
}

void check_ops(const net *n, const char *wanted)
{
    check_operators(n->model, wanted);
}

void run_pass(const net *n, mote_pass_fn *pass)
{
    mote_error err = {0};
    if (pass(n->model, n->graph, &err) != MOTE_OK)
        fail_msg("%s", err.message);
    assert_true(mote_graph_compact(n->model, 0) >= 0);
    if (mote_model_verify(n->model, &err) != MOTE_OK)
        fail_msg("%s", err.message);
}

void check_values(const float *y, const float *wanted, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!(fabsf(y[i] - wanted[i]) <= 1e-5f * fmaxf(1.0f, fabsf(wanted[i]))))
            fail_msg("element %lld is %g, not %g", (long long)i, (double)y[i], (double)wanted[i]);
}

void check(net n, int32_t output, mote_pass_fn *pass, const char *wanted)
{
    float before[MAX_VALUES], after[MAX_VALUES];
    finish(&n, output);
    const int64_t count = outputs_of(&n, before);
    run_pass(&n, pass);
    check_ops(&n, wanted);
    assert_int_equal(outputs_of(&n, after), count);
    check_values(after, before, count);
    mote_model_free(n.model);
}
