/* Preparing and running the two-input operators: finds the row that fits the types, works out its constants
 * and walks the broadcast. */
#include "kernels/half.h"
#include "op/binary/binary.h"
#include "op/binary/binary_loops.h"
#include "op/op_quant.h"

typedef struct binary_state {
    mote_broadcast plan;
    mote_binary_arg arg;
    mote_broadcast_fn *loop;
    size_t element_bytes[2], out_bytes;
    int32_t rescaled[2][256];
} binary_state;

static int32_t activation_of(const mote_op_io *io)
{
    switch (io->node->op) {
    case MOTE_OP_ADD:
    case MOTE_OP_SUB:
        return ((const mote_add_params *)io->node->params)->fused_activation_function;
    case MOTE_OP_MUL:
    case MOTE_OP_DIV:
        return ((const mote_mul_params *)io->node->params)->fused_activation_function;
    default:
        return MOTE_ACT_NONE;
    }
}

/* True when scale is a power of two to within 1e-3 of its logarithm. */
static bool log2_of(float scale, int32_t *log2)
{
    *log2 = 0;
    if (!(scale > 0.0f) || !isfinite(scale))
        return false;
    const float exact = logf(scale) * (1.0f / logf(2.0f));
    const float nearest = roundf(exact);
    *log2 = (int32_t)nearest;
    return fabsf(exact - nearest) < 1e-3f;
}

/* int16 ADD and SUB whose file asks for power-of-two scales, and whose scales are. */
static bool uses_shifts(const mote_op_io *io)
{
    int32_t unused;
    if (io->node->op != MOTE_OP_ADD && io->node->op != MOTE_OP_SUB)
        return false;
    return ((const mote_add_params *)io->node->params)->pot_scale_int16 && mote_is_quantized(io->inputs[0]) &&
           log2_of(mote_scale_of(io->inputs[0]), &unused) && log2_of(mote_scale_of(io->inputs[1]), &unused) &&
           log2_of(mote_scale_of(io->outputs[0]), &unused);
}

/* Halves take the row of float. */
static mote_dtype row_dtype(const mote_tensor *tensor)
{
    return mote_is_half(tensor->dtype) ? MOTE_FLOAT32 : tensor->dtype;
}

static bool fits(const mote_binary_row *row, const mote_op_io *io)
{
    if (row->op != (int32_t)io->node->op || row->input != row_dtype(io->inputs[0]) ||
        row->second != row_dtype(io->inputs[1]) || row->output != row_dtype(io->outputs[0]))
        return false;
    if (io->inputs[0]->dtype != io->inputs[1]->dtype && row->input == row->second)
        return false;
    switch (row->when) {
    case MOTE_WHEN_PLAIN:
        return !mote_is_quantized(io->inputs[0]);
    case MOTE_WHEN_QUANTIZED:
        return mote_is_quantized(io->inputs[0]);
    case MOTE_WHEN_SHIFTS:
        return uses_shifts(io);
    default:
        return true;
    }
}

static const mote_binary_row *find_in(const mote_binary_row *rows, int32_t n, const mote_op_io *io)
{
    for (int32_t i = 0; i < n; ++i) {
        if (fits(&rows[i], io))
            return &rows[i];
    }
    return NULL;
}

static const mote_binary_row *find_row(const mote_op_io *io)
{
    const mote_binary_row *row = find_in(mote_binary_plain_rows, mote_binary_n_plain_rows, io);
    if (!row)
        row = find_in(mote_binary_quant_rows, mote_binary_n_quant_rows, io);
    return row ? row : find_in(mote_binary_compare_rows, mote_binary_n_compare_rows, io);
}

/* The 256 values of an 8-bit input, shifted left and scaled. */
static void fill_rescaled(binary_state *state, int32_t input, mote_dtype dtype)
{
    mote_binary_arg *arg = &state->arg;
    for (int32_t i = 0; i < 256; ++i) {
        const int32_t code = dtype == MOTE_INT8 ? (int8_t)(uint8_t)i : i;
        state->rescaled[input][i] =
            mote_scale_i32(mote_shift_left_i32(code - arg->zero[input], arg->left_shift), arg->scale[input]);
    }
    arg->rescaled[input] = state->rescaled[input];
}

