/* serve FILE PORT_FILE: the test server (support/http_server.h) around a file, until standard input ends or a minute
 * has passed. Writes its port once it listens. */
#include "support/http_server.h"

#include <mote/io.h>

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { AT_MOST_MS = 60000 };

int main(int argc, char **argv)
{
    mote_file file;
    mote_error err;
    http_server server;
    if (argc != 3 || mote_file_open(&file, argv[1], 0, NULL, &err) != MOTE_OK ||
        !http_server_start(&server, (const char *)file.data, file.n_bytes)) {
        fprintf(stderr, "usage: serve FILE PORT_FILE\n");
        return 1;
    }
    char port[16];
    const int n = snprintf(port, sizeof port, "%d\n", server.port);
    if (mote_file_write(argv[2], port, (size_t)n, &err) != MOTE_OK)
        return 1;
    poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1, AT_MOST_MS);
    http_server_stop(&server);
    mote_file_close(&file);
    return 0;
}
