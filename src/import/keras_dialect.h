/*
 * The description of a model in words that Keras 2 and Keras 3 both understand. Their configs are the same for the most
 * part; where they are not, there is mostly a third way that both read: Keras 2's calls, an integer for a list of one,
 * a Rescaling layer for an operator that Keras 2 wrapped (TFOpLambda).
 */
#ifndef MOTE_IMPORT_KERAS_DIALECT_H
#define MOTE_IMPORT_KERAS_DIALECT_H

#include <jansson.h>
#include <mote/graph.h>

typedef enum keras_form {
    KERAS_FORM_H5,  /* "module" and its like are left out */
    KERAS_FORM_ZIP, /* objects say which module they are of */
} keras_form;

/* The model's document for a file of this form, with the present trainable flags; *keras_major is 2 when both versions
 * read it, 3 when only Keras 3 does. Free with json_decref. */
mote_status keras_dialect_document(const mote_model *model, keras_form form, json_t **document, int *keras_major,
                                   mote_error *err);
/* The compile settings for a file of this form; *settings NULL when there are none or they are not understood. */
mote_status keras_dialect_training(const mote_model *model, keras_form form, json_t **settings, mote_error *err);

/* How Keras makes names of classes: "Conv2DTranspose" -> "conv2d_transpose", "ReLU" -> "re_lu". */
void keras_snake_case(const char *class_name, char *text, size_t n_bytes);

#endif
