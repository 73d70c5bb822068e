/*
 * Even and odd values as real and imaginary parts make a complex transform of half the length (Cooley and Tukey, in
 * place); its result splits into those of the even and of the odd values, which join by one more butterfly.
 */
#include "op/audio/real_fft.h"

#include <math.h>

static const double TWO_PI = 6.283185307179586476925;

void mote_real_fft_angles(int32_t n, double *angles)
{
    for (int32_t k = 0; k < n / 2; k++) {
        angles[2 * k] = cos(TWO_PI * k / n);
        angles[2 * k + 1] = sin(TWO_PI * k / n);
    }
}

static void swap(double *a, double *b)
{
    const double t = *a;
    *a = *b;
    *b = t;
}

/* Number i goes to where its bits read backwards. */
static void reverse_bits(int32_t m, double *z)
{
    for (int32_t i = 1, j = 0; i < m; i++) {
        int32_t bit = m >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j |= bit;
        if (i < j) {
            swap(&z[2 * i], &z[2 * j]);
            swap(&z[2 * i + 1], &z[2 * j + 1]);
        }
    }
}

/* m complex numbers; `angles` are those of 2 m values, so every second one is an angle of m. */
static void complex_fft(int32_t m, const double *angles, double *z)
{
    reverse_bits(m, z);
    for (int32_t half = 1; half < m; half *= 2) {
        const int32_t step = m / half; /* between angles, of which there are 2 m to the circle */
        for (int32_t block = 0; block < m; block += 2 * half)
            for (int32_t k = 0; k < half; k++) {
                double *a = z + 2 * (block + k), *b = a + 2 * half;
                const double c = angles[2 * (int64_t)k * step], s = angles[2 * (int64_t)k * step + 1];
                const double re = b[0] * c + b[1] * s, im = b[1] * c - b[0] * s;
                b[0] = a[0] - re, b[1] = a[1] - im;
                a[0] += re, a[1] += im;
            }
    }
}

void mote_real_fft(int32_t n, const double *angles, double *values)
{
    const int32_t m = n / 2;
    complex_fft(m, angles, values);
    const double even = values[0], odd = values[1];
    values[0] = even + odd, values[1] = 0;
    values[n] = even - odd, values[n + 1] = 0;
    for (int32_t k = 1; k <= m / 2; k++) {
        double *a = values + 2 * k, *b = values + 2 * (m - k);
        const double c = angles[2 * k], s = angles[2 * k + 1];
        /* of the even values and of the odd ones */
        const double even_re = (a[0] + b[0]) / 2, even_im = (a[1] - b[1]) / 2;
        const double odd_re = (a[1] + b[1]) / 2, odd_im = (b[0] - a[0]) / 2;
        const double re = odd_re * c + odd_im * s, im = odd_im * c - odd_re * s;
        a[0] = even_re + re, a[1] = even_im + im;
        b[0] = even_re - re, b[1] = im - even_im;
    }
}
