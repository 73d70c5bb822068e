/* Marks what libmote exports; everything else is hidden (-fvisibility=hidden). */
#ifndef MOTE_API_H
#define MOTE_API_H

#if defined(__GNUC__) || defined(__clang__)
#define MOTE_API __attribute__((visibility("default")))
/* Lets the compiler check a printf-like call: positions count from 1. */
#define MOTE_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#else
#define MOTE_API
#define MOTE_PRINTF(format_at, first_at)
#endif

#endif
