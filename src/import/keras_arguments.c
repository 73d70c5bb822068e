#include "import/keras_arguments.h"

#include <string.h>

#include "import/keras_function.h"

enum { MAX_NAMES = 6 };

typedef struct signature {
    const char *class_name;
    const char *names[MAX_NAMES]; /* behind the first */
} signature;

static const signature SIGNATURES[] = {
    {"Softmax", {"mask"}},
    {"GlobalAveragePooling1D", {"mask"}},
    {"Attention", {"mask"}},
    {"AdditiveAttention", {"mask"}},
    {"SimpleRNN", {"initial_state", "mask"}},
    {"LSTM", {"initial_state", "mask"}},
    {"GRU", {"initial_state", "mask"}},
    {"ConvLSTM1D", {"initial_state", "mask"}},
    {"ConvLSTM2D", {"initial_state", "mask"}},
    {"RNN", {"initial_state", "mask"}},
    {"Bidirectional", {"initial_state", "mask"}},
    {"MultiHeadAttention", {"value", "key", "query_mask", "value_mask", "key_mask", "attention_mask"}},
};

const char *keras_argument_name(const keras_layer *layer, size_t i)
{
    if (i < 1 || i > MAX_NAMES || keras_is_function_node(layer->config))
        return NULL;
    for (size_t j = 0; j < sizeof SIGNATURES / sizeof SIGNATURES[0]; j++)
        if (strcmp(SIGNATURES[j].class_name, layer->class_name) == 0)
            return SIGNATURES[j].names[i - 1];
    return NULL;
}
