/* The server as a client sees it: requests, replies and their order. */
#include "harness.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: a\r\n"

static void a_request_is_given_with_its_parts(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    SEND(&client, "POST /v1/a%20b?x=1&y HTTP/1.1\r\nhOST: a\r\nX-Test:  v w \t\r\n"
                  "Content-Length: 5\r\n\r\nhello");
    struct answer answer = client_receive(&client);
    assert_int_equal(answer.status, 200);
    assert_text(answer.body, "POST\n/v1/a%20b\nx=1&y\n127.0.0.1\nv w\nhello");
    assert_text(answer_header(answer, TEXT("Content-Type")), "text/plain");
    assert_int_equal(answer_header(answer, TEXT("Date")).length, 29);
    assert_text(answer_header(answer, TEXT("Connection")), "");
    client_close(&client);
    server_end(&server);
}

static void replies_come_in_the_order_of_requests(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    SEND(&client, "GET /defer?1 HTTP/1.1\r\n" HOST "\r\nGET /defer?2 HTTP/1.1\r\n" HOST "\r\n"
                  "GET /status HTTP/1.1\r\n" HOST "X-Test: 404\r\n\r\n"
                  "GET /defer?4 HTTP/1.1\r\n" HOST "\r\n");
    server_wait_for_held(&server, 3);
    server_answer(&server, 2);
    server_answer(&server, 1);
    server_answer(&server, 0);
    assert_text(client_receive(&client).body, "1");
    assert_text(client_receive(&client).body, "2");
    assert_int_equal(client_receive(&client).status, 404);
    assert_text(client_receive(&client).body, "4");
    client_close(&client);
    server_end(&server);
}

static void an_exchange_may_be_deferred_again(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    SEND(&client, "GET /again?x HTTP/1.1\r\n" HOST "\r\n");
    server_wait_for_held(&server, 1);
    server_answer(&server, 0);
    server_wait_for_held(&server, 2);
    server_answer(&server, 1);
    assert_text(client_receive(&client).body, "x");
    client_close(&client);
    server_end(&server);
}

static void more_requests_than_the_maximum_wait_their_turn(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){.pipelined_maximum = 3});
    client_connect(&client, &server);
    struct buffer requests;
    buffer_init(&requests, 1 << 20);
    for (int i = 0; i < COUNT; i++) {
        const char *path = i % 100 == 50 ? "/defer" : "/echo";
        assert_int_equal(
            buffer_add_format(
                &requests, "PUT %s?%d HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", path, i),
            STATUS_OK);
    }
    client_send(&client, buffer_text(&requests));
    for (int i = 0; i < COUNT; i++) {
        char expected[64];
        if (i % 100 == 50) {
            server_wait_for_held(&server, (size_t)i / 100 + 1);
            server_answer(&server, (size_t)i / 100);
            snprintf(expected, sizeof expected, "%d", i);
        } else {
            snprintf(expected, sizeof expected, "PUT\n/echo\n%d\n127.0.0.1\n\nabc", i);
        }
        assert_text(client_receive(&client).body, expected);
    }
    buffer_release(&requests);
    client_close(&client);
    server_end(&server);
}

static void a_chunked_body_arrives_whole(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    SEND(&client, "POST /body HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n");
    SEND(&client, "A;name=value\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n");
    assert_text(client_receive(&client).body, "abc0123456789");
    assert_text(client_get(&client, "/echo").body, "GET\n/echo\n\n127.0.0.1\n\n");
    client_close(&client);
    server_end(&server);
}

static void head_gives_the_length_and_no_body(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    SEND(&client, "HEAD /large HTTP/1.1\r\n" HOST "X-Test: 100000\r\n\r\n");
    struct answer answer = client_receive_head(&client);
    assert_int_equal(answer.status, 200);
    assert_text(answer_header(answer, TEXT("content-length")), "100000");
    assert_text(client_get(&client, "/echo").body, "GET\n/echo\n\n127.0.0.1\n\n");
    client_close(&client);
    server_end(&server);
}

static void a_reply_without_a_body_has_no_length(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    SEND(&client, "GET /status HTTP/1.1\r\n" HOST "X-Test: 204\r\n\r\n");
    struct answer answer = client_receive(&client);
    assert_int_equal(answer.status, 204);
    assert_text(answer_header(answer, TEXT("content-length")), "");
    SEND(&client, "GET /status HTTP/1.1\r\n" HOST "X-Test: 200\r\n\r\n");
    assert_text(answer_header(client_receive(&client), TEXT("content-length")), "0");
    client_close(&client);
    server_end(&server);
}

