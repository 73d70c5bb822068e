/*
 * What an operator is to the rest of mote: a definition (its name, arity, options in a file, shape
 * inference, version), a run facet (prepare, eval) and a gradient facet. Each facet is one constant
 * struct in the operator's folder; op_list.inc names them, op_table.c collects them.
 */
#ifndef MOTE_OP_OP_H
#define MOTE_OP_OP_H

#include <mote/graph.h>

/* --- options as TFLite stores them: one row per field of the options table in the schema --- */
typedef enum mote_field_kind {
    MOTE_FIELD_BOOL,    /* bool */
    MOTE_FIELD_I8,      /* int8_t, also enums of the schema (padding, activation, tensor type) in an int32_t */
    MOTE_FIELD_ENUM,    /* int8 in the file, int32_t in the struct */
    MOTE_FIELD_I32,     /* int32_t (also uint32) */
    MOTE_FIELD_I64,     /* int64_t */
    MOTE_FIELD_F32,     /* float */
    MOTE_FIELD_I32_VEC, /* mote_i32_vec */
    MOTE_FIELD_I64_VEC, /* mote_i64_vec */
    MOTE_FIELD_F32_VEC, /* mote_i32_vec of floats' bits */
    MOTE_FIELD_STRING,  /* const char * */
    MOTE_FIELD_BYTES,   /* mote_bytes */
} mote_field_kind;

typedef struct mote_i32_vec {
    int32_t n;
    const int32_t *values;
} mote_i32_vec;

typedef struct mote_i64_vec {
    int32_t n;
    const int64_t *values;
} mote_i64_vec;

typedef struct mote_bytes {
    size_t n;
    const uint8_t *values;
} mote_bytes;

typedef struct mote_op_field {
    const char *name; /* as the schema has it */
    uint16_t id;      /* field id in the options table */
    uint8_t kind;     /* mote_field_kind */
    uint16_t offset;  /* offsetof in the params struct */
    double def;       /* the schema's default */
} mote_op_field;

/* The schema's enums that many operators share. */
typedef enum mote_padding { MOTE_PADDING_SAME = 0, MOTE_PADDING_VALID = 1 } mote_padding;
typedef enum mote_activation {
    MOTE_ACT_NONE = 0,
    MOTE_ACT_RELU = 1,
    MOTE_ACT_RELU_N1_TO_1 = 2,
    MOTE_ACT_RELU6 = 3,
    MOTE_ACT_TANH = 4,
    MOTE_ACT_SIGN_BIT = 5,
} mote_activation;

/* A node with its tensors looked up. An optional input left out is NULL. Borrowed; valid for the call. */
typedef struct mote_op_io {
    const mote_node *node;
    mote_tensor *const *inputs;
    mote_tensor *const *outputs;
    int32_t n_inputs, n_outputs;
} mote_op_io;

enum {
    MOTE_OP_STATEFUL = 1 << 0,    /* side effects or variables: never dropped, folded or reordered */
    MOTE_OP_SHAPE_ONLY = 1 << 1,  /* the value depends on input shapes only (SHAPE, RANK) */
    MOTE_OP_ELEMENTWISE = 1 << 2, /* output element i needs only input elements i: output may share input 0's memory */
    MOTE_OP_DATA_MOVE = 1 << 3,   /* moves elements without computing: output quantization = input's */
    MOTE_OP_VIEW = 1 << 4,        /* same bytes, other shape (RESHAPE, SQUEEZE, EXPAND_DIMS) */
    MOTE_OP_CONTROL = 1 << 5,     /* invokes other graphs */
    MOTE_OP_TRAINING = 1 << 6,    /* lowered away before a .tflite is written */
    MOTE_OP_SIZES = 1 << 7,       /* eval sets the shape of outputs that infer cannot tell even from all values */
    MOTE_OP_MAY_OMIT = 1 << 8,    /* a file may leave out inputs among min_inputs: infer and prepare look */
};

typedef struct mote_op_def {
    const char *name;      /* "CONV_2D" */
    uint8_t options_type;  /* the schema's BuiltinOptions union value, 0: none */
    uint8_t options2_type; /* BuiltinOptions2 union value, 0: none */
    const mote_op_field *fields;
    int32_t n_fields;
    size_t params_bytes;
    int32_t min_inputs, max_inputs; /* max -1: any number */
    int32_t min_outputs, max_outputs;
    uint32_t flags;
    /* Bit i: input i is weights. A runtime hands them over as int8 where a file packs them (int4, int2), or, under
     * floats, calls them uint8. */
    uint64_t weights;
    /* Checks the inputs' number, ranks and dtypes and sets the outputs' dtype and shape (not their
     * quantization). A value it needs (RESHAPE's shape) is input->data; while that is NULL it sets
     * rank MOTE_RANK_UNKNOWN. Outputs arrive as the file states them. */
    mote_status (*infer)(const mote_op_io *io, mote_error *err);
    /* The operator version TFLite's converter would write for these types; NULL: always 1. */
    int32_t (*version)(const mote_op_io *io);
    int32_t max_version; /* the newest version in a file that mote's semantics cover */
    /* An operator that files know as CUSTOM by this name: fills params (zeroed) from the node's custom options. What
     * they leave out has the operator's default; infer and prepare refuse what is of no use. */
    void (*read_custom)(const uint8_t *options, size_t n_bytes, void *params);
} mote_op_def;

