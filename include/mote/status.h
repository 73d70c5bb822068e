/*
 * How everything fallible in mote reports: a status code, and for calls on files and graphs a
 * mote_error with one line of text that says where, what, and what to do.
 */
#ifndef MOTE_STATUS_H
#define MOTE_STATUS_H

#include <mote/api.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mote_status {
#define MOTE_STATUS(name, text) MOTE_##name,
#include <mote/status_list.inc>
#undef MOTE_STATUS
} mote_status;

enum { MOTE_ERROR_TEXT_BYTES = 512 };

/* A value type, no ownership. message is "" while code is MOTE_OK; it never holds a newline. */
typedef struct mote_error {
    mote_status code;
    char message[MOTE_ERROR_TEXT_BYTES];
} mote_error;

/* A short general text for a code, never NULL. */
MOTE_API const char *mote_status_text(mote_status status);

/* Fills err (which may be NULL) and returns code, so that a caller can `return mote_error_set(…)`.
 * The result is cleaned as mote_text_clean does it: file names and tensor names are hostile. */
MOTE_API mote_status mote_error_set(mote_error *err, mote_status code, const char *format, ...) MOTE_PRINTF(3, 4);

/* The same for MOTE_NO_MEMORY, "out of memory". */
MOTE_API mote_status mote_error_no_memory(mote_error *err);

/* Puts "<text>: " before the message that is there: callers add file, layer or tensor on the way up.
 * Returns err->code, or `code` when err is NULL. */
MOTE_API mote_status mote_error_prefix(mote_error *err, mote_status code, const char *format, ...) MOTE_PRINTF(3, 4);

/* Back to MOTE_OK and an empty message. */
MOTE_API void mote_error_clear(mote_error *err);

#ifdef __cplusplus
}
#endif
#endif
