/*
 * What random layers do while a network trains, seen in its outputs: the distributions that their papers and Keras say,
 * one draw for what Keras draws once, and nothing at prediction.
 */
#include "unit/mote_test.h"

#include <mote/rng.h>
#include <mote/train.h>

#include "op/train_form/train_form.h"

#include <math.h>
#include <string.h>

typedef struct random_net {
    mote_model *model;
    mote_trainer *trainer;
    mote_shape in, out; /* of an example, with 1 in front */
    void *params;       /* of the random node */
} random_net;

/* x times a weight of 1, which gives the trainer something to train, then the operator. part: a crop's second input, a
 * constant; NULL: none. */
static random_net begin(mote_op op, const mote_shape *in, const mote_shape *part)
{
    random_net net = {.model = mote_model_new(NULL, 0), .in = *in, .out = part ? *part : *in};
    mote_graph *g = net.model->graphs[0];
    const mote_shape one = {1, {1}};
    const float factor = 1.0f;
    const int32_t x = mote_graph_add_tensor(g, "x", MOTE_FLOAT32, in);
    const int32_t w = mote_graph_add_const(g, "w", MOTE_FLOAT32, &one, &factor);
    const int32_t xw = mote_graph_add_tensor(g, "xw", MOTE_FLOAT32, in);
    const int32_t y = mote_graph_add_tensor(g, "y", MOTE_FLOAT32, &net.out);
    const int32_t inputs[] = {xw, part ? mote_graph_add_const(g, "part", MOTE_FLOAT32, part, NULL) : 0};
    mote_graph_add_node(g, MOTE_OP_MUL, 2, (const int32_t[]){x, w}, 1, &xw)->layer = 0;
    mote_node *node = mote_graph_add_node(g, op, part ? 2 : 1, inputs, 1, &y);
    node->layer = 0;
    net.params = node->params;
    mote_graph_set_io(g, 1, &x, 1, &y);
    mote_layer *layer = net.model->layers = mote_arena_calloc(net.model->arena, 1, sizeof *layer);
    net.model->n_layers = 1;
    *layer = (mote_layer){.name = "it", .class_name = "It", .trainable = true, .parent = -1, .n_weights = 1};
    layer->weights = mote_arena_calloc(net.model->arena, 1, sizeof *layer->weights);
    layer->weights[0] = (mote_layer_weight){.name = "w:0", .tensor = w, .trainable = true};
    return net;
}

/* The operator's output for x of n examples in a step that changes nothing. */
static const float *outputs_of(random_net *net, const float *x, int32_t n)
{
    mote_error err = {0};
    if (!net->trainer) {
        mote_trainer_options options = mote_trainer_options_default();
        options.loss = MOTE_LOSS_MEAN_SQUARED_ERROR;
        options.optimizer = mote_optimizer_options_default(MOTE_OPTIMIZER_SGD);
        options.seed = 3;
        must(mote_trainer_new(&net->trainer, net->model, &options, &err), &err);
    }
    const float *inputs[] = {x};
    float *targets = calloc((size_t)(n * mote_shape_count(&net->out)), sizeof *targets);
    const mote_train_batch batch = {.n = n, .inputs = inputs, .targets = targets};
    mote_step_result result;
    must(mote_trainer_step(net->trainer, &batch, 0.0f, &result, &err), &err);
    free(targets);
    return result.outputs;
}

static void end(random_net *net)
{
    mote_trainer_free(net->trainer);
    mote_model_free(net->model);
}

static void moments(const float *values, int64_t n, double *mean, double *variance)
{
    *mean = *variance = 0;
    for (int64_t i = 0; i < n; i++)
        *mean += values[i] / (double)n;
    for (int64_t i = 0; i < n; i++)
        *variance += pow(values[i] - *mean, 2) / (double)n;
}

enum { N = 64, WIDE = 512, COUNT = N * WIDE };

