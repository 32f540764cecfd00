/* Client: sockets that block, one connection that is kept. */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/json.h"
#include "schema.h"

#define ARENA_BYTES ((size_t)1 << 30)
#define HEAD_MAXIMUM 16384

const char *const TEST_PROGRAM =
    "program: shop\n"
    "title: The Shop\n"
    "timezone: Europe/Berlin\n"
    "currencies: [EUR, JPY]\n"
    "wallets:\n"
    "  points:\n"
    "    names: {en: {one: point, other: points}}\n"
    "  miles:\n"
    "    names: {en: {one: mile, other: miles}}\n"
    "    decimals: 2\n"
    "counters:\n"
    "  spend: {sum: order.eligible, on: purchase, window: calendar year, currency: EUR}\n"
    "tiers:\n"
    "  club:\n"
    "    measured_by: spend\n"
    "    levels:\n"
    "      silver: {title: Silver, from: 100.00 EUR}\n"
    "      gold: {title: Gold, from: 1000.00 EUR}\n"
    "    upgrade: at once\n"
    "    kept_until: end of next calendar year\n"
    "rules:\n"
    "  welcome: {on: join, earn: 100 points}\n"
    "  base:\n"
    "    on: purchase\n"
    "    earn: 1 point per 1.00 EUR of order.eligible, rounded down\n"
    "    boosts:\n"
    "      gold: {if: {tier: gold}, by: 2}\n"
    "  travel:\n"
    "    on: purchase\n"
    "    earn: 0.25 miles per 1.00 EUR of order.eligible, rounded down\n"
    "rewards:\n"
    "  mug: {title: A mug, cost: 50 points, stock: 1}\n"
    "  ten-off: {title: Ten off, cost: 80 points, gives: {discount: 10.00 EUR, on: order}}\n";

/* ---- the server ---- */

static void *serve(void *context)
{
    struct world *world = context;
    assert_int_equal(api_run(world->api), STATUS_OK);
    return NULL;
}

static void drop_line(void *context, struct text line)
{
    (void)context;
    (void)line;
}

static void read_document(struct world *world)
{
    struct answer document = world_send(world, "GET", "/openapi.json", NULL, TEXT(""));
    assert_int_equal(document.status, 200);
    world->document = yyjson_read(document.body.bytes, document.body.length, 0);
    assert_non_null(world->document);
}

void world_open_with(struct world *world, const char *program, struct api_options options)
{
    struct buffer complaint;
    struct api_program programs[] = {{"test.yaml", text_of(program)}};
    *world = (struct world){.connection = -1};
    arena_init(&world->arena, ARENA_BYTES);
    buffer_init(&complaint, 65536);
    if (options.programs == NULL) {
        options.programs = programs;
        options.program_count = 1;
    }
    if (options.listen == NULL) options.listen = "127.0.0.1:0";
    if (options.log == NULL) options.log = drop_line;
    enum status status = api_open(&options, &complaint, &world->api);
    if (status != STATUS_OK) {
        struct text said = buffer_text(&complaint);
        fail_msg("the server does not start: %.*s", TEXT_ARGUMENTS(said));
    }
    buffer_release(&complaint);
    world->port = api_port(world->api);
    snprintf(world->key, sizeof world->key, "%s", api_first_key(world->api, 0));
    assert_int_equal(pthread_create(&world->thread, NULL, serve, world), 0);
    read_document(world);
}

void world_attach(struct world *world, uint16_t port, const char *key)
{
    *world = (struct world){.connection = -1, .port = port};
    arena_init(&world->arena, ARENA_BYTES);
    snprintf(world->key, sizeof world->key, "%s", key);
    read_document(world);
}
void world_open(struct world *world, const char *program)
{
    world_open_with(world, program, (struct api_options){.data = NULL});
}

