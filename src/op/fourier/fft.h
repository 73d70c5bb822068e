/* Discrete Fourier transforms in double precision, of lengths that are powers of two. */
#ifndef MOTE_OP_FOURIER_FFT_H
#define MOTE_OP_FOURIER_FFT_H

#include <stdint.h>

typedef struct mote_complex {
    double real, imaginary;
} mote_complex;

/* The turns of the circle that a transform needs: e^(-2 pi i k / n) for k < n / 2. */
typedef struct mote_fft_roots {
    int32_t n;
    const mote_complex *roots;
} mote_fft_roots;

void mote_fft_make_roots(int32_t n, mote_complex *roots);

/* In place: X[k] = sum x[j] e^(-2 pi i j k / n). The roots are those of n or of a multiple of it. */
void mote_fft(int32_t n, const mote_fft_roots *roots, mote_complex *x);

/* values: n >= 2 real numbers x[j] and room for two more; afterwards X[k], k = 0 … n / 2. */
void mote_real_fft(int32_t n, const mote_fft_roots *roots, double *values);

#endif
