/* Weights between Keras's layouts and the graph's. */
#ifndef MOTE_IMPORT_KERAS_LAYOUT_H
#define MOTE_IMPORT_KERAS_LAYOUT_H

#include <mote/graph.h>

/* The graph's shape of a weight that Keras keeps as `shape`. */
mote_shape keras_laid_out_shape(const mote_shape *shape, mote_weight_layout layout);
/* shape: Keras's, in both directions. source and target do not overlap. */
void keras_lay_out(const float *source, const mote_shape *shape, mote_weight_layout layout, float *target);
void keras_lay_back(const float *source, const mote_shape *shape, mote_weight_layout layout, float *target);

#endif
