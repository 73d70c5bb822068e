/* Writing an event file for TensorBoard. A record is on the disk when a call returns; a run that dies leaves whole
 * ones. */
#ifndef MOTE_TRAIN_BOARD_H
#define MOTE_TRAIN_BOARD_H

#include <mote/status.h>

#include <stdint.h>

typedef struct board board;

/* A new events.out.tfevents.… in the folder, which is made. */
mote_status board_open(board **out, const char *folder, mote_error *err);
void board_close(board *b); /* NULL is fine */
mote_status board_scalar(board *b, const char *tag, int64_t step, double value, mote_error *err);
mote_status board_histogram(board *b, const char *tag, int64_t step, const float *values, int64_t n, mote_error *err);

#endif
