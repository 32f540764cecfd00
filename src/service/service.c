/* Service: opening, closing, and what any thread may ask. */
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <sodium.h>

#include "service/inner.h"

#define QUEUE_USUAL 20000
#define BATCH_USUAL 2000
#define ARENA_BYTES_MAXIMUM ((size_t)1 << 30)
#define LOG_LINE_MAXIMUM 2000
#define SECRET_ID TEXT("secret")
#define CLOCK_ID TEXT("clock")

int64_t steady_clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t real_clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void random_bytes(void *bytes, size_t count)
{
    randombytes_buf(bytes, count);
}

void service_tell(const struct service *service, const char *level, const char *format, ...)
{
    char line[LOG_LINE_MAXIMUM];
    va_list arguments;
    if (service->options.log == NULL) return;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    size_t shown = (size_t)length < sizeof line ? (size_t)length : sizeof line - 1;
    service->options.log(service->options.log_context, level, (struct text){line, shown});
}

/* ---- settings that the store keeps ---- */

/* Writes a setting in a batch of its own. */
static enum status put_setting(struct service *service, struct text id, struct text value)
{
    TRY(store_begin(service->store));
    enum status status = store_put(service->store, DOCUMENT_SETTING, id, value);
    if (status == STATUS_OK) return store_commit(service->store);
    store_rollback(service->store);
    return status;
}

static enum status find_secret(struct service *service)
{
    struct text kept;
    char hex[HASH_RECORD_BYTES * 2 + 1];
    enum status status =
        store_get(service->store, DOCUMENT_SETTING, SECRET_ID, &service->arena, &kept);
    if (status == STATUS_NOT_FOUND) {
        random_bytes(service->secret, sizeof service->secret);
        sodium_bin2hex(hex, sizeof hex, service->secret, sizeof service->secret);
        return put_setting(service, SECRET_ID, text_of(hex));
    }
    TRY(status);
    size_t count = 0;
    int failed = sodium_hex2bin(service->secret, sizeof service->secret, kept.bytes, kept.length,
                                NULL, &count, NULL);
    return failed != 0 || count != sizeof service->secret ? STATUS_CORRUPT : STATUS_OK;
}

/* A store whose records were made by a real clock never goes back to a given one: recorded_at would
 * no longer say when something was known. */
static enum status check_clock(struct service *service, struct buffer *complaint)
{
    struct text kept = {NULL, 0};
    struct store_figures figures;
    bool is_given = service->options.clock == CLOCK_GIVEN;
    store_figures(service->store, &figures);
    enum status status =
        store_get(service->store, DOCUMENT_SETTING, CLOCK_ID, &service->arena, &kept);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) return status;
    bool was_real = status == STATUS_OK ? text_equal(kept, TEXT("real")) : false;
    if (is_given && was_real && figures.last_position > 0) {
        TRY(buffer_add(complaint, TEXT("this store has records made by a real clock: a given one "
                                       "would put others among them. Use a new data directory "
                                       "for a back-fill.\n")));
        return STATUS_INVALID;
    }
    struct text now = is_given ? TEXT("given") : TEXT("real");
    return text_equal(kept, now) ? STATUS_OK : put_setting(service, CLOCK_ID, now);
}

/* ---- opening ---- */

static enum status open_store(struct service *service, struct buffer *complaint)
{
    struct store_figures figures;
    if (service->options.store.path == NULL) {
        TRY(memory_store_open(true, &service->store));
    } else {
        TRY(sqlite_store_open(&service->options.store, complaint, &service->store));
        TRY(store_open_reader(service->store, &service->reader));
    }
    TRY(turn_init(&service->writer_turn, service, service->store));
    if (service->reader != NULL) {
        TRY(turn_init(&service->reader_turn, service, service->reader));
        service->reader_turn.is_reader = true;
    }
    store_figures(service->store, &figures);
    service->store_figures = figures;
    atomic_store(&service->durable_position, figures.last_position);
    service->writer_turn.next_position = figures.last_position + 1;
    if (figures.records_replayed > 0) {
        service_tell(service, "info", "replayed records=%llu last_position=%llu",
                     (unsigned long long)figures.records_replayed,
                     (unsigned long long)figures.last_position);
    }
    return STATUS_OK;
}

/* Somebody else's store: one handle, for the reader's thread. */
static enum status open_tail(struct service *service, struct buffer *complaint)
{
    struct store *reader = NULL;
    TRY(sqlite_store_open(&service->options.store, complaint, &reader));
    enum status status = store_open_tail(reader, &service->reader);
    if (status != STATUS_OK) {
        store_close(reader);
        return status;
    }
    service->store = service->reader;
    store_figures(service->store, &service->store_figures);
    TRY(turn_init(&service->reader_turn, service, service->reader));
    service->reader_turn.is_reader = true;
    service->reader_turn.next_position = service->store_figures.last_position + 1;
    atomic_store(&service->durable_position, service->store_figures.last_position);
    TRY(totals_load(service->store, &service->arena, &service->totals));
    return versions_load(service, complaint);
}

static enum status open_to_write(struct service *service, struct buffer *complaint)
{
    TRY(open_store(service, complaint));
    TRY(find_secret(service));
    TRY(check_clock(service, complaint));
    TRY(totals_load(service->store, &service->arena, &service->totals));
    service->writer_turn.totals = service->totals;
    TRY(versions_load(service, complaint));
    return versions_publish_first(service, complaint);
}

