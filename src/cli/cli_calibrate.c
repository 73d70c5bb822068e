#include "cli/cli_calibrate.h"
#include "cli/cli_examples.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_ARRAYS = 64, PHOTOS = 100 };

static const mote_tensor *model_input(const mote_model *model, int32_t i)
{
    return model->graphs[0]->tensors[model->graphs[0]->inputs[i]];
}

/* --- arrays --- */

static mote_status add_array(cli_calibration *c, const char *path, mote_error *err)
{
    if (c->n_arrays >= MAX_ARRAYS)
        return mote_error_set(err, MOTE_LIMIT, "more than %d calibration arrays", MAX_ARRAYS);
    mote_tensor *array = &c->arrays[c->n_arrays];
    const mote_status status = mote_npy_read(path, array, NULL, err);
    if (status != MOTE_OK)
        return status;
    const mote_shape *wanted = &model_input(c->model, c->n_arrays++)->shape;
    if (array->shape.rank > 0 && array->shape.dims[0] < 1)
        return mote_error_set(err, MOTE_ARGUMENT, "%s: no examples in it", path);
    const int64_t n = cli_count_examples(&array->shape, wanted);
    if (n == 0) {
        char text[MOTE_SHAPE_TEXT_BYTES];
        return mote_error_set(err, MOTE_SHAPE, "%s: examples do not have the shape of model input %d, %s", path,
                              c->n_arrays - 1, mote_shape_format(wanted, text));
    }
    if (n > 1 && c->n > 1 && n != c->n)
        return mote_error_set(err, MOTE_SHAPE, "%s: %lld examples, the arrays before it %lld", path, (long long)n,
                              (long long)c->n);
    c->n = n > c->n ? n : c->n;
    return MOTE_OK;
}

static mote_status to_floats(mote_tensor *array, mote_error *err)
{
    const int64_t count = mote_shape_count(&array->shape);
    if (array->dtype == MOTE_FLOAT32)
        return MOTE_OK;
    float *floats = mote_alloc(NULL, (size_t)count * sizeof *floats);
    if (!floats)
        return mote_error_no_memory(err);
    const mote_status status = mote_tensor_to_float(array, floats, count);
    mote_free(NULL, array->data);
    array->data = floats;
    array->dtype = MOTE_FLOAT32;
    return status == MOTE_OK ? status : mote_error_set(err, status, "a calibration array of a type without numbers");
}

static mote_status open_arrays(cli_calibration *c, const cli_calibrate_args *args, int n_more, char *const *more,
                               mote_error *err)
{
    const int32_t n_inputs = c->model->graphs[0]->n_inputs;
    c->arrays = mote_calloc(NULL, MAX_ARRAYS, sizeof *c->arrays);
    char *list = strdup(args->paths), *rest = NULL;
    mote_status status = c->arrays && list ? MOTE_OK : mote_error_no_memory(err);
    for (char *path = list ? strtok_r(list, ",", &rest) : NULL; status == MOTE_OK && path;
         path = strtok_r(NULL, ",", &rest))
        status =
            c->n_arrays < n_inputs
                ? add_array(c, path, err)
                : mote_error_set(err, MOTE_ARGUMENT, "more calibration arrays than the model's %d inputs", n_inputs);
    for (int i = 0; status == MOTE_OK && i < n_more; i++)
        status =
            c->n_arrays < n_inputs
                ? add_array(c, more[i], err)
                : mote_error_set(err, MOTE_ARGUMENT, "more calibration arrays than the model's %d inputs", n_inputs);
    free(list);
    if (status == MOTE_OK && c->n_arrays < n_inputs)
        status =
            mote_error_set(err, MOTE_ARGUMENT, "%d calibration arrays for a model of %d inputs", c->n_arrays, n_inputs);
    for (int32_t i = 0; status == MOTE_OK && i < c->n_arrays; i++)
        status = to_floats(&c->arrays[i], err);
    if (status == MOTE_OK && args->samples > 0 && args->samples < c->n)
        c->n = args->samples;
    return status;
}

