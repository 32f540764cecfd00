/* Decide: purchases a second through the engine, one thread, ten rules, of which an order of three
 * items meets two or three.
 *
 * First a history: 20,000 members buy in turn, an order a week each, through the memory store:
 * plan, load, decide, save. That is the second figure. Then the engine alone: what each of 1,000
 * members buys next, decided again and again from copies of that member's state: plan, copy,
 * decide, in which the effects are applied to the copies by the function that folds records. That
 * is the first figure, the one that has a target.
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
#define DECIDED_MEMBERS 1000
#define DECIDED_ROUNDS 200
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
    static const char *const categories[] = {"books", "toys",  "garden", "kitchen",
                                             "music", "film",  "food",   "paper",
                                             "cloth", "light", "tools",  "pets"};
    int member = number % MEMBERS;
    for (int i = 0; i < 3; i++) {
        purchase->items[i] = (struct item){
            .sku = TEXT("A-100"),
            .category = text_of(categories[(number * 5 + i) % 12]),
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

/* A member's state as the store has it after the history. */
struct snapshot {
    uint8_t *bytes;
    size_t size;
};

static enum status take_snapshots(struct arena *arena, const struct program *program,
                                  struct store *store, struct states *states,
                                  struct snapshot *snapshots)
{
    struct purchase purchase;
    TRY(store_begin(store));
    for (int member = 0; member < DECIDED_MEMBERS; member++) {
        write_purchase(&purchase, PURCHASES + member);
        states_clear(states);
        TRY(store_load_for(store, program, &purchase.event, states));
        for (uint32_t i = 0; i < states->count; i++) {
            const struct state *state = &states->list[i];
            if (state->key.kind != ENTITY_MEMBER || state->bytes == NULL) continue;
            uint8_t *copy = arena_allocate(arena, state->size);
            if (copy == NULL) return STATUS_NO_MEMORY;
            memcpy(copy, state->bytes, state->size);
            snapshots[member] = (struct snapshot){copy, state->size};
        }
    }
    store_rollback(store);
    return STATUS_OK;
}

static enum status decide_from(const struct program *program, struct states *states,
                               const struct event *event, struct snapshot snapshot)
{
    struct decision decision;
    uint32_t added = 0;
    states_clear(states);
    do {
        TRY(engine_plan(program, event, states, &added));
        for (uint32_t i = states->count - added; i < states->count; i++) {
            bool is_member = states->list[i].key.kind == ENTITY_MEMBER;
            TRY(states_load(states, i, is_member ? snapshot.bytes : NULL,
                            is_member ? snapshot.size : 0));
        }
    } while (added > 0);
    TRY(engine_decide(program, states, event, NULL, &decision));
    return decision.answer == ANSWER_DONE ? STATUS_OK : STATUS_INVALID;
}

static enum status decide_again(const struct program *program, struct states *states,
                                const struct snapshot *snapshots, double *purchases_per_second)
{
    static struct purchase purchases[DECIDED_MEMBERS];
    for (int member = 0; member < DECIDED_MEMBERS; member++) {
        write_purchase(&purchases[member], PURCHASES + member);
    }
    double start = measure_clock();
    for (int round = 0; round < DECIDED_ROUNDS; round++) {
        for (int member = 0; member < DECIDED_MEMBERS; member++) {
            TRY(decide_from(program, states, &purchases[member].event, snapshots[member]));
        }
    }
    *purchases_per_second = DECIDED_ROUNDS * DECIDED_MEMBERS / (measure_clock() - start);
    return STATUS_OK;
}

/* Purchases a second with the store, and by the engine alone. */
struct speeds {
    double with_store[MEASURE_RUNS];
    double alone[MEASURE_RUNS];
};

static enum status run_once(const struct program *program, struct speeds *speeds, int run)
{
    struct store *store = NULL;
    TRY(memory_store_open(false, &store));
    struct arena arena;
    arena_init(&arena, ARENA_BYTES_MAXIMUM);
    struct snapshot *snapshots = arena_new_array(&arena, struct snapshot, DECIDED_MEMBERS);
    struct states states;
    enum status status = states_init(&states, STATES_BYTES_MAXIMUM);
    if (status == STATUS_OK && snapshots == NULL) status = STATUS_NO_MEMORY;
    states.skips_after = true; /* as in a back-test: nobody is answered */
    if (status == STATUS_OK) {
        double start = measure_clock();
        status = decide_all(program, store, &states);
        speeds->with_store[run] = PURCHASES / (measure_clock() - start);
        if (status == STATUS_OK) {
            status = take_snapshots(&arena, program, store, &states, snapshots);
        }
        if (status == STATUS_OK) {
            status = decide_again(program, &states, snapshots, &speeds->alone[run]);
        }
        states_release(&states);
    }
    arena_release(&arena);
    store_close(store);
    return status;
}

bool bench_decide(const char *program_path)
{
    struct arena arena;
    arena_init(&arena, ARENA_BYTES_MAXIMUM);
    const struct program *program = NULL;
    enum status status = load_program(&arena, program_path, &program);
    static struct speeds speeds;
    for (int run = 0; status == STATUS_OK && run < MEASURE_RUNS; run++) {
        status = run_once(program, &speeds, run);
    }
    arena_release(&arena);
    if (status == STATUS_OK) {
        measure_print("decide + apply, 10 rules", "events/s", TARGET, true, speeds.alone);
        measure_print("  the same, out of the memory store and back", "events/s", 0, true,
                      speeds.with_store);
        return true;
    }
    fprintf(stderr, "%s: %s\n", program_path, status_text(status));
    return false;
}
