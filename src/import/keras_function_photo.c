/* What tf.image and keras.ops.image do with photos besides giving them another size: colours, frames, flips. */
#include <math.h>
#include <string.h>

#include "import/keras_dense.h"
#include "import/keras_expr.h"
#include "import/keras_function.h"
#include "import/keras_resize.h"
#include "import/keras_window.h"

enum { MAX_SIDE = 1 << 20 };

static const int32_t SPACE[] = {1, 2}, WHOLE[] = {1, 2, 3};

typedef struct photo {
    int32_t x; /* [batch, height, width, channels] */
    int32_t sides[2], channels;
    bool channels_first; /* in the function's own form */
} photo;

static mote_status open_photo(keras_call *call, photo *p, mote_error *err)
{
    const int32_t x = call->inputs[0];
    const mote_status status = keras_read_format(call, &p->channels_first, err);
    if (status != MOTE_OK)
        return status;
    if (keras_shape(call, x)->rank != 4 || call->builder->graph->tensors[x]->dtype != MOTE_FLOAT32)
        return keras_refuse(call, err, "its input must be a batch of images of floats");
    p->x = keras_to_channels_last(call, x, p->channels_first, err);
    if (p->x < 0)
        return keras_failure(err);
    const mote_shape *shape = keras_shape(call, p->x);
    memcpy(p->sides, &shape->dims[1], sizeof p->sides);
    p->channels = shape->dims[3];
    return MOTE_OK;
}

static mote_status close_photo(keras_call *call, const photo *p, int32_t y, mote_error *err)
{
    return keras_result(call, keras_from_channels_last(call, y, p->channels_first, err), err);
}

/* --- colours --- */

mote_status keras_fn_grayscale(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    static const float WEIGHTS[] = {0.2989f, 0.5870f, 0.1140f};
    const mote_shape shape = {2, {1, 3}};
    photo p;
    const mote_status status = open_photo(call, &p, err);
    if (status != MOTE_OK)
        return status;
    if (p.channels == 1)
        return keras_pass(call, call->inputs[0]);
    if (p.channels != 3)
        return keras_refuse(call, err, "its images must have 3 channels");
    const int32_t weights = keras_const(call, "rgb_weights", &shape, WEIGHTS);
    return close_photo(call, &p, keras_fully_connected(call, p.x, weights, MOTE_NO_TENSOR, err), err);
}

/* (x - mean) / max(deviation, 1 / sqrt(n)) over all of an image */
mote_status keras_fn_standardize(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    photo p;
    const mote_status status = open_photo(call, &p, err);
    if (status != MOTE_OK)
        return status;
    const float n = (float)((int64_t)p.sides[0] * p.sides[1] * p.channels);
    const int32_t mean = keras_reduce(call, MOTE_OP_MEAN, p.x, 3, WHOLE, true, "mean", err);
    const int32_t square = keras_binary(call, MOTE_OP_SQUARED_DIFFERENCE, p.x, mean, "SquaredDifference", err);
    const int32_t variance = keras_reduce(call, MOTE_OP_MEAN, square, 3, WHOLE, true, "variance", err);
    const int32_t deviation = keras_unary(call, MOTE_OP_SQRT, variance, "Sqrt", err);
    const int32_t divisor = keras_binary_scalar(call, MOTE_OP_MAXIMUM, deviation, 1.0f / sqrtf(n), "Maximum", err);
    const int32_t away = keras_binary(call, MOTE_OP_SUB, p.x, mean, "sub", err);
    return close_photo(call, &p, keras_binary(call, MOTE_OP_DIV, away, divisor, "truediv", err), err);
}

/* (x - mean) * factor + mean, each channel of each image by itself */
mote_status keras_fn_contrast(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    photo p;
    const mote_status status = open_photo(call, &p, err);
    const json_t *factor = keras_param(call, 1, "contrast_factor", NULL);
    if (status != MOTE_OK)
        return status;
    if (!json_is_number(factor))
        return keras_refuse(call, err, "its contrast_factor must be a number");
    const int32_t mean = keras_reduce(call, MOTE_OP_MEAN, p.x, 2, SPACE, true, "Mean", err);
    const int32_t away = keras_binary(call, MOTE_OP_SUB, p.x, mean, "sub", err);
    const int32_t more = keras_binary_scalar(call, MOTE_OP_MUL, away, (float)json_number_value(factor), "mul", err);
    return close_photo(call, &p, keras_binary(call, MOTE_OP_ADD, more, mean, "add", err), err);
}