static enum status open_parts(struct service *service, struct buffer *complaint)
{
    TRY(service->options.store.is_read_only ? open_tail(service, complaint)
                                            : open_to_write(service, complaint));
    if (atomic_load(&service->version_count) == 0) {
        TRY(buffer_add(complaint, TEXT("the store has no programme yet: give one with --program "
                                       "FILE.\n")));
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

static enum status start_threads(struct service *service)
{
    if (!service->options.store.is_read_only) {
        service->has_sync_waiter =
            pthread_create(&service->sync_waiter, NULL, sync_waiter, service) == 0;
        if (!service->has_sync_waiter) return STATUS_LIMIT;
        service->has_writer = pthread_create(&service->writer, NULL, batch_writer, service) == 0;
        if (!service->has_writer) return STATUS_LIMIT;
    }
    if (service->reader == NULL) return STATUS_OK;
    service->has_long_reader =
        pthread_create(&service->long_reader, NULL, batch_reader, service) == 0;
    return service->has_long_reader ? STATUS_OK : STATUS_LIMIT;
}

enum status service_open(const struct service_options *options, struct buffer *complaint,
                         struct service **service)
{
    struct service *made = calloc(1, sizeof *made);
    if (made == NULL) return STATUS_NO_MEMORY;
    /* What sodium_init does besides is to choose among the hash's implementations; base/hash.c says
     * why that choice is not wanted. */
    randombytes_stir();
    made->options = *options;
    if (made->options.batch_maximum == 0) made->options.batch_maximum = BATCH_USUAL;
    if (made->options.queue_maximum == 0) made->options.queue_maximum = QUEUE_USUAL;
    arena_init(&made->arena, ARENA_BYTES_MAXIMUM);
    queue_init(&made->writes, made->options.queue_maximum);
    queue_init(&made->long_reads, made->options.queue_maximum);
    syncer_init(&made->syncer);
    ASSERT(pthread_mutex_init(&made->figures_mutex, NULL) == 0);
    enum status status = open_parts(made, complaint);
    if (status == STATUS_OK) status = start_threads(made);
    if (status != STATUS_OK) {
        service_close(made);
        return status;
    }
    *service = made;
    return STATUS_OK;
}

void service_close(struct service *service)
{
    if (service == NULL) return;
    queue_close(&service->writes);
    queue_close(&service->long_reads);
    if (service->has_writer) pthread_join(service->writer, NULL);
    if (service->has_long_reader) pthread_join(service->long_reader, NULL);
    syncer_close(&service->syncer);
    if (service->has_sync_waiter) pthread_join(service->sync_waiter, NULL);
    if (service->has_writer && !atomic_load(&service->is_recovering)) {
        enum status status = store_write_behind(service->store, true);
        if (status != STATUS_OK) {
            service_tell(service, "error", "closing: %s; the next start replays what is missing",
                         status_text(status));
        }
    }
    if (service->reader != service->store) store_close(service->reader);
    store_close(service->store);
    turn_release(&service->writer_turn);
    turn_release(&service->reader_turn);
    queue_release(&service->writes);
    queue_release(&service->long_reads);
    syncer_release(&service->syncer);
    pthread_mutex_destroy(&service->figures_mutex);
    arena_release(&service->arena);
    free(service);
}

/* ---- from any thread ---- */

bool service_submit(struct service *service, struct command *first, uint32_t count)
{
    bool is_long = first->is_long && first->is_read && service->reader != NULL;
    if (service->options.store.is_read_only && !is_long) return false;
    return queue_put(is_long ? &service->long_reads : &service->writes, first, count);
}

void service_key(const struct service *service, struct text key, uint8_t hashed[HASH_RECORD_BYTES])
{
    hash_record_keyed(service->secret, key, hashed);
}

enum status service_request_hash(const struct event *event, struct text more, struct arena *arena,
                                 struct text *hash)
{
    struct text bytes;
    TRY(engine_encode_event(event, arena, &bytes));
    char *both = arena_allocate(arena, bytes.length + more.length + HASH_RECORD_BYTES);
    if (both == NULL) return STATUS_NO_MEMORY;
    memcpy(both, bytes.bytes, bytes.length);
    if (more.length > 0) memcpy(both + bytes.length, more.bytes, more.length);
    uint8_t *digest = (uint8_t *)both + bytes.length + more.length;
    hash_record((struct text){both, bytes.length + more.length}, digest);
    *hash = (struct text){(const char *)digest, HASH_RECORD_BYTES};
    return STATUS_OK;
}

int64_t service_now_us(const struct service *service)
{
    (void)service;
    return real_clock_us();
}

enum service_clock service_clock_kind(const struct service *service)
{
    return service->options.clock;
}

void service_figures(const struct service *service, struct service_figures *figures)
{
    struct service *shared = (struct service *)(uintptr_t)service;
    *figures = (struct service_figures){
        .batches = atomic_load(&shared->batches),
        .commands = atomic_load(&shared->commands),
        .events = atomic_load(&shared->events),
        .last_batch = atomic_load(&shared->last_batch),
        .commit_us = atomic_load(&shared->commit_us),
        .is_recovering = atomic_load(&shared->is_recovering),
        .queue_maximum = shared->options.queue_maximum,
    };
    pthread_mutex_lock(&shared->writes.mutex);
    figures->queued = shared->writes.count;
    pthread_mutex_unlock(&shared->writes.mutex);
    pthread_mutex_lock(&shared->figures_mutex);
    figures->store = shared->store_figures;
    pthread_mutex_unlock(&shared->figures_mutex);
    figures->store.last_position = atomic_load(&shared->durable_position);
}
