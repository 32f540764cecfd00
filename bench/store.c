/* Measures the SQLite store in process: durable events a second, and how fast a journal is
 * replayed.
 *
 *   store FOLDER MEMBERS EVENTS A_BATCH CACHE_MB
 *
 * Every event is a purchase with an idempotency key: one record, two postings or more, a member, an
 * order. Time in the engine's decisions is shown apart.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/store.h"

#define BYTES_MAXIMUM ((size_t)1 << 30)

static const char program_text[] =
    "program: shop\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points: {decimals: 0, expires: {after: 12 months, on: end of month}}\n"
    "counters:\n"
    "  spend: {sum: order.eligible, on: purchase, window: calendar year}\n"
    "tiers:\n"
    "  club:\n"
    "    measured_by: spend\n"
    "    levels: {silver: {from: 500.00 EUR}, gold: {from: 2000.00 EUR}}\n"
    "rules:\n"
    "  base: {on: purchase, earn: 2 points per 1.00 EUR of order.eligible}\n";

struct run {
    char path[300];
    struct store *store;
    const struct program *program;
    struct states states;
    struct arena arena;
    struct buffer body;
    uint64_t members;
    uint64_t events;
    uint64_t a_batch;
    uint64_t cache_bytes;
    uint64_t position;
    uint64_t seed;
    double decide_s;
    double load_s;
    double write_s;
    double commit_s;
    double commit_computing_s; /* of it: the processor was ours */
    double worst_commit_s;
    uint64_t most_log_bytes;
    uint64_t most_dirty;
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double computed_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t next_random(struct run *run)
{
    run->seed ^= run->seed << 13;
    run->seed ^= run->seed >> 7;
    run->seed ^= run->seed << 17;
    return run->seed >> 11;
}

static enum status buy(struct run *run)
{
    char member[24];
    char order[24];
    uint8_t key[HASH_RECORD_BYTES];
    uint64_t position = run->position + 1;
    struct item item = {
        .sku = TEXT("SKU-1"), .quantity = 1, .unit_price = {1000 + (int64_t)(position % 5000), 2}};
    struct event event = {.type = EVENT_PURCHASE, .position = position, .items = &item};
    struct decision decision;
    double times[5];
    event.item_count = 1;
    event.clock_us = (int64_t)position * 1000 + INT64_C(1700000000000000);
    event.occurred_at_us = event.clock_us;
    event.member = (struct text){
        member, (size_t)snprintf(member, sizeof member, "member-%08llu",
                                 (unsigned long long)(next_random(run) % run->members))};
    event.order = (struct text){order, (size_t)snprintf(order, sizeof order, "order-%010llu",
                                                        (unsigned long long)position)};
    hash_record((struct text){(const char *)&position, sizeof position}, key);
    event.key = (struct text){(const char *)key, sizeof key};
    times[0] = now_s();
    states_clear(&run->states);
    TRY(store_load_for(run->store, run->program, &event, &run->states));
    times[1] = now_s();
    TRY(engine_decide(run->program, &run->states, &event, NULL, &decision));
    buffer_clear(&run->body);
    TRY(engine_encode(&decision, &event, &run->body));
    times[2] = now_s();
    const struct written written = {&decision, buffer_text(&run->body), &run->states};
    TRY(store_write(run->store, &written));
    times[3] = now_s();
    run->load_s += times[1] - times[0];
    run->decide_s += times[2] - times[1];
    run->write_s += times[3] - times[2];
    run->position = position;
    return STATUS_OK;
}

static enum status pass_all(struct run *run)
{
    for (uint64_t done = 0; done < run->events; done += run->a_batch) {
        struct store_figures figures;
        TRY(store_begin(run->store));
        for (uint64_t i = 0; i < run->a_batch; i++)
            TRY(buy(run));
        double before = now_s();
        double computed_before = computed_s();
        TRY(store_commit(run->store));
        double took_s = now_s() - before;
        run->commit_computing_s += computed_s() - computed_before;
        run->commit_s += took_s;
        if (took_s > run->worst_commit_s) run->worst_commit_s = took_s;
        store_figures(run->store, &figures);
        if (figures.log_bytes > run->most_log_bytes) run->most_log_bytes = figures.log_bytes;
        if (figures.dirty_states > run->most_dirty) run->most_dirty = figures.dirty_states;
    }
    return STATUS_OK;
}

