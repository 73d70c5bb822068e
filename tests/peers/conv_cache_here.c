/*
 * In place of src/op/conv_2d/conv_cache.c, for mote_here: this processor's caches, for which TensorFlow's converter
 * cuts products on this machine.
 */
#include <unistd.h>

#include "op/conv_2d/conv_parts.h"

mote_conv_caches mote_conv_caches_of_converter(void)
{
    return (mote_conv_caches){.first = sysconf(_SC_LEVEL1_DCACHE_SIZE), .second = sysconf(_SC_LEVEL2_CACHE_SIZE)};
}