static mote_status next_array(void *arg, int32_t n_inputs, const float **inputs, bool *more, mote_error *err)
{
    (void)err;
    cli_calibration *c = arg;
    *more = c->at < c->n;
    for (int32_t i = 0; *more && i < n_inputs; i++) {
        const int64_t size = mote_shape_count(&model_input(c->model, i)->shape);
        const bool whole = mote_shape_count(&c->arrays[i].shape) == size; /* the same for every example */
        inputs[i] = (const float *)c->arrays[i].data + (whole ? 0 : c->at * size);
    }
    cli_progress_step(&c->progress, c->at);
    c->at += *more;
    if (!*more)
        cli_progress_end(&c->progress);
    return MOTE_OK;
}

/* --- photos --- */

static mote_status open_photos(cli_calibration *c, const cli_calibrate_args *args, mote_error *err)
{
    if (c->model->graphs[0]->n_inputs != 1)
        return mote_error_set(err, MOTE_ARGUMENT,
                              "photos calibrate models of one input; give .npy arrays, one per input");
    const mote_shape *shape = &model_input(c->model, 0)->shape;
    if (shape->rank != 4 || (shape->dims[3] != 1 && shape->dims[3] != 3))
        return mote_error_set(err, MOTE_ARGUMENT, "the model's input is not an image; calibrate with .npy arrays");
    if (shape->dims[0] != 1)
        return mote_error_set(err, MOTE_ARGUMENT,
                              "the model takes %d photos at a time, and photos come one by one; calibrate with a .npy "
                              "array of whole batches",
                              shape->dims[0]);
    const cli_data_args data = {
        .data = args->paths, .split = args->split, .pixels = args->pixels, .preferred = "train"};
    const int64_t samples = args->samples > 0 ? args->samples : PHOTOS;
    mote_status status = cli_data_open(&c->data, &data, err);
    if (status != MOTE_OK)
        return status;
    c->n = c->data.slice.n < samples ? c->data.slice.n : samples;
    c->loader_options = mote_loader_options_default();
    c->loader_options.height = shape->dims[1];
    c->loader_options.width = shape->dims[2];
    c->loader_options.channels = shape->dims[3];
    c->loader_options.pixels = c->data.pixels;
    c->loader_options.limit = samples;
    c->loader_options.n_threads = c->context->n_threads;
    c->loader_options.strict = args->strict;
    c->loader_options.on_skip = cli_on_skip;
    c->loader_options.on_skip_arg = (void *)(uintptr_t)c->context;
    return MOTE_OK;
}

static mote_status next_photo(void *arg, int32_t n_inputs, const float **inputs, bool *more, mote_error *err)
{
    (void)n_inputs;
    cli_calibration *c = arg;
    mote_example example;
    const mote_status status = mote_loader_next(c->loader, &example, more, err);
    if (status == MOTE_OK && *more) {
        inputs[0] = example.pixels;
        cli_progress_step(&c->progress, ++c->at);
    } else {
        cli_progress_end(&c->progress);
    }
    return status;
}

/* --- both --- */

mote_status cli_calibration_open(cli_calibration *c, const cli_context *context, const mote_model *model,
                                 const cli_calibrate_args *args, int n_more, char *const *more_paths, mote_error *err)
{
    *c = (cli_calibration){.context = context, .model = model};
    const mote_status status =
        cli_is_array_name(args->paths) ? open_arrays(c, args, n_more, more_paths, err) : open_photos(c, args, err);
    if (status != MOTE_OK)
        cli_calibration_close(c);
    return status;
}

mote_status cli_calibration_source(cli_calibration *c, const char *what, mote_calibration_source *source,
                                   mote_error *err)
{
    c->at = 0;
    cli_progress_start(&c->progress, c->context, what, "examples", c->n);
    *source = (mote_calibration_source){c->n_arrays ? next_array : next_photo, c};
    if (c->n_arrays)
        return MOTE_OK;
    mote_loader_free(c->loader);
    c->loader = NULL;
    const mote_status status =
        mote_loader_new(&c->loader, c->data.dataset, &c->data.slice, &c->loader_options, NULL, err);
    c->loader_options.on_skip = NULL; /* each photo is named once, however often they are asked for */
    return status;
}

void cli_calibration_close(cli_calibration *c)
{
    mote_loader_free(c->loader);
    if (c->data.dataset)
        cli_data_close(&c->data);
    for (int32_t i = 0; i < c->n_arrays; i++)
        mote_free(NULL, c->arrays[i].data);
    mote_free(NULL, c->arrays);
    *c = (cli_calibration){0};
}
