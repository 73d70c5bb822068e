/* What is said of counts and scores; no model in sight. */
#include <mote/evaluate.h>

#include <math.h>

mote_interval mote_wilson_interval(int64_t n_right, int64_t n)
{
    static const double z = 1.959963984540054; /* 97.5% of a normal distribution lies below */
    if (n <= 0)
        return (mote_interval){0, 1};
    const double count = (double)n, p = (double)n_right / count, zz = z * z;
    const double centre = (p + zz / (2 * count)) / (1 + zz / count);
    const double half = z / (1 + zz / count) * sqrt(p * (1 - p) / count + zz / (4 * count * count));
    /* at the ends the bound is exact, but for rounding */
    return (mote_interval){n_right <= 0 ? 0 : centre - half, n_right >= n ? 1 : centre + half};
}

double mote_mcnemar_p(int64_t n_lost, int64_t n_won)
{
    const int64_t n = n_lost + n_won, fewer = n_lost < n_won ? n_lost : n_won;
    double tail = 0;
    for (int64_t k = 0; k <= fewer; k++)
        tail += exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) - (double)n * log(2));
    return tail < 0.5 ? 2 * tail : 1;
}

enum { MAX_STEPS_BACK = 16 };

mote_scores mote_model_scores(const mote_model *model)
{
    const mote_graph *graph = model->graphs[0];
    int32_t tensor = graph->n_outputs > 0 ? graph->outputs[0] : MOTE_NO_TENSOR;
    for (int i = 0; i < MAX_STEPS_BACK && tensor >= 0; i++) {
        const int32_t producer = mote_graph_producer(graph, tensor);
        if (producer < 0)
            break;
        const mote_node *node = graph->nodes[producer];
        switch (node->op) {
        case MOTE_OP_SOFTMAX:
        case MOTE_OP_LOGISTIC:
            return MOTE_SCORES_PROBABILITIES;
        case MOTE_OP_LOG_SOFTMAX:
            return MOTE_SCORES_LOG_PROBABILITIES;
        case MOTE_OP_QUANTIZE:
        case MOTE_OP_DEQUANTIZE:
        case MOTE_OP_RESHAPE:
        case MOTE_OP_SQUEEZE:
            tensor = node->inputs[0];
            break;
        default:
            return MOTE_SCORES_LOGITS;
        }
    }
    return MOTE_SCORES_LOGITS;
}

/* Keras's epsilon() */
static double clip(double p)
{
    static const double least = 1e-7;
    return p < least ? least : p > 1 - least ? 1 - least : p;
}

static bool read_unit(mote_scores kind, float score, int32_t label, mote_reading *reading)
{
    const double p = kind == MOTE_SCORES_LOGITS              ? 1 / (1 + exp(-(double)score))
                     : kind == MOTE_SCORES_LOG_PROBABILITIES ? exp((double)score)
                                                             : (double)score;
    reading->top = p > 0.5;
    const double certainty = reading->top ? p : 1 - p;
    reading->certainty = (float)(certainty > 1 ? 1 : certainty);
    reading->loss = -log(label == 1 ? clip(p) : 1 - clip(p));
    return isfinite(score);
}

bool mote_read_scores(mote_scores kind, const float *scores, int32_t n_scores, int32_t label, mote_reading *reading)
{
    if (n_scores == 1)
        return read_unit(kind, scores[0], label, reading);
    int32_t top = 0;
    for (int32_t i = 0; i < n_scores; i++) {
        if (!isfinite(scores[i]) && !(kind == MOTE_SCORES_LOG_PROBABILITIES && scores[i] < 0))
            return false;
        top = scores[i] > scores[top] ? i : top;
    }
    /* Each is brought to exp(score - largest); of probabilities that is their own share, as Keras normalizes them. */
    const bool plain = kind == MOTE_SCORES_PROBABILITIES;
    double sum = 0, clipped_sum = 0;
    for (int32_t i = 0; i < n_scores; i++) {
        sum += plain ? (double)scores[i] : exp((double)scores[i] - (double)scores[top]);
        clipped_sum += clip((double)scores[i]);
    }
    reading->top = top;
    if (plain) {
        const double certainty = sum > 1 ? (double)scores[top] / sum : (double)scores[top];
        reading->certainty = (float)(certainty < 0 ? 0 : certainty);
        reading->loss = log(clipped_sum) - log(clip((double)scores[label]));
    } else {
        const double loss = log(sum) + (double)scores[top] - (double)scores[label], most = -log(1e-7);
        reading->certainty = (float)(1 / sum);
        reading->loss = kind == MOTE_SCORES_LOG_PROBABILITIES && !(loss < most) ? most : loss;
    }
    return true;
}

mote_class_counts mote_evaluation_class(const mote_evaluation *evaluation, int32_t index)
{
    const int64_t n = evaluation->n_classes;
    mote_class_counts counts = {.n_right = evaluation->confusion[index * n + index]};
    for (int64_t i = 0; i < n; i++) {
        counts.n += evaluation->confusion[index * n + i];
        counts.n_answered += evaluation->confusion[i * n + index];
    }
    return counts;
}

mote_pairing mote_evaluation_pair(const mote_evaluation *a, const mote_evaluation *b)
{
    mote_pairing pairing = {0};
    const int64_t n = a->n < b->n ? a->n : b->n;
    for (int64_t i = 0; i < n; i++) {
        const mote_answer *x = &a->answers[i], *y = &b->answers[i];
        if (x->example != y->example)
            continue;
        pairing.n++;
        pairing.n_agree += x->top == y->top;
        pairing.n_lost += x->top == x->label && y->top != y->label;
        pairing.n_won += x->top != x->label && y->top == y->label;
    }
    return pairing;
}
