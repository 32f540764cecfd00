/* Metrics: the one list of them, and their text.
 *
 * Buckets of latencies double from 50 microseconds to 3.3 seconds, so that a percentile read from
 * them is right within a factor of two anywhere.
 */
#include "api/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/reply_shape.h"
#include "api/server.h"

#define FIRST_BUCKET_US INT64_C(50)
#define STATM_BYTES 256

static int64_t bucket_end_us(int bucket)
{
    return FIRST_BUCKET_US << bucket;
}

enum status metrics_init(struct metrics *metrics)
{
    uint32_t count = route_count();
    struct histogram *routes = calloc((size_t)(count + 1) * METRICS_CLASS_COUNT, sizeof *routes);
    if (routes == NULL) return STATUS_NO_MEMORY;
    *metrics = (struct metrics){.routes = routes, .route_count = count};
    return STATUS_OK;
}

void metrics_release(struct metrics *metrics)
{
    free(metrics->routes);
    metrics->routes = NULL;
}

void metrics_note(struct metrics *metrics, const struct route *route, uint32_t index, int status,
                  int64_t took_us)
{
    uint32_t row = route == NULL ? metrics->route_count : index;
    uint32_t class = status / 100 >= 1 && status / 100 <= METRICS_CLASS_COUNT
                         ? (uint32_t)status / 100 - 1
                         : METRICS_CLASS_COUNT - 1;
    struct histogram *histogram = &metrics->routes[row * METRICS_CLASS_COUNT + class];
    int bucket = 0;
    while (bucket < METRICS_BUCKET_COUNT - 1 && took_us > bucket_end_us(bucket))
        bucket++;
    histogram->buckets[bucket]++;
    histogram->sum_us += took_us > 0 ? (uint64_t)took_us : 0;
    histogram->count++;
}

/* ---- the list ---- */

/* Figures of a programme's service: name, type, help, expression over `figures`. */
#define SERVICE_METRIC_LIST(X)                                                                     \
    X(queue_commands, gauge, "Commands that wait.", figures.queued)                                \
    X(queue_maximum, gauge, "Commands that may wait; past it requests are told to come again.",    \
      figures.queue_maximum)                                                                       \
    X(batches_total, counter, "Batches committed.", figures.batches)                               \
    X(commands_total, counter, "Commands carried out.", figures.commands)                          \
    X(events_total, counter, "Events decided and recorded.", figures.events)                       \
    X(batch_last_events, gauge, "Events of the last batch.", figures.last_batch)                   \
    X(commit_microseconds_total, counter, "Time spent in commits.", figures.commit_us)             \
    X(recovering, gauge, "1 while the store recovers.", (uint64_t)figures.is_recovering)           \
    X(store_last_position, gauge, "Position of the last committed record.",                        \
      figures.store.last_position)                                                                 \
    X(store_flushed_position, gauge, "Tables hold every record up to it.",                         \
      figures.store.flushed_position)                                                              \
    X(store_records_replayed, gauge, "Records replayed when the store was opened.",                \
      figures.store.records_replayed)                                                              \
    X(store_cached_states, gauge, "States in memory.", figures.store.cached_states)                \
    X(store_dirty_states, gauge, "States in memory that are not yet written behind.",              \
      figures.store.dirty_states)                                                                  \
    X(store_cache_bytes, gauge, "Memory of the cache of states.", figures.store.cache_bytes)       \
    X(store_log_bytes, gauge, "Size of the write-ahead log.", figures.store.log_bytes)             \
    X(store_file_bytes, gauge, "Size of the database file.", figures.store.file_bytes)             \
    X(store_commits_total, counter, "Commits of the store.", figures.store.commits)

