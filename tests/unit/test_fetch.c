/* Fetching from a server on this machine that cuts, stalls, redirects and lies. */
#include "unit/mote_test.h"

#include <mote/fetch.h>
#include <mote/io.h>

#include <sha256.h>
#include <string.h>
#include <sys/stat.h>

#include "support/http_server.h"

enum { BODY_BYTES = 200000 };

typedef struct fixture {
    http_server server;
    char folder[64], path[96], part[112], url[96], digest[MOTE_DIGEST_TEXT_BYTES];
    char *body;
    int n_retries;
    int64_t last_done;
    mote_error err;
} fixture;

static void on_retry(void *arg, const mote_error *why)
{
    fixture *f = arg;
    f->n_retries++;
    assert_true(why->message[0] != '\0');
}

static void on_progress(void *arg, int64_t done, int64_t total)
{
    fixture *f = arg;
    assert_true(done <= BODY_BYTES && (total == 0 || total == BODY_BYTES));
    f->last_done = done;
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->body = malloc(BODY_BYTES);
    assert_non_null(f->body);
    for (int i = 0; i < BODY_BYTES; i++)
        f->body[i] = (char)(i * 31 ^ i >> 7);
    SHA256Data((const uint8_t *)f->body, BODY_BYTES, f->digest);
    snprintf(f->folder, sizeof f->folder, "/tmp/mote_fetch_XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/file", f->folder);
    snprintf(f->part, sizeof f->part, "%s.part", f->path);
    assert_true(http_server_start(&f->server, f->body, BODY_BYTES));
    setenv("no_proxy", "127.0.0.1", 1);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    http_server_stop(&f->server);
    unlink(f->path);
    unlink(f->part);
    assert_int_equal(rmdir(f->folder), 0); /* nothing else was left */
    free(f->body);
    free(f);
    return 0;
}

static mote_status fetch_sized(fixture *f, const char *name, int64_t n_bytes)
{
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d/%s", f->server.port, name);
    f->n_retries = 0;
    f->err = (mote_error){0};
    const mote_fetch_options options = {.url = f->url,
                                        .path = f->path,
                                        .hash = MOTE_HASH_SHA256,
                                        .digest = f->digest,
                                        .n_bytes = n_bytes,
                                        .limit_bytes = BODY_BYTES,
                                        .timeout_seconds = 1,
                                        .on_progress = on_progress,
                                        .on_retry = on_retry,
                                        .arg = f};
    const mote_status status = mote_fetch(&options, &f->err);
    assert_int_equal(status, f->err.code);
    return status;
}

static mote_status fetch(fixture *f, const char *name)
{
    return fetch_sized(f, name, BODY_BYTES);
}

static void assert_fetched(fixture *f)
{
    mote_file file;
    assert_int_equal(mote_file_open(&file, f->path, 0, NULL, NULL), MOTE_OK);
    assert_int_equal(file.n_bytes, BODY_BYTES);
    assert_memory_equal(file.data, f->body, BODY_BYTES);
    mote_file_close(&file);
    assert_int_equal(access(f->part, F_OK), -1);
    assert_int_equal(f->last_done, BODY_BYTES);
    assert_int_equal(unlink(f->path), 0);
}

static void assert_refused(fixture *f, const char *name, mote_status wanted, const char *word)
{
    assert_int_equal(fetch(f, name), wanted);
    if (!strstr(f->err.message, word))
        fail_msg("'%s' does not say '%s'", f->err.message, word);
    assert_int_equal(access(f->path, F_OK), -1);
}

static void gives_the_file(void **state)
{
    static const char *const names[] = {"whole", "hop"};
    fixture *f = *state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fetch(f, names[i]), MOTE_OK);
        assert_int_equal(f->n_retries, 0);
        assert_fetched(f);
        assert_int_equal(fetch_sized(f, names[i], 0), MOTE_OK); /* its length is not known before */
        assert_fetched(f);
    }
}

static void goes_on_after_a_cut(void **state)
{
    fixture *f = *state;
    assert_int_equal(fetch(f, "cut"), MOTE_OK);
    assert_true(f->n_retries > 3 && f->server.n_ranges > 3);
    assert_fetched(f);
    assert_int_equal(fetch(f, "chunked-cut"), MOTE_OK);
    assert_fetched(f);
    assert_int_equal(fetch(f, "busy"), MOTE_OK);
    assert_fetched(f);
}

static void starts_anew_where_it_must(void **state)
{
    fixture *f = *state;
    assert_int_equal(fetch(f, "plain"), MOTE_OK); /* half of it, then all of it again */
    assert_fetched(f);
    /* What an earlier run left is of another file. */
    assert_int_equal(mote_file_write(f->part, "something else", 14, NULL), MOTE_OK);
    assert_int_equal(fetch(f, "whole"), MOTE_OK);
    assert_fetched(f);
    /* Longer than the file is. */
    char *longer = calloc(2, BODY_BYTES);
    assert_non_null(longer);
    assert_int_equal(mote_file_write(f->part, longer, 2 * BODY_BYTES, NULL), MOTE_OK);
    free(longer);
    assert_int_equal(fetch(f, "whole"), MOTE_OK);
    assert_fetched(f);
}

