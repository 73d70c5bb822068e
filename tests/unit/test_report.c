/* Tables, charts and the page: what they hold, that hostile names stay text, that pictures are pictures. */
#include "mote_test.h"

#include "report/html.h"
#include "support/fixtures.h"

#include <mote/draw.h>

#include <jansson.h>
#include <math.h>
#include <string.h>

#define HOSTILE "<script>alert('1')</script>&\"\xFF\n"

typedef struct setting {
    char folder[64];
    mote_dataset *dataset;
    mote_slice slice;
    mote_noise noise;
    mote_evaluation good, bad; /* of the fixture, and of one that answers "red" always */
    mote_report_form forms[3];
    mote_comparison comparison;
} setting;

static void evaluate(setting *s, mote_model *model, mote_evaluation *result)
{
    const mote_evaluate_options options = mote_evaluate_options_default();
    mote_error err = {0};
    must(mote_evaluate(model, s->dataset, &s->slice, &options, result, &err), &err);
    mote_model_free(model);
}

static mote_model *always_red(void)
{
    mote_model *model = fixture_tiny();
    for (int32_t t = 0; t < model->graphs[0]->n_tensors; t++)
        if (strcmp(model->graphs[0]->tensors[t]->name, "bias") == 0)
            ((float *)model->graphs[0]->tensors[t]->data)[1] = 1000;
    return model;
}

static int set_up(void **state)
{
    static setting s;
    char path[128];
    mote_error err = {0};
    strcpy(s.folder, "/tmp/mote-report.XXXXXX");
    if (!mkdtemp(s.folder))
        return 1;
    fixtures_make(s.folder);
    snprintf(path, sizeof path, "%s/photos", s.folder);
    must(mote_dataset_open(&s.dataset, path, NULL, NULL, &err), &err);
    must(mote_dataset_slice(s.dataset, "test", &s.slice, &err), &err);
    evaluate(&s, fixture_tiny(), &s.good);
    evaluate(&s, always_red(), &s.bad);
    s.forms[0] = (mote_report_form){.model = "a,\"b\".tflite",
                                    .name = "small",
                                    .format = "float16",
                                    .bytes = 9400000,
                                    .evaluation = &s.good,
                                    .p50_ms = 4};
    s.forms[1] = (mote_report_form){.model = "float32.tflite",
                                    .name = "float32",
                                    .format = "float32",
                                    .bytes = 18800000,
                                    .evaluation = &s.good,
                                    .p50_ms = 20};
    s.forms[2] = (mote_report_form){.model = "dir/" HOSTILE,
                                    .name = HOSTILE,
                                    .format = "int8",
                                    .bytes = 5200000,
                                    .evaluation = &s.bad,
                                    .p50_ms = 0.5};
    s.comparison = (mote_comparison){
        .forms = s.forms, .n_forms = 3, .dataset = s.dataset, .data = "some/photos", .split = "test", .n_threads = 2};
    static double sqnr_db[] = {40, 5, -90, 300};
    s.noise = (mote_noise){.n_layers = 4, .sqnr_db = sqnr_db, .n_photos = 8, .drowned = 1, .drowned_name = HOSTILE};
    s.forms[2].noise = &s.noise;
    mote_comparison_pair(&s.comparison);
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    setting *s = *state;
    char command[128];
    mote_evaluation_free(&s->good);
    mote_evaluation_free(&s->bad);
    mote_slice_free(&s->slice, NULL);
    mote_dataset_free(s->dataset);
    snprintf(command, sizeof command, "rm -r %s", s->folder);
    return system(command);
}

/* --- memory as a stream --- */

typedef struct memory {
    char *text;
    size_t n_bytes;
    FILE *stream;
} memory;

static void open_memory(memory *m)
{
    *m = (memory){0};
    m->stream = open_memstream(&m->text, &m->n_bytes);
    assert_non_null(m->stream);
}

static void close_memory(memory *m)
{
    assert_int_equal(fclose(m->stream), 0);
}

static void has(const memory *m, const char *part)
{
    if (!strstr(m->text, part))
        fail_msg("'%s' is missing", part);
}

