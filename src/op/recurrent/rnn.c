/*
 * RNN, a single step, and its sequences in one direction and in two: h = act(Wx x + Wh h + b) on floats. Where weights
 * are int8, each vector that meets them becomes int8 first, with a scale of its own.
 *
 *   scratch: | codes of x | of h | of the auxiliary input |   (int8 weights only)
 */
#include "op/op_infer.h"
#include "op/recurrent/cell.h"
#include "op/recurrent/recurrent.h"

#include <string.h>

enum { X, FORWARD, BACKWARD = 5, AUXILIARY = 9, AUXILIARY_WEIGHTS };
enum { N_WAY = 4, MAX_WAYS = 2 }; /* of each direction: weights, recurrent weights, bias, state */

/* One direction. */
typedef struct way {
    const mote_tensor *x, *weights, *recurrent, *bias;
    const mote_tensor *other, *other_weights; /* NULL: none */
    mote_tensor *state;
    mote_tensor *output;
    int32_t at;    /* the place of its weights among the inputs */
    int64_t first; /* where in a row of the output its values begin */
    bool backward; /* from the last step to the first */
} way;

static int32_t count_ways(const mote_op_io *io)
{
    return io->n_inputs > N_WAY + 1 ? 2 : 1;
}

/* An auxiliary input without weights of its own is what the backward direction reads instead of the input. */
static way get_way(const mote_op_io *io, int32_t index)
{
    const mote_rnn_params *params = io->node->params;
    const int32_t at = index == 0 ? FORWARD : BACKWARD;
    way w = {
        .x = io->inputs[X],
        .weights = io->inputs[at],
        .recurrent = io->inputs[at + 1],
        .bias = io->inputs[at + 2],
        .state = io->inputs[at + 3],
        .output = io->outputs[params->merge_outputs ? 0 : index],
        .at = at,
        .backward = index == 1,
    };
    if (index == 1 && params->merge_outputs)
        w.first = io->inputs[FORWARD]->shape.dims[0];
    if (count_ways(io) == 1 || !io->inputs[AUXILIARY])
        return w;
    w.other_weights = io->inputs[AUXILIARY_WEIGHTS + index];
    if (w.other_weights)
        w.other = io->inputs[AUXILIARY];
    else if (index == 1)
        w.x = io->inputs[AUXILIARY];
    return w;
}

static mote_status infer(const mote_op_io *io, int32_t rank, mote_error *err)
{
    const mote_rnn_params *params = io->node->params;
    const int32_t n_ways = count_ways(io);
    if (io->n_outputs != (params->merge_outputs ? 1 : n_ways))
        return mote_error_set(err, MOTE_SHAPE, "it has %d outputs", io->n_outputs);
    if (!io->inputs[X])
        return mote_error_set(err, MOTE_SHAPE, "its input is missing");
    const mote_shape *x = &io->inputs[X]->shape;
    bool open = x->rank == MOTE_RANK_UNKNOWN;
    int64_t n_units[MAX_WAYS] = {0};
    for (int32_t i = 0; i < n_ways; i++) {
        const mote_tensor *weights = io->inputs[i == 0 ? FORWARD : BACKWARD];
        if (!weights || (weights->shape.rank != MOTE_RANK_UNKNOWN && weights->shape.rank != 2))
            return mote_error_set(err, MOTE_SHAPE, "weights are missing or not of rank 2");
        open |= weights->shape.rank == MOTE_RANK_UNKNOWN;
        n_units[i] = weights->shape.dims[0];
    }
    if (!open && x->rank != rank)
        return mote_error_set(err, MOTE_SHAPE, "its input has rank %d, not %d", x->rank, rank);
    const int64_t merged = n_units[0] + n_units[1];
    if (!open && params->merge_outputs && merged > INT32_MAX)
        return mote_error_set(err, MOTE_SHAPE, "it has too many units");
    for (int32_t i = 0; i < io->n_outputs; i++) {
        io->outputs[i]->dtype = io->inputs[X]->dtype;
        io->outputs[i]->shape = *x;
        if (open)
            mote_infer_set_unknown(io->outputs[i]);
        else
            io->outputs[i]->shape.dims[rank - 1] = (int32_t)(params->merge_outputs ? merged : n_units[i]);
    }
    return MOTE_OK;
}

