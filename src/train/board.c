#include "train/board.h"

#include "data/tfrecord.h"
#include "event.pb-c.h"

#include <errno.h>
#include <math.h>
#include <mote/io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct board {
    FILE *out;
    char path[1024];
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void store(unsigned char *to, uint64_t value, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

/* TFRecord's frame around the message. */
static mote_status write_event(board *b, Mote__Event *event, mote_error *err)
{
    const size_t n = mote__event__get_packed_size(event);
    unsigned char *record = malloc(n + 16);
    if (!record)
        return mote_error_no_memory(err);
    store(record, n, 8);
    store(record + 8, mote_crc32c_masked(record, 8), 4);
    mote__event__pack(event, record + 12);
    store(record + 12 + n, mote_crc32c_masked(record + 12, n), 4);
    const bool written = fwrite(record, 1, n + 16, b->out) == n + 16 && fflush(b->out) == 0;
    free(record);
    if (written)
        return MOTE_OK;
    return mote_error_write(err, b->path, errno);
}

mote_status board_open(board **out, const char *folder, mote_error *err)
{
    *out = NULL;
    const mote_status made = mote_make_directories(folder, err);
    if (made != MOTE_OK)
        return made;
    board *b = calloc(1, sizeof *b);
    if (!b)
        return mote_error_no_memory(err);
    char host[128] = "localhost";
    gethostname(host, sizeof host - 1);
    const double time = now();
    snprintf(b->path, sizeof b->path, "%s/events.out.tfevents.%010.0f.%s.%d.%03d.v2", folder, floor(time), host,
             (int)getpid(), (int)((time - floor(time)) * 1000));
    b->out = fopen(b->path, "wb");
    if (!b->out) {
        const mote_status status = mote_error_write(err, b->path, errno);
        free(b);
        return status;
    }
    Mote__Event event = MOTE__EVENT__INIT;
    char version[] = "brain.Event:2";
    event.wall_time = time;
    event.what_case = MOTE__EVENT__WHAT_FILE_VERSION;
    event.file_version = version;
    const mote_status status = write_event(b, &event, err);
    if (status != MOTE_OK) {
        remove(b->path); /* it holds nothing */
        board_close(b);
        return status;
    }
    *out = b;
    return MOTE_OK;
}

void board_close(board *b)
{
    if (!b)
        return;
    fclose(b->out);
    free(b);
}

static mote_status write_value(board *b, const char *tag, int64_t step, Mote__EventValue *value, mote_error *err)
{
    char copy[512];
    snprintf(copy, sizeof copy, "%s", tag);
    value->tag = copy;
    Mote__EventValue *values[] = {value};
    Mote__EventSummary summary = MOTE__EVENT_SUMMARY__INIT;
    summary.n_value = 1;
    summary.value = values;
    Mote__Event event = MOTE__EVENT__INIT;
    event.wall_time = now();
    event.step = step;
    event.what_case = MOTE__EVENT__WHAT_SUMMARY;
    event.summary = &summary;
    return write_event(b, &event, err);
}

mote_status board_scalar(board *b, const char *tag, int64_t step, double value, mote_error *err)
{
    Mote__EventValue v = MOTE__EVENT_VALUE__INIT;
    v.value_case = MOTE__EVENT_VALUE__VALUE_SIMPLE_VALUE;
    v.simple_value = (float)value;
    return write_value(b, tag, step, &v, err);
}

mote_status board_histogram(board *b, const char *tag, int64_t step, const float *values, int64_t n, mote_error *err)
{
    enum { BUCKETS = 30 }; /* as many as TensorBoard shows */
    double limits[BUCKETS], counts[BUCKETS] = {0};
    Mote__EventHistogram h = MOTE__EVENT_HISTOGRAM__INIT;
    h.min = INFINITY;
    h.max = -INFINITY;
    for (int64_t i = 0; i < n; i++) {
        const double x = values[i];
        h.min = x < h.min ? x : h.min;
        h.max = x > h.max ? x : h.max;
        h.sum += x;
        h.sum_squares += x * x;
    }
    h.num = (double)n;
    const double width = (h.max - h.min) / BUCKETS;
    for (int i = 0; i < BUCKETS; i++)
        limits[i] = i + 1 == BUCKETS ? h.max : h.min + width * (i + 1);
    for (int64_t i = 0; i < n; i++) {
        const int at = width > 0 ? (int)((values[i] - h.min) / width) : BUCKETS - 1;
        counts[at < 0 ? 0 : at >= BUCKETS ? BUCKETS - 1 : at]++;
    }
    h.n_bucket_limit = h.n_bucket = BUCKETS;
    h.bucket_limit = limits;
    h.bucket = counts;
    Mote__EventValue v = MOTE__EVENT_VALUE__INIT;
    v.value_case = MOTE__EVENT_VALUE__VALUE_HISTO;
    v.histo = &h;
    return write_value(b, tag, step, &v, err);
}
