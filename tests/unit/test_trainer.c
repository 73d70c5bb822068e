/*
 * The trainer on a network small enough to know: one FULLY_CONNECTED of three inputs and two or three outputs. What
 * optimizers and losses should give was computed with tf_keras 2.21. Then what a run promises: the same bits at any
 * number of threads and after a resume, frozen layers that stay, and errors that name the layer.
 */
#include "unit/mote_test.h"

#include <mote/rng.h>
#include <mote/train.h>

#include "op/fully_connected/fully_connected.h"
#include "op/train_form/train_form.h"
#include "op/transpose_conv/transpose_conv.h"

#include <math.h>
#include <string.h>

enum { N = 4, IN = 3 };

static const float X[N * IN] = {1, 2, -1, 0.5f, -1, 2, -2, 1, 0.25f, 1.5f, 0, -0.75f};
static const float T[N * 2] = {1, 0, 0, 1, 0.5f, -1, 2, 1};
static const float KERNEL[2 * IN] = {0.5f, 0.125f, -0.75f, -0.25f, 1, 0.375f}; /* [out][in] */
static const float BIAS[2] = {0.1f, -0.2f};

typedef struct net {
    mote_model *model;
    int32_t kernel, bias; /* tensors */
} net;

static void add_layer(net *n, const char *name, int32_t n_weights, const int32_t *tensors, const char *const *names)
{
    mote_model *m = n->model;
    mote_layer *layers = mote_arena_calloc(m->arena, (size_t)m->n_layers + 1, sizeof *layers);
    if (m->n_layers)
        memcpy(layers, m->layers, (size_t)m->n_layers * sizeof *layers);
    m->layers = layers;
    mote_layer *layer = &m->layers[m->n_layers++];
    *layer = (mote_layer){.name = name, .class_name = name, .trainable = true, .parent = -1, .n_weights = n_weights};
    layer->weights = mote_arena_calloc(m->arena, (size_t)n_weights + 1, sizeof *layer->weights);
    for (int32_t i = 0; i < n_weights; i++)
        layer->weights[i] = (mote_layer_weight){.name = names[i], .tensor = tensors[i], .trainable = true};
}

/* x kernel^T + bias, and an operator after it (TR: none). */
static net make_net(int32_t n_out, const float *kernel, const float *bias, int32_t last)
{
    net n = {.model = mote_model_new(NULL, 0)};
    mote_graph *g = n.model->graphs[0];
    const mote_shape in = {2, {1, IN}}, w = {2, {n_out, IN}}, b = {1, {n_out}}, out = {2, {1, n_out}};
    const int32_t x = mote_graph_add_tensor(g, "x", MOTE_FLOAT32, &in);
    n.kernel = mote_graph_add_const(g, "kernel", MOTE_FLOAT32, &w, kernel);
    n.bias = mote_graph_add_const(g, "bias", MOTE_FLOAT32, &b, bias);
    int32_t y = mote_graph_add_tensor(g, "y", MOTE_FLOAT32, &out);
    const int32_t inputs[] = {x, n.kernel, n.bias}, weights[] = {n.kernel, n.bias};
    mote_graph_add_node(g, MOTE_OP_FULLY_CONNECTED, 3, inputs, 1, &y)->layer = 0;
    if (last >= 0) {
        const int32_t z = mote_graph_add_tensor(g, "z", MOTE_FLOAT32, &out);
        mote_node *node = mote_graph_add_node(g, (mote_op)last, 1, &y, 1, &z);
        node->layer = 0;
        if (last == MOTE_OP_SOFTMAX)
            *(float *)node->params = 1.0f; /* beta */
        y = z;
    }
    mote_graph_set_io(g, 1, &x, 1, &y);
    static const char *const names[] = {"dense/kernel:0", "dense/bias:0"};
    add_layer(&n, "dense", 2, weights, names);
    return n;
}

static mote_trainer *make_trainer(net *n, const mote_trainer_options *options)
{
    mote_trainer *trainer;
    mote_error err = {0};
    must(mote_trainer_new(&trainer, n->model, options, &err), &err);
    return trainer;
}

static const float *INPUTS[] = {X};

