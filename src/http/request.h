/* Request: from bytes to one request at a time. Knows no socket, no clock and no thread, so that a
 * fuzzer can feed it. */
#ifndef GUERDON_HTTP_REQUEST_H
#define GUERDON_HTTP_REQUEST_H

#include <llhttp.h>

#include "http/http.h"

#define REQUEST_HEADERS_MAXIMUM 100
/* Zero bytes that follow a body: parsers of JSON read a little past its end. */
#define REQUEST_BODY_SLACK_BYTES 8

struct request_span {
    uint32_t start;
    uint32_t length;
};

struct request_header {
    struct request_span name;
    struct request_span value;
};

struct request_refusal {
    int status;        /* 0: none */
    const char *title; /* a sentence */
    const char *why;   /* what the parser says besides, or NULL */
    enum http_refusal kind;
};

/* A request as far as it has been read: one buffer, and where in it is what. */
struct request {
    struct buffer bytes; /* target, names and values of headers, and last the body */
    struct request_span target;
    size_t body_start;
    uint32_t header_count;
    enum http_method method;
    bool has_begun;   /* its first byte was seen */
    bool has_head;    /* its headers are complete */
    bool keeps_alive; /* another request may follow on the connection */
    bool is_http_1_0;
    bool expects_continue; /* the client waits for 100 before it sends the body */
    struct request_refusal refusal;
    struct request_header headers[REQUEST_HEADERS_MAXIMUM];
};

enum request_outcome { REQUEST_UNFINISHED, REQUEST_COMPLETE, REQUEST_REFUSED };

/* One a connection. */
struct request_parser {
    llhttp_t machine;
    struct request *request; /* during request_parse alone */
    size_t header_bytes_maximum;
    size_t body_bytes_maximum;
    size_t head_bytes;  /* of this request's line and headers so far */
    size_t extra_bytes; /* of its chunk extensions and trailers */
    bool is_in_name;
};

/* The greatest that a request's buffer becomes. */
static inline size_t request_bytes_maximum(size_t header_bytes, size_t body_bytes)
{
    return header_bytes + body_bytes + REQUEST_BODY_SLACK_BYTES;
}

void request_parser_init(struct request_parser *parser, size_t header_bytes, size_t body_bytes);
/* Empty; `bytes` has been initialised by the caller and keeps its memory. */
void request_clear(struct request *request);

/* Reads on. Takes what belongs to `request` and no byte more: `*taken` are less than bytes.length
 * only if the request is complete or refused. The same request is given again until then; a cleared
 * one afterwards, unless it was refused or does not keep the connection alive. */
MUST_CHECK enum request_outcome request_parse(struct request_parser *parser,
                                              struct request *request, struct text bytes,
                                              size_t *taken);
/* Fills in what the handler sees of a complete request. */
MUST_CHECK enum status request_open(const struct request *request, struct http_exchange *exchange);

static inline struct text request_text(const struct request *request, struct request_span span)
{
    struct text bytes = buffer_text(&request->bytes);
    return (struct text){bytes.bytes + span.start, span.length};
}

#endif