static enum status open_store(struct run *run)
{
    struct sqlite_options options = {.path = run->path, .cache_bytes = run->cache_bytes};
    struct buffer message;
    buffer_init(&message, 4096);
    enum status status = sqlite_store_open(&options, &message, &run->store);
    if (status != STATUS_OK) fprintf(stderr, "%.*s\n", TEXT_ARGUMENTS(buffer_text(&message)));
    buffer_release(&message);
    return status;
}

static void show(const struct run *run, double took_s)
{
    double events = (double)run->events;
    double store_s = took_s - run->decide_s;
    printf("%.0f events in %.2f s: %.0f/s, without deciding %.0f/s\n", events, took_s,
           events / took_s, events / store_s);
    printf("each: load %.2f us, decide %.2f, write %.2f, commit %.2f (computing %.2f); worst "
           "commit %.1f ms\n",
           run->load_s / events * 1e6, run->decide_s / events * 1e6, run->write_s / events * 1e6,
           run->commit_s / events * 1e6, run->commit_computing_s / events * 1e6,
           run->worst_commit_s * 1e3);
    printf("log at most %.1f MB, dirty at most %llu, record %zu bytes\n",
           (double)run->most_log_bytes / 1e6, (unsigned long long)run->most_dirty,
           run->body.length);
}

static enum status measure_replay(struct run *run)
{
    sqlite3 *database = NULL;
    struct store_figures figures;
    int code = sqlite3_open_v2(run->path, &database, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(database,
                            "DELETE FROM members; DELETE FROM orders; DELETE FROM balances;"
                            "DELETE FROM tiers; DELETE FROM redemptions; DELETE FROM tallies;"
                            "DELETE FROM pages; UPDATE flushed SET position = 0",
                            NULL, NULL, NULL);
    sqlite3_close(database);
    if (code != SQLITE_OK) return STATUS_IO;
    double before = now_s();
    double computed_before = computed_s();
    TRY(open_store(run));
    double took_s = now_s() - before;
    double computing_s = computed_s() - computed_before;
    store_figures(run->store, &figures);
    printf("replayed %llu records in %.2f s: %.0f/s; computing %.2f s: %.0f/s\n",
           (unsigned long long)figures.records_replayed, took_s,
           (double)figures.records_replayed / took_s, computing_s,
           (double)figures.records_replayed / computing_s);
    store_close(run->store);
    return STATUS_OK;
}

static enum status measure(struct run *run)
{
    struct problem_list problems;
    arena_init(&run->arena, BYTES_MAXIMUM);
    buffer_init(&run->body, ENGINE_RECORD_MAXIMUM);
    problem_list_init(&problems, &run->arena);
    TRY(states_init(&run->states, BYTES_MAXIMUM));
    TRY(program_load(&run->arena, TEXT("shop.yaml"), TEXT(program_text), &problems, &run->program));
    TRY(open_store(run));
    double before = now_s();
    TRY(pass_all(run));
    show(run, now_s() - before);
    before = now_s();
    TRY(store_write_behind(run->store, true));
    printf("written behind in %.2f s\n", now_s() - before);
    store_close(run->store);
    TRY(measure_replay(run));
    states_release(&run->states);
    buffer_release(&run->body);
    arena_release(&run->arena);
    return STATUS_OK;
}

static uint64_t number(const char *text)
{
    return strtoull(text, NULL, 10);
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 6) {
        fprintf(stderr, "usage: store FOLDER MEMBERS EVENTS A_BATCH CACHE_MB\n");
        return EXIT_FAILURE;
    }
    struct run run = {.seed = 88172645463325252u,
                      .members = number(arguments[2]),
                      .events = number(arguments[3]),
                      .a_batch = number(arguments[4]),
                      .cache_bytes = number(arguments[5]) << 20};
    snprintf(run.path, sizeof run.path, "%s/bench-store", arguments[1]);
    if (run.members == 0 || run.a_batch == 0) return EXIT_FAILURE;
    unlink(run.path);
    enum status status = measure(&run);
    if (status != STATUS_OK) fprintf(stderr, "%s\n", status_text(status));
    unlink(run.path);
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
