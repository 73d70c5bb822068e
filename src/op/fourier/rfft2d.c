/*
 * RFFT2D: the Fourier transform of real images over the last two dimensions, cut or filled with zeros to fft_length;
 * of the frequencies along a row the first half and one. In double, rounded to float at the end.
 *
 *   scratch: | one row or column | height x (width / 2 + 1) |
 */
#include "op/fourier/fft.h"
#include "op/op_infer.h"
#include "op/op_quant.h"

#include <string.h>

enum { MAX_LENGTH = 1 << 24 };

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const mote_status status = mote_infer_need(io, 2, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *in = &io->inputs[0]->shape;
    int64_t height, width;
    io->outputs[0]->dtype = MOTE_COMPLEX64;
    if (mote_infer_is_open(io, 2) || !io->inputs[1]->data) {
        mote_infer_set_unknown(io->outputs[0]);
        return MOTE_OK;
    }
    if (in->rank < 2 || io->inputs[1]->dtype != MOTE_INT32 || mote_shape_count(&io->inputs[1]->shape) != 2)
        return mote_error_set(err, MOTE_SHAPE, "an image of rank 2 or more and a length of two numbers of int32");
    if (!mote_infer_read_int(io->inputs[1], 0, &height) || !mote_infer_read_int(io->inputs[1], 1, &width) ||
        height < 1 || width < 1 || height > MAX_LENGTH || width > MAX_LENGTH || (height & (height - 1)) ||
        (width & (width - 1)))
        return mote_error_set(err, MOTE_SHAPE, "fft_length must be two powers of two of at most %d", MAX_LENGTH);
    io->outputs[0]->shape = *in;
    io->outputs[0]->shape.dims[in->rank - 2] = (int32_t)height;
    io->outputs[0]->shape.dims[in->rank - 1] = (int32_t)width / 2 + 1;
    return MOTE_OK;
}

const mote_op_def mote_op_def_rfft2d = {
    .name = "RFFT2D",
    .options_type = 105,
    .min_inputs = 2,
    .max_inputs = 2,
    .min_outputs = 1,
    .max_outputs = 1,
    .infer = infer,
    .max_version = 1,
};

typedef struct transform {
    int32_t height, width, columns, longest;
    mote_fft_roots roots; /* of the greater length */
} transform;

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    transform *t = *state = mote_run_persistent(run, sizeof *t);
    if (!t)
        return mote_error_no_memory(err);
    if (io->inputs[0]->dtype != MOTE_FLOAT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "the transform of %s", mote_dtype_name(io->inputs[0]->dtype));
    const mote_shape *out = &io->outputs[0]->shape;
    t->height = out->dims[out->rank - 2];
    t->columns = out->dims[out->rank - 1];
    t->width = ((const int32_t *)io->inputs[1]->data)[1];
    t->longest = mote_max_i32(t->height, t->width);
    mote_complex *roots = mote_run_persistent(run, ((size_t)t->longest / 2 + 1) * sizeof *roots);
    if (!roots)
        return mote_error_no_memory(err);
    mote_fft_make_roots(t->longest, roots);
    t->roots = (mote_fft_roots){t->longest, roots};
    mote_run_request_scratch(run,
                             ((size_t)t->longest + 1 + (size_t)t->height * (size_t)t->columns) * sizeof(mote_complex));
    return MOTE_OK;
}

/* The frequencies of a row of real values, which is filled up with zeros. */
static void transform_row(const transform *t, const float *in, int32_t n, double *row)
{
    memset(row, 0, (size_t)(t->width + 2) * sizeof *row);
    for (int32_t x = 0; x < n; x++)
        row[x] = (double)in[x];
    if (t->width > 1)
        mote_real_fft(t->width, &t->roots, row);
}

static void transform_image(const transform *t, const float *in, int32_t in_height, int32_t in_width,
                            mote_complex *scratch, float *out)
{
    mote_complex *line = scratch, *image = line + t->longest + 1;
    const int32_t n_rows = mote_min_i32(in_height, t->height), n_columns = mote_min_i32(in_width, t->width);
    memset(image, 0, (size_t)t->height * (size_t)t->columns * sizeof *image);
    for (int32_t y = 0; y < n_rows; y++) {
        transform_row(t, in + (int64_t)y * in_width, n_columns, (double *)line);
        memcpy(image + (int64_t)y * t->columns, line, (size_t)t->columns * sizeof *line);
    }
    for (int32_t x = 0; x < t->columns; x++) {
        for (int32_t y = 0; y < t->height; y++)
            line[y] = image[(int64_t)y * t->columns + x];
        mote_fft(t->height, &t->roots, line);
        for (int32_t y = 0; y < t->height; y++) {
            out[2 * ((int64_t)y * t->columns + x)] = (float)line[y].real;
            out[2 * ((int64_t)y * t->columns + x) + 1] = (float)line[y].imaginary;
        }
    }
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)err;
    const transform *t = state;
    const mote_shape *in = &io->inputs[0]->shape;
    const int32_t height = in->dims[in->rank - 2], width = in->dims[in->rank - 1];
    const int64_t n = mote_shape_span(in, 0, in->rank - 2);
    mote_complex *scratch = mote_run_scratch(run);
    for (int64_t i = 0; i < n; i++)
        transform_image(t, (const float *)io->inputs[0]->data + i * height * width, height, width, scratch,
                        (float *)io->outputs[0]->data + 2 * i * t->height * t->columns);
    return MOTE_OK;
}

const mote_op_run mote_op_run_rfft2d = {prepare, eval};