void world_close(struct world *world)
{
    if (world->connection >= 0) close(world->connection);
    if (world->api != NULL) {
        api_stop(world->api);
        pthread_join(world->thread, NULL);
        api_close(world->api);
    }
    yyjson_doc_free(world->document);
    arena_release(&world->arena);
}

/* ---- one request ---- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(connection >= 0);
    assert_int_equal(
        connect(connection, (const struct sockaddr *)(const void *)&address, sizeof address), 0);
    (void)setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return connection;
}

static void write_all(int connection, struct text text)
{
    while (text.length > 0) {
        ssize_t written = send(connection, text.bytes, text.length, MSG_NOSIGNAL);
        assert_true(written > 0);
        text = (struct text){text.bytes + written, text.length - (size_t)written};
    }
}

struct text answer_header(const struct answer *answer, const char *name)
{
    struct text rest = answer->headers;
    while (!text_is_empty(rest)) {
        struct text value;
        struct text line = text_trim(text_split(rest, '\n', &rest));
        struct text found = text_split(line, ':', &value);
        if (text_equal_ignoring_case(found, text_of(name))) return text_trim(value);
    }
    return TEXT("");
}

static void read_body(struct world *world, struct answer *answer, struct text begun)
{
    int64_t length = 0;
    struct text given = answer_header(answer, "Content-Length");
    if (given.length > 0) assert_int_equal(amount_parse(given, 0, &length), STATUS_OK);
    char *body = arena_allocate(&world->arena, (size_t)length + 1);
    assert_non_null(body);
    memcpy(body, begun.bytes, begun.length);
    size_t used = begun.length;
    while (used < (size_t)length) {
        ssize_t got =
            TEMP_FAILURE_RETRY(recv(world->connection, body + used, (size_t)length - used, 0));
        assert_true(got > 0);
        used += (size_t)got;
    }
    body[length] = '\0';
    answer->body = (struct text){body, (size_t)length};
}

static struct answer read_answer(struct world *world)
{
    struct answer answer = {.status = 0};
    char *head = arena_allocate(&world->arena, HEAD_MAXIMUM + 1);
    size_t used = 0;
    const char *end = NULL;
    assert_non_null(head);
    while (end == NULL) {
        assert_true(used < HEAD_MAXIMUM);
        ssize_t got =
            TEMP_FAILURE_RETRY(recv(world->connection, head + used, HEAD_MAXIMUM - used, 0));
        assert_true(got > 0);
        used += (size_t)got;
        head[used] = '\0';
        end = strstr(head, "\r\n\r\n");
    }
    int64_t status = 0;
    struct text rest;
    struct text line = text_split((struct text){head, used}, '\n', &rest);
    assert_true(line.length > 12);
    assert_int_equal(amount_parse((struct text){line.bytes + 9, 3}, 0, &status), STATUS_OK);
    answer.status = (int)status;
    answer.headers = (struct text){rest.bytes, (size_t)(end + 2 - rest.bytes)};
    answer.content_type = answer_header(&answer, "Content-Type");
    read_body(world, &answer, (struct text){end + 4, used - (size_t)(end + 4 - head)});
    return answer;
}

/* The tree lives as long as the world. */
static yyjson_val *parse(struct world *world, struct text text)
{
    struct json_error error;
    yyjson_val *root = NULL;
    assert_int_equal(json_parse(&world->arena, text, &error, &root), STATUS_OK);
    return root;
}