/* --- optimizers --- */

static void check_four_steps(const char *name, const mote_optimizer_options *optimizer, float rate, bool averaged,
                             const float *want)
{
    net n = make_net(2, KERNEL, BIAS, -1);
    mote_trainer_options options = mote_trainer_options_default();
    options.loss = MOTE_LOSS_MEAN_SQUARED_ERROR;
    options.optimizer = *optimizer;
    mote_trainer *trainer = make_trainer(&n, &options);
    const mote_train_batch batch = {.n = N, .inputs = INPUTS, .targets = T};
    mote_step_result result;
    mote_error err = {0};
    for (int32_t i = 0; i < 4; i++)
        must(mote_trainer_step(trainer, &batch, rate, &result, &err), &err);
    must(mote_trainer_sync(trainer, averaged, &err), &err);
    const float *kernel = n.model->graphs[0]->tensors[n.kernel]->data,
                *bias = n.model->graphs[0]->tensors[n.bias]->data;
    for (int32_t i = 0; i < 8; i++) {
        const float got = i < 6 ? kernel[i] : bias[i - 6];
        if (!(fabsf(got - want[i]) <= 2e-6f))
            print_message("%s, weight %d: %.8g, Keras has %.8g\n", name, i, (double)got, (double)want[i]);
        assert_true(fabsf(got - want[i]) <= 2e-6f);
    }
    mote_trainer_free(trainer);
    mote_model_free(n.model);
}

static void optimizers_step_as_keras(void **state)
{
    (void)state;
    mote_optimizer_options adam = mote_optimizer_options_default(MOTE_OPTIMIZER_ADAM), o = adam;
    const mote_optimizer_options sgd = mote_optimizer_options_default(MOTE_OPTIMIZER_SGD);
    check_four_steps("adam", &adam, 0.05f, false,
                     (const float[]){0.30586219f, -0.052719243f, -0.55559939f, -0.050594833f, 0.80163383f, 0.57067031f,
                                     0.29961231f, -0.2170525f});
    o.amsgrad = true;
    check_four_steps("amsgrad", &o, 0.05f, false,
                     (const float[]){0.30586219f, -0.052706994f, -0.55559939f, -0.050594833f, 0.80163383f, 0.57067031f,
                                     0.29961231f, -0.2170525f});
    o = mote_optimizer_options_default(MOTE_OPTIMIZER_ADAMW);
    o.weight_decay = 0.1f;
    check_four_steps("adamw", &o, 0.05f, false,
                     (const float[]){0.29814032f, -0.051359482f, -0.54266238f, -0.047164351f, 0.78335226f, 0.56162381f,
                                     0.29615441f, -0.20905806f});
    check_four_steps("sgd", &sgd, 0.05f, false,
                     (const float[]){0.41428185f, 0.083789818f, -0.6187048f, 0.062316485f, 0.72814405f, 0.47003597f,
                                     0.2284338f, -0.20275478f});
    o = sgd;
    o.momentum = 0.9f;
    check_four_steps("momentum", &o, 0.05f, false,
                     (const float[]){0.30741987f, 0.032805108f, -0.45494667f, 0.45275539f, 0.38889068f, 0.58795244f,
                                     0.39016968f, -0.20580503f});
    o.nesterov = true;
    check_four_steps("nesterov", &o, 0.05f, false,
                     (const float[]){0.27517852f, 0.021836122f, -0.40633532f, 0.58168894f, 0.28234962f, 0.61121207f,
                                     0.46919313f, -0.1986254f});
    o = mote_optimizer_options_default(MOTE_OPTIMIZER_RMSPROP);
    check_four_steps("rmsprop", &o, 0.05f, false,
                     (const float[]){0.24115179f, -0.016605979f, -0.46079275f, 0.16860044f, 0.61249685f, 0.65362781f,
                                     0.51468277f, -0.18925682f});
    o.momentum = 0.5f;
    o.centered = true;
    check_four_steps("centered rmsprop", &o, 0.05f, false,
                     (const float[]){0.17544204f, 0.0022755712f, -0.37146407f, 0.46794415f, 0.37362069f, 0.74422258f,
                                     0.80461001f, -0.10372077f});
    o = sgd;
    o.clipnorm = 0.5f;
    check_four_steps("clipnorm", &o, 0.5f, false,
                     (const float[]){0.28352046f, -0.022146001f, -0.49353746f, 0.44018149f, 0.40704846f, 0.55955833f,
                                     0.76952118f, -0.17868109f});
    o = sgd;
    o.clipvalue = 0.1f;
    check_four_steps("clipvalue", &o, 0.5f, false,
                     (const float[]){0.29999995f, -0.012109343f, -0.54999995f, -0.050000008f, 0.79999995f, 0.57500005f,
                                     0.30000001f, -0.21894528f});
    o = sgd;
    o.global_clipnorm = 0.5f;
    check_four_steps("global_clipnorm", &o, 0.5f, false,
                     (const float[]){0.32264316f, 0.045347188f, -0.48004577f, 0.40996653f, 0.43204743f, 0.55361718f,
                                     0.40881345f, -0.19391607f});
    o = sgd;
    o.weight_decay = 0.1f;
    check_four_steps("weight decay", &o, 0.05f, false,
                     (const float[]){0.40673357f, 0.082807831f, -0.60668671f, 0.063797325f, 0.71185607f, 0.4614259f,
                                     0.22573404f, -0.19836643f});
    adam.ema_momentum = 0.9f;
    check_four_steps("average", &adam, 0.05f, true,
                     (const float[]){0.45558575f, 0.082819723f, -0.70555162f, -0.2048405f, 0.9549979f, 0.41963312f,
                                     0.14518857f, -0.21383002f});
}