/* --- the comparison --- */

static void test_pairing_and_verdict(void **state)
{
    const setting *s = *state;
    char text[MOTE_VERDICT_BYTES];
    assert_int_equal(s->comparison.reference, 1); /* the float32 one, though not the first */
    assert_int_equal(s->forms[2].pairing.n_lost, 7);
    assert_int_equal(s->forms[2].pairing.n_won, 0);
    assert_int_equal(s->forms[2].pairing.n_agree, 9);
    assert_false(mote_comparison_loses(&s->comparison, 0));
    assert_true(mote_comparison_loses(&s->comparison, 2)); /* McNemar: 2 / 2^7 = 0.016 */
    assert_true(fabs(mote_comparison_drop(&s->comparison, 2) - 100 * 7.0 / 16) < 1e-9);
    assert_string_equal(mote_comparison_verdict(&s->comparison, 0, text), "");
    mote_comparison_verdict(&s->comparison, 2, text);
    assert_non_null(strstr(text, "loses 43.8 points of accuracy against float32: 50.00% instead of 93.75%"));
    assert_non_null(strstr(text, "answers red to nearly every photo"));
}

static void test_csv(void **state)
{
    const setting *s = *state;
    memory m;
    open_memory(&m);
    mote_comparison_write_csv(&s->comparison, m.stream);
    close_memory(&m);
    has(&m, "model,format,bytes,examples,skipped,accuracy,accuracy_low,accuracy_high,loss,p50_ms,agreement\r\n"
            "\"a,\"\"b\"\".tflite\",float16,9400000,16,0,0.937500,0.716713,0.988881,");
    free(m.text);
}

static void test_json(void **state)
{
    const setting *s = *state;
    static const mote_history_epoch epochs[] = {{0.7, 0.5, NAN, NAN, 3}, {0.5, 0.75, 0.6, 0.7, 3}};
    const mote_history history = {epochs, 2, 1};
    memory m;
    mote_error err = {0};
    open_memory(&m);
    must(mote_comparison_write_json(&s->comparison, &history, m.stream, &err), &err);
    close_memory(&m);
    json_t *root = json_loadb(m.text, m.n_bytes, 0, NULL);
    assert_non_null(root);
    const json_t *form = json_array_get(json_object_get(root, "models"), 2), *rows = json_object_get(root, "history");
    assert_int_equal(json_integer_value(json_object_get(form, "bytes")), 5200000);
    assert_true(json_real_value(json_object_get(form, "accuracy")) == 0.5);
    assert_true(json_real_value(json_object_get(form, "agreement")) == 0.5625);
    assert_string_equal(json_string_value(json_object_get(form, "model")),
                        "dir/<script>alert('1')</script>&\"??"); /* as text; what is not text replaced */
    assert_true(json_is_null(json_object_get(json_array_get(rows, 0), "val_loss")));
    assert_true(json_real_value(json_object_get(json_array_get(rows, 1), "val_accuracy")) == 0.7);
    json_decref(root);
    free(m.text);
}

static void test_table(void **state)
{
    const setting *s = *state;
    memory m;
    open_memory(&m);
    mote_comparison_write_table(&s->comparison, m.stream);
    close_memory(&m);
    has(&m, "93.75%     71.67 to 98.89    18.8 MB    20.0 ms    100.00%\n");
    has(&m, "5.20 MB    0.50 ms     56.25%\n");
    assert_null(strchr(m.text, '\xFF'));
    size_t n_lines = 0;
    for (const char *at = m.text; *at; at++)
        n_lines += *at == '\n';
    assert_int_equal(n_lines, 4); /* a newline in a name makes none in the table */
    free(m.text);
}

/* --- charts --- */

static mote_image decode(const memory *m)
{
    mote_image image;
    mote_error err = {0};
    must(mote_image_decode(m->text, m->n_bytes, 3, NULL, &image, &err), &err);
    return image;
}

static bool has_colour(const mote_image *image, unsigned char r, unsigned char g, unsigned char b)
{
    const unsigned char *pixels = image->data;
    for (int64_t i = 0; i < (int64_t)image->height * image->width; i++)
        if (pixels[3 * i] == r && pixels[3 * i + 1] == g && pixels[3 * i + 2] == b)
            return true;
    return false;
}

