/* An allocator with a limit on what is out at one time. Blocks carry their size in front. */
#include <stdint.h>

#include "runtime/interpreter.h"

enum { HEADER_BYTES = MOTE_ALIGNMENT };

static void *budget_alloc(void *context, size_t n_bytes, size_t alignment)
{
    rt_budget *budget = context;
    if (n_bytes > SIZE_MAX - HEADER_BYTES || n_bytes + HEADER_BYTES > budget->limit_bytes - budget->used_bytes ||
        alignment > HEADER_BYTES) {
        budget->refused = true;
        return NULL;
    }
    const size_t taken = n_bytes + HEADER_BYTES;
    char *block = mote_alloc(budget->base, taken);
    if (!block)
        return NULL;
    *(size_t *)(void *)block = taken;
    budget->used_bytes += taken;
    return block + HEADER_BYTES;
}

static void budget_free(void *context, void *block)
{
    rt_budget *budget = context;
    if (!block)
        return;
    char *start = (char *)block - HEADER_BYTES;
    budget->used_bytes -= *(const size_t *)(const void *)start;
    mote_free(budget->base, start);
}

void rt_budget_init(rt_budget *budget, const mote_allocator *base, size_t limit_bytes)
{
    *budget = (rt_budget){.allocator = {budget_alloc, budget_free, budget}, .base = base, .limit_bytes = limit_bytes};
}
