/* Names of any bytes become text that can be shown. */
#include "mote_test.h"

#include <mote/text.h>

#include <string.h>

static void cleaned(const char *text, const char *expected)
{
    char clean[64];
    assert_string_equal(mote_text_clean(clean, sizeof clean, text), expected);
}

static void test_kept(void **state)
{
    (void)state;
    cleaned("", "");
    cleaned("plain <&> \"text\" ~", "plain <&> \"text\" ~");
    cleaned("caf\xC3\xA9 \xE2\x88\x92 \xF0\x9F\x90\x88",
            "caf\xC3\xA9 \xE2\x88\x92 \xF0\x9F\x90\x88");                    /* 2, 3, 4 bytes */
    cleaned("\xEE\x80\x80\xF4\x8F\xBF\xBF", "\xEE\x80\x80\xF4\x8F\xBF\xBF"); /* the ends of ranges */
}

static void test_replaced(void **state)
{
    (void)state;
    cleaned("a\nb\tc\x1B[31m\x7F", "a?b?c?[31m?");
    cleaned("\xC2\x85", "??");           /* a control of two bytes */
    cleaned("\xFF\xFE\x80", "???");      /* never in UTF-8 */
    cleaned("\xC0\xAF", "??");           /* overlong */
    cleaned("\xE0\x80\xAF", "???");      /* overlong */
    cleaned("\xF0\x80\x80\xAF", "????"); /* overlong */
    cleaned("\xED\xA0\x80", "???");      /* half of a surrogate pair */
    cleaned("\xF4\x90\x80\x80", "????"); /* past U+10FFFF */
    cleaned("x\xE2\x88", "x??");         /* ends within a character */
    cleaned("\xE2\x88"
            "a",
            "??a");
}

static void test_cut(void **state)
{
    (void)state;
    char clean[5];
    assert_string_equal(mote_text_clean(clean, sizeof clean, "abcdefgh"), "abcd");
    assert_string_equal(mote_text_clean(clean, sizeof clean, "abc\xC3\xA9"), "abc"); /* not half a character */
    assert_string_equal(mote_text_clean(clean, 1, "abc"), "");
    char same[] = "a\x1B\xC3\xA9\xC3";
    assert_string_equal(mote_text_clean(same, sizeof same, same), "a?\xC3\xA9?");
}

static void test_counted(void **state)
{
    (void)state;
    const char *text = "a\xC3\xA9\xE2\x88\x92z";
    assert_int_equal(mote_text_length(text), 4);
    assert_int_equal(mote_text_length(""), 0);
    assert_int_equal(mote_text_bytes(text, 0), 0);
    assert_int_equal(mote_text_bytes(text, 2), 3);
    assert_int_equal(mote_text_bytes(text, 3), 6);
    assert_int_equal(mote_text_bytes(text, 9), 7);
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        int64_t n_bytes;
        const char *text;
    } rows[] = {{0, "0 bytes"},       {999, "999 bytes"},       {1000, "1.00 kB"},
                {9994, "9.99 kB"},    {9996, "10.0 kB"},        {479600, "480 kB"},
                {1480000, "1.48 MB"}, {86000000000, "86.0 GB"}, {-1, "-1 bytes"}};
    char text[MOTE_SIZE_TEXT_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(mote_text_size(rows[i].n_bytes, text), rows[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kept), cmocka_unit_test(test_replaced),
                                       cmocka_unit_test(test_cut), cmocka_unit_test(test_counted),
                                       cmocka_unit_test(test_sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
