/* Server: from an exchange to a handler.
 *
 *   match the path -> authenticate -> scope -> parameters -> key -> body -> begin
 *
 * Each step answers with a problem when it fails, and the next is not reached. Commands are
 * collected for each programme and passed on as one chain when the loop has nothing more to read.
 */
#include "api/server.h"

#define LINES_TYPE "application/x-ndjson"

/* ---- steps ---- */

static bool is_request_id(struct text text)
{
    if (text.length == 0 || text.length > REQUEST_ID_BYTES) return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.') return false;
    }
    return true;
}

/* The caller's X-Request-Id, or a number of ours. */
static void name_request(struct request *request)
{
    struct text given;
    if (http_header_find(request->exchange, TEXT("X-Request-Id"), &given) && is_request_id(given)) {
        request->id = given;
    } else {
        request->id = arena_format(request->arena, "%08llx-%llx",
                                   (unsigned long long)(request->api->boot & 0xFFFFFFFFu),
                                   (unsigned long long)++request->api->request_count);
    }
    if (request->id.bytes == NULL) request->id = TEXT("");
    request_header(request, TEXT("X-Request-Id"), request->id);
}

static void reply_method_not_allowed(struct request *request, unsigned methods)
{
    struct text list = TEXT("OPTIONS");
    if ((methods & 1u << HTTP_METHOD_GET) != 0) methods |= 1u << HTTP_METHOD_HEAD;
#define X(name)                                                                                    \
    if ((methods & 1u << HTTP_METHOD_##name) != 0 && list.bytes != NULL)                           \
        list = arena_format(request->arena, "%.*s, " #name, TEXT_ARGUMENTS(list));
    HTTP_METHOD_LIST(X)
#undef X
    if (list.bytes == NULL) list = TEXT("OPTIONS");
    request_header(request, TEXT("Allow"), list);
    if (request->exchange->method == HTTP_METHOD_OPTIONS) {
        request_reply_text(request, 204, TEXT(""), TEXT(""));
        return;
    }
    request_problem(request, PROBLEM_METHOD_NOT_ALLOWED, "%s is not among: %.*s",
                    http_method_name(request->exchange->method), TEXT_ARGUMENTS(list));
}

static bool match_route(struct request *request)
{
    struct route_match match;
    struct text path = request->exchange->path;
    route_find(request->exchange->method, path, &match);
    if (match.route == NULL && match.methods != 0) {
        reply_method_not_allowed(request, match.methods);
        return false;
    }
    if (match.route == NULL) {
        if (path.length > ROUTE_PARAMETER_BYTES) path.length = ROUTE_PARAMETER_BYTES;
        request_problem(request, PROBLEM_NOT_FOUND,
                        match.nearest == NULL ? "there is nothing at '%.*s'%s"
                                              : "there is nothing at '%.*s'; did you mean '%s'?",
                        TEXT_ARGUMENTS(path), match.nearest == NULL ? "" : match.nearest);
        return false;
    }
    request->route = match.route;
    request->route_index = match.index;
    for (uint32_t i = 0; i < match.parameter_count; i++) {
        enum status status =
            http_decode_segment(request->arena, match.parameters[i], &request->path[i]);
        if (status == STATUS_OK && request->path[i].length <= ROUTE_PARAMETER_BYTES) continue;
        struct text name = route_parameter_name(match.route, i);
        request_problem(request, PROBLEM_MALFORMED_PARAMETER,
                        "{%.*s} in the path cannot be read: percent-encode it as UTF-8, in at most "
                        "%d bytes",
                        TEXT_ARGUMENTS(name), ROUTE_PARAMETER_BYTES);
        return false;
    }
    return true;
}

static bool authenticate(struct request *request)
{
    struct text header;
    uint32_t host = 0;
    struct text scheme;
    if (request->route->scope == SCOPE_NONE) return true;
    if (!http_header_find(request->exchange, TEXT("Authorization"), &header)) {
        request_problem(request, PROBLEM_UNAUTHORIZED, "there is no Authorization header");
        return false;
    }
    scheme = text_split(header, ' ', &header);
    if (!text_equal_ignoring_case(scheme, TEXT("Bearer")) ||
        !registry_find(&request->api->keys, text_trim(header), wall_clock_us(), &request->key,
                       &host)) {
        request_problem(request, PROBLEM_UNAUTHORIZED,
                        "the Authorization header has no key that is known and not revoked");
        return false;
    }
    if (request->key.scope < request->route->scope) {
        request_problem(request, PROBLEM_FORBIDDEN, "the key has scope %s; %s needs %s",
                        scope_name(request->key.scope), request->route->operation,
                        scope_name(request->route->scope));
        return false;
    }
    request->host = &request->api->hosts[host];
    request->service = request->host->service;
    request->now_us = service_now_us(request->service);
    request->program = service_program(request->service, request->now_us);
    return true;
}

static enum status read_parameters(struct request *request, struct mistakes *mistakes)
{
    static const struct shape none = {.name = "none"};
    const struct shape *shape = request->route->query == NULL ? &none : request->route->query;
    struct text query = request->exchange->query;
    struct text name;
    struct text value;
    uint64_t seen = 0;
    request->query = arena_allocate_zeroed(request->arena, 1, shape->size + 1);
    if (request->query == NULL) return STATUS_NO_MEMORY;
    while (http_query_next(&query, &name, &value)) {
        if (http_decode_query(request->arena, name, &name) != STATUS_OK ||
            http_decode_query(request->arena, value, &value) != STATUS_OK) {
            mistake_add(mistakes, NULL, MISTAKE_MALFORMED,
                        "the query cannot be read: percent-encode it as UTF-8");
            return STATUS_OK;
        }
        TRY(shape_read_parameter(shape, name, value, mistakes, request->query, &seen));
    }
    shape_check_parameters(shape, seen, mistakes);
    return STATUS_OK;
}

static bool take_parameters(struct request *request)
{
    if (request->route->query == NULL && request->exchange->query.length == 0) return true;
    struct mistakes mistakes = request_mistakes_none(request);
    if (read_parameters(request, &mistakes) != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "out of memory");
        return false;
    }
    if (mistakes_are_none(&mistakes)) return true;
    request_mistakes(request, PROBLEM_MALFORMED_PARAMETER, &mistakes);
    return false;
}

static bool is_printable(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < ' ' || text.bytes[i] > '~') return false;
    }
    return true;
}

