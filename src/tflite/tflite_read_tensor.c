/* Tensors: shape, type, constant, quantization. */
#include "tflite/tflite_reader.h"
#include "tflite/tflite_schema.h"

#include <limits.h>
#include <math.h>
#include <string.h>

static mote_status read_dims(const mote_fb_vec *vec, const char *what, mote_shape *shape, mote_error *err)
{
    if (vec->n > MOTE_MAX_RANK)
        return mote_error_set(err, MOTE_UNSUPPORTED, "%s of rank %u; mote goes up to %d", what, vec->n, MOTE_MAX_RANK);
    *shape = (mote_shape){.rank = (int32_t)vec->n};
    for (uint32_t i = 0; i < vec->n; ++i) {
        shape->dims[i] = mote_fb_vec_i32(vec, i);
        if (shape->dims[i] < MOTE_DIM_UNKNOWN)
            return mote_error_set(err, MOTE_FORMAT, "%s: dimension %u is %d", what, i, shape->dims[i]);
    }
    return MOTE_OK;
}

/* A dimension left open (-1) is 1 until a caller says otherwise; where the file states it only in the shape, the
 * signature takes it over. A signature of another rank says nothing of this tensor, and old writers leave it empty. */
static mote_status read_shape(const mote_fb_table *from, mote_tensor *tensor, mote_error *err)
{
    const mote_fb_vec dims = mote_fb_get_vec(from, TFL_TENSOR_SHAPE);
    const mote_fb_vec signature = mote_fb_get_vec(from, TFL_TENSOR_SHAPE_SIGNATURE);
    mote_status status = read_dims(&dims, "shape", &tensor->shape, err);
    if (status == MOTE_OK)
        status = read_dims(&signature, "shape signature", &tensor->signature, err);
    if (status != MOTE_OK)
        return status;
    tensor->has_signature = signature.n > 0 && signature.n == dims.n;
    if (!tensor->has_signature)
        tensor->signature = tensor->shape;
    for (int32_t i = 0; i < tensor->shape.rank; ++i)
        if (tensor->shape.dims[i] < 0) {
            tensor->shape.dims[i] = 1;
            tensor->has_signature = true;
        }
    if (!tensor->has_signature)
        tensor->signature = (mote_shape){0};
    size_t n_bytes;
    if (mote_dtype_bits(tensor->dtype) > 0 && !mote_tensor_needed_bytes(tensor, &n_bytes))
        return mote_error_set(err, MOTE_FORMAT, "its shape overflows the address space");
    if (mote_shape_count(&tensor->shape) < 0)
        return mote_error_set(err, MOTE_FORMAT, "its shape overflows the address space");
    return MOTE_OK;
}

/* --- quantization --- */

static mote_status check_zero_point(const mote_tensor *tensor, int64_t zero_point, mote_error *err)
{
    int64_t low = INT32_MIN, high = INT32_MAX;
    switch (tensor->dtype) {
    case MOTE_INT4:
        low = -8, high = 7;
        break;
    case MOTE_UINT4:
        low = 0, high = 15;
        break;
    case MOTE_INT8:
        low = INT8_MIN, high = INT8_MAX;
        break;
    case MOTE_UINT8:
        low = 0, high = UINT8_MAX;
        break;
    case MOTE_INT16:
        low = INT16_MIN, high = INT16_MAX;
        break;
    case MOTE_UINT16:
        low = 0, high = UINT16_MAX;
        break;
    default:
        break;
    }
    if (zero_point < low || zero_point > high)
        return mote_error_set(err, MOTE_FORMAT, "zero point %lld is no %s", (long long)zero_point,
                              mote_dtype_name(tensor->dtype));
    return MOTE_OK;
}

/* The axis of n > 1 scales. Biases of old files carry the axis of the weights they belong to. */
static mote_status read_axis(const mote_fb_table *from, uint32_t n, const mote_shape *shape, int32_t *axis,
                             mote_error *err)
{
    *axis = mote_fb_get_i32(from, TFL_QUANT_DIMENSION, 0);
    if (n == 1) {
        *axis = 0;
        return MOTE_OK;
    }
    if (shape->rank == 1)
        *axis = 0;
    if (*axis < 0 || *axis >= shape->rank)
        return mote_error_set(err, MOTE_FORMAT, "quantized dimension %d of a tensor of rank %d", *axis, shape->rank);
    if ((uint32_t)shape->dims[*axis] != n)
        return mote_error_set(err, MOTE_FORMAT, "%u scales for the %d slices of dimension %d", n, shape->dims[*axis],
                              *axis);
    return MOTE_OK;
}

