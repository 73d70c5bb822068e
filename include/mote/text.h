/* Text from files and file names, which may be any bytes, made safe to show. */
#ifndef MOTE_TEXT_H
#define MOTE_TEXT_H

#include <mote/api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Copies text into clean, cut where a character ends, always terminated: valid UTF-8 without control characters, '?' in
 * the place of each byte that is not (newlines and tabs too). n_bytes >= 1. clean may be text itself. Returns clean. */
MOTE_API const char *mote_text_clean(char *clean, size_t n_bytes, const char *text);

/* Of valid UTF-8: characters, and how many bytes the first n of them have (all bytes where there are fewer). */
MOTE_API size_t mote_text_length(const char *text);
MOTE_API size_t mote_text_bytes(const char *text, size_t n_characters);

/* Whether a name ends so (".npy"), in whatever case. */
MOTE_API bool mote_text_ends_with(const char *text, const char *ending);

/* A size in units of 1000, three digits of it: "480 kB". Returns text. */
enum { MOTE_SIZE_TEXT_BYTES = 32 };
MOTE_API const char *mote_text_size(int64_t n_bytes, char text[MOTE_SIZE_TEXT_BYTES]);

#ifdef __cplusplus
}
#endif
#endif
