/*
 * Images of another size, as tf.image.resize makes them. Nearest and plain bilinear sampling are operators of TFLite;
 * every other method is linear along height and along width, so that it is written as two products with constant
 * matrices.
 */
#include <string.h>
#include <strings.h>

#include "import/keras_dense.h"
#include "import/keras_expr.h"
#include "import/keras_function.h"
#include "import/keras_resize.h"
#include "op/remap/remap.h"

enum {
    N_AXES = 4,
    MAX_SIDE = 1 << 20,
    MAX_WEIGHTS = 1 << 24, /* of one matrix */
};

static int32_t by_operator(keras_call *call, int32_t x, const int32_t size[2], bool nearest, mote_error *err)
{
    const int32_t inputs[] = {x, keras_const_i32(call, "resize/size", 2, size)};
    mote_node *node = inputs[1] < 0
                          ? NULL
                          : keras_node(call, nearest ? MOTE_OP_RESIZE_NEAREST_NEIGHBOR : MOTE_OP_RESIZE_BILINEAR, 2,
                                       inputs, nearest ? "resize/ResizeNearestNeighbor" : "resize/ResizeBilinear", err);
    if (!node)
        return -1;
    ((mote_resize_params *)node->params)->half_pixel_centers = true;
    return keras_emit(call, node, err) == MOTE_OK ? node->outputs[0] : -1;
}

/* The matrix from lines of n_in to lines of n_out as a constant. */
static int32_t sampling_matrix(keras_call *call, const keras_sampling *sampling, int32_t n_in, int32_t n_out,
                               mote_error *err)
{
    if ((int64_t)n_in * n_out > MAX_WEIGHTS) {
        keras_refuse(call, err, "its images are too large to be resized by '%s'", sampling->method);
        return -1;
    }
    const mote_shape shape = {2, {n_out, n_in}};
    const int32_t matrix = keras_const(call, "resize/weights", &shape, NULL);
    if (matrix < 0 || keras_sampling_weights(sampling, n_in, n_out, call->builder->graph->tensors[matrix]->data))
        return matrix;
    keras_refuse(call, err, "mote does not know the interpolation '%s'", sampling->method);
    return -1;
}

/* Whether the matrix leaves lines as they are. */
static bool is_identity(const keras_call *call, int32_t matrix)
{
    const mote_tensor *tensor = call->builder->graph->tensors[matrix];
    const int32_t n = tensor->shape.dims[0], n_in = tensor->shape.dims[1];
    const float *weight = tensor->data;
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j < n_in; j++)
            if (*weight++ != (float)(i == j))
                return false;
    return n == n_in;
}

/* An image whose dimension i is the original's axis at[i]. */
typedef struct turned_image {
    int32_t tensor, at[N_AXES];
} turned_image;

static void turn(keras_call *call, turned_image *x, const int32_t to[N_AXES], mote_error *err)
{
    int32_t order[N_AXES];
    for (int32_t i = 0; i < N_AXES; i++)
        for (int32_t j = 0; j < N_AXES; j++)
            if (x->at[j] == to[i])
                order[i] = j;
    x->tensor = keras_transposed(call, x->tensor, order, "transpose", err);
    memcpy(x->at, to, sizeof x->at);
}

/* FULLY_CONNECTED multiplies the last dimension: each axis is brought there, the one first that leaves less to do. One
 * dense product over all rows is ten times as fast in LiteRT as BATCH_MATMUL, which needs no transposes. */
static int32_t by_matrices(keras_call *call, int32_t image, const int32_t size[2], const keras_sampling *sampling,
                           mote_error *err)
{
    const mote_shape in = *keras_shape(call, image);
    const int32_t matrices[] = {sampling_matrix(call, sampling, in.dims[1], size[0], err),
                                sampling_matrix(call, sampling, in.dims[2], size[1], err)};
    if (matrices[0] < 0 || matrices[1] < 0)
        return -1;
    const int64_t rows_first = (int64_t)size[0] * in.dims[2] * (in.dims[1] + size[1]);
    const int64_t columns_first = (int64_t)size[1] * in.dims[1] * (in.dims[2] + size[0]);
    const int32_t first = rows_first <= columns_first ? 1 : 2, second = 3 - first;
    turned_image x = {image, {0, 1, 2, 3}};
    if (!is_identity(call, matrices[first - 1])) {
        turn(call, &x, (int32_t[N_AXES]){0, second, 3, first}, err);
        x.tensor = keras_fully_connected(call, x.tensor, matrices[first - 1], MOTE_NO_TENSOR, err);
    }
    if (!is_identity(call, matrices[second - 1])) {
        turn(call, &x, (int32_t[N_AXES]){0, first, 3, second}, err);
        x.tensor = keras_fully_connected(call, x.tensor, matrices[second - 1], MOTE_NO_TENSOR, err);
    }
    turn(call, &x, (int32_t[N_AXES]){0, 1, 2, 3}, err);
    return x.tensor;
}

