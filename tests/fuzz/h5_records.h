/* What follows libhdf5: the parent's reading of the child's records, and all that mote makes of a Keras file then. */
#ifndef MOTE_TESTS_FUZZ_H5_RECORDS_H
#define MOTE_TESTS_FUZZ_H5_RECORDS_H

#include <stddef.h>

void h5_records_read(const void *records, size_t n_bytes);

#endif
