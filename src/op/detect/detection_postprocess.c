/*
 * TFLite_Detection_PostProcess: boxes are decoded from their anchors, then chosen by score, best first, each dropping
 * those that overlap it too much. Fast: a box counts with its best class alone. Regular: every class chooses by itself,
 * and the best of all classes stay.
 */
#include "op/detect/detect.h"
#include "op/op_quant.h"

#include <math.h>
#include <string.h>

enum { BOXES, SCORES, ANCHORS };
enum { OUT_BOXES, OUT_CLASSES, OUT_SCORES, OUT_COUNT };

typedef struct choice {
    int32_t box, class_index;
    float score;
} choice;

typedef struct detection {
    int32_t n_boxes, n_scores, label_offset, per_class;
} detection;

/* Scratch, each for one value a box unless it says otherwise. */
typedef struct work {
    mote_corners *boxes;
    float *scores;    /* all of them, dequantized */
    float *one_class; /* what is chosen by */
    choice *chosen;   /* regular: max_detections + per_class, and as many to merge into */
    choice *merged;
    int32_t *order, *spare, *selected;
    uint8_t *dropped;
} work;

static mote_status prepare(mote_run *run, const mote_op_io *io, void **state, mote_error *err)
{
    const mote_detection_params *p = io->node->params;
    const mote_tensor *boxes = io->inputs[BOXES], *scores = io->inputs[SCORES], *anchors = io->inputs[ANCHORS];
    detection *d = *state = mote_run_persistent(run, sizeof *d);
    if (!d)
        return mote_error_no_memory(err);
    d->n_boxes = boxes->shape.dims[1];
    d->n_scores = scores->shape.dims[2];
    d->label_offset = d->n_scores - p->num_classes;
    d->per_class = mote_min_i32(mote_min_i32(p->detections_per_class, p->max_detections), mote_max_i32(d->n_boxes, 1));
    for (int32_t i = BOXES; i <= ANCHORS; i++)
        if (io->inputs[i]->dtype != MOTE_FLOAT32 && io->inputs[i]->dtype != MOTE_UINT8)
            return mote_error_set(err, MOTE_UNSUPPORTED, "input %d is %s, not float32 or uint8", i,
                                  mote_dtype_name(io->inputs[i]->dtype));
    if (boxes->dtype != anchors->dtype)
        return mote_error_set(err, MOTE_UNSUPPORTED, "boxes of %s with anchors of %s", mote_dtype_name(boxes->dtype),
                              mote_dtype_name(anchors->dtype));
    for (int32_t i = BOXES; i <= ANCHORS; i++) {
        const mote_status status = io->inputs[i]->dtype == MOTE_UINT8
                                       ? mote_need_per_tensor(io->inputs[i], i == SCORES ? "scores" : "boxes", err)
                                       : MOTE_OK;
        if (status != MOTE_OK)
            return status;
    }
    const size_t n = (size_t)d->n_boxes, kept = (size_t)p->max_detections + (size_t)d->per_class;
    mote_run_request_scratch(run, n * (sizeof(mote_corners) + sizeof(float) + 3 * sizeof(int32_t) + 1) +
                                      n * (size_t)d->n_scores * sizeof(float) + 2 * kept * sizeof(choice));
    return MOTE_OK;
}

static work lay_out(const detection *d, int32_t max_detections, char *at)
{
    const size_t n = (size_t)d->n_boxes, kept = (size_t)max_detections + (size_t)d->per_class;
    work w = {.boxes = (mote_corners *)(void *)at};
    w.scores = (float *)(w.boxes + n);
    w.one_class = w.scores + n * (size_t)d->n_scores;
    w.chosen = (choice *)(void *)(w.one_class + n);
    w.merged = w.chosen + kept;
    w.order = (int32_t *)(void *)(w.merged + kept);
    w.spare = w.order + n;
    w.selected = w.spare + n;
    w.dropped = (uint8_t *)(w.selected + n);
    return w;
}

static double value_at(const mote_tensor *tensor, int64_t i)
{
    if (tensor->dtype == MOTE_FLOAT32)
        return (double)((const float *)tensor->data)[i];
    const float code = (float)((const uint8_t *)tensor->data)[i];
    return (double)((code - (float)mote_zero_of(tensor)) * mote_scale_of(tensor));
}

