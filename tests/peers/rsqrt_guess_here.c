/*
 * In place of src/pass/rsqrt_guess.c, for mote_here: what this processor answers, as TensorFlow's converter asks it on
 * this machine. AMD's answer otherwise than Intel's. What mote writes must not depend on where it runs, and is what
 * Intel's give; this one shows that nothing else differs from TensorFlow.
 */
#include <xmmintrin.h>

#include "pass/fold_rsqrt.h"

float mote_rsqrt_guess(float x)
{
    return _mm_cvtss_f32(_mm_rsqrt_ss(_mm_set_ss(x)));
}
