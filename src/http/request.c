/* Request: what of a request is taken, and what is refused.
 *
 * The parsing is llhttp's, in its strict mode. Here its pieces are put together, limits are held,
 * and what strict parsing lets through but two servers could read differently is refused: a request
 * with more than one Host or none, a transfer coding other than chunked, one in HTTP/1.0.
 *
 * Method: the parser pauses at the end of each request, so that no byte of the next one is touched;
 * while headers are being read it gets no more bytes than the limit leaves. Pieces are appended to
 * one buffer as they come, headers first, so that a name or value is always in one piece there.
 *
 * Invariants
 *   1. The buffer holds at most header_bytes + body_bytes, and slack behind the body.
 *   2. A refusal is final: after it the connection is not parsed any more.
 *   3. How the bytes were split over calls makes no difference to what is taken and what is refused
 *      (only, of two reasons to refuse, to which is found first).
 */
#include "http/request.h"

struct method_entry {
    llhttp_method_t theirs;
    enum http_method ours;
};

static const struct method_entry methods[] = {
#define X(name) {HTTP_##name, HTTP_METHOD_##name},
    HTTP_METHOD_LIST(X)
#undef X
};

static int refuse(struct request_parser *parser, int status, enum http_refusal kind,
                  const char *title)
{
    struct request_refusal *refusal = &parser->request->refusal;
    if (refusal->status == 0) {
        *refusal = (struct request_refusal){.status = status, .kind = kind, .title = title};
    }
    return -1;
}

static int refuse_for_memory(struct request_parser *parser)
{
    return refuse(parser, 503, HTTP_REFUSAL_MEMORY,
                  "The server has no room for this request now. Try again in a moment.");
}

/* Appends to a span that is the last thing in the buffer. */
static int extend(struct request_parser *parser, struct request_span *span, const char *bytes,
                  size_t length)
{
    struct buffer *buffer = &parser->request->bytes;
    if (span->length == 0) span->start = (uint32_t)buffer->length;
    if (buffer_add(buffer, (struct text){bytes, length}) != STATUS_OK)
        return refuse_for_memory(parser);
    span->length += (uint32_t)length;
    return 0;
}

static struct request_parser *parser_of(llhttp_t *machine)
{
    return machine->data;
}

static int on_message_begin(llhttp_t *machine)
{
    parser_of(machine)->request->has_begun = true;
    return 0;
}

static int on_url(llhttp_t *machine, const char *bytes, size_t length)
{
    struct request_parser *parser = parser_of(machine);
    return extend(parser, &parser->request->target, bytes, length);
}

/* Trailers and chunk extensions: nobody reads them, so they are only kept within bounds. */
static int pass_over(struct request_parser *parser, size_t length)
{
    parser->extra_bytes += length;
    if (parser->extra_bytes <= parser->header_bytes_maximum) return 0;
    return refuse(parser, 431, HTTP_REFUSAL_HEADER_BYTES,
                  "The body's trailers and chunk extensions are larger than the server takes.");
}

static int on_chunk_extension(llhttp_t *machine, const char *bytes, size_t length)
{
    (void)bytes;
    return pass_over(parser_of(machine), length);
}

static int on_header_field(llhttp_t *machine, const char *bytes, size_t length)
{
    struct request_parser *parser = parser_of(machine);
    struct request *request = parser->request;
    if (request->has_head) return pass_over(parser, length);
    if (!parser->is_in_name) {
        if (request->header_count == REQUEST_HEADERS_MAXIMUM) {
            return refuse(parser, 431, HTTP_REFUSAL_HEADER_BYTES,
                          "The request has more headers than the server takes.");
        }
        request->headers[request->header_count++] = (struct request_header){0};
        parser->is_in_name = true;
    }
    return extend(parser, &request->headers[request->header_count - 1].name, bytes, length);
}

static int on_header_field_complete(llhttp_t *machine)
{
    parser_of(machine)->is_in_name = false;
    return 0;
}

static int on_header_value(llhttp_t *machine, const char *bytes, size_t length)
{
    struct request_parser *parser = parser_of(machine);
    struct request *request = parser->request;
    if (request->has_head) return pass_over(parser, length);
    if (request->header_count == 0 || length == 0) return 0;
    return extend(parser, &request->headers[request->header_count - 1].value, bytes, length);
}

/* How often a header occurs; `*value` is the last one's. */
static uint32_t count_header(const struct request *request, struct text name, struct text *value)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < request->header_count; i++) {
        const struct request_header *header = &request->headers[i];
        if (!text_equal_ignoring_case(request_text(request, header->name), name)) continue;
        *value = text_trim(request_text(request, header->value));
        count++;
    }
    return count;
}

