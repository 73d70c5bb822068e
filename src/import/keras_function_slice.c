/* x[…]: slices with steps, elements, "..." and new dimensions. */
#include <string.h>

#include "import/keras_expr.h"
#include "import/keras_function.h"
#include "import/keras_turned.h"

typedef struct slicing {
    int32_t begin[MOTE_MAX_RANK], end[MOTE_MAX_RANK], step[MOTE_MAX_RANK];
    int32_t shrink;              /* dimensions of which one element is taken */
    int32_t dims[MOTE_MAX_RANK]; /* of the result with new dimensions */
    int32_t n_dims;
    bool expands;
} slicing;

/* {"start": 1, "stop": null, "step": 2}; Keras 3 puts it into a config. NULL: not a slice. */
static const json_t *slice_of(const json_t *item)
{
    const json_t *config = json_object_get(item, "config");
    item = config ? config : item;
    return json_object_get(item, "start") ? item : NULL;
}

static bool is_ellipsis(const json_t *item)
{
    return strcmp(keras_text(item, "class_name", ""), "__ellipsis__") == 0;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* As Python reads it, for a dimension of n elements. False: no step, or nothing is left. */
static bool read_slice(slicing *s, int32_t d, const json_t *item, int32_t n)
{
    const json_t *start = json_object_get(item, "start"), *stop = json_object_get(item, "stop");
    const json_t *by = json_object_get(item, "step");
    const json_int_t step = json_is_integer(by) ? json_integer_value(by) : 1;
    if (step == 0 || step > 1 << 24 || step < -(1 << 24))
        return false;
    const bool back = step < 0;
    int64_t first = back ? n - 1 : 0, past = back ? -1 : n;
    if (json_is_integer(start)) {
        const json_int_t value = json_integer_value(start);
        first = clamp(value < 0 ? value + n : value, back ? -1 : 0, back ? n - 1 : n);
    }
    if (json_is_integer(stop)) {
        const json_int_t value = json_integer_value(stop);
        past = clamp(value < 0 ? value + n : value, back ? -1 : 0, back ? n - 1 : n);
    }
    const int64_t count = back ? (first - past - step - 1) / -step : (past - first + step - 1) / step;
    if (count < 1)
        return false;
    s->begin[d] = (int32_t)first;
    s->end[d] = (int32_t)past;
    s->step[d] = (int32_t)step;
    s->dims[s->n_dims++] = (int32_t)count;
    return true;
}

static void take_all(slicing *s, int32_t d, int32_t n)
{
    s->begin[d] = 0;
    s->end[d] = n;
    s->step[d] = 1;
    s->dims[s->n_dims++] = n;
}

/* One item of the index; false: it does not fit. */
static bool read_item(slicing *s, const json_t *item, const mote_shape *in, int32_t *d, int32_t left)
{
    if (s->n_dims >= MOTE_MAX_RANK)
        return false;
    if (json_is_null(item)) {
        s->expands = true;
        s->dims[s->n_dims++] = 1;
        return true;
    }
    if (is_ellipsis(item)) {
        for (; *d < in->rank - left; ++*d)
            take_all(s, *d, in->dims[*d]);
        return true;
    }
    if (*d >= in->rank)
        return false;
    const int32_t n = in->dims[*d];
    if (json_is_integer(item)) {
        int32_t at;
        if (!keras_axis(json_integer_value(item), n, &at))
            return false;
        s->begin[*d] = at;
        s->end[*d] = at + 1;
        s->step[*d] = 1;
        s->shrink |= 1 << *d;
    } else if (!slice_of(item) || !read_slice(s, *d, slice_of(item), n)) {
        return false;
    }
    ++*d;
    return true;
}

/* How many dimensions the items behind one take. */
static int32_t taken_behind(const json_t *spec, size_t at)
{
    int32_t n = 0;
    for (size_t i = at + 1; i < json_array_size(spec); i++)
        n += !json_is_null(json_array_get(spec, i));
    return n;
}

static bool read_spec(const json_t *spec, const mote_shape *in, slicing *s)
{
    int32_t d = 0;
    *s = (slicing){.n_dims = 0};
    if (!json_is_array(spec)) {
        if (!spec || !read_item(s, spec, in, &d, 0))
            return false;
    }
    for (size_t i = 0; json_is_array(spec) && i < json_array_size(spec); i++)
        if (!read_item(s, json_array_get(spec, i), in, &d, taken_behind(spec, i)))
            return false;
    for (; d < in->rank && s->n_dims < MOTE_MAX_RANK; d++)
        take_all(s, d, in->dims[d]);
    return d == in->rank;
}

/* An element of a shape (tf.shape(x)[0]) is known. */
static int32_t element_of_shape(keras_call *call, const slicing *s, mote_error *err)
{
    const mote_tensor *shape = call->builder->graph->tensors[call->inputs[0]];
    if (shape->dtype != MOTE_INT32 || shape->shape.rank != 1 || s->step[0] != 1) {
        keras_refuse(call, err, "slices of this constant are not supported");
        return -1;
    }
    const int32_t n = s->end[0] - s->begin[0];
    const int32_t tensor = keras_const_i32(call, "strided_slice", n, (const int32_t *)shape->data + s->begin[0]);
    if (tensor >= 0 && s->shrink)
        call->builder->graph->tensors[tensor]->shape = (mote_shape){0};
    return tensor;
}

static int32_t strided_slice(keras_call *call, const slicing *s, mote_error *err)
{
    const int32_t x = call->inputs[0];
    if (!s->shrink)
        return keras_sliced(call, x, s->begin, s->end, s->step, "strided_slice", err);
    return keras_strided(call, x, s->begin, s->end, s->step, s->shrink, "strided_slice", err);
}

/* x[k] of an x that has the batch in second place. */
static int32_t element_before_batch(keras_call *call, const keras_turned *turned, const slicing *s, mote_error *err)
{
    const mote_shape *in = keras_shape(call, turned->tensor);
    bool one = s->shrink == 1 && !s->expands;
    for (int32_t d = 1; one && d < in->rank; d++)
        one = s->begin[d] == 0 && s->end[d] == in->dims[d] && s->step[d] == 1;
    if (one)
        return keras_turned_element(call, turned, s->begin[0], err);
    keras_refuse(call, err, "of an input with the batch in second place it takes more, or less, than x[k]");
    return -1;
}

mote_status keras_fn_get_item(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    slicing s;
    const mote_tensor *x = call->builder->graph->tensors[call->inputs[0]];
    if (!read_spec(keras_param(call, 1, "slice_spec", "key"), &x->shape, &s))
        return keras_refuse(call, err, "its index does not fit an input of rank %d, or nothing is left", x->shape.rank);
    if (x->storage == MOTE_STORAGE_CONST)
        return keras_result(call, element_of_shape(call, &s, err), err);
    const keras_turned *turned = keras_turned_of(call->builder, call->inputs[0]);
    if (turned)
        return keras_result(call, element_before_batch(call, turned, &s, err), err);
    if (s.begin[0] != 0 || s.end[0] != x->shape.dims[0] || s.step[0] != 1 || (s.shrink & 1) || s.n_dims < 1)
        return keras_refuse(call, err, "it takes the batch apart");
    int32_t y = strided_slice(call, &s, err);
    /* A slice of everything stays in TensorFlow's files, as drop_identities says of RESHAPE. */
    if (y == call->inputs[0])
        call->builder->graph->tensors[y]->is_unsized = true;
    if (s.expands) {
        s.dims[0] = -1;
        y = keras_reshaped(call, y, s.n_dims, s.dims, "Reshape", err);
    }
    return keras_result(call, y, err);
}
