/* Limits: what is too large, too slow, too many or unclear is refused, and what follows it is not
 * taken. Times are small and awaited through the sockets; nothing here sleeps. */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: a\r\n"

/* Nothing is too slow in a test about something else. */
#define LONG_MS 600000
static const struct http_options patient = {
    .idle_ms = LONG_MS, .header_ms = LONG_MS, .body_ms = LONG_MS, .write_ms = LONG_MS};

static void expect_refusal(struct client *client, int status)
{
    struct answer answer = client_receive(client);
    assert_int_equal(answer.status, status);
    assert_text(answer_header(answer, TEXT("connection")), "close");
    assert_text(answer_header(answer, TEXT("content-type")), "text/plain; charset=utf-8");
    assert_true(answer.body.length > 10);
    client_expect_end(client);
    client_close(client);
}

static uint64_t refused_after_end(struct server *server, enum http_refusal kind)
{
    http_server_stop(server->http);
    server_join(server);
    uint64_t count = http_server_counters(server->http)->refused[kind];
    server_end(server);
    return count;
}

static void what_is_refused_ends_the_connection(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        int status;
    } refusals[] = {
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\n" HOST "Expect: x\r\n\r\n", 417},
        {"GET / HTTP/3.0\r\n" HOST "\r\n", 505},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST
         "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400},
    };
    struct server server;
    struct http_options options = patient;
    options.body_bytes = 1000;
    server_start(&server, options);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct client client;
        client_connect(&client, &server);
        client_send(&client, text_of(refusals[i].request));
        /* What a smuggler would have taken for a request of its own. */
        if (refusals[i].status == 413) {
            char body[1001];
            memset(body, 'x', sizeof body);
            client_send(&client, (struct text){body, sizeof body});
        }
        SEND(&client, "GET /defer?smuggled HTTP/1.1\r\n" HOST "\r\n");
        expect_refusal(&client, refusals[i].status);
    }
    assert_int_equal(server.held_count, 0);
    assert_int_equal(refused_after_end(&server, HTTP_REFUSAL_BODY_BYTES), 2);
}

static void a_refusal_comes_after_the_replies_before_it(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, patient);
    client_connect(&client, &server);
    SEND(&client, "GET /defer?1 HTTP/1.1\r\n" HOST "\r\n<nonsense>");
    server_wait_for_held(&server, 1);
    server_answer(&server, 0);
    assert_text(client_receive(&client).body, "1");
    expect_refusal(&client, 400);
    server_end(&server);
}

static void a_client_that_sends_on_still_reads_why_it_was_refused(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    struct http_options options = patient;
    options.body_bytes = 1000;
    server_start(&server, options);
    client_connect(&client, &server);
    SEND(&client, "POST / HTTP/1.1\r\n" HOST "Content-Length: 8000000\r\n\r\n");
    static char bytes[100000];
    for (int i = 0; i < 80; i++)
        client_send(&client, (struct text){bytes, sizeof bytes});
    expect_refusal(&client, 413);
    server_end(&server);
}

static void headers_that_are_too_large_are_refused(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    struct http_options options = patient;
    options.header_bytes = 500;
    server_start(&server, options);
    char filler[600];
    memset(filler, 'x', sizeof filler);
    client_connect(&client, &server);
    SEND(&client, "GET / HTTP/1.1\r\n" HOST "X: ");
    client_send(&client, (struct text){filler, sizeof filler});
    expect_refusal(&client, 431);
    client_connect(&client, &server);
    SEND(&client, "GET /");
    client_send(&client, (struct text){filler, sizeof filler});
    expect_refusal(&client, 414);
    assert_int_equal(refused_after_end(&server, HTTP_REFUSAL_HEADER_BYTES), 2);
}

static void headers_that_take_too_long_are_refused(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    struct http_options options = patient;
    options.header_ms = 20;
    server_start(&server, options);
    client_connect(&client, &server);
    SEND(&client, "GET / HTTP/1.1\r\nHost:");
    expect_refusal(&client, 408);
    assert_int_equal(refused_after_end(&server, HTTP_REFUSAL_HEADER_TIME), 1);
}

static void a_body_that_takes_too_long_is_refused(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    struct http_options options = patient;
    options.body_ms = 20;
    server_start(&server, options);
    client_connect(&client, &server);
    SEND(&client, "POST /a HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\na");
    expect_refusal(&client, 408);
    assert_int_equal(refused_after_end(&server, HTTP_REFUSAL_BODY_TIME), 1);
}

