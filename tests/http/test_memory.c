/* Memory: a request allocates nothing once the server is warm, and whichever allocation fails, the
 * client is told or let go and the server goes on.
 *
 * The linker puts the functions below in front of the allocator for the room's own calls, and libuv
 * is given them too. They count, and fail, in the server's thread alone.
 */
#include "harness.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <uv.h>

#define HOST "Host: a\r\n"

static _Thread_local bool is_watched;
static atomic_long allocations;
/* Allocations that still succeed; below zero: all do. */
static atomic_long allocations_left = -1;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

static void count(void)
{
    if (is_watched) atomic_fetch_add(&allocations, 1);
}

static bool is_refused(void)
{
    if (!is_watched) return false;
    count();
    long left = atomic_load(&allocations_left);
    if (left > 0) atomic_store(&allocations_left, left - 1);
    return left == 0;
}

void *__wrap_malloc(size_t size)
{
    return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return is_refused() ? NULL : __real_realloc(block, size);
}

static void *count_malloc(size_t size)
{
    count();
    return __real_malloc(size);
}

static void *count_calloc(size_t number, size_t size)
{
    count();
    return __real_calloc(number, size);
}

static void *count_realloc(void *block, size_t size)
{
    count();
    return __real_realloc(block, size);
}

static void watch(void)
{
    is_watched = true;
}

static void start(struct server *server)
{
    server_make(server, (struct http_options){.idle_ms = 20000});
    server->prepare = watch;
    server_run(server);
}

static void exchange_some(struct server *server, struct client *client, size_t *held)
{
    SEND(client, "POST /body HTTP/1.1\r\n" HOST "X-Test: 1\r\nContent-Length: 11\r\n\r\nhello world"
                 "GET /defer?x HTTP/1.1\r\n" HOST "\r\n");
    server_wait_for_held(server, *held + 1);
    server_answer(server, (*held)++);
    assert_text(client_receive(client).body, "hello world");
    assert_text(client_receive(client).body, "x");
}

static void a_warm_server_allocates_nothing_for_a_request(void **state)
{
    (void)state;
    struct server server;
    struct client client;
    size_t held = 0;
    start(&server);
    client_connect(&client, &server);
    for (int i = 0; i < 10; i++)
        exchange_some(&server, &client, &held);
    long before = atomic_load(&allocations);
    assert_true(before > 0);
    for (int i = 0; i < 50; i++)
        exchange_some(&server, &client, &held);
    assert_int_equal(atomic_load(&allocations), before);
    client_close(&client);
    server_end(&server);
}

/* One client and one request while the n-th allocation fails. True if it was served. */
static bool is_served(struct server *server)
{
    struct client client;
    client_connect(&client, server);
    bool was_sent =
        client_try_send(&client, TEXT("POST /body HTTP/1.1\r\n" HOST "Connection: close\r\n"
                                      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
    client_expect_gone(&client);
    struct text arrived = buffer_text(&client.arrived);
    bool is_answered = text_ends_with(arrived, TEXT("abc"));
    assert_true(is_answered || arrived.length == 0 ||
                text_starts_with(arrived, TEXT("HTTP/1.1 503 ")));
    client_close(&client);
    return was_sent && is_answered;
}

static void whichever_allocation_fails_the_server_goes_on(void **state)
{
    (void)state;
    long failures = 0;
    for (long n = 0; n < 100; n++) {
        struct server server;
        start(&server);
        atomic_store(&allocations_left, n);
        /* The first failure alone: then there is memory again. */
        struct client client;
        client_connect(&client, &server);
        (void)client_try_send(
            &client, TEXT("GET /echo?a%20b HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
        if (n > 0) client_expect_gone(&client);
        bool has_failed = atomic_load(&allocations_left) == 0;
        atomic_store(&allocations_left, -1);
        if (n == 0) client_expect_gone(&client);
        client_close(&client);
        assert_true(is_served(&server));
        server_end(&server);
        failures += has_failed;
        if (!has_failed) break;
    }
    assert_true(failures > 3 && failures < 100);
}

static void a_server_that_cannot_be_made_says_so(void **state)
{
    (void)state;
    struct buffer complaint;
    buffer_init(&complaint, 1000);
    struct server server;
    server_make(&server, (struct http_options){0});
    struct http_options options = server.options;
    long n = 0;
    enum status status = STATUS_NO_MEMORY;
    for (; n < 20 && status != STATUS_OK; n++) {
        struct http_server *http = NULL;
        atomic_store(&allocations_left, n);
        is_watched = true;
        status = http_server_new(&options, &complaint, &http);
        is_watched = false;
        atomic_store(&allocations_left, -1);
        assert_true(status == STATUS_OK || (status == STATUS_NO_MEMORY && http == NULL));
        http_server_free(http);
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(n > 2);
    buffer_release(&complaint);
    server_end(&server);
}

int main(void)
{
    if (uv_replace_allocator(count_malloc, count_realloc, count_calloc, free) != 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warm_server_allocates_nothing_for_a_request),
        cmocka_unit_test(whichever_allocation_fails_the_server_goes_on),
        cmocka_unit_test(a_server_that_cannot_be_made_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
