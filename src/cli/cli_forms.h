/* A trained model as .tflite files of the four usual forms: float32, float16, dynamic, and int8 with uint8 in and out.
 */
#ifndef MOTE_CLI_CLI_FORMS_H
#define MOTE_CLI_CLI_FORMS_H

#include "cli/cli_calibrate.h"

enum { CLI_N_FORMS = 4, CLI_PATH_BYTES = 4096 };

/* Writes folder/float32.tflite and so on; paths says where. model as loaded; name is for messages. calibrate: photos
 * for int8. */
mote_status cli_forms_make(const cli_context *context, const mote_model *model, const char *name, const char *folder,
                           const cli_calibrate_args *calibrate, char paths[CLI_N_FORMS][CLI_PATH_BYTES],
                           mote_error *err);

#endif