/* --- losses: of the rows themselves (an identity kernel); the bias gets the gradient summed over them --- */

static const float IDENTITY[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, ZEROS[3];
static const float PROBABILITIES[N * 3] = {.2f, .5f, .3f, .9f, .05f, .05f, 1e-9f, .5f, .5f, 0, .3f, .6f};
static const float ROWS[N * 3] = {.2f, .5f, .3f, 1, 0, 0, 0, 1, 0, .1f, .1f, .8f};
static const float BITS[N * 3] = {1, 0, 1, 0, 0, 1, 1, 1, 0, 0.5f, 0, 1};
static const int32_t CLASSES[N] = {0, 2, 1, 1};

static void check_loss(const mote_trainer_options *options, int32_t last, const float *x, const float *targets,
                       const float *weights, double want, const float *want_gradient)
{
    net n = make_net(3, IDENTITY, ZEROS, last);
    mote_trainer *trainer = make_trainer(&n, options);
    const float *inputs[] = {x};
    const mote_train_batch batch = {
        .n = N, .inputs = inputs, .classes = targets ? NULL : CLASSES, .targets = targets, .weights = weights};
    mote_step_result result;
    mote_error err = {0};
    must(mote_trainer_step(trainer, &batch, 0.0f, &result, &err), &err);
    if (!(fabs(result.loss - want) <= 1e-6 * want))
        print_message("%s: %.8g, Keras has %.8g\n", mote_loss_name(options->loss), result.loss, want);
    assert_true(fabs(result.loss - want) <= 1e-6 * want);
    const float *gradient = mote_trainer_state(trainer, 3).gradient; /* after the kernel, its two slots */
    for (int32_t i = 0; i < 3; i++) {
        if (!(fabsf(gradient[i] - want_gradient[i]) <= 2e-6f * fmaxf(1, fabsf(want_gradient[i]))))
            print_message("%s, gradient %d: %.8g, Keras has %.8g\n", mote_loss_name(options->loss), i,
                          (double)gradient[i], (double)want_gradient[i]);
        assert_true(fabsf(gradient[i] - want_gradient[i]) <= 2e-6f * fmaxf(1, fabsf(want_gradient[i])));
    }
    mote_trainer_free(trainer);
    mote_model_free(n.model);
}

static void losses_are_those_of_keras(void **state)
{
    (void)state;
    const mote_trainer_options defaults = mote_trainer_options_default();
    mote_trainer_options o = defaults;
    const float sparse[] = {0.05505177f, -0.1076465f, 0.05259477f};
    o.from_logits = true;
    check_loss(&o, -1, X, NULL, NULL, 0.94863057, sparse);
    o.from_logits = false; /* the SOFTMAX at the end is undone */
    check_loss(&o, MOTE_OP_SOFTMAX, X, NULL, NULL, 0.94863057, sparse);
    check_loss(&o, -1, PROBABILITIES, NULL, NULL, 1.5992324, (const float[]){-0.75f, -0.3055556f, -3.972222f});
    o.loss = MOTE_LOSS_CATEGORICAL_CROSSENTROPY;
    check_loss(&o, -1, PROBABILITIES, ROWS, NULL, 0.96855092, (const float[]){0.4722222f, 0.1666667f, 0.4166667f});
    o.label_smoothing = 0.1f;
    check_loss(&o, MOTE_OP_SOFTMAX, X, ROWS, NULL, 1.4807138,
               (const float[]){-0.02078155f, -0.000979878f, 0.02176143f});
    o = defaults;
    o.loss = MOTE_LOSS_BINARY_CROSSENTROPY;
    check_loss(&o, -1, PROBABILITIES, BITS, NULL, 2.8539484, (const float[]){0.4166659f, 0.2067669f, -1.916663f});
    o.label_smoothing = 0.2f;
    check_loss(&o, MOTE_OP_LOGISTIC, X, BITS, NULL, 0.92210644,
               (const float[]){-0.00914206f, 0.09839976f, -0.06393865f});
    o = defaults;
    o.loss = MOTE_LOSS_MEAN_SQUARED_ERROR;
    check_loss(&o, -1, X, BITS, NULL, 1.9479166, (const float[]){-0.25f, 0.1666667f, -0.4166667f});
    o = defaults;
    o.from_logits = true;
    o.class_weights = (const float[]){1, 2, 0.5f};
    o.n_class_weights = 3;
    check_loss(&o, -1, X, NULL, (const float[]){1, 1, 2, 0.5f}, 1.2335613,
               (const float[]){0.05767171f, -0.3698127f, 0.3121409f});
}

/* 0.01 sum |w| + 0.1 sum w^2 of the kernel, besides a mean squared error of 0. */
static void regularizers_add_to_loss_and_gradient(void **state)
{
    (void)state;
    net n = make_net(2, KERNEL, BIAS, -1);
    n.model->layers[0].config_json =
        "{\"kernel_regularizer\": {\"class_name\": \"L1L2\", \"config\": {\"l1\": 0.01, \"l2\": 0.1}}}";
    mote_trainer_options options = mote_trainer_options_default();
    options.loss = MOTE_LOSS_MEAN_SQUARED_ERROR;
    mote_trainer *trainer = make_trainer(&n, &options);
    const float *y;
    float targets[N * 2];
    mote_error err = {0};
    must(mote_trainer_predict(trainer, INPUTS, N, &y, &err), &err);
    memcpy(targets, y, sizeof targets);
    const mote_train_batch batch = {.n = N, .inputs = INPUTS, .targets = targets};
    mote_step_result result;
    must(mote_trainer_step(trainer, &batch, 0.0f, &result, &err), &err);
    double want = 0;
    for (int32_t i = 0; i < 6; i++) {
        want += 0.01 * fabs((double)KERNEL[i]) + 0.1 * (double)KERNEL[i] * KERNEL[i];
        const float sign = KERNEL[i] > 0 ? 1.0f : -1.0f, gradient = mote_trainer_state(trainer, 0).gradient[i];
        assert_true(fabsf(gradient - (0.01f * sign + 0.2f * KERNEL[i])) < 1e-6f);
    }
    assert_true(fabs(result.loss - want) < 1e-6);
    mote_trainer_free(trainer);
    mote_model_free(n.model);
}

/* The graph says the shape of a transposed convolution's output for one example; a batch has more. */
static void a_transposed_convolution_follows_the_batch(void **state)
{
    (void)state;
    static const float filter[] = {2, 3}, x[] = {1, 10}, wanted[] = {2, 3, 20, 30}, zeros[4];
    static const int32_t shape[] = {1, 1, 2, 1};
    static const char *const names[] = {"up/kernel:0"};
    static const float *const inputs[] = {x};
    const mote_shape in = {4, {1, 1, 1, 1}}, out = {4, {1, 1, 2, 1}};
    net n = {.model = mote_model_new(NULL, 0)};
    mote_graph *g = n.model->graphs[0];
    const int32_t from = mote_graph_add_tensor(g, "x", MOTE_FLOAT32, &in);
    const int32_t to = mote_graph_add_tensor(g, "y", MOTE_FLOAT32, &out);
    n.kernel = mote_graph_add_const(g, "kernel", MOTE_FLOAT32, &out, filter);
    const int32_t args[] = {mote_graph_add_const_i32(g, "shape", 4, shape), n.kernel, from};
    mote_node *node = mote_graph_add_node(g, MOTE_OP_TRANSPOSE_CONV, 3, args, 1, &to);
    mote_transpose_conv_params *params = node->params;
    params->padding = MOTE_PADDING_VALID;
    params->stride_h = params->stride_w = 2;
    node->layer = 0;
    mote_graph_set_io(g, 1, &from, 1, &to);
    add_layer(&n, "up", 1, &n.kernel, names);
    mote_trainer_options options = mote_trainer_options_default();
    options.loss = MOTE_LOSS_MEAN_SQUARED_ERROR;
    mote_trainer *trainer = make_trainer(&n, &options);
    mote_error err = {0};
    const float *y;
    must(mote_trainer_predict(trainer, inputs, 2, &y, &err), &err);
    assert_memory_equal(y, wanted, sizeof wanted);
    const mote_train_batch batch = {.n = 2, .inputs = inputs, .targets = zeros};
    mote_step_result result;
    must(mote_trainer_step(trainer, &batch, 0.0f, &result, &err), &err);
    for (int32_t i = 0; i < 2; i++) /* of the mean of (filter * x)^2 over 4 values */
        assert_float_equal(mote_trainer_state(trainer, 0).gradient[i], 2 * filter[i] * 101 / 4, 1e-4f);
    mote_trainer_free(trainer);
    mote_model_free(n.model);
}

/* --- what a run promises --- */

/* Twelve inputs through two FULLY_CONNECTED with batch normalization and dropout in between. */
enum { WIDE = 12, UNITS = 20, CLASSES_OUT = 3 };

static net make_deep(uint64_t seed)
{
    net n = {.model = mote_model_new(NULL, 0)};
    mote_graph *g = n.model->graphs[0];
    mote_rng rng = mote_rng_make(seed, 0);
    const mote_shape shapes[] = {
        {2, {UNITS, WIDE}},        {1, {UNITS}},      {1, {UNITS}}, {1, {UNITS}}, {1, {UNITS}}, {1, {UNITS}},
        {2, {CLASSES_OUT, UNITS}}, {1, {CLASSES_OUT}}};
    static const char *const names[] = {
        "a/kernel:0", "a/bias:0", "norm/gamma:0", "norm/beta:0", "norm/moving_mean:0", "norm/moving_variance:0",
        "b/kernel:0", "b/bias:0"};
    int32_t w[8], t[5];
    for (int32_t i = 0; i < 8; i++) {
        w[i] = mote_graph_add_const(g, names[i], MOTE_FLOAT32, &shapes[i], NULL);
        float *data = g->tensors[w[i]]->data;
        for (int64_t j = 0; j < mote_shape_count(&shapes[i]); j++)
            data[j] = i == 2 || i == 5 ? 1.0f : i == 0 || i == 6 ? 0.3f * mote_rng_normal(&rng) : 0.0f;
    }
    const mote_shape in = {2, {1, WIDE}}, middle = {2, {1, UNITS}}, out = {2, {1, CLASSES_OUT}};
    t[0] = mote_graph_add_tensor(g, "x", MOTE_FLOAT32, &in);
    for (int32_t i = 1; i < 4; i++)
        t[i] = mote_graph_add_tensor(g, "t", MOTE_FLOAT32, &middle);
    t[4] = mote_graph_add_tensor(g, "y", MOTE_FLOAT32, &out);
    mote_graph_add_node(g, MOTE_OP_FULLY_CONNECTED, 3, (const int32_t[]){t[0], w[0], w[1]}, 1, &t[1])->layer = 0;
    mote_node *norm =
        mote_graph_add_node(g, MOTE_OP_BATCH_NORM, 5, (const int32_t[]){t[1], w[2], w[3], w[4], w[5]}, 1, &t[2]);
    norm->layer = 1;
    *(mote_batch_norm_params *)norm->params = (mote_batch_norm_params){.epsilon = 1e-3f, .momentum = 0.9f, .axis = 1};
    mote_node *dropout = mote_graph_add_node(g, MOTE_OP_DROPOUT, 1, &t[2], 1, &t[3]);
    dropout->layer = 2;
    ((mote_dropout_params *)dropout->params)->rate = 0.3f;
    mote_graph_add_node(g, MOTE_OP_FULLY_CONNECTED, 3, (const int32_t[]){t[3], w[6], w[7]}, 1, &t[4])->layer = 3;
    mote_graph_set_io(g, 1, &t[0], 1, &t[4]);
    add_layer(&n, "a", 2, w, names);
    add_layer(&n, "norm", 4, w + 2, names + 2);
    n.model->layers[1].weights[2].trainable = n.model->layers[1].weights[3].trainable = false;
    add_layer(&n, "dropout", 0, w, names);
    add_layer(&n, "b", 2, w + 6, names + 6);
    return n;
}

static mote_trainer *deep_trainer(net *n, int32_t n_threads)
{
    mote_trainer_options options = mote_trainer_options_default();
    options.from_logits = true;
    options.seed = 11;
    options.n_threads = n_threads;
    return make_trainer(n, &options);
}

static void deep_steps(mote_trainer *trainer, int32_t first, int32_t last)
{
    enum { BATCH = 37 };
    float x[BATCH * WIDE];
    int32_t classes[BATCH];
    const float *inputs[] = {x};
    for (int32_t step = first; step < last; step++) {
        mote_rng rng = mote_rng_make(5, (uint64_t)step);
        for (int32_t i = 0; i < BATCH * WIDE; i++)
            x[i] = mote_rng_normal(&rng);
        for (int32_t i = 0; i < BATCH; i++)
            classes[i] = x[i * WIDE] > 0.5f ? 2 : x[i * WIDE + 1] > 0;
        const mote_train_batch batch = {.n = step % 3 == 2 ? 20 : BATCH, .inputs = inputs, .classes = classes};
        mote_step_result result;
        mote_error err = {0};
        must(mote_trainer_step(trainer, &batch, 1e-2f, &result, &err), &err);
    }
}

static void expect_same_state(mote_trainer *a, mote_trainer *b)
{
    assert_int_equal(mote_trainer_n_state(a), mote_trainer_n_state(b));
    for (int32_t i = 0; i < mote_trainer_n_state(a); i++) {
        const mote_state_tensor x = mote_trainer_state(a, i), y = mote_trainer_state(b, i);
        assert_string_equal(x.name, y.name);
        assert_int_equal(x.n_bytes, y.n_bytes);
        assert_memory_equal(x.data, y.data, x.n_bytes);
    }
}

static void threads_change_nothing(void **state)
{
    (void)state;
    net a = make_deep(1), b = make_deep(1);
    mote_trainer *one = deep_trainer(&a, 1), *three = deep_trainer(&b, 3);
    deep_steps(one, 0, 7);
    deep_steps(three, 0, 7);
    expect_same_state(one, three);
    mote_trainer_free(one);
    mote_trainer_free(three);
    mote_model_free(a.model);
    mote_model_free(b.model);
}

/* Four steps, everything by name into a fresh trainer, three more: as seven in one go. */
static void a_run_goes_on_from_its_state(void **state)
{
    (void)state;
    net a = make_deep(1), b = make_deep(1), other = make_deep(2);
    mote_trainer *whole = deep_trainer(&a, 2), *first = deep_trainer(&b, 2), *second = deep_trainer(&other, 1);
    deep_steps(whole, 0, 7);
    deep_steps(first, 0, 4);
    for (int32_t i = 0; i < mote_trainer_n_state(first); i++) {
        const mote_state_tensor from = mote_trainer_state(first, i);
        for (int32_t j = 0; j < mote_trainer_n_state(second); j++) {
            const mote_state_tensor to = mote_trainer_state(second, j);
            if (strcmp(from.name, to.name) == 0)
                memcpy(to.data, from.data, from.n_bytes);
        }
    }
    assert_int_equal(mote_trainer_n_steps(second), 4);
    deep_steps(second, 4, 7);
    expect_same_state(whole, second);
    mote_trainer_free(whole);
    mote_trainer_free(first);
    mote_trainer_free(second);
    mote_model_free(a.model);
    mote_model_free(b.model);
    mote_model_free(other.model);
}

/* A frozen layer's weights stay, and its normalization takes the moving statistics and leaves them. */
static void what_is_frozen_stays(void **state)
{
    (void)state;
    net n = make_deep(1);
    n.model->layers[1].trainable = false;
    mote_trainer *trainer = deep_trainer(&n, 2);
    assert_int_equal(mote_trainer_n_trained(trainer), UNITS * WIDE + UNITS + CLASSES_OUT * UNITS + CLASSES_OUT);
    deep_steps(trainer, 0, 3);
    for (int32_t i = 0; i < mote_trainer_n_state(trainer); i++) {
        const mote_state_tensor s = mote_trainer_state(trainer, i);
        if (strncmp(s.name, "norm/", 5) != 0)
            continue;
        assert_false(s.trained);
        const float want = strstr(s.name, "gamma") || strstr(s.name, "variance") ? 1.0f : 0.0f;
        for (int32_t j = 0; j < UNITS; j++)
            assert_true(((const float *)s.data)[j] == want);
    }
    mote_trainer_free(trainer);
    for (int32_t i = 0; i < n.model->n_layers; i++)
        n.model->layers[i].trainable = false;
    mote_error err = {0};
    assert_int_equal(mote_trainer_new(&trainer, n.model, NULL, &err), MOTE_ARGUMENT);
    assert_non_null(strstr(err.message, "nothing trains"));
    mote_model_free(n.model);
}

static void trouble_is_named_and_changes_nothing(void **state)
{
    (void)state;
    net n = make_deep(1);
    mote_trainer *trainer = deep_trainer(&n, 2);
    float x[2 * WIDE] = {0};
    const float *inputs[] = {x};
    int32_t classes[2] = {0, 1};
    const mote_train_batch batch = {.n = 2, .inputs = inputs, .classes = classes};
    mote_step_result result;
    mote_error err = {0};
    x[3] = NAN;
    assert_int_equal(mote_trainer_step(trainer, &batch, 1e-2f, &result, &err), MOTE_ARGUMENT);
    assert_non_null(strstr(err.message, "step 1"));
    assert_non_null(strstr(err.message, "input 'x'"));
    x[3] = 0;
    ((float *)mote_trainer_state(trainer, 0).data)[0] = INFINITY; /* a/kernel */
    x[0] = 1;
    mote_error_clear(&err);
    assert_int_equal(mote_trainer_step(trainer, &batch, 1e-2f, &result, &err), MOTE_ARGUMENT);
    assert_non_null(strstr(err.message, "layer 'a'"));
    assert_int_equal(mote_trainer_n_steps(trainer), 0);
    classes[1] = 3;
    mote_error_clear(&err);
    assert_int_equal(mote_trainer_step(trainer, &batch, 1e-2f, &result, &err), MOTE_ARGUMENT);
    assert_non_null(strstr(err.message, "label 3 of example 1"));
    mote_trainer_free(trainer);
    mote_model_free(n.model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optimizers_step_as_keras),
        cmocka_unit_test(losses_are_those_of_keras),
        cmocka_unit_test(regularizers_add_to_loss_and_gradient),
        cmocka_unit_test(a_transposed_convolution_follows_the_batch),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(a_run_goes_on_from_its_state),
        cmocka_unit_test(what_is_frozen_stays),
        cmocka_unit_test(trouble_is_named_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
