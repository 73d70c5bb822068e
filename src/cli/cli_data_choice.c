#include "cli/cli_data_choice.h"

const cli_option cli_data_choice_options[CLI_N_DATA_CHOICE_OPTIONS] = {
    {.name = "data",
     .kind = CLI_STRING,
     .arg = "DIR",
     .help = "a TFDS dataset, a folder of class folders, or X.npy; DIR may stand by itself",
     .offset = offsetof(cli_data_args, data)},
    {.name = "split",
     .kind = CLI_STRING,
     .arg = "SPLIT",
     .help = "TFDS's syntax: train, test[:100], train[70%:90%], train+test",
     .offset = offsetof(cli_data_args, split)},
    {.name = "labels",
     .kind = CLI_STRING,
     .arg = "Y.npy",
     .help = "the labels of X.npy",
     .offset = offsetof(cli_data_args, labels)},
    {.name = "limit",
     .kind = CLI_INT,
     .arg = "N",
     .min = 0,
     .max = 1e15,
     .help = "look at N examples at most; 0: all",
     .offset = offsetof(cli_data_args, limit)},
    {.name = "strict",
     .kind = CLI_FLAG,
     .help = "an unreadable photo is an error, not a warning",
     .offset = offsetof(cli_data_args, strict)},
};

int cli_data_choose(const cli_context *context, cli_data_args *args, int n_positional, char *const *positional)
{
    if (n_positional && args->data)
        return cli_usage_error(context, "'%s' and --data %s: one of them is enough", positional[0], args->data);
    if (n_positional)
        args->data = positional[0];
    return args->data ? CLI_OK : cli_usage_error(context, "DIR is needed");
}
