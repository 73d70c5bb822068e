/*
 * NON_MAX_SUPPRESSION_V4 and V5: the best box, then the best that does not overlap one already taken too much, and so
 * on. V5 with a sigma lowers the score of overlapping boxes instead (soft-NMS with Gaussian weights) and gives scores.
 */
#include "op/detect/detect.h"
#include "op/op_infer.h"
#include "op/op_quant.h"

#include <math.h>
#include <string.h>

enum { BOXES, SCORES, MAX_OUTPUT, IOU_THRESHOLD, SCORE_THRESHOLD, SIGMA };

static mote_status check_inputs(const mote_op_io *io, mote_error *err)
{
    const mote_shape *boxes = &io->inputs[BOXES]->shape, *scores = &io->inputs[SCORES]->shape;
    if (boxes->rank != 2 || boxes->dims[1] != 4 || scores->rank != 1 || scores->dims[0] != boxes->dims[0])
        return mote_error_set(err, MOTE_SHAPE, "boxes must be number x 4, with one score each");
    for (int32_t i = MAX_OUTPUT; i < io->n_inputs; i++)
        if (mote_shape_count(&io->inputs[i]->shape) != 1)
            return mote_error_set(err, MOTE_SHAPE, "input %d must be one number", i);
    return MOTE_OK;
}

static mote_status infer(const mote_op_io *io, mote_error *err)
{
    const bool soft = io->node->op == MOTE_OP_NON_MAX_SUPPRESSION_V5;
    mote_tensor *indices = io->outputs[0], *scores = soft ? io->outputs[1] : NULL, *count = io->outputs[soft ? 2 : 1];
    mote_status status = mote_infer_need(io, soft ? 6 : 5, err);
    if (status == MOTE_OK && !mote_infer_is_open(io, io->n_inputs))
        status = check_inputs(io, err);
    if (status != MOTE_OK)
        return status;
    int64_t most = 0;
    mote_shape shape = {.rank = MOTE_RANK_UNKNOWN};
    if (mote_infer_read_int(io->inputs[MAX_OUTPUT], 0, &most))
        shape = (mote_shape){1, {(int32_t)most}};
    if (most < 0 || most > INT32_MAX)
        return mote_error_set(err, MOTE_SHAPE, "%lld boxes at most", (long long)most);
    indices->dtype = count->dtype = MOTE_INT32;
    indices->shape = shape;
    count->shape = (mote_shape){0};
    if (scores) {
        scores->dtype = MOTE_FLOAT32;
        scores->shape = shape;
    }
    return MOTE_OK;
}

const mote_op_def mote_op_def_non_max_suppression_v4 = {
    .name = "NON_MAX_SUPPRESSION_V4",
    .options_type = 95,
    .min_inputs = 5,
    .max_inputs = 5,
    .min_outputs = 2,
    .max_outputs = 2,
    .infer = infer,
    .max_version = 1,
};

const mote_op_def mote_op_def_non_max_suppression_v5 = {
    .name = "NON_MAX_SUPPRESSION_V5",
    .options_type = 96,
    .min_inputs = 6,
    .max_inputs = 6,
    .min_outputs = 3,
    .max_outputs = 3,
    .infer = infer,
    .max_version = 1,
};

typedef struct candidate {
    int32_t box;
    float score;
    int32_t seen; /* so many of the boxes taken have had their effect on this one */
} candidate;

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    (void)state;
    for (int32_t i = 0; i < io->n_inputs; i++) {
        const mote_dtype wanted = i == MAX_OUTPUT ? MOTE_INT32 : MOTE_FLOAT32;
        if (io->inputs[i]->dtype != wanted)
            return mote_error_set(err, MOTE_UNSUPPORTED, "input %d is %s, not %s", i,
                                  mote_dtype_name(io->inputs[i]->dtype), mote_dtype_name(wanted));
    }
    mote_run_request_scratch(run, (size_t)io->inputs[BOXES]->shape.dims[0] * sizeof(candidate));
    return MOTE_OK;
}

/* Corners may come in any order. */
static mote_corners box_at(const float *boxes, int32_t i)
{
    const float *b = boxes + 4 * (int64_t)i;
    return (mote_corners){fminf(b[0], b[2]), fminf(b[1], b[3]), fmaxf(b[0], b[2]), fmaxf(b[1], b[3])};
}

