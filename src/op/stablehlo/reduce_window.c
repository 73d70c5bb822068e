/*
 * STABLEHLO_REDUCE_WINDOW and REDUCE_WINDOW: a window steps over a tensor that is dilated and padded with the initial
 * value; what it shows is combined, in row order, onto that value. What pads counts too.
 */
#include "op/move/copy_nd.h"
#include "op/op_infer.h"
#include "op/stablehlo/combine.h"
#include "op/stablehlo/stablehlo.h"

#include <string.h>

enum { X, INITIAL, WINDOW, STRIDES, DILATIONS };
enum { MAX_RANK = 6 }; /* LiteRT's */

typedef struct windows {
    int64_t size[MAX_RANK], stride[MAX_RANK], dilation[MAX_RANK]; /* of the window */
    int64_t base[MAX_RANK], low[MAX_RANK], high[MAX_RANK];        /* of the input: dilation, then padding */
} windows;

/* --- definition --- */

static void set_plain(windows *w)
{
    for (int32_t d = 0; d < MAX_RANK; d++) {
        w->size[d] = w->stride[d] = w->dilation[d] = w->base[d] = 1;
        w->low[d] = w->high[d] = 0;
    }
}

static bool read_list(const mote_i64_vec *from, int32_t n, int64_t *to)
{
    if (from->n != n)
        return false;
    if (n)
        memcpy(to, from->values, (size_t)n * sizeof *to);
    return true;
}

static mote_status read_options(const mote_op_io *io, windows *w, mote_error *err)
{
    const mote_stablehlo_reduce_window_params *params = io->node->params;
    const int32_t rank = io->inputs[X]->shape.rank;
    int64_t padding[2 * MAX_RANK];
    set_plain(w);
    if (!read_list(&params->window_dimensions, rank, w->size) || !read_list(&params->window_strides, rank, w->stride) ||
        !read_list(&params->base_dilations, rank, w->base) ||
        !read_list(&params->window_dilations, rank, w->dilation) || !read_list(&params->padding, 2 * rank, padding))
        return mote_error_set(err, MOTE_SHAPE, "its options do not fit an input of rank %d", rank);
    for (int32_t d = 0; d < rank; d++) {
        w->low[d] = padding[2 * d];
        w->high[d] = padding[2 * d + 1];
    }
    return MOTE_OK;
}

static mote_status read_inputs(const mote_op_io *io, windows *w, mote_error *err)
{
    const int32_t rank = io->inputs[X]->shape.rank;
    int64_t *const lists[] = {w->size, w->stride, w->dilation};
    set_plain(w);
    for (int32_t i = 0; i < 3; i++) {
        const mote_tensor *list = io->inputs[WINDOW + i];
        if (list->dtype != MOTE_INT64 || mote_shape_count(&list->shape) != rank)
            return mote_error_set(err, MOTE_SHAPE, "input %d is not one int64 for each dimension", WINDOW + i);
        memcpy(lists[i], list->data, (size_t)rank * sizeof *lists[i]);
    }
    return MOTE_OK;
}

static bool is_stablehlo(const mote_op_io *io)
{
    return io->node->op == MOTE_OP_STABLEHLO_REDUCE_WINDOW;
}

static mote_status read_windows(const mote_op_io *io, windows *w, mote_error *err)
{
    return is_stablehlo(io) ? read_options(io, w, err) : read_inputs(io, w, err);
}

