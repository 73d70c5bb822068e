#include <mote/text.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool continues(const unsigned char *at, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if ((at[i] & 0xC0) != 0x80)
            return false; /* the terminating zero too */
    return true;
}

/* Bytes of the well-formed character at `at` (The Unicode Standard, table 3-7); 0: none. */
static size_t character(const unsigned char *at)
{
    const unsigned char first = at[0];
    if (first < 0x80)
        return first >= 0x20 && first != 0x7F;
    if (first >= 0xC2 && first <= 0xDF && continues(at, 2))
        return first == 0xC2 && at[1] < 0xA0 ? 0 : 2; /* U+0080 to U+009F are controls */
    if (first >= 0xE0 && first <= 0xEF && continues(at, 3)) {
        const bool overlong = first == 0xE0 && at[1] < 0xA0, surrogate = first == 0xED && at[1] > 0x9F;
        return overlong || surrogate ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4 && continues(at, 4)) {
        const bool overlong = first == 0xF0 && at[1] < 0x90, too_large = first == 0xF4 && at[1] > 0x8F;
        return overlong || too_large ? 0 : 4;
    }
    return 0;
}

const char *mote_text_clean(char *clean, size_t n_bytes, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t n = 0;
    while (*at) {
        const size_t length = character(at), taken = length ? length : 1;
        if (n + taken >= n_bytes)
            break;
        if (length)
            memmove(clean + n, at, length);
        else
            clean[n] = '?';
        n += taken;
        at += taken;
    }
    clean[n] = '\0';
    return clean;
}

static bool begins(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

size_t mote_text_length(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += begins(*text);
    return n;
}

size_t mote_text_bytes(const char *text, size_t n_characters)
{
    size_t n = 0;
    for (size_t seen = 0; text[n] && (seen += begins(text[n])) <= n_characters;)
        n++;
    return n;
}

bool mote_text_ends_with(const char *text, const char *ending)
{
    const size_t n = strlen(text), m = strlen(ending);
    return n >= m && strcasecmp(text + n - m, ending) == 0;
}

const char *mote_text_size(int64_t n_bytes, char text[MOTE_SIZE_TEXT_BYTES])
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double value = (double)n_bytes;
    size_t unit = 0;
    while (value >= 1000 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    snprintf(text, MOTE_SIZE_TEXT_BYTES,
             unit == 0 || value >= 99.95 ? "%.0f %s"
             : value >= 9.995            ? "%.1f %s"
                                         : "%.2f %s",
             value, units[unit]);
    return text;
}
