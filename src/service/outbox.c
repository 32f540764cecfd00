/* Outbox: the thread that goes round.
 *
 *   reload, if asked -> read records -> send what is due -> write down -> wait for answers, or time
 *
 * It waits in libcurl. New records are not announced to it: it asks for the last position often
 * enough, so that the writer need not know that there is an outbox.
 */
#include "service/outbox_inner.h"

#include <stdlib.h>

#define TIMEOUT_USUAL_MS 20000
#define CONNECTIONS_USUAL 4
#define GRACE_USUAL_MS 2000
#define LOOK_MS 50   /* for new records, while somebody is to be told */
#define IDLE_MS 1000 /* while nobody is */
#define LAST_STEP_MS 20
#define FLUSH_AT_END_US INT64_C(3000000)
#define PRUNE_COUNT 256
#define FIGURES_US 10000 /* how often they are counted, at most */
#define READ_RETRY_US INT64_C(1000000)
#define RELOAD_RETRY_US INT64_C(1000000)
#define OUTBOX_ARENA_BYTES ((size_t)256 << 20)
#define FLUSH_ARENA_BYTES ((size_t)16 << 20)

int64_t outbox_now_us(const struct outbox *outbox)
{
    const struct outbox_options *options = &outbox->options;
    return options->clock == NULL ? steady_clock_us() : options->clock(options->clock_context);
}

static void tell_step(struct outbox *outbox)
{
    if (outbox->options.stepped != NULL) outbox->options.stepped(outbox->options.clock_context);
}

/* ---- sending ---- */

static struct flight *free_flight(struct endpoint *endpoint, uint32_t connections)
{
    for (uint32_t i = 0; i < connections; i++) {
        if (!endpoint->flights[i].is_busy) return &endpoint->flights[i];
    }
    return NULL;
}

static void settle(struct endpoint *endpoint, struct entry *entry, enum delivery_failure failure,
                   int64_t http_status, int64_t now_us)
{
    uint32_t chance;
    random_bytes(&chance, sizeof chance);
    entry->delivery.last_us = real_clock_us();
    endpoint_settle(endpoint, entry, failure, http_status, now_us, chance);
}

/* The id, body and signature of an entry's change. */
static enum status compose(struct outbox *outbox, const struct endpoint *endpoint,
                           const struct entry *entry, struct post *post)
{
    struct record found;
    struct record record;
    const struct record *shown = NULL;
    struct arena *arena = &outbox->arena;
    int64_t now_us = real_clock_us();
    arena_clear(arena);
    if (entry->delivery.position != 0) {
        TRY(store_record(outbox->reader, entry->delivery.position, &found));
        TRY(record_copy(&found, arena, &record));
        shown = &record;
    }
    *post = (struct post){.url = endpoint->webhook.url.bytes, .timestamp_s = now_us / 1000000};
    TRY(outbox->options.write(outbox->options.context, outbox->reader, shown, entry->delivery.index,
                              arena, &post->id, &post->body));
    return webhook_sign(&endpoint->webhook, post->id, post->timestamp_s, post->body, now_us, arena,
                        &post->signature);
}

static void send_entry(struct outbox *outbox, struct endpoint *endpoint, struct entry *entry,
                       struct flight *flight)
{
    struct post post;
    enum status status = compose(outbox, endpoint, entry, &post);
    if (status == STATUS_OK) status = sender_post(outbox->sender, &post, flight);
    if (status == STATUS_OK) {
        entry->is_sending = true;
        flight->is_busy = true;
        flight->position = entry->delivery.position;
        flight->index = entry->delivery.index;
        endpoint->flight_count++;
        return;
    }
    service_tell(outbox->service, "error", "webhooks: a change cannot be sent: %s; position=%llu",
                 status_text(status), (unsigned long long)entry->delivery.position);
    settle(endpoint, entry, DELIVERY_FAILED_UNREADABLE, 0, outbox_now_us(outbox));
}

/* A handler of the sender. */
static void take_result(void *context, void *transfer, const struct post_result *result)
{
    struct outbox *outbox = context;
    struct flight *flight = transfer;
    struct endpoint *endpoint = flight->endpoint;
    struct entry *entry = endpoint_find(endpoint, flight->position, flight->index);
    flight->is_busy = false;
    endpoint->flight_count--;
    endpoint->look_us = INT64_MIN;
    if (entry == NULL) return;
    settle(endpoint, entry, result->failure, result->http_status, outbox_now_us(outbox));
    if (entry->delivery.state != DELIVERY_PARKED) return;
    service_tell(outbox->service, "warning",
                 "webhooks: a change was parked; endpoint=%s position=%llu failure=%s status=%lld",
                 endpoint->id, (unsigned long long)entry->delivery.position,
                 delivery_failure_names[result->failure], (long long)result->http_status);
}

