/* mote_convert: passes, calibration and quantization in order. It lives here because calibration runs the graph. */
#include <mote/convert.h>

#include <string.h>

#include "pass/pass.h"
#include "runtime/calibrate.h"
#include "runtime/convert_batch.h"

static const char *const FORMAT_NAMES[MOTE_FORMAT_COUNT] = {"float32", "float16", "dynamic", "int8", "int16x8"};

const char *mote_format_name(mote_format format)
{
    return (unsigned)format < MOTE_FORMAT_COUNT ? FORMAT_NAMES[format] : "?";
}

bool mote_format_parse(const char *text, mote_format *format)
{
    for (int i = 0; i < MOTE_FORMAT_COUNT; i++)
        if (strcmp(text, FORMAT_NAMES[i]) == 0) {
            *format = (mote_format)i;
            return true;
        }
    return false;
}

mote_convert_options mote_convert_options_default(mote_format format)
{
    return (mote_convert_options){.format = format, .input_type = MOTE_FLOAT32, .output_type = MOTE_FLOAT32};
}

/* The entry point goes on meaning the graph's present inputs and outputs. */
static void follow_ends(mote_model *model)
{
    const mote_graph *graph = model->graphs[0];
    for (int32_t s = 0; s < model->n_signatures; s++) {
        mote_signature *signature = &model->signatures[s];
        for (int32_t i = 0; signature->graph == 0 && i < signature->n_inputs && i < graph->n_inputs; i++)
            signature->inputs[i].tensor = graph->inputs[i];
        for (int32_t i = 0; signature->graph == 0 && i < signature->n_outputs && i < graph->n_outputs; i++)
            signature->outputs[i].tensor = graph->outputs[i];
    }
}

static mote_status lower(const mote_model *model, mote_format format, const mote_allocator *allocator, mote_model **out,
                         mote_error *err)
{
    *out = mote_model_clone(model, allocator);
    if (!*out)
        return mote_error_set(err, MOTE_NO_MEMORY, "out of memory copying the model");
    const bool to_integers = format == MOTE_FORMAT_INT8 || format == MOTE_FORMAT_INT16X8;
    const bool quantized = to_integers || format == MOTE_FORMAT_DYNAMIC;
    mote_status status = to_integers ? mote_part_dense(*out, err) : MOTE_OK;
    if (status == MOTE_OK && quantized)
        status = mote_part_dilated(*out, err);
    for (int32_t g = 0; status == MOTE_OK && quantized && g < (*out)->n_graphs; g++)
        status = mote_unpack_sparse((*out)->graphs[g], err);
    if (status == MOTE_OK)
        status = mote_pass_run_all(*out, err);
    if (status == MOTE_OK) {
        follow_ends(*out);
        status = mote_model_verify(*out, err);
    }
    if (status != MOTE_OK) {
        mote_model_free(*out);
        *out = NULL;
    }
    return status;
}

mote_status mote_lower(const mote_model *model, const mote_allocator *allocator, mote_model **out, mote_error *err)
{
    return lower(model, MOTE_FORMAT_FLOAT32, allocator, out, err);
}

/* What has no entry point gets one, with the names of tensors. */
static mote_status add_signature(mote_model *model, mote_error *err)
{
    if (model->n_signatures > 0)
        return MOTE_OK;
    const mote_graph *graph = model->graphs[0];
    mote_signature *signature = mote_arena_alloc(model->arena, sizeof *signature);
    mote_signature_arg *args =
        mote_arena_calloc(model->arena, (size_t)(graph->n_inputs + graph->n_outputs), sizeof *args);
    if (!signature || !args)
        return mote_error_no_memory(err);
    *signature = (mote_signature){.key = "serving_default",
                                  .n_inputs = graph->n_inputs,
                                  .n_outputs = graph->n_outputs,
                                  .inputs = args,
                                  .outputs = args + graph->n_inputs};
    for (int32_t i = 0; i < graph->n_inputs; i++)
        signature->inputs[i] = (mote_signature_arg){graph->tensors[graph->inputs[i]]->name, graph->inputs[i]};
    for (int32_t i = 0; i < graph->n_outputs; i++)
        signature->outputs[i] = (mote_signature_arg){graph->tensors[graph->outputs[i]]->name, graph->outputs[i]};
    model->signatures = signature;
    model->n_signatures = 1;
    return MOTE_OK;
}

