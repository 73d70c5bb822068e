/* The batch in what is written: open where the model leaves it open, else as large as the model fixes it. */
#ifndef MOTE_RUNTIME_CONVERT_BATCH_H
#define MOTE_RUNTIME_CONVERT_BATCH_H

#include <mote/graph.h>

/* The graph was made and calibrated with a batch of 1; its inputs' signatures say which batch the model has. */
mote_status mote_convert_batch(mote_model *model, mote_error *err);

#endif
