#include "cli/cli.h"

#include <string.h>

static const char *default_split(const mote_dataset *dataset, const char *preferred)
{
    for (int32_t i = 0; i < mote_dataset_n_splits(dataset); i++)
        if (strcmp(mote_dataset_split_name(dataset, i), preferred) == 0)
            return mote_dataset_split_name(dataset, i);
    return mote_dataset_n_splits(dataset) ? mote_dataset_split_name(dataset, 0) : "train";
}

mote_status cli_data_open(cli_data *data, const cli_data_args *args, mote_error *err)
{
    *data = (cli_data){0};
    if (!args->data)
        return mote_error_set(err, MOTE_ARGUMENT, "--data DIR is needed");
    if (args->pixels && !mote_pixels_parse(args->pixels, &data->pixels))
        return mote_error_set(err, MOTE_ARGUMENT, "--pixels %s is unknown", args->pixels);
    mote_status status = mote_dataset_open(&data->dataset, args->data, args->labels, NULL, err);
    if (status != MOTE_OK)
        return status;
    data->split = args->split ? args->split : default_split(data->dataset, args->preferred ? args->preferred : "test");
    status = mote_dataset_slice(data->dataset, data->split, &data->slice, err);
    if (status == MOTE_OK && args->limit > 0 && data->slice.n > args->limit)
        data->slice.n = args->limit;
    if (status == MOTE_OK && data->slice.n == 0)
        status = mote_error_set(err, MOTE_ARGUMENT, "%s: the split %s holds no examples", args->data, data->split);
    if (status != MOTE_OK)
        cli_data_close(data);
    return status;
}

void cli_data_close(cli_data *data)
{
    mote_slice_free(&data->slice, NULL);
    mote_dataset_free(data->dataset);
    *data = (cli_data){0};
}

void cli_on_skip(void *arg, const char *name, const mote_error *err)
{
    const bool named = strncmp(err->message, name, strlen(name)) == 0; /* a photo's error begins with its path */
    cli_warn(arg, "skipped %s%s%s", named ? "" : name, named ? "" : ": ", err->message);
}