static void sort_by_name(mote_signature_arg *args, int32_t n)
{
    for (int32_t i = 1; i < n; i++)
        for (int32_t j = i; j > 0 && strcmp(args[j - 1].name, args[j].name) > 0; j--) {
            const mote_signature_arg arg = args[j];
            args[j] = args[j - 1];
            args[j - 1] = arg;
        }
}

/* Keras's entry point names its ends in the order of their names, as TensorFlow's files do. */
static void order_signatures(mote_model *model)
{
    for (int32_t s = 0; model->n_layers > 0 && s < model->n_signatures; s++) {
        sort_by_name(model->signatures[s].inputs, model->signatures[s].n_inputs);
        sort_by_name(model->signatures[s].outputs, model->signatures[s].n_outputs);
    }
}

static mote_status quantize_integers(mote_model *model, const mote_convert_options *options, mote_error *err)
{
    if (!options->calibration)
        return mote_error_set(err, MOTE_ARGUMENT, "%s needs calibration examples", mote_format_name(options->format));
    mote_range *ranges;
    const bool wide = options->format == MOTE_FORMAT_INT16X8;
    const mote_graph *graph = model->graphs[0];
    mote_status status = wide ? mote_expand_for_wide(model->graphs[0], err) : MOTE_OK;
    if (status == MOTE_OK)
        status = mote_own_masks(model->graphs[0], err);
    if (status == MOTE_OK)
        status =
            mote_calibrate(model, options->calibration, options->n_threads, options->allocator, &ranges, NULL, err);
    if (status != MOTE_OK)
        return status;
    mote_narrow_masks(graph, wide, ranges);
    const mote_range *values = mote_arena_copy(model->arena, ranges, (size_t)graph->n_tensors * sizeof *ranges);
    const mote_quantize_spec spec = {.wide = wide,
                                     .input_type = options->input_type,
                                     .output_type = options->output_type,
                                     .ranges = ranges,
                                     .values = values,
                                     .on_warning = options->on_warning,
                                     .on_warning_arg = options->on_warning_arg};
    status = values ? mote_ranges_as_calibrator(graph, ranges, err) : mote_error_no_memory(err);
    if (status == MOTE_OK)
        status = mote_expand_for_integers(model->graphs[0], err);
    if (status == MOTE_OK)
        status = mote_quantize_integers(model, &spec, err);
    mote_free(options->allocator, ranges);
    return status;
}

static mote_status quantize(mote_model *model, const mote_convert_options *options, mote_error *err)
{
    switch (options->format) {
    case MOTE_FORMAT_FLOAT16:
        return mote_quantize_float16(model, err);
    case MOTE_FORMAT_DYNAMIC:
        return mote_quantize_dynamic(model, err);
    case MOTE_FORMAT_INT8:
    case MOTE_FORMAT_INT16X8:
        return quantize_integers(model, options, err);
    default:
        return MOTE_OK;
    }
}

static mote_status check_types(const mote_convert_options *options, mote_error *err)
{
    const mote_dtype types[] = {options->input_type, options->output_type};
    for (int i = 0; i < 2; i++) {
        const bool fits = types[i] == MOTE_FLOAT32 ||
                          (options->format == MOTE_FORMAT_INT8 && (types[i] == MOTE_INT8 || types[i] == MOTE_UINT8)) ||
                          (options->format == MOTE_FORMAT_INT16X8 && types[i] == MOTE_INT16);
        if (!fits)
            return mote_error_set(err, MOTE_ARGUMENT, "%s type %s does not go with %s, which takes float32%s",
                                  i ? "output" : "input", mote_dtype_name(types[i]), mote_format_name(options->format),
                                  options->format == MOTE_FORMAT_INT8      ? ", int8 and uint8"
                                  : options->format == MOTE_FORMAT_INT16X8 ? " and int16"
                                                                           : "");
    }
    return MOTE_OK;
}