/* ADD, SUB: both inputs times 2^left_shift on twice the larger scale, the sum from there to the output's. */
static void set_common_scale(binary_state *state, const mote_op_io *io)
{
    mote_binary_arg *arg = &state->arg;
    const float a = mote_scale_of(io->inputs[0]), b = mote_scale_of(io->inputs[1]), out = mote_scale_of(io->outputs[0]);
    const double twice_max = 2 * (a > b ? a : b); /* a float product */
    arg->left_shift = io->outputs[0]->dtype == MOTE_INT16 ? 15 : 20;
    arg->scale[0] = mote_multiplier_from_double(a / twice_max);
    arg->scale[1] = mote_multiplier_from_double(b / twice_max);
    arg->scale_out = mote_multiplier_from_double(twice_max / ((float)(1 << arg->left_shift) * out));
}

static void set_square_scale(binary_state *state, const mote_op_io *io)
{
    mote_binary_arg *arg = &state->arg;
    const float a = mote_scale_of(io->inputs[0]), b = mote_scale_of(io->inputs[1]), out = mote_scale_of(io->outputs[0]);
    const double twice_max = 2 * (a > b ? a : b);
    arg->left_shift = 7;
    arg->scale[0] = mote_multiplier_from_double(a / twice_max);
    arg->scale[1] = mote_multiplier_from_double(b / twice_max);
    arg->scale_out = mote_multiplier_from_double(twice_max * twice_max / ((float)(1 << 14) * out));
}

static mote_status set_shifts(binary_state *state, const mote_op_io *io, mote_error *err)
{
    int32_t log2_in[2], log2_out;
    log2_of(mote_scale_of(io->outputs[0]), &log2_out);
    for (int32_t k = 0; k < 2; ++k) {
        log2_of(mote_scale_of(io->inputs[k]), &log2_in[k]);
        state->arg.scale[k].exponent = log2_in[k] - log2_out;
        if (log2_in[k] > log2_out || log2_in[k] - log2_out < -31)
            return mote_error_set(err, MOTE_UNSUPPORTED, "an input's scale is larger than the output's");
    }
    if (log2_in[0] != log2_out && log2_in[1] != log2_out)
        return mote_error_set(err, MOTE_UNSUPPORTED, "neither input has the output's scale");
    return MOTE_OK;
}

static mote_status need_quantization(const mote_binary_row *row, const mote_op_io *io, mote_error *err)
{
    const bool wide = row->input == MOTE_INT16 && row->setup != MOTE_BINARY_QUOTIENT;
    mote_status status =
        wide ? mote_need_symmetric(io->inputs[0], "input 0", err) : mote_need_per_tensor(io->inputs[0], "input 0", err);
    if (status == MOTE_OK)
        status = wide && row->setup != MOTE_BINARY_PRELU ? mote_need_symmetric(io->inputs[1], "input 1", err)
                                                         : mote_need_per_tensor(io->inputs[1], "input 1", err);
    if (status == MOTE_OK && row->setup != MOTE_BINARY_COMPARE)
        status = wide ? mote_need_symmetric(io->outputs[0], "the output", err)
                      : mote_need_per_tensor(io->outputs[0], "the output", err);
    return status;
}

/* The constants of a row that works on codes. Products and quotients of scales are float, as in the reference. */
static mote_status set_quantized(binary_state *state, const mote_binary_row *row, const mote_op_io *io, mote_error *err)
{
    mote_binary_arg *arg = &state->arg;
    mote_status status = need_quantization(row, io, err);
    if (status != MOTE_OK)
        return status;
    const float a = mote_scale_of(io->inputs[0]), b = mote_scale_of(io->inputs[1]), out = mote_scale_of(io->outputs[0]);
    arg->zero[0] = mote_zero_of(io->inputs[0]);
    arg->zero[1] = mote_zero_of(io->inputs[1]);
    switch (row->setup) {
    case MOTE_BINARY_COMMON_SCALE:
        if (row->when == MOTE_WHEN_SHIFTS)
            return set_shifts(state, io, err);
        set_common_scale(state, io);
        break;
    case MOTE_BINARY_SQUARE_SCALE:
        set_square_scale(state, io);
        break;
    case MOTE_BINARY_PRODUCT:
        arg->scale_out = mote_multiplier_from_double(a * b / out);
        if (arg->scale_out.exponent > 30) /* a dead channel's; the reference's shift, whose count x86 takes modulo 32 */
            arg->scale_out.exponent &= 31;
        break;
    case MOTE_BINARY_QUOTIENT:
        arg->scale_out = mote_multiplier_from_double(a / (b * out));
        break;
    case MOTE_BINARY_PRELU:
        arg->scale[0] = mote_multiplier_from_double(a / out);
        arg->scale[1] = mote_multiplier_from_double(a * b / out);
        break;
    case MOTE_BINARY_COMPARE:
        arg->left_shift = 8;
        arg->scale[0] = mote_multiplier_from_double(a);
        arg->scale[1] = mote_multiplier_from_double(b);
        break;
    default:
        break;
    }
    if (arg->scale[0].exponent > 30 || arg->scale[1].exponent > 30 ||
        (arg->scale_out.exponent > 30 && row->setup != MOTE_BINARY_PRODUCT))
        return mote_error_set(err, MOTE_UNSUPPORTED, "the scales are too far apart");
    if (row->input == MOTE_INT8 || row->input == MOTE_UINT8) {
        fill_rescaled(state, 0, row->input);
        fill_rescaled(state, 1, row->second);
    }
    return MOTE_OK;
}

