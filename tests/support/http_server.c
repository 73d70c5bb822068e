#include "support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_BYTES = 4096 };

static void say(int fd, const char *text)
{
    send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* The path, and where its range begins (-1: none). False: no request came. */
static bool read_request(int fd, char path[128], long *begin)
{
    char text[REQUEST_BYTES + 1];
    size_t n = 0;
    for (;;) {
        const ssize_t got = recv(fd, text + n, REQUEST_BYTES - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        text[n] = '\0';
        if (strstr(text, "\r\n\r\n"))
            break;
        if (n == REQUEST_BYTES)
            return false;
    }
    const char *range = strstr(text, "\r\nRange: bytes=");
    *begin = range ? atol(range + strlen("\r\nRange: bytes=")) : -1;
    return sscanf(text, "GET %127s ", path) == 1;
}

/* Headers for bytes [begin, end) of a file of n, then its bytes up to `give`. */
static void give_part(const http_server *server, int fd, size_t begin, size_t end, size_t give, bool length)
{
    char header[256];
    snprintf(header, sizeof header, "HTTP/1.1 %s\r\nConnection: close\r\n", begin ? "206 Partial Content" : "200 OK");
    say(fd, header);
    if (begin) {
        snprintf(header, sizeof header, "Content-Range: bytes %zu-%zu/%zu\r\n", begin, end - 1, end);
        say(fd, header);
    }
    if (length) {
        snprintf(header, sizeof header, "Content-Length: %zu\r\n", end - begin);
        say(fd, header);
    }
    say(fd, "\r\n");
    for (size_t at = begin; at < give;) {
        const size_t rest = give - at, in_body = server->n_bytes - at % server->n_bytes;
        const ssize_t sent =
            send(fd, server->body + at % server->n_bytes, rest < in_body ? rest : in_body, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        at += (size_t)sent;
    }
}

static void redirect(const http_server *server, int fd, const char *target)
{
    char header[256];
    snprintf(header, sizeof header,
             "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n", target);
    (void)server;
    say(fd, header);
}

static void answer(http_server *server, int fd)
{
    char path[128];
    long range;
    if (!read_request(fd, path, &range))
        return;
    const int nth = atomic_fetch_add(&server->n_requests, 1);
    atomic_fetch_add(&server->n_ranges, range > 0);
    const size_t n = server->n_bytes, begin = range > 0 ? (size_t)range : 0;
    const bool known = strcmp(path, "/plain") != 0;
    if (known && begin >= n)
        say(fd, "HTTP/1.1 416 Range Not Satisfiable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    else if (strcmp(path, "/whole") == 0)
        give_part(server, fd, begin, n, n, true);
    else if (strcmp(path, "/plain") == 0)
        give_part(server, fd, 0, n, range >= 0 ? n : n / 2, true);
    else if (strcmp(path, "/cut") == 0)
        give_part(server, fd, begin, n, begin + (n - begin + 2) / 3, true);
    else if (strcmp(path, "/chunked-cut") == 0)
        give_part(server, fd, begin, n, begin + (n - begin + 2) / 3, false);
    else if (strcmp(path, "/short") == 0)
        give_part(server, fd, 0, n / 2, n / 2, true);
    else if (strcmp(path, "/shorter") == 0)
        give_part(server, fd, 0, n / 2, n / 2, false);
    else if (strcmp(path, "/shifted") == 0)
        give_part(server, fd, begin ? begin + 1 : 0, n, begin ? n : n / 3, true);
    else if (strcmp(path, "/long") == 0)
        give_part(server, fd, begin, 3 * n, 3 * n, false);
    else if (strcmp(path, "/unasked") == 0)
        give_part(server, fd, 1, n + 1, n + 1, true);
    else if (strcmp(path, "/stall") == 0) {
        give_part(server, fd, begin, n, begin ? begin : 1, true);
        recv(fd, path, sizeof path, 0); /* until the other side gives up */
    } else if (strcmp(path, "/busy") == 0 && nth % 3 < 2)
        say(fd, "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbusy");
    else if (strcmp(path, "/busy") == 0)
        give_part(server, fd, begin, n, n, true);
    else if (strcmp(path, "/loop") == 0)
        redirect(server, fd, "/loop");
    else if (strcmp(path, "/hop") == 0)
        redirect(server, fd, "/whole");
    else if (strcmp(path, "/file") == 0)
        redirect(server, fd, "file:///etc/hostname");
    else
        say(fd, "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 9\r\n\r\nnot here\n");
}

static void *serve(void *arg)
{
    http_server *server = arg;
    for (;;) {
        const int fd = accept(server->socket, NULL, NULL);
        if (fd < 0)
            return NULL;
        answer(server, fd);
        shutdown(fd, SHUT_WR);
        close(fd);
    }
}

bool http_server_start(http_server *server, const char *body, size_t n_bytes)
{
    *server = (http_server){.body = body, .n_bytes = n_bytes};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->socket < 0 || bind(server->socket, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->socket, 16) != 0 || getsockname(server->socket, (struct sockaddr *)&address, &size) != 0)
        return false;
    server->port = ntohs(address.sin_port);
    return pthread_create(&server->thread, NULL, serve, server) == 0;
}

void http_server_stop(http_server *server)
{
    shutdown(server->socket, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->socket);
}