/* The reply is what the document says, or the test fails. */
static void hold_to_document(struct world *world, const char *method, const char *path,
                             struct answer *answer)
{
    char lower[16] = {0};
    bool is_documented = false;
    for (size_t i = 0; method[i] != '\0' && i + 1 < sizeof lower; i++)
        lower[i] = (char)(method[i] - 'A' + 'a');
    yyjson_val *document = yyjson_doc_get_root(world->document);
    bool is_json = text_equal(answer->content_type, TEXT("application/json")) ||
                   text_equal(answer->content_type, TEXT("application/problem+json"));
    if (!is_json || answer->body.length == 0) return;
    answer->json = parse(world, answer->body);
    yyjson_val *schema = schema_of_reply(document, lower, text_of(path), answer->status,
                                         answer->content_type, &is_documented);
    if (!is_documented) {
        schema = yyjson_ptr_get(document, "/components/schemas/Problem");
    } else if (schema == NULL) {
        fail_msg("%s %s answers %d with %.*s, which the document does not have", method, path,
                 answer->status, TEXT_ARGUMENTS(answer->content_type));
    }
    struct text finding = schema_check(&world->arena, document, schema, answer->json);
    if (finding.length > 0) {
        fail_msg("%s %s: the reply is not what the document says: %.*s\n%.*s", method, path,
                 TEXT_ARGUMENTS(finding), TEXT_ARGUMENTS(answer->body));
    }
}

static bool names_type(const char *headers)
{
    return headers != NULL && strstr(headers, "Content-Type:") != NULL;
}

static struct answer send_once(struct world *world, const char *method, const char *path,
                               const char *headers, struct text body)
{
    bool has_key = headers != NULL && strstr(headers, "Authorization:") != NULL;
    struct text head = arena_format(
        &world->arena, "%s %s HTTP/1.1\r\nHost: test\r\n%s%s%s%s%sContent-Length: %zu\r\n\r\n",
        method, path, has_key ? "" : "Authorization: Bearer ", has_key ? "" : world->key,
        has_key ? "" : "\r\n",
        body.length == 0 || names_type(headers) ? "" : "Content-Type: application/json\r\n",
        headers == NULL ? "" : headers, body.length);
    assert_non_null(head.bytes);
    if (world->connection < 0) world->connection = connect_to(world->port);
    write_all(world->connection, head);
    write_all(world->connection, body);
    struct answer answer = read_answer(world);
    if (text_equal_ignoring_case(answer_header(&answer, "Connection"), TEXT("close"))) {
        close(world->connection);
        world->connection = -1;
    }
    return answer;
}

struct answer world_send(struct world *world, const char *method, const char *path,
                         const char *headers, struct text body)
{
    struct answer answer = send_once(world, method, path, headers, body);
    if (world->document != NULL) hold_to_document(world, method, path, &answer);
    bool is_write = strcmp(method, "GET") != 0 && headers != NULL &&
                    strstr(headers, "Idempotency-Key:") != NULL;
    if (world->repeats && is_write && answer.status < 500) {
        struct answer again = send_once(world, method, path, headers, body);
        assert_int_equal(again.status, answer.status);
        if (answer.status == 200) assert_true(text_equal(again.body, answer.body));
    }
    return answer;
}

/* ---- comfort ---- */

