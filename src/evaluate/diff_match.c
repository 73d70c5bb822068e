/*
 * Both forms run their layers in about the same order, so matching is an alignment of two sequences (as of two texts):
 * the pairs, in order, whose scores sum up highest. Names say most: a converter keeps a layer's name as a part of the
 * tensor's ("model/stem_conv/Conv2D;model/stem_bn/add" holds stem_conv), except such parts as stand everywhere. Next
 * comes the operator, and that an activation of its own equals one fused into the operator before it.
 */
#include "evaluate/diff_match.h"

#include "op/op.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TOKENS = 24, COMMON = 6, MAX_CELLS = 1 << 25 };
enum { SCORE_NAME = 12, SCORE_TOKEN = 6, SCORE_OP = 3, SCORE_ACTIVATION = 1, SCORE_LEAST = 2 };

typedef struct item {
    int32_t node, tensor;
    int32_t op, activation;
    int64_t count;
    uint32_t tokens[MAX_TOKENS]; /* hashes of the name's parts */
    int32_t n_tokens;
    const char *name;
} item;

/* --- what there is to match --- */

static bool is_separator(char c)
{
    return c == '/' || c == ';' || c == ':';
}

static void split_name(item *it)
{
    for (const char *at = it->name; *at != '\0' && it->n_tokens < MAX_TOKENS;) {
        uint32_t hash = 2166136261u;
        size_t n = 0;
        for (; *at != '\0' && !is_separator(*at); ++at, ++n)
            hash = (hash ^ (uint8_t)*at) * 16777619u;
        if (n > 2)
            it->tokens[it->n_tokens++] = hash;
        if (*at != '\0')
            ++at;
    }
}

/* The fused activation among an operator's options; as an operator of its own, the same number. */
static int32_t activation_of(const mote_node *node)
{
    static const struct {
        int32_t op, activation;
    } alone[] = {{19, MOTE_ACT_RELU}, {20, MOTE_ACT_RELU_N1_TO_1}, {21, MOTE_ACT_RELU6}, {28, MOTE_ACT_TANH}};
    for (size_t i = 0; i < sizeof alone / sizeof *alone; ++i)
        if (alone[i].op == (int32_t)node->op)
            return alone[i].activation;
    const mote_op_def *def = mote_op_find((int32_t)node->op);
    for (int32_t i = 0; def != NULL && node->params != NULL && i < def->n_fields; ++i)
        if (strcmp(def->fields[i].name, "fused_activation_function") == 0)
            return *(const int32_t *)(const void *)((const char *)node->params + def->fields[i].offset);
    return MOTE_ACT_NONE;
}

/* Conversions and views repeat what another tensor holds. */
static bool repeats(const mote_node *node)
{
    const mote_op_def *def = mote_op_find((int32_t)node->op);
    return node->op == MOTE_OP_QUANTIZE || node->op == MOTE_OP_DEQUANTIZE || def == NULL ||
           (def->flags & (MOTE_OP_VIEW | MOTE_OP_SHAPE_ONLY)) != 0;
}

static bool is_real(mote_dtype dtype, const mote_tensor *tensor)
{
    return dtype == MOTE_FLOAT32 || dtype == MOTE_FLOAT16 || tensor->quant.n > 0;
}

static item *list_items(const mote_graph *graph, const int64_t *counts, int32_t *n, const mote_allocator *allocator)
{
    size_t n_outputs = 0;
    for (int32_t i = 0; i < graph->n_nodes; ++i)
        n_outputs += (size_t)graph->nodes[i]->n_outputs;
    item *items = mote_calloc(allocator, n_outputs, sizeof *items);
    *n = 0;
    for (int32_t i = 0; items != NULL && i < graph->n_nodes; ++i)
        for (int32_t k = 0; k < graph->nodes[i]->n_outputs; ++k) {
            const int32_t t = graph->nodes[i]->outputs[k];
            const mote_tensor *tensor = graph->tensors[t];
            if (repeats(graph->nodes[i]) || !is_real(tensor->dtype, tensor) || counts[t] <= 0)
                continue;
            item *it = &items[(*n)++];
            *it = (item){.node = i,
                         .tensor = t,
                         .op = (int32_t)graph->nodes[i]->op,
                         .activation = activation_of(graph->nodes[i]),
                         .count = counts[t],
                         .name = tensor->name};
            split_name(it);
        }
    return items;
}