static void decode(const mote_op_io *io, const detection *d, mote_corners *out)
{
    const mote_detection_params *p = io->node->params;
    const mote_tensor *boxes = io->inputs[BOXES], *anchors = io->inputs[ANCHORS];
    const int64_t stride = boxes->shape.dims[2];
    for (int64_t i = 0; i < d->n_boxes; i++) {
        const double ay = value_at(anchors, 4 * i), ax = value_at(anchors, 4 * i + 1);
        const double ah = value_at(anchors, 4 * i + 2), aw = value_at(anchors, 4 * i + 3);
        const float y = (float)(value_at(boxes, stride * i) / (double)p->y_scale * ah + ay);
        const float x = (float)(value_at(boxes, stride * i + 1) / (double)p->x_scale * aw + ax);
        const float h = (float)(0.5 * exp(value_at(boxes, stride * i + 2) / (double)p->h_scale) * ah);
        const float w = (float)(0.5 * exp(value_at(boxes, stride * i + 3) / (double)p->w_scale) * aw);
        out[i] = (mote_corners){y - h, x - w, y + h, x + w};
    }
}

float mote_box_overlap(const mote_corners *a, const mote_corners *b)
{
    const float area_a = (a->y1 - a->y0) * (a->x1 - a->x0), area_b = (b->y1 - b->y0) * (b->x1 - b->x0);
    if (area_a <= 0.0F || area_b <= 0.0F)
        return 0.0F;
    const float h = fminf(a->y1, b->y1) - fmaxf(a->y0, b->y0), w = fminf(a->x1, b->x1) - fmaxf(a->x0, b->x0);
    const float both = fmaxf(h, 0.0F) * fmaxf(w, 0.0F);
    return both / (area_a + area_b - both);
}

/* The order of falling scores; equals stay as they are. Bottom up, between two arrays; returns the one that holds it.
 */
static int32_t *sort_falling(const float *scores, int32_t *order, int32_t *spare, int32_t n)
{
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t begin = 0; begin < n; begin += 2 * width) {
            const int64_t middle = begin + width < n ? begin + width : n;
            const int64_t end = begin + 2 * width < n ? begin + 2 * width : n;
            int64_t a = begin, b = middle;
            for (int64_t to = begin; to < end; to++) {
                const bool second = a == middle || (b < end && scores[order[b]] > scores[order[a]]);
                spare[to] = second ? order[b++] : order[a++];
            }
        }
        int32_t *sorted = spare;
        spare = order;
        order = sorted;
    }
    return order;
}

/* Chooses at most `most` boxes by w->one_class into w->selected; returns how many. */
static int32_t suppress(const mote_detection_params *p, const detection *d, const work *w, int32_t most)
{
    int32_t n = 0, n_selected = 0;
    for (int32_t i = 0; i < d->n_boxes; i++)
        if (w->one_class[i] >= p->nms_score_threshold)
            w->order[n++] = i;
    const int32_t *order = sort_falling(w->one_class, w->order, w->spare, n);
    memset(w->dropped, 0, (size_t)n);
    for (int32_t i = 0; i < n && n_selected < most; i++) {
        if (w->dropped[i])
            continue;
        w->selected[n_selected++] = order[i];
        for (int32_t j = i + 1; j < n && n_selected < most; j++)
            if (!w->dropped[j] && mote_box_overlap(&w->boxes[order[i]], &w->boxes[order[j]]) > p->nms_iou_threshold)
                w->dropped[j] = 1;
    }
    return n_selected;
}

/* The class that comes after `previous` in the order of falling scores, of equals the earlier first; -1: none. */
static int32_t next_class(const float *scores, int32_t n, int32_t previous)
{
    int32_t best = -1;
    for (int32_t c = 0; c < n; c++) {
        const bool later =
            previous < 0 || scores[c] < scores[previous] || (scores[c] == scores[previous] && c > previous);
        if (later && (best < 0 || scores[c] > scores[best]))
            best = c;
    }
    return best;
}

