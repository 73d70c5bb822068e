/* Blockwise quantization: the scales of a constant are another tensor of the graph. Read once all tensors are. */
#include <math.h>

#include "kernels/half.h"
#include "tflite/tflite_reader.h"
#include "tflite/tflite_schema.h"

static mote_status check_zero_points(mote_tflite_reader *reader, const mote_graph *graph, int32_t index)
{
    if (index < 0)
        return MOTE_OK;
    const mote_tensor *zeros = index < graph->n_tensors ? graph->tensors[index] : NULL;
    bool all_zero = zeros && zeros->storage == MOTE_STORAGE_CONST && zeros->data;
    for (size_t i = 0; all_zero && i < zeros->n_bytes; ++i)
        all_zero = ((const uint8_t *)zeros->data)[i] == 0;
    return all_zero ? MOTE_OK
                    : mote_error_set(reader->err, MOTE_UNSUPPORTED, "blockwise quantization with zero points");
}

static mote_status read_block_scales(mote_tflite_reader *reader, const mote_tensor *from, int64_t n,
                                     mote_tensor *tensor)
{
    const bool half = from->dtype == MOTE_FLOAT16;
    if (from->storage != MOTE_STORAGE_CONST || (!half && from->dtype != MOTE_FLOAT32) ||
        mote_shape_count(&from->shape) != n || from->sparsity)
        return mote_error_set(reader->err, MOTE_FORMAT, "its blocks need %lld constant scales of float16 or float32",
                              (long long)n);
    float *scales = mote_tflite_alloc(reader, (size_t)n, sizeof *scales);
    if (scales == NULL)
        return mote_tflite_out_of_memory(reader);
    if (half)
        mote_load_halves(false, from->data, scales, n);
    else
        for (int64_t i = 0; i < n; ++i)
            scales[i] = ((const float *)from->data)[i];
    for (int64_t i = 0; i < n; ++i)
        if (!isfinite(scales[i]) || scales[i] <= 0)
            return mote_error_set(reader->err, MOTE_FORMAT, "scale %lld of its blocks is %g; it must be positive",
                                  (long long)i, (double)scales[i]);
    tensor->quant.block_scale = scales;
    return MOTE_OK;
}

static mote_status read_blocks(mote_tflite_reader *reader, const mote_graph *graph, const mote_fb_table *details,
                               mote_tensor *tensor)
{
    const int32_t scales = mote_fb_get_i32(details, TFL_BLOCKWISE_SCALES, 0);
    const int32_t size = mote_fb_get_i32(details, TFL_BLOCKWISE_SIZE, 0);
    const int32_t rank = tensor->shape.rank;
    if (tensor->storage != MOTE_STORAGE_CONST)
        return mote_error_set(reader->err, MOTE_UNSUPPORTED, "blockwise quantization of what is no constant");
    if (size < 1 || rank < 1 || tensor->shape.dims[rank - 1] % size != 0)
        return mote_error_set(reader->err, MOTE_FORMAT, "blocks of %d do not fill its last dimension", size);
    if (scales < 0 || scales >= graph->n_tensors)
        return mote_error_set(reader->err, MOTE_FORMAT, "its scales are tensor %d, of %d there are", scales,
                              graph->n_tensors);
    mote_status status = check_zero_points(reader, graph, mote_fb_get_i32(details, TFL_BLOCKWISE_ZERO_POINTS, 0));
    if (status == MOTE_OK)
        status = read_block_scales(reader, graph->tensors[scales], mote_shape_count(&tensor->shape) / size, tensor);
    tensor->quant.block_size = status == MOTE_OK ? size : 0;
    return status;
}

mote_status mote_tflite_read_blockwise(mote_tflite_reader *reader, const mote_fb_table *from, mote_graph *graph)
{
    const mote_fb_vec vec = mote_fb_get_vec(from, TFL_GRAPH_TENSORS);
    for (uint32_t i = 0; i < vec.n; ++i) {
        const mote_fb_table table = mote_fb_vec_table(&vec, i);
        mote_fb_table quant, details;
        if (!mote_fb_get_table(&table, TFL_TENSOR_QUANTIZATION, &quant) ||
            mote_fb_get_u8(&quant, TFL_QUANT_DETAILS_TYPE, 0) != TFL_DETAILS_BLOCKWISE ||
            !mote_fb_get_table(&quant, TFL_QUANT_DETAILS, &details))
            continue;
        const mote_status status = read_blocks(reader, graph, &details, graph->tensors[i]);
        if (status != MOTE_OK)
            return mote_error_prefix(reader->err, status, "tensor %u '%s'", i, graph->tensors[i]->name);
    }
    return MOTE_OK;
}