static mote_status infer_step(const mote_op_io *io, mote_error *err)
{
    return infer(io, 2, err);
}

static mote_status infer_sequence(const mote_op_io *io, mote_error *err)
{
    return infer(io, 3, err);
}

static int32_t version(const mote_op_io *io)
{
    const mote_rnn_params *params = io->node->params;
    if (!io->inputs[FORWARD] || io->inputs[FORWARD]->dtype == MOTE_FLOAT32)
        return 1;
    return params->asymmetric_quantize_inputs ? 3 : 2;
}

enum { WAY_WEIGHTS = 1 << FORWARD | 1 << (FORWARD + 1) };

static const mote_op_field STEP_FIELDS[] = {
    {"fused_activation_function", 0, MOTE_FIELD_ENUM, offsetof(mote_rnn_params, fused_activation_function), 0},
    {"asymmetric_quantize_inputs", 1, MOTE_FIELD_BOOL, offsetof(mote_rnn_params, asymmetric_quantize_inputs), 0},
};
static const mote_op_field SEQUENCE_FIELDS[] = {
    {"time_major", 0, MOTE_FIELD_BOOL, offsetof(mote_rnn_params, time_major), 0},
    {"fused_activation_function", 1, MOTE_FIELD_ENUM, offsetof(mote_rnn_params, fused_activation_function), 0},
    {"asymmetric_quantize_inputs", 2, MOTE_FIELD_BOOL, offsetof(mote_rnn_params, asymmetric_quantize_inputs), 0},
};
static const mote_op_field TWO_WAYS_FIELDS[] = {
    {"time_major", 0, MOTE_FIELD_BOOL, offsetof(mote_rnn_params, time_major), 0},
    {"fused_activation_function", 1, MOTE_FIELD_ENUM, offsetof(mote_rnn_params, fused_activation_function), 0},
    {"merge_outputs", 2, MOTE_FIELD_BOOL, offsetof(mote_rnn_params, merge_outputs), 0},
    {"asymmetric_quantize_inputs", 3, MOTE_FIELD_BOOL, offsetof(mote_rnn_params, asymmetric_quantize_inputs), 0},
};

const mote_op_def mote_op_def_rnn = {
    .name = "RNN",
    .options_type = 7,
    .fields = STEP_FIELDS,
    .n_fields = sizeof STEP_FIELDS / sizeof *STEP_FIELDS,
    .params_bytes = sizeof(mote_rnn_params),
    .min_inputs = 5,
    .max_inputs = 5,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_STATEFUL | MOTE_OP_MAY_OMIT,
    .weights = WAY_WEIGHTS,
    .infer = infer_step,
    .version = version,
    .max_version = 3,
};

const mote_op_def mote_op_def_unidirectional_sequence_rnn = {
    .name = "UNIDIRECTIONAL_SEQUENCE_RNN",
    .options_type = 31,
    .fields = SEQUENCE_FIELDS,
    .n_fields = sizeof SEQUENCE_FIELDS / sizeof *SEQUENCE_FIELDS,
    .params_bytes = sizeof(mote_rnn_params),
    .min_inputs = 5,
    .max_inputs = 5,
    .min_outputs = 1,
    .max_outputs = 1,
    .flags = MOTE_OP_STATEFUL | MOTE_OP_MAY_OMIT,
    .weights = WAY_WEIGHTS,
    .infer = infer_sequence,
    .version = version,
    .max_version = 3,
};

