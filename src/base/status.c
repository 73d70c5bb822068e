#include <mote/status.h>
#include <mote/text.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const STATUS_TEXTS[] = {
#define MOTE_STATUS(name, text) text,
#include <mote/status_list.inc>
#undef MOTE_STATUS
};

const char *mote_status_text(mote_status status)
{
    const size_t n = sizeof STATUS_TEXTS / sizeof STATUS_TEXTS[0];
    return (size_t)status < n ? STATUS_TEXTS[status] : "unknown error";
}

/* One line, whatever names a hostile file put into it. */
static void clean(mote_error *err)
{
    mote_text_clean(err->message, sizeof err->message, err->message);
}

mote_status mote_error_set(mote_error *err, mote_status code, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        err->code = code;
        if (vsnprintf(err->message, sizeof err->message, format, args) < 0)
            err->message[0] = '\0';
        va_end(args);
        clean(err);
    }
    return code;
}

/* Cuts what does not fit. */
static void append_text(char text[MOTE_ERROR_TEXT_BYTES], const char *more)
{
    const size_t used = strlen(text);
    const size_t room = MOTE_ERROR_TEXT_BYTES - 1 - used;
    const size_t n = strnlen(more, room);
    memcpy(text + used, more, n);
    text[used + n] = '\0';
}

mote_status mote_error_prefix(mote_error *err, mote_status code, const char *format, ...)
{
    if (!err)
        return code;
    char text[MOTE_ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0)
        return err->code;
    append_text(text, ": ");
    append_text(text, err->message[0] ? err->message : mote_status_text(code));
    if (err->code == MOTE_OK)
        err->code = code;
    memcpy(err->message, text, sizeof text);
    clean(err);
    return err->code;
}

void mote_error_clear(mote_error *err)
{
    if (err) {
        err->code = MOTE_OK;
        err->message[0] = '\0';
    }
}

mote_status mote_error_no_memory(mote_error *err)
{
    return mote_error_set(err, MOTE_NO_MEMORY, "out of memory");
}
