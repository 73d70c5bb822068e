/* Per-tensor quantization as operators use it, and the loops' promise to the vectorizer. */
#ifndef MOTE_OP_OP_QUANT_H
#define MOTE_OP_OP_QUANT_H

#include "kernels/fixed_point.h"
#include "op/op.h"

/* Before a loop whose output overlaps an input only element on element: no dependence between rounds.
 * (clang's like would warn wherever it then finds no vector code.) */
#if defined(__GNUC__) && !defined(__clang__)
#define MOTE_LOOP_INDEPENDENT _Pragma("GCC ivdep")
#else
#define MOTE_LOOP_INDEPENDENT
#endif

/* How many elements a thread takes at least. */
enum { MOTE_ELEMENTS_GRAIN = 16384 };

static inline bool mote_is_quantized(const mote_tensor *tensor)
{
    return tensor->quant.n > 0;
}

/* Half precision and bfloat16: computed in float, each result rounded. */
static inline bool mote_is_half(mote_dtype dtype)
{
    return dtype == MOTE_FLOAT16 || dtype == MOTE_BFLOAT16;
}

/* The first scale; 0 when not quantized. */
static inline float mote_scale_of(const mote_tensor *tensor)
{
    return tensor->quant.n > 0 ? tensor->quant.scale[0] : 0.0f;
}

/* The first zero point, within int32; 0 when not quantized. */
static inline int32_t mote_zero_of(const mote_tensor *tensor)
{
    return tensor->quant.n > 0 && tensor->quant.zero_point ? (int32_t)tensor->quant.zero_point[0] : 0;
}

/* The codes that an integer type of at most 32 bits can hold (INT8, UINT8, INT16, …). */
int32_t mote_dtype_lowest(mote_dtype dtype);
int32_t mote_dtype_highest(mote_dtype dtype);

/* [min, max] of a fused activation on float; without one the range of finite floats. */
void mote_activation_range_f32(int32_t activation, float *min, float *max);
/* [min, max] of a fused activation on plain integers; [lowest, highest] where the activation has no bound. */
void mote_activation_range_i64(int32_t activation, int64_t lowest, int64_t highest, int64_t *min, int64_t *max);
/* [min, max] of a fused activation in the codes of a quantized tensor. */
void mote_activation_range_quant(int32_t activation, const mote_tensor *output, int32_t *min, int32_t *max);

/* Refuses a tensor whose quantization an operator cannot use: MOTE_UNSUPPORTED unless it has exactly one
 * scale > 0 and a zero point within its type. `what` names it in the message. */
mote_status mote_need_per_tensor(const mote_tensor *tensor, const char *what, mote_error *err);
/* As above for int16 and wider, where the zero point must be 0. */
mote_status mote_need_symmetric(const mote_tensor *tensor, const char *what, mote_error *err);

#endif
