/*
 * Einstein sums of one or two operands, as one product of matrices: labels that both operands and the result have
 * number the matrices, those that only the operands share are summed over, the rest are rows and columns.
 */
#include "import/keras_einsum.h"

#include <ctype.h>
#include <string.h>

#include "import/keras_dense.h"
#include "import/keras_expr.h"
#include "import/keras_function.h"
#include "import/keras_matmul.h"

enum {
    N_LABELS = 128,
    MAX_TERMS = 3,        /* two operands and the result */
    MAX_PRODUCT_RANK = 5, /* of BATCH_MATMUL in LiteRT */
};

typedef struct term {
    char labels[MOTE_MAX_RANK + 1];
    int32_t n;
} term;

typedef struct einsum {
    keras_call *call;
    mote_error *err;
    term terms[MAX_TERMS]; /* the result last */
    int32_t n_operands;
    int32_t sizes[N_LABELS];
    char batch; /* the label of the batch */
} einsum;

static const char *find(const term *t, char label)
{
    for (int32_t d = 0; d < t->n; d++)
        if (t->labels[d] == label)
            return &t->labels[d];
    return NULL;
}

/* --- the equation --- */

static bool add_label(term *t, char label)
{
    if (t->n == MOTE_MAX_RANK || find(t, label))
        return false;
    t->labels[t->n++] = label;
    return true;
}

/* "...ab": the dimensions under the dots, `hidden` in number, are called 0, 1, …. */
static bool read_term(const char *text, size_t n, int32_t hidden, term *t)
{
    *t = (term){.n = 0};
    for (size_t i = 0; i < n; i++) {
        if (text[i] == ' ')
            continue;
        if (i + 2 < n && strncmp(text + i, "...", 3) == 0) {
            for (int32_t d = 0; d < hidden; d++)
                if (!add_label(t, (char)('0' + d)))
                    return false;
            i += 2;
        } else if (!isalpha((unsigned char)text[i]) || !add_label(t, text[i])) {
            return false;
        }
    }
    return true;
}

static int32_t count_letters(const char *text, size_t n)
{
    int32_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += isalpha((unsigned char)text[i]) != 0;
    return count;
}

static bool read_equation(einsum *e, const char *text, const int32_t *operands)
{
    const char *arrow = strstr(text, "->"), *at = text;
    int32_t hidden = 0;
    for (int32_t i = 0; arrow && i < e->n_operands; i++) {
        const char *comma = memchr(at, ',', (size_t)(arrow - at)), *end = comma ? comma : arrow;
        const int32_t rank = keras_shape(e->call, operands[i])->rank;
        const int32_t own = rank - count_letters(at, (size_t)(end - at));
        const bool dots = memchr(at, '.', (size_t)(end - at)) != NULL;
        if (own < 0 || (!dots && own > 0) || (comma == NULL) != (i + 1 == e->n_operands) ||
            !read_term(at, (size_t)(end - at), own, &e->terms[i]) || e->terms[i].n != rank)
            return false;
        hidden = dots ? own : hidden;
        at = end + 1;
    }
    return arrow && read_term(arrow + 2, strlen(arrow + 2), hidden, &e->terms[e->n_operands]);
}

/* Every label has one size; those of the result come from an operand. */
static bool read_sizes(einsum *e, const int32_t *operands)
{
    for (int32_t i = 0; i < e->n_operands; i++)
        for (int32_t d = 0; d < e->terms[i].n; d++) {
            const int32_t size = keras_shape(e->call, operands[i])->dims[d];
            int32_t *known = &e->sizes[(unsigned char)e->terms[i].labels[d]];
            if (*known != 0 && *known != size)
                return false;
            *known = size;
        }
    const term *result = &e->terms[e->n_operands];
    for (int32_t d = 0; d < result->n; d++)
        if (e->sizes[(unsigned char)result->labels[d]] == 0)
            return false;
    return result->n > 0 && result->labels[0] == e->batch;
}

/* --- operands --- */

/* Sums over what neither the result nor the other operand has. */
static int32_t sum_alone(einsum *e, int32_t i, int32_t x)
{
    term *own = &e->terms[i], kept = {.n = 0};
    int32_t axes[MOTE_MAX_RANK], n = 0;
    for (int32_t d = 0; d < own->n; d++) {
        bool used = find(&e->terms[e->n_operands], own->labels[d]) != NULL;
        for (int32_t j = 0; j < e->n_operands; j++)
            used |= j != i && find(&e->terms[j], own->labels[d]);
        if (used)
            add_label(&kept, own->labels[d]);
        else
            axes[n++] = d;
    }
    *own = kept;
    return n ? keras_reduce(e->call, MOTE_OP_SUM, x, n, axes, false, "Sum", e->err) : x;
}

/* The dimensions of x, called `own`, in the order of `wanted`. */
static int32_t ordered(einsum *e, int32_t x, const term *own, const term *wanted)
{
    int32_t order[MOTE_MAX_RANK];
    for (int32_t d = 0; d < wanted->n; d++)
        order[d] = (int32_t)(find(own, wanted->labels[d]) - own->labels);
    return keras_transposed(e->call, x, order, "transpose", e->err);
}

/* How many elements labels have together; the batch is left open. */
static int32_t together(const einsum *e, const term *t)
{
    int64_t count = 1;
    for (int32_t d = 0; d < t->n; d++)
        count *= e->sizes[(unsigned char)t->labels[d]];
    return find(t, e->batch) ? -1 : count > INT32_MAX ? 0 : (int32_t)count;
}