/* With a rate of 0.3: a = (0.7 (1 + 0.3 1.75809934²))^-½ = 0.8609526, b = 0.3 1.75809934 a = 0.4540921; what is dropped
 * becomes b - 1.75809934 a. */
static void alpha_dropout_keeps_mean_and_variance(void **state)
{
    (void)state;
    static float x[COUNT];
    mote_rng rng = mote_rng_make(1, 2);
    for (int i = 0; i < COUNT; i++)
        x[i] = mote_rng_normal(&rng);
    random_net net = begin(MOTE_OP_DROPOUT, &(mote_shape){2, {1, WIDE}}, NULL);
    *(mote_dropout_params *)net.params = (mote_dropout_params){.rate = 0.3f, .alpha = true};
    const float *y = outputs_of(&net, x, N);
    int n_dropped = 0;
    for (int i = 0; i < COUNT; i++) {
        if (fabsf(y[i] + 1.0595482f) < 1e-5f)
            n_dropped++;
        else
            assert_near(y[i], 0.8609526 * x[i] + 0.4540921, 1e-5);
    }
    double mean, variance;
    moments(y, COUNT, &mean, &variance);
    assert_near(n_dropped / (double)COUNT, 0.3, 0.01);
    assert_near(mean, 0, 0.02);
    assert_near(variance, 1, 0.03);
    end(&net);
}

static void dropout_drops_its_share_and_whole_channels(void **state)
{
    (void)state;
    static float x[COUNT];
    for (int i = 0; i < COUNT; i++)
        x[i] = 2.0f;
    random_net net = begin(MOTE_OP_DROPOUT, &(mote_shape){4, {1, 8, 8, 8}}, NULL);
    *(mote_dropout_params *)net.params =
        (mote_dropout_params){.rate = 0.25f, .noise_shape = mote_shape_4d(MOTE_DIM_UNKNOWN, 1, 1, MOTE_DIM_UNKNOWN)};
    const float *y = outputs_of(&net, x, N);
    int n_dropped = 0;
    for (int i = 0; i < COUNT; i++) {
        const int channel = i / WIDE * WIDE + i % 8; /* its first pixel */
        assert_true(y[i] == y[channel]);
        assert_true(y[i] == 0.0f || fabsf(y[i] - 2.0f / 0.75f) < 1e-6f);
        n_dropped += y[i] == 0.0f;
    }
    assert_near(n_dropped / (double)COUNT, 0.25, 0.06); /* 512 draws */
    end(&net);
}

static void noise_has_its_deviation(void **state)
{
    (void)state;
    static const struct {
        int32_t kind;
        double mean, variance;
    } rows[] = {{MOTE_AUGMENT_NOISE, 2, 0.25}, {MOTE_AUGMENT_FACTOR_NOISE, 2, 1}}; /* deviation 0.5, of x = 2 */
    static float x[COUNT];
    for (int i = 0; i < COUNT; i++)
        x[i] = 2.0f;
    for (size_t r = 0; r < 2; r++) {
        random_net net = begin(MOTE_OP_RANDOM_AUGMENT, &(mote_shape){2, {1, WIDE}}, NULL);
        *(mote_random_augment_params *)net.params =
            (mote_random_augment_params){.kind = rows[r].kind, .low = {-0.5f}, .high = {0.5f}};
        double mean, variance;
        moments(outputs_of(&net, x, N), COUNT, &mean, &variance);
        assert_near(mean, rows[r].mean, 0.02);
        assert_near(variance, rows[r].variance, 0.05 * rows[r].variance);
        end(&net);
    }
}