mote_status keras_fn_brightness(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    photo p;
    const mote_status status = open_photo(call, &p, err);
    const json_t *delta = keras_param(call, 1, "delta", NULL);
    if (status != MOTE_OK)
        return status;
    if (!json_is_number(delta))
        return keras_refuse(call, err, "its delta must be a number");
    return close_photo(call, &p,
                       keras_binary_scalar(call, MOTE_OP_ADD, p.x, (float)json_number_value(delta), "add", err), err);
}

/* op: the axis. */
mote_status keras_fn_flip_photo(keras_call *call, const keras_function *function, mote_error *err)
{
    photo p;
    const mote_status status = open_photo(call, &p, err);
    if (status != MOTE_OK)
        return status;
    const int32_t axis = keras_const_i32(call, "ReverseV2/axis", 1, &function->op);
    return close_photo(call, &p, keras_binary(call, MOTE_OP_REVERSE_V2, p.x, axis, "ReverseV2", err), err);
}

/* --- frames --- */

/* What a frame of `size` shows whose corner is at begin: zeros where it goes beyond the image. */
static int32_t framed(keras_call *call, int32_t x, const int64_t begin[2], const int32_t size[2], mote_error *err)
{
    int32_t around[4][2] = {{0}}, first[2], part[2];
    if (x < 0)
        return -1;
    const mote_shape in = *keras_shape(call, x);
    for (int32_t i = 0; i < 2; i++) {
        const int64_t n = in.dims[i + 1], end = begin[i] + size[i];
        const int64_t low = begin[i] > 0 ? begin[i] : 0, high = end < n ? end : n;
        if (size[i] < 1 || size[i] > MAX_SIDE || low >= high) {
            keras_refuse(call, err, "nothing of its images is left");
            return -1;
        }
        first[i] = (int32_t)low;
        part[i] = (int32_t)(high - low);
        around[i + 1][0] = (int32_t)(low - begin[i]);
        around[i + 1][1] = (int32_t)(end - high);
    }
    return keras_padded(call, keras_cropped(call, x, first[0], first[1], part, err), around, "Pad", err);
}

/* A whole number by its name. False: not given, or no such number. */
static bool read_whole(const keras_call *call, const char *name, int64_t *value)
{
    const json_t *given = keras_param(call, -1, name, NULL);
    if (!json_is_integer(given) || json_integer_value(given) < 0 || json_integer_value(given) > MAX_SIDE)
        return false;
    *value = json_integer_value(given);
    return true;
}

/* tf.image.crop_to_bounding_box and pad_to_bounding_box (op: 1): offsets and a target. */
mote_status keras_fn_box(keras_call *call, const keras_function *function, mote_error *err)
{
    int64_t begin[2], target[2];
    photo p;
    const mote_status status = open_photo(call, &p, err);
    if (status != MOTE_OK)
        return status;
    if (!read_whole(call, "offset_height", &begin[0]) || !read_whole(call, "offset_width", &begin[1]) ||
        !read_whole(call, "target_height", &target[0]) || !read_whole(call, "target_width", &target[1]))
        return keras_refuse(call, err, "its offsets and target must be whole numbers");
    const int32_t size[] = {(int32_t)target[0], (int32_t)target[1]};
    for (int32_t i = 0; i < 2 && function->op; i++)
        begin[i] = -begin[i];
    return close_photo(call, &p, framed(call, p.x, begin, size, err), err);
}

/* Keras 3's crop_images and pad_images (op: 1): of what lies before an axis, what lies behind and the target two are
 * given. text: "cropping" or "padding". */