/* --- running --- */
typedef struct mote_run mote_run; /* services of the runtime to an operator: below */

typedef struct mote_op_run {
    /* Called when all input and output shapes are known (again whenever they change). Refuses type
     * combinations it has no kernel for (MOTE_UNSUPPORTED). May keep *state from mote_run_persistent.
     * Constant inputs' data may be read and packed here; other data is NULL. */
    mote_status (*prepare)(mote_run *run, const mote_op_io *io, void **state, mote_error *err);
    /* All data pointers are set and of the prepared shapes; only asserts, except for errors that
     * depend on values (an index out of range), which return MOTE_ARGUMENT. */
    mote_status (*eval)(mote_run *run, const mote_op_io *io, void *state, mote_error *err);
} mote_op_run;

/* Lives until the runtime is re-planned or freed; zeroed, 64-byte aligned; NULL: out of memory. prepare only. */
void *mote_run_persistent(mote_run *run, size_t n_bytes);
/* Scratch for this node's eval, planned into the arena with the activations: request in prepare
 * (the largest request counts), get in eval. 64-byte aligned, contents undefined. */
void mote_run_request_scratch(mote_run *run, size_t n_bytes);
void *mote_run_scratch(mote_run *run);
/* The node's intermediate tensor, which has no value, only a scale that a converter recorded; NULL: not given. prepare
 * only. */
const mote_tensor *mote_run_intermediate(const mote_run *run, int32_t index);
/* An output whose shape only eval knows (infer left it unknown): sets shape and gives memory. eval only. */
mote_status mote_run_resize_output(mote_run *run, const mote_op_io *io, int32_t output, const mote_shape *shape,
                                   mote_error *err);
/* String and other variable-sized outputs: n_bytes of memory for an output of known shape. eval only. */
mote_status mote_run_set_output_bytes(mote_run *run, const mote_op_io *io, int32_t output, size_t n_bytes,
                                      mote_error *err);
/* Runs fn over [0, n) split in ranges on the runtime's threads; fn gets the thread's index too.
 * The split never changes a result. */
typedef void mote_range_fn(void *arg, int64_t begin, int64_t end, int32_t thread);
void mote_run_parallel(mote_run *run, int64_t n, int64_t grain, mote_range_fn *fn, void *arg);
int32_t mote_run_n_threads(const mote_run *run);
struct mote_kernels;
const struct mote_kernels *mote_run_kernels(const mote_run *run);
/* True while ranges are found: floats are to have the bits of TensorFlow's converter (mote_kernels_as_converter). */
bool mote_run_in_converters_order(const mote_run *run);
const mote_allocator *mote_run_allocator(const mote_run *run);
/* True when every activation keeps its memory (a caller wants to see all of them): no aliasing. */
bool mote_run_keeps_all(const mote_run *run);
/* The operator of another graph that has a single one: what a reduction or a scatter applies. *n_nodes says how many it
 * has; MOTE_FORMAT: no such graph. */
mote_status mote_run_body_op(const mote_run *run, int32_t graph, int32_t *n_nodes, mote_op *op, mote_error *err);
/* Control flow: runs another graph of the same model with these tensors as its inputs, and gives
 * its outputs (borrowed until the next call for that graph). */
mote_status mote_run_call(mote_run *run, int32_t graph, int32_t n_inputs, mote_tensor *const *inputs, int32_t n_outputs,
                          mote_tensor **outputs, mote_error *err);
/* Resource variables by id, shared by all graphs of a runtime; created empty (data NULL) when new. */
mote_tensor *mote_run_variable(mote_run *run, int32_t id);
mote_status mote_run_assign_variable(mote_run *run, int32_t id, const mote_tensor *value, mote_error *err);
/* Ids for VAR_HANDLE: the same container and name give the same id. -1: out of memory. */
int32_t mote_run_variable_id(mote_run *run, const char *container, const char *shared_name);

/* --- gradients (float32; src/train runs them, libmote-rt is without) --- */

/* One node while a network trains. All shapes are known and dimension 0 of an activation is the batch. Of io's tensors
 * only those have data that the pass needs: forward all inputs and outputs, backward what the facet asks for. */