static void append(term *to, const term *from)
{
    for (int32_t d = 0; d < from->n; d++)
        add_label(to, from->labels[d]);
}

/* --- the product --- */

typedef struct groups {
    term matrices, rows, columns, summed;
} groups;

static groups sort_labels(const einsum *e)
{
    groups g = {0};
    const term *a = &e->terms[0], *b = &e->terms[1], *result = &e->terms[2];
    for (int32_t d = 0; d < result->n; d++) {
        const char label = result->labels[d];
        add_label(!find(a, label) ? &g.columns : !find(b, label) ? &g.rows : &g.matrices, label);
    }
    for (int32_t d = 0; d < a->n; d++)
        if (!find(result, a->labels[d]))
            add_label(&g.summed, a->labels[d]);
    return g;
}

/* Labels of a shape, a dimension each; the batch is left open. */
static int32_t apart(const einsum *e, const term *t, int32_t *dims)
{
    for (int32_t d = 0; d < t->n; d++)
        dims[d] = t->labels[d] == e->batch ? -1 : e->sizes[(unsigned char)t->labels[d]];
    return t->n;
}

/* x as [matrices…, first, second]: what numbers the matrices in a dimension each as far as the product takes them. */
static int32_t as_matrices(einsum *e, int32_t x, const term *own, const groups *g, const term *first,
                           const term *second)
{
    term wanted = {.n = 0};
    append(&wanted, &g->matrices);
    append(&wanted, first);
    append(&wanted, second);
    int32_t dims[MOTE_MAX_RANK], n = 1;
    if (g->matrices.n + 2 <= MAX_PRODUCT_RANK)
        n = apart(e, &g->matrices, dims);
    else
        dims[0] = together(e, &g->matrices);
    dims[n++] = together(e, first);
    dims[n++] = together(e, second);
    return keras_reshaped(e->call, ordered(e, x, own, &wanted), n, dims, "Reshape", e->err);
}

/* A product with weights that is the same for every row: [rows…, summed] and weights [columns, summed]. */
static int32_t dense_product(einsum *e, const groups *g, const int32_t *operands)
{
    term wanted = g->rows;
    append(&wanted, &g->summed);
    int32_t dims[MOTE_MAX_RANK], n = apart(e, &g->rows, dims);
    dims[n++] = together(e, &g->summed);
    const int32_t x =
        keras_reshaped(e->call, ordered(e, operands[0], &e->terms[0], &wanted), n, dims, "Reshape", e->err);
    const int32_t weights = x < 0 ? -1 : as_matrices(e, operands[1], &e->terms[1], g, &g->columns, &g->summed);
    return weights < 0 ? -1 : keras_einsum_product(e->call, x, weights, MOTE_NO_TENSOR, e->err);
}

static int32_t matrix_product(einsum *e, const groups *g, const int32_t *operands)
{
    const int32_t a = as_matrices(e, operands[0], &e->terms[0], g, &g->rows, &g->summed);
    const int32_t b = a < 0 ? -1 : as_matrices(e, operands[1], &e->terms[1], g, &g->summed, &g->columns);
    return keras_matmul(e->call, a, b, false, false, e->err);
}

static int32_t product(einsum *e, const int32_t *operands)
{
    const groups g = sort_labels(e);
    const bool dense = e->call->builder->graph->tensors[operands[1]]->data && g.matrices.n == 0 &&
                       g.rows.n < MOTE_MAX_RANK; /* what is summed over is one dimension more, also if it is nothing */
    const int32_t y = dense ? dense_product(e, &g, operands) : matrix_product(e, &g, operands);
    term made = g.matrices;
    append(&made, &g.rows);
    append(&made, &g.columns);
    int32_t dims[MOTE_MAX_RANK];
    apart(e, &made, dims);
    return ordered(e, keras_reshaped(e->call, y, made.n, dims, "Reshape_1", e->err), &made, &e->terms[2]);
}

int32_t keras_einsum(keras_call *call, const char *equation, int32_t n, const int32_t *operands, mote_error *err)
{
    einsum e = {.call = call, .err = err, .n_operands = n};
    int32_t x[MAX_TERMS - 1];
    if (n < 1 || n >= MAX_TERMS || !read_equation(&e, equation, operands)) {
        keras_refuse(call, err, "equation '%s' does not fit its operands, or is of a kind that does not import",
                     equation);
        return -1;
    }
    /* The first operand is always a tensor with a batch. */
    e.batch = e.terms[0].n ? e.terms[0].labels[0] : '\0';
    if (!read_sizes(&e, operands)) {
        keras_refuse(call, err, "equation '%s' does not fit its operands, or does not keep the batch first", equation);
        return -1;
    }
    for (int32_t i = 0; i < n; i++)
        if ((x[i] = sum_alone(&e, i, operands[i])) < 0)
            return -1;
    return n == 1 ? ordered(&e, x[0], &e.terms[0], &e.terms[1]) : product(&e, x);
}

/* ops.einsum; Keras 2 does not save what tf.einsum was called on. */
mote_status keras_fn_einsum(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    const json_t *given = keras_param(call, 0, "subscripts", NULL);
    if (!json_is_string(given))
        return keras_refuse(call, err, "its equation is not text");
    return keras_result(call, keras_einsum(call, json_string_value(given), call->n_inputs, call->inputs, err), err);
}
