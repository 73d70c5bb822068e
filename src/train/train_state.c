/* The weights, what the optimizer keeps beside them, and all of it by name. */
#include <string.h>

#include "train/train_internal.h"

static mote_status no_memory(mote_error *err)
{
    return mote_error_set(err, MOTE_NO_MEMORY, "out of memory for the weights");
}

/* A name that another weight has gets the layer's in front, then a number. */
static const char *unique_name(const mote_trainer *trainer, const mote_layer *layer, const char *name)
{
    mote_arena *arena = trainer->own->arena;
    const char *candidate = name;
    for (int32_t attempt = 0;; attempt++) {
        bool taken = false;
        for (int32_t i = 0; i < trainer->n_weights; i++)
            taken |= strcmp(trainer->weights[i].name, candidate) == 0;
        if (!taken)
            return candidate;
        candidate = attempt == 0 ? mote_arena_printf(arena, "%s/%s", layer->name, name)
                                 : mote_arena_printf(arena, "%s/%s#%d", layer->name, name, attempt);
        if (!candidate)
            return NULL;
    }
}

static mote_status add_weight(mote_trainer *trainer, int32_t at, const mote_layer_weight *source, mote_error *err)
{
    const mote_layer *layer = &trainer->model->layers[at];
    const mote_tensor *tensor = trainer->graph->tensors[source->tensor];
    if (tensor->dtype != MOTE_FLOAT32 || tensor->storage != MOTE_STORAGE_CONST)
        return MOTE_OK;
    tr_weight *weight = &trainer->weights[trainer->n_weights];
    *weight = (tr_weight){
        .name = unique_name(trainer, layer, source->name),
        .tensor = source->tensor,
        .trained = source->trainable && mote_layer_trains(trainer->model, at),
        .value = tensor->data,
        .n = mote_shape_count(&tensor->shape),
    };
    if (!weight->name)
        return no_memory(err);
    tr_read_regularizer(weight, source->name, layer);
    trainer->weight_of[source->tensor] = trainer->n_weights++;
    return MOTE_OK;
}

static mote_status find_weights(mote_trainer *trainer, mote_error *err)
{
    const mote_model *model = trainer->model;
    const mote_graph *graph = trainer->graph;
    int32_t most = 0;
    for (int32_t i = 0; i < model->n_layers; i++)
        most += model->layers[i].n_weights;
    trainer->weights = mote_calloc(trainer->allocator, (size_t)most + 1, sizeof *trainer->weights);
    trainer->weight_of = mote_alloc(trainer->allocator, (size_t)(graph->n_tensors + 1) * sizeof *trainer->weight_of);
    if (!trainer->weights || !trainer->weight_of)
        return no_memory(err);
    for (int32_t i = 0; i < graph->n_tensors; i++)
        trainer->weight_of[i] = TR_NONE;
    for (int32_t i = 0; i < model->n_layers; i++)
        for (int32_t j = 0; j < model->layers[i].n_weights; j++) {
            const mote_layer_weight *weight = &model->layers[i].weights[j];
            if (weight->tensor < 0 || weight->tensor >= graph->n_tensors || trainer->weight_of[weight->tensor] >= 0)
                continue;
            const mote_status status = add_weight(trainer, i, weight, err);
            if (status != MOTE_OK)
                return status;
        }
    return MOTE_OK;
}

static int64_t padded(int64_t n)
{
    return (n + 15) / 16 * 16;
}

mote_status tr_weights_make(mote_trainer *trainer, mote_error *err)
{
    const mote_status status = find_weights(trainer, err);
    if (status != MOTE_OK)
        return status;
    const int32_t n_slots = tr_optimizer_n_slots(&trainer->options.optimizer);
    const bool averages = trainer->options.optimizer.ema_momentum > 0;
    int64_t count = 0;
    for (int32_t i = 0; i < trainer->n_weights; i++)
        if (trainer->weights[i].trained)
            count += padded(trainer->weights[i].n) * (1 + n_slots + averages);
    trainer->slot_bytes = (size_t)count * sizeof(float);
    trainer->slot_memory = mote_calloc(trainer->allocator, (size_t)count + 1, sizeof(float));
    if (!trainer->slot_memory)
        return no_memory(err);
    float *next = trainer->slot_memory;
    for (int32_t i = 0; i < trainer->n_weights; i++) {
        tr_weight *weight = &trainer->weights[i];
        if (!weight->trained)
            continue;
        weight->gradient = next;
        next += padded(weight->n);
        for (int32_t slot = 0; slot < n_slots; slot++, next += padded(weight->n))
            weight->slots[slot] = next;
        if (averages) {
            weight->average = next;
            memcpy(weight->average, weight->value, (size_t)weight->n * sizeof *next);
            next += padded(weight->n);
        }
    }
    return MOTE_OK;
}

