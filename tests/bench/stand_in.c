/* One thread, one epoll, one parser a connection; answers at once. */
#include "stand_in.h"

#include <arpa/inet.h>
#include <llhttp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yyjson.h>

#include "base/base.h"

#define BODY_MAXIMUM ((size_t)1 << 20)

struct guest {
    llhttp_t parser;
    int socket;
    struct buffer url, field, value, body;
    bool has_key, has_bearer, is_ndjson, is_json, in_value;
    bool is_to_close;
};

static const struct stand_in_orders *orders;
static struct stand_in_sight *sight;
static llhttp_settings_t settings;

static void must(bool holds)
{
    if (!holds) _exit(3);
}

static void note_key(struct text key)
{
    must(sight->key_count < STAND_IN_KEYS_MAXIMUM);
    sight->keys[sight->key_count++] = hash_bytes(key);
}

static int on_url(llhttp_t *parser, const char *bytes, size_t length)
{
    struct guest *guest = parser->data;
    must(buffer_add(&guest->url, (struct text){bytes, length}) == STATUS_OK);
    return 0;
}

static int on_field(llhttp_t *parser, const char *bytes, size_t length)
{
    struct guest *guest = parser->data;
    must(buffer_add(&guest->field, (struct text){bytes, length}) == STATUS_OK);
    return 0;
}

static int on_value(llhttp_t *parser, const char *bytes, size_t length)
{
    struct guest *guest = parser->data;
    must(buffer_add(&guest->value, (struct text){bytes, length}) == STATUS_OK);
    return 0;
}

static int on_value_complete(llhttp_t *parser)
{
    struct guest *guest = parser->data;
    struct text field = buffer_text(&guest->field);
    struct text value = buffer_text(&guest->value);
    if (text_equal_ignoring_case(field, TEXT("idempotency-key"))) {
        guest->has_key = true;
        note_key(value);
    } else if (text_equal_ignoring_case(field, TEXT("authorization"))) {
        guest->has_bearer = text_equal(value, TEXT("Bearer the-key"));
    } else if (text_equal_ignoring_case(field, TEXT("content-type"))) {
        guest->is_ndjson = text_equal(value, TEXT("application/x-ndjson"));
        guest->is_json = text_equal(value, TEXT("application/json"));
    }
    buffer_clear(&guest->field);
    buffer_clear(&guest->value);
    return 0;
}

static int on_body(llhttp_t *parser, const char *bytes, size_t length)
{
    struct guest *guest = parser->data;
    must(buffer_add(&guest->body, (struct text){bytes, length}) == STATUS_OK);
    return 0;
}

static struct text member_text(yyjson_val *object, const char *name)
{
    yyjson_val *value = yyjson_obj_get(object, name);
    if (!yyjson_is_str(value)) return TEXT("");
    return (struct text){yyjson_get_str(value), yyjson_get_len(value)};
}

/* Is this a purchase as the API reads it? */
static bool read_purchase(yyjson_val *root, bool has_id)
{
    struct text member = member_text(root, "member");
    struct text order = member_text(root, "order");
    int64_t number = 0;
    int64_t occurred_at_us = 0;
    yyjson_val *item = yyjson_arr_get_first(yyjson_obj_get(root, "items"));
    bool is_purchase =
        text_equal(member_text(root, "type"), TEXT("purchase")) &&
        instant_parse(NULL, member_text(root, "occurred_at"), &occurred_at_us) == STATUS_OK &&
        occurred_at_us > INT64_C(1700000000000000) && text_starts_with(member, TEXT("m-")) &&
        amount_parse((struct text){member.bytes + 2, member.length - 2}, 0, &number) == STATUS_OK &&
        !text_is_empty(order) && text_equal(member_text(root, "currency"), TEXT("USD")) &&
        text_equal(member_text(item, "unit_price"), TEXT("19.99"));
    if (is_purchase) note_key(order);
    if (is_purchase && has_id) note_key(member_text(root, "id"));
    if (number > sight->members_highest) sight->members_highest = (uint32_t)number;
    return is_purchase && has_id == !text_is_empty(member_text(root, "id"));
}

/* Number of purchases in the body; 0 if one is wrong. */
static uint32_t read_body(const struct guest *guest)
{
    struct text rest = buffer_text(&guest->body);
    uint32_t count = 0;
    while (!text_is_empty(rest)) {
        struct text line = rest;
        if (guest->is_ndjson) line = text_split(rest, '\n', &rest);
        if (!guest->is_ndjson) rest = TEXT("");
        yyjson_doc *document = yyjson_read(line.bytes, line.length, 0);
        bool is_good = read_purchase(yyjson_doc_get_root(document), guest->is_ndjson);
        yyjson_doc_free(document);
        if (!is_good) return 0;
        count++;
    }
    return count;
}

static void send_all(const struct guest *guest, struct text bytes)
{
    while (bytes.length > 0) {
        ssize_t length = send(guest->socket, bytes.bytes, bytes.length, MSG_NOSIGNAL);
        if (length <= 0) return; /* it went away */
        bytes = (struct text){bytes.bytes + length, bytes.length - (size_t)length};
    }
}

