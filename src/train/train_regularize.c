/* Keras's L1 and L2 regularizers: what a layer's config says of its weights, their part of the loss and of gradients.
 */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "train/train_internal.h"

/* "stem/depthwise_kernel:0" to "depthwise_regularizer", "dense/kernel:0" to "kernel_regularizer". */
static void key_of(const char *weight, char *key, size_t n_bytes)
{
    const char *slash = strrchr(weight, '/'), *role = slash ? slash + 1 : weight;
    int n = (int)strcspn(role, ":");
    const char *const short_forms[] = {"depthwise_kernel", "pointwise_kernel"};
    for (size_t i = 0; i < sizeof short_forms / sizeof short_forms[0]; i++)
        if ((size_t)n == strlen(short_forms[i]) && strncmp(role, short_forms[i], (size_t)n) == 0)
            n -= (int)strlen("_kernel");
    snprintf(key, n_bytes, "%.*s_regularizer", n, role);
}

void tr_read_regularizer(tr_weight *weight, const char *file_name, const mote_layer *layer)
{
    char key[128];
    key_of(file_name, key, sizeof key);
    json_t *config = layer->config_json ? json_loads(layer->config_json, 0, NULL) : NULL;
    const json_t *of = json_object_get(json_object_get(config, key), "config");
    weight->l1 = (float)json_number_value(json_object_get(of, "l1"));
    weight->l2 = (float)json_number_value(json_object_get(of, "l2"));
    json_decref(config);
}

double tr_regularize(mote_trainer *trainer, bool gradients)
{
    double loss = 0;
    for (int32_t i = 0; i < trainer->n_weights; i++) {
        const tr_weight *w = &trainer->weights[i];
        if (w->l1 == 0.0f && w->l2 == 0.0f)
            continue;
        double sum = 0, squares = 0;
        for (int64_t j = 0; j < w->n; j++) {
            const float x = w->value[j];
            sum += fabsf(x);
            squares += (double)x * x;
            if (gradients && w->gradient)
                w->gradient[j] += w->l1 * ((float)(x > 0) - (float)(x < 0)) + 2.0f * w->l2 * x;
        }
        loss += w->l1 * sum + w->l2 * squares;
    }
    return loss;
}