void tr_weights_free(mote_trainer *trainer)
{
    mote_free(trainer->allocator, trainer->weights);
    mote_free(trainer->allocator, trainer->weight_of);
    mote_free(trainer->allocator, trainer->slot_memory);
}

/* --- by name --- */

/* Per weight: itself, its slots, its average. Then the counters. */
static int32_t extras(const mote_trainer *trainer)
{
    return tr_optimizer_n_slots(&trainer->options.optimizer) + (trainer->options.optimizer.ema_momentum > 0);
}

enum { N_COUNTERS = 2 };

int32_t mote_trainer_n_state(const mote_trainer *trainer)
{
    int32_t n = N_COUNTERS;
    for (int32_t i = 0; i < trainer->n_weights; i++)
        n += 1 + (trainer->weights[i].trained ? extras(trainer) : 0);
    return n;
}

static mote_state_tensor counter(mote_trainer *trainer, int32_t index)
{
    return (mote_state_tensor){
        .name = index == 0 ? "step" : "seed",
        .kind = MOTE_STATE_COUNTER,
        .dtype = MOTE_INT64,
        .data = index == 0 ? &trainer->step : &trainer->seed,
        .n_bytes = sizeof trainer->step,
    };
}

mote_state_tensor mote_trainer_state(mote_trainer *trainer, int32_t index)
{
    const int32_t n_slots = tr_optimizer_n_slots(&trainer->options.optimizer);
    for (int32_t i = 0; i < trainer->n_weights; i++) {
        const tr_weight *weight = &trainer->weights[i];
        const int32_t n = 1 + (weight->trained ? extras(trainer) : 0);
        if (index >= n) {
            index -= n;
            continue;
        }
        mote_state_tensor state = {
            .name = weight->name,
            .kind = index == 0 ? MOTE_STATE_WEIGHT : MOTE_STATE_OPTIMIZER,
            .trained = weight->trained,
            .dtype = MOTE_FLOAT32,
            .shape = trainer->graph->tensors[weight->tensor]->shape,
            .data = index == 0         ? weight->value
                    : index <= n_slots ? weight->slots[index - 1]
                                       : weight->average,
            .n_bytes = (size_t)weight->n * sizeof(float),
            .gradient = index == 0 ? weight->gradient : NULL,
        };
        if (index > 0)
            state.name = trainer->state_names[i * (TR_MAX_SLOTS + 1) + index - 1];
        return state;
    }
    return index >= 0 && index < N_COUNTERS ? counter(trainer, index) : (mote_state_tensor){.name = ""};
}

mote_status tr_state_names_make(mote_trainer *trainer, mote_error *err)
{
    mote_arena *arena = trainer->own->arena;
    const mote_optimizer_options *options = &trainer->options.optimizer;
    const int32_t n_slots = tr_optimizer_n_slots(options);
    trainer->state_names =
        mote_arena_calloc(arena, (size_t)trainer->n_weights * (TR_MAX_SLOTS + 1) + 1, sizeof(char *));
    if (!trainer->state_names)
        return no_memory(err);
    for (int32_t i = 0; i < trainer->n_weights; i++)
        for (int32_t j = 0; j < extras(trainer); j++) {
            const char *role = j < n_slots ? tr_optimizer_slot_name(options, j) : "average";
            const char *name = mote_arena_printf(arena, "%s/%s", trainer->weights[i].name, role);
            if (!name)
                return no_memory(err);
            trainer->state_names[i * (TR_MAX_SLOTS + 1) + j] = name;
        }
    return MOTE_OK;
}

mote_status mote_trainer_sync(mote_trainer *trainer, bool averaged, mote_error *err)
{
    if (averaged && !(trainer->options.optimizer.ema_momentum > 0))
        return mote_error_set(err, MOTE_ARGUMENT, "no averages of the weights are kept (ema_momentum is 0)");
    for (int32_t i = 0; i < trainer->n_weights; i++) {
        const tr_weight *weight = &trainer->weights[i];
        const float *from = averaged && weight->average ? weight->average : weight->value;
        memcpy(trainer->model->graphs[0]->tensors[weight->tensor]->data, from, (size_t)weight->n * sizeof *from);
    }
    return MOTE_OK;
}

int64_t mote_trainer_n_trained(const mote_trainer *trainer)
{
    int64_t n = 0;
    for (int32_t i = 0; i < trainer->n_weights; i++)
        n += trainer->weights[i].trained ? trainer->weights[i].n : 0;
    return n;
}
