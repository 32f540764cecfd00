/* Requests: one exchange on its way through a handler, and how a handler replies.
 *
 * A request lives in its exchange's arena. While the service has its command, it and the arena
 * belong to the service's thread (`run`); before and after, to the loop's.
 *
 * A handler replies exactly once, in `begin` (then it returns NEXT_REPLIED) or in `finish`. When
 * the command did not happen (full, unknown, unavailable, failed) the reply is made here and
 * `finish` is not called; `run` may prepare such a reply with request_fail, and then returns any
 * other status than OK. With finishes_anyway, set by `run`, such a status only takes back what was
 * written.
 */
#ifndef GUERDON_API_REQUEST_H
#define GUERDON_API_REQUEST_H

#include "api/problem.h"
#include "api/route.h"

struct api;
struct host;

#define REQUEST_HEADER_MAXIMUM 8
#define REQUEST_ID_BYTES 64
#define REQUEST_KEY_BYTES 255

/* Whose key the request came with. */
struct key_holder {
    char id[24];
    char name[68];
    enum scope scope;
};

struct request {
    struct command command; /* the first member: commands are cast back */
    struct http_exchange *exchange;
    struct api *api;
    struct host *host;             /* the programme that the key belongs to; NULL without a key */
    struct service *service;       /* likewise */
    const struct program *program; /* in force now; a handler may choose another */
    const struct route *route;
    uint32_t route_index;
    struct arena *arena;
    struct text id; /* for logs and problems */
    int64_t now_us; /* by the service's clock */
    struct key_holder key;
    struct text path[ROUTE_PARAMETER_MAXIMUM]; /* decoded, in the pattern's order */
    void *query;                               /* of route->query */
    void *body;                                /* of route->body */
    struct text lines;                         /* the body, when it is NDJSON */
    struct text text;                          /* the body, when the route takes text */
    struct text idempotency_key; /* the caller's, or one made of the body's id; empty: none */
    struct text key_hash;        /* of it, for event.key: HASH_RECORD_BYTES, or empty */
    void *work;                  /* the handler's own */
    struct http_header headers[REQUEST_HEADER_MAXIMUM];
    uint32_t header_count;
    int status;           /* of the reply; 0: none was made yet */
    bool is_refused;      /* the queue was full */
    bool finishes_anyway; /* `run` returned a status only to take back what it wrote: `finish` */
    struct problem_body *failure; /* request_fail's */
};

/* The hash of a key, in the arena, as event.key wants it. */
MUST_CHECK enum status request_hash_key(struct request *request, struct text key,
                                        struct text *hash);

/* ---- replies ---- */

/* A header of the reply; the texts live as long as the exchange. */
void request_header(struct request *request, struct text name, struct text value);
void request_reply(struct request *request, int status, const struct shape *shape,
                   const void *body);
/* JSON that is written already, in the arena or static. */
void request_reply_json(struct request *request, int status, struct text json);
void request_reply_text(struct request *request, int status, struct text content_type,
                        struct text text);
/* With an ETag of the body: 304 when the client has it already. For GET. */
void request_reply_tagged(struct request *request, const struct shape *shape, const void *body);

/* A problem; `format` is the detail, NULL: the title. */
void request_problem(struct request *request, enum problem_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* One with mistakes: INVALID_REQUEST or MALFORMED_PARAMETER. */
void request_mistakes(struct request *request, enum problem_code code,
                      const struct mistakes *mistakes);
/* One made by the handler, of problem_fill. */
void request_problem_body(struct request *request, struct problem_body *body);
/* In `run`: what is to be answered when it returns another status than OK. */
void request_fail(struct request *request, enum problem_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static inline struct mistakes request_mistakes_none(const struct request *request)
{
    return (struct mistakes){.arena = request->arena};
}

/* ---- pages ---- */

#define PAGE_LIMIT_MAXIMUM 1000
#define PAGE_LIMIT_DEFAULT 100
#define CURSOR_BYTES_MAXIMUM 400

/* The cursor behind a position or an id: base64url of "KIND:VALUE". Empty when memory ran out. */
struct text cursor_make(struct arena *arena, char kind, struct text value);
struct text cursor_of_number(struct arena *arena, uint64_t number);
/* What is in a cursor of this kind. STATUS_SYNTAX for another's. */
MUST_CHECK enum status cursor_read(struct arena *arena, char kind, struct text cursor,
                                   struct text *value);
MUST_CHECK enum status cursor_number(struct arena *arena, struct text cursor, uint64_t *number);

/* Parameters of a list: embed `page` in the query's struct and PAGE_FIELDS in its table. */
struct page {
    struct text cursor;
    int64_t limit; /* 0: PAGE_LIMIT_DEFAULT */
};
#define PAGE_FIELDS(structure)                                                                     \
    SHAPE_FIELD_AS("cursor", structure, page.cursor, TEXT, .maximum = CURSOR_BYTES_MAXIMUM,        \
                   .description = "`next` of the page before."),                                   \
        SHAPE_FIELD_AS("limit", structure, page.limit, INTEGER, .minimum = 1,                      \
                       .maximum = PAGE_LIMIT_MAXIMUM,                                              \
                       .description = "How many at most; 100 unless given.")
static inline uint32_t page_limit(const struct page *page)
{
    return page->limit == 0 ? PAGE_LIMIT_DEFAULT : (uint32_t)page->limit;
}

/* ---- for the dispatcher ---- */

/* Are the services gone? Then nothing of them may be asked any more. */
bool server_is_closing(const struct api *api);
/* Answers whatever came of a command: by `finish`, or by a problem. */
void request_resume(struct http_exchange *exchange);

#endif