static void an_idle_connection_is_closed_without_a_word(void **state)
{
    (void)state;
    struct server server;
    struct client clients[2];
    struct http_options options = patient;
    options.idle_ms = 400; /* enough for the second client to send its request */
    server_start(&server, options);
    client_connect(&clients[0], &server);
    client_connect(&clients[1], &server);
    SEND(&clients[1], "GET /echo HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(client_receive(&clients[1]).status, 200);
    SEND(&clients[1], "\r\n"); /* is no request */
    client_expect_gone(&clients[0]);
    client_expect_gone(&clients[1]);
    client_close(&clients[0]);
    client_close(&clients[1]);
    assert_int_equal(refused_after_end(&server, HTTP_REFUSAL_IDLE_TIME), 2);
}

static void a_handler_may_take_longer_than_any_time_out(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    struct client idle;
    server_start(&server, (struct http_options){
                              .idle_ms = 400, .header_ms = 400, .body_ms = 400, .write_ms = 400});
    client_connect(&client, &server);
    SEND(&client, "GET /defer?late HTTP/1.1\r\n" HOST "\r\n");
    server_wait_for_held(&server, 1);
    /* Two idle times pass, one after the other. */
    for (int i = 0; i < 2; i++) {
        client_connect(&idle, &server);
        client_expect_gone(&idle);
        client_close(&idle);
    }
    server_answer(&server, 0);
    assert_text(client_receive(&client).body, "late");
    client_close(&client);
    server_end(&server);
}

static void a_client_that_does_not_read_is_closed(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    struct http_options options = patient;
    options.write_ms = 30;
    server_start(&server, options);
    client_connect(&client, &server);
    SEND(&client, "GET /large HTTP/1.1\r\n" HOST "X-Test: 67108864\r\n\r\n");
    struct client other;
    client_connect(&other, &server);
    while (!text_equal(client_get(&other, "/active").body, TEXT("1")))
        continue;
    client_expect_gone(&client);
    assert_true(client.arrived.length < 67108864);
    client_close(&client);
    client_close(&other);
    assert_int_equal(refused_after_end(&server, HTTP_REFUSAL_WRITE_TIME), 1);
}

static void a_connection_above_the_maximum_is_told_so(void **state)
{
    (void)state;
    struct server server;
    struct client clients[3];
    struct http_options options = patient;
    options.connections_maximum = 2;
    server_start(&server, options);
    for (int i = 0; i < 2; i++) {
        client_connect(&clients[i], &server);
        assert_int_equal(client_get(&clients[i], "/echo").status, 200);
    }
    client_connect(&clients[2], &server);
    SEND(&clients[2], "GET /defer HTTP/1.1\r\n" HOST "\r\n");
    expect_refusal(&clients[2], 503);
    assert_int_equal(server.held_count, 0);
    client_close(&clients[0]);
    while (!text_equal(client_get(&clients[1], "/active").body, TEXT("1")))
        continue;
    client_connect(&clients[0], &server);
    assert_int_equal(client_get(&clients[0], "/echo").status, 200);
    client_close(&clients[0]);
    client_close(&clients[1]);
    assert_int_equal(refused_after_end(&server, HTTP_REFUSAL_CONNECTIONS), 1);
}

static void requests_that_are_too_large_together_are_refused(void **state)
{
    (void)state;
    struct server server;
    struct client clients[3];
    struct http_options options = patient;
    options.buffered_bytes = 2500;
    server_start(&server, options);
    char body[1000];
    memset(body, 'x', sizeof body);
    for (int i = 0; i < 3; i++) {
        client_connect(&clients[i], &server);
        SEND(&clients[i], "POST /defer?a HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n");
        client_send(&clients[i], (struct text){body, sizeof body});
        if (i < 2) server_wait_for_held(&server, (size_t)i + 1);
    }
    expect_refusal(&clients[2], 503);
    /* What is answered makes room. */
    server_answer(&server, 0);
    assert_text(client_receive(&clients[0]).body, "a");
    SEND(&clients[0], "POST /body HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n");
    client_send(&clients[0], (struct text){body, sizeof body});
    assert_int_equal(client_receive(&clients[0]).body.length, 1000);
    server_answer(&server, 1);
    assert_text(client_receive(&clients[1]).body, "a");
    client_close(&clients[0]);
    client_close(&clients[1]);
    assert_int_equal(refused_after_end(&server, HTTP_REFUSAL_MEMORY), 1);
}

static void replies_that_nobody_reads_take_room_from_requests(void **state)
{
    (void)state;
    struct server server;
    struct client slow;
    struct client other;
    struct http_options options = patient;
    options.buffered_bytes = 1000000;
    server_start(&server, options);
    client_connect(&slow, &server);
    SEND(&slow, "GET /large HTTP/1.1\r\n" HOST "X-Test: 67108864\r\n\r\n");
    char byte;
    assert_int_equal(TEMP_FAILURE_RETRY(recv(slow.file, &byte, 1, MSG_PEEK)), 1);
    client_connect(&other, &server);
    SEND(&other, "GET /echo HTTP/1.1\r\n" HOST "\r\n");
    expect_refusal(&other, 503);
    assert_int_equal(client_receive(&slow).body.length, 67108864);
    assert_int_equal(client_get(&slow, "/echo").status, 200);
    client_close(&slow);
    assert_int_equal(refused_after_end(&server, HTTP_REFUSAL_MEMORY), 1);
}

static void without_a_file_to_spare_the_server_goes_on(void **state)
{
    (void)state;
    struct server server;
    struct client clients[2];
    struct rlimit before;
    server_start(&server, patient);
    client_connect(&clients[0], &server);
    assert_int_equal(client_get(&clients[0], "/echo").status, 200);
    client_open(&clients[1]);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int next = dup(clients[1].file);
    assert_true(next >= 0);
    close(next);
    struct rlimit none_left = {.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none_left), 0);
    client_join(&clients[1], &server);
    client_expect_gone(&clients[1]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(client_get(&clients[0], "/echo").status, 200);
    client_close(&clients[1]);
    client_connect(&clients[1], &server);
    assert_int_equal(client_get(&clients[1], "/echo").status, 200);
    client_close(&clients[0]);
    client_close(&clients[1]);
    server_end(&server);
}

static struct text describe(void *context, int status, struct text detail, struct buffer *body)
{
    (void)context;
    assert_int_equal(buffer_add_format(body, "{%d: %.*s}", status, TEXT_ARGUMENTS(detail)),
                     STATUS_OK);
    return status == 501 ? TEXT("") : TEXT("application/problem+json");
}

static void refusals_are_worded_by_whoever_wants_to(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    struct http_options options = patient;
    options.describe_error = describe;
    server_start(&server, options);
    client_connect(&client, &server);
    SEND(&client, "GET / HTTP/1.1\r\n\r\n");
    struct answer answer = client_receive(&client);
    assert_text(answer_header(answer, TEXT("content-type")), "application/problem+json");
    assert_text(answer.body, "{400: A request has exactly one Host header.}");
    client_close(&client);
    client_connect(&client, &server);
    SEND(&client, "PROPFIND / HTTP/1.1\r\n" HOST "\r\n");
    answer = client_receive(&client);
    assert_text(answer_header(answer, TEXT("content-type")), "text/plain; charset=utf-8");
    assert_text(answer.body, "The server does not know this method.\n");
    client_close(&client);
    server_end(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_refused_ends_the_connection),
        cmocka_unit_test(a_refusal_comes_after_the_replies_before_it),
        cmocka_unit_test(a_client_that_sends_on_still_reads_why_it_was_refused),
        cmocka_unit_test(headers_that_are_too_large_are_refused),
        cmocka_unit_test(headers_that_take_too_long_are_refused),
        cmocka_unit_test(a_body_that_takes_too_long_is_refused),
        cmocka_unit_test(an_idle_connection_is_closed_without_a_word),
        cmocka_unit_test(a_handler_may_take_longer_than_any_time_out),
        cmocka_unit_test(a_client_that_does_not_read_is_closed),
        cmocka_unit_test(requests_that_are_too_large_together_are_refused),
        cmocka_unit_test(without_a_file_to_spare_the_server_goes_on),
        cmocka_unit_test(replies_that_nobody_reads_take_room_from_requests),
        cmocka_unit_test(a_connection_above_the_maximum_is_told_so),
        cmocka_unit_test(refusals_are_worded_by_whoever_wants_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
