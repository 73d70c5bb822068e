#include "cli/cli_study.h"

#include <stdio.h>
#include <string.h>

static const char *find_split(const mote_dataset *dataset, const char *name)
{
    for (int32_t i = 0; i < mote_dataset_n_splits(dataset); i++)
        if (strcmp(mote_dataset_split_name(dataset, i), name) == 0)
            return mote_dataset_split_name(dataset, i);
    return NULL;
}

static void choose(cli_study_data *data, const mote_dataset *dataset, const cli_study_args *args)
{
    const char *train = find_split(dataset, "train"), *test = find_split(dataset, "test"),
               *val = find_split(dataset, "validation");
    if (!val)
        val = find_split(dataset, "val");
    if (!train)
        train = mote_dataset_n_splits(dataset) ? mote_dataset_split_name(dataset, 0) : "train";
    const struct {
        const char *given, *base, *range;
    } parts[] = {
        {args->train.train, train,
         val    ? (test ? "" : "[:90%]")
         : test ? "[:80%]"
                : "[:70%]"},
        {args->train.val, val ? val : train,
         val    ? ""
         : test ? "[80%:]"
                : "[70%:90%]"},
        {args->test, test ? test : train, test ? "" : "[90%:]"},
    };
    for (int i = 0; i < 3; i++)
        snprintf(data->names[i], sizeof data->names[i], "%s%s", parts[i].given ? parts[i].given : parts[i].base,
                 parts[i].given ? "" : parts[i].range);
}

mote_status cli_study_data_open(cli_study_data *data, const cli_study_args *args, const char *pixels, mote_error *err)
{
    *data = (cli_study_data){0};
    cli_data *const parts[] = {&data->train, &data->val, &data->test};
    mote_dataset *dataset;
    mote_status status = mote_dataset_open(&dataset, args->data, args->labels, NULL, err);
    if (status != MOTE_OK)
        return status;
    choose(data, dataset, args);
    mote_dataset_free(dataset);
    for (int i = 0; status == MOTE_OK && i < 3; i++) {
        const cli_data_args part = {
            .data = args->data, .split = data->names[i], .labels = args->labels, .pixels = pixels};
        status = cli_data_open(parts[i], &part, err);
    }
    if (status != MOTE_OK)
        cli_study_data_close(data);
    return status;
}

void cli_study_data_close(cli_study_data *data)
{
    cli_data *const parts[] = {&data->train, &data->val, &data->test};
    for (int i = 0; i < 3; i++)
        if (parts[i]->dataset)
            cli_data_close(parts[i]);
}
