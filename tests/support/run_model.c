#include "support/run_model.h"

#include "unit/mote_test.h"

#include <stdio.h>
#include <string.h>

enum { MAX_TEXT = 512 };

static mote_status start(const mote_model *model, mote_runtime **runtime, mote_error *err)
{
    const mote_status status = mote_runtime_new(runtime, model, NULL, err);
    return status == MOTE_OK ? mote_runtime_allocate(*runtime, err) : status;
}

mote_runtime *start_model(const mote_model *model)
{
    mote_runtime *runtime = NULL;
    mote_error err = {0};
    must(start(model, &runtime, &err), &err);
    return runtime;
}

void check_operators(const mote_model *model, const char *wanted)
{
    char text[MAX_TEXT] = "";
    const mote_graph *graph = model->graphs[0];
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "", mote_op_name(graph->nodes[i]->op));
    }
    assert_string_equal(text, wanted);
}

int64_t run_on_drawn(const mote_model *model, float *y, int64_t most)
{
    mote_runtime *runtime = start_model(model);
    mote_error err = {0};
    const mote_tensor *input = mote_runtime_input(runtime, 0);
    for (int64_t i = 0; i < mote_shape_count(&input->shape); i++)
        ((float *)input->data)[i] = (float)((i * 5) % 17 - 8) / 2;
    assert_int_equal(mote_runtime_invoke(runtime, &err), MOTE_OK);
    const mote_tensor *output = mote_runtime_output(runtime, 0);
    const int64_t count = mote_shape_count(&output->shape);
    assert_in_range(count, 1, most);
    memcpy(y, output->data, (size_t)count * sizeof *y);
    mote_runtime_free(runtime);
    return count;
}

void expect_refusal(const mote_model *model, mote_status wanted, const char *says)
{
    mote_runtime *runtime = NULL;
    mote_error err = {0};
    assert_int_equal(start(model, &runtime, &err), wanted);
    assert_non_null(strstr(err.message, says));
    mote_runtime_free(runtime);
}
