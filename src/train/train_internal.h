/*
 * What a trainer is made of. It clones the model, fuses what it can (train_graph.c), and plans a step for a number of
 * examples (train_plan.c): a list of actions, each node forward, the loss, each node backward, and in between those
 * forward passes that are repeated because their results were not worth keeping. Every value, gradient and scratch gets
 * a place in one arena by the actions between which it is alive. train_run.c carries the list out.
 *
 * Operators see the services of the runtime (op.h): the trainer holds one of those without a plan of its own.
 */
#ifndef MOTE_TRAIN_TRAIN_INTERNAL_H
#define MOTE_TRAIN_TRAIN_INTERNAL_H

#include "runtime/interpreter.h"
#include <mote/train.h>

enum { TR_MAX_SLOTS = 3, TR_NONE = -1 };

/* --- weights --- */
typedef struct tr_weight {
    const char *name;
    int32_t tensor; /* in graphs[0] of the model and of its clone */
    bool trained;
    float *value; /* the clone's */
    int64_t n;
    float *gradient;            /* NULL where it does not train */
    float *slots[TR_MAX_SLOTS]; /* the optimizer's */
    float *average;             /* NULL: none kept */
    double norm_squared;
    float l1, l2; /* regularization: l1 |w| + l2 w^2 */
} tr_weight;

/* --- a plan --- */
typedef enum tr_kind { TR_FORWARD, TR_LOSS, TR_AGAIN, TR_BACKWARD } tr_kind;

typedef struct tr_action {
    tr_kind kind;
    int32_t node;
} tr_action;

/* Bytes that are alive between two actions, inclusive. */
typedef struct tr_buffer {
    size_t n_bytes, offset;
    int32_t first, last; /* first TR_NONE: never alive */
} tr_buffer;

typedef struct tr_tensor {
    int32_t root;        /* the tensor whose memory this one shares (views); itself when it has its own */
    bool known;          /* a constant or evaluated while planning; not a weight */
    bool fixed;          /* a weight or an input of the model: memory of its own, outside the arena */
    bool wants;          /* its gradient is asked for */
    bool rows;           /* made anew wherever it is read: no memory (op.h: gives_rows) */
    bool again;          /* not kept: made again for the backward pass */
    int32_t n_gradients; /* contributions to its gradient so far (while planning) */
    int32_t producer;    /* node or TR_NONE */
    int32_t weight;      /* index or TR_NONE */
    int32_t value, value_again, gradient; /* buffers; TR_NONE: none. gradient may be another tensor's */
    int32_t now;                          /* while planning: the buffer that holds the value */
} tr_tensor;

typedef struct tr_node {
    const mote_op_grad *facet; /* NULL: no gradient */
    const mote_op_run *run;
    void *run_state;
    rt_node services; /* what operators' requests go into */
    mote_op_io io;
    mote_grad grad;
    const float **d_outputs;
    float **d_inputs;
    bool folded, view, backward, frozen;
    int32_t saved, scratch, scratch_again, scratch_backward; /* buffers */
    int32_t *partials; /* per input: the buffer whose contents are added to the gradient; TR_NONE: none */
    int32_t d_maker;   /* the node that makes rows of the output's gradient, or TR_NONE */
    int64_t forward_ns, backward_ns;
} tr_node;

typedef struct tr_plan {
    int32_t n; /* examples */
    bool training;
    mote_arena *memory;
    rt_plan services;
    mote_tensor *tensors;
    tr_tensor *info;
    tr_node *nodes;
    tr_action *actions;
    int32_t n_actions, action_capacity;
    tr_buffer *buffers;
    int32_t n_buffers, buffer_capacity;
    size_t arena_bytes;
} tr_plan;

/* --- the loss --- */
typedef struct tr_loss {
    mote_loss kind;
    bool from_logits;
    int32_t tensor; /* whose gradient the loss gives: the logits where that serves */
    int32_t output; /* the model's */
    float smoothing;
    float *class_weights;
    int32_t n_class_weights;
} tr_loss;

