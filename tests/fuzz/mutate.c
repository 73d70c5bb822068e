/*
 * Damages models and gives them to mote: mutate [--mutants N | --truncations] [--seed S] [--largest BYTES]
 * [--first K] [--only K [--keep FILE]] FOLDER…
 *
 * Of every .tflite, .h5 and .keras file up to the size limit: truncations at multiples of 8 bytes; copies with 1, 2, 4,
 * 8 or 16 bits, bytes or 32-bit words changed; and as many whose model was changed and written anew (mutate_graph.h),
 * so that the file is well-formed. Deterministic: mutant k of a run is always the same. Each runs in a child process
 * with a limit of 5 s; a crash or the limit is a failure, and so is a peak of more than 1 GB of memory (not under a
 * sanitizer, whose shadow counts).
 * --only K repeats mutant K in this process. --truncations makes every truncation of every file instead, and nothing
 * else.
 */
#include "base/sanitized.h"
#include "fuzz/exercise.h"
#include "fuzz/mutate_graph.h"

#include <mote/io.h>

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_FILES = 4096, SECONDS = 5, BATCH = 16, OPEN_FILES = 16, MAX_PEAK_MB = 1000 };

static char *paths[MAX_FILES];
static int n_paths;
static size_t largest = 32 * 1024;

static bool is_model(const char *path)
{
    static const char *const endings[] = {".tflite", ".h5", ".keras"};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++)
        if (strcmp(dot, endings[i]) == 0)
            return true;
    return false;
}

static int visit(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)where;
    if (type == FTW_F && is_model(path) && info->st_size <= (off_t)largest && n_paths < MAX_FILES)
        paths[n_paths++] = strdup(path);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Mutant number k of these bytes, in place; the result is its new size. */
static size_t mutate(uint8_t *bytes, size_t n_bytes, uint64_t k, uint64_t seed)
{
    static const uint32_t odd[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x00010000, 255, 1000000};
    uint64_t state = seed * 1000003u + k;
    const uint64_t kind = mutate_random(&state) % 8;
    if (kind == 0 || n_bytes < 8)
        return n_bytes / 8 == 0 ? 0 : mutate_random(&state) % (n_bytes / 8) * 8;
    const uint64_t n_changes = (uint64_t)1 << mutate_random(&state) % 5;
    for (uint64_t i = 0; i < n_changes; i++) {
        const size_t at = mutate_random(&state) % n_bytes;
        const uint64_t value = mutate_random(&state);
        if (kind <= 3)
            bytes[at] ^= (uint8_t)(1u << value % 8);
        else if (kind <= 5)
            bytes[at] = (uint8_t)value;
        else if (at / 4 * 4 + 4 <= n_bytes)
            memcpy(bytes + at / 4 * 4, &odd[value % (sizeof odd / sizeof *odd)], 4);
    }
    return n_bytes;
}

typedef struct totals {
    long reach[EXERCISE_INVOKED + 1];
    long failed;
} totals;

/* What a run consists of. */
typedef struct plan {
    uint64_t seed;
    bool truncations;
    uint64_t first_of[MAX_FILES + 1]; /* truncations: the number of each file's first */
} plan;

/* A block of exactly n bytes: the sanitizer sees the first one beyond. */
static uint8_t *exact_copy(const void *bytes, size_t n_bytes)
{
    uint8_t *copy = malloc(n_bytes ? n_bytes : 1);
    if (copy && n_bytes)
        memcpy(copy, bytes, n_bytes);
    return copy;
}

static int file_of(const plan *p, uint64_t k)
{
    if (!p->truncations)
        return (int)(k % (uint64_t)n_paths);
    int file = 0;
    while (file + 1 < n_paths && p->first_of[file + 1] <= k)
        file++;
    return file;
}

/* Mutant k, from malloc. */
static uint8_t *make_mutant(const plan *p, uint64_t k, const mote_file *file, size_t *n_bytes)
{
    uint64_t state = p->seed * 1000003u + k;
    *n_bytes = file->n_bytes;
    if (p->truncations) {
        *n_bytes = (size_t)(k - p->first_of[file_of(p, k)]) * 8;
        return exact_copy(file->data, *n_bytes);
    }
    if (k / (uint64_t)n_paths % 2 == 1) {
        uint8_t *changed = mutate_graph(file->data, file->n_bytes, &state, n_bytes);
        if (changed)
            return changed;
        *n_bytes = file->n_bytes;
    }
    uint8_t *bytes = exact_copy(file->data, file->n_bytes);
    *n_bytes = mutate(bytes, file->n_bytes, k, p->seed);
    uint8_t *exact = exact_copy(bytes, *n_bytes);
    free(bytes);
    return exact;
}

/* Of the processor's time, so that a busy machine does not fail anybody; 0: no limit. */
static void limit_time(int seconds)
{
    const struct itimerval limit = {.it_value = {.tv_sec = seconds}};
    setitimer(ITIMER_PROF, &limit, NULL);
}

