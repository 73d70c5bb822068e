/*
 * With A and B the matrices as multiplied: dA = dY B^T, dB = A^T dY, each turned back where the operator turned it.
 * Matrices of one operand that several products share (broadcast) sum up, in order: an operand's matrix is one
 * thread's.
 */
#include "kernels/kernels.h"
#include "op/batch_matmul/batch_matmul.h"
#include "op/op_infer.h"

#include <string.h>

typedef struct matmul_state {
    int64_t m, k, n;          /* y is m x n, sums over k */
    int64_t count, counts[2]; /* matrices of y, of each input */
    const int64_t *of[2];     /* per matrix of y: which of the input */
    int64_t packed_count;
} matmul_state;

/* The matrix of an input that goes with matrix i of the output. */
static int64_t matrix_of(const mote_shape *in, const mote_shape *out, int64_t i)
{
    int64_t at = 0, stride = 1;
    for (int32_t d = out->rank - 3; d >= 0; d--) {
        const int64_t index = i % out->dims[d];
        i /= out->dims[d];
        const int32_t own = d - (out->rank - in->rank);
        if (own < 0)
            continue;
        at += in->dims[own] == 1 ? 0 : index * stride;
        stride *= in->dims[own];
    }
    return at;
}

static mote_status plan(mote_run *run, mote_grad *grad, mote_error *err)
{
    const mote_op_io *io = grad->io;
    const mote_batch_matmul_params *params = io->node->params;
    const mote_shape *a = &io->inputs[0]->shape, *out = &io->outputs[0]->shape;
    matmul_state *s = mote_run_persistent(run, sizeof *s);
    if (!s)
        return mote_error_no_memory(err);
    grad->state = s;
    s->m = out->dims[out->rank - 2];
    s->n = out->dims[out->rank - 1];
    s->k = a->dims[a->rank - 1 - params->adj_x];
    s->count = mote_shape_span(out, 0, out->rank - 2);
    for (int32_t i = 0; i < 2; i++) {
        const mote_shape *in = &io->inputs[i]->shape;
        int64_t *of = mote_run_persistent(run, (size_t)s->count * sizeof *of);
        if (!of)
            return mote_error_no_memory(err);
        for (int64_t j = 0; j < s->count; j++)
            of[j] = matrix_of(in, out, j);
        s->of[i] = of;
        s->counts[i] = mote_shape_span(in, 0, in->rank - 2);
    }
    const mote_kernels *kernels = mote_run_kernels(run);
    const size_t for_a = mote_f32_mm_packed_count(kernels, s->k, s->n),
                 for_b = mote_f32_mm_packed_count(kernels, s->n, s->m);
    s->packed_count = (int64_t)(for_a > for_b ? for_a : for_b) + s->k * (s->m > s->n ? s->m : s->n);
    mote_run_request_scratch(run, (size_t)s->packed_count * sizeof(float) * (size_t)mote_run_n_threads(run));
    return MOTE_OK;
}

typedef struct matmul_job {
    const matmul_state *s;
    const mote_batch_matmul_params *params;
    const mote_kernels *kernels;
    const float *a, *b, *dy;
    float *d;
    float *scratch;
} matmul_job;

/* What one matrix of y gives to dA (m x k, or its transpose): dY times B^T, B being k x n with these strides. */
static void add_to_a(const matmul_job *job, int64_t y, float *d, bool add, float *scratch)
{
    const matmul_state *s = job->s;
    float *packed = scratch + s->k * s->m;
    const float *b = job->b + job->s->of[1][y] * s->k * s->n;
    mote_f32_mm_pack(job->kernels, s->k, s->n, b, job->params->adj_y ? s->k : 1, job->params->adj_y ? 1 : s->n, packed);
    const bool turned = job->params->adj_x;
    const mote_f32_mm_job mm = {
        .n = s->k,
        .k = s->n,
        .a = job->dy + y * s->m * s->n,
        .a_row = s->n,
        .a_step = 1,
        .b = packed,
        .packed = true,
        .add = add && !turned,
        .c = turned ? scratch : d,
        .c_row = s->k,
    };
    job->kernels->f32_mm.run(&mm, 0, s->m);
    for (int64_t i = 0; turned && i < s->m; i++)
        for (int64_t j = 0; j < s->k; j++)
            d[j * s->m + i] = scratch[i * s->k + j] + (add ? d[j * s->m + i] : 0.0f);
}

/* And to dB (k x n, or its transpose): A^T times dY. */
static void add_to_b(const matmul_job *job, int64_t y, float *d, bool add, float *scratch)
{
    const matmul_state *s = job->s;
    float *packed = scratch + s->k * s->n;
    const float *a = job->a + job->s->of[0][y] * s->m * s->k;
    mote_f32_mm_pack(job->kernels, s->n, s->m, job->dy + y * s->m * s->n, s->n, 1, packed);
    const bool turned = job->params->adj_y;
    const mote_f32_mm_job mm = {
        .n = s->n,
        .k = s->m,
        .a = a,
        .a_row = job->params->adj_x ? s->m : 1,
        .a_step = job->params->adj_x ? 1 : s->k,
        .b = packed,
        .packed = true,
        .add = add && !turned,
        .c = turned ? scratch : d,
        .c_row = s->n,
    };
    job->kernels->f32_mm.run(&mm, 0, s->k);
    for (int64_t i = 0; turned && i < s->k; i++)
        for (int64_t j = 0; j < s->n; j++)
            d[j * s->k + i] = scratch[i * s->n + j] + (add ? d[j * s->k + i] : 0.0f);
}

static void gather_matrices(const matmul_job *job, int32_t which, int64_t begin, int64_t end, int32_t thread)
{
    const matmul_state *s = job->s;
    const int64_t size = s->k * (which == 0 ? s->m : s->n);
    float *scratch = job->scratch + thread * s->packed_count;
    for (int64_t matrix = begin; matrix < end; matrix++) {
        bool add = false;
        for (int64_t y = 0; y < s->count; y++) {
            if (s->of[which][y] != matrix)
                continue;
            (which == 0 ? add_to_a : add_to_b)(job, y, job->d + matrix * size, add, scratch);
            add = true;
        }
        if (!add)
            memset(job->d + matrix * size, 0, (size_t)size * sizeof *job->d);
    }
}

static void matrices_of_a(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    gather_matrices(arg, 0, begin, end, thread);
}

static void matrices_of_b(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    gather_matrices(arg, 1, begin, end, thread);
}

static mote_status backward(mote_run *run, const mote_grad *grad, mote_error *err)
{
    (void)err;
    const mote_op_io *io = grad->io;
    matmul_job job = {
        .s = grad->state,
        .params = io->node->params,
        .kernels = mote_run_kernels(run),
        .a = io->inputs[0]->data,
        .b = io->inputs[1]->data,
        .dy = grad->d_outputs[0],
        .scratch = mote_run_scratch(run),
    };
    for (int32_t which = 0; which < 2; which++) {
        job.d = grad->d_inputs[which];
        if (job.d)
            mote_run_parallel(run, job.s->counts[which], 1, which == 0 ? matrices_of_a : matrices_of_b, &job);
    }
    return MOTE_OK;
}

static int64_t products(const mote_op_io *io)
{
    const mote_batch_matmul_params *params = io->node->params;
    const mote_shape *a = &io->inputs[0]->shape;
    return mote_shape_count(&io->outputs[0]->shape) * a->dims[a->rank - 1 - params->adj_x];
}

const mote_op_grad mote_op_grad_batch_matmul = {
    .needs_inputs = 1 << 0 | 1 << 1,
    .plan = plan,
    .backward = backward,
    .products = products,
};
