#include "kernels/kernels.h"

#include <mote/cpu.h>

void mote_kernels_select(uint32_t features, mote_kernels *kernels)
{
    kernels->in_converters_order = false;
    /* Later rows are stronger: each that the processor can run replaces the one before. */
#define MOTE_KERNEL(slot, name, needs, n, k)                                                                           \
    if ((features & (uint32_t)(needs)) == (uint32_t)(needs)) {                                                         \
        kernels->slot.variant = #name;                                                                                 \
        kernels->slot.run = mote_##slot##__##name;                                                                     \
        kernels->slot.nr = n;                                                                                          \
        kernels->slot.kr = k;                                                                                          \
    }
#include "kernels/kernels.inc"
#undef MOTE_KERNEL
}