/* In the child: one mutant. */
static exercise_reach one(const plan *p, uint64_t k, const char *keep)
{
    mote_file file;
    mote_error err;
    if (mote_file_open(&file, paths[file_of(p, k)], 0, NULL, &err) != MOTE_OK)
        return EXERCISE_REFUSED;
    size_t n_bytes;
    uint8_t *bytes = make_mutant(p, k, &file, &n_bytes);
    mote_file_close(&file);
    if (keep)
        mote_file_write(keep, bytes, n_bytes, &err);
    limit_time(SECONDS);
    const exercise_reach reach = exercise_model(bytes, n_bytes);
    limit_time(0);
    free(bytes);
    return reach;
}

/* So that what does not end does not end the machine; the peak is judged afterwards. */
static void limit_child(void)
{
    if (!MOTE_SANITIZED) {
        const struct rlimit limit = {(rlim_t)4 << 30, (rlim_t)4 << 30};
        setrlimit(RLIMIT_AS, &limit);
    }
}

/* Mutants [from, to) in a child that tells through a pipe how far it is. Returns the first not done. */
static uint64_t run_batch(const plan *p, uint64_t from, uint64_t to, totals *all)
{
    int fds[2];
    if (pipe(fds) != 0)
        return to;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        limit_child();
        for (uint64_t k = from; k < to; k++) {
            const uint8_t reach = (uint8_t)one(p, k, NULL);
            if (write(fds[1], &reach, 1) != 1)
                _exit(3);
        }
        exit(0); /* so that leaks are looked for */
    }
    close(fds[1]);
    uint8_t reach;
    uint64_t done = from;
    while (read(fds[0], &reach, 1) == 1) {
        all->reach[reach]++;
        done++;
    }
    close(fds[0]);
    int status;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return to;
    const uint64_t culprit = done < to ? done : to - 1;
    printf("mutant %llu of %s: %s %d\n", (unsigned long long)culprit, paths[file_of(p, culprit)],
           WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    all->failed++;
    return done + 1 > to ? to : done + 1;
}

/* Numbers the truncations: one at each multiple of 8 below a file's size. */
static uint64_t number_truncations(plan *p)
{
    uint64_t n = 0;
    for (int i = 0; i < n_paths; i++) {
        struct stat info;
        p->first_of[i] = n;
        if (stat(paths[i], &info) == 0)
            n += ((uint64_t)info.st_size + 7) / 8;
    }
    p->first_of[n_paths] = n;
    return n;
}

/* Of the memory of any process that a mutant ran in, those that read HDF5 too. */
static long peak_mb(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_CHILDREN, &usage) == 0 ? usage.ru_maxrss / 1024 : 0;
}

static int run_all(const plan *p, uint64_t first, uint64_t n_mutants)
{
    totals all = {.failed = 0};
    for (uint64_t k = first; k < first + n_mutants;) {
        const uint64_t to = k + BATCH < first + n_mutants ? k + BATCH : first + n_mutants;
        k = run_batch(p, k, to, &all);
    }
    const long peak = peak_mb();
    printf("%d files, seed %llu: %ld refused, %ld read, %ld planned, %ld run, %ld failed, peak %ld MB\n", n_paths,
           (unsigned long long)p->seed, all.reach[EXERCISE_REFUSED], all.reach[EXERCISE_READ],
           all.reach[EXERCISE_PLANNED], all.reach[EXERCISE_INVOKED], all.failed, peak);
    return all.failed != 0 || (!MOTE_SANITIZED && peak > MAX_PEAK_MB);
}

int main(int argc, char **argv)
{
    static plan p = {.seed = 1};
    uint64_t n_mutants = 10000, only = UINT64_MAX, first = 0;
    const char *keep = NULL;
    for (int i = 1; i < argc; i++) {
        const bool more = i + 1 < argc;
        if (more && strcmp(argv[i], "--mutants") == 0)
            n_mutants = strtoull(argv[++i], NULL, 10);
        else if (more && strcmp(argv[i], "--seed") == 0)
            p.seed = strtoull(argv[++i], NULL, 10);
        else if (more && strcmp(argv[i], "--first") == 0)
            first = strtoull(argv[++i], NULL, 10);
        else if (more && strcmp(argv[i], "--largest") == 0)
            largest = strtoull(argv[++i], NULL, 10);
        else if (more && strcmp(argv[i], "--only") == 0)
            only = strtoull(argv[++i], NULL, 10);
        else if (more && strcmp(argv[i], "--keep") == 0)
            keep = argv[++i];
        else if (strcmp(argv[i], "--truncations") == 0)
            p.truncations = true;
        else
            nftw(argv[i], visit, OPEN_FILES, FTW_PHYS);
    }
    if (n_paths == 0) {
        printf("SKIP: ../shared is absent\n");
        return 77; /* meson: skipped */
    }
    qsort(paths, (size_t)n_paths, sizeof *paths, by_name);
    if (p.truncations)
        n_mutants = number_truncations(&p);
    int failed = 0;
    if (only == UINT64_MAX)
        failed = run_all(&p, first, n_mutants);
    else
        printf("reach %d\n", (int)one(&p, only, keep));
    for (int i = 0; i < n_paths; i++)
        free(paths[i]);
    return failed;
}
