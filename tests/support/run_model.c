#include "support/run_model.h"

#include "unit/mote_test.h"

#include <string.h>

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

void expect_refusal(const mote_model *model, mote_status wanted, const char *says)
{
    mote_runtime *runtime = NULL;
    mote_error err = {0};
    assert_int_equal(start(model, &runtime, &err), wanted);
    assert_non_null(strstr(err.message, says));
    mote_runtime_free(runtime);
}