static mote_status read_scales(mote_tflite_reader *reader, const mote_fb_table *from, mote_tensor *tensor)
{
    const mote_fb_vec scale = mote_fb_get_vec(from, TFL_QUANT_SCALE);
    const mote_fb_vec zero_point = mote_fb_get_vec(from, TFL_QUANT_ZERO_POINT);
    mote_error *err = reader->err;
    if (scale.n == 0)
        return MOTE_OK;
    if (scale.n != zero_point.n)
        return mote_error_set(err, MOTE_FORMAT, "%u scales but %u zero points", scale.n, zero_point.n);
    mote_status status = read_axis(from, scale.n, &tensor->shape, &tensor->quant.axis, err);
    if (status != MOTE_OK)
        return status;
    float *scales = mote_tflite_alloc(reader, scale.n, sizeof *scales);
    int64_t *zero_points = mote_tflite_alloc(reader, scale.n, sizeof *zero_points);
    if (scales == NULL || zero_points == NULL)
        return mote_tflite_out_of_memory(reader);
    for (uint32_t i = 0; i < scale.n && status == MOTE_OK; ++i) {
        scales[i] = mote_fb_vec_f32(&scale, i);
        zero_points[i] = mote_fb_vec_i64(&zero_point, i);
        if (!isfinite(scales[i]) || scales[i] < 0) /* 0 is that of weights which are all 0; see mote_model_verify */
            return mote_error_set(err, MOTE_FORMAT, "scale %u is %g; it must be positive", i, (double)scales[i]);
        status = check_zero_point(tensor, zero_points[i], err);
    }
    tensor->quant.n = (int32_t)scale.n;
    tensor->quant.scale = scales;
    tensor->quant.zero_point = zero_points;
    return status;
}

static mote_status read_quant(mote_tflite_reader *reader, const mote_fb_table *tensor_table, mote_tensor *tensor)
{
    mote_fb_table from;
    if (!mote_fb_get_table(tensor_table, TFL_TENSOR_QUANTIZATION, &from))
        return MOTE_OK;
    const uint8_t details = mote_fb_get_u8(&from, TFL_QUANT_DETAILS_TYPE, 0);
    if (details != 0 && details != TFL_DETAILS_BLOCKWISE) {
        static const char *const names[] = {"", "custom", "blockwise", "multi-axis"};
        return mote_error_set(
            reader->err, MOTE_UNSUPPORTED,
            "%s quantization; mote knows one scale per tensor, per slice of one dimension or per block",
            details < 4 ? names[details] : "unknown");
    }
    const mote_fb_vec min = mote_fb_get_vec(&from, TFL_QUANT_MIN);
    const mote_fb_vec max = mote_fb_get_vec(&from, TFL_QUANT_MAX);
    if (min.n == 1 && max.n == 1) { /* per-channel ranges only repeat what the scales say */
        tensor->quant.has_range = true;
        tensor->quant.min = mote_fb_vec_f32(&min, 0);
        tensor->quant.max = mote_fb_vec_f32(&max, 0);
    }
    return read_scales(reader, &from, tensor);
}

/* --- constants --- */

/* Strings: [u32 n][n + 1 u32 offsets from the start][characters]; the last offset is the end. */
static mote_status check_strings(const mote_tensor *tensor, const uint8_t *bytes, size_t n_bytes, mote_error *err)
{
    uint32_t n = 0, before, at;
    if (n_bytes >= 4)
        memcpy(&n, bytes, sizeof n);
    if (n_bytes < 8 || n > (n_bytes - 8) / 4)
        return mote_error_set(err, MOTE_FORMAT, "its %zu bytes hold no table of strings", n_bytes);
    if (mote_shape_count(&tensor->shape) != (int64_t)n)
        return mote_error_set(err, MOTE_FORMAT, "%u strings do not fill its shape", n);
    before = 8 + 4 * n;
    for (uint32_t i = 0; i <= n; ++i) {
        memcpy(&at, bytes + 4 + 4 * (size_t)i, sizeof at);
        if (at < before || at > n_bytes || (i == 0 && at != before))
            return mote_error_set(err, MOTE_FORMAT, "string %u does not lie within its %zu bytes", i, n_bytes);
        before = at;
    }
    if (before != n_bytes)
        return mote_error_set(err, MOTE_FORMAT, "its strings end %zu bytes early", n_bytes - before);
    return MOTE_OK;
}

static mote_status check_constant(mote_tflite_reader *reader, const mote_fb_table *from, mote_tensor *tensor,
                                  const mote_tflite_buffer *buffer)
{
    size_t needed;
    if (tensor->dtype == MOTE_STRING)
        return check_strings(tensor, buffer->bytes, buffer->n_bytes, reader->err);
    if (mote_dtype_bits(tensor->dtype) == 0)
        return mote_error_set(reader->err, MOTE_FORMAT, "a constant of type %s", mote_dtype_name(tensor->dtype));
    mote_fb_table sparsity;
    if (mote_fb_get_table(from, TFL_TENSOR_SPARSITY, &sparsity))
        return mote_tflite_read_sparsity(reader, &sparsity, tensor, buffer->n_bytes);
    if (!mote_tensor_needed_bytes(tensor, &needed) || needed != buffer->n_bytes)
        return mote_error_set(reader->err, MOTE_FORMAT, "its constant holds %zu bytes, its shape and type need %zu",
                              buffer->n_bytes, needed);
    return MOTE_OK;
}

