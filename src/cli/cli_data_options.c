#include "cli/cli.h"

const cli_option cli_data_options[] = {
    {.name = "data",
     .kind = CLI_STRING,
     .arg = "DIR",
     .required = true,
     .help = "a TFDS dataset, a folder of class folders, or X.npy",
     .offset = offsetof(cli_data_args, data)},
    {.name = "split",
     .kind = CLI_STRING,
     .arg = "SPLIT",
     .help = "TFDS's syntax: train, test[:100], train[70%:90%], train+test (default: test, else the first)",
     .offset = offsetof(cli_data_args, split)},
    {.name = "labels",
     .kind = CLI_STRING,
     .arg = "Y.npy",
     .help = "the labels of --data X.npy",
     .offset = offsetof(cli_data_args, labels)},
    {.name = "limit",
     .kind = CLI_INT,
     .arg = "N",
     .min = 0,
     .max = 1e15,
     .help = "use at most N examples; 0: all",
     .offset = offsetof(cli_data_args, limit)},
    {.name = "strict",
     .kind = CLI_FLAG,
     .help = "an unreadable photo is an error, not a warning",
     .offset = offsetof(cli_data_args, strict)},
};
const size_t cli_n_data_options = CLI_COUNT(cli_data_options);

const char cli_pixels_choices[] = "0..255|0..1|-1..1|imagenet|caffe";

const cli_option cli_pixels_options[CLI_N_PIXELS_OPTIONS] = {
    {.name = "pixels",
     .kind = CLI_CHOICE,
     .arg = "RANGE",
     .choices = cli_pixels_choices,
     .def = "0..255",
     .help = "what the model expects of a pixel",
     .offset = 0},
};
