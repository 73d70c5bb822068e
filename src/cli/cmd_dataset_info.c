/* mote dataset info: classes, counts and image sizes, every photo decoded. */
#include "cli/cli_data_choice.h"
#include "cli/cli_json.h"
#include "cli/cli_text.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256 };

typedef struct info_args {
    cli_data_args data;
} info_args;

static const cli_group GROUPS[] = {CLI_DATA_CHOICE_GROUP(info_args, data)};

typedef struct range {
    int32_t low, high;
    double sum;
} range;

typedef struct looked_at {
    int32_t height, width;
    mote_error err;
} looked_at;

typedef struct survey {
    const mote_dataset *dataset;
    const int64_t *examples; /* of the chunk */
    looked_at found[CHUNK];
    int64_t *per_class;
    int64_t n, n_skipped;
    range width, height;
} survey;

static void look_at(void *arg, int64_t begin, int64_t end, int32_t thread)
{
    survey *s = arg;
    (void)thread;
    for (int64_t i = begin; i < end; i++) {
        looked_at *found = &s->found[i];
        mote_image image = {0};
        *found = (looked_at){0};
        if (mote_dataset_decode(s->dataset, s->examples[i], 0, &image, &found->err) != MOTE_OK)
            continue;
        found->height = image.height;
        found->width = image.width;
        mote_image_free(&image);
    }
}

static void extend(range *r, int64_t n_before, int32_t value)
{
    r->low = n_before == 0 || value < r->low ? value : r->low;
    r->high = n_before == 0 || value > r->high ? value : r->high;
    r->sum += value;
}

static mote_status add_up(const cli_context *context, survey *s, int64_t n, bool strict, mote_error *err)
{
    for (int64_t i = 0; i < n; i++) {
        const looked_at *found = &s->found[i];
        if (found->err.code != MOTE_OK) {
            if (strict || found->err.code == MOTE_NO_MEMORY) {
                *err = found->err;
                return err->code;
            }
            s->n_skipped++;
            cli_on_skip((void *)(uintptr_t)context, mote_dataset_name(s->dataset, s->examples[i]), &found->err);
            continue;
        }
        extend(&s->height, s->n, found->height);
        extend(&s->width, s->n, found->width);
        const int32_t label = mote_dataset_label(s->dataset, s->examples[i]);
        if (label >= 0 && label < mote_dataset_n_classes(s->dataset))
            s->per_class[label]++;
        s->n++;
    }
    return MOTE_OK;
}

static mote_status look_at_all(const cli_context *context, survey *s, const mote_slice *slice, bool strict,
                               mote_error *err)
{
    mote_pool *pool = mote_pool_new(NULL, context->n_threads);
    if (!pool)
        return mote_error_set(err, MOTE_NO_MEMORY, "no threads to be had");
    mote_status status = MOTE_OK;
    cli_progress progress;
    cli_progress_start(&progress, context, "looking at", "photos", slice->n);
    for (int64_t at = 0; status == MOTE_OK && at < slice->n; at += CHUNK) {
        const int64_t n = slice->n - at < CHUNK ? slice->n - at : CHUNK;
        s->examples = slice->examples + at;
        mote_pool_for(pool, n, 1, look_at, s);
        cli_progress_step(&progress, at + n);
        status = add_up(context, s, n, strict, err);
    }
    cli_progress_end(&progress);
    mote_pool_free(pool);
    return status;
}

/* --- what is said --- */

static void count_json(json_t *object, const char *name, int64_t n)
{
    json_object_set_new(object, cli_shown(name).text, json_integer((json_int_t)n));
}

static json_t *range_json(const range *r, int64_t n)
{
    return n == 0 ? json_null()
                  : json_pack("{s:i, s:i, s:f}", "min", r->low, "max", r->high, "mean", r->sum / (double)n);
}

static void print_json(const survey *s, const char *path, const char *split)
{
    json_t *classes = json_array(), *per_class = json_object(), *splits = json_object();
    for (int32_t i = 0; i < mote_dataset_n_classes(s->dataset); i++) {
        json_array_append_new(classes, cli_json_text(mote_dataset_class_name(s->dataset, i)));
        count_json(per_class, mote_dataset_class_name(s->dataset, i), s->per_class[i]);
    }
    for (int32_t i = 0; i < mote_dataset_n_splits(s->dataset); i++)
        count_json(splits, mote_dataset_split_name(s->dataset, i), mote_dataset_split_count(s->dataset, i));
    json_t *document =
        json_pack("{s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:I}", "data", cli_json_text(path), "split",
                  split ? cli_json_text(split) : json_null(), "splits", splits, "classes", classes, "examples",
                  (json_int_t)s->n, "per_class", per_class, "width", range_json(&s->width, s->n), "height",
                  range_json(&s->height, s->n), "skipped", (json_int_t)s->n_skipped);
    cli_json_print(document);
}

