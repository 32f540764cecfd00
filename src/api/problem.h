/* Problems, as a client is told of them: application/problem+json (RFC 9457).
 *
 * Each has a stable code; `type` is the reference "/problems/CODE", where it is explained. There
 * are two tables: what goes wrong with a request, and what the engine refuses. A refusal is an
 * ordinary answer that is recorded and repeated, so its problem says where it is recorded.
 */
#ifndef GUERDON_API_PROBLEM_H
#define GUERDON_API_PROBLEM_H

#include "api/shape.h"
#include "engine/engine.h"

/* name, HTTP status, title, what to do */
#define PROBLEM_LIST(X)                                                                            \
    X(MALFORMED_REQUEST, "malformed_request", 400, "The request is malformed",                     \
      "Send a request that follows HTTP/1.1.")                                                     \
    X(MALFORMED_JSON, "malformed_json", 400, "The body is not JSON",                               \
      "Correct the body at the place that `detail` names.")                                        \
    X(MALFORMED_PARAMETER, "malformed_parameter", 400, "A parameter is not right",                 \
      "Correct the parameters that `errors` lists; /openapi.json has all of them.")                \
    X(MALFORMED_CURSOR, "malformed_cursor", 400, "The cursor is not one of ours",                  \
      "Send `next` of the page before as it was, or leave the cursor out.")                        \
    X(KEY_REQUIRED, "idempotency_key_required", 400, "The request needs an idempotency key",       \
      "Send an Idempotency-Key header with a value of your own that you repeat when you retry.")   \
    X(MALFORMED_KEY, "malformed_idempotency_key", 400, "The idempotency key is not right",         \
      "Send 1 to 255 printable ASCII characters.")                                                 \
    X(UNAUTHORIZED, "unauthorized", 401, "There is no valid API key",                              \
      "Send the header `Authorization: Bearer gk_...` with a key that `guerdon key list` shows.")  \
    X(FORBIDDEN, "forbidden", 403, "The API key may not do this",                                  \
      "Use a key with the scope that `detail` names; `guerdon key add` makes one.")                \
    X(NOT_FOUND, "not_found", 404, "There is no such resource",                                    \
      "Look the path up in /openapi.json.")                                                        \
    X(UNKNOWN_MEMBER, "unknown_member", 404, "There is no such member",                            \
      "Create it first, or correct the id.")                                                       \
    X(UNKNOWN_ORDER, "unknown_order", 404, "There is no such order", "Correct the order's id.")    \
    X(METHOD_NOT_ALLOWED, "method_not_allowed", 405, "The resource has no such method",            \
      "Use one of the methods in the Allow header.")                                               \
    X(REQUEST_TIMEOUT, "request_timeout", 408, "The request came too slowly", "Send it again.")    \
    X(CONFLICT, "conflict", 409, "The request does not fit what is there now",                     \
      "Read the resource again and decide anew.")                                                  \
    X(NOT_APPLIED, "not_applied", 409, "Nothing of the batch was applied",                         \
      "Correct the lines that are refused and send all of them again.")                            \
    X(GONE, "gone", 410, "What was asked for was erased", "Nothing brings it back.")               \
    X(BODY_TOO_LARGE, "body_too_large", 413, "The body is too large", "Send less at once.")        \
    X(URI_TOO_LONG, "uri_too_long", 414, "The address is too long", "Send a shorter one.")         \
    X(UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", 415,                                       \
      "The body is of a type that is not taken here",                                              \
      "Send the Content-Type that `detail` names.")                                                \
    X(INVALID_REQUEST, "invalid_request", 422, "The body is not right",                            \
      "Correct the fields that `errors` lists; /openapi.json has all of them.")                    \
    X(INVALID_PROGRAM, "invalid_program", 422, "The programme is not right",                       \
      "Correct the places that `errors` lists.")                                                   \
    X(TOO_MANY_REQUESTS, "too_many_requests", 429, "There is more to do than can be done",         \
      "Repeat the request with the same key after Retry-After seconds.")                           \
    X(HEADERS_TOO_LARGE, "headers_too_large", 431, "The headers are too large",                    \
      "Send fewer or shorter headers.")                                                            \
    X(INTERNAL, "internal_error", 500, "The server failed",                                        \
      "Repeat the request with the same key; tell the operator the request's id.")                 \
    X(NOT_IMPLEMENTED, "not_implemented", 501, "The server does not do this",                      \
      "Look the method up in /openapi.json.")                                                      \
    X(UNAVAILABLE, "unavailable", 503, "The store recovers",                                       \
      "Repeat the request with the same key after Retry-After seconds.")                           \
    X(UNKNOWN_OUTCOME, "unknown_outcome", 503, "It is not known whether it happened",              \
      "Repeat the request with the same key: it happens once.")                                    \
    X(VERSION_NOT_SUPPORTED, "http_version_not_supported", 505, "The version of HTTP is unknown",  \
      "Use HTTP/1.1.")                                                                             \
    X(DISK_FULL, "disk_full", 507, "The disk is full and nothing happened",                        \
      "Tell the operator; repeat the request with the same key when there is room.")

enum problem_code {
#define X(name, code, status, title, advice) PROBLEM_##name,
    PROBLEM_LIST(X)
#undef X
        PROBLEM_COUNT
};

struct problem_kind {
    const char *code;
    int status;
    const char *title;
    const char *advice;
};

const struct problem_kind *problem_kind(enum problem_code code);
/* The kind that stands for a refusal of the engine. */
const struct problem_kind *problem_of_answer(enum answer answer);
/* The kind with that code, or NULL. */
const struct problem_kind *problem_find(struct text code);
/* Of all kinds, one after another; NULL past the last. */
const struct problem_kind *problem_at(uint32_t index);
/* "done" and the codes of refusals by number, ending with NULL: choices of a field. */
extern const char *const answer_codes[];

/* One mistake, as it is written. */
struct problem_error {
    struct text field;
    struct text code;
    struct text detail;
    int64_t line; /* of a programme's text; 0: none */
    int64_t column;
};

struct problem_body {
    struct text type;
    struct text title;
    int64_t status;
    struct text code;
    struct text detail;
    struct text field; /* the first mistake's */
    struct text advice;
    struct text request; /* the request's id */
    struct problem_error *errors;
    uint32_t error_count;
    /* Of a refusal that is recorded. */
    struct text position;
    int64_t occurred_at_us;
    int64_t recorded_at_us;
    struct text details; /* RAW: more that a kind of request tells */
};

extern const struct shape problem_shape;

/* Fills type, title, status, code and advice. */
void problem_fill(struct problem_body *body, const struct problem_kind *kind, struct arena *arena);
/* Fills errors, field and detail from mistakes. */
void problem_fill_mistakes(struct problem_body *body, const struct mistakes *mistakes);

#endif
