/*
 * Small models, photos and arrays that tests need no other files for, with answers that are known.
 *
 *   photos/{train,test}/{blue,red}/N.png   8 per class and split, of one colour each; in `test`, blue/7.png is red:
 *                                          every right model answers 15 of its 16 photos, in any form
 *   tiny.tflite         8x8x3 -> class scores (SOFTMAX) of blue and red
 *   tiny_unit.tflite    the same through one unit (LOGISTIC): the score of red
 *   tiny_logits.tflite  the same without SOFTMAX
 *   three.tflite        three classes
 *   pairs.tflite        tiny.tflite for two photos at a time
 *   vector.tflite       4 numbers, not an image -> 2 classes
 *   images.npy, labels.npy   the 16 photos of `test` as 16x8x8x3 uint8, and int32 labels
 */
#ifndef MOTE_TESTS_SUPPORT_FIXTURES_H
#define MOTE_TESTS_SUPPORT_FIXTURES_H

#include <mote/graph.h>

enum { FIXTURE_SIDE = 8, FIXTURE_PER_CLASS = 8, FIXTURE_N_TEST = 2 * FIXTURE_PER_CLASS, FIXTURE_N_RIGHT = 15 };

/* All of the above into an existing folder; ends the program with a word when it cannot. */
void fixtures_make(const char *folder);

/* "tiny.tflite" and the others, as graphs. */
mote_model *fixture_tiny(void);
mote_model *fixture_tiny_unit(void);
mote_model *fixture_tiny_logits(void);
mote_model *fixture_three(void);
mote_model *fixture_pairs(void);
mote_model *fixture_vector(void);

#endif
