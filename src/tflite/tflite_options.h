/* An operator's options between its params struct and the file, both ways, by the field table of its definition. */
#ifndef MOTE_TFLITE_TFLITE_OPTIONS_H
#define MOTE_TFLITE_TFLITE_OPTIONS_H

#include "op/op.h"
#include "tflite/flatbuffer.h"
#include "tflite/tflite_reader.h"

/* Sets every field to the schema's default. */
void mote_tflite_default_options(const mote_op_def *def, void *params);
/* Checks the table and fills params; vectors and strings are copied into the reader's arena. */
mote_status mote_tflite_read_options(mote_tflite_reader *reader, const mote_op_def *def, const mote_fb_table *options,
                                     void *params);
/* Writes the options table; returns its position. */
size_t mote_tflite_put_options(mote_fb_writer *writer, const mote_op_def *def, const void *params);

#endif