static int check_version_and_method(struct request_parser *parser, const llhttp_t *machine)
{
    struct request *request = parser->request;
    if (machine->http_major != 1 || machine->http_minor > 1) {
        return refuse(parser, 505, HTTP_REFUSAL_MALFORMED, "The server speaks HTTP/1.1.");
    }
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (methods[i].theirs != machine->method) continue;
        request->method = methods[i].ours;
        return 0;
    }
    return refuse(parser, 501, HTTP_REFUSAL_MALFORMED, "The server does not know this method.");
}

/* Who reads a message's end differently can be made to see a request that is not there. */
static int check_framing(struct request_parser *parser, const llhttp_t *machine)
{
    const struct request *request = parser->request;
    struct text value = TEXT("");
    uint32_t hosts = count_header(request, TEXT("host"), &value);
    if (hosts > 1 || (hosts == 0 && machine->http_minor > 0)) {
        return refuse(parser, 400, HTTP_REFUSAL_MALFORMED,
                      "A request has exactly one Host header.");
    }
    uint32_t codings = count_header(request, TEXT("transfer-encoding"), &value);
    if (codings == 0) return 0;
    if (machine->http_minor == 0 || codings > 1 ||
        count_header(request, TEXT("content-length"), &(struct text){NULL, 0}) > 0) {
        return refuse(parser, 400, HTTP_REFUSAL_MALFORMED,
                      "The length of the request's body is not clear.");
    }
    if (!text_equal_ignoring_case(value, TEXT("chunked"))) {
        return refuse(parser, 501, HTTP_REFUSAL_MALFORMED,
                      "The only transfer coding that the server knows is chunked.");
    }
    return 0;
}

static int check_body(struct request_parser *parser, const llhttp_t *machine)
{
    struct request *request = parser->request;
    bool has_length = (machine->flags & F_CONTENT_LENGTH) != 0;
    if (has_length && machine->content_length > parser->body_bytes_maximum) {
        return refuse(parser, 413, HTTP_REFUSAL_BODY_BYTES,
                      "The request's body is larger than the server takes.");
    }
    struct text expectation = TEXT("");
    uint32_t expectations = count_header(request, TEXT("expect"), &expectation);
    if (expectations == 0 || machine->http_minor == 0) return 0;
    if (expectations > 1 || !text_equal_ignoring_case(expectation, TEXT("100-continue"))) {
        return refuse(parser, 417, HTTP_REFUSAL_MALFORMED,
                      "The only expectation that the server meets is 100-continue.");
    }
    request->expects_continue =
        (has_length && machine->content_length > 0) || (machine->flags & F_CHUNKED) != 0;
    return 0;
}

/* "/path?query" is the target's usual form; "*" belongs to OPTIONS; proxies send the whole
 * address, of which the path counts. */
static int check_target(struct request_parser *parser)
{
    struct request *request = parser->request;
    struct text target = request_text(request, request->target);
    bool is_star = text_equal(target, TEXT("*")) && request->method == HTTP_METHOD_OPTIONS;
    bool has_fragment = memchr(target.bytes, '#', target.length) != NULL;
    if (has_fragment || text_is_empty(target)) {
        return refuse(parser, 400, HTTP_REFUSAL_MALFORMED, "The request's target is malformed.");
    }
    if (is_star || target.bytes[0] == '/') return 0;
    struct text rest;
    struct text scheme = text_split(target, ':', &rest);
    bool is_address = (text_equal_ignoring_case(scheme, TEXT("http")) ||
                       text_equal_ignoring_case(scheme, TEXT("https"))) &&
                      text_starts_with(rest, TEXT("//"));
    const char *path = is_address ? memchr(rest.bytes + 2, '/', rest.length - 2) : NULL;
    if (path == NULL) {
        return refuse(parser, 400, HTTP_REFUSAL_MALFORMED,
                      "The request's target is neither a path nor an address with one.");
    }
    uint32_t skipped = (uint32_t)(path - target.bytes);
    request->target.start += skipped;
    request->target.length -= skipped;
    return 0;
}

static int on_headers_complete(llhttp_t *machine)
{
    struct request_parser *parser = parser_of(machine);
    if (check_version_and_method(parser, machine) != 0) return -1;
    if (check_framing(parser, machine) != 0) return -1;
    if (check_target(parser) != 0) return -1;
    if (check_body(parser, machine) != 0) return -1;
    /* A wish to change the protocol is passed over, as RFC 9110 allows (7.8). */
    machine->upgrade = 0;
    parser->request->is_http_1_0 = machine->http_minor == 0;
    parser->request->has_head = true;
    parser->request->body_start = parser->request->bytes.length;
    return 0;
}

static int on_body(llhttp_t *machine, const char *bytes, size_t length)
{
    struct request_parser *parser = parser_of(machine);
    struct request *request = parser->request;
    size_t body_bytes = request->bytes.length - request->body_start;
    if (length > parser->body_bytes_maximum - body_bytes) {
        return refuse(parser, 413, HTTP_REFUSAL_BODY_BYTES,
                      "The request's body is larger than the server takes.");
    }
    request->expects_continue = false;
    struct text piece = {bytes, length};
    return buffer_add(&request->bytes, piece) == STATUS_OK ? 0 : refuse_for_memory(parser);
}

