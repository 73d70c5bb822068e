/*
 * One transfer is a range request that appends to "<path>.part". After each the part's length says how far it came,
 * so a cut, a stall, a new process or a server that ignores ranges are all the same case: look at the length, ask for
 * the rest. The digest decides at the end; what a resumed part got wrong is fetched once more from the start.
 */
#include <mote/fetch.h>
#include <mote/io.h>

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_REDIRECTS = 8,
    MAX_IDLE_TRIES = 3,  /* in a row that bring nothing */
    MAX_TRIES = 10000,   /* a server that gives a few bytes a time ends too */
    STALLED_BELOW = 512, /* bytes a second */
    DEFAULT_TIMEOUT = 30,
};
static const int64_t DEFAULT_LIMIT = (int64_t)16 << 30;

/* How a transfer ended: done, worth another try (the network, a busy server), or not. */
typedef enum outcome { FETCHED, AGAIN, AFRESH, GIVE_UP } outcome;

typedef struct transfer {
    const mote_fetch_options *options;
    CURL *curl;
    int fd;              /* the part, open for appending */
    const char *part;    /* its path */
    int64_t begin, at;   /* where this transfer began; bytes in the part */
    int64_t total;       /* of the whole file as the server says; 0: not known */
    int64_t limit;       /* of the whole file */
    int64_t range_begin; /* of the answer's Content-Range; -1: none */
    bool answered;       /* the first byte of a body has been looked at */
    /* The status is no success; another range than asked for; beyond the limit; shorter than what is due. */
    bool refused, lied, large, small;
    int write_error;
    char text[CURL_ERROR_SIZE];
} transfer;

static int64_t limit_of(const mote_fetch_options *o)
{
    return o->limit_bytes > 0 ? o->limit_bytes : o->n_bytes > 0 ? o->n_bytes : DEFAULT_LIMIT;
}

/* --- libcurl's callbacks --- */

/* A redirect is a header block of its own: each status line starts anew. */
static size_t on_header(char *line, size_t size, size_t n_items, void *arg)
{
    transfer *t = arg;
    const size_t n = size * n_items;
    char text[128];
    snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text - 1), line);
    if (strncasecmp(text, "HTTP/", 5) == 0)
        t->range_begin = -1;
    long long begin;
    if (strncasecmp(text, "Content-Range:", 14) == 0 && sscanf(text + 14, " bytes %lld-", &begin) == 1)
        t->range_begin = begin;
    return n;
}

/* Looks at the answer before its first byte is stored. */
static bool accept_answer(transfer *t)
{
    long code = 0;
    curl_off_t n_coming = -1;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_getinfo(t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n_coming);
    t->answered = true;
    if (code != 200 && code != 206) {
        t->refused = true;
        return false;
    }
    if (code == 206 && t->range_begin != t->begin) {
        t->lied = true;
        return false;
    }
    if (code == 200 && t->begin > 0) { /* it knows no ranges: all of it comes again */
        if (ftruncate(t->fd, 0) != 0) {
            t->write_error = errno;
            return false;
        }
        t->begin = t->at = 0;
    }
    t->total = n_coming > 0 ? t->begin + n_coming : 0;
    t->large = t->total > t->limit;
    t->small = t->total > 0 && t->total < t->options->n_bytes;
    return !t->large && !t->small;
}

static size_t on_body(char *bytes, size_t size, size_t n_items, void *arg)
{
    transfer *t = arg;
    const size_t n = size * n_items;
    if (!t->answered && !accept_answer(t))
        return 0;
    if (t->at + (int64_t)n > t->limit) {
        t->large = true;
        return 0;
    }
    for (size_t done = 0; done < n;) {
        const ssize_t wrote = write(t->fd, bytes + done, n - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            t->write_error = wrote < 0 ? errno : ENOSPC;
            return 0;
        }
        done += (size_t)wrote;
        t->at += wrote;
    }
    if (t->options->on_progress)
        t->options->on_progress(t->options->arg, t->at, t->options->n_bytes ? t->options->n_bytes : t->total);
    return n;
}

/* --- one transfer --- */

static bool set_up(transfer *t)
{
    const mote_fetch_options *o = t->options;
    const long timeout = o->timeout_seconds > 0 ? o->timeout_seconds : DEFAULT_TIMEOUT;
    CURL *curl = t->curl;
    bool ok = true;
    ok &= curl_easy_setopt(curl, CURLOPT_URL, o->url) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)MAX_REDIRECTS) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, timeout) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)STALLED_BELOW) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, timeout) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_USERAGENT, "mote") == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, t->text) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_HEADERDATA, t) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
    ok &= curl_easy_setopt(curl, CURLOPT_WRITEDATA, t) == CURLE_OK;
    return ok;
}

/* Why the network's side failed, with what a person can do about it. */
static mote_status network_error(const transfer *t, CURLcode code, mote_error *err)
{
    const char *why = t->text[0] ? t->text : curl_easy_strerror(code);
    return mote_error_set(err, MOTE_IO, "%s: %s; try again later, or get it by hand and put it at %s", t->options->url,
                          why, t->options->path);
}