/* Nearest and bilinear sampling by TFLite's operators, which antialiasing changes where an axis becomes shorter. */
static int32_t sampled(keras_call *call, int32_t x, const int32_t size[2], const keras_sampling *sampling,
                       mote_error *err)
{
    if (x < 0)
        return -1;
    const mote_shape *in = keras_shape(call, x);
    const bool nearest = strcasecmp(sampling->method, "nearest") == 0;
    const bool grows = size[0] >= in->dims[1] && size[1] >= in->dims[2];
    if (nearest || (strcasecmp(sampling->method, "bilinear") == 0 && (!sampling->antialias || grows)))
        return by_operator(call, x, size, nearest, err);
    return by_matrices(call, keras_cast_to(call, x, MOTE_FLOAT32, err), size, sampling, err);
}

int32_t keras_cropped(keras_call *call, int32_t x, int32_t top, int32_t left, const int32_t size[2], mote_error *err)
{
    if (x < 0)
        return -1;
    const mote_shape in = *keras_shape(call, x);
    const int32_t begin[] = {0, top, left, 0}, end[] = {in.dims[0], top + size[0], left + size[1], in.dims[3]};
    const int32_t step[] = {1, 1, 1, 1};
    return keras_sliced(call, x, begin, end, step, "strided_slice", err);
}

/* The sides that an image of in's other side has in the target's aspect ratio, in float32 as Keras computes them. */
static void fit_sides(const mote_shape *in, const int32_t size[2], int64_t sides[2])
{
    sides[0] = (int64_t)((float)((int64_t)in->dims[2] * size[0]) / (float)size[1]);
    sides[1] = (int64_t)((float)((int64_t)in->dims[1] * size[1]) / (float)size[0]);
}

/* The largest middle part of the target's aspect ratio. */
static int32_t cropped_to_ratio(keras_call *call, int32_t x, const int32_t size[2], mote_error *err)
{
    if (x < 0)
        return -1;
    const mote_shape in = *keras_shape(call, x);
    int64_t sides[2];
    int32_t crop[2];
    fit_sides(&in, size, sides);
    for (int32_t i = 0; i < 2; i++) {
        crop[i] = sides[i] < in.dims[i + 1] ? (int32_t)sides[i] : in.dims[i + 1];
        crop[i] = crop[i] > 1 ? crop[i] : 1;
    }
    return keras_cropped(call, x, (in.dims[1] - crop[0]) / 2, (in.dims[2] - crop[1]) / 2, crop, err);
}

/* As much on both sides of an axis, so that the image has nearly the target's aspect ratio. */
static int32_t padded_to_ratio(keras_call *call, int32_t x, const int32_t size[2], float fill, mote_error *err)
{
    if (x < 0)
        return -1;
    const mote_shape in = *keras_shape(call, x);
    int64_t sides[2];
    int32_t around[N_AXES][2] = {{0}};
    fit_sides(&in, size, sides);
    for (int32_t i = 0; i < 2; i++) {
        const int64_t more = sides[i] - in.dims[i + 1];
        if (more > MAX_SIDE) {
            keras_refuse(call, err, "its images are too long to be padded to the aspect ratio");
            return -1;
        }
        around[i + 1][0] = around[i + 1][1] = more > 0 ? (int32_t)(more / 2) : 0;
    }
    return keras_padded_with(call, x, around, fill, "concat", err);
}

int32_t keras_resized(keras_call *call, int32_t x, const keras_resize *r, mote_error *err)
{
    if (r->crop)
        x = cropped_to_ratio(call, x, r->size, err);
    else if (r->pad)
        x = padded_to_ratio(call, x, r->size, r->fill, err);
    return sampled(call, x, r->size, &r->sampling, err);
}

mote_status keras_read_resize(keras_call *call, keras_resize *r, mote_error *err)
{
    const json_t *method = keras_param(call, -1, "interpolation", "method");
    const json_t *fill_mode = keras_param(call, -1, "fill_mode", NULL);
    *r = (keras_resize){
        .size = {r->size[0], r->size[1]},
        .sampling = {method ? json_string_value(method) : "bilinear", keras_param_bool(call, "antialias", NULL, false)},
        .crop = keras_param_bool(call, "crop_to_aspect_ratio", NULL, false),
        .pad = keras_param_bool(call, "pad_to_aspect_ratio", NULL, false),
        .fill = (float)json_number_value(keras_param(call, -1, "fill_value", NULL)),
    };
    if (!r->sampling.method || (r->crop && r->pad))
        return keras_refuse(call, err, "its interpolation must be a name, and it may crop or pad, not both");
    if (r->pad && fill_mode && (!json_is_string(fill_mode) || strcmp(json_string_value(fill_mode), "constant") != 0))
        return keras_refuse(call, err, "fill_mode must be \"constant\"");
    return MOTE_OK;
}
