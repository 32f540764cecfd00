/* Ingest: purchases decided and made durable in this process, without network or JSON: what the
 * store and the engine can do together.
 *
 *   ingest PROGRAM GROUP EVENTS MEMBERS FILE
 *
 * Each purchase has a key of its own; it is planned, loaded, decided, encoded and written as the
 * server does it; GROUP of them are one durable commit. There is no idle time: what is keyed is
 * written behind by the commits themselves, as on a busy server. Every member has bought once
 * before the clock starts. Prints
 *
 *   events_per_second 120000
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "engine/engine.h"
#include "measure.h"
#include "program/program.h"
#include "store/store.h"

#define PROGRAM_BYTES_MAXIMUM ((size_t)1 << 20)
#define ARENA_BYTES_MAXIMUM ((size_t)64 << 20)
#define STATES_BYTES_MAXIMUM ((size_t)16 << 20)

struct ingest {
    const struct program *program;
    struct store *store;
    struct states states;
    struct buffer record;
    uint64_t random;
    uint64_t position; /* of the next */
    int64_t start_us;
    int64_t group;
    int64_t members;
};

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
    return program_load(arena, text_of(path), (struct text){bytes, length}, &problems, program);
}

/* SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t mixed = *state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

static enum status ingest_one(struct ingest *ingest, uint64_t member_number)
{
    static const struct item item = {.sku = TEXT_INITIALISER("A-1"),
                                     .category = TEXT_INITIALISER("skincare"),
                                     .quantity = 2,
                                     .unit_price = {.coefficient = 1999, .scale = 2}};
    char member[EVENT_ID_MAXIMUM];
    char order[EVENT_ID_MAXIMUM];
    uint8_t key[HASH_RECORD_BYTES];
    int member_length = snprintf(member, sizeof member, "m-%06" PRIu64, member_number);
    int order_length = snprintf(order, sizeof order, "o-%010" PRIu64, ingest->position);
    hash_record((struct text){order, (size_t)order_length}, key);
    int64_t now_us = ingest->start_us + (int64_t)ingest->position;
    struct event event = {.type = EVENT_PURCHASE,
                          .position = ingest->position,
                          .occurred_at_us = now_us,
                          .clock_us = now_us,
                          .key = {(const char *)key, sizeof key},
                          .member = {member, (size_t)member_length},
                          .order = {order, (size_t)order_length},
                          .channel = TEXT("web"),
                          .store = TEXT("s1"),
                          .items = &item,
                          .item_count = 1};
    struct decision decision;
    states_clear(&ingest->states);
    buffer_clear(&ingest->record);
    TRY(store_load_for(ingest->store, ingest->program, &event, &ingest->states));
    TRY(engine_decide(ingest->program, &ingest->states, &event, NULL, &decision));
    if (decision.answer != ANSWER_DONE) return STATUS_INVALID;
    TRY(engine_encode(&decision, &event, &ingest->record));
    struct written written = {&decision, buffer_text(&ingest->record), &ingest->states};
    TRY(store_write(ingest->store, &written));
    ingest->position++;
    return STATUS_OK;
}

/* `in_turn`: one for each member, else members at random. */
static enum status ingest_many(struct ingest *ingest, int64_t events, bool in_turn)
{
    for (int64_t done = 0; done < events;) {
        TRY(store_begin(ingest->store));
        for (int64_t i = 0; i < ingest->group && done < events; i++, done++) {
            uint64_t member =
                in_turn ? (uint64_t)done : next_random(&ingest->random) % (uint64_t)ingest->members;
            TRY(ingest_one(ingest, member));
        }
        TRY(store_commit(ingest->store));
    }
    return STATUS_OK;
}

static enum status run(struct ingest *ingest, struct arena *arena, char **arguments, int64_t events)
{
    struct sqlite_options options = {.path = arguments[5]};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    ingest->start_us = (int64_t)now.tv_sec * 1000000;
    TRY(load_program(arena, arguments[1], &ingest->program));
    TRY(sqlite_store_open(&options, NULL, &ingest->store));
    TRY(states_init(&ingest->states, STATES_BYTES_MAXIMUM));
    TRY(ingest_many(ingest, ingest->members, true));
    double start = measure_clock();
    TRY(ingest_many(ingest, events, false));
    printf("events_per_second %.0f\n", (double)events / (measure_clock() - start));
    return STATUS_OK;
}

int main(int argument_count, char **arguments)
{
    struct ingest ingest = {.random = 1, .position = 1};
    int64_t events = 0;
    if (argument_count != 6 || amount_parse(text_of(arguments[2]), 0, &ingest.group) != STATUS_OK ||
        amount_parse(text_of(arguments[3]), 0, &events) != STATUS_OK ||
        amount_parse(text_of(arguments[4]), 0, &ingest.members) != STATUS_OK || ingest.group < 1 ||
        events < 1 || ingest.members < 1) {
        fprintf(stderr, "usage: ingest PROGRAM GROUP EVENTS MEMBERS FILE\n");
        return 2;
    }
    if (access(arguments[5], F_OK) == 0) {
        fprintf(stderr, "ingest: %s is there already\n", arguments[5]);
        return EXIT_FAILURE;
    }
    struct arena arena;
    arena_init(&arena, ARENA_BYTES_MAXIMUM);
    buffer_init(&ingest.record, ENGINE_RECORD_MAXIMUM);
    enum status status = run(&ingest, &arena, arguments, events);
    if (status != STATUS_OK) fprintf(stderr, "ingest: %s\n", status_text(status));
    buffer_release(&ingest.record);
    states_release(&ingest.states);
    if (ingest.store != NULL) store_close(ingest.store);
    arena_release(&arena);
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