static int on_message_complete(llhttp_t *machine)
{
    struct request *request = parser_of(machine)->request;
    request->keeps_alive = llhttp_should_keep_alive(machine) != 0;
    request->expects_continue = false;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_chunk_extension_name = on_chunk_extension,
    .on_chunk_extension_value = on_chunk_extension,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void request_parser_init(struct request_parser *parser, size_t header_bytes, size_t body_bytes)
{
    *parser = (struct request_parser){.header_bytes_maximum = header_bytes,
                                      .body_bytes_maximum = body_bytes};
    llhttp_init(&parser->machine, HTTP_REQUEST, &settings);
    parser->machine.data = parser;
}

void request_clear(struct request *request)
{
    struct buffer bytes = request->bytes;
    buffer_clear(&bytes);
    /* The headers beyond header_count mean nothing; 1,600 bytes are not zeroed for each request. */
    memset(request, 0, offsetof(struct request, headers));
    request->bytes = bytes;
}

/* How many bytes the parser may see: while it reads headers, no more than their limit leaves. */
static size_t bytes_allowed(const struct request_parser *parser, size_t length)
{
    size_t left = parser->header_bytes_maximum - parser->head_bytes;
    return parser->request->has_head || length < left ? length : left;
}

static enum request_outcome refused_by_llhttp(struct request_parser *parser, llhttp_errno_t error)
{
    struct request_refusal *refusal = &parser->request->refusal;
    if (refusal->status != 0) return REQUEST_REFUSED;
    /* The parser calls a line that does not end well behind a good version by the same name. */
    bool is_known = parser->machine.http_major == 1 && parser->machine.http_minor <= 1;
    bool is_version = error == HPE_PAUSED_H2_UPGRADE || (error == HPE_INVALID_VERSION && !is_known);
    refuse(parser, is_version ? 505 : 400, HTTP_REFUSAL_MALFORMED,
           is_version ? "The server speaks HTTP/1.1." : "The request is malformed.");
    if (!is_version) refusal->why = llhttp_get_error_reason(&parser->machine);
    return REQUEST_REFUSED;
}

static enum request_outcome refused_for_its_head(struct request_parser *parser)
{
    bool is_target = parser->request->header_count == 0;
    refuse(parser, is_target ? 414 : 431, HTTP_REFUSAL_HEADER_BYTES,
           is_target ? "The request's target is longer than the server takes."
                     : "The request's headers are larger than the server takes.");
    return REQUEST_REFUSED;
}

static enum request_outcome complete(struct request_parser *parser)
{
    struct request *request = parser->request;
    if (buffer_reserve(&request->bytes, REQUEST_BODY_SLACK_BYTES) != STATUS_OK) {
        refuse_for_memory(parser);
        return REQUEST_REFUSED;
    }
    memset(request->bytes.bytes + request->bytes.length, 0, REQUEST_BODY_SLACK_BYTES);
    parser->head_bytes = 0;
    parser->extra_bytes = 0;
    llhttp_resume(&parser->machine);
    return REQUEST_COMPLETE;
}

enum request_outcome request_parse(struct request_parser *parser, struct request *request,
                                   struct text bytes, size_t *taken)
{
    parser->request = request;
    *taken = 0;
    while (*taken < bytes.length) {
        size_t allowed = bytes_allowed(parser, bytes.length - *taken);
        if (allowed == 0) return refused_for_its_head(parser);
        const char *start = bytes.bytes + *taken;
        llhttp_errno_t error = llhttp_execute(&parser->machine, start, allowed);
        size_t used = allowed;
        if (error != HPE_OK) used = (size_t)(llhttp_get_error_pos(&parser->machine) - start);
        *taken += used;
        if (!request->has_head) parser->head_bytes += used;
        if (error == HPE_PAUSED) return complete(parser);
        if (error != HPE_OK) return refused_by_llhttp(parser, error);
    }
    return REQUEST_UNFINISHED;
}

enum status request_open(const struct request *request, struct http_exchange *exchange)
{
    struct http_header *headers =
        arena_allocate(exchange->arena, request->header_count * sizeof *headers);
    if (headers == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < request->header_count; i++) {
        const struct request_header *header = &request->headers[i];
        headers[i].name = request_text(request, header->name);
        headers[i].value = text_trim(request_text(request, header->value));
    }
    exchange->headers = headers;
    exchange->header_count = request->header_count;
    exchange->method = request->method;
    exchange->path = text_split(request_text(request, request->target), '?', &exchange->query);
    struct text bytes = buffer_text(&request->bytes);
    exchange->body =
        (struct text){bytes.bytes + request->body_start, bytes.length - request->body_start};
    return STATUS_OK;
}