static outcome judge_status(const transfer *t, long code, mote_error *err)
{
    const bool passing = code == 408 || code == 429 || code >= 500;
    mote_error_set(err, code == 404 || code == 410 ? MOTE_NOT_FOUND : MOTE_IO,
                   "%s: the server answers %ld; look whether the address is right (--url), or get it by hand and put "
                   "it at %s",
                   t->options->url, code, t->options->path);
    if (code == 416 && t->begin > 0)
        return AFRESH; /* the part is no beginning of this file */
    return passing ? AGAIN : GIVE_UP;
}

static outcome judge_write(const transfer *t, mote_error *err)
{
    if (t->write_error == ENOSPC || t->write_error == EDQUOT)
        mote_error_set(err, MOTE_NO_SPACE, "%s: no space left on the device; free some and run this again to go on",
                       t->part);
    else
        mote_error_write(err, t->part, t->write_error);
    return GIVE_UP;
}

static outcome judge(const transfer *t, CURLcode result, mote_error *err)
{
    long code = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code);
    if (t->write_error)
        return judge_write(t, err);
    if (t->lied) {
        mote_error_set(err, MOTE_IO,
                       "%s: the server answers with another range than was asked for; get it by hand and "
                       "put it at %s",
                       t->options->url, t->options->path);
        return AFRESH;
    }
    if (t->large) {
        mote_error_set(err, MOTE_LIMIT,
                       "%s: the server sends more than the %lld bytes that are due; is it the right "
                       "file (--url)?",
                       t->options->url, (long long)t->limit);
        return GIVE_UP;
    }
    if (t->small || (result == CURLE_OK && t->at < t->options->n_bytes)) {
        mote_error_set(err, MOTE_FORMAT,
                       "%s: the server has %lld bytes, not the %lld that are due; is it the right "
                       "file (--url)?",
                       t->options->url, (long long)(t->small ? t->total : t->at), (long long)t->options->n_bytes);
        return t->small ? GIVE_UP : AGAIN; /* without a length a cut looks like an end */
    }
    if (t->refused || (result == CURLE_OK && code != 200 && code != 206))
        return judge_status(t, code, err);
    switch (result) {
    case CURLE_OK:
        return FETCHED;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        mote_error_set(err, MOTE_IO, "%s: no connection (%s); without a network get the file by hand and put it at %s",
                       t->options->url, t->text[0] ? t->text : curl_easy_strerror(result), t->options->path);
        return GIVE_UP;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        network_error(t, result, err);
        return AGAIN;
    default:
        network_error(t, result, err);
        return GIVE_UP;
    }
}

static outcome run(transfer *t, mote_error *err)
{
    char range[32];
    t->begin = t->at;
    t->answered = t->refused = t->lied = t->large = t->small = false;
    t->range_begin = -1;
    t->text[0] = '\0';
    snprintf(range, sizeof range, "%lld-", (long long)t->begin);
    curl_easy_setopt(t->curl, CURLOPT_RANGE, t->begin > 0 ? range : NULL);
    const CURLcode result = curl_easy_perform(t->curl);
    return judge(t, result, err);
}

/* --- until the part is whole --- */

/* 0.1, 0.4, 1.6 s after tries that brought nothing. */
static void pause_before_try(int32_t idle_tries)
{
    const int64_t ms = idle_tries > 0 ? 100 << (2 * (idle_tries - 1)) : 0;
    const struct timespec wait = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&wait, NULL);
}

static mote_status start_afresh(transfer *t, mote_error *err)
{
    t->at = 0;
    return ftruncate(t->fd, 0) == 0 ? MOTE_OK : mote_error_write(err, t->part, errno);
}

static mote_status fetch_all(transfer *t, mote_error *err)
{
    int32_t idle = 0;
    bool afresh = false;
    mote_error why = {0};
    for (int32_t i = 0; i < MAX_TRIES; i++) {
        const int64_t before = t->at;
        const outcome how = run(t, &why);
        if (how == FETCHED)
            return MOTE_OK;
        if (how == AFRESH && !afresh) {
            afresh = true;
            const mote_status status = start_afresh(t, err);
            if (status != MOTE_OK)
                return status;
            continue;
        }
        idle = t->at > before ? 0 : idle + 1;
        if (how != AGAIN || idle > MAX_IDLE_TRIES)
            break;
        if (t->options->on_retry)
            t->options->on_retry(t->options->arg, &why);
        pause_before_try(idle);
    }
    if (err)
        *err = why;
    return why.code;
}