static void answer(struct guest *guest, int status, uint32_t count)
{
    static struct buffer body, reply;
    buffer_init(&body, BODY_MAXIMUM);
    buffer_init(&reply, BODY_MAXIMUM);
    uint32_t lines = count - (orders->omits_a_line && count > 1);
    for (uint32_t i = 1; i <= lines; i++) {
        bool is_bad = orders->refuse_line_every != 0 && i % orders->refuse_line_every == 0;
        must(buffer_add(&body, is_bad
                                   ? TEXT("{\"status\":422,\"code\":\"malformed\"}\n")
                                   : TEXT("{\"status\":200,\"answer\":\"done\"}\n")) == STATUS_OK);
    }
    must(buffer_add_format(&reply, "HTTP/1.1 %d X\r\n%s", status,
                           orders->closes ? "Connection: close\r\n" : "") == STATUS_OK);
    struct text text = buffer_text(&body);
    if (!orders->is_chunked) {
        must(buffer_add_format(&reply, "Content-Length: %zu\r\n\r\n%.*s", text.length,
                               TEXT_ARGUMENTS(text)) == STATUS_OK);
    } else {
        size_t half = text.length / 2 + 1;
        must(buffer_add_format(&reply,
                               "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%.*s\r\n%zx\r\n%.*s\r\n"
                               "0\r\n\r\n",
                               half, (int)half, text.bytes, text.length - half,
                               (int)(text.length - half), text.bytes + half) == STATUS_OK);
    }
    send_all(guest, buffer_text(&reply));
    buffer_release(&body);
    buffer_release(&reply);
}

static bool happens(uint32_t every)
{
    return every != 0 && sight->requests % every == 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct guest *guest = parser->data;
    uint32_t count = read_body(guest);
    sight->requests++;
    sight->body_length = (uint32_t)guest->body.length;
    if (guest->is_to_close) sight->overlapping++;
    if (count == 0 || !guest->has_key || !guest->has_bearer || guest->is_ndjson == guest->is_json ||
        parser->method != HTTP_POST || !text_equal(buffer_text(&guest->url), TEXT("/v1/events"))) {
        sight->malformed++;
        (void)snprintf(sight->malformed_text, sizeof sight->malformed_text, "%.*s",
                       TEXT_ARGUMENTS(buffer_text(&guest->body)));
    }
    sight->events += count;
    if (orders->stall_at == sight->requests) poll(NULL, 0, (int)orders->stall_ms);
    bool is_silent = orders->silent_after != 0 && sight->requests > orders->silent_after;
    guest->is_to_close = happens(orders->drop_every) || orders->closes;
    if (!happens(orders->drop_every) && !is_silent) {
        answer(guest, happens(orders->refuse_every) ? 503 : 200, count);
    }
    guest->has_key = guest->has_bearer = guest->is_json = guest->is_ndjson = false;
    buffer_clear(&guest->url);
    buffer_clear(&guest->body);
    return 0;
}

static void welcome(int listener, int epoll)
{
    struct guest *guest = calloc(1, sizeof *guest);
    must(guest != NULL);
    guest->socket = accept(listener, NULL, NULL);
    must(guest->socket >= 0);
    sight->connections++;
    llhttp_init(&guest->parser, HTTP_REQUEST, &settings);
    guest->parser.data = guest;
    buffer_init(&guest->url, BODY_MAXIMUM);
    buffer_init(&guest->field, BODY_MAXIMUM);
    buffer_init(&guest->value, BODY_MAXIMUM);
    buffer_init(&guest->body, BODY_MAXIMUM);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = guest};
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, guest->socket, &event) == 0);
}

static void serve(struct guest *guest)
{
    static char block[1 << 16];
    ssize_t length = recv(guest->socket, block, sizeof block, 0);
    bool is_read = length > 0 && llhttp_execute(&guest->parser, block, (size_t)length) == HPE_OK;
    if (is_read && !guest->is_to_close) return;
    close(guest->socket);
    buffer_release(&guest->url);
    buffer_release(&guest->field);
    buffer_release(&guest->value);
    buffer_release(&guest->body);
    free(guest);
}

_Noreturn static void run(int listener)
{
    llhttp_settings_init(&settings);
    settings.on_url = on_url;
    settings.on_header_field = on_field;
    settings.on_header_value = on_value;
    settings.on_header_value_complete = on_value_complete;
    settings.on_body = on_body;
    settings.on_message_complete = on_message_complete;
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    must(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == 0);
    for (;;) {
        must(epoll_wait(epoll, &event, 1, -1) == 1);
        if (event.data.ptr == NULL) {
            welcome(listener, epoll);
        } else {
            serve(event.data.ptr);
        }
    }
}

bool stand_in_start(struct stand_in *stand_in, const struct stand_in_orders *given)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    void *shared = mmap(NULL, sizeof *stand_in->sight, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (listener < 0 || shared == MAP_FAILED ||
        bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1024) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        return false;
    }
    (void)snprintf(stand_in->address, sizeof stand_in->address, "127.0.0.1:%d",
                   ntohs(address.sin_port));
    stand_in->sight = shared;
    stand_in->process = fork();
    if (stand_in->process == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        orders = given;
        sight = shared;
        run(listener);
    }
    close(listener);
    return stand_in->process > 0;
}

void stand_in_stop(struct stand_in *stand_in)
{
    if (stand_in->process <= 0) return;
    int status = 0;
    kill(stand_in->process, SIGKILL);
    waitpid(stand_in->process, &status, 0);
    stand_in->process = 0;
    if (WIFEXITED(status)) {
        fprintf(stderr, "the stand-in ended by itself with %d\n", WEXITSTATUS(status));
        abort();
    }
}

void stand_in_release(struct stand_in *stand_in)
{
    stand_in_stop(stand_in);
    munmap(stand_in->sight, sizeof *stand_in->sight);
}
