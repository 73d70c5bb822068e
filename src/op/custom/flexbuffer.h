/* Options of custom operators that are FlexBuffers: a map of names to numbers at the root. */
#ifndef MOTE_OP_CUSTOM_FLEXBUFFER_H
#define MOTE_OP_CUSTOM_FLEXBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The number or bool under a key into value; false, and value as it was, when there is none. Reads nothing outside of
 * the n bytes, whatever they hold. */
bool mote_flex_find_number(const uint8_t *bytes, size_t n, const char *key, double *value);

/* As an int32, what lies beyond its range at its end; fallback when there is none. */
int32_t mote_flex_find_i32(const uint8_t *bytes, size_t n, const char *key, int32_t fallback);
float mote_flex_find_f32(const uint8_t *bytes, size_t n, const char *key, float fallback);

#endif
