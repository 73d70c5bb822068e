/* Time that only goes forward, for measuring how long something takes. */
#ifndef MOTE_CLOCK_H
#define MOTE_CLOCK_H

#include <mote/api.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nanoseconds since some moment that stays the same while the process runs. */
MOTE_API int64_t mote_clock_ns(void);

#ifdef __cplusplus
}
#endif
#endif
