/*
 * What a runtime is made of: one plan per graph that has been entered, resource variables shared by all of them,
 * and a pool of threads.
 *
 * A plan copies the graph's tensor table, so that the model stays as it is. Planning walks the nodes once:
 * infers shapes, evaluates what depends on constants only, prepares the rest, then gives every activation a
 * place in one arena. What depends on values that only exist while running is planned again at that moment.
 */
#ifndef MOTE_RUNTIME_INTERPRETER_H
#define MOTE_RUNTIME_INTERPRETER_H

#include "kernels/kernels.h"
#include <mote/runtime.h>

#include "op/op.h"

/* Where a tensor's value is. */
typedef enum rt_place {
    RT_NOWHERE,  /* no node reads or makes it */
    RT_KNOWN,    /* a constant, or evaluated while planning */
    RT_ARENA,    /* planned */
    RT_HEAP,     /* of a size that only eval knows: from the allocator */
    RT_VARIABLE, /* keeps its value between invocations: in the arena, alone */
} rt_place;

typedef struct rt_slot {
    rt_place place;
    int32_t root;        /* the tensor whose memory this one shares; itself when it has its own */
    int32_t first, last; /* nodes between which the value lives; last n_nodes: to the end */
    size_t offset;       /* in the arena */
    void *heap;          /* RT_HEAP, and RT_KNOWN when evaluated here */
    size_t heap_bytes;
} rt_slot;

typedef enum rt_mode {
    RT_RUN,
    RT_FOLDED,  /* evaluated while planning */
    RT_FUSED,   /* part of a later node's table */
    RT_SHARED,  /* a view whose output has its input's memory: nothing to do */
    RT_DYNAMIC, /* inferred and prepared again when its turn comes */
} rt_mode;

typedef struct rt_node {
    const mote_op_def *def;
    const mote_op_run *run;
    mote_op_io io;
    rt_mode mode;
    void *state;
    size_t scratch_bytes, scratch_offset;
    /* Fused with the node before: the result for each code of tensor fused_input, or x * logistic(x) of it. */
    const unsigned char *table;
    bool swish;
    int32_t fused_input;
    /* RT_DYNAMIC: what its state lives in, and the shapes of inputs then outputs that it was prepared for. */
    mote_arena *memory;
    mote_shape *shapes;
} rt_node;

typedef struct rt_plan {
    struct mote_runtime *runtime;
    const mote_graph *graph;
    int32_t index;
    mote_tensor *tensors; /* n_tensors; addresses stay for the life of the runtime */
    rt_slot *slots;
    rt_node *nodes;
    mote_shape *input_shapes; /* as asked for */
    int32_t *producers;       /* node that makes each tensor, or -1 */
    int32_t *uses;            /* by nodes and as outputs of the graph */
    bool planned, allocated, running;
    mote_arena *memory; /* states, packed weights, pointer tables */
    void *arena;
    size_t arena_bytes, folded_bytes, packed_bytes;
    void *heap_scratch; /* scratch of dynamic nodes */
    size_t heap_scratch_bytes;
    int64_t *profile_ns; /* per node, or NULL */
} rt_plan;

typedef struct rt_variable {
    char *key; /* container and name, joined by a byte that neither holds */
    mote_tensor tensor;
    size_t capacity_bytes;
} rt_variable;

/* Sees each output of each node of the entered graph, right after it was made. */
typedef void rt_observe_fn(void *arg, int32_t tensor, const mote_tensor *value);

/* --- budget.c: an allocator that gives out no more than a limit. Used by one thread at a time. --- */
typedef struct rt_budget {
    mote_allocator allocator;
    const mote_allocator *base;
    size_t limit_bytes, used_bytes;
    bool refused; /* since the start: something did not fit */
} rt_budget;
/* budget must not move afterwards. */
void rt_budget_init(rt_budget *budget, const mote_allocator *base, size_t limit_bytes);