/* printf, then ' becomes ". */
static struct text compose(struct world *world, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static struct text compose(struct world *world, const char *format, va_list arguments)
{
    struct text text = arena_format_arguments(&world->arena, format, arguments);
    assert_non_null(text.bytes);
    char *bytes = (char *)(uintptr_t)text.bytes;
    for (size_t i = 0; i < text.length; i++) {
        if (bytes[i] == '\'') bytes[i] = '"';
    }
    return text;
}

static const char *new_key(struct world *world)
{
    struct text line =
        arena_format(&world->arena, "Idempotency-Key: test-%u\r\n", ++world->key_count);
    assert_non_null(line.bytes);
    return line.bytes;
}

#define COMPOSE(world, format, text)                                                               \
    do {                                                                                           \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        (text) = compose((world), (format), arguments);                                            \
        va_end(arguments);                                                                         \
    } while (0)

struct answer world_post(struct world *world, const char *path, const char *format, ...)
{
    struct text body;
    COMPOSE(world, format, body);
    return world_send(world, "POST", path, new_key(world), body);
}

struct answer world_put(struct world *world, const char *path, const char *format, ...)
{
    struct text body;
    COMPOSE(world, format, body);
    return world_send(world, "PUT", path, new_key(world), body);
}

struct answer world_get(struct world *world, const char *format, ...)
{
    struct text path;
    COMPOSE(world, format, path);
    return world_send(world, "GET", path.bytes, NULL, TEXT(""));
}

struct answer world_delete(struct world *world, const char *format, ...)
{
    struct text path;
    COMPOSE(world, format, path);
    return world_send(world, "DELETE", path.bytes, new_key(world), TEXT(""));
}

struct answer world_call(struct world *world, const char *method, const char *path,
                         const char *headers, const char *format, ...)
{
    struct text body;
    COMPOSE(world, format, body);
    return world_send(world, method, path, headers, body);
}

struct answer world_lines(struct world *world, const char *path, const char *format, ...)
{
    struct text body;
    COMPOSE(world, format, body);
    struct text headers =
        arena_format(&world->arena, "Content-Type: application/x-ndjson\r\n%s", new_key(world));
    assert_non_null(headers.bytes);
    return world_send(world, "POST", path, headers.bytes, body);
}

struct answer answer_line(struct world *world, const struct answer *answer, uint32_t index)
{
    struct answer line = {.status = 200, .headers = answer->headers};
    struct text rest = answer->body;
    for (uint32_t i = 0; i <= index; i++) {
        assert_false(text_is_empty(rest));
        line.body = text_split(rest, '\n', &rest);
    }
    line.json = parse(world, line.body);
    yyjson_val *status = yyjson_obj_get(line.json, "status");
    if (status != NULL) line.status = yyjson_get_int(status);
    yyjson_val *document = yyjson_doc_get_root(world->document);
    yyjson_val *schema = yyjson_ptr_get(document, status == NULL ? "/components/schemas/EventReply"
                                                                 : "/components/schemas/Problem");
    struct text finding = schema_check(&world->arena, document, schema, line.json);
    if (finding.length > 0) fail_msg("line %u: %.*s", index, TEXT_ARGUMENTS(finding));
    return line;
}

const char *answer_at(struct world *world, const struct answer *answer, const char *pointer)
{
    yyjson_val *value = answer->json == NULL ? NULL : yyjson_ptr_get(answer->json, pointer);
    size_t length = 0;
    if (value == NULL) return NULL;
    if (yyjson_is_str(value)) return yyjson_get_str(value);
    char *json = yyjson_val_write(value, 0, &length);
    assert_non_null(json);
    struct text copy = arena_copy(&world->arena, (struct text){json, length});
    free(json);
    return copy.bytes;
}

size_t answer_count(const struct answer *answer, const char *pointer)
{
    yyjson_val *value = answer->json == NULL ? NULL : yyjson_ptr_get(answer->json, pointer);
    return yyjson_is_arr(value) ? yyjson_arr_size(value) : yyjson_obj_size(value);
}

void expect_at(struct world *world, const struct answer *answer, int status, const char *file,
               int line, ...)
{
    va_list pairs;
    if (answer->status != status) {
        fail_msg("%s:%d: the status is %d, not %d\n%.*s", file, line, answer->status, status,
                 TEXT_ARGUMENTS(answer->body));
    }
    va_start(pairs, line);
    for (;;) {
        const char *pointer = va_arg(pairs, const char *);
        if (pointer == NULL) break;
        const char *wanted = va_arg(pairs, const char *);
        const char *found = answer_at(world, answer, pointer);
        bool is_same = wanted == NULL ? found == NULL : found != NULL && strcmp(found, wanted) == 0;
        if (is_same) continue;
        fail_msg("%s:%d: %s is %s, not %s\n%.*s", file, line, pointer,
                 found == NULL ? "not there" : found, wanted == NULL ? "absent" : wanted,
                 TEXT_ARGUMENTS(answer->body));
    }
    va_end(pairs);
}