static void send_due(struct outbox *outbox, struct endpoint *endpoint)
{
    uint32_t chosen[ENDPOINT_CONNECTIONS_MAXIMUM];
    uint32_t connections = outbox->options.connections;
    if (endpoint->webhook.status != WEBHOOK_ENABLED) return;
    uint32_t count = endpoint_choose(endpoint, outbox_now_us(outbox),
                                     connections - endpoint->flight_count, chosen);
    for (uint32_t i = 0; i < count; i++) {
        struct flight *flight = free_flight(endpoint, connections);
        if (flight == NULL) return;
        send_entry(outbox, endpoint, &endpoint->entries[chosen[i]], flight);
    }
}

/* ---- going round ---- */

static void drop_gone(struct outbox *outbox)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < outbox->endpoint_count; i++) {
        struct endpoint *endpoint = outbox->endpoints[i];
        if (endpoint->is_gone && endpoint->flight_count == 0) {
            endpoint_free(endpoint);
        } else {
            outbox->endpoints[left++] = endpoint;
        }
    }
    outbox->endpoint_count = left;
}

/* Only when what was written last is in the store: what is not there is known here. */
static void reload_if_asked(struct outbox *outbox)
{
    int state = atomic_load(&outbox->flush.state);
    bool is_written = (state == FLUSH_NONE && !outbox->flush.is_repeat) || state == FLUSH_SUCCEEDED;
    if (!is_written || steady_clock_us() < outbox->reload_us) return;
    if (!atomic_exchange(&outbox->must_reload, false)) return;
    enum status status = outbox_load(outbox);
    if (status == STATUS_OK) return;
    service_tell(outbox->service, "error", "webhooks: endpoints cannot be read: %s",
                 status_text(status));
    outbox->reload_us = steady_clock_us() + RELOAD_RETRY_US;
    atomic_store(&outbox->must_reload, true);
}

static bool read_and_send(struct outbox *outbox)
{
    struct service_figures figures;
    bool has_more = false;
    service_figures(outbox->service, &figures);
    outbox->last_position = figures.store.last_position;
    for (uint32_t i = 0; i < outbox->endpoint_count; i++) {
        struct endpoint *endpoint = outbox->endpoints[i];
        bool more = false;
        if (endpoint->is_gone) continue;
        enum status status = STATUS_OK;
        if (steady_clock_us() >= endpoint->read_us) status = outbox_read(outbox, endpoint, &more);
        if (status != STATUS_OK && status != STATUS_LIMIT) {
            endpoint->read_us = steady_clock_us() + READ_RETRY_US;
            service_tell(outbox->service, "error",
                         "webhooks: records cannot be read: %s; endpoint=%s", status_text(status),
                         endpoint->id);
        }
        send_due(outbox, endpoint);
        /* What is done at once needs no place in the window. */
        if (endpoint->done_count >= PRUNE_COUNT) endpoint_prune(endpoint);
        has_more = has_more || more;
    }
    return has_more;
}

static void note_figures(struct outbox *outbox)
{
    if (steady_clock_us() < outbox->figures_us) return;
    outbox->figures_us = steady_clock_us() + FIGURES_US;
    pthread_mutex_lock(&outbox->mutex);
    outbox->figures.count = 0;
    for (uint32_t i = 0; i < outbox->endpoint_count; i++) {
        const struct endpoint *endpoint = outbox->endpoints[i];
        if (endpoint->is_gone || outbox->figures.count == WEBHOOK_MAXIMUM) continue;
        struct endpoint_figures *figures = &outbox->figures.endpoints[outbox->figures.count++];
        *figures = (struct endpoint_figures){
            .delivered = endpoint->delivered,
            .failed = endpoint->failed,
            .parked = endpoint->parked,
            .waiting = endpoint_waiting(endpoint),
            .behind = outbox->last_position > endpoint->scanned
                          ? outbox->last_position - endpoint->scanned
                          : 0,
        };
        memcpy(figures->id, endpoint->id, sizeof figures->id);
    }
    pthread_mutex_unlock(&outbox->mutex);
}

