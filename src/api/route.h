/* Routes: every resource and what may be done with it, in one table (routes.c).
 *
 * The dispatcher, the OpenAPI document, the metrics and the tests all come from this table; nothing
 * of a route is said anywhere else.
 *
 *   loop thread      service's thread     loop thread
 *   begin ---------> run ---------------> finish
 *     \-> reply        (NEXT_SUBMIT)        \-> reply
 *
 * When `begin` is called the request is authenticated, and its path, parameters, key and body are
 * read through the shapes below: what is wrong with them was answered already.
 */
#ifndef GUERDON_API_ROUTE_H
#define GUERDON_API_ROUTE_H

#include "api/shape.h"
#include "http/http.h"
#include "service/service.h"

struct request;

enum scope { SCOPE_NONE, SCOPE_READ, SCOPE_WRITE, SCOPE_ADMIN }; /* each includes those before it */

enum key_need {
    KEY_UNUSED,   /* the method is idempotent by itself, or changes nothing */
    KEY_OPTIONAL, /* taken when it is there */
    KEY_REQUIRED, /* a header, or the `id` of the body */
};

enum next {
    NEXT_REPLIED, /* the reply is made */
    NEXT_SUBMIT,  /* `run` is to be called on the service's thread, then `finish` */
};

struct route_reply {
    int status;
    const struct shape *shape; /* NULL: no JSON */
    const char *content_type;  /* NULL: application/json */
    const char *description;
};

struct route {
    enum http_method method;
    const char *pattern;   /* "/v1/orders/{id}" */
    const char *operation; /* "getOrder": unique */
    const char *tag;
    const char *summary;
    const char *description; /* may be NULL */
    enum scope scope;
    enum key_need key;
    const struct shape *query; /* parameters, read into request->query; NULL: none */
    const struct shape *body;  /* read into request->body; NULL: none is taken */
    bool body_is_optional;     /* no body: request->body is zeroed */
    bool takes_lines;          /* application/x-ndjson too: request->lines then, body NULL */
    bool takes_text;           /* any text: request->text, for programmes; `body` is NULL */
    bool is_read;              /* the command writes nothing */
    bool is_long;              /* with is_read: it may take long */
    const struct route_reply *replies; /* those that are not problems */
    uint32_t reply_count;
    size_t work_bytes; /* of request->work, zeroed */
    enum next (*begin)(struct request *request);
    enum status (*run)(struct request *request, struct turn *turn);
    void (*finish)(struct request *request);
};

#define ROUTE_REPLIES(list) .replies = (list), .reply_count = sizeof(list) / sizeof *(list)

#define ROUTE_SEGMENT_MAXIMUM 8 /* of a pattern */
#define ROUTE_PARAMETER_MAXIMUM 4
#define ROUTE_PARAMETER_BYTES 300
#define ROUTE_MAXIMUM 256

/* All routes, by a number from 0 (routes.c); NULL past the last. */
const struct route *route_at(uint32_t index);
uint32_t route_count(void);

/* What a path and a method lead to. */
struct route_match {
    const struct route *route; /* NULL: none */
    uint32_t index;
    struct text parameters[ROUTE_PARAMETER_MAXIMUM]; /* still encoded */
    uint32_t parameter_count;
    unsigned methods;    /* when there is none: bits of those that the path has */
    const char *nearest; /* and otherwise the pattern that may have been meant, or NULL */
};
void route_find(enum http_method method, struct text path, struct route_match *match);
/* Name of a pattern's n-th parameter, empty past the last. */
struct text route_parameter_name(const struct route *route, uint32_t index);

#endif