static void set_activation(mote_binary_arg *arg, const mote_op_io *io)
{
    const int32_t activation = activation_of(io);
    const mote_tensor *out = io->outputs[0];
    mote_activation_range_f32(activation, &arg->min_f32, &arg->max_f32);
    int64_t lowest = mote_dtype_lowest(out->dtype), highest = mote_dtype_highest(out->dtype);
    if (out->dtype == MOTE_INT64) {
        lowest = INT64_MIN;
        highest = INT64_MAX;
    } else if (out->dtype == MOTE_UINT32) {
        highest = UINT32_MAX;
    }
    mote_activation_range_i64(activation, lowest, highest, &arg->min_i64, &arg->max_i64);
    if (out->dtype == MOTE_UINT32)
        arg->min_i64 = (uint32_t)arg->min_i64; /* the reference's -1 becomes the largest code */
    arg->zero_out = mote_zero_of(out);
    if (mote_is_quantized(out))
        mote_activation_range_quant(activation, out, &arg->min_code, &arg->max_code);
}

/* One run of halves, a chunk at a time through the loop on floats. */
static void half_loop(const void *argument, const void *const *in, const int32_t *step, void *out, int64_t n)
{
    enum { CHUNK = 256 };
    const mote_binary_arg *arg = argument;
    float a[CHUNK], b[CHUNK], result[CHUNK];
    const void *values[] = {a, b};
    for (int64_t at = 0; at < n; at += CHUNK) {
        const int64_t m = n - at < CHUNK ? n - at : CHUNK;
        mote_load_halves(arg->is_bfloat, (const uint16_t *)in[0] + at * step[0], a, step[0] ? m : 1);
        mote_load_halves(arg->is_bfloat, (const uint16_t *)in[1] + at * step[1], b, step[1] ? m : 1);
        if (arg->half_out) {
            arg->half_loop(arg, values, step, result, m);
            mote_store_halves(arg->is_bfloat, result, (uint16_t *)out + at, m);
        } else {
            arg->half_loop(arg, values, step, (uint8_t *)out + at, m);
        }
    }
}

static void set_halves(binary_state *state, const mote_op_io *io)
{
    mote_binary_arg *arg = &state->arg;
    arg->half_loop = state->loop;
    arg->is_bfloat = io->inputs[0]->dtype == MOTE_BFLOAT16;
    arg->half_out = mote_is_half(io->outputs[0]->dtype);
    state->loop = half_loop;
    if (!arg->is_bfloat) { /* the range of finite halves where the activation has no bound */
        arg->min_f32 = fmaxf(arg->min_f32, -65504.0f);
        arg->max_f32 = fminf(arg->max_f32, 65504.0f);
    }
}

