/* Requests: replies, problems, cursors. */
#include "api/request.h"

#define PROBLEM_TYPE "application/problem+json"
#define RETRY_AFTER_SECONDS "1"
#define ETAG_BYTES 12 /* of the body's hash; enough to tell two versions of a resource apart */

/* ---- replies ---- */

void request_header(struct request *request, struct text name, struct text value)
{
    ASSERT(request->header_count < REQUEST_HEADER_MAXIMUM);
    request->headers[request->header_count++] = (struct http_header){name, value};
}

static void reply(struct request *request, int status, struct text content_type, struct text body)
{
    ASSERT(request->status == 0);
    request->status = status;
    struct http_reply made = {
        .status = status,
        .content_type = content_type,
        .body = body,
        .headers = request->headers,
        .header_count = request->header_count,
    };
    http_reply(request->exchange, &made);
}

void request_reply_json(struct request *request, int status, struct text json)
{
    reply(request, status, TEXT("application/json"), json);
}

void request_reply_text(struct request *request, int status, struct text content_type,
                        struct text text)
{
    reply(request, status, content_type, text);
}

/* When even the arena is used up; everything in it is static. */
static void reply_without_memory(struct request *request)
{
    reply(request, 500, TEXT(PROBLEM_TYPE),
          TEXT("{\"type\":\"/problems/internal_error\",\"title\":\"The server failed\","
               "\"status\":500,\"code\":\"internal_error\","
               "\"detail\":\"the request needs more memory than it may have\"}"));
}

void request_reply(struct request *request, int status, const struct shape *shape, const void *body)
{
    struct text json;
    if (shape_write(shape, body, request->arena, &json) == STATUS_OK) {
        request_reply_json(request, status, json);
    } else {
        reply_without_memory(request);
    }
}

static struct text etag_of(struct arena *arena, struct text body)
{
    static const char hexadecimal[] = "0123456789abcdef";
    uint8_t digest[HASH_RECORD_BYTES];
    char tag[2 * ETAG_BYTES + 2];
    hash_record(body, digest);
    tag[0] = '"';
    for (int i = 0; i < ETAG_BYTES; i++) {
        tag[1 + 2 * i] = hexadecimal[digest[i] >> 4];
        tag[2 + 2 * i] = hexadecimal[digest[i] & 15];
    }
    tag[sizeof tag - 1] = '"';
    return arena_copy(arena, (struct text){tag, sizeof tag});
}

/* If-None-Match: "*", or a list of tags, each perhaps weak (RFC 9110, 13.1.2). */
static bool client_has(const struct request *request, struct text tag)
{
    struct text list;
    if (!http_header_find(request->exchange, TEXT("If-None-Match"), &list)) return false;
    if (text_equal(list, TEXT("*"))) return true;
    while (!text_is_empty(list)) {
        struct text one = text_trim(text_split(list, ',', &list));
        if (text_starts_with(one, TEXT("W/"))) one = (struct text){one.bytes + 2, one.length - 2};
        if (text_equal(one, tag)) return true;
    }
    return false;
}

void request_reply_tagged(struct request *request, const struct shape *shape, const void *body)
{
    struct text json;
    if (shape_write(shape, body, request->arena, &json) != STATUS_OK) {
        reply_without_memory(request);
        return;
    }
    struct text tag = etag_of(request->arena, json);
    if (tag.bytes == NULL) {
        reply_without_memory(request);
        return;
    }
    request_header(request, TEXT("ETag"), tag);
    request_header(request, TEXT("Cache-Control"), TEXT("private, no-cache"));
    if (client_has(request, tag)) {
        reply(request, 304, TEXT(""), TEXT(""));
    } else {
        request_reply_json(request, 200, json);
    }
}

/* ---- problems ---- */

void request_problem_body(struct request *request, struct problem_body *body)
{
    struct text json;
    body->request = request->id;
    if (body->status == 429 || body->status == 503)
        request_header(request, TEXT("Retry-After"), TEXT(RETRY_AFTER_SECONDS));
    if (body->status == 401)
        request_header(request, TEXT("WWW-Authenticate"), TEXT("Bearer realm=\"guerdon\""));
    if (body->type.bytes == NULL ||
        shape_write(&problem_shape, body, request->arena, &json) != STATUS_OK) {
        reply_without_memory(request);
    } else {
        reply(request, (int)body->status, TEXT(PROBLEM_TYPE), json);
    }
}

void request_problem(struct request *request, enum problem_code code, const char *format, ...)
{
    struct problem_body body = {.status = 0};
    if (format != NULL) {
        va_list arguments;
        va_start(arguments, format);
        body.detail = arena_format_arguments(request->arena, format, arguments);
        va_end(arguments);
    }
    problem_fill(&body, problem_kind(code), request->arena);
    request_problem_body(request, &body);
}

