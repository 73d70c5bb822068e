#include "support/fixtures.h"

#include "op/fully_connected/fully_connected.h"
#include "op/reduce/reduce.h"
#include "op/softmax/softmax.h"

#include <mote/data.h>
#include <mote/io.h>
#include <mote/tflite.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = FIXTURE_SIDE, PER_CLASS = FIXTURE_PER_CLASS, CHANNELS = 3, N_TEST = FIXTURE_N_TEST };

static void must(mote_status status, const mote_error *err)
{
    if (status == MOTE_OK)
        return;
    fprintf(stderr, "fixtures: %s\n", err->message);
    exit(1);
}

/* "<folder>/<name>", valid until the next call. */
static const char *in_folder(char path[1024], const char *folder, const char *name)
{
    if (snprintf(path, 1024, "%s/%s", folder, name) >= 1024)
        exit(1);
    return path;
}

/* --- photos --- */

/* Photo i of a class in RGB: its colour strong, a little of the other, so that the photos differ. */
static void paint(unsigned char *pixels, bool red, int i)
{
    const unsigned char strong = (unsigned char)(150 + 12 * i), weak = (unsigned char)(20 + 5 * i);
    for (int p = 0; p < SIDE * SIDE; p++) {
        pixels[CHANNELS * p] = red ? strong : weak;
        pixels[CHANNELS * p + 1] = (unsigned char)(10 * i);
        pixels[CHANNELS * p + 2] = red ? weak : strong;
    }
}

static bool is_mislabelled(bool test, bool red, int i)
{
    return test && !red && i == PER_CLASS - 1;
}

static void make_photos(const char *folder, const char *split)
{
    const bool test = strcmp(split, "test") == 0;
    unsigned char pixels[SIDE * SIDE * CHANNELS];
    mote_error err = {0};
    for (int red = 0; red < 2; red++) {
        char path[1024], name[64];
        snprintf(name, sizeof name, "photos/%s/%s", split, red ? "red" : "blue");
        must(mote_make_directories(in_folder(path, folder, name), &err), &err);
        for (int i = 0; i < PER_CLASS; i++) {
            const mote_image image = {SIDE, SIDE, CHANNELS, MOTE_UINT8, pixels, NULL};
            paint(pixels, red || is_mislabelled(test, red, i), i);
            snprintf(name, sizeof name, "photos/%s/%s/%d.png", split, red ? "red" : "blue", i);
            must(mote_png_write(in_folder(path, folder, name), &image, &err), &err);
        }
    }
}

static void make_arrays(const char *folder)
{
    static unsigned char images[N_TEST][SIDE * SIDE * CHANNELS];
    int32_t labels[N_TEST];
    char path[1024];
    mote_error err = {0};
    for (int k = 0; k < N_TEST; k++) {
        const bool red = k >= PER_CLASS;
        paint(images[k], red || is_mislabelled(true, red, k % PER_CLASS), k % PER_CLASS);
        labels[k] = red;
    }
    const mote_tensor x = {.name = "",
                           .dtype = MOTE_UINT8,
                           .shape = mote_shape_4d(N_TEST, SIDE, SIDE, CHANNELS),
                           .data = images,
                           .n_bytes = sizeof images};
    const mote_tensor y = {
        .name = "", .dtype = MOTE_INT32, .shape = {1, {N_TEST}}, .data = labels, .n_bytes = sizeof labels};
    must(mote_npy_write(in_folder(path, folder, "images.npy"), &x, &err), &err);
    must(mote_npy_write(in_folder(path, folder, "labels.npy"), &y, &err), &err);
}

/* --- models --- */