mote_status keras_fn_sides(keras_call *call, const keras_function *function, mote_error *err)
{
    static const char *const BEFORE[] = {"top", "left"}, *const BEHIND[] = {"bottom", "right"};
    static const char *const TARGET[] = {"target_height", "target_width"};
    const int64_t sign = function->op ? -1 : 1;
    int64_t begin[2];
    int32_t size[2];
    photo p;
    const mote_status status = open_photo(call, &p, err);
    if (status != MOTE_OK)
        return status;
    for (int32_t i = 0; i < 2; i++) {
        char before_name[32], behind_name[32];
        int64_t before = 0, behind = 0, target = 0;
        snprintf(before_name, sizeof before_name, "%s_%s", BEFORE[i], function->text);
        snprintf(behind_name, sizeof behind_name, "%s_%s", BEHIND[i], function->text);
        const bool has_before = read_whole(call, before_name, &before);
        const bool has_behind = read_whole(call, behind_name, &behind),
                   has_target = read_whole(call, TARGET[i], &target);
        if (has_before + has_behind + has_target != 2)
            return keras_refuse(call, err, "it must be given two of %s, %s and %s", before_name, behind_name,
                                TARGET[i]);
        if (!has_before)
            before = sign * (p.sides[i] - target) - behind;
        if (!has_target)
            target = p.sides[i] - sign * (before + behind);
        begin[i] = sign * before;
        size[i] = target > 0 && target <= MAX_SIDE ? (int32_t)target : 0;
    }
    return close_photo(call, &p, framed(call, p.x, begin, size, err), err);
}

mote_status keras_fn_central_crop(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    photo p;
    const mote_status status = open_photo(call, &p, err);
    const double part = json_number_value(keras_param(call, 1, "central_fraction", NULL));
    if (status != MOTE_OK)
        return status;
    if (!(part > 0.0 && part <= 1.0))
        return keras_refuse(call, err, "its central_fraction must lie in (0, 1]");
    int64_t begin[2];
    int32_t size[2];
    for (int32_t i = 0; i < 2; i++) {
        begin[i] = (int64_t)((p.sides[i] - p.sides[i] * part) / 2.0);
        size[i] = p.sides[i] - 2 * (int32_t)begin[i];
    }
    return close_photo(call, &p, framed(call, p.x, begin, size, err), err);
}

static bool read_target(const keras_call *call, int32_t size[2])
{
    int64_t target[2];
    if (!read_whole(call, "target_height", &target[0]) || !read_whole(call, "target_width", &target[1]) ||
        target[0] < 1 || target[1] < 1)
        return false;
    size[0] = (int32_t)target[0];
    size[1] = (int32_t)target[1];
    return true;
}

/* The middle, or with zeros around. */
mote_status keras_fn_crop_or_pad(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    int64_t begin[2];
    int32_t size[2];
    photo p;
    const mote_status status = open_photo(call, &p, err);
    if (status != MOTE_OK)
        return status;
    if (!read_target(call, size))
        return keras_refuse(call, err, "its target must be whole numbers");
    for (int32_t i = 0; i < 2; i++)
        begin[i] = (p.sides[i] - size[i]) / 2;
    return close_photo(call, &p, framed(call, p.x, begin, size, err), err);
}

/* As large as fits into the target with its aspect ratio, zeros around. */
mote_status keras_fn_resize_with_pad(keras_call *call, const keras_function *function, mote_error *err)
{
    (void)function;
    keras_resize r;
    int64_t begin[2];
    int32_t size[2];
    photo p;
    mote_status status = open_photo(call, &p, err);
    if (status == MOTE_OK)
        status = keras_read_resize(call, &r, err);
    if (status != MOTE_OK)
        return status;
    if (!read_target(call, size))
        return keras_refuse(call, err, "its target must be whole numbers");
    const float ratio = fmaxf((float)p.sides[1] / (float)size[1], (float)p.sides[0] / (float)size[0]);
    for (int32_t i = 0; i < 2; i++) {
        const float side = (float)p.sides[i] / ratio, before = floorf(((float)size[i] - side) / 2.0f);
        r.size[i] = (int32_t)floorf(side);
        begin[i] = before > 0.0f ? -(int64_t)before : 0;
        if (r.size[i] < 1)
            return keras_refuse(call, err, "nothing of its images is left");
    }
    return close_photo(call, &p, framed(call, keras_resized(call, p.x, &r, err), begin, size, err), err);
}