/* Drops the parts of names that stand in many: "model", "Conv2D". */
static int by_hash(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static bool drop_common(item *items, int32_t n, const mote_allocator *allocator)
{
    uint32_t *all = mote_calloc(allocator, (size_t)n * MAX_TOKENS, sizeof *all);
    size_t n_all = 0;
    if (all == NULL)
        return false;
    for (int32_t i = 0; i < n; ++i)
        for (int32_t k = 0; k < items[i].n_tokens; ++k)
            all[n_all++] = items[i].tokens[k];
    qsort(all, n_all, sizeof *all, by_hash);
    for (int32_t i = 0; i < n; ++i) {
        int32_t kept = 0;
        for (int32_t k = 0; k < items[i].n_tokens; ++k) {
            const uint32_t *found = bsearch(&items[i].tokens[k], all, n_all, sizeof *all, by_hash);
            int32_t uses = 1;
            for (const uint32_t *p = found; p > all && p[-1] == *found; --p)
                ++uses;
            for (const uint32_t *p = found; p + 1 < all + n_all && p[1] == *found; ++p)
                ++uses;
            if (uses <= COMMON)
                items[i].tokens[kept++] = items[i].tokens[k];
        }
        items[i].n_tokens = kept;
    }
    mote_free(allocator, all);
    return true;
}

/* --- alignment --- */

static bool share_token(const item *a, const item *b)
{
    for (int32_t i = 0; i < a->n_tokens; ++i)
        for (int32_t k = 0; k < b->n_tokens; ++k)
            if (a->tokens[i] == b->tokens[k])
                return true;
    return false;
}

/* How well two tensors go together; 0: not at all. */
static int32_t score(const item *a, const item *b)
{
    if (a->count != b->count)
        return 0;
    int32_t sum = 0;
    if (a->name[0] != '\0' && strcmp(a->name, b->name) == 0)
        sum += SCORE_NAME;
    else if (share_token(a, b))
        sum += SCORE_TOKEN;
    if (a->op == b->op)
        sum += SCORE_OP;
    if (a->activation == b->activation)
        sum += a->activation == MOTE_ACT_NONE ? 0 : 2 * SCORE_ACTIVATION;
    else if (sum < SCORE_NAME)
        return 0; /* before and after an activation: two different things */
    return sum >= SCORE_LEAST ? sum : 0;
}

enum { STEP_PAIR, STEP_A, STEP_B };

/* Fills steps[i * (n_b + 1) + k]: how the best alignment of a's first i and b's first k items ends. */
static bool align(const item *a, int32_t n_a, const item *b, int32_t n_b, uint8_t *steps,
                  const mote_allocator *allocator)
{
    int32_t *rows = mote_calloc(allocator, 2 * ((size_t)n_b + 1), sizeof *rows);
    if (rows == NULL)
        return false;
    for (int32_t i = 0; i <= n_a; ++i) {
        int32_t *row = rows + (i % 2) * (n_b + 1);
        const int32_t *before = rows + (1 - i % 2) * (n_b + 1);
        uint8_t *step = steps + (size_t)i * ((size_t)n_b + 1);
        for (int32_t k = 0; k <= n_b; ++k) {
            int32_t best = i > 0 ? before[k] : 0;
            step[k] = i > 0 ? STEP_A : STEP_B;
            if (k > 0 && row[k - 1] > best) {
                best = row[k - 1];
                step[k] = STEP_B;
            }
            const int32_t pair = i > 0 && k > 0 ? score(&a[i - 1], &b[k - 1]) : 0;
            if (pair > 0 && before[k - 1] + pair > best) {
                best = before[k - 1] + pair;
                step[k] = STEP_PAIR;
            }
            row[k] = best;
        }
    }
    mote_free(allocator, rows);
    return true;
}

static int32_t trace(const item *a, int32_t n_a, const item *b, int32_t n_b, const uint8_t *steps,
                     mote_diff_pair *pairs)
{
    int32_t n = 0;
    for (int32_t i = n_a, k = n_b; i > 0 && k > 0;) {
        const uint8_t step = steps[(size_t)i * ((size_t)n_b + 1) + (size_t)k];
        if (step == STEP_PAIR) {
            --i, --k;
            pairs[n++] = (mote_diff_pair){a[i].node, a[i].tensor, b[k].tensor, -1};
        } else if (step == STEP_A) {
            --i;
        } else {
            --k;
        }
    }
    for (int32_t i = 0; i < n / 2; ++i) {
        const mote_diff_pair pair = pairs[i];
        pairs[i] = pairs[n - 1 - i];
        pairs[n - 1 - i] = pair;
    }
    return n;
}

/* --- outputs --- */

/* Outputs go together by name, else by place. They replace whatever pair one of them is in. */
static int32_t find_output(const mote_graph *a, int32_t i, const mote_graph *b)
{
    const char *name = a->tensors[a->outputs[i]]->name;
    for (int32_t k = 0; k < b->n_outputs && name[0] != '\0'; ++k)
        if (strcmp(name, b->tensors[b->outputs[k]]->name) == 0)
            return k;
    return i;
}

static mote_status add_outputs(const mote_graph *a, const int64_t *counts_a, const mote_graph *b,
                               const int64_t *counts_b, mote_diff_pair *pairs, int32_t *n, mote_error *err)
{
    if (a->n_outputs != b->n_outputs)
        return mote_error_set(err, MOTE_SHAPE, "%d outputs against %d: not two forms of one network", a->n_outputs,
                              b->n_outputs);
    for (int32_t i = 0; i < a->n_outputs; ++i) {
        const int32_t ta = a->outputs[i], tb = b->outputs[find_output(a, i, b)];
        if (counts_a[ta] != counts_b[tb])
            return mote_error_set(err, MOTE_SHAPE,
                                  "output %d has %lld values against %lld: not two forms of one network", i,
                                  (long long)counts_a[ta], (long long)counts_b[tb]);
        int32_t kept = 0;
        for (int32_t k = 0; k < *n; ++k)
            if (pairs[k].output >= 0 || (pairs[k].tensor_a != ta && pairs[k].tensor_b != tb))
                pairs[kept++] = pairs[k];
        pairs[kept] = (mote_diff_pair){mote_graph_producer(a, ta), ta, tb, i};
        *n = kept + 1;
    }
    return MOTE_OK;
}

mote_status mote_diff_match(const mote_graph *a, const int64_t *counts_a, const mote_graph *b, const int64_t *counts_b,
                            mote_diff_pair **pairs, int32_t *n_pairs, const mote_allocator *allocator, mote_error *err)
{
    int32_t n_a = 0, n_b = 0;
    *pairs = NULL;
    *n_pairs = 0;
    item *items_a = list_items(a, counts_a, &n_a, allocator), *items_b = list_items(b, counts_b, &n_b, allocator);
    const size_t n_cells = ((size_t)n_a + 1) * ((size_t)n_b + 1);
    uint8_t *steps = n_cells <= MAX_CELLS ? mote_alloc(allocator, n_cells) : NULL;
    mote_diff_pair *result = mote_calloc(allocator, (size_t)n_a + (size_t)a->n_outputs, sizeof *result);
    mote_status status = MOTE_OK;
    if (n_cells > MAX_CELLS)
        status = mote_error_set(err, MOTE_LIMIT, "%d and %d layers are too many to match", n_a, n_b);
    else if (items_a == NULL || items_b == NULL || steps == NULL || result == NULL ||
             !drop_common(items_a, n_a, allocator) || !drop_common(items_b, n_b, allocator) ||
             !align(items_a, n_a, items_b, n_b, steps, allocator))
        status = mote_error_no_memory(err);
    if (status == MOTE_OK) {
        *n_pairs = trace(items_a, n_a, items_b, n_b, steps, result);
        status = add_outputs(a, counts_a, b, counts_b, result, n_pairs, err);
    }
    mote_free(allocator, items_a);
    mote_free(allocator, items_b);
    mote_free(allocator, steps);
    if (status == MOTE_OK)
        *pairs = result;
    else
        mote_free(allocator, result);
    return status;
}