/* Weights that were rounded once would be rounded twice. */
static mote_status check_source(const mote_model *model, mote_error *err)
{
    for (int32_t g = 0; g < model->n_graphs; g++)
        for (int32_t i = 0; i < model->graphs[g]->n_tensors; i++)
            if (model->graphs[g]->tensors[i]->quant.n > 0)
                return mote_error_set(err, MOTE_UNSUPPORTED,
                                      "the model is quantized already (%s): convert the float model that it was made "
                                      "from",
                                      mote_model_format_name(model));
    return MOTE_OK;
}

/* What was put in since the passes ran: batches that several operators follow, scales that several readers want. */
static mote_status merge(mote_model *model, mote_error *err)
{
    mote_status status = mote_pass_merge_constants(model, model->graphs[0], err);
    if (status == MOTE_OK)
        status = mote_pass_merge_nodes(model, model->graphs[0], err);
    return status == MOTE_OK && mote_graph_compact(model, 0) < 0 ? mote_error_no_memory(err) : status;
}

mote_status mote_convert(const mote_model *model, const mote_convert_options *options, mote_model **out,
                         mote_error *err)
{
    *out = NULL;
    mote_status status = check_types(options, err);
    if (status == MOTE_OK)
        status = check_source(model, err);
    if (status != MOTE_OK)
        return status;
    mote_model *made;
    status = lower(model, options->format, options->allocator, &made, err);
    if (status != MOTE_OK)
        return status;
    status = add_signature(made, err);
    if (status == MOTE_OK)
        status = quantize(made, options, err);
    if (status == MOTE_OK)
        status = mote_join_dilated(made, made->graphs[0], err);
    if (status == MOTE_OK)
        status = mote_pass_merge_constants(made, made->graphs[0], err);
    if (status == MOTE_OK) {
        follow_ends(made);
        order_signatures(made);
        if (mote_graph_compact(made, 0) < 0)
            status = mote_error_no_memory(err);
    }
    if (status == MOTE_OK)
        status = mote_convert_batch(made, err);
    if (status == MOTE_OK)
        status = merge(made, err);
    if (status == MOTE_OK)
        status = mote_model_verify(made, err);
    if (status != MOTE_OK) {
        mote_model_free(made);
        return status;
    }
    *out = made;
    return MOTE_OK;
}

/* --- what form a model has --- */

typedef struct form_counts {
    int32_t n_float, n_half, n_int8, n_int16, n_uint8, n_int8_const;
} form_counts;

static form_counts count_forms(const mote_graph *graph)
{
    form_counts counts = {0};
    for (int32_t i = 0; i < graph->n_tensors; i++) {
        const mote_tensor *tensor = graph->tensors[i];
        const bool constant = tensor->storage == MOTE_STORAGE_CONST;
        counts.n_half += constant && tensor->dtype == MOTE_FLOAT16;
        counts.n_int8_const += constant && tensor->dtype == MOTE_INT8;
        counts.n_float += !constant && tensor->dtype == MOTE_FLOAT32;
        counts.n_int8 += !constant && tensor->dtype == MOTE_INT8;
        counts.n_uint8 += !constant && tensor->dtype == MOTE_UINT8;
        counts.n_int16 += !constant && tensor->dtype == MOTE_INT16;
    }
    return counts;
}

const char *mote_model_format_name(const mote_model *model)
{
    const form_counts c = count_forms(model->graphs[0]);
    const int32_t ends = model->graphs[0]->n_inputs + model->graphs[0]->n_outputs;
    if (c.n_int16 > 0 && c.n_float <= ends)
        return "int16x8";
    if (c.n_int8 > 0 && c.n_float <= ends)
        return "int8";
    if (c.n_uint8 > 0 && c.n_int8 == 0 && c.n_float <= ends)
        return "uint8";
    if (c.n_int8 + c.n_int16 + c.n_uint8 > 0)
        return "mixed";
    if (c.n_half > 0)
        return "float16";
    return c.n_int8_const > 0 ? "dynamic" : "float32";
}
