/* A model with one of each thing that a .tflite file may hold. */
#ifndef MOTE_TESTS_SUPPORT_TFLITE_MODEL_H
#define MOTE_TESTS_SUPPORT_TFLITE_MODEL_H

#include <mote/graph.h>

/* Its tensors. */
enum { T_X, T_C, T_Y, T_Q, T_SAME, T_TEXT, T_EMPTY, T_STATE, T_INT4, T_SPARSE };

mote_model *tflite_make_model(void);
/* Its bytes, from mote_alloc, and a model from bytes; the test fails where that does. */
unsigned char *tflite_build(const mote_model *model, size_t *n_bytes);
mote_model *tflite_read_back(const unsigned char *bytes, size_t n_bytes);

#endif