static void print_range(const char *what, const range *r, int64_t n)
{
    if (n > 0)
        printf("%-10s %d to %d pixels, %.0f on average\n", what, r->low, r->high, r->sum / (double)n);
}

static void print_text(const survey *s, const char *path, const char *split)
{
    printf("%s%s%s\n", cli_shown(path).text, split ? ", " : "", split ? cli_shown(split).text : "");
    for (int32_t i = 0; !split && i < mote_dataset_n_splits(s->dataset); i++)
        printf("split      %s: %" PRId64 "\n", cli_shown(mote_dataset_split_name(s->dataset, i)).text,
               mote_dataset_split_count(s->dataset, i));
    printf("examples   %" PRId64 "\n", s->n);
    for (int32_t i = 0; i < mote_dataset_n_classes(s->dataset); i++)
        printf("class      %s: %" PRId64 "\n", cli_shown(mote_dataset_class_name(s->dataset, i)).text, s->per_class[i]);
    print_range("width", &s->width, s->n);
    print_range("height", &s->height, s->n);
    if (s->n_skipped)
        printf("skipped    %" PRId64 " that cannot be read\n", s->n_skipped);
}

/* Without --split: every example there is. */
static mote_status whole_slice(cli_data *data, const cli_data_args *args, mote_error *err)
{
    mote_status status = mote_dataset_open(&data->dataset, args->data, args->labels, NULL, err);
    if (status != MOTE_OK)
        return status;
    const int64_t n = mote_dataset_n_examples(data->dataset);
    data->slice.examples = mote_calloc(NULL, (size_t)n, sizeof *data->slice.examples);
    if (!data->slice.examples)
        return mote_error_no_memory(err);
    for (int64_t i = 0; i < n; i++)
        data->slice.examples[i] = i;
    data->slice.n = args->limit > 0 && args->limit < n ? args->limit : n;
    return MOTE_OK;
}

static int run(const cli_context *context, const void *args, int n_positional, char *const *positional)
{
    const info_args *a = args;
    mote_error err = {0};
    cli_data data = {0};
    cli_data_args chosen = a->data;
    const int usage = cli_data_choose(context, &chosen, n_positional, positional);
    if (usage != CLI_OK)
        return usage;
    mote_status status = chosen.split ? cli_data_open(&data, &chosen, &err) : whole_slice(&data, &chosen, &err);
    survey *s = status == MOTE_OK ? calloc(1, sizeof *s) : NULL;
    if (s) {
        s->dataset = data.dataset;
        s->per_class = calloc((size_t)mote_dataset_n_classes(data.dataset), sizeof *s->per_class);
    }
    if (status == MOTE_OK && (!s || !s->per_class))
        status = mote_error_no_memory(&err);
    if (status == MOTE_OK)
        status = look_at_all(context, s, &data.slice, chosen.strict, &err);
    if (status == MOTE_OK && context->json)
        print_json(s, chosen.data, chosen.split);
    else if (status == MOTE_OK)
        print_text(s, chosen.data, chosen.split);
    if (s)
        free(s->per_class);
    free(s);
    cli_data_close(&data);
    return status == MOTE_OK ? CLI_OK : cli_fail(context, &err);
}

const cli_verb cli_verb_dataset_info = {
    .name = "dataset info",
    .positional = "[DIR]",
    .summary = "classes, counts and image sizes of a data set",
    .description =
        "Decodes every photo, so that those that cannot be read are named and counted (skipped) before they\n"
        "surprise anyone. Without --split all splits count.",
    .examples =
        "  mote dataset info photos/\n  mote dataset info --data cats_vs_dogs/4.0.1 --split 'train[:10%]' --json",
    .groups = GROUPS,
    .n_groups = CLI_COUNT(GROUPS),
    .args_bytes = sizeof(info_args),
    .min_positional = 0,
    .max_positional = 1,
    .run = run,
};