struct mote_runtime {
    const mote_model *model;
    mote_runtime_options options;
    bool as_converter;      /* floats round as in TensorFlow's converter when it calibrates */
    rt_observe_fn *observe; /* NULL: nobody looks; else nodes are not joined, so that every value exists */
    void *observe_arg;
    mote_refusal_fn *refused; /* NULL: nobody counts; else sees each operator that a plan refuses */
    void *refused_arg;
    const mote_allocator *allocator; /* of all but the runtime itself: the budget's where there is a limit */
    rt_budget budget;
    int64_t loops_end_ns; /* when calls from graph to graph are refused; 0: never */
    mote_pool *pool, *own_pool;
    const struct mote_kernels *kernels; /* NULL: the reference's plain loops alone */
    mote_kernels own_kernels;
    rt_plan **plans; /* per graph, NULL until entered */
    int32_t entry;   /* graph */
    const mote_signature *signature;
    rt_variable **variables;
    int32_t n_variables;
    int32_t depth; /* of calls from graph to graph */
};

/* What an operator holds while it is prepared or evaluated. */
struct mote_run {
    rt_plan *plan;
    rt_node *node;
    mote_arena *memory; /* prepare: where persistent bytes come from */
    void *scratch;      /* eval */
};

/* --- plan.c --- */
mote_status rt_plan_new(rt_plan **plan, mote_runtime *runtime, int32_t graph, mote_error *err);
void rt_plan_free(rt_plan *plan);
/* Idempotent; after a failure nothing is planned. */
mote_status rt_plan_make(rt_plan *plan, mote_error *err);
mote_status rt_plan_allocate(rt_plan *plan, mote_error *err);
/* Back to what rt_plan_new gave, for another input shape. */
void rt_plan_clear(rt_plan *plan);
mote_status rt_prefix_node(const rt_plan *plan, const rt_node *node, mote_status status, mote_error *err);
/* True when all of n tensors (NULL allowed) have shapes and types of known size. */
bool rt_all_known(mote_tensor *const *tensors, int32_t n);
size_t rt_plan_bytes(const rt_plan *plan); /* everything it holds or has promised */
void rt_plan_clear_variables(rt_plan *plan);

/* --- plan_constants.c: constants as operators read them; before the first node is planned --- */
mote_status rt_plan_constants(rt_plan *plan, mote_error *err);

/* --- plan_memory.c: lifetimes, shared memory, places in the arena --- */
mote_status rt_plan_memory(rt_plan *plan, mote_error *err);

/* --- fuse.c --- */
/* Called for each node that is to run, after its preparation: joins it with the one before where that is exact. */
mote_status rt_fuse(rt_plan *plan, rt_node *node, mote_error *err);
void rt_eval_fused(rt_plan *plan, const rt_node *node);

/* --- pack.c --- */
typedef struct rt_span {
    size_t n_bytes;
    int32_t first, last; /* inclusive */
    size_t offset;       /* out; a multiple of MOTE_ALIGNMENT */
} rt_span;
/* Gives spans that are alive at the same time separate places. */
mote_status rt_pack(rt_span *spans, int32_t n, size_t *total_bytes, const mote_allocator *allocator);

/* --- runtime.c --- */
/* mote_runtime_new; as_converter: with floats that round as they do in TensorFlow's converter when it calibrates. */
mote_status rt_new(mote_runtime **out, const mote_model *model, const mote_runtime_options *options, bool as_converter,
                   mote_error *err);

/* --- invoke.c --- */
bool rt_makes_nothing(const rt_node *node);
mote_status rt_plan_invoke(rt_plan *plan, mote_error *err);
/* Before the runtime plans. */
void rt_observe(mote_runtime *runtime, rt_observe_fn *observe, void *arg);
/* At least n_bytes behind a tensor whose size only eval knows. */
mote_status rt_heap_reserve(rt_plan *plan, int32_t tensor, size_t n_bytes, mote_error *err);

/* --- variables.c --- */
void rt_variables_free(mote_runtime *runtime);

static inline bool rt_is_fused(const rt_node *node)
{
    return node->table || node->swish;
}

static inline size_t rt_align(size_t n_bytes)
{
    return (n_bytes + MOTE_ALIGNMENT - 1) / MOTE_ALIGNMENT * MOTE_ALIGNMENT;
}

static inline int32_t rt_tensor_index(const rt_plan *plan, const mote_tensor *tensor)
{
    return (int32_t)(tensor - plan->tensors);
}

#endif