static bool take_key(struct request *request)
{
    struct text key;
    if (request->route->key == KEY_UNUSED) return true;
    if (!http_header_find(request->exchange, TEXT("Idempotency-Key"), &key)) return true;
    if (key.length == 0 || key.length > REQUEST_KEY_BYTES || !is_printable(key)) {
        request_problem(request, PROBLEM_MALFORMED_KEY, NULL);
        return false;
    }
    request->idempotency_key = key;
    return true;
}

/* The value of the body's `id`, if its shape has one: the second way to name a write. */
static struct text own_id(const struct request *request)
{
    const struct shape *shape = request->route->body;
    for (uint32_t i = 0; shape != NULL && request->body != NULL && i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        if (field->kind != KIND_ID || !text_equal(field_name(field), TEXT("id"))) continue;
        struct text id;
        memcpy(&id, (const char *)request->body + field->offset, sizeof id);
        return id;
    }
    return TEXT("");
}

enum status request_hash_key(struct request *request, struct text key, struct text *hash)
{
    char *bytes = arena_allocate(request->arena, HASH_RECORD_BYTES);
    if (bytes == NULL) return STATUS_NO_MEMORY;
    service_key(request->service, key, (uint8_t *)bytes);
    *hash = (struct text){bytes, HASH_RECORD_BYTES};
    return STATUS_OK;
}

/* After the body is read: which key the write goes by. Lines have their own. */
static bool settle_key(struct request *request)
{
    if (request->route->key == KEY_UNUSED || request->lines.bytes != NULL) return true;
    if (text_is_empty(request->idempotency_key)) {
        struct text id = own_id(request);
        if (!text_is_empty(id)) {
            request->idempotency_key = arena_format(request->arena, "%s:%.*s",
                                                    request->route->operation, TEXT_ARGUMENTS(id));
        } else if (request->route->key == KEY_REQUIRED) {
            request_problem(request, PROBLEM_KEY_REQUIRED, NULL);
            return false;
        }
    }
    if (text_is_empty(request->idempotency_key)) return true;
    if (request_hash_key(request, request->idempotency_key, &request->key_hash) == STATUS_OK)
        return true;
    request_problem(request, PROBLEM_INTERNAL, "out of memory");
    return false;
}

/* ---- the body ---- */

/* The media type without its parameters. */
static struct text content_type(const struct request *request)
{
    struct text value;
    struct text rest;
    if (!http_header_find(request->exchange, TEXT("Content-Type"), &value)) return TEXT("");
    return text_trim(text_split(value, ';', &rest));
}

