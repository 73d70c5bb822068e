/* rewrite FROM TO: reads a .tflite file and writes the same model, for check_rewrite.py. Exit code 1 where it cannot be
 * read, 3 where it holds operators that cannot be written; why is said. */
#include <mote/tflite.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    mote_model *model;
    mote_error err;
    if (argc != 3)
        return 2;
    if (mote_tflite_load(&model, argv[1], NULL, &err) != MOTE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    const mote_status status = mote_tflite_save(model, argv[2], &err);
    mote_model_free(model);
    if (status == MOTE_OK)
        return 0;
    fprintf(stderr, "%s\n", err.message);
    return status == MOTE_UNSUPPORTED ? 3 : 1;
}
