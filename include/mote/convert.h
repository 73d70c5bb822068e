/* From a trained model to a .tflite model: lowering, folding, fusing, and quantization by TFLite's rules. */
#ifndef MOTE_CONVERT_H
#define MOTE_CONVERT_H

#include <mote/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mote_format {
    MOTE_FORMAT_FLOAT32,
    MOTE_FORMAT_FLOAT16,
    MOTE_FORMAT_DYNAMIC,
    MOTE_FORMAT_INT8,
    MOTE_FORMAT_INT16X8,
    MOTE_FORMAT_COUNT
} mote_format;
MOTE_API const char *mote_format_name(mote_format format); /* "int16x8" */
MOTE_API bool mote_format_parse(const char *text, mote_format *format);

/* Gives calibration examples one after another; memory does not grow with their number. */
typedef struct mote_calibration_source {
    /* Points inputs[i] (float32, the model's whole input shape) at the next example; *more false at the end.
     * Borrowed until the next call. */
    mote_status (*next)(void *arg, int32_t n_inputs, const float **inputs, bool *more, mote_error *err);
    void *arg;
} mote_calibration_source;

typedef struct mote_convert_options {
    mote_format format;
    mote_dtype input_type, output_type; /* FLOAT32, INT8, UINT8 or INT16; FLOAT32 leaves QUANTIZE/DEQUANTIZE in */
    const mote_calibration_source *calibration; /* int8 and int16x8 need it */
    int32_t n_threads;
    void (*on_warning)(void *arg, const char *text); /* may be NULL */
    void *on_warning_arg;
    const mote_allocator *allocator;
} mote_convert_options;
MOTE_API mote_convert_options mote_convert_options_default(mote_format format);

/* model stays as it is; *out is new (mote_model_free). */
MOTE_API mote_status mote_convert(const mote_model *model, const mote_convert_options *options, mote_model **out,
                                  mote_error *err);
/* A float model that runs: training-only operators lowered, everything foldable folded. What `evaluate` runs for .h5.
 */
MOTE_API mote_status mote_lower(const mote_model *model, const mote_allocator *allocator, mote_model **out,
                                mote_error *err);
/* How often two forms of a model answer (the largest output; for one output, above a half) the same. */
typedef struct mote_agreement {
    int64_t n, n_differ;
    bool comparable; /* both have one output of scores */
} mote_agreement;
/* Runs both over the source's examples. Either may be in training form. */
MOTE_API mote_status mote_convert_check(const mote_model *model, const mote_model *converted,
                                        const mote_calibration_source *source, int32_t n_threads,
                                        mote_agreement *agreement, mote_error *err);
/* "float32", "float16", "dynamic", "int8", "int16x8", "mixed": by the tensors that are there. */
MOTE_API const char *mote_model_format_name(const mote_model *model);

#ifdef __cplusplus
}
#endif
#endif
