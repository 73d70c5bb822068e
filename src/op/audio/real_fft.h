/* The discrete Fourier transform of real values in double precision, n a power of two and at least 2. */
#ifndef MOTE_OP_AUDIO_REAL_FFT_H
#define MOTE_OP_AUDIO_REAL_FFT_H

#include <stdint.h>

/* n values: cos and sin of 2 pi k / n for k = 0 ... n / 2 - 1, in pairs. */
void mote_real_fft_angles(int32_t n, double *angles);

/* values holds x[0 ... n - 1] and room for two more; afterwards the pairs (real, imaginary) of
 * X[k] = sum x[j] exp(-2 pi i j k / n), k = 0 ... n / 2. */
void mote_real_fft(int32_t n, const double *angles, double *values);

#endif
