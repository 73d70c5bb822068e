/*
 * TFRecord framing:  | length, 8 | masked CRC32C of the length, 4 | data, length | masked CRC32C of the data, 4 | …
 * all little-endian.
 */
#ifndef MOTE_DATA_TFRECORD_H
#define MOTE_DATA_TFRECORD_H

#include <mote/status.h>

#include <stddef.h>
#include <stdint.h>

/* CRC32C (Castagnoli, reflected polynomial 0x82f63b78), and TFRecord's masked form of it. */
uint32_t mote_crc32c(const void *bytes, size_t n_bytes);
uint32_t mote_crc32c_masked(const void *bytes, size_t n_bytes);

/* The record at *at; moves *at behind it. *n_data says its length. MOTE_FORMAT when it is damaged or cut off. */
mote_status mote_tfrecord_next(const unsigned char *bytes, size_t n_bytes, size_t *at, size_t *data_at, size_t *n_data,
                               mote_error *err);
/* Checks the data's own checksum, which _next leaves alone. */
mote_status mote_tfrecord_check(const unsigned char *bytes, size_t data_at, size_t n_data, mote_error *err);

#endif
