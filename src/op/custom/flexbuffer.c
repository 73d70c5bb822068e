/*
 * FlexBuffers end with the root: its value, its packed type, its width in bytes. A packed type is type << 2 | log2 of
 * the width of what it refers to. References are unsigned distances backwards. A map at p, with elements of w bytes:
 *
 *   p - 3w  reference to the keys   p - 2w  width of the keys' references   p - w  number of elements
 *   p       the elements            p + n w  their packed types, one byte each
 */
#include "op/custom/flexbuffer.h"

#include <string.h>

enum { FLEX_INT = 1, FLEX_UINT = 2, FLEX_FLOAT = 3, FLEX_INDIRECT_INT = 6, FLEX_INDIRECT_FLOAT = 8, FLEX_MAP = 9 };
enum { FLEX_BOOL = 26 };

typedef struct span {
    const uint8_t *bytes;
    size_t n;
} span;

static bool is_inside(const span *all, size_t at, size_t n)
{
    return at <= all->n && n <= all->n - at;
}

static bool read_uint(const span *all, size_t at, size_t width, uint64_t *value)
{
    if ((width != 1 && width != 2 && width != 4 && width != 8) || !is_inside(all, at, width))
        return false;
    *value = 0;
    for (size_t i = width; i > 0; i--)
        *value = *value << 8 | all->bytes[at + i - 1];
    return true;
}

static bool follow(const span *all, size_t at, size_t width, size_t *target)
{
    uint64_t distance;
    if (!read_uint(all, at, width, &distance) || distance > at)
        return false;
    *target = at - (size_t)distance;
    return true;
}

static bool read_number(const span *all, size_t at, size_t width, uint8_t packed, double *value)
{
    uint8_t type = packed >> 2;
    if (type >= FLEX_INDIRECT_INT && type <= FLEX_INDIRECT_FLOAT) {
        if (!follow(all, at, width, &at))
            return false;
        width = (size_t)1 << (packed & 3);
        type = (uint8_t)(type - FLEX_INDIRECT_INT + FLEX_INT);
    }
    uint64_t bits;
    if (!read_uint(all, at, width, &bits))
        return false;
    if (type == FLEX_UINT || type == FLEX_BOOL) {
        *value = (double)bits;
    } else if (type == FLEX_INT) {
        const uint64_t sign = (uint64_t)1 << (8 * width - 1);
        *value = (double)(int64_t)((bits ^ sign) - sign);
    } else if (type == FLEX_FLOAT && width == 4) {
        const uint32_t low = (uint32_t)bits;
        float real;
        memcpy(&real, &low, sizeof real);
        *value = (double)real;
    } else if (type == FLEX_FLOAT && width == 8) {
        memcpy(value, &bits, sizeof *value);
    } else {
        return false;
    }
    return true;
}

static bool is_key(const span *all, size_t at, const char *key)
{
    const size_t n = strlen(key) + 1;
    return is_inside(all, at, n) && memcmp(all->bytes + at, key, n) == 0;
}

bool mote_flex_find_number(const uint8_t *bytes, size_t n, const char *key, double *value)
{
    const span all = {bytes, n};
    if (n < 3)
        return false;
    const size_t root_width = bytes[n - 1];
    const uint8_t root_type = bytes[n - 2];
    size_t map, keys;
    if (root_width > n - 2 || root_type >> 2 != FLEX_MAP || !follow(&all, n - 2 - root_width, root_width, &map))
        return false;
    const size_t width = (size_t)1 << (root_type & 3);
    uint64_t key_width, count;
    if (map < 3 * width || !follow(&all, map - 3 * width, width, &keys) ||
        !read_uint(&all, map - 2 * width, width, &key_width) || !read_uint(&all, map - width, width, &count) ||
        count > n)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t name;
        if (!follow(&all, keys + i * (size_t)key_width, (size_t)key_width, &name))
            return false;
        const size_t type = map + (size_t)count * width + i;
        if (is_key(&all, name, key))
            return is_inside(&all, type, 1) && read_number(&all, map + i * width, width, bytes[type], value);
    }
    return false;
}

int32_t mote_flex_find_i32(const uint8_t *bytes, size_t n, const char *key, int32_t fallback)
{
    double value = fallback;
    mote_flex_find_number(bytes, n, key, &value);
    return value >= 2147483647.0 ? INT32_MAX : value > -2147483648.0 ? (int32_t)value : INT32_MIN;
}

float mote_flex_find_f32(const uint8_t *bytes, size_t n, const char *key, float fallback)
{
    double value = (double)fallback;
    mote_flex_find_number(bytes, n, key, &value);
    return (float)value;
}