static void takes_up_a_part(void **state)
{
    fixture *f = *state;
    assert_int_equal(mote_file_write(f->part, f->body, BODY_BYTES / 2, NULL), MOTE_OK);
    assert_int_equal(fetch(f, "whole"), MOTE_OK);
    assert_int_equal(f->server.n_ranges, 1);
    assert_fetched(f);
}

static void keeps_a_good_file(void **state)
{
    fixture *f = *state;
    assert_int_equal(fetch(f, "whole"), MOTE_OK);
    const int n = f->server.n_requests;
    assert_int_equal(fetch(f, "whole"), MOTE_OK);
    assert_int_equal(f->server.n_requests, n);
    assert_int_equal(mote_file_write(f->path, "no", 2, NULL), MOTE_OK);
    assert_int_equal(fetch(f, "whole"), MOTE_FORMAT); /* never overwritten */
    assert_non_null(strstr(f->err.message, "remove it"));
}

static void refuses_lies(void **state)
{
    fixture *f = *state;
    assert_refused(f, "nowhere", MOTE_NOT_FOUND, "404");
    assert_refused(f, "loop", MOTE_IO, "redirect");
    assert_refused(f, "file", MOTE_IO, "by hand");
    assert_refused(f, "shifted", MOTE_IO, "another range");
    assert_refused(f, "long", MOTE_LIMIT, "more than");
    assert_refused(f, "unasked", MOTE_IO, "another range");
    assert_refused(f, "short", MOTE_FORMAT, "is it the right file");
    assert_refused(f, "shorter", MOTE_FORMAT, "is it the right file"); /* and does not say how long it is */
    f->digest[0] = f->digest[0] == '0' ? '1' : '0';
    assert_refused(f, "whole", MOTE_FORMAT, "SHA-256");
    assert_int_equal(access(f->part, F_OK), -1);
}

static void a_stall_ends(void **state)
{
    fixture *f = *state;
    assert_refused(f, "stall", MOTE_IO, "slow");
    assert_true(f->n_retries >= 3);
    /* What came stays to go on from. */
    assert_int_equal(access(f->part, F_OK), 0);
    assert_int_equal(fetch(f, "whole"), MOTE_OK);
    assert_fetched(f);
}

static void says_when_there_is_no_network(void **state)
{
    fixture *f = *state;
    const mote_fetch_options options = {
        .url = "http://127.0.0.1:1/x", .path = f->path, .hash = MOTE_HASH_SHA256, .digest = f->digest};
    assert_int_equal(mote_fetch(&options, &f->err), MOTE_IO);
    assert_non_null(strstr(f->err.message, "by hand"));
    assert_non_null(strstr(f->err.message, f->path));
    assert_int_equal(access(f->part, F_OK), -1);
    const mote_fetch_options file = {.url = "file:///etc/hostname", .path = f->path};
    assert_int_equal(mote_fetch(&file, &f->err), MOTE_IO);
}

static void a_folder_that_is_not_there(void **state)
{
    fixture *f = *state;
    const mote_fetch_options options = {.url = "http://127.0.0.1:1/x", .path = "/nonexistent/file"};
    assert_int_equal(mote_fetch(&options, &f->err), MOTE_IO);
    assert_non_null(strstr(f->err.message, "/nonexistent/file.part"));
}

static void digests(void **state)
{
    fixture *f = *state;
    char digest[MOTE_DIGEST_TEXT_BYTES];
    assert_int_equal(mote_file_write(f->path, "abc", 3, NULL), MOTE_OK);
    assert_int_equal(mote_file_digest(f->path, MOTE_HASH_MD5, digest, NULL), MOTE_OK);
    assert_string_equal(digest, "900150983cd24fb0d6963f7d28e17f72"); /* RFC 1321 */
    assert_int_equal(mote_file_digest(f->path, MOTE_HASH_SHA256, digest, NULL), MOTE_OK);
    assert_string_equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); /* FIPS 180-2 */
}

static void the_cache_has_a_place(void **state)
{
    fixture *f = *state;
    char path[MOTE_CACHE_PATH_BYTES], wanted[128];
    setenv("MOTE_CACHE", f->folder, 1);
    assert_int_equal(mote_cache_path("weights.h5", path, NULL), MOTE_OK);
    snprintf(wanted, sizeof wanted, "%s/weights.h5", f->folder);
    assert_string_equal(path, wanted);
    unsetenv("MOTE_CACHE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_the_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_on_after_a_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(starts_anew_where_it_must, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_up_a_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_a_good_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_lies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stall_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_when_there_is_no_network, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(digests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_cache_has_a_place, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