struct mote_trainer {
    mote_trainer_options options;
    const mote_allocator *allocator;
    mote_model *model; /* the caller's */
    mote_model *own;
    mote_graph *graph; /* own's */
    struct mote_runtime runtime;
    mote_pool *own_pool;
    tr_weight *weights;
    int32_t n_weights;
    int32_t *weight_of;       /* per tensor, or TR_NONE */
    const char **state_names; /* [weight][TR_MAX_SLOTS + 1] */
    float *slot_memory;       /* gradients, slots, averages */
    size_t slot_bytes;
    tr_loss loss;
    tr_plan *plan;
    char *arena;
    size_t arena_capacity;
    float *outputs;
    size_t outputs_bytes;
    int64_t step, seed; /* step: how many are done */
    int64_t optimizer_ns;
    int64_t *forward_ns, *backward_ns; /* per node, with profile */
};

/* --- train_graph.c: the trainer's own copy of the network --- */
mote_status tr_graph_make(mote_trainer *trainer, mote_error *err);
/* Which tensor the loss is computed from, and how. */
mote_status tr_loss_make(mote_trainer *trainer, mote_error *err);

/* --- train_state.c --- */
mote_status tr_weights_make(mote_trainer *trainer, mote_error *err);
mote_status tr_state_names_make(mote_trainer *trainer, mote_error *err);
void tr_weights_free(mote_trainer *trainer);

/* --- train_plan.c --- */
/* The plan for n examples, made when it is not the present one. */
mote_status tr_plan_get(mote_trainer *trainer, int32_t n, bool training, mote_error *err);
void tr_plan_free(mote_trainer *trainer);
/* The node's place for messages: "layer 'x' (Conv2D): " in front. */
mote_status tr_prefix_node(const mote_trainer *trainer, const mote_node *node, mote_status status, mote_error *err);

/* The node's own forward pass serves a value without memory only. */
static inline bool tr_runs_by_rows(const tr_node *node)
{
    return node->facet && (node->facet->flags & MOTE_GRAD_BY_ROWS);
}

/* --- train_memory.c --- */
/* Actions and buffers of a plan whose nodes are prepared. */
mote_status tr_plan_actions(mote_trainer *trainer, tr_plan *plan, mote_error *err);

/* --- train_run.c --- */
/* Carries the plan out. labels may be NULL: outputs only. finite: whether every node's output is to be looked at. */
mote_status tr_run(mote_trainer *trainer, const mote_train_batch *batch, mote_step_result *result, bool look,
                   mote_error *err);
void tr_finish(mote_trainer *trainer);

/* --- loss.c --- */
mote_status tr_check_labels(const mote_trainer *trainer, const mote_train_batch *batch, mote_error *err);
/* values: of loss.tensor, n_rows rows; gradient may be NULL. */
double tr_loss_compute(const tr_loss *loss, const mote_train_batch *batch, const float *values, const float *outputs,
                       int64_t n_rows, int64_t n_columns, float *gradient, int32_t *n_correct);

/* --- train_regularize.c --- */
/* file_name: the weight's, as its layer names it. */
void tr_read_regularizer(tr_weight *weight, const char *file_name, const mote_layer *layer);
/* The regularizers' part of the loss; gradients: adds theirs to those of the weights that train. */
double tr_regularize(mote_trainer *trainer, bool gradients);

/* --- optimizer.c --- */
int32_t tr_optimizer_n_slots(const mote_optimizer_options *options);
const char *tr_optimizer_slot_name(const mote_optimizer_options *options, int32_t slot);
/* Norms of all gradients; *bad: the first weight whose gradient is not finite, or TR_NONE. */
double tr_gradient_norm(mote_trainer *trainer, int32_t *bad);
void tr_optimize(mote_trainer *trainer, float learning_rate, double norm);

#endif