void request_mistakes(struct request *request, enum problem_code code,
                      const struct mistakes *mistakes)
{
    struct problem_body body = {.status = 0};
    problem_fill(&body, problem_kind(code), request->arena);
    problem_fill_mistakes(&body, mistakes);
    request_problem_body(request, &body);
}

void request_fail(struct request *request, enum problem_code code, const char *format, ...)
{
    struct problem_body *body = arena_new(request->arena, struct problem_body);
    if (body == NULL) return;
    if (format != NULL) {
        va_list arguments;
        va_start(arguments, format);
        body->detail = arena_format_arguments(request->arena, format, arguments);
        va_end(arguments);
    }
    problem_fill(body, problem_kind(code), request->arena);
    request->failure = body;
}

/* ---- after the command ---- */

static void answer_failure(struct request *request)
{
    enum status status = request->command.status;
    if (request->finishes_anyway) {
        request->route->finish(request);
    } else if (request->failure != NULL) {
        request_problem_body(request, request->failure);
    } else if (status == STATUS_OVERFLOW) {
        request_problem(request, PROBLEM_INVALID_REQUEST,
                        "an amount that follows from the request is too large");
    } else if (status == STATUS_LIMIT) {
        request_problem(request, PROBLEM_CONFLICT,
                        "the request touches more than one event may: send it in parts");
    } else {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
    }
}

void request_resume(struct http_exchange *exchange)
{
    struct request *request = exchange->context;
    if (server_is_closing(request->api)) {
        request_problem(request, PROBLEM_UNAVAILABLE, "the server stops");
        return;
    }
    if (request->is_refused) {
        request_problem(request, PROBLEM_TOO_MANY_REQUESTS, NULL);
        return;
    }
    switch (request->command.outcome) {
    case COMMAND_DONE:
        request->route->finish(request);
        ASSERT(request->status != 0);
        return;
    case COMMAND_FULL:
        request_problem(request, PROBLEM_DISK_FULL, NULL);
        return;
    case COMMAND_UNKNOWN:
        request_problem(request, PROBLEM_UNKNOWN_OUTCOME, NULL);
        return;
    case COMMAND_UNAVAILABLE:
        request_problem(request, PROBLEM_UNAVAILABLE, NULL);
        return;
    default:
        answer_failure(request);
        return;
    }
}

/* ---- pages ---- */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct text cursor_make(struct arena *arena, char kind, struct text value)
{
    struct text plain = arena_format(arena, "%c:%.*s", kind, TEXT_ARGUMENTS(value));
    char *out = arena_allocate(arena, plain.length * 4 / 3 + 4);
    if (plain.bytes == NULL || out == NULL) return TEXT("");
    char *to = out;
    for (size_t i = 0; i < plain.length; i += 3) {
        uint32_t group = 0;
        size_t count = plain.length - i < 3 ? plain.length - i : 3;
        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (k < count ? (unsigned char)plain.bytes[i + k] : 0);
        for (size_t k = 0; k <= count; k++)
            *to++ = base64_digits[group >> (18 - 6 * k) & 63u];
    }
    return (struct text){out, (size_t)(to - out)};
}

struct text cursor_of_number(struct arena *arena, uint64_t number)
{
    char digits[AMOUNT_TEXT_MAXIMUM];
    return cursor_make(arena, 'n', amount_format((int64_t)number, 0, digits));
}

static enum status decode(struct arena *arena, struct text cursor, struct text *plain)
{
    char *out = arena_allocate(arena, cursor.length + 1);
    uint32_t group = 0;
    int bits = 0;
    size_t length = 0;
    if (out == NULL) return STATUS_NO_MEMORY;
    if (cursor.length > CURSOR_BYTES_MAXIMUM) return STATUS_SYNTAX;
    for (size_t i = 0; i < cursor.length; i++) {
        const char *digit = memchr(base64_digits, cursor.bytes[i], sizeof base64_digits - 1);
        if (digit == NULL) return STATUS_SYNTAX;
        group = (group << 6 | (uint32_t)(digit - base64_digits)) & 0xFFFFu;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out[length++] = (char)(group >> bits & 0xFFu);
    }
    *plain = (struct text){out, length};
    return STATUS_OK;
}

enum status cursor_read(struct arena *arena, char kind, struct text cursor, struct text *value)
{
    struct text plain;
    TRY(decode(arena, cursor, &plain));
    if (plain.length < 2 || plain.bytes[0] != kind || plain.bytes[1] != ':' ||
        !text_is_utf8(plain, NULL)) {
        return STATUS_SYNTAX;
    }
    *value = (struct text){plain.bytes + 2, plain.length - 2};
    return STATUS_OK;
}

enum status cursor_number(struct arena *arena, struct text cursor, uint64_t *number)
{
    struct text value;
    int64_t found = 0;
    TRY(cursor_read(arena, 'n', cursor, &value));
    if (amount_parse(value, 0, &found) != STATUS_OK || found < 0) return STATUS_SYNTAX;
    *number = (uint64_t)found;
    return STATUS_OK;
}
