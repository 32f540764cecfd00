/* Connection: one HTTP/1.1 connection of the load generator, with at most one request on it.
 *
 *   closed -> open: idle <-> busy (request partly or wholly sent, reply partly read)
 *
 * Connecting waits; everything else does not, and says when it is to be called again. It knows
 * nothing of what is sent; of a reply it keeps the status and counts the lines, and those among
 * them that tell of a failure.
 */
#ifndef GUERDON_BENCH_CONNECTION_H
#define GUERDON_BENCH_CONNECTION_H

#include <llhttp.h>
#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reply_lines.h"

struct connection {
    llhttp_t parser;
    int socket; /* -1: closed */
    bool is_busy;
    bool has_reply;  /* the last reply was read to its end */
    bool stays_open; /* and the server goes on with this connection */
    bool is_watched_for_writing;
    uint32_t losses;
    char *request;
    size_t request_length;
    size_t sent;
    int status; /* of the last reply */
    struct reply_lines lines;
    bool counts_lines; /* the user's wish */
    /* The user's. */
    int64_t intended_ns;
    int64_t free_since_ns;
};

enum progress {
    PROGRESS_WAIT, /* call again when the socket is ready */
    PROGRESS_DONE, /* receive: the reply is complete and is_busy ends; send: all is sent */
    PROGRESS_LOST, /* the connection is of no more use: close it */
};

/* Fills in the callbacks that all parsers share; once in a process. */
void connections_init(void);
/* False, and closed, if nobody answers there. */
bool connection_open(struct connection *connection, const struct addrinfo *address);
void connection_close(struct connection *connection);
/* Begins with the request that stands at `request`, then goes on with it. */
enum progress connection_begin(struct connection *connection);
enum progress connection_send(struct connection *connection);
/* Reads into `block`, which is the caller's and used by all. */
enum progress connection_receive(struct connection *connection, char *block, size_t block_length);

#endif