static void a_client_that_waits_is_told_to_continue(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    SEND(&client,
         "POST /body HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
    assert_int_equal(client_receive(&client).status, 100);
    SEND(&client, "ab");
    assert_text(client_receive(&client).body, "ab");
    /* It is not told so before the replies to its earlier requests. */
    SEND(&client, "GET /defer?1 HTTP/1.1\r\n" HOST "\r\nPOST /body HTTP/1.1\r\n" HOST
                  "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
    server_wait_for_held(&server, 1);
    server_answer(&server, 0);
    assert_text(client_receive(&client).body, "1");
    assert_int_equal(client_receive(&client).status, 100);
    SEND(&client, "1\r\nc\r\n0\r\n\r\n");
    assert_text(client_receive(&client).body, "c");
    /* It is not told at all when it does not wait. */
    SEND(&client,
         "POST /body HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nd");
    assert_text(client_receive(&client).body, "d");
    client_close(&client);
    server_end(&server);
}

static void http_1_0_closes_unless_asked_otherwise(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    SEND(&client, "GET /body HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    assert_text(answer_header(client_receive(&client), TEXT("connection")), "keep-alive");
    SEND(&client, "GET /body HTTP/1.0\r\n\r\n");
    assert_text(answer_header(client_receive(&client), TEXT("connection")), "close");
    client_expect_end(&client);
    client_close(&client);
    server_end(&server);
}

static void a_connection_closes_when_either_side_says_so(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    SEND(&client, "GET /defer?last HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"
                  "GET /defer?never HTTP/1.1\r\n" HOST "\r\n");
    server_wait_for_held(&server, 1);
    server_answer(&server, 0);
    struct answer answer = client_receive(&client);
    assert_text(answer.body, "last");
    assert_text(answer_header(answer, TEXT("connection")), "close");
    client_expect_end(&client);
    client_close(&client);

    client_connect(&client, &server);
    SEND(&client, "GET /close HTTP/1.1\r\n" HOST "\r\nGET /echo HTTP/1.1\r\n" HOST "\r\n");
    answer = client_receive(&client);
    assert_text(answer_header(answer, TEXT("connection")), "close");
    client_expect_end(&client);
    client_close(&client);
    assert_int_equal(server.held_count, 1);
    server_end(&server);
}

/* Asks until the server's number is the one that is expected. */
static void wait_for_number(struct client *client, const char *path, const char *expected)
{
    while (!text_equal(client_get(client, path).body, text_of(expected)))
        continue;
}

static void a_reply_to_a_client_that_has_gone_is_dropped(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    struct client other;
    server_start(&server, (struct http_options){0});
    client_connect(&other, &server);
    client_connect(&client, &server);
    SEND(&client, "GET /defer?1 HTTP/1.1\r\n" HOST "\r\nGET /echo HTTP/1.1\r\n" HOST "\r\n"
                  "GET /defer?2 HTTP/1.1\r\n" HOST "\r\n");
    server_wait_for_held(&server, 2);
    client_reset(&client);
    wait_for_number(&other, "/active", "1");
    server_answer(&server, 1);
    server_answer(&server, 0);
    wait_for_number(&other, "/dropped", "3");
    pthread_mutex_lock(&server.lock);
    assert_int_equal(server.gone, 2);
    pthread_mutex_unlock(&server.lock);
    client_close(&other);
    server_end(&server);
}

static void a_client_that_sends_no_more_still_gets_its_reply(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    SEND(&client, "GET /defer?x HTTP/1.1\r\n" HOST "\r\nGET /ha");
    assert_int_equal(shutdown(client.file, SHUT_WR), 0);
    server_wait_for_held(&server, 1);
    server_answer(&server, 0);
    assert_text(client_receive(&client).body, "x");
    client_expect_end(&client);
    client_close(&client);
    server_end(&server);
}

static void large_bodies_pass_both_ways(void **state)
{
    (void)state;
    size_t request_bytes = (size_t)4 << 20;
    size_t reply_bytes = (size_t)64 << 20;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    char *body = malloc(request_bytes);
    assert_non_null(body);
    for (size_t i = 0; i < request_bytes; i++)
        body[i] = (char)('A' + i % 25);
    SEND(&client, "POST /body HTTP/1.1\r\n" HOST "Content-Length: 4194304\r\n\r\n");
    client_send(&client, (struct text){body, request_bytes});
    struct answer answer = client_receive(&client);
    assert_int_equal(answer.body.length, request_bytes);
    assert_memory_equal(answer.body.bytes, body, request_bytes);
    free(body);

    SEND(&client, "GET /large HTTP/1.1\r\n" HOST "X-Test: 67108864\r\n\r\n"
                  "GET /echo HTTP/1.1\r\n" HOST "\r\n");
    answer = client_receive(&client);
    assert_int_equal(answer.body.length, reply_bytes);
    size_t wrong = 0;
    for (size_t i = 0; i < reply_bytes; i++)
        wrong += answer.body.bytes[i] != (char)('a' + i % 23);
    assert_int_equal(wrong, 0);
    assert_text(client_receive(&client).body, "GET\n/echo\n\n127.0.0.1\n\n");
    client_close(&client);
    server_end(&server);
}

static void a_header_that_would_break_a_reply_is_left_out(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    struct answer answer = client_get(&client, "/headers");
    assert_text(answer_header(answer, TEXT("x-good")), "caf\xc3\xa9");
    assert_null(memmem(answer.head.bytes, answer.head.length, "Evil", 4));
    assert_null(memmem(answer.head.bytes, answer.head.length, "X-Nul", 5));
    assert_null(memmem(answer.head.bytes, answer.head.length, "Space", 5));
    assert_null(memmem(answer.head.bytes, answer.head.length, "\n:", 2));
    assert_non_null(memmem(answer.head.bytes, answer.head.length, "X-Last: \r\n", 10));
    client_close(&client);
    server_end(&server);
}

static void a_unix_socket_serves_as_well(void **state)
{
    (void)state;
    char folder[] = "/tmp/guerdon-http-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64];
    char listen[80];
    snprintf(path, sizeof path, "%s/socket", folder);
    snprintf(listen, sizeof listen, "unix:%s", path);
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){.listen = listen});
    client_connect_to_path(&client, path);
    assert_text(client_get(&client, "/echo").body, "GET\n/echo\n\nunix\n\n");
    assert_int_equal(http_server_port(server.http), 0);
    client_close(&client);
    server_end(&server);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void servers_in_one_process_do_not_know_of_each_other(void **state)
{
    (void)state;
    struct server servers[2];
    struct client clients[2];
    for (int i = 0; i < 2; i++) {
        server_start(&servers[i], (struct http_options){0});
        client_connect(&clients[i], &servers[i]);
    }
    assert_int_not_equal(http_server_port(servers[0].http), http_server_port(servers[1].http));
    client_close(&clients[0]);
    server_end(&servers[0]);
    assert_int_equal(client_get(&clients[1], "/echo").status, 200);
    client_close(&clients[1]);
    server_end(&servers[1]);
}

static void every_reply_is_told_and_every_turn_is_settled(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    server_start(&server, (struct http_options){0});
    client_connect(&client, &server);
    assert_int_equal(client_get(&client, "/echo").status, 200);
    assert_int_equal(client_get(&client, "/echo").status, 200);
    SEND(&client, "nonsense\r\n\r\n");
    assert_int_equal(client_receive(&client).status, 400);
    client_expect_end(&client);
    client_close(&client);
    http_server_stop(server.http);
    server_join(&server);
    assert_int_equal(server.settled, 2);
    assert_int_equal(server.replied, 3);
    assert_int_equal(server.refused, 1);
    assert_int_equal(server.last_status, 400);
    const struct http_counters *counters = http_server_counters(server.http);
    assert_int_equal(counters->accepted, 1);
    assert_int_equal(counters->active, 0);
    assert_int_equal(counters->requests, 2);
    assert_int_equal(counters->replies, 2);
    assert_int_equal(counters->refused[HTTP_REFUSAL_MALFORMED], 1);
    assert_true(counters->bytes_in > 60 && counters->bytes_out > 200);
    server_end(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_given_with_its_parts),
        cmocka_unit_test(replies_come_in_the_order_of_requests),
        cmocka_unit_test(an_exchange_may_be_deferred_again),
        cmocka_unit_test(more_requests_than_the_maximum_wait_their_turn),
        cmocka_unit_test(a_chunked_body_arrives_whole),
        cmocka_unit_test(head_gives_the_length_and_no_body),
        cmocka_unit_test(a_reply_without_a_body_has_no_length),
        cmocka_unit_test(a_client_that_waits_is_told_to_continue),
        cmocka_unit_test(http_1_0_closes_unless_asked_otherwise),
        cmocka_unit_test(a_connection_closes_when_either_side_says_so),
        cmocka_unit_test(a_reply_to_a_client_that_has_gone_is_dropped),
        cmocka_unit_test(a_client_that_sends_no_more_still_gets_its_reply),
        cmocka_unit_test(large_bodies_pass_both_ways),
        cmocka_unit_test(a_header_that_would_break_a_reply_is_left_out),
        cmocka_unit_test(a_unix_socket_serves_as_well),
        cmocka_unit_test(servers_in_one_process_do_not_know_of_each_other),
        cmocka_unit_test(every_reply_is_told_and_every_turn_is_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