/* How many places a window has along dimension d; every factor is small enough that nothing overflows. */
static mote_status count_places(const windows *w, int32_t d, int64_t size, int32_t *n, mote_error *err)
{
    const int64_t most = INT32_MAX;
    if (w->size[d] < 1 || w->stride[d] < 1 || w->dilation[d] < 1 || w->base[d] < 1 || w->size[d] > most ||
        w->stride[d] > most || w->dilation[d] > most || w->base[d] > most || w->low[d] < -most || w->low[d] > most ||
        w->high[d] < -most || w->high[d] > most)
        return mote_error_set(err, MOTE_SHAPE, "the window's numbers of dimension %d are of no use", d);
    const int64_t padded = (size - 1) * w->base[d] + 1 + w->low[d] + w->high[d];
    const int64_t reach = (w->size[d] - 1) * w->dilation[d] + 1;
    if (padded <= 0 && (w->low[d] || w->high[d]))
        return mote_error_set(err, MOTE_SHAPE, "the padding leaves nothing of dimension %d", d);
    const int64_t places = padded < reach ? 0 : (padded - reach) / w->stride[d] + 1;
    if (padded > most)
        return mote_error_set(err, MOTE_SHAPE, "dimension %d would be %lld", d, (long long)padded);
    *n = (int32_t)places;
    return MOTE_OK;
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    mote_status status = mote_infer_need(io, io->n_inputs, err);
    if (status == MOTE_OK)
        status = mote_infer_need_same_dtype(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *x = &io->inputs[X]->shape;
    mote_tensor *out = io->outputs[0];
    out->dtype = io->inputs[X]->dtype;
    bool open = mote_infer_is_open(io, 1);
    for (int32_t i = WINDOW; i < io->n_inputs; i++)
        open |= !io->inputs[i]->data;
    if (open) {
        mote_infer_set_unknown(out);
        return MOTE_OK;
    }
    if (x->rank < 1 || x->rank > MAX_RANK)
        return mote_error_set(err, MOTE_SHAPE, "an input of rank %d, not 1 to %d", x->rank, MAX_RANK);
    windows w;
    status = read_windows(io, &w, err);
    mote_shape shape = {.rank = x->rank};
    for (int32_t d = 0; d < x->rank && status == MOTE_OK; d++)
        status = count_places(&w, d, x->dims[d], &shape.dims[d], err);
    out->shape = shape;
    return status;
}

static const mote_op_field FIELDS[] = {
    {"window_dimensions", 0, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_reduce_window_params, window_dimensions), 0},
    {"window_strides", 1, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_reduce_window_params, window_strides), 0},
    {"base_dilations", 2, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_reduce_window_params, base_dilations), 0},
    {"window_dilations", 3, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_reduce_window_params, window_dilations), 0},
    {"padding", 4, MOTE_FIELD_I64_VEC, offsetof(mote_stablehlo_reduce_window_params, padding), 0},
    {"body_subgraph_index", 5, MOTE_FIELD_I32, offsetof(mote_stablehlo_reduce_window_params, body_subgraph_index), 0},
};
static const mote_op_field OLD_FIELDS[] = {
    {"reduce_function", 0, MOTE_FIELD_I32, offsetof(mote_reduce_window_params, reduce_function), 0},
};

const mote_op_def mote_op_def_stablehlo_reduce_window = {
    .name = "STABLEHLO_REDUCE_WINDOW",
    .options2_type = 13,
    .fields = FIELDS,
    .n_fields = sizeof FIELDS / sizeof *FIELDS,
    .params_bytes = sizeof(mote_stablehlo_reduce_window_params),
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .max_version = 1,
};

const mote_op_def mote_op_def_reduce_window = {
    .name = "REDUCE_WINDOW",
    .options2_type = 20,
    .fields = OLD_FIELDS,
    .n_fields = sizeof OLD_FIELDS / sizeof *OLD_FIELDS,
    .params_bytes = sizeof(mote_reduce_window_params),
    .min_inputs = 5,
    .max_inputs = 5,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .max_version = 1,
};

/* --- running --- */

typedef struct reduce_state {
    mote_combine_fn *fn;
} reduce_state;

