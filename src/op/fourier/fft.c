/*
 * Radix 2 after Cooley and Tukey. Of real values the even and the odd ones make real and imaginary parts of a transform
 * of half the length; its result splits into those of the even and of the odd values, which join by one more butterfly.
 */
#include "op/fourier/fft.h"

#include <math.h>

void mote_fft_make_roots(int32_t n, mote_complex *roots)
{
    for (int32_t k = 0; k < n / 2; k++) {
        const double angle = -6.283185307179586476925286766559 * k / n;
        roots[k] = (mote_complex){cos(angle), sin(angle)};
    }
}

static mote_complex add(mote_complex a, mote_complex b)
{
    return (mote_complex){a.real + b.real, a.imaginary + b.imaginary};
}

static mote_complex subtract(mote_complex a, mote_complex b)
{
    return (mote_complex){a.real - b.real, a.imaginary - b.imaginary};
}

static mote_complex multiply(mote_complex a, mote_complex b)
{
    return (mote_complex){a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real};
}

static void swap_by_reversed_bits(int32_t n, mote_complex *x)
{
    for (int32_t i = 1, j = 0; i < n; i++) {
        int32_t bit = n >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            const mote_complex held = x[i];
            x[i] = x[j];
            x[j] = held;
        }
    }
}

void mote_fft(int32_t n, const mote_fft_roots *roots, mote_complex *x)
{
    swap_by_reversed_bits(n, x);
    for (int32_t half = 1; half < n; half *= 2) {
        const int64_t step = roots->n / (2 * half);
        for (int32_t begin = 0; begin < n; begin += 2 * half)
            for (int32_t k = 0; k < half; k++) {
                mote_complex *a = &x[begin + k], *b = a + half;
                const mote_complex turned = multiply(*b, roots->roots[k * step]);
                *b = subtract(*a, turned);
                *a = add(*a, turned);
            }
    }
}

void mote_real_fft(int32_t n, const mote_fft_roots *roots, double *values)
{
    const int32_t m = n / 2;
    const int64_t step = roots->n / n;
    mote_complex *z = (mote_complex *)(void *)values;
    mote_fft(m, roots, z);
    const double even_sum = z[0].real, odd_sum = z[0].imaginary;
    z[0] = (mote_complex){even_sum + odd_sum, 0};
    z[m] = (mote_complex){even_sum - odd_sum, 0};
    for (int32_t k = 1; k <= m / 2; k++) {
        const mote_complex a = z[k], mirrored = {z[m - k].real, -z[m - k].imaginary};
        const mote_complex sum = add(a, mirrored), difference = subtract(a, mirrored);
        const mote_complex even = {sum.real / 2, sum.imaginary / 2};
        const mote_complex odd = {difference.imaginary / 2, -difference.real / 2};
        const mote_complex turned = multiply(odd, roots->roots[k * step]), other = subtract(even, turned);
        z[k] = add(even, turned);
        z[m - k] = (mote_complex){other.real, -other.imaginary};
    }
}