static void test_accuracy_png(void **state)
{
    const setting *s = *state;
    const mote_chart_options options = {.format = MOTE_CHART_PNG, .scale = 2};
    memory m;
    mote_error err = {0};
    open_memory(&m);
    must(mote_chart_accuracy(&s->comparison, &options, m.stream, &err), &err);
    close_memory(&m);
    mote_image image = decode(&m);
    assert_int_equal(image.width, 2 * 1040);
    assert_int_equal(image.height, 2 * (124 + 3 * 56 + 62));
    assert_true(has_colour(&image, 0x25, 0x63, 0xC9)); /* a form that keeps the accuracy */
    assert_true(has_colour(&image, 0xD9, 0x60, 0x0B)); /* the form that loses it */
    mote_image_free(&image);
    free(m.text);
}

static void svg_is_whole(const memory *m, double width)
{
    char head[64];
    snprintf(head, sizeof head, "width=\"%g\"", width);
    has(m, head);
    assert_int_equal(strncmp(m->text, "<?xml", 5), 0);
    assert_non_null(strstr(m->text, "<svg"));
    assert_string_equal(m->text + m->n_bytes - strlen("</svg>\n"), "</svg>\n");
    assert_null(strstr(m->text, "<script")); /* names are drawn as outlines */
    size_t n_open = 0, n_close = 0;
    for (size_t i = 0; i < m->n_bytes; i++) {
        n_open += m->text[i] == '<';
        n_close += m->text[i] == '>';
    }
    assert_int_equal(n_open, n_close);
    assert_true(n_open > 50);
}

typedef mote_status chart(const mote_comparison *comparison, const mote_chart_options *options, FILE *out,
                          mote_error *err);

static void test_svg(void **state)
{
    const setting *s = *state;
    chart *const charts[] = {mote_chart_accuracy, mote_chart_noise};
    for (int i = 0; i < 4; i++) {
        const bool narrow = i & 1;
        const mote_chart_options options = {.format = MOTE_CHART_SVG, .narrow = narrow, .dark = narrow};
        memory m;
        mote_error err = {0};
        open_memory(&m);
        must(charts[i / 2](&s->comparison, &options, m.stream, &err), &err);
        close_memory(&m);
        svg_is_whole(&m, narrow ? 400 : 1040);
        free(m.text);
    }
}

static void draw_history(const mote_history *history, bool narrow)
{
    const mote_chart_options png = {.format = MOTE_CHART_PNG, .scale = 1, .narrow = narrow},
                             svg = {.format = MOTE_CHART_SVG, .narrow = narrow};
    memory m;
    mote_error err = {0};
    open_memory(&m);
    must(mote_chart_history(history, &svg, m.stream, &err), &err);
    close_memory(&m);
    svg_is_whole(&m, narrow ? 400 : 1040);
    free(m.text);
    open_memory(&m);
    must(mote_chart_history(history, &png, m.stream, &err), &err);
    close_memory(&m);
    mote_image image = decode(&m);
    assert_int_equal(image.width, narrow ? 400 : 1040);
    assert_true(has_colour(&image, 0x7A, 0x8A, 0xA0)); /* the training's dots */
    mote_image_free(&image);
    free(m.text);
}

static void test_history(void **state)
{
    (void)state;
    static const mote_history_epoch several[] = {{0.7, 0.5, NAN, NAN, 3},
                                                 {0.5, 0.75, 0.6, 0.7, 3},
                                                 {0.3, 0.9, 0.5, 0.8, 3}},
                                    flat[] = {{0, 1, 0, 1, 1}},
                                    nothing[] = {{NAN, NAN, NAN, NAN, 1}, {1e30, 0, NAN, 0, 1}};
    draw_history(&(mote_history){several, 3, 2}, false);
    draw_history(&(mote_history){several, 3, -1}, true);
    draw_history(&(mote_history){flat, 1, 0}, false);
    draw_history(&(mote_history){nothing, 2, -1}, false);
    const mote_chart_options options = {.format = MOTE_CHART_SVG};
    assert_int_equal(mote_chart_history(&(mote_history){several, 0, -1}, &options, stdout, NULL), MOTE_ARGUMENT);
}