static bool is_json(struct text type)
{
    return type.length == 0 || text_equal_ignoring_case(type, TEXT("application/json")) ||
           (type.length > 5 && text_ends_with(type, TEXT("+json")));
}

static bool read_json(struct request *request)
{
    const struct shape *shape = request->route->body;
    struct json_error error;
    struct mistakes mistakes = request_mistakes_none(request);
    yyjson_val *root = NULL;
    enum status status = json_parse(request->arena, request->exchange->body, &error, &root);
    if (status == STATUS_SYNTAX) {
        request_problem(request, PROBLEM_MALFORMED_JSON, "line %u, column %u: %.*s",
                        error.position.line, error.position.column, TEXT_ARGUMENTS(error.message));
        return false;
    }
    if (status == STATUS_LIMIT) {
        request_problem(request, PROBLEM_MALFORMED_JSON, "it is nested more than %d deep",
                        JSON_DEPTH_MAXIMUM);
        return false;
    }
    if (status == STATUS_OK) status = shape_read(shape, root, NULL, &mistakes, request->body);
    if (status != STATUS_OK) {
        request_problem(request, PROBLEM_INTERNAL, "%s", status_text(status));
        return false;
    }
    if (mistakes_are_none(&mistakes)) return true;
    request_mistakes(request, PROBLEM_INVALID_REQUEST, &mistakes);
    return false;
}

static bool take_body(struct request *request)
{
    const struct route *route = request->route;
    struct text type = content_type(request);
    if (route->body == NULL && !route->takes_text) return true;
    if (route->takes_text) {
        request->text = request->exchange->body;
        return true;
    }
    if (route->takes_lines && text_equal_ignoring_case(type, TEXT(LINES_TYPE))) {
        request->lines = request->exchange->body;
        return true;
    }
    request->body = arena_allocate_zeroed(request->arena, 1, route->body->size);
    if (request->body == NULL) {
        request_problem(request, PROBLEM_INTERNAL, "out of memory");
        return false;
    }
    if (route->body_is_optional && request->exchange->body.length == 0) return true;
    if (!is_json(type)) {
        request_problem(request, PROBLEM_UNSUPPORTED_MEDIA_TYPE, "send application/json%s",
                        route->takes_lines ? ", or " LINES_TYPE " for many" : "");
        return false;
    }
    return read_json(request);
}

/* ---- commands ---- */

static enum status run_command(struct command *command, struct turn *turn)
{
    struct request *request = (struct request *)(void *)command;
    return request->route->run(request, turn);
}

static void command_done(struct command *command)
{
    struct request *request = (struct request *)(void *)command;
    http_hand_back(request->exchange);
}

static void collect(struct request *request)
{
    struct chain *chain = &request->host->chains[request->route->is_long ? 1 : 0];
    struct command *command = &request->command;
    command->run = run_command;
    command->done = command_done;
    command->is_read = request->route->is_read;
    command->is_long = request->route->is_long;
    if (command->weight == 0) command->weight = 1;
    request->exchange->resume = request_resume;
    http_defer(request->exchange);
    if (chain->last == NULL) {
        chain->first = command;
    } else {
        chain->last->next = command;
    }
    chain->last = command;
    chain->count++;
}

static void refuse(struct command *command)
{
    struct request *request = (struct request *)(void *)command;
    request->is_refused = true;
    http_hand_back(request->exchange);
}

/* As much of a chain as the queue has room for; the rest is told to come again. */
static void submit(struct service *service, struct chain *chain)
{
    struct command *command = chain->first;
    uint32_t count = chain->count;
    *chain = (struct chain){NULL};
    if (count == 0 || service_submit(service, command, count)) return;
    while (command != NULL) {
        struct command *next = command->next;
        command->next = NULL;
        if (!service_submit(service, command, 1)) refuse(command);
        command = next;
    }
}

void server_reloaded(void *context, struct text complaint)
{
    const struct api *api = context;
    const char *file = api->options.certificate_file;
    if (file == NULL) {
        log_line(&api->log, API_LOG_INFO, TEXT("there is no certificate to be read again"), NULL,
                 0);
    } else if (text_is_empty(complaint)) {
        LOG_LINE(&api->log, API_LOG_INFO, TEXT("the certificate was read again"),
                 LOG_TEXT("file", text_of(file)));
    } else {
        LOG_LINE(&api->log, API_LOG_ERROR,
                 TEXT("the certificate was not read again; the old one stays"),
                 LOG_TEXT("reason", complaint));
    }
}

