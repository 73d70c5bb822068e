#include "data/tfrecord.h"

uint32_t mote_crc32c(const void *bytes, size_t n_bytes)
{
    const unsigned char *b = bytes;
    uint32_t crc = ~0u;
    /* Four bits at a time: a table of 16 needs no set-up and no global. */
    static const uint32_t table[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
        0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    for (size_t i = 0; i < n_bytes; i++) {
        crc ^= b[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

uint32_t mote_crc32c_masked(const void *bytes, size_t n_bytes)
{
    const uint32_t crc = mote_crc32c(bytes, n_bytes);
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

static uint32_t load_u32(const unsigned char *b)
{
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

mote_status mote_tfrecord_next(const unsigned char *bytes, size_t n_bytes, size_t *at, size_t *data_at, size_t *n_data,
                               mote_error *err)
{
    const size_t begin = *at, rest = n_bytes - begin;
    if (rest < 16)
        return mote_error_set(err, MOTE_FORMAT, "byte %zu: the file ends inside a record", begin);
    const unsigned char *b = bytes + begin;
    if (load_u32(b + 8) != mote_crc32c_masked(b, 8))
        return mote_error_set(err, MOTE_FORMAT, "byte %zu: the record's length has a wrong checksum", begin);
    const uint64_t length = (uint64_t)load_u32(b) | (uint64_t)load_u32(b + 4) << 32;
    if (length > rest - 16)
        return mote_error_set(err, MOTE_FORMAT, "byte %zu: the file ends inside a record", begin);
    *data_at = begin + 12;
    *n_data = (size_t)length;
    *at = begin + 16 + (size_t)length;
    return MOTE_OK;
}

mote_status mote_tfrecord_check(const unsigned char *bytes, size_t data_at, size_t n_data, mote_error *err)
{
    if (load_u32(bytes + data_at + n_data) != mote_crc32c_masked(bytes + data_at, n_data))
        return mote_error_set(err, MOTE_FORMAT, "byte %zu: the record has a wrong checksum", data_at);
    return MOTE_OK;
}