/* --- a heap with the greatest score first. Equal scores leave in the order in which the reference's heap has them: the
 * hole goes to the bottom by the greater child, of equals the right one, and what fills it climbs back. --- */

static void climb(candidate *heap, int32_t at, candidate moved)
{
    while (at > 0 && heap[(at - 1) / 2].score < moved.score) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = moved;
}

/* n: with the one that leaves. */
static candidate take_best(candidate *heap, int32_t n)
{
    const candidate best = heap[0], last = heap[n - 1];
    const int32_t left = n - 1;
    int32_t at = 0;
    for (int32_t child = 2; child <= left; child = 2 * at + 2) {
        if (child == left || heap[child].score < heap[child - 1].score)
            child--;
        heap[at] = heap[child];
        at = child;
    }
    if (left > 0)
        climb(heap, at, last);
    return best;
}

/* What the boxes taken since the candidate was last looked at do to it; true: it is out. */
static bool is_suppressed(const mote_op_io *io, candidate *next, const int32_t *taken, int32_t n_taken)
{
    const float *boxes = io->inputs[BOXES]->data;
    const float threshold = *(const float *)io->inputs[IOU_THRESHOLD]->data;
    const float least = *(const float *)io->inputs[SCORE_THRESHOLD]->data;
    const float sigma = io->n_inputs > SIGMA ? *(const float *)io->inputs[SIGMA]->data : 0.0F;
    const float scale = sigma > 0.0F ? (float)(-0.5 / (double)sigma) : 0.0F;
    const mote_corners box = box_at(boxes, next->box);
    for (int32_t j = n_taken - 1; j >= next->seen; j--) {
        const mote_corners other = box_at(boxes, taken[j]);
        const float shared = mote_box_overlap(&box, &other);
        if (shared >= threshold)
            return true;
        if (sigma > 0.0F)
            next->score *= expf(scale * shared * shared);
        if (next->score <= least)
            break;
    }
    return false;
}

static int32_t choose(const mote_op_io *io, candidate *heap, int32_t n, int32_t most, int32_t *taken, float *scores)
{
    const float least = *(const float *)io->inputs[SCORE_THRESHOLD]->data;
    int32_t n_taken = 0;
    while (n_taken < most && n > 0) {
        candidate next = take_best(heap, n--);
        const float score = next.score;
        const bool out = is_suppressed(io, &next, taken, n_taken);
        next.seen = n_taken;
        if (out)
            continue;
        if (next.score == score) {
            taken[n_taken] = next.box;
            if (scores)
                scores[n_taken] = score;
            n_taken++;
        }
        if (next.score > least) /* as in the reference also what was taken: it is then suppressed by itself */
            climb(heap, n++, next);
    }
    return n_taken;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    (void)state;
    const bool soft = io->node->op == MOTE_OP_NON_MAX_SUPPRESSION_V5;
    if (soft && *(const float *)io->inputs[SIGMA]->data < 0.0F)
        return mote_error_set(err, MOTE_ARGUMENT, "sigma is negative");
    const float *scores = io->inputs[SCORES]->data, least = *(const float *)io->inputs[SCORE_THRESHOLD]->data;
    candidate *heap = mote_run_scratch(run);
    int32_t n = 0;
    for (int32_t i = 0; i < io->inputs[BOXES]->shape.dims[0]; i++)
        if (scores[i] > least) {
            climb(heap, n, (candidate){i, scores[i], 0});
            n++;
        }
    int32_t *taken = io->outputs[0]->data;
    float *given = soft ? io->outputs[1]->data : NULL;
    const int32_t room = io->outputs[0]->shape.dims[0];
    if (room > 0)
        memset(taken, 0, (size_t)room * sizeof *taken);
    if (given && room > 0)
        memset(given, 0, (size_t)room * sizeof *given);
    const int32_t n_taken = choose(io, heap, n, mote_min_i32(n, room), taken, given);
    *(int32_t *)io->outputs[soft ? 2 : 1]->data = n_taken;
    return MOTE_OK;
}

const mote_op_run mote_op_run_non_max_suppression_v4 = {prepare, eval};
const mote_op_run mote_op_run_non_max_suppression_v5 = {prepare, eval};