static mote_status check_digest(const mote_fetch_options *o, const char *path, const char *advice, mote_error *err)
{
    char digest[MOTE_DIGEST_TEXT_BYTES];
    if (o->hash == MOTE_HASH_NONE)
        return MOTE_OK;
    const mote_status status = mote_file_digest(path, o->hash, digest, err);
    if (status != MOTE_OK)
        return status;
    if (strcasecmp(digest, o->digest) == 0)
        return MOTE_OK;
    return mote_error_set(err, MOTE_FORMAT, "%s: its %s is %s, not %s; %s", path,
                          o->hash == MOTE_HASH_MD5 ? "MD5" : "SHA-256", digest, o->digest, advice);
}

static mote_status check_part(const transfer *t, mote_error *err)
{
    return check_digest(t->options, t->part, "another file than was asked for, and removed; see --url", err);
}

/* A part that an earlier run left may be of another file: then all of it comes once more. */
static mote_status fetch_and_check(transfer *t, mote_error *err)
{
    const bool resumed = t->at > 0;
    mote_status status = fetch_all(t, err);
    if (status == MOTE_OK)
        status = check_part(t, err);
    if (status != MOTE_FORMAT || !resumed)
        return status;
    mote_error_clear(err);
    status = start_afresh(t, err);
    if (status == MOTE_OK)
        status = fetch_all(t, err);
    return status == MOTE_OK ? check_part(t, err) : status;
}

/* --- the part and its end --- */

static mote_status open_part(transfer *t, mote_error *err)
{
    struct stat info;
    t->fd = open(t->part, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (t->fd < 0 || fstat(t->fd, &info) != 0)
        return mote_error_write(err, t->part, errno);
    if (!S_ISREG(info.st_mode))
        return mote_error_set(err, MOTE_IO, "%s: is not a file; move it away", t->part);
    if (flock(t->fd, LOCK_EX | LOCK_NB) != 0)
        return mote_error_set(err, MOTE_IO, "%s: another download of it is under way", t->part);
    t->at = info.st_size;
    return t->at > t->limit || (t->options->n_bytes > 0 && t->at >= t->options->n_bytes) ? start_afresh(t, err)
                                                                                         : MOTE_OK;
}

static mote_status finish(transfer *t, mote_error *err)
{
    if (fsync(t->fd) != 0 || rename(t->part, t->options->path) != 0)
        return mote_error_write(err, t->options->path, errno);
    return MOTE_OK;
}

static mote_status fetch_new(const mote_fetch_options *options, const char *part, mote_error *err)
{
    transfer t = {.options = options, .part = part, .fd = -1, .limit = limit_of(options)};
    mote_status status = open_part(&t, err);
    t.curl = status == MOTE_OK ? curl_easy_init() : NULL;
    if (status == MOTE_OK && (!t.curl || !set_up(&t)))
        status = mote_error_set(err, MOTE_NO_MEMORY, "%s: libcurl does not start", options->url);
    if (status == MOTE_OK)
        status = fetch_and_check(&t, err);
    if (status == MOTE_OK)
        status = finish(&t, err);
    else if (status == MOTE_FORMAT || (t.fd >= 0 && t.curl && t.at == 0))
        unlink(part); /* wrong, or nothing to go on from */
    curl_easy_cleanup(t.curl);
    if (t.fd >= 0)
        close(t.fd);
    return status;
}

mote_status mote_fetch(const mote_fetch_options *options, mote_error *err)
{
    struct stat info;
    if (stat(options->path, &info) == 0) {
        if (S_ISDIR(info.st_mode))
            return mote_error_set(err, MOTE_IO, "%s: is a folder; move it away", options->path);
        return check_digest(options, options->path, "remove it to fetch it anew", err);
    }
    const size_t n = strlen(options->path) + sizeof ".part";
    char *part = malloc(n);
    if (!part)
        return mote_error_no_memory(err);
    snprintf(part, n, "%s.part", options->path);
    mote_status status = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK
                             ? fetch_new(options, part, err)
                             : mote_error_set(err, MOTE_NO_MEMORY, "%s: libcurl does not start", options->url);
    curl_global_cleanup();
    free(part);
    return status;
}

mote_status mote_cache_path(const char *name, char path[MOTE_CACHE_PATH_BYTES], mote_error *err)
{
    const char *own = getenv("MOTE_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n;
    if (own && *own)
        n = snprintf(path, MOTE_CACHE_PATH_BYTES, "%s", own);
    else if (xdg && *xdg)
        n = snprintf(path, MOTE_CACHE_PATH_BYTES, "%s/mote", xdg);
    else if (home && *home)
        n = snprintf(path, MOTE_CACHE_PATH_BYTES, "%s/.cache/mote", home);
    else
        return mote_error_set(err, MOTE_NOT_FOUND, "no folder to keep %s in: set MOTE_CACHE or HOME", name);
    if (n < 0 || n + (int)strlen(name) + 2 > MOTE_CACHE_PATH_BYTES)
        return mote_error_set(err, MOTE_LIMIT, "the path of the cache folder is too long");
    const mote_status status = mote_make_directories(path, err);
    if (status != MOTE_OK)
        return status;
    snprintf(path + n, MOTE_CACHE_PATH_BYTES - (size_t)n, "/%s", name);
    return MOTE_OK;
}
