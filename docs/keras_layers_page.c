/* Prints docs/keras-layers.md from the lists of layers and functions: `./dev docs` writes it, a test compares. */
#include <stdio.h>
#include <string.h>

typedef struct row {
    const char *first, *second;
} row;

static const row LAYERS[] = {
#define MOTE_KERAS_LAYER(class_name, function, mask, note) {class_name, note},
#include "import/keras_layer_list.inc"
#undef MOTE_KERAS_LAYER
};

static const row FUNCTIONS[] = {
#define MOTE_KERAS_FUNCTION(tf, keras, build, op, text) {tf, keras},
#include "import/keras_function_list.inc"
#undef MOTE_KERAS_FUNCTION
};

static const char HEAD[] =
    "# What imports from Keras\n"
    "\n"
    "Made from `src/import/keras_layer_list.inc` and `keras_function_list.inc` by `./dev docs`; do not edit.\n"
    "\n"
    "Each layer is taken from `.h5` and `.keras` files of Keras 2 and 3, with every setting but those that its row "
    "names.\n"
    "Where the two Kerases differ (hard_sigmoid), the file's version decides. `data_format=\"channels_first\"` is "
    "turned\n"
    "into channels last and back. Random layers and dropout do nothing at inference and keep their form for training;\n"
    "regularizers and constraints count in training only. A layer is as many operators as TensorFlow's converter makes "
    "of\n"
    "it, or fewer.\n"
    "\n"
    "Not there, and why: `Lambda` and layers of one's own are Python code (write them with the layers or functions "
    "below\n"
    "and save again); three-dimensional convolutions and pooling do not import (mote runs CONV_3D of `.tflite` "
    "files);\n"
    "`stateful=True` would carry one example into the next. All of these are refused with the layer's name, its\n"
    "class and the reason.\n"
    "\n"
    "Masks (`Masking`, `mask_zero=True`, `mask=`) go from layer to layer as in the Keras of the file: recurrent "
    "layers,\n"
    "attention, `Softmax` and `GlobalAveragePooling1D` heed them, as does what merges sequences.\n"
    "\n"
    "## Layers\n"
    "\n"
    "| layer | what does not import, or what to know |\n"
    "|---|---|\n";

static const char FUNCTIONS_HEAD[] = "\n"
                                     "## Functions that code calls inline\n"
                                     "\n"
                                     "`x / 255.`, `tf.concat([a, b], -1)`, `ops.mean(x, [1, 2])`, `x[:, 1:]`: Keras "
                                     "saves each as a node of the model. The\n"
                                     "batch may not be reduced, moved, split or sliced. Arguments other than tensors "
                                     "must be constants; `tf.shape(x)` is\n"
                                     "one, as every size but the batch is known.\n"
                                     "\n"
                                     "| TensorFlow (Keras 2's files) | class of the node (Keras 3's files) |\n"
                                     "|---|---|\n";

int main(void)
{
    fputs(HEAD, stdout);
    for (size_t i = 0; i < sizeof LAYERS / sizeof *LAYERS; i++)
        printf("| %s | %s |\n", LAYERS[i].first, LAYERS[i].second);
    fputs(FUNCTIONS_HEAD, stdout);
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++)
        printf("| %s%s%s | %s |\n", *FUNCTIONS[i].first ? "`tf." : "", FUNCTIONS[i].first,
               *FUNCTIONS[i].first ? "`" : "", FUNCTIONS[i].second);
    return ferror(stdout) != 0;
}
