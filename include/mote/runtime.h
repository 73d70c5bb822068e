/*
 * The interpreter. Planning (shapes, kernels, packing, one arena) happens once; invoke allocates nothing
 * unless the network has data-dependent shapes.
 */
#ifndef MOTE_RUNTIME_H
#define MOTE_RUNTIME_H

#include <mote/graph.h>
#include <mote/thread.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mote_runtime mote_runtime;

typedef struct mote_runtime_options {
    int32_t n_threads;  /* <= 0: mote_cpu_count(); ignored when pool is given */
    mote_pool *pool;    /* borrowed, may be NULL */
    bool keep_all;      /* every activation keeps its memory: for diff, calibration, golden tests */
    bool profile;       /* measure each node */
    bool reference;     /* only the reference kernels */
    size_t limit_bytes; /* MOTE_LIMIT when a plan, or a network that runs, needs more than this; 0: the model's */
    /* MOTE_LIMIT when one invoke is still calling graphs after so long (a WHILE that does not end); 0: the model's.
     * What runs without loops ends by itself. */
    int32_t limit_loops_ms;
    const mote_allocator *allocator;
} mote_runtime_options;
MOTE_API mote_runtime_options mote_runtime_options_default(void);

/* model is borrowed and must outlive the runtime; several runtimes may share one model. Refuses at this point, by name
 * and version, whatever it cannot run. options may be NULL. */
MOTE_API mote_status mote_runtime_new(mote_runtime **runtime, const mote_model *model,
                                      const mote_runtime_options *options, mote_error *err);
MOTE_API void mote_runtime_free(mote_runtime *runtime);
/* Sees an operator that a runtime refuses, and why; the text is borrowed for the call. */
typedef void mote_refusal_fn(void *arg, int32_t graph, int32_t node, const char *why);
/* What mote_runtime_new says of a model with these options (NULL: the default ones), with every refused operator of
 * every graph given to `refused`: those that mote does not know in their version, or when it knows all, those it has no
 * kernel for. Each graph by itself keeps within the limit. */
MOTE_API mote_status mote_runtime_check(const mote_model *model, const mote_runtime_options *options,
                                        mote_refusal_fn *refused, void *arg, mote_error *err);

/* Enters at a signature (NULL: graphs[0]). Default: graphs[0]. */
MOTE_API mote_status mote_runtime_select_signature(mote_runtime *runtime, const char *key, mote_error *err);
MOTE_API int32_t mote_runtime_n_inputs(const mote_runtime *runtime);
MOTE_API int32_t mote_runtime_n_outputs(const mote_runtime *runtime);
/* Asks for another input shape; takes effect at the next plan. */
MOTE_API mote_status mote_runtime_resize_input(mote_runtime *runtime, int32_t input, const mote_shape *shape,
                                               mote_error *err);
/* Plans (idempotent): afterwards sizes are known but no activation memory is allocated yet. */
MOTE_API mote_status mote_runtime_plan(mote_runtime *runtime, mote_error *err);
MOTE_API size_t mote_runtime_arena_bytes(const mote_runtime *runtime);
MOTE_API size_t mote_runtime_weights_bytes(const mote_runtime *runtime); /* constants and packed copies */
/* Allocates what plan promised (plans first if needed). Input data pointers are valid afterwards. */
MOTE_API mote_status mote_runtime_allocate(mote_runtime *runtime, mote_error *err);
/* The tensors to fill and to read; data is valid from allocate until the next allocate or free. An input of a string
 * type or of data-dependent size is set with mote_runtime_set_input. Outputs may move with each invoke. Without
 * keep_all memory is used again: invoke may overwrite the inputs (fill them each time), and filling them the last
 * outputs. */
MOTE_API mote_tensor *mote_runtime_input(mote_runtime *runtime, int32_t input);
MOTE_API const mote_tensor *mote_runtime_output(const mote_runtime *runtime, int32_t output);
MOTE_API mote_status mote_runtime_set_input(mote_runtime *runtime, int32_t input, const mote_shape *shape,
                                            const void *data, size_t n_bytes, mote_error *err);
MOTE_API mote_status mote_runtime_invoke(mote_runtime *runtime, mote_error *err);
/* Clears variables (LSTM states, resources) to their initial value. */
MOTE_API mote_status mote_runtime_reset(mote_runtime *runtime, mote_error *err);
/* Any tensor of the entered graph after invoke; without keep_all NULL for those whose memory was used again. */
MOTE_API const mote_tensor *mote_runtime_tensor(const mote_runtime *runtime, int32_t tensor);

/* Nanoseconds per node of graphs[0] since the last reset, with profile; NULL without. */
MOTE_API const int64_t *mote_runtime_profile_ns(const mote_runtime *runtime);
MOTE_API void mote_runtime_profile_reset(mote_runtime *runtime);

/* --- values at the door --- */
/* float -> the tensor's type: round(x / scale) + zero_point, clamped; half away from zero... never a bare cast. */
MOTE_API mote_status mote_tensor_from_float(mote_tensor *tensor, const float *values, int64_t n);
/* any numeric type -> float: scale * (q - zero_point) where quantized. */
MOTE_API mote_status mote_tensor_to_float(const mote_tensor *tensor, float *values, int64_t n);

#ifdef __cplusplus
}
#endif
#endif
