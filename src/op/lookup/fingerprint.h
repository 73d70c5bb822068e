/* FarmHash's 64-bit fingerprint of bytes, by which LSH_PROJECTION tells inputs apart. */
#ifndef MOTE_OP_LOOKUP_FINGERPRINT_H
#define MOTE_OP_LOOKUP_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

uint64_t mote_fingerprint(const void *bytes, size_t n);

#endif