/* Figures of the HTTP room: name, type, help, expression over `http`. */
#define HTTP_METRIC_LIST(X)                                                                        \
    X(http_connections_total, counter, "Connections accepted.", http->accepted)                    \
    X(http_connections, gauge, "Connections open now.", http->active)                              \
    X(http_requests_total, counter, "Requests taken.", http->requests)                             \
    X(http_replies_total, counter, "Replies made.", http->replies)                                 \
    X(http_replies_dropped_total, counter, "Replies whose client had gone.",                       \
      http->replies_dropped)                                                                       \
    X(http_deferred, gauge, "Requests that wait for their command.", http->deferred)               \
    X(http_bytes_in_total, counter, "Bytes received.", http->bytes_in)                             \
    X(http_bytes_out_total, counter, "Bytes sent.", http->bytes_out)

static enum status add_head(struct buffer *out, const char *name, const char *type,
                            const char *help)
{
    return buffer_add_format(out, "# HELP guerdon_%s %s\n# TYPE guerdon_%s %s\n", name, help, name,
                             type);
}

static enum status write_services(struct api *api, struct buffer *out)
{
#define X(name, type, help, value)                                                                 \
    TRY(add_head(out, #name, #type, help));                                                        \
    for (uint32_t i = 0; i < api->host_count; i++) {                                               \
        struct service_figures figures;                                                            \
        service_figures(api->hosts[i].service, &figures);                                          \
        TRY(buffer_add_format(out, "guerdon_" #name "{program=\"%s\"} %llu\n", api->hosts[i].id,   \
                              (unsigned long long)(value)));                                       \
    }
    SERVICE_METRIC_LIST(X)
#undef X
    return STATUS_OK;
}

/* Figures of endpoints: name, type, help, expression over `endpoint`. */
#define ENDPOINT_METRIC_LIST(X)                                                                    \
    X(webhook_delivered_total, counter, "Changes delivered to an endpoint.", endpoint->delivered)  \
    X(webhook_failed_total, counter, "Attempts that failed.", endpoint->failed)                    \
    X(webhook_parked_total, counter, "Changes given up after three days.", endpoint->parked)       \
    X(webhook_waiting, gauge, "Changes read and not delivered.", endpoint->waiting)                \
    X(webhook_behind_records, gauge, "Records not read for the endpoint yet.", endpoint->behind)

static enum status write_endpoints(struct api *api, struct buffer *out)
{
    struct outbox_figures figures;
#define X(name, type, help, value)                                                                 \
    TRY(add_head(out, #name, #type, help));                                                        \
    for (uint32_t i = 0; i < api->host_count; i++) {                                               \
        if (api->hosts[i].outbox == NULL) continue;                                                \
        outbox_figures(api->hosts[i].outbox, &figures);                                            \
        for (uint32_t k = 0; k < figures.count; k++) {                                             \
            const struct endpoint_figures *endpoint = &figures.endpoints[k];                       \
            TRY(buffer_add_format(out, "guerdon_" #name "{program=\"%s\",webhook=\"%s\"} %llu\n",  \
                                  api->hosts[i].id, endpoint->id, (unsigned long long)(value)));   \
        }                                                                                          \
    }
    ENDPOINT_METRIC_LIST(X)
#undef X
    return STATUS_OK;
}

static enum status write_http(struct api *api, struct buffer *out)
{
    const struct http_counters *http = http_server_counters(api->http);
#define X(name, type, help, value)                                                                 \
    TRY(add_head(out, #name, #type, help));                                                        \
    TRY(buffer_add_format(out, "guerdon_" #name " %llu\n", (unsigned long long)(value)));
    HTTP_METRIC_LIST(X)
#undef X
    TRY(add_head(out, "http_refused_total", "counter",
                 "Requests and connections that were refused before a handler saw them."));
    for (int i = 0; i < HTTP_REFUSAL_COUNT; i++) {
        TRY(buffer_add_format(out, "guerdon_http_refused_total{reason=\"%s\"} %llu\n",
                              http_refusal_name((enum http_refusal)i),
                              (unsigned long long)http->refused[i]));
    }
    return STATUS_OK;
}

static enum status write_histogram(struct buffer *out, const char *operation, uint32_t class,
                                   const struct histogram *histogram)
{
    uint64_t sum = 0;
    for (int i = 0; i < METRICS_BUCKET_COUNT; i++) {
        sum += histogram->buckets[i];
        TRY(buffer_add_format(out,
                              "guerdon_http_request_seconds_bucket{operation=\"%s\","
                              "status=\"%uxx\",le=\"",
                              operation, class + 1));
        if (i == METRICS_BUCKET_COUNT - 1) {
            TRY(buffer_add(out, TEXT("+Inf")));
        } else {
            char end[AMOUNT_TEXT_MAXIMUM];
            TRY(buffer_add(out, amount_format(bucket_end_us(i), 6, end)));
        }
        TRY(buffer_add_format(out, "\"} %llu\n", (unsigned long long)sum));
    }
    char seconds[AMOUNT_TEXT_MAXIMUM];
    struct text total = amount_format((int64_t)histogram->sum_us, 6, seconds);
    return buffer_add_format(
        out,
        "guerdon_http_request_seconds_sum{operation=\"%s\",status=\"%uxx\"} %.*s\n"
        "guerdon_http_request_seconds_count{operation=\"%s\",status=\"%uxx\"} %llu\n",
        operation, class + 1, TEXT_ARGUMENTS(total), operation, class + 1,
        (unsigned long long)histogram->count);
}

static enum status write_latencies(const struct metrics *metrics, struct buffer *out)
{
    TRY(add_head(out, "http_request_seconds", "histogram",
                 "From a request's last byte to its reply."));
    for (uint32_t i = 0; i <= metrics->route_count; i++) {
        const char *operation = i == metrics->route_count ? "none" : route_at(i)->operation;
        for (uint32_t class = 0; class < METRICS_CLASS_COUNT; class ++) {
            const struct histogram *histogram = &metrics->routes[i * METRICS_CLASS_COUNT + class];
            if (histogram->count > 0) TRY(write_histogram(out, operation, class, histogram));
        }
    }
    return STATUS_OK;
}

/* Pages in use, the second number of Linux' statm; 0 where there is none. */
static uint64_t resident_bytes(void)
{
    char text[STATM_BYTES];
    struct text rest;
    int64_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) return 0;
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    (void)text_split((struct text){text, length}, ' ', &rest);
    if (amount_parse(text_split(rest, ' ', &rest), 0, &pages) != STATUS_OK || pages < 0) return 0;
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static enum status write_wallet(struct buffer *out, const struct host *host,
                                const struct program *program, const struct wallet_totals *totals)
{
    int32_t decimals;
    struct text wallet = wallet_by_symbol(program, totals->wallet, &decimals);
    for (int account = 0; account < ACCOUNT_COUNT; account++) {
        char digits[AMOUNT_TEXT_MAXIMUM];
        struct text points = amount_format(totals->accounts[account], decimals, digits);
        TRY(buffer_add_format(
            out, "guerdon_wallet_points{program=\"%s\",wallet=\"%.*s\",account=\"%s\"} %.*s\n",
            host->id, TEXT_ARGUMENTS(wallet), account_codes[account], TEXT_ARGUMENTS(points)));
    }
    return STATUS_OK;
}

/* The liability is what stands in available, pending and held, less debt. */
static enum status write_wallets(struct api *api, struct buffer *out)
{
    TRY(add_head(out, "wallet_points", "gauge",
                 "Points in each account, over all members: the sum of all postings."));
    for (uint32_t i = 0; i < api->host_count; i++) {
        const struct host *host = &api->hosts[i];
        const struct program *program =
            service_program(host->service, service_now_us(host->service));
        struct totals totals;
        service_totals(host->service, &totals);
        for (uint32_t k = 0; k < totals.count; k++)
            TRY(write_wallet(out, host, program, &totals.list[k]));
    }
    return STATUS_OK;
}

enum status metrics_write(struct api *api, struct buffer *out)
{
    TRY(write_services(api, out));
    TRY(write_endpoints(api, out));
    TRY(write_wallets(api, out));
    TRY(write_http(api, out));
    TRY(write_latencies(&api->metrics, out));
    TRY(add_head(out, "process_resident_bytes", "gauge", "Memory that the process uses."));
    return buffer_add_format(out, "guerdon_process_resident_bytes %llu\n",
                             (unsigned long long)resident_bytes());
}
