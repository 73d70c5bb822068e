#include <mote/diff.h>
#include <mote/noise.h>

#include <stdio.h>

static const double drowned_db = 10;

int32_t mote_noise_find_drowned(const double *sqnr_db, int32_t n_layers)
{
    int32_t n_below = 0, first = -1;
    for (int32_t i = n_layers - 1; i >= 0; i--) {
        n_below += sqnr_db[i] < drowned_db;
        if (sqnr_db[i] < drowned_db && 4 * n_below >= 3 * (n_layers - i))
            first = i;
    }
    return first;
}

/* The photo into both networks, each in its own type. */
static mote_status fill(const mote_diff *diff, const float *pixels, mote_error *err)
{
    for (int32_t which = 0; which < 2; which++) {
        mote_tensor *input = mote_runtime_input(mote_diff_runtime(diff, which), 0);
        const mote_status status = mote_tensor_from_float(input, pixels, mote_shape_count(&input->shape));
        if (status != MOTE_OK)
            return mote_error_set(err, status, "a model's input cannot hold pixels");
    }
    return MOTE_OK;
}

static mote_status run_photos(mote_noise *noise, mote_diff *diff, const mote_dataset *dataset, const mote_slice *slice,
                              const mote_loader_options *options, mote_error *err)
{
    mote_loader *loader;
    mote_example example;
    bool more = false;
    mote_status status = mote_loader_new(&loader, dataset, slice, options, noise->allocator, err);
    if (status != MOTE_OK)
        return status;
    do {
        status = mote_loader_next(loader, &example, &more, err);
        if (status == MOTE_OK && more)
            status = fill(diff, example.pixels, err);
        if (status == MOTE_OK && more)
            status = mote_diff_step(diff, err);
    } while (status == MOTE_OK && more);
    mote_loader_free(loader);
    return status;
}

static mote_status keep(mote_noise *noise, mote_diff *diff, mote_error *err)
{
    const mote_diff_layer *layers = mote_diff_layers(diff, &noise->n_layers);
    noise->n_photos = mote_diff_n_examples(diff);
    noise->sqnr_db = mote_calloc(noise->allocator, (size_t)noise->n_layers, sizeof *noise->sqnr_db);
    if (!noise->sqnr_db)
        return mote_error_no_memory(err);
    for (int32_t i = 0; i < noise->n_layers; i++)
        noise->sqnr_db[i] = layers[i].sqnr_db;
    noise->drowned = mote_noise_find_drowned(noise->sqnr_db, noise->n_layers);
    if (noise->drowned >= 0) {
        snprintf(noise->drowned_name, sizeof noise->drowned_name, "%s", layers[noise->drowned].name);
        snprintf(noise->drowned_op, sizeof noise->drowned_op, "%s", layers[noise->drowned].op);
    }
    return MOTE_OK;
}

/* One image input each, of one shape. */
static mote_status check_inputs(const mote_diff *diff, mote_error *err)
{
    for (int32_t which = 0; which < 2; which++)
        if (mote_runtime_n_inputs(mote_diff_runtime(diff, which)) != 1)
            return mote_error_set(err, MOTE_SHAPE, "noise is measured on networks with one image input");
    const mote_shape *a = &mote_runtime_input(mote_diff_runtime(diff, 0), 0)->shape,
                     *b = &mote_runtime_input(mote_diff_runtime(diff, 1), 0)->shape;
    if (!mote_shape_equal(a, b) || a->rank != 4 || a->dims[0] != 1)
        return mote_error_set(err, MOTE_SHAPE, "the models' inputs are not one photo of the same size");
    return MOTE_OK;
}

mote_status mote_noise_measure(mote_noise *noise, const mote_model *reference, const mote_model *form,
                               const mote_dataset *dataset, const mote_slice *slice, mote_pixels pixels,
                               int64_t n_photos, int32_t n_threads, const mote_allocator *allocator, mote_error *err)
{
    *noise = (mote_noise){.drowned = -1, .allocator = allocator};
    mote_diff *diff;
    mote_status status = mote_diff_new(&diff, reference, form, n_threads, allocator, err);
    if (status != MOTE_OK)
        return status;
    status = check_inputs(diff, err);
    if (status == MOTE_OK)
        status = mote_diff_start(diff, err);
    if (status == MOTE_OK) {
        const mote_shape *shape = &mote_runtime_input(mote_diff_runtime(diff, 0), 0)->shape;
        mote_loader_options options = mote_loader_options_default();
        options.height = shape->dims[1];
        options.width = shape->dims[2];
        options.channels = shape->dims[3];
        options.pixels = pixels;
        options.n_threads = n_threads;
        options.limit = n_photos;
        status = run_photos(noise, diff, dataset, slice, &options, err);
    }
    if (status == MOTE_OK)
        status = keep(noise, diff, err);
    mote_diff_free(diff);
    return status;
}

void mote_noise_free(mote_noise *noise)
{
    mote_free(noise->allocator, noise->sqnr_db);
    *noise = (mote_noise){.drowned = -1};
}
