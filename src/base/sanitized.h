/* Whether this is compiled for the address sanitizer, whose shadow takes more address space than a limit allows. */
#ifndef MOTE_BASE_SANITIZED_H
#define MOTE_BASE_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__)
#define MOTE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MOTE_SANITIZED 1
#endif
#endif
#ifndef MOTE_SANITIZED
#define MOTE_SANITIZED 0
#endif

#endif