/* image -> MEAN over height and width -> FULLY_CONNECTED -> `last` (SOFTMAX, LOGISTIC, or -1 for none) */
static mote_model *make_net(int32_t batch, int32_t n_classes, const float *weights, int32_t last)
{
    mote_model *model = mote_model_new(NULL, 0);
    if (!model)
        exit(1);
    mote_graph *graph = model->graphs[0];
    const mote_shape image = mote_shape_4d(batch, SIDE, SIDE, CHANNELS), flat = {2, {batch, CHANNELS}},
                     scores = {2, {batch, n_classes}}, kernel = {2, {n_classes, CHANNELS}}, bias = {1, {n_classes}};
    const int32_t x = mote_graph_add_tensor(graph, "image", MOTE_FLOAT32, &image);
    const int32_t axes = mote_graph_add_const_i32(graph, "axes", 2, (const int32_t[]){1, 2});
    const int32_t mean = mote_graph_add_tensor(graph, "mean", MOTE_FLOAT32, &flat);
    const int32_t w = mote_graph_add_const(graph, "kernel", MOTE_FLOAT32, &kernel, weights);
    const int32_t b = mote_graph_add_const(graph, "bias", MOTE_FLOAT32, &bias, NULL);
    int32_t y = mote_graph_add_tensor(graph, "dense", MOTE_FLOAT32, &scores);
    mote_graph_add_node(graph, MOTE_OP_MEAN, 2, (const int32_t[]){x, axes}, 1, &mean);
    mote_graph_add_node(graph, MOTE_OP_FULLY_CONNECTED, 3, (const int32_t[]){mean, w, b}, 1, &y);
    if (last >= 0) {
        const int32_t dense = y;
        y = mote_graph_add_tensor(graph, "scores", MOTE_FLOAT32, &scores);
        mote_node *node = mote_graph_add_node(graph, (mote_op)last, 1, &dense, 1, &y);
        if (last == MOTE_OP_SOFTMAX)
            ((mote_softmax_params *)node->params)->beta = 1;
    }
    mote_graph_set_io(graph, 1, &x, 1, &y);
    return model;
}

mote_model *fixture_vector(void)
{
    static const float weights[8] = {1, 1, 1, 1, -1, -1, -1, -1};
    mote_model *model = mote_model_new(NULL, 0);
    if (!model)
        exit(1);
    mote_graph *graph = model->graphs[0];
    const mote_shape four = {2, {1, 4}}, two = {2, {1, 2}}, kernel = {2, {2, 4}};
    const int32_t x = mote_graph_add_tensor(graph, "numbers", MOTE_FLOAT32, &four);
    const int32_t w = mote_graph_add_const(graph, "kernel", MOTE_FLOAT32, &kernel, weights);
    const int32_t y = mote_graph_add_tensor(graph, "scores", MOTE_FLOAT32, &two);
    mote_graph_add_node(graph, MOTE_OP_FULLY_CONNECTED, 3, (const int32_t[]){x, w, MOTE_NO_TENSOR}, 1, &y);
    mote_graph_set_io(graph, 1, &x, 1, &y);
    return model;
}

static const float TWO[] = {-0.02F, 0, 0.02F, 0.02F, 0, -0.02F}; /* rows: blue, red */

mote_model *fixture_tiny(void)
{
    return make_net(1, 2, TWO, MOTE_OP_SOFTMAX);
}

mote_model *fixture_tiny_unit(void)
{
    static const float one[] = {0.04F, 0, -0.04F};
    return make_net(1, 1, one, MOTE_OP_LOGISTIC);
}

mote_model *fixture_tiny_logits(void)
{
    return make_net(1, 2, TWO, -1);
}

mote_model *fixture_three(void)
{
    static const float three[] = {-0.02F, 0, 0.02F, 0.02F, 0, -0.02F, 0, 0.001F, 0};
    return make_net(1, 3, three, MOTE_OP_SOFTMAX);
}

mote_model *fixture_pairs(void)
{
    return make_net(2, 2, TWO, MOTE_OP_SOFTMAX);
}

/* --- all of it --- */

static void save(mote_model *model, const char *folder, const char *name)
{
    char path[1024];
    mote_error err = {0};
    must(mote_tflite_save(model, in_folder(path, folder, name), &err), &err);
    mote_model_free(model);
}

void fixtures_make(const char *folder)
{
    make_photos(folder, "train");
    make_photos(folder, "test");
    make_arrays(folder);
    save(fixture_tiny(), folder, "tiny.tflite");
    save(fixture_tiny_unit(), folder, "tiny_unit.tflite");
    save(fixture_tiny_logits(), folder, "tiny_logits.tflite");
    save(fixture_three(), folder, "three.tflite");
    save(fixture_pairs(), folder, "pairs.tflite");
    save(fixture_vector(), folder, "vector.tflite");
}
