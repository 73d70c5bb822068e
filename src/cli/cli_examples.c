#include "cli/cli_examples.h"
#include "cli/cli_output.h"
#include "cli/cli_photo.h"

#include <mote/io.h>

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

/* --- .npy --- */

bool cli_is_array_name(const char *path)
{
    return cli_ends_with(path, ".npy");
}

/* By what is in it, where that can be looked at. */
static mote_status is_npy(const char *path, bool *npy, mote_error *err)
{
    struct stat info;
    *npy = cli_is_array_name(path);
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return MOTE_OK; /* what a pipe gives, it gives once */
    FILE *file = fopen(path, "rb");
    char start[6] = "";
    if (!file)
        return errno == ENOENT
                   ? mote_error_set(err, MOTE_NOT_FOUND, "%s: there is no such file; is the path right?", path)
                   : mote_error_set(err, MOTE_IO, "%s: cannot read it: %s", path, strerror(errno));
    *npy = fread(start, 1, sizeof start, file) == sizeof start && memcmp(start, "\x93NUMPY", sizeof start) == 0;
    fclose(file);
    return MOTE_OK;
}

static bool takes_photo(const mote_tensor *input)
{
    const mote_shape *shape = &input->shape;
    return shape->rank == 4 && shape->dims[0] == 1 && (shape->dims[3] == 1 || shape->dims[3] == 3);
}

static bool same_after_axis_0(const mote_shape *a, const mote_shape *b)
{
    if (a->rank != b->rank || a->rank < 1)
        return false;
    for (int32_t i = 1; i < a->rank; i++)
        if (a->dims[i] != b->dims[i])
            return false;
    return true;
}

/* "[n, shape of a scalar or of one example without its batch]" */
static bool stacked_on(const mote_shape *array, const mote_shape *input)
{
    const int32_t skip = input->rank > 0 && input->dims[0] == 1 && array->rank == input->rank - 1 ? 1 : 0;
    if (array->rank - (skip ? 0 : 1) != input->rank - skip)
        return false;
    for (int32_t i = skip; i < input->rank; i++)
        if (array->dims[i - skip + (skip ? 0 : 1)] != input->dims[i])
            return false;
    return true;
}

int64_t cli_count_examples(const mote_shape *array, const mote_shape *input)
{
    if (mote_shape_equal(array, input))
        return 1;
    if (same_after_axis_0(array, input) && input->dims[0] > 0 && array->dims[0] % input->dims[0] == 0)
        return array->dims[0] / input->dims[0];
    if (stacked_on(array, input))
        return array->rank == input->rank - 1 ? 1 : array->dims[0];
    return 0;
}

/* An array of another shape than the input's: the network takes it, or the error says what it wants. */
static mote_status resize_input(const cli_examples *examples, mote_runtime *runtime, int which, mote_error *err)
{
    char wanted[MOTE_SHAPE_TEXT_BYTES], given[MOTE_SHAPE_TEXT_BYTES];
    const mote_shape *shape = &examples->arrays[which].shape;
    mote_shape_format(&mote_runtime_input(runtime, which)->shape, wanted);
    mote_status status = mote_runtime_resize_input(runtime, which, shape, err);
    if (status != MOTE_OK)
        return mote_error_prefix(err, status, "%s", examples->paths[which]);
    if (examples->n_paths == 1)
        status = mote_runtime_plan(runtime, err);
    return status != MOTE_SHAPE ? status
                                : mote_error_prefix(err, status, "%s: %s does not fit the network's input of %s",
                                                    examples->paths[which], mote_shape_format(shape, given), wanted);
}

static mote_status fit_arrays(cli_examples *examples, mote_runtime *runtime, mote_error *err)
{
    examples->n = 1;
    for (int i = 0; i < examples->n_paths; i++) {
        const mote_tensor *input = mote_runtime_input(runtime, i);
        mote_tensor *array = &examples->arrays[i];
        int64_t n = cli_count_examples(&array->shape, &input->shape);
        if (n == 0) {
            const mote_status status = resize_input(examples, runtime, i, err);
            if (status != MOTE_OK)
                return status;
            n = 1;
        }
        examples->whole[i] = n == 1;
        if (n != 1 && examples->n != 1 && n != examples->n)
            return mote_error_set(err, MOTE_SHAPE, "%s: holds %lld examples, the files before it %lld",
                                  examples->paths[i], (long long)n, (long long)examples->n);
        if (n != 1)
            examples->n = n;
    }
    return MOTE_OK;
}

/* What the network takes, for who gave nothing. */
static mote_status ask_for_inputs(mote_runtime *runtime, mote_error *err)
{
    const int32_t n = mote_runtime_n_inputs(runtime);
    char list[MOTE_ERROR_TEXT_BYTES] = "", shape[MOTE_SHAPE_TEXT_BYTES];
    bool photo = false;
    for (int32_t i = 0; i < n; i++) {
        const mote_tensor *input = mote_runtime_input(runtime, i);
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s (%s %s)", i ? ", " : "", input->name,
                 mote_dtype_name(input->dtype), mote_shape_format(&input->shape, shape));
        photo = n == 1 && takes_photo(input);
    }
    return mote_error_set(err, MOTE_ARGUMENT, "nothing to run it on; give %s for its input%s %s",
                          photo    ? "photos, or a .npy file,"
                          : n == 1 ? "a .npy file"
                                   : "a .npy file each",
                          n == 1 ? "" : "s", list);
}

