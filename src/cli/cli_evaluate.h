/* A model over the photos of the data options, with progress and warnings: what `evaluate` and `compare` share. */
#ifndef MOTE_CLI_CLI_EVALUATE_H
#define MOTE_CLI_CLI_EVALUATE_H

#include "cli/cli.h"

#include <mote/evaluate.h>

/* model as it runs; path is for messages. name_skipped: warn of each photo that cannot be decoded. */
mote_status cli_evaluate(const cli_context *context, const mote_model *model, const char *path, const cli_data *data,
                         const cli_data_args *args, bool name_skipped, mote_evaluation *evaluation, mote_error *err);
/* The class's name, or its number, written into number, where the data has no such class. */
const char *cli_class_name(const mote_dataset *dataset, int32_t index, char number[16]);

#endif
