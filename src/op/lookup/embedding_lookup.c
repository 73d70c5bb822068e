/* EMBEDDING_LOOKUP: rows of a table, as they are or, where the table holds codes and the output floats, as numbers. */
#include "op/move/copy_nd.h"
#include "op/op_infer.h"
#include "op/op_quant.h"

#include <string.h>

static bool is_code(mote_dtype dtype)
{
    return dtype == MOTE_INT8 || dtype == MOTE_UINT8 || dtype == MOTE_INT4 || dtype == MOTE_INT2;
}

/* rows, then the table's shape without its first dimension */
static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_tensor *rows = io->inputs[0], *table = io->inputs[1];
    mote_tensor *out = io->outputs[0];
    if (!is_code(table->dtype) || out->dtype != MOTE_FLOAT32)
        out->dtype = table->dtype;
    if (mote_infer_is_open(io, 2)) {
        mote_infer_set_unknown(out);
        return MOTE_OK;
    }
    if (rows->shape.rank != 1 || table->shape.rank < 2)
        return mote_error_set(err, MOTE_SHAPE, "rows of rank %d and a table of rank %d, not 1 and at least 2",
                              rows->shape.rank, table->shape.rank);
    out->shape = table->shape;
    out->shape.dims[0] = rows->shape.dims[0];
    return MOTE_OK;
}

static int32_t version(const mote_op_io *io)
{
    const mote_tensor *table = io->inputs[1];
    return table->dtype == MOTE_INT2 ? 5 : table->dtype == MOTE_INT4 || table->quant.n > 1 ? 4 : 1;
}

const mote_op_def mote_op_def_embedding_lookup = {
    .name = "EMBEDDING_LOOKUP",
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .version = version,
    .max_version = 5,
};

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)run, (void)state;
    const mote_tensor *rows = io->inputs[0], *table = io->inputs[1];
    if (rows->dtype != MOTE_INT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "rows of %s", mote_dtype_name(rows->dtype));
    if (table->dtype == io->outputs[0]->dtype)
        return mote_need_whole_elements(table, err);
    const mote_quant *quant = &table->quant;
    if (quant->n < 1 || (quant->n > 1 && (quant->axis != 0 || quant->n != table->shape.dims[0])) ||
        quant->zero_point[0] != 0)
        return mote_error_set(err, MOTE_UNSUPPORTED,
                              "a table with %d scales; it needs one, or one a row, and no zero "
                              "point",
                              quant->n);
    return MOTE_OK;
}

/* Code i of the table; uint8 holds int8, as TensorFlow before 1.14 wrote it. Packed codes lie lowest bits first. */
static int32_t code_at(const mote_tensor *table, int64_t i)
{
    const int32_t bits = mote_dtype_bits(table->dtype), per_byte = 8 / bits;
    const int8_t byte = ((const int8_t *)table->data)[i / per_byte];
    const int32_t up = 8 - bits * (int32_t)(i % per_byte + 1);
    return (int8_t)((uint32_t)byte << up) >> (8 - bits);
}

static void expand_row(const mote_tensor *table, int64_t row, int64_t size, float *out)
{
    const float scale = table->quant.scale[table->quant.n > 1 ? row : 0];
    for (int64_t i = 0; i < size; i++)
        out[i] = (float)code_at(table, row * size + i) * scale;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)run, (void)state;
    const mote_tensor *table = io->inputs[1], *out = io->outputs[0];
    const int32_t *rows = io->inputs[0]->data;
    const int64_t n = out->shape.dims[0], size = mote_shape_span(&table->shape, 1, table->shape.rank);
    const size_t row_bytes = (size_t)size * mote_dtype_bytes(out->dtype);
    for (int64_t i = 0; i < n; i++) {
        if (rows[i] < 0 || rows[i] >= table->shape.dims[0])
            return mote_error_set(err, MOTE_ARGUMENT, "row %d is outside the table's %d", rows[i],
                                  table->shape.dims[0]);
        if (table->dtype != out->dtype)
            expand_row(table, rows[i], size, (float *)out->data + i * size);
        else if (row_bytes)
            memcpy((char *)out->data + (size_t)i * row_bytes, (const char *)table->data + (size_t)rows[i] * row_bytes,
                   row_bytes);
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_embedding_lookup = {prepare, eval};