static mote_status binary_prepare(mote_run *run, const mote_op_io *io, void **state_out, mote_error *err)
{
    const mote_binary_row *row = find_row(io);
    if (!row)
        return mote_error_set(err, MOTE_UNSUPPORTED, "no kernel for %s and %s to %s",
                              mote_dtype_name(io->inputs[0]->dtype), mote_dtype_name(io->inputs[1]->dtype),
                              mote_dtype_name(io->outputs[0]->dtype));
    binary_state *state = mote_run_persistent(run, sizeof *state);
    if (!state)
        return mote_error_no_memory(err);
    *state_out = state;
    state->loop = row->loop;
    state->element_bytes[0] = mote_dtype_bytes(io->inputs[0]->dtype);
    state->element_bytes[1] = mote_dtype_bytes(io->inputs[1]->dtype);
    state->out_bytes = mote_dtype_bytes(io->outputs[0]->dtype);
    const mote_shape *shapes[] = {&io->inputs[0]->shape, &io->inputs[1]->shape};
    mote_broadcast_init(&state->plan, 2, shapes, &io->outputs[0]->shape);
    state->arg.kernels = mote_run_kernels(run);
    set_activation(&state->arg, io);
    if (mote_is_half(io->inputs[0]->dtype))
        set_halves(state, io);
    if (row->setup == MOTE_BINARY_PLAIN)
        return MOTE_OK;
    if (row->setup == MOTE_BINARY_INT16_TO_8)
        return mote_need_per_tensor(io->outputs[0], "the output", err);
    return set_quantized(state, row, io, err);
}

/* The second input's first element that the operator has no answer for; -1: none. */
static int64_t find_forbidden(const mote_op_io *io)
{
    const mote_tensor *b = io->inputs[1];
    const int64_t n = mote_shape_count(&b->shape);
    const bool on_codes = io->node->op == MOTE_OP_DIV && b->dtype != MOTE_INT32;
    const int64_t zero = on_codes ? mote_zero_of(b) : 0;
    const bool negative = io->node->op == MOTE_OP_POW;
    for (int64_t i = 0; i < n; ++i) {
        int64_t value;
        switch (b->dtype) {
        case MOTE_INT8:
            value = ((const int8_t *)b->data)[i];
            break;
        case MOTE_UINT8:
            value = ((const uint8_t *)b->data)[i];
            break;
        case MOTE_INT16:
            value = ((const int16_t *)b->data)[i];
            break;
        case MOTE_INT32:
            value = ((const int32_t *)b->data)[i];
            break;
        case MOTE_INT64:
            value = ((const int64_t *)b->data)[i];
            break;
        case MOTE_FLOAT32:
            value = ((const float *)b->data)[i] != 0.0f;
            break;
        case MOTE_FLOAT16:
        case MOTE_BFLOAT16:
            value = ((const uint16_t *)b->data)[i] & 0x7FFF;
            break;
        default:
            return -1;
        }
        if (negative ? value < 0 : value == zero)
            return i;
    }
    return -1;
}

static mote_status binary_eval(mote_run *run, const mote_op_io *io, void *state_in, mote_error *err)
{
    const binary_state *state = state_in;
    const void *in[] = {io->inputs[0]->data, io->inputs[1]->data};
    mote_broadcast_run(run, &state->plan, in, state->element_bytes, io->outputs[0]->data, state->out_bytes, state->loop,
                       &state->arg);
    return MOTE_OK;
}

/* As binary_eval for the operators that some second inputs have no answer for. */
static mote_status checked_eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    /* of floats only FLOOR_DIV refuses a zero */
    const bool any_goes = io->node->op != MOTE_OP_FLOOR_DIV && row_dtype(io->inputs[1]) == MOTE_FLOAT32;
    const int64_t at = any_goes ? -1 : find_forbidden(io);
    if (at >= 0)
        return mote_error_set(err, MOTE_ARGUMENT, "element %lld of input 1 is %s", (long long)at,
                              io->node->op == MOTE_OP_POW ? "a negative exponent" : "a divisor of zero");
    return binary_eval(run, io, state, err);
}

#define RUN(symbol, eval_fn) const mote_op_run mote_op_run_##symbol = {.prepare = binary_prepare, .eval = eval_fn};

RUN(add, binary_eval)
RUN(sub, binary_eval)
RUN(mul, binary_eval)
RUN(div, checked_eval)
RUN(maximum, binary_eval)
RUN(minimum, binary_eval)
RUN(squared_difference, binary_eval)
RUN(pow, checked_eval)
RUN(floor_div, checked_eval)
RUN(floor_mod, checked_eval)
RUN(atan2, binary_eval)
RUN(bitwise_xor, binary_eval)
RUN(right_shift, binary_eval)
RUN(prelu, binary_eval)
RUN(equal, binary_eval)
RUN(not_equal, binary_eval)
RUN(less, binary_eval)
RUN(less_equal, binary_eval)
RUN(greater, binary_eval)
RUN(greater_equal, binary_eval)
RUN(logical_and, binary_eval)
RUN(logical_or, binary_eval)