/* Images of two pixels, 100 and 140: their distance tells the factor. */
static void contrast_draws_per_batch_or_image(void **state)
{
    (void)state;
    enum { STEPS = 100 };
    float x[2 * N];
    for (int i = 0; i < 2 * N; i++)
        x[i] = i % 2 ? 140.0f : 100.0f;
    for (int whole = 0; whole < 2; whole++) {
        random_net net = begin(MOTE_OP_RANDOM_AUGMENT, &(mote_shape){4, {1, 1, 2, 1}}, NULL);
        *(mote_random_augment_params *)net.params =
            (mote_random_augment_params){.kind = MOTE_AUGMENT_CONTRAST,
                                         .low = {-0.5f},
                                         .high = {0.25f},
                                         .flags = whole ? MOTE_AUGMENT_WHOLE_BATCH : 0};
        int n_as_first = 0;
        double least = 10, most = 0;
        for (int step = 0; step < STEPS; step++) {
            const float *y = outputs_of(&net, x, N);
            for (int i = 0; i < N; i++) {
                const double factor = (y[2 * i + 1] - y[2 * i]) / 40.0;
                assert_near(y[2 * i + 1] + y[2 * i], 240, 1e-3);
                n_as_first += fabs(factor - (y[1] - y[0]) / 40.0) < 1e-6;
                least = fmin(least, factor);
                most = fmax(most, factor);
            }
        }
        assert_true(least >= 0.5 && least < 0.6 && most <= 1.25 && most > 1.15);
        assert_true(whole ? n_as_first == STEPS * N : n_as_first < STEPS + 10);
        end(&net);
    }
}

/* Pixels that tell their place. */
static void a_crop_is_a_part_at_one_place(void **state)
{
    (void)state;
    enum { SIDE = 5, H = 3, W = 4, IMAGES = 3 };
    float x[IMAGES * SIDE * SIDE];
    for (int i = 0; i < IMAGES * SIDE * SIDE; i++)
        x[i] = (float)i;
    const mote_shape part = mote_shape_4d(1, H, W, 1);
    random_net net = begin(MOTE_OP_RANDOM_AUGMENT, &(mote_shape){4, {1, SIDE, SIDE, 1}}, &part);
    *(mote_random_augment_params *)net.params = (mote_random_augment_params){.kind = MOTE_AUGMENT_CROP};
    int n_at[SIDE - H + 1][SIDE - W + 1] = {{0}};
    for (int step = 0; step < 120; step++) {
        const float *y = outputs_of(&net, x, 1);
        const int top = (int)y[0] / SIDE, left = (int)y[0] % SIDE;
        assert_true(top <= SIDE - H && left <= SIDE - W);
        n_at[top][left]++;
        for (int i = 0; i < H * W; i++)
            assert_true(y[i] == x[(top + i / W) * SIDE + left + i % W]);
    }
    for (int i = 0; i < 6; i++) /* six places, twenty each on average */
        assert_in_range(n_at[i / 2][i % 2], 5, 40);
    end(&net);
}

/* Nothing is trained as if the layer were not there. */
static void a_change_that_is_not_known_is_refused(void **state)
{
    (void)state;
    random_net net = begin(MOTE_OP_RANDOM_AUGMENT, &(mote_shape){4, {1, 2, 2, 1}}, NULL);
    *(mote_random_augment_params *)net.params = (mote_random_augment_params){.kind = MOTE_AUGMENT_OTHER};
    mote_trainer_options options = mote_trainer_options_default();
    options.loss = MOTE_LOSS_MEAN_SQUARED_ERROR;
    mote_error err = {0};
    assert_int_equal(mote_trainer_new(&net.trainer, net.model, &options, &err), MOTE_UNSUPPORTED);
    assert_non_null(strstr(err.message, "layer 'it'"));
    net.trainer = NULL;
    end(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alpha_dropout_keeps_mean_and_variance),
        cmocka_unit_test(dropout_drops_its_share_and_whole_channels),
        cmocka_unit_test(noise_has_its_deviation),
        cmocka_unit_test(contrast_draws_per_batch_or_image),
        cmocka_unit_test(a_crop_is_a_part_at_one_place),
        cmocka_unit_test(a_change_that_is_not_known_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