const mote_op_def mote_op_def_bidirectional_sequence_rnn = {
    .name = "BIDIRECTIONAL_SEQUENCE_RNN",
    .options_type = 70,
    .fields = TWO_WAYS_FIELDS,
    .n_fields = sizeof TWO_WAYS_FIELDS / sizeof *TWO_WAYS_FIELDS,
    .params_bytes = sizeof(mote_rnn_params),
    .min_inputs = 12,
    .max_inputs = 12,
    .min_outputs = 1,
    .max_outputs = 2,
    .flags = MOTE_OP_STATEFUL | MOTE_OP_MAY_OMIT,
    .weights = WAY_WEIGHTS | WAY_WEIGHTS << (BACKWARD - FORWARD) | 3 << AUXILIARY_WEIGHTS,
    .infer = infer_sequence,
    .version = version,
    .max_version = 3,
};

typedef struct sizes {
    int64_t n_batch, n_time, n_input, n_other, n_units;
} sizes;

static sizes read_sizes(const mote_op_io *io, const way *w)
{
    const mote_rnn_params *params = io->node->params;
    const int32_t *x = w->x->shape.dims;
    const bool one_step = w->x->shape.rank == 2;
    return (sizes){
        .n_batch = params->time_major ? x[1] : x[0],
        .n_time = one_step             ? 1
                  : params->time_major ? x[0]
                                       : x[1],
        .n_input = x[w->x->shape.rank - 1],
        .n_other = w->other ? w->other->shape.dims[2] : 0,
        .n_units = w->weights->shape.dims[0],
    };
}

/* The auxiliary input has the input's batch and time. */
static mote_status check_auxiliary(const mote_op_io *io, mote_error *err)
{
    const mote_tensor *x = io->inputs[X], *other = count_ways(io) > 1 ? io->inputs[AUXILIARY] : NULL;
    if (count_ways(io) > 1 && !io->inputs[AUXILIARY_WEIGHTS] != !io->inputs[AUXILIARY_WEIGHTS + 1])
        return mote_error_set(err, MOTE_SHAPE, "only one of the auxiliary input's weights is there");
    if (other && (other->dtype != MOTE_FLOAT32 || other->shape.rank != 3 || other->shape.dims[0] != x->shape.dims[0] ||
                  other->shape.dims[1] != x->shape.dims[1]))
        return mote_error_set(err, MOTE_SHAPE, "the auxiliary input does not go with the input");
    return MOTE_OK;
}

static mote_status check_way(const mote_op_io *io, const way *w, bool hybrid, mote_error *err)
{
    const mote_dtype dtype = hybrid ? MOTE_INT8 : MOTE_FLOAT32;
    const sizes n = read_sizes(io, w);
    if (n.n_input < 1 || n.n_units < 1 || (w->other && n.n_other < 1))
        return mote_error_set(err, MOTE_SHAPE, "a dimension is 0");
    mote_status status = mote_cell_check(w->weights, w->at, true, n.n_units, n.n_input, dtype, err);
    if (status == MOTE_OK)
        status = mote_cell_check(w->recurrent, w->at + 1, true, n.n_units, n.n_units, dtype, err);
    if (status == MOTE_OK)
        status = mote_cell_check(w->bias, w->at + 2, true, n.n_units, 0, MOTE_FLOAT32, err);
    if (status == MOTE_OK)
        status = mote_cell_check_state(w->state, w->at + 3, n.n_batch * n.n_units, MOTE_FLOAT32, err);
    const int32_t other = AUXILIARY_WEIGHTS + (w->backward ? 1 : 0);
    if (status == MOTE_OK && w->other)
        status = mote_cell_check(w->other_weights, other, true, n.n_units, n.n_other, dtype, err);
    if (status == MOTE_OK)
        status = mote_cell_need_one_scale(w->weights, w->at, err);
    if (status == MOTE_OK)
        status = mote_cell_need_one_scale(w->recurrent, w->at + 1, err);
    return status == MOTE_OK && w->other ? mote_cell_need_one_scale(w->other_weights, other, err) : status;
}

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)state;
    const mote_rnn_params *params = io->node->params;
    if (io->inputs[X]->dtype != MOTE_FLOAT32)
        return mote_error_set(err, MOTE_UNSUPPORTED, "an RNN on %s", mote_dtype_name(io->inputs[X]->dtype));
    if (params->fused_activation_function < MOTE_ACT_NONE || params->fused_activation_function > MOTE_ACT_TANH)
        return mote_error_set(err, MOTE_UNSUPPORTED, "activation %d", params->fused_activation_function);
    const bool hybrid = io->inputs[FORWARD]->dtype != MOTE_FLOAT32;
    mote_status status = check_auxiliary(io, err);
    for (int32_t i = 0; i < count_ways(io) && status == MOTE_OK; i++) {
        const way w = get_way(io, i);
        status = check_way(io, &w, hybrid, err);
        if (status != MOTE_OK)
            break;
        const sizes n = read_sizes(io, &w);
        if (hybrid)
            mote_run_request_scratch(run, (size_t)(n.n_input + n.n_units + n.n_other));
    }
    return status;
}

