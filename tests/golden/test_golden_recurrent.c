/*
 * The noise suppressor of TFLite Micro's examples, two integer LSTMs, from a cleared state. The stored answer is TFLite
 * Micro's, whose LSTM rounds otherwise in six places; LITERT has what LiteRT's reference kernels give there.
 */
#include "golden/golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 257 };

typedef struct code_at {
    int32_t at;
    int8_t code;
} code_at;

static const code_at LITERT[] = {{16, 114}, {28, 116}, {32, 119}, {51, 117}, {58, 120}, {202, 65}};

static void read_codes(const char *name, int8_t codes[N])
{
    char path[1024];
    assert_true(mote_test_shared(name, path, sizeof path));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (int32_t i = 0; i < N; i++) {
        char text[16] = "";
        int32_t at = 0;
        for (int c = fgetc(file); c != EOF && c != ',' && at < 15; c = fgetc(file))
            text[at++] = (char)c;
        char *end = text;
        codes[i] = (int8_t)strtol(text, &end, 10);
        assert_true(end != text);
    }
    fclose(file);
}

static void dtln_answers_as_litert(void **state)
{
    (void)state;
    char path[1024];
    if (!mote_test_shared("corpus/audio/tflm_dtln_noise_suppression_int8.tflite", path, sizeof path))
        skip();
    int8_t input[N], want[N];
    read_codes("corpus/golden/tflm_dtln/feature_data.csv", input);
    read_codes("corpus/golden/tflm_dtln/golden_ref.csv", want);
    for (size_t i = 0; i < sizeof LITERT / sizeof *LITERT; i++) {
        assert_true(abs(want[LITERT[i].at] - LITERT[i].code) <= 2);
        want[LITERT[i].at] = LITERT[i].code;
    }
    const mote_runtime_options options = mote_runtime_options_default();
    golden_model m = golden_open(path, &options);
    for (int32_t pass = 0; pass < 2; pass++) {
        mote_error err = {0};
        mote_tensor *in = mote_runtime_input(m.runtime, 0);
        assert_int_equal(in->n_bytes, N);
        memcpy(in->data, input, N);
        golden_must(mote_runtime_invoke(m.runtime, &err), &err, path);
        assert_memory_equal(mote_runtime_output(m.runtime, 0)->data, want, N);
        golden_must(mote_runtime_reset(m.runtime, &err), &err, path);
    }
    golden_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(dtln_answers_as_litert)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