/* made: something else gives it a value. Buffer 0 is the empty one by convention. */
static mote_status read_constant(mote_tflite_reader *reader, const mote_fb_table *from, mote_tensor *tensor, bool made)
{
    static const mote_tflite_buffer nothing = {.bytes = (const uint8_t *)""};
    const uint32_t index = mote_fb_get_u32(from, TFL_TENSOR_BUFFER, 0);
    if (mote_fb_get_u32(from, TFL_TENSOR_EXTERNAL_BUFFER, 0) != 0)
        return mote_error_set(reader->err, MOTE_UNSUPPORTED, "its value lies in another file; join them first");
    if (index >= reader->n_buffers && index != 0)
        return mote_error_set(reader->err, MOTE_FORMAT, "names buffer %u, of %u there are", index, reader->n_buffers);
    const mote_tflite_buffer *buffer = index == 0 ? &nothing : &reader->buffers[index];
    const bool variable = mote_fb_get_u8(from, TFL_TENSOR_IS_VARIABLE, 0) != 0;
    const bool empty = mote_dtype_bits(tensor->dtype) > 0 && mote_shape_count(&tensor->shape) == 0;
    tensor->storage = variable ? MOTE_STORAGE_VARIABLE : MOTE_STORAGE_ACTIVATION;
    if (buffer->n_bytes == 0 && (variable || made || !empty))
        return MOTE_OK;
    if (variable)
        return mote_error_set(reader->err, MOTE_FORMAT, "a variable that is a constant too");
    const mote_status status = check_constant(reader, from, tensor, buffer);
    if (status != MOTE_OK)
        return status;
    tensor->storage = MOTE_STORAGE_CONST;
    tensor->n_bytes = buffer->n_bytes;
    if (index != 0) {
        const void *data;
        const mote_status copied = mote_tflite_read_buffer(reader, index, &data);
        tensor->data = (void *)(uintptr_t)data; /* shared by every tensor of this buffer: constants are not written */
        return copied;
    }
    tensor->data = mote_tflite_alloc(reader, 1, MOTE_ALIGNMENT);
    return tensor->data == NULL ? mote_tflite_out_of_memory(reader) : MOTE_OK;
}

static mote_status read_tensor(mote_tflite_reader *reader, const mote_fb_table *from, mote_tensor *tensor, bool made)
{
    mote_status status = mote_tflite_read_text(reader, from, TFL_TENSOR_NAME, &tensor->name);
    const int32_t type = mote_fb_get_i8(from, TFL_TENSOR_TYPE, 0);
    tensor->layer = -1;
    if (status == MOTE_OK && (type < 0 || type >= MOTE_DTYPE_COUNT))
        return mote_error_set(reader->err, MOTE_UNSUPPORTED, "element type %d is not one mote knows", type);
    tensor->dtype = (mote_dtype)type;
    if (status == MOTE_OK)
        status = read_shape(from, tensor, reader->err);
    if (status == MOTE_OK)
        status = read_quant(reader, from, tensor);
    if (status == MOTE_OK)
        status = read_constant(reader, from, tensor, made);
    return status;
}

mote_status mote_tflite_read_tensors(mote_tflite_reader *reader, const mote_fb_table *from, mote_graph *graph,
                                     const bool *made)
{
    const mote_fb_vec vec = mote_fb_get_vec(from, TFL_GRAPH_TENSORS);
    graph->tensors = mote_tflite_alloc(reader, vec.n, sizeof *graph->tensors);
    mote_tensor *tensors = mote_tflite_alloc(reader, vec.n, sizeof *tensors);
    if (graph->tensors == NULL || tensors == NULL)
        return mote_tflite_out_of_memory(reader);
    graph->n_tensors = graph->tensor_capacity = (int32_t)vec.n;
    for (uint32_t i = 0; i < vec.n; ++i) {
        const mote_fb_table table = mote_fb_vec_table(&vec, i);
        graph->tensors[i] = &tensors[i];
        tensors[i].name = "";
        const mote_status status = read_tensor(reader, &table, &tensors[i], made[i]);
        if (status != MOTE_OK)
            return mote_error_prefix(reader->err, status, "tensor %u '%s'", i, tensors[i].name ? tensors[i].name : "");
    }
    return MOTE_OK;
}
