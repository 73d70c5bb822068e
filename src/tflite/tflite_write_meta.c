/* Signatures and metadata. */
#include <mote/version.h>

#include "tflite/runtime_version.h"
#include "tflite/tflite_schema.h"
#include "tflite/tflite_writer.h"

#include <stdio.h>
#include <string.h>

/* --- signatures --- */

enum { NAME_BYTES = 256 };

/* "serving_default_photo:0" -> "photo": what a converter wraps around the name a person chose. */
static void bare_name(const char *tensor_name, char name[NAME_BYTES])
{
    static const char prefix[] = "serving_default_";
    if (strncmp(tensor_name, prefix, sizeof prefix - 1) == 0)
        tensor_name += sizeof prefix - 1;
    snprintf(name, NAME_BYTES, "%s", tensor_name);
    const size_t n = strlen(name);
    if (n > 2 && strcmp(name + n - 2, ":0") == 0)
        name[n - 2] = '\0';
}

/* The name of the ith input or output in a made-up signature: unique among its peers. */
static void default_name(const mote_graph *graph, const int32_t *tensors, int32_t i, const char *kind,
                         char name[NAME_BYTES])
{
    char other[NAME_BYTES];
    bare_name(graph->tensors[tensors[i]]->name, name);
    bool taken = name[0] == '\0';
    for (int32_t k = 0; k < i && !taken; ++k) {
        bare_name(graph->tensors[tensors[k]]->name, other);
        taken = strcmp(name, other) == 0;
    }
    if (taken)
        snprintf(name, NAME_BYTES, "%s_%d", kind, i);
}

static size_t put_arg(mote_fb_writer *out, const char *name, int32_t tensor)
{
    mote_fb_row row = {0};
    mote_fb_row_ref(&row, TFL_TENSOR_MAP_NAME);
    mote_fb_row_i32(&row, TFL_TENSOR_MAP_INDEX, tensor, 0);
    const size_t at = mote_fb_put_row(out, &row);
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_TENSOR_MAP_NAME), mote_fb_put_string(out, name));
    return at;
}

static size_t put_args(mote_fb_writer *out, const mote_signature_arg *args, int32_t n)
{
    const size_t vec = mote_fb_put_ref_vec(out, (size_t)n);
    for (int32_t i = 0; i < n; ++i)
        mote_fb_link(out, vec + 4 + 4 * (size_t)i, put_arg(out, args[i].name, args[i].tensor));
    return vec;
}

static size_t put_default_args(mote_fb_writer *out, const mote_graph *graph, const int32_t *tensors, int32_t n,
                               const char *kind)
{
    const size_t vec = mote_fb_put_ref_vec(out, (size_t)n);
    for (int32_t i = 0; i < n; ++i) {
        char name[NAME_BYTES];
        default_name(graph, tensors, i, kind, name);
        mote_fb_link(out, vec + 4 + 4 * (size_t)i, put_arg(out, name, tensors[i]));
    }
    return vec;
}

/* signature NULL: "serving_default" over the main graph. */
static size_t put_signature(mote_tflite_writer *writer, const mote_signature *signature)
{
    mote_fb_writer *out = &writer->out;
    const mote_graph *graph = writer->model->graphs[0];
    mote_fb_row row = {0};
    mote_fb_row_ref(&row, TFL_SIGNATURE_INPUTS);
    mote_fb_row_ref(&row, TFL_SIGNATURE_OUTPUTS);
    mote_fb_row_ref(&row, TFL_SIGNATURE_KEY);
    mote_fb_row_i32(&row, TFL_SIGNATURE_GRAPH, signature != NULL ? signature->graph : 0, 0);
    const size_t at = mote_fb_put_row(out, &row);
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_SIGNATURE_INPUTS),
                 signature != NULL ? put_args(out, signature->inputs, signature->n_inputs)
                                   : put_default_args(out, graph, graph->inputs, graph->n_inputs, "input"));
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_SIGNATURE_OUTPUTS),
                 signature != NULL ? put_args(out, signature->outputs, signature->n_outputs)
                                   : put_default_args(out, graph, graph->outputs, graph->n_outputs, "output"));
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_SIGNATURE_KEY),
                 mote_fb_put_string(out, signature != NULL ? signature->key : "serving_default"));
    return at;
}

size_t mote_tflite_put_signatures(mote_tflite_writer *writer)
{
    const mote_model *model = writer->model;
    /* a foreign file without signatures stays without; what mote makes has one */
    const bool made_up = model->n_signatures == 0 && (model->source == NULL || strcmp(model->source, "tflite") != 0);
    const int32_t n = made_up ? 1 : model->n_signatures;
    const size_t vec = mote_fb_put_ref_vec(&writer->out, (size_t)n);
    for (int32_t i = 0; i < n; ++i)
        mote_fb_link(&writer->out, vec + 4 + 4 * (size_t)i,
                     put_signature(writer, made_up ? NULL : &model->signatures[i]));
    return vec;
}

/* --- metadata --- */

static const char made_by[] = "made by mote " MOTE_VERSION;

/* What the writer itself knows better than the model: made anew, or left out. */
static bool is_own(const char *name)
{
    return strcmp(name, "min_runtime_version") == 0 || strcmp(name, "made_by") == 0 ||
           strcmp(name, "buffer_location") == 0; /* says that buffers lie outside: here they never do */
}

static size_t put_metadata(mote_fb_writer *out, const char *name, int32_t buffer)
{
    mote_fb_row row = {0};
    mote_fb_row_ref(&row, TFL_METADATA_NAME);
    mote_fb_row_i32(&row, TFL_METADATA_BUFFER, buffer, 0);
    const size_t at = mote_fb_put_row(out, &row);
    mote_fb_link(out, mote_fb_row_slot(&row, TFL_METADATA_NAME), mote_fb_put_string(out, name));
    return at;
}

static mote_runtime_version needed_version(const mote_tflite_writer *writer)
{
    mote_runtime_version needed = {0};
    for (int32_t i = 0; i < writer->n_codes; ++i)
        needed =
            mote_runtime_version_max(needed, mote_runtime_version_find(writer->codes[i].op, writer->codes[i].version));
    return needed;
}

size_t mote_tflite_put_metadata(mote_tflite_writer *writer)
{
    const mote_model *model = writer->model;
    mote_fb_writer *out = &writer->out;
    size_t n = 2;
    for (int32_t i = 0; i < model->n_metadata; ++i)
        n += !is_own(model->metadata[i].name);
    const size_t vec = mote_fb_put_ref_vec(out, n);
    mote_runtime_version_format(needed_version(writer), writer->needed_version);
    mote_fb_link(out, vec + 4,
                 put_metadata(out, "min_runtime_version",
                              mote_tflite_add_blob(writer, writer->needed_version, MOTE_RUNTIME_VERSION_BYTES, false)));
    mote_fb_link(out, vec + 8,
                 put_metadata(out, "made_by", mote_tflite_add_blob(writer, made_by, sizeof made_by - 1, false)));
    size_t at = vec + 12;
    for (int32_t i = 0; i < model->n_metadata; ++i) {
        const mote_metadata *metadata = &model->metadata[i];
        if (is_own(metadata->name))
            continue;
        const int32_t blob = mote_tflite_add_blob(writer, metadata->data, metadata->n_bytes, false);
        mote_fb_link(out, at, put_metadata(out, metadata->name, blob));
        at += 4;
    }
    return vec;
}