static mote_status open_arrays(cli_examples *examples, mote_runtime *runtime, mote_error *err)
{
    const int n = examples->n_paths;
    if (n == 0 && mote_runtime_n_inputs(runtime) > 0)
        return ask_for_inputs(runtime, err);
    if (n != mote_runtime_n_inputs(runtime))
        return mote_error_set(err, MOTE_ARGUMENT, "%d .npy files for a network with %d inputs; give one for each", n,
                              mote_runtime_n_inputs(runtime));
    examples->arrays = mote_calloc(NULL, (size_t)n, sizeof *examples->arrays);
    examples->whole = mote_calloc(NULL, (size_t)n, sizeof *examples->whole);
    if (!examples->arrays || !examples->whole)
        return mote_error_no_memory(err);
    for (int i = 0; i < n; i++) {
        const mote_status status = mote_npy_read(examples->paths[i], &examples->arrays[i], NULL, err);
        if (status != MOTE_OK)
            return status;
    }
    return fit_arrays(examples, runtime, err);
}

/* Numbers of another type: by way of float, and exactly where the input is not quantized. */
static mote_status convert(const mote_tensor *from, mote_tensor *to, int64_t n, mote_error *err)
{
    float *values = mote_calloc(NULL, 2 * (size_t)n, sizeof *values);
    if (!values)
        return mote_error_no_memory(err);
    mote_tensor plain = *from, target = *to;
    plain.shape = target.shape = (mote_shape){1, {(int32_t)n}};
    mote_status status = mote_tensor_to_float(&plain, values, n);
    if (status == MOTE_OK)
        status = mote_tensor_from_float(&target, values, n);
    if (status == MOTE_OK && mote_tensor_to_float(&target, values + n, n) == MOTE_OK && to->quant.n == 0)
        for (int64_t i = 0; i < n; i++)
            if (values[i] != values[n + i] && !isnan(values[i]) && mote_dtype_bits(to->dtype) != 16 &&
                to->dtype != MOTE_FLOAT32)
                status = MOTE_ARGUMENT;
    mote_free(NULL, values);
    if (status == MOTE_OK)
        return MOTE_OK;
    return mote_error_set(err, status, "its %s values cannot be kept as the input's %s", mote_dtype_name(from->dtype),
                          mote_dtype_name(to->dtype));
}

static mote_status fill_array(const cli_examples *examples, mote_runtime *runtime, int which, int64_t i,
                              mote_error *err)
{
    mote_tensor *input = mote_runtime_input(runtime, which);
    const mote_tensor *array = &examples->arrays[which];
    const int64_t n = mote_shape_count(&input->shape);
    const size_t element = mote_dtype_bytes(array->dtype);
    const size_t at = examples->whole[which] ? 0 : (size_t)(i * n) * element;
    if ((size_t)n * element > array->n_bytes || at > array->n_bytes - (size_t)n * element)
        return mote_error_set(err, MOTE_SHAPE, "%s: too short", examples->paths[which]);
    mote_tensor slice = *array;
    slice.data = (char *)array->data + at;
    if (array->dtype == input->dtype) {
        if (n)
            memcpy(input->data, slice.data, (size_t)n * element);
        return MOTE_OK;
    }
    const mote_status status = convert(&slice, input, n, err);
    return status == MOTE_OK ? MOTE_OK : mote_error_prefix(err, status, "%s", examples->paths[which]);
}

/* --- photos --- */

static mote_status check_photos(const cli_examples *examples, mote_runtime *runtime, mote_error *err)
{
    const mote_tensor *input = mote_runtime_n_inputs(runtime) == 1 ? mote_runtime_input(runtime, 0) : NULL;
    char text[MOTE_SHAPE_TEXT_BYTES];
    if (!input)
        return mote_error_set(err, MOTE_ARGUMENT,
                              "%s: photos go into a network with one input, this one has %d; "
                              "give .npy files",
                              examples->paths[0], mote_runtime_n_inputs(runtime));
    if (!takes_photo(input))
        return mote_error_set(err, MOTE_ARGUMENT, "%s: the network's input is %s, not an image; give a .npy file",
                              examples->paths[0], mote_shape_format(&input->shape, text));
    return MOTE_OK;
}

/* --- both --- */

mote_status cli_examples_open(cli_examples *examples, mote_runtime *runtime, char *const *paths, int n_paths,
                              const char *pixels, mote_error *err)
{
    *examples = (cli_examples){.paths = paths, .n_paths = n_paths, .pixels = pixels};
    int n_npy = 0;
    for (int i = 0; i < n_paths; i++) {
        bool npy;
        const mote_status status = is_npy(paths[i], &npy, err);
        if (status != MOTE_OK)
            return status;
        n_npy += npy;
    }
    if (n_npy != 0 && n_npy != n_paths)
        return mote_error_set(err, MOTE_ARGUMENT, "photos and .npy files are mixed; give one kind");
    examples->photos = n_paths > 0 && n_npy == 0;
    examples->n = n_paths;
    const mote_status status =
        examples->photos ? check_photos(examples, runtime, err) : open_arrays(examples, runtime, err);
    if (status != MOTE_OK)
        cli_examples_close(examples);
    return status;
}

mote_status cli_examples_fill(const cli_examples *examples, mote_runtime *runtime, int64_t i, mote_error *err)
{
    if (examples->photos)
        return cli_photo_fill(mote_runtime_input(runtime, 0), examples->paths[i], examples->pixels, err);
    for (int which = 0; which < examples->n_paths; which++) {
        const mote_status status = fill_array(examples, runtime, which, i, err);
        if (status != MOTE_OK)
            return status;
    }
    return MOTE_OK;
}

void cli_examples_close(cli_examples *examples)
{
    for (int i = 0; examples->arrays && i < examples->n_paths; i++)
        mote_free(NULL, examples->arrays[i].data);
    mote_free(NULL, examples->arrays);
    mote_free(NULL, examples->whole);
    examples->arrays = NULL;
    examples->whole = NULL;
}