void server_settled(void *context)
{
    struct api *api = context;
    for (uint32_t i = 0; i < api->host_count; i++) {
        submit(api->hosts[i].service, &api->hosts[i].chains[0]);
        submit(api->hosts[i].service, &api->hosts[i].chains[1]);
    }
}

/* ---- the HTTP room's calls ---- */

bool server_is_closing(const struct api *api)
{
    return api->is_closing;
}

static bool prepare(struct request *request)
{
    if (!match_route(request) || !authenticate(request) || !take_parameters(request) ||
        !take_key(request) || !take_body(request) || !settle_key(request)) {
        return false;
    }
    if (request->route->work_bytes == 0) return true;
    request->work = arena_allocate_zeroed(request->arena, 1, request->route->work_bytes);
    if (request->work != NULL) return true;
    request_problem(request, PROBLEM_INTERNAL, "out of memory");
    return false;
}

void server_handle(struct http_exchange *exchange)
{
    struct request *request = arena_new(exchange->arena, struct request);
    if (request == NULL) {
        struct http_reply none = {.status = 503, .closes = true};
        http_reply(exchange, &none);
        return;
    }
    request->exchange = exchange;
    request->api = exchange->server_context;
    request->arena = exchange->arena;
    exchange->context = request;
    name_request(request);
    if (!prepare(request)) return;
    if (request->route->begin(request) == NEXT_SUBMIT) {
        ASSERT(request->status == 0);
        collect(request);
    } else {
        ASSERT(request->status != 0);
    }
}

static void log_access(struct api *api, const struct http_exchange *exchange,
                       const struct request *request, int status, int64_t took_us)
{
    LOG_LINE(&api->log, API_LOG_INFO, TEXT("request"),
             LOG_TEXT("request", request == NULL ? TEXT("") : request->id),
             LOG_TEXT("method",
                      request == NULL ? TEXT("-") : text_of(http_method_name(exchange->method))),
             LOG_TEXT("path", exchange->path), LOG_NUMBER("status", status),
             LOG_NUMBER("took_us", took_us), LOG_TEXT("peer", exchange->peer),
             LOG_TEXT("key", request == NULL ? TEXT("") : text_of(request->key.id)));
}

void server_replied(struct http_exchange *exchange, int status, bool is_refusal)
{
    struct api *api = exchange->server_context;
    const struct request *request = is_refusal ? NULL : exchange->context;
    int64_t took_us = http_clock_us() - exchange->complete_us;
    if (is_refusal) took_us = 0;
    metrics_note(&api->metrics, request == NULL ? NULL : request->route,
                 request == NULL ? 0 : request->route_index, status, took_us);
    if (api->options.logs_access) log_access(api, exchange, request, status, took_us);
    if (status < 500 || request == NULL) return;
    LOG_LINE(&api->log, API_LOG_WARNING, TEXT("a request failed"), LOG_TEXT("request", request->id),
             LOG_NUMBER("status", status),
             LOG_TEXT("route", text_of(request->route == NULL ? "-" : request->route->operation)));
}

static enum problem_code problem_of_status(int status)
{
    switch (status) {
    case 408:
        return PROBLEM_REQUEST_TIMEOUT;
    case 413:
        return PROBLEM_BODY_TOO_LARGE;
    case 414:
        return PROBLEM_URI_TOO_LONG;
    case 431:
        return PROBLEM_HEADERS_TOO_LARGE;
    case 501:
        return PROBLEM_NOT_IMPLEMENTED;
    case 503:
        return PROBLEM_UNAVAILABLE;
    case 505:
        return PROBLEM_VERSION_NOT_SUPPORTED;
    default:
        return PROBLEM_MALFORMED_REQUEST;
    }
}

struct text server_describe_error(void *context, int status, struct text detail,
                                  struct buffer *body)
{
    struct arena arena;
    struct problem_body problem = {.detail = detail};
    struct text json = TEXT("");
    (void)context;
    arena_init(&arena, 1u << 16);
    problem_fill(&problem, problem_kind(problem_of_status(status)), &arena);
    problem.status = status;
    bool is_written = problem.type.bytes != NULL &&
                      shape_write(&problem_shape, &problem, &arena, &json) == STATUS_OK &&
                      buffer_add(body, json) == STATUS_OK;
    arena_release(&arena);
    return is_written ? TEXT("application/problem+json") : TEXT("");
}