static mote_status find_kind(const mote_run *run, const mote_op_io *io, mote_combine_kind *kind, mote_error *err)
{
    static const mote_combine_kind by_function[] = {MOTE_COMBINE_ADD,     MOTE_COMBINE_MULTIPLY, MOTE_COMBINE_MINIMUM,
                                                    MOTE_COMBINE_MAXIMUM, MOTE_COMBINE_ALL,      MOTE_COMBINE_ANY};
    if (!is_stablehlo(io)) {
        const int32_t function = ((const mote_reduce_window_params *)io->node->params)->reduce_function;
        if (function < 1 || function > (int32_t)(sizeof by_function / sizeof *by_function))
            return mote_error_set(err, MOTE_UNSUPPORTED, "reduction %d", function);
        *kind = by_function[function - 1];
        return MOTE_OK;
    }
    const mote_stablehlo_reduce_window_params *params = io->node->params;
    int32_t n_nodes;
    mote_op body;
    const mote_status status = mote_run_body_op(run, params->body_subgraph_index, &n_nodes, &body, err);
    if (status != MOTE_OK)
        return status;
    if (n_nodes != 1 || !mote_combine_of_body(body, kind))
        return mote_error_set(err, MOTE_UNSUPPORTED,
                              "a reduction by another graph than of one sum, product, extremum "
                              "or logical operator");
    return MOTE_OK;
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_dtype dtype = io->inputs[X]->dtype;
    const int64_t most_steps = INT64_C(1) << 31;
    mote_combine_kind kind = MOTE_COMBINE_ADD;
    mote_status status = find_kind(run, io, &kind, err);
    if (status == MOTE_OK)
        status = mote_need_whole_elements(io->inputs[X], err);
    windows w;
    if (status == MOTE_OK)
        status = read_windows(io, &w, err);
    if (status != MOTE_OK)
        return status;
    if (mote_shape_count(&io->inputs[INITIAL]->shape) < 1)
        return mote_error_set(err, MOTE_SHAPE, "the initial value is missing");
    int64_t steps = mote_shape_count(&io->outputs[0]->shape);
    for (int32_t d = 0; d < io->inputs[X]->shape.rank; d++)
        if (__builtin_mul_overflow(steps, w.size[d], &steps) || steps > most_steps)
            return mote_error_set(err, MOTE_LIMIT, "its windows have more than 2^31 elements in all");
    reduce_state *s = *state = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    s->fn = mote_combine_find(kind, dtype);
    return s->fn ? MOTE_OK : mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s", mote_dtype_name(dtype));
}

/* The element that a place of the dilated, padded input shows; -1: padding. */
static int64_t element_at(const windows *w, const mote_shape *x, const int64_t *place, const int64_t *inside)
{
    int64_t element = 0;
    for (int32_t d = 0; d < x->rank; d++) {
        const int64_t at = place[d] * w->stride[d] + inside[d] * w->dilation[d] - w->low[d];
        if (at < 0 || at % w->base[d] != 0 || at / w->base[d] >= x->dims[d])
            return -1;
        element = element * x->dims[d] + at / w->base[d];
    }
    return element;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run;
    const reduce_state *s = state;
    const mote_tensor *x = io->inputs[X];
    const char *initial = io->inputs[INITIAL]->data;
    const size_t element = mote_dtype_bytes(x->dtype);
    windows w;
    const mote_status status = read_windows(io, &w, err);
    if (status != MOTE_OK || mote_shape_count(&io->outputs[0]->shape) == 0)
        return status;
    mote_shape window = {.rank = x->shape.rank};
    for (int32_t d = 0; d < window.rank; d++)
        window.dims[d] = (int32_t)w.size[d];
    int64_t place[MOTE_MAX_RANK] = {0};
    char *out = io->outputs[0]->data;
    do {
        int64_t inside[MOTE_MAX_RANK] = {0};
        memcpy(out, initial, element);
        do {
            const int64_t at = element_at(&w, &x->shape, place, inside);
            s->fn(out, at < 0 ? initial : (const char *)x->data + (size_t)at * element, out, 1);
        } while (mote_next_place(&window, inside));
        out += element;
    } while (mote_next_place(&io->outputs[0]->shape, place));
    return MOTE_OK;
}

const mote_op_run mote_op_run_stablehlo_reduce_window = {prepare, eval};
const mote_op_run mote_op_run_reduce_window = {prepare, eval};
