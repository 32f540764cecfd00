/* Random conversations: pipelined requests of every kind in random pieces, answered in random
 * order, by clients some of which go away in the middle. Those that stay get every reply, in order
 * and whole. The seed is fixed. What matters as much is that the sanitizers find nothing.
 */
#include "harness.h"

#include <stdio.h>

#define HOST "Host: a\r\n"
#define ROUNDS 400
#define REQUESTS_MAXIMUM 10
#define LARGE_BYTES_MAXIMUM 300000

static uint64_t seed = 20261122;

static size_t below(size_t bound)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(seed >> 33) % bound;
}

enum kind { ECHOED, DEFERRED, LARGE, CHUNKED };

struct conversation {
    struct buffer bytes;
    enum kind kinds[REQUESTS_MAXIMUM];
    size_t numbers[REQUESTS_MAXIMUM]; /* of request i: a name, or how large */
    size_t count;
    size_t deferred;
};

static void add_request(struct conversation *conversation, enum kind kind)
{
    size_t number = kind == LARGE ? below(LARGE_BYTES_MAXIMUM) : below(1000000);
    enum status status = STATUS_OK;
    if (kind == ECHOED)
        status = buffer_add_format(
            &conversation->bytes,
            "PUT /echo?%zu HTTP/1.1\r\n" HOST "X-Test: v\r\nContent-Length: 4\r\n\r\nbody", number);
    if (kind == DEFERRED)
        status = buffer_add_format(&conversation->bytes, "GET /defer?%zu HTTP/1.1\r\n" HOST "\r\n",
                                   number);
    if (kind == LARGE)
        status = buffer_add_format(&conversation->bytes,
                                   "GET /large HTTP/1.1\r\n" HOST "X-Test: %zu\r\n\r\n", number);
    if (kind == CHUNKED)
        status =
            buffer_add_format(&conversation->bytes,
                              "POST /body HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                              "7\r\n%07zu\r\n1;x\r\n!\r\n0\r\n\r\n",
                              number);
    assert_int_equal(status, STATUS_OK);
    conversation->kinds[conversation->count] = kind;
    conversation->numbers[conversation->count++] = number;
    conversation->deferred += kind == DEFERRED;
}

static void check_answer(struct client *client, enum kind kind, size_t number)
{
    struct answer answer = client_receive(client);
    assert_int_equal(answer.status, 200);
    char expected[100] = "";
    if (kind == ECHOED)
        snprintf(expected, sizeof expected, "PUT\n/echo\n%zu\n127.0.0.1\nv\nbody", number);
    if (kind == DEFERRED) snprintf(expected, sizeof expected, "%zu", number);
    if (kind == CHUNKED) snprintf(expected, sizeof expected, "%07zu!", number);
    if (kind != LARGE) {
        assert_text(answer.body, expected);
        return;
    }
    size_t wrong = answer.body.length != number;
    for (size_t i = 0; i < answer.body.length; i++)
        wrong += answer.body.bytes[i] != (char)('a' + i % 23);
    assert_int_equal(wrong, 0);
}

static void send_in_pieces(struct client *client, struct text bytes)
{
    while (bytes.length > 0) {
        size_t length = 1 + below(below(2) == 0 ? 20 : 2000);
        if (length > bytes.length) length = bytes.length;
        client_send(client, (struct text){bytes.bytes, length});
        bytes.bytes += length;
        bytes.length -= length;
    }
}

/* Hands back `count` exchanges from `first` on, in random order. */
static void answer_some(struct server *server, bool *is_answered, size_t first, size_t count)
{
    for (size_t left = count; left > 0; left--) {
        size_t index = first + below(count);
        while (is_answered[index])
            index = first + (index - first + 1) % count;
        is_answered[index] = true;
        server_answer(server, index);
    }
}

static void converse(struct server *server, struct conversation *conversation, bool *is_answered)
{
    struct client client;
    size_t held = server->held_count;
    client_connect(&client, server);
    conversation->count = 0;
    conversation->deferred = 0;
    buffer_clear(&conversation->bytes);
    size_t requests = 1 + below(REQUESTS_MAXIMUM);
    for (size_t i = 0; i < requests; i++)
        add_request(conversation, (enum kind)below(4));
    send_in_pieces(&client, buffer_text(&conversation->bytes));
    /* All have arrived when the last of the deferred has. */
    server_wait_for_held(server, held + conversation->deferred);
    bool goes_before = below(8) == 0;
    bool goes_after = below(8) == 0;
    if (goes_before) client_reset(&client);
    answer_some(server, is_answered, held, conversation->deferred);
    if (goes_before) return;
    for (size_t i = 0; i < requests; i++) {
        if (goes_after && below(3) == 0) break;
        check_answer(&client, conversation->kinds[i], conversation->numbers[i]);
    }
    if (goes_after)
        client_reset(&client);
    else
        client_close(&client);
}

static void every_client_that_stays_gets_its_replies_in_order(void **state)
{
    (void)state;
    static bool is_answered[HELD_MAXIMUM];
    struct server server;
    struct conversation conversation = {0};
    buffer_init(&conversation.bytes, 100000);
    server_start(&server, (struct http_options){.pipelined_maximum = REQUESTS_MAXIMUM});
    for (int round = 0; round < ROUNDS && server.held_count < HELD_MAXIMUM - 100; round++)
        converse(&server, &conversation, is_answered);
    http_server_stop(server.http);
    server_join(&server);
    const struct http_counters *counters = http_server_counters(server.http);
    assert_int_equal(counters->replies, counters->requests);
    assert_true(counters->replies_dropped > 0);
    assert_int_equal(counters->active, 0);
    buffer_release(&conversation.bytes);
    server_end(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_client_that_stays_gets_its_replies_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