static mote_cell_vector make_vector(mote_run *run, const mote_op_io *io, const mote_tensor *weights, const float *x,
                                    int64_t n, int64_t place)
{
    const mote_rnn_params *params = io->node->params;
    int8_t *room = weights->dtype == MOTE_FLOAT32 ? NULL : (int8_t *)mote_run_scratch(run) + place;
    return mote_cell_vector_make(run, params->asymmetric_quantize_inputs, x, n, room);
}

/* One example's step. row: among the rows of input and output. */
static void step(mote_run *run, const mote_op_io *io, const way *w, const sizes *n, int64_t row, float *h)
{
    const mote_rnn_params *params = io->node->params;
    const int64_t stride = w->output->shape.dims[w->output->shape.rank - 1];
    const float *bias = w->bias->data;
    float *out = (float *)w->output->data + row * stride + w->first;
    const mote_cell_vector x =
        make_vector(run, io, w->weights, (const float *)w->x->data + row * n->n_input, n->n_input, 0);
    const mote_cell_vector last = make_vector(run, io, w->recurrent, h, n->n_units, n->n_input);
    mote_cell_vector other = {0};
    if (w->other)
        other = make_vector(run, io, w->other_weights, (const float *)w->other->data + row * n->n_other, n->n_other,
                            n->n_input + n->n_units);
    for (int64_t r = 0; r < n->n_units; r++) {
        float sum = bias[r] + mote_cell_product(w->weights, r, &x, n->n_input);
        if (w->other)
            sum += mote_cell_product(w->other_weights, r, &other, n->n_other);
        sum += mote_cell_product(w->recurrent, r, &last, n->n_units);
        out[r] = mote_cell_activate(sum, params->fused_activation_function);
    }
    memcpy(h, out, (size_t)n->n_units * sizeof *h);
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state, (void)err;
    const mote_rnn_params *params = io->node->params;
    for (int32_t i = 0; i < count_ways(io); i++) {
        const way w = get_way(io, i);
        const sizes n = read_sizes(io, &w);
        for (int64_t b = 0; b < n.n_batch; b++)
            for (int64_t t = 0; t < n.n_time; t++) {
                const int64_t time = w.backward ? n.n_time - 1 - t : t;
                const int64_t row = params->time_major ? time * n.n_batch + b : b * n.n_time + time;
                step(run, io, &w, &n, row, (float *)w.state->data + b * n.n_units);
            }
    }
    return MOTE_OK;
}

const mote_op_run mote_op_run_rnn = {prepare, eval};
const mote_op_run mote_op_run_unidirectional_sequence_rnn = {prepare, eval};
const mote_op_run mote_op_run_bidirectional_sequence_rnn = {prepare, eval};
