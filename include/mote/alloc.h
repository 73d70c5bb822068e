/*
 * Memory: one allocator handle per context, and an arena for what lives and dies together.
 * A NULL allocator means the C library's. No function here aborts: NULL is out of memory.
 */
#ifndef MOTE_ALLOC_H
#define MOTE_ALLOC_H

#include <mote/api.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MOTE_ALIGNMENT = 64 }; /* every block: a cache line, and the widest vector */

typedef struct mote_allocator {
    void *(*alloc)(void *context, size_t n_bytes, size_t alignment); /* NULL on failure; contents undefined */
    void (*free)(void *context, void *block);                        /* block may be NULL */
    void *context;
} mote_allocator;

MOTE_API const mote_allocator *mote_allocator_default(void);

/* n_bytes 0 gives a valid, freeable block. */
MOTE_API void *mote_alloc(const mote_allocator *allocator, size_t n_bytes);
/* Zeroed; NULL also when n * element_bytes overflows. */
MOTE_API void *mote_calloc(const mote_allocator *allocator, size_t n, size_t element_bytes);
/* Copies min(old, new) bytes; on failure NULL and the old block stays. */
MOTE_API void *mote_realloc(const mote_allocator *allocator, void *block, size_t old_bytes, size_t new_bytes);
MOTE_API void mote_free(const mote_allocator *allocator, void *block);

/* What memory there is for this process: the machine's, or what its control group (a container's) allows where that is
 * less; 0: not known. */
MOTE_API size_t mote_memory_bytes(void);

/* --- arena --- */
typedef struct mote_arena mote_arena;

/* limit_bytes 0: no limit. Past the limit allocations return NULL: what a hostile file may cost. */
MOTE_API mote_arena *mote_arena_new(const mote_allocator *allocator, size_t limit_bytes);
MOTE_API void mote_arena_free(mote_arena *arena); /* and everything in it; NULL is fine */
/* Zeroed, 64-byte aligned when n_bytes >= 64, else 16-byte aligned. */
MOTE_API void *mote_arena_alloc(mote_arena *arena, size_t n_bytes);
MOTE_API void *mote_arena_calloc(mote_arena *arena, size_t n, size_t element_bytes);
MOTE_API void *mote_arena_copy(mote_arena *arena, const void *source, size_t n_bytes);
MOTE_API char *mote_arena_strdup(mote_arena *arena, const char *text);
MOTE_API char *mote_arena_strndup(mote_arena *arena, const char *text, size_t n);
MOTE_API char *mote_arena_printf(mote_arena *arena, const char *format, ...) MOTE_PRINTF(2, 3);
MOTE_API size_t mote_arena_used_bytes(const mote_arena *arena);
MOTE_API const mote_allocator *mote_arena_allocator(const mote_arena *arena); /* as given to mote_arena_new */

#ifdef __cplusplus
}
#endif
#endif
