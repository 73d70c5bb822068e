/*
 * An arena is a list of blocks, newest first. Small requests share blocks that double up to a cap; a request
 * larger than a quarter of the next block gets a block of its own, so that weights cost no slack.
 *
 *   block: | header, 64 bytes | data ... used | ... free ... | capacity
 */
#include <mote/alloc.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { HEADER_BYTES = 64, FIRST_BLOCK_BYTES = 16 * 1024, LARGEST_SHARED_BYTES = 1024 * 1024 };

typedef struct block {
    struct block *next;
    size_t capacity, used; /* of the data, without the header */
} block;
_Static_assert(sizeof(block) <= HEADER_BYTES, "the header precedes the data");

struct mote_arena {
    const mote_allocator *allocator;
    block *shared; /* the block being filled, with the fuller ones behind it */
    block *alone;  /* blocks that hold one large request */
    size_t next_bytes, limit_bytes, used_bytes;
};

mote_arena *mote_arena_new(const mote_allocator *allocator, size_t limit_bytes)
{
    mote_arena *arena = mote_calloc(allocator, 1, sizeof *arena);
    if (arena) {
        arena->allocator = allocator;
        arena->next_bytes = FIRST_BLOCK_BYTES;
        arena->limit_bytes = limit_bytes ? limit_bytes : SIZE_MAX;
    }
    return arena;
}

static void free_blocks(const mote_allocator *allocator, block *first)
{
    while (first) {
        block *next = first->next;
        mote_free(allocator, first);
        first = next;
    }
}

void mote_arena_free(mote_arena *arena)
{
    if (!arena)
        return;
    free_blocks(arena->allocator, arena->shared);
    free_blocks(arena->allocator, arena->alone);
    mote_free(arena->allocator, arena);
}

static block *add_block(mote_arena *arena, block **list, size_t capacity)
{
    if (capacity > SIZE_MAX - HEADER_BYTES)
        return NULL;
    block *b = mote_alloc(arena->allocator, HEADER_BYTES + capacity);
    if (b) {
        *b = (block){.next = *list, .capacity = capacity};
        *list = b;
    }
    return b;
}

static void *take(block *b, size_t n_bytes, size_t alignment)
{
    size_t at = (b->used + alignment - 1) & ~(alignment - 1);
    if (at > b->capacity || n_bytes > b->capacity - at)
        return NULL;
    b->used = at + n_bytes;
    return (unsigned char *)b + HEADER_BYTES + at;
}

void *mote_arena_alloc(mote_arena *arena, size_t n_bytes)
{
    const size_t alignment = n_bytes >= MOTE_ALIGNMENT ? MOTE_ALIGNMENT : 16;
    const size_t wanted = n_bytes ? n_bytes : 1;
    if (wanted > arena->limit_bytes - arena->used_bytes)
        return NULL;
    void *result = arena->shared ? take(arena->shared, wanted, alignment) : NULL;
    if (!result) {
        const bool alone = wanted > arena->next_bytes / 4;
        block *b = add_block(arena, alone ? &arena->alone : &arena->shared, alone ? wanted : arena->next_bytes);
        if (!b)
            return NULL;
        if (!alone && arena->next_bytes < LARGEST_SHARED_BYTES)
            arena->next_bytes *= 2;
        result = take(b, wanted, alignment);
    }
    arena->used_bytes += wanted;
    return memset(result, 0, wanted);
}

void *mote_arena_calloc(mote_arena *arena, size_t n, size_t element_bytes)
{
    size_t n_bytes;
    return __builtin_mul_overflow(n, element_bytes, &n_bytes) ? NULL : mote_arena_alloc(arena, n_bytes);
}

void *mote_arena_copy(mote_arena *arena, const void *source, size_t n_bytes)
{
    void *copy = mote_arena_alloc(arena, n_bytes);
    if (copy && n_bytes)
        memcpy(copy, source, n_bytes);
    return copy;
}

char *mote_arena_strndup(mote_arena *arena, const char *text, size_t n)
{
    char *copy = n < SIZE_MAX ? mote_arena_alloc(arena, n + 1) : NULL;
    if (copy && n)
        memcpy(copy, text, n);
    return copy;
}

char *mote_arena_strdup(mote_arena *arena, const char *text)
{
    return mote_arena_strndup(arena, text, strlen(text));
}

char *mote_arena_printf(mote_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    char *text = n < 0 ? NULL : mote_arena_alloc(arena, (size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

size_t mote_arena_used_bytes(const mote_arena *arena)
{
    return arena->used_bytes;
}

const mote_allocator *mote_arena_allocator(const mote_arena *arena)
{
    return arena->allocator;
}
