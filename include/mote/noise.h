/* Where on its way through a network a quantized form loses the signal: the signal to noise ratio of every activation
 * that two forms of a network have in common, over a few photos. */
#ifndef MOTE_NOISE_H
#define MOTE_NOISE_H

#include <mote/data.h>
#include <mote/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mote_noise {
    int32_t n_layers;
    double *sqnr_db;  /* n_layers, from the input to the output; at most MOTE_DIFF_MAX_DB */
    int64_t n_photos; /* measured on */
    int32_t drowned;  /* the layer from which on the error is mostly a third of the signal or more (10 dB); -1: none */
    char drowned_name[96], drowned_op[32];
    const mote_allocator *allocator;
} mote_noise;

/* Both models as they run, with one image input. Takes the first n_photos of the slice that can be decoded. MOTE_SHAPE:
 * the models are not forms of one network. Free with mote_noise_free, also after an error. */
MOTE_API mote_status mote_noise_measure(mote_noise *noise, const mote_model *reference, const mote_model *form,
                                        const mote_dataset *dataset, const mote_slice *slice, mote_pixels pixels,
                                        int64_t n_photos, int32_t n_threads, const mote_allocator *allocator,
                                        mote_error *err);
MOTE_API void mote_noise_free(mote_noise *noise);
/* The layer from which on at least three quarters of all are below 10 dB, itself among them; -1: none. */
MOTE_API int32_t mote_noise_find_drowned(const double *sqnr_db, int32_t n_layers);

#ifdef __cplusplus
}
#endif
#endif
