#include "golden/golden_convert.h"

#include <math.h>
#include <string.h>

#include "support/graph_match.h"

/* TensorFlow's calibration sums floats in another order: biases that have all bits of a float show the last ones. */
static const double FLOAT_BITS = 1.0 / (1 << 22);

static bool is_float(const mote_tensor *tensor)
{
    return tensor->dtype == MOTE_FLOAT32 || tensor->dtype == MOTE_FLOAT16;
}

static void refuse(const char *what, const mote_tensor *tensor, const char *how)
{
    print_message("%s: '%s': %s\n", what, tensor->name, how);
    assert_true(false);
}

static void compare_scales(const char *what, const mote_tensor *a, const mote_tensor *b, double tolerance)
{
    char text[128];
    if (a->quant.n != b->quant.n)
        refuse(what, a, "another number of scales");
    for (int32_t i = 0; i < a->quant.n; i++) {
        const double wanted = (double)a->quant.scale[i], got = (double)b->quant.scale[i];
        snprintf(text, sizeof text, "scale %.9g, not %.9g", got, wanted);
        if (!(fabs(got - wanted) <= tolerance * wanted))
            refuse(what, a, text);
        if (a->quant.zero_point[i] != b->quant.zero_point[i])
            refuse(what, a, "another zero point");
    }
    if (a->quant.n > 1 && mote_shape_equal(&a->shape, &b->shape) && a->quant.axis != b->quant.axis)
        refuse(what, a, "another quantized dimension");
}

static double integer(const mote_tensor *tensor, int64_t i)
{
    switch (tensor->dtype) {
    case MOTE_INT8:
        return ((const int8_t *)tensor->data)[i];
    case MOTE_INT16:
        return ((const int16_t *)tensor->data)[i];
    case MOTE_INT32:
        return ((const int32_t *)tensor->data)[i];
    default:
        return (double)((const int64_t *)tensor->data)[i];
    }
}

static void compare_integers(const char *what, const mote_tensor *a, const mote_tensor *b, golden_counts *counts)
{
    const bool bias = a->dtype == MOTE_INT32 || a->dtype == MOTE_INT64;
    for (int64_t i = 0; i < mote_shape_count(&a->shape); i++) {
        double wanted = integer(a, i), allowed = 1;
        if (bias && a->quant.n > 0) { /* the same number on the other's grid, which may differ in the last bits */
            const int64_t c = a->quant.n > 1 ? i % a->quant.n : 0;
            wanted = round(wanted * ((double)a->quant.scale[c] / (double)b->quant.scale[c]));
            allowed += fabs(wanted) * FLOAT_BITS;
        }
        const double error = fabs(wanted - integer(b, i));
        if (error > allowed)
            refuse(what, a, "integers differ");
        counts->n_off_by_one += error > 0 && (!bias || fabs(wanted) * FLOAT_BITS < 0.25) && a->dtype != MOTE_INT64;
        counts->n_integers++;
    }
}

/* Equal to the bit, folded ones too. */
static void compare_floats(const char *what, const mote_tensor *a, const mote_tensor *b)
{
    const int64_t n = mote_shape_count(&a->shape);
    float *theirs = calloc((size_t)n, sizeof *theirs), *ours = calloc((size_t)n, sizeof *ours);
    assert_true(theirs && ours);
    assert_int_equal(mote_tensor_to_float(a, theirs, n), MOTE_OK);
    assert_int_equal(mote_tensor_to_float(b, ours, n), MOTE_OK);
    int64_t n_differ = 0;
    for (int64_t i = 0; i < n; i++)
        n_differ += theirs[i] != ours[i];
    free(theirs);
    free(ours);
    if (n_differ > 0)
        refuse(what, a, "floats differ");
}

static int32_t count_uses(const mote_graph *graph, int32_t tensor)
{
    int32_t n = 0;
    for (int32_t k = 0; k < graph->n_nodes; k++)
        for (int32_t i = 0; i < graph->nodes[k]->n_inputs; i++)
            n += graph->nodes[k]->inputs[i] == tensor;
    return n;
}

static void compare_tensors(const char *what, const mote_graph *theirs, const mote_tensor *a, const mote_tensor *b,
                            int32_t tensor, double tolerance, golden_counts *counts)
{
    const bool constant = a->storage == MOTE_STORAGE_CONST;
    if (a->dtype != b->dtype)
        refuse(what, a, "another type");
    /* a bias that several operators share has the scale of one of them only */
    if ((a->quant.n > 0 || b->quant.n > 0) && !(constant && count_uses(theirs, tensor) > 1)) {
        compare_scales(what, a, b, tolerance);
        counts->n_quantized++;
    }
    if (!constant)
        return;
    if (mote_shape_count(&a->shape) != mote_shape_count(&b->shape))
        refuse(what, a, "another shape");
    if (is_float(a))
        compare_floats(what, a, b);
    else
        compare_integers(what, a, b, counts);
}

golden_counts golden_compare(const char *what, const mote_graph *theirs, const mote_graph *ours, double tolerance)
{
    graph_match match = graph_match_make(theirs, ours);
    golden_counts counts = {.n_operators = match.n_matched, .n_tensors = match.n_pairs};
    if (ours->n_nodes > theirs->n_nodes)
        print_message("%s: %d operators, TensorFlow's file has %d\n", what, ours->n_nodes, theirs->n_nodes);
    assert_true(ours->n_nodes <= theirs->n_nodes);
    if (match.n_missing > 0 && ours->n_nodes == theirs->n_nodes)
        refuse(what, theirs->tensors[match.first_missing->outputs[0]], "no operator makes it");
    assert_true(match.n_matched > 0);
    for (int32_t i = 0; i < theirs->n_outputs; i++)
        if (match.output_order[i] < 0)
            refuse(what, theirs->tensors[theirs->outputs[i]], "no such output");
    for (int32_t i = 0; i < match.n_pairs; i++)
        compare_tensors(what, theirs, theirs->tensors[match.pairs[i].theirs], ours->tensors[match.pairs[i].ours],
                        match.pairs[i].theirs, tolerance, &counts);
    /* in a small file two biases may fall on the other side: the calibrated scales differ in the last bits */
    if (counts.n_off_by_one > 2 && (double)counts.n_off_by_one > 1e-4 * (double)counts.n_integers)
        print_message("%s: %lld of %lld integers are off by one\n", what, (long long)counts.n_off_by_one,
                      (long long)counts.n_integers);
    assert_true(counts.n_off_by_one <= 2 || (double)counts.n_off_by_one <= 1e-4 * (double)counts.n_integers);
    graph_match_free(&match);
    return counts;
}