static void test_full_disk(void **state)
{
    const setting *s = *state;
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        skip();
    setvbuf(full, NULL, _IONBF, 0);
    for (int format = MOTE_CHART_PNG; format <= MOTE_CHART_SVG; format++) {
        const mote_chart_options options = {.format = (mote_chart_format)format};
        mote_error err = {0};
        assert_int_equal(mote_chart_accuracy(&s->comparison, &options, full, &err), MOTE_IO);
    }
    mote_error err = {0};
    assert_int_equal(mote_comparison_write_json(&s->comparison, NULL, full, &err), MOTE_IO);
    fclose(full);
}

/* --- the page --- */

static void test_escaping(void **state)
{
    (void)state;
    memory m;
    open_memory(&m);
    html_text(m.stream, HOSTILE);
    html_lines(m.stream, "a<\nb\n");
    close_memory(&m);
    assert_string_equal(m.text, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;??a&lt;\nb\n");
    free(m.text);
}

static void test_base64(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"\xFF\xFE\xFD", "//79"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) { /* RFC 4648 */
        memory m;
        open_memory(&m);
        html_data_uri(m.stream, "x/y", rows[i][0], strlen(rows[i][0]));
        close_memory(&m);
        assert_int_equal(strncmp(m.text, "data:x/y;base64,", 16), 0);
        assert_string_equal(m.text + 16, rows[i][1]);
        free(m.text);
    }
}

static void test_page(void **state)
{
    const setting *s = *state;
    static const mote_history_epoch epochs[] = {{0.7, 0.5, NAN, NAN, 3}, {0.5, 0.75, 0.6, 0.7, 3}};
    const mote_history history = {epochs, 2, 1};
    mote_report *report;
    mote_error err = {0};
    memory m;
    must(mote_report_new(&report, HOSTILE, "sub & title", &err), &err);
    const mote_grid grid = {.dataset = s->dataset, .slice = &s->slice, .count = 4};
    must(mote_report_add_grid(report, &grid, "Examples", HOSTILE, &err), &err);
    must(mote_report_add_history(report, &history, &err), &err);
    must(mote_report_add_comparison(report, &s->comparison, &err), &err);
    must(mote_report_add_noise(report, &s->comparison, &err), &err);
    must(mote_report_add_changes(report, &s->comparison, 3, &err), &err);
    must(mote_report_add_confusion(report, &s->comparison, &err), &err);
    open_memory(&m);
    must(mote_report_write(report, m.stream, &err), &err);
    close_memory(&m);
    mote_report_free(report);
    assert_null(strstr(m.text, "<script")); /* whatever the names */
    assert_null(strstr(m.text, "http://"));
    assert_null(strstr(m.text, "https://"));
    assert_null(strchr(m.text, '\xFF'));
    has(&m, "<title>&lt;script&gt;");
    has(&m, "src=\"data:image/png;base64,iVBORw0KGgo");
    has(&m, "<td>2, kept</td>");
    has(&m, "is the smallest that keeps the accuracy: 9.40 MB, 2.0 times smaller than float32; 93.75% right, exactly "
            "as many.");
    has(&m, "fastest that keeps the accuracy: 4.00 ms a photo, 5.0 times faster");
    has(&m, "answers red to nearly every photo");
    has(&m, "from where on most layers are below 10 dB");
    has(&m, ": 7 of 16 photos</h3>");
    has(&m, "The 3 with the most certain answers:");
    size_t n_photos = 0;
    for (const char *at = m.text; (at = strstr(at, "<figure>")); at++)
        n_photos++;
    assert_int_equal(n_photos, 3);
    has(&m, "src=\"data:image/jpeg;base64,/9j/");
    assert_string_equal(m.text + m.n_bytes - strlen("</html>\n"), "</html>\n");
    free(m.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairing_and_verdict),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_accuracy_png),
        cmocka_unit_test(test_svg),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_escaping),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_page),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
