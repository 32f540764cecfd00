/* Decide: purchases a second through the engine, one thread, ten rules.
 *
 * For each purchase: which entities it needs, their states out of the memory store, the decision
 * (which changes the copies as it goes, by the function that folds records) and the states saved.
 * 20,000 members buy in turn, three items an order, an order a week each, so that states have the
 * lots that states have. Nothing is allocated in the measured loop but what the store grows by.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "engine/engine.h"
#include "measure.h"
#include "program/program.h"
#include "store/store.h"

#define TARGET 2.5e6
#define MEMBERS 20000
#define PURCHASES 400000
#define PROGRAM_BYTES_MAXIMUM ((size_t)1 << 20)
#define ARENA_BYTES_MAXIMUM ((size_t)64 << 20)
#define STATES_BYTES_MAXIMUM ((size_t)16 << 20)
/* 2025-01-06T09:00:00Z, and a week shared by all members. */
#define FIRST_US INT64_C(1736154000000000)
#define STEP_US (7 * MICROSECONDS_PER_DAY / MEMBERS)

static enum status load_program(struct arena *arena, const char *path,
                                const struct program **program)
{
    char *bytes = arena_allocate(arena, PROGRAM_BYTES_MAXIMUM);
    if (bytes == NULL) return STATUS_NO_MEMORY;
    FILE *file = fopen(path, "rb");
    if (file == NULL) return STATUS_IO;
    size_t length = fread(bytes, 1, PROGRAM_BYTES_MAXIMUM, file);
    fclose(file);
    struct problem_list problems;
    problem_list_init(&problems, arena);
    enum status status =
        program_load(arena, text_of(path), (struct text){bytes, length}, &problems, program);
    for (size_t i = 0; i < problems.count; i++) {
        fprintf(stderr, "%s:%u: %.*s\n", path, problems.items[i].position.line,
                TEXT_ARGUMENTS(problems.items[i].message));
    }
    return status;
}

/* One purchase; its texts are written into `names`. */
struct purchase {
    struct event event;
    struct item items[3];
    char names[2][EVENT_ID_MAXIMUM];
};

static void write_purchase(struct purchase *purchase, int number)
{
    static const char *const categories[] = {"books", "toys", "garden", "kitchen", "music"};
    int member = number % MEMBERS;
    for (int i = 0; i < 3; i++) {
        purchase->items[i] = (struct item){
            .sku = TEXT("A-100"),
            .category = text_of(categories[(number + i) % 5]),
            .quantity = 1 + (number + i) % 3,
            .unit_price = {.coefficient = 499 + (number * 37 + i * 101) % 4000, .scale = 2},
        };
    }
    int member_length = snprintf(purchase->names[0], EVENT_ID_MAXIMUM, "member-%06d", member);
    int order_length = snprintf(purchase->names[1], EVENT_ID_MAXIMUM, "order-%08d", number);
    purchase->event = (struct event){
        .type = EVENT_PURCHASE,
        .position = (uint64_t)number + 1,
        .occurred_at_us = FIRST_US + number * STEP_US,
        .clock_us = FIRST_US + number * STEP_US,
        .member = {purchase->names[0], (size_t)member_length},
        .order = {purchase->names[1], (size_t)order_length},
        .channel = number % 3 == 0 ? TEXT("shop") : TEXT("web"),
        .items = purchase->items,
        .item_count = 3,
    };
}

static enum status decide_all(const struct program *program, struct store *store,
                              struct states *states)
{
    struct purchase purchase;
    struct decision decision;
    TRY(store_begin(store));
    for (int number = 0; number < PURCHASES; number++) {
        write_purchase(&purchase, number);
        states_clear(states);
        TRY(store_load_for(store, program, &purchase.event, states));
        TRY(engine_decide(program, states, &purchase.event, NULL, &decision));
        if (decision.answer != ANSWER_DONE) return STATUS_INVALID;
        TRY(store_save_dirty(store, states));
    }
    return store_commit(store);
}

static enum status run_once(const struct program *program, double *purchases_per_second)
{
    struct store *store = NULL;
    TRY(memory_store_open(false, &store));
    struct states states;
    enum status status = states_init(&states, STATES_BYTES_MAXIMUM);
    if (status == STATUS_OK) {
        double start = measure_clock();
        status = decide_all(program, store, &states);
        *purchases_per_second = PURCHASES / (measure_clock() - start);
        states_release(&states);
    }
    store_close(store);
    return status;
}

bool bench_decide(const char *program_path)
{
    struct arena arena;
    arena_init(&arena, ARENA_BYTES_MAXIMUM);
    const struct program *program = NULL;
    enum status status = load_program(&arena, program_path, &program);
    double figures[MEASURE_RUNS];
    for (int run = 0; status == STATUS_OK && run < MEASURE_RUNS; run++) {
        status = run_once(program, &figures[run]);
    }
    arena_release(&arena);
    if (status == STATUS_OK) {
        measure_print("plan, decide, apply, save: purchases, 10 rules", "events/s", TARGET, true,
                      figures);
        return true;
    }
    fprintf(stderr, "%s: %s\n", program_path, status_text(status));
    return false;
}
