#include "base/sanitized.h"

#include <mote/alloc.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE_BYTES = 2 << 20, LARGE_BYTES = 16 << 20 };

/* What is large is walked through from end to end: in huge pages, where the system has them, that costs fewer page
 * faults and walks. */
static void *system_alloc(void *context, size_t n_bytes, size_t alignment)
{
    (void)context;
    void *block = NULL;
    const bool large = n_bytes >= LARGE_BYTES && alignment <= HUGE_PAGE_BYTES;
    if (posix_memalign(&block, large ? HUGE_PAGE_BYTES : alignment, n_bytes) != 0)
        return NULL;
#if defined(MADV_HUGEPAGE)
    if (large)
        madvise(block, n_bytes, MADV_HUGEPAGE); /* refused: small pages */
#endif
    return block;
}

static void system_free(void *context, void *block)
{
    (void)context;
    free(block);
}

static const mote_allocator SYSTEM_ALLOCATOR = {system_alloc, system_free, NULL};

const mote_allocator *mote_allocator_default(void)
{
    return &SYSTEM_ALLOCATOR;
}

void *mote_alloc(const mote_allocator *allocator, size_t n_bytes)
{
    if (!allocator)
        allocator = &SYSTEM_ALLOCATOR;
    if (n_bytes > PTRDIFF_MAX - MOTE_ALIGNMENT)
        return NULL;
    return allocator->alloc(allocator->context, n_bytes ? n_bytes : 1, MOTE_ALIGNMENT);
}

void *mote_calloc(const mote_allocator *allocator, size_t n, size_t element_bytes)
{
    size_t n_bytes;
    if (__builtin_mul_overflow(n, element_bytes, &n_bytes))
        return NULL;
    void *block = mote_alloc(allocator, n_bytes);
    if (block)
        memset(block, 0, n_bytes ? n_bytes : 1);
    return block;
}

void *mote_realloc(const mote_allocator *allocator, void *block, size_t old_bytes, size_t new_bytes)
{
    void *bigger = mote_alloc(allocator, new_bytes);
    if (!bigger)
        return NULL;
    size_t kept = old_bytes < new_bytes ? old_bytes : new_bytes;
    if (block && kept)
        memcpy(bigger, block, kept);
    mote_free(allocator, block);
    return bigger;
}

void mote_free(const mote_allocator *allocator, void *block)
{
    if (!block)
        return;
    if (!allocator)
        allocator = &SYSTEM_ALLOCATOR;
    allocator->free(allocator->context, block);
}

#if MOTE_SANITIZED
/*
 * What others' libraries keep until the process ends, so that the leak checker shows leaks of our own only: fontconfig
 * what it found for cairo, libhdf5 a few bytes for a file image that it shall not release. Here, where every program
 * that links mote has it.
 */
MOTE_API const char *__lsan_default_options(void);
MOTE_API const char *__lsan_default_suppressions(void);

const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:H5LTopen_file_image\n";
}
#endif