typedef struct mote_grad {
    const mote_op_io *io;
    const struct mote_op_grad *facet;
    void *state;   /* plan's own */
    void *saved;   /* saved_bytes that live from forward to backward */
    bool training; /* batch statistics and random draws; false: as at inference (predicting, or a frozen layer) */
    bool again;    /* forward: repeated in the backward pass, saved is filled already */
    uint64_t seed, stream;         /* for mote_rng_make: this node's draws in this step, the same in both passes */
    const float *const *d_outputs; /* the loss's gradient by each output; NULL: zero */
    float *const *d_inputs;        /* where the gradient by each input goes; NULL: nobody asks */
    uint32_t add;                  /* bit i: add to what d_inputs[i] holds; only for facets with MOTE_GRAD_ADDS */
    size_t saved_bytes;            /* set by plan */
    bool costly;                   /* set by plan: the output is rather kept than made more than twice */
    /* A value that is made anew wherever it is read, and lies nowhere: set by plan, the output can be made row by row
     * (give_rows), and input 0 is read through mote_grad_read_rows alone, in both passes. Both true of all who touch a
     * value, the trainer leaves it out. A row is the last dimension. */
    bool gives_rows, takes_rows;
    bool output_is_rows;           /* forward: the output has no memory, prepare for give_rows only */
    const struct mote_grad *maker; /* of input 0, where that has no memory; else NULL */
    /* Likewise a gradient, whose maker is the reader of the value: set by plan, d_inputs[0] can be made row by row
     * (give_d_rows) from what backward leaves in its place, which is the memory of d_outputs[0]; and d_outputs[0] is
     * read through mote_grad_read_d_rows alone. */
    bool gives_d_rows, takes_d_rows;
    bool d_input_is_rows;            /* backward: prepare for give_d_rows only */
    const struct mote_grad *d_maker; /* of d_outputs[0]; NULL: it lies in memory */
} mote_grad;

enum {
    MOTE_GRAD_IN_PLACE = 1 << 0, /* d_inputs[0] may be the memory of d_outputs[0] */
    MOTE_GRAD_ADDS = 1 << 1,     /* heeds mote_grad.add */
    MOTE_GRAD_FREEZES = 1 << 3,  /* a layer that is not trainable runs as at inference */
    MOTE_GRAD_BY_ROWS = 1 << 4,  /* forward is for an input 0 without memory; else the run facet's eval serves */
    MOTE_GRAD_CHEAP = 1 << 2,    /* forward is a pass over memory, worth repeating to save the output's memory */
};
#define MOTE_GRAD_ALL UINT32_MAX

typedef struct mote_op_grad {
    uint32_t needs_inputs, needs_outputs; /* bit i: backward reads the value of input or output i */
    uint32_t flags;
    /* Refuses what it has no gradient for, requests scratch (one block for either pass), keeps what it likes in
     * grad->state. Weights have no data yet. NULL: nothing to do. */
    mote_status (*plan)(mote_run *run, mote_grad *grad, mote_error *err);
    /* NULL: the run facet's prepare and eval. */
    mote_status (*forward)(mote_run *run, const mote_grad *grad, mote_error *err);
    /* NULL: the gradient is zero everywhere (SIGN, SHAPE). */
    mote_status (*backward)(mote_run *run, const mote_grad *grad, mote_error *err);
    /* Once the step counts: what the operator keeps from step to step (moving statistics). NULL: nothing. */
    void (*finish)(const mote_grad *grad);
    /* Rows [begin, end) of output 0 into `to`, after forward; from any thread. */
    void (*give_rows)(const mote_grad *grad, int64_t begin, int64_t end, float *to);
    /* Rows [begin, end) of d_inputs[0] into `to`, after backward; from any thread. */
    void (*give_d_rows)(const mote_grad *grad, int64_t begin, int64_t end, float *to);
    /* Multiply-adds of the forward pass, for the roofline; each gradient takes as many. NULL: one per output value. */
    int64_t (*products)(const mote_op_io *io);
} mote_op_grad;

/* grad_table.c. Rows [begin, end) of input 0, or of the gradient by output 0, into `to`, from memory or the maker. */
void mote_grad_read_rows(const mote_grad *grad, int64_t begin, int64_t end, float *to);
void mote_grad_read_d_rows(const mote_grad *grad, int64_t begin, int64_t end, float *to);
const mote_op_grad *mote_op_find_grad(int32_t op); /* NULL: none */

/* --- tables (op_table.c) --- */
const mote_op_def *mote_op_find(int32_t op);     /* NULL: mote does not know it */
const mote_op_run *mote_op_find_run(int32_t op); /* NULL: the runtime cannot run it */
int32_t mote_op_count(void);
mote_op mote_op_at(int32_t index); /* 0 … count-1, list order */

#endif