static void *run(void *context)
{
    struct outbox *outbox = context;
    while (!atomic_load(&outbox->is_stopping)) {
        reload_if_asked(outbox);
        bool has_more = read_and_send(outbox);
        (void)outbox_flush(outbox, false);
        drop_gone(outbox);
        note_figures(outbox);
        tell_step(outbox);
        int64_t wait_ms = outbox->endpoint_count > 0 ? LOOK_MS : IDLE_MS;
        sender_step(outbox->sender, has_more ? 0 : wait_ms);
    }
    return NULL;
}

/* ---- starting and stopping ---- */

static void release(struct outbox *outbox)
{
    sender_free(outbox->sender);
    for (uint32_t i = 0; i < outbox->endpoint_count; i++)
        endpoint_free(outbox->endpoints[i]);
    store_close(outbox->reader);
    arena_release(&outbox->arena);
    arena_release(&outbox->flush.arena);
    pthread_mutex_destroy(&outbox->mutex);
    free(outbox);
}

static enum status open_parts(struct outbox *outbox)
{
    struct sender_options wanted = {
        .reach = outbox->options.reach,
        .timeout_ms = outbox->options.timeout_ms,
        .connections_maximum = (long)outbox->options.connections * WEBHOOK_MAXIMUM,
    };
    TRY(store_open_reader(outbox->service->store, &outbox->reader));
    TRY(sender_new(&wanted, take_result, outbox, &outbox->sender));
    outbox->has_thread = pthread_create(&outbox->thread, NULL, run, outbox) == 0;
    return outbox->has_thread ? STATUS_OK : STATUS_LIMIT;
}

enum status outbox_start(struct service *service, const struct outbox_options *options,
                         struct outbox **outbox)
{
    uint32_t type_count = 0;
    while (options->types[type_count] != NULL)
        type_count++;
    ASSERT(type_count <= WEBHOOK_TYPE_MAXIMUM);
    ASSERT(options->connections <= ENDPOINT_CONNECTIONS_MAXIMUM);
    struct outbox *made = calloc(1, sizeof *made);
    if (made == NULL) return STATUS_NO_MEMORY;
    made->service = service;
    made->options = *options;
    if (made->options.timeout_ms == 0) made->options.timeout_ms = TIMEOUT_USUAL_MS;
    if (made->options.connections == 0) made->options.connections = CONNECTIONS_USUAL;
    if (made->options.grace_ms == 0) made->options.grace_ms = GRACE_USUAL_MS;
    made->flush.outbox = made;
    made->must_reload = true;
    arena_init(&made->arena, OUTBOX_ARENA_BYTES);
    arena_init(&made->flush.arena, FLUSH_ARENA_BYTES);
    ASSERT(pthread_mutex_init(&made->mutex, NULL) == 0);
    enum status status = open_parts(made);
    if (status != STATUS_OK) {
        release(made);
        return status;
    }
    *outbox = made;
    return STATUS_OK;
}

static uint32_t count_flights(const struct outbox *outbox)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < outbox->endpoint_count; i++)
        count += outbox->endpoints[i]->flight_count;
    return count;
}

void outbox_stop(struct outbox *outbox)
{
    if (outbox == NULL) return;
    atomic_store(&outbox->is_stopping, true);
    sender_wake(outbox->sender);
    pthread_join(outbox->thread, NULL);
    int64_t end_us = steady_clock_us() + outbox->options.grace_ms * 1000;
    while (count_flights(outbox) > 0 && steady_clock_us() < end_us)
        sender_step(outbox->sender, LAST_STEP_MS);
    end_us = steady_clock_us() + FLUSH_AT_END_US;
    while (outbox_flush(outbox, true)) {
        bool is_under_way = atomic_load(&outbox->flush.state) == FLUSH_SUBMITTED;
        if (!is_under_way && steady_clock_us() >= end_us) break;
        sender_step(outbox->sender, LAST_STEP_MS);
    }
    release(outbox);
}

void outbox_reload(struct outbox *outbox)
{
    if (outbox == NULL) return;
    atomic_store(&outbox->must_reload, true);
    sender_wake(outbox->sender);
}

void outbox_wake(struct outbox *outbox)
{
    sender_wake(outbox->sender);
}

void outbox_figures(struct outbox *outbox, struct outbox_figures *figures)
{
    pthread_mutex_lock(&outbox->mutex);
    *figures = outbox->figures;
    pthread_mutex_unlock(&outbox->mutex);
}

const char *outbox_check_url(const struct reach *reach, const char *url)
{
    return sender_check_url(reach, url);
}
