/* Receiver: an HTTP server that remembers. */
#include "receiver.h"

#include <stdlib.h>
#include <time.h>

#define RECEIVER_ARENA_BYTES ((size_t)64 << 20)
#define WAIT_SECONDS 20

static void reply(struct http_exchange *exchange, int status)
{
    static const struct http_header headers[] = {
        {TEXT_INITIALISER("Location"), TEXT_INITIALISER("http://127.0.0.1:1/elsewhere")}};
    struct http_reply made = {.status = status, .content_type = TEXT("text/plain")};
    made.body = TEXT("heard");
    if (status / 100 == 3) {
        made.headers = headers;
        made.header_count = 1;
    }
    http_reply(exchange, &made);
}

static void resume(struct http_exchange *exchange)
{
    reply(exchange, 503);
}

static struct text header(struct receiver *receiver, const struct http_exchange *exchange,
                          const char *name)
{
    struct text value = TEXT("");
    (void)http_header_find(exchange, text_of(name), &value);
    return arena_copy(&receiver->arena, value);
}

static void handle(struct http_exchange *exchange)
{
    struct receiver *receiver = exchange->server_context;
    pthread_mutex_lock(&receiver->mutex);
    assert_true(receiver->count < RECEIVED_MAXIMUM);
    struct received *received = &receiver->list[receiver->count];
    *received = (struct received){
        .path = arena_copy(&receiver->arena, exchange->path),
        .id = header(receiver, exchange, "webhook-id"),
        .timestamp = header(receiver, exchange, "webhook-timestamp"),
        .signature = header(receiver, exchange, "webhook-signature"),
        .body = arena_copy(&receiver->arena, exchange->body),
        .status = 200,
    };
    if (receiver->answer != NULL)
        received->status = receiver->answer(receiver->context, received, receiver->count);
    int status = received->status;
    if (status == RECEIVER_HOLDS) {
        exchange->resume = resume;
        http_defer(exchange);
        receiver->held[receiver->held_count++] = exchange;
    }
    receiver->count++;
    pthread_cond_broadcast(&receiver->changed);
    pthread_mutex_unlock(&receiver->mutex);
    if (status != RECEIVER_HOLDS) reply(exchange, status);
}

static void *serve(void *context)
{
    struct receiver *receiver = context;
    assert_int_equal(http_server_run(receiver->http), STATUS_OK);
    return NULL;
}

void receiver_open(struct receiver *receiver)
{
    struct buffer complaint;
    struct http_options options = {
        .listen = "127.0.0.1:0", .context = receiver, .handler = handle, .grace_ms = 1};
    memset(receiver, 0, sizeof *receiver);
    buffer_init(&complaint, 4096);
    arena_init(&receiver->arena, RECEIVER_ARENA_BYTES);
    assert_int_equal(pthread_mutex_init(&receiver->mutex, NULL), 0);
    assert_int_equal(pthread_cond_init(&receiver->changed, NULL), 0);
    assert_int_equal(http_server_new(&options, &complaint, &receiver->http), STATUS_OK);
    assert_int_equal(http_server_listen(receiver->http, &complaint), STATUS_OK);
    buffer_release(&complaint);
    assert_int_equal(pthread_create(&receiver->thread, NULL, serve, receiver), 0);
}

void receiver_close(struct receiver *receiver)
{
    http_server_stop(receiver->http);
    pthread_mutex_lock(&receiver->mutex);
    for (uint32_t i = 0; i < receiver->held_count; i++)
        http_hand_back(receiver->held[i]);
    pthread_mutex_unlock(&receiver->mutex);
    pthread_join(receiver->thread, NULL);
    http_server_free(receiver->http);
    pthread_cond_destroy(&receiver->changed);
    pthread_mutex_destroy(&receiver->mutex);
    arena_release(&receiver->arena);
}

uint16_t receiver_port(const struct receiver *receiver)
{
    return http_server_port(receiver->http);
}

void receiver_answer(struct receiver *receiver,
                     int (*answer)(void *context, const struct received *received, uint32_t number))
{
    pthread_mutex_lock(&receiver->mutex);
    receiver->answer = answer;
    pthread_mutex_unlock(&receiver->mutex);
}

void receiver_wait(struct receiver *receiver, uint32_t count)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += WAIT_SECONDS;
    pthread_mutex_lock(&receiver->mutex);
    int late = 0;
    while (receiver->count < count && late == 0)
        late = pthread_cond_timedwait(&receiver->changed, &receiver->mutex, &end);
    uint32_t come = receiver->count;
    pthread_mutex_unlock(&receiver->mutex);
    if (come < count) fail_msg("only %u requests of %u have come", come, count);
}

struct received receiver_get(struct receiver *receiver, uint32_t number)
{
    pthread_mutex_lock(&receiver->mutex);
    assert_true(number < receiver->count);
    struct received received = receiver->list[number];
    pthread_mutex_unlock(&receiver->mutex);
    return received;
}

uint32_t receiver_count(struct receiver *receiver)
{
    pthread_mutex_lock(&receiver->mutex);
    uint32_t count = receiver->count;
    pthread_mutex_unlock(&receiver->mutex);
    return count;
}

bool receiver_has(struct receiver *receiver, const char *id)
{
    bool has = false;
    pthread_mutex_lock(&receiver->mutex);
    for (uint32_t i = 0; i < receiver->count; i++) {
        const struct received *received = &receiver->list[i];
        has = has || (received->status == 200 && text_equal(received->id, text_of(id)));
    }
    pthread_mutex_unlock(&receiver->mutex);
    return has;
}
