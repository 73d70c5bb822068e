#ifndef MOTE_IMPORT_ARCH_WEIGHTS_H
#define MOTE_IMPORT_ARCH_WEIGHTS_H

#include "import/arch_builder.h"
#include "import/keras_model.h"

/* keras_weights_fn over an arch: what a file would give, drawn from the options' seed. */
mote_status arch_make_weights(void *arg, keras_layer *layer, mote_arena *arena, mote_error *err);

#endif