static void store(const mote_op_io *io, const work *w, int64_t at, const choice *chosen)
{
    memcpy((float *)io->outputs[OUT_BOXES]->data + 4 * at, &w->boxes[chosen->box], sizeof(mote_corners));
    ((float *)io->outputs[OUT_CLASSES]->data)[at] = (float)chosen->class_index;
    ((float *)io->outputs[OUT_SCORES]->data)[at] = chosen->score;
}

static int32_t run_fast(const mote_op_io *io, const detection *d, const work *w, const float *scores)
{
    const mote_detection_params *p = io->node->params;
    for (int64_t i = 0; i < d->n_boxes; i++) {
        const float *row = scores + i * d->n_scores + d->label_offset;
        w->one_class[i] = row[next_class(row, p->num_classes, -1)];
    }
    const int32_t n = suppress(p, d, w, p->max_detections);
    const int32_t n_classes = mote_min_i32(p->max_classes_per_detection, p->num_classes);
    for (int32_t i = 0; i < n; i++) {
        const float *row = scores + (int64_t)w->selected[i] * d->n_scores + d->label_offset;
        int32_t class_index = -1;
        for (int32_t k = 0; k < n_classes; k++) {
            class_index = next_class(row, p->num_classes, class_index);
            if (class_index < 0)
                break; /* scores that are not numbers have no order */
            store(io, w, (int64_t)i * p->max_classes_per_detection + k,
                  &(choice){w->selected[i], class_index, row[class_index]});
        }
    }
    return n;
}

/* Merges `n_new` choices of one class, best first, into the n there are; returns how many remain. */
static int32_t merge(work *w, int32_t n, const choice *added, int32_t n_new, int32_t most)
{
    int32_t a = 0, b = 0, to = 0;
    while (to < most && (a < n || b < n_new)) {
        const bool second = a == n || (b < n_new && added[b].score > w->chosen[a].score);
        w->merged[to++] = second ? added[b++] : w->chosen[a++];
    }
    choice *merged = w->merged;
    w->merged = w->chosen;
    w->chosen = merged;
    return to;
}

static int32_t run_regular(const mote_op_io *io, const detection *d, work *w, const float *scores)
{
    const mote_detection_params *p = io->node->params;
    int32_t n = 0;
    for (int32_t c = 0; c < p->num_classes; c++) {
        for (int64_t i = 0; i < d->n_boxes; i++)
            w->one_class[i] = scores[i * d->n_scores + d->label_offset + c];
        const int32_t n_new = suppress(p, d, w, d->per_class);
        choice *added = w->chosen + n; /* n <= max_detections, and there is room for per_class more */
        for (int32_t i = 0; i < n_new; i++)
            added[i] = (choice){w->selected[i], c, w->one_class[w->selected[i]]};
        n = merge(w, n, added, n_new, p->max_detections);
    }
    for (int32_t i = 0; i < n; i++)
        store(io, w, i, &w->chosen[i]);
    return n;
}

static mote_status eval(mote_run *run, const mote_op_io *io, void *state, mote_error *err)
{
    const mote_detection_params *p = io->node->params;
    const detection *d = state;
    work w = lay_out(d, p->max_detections, mote_run_scratch(run));
    const mote_tensor *scores = io->inputs[SCORES];
    decode(io, d, w.boxes);
    for (int32_t i = 0; i < d->n_boxes; i++)
        if (w.boxes[i].y0 > w.boxes[i].y1 || w.boxes[i].x0 > w.boxes[i].x1)
            return mote_error_set(err, MOTE_ARGUMENT, "box %d ends before it begins", i);
    if (scores->dtype == MOTE_UINT8)
        for (int64_t i = 0; i < (int64_t)d->n_boxes * d->n_scores; i++)
            w.scores[i] = (float)value_at(scores, i);
    const float *values = scores->dtype == MOTE_UINT8 ? w.scores : scores->data;
    for (int32_t i = 0; i < 3; i++) /* what is not found is zeros */
        memset(io->outputs[i]->data, 0, io->outputs[i]->n_bytes);
    const int32_t n = p->use_regular_nms ? run_regular(io, d, &w, values) : run_fast(io, d, &w, values);
    ((float *)io->outputs[OUT_COUNT]->data)[0] = (float)n;
    return MOTE_OK;
}

const mote_op_run mote_op_run_detection_postprocess = {prepare, eval};
