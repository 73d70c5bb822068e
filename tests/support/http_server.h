/* An HTTP server on 127.0.0.1 for tests, which cuts, stalls, redirects and lies as its path says. */
#ifndef MOTE_TESTS_SUPPORT_HTTP_SERVER_H
#define MOTE_TESTS_SUPPORT_HTTP_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct http_server {
    const char *body; /* what every path that gives something gives */
    size_t n_bytes;
    int socket, port;
    pthread_t thread;
    atomic_int n_requests, n_ranges; /* answered; of them with a range */
} http_server;

/* Paths: /whole; /plain (knows no ranges); /cut (closes after a third of what is due); /chunked-cut (as /cut, without
 * a length); /short (half of it, called whole), /shorter (as /short, without a length); /shifted (another range than
 * asked for, and /cut); /unasked (a range where none was asked for); /long (more than there is); /stall (a byte, then
 * silence); /busy (503 twice, then whole);
 * /loop (redirects to itself); /hop (redirects to /whole); /file (redirects to a file URL); all else 404. */
bool http_server_start(http_server *server, const char *body, size_t n_bytes);
void http_server_stop(http_server *server);

#endif
