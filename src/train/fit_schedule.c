/* Learning rates over the steps of a run. */
#include <mote/fit.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static mote_status refuse(const char *text, mote_error *err)
{
    return mote_error_set(err, MOTE_ARGUMENT,
                          "'%s' is no schedule; there are constant, cosine, exponential:FACTOR[:STEPS], "
                          "step:EPOCHS:FACTOR and plateau:EPOCHS:FACTOR, with factors in 0…1",
                          text);
}

mote_status mote_schedule_parse(const char *text, mote_schedule *schedule, mote_error *err)
{
    const int64_t warmup_steps = schedule->warmup_steps;
    *schedule = (mote_schedule){.factor = 1.0, .warmup_steps = warmup_steps};
    long long every = 0;
    int end = 0;
    if (strcmp(text, "constant") == 0)
        return MOTE_OK;
    if (strcmp(text, "cosine") == 0) {
        schedule->kind = MOTE_SCHEDULE_COSINE;
        return MOTE_OK;
    }
    const size_t n = strlen(text);
    if (sscanf(text, "exponential:%lf%n", &schedule->factor, &end) == 1 && end > 0) {
        schedule->kind = MOTE_SCHEDULE_EXPONENTIAL;
        int more = 0;
        if ((size_t)end < n && (sscanf(text + end, ":%lld%n", &every, &more) != 1 || every < 1))
            return refuse(text, err);
        end += more;
    } else if (sscanf(text, "step:%lld:%lf%n", &every, &schedule->factor, &end) == 2 && end > 0) {
        schedule->kind = MOTE_SCHEDULE_STEP;
    } else if (sscanf(text, "plateau:%lld:%lf%n", &every, &schedule->factor, &end) == 2 && end > 0) {
        schedule->kind = MOTE_SCHEDULE_PLATEAU;
    } else {
        return refuse(text, err);
    }
    schedule->every = every;
    const bool needs_every = schedule->kind != MOTE_SCHEDULE_EXPONENTIAL;
    if ((size_t)end != n || !(schedule->factor > 0 && schedule->factor <= 1) || (needs_every && every < 1))
        return refuse(text, err);
    return MOTE_OK;
}

double mote_schedule_rate(const mote_schedule *schedule, double lr, int64_t step, int64_t steps_per_epoch,
                          int64_t n_steps)
{
    const double pi = 3.14159265358979323846;
    /* A warm-up comes first; what follows counts from its end. */
    if (step < schedule->warmup_steps)
        return lr * (double)(step + 1) / (double)schedule->warmup_steps;
    step -= schedule->warmup_steps;
    n_steps -= schedule->warmup_steps;
    switch (schedule->kind) {
    case MOTE_SCHEDULE_COSINE: {
        const double part = n_steps > 0 ? fmin(1.0, (double)step / (double)n_steps) : 1.0;
        return lr * 0.5 * (1.0 + cos(pi * part));
    }
    case MOTE_SCHEDULE_EXPONENTIAL: {
        const int64_t every = schedule->every > 0 ? schedule->every : steps_per_epoch;
        return lr * pow(schedule->factor, (double)step / (double)every);
    }
    case MOTE_SCHEDULE_STEP:
        return lr * pow(schedule->factor, (double)(step / steps_per_epoch / schedule->every));
    case MOTE_SCHEDULE_CONSTANT:
    case MOTE_SCHEDULE_PLATEAU: /* depends on what was measured: the run's own factor */
        break;
    }
    return lr;
}
