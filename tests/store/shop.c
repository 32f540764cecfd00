/* A shop for the store's tests. See shop.h. */
#include "shop.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define BYTES_MAXIMUM ((size_t)1 << 30)
#define ITEM_COUNT 4
#define HOUR_US (INT64_C(3600) * MICROSECONDS_PER_SECOND)

static const char program_text[] =
    "program: shop\n"
    "currency: EUR\n"
    "wallets:\n"
    "  points: {decimals: 0, pending: 3 days, expires: {after: 60 days}}\n"
    "counters:\n"
    "  spend: {sum: order.eligible, on: purchase, window: calendar year}\n"
    "tiers:\n"
    "  club:\n"
    "    measured_by: spend\n"
    "    levels: {silver: {from: 50.00 EUR}, gold: {from: 200.00 EUR}}\n"
    "rules:\n"
    "  base: {on: purchase, earn: 2 points per 1.00 EUR of order.eligible}\n"
    "rewards:\n"
    "  mug: {cost: 20 points, gives: {choose: 1, of: [MUG]}, stock: 5000}\n";

static const struct text skus[] = {TEXT_INITIALISER("A"), TEXT_INITIALISER("B"),
                                   TEXT_INITIALISER("C"), TEXT_INITIALISER("D")};

static const struct program *load(struct arena *arena)
{
    const struct program *program = NULL;
    struct problem_list problems;
    problem_list_init(&problems, arena);
    enum status status =
        program_load(arena, TEXT("shop.yaml"), TEXT(program_text), &problems, &program);
    if (problems.count > 0) print_error("%.*s\n", TEXT_ARGUMENTS(problems.items[0].message));
    assert_int_equal(status, STATUS_OK);
    return program;
}

void shop_open(struct shop *shop, struct store *store, uint64_t seed, uint64_t members)
{
    *shop = (struct shop){.seed = seed * UINT64_C(0x9E3779B97F4A7C15) + 1, .members = members};
    arena_init(&shop->arena, BYTES_MAXIMUM);
    buffer_init(&shop->body, ENGINE_RECORD_MAXIMUM);
    assert_int_equal(states_init(&shop->states, BYTES_MAXIMUM), STATUS_OK);
    shop->program = load(&shop->arena);
    shop_resume(shop, store);
}

void shop_close(struct shop *shop)
{
    states_release(&shop->states);
    buffer_release(&shop->body);
    arena_release(&shop->arena);
}

void shop_resume(struct shop *shop, struct store *store)
{
    struct store_figures figures;
    store_figures(store, &figures);
    shop->store = store;
    shop->position = figures.last_position;
    /* Each order opens at a position of its own: so ids are not used twice. */
    shop->orders = figures.last_position;
}

uint64_t shop_random(struct shop *shop, uint64_t below)
{
    shop->seed ^= shop->seed << 13;
    shop->seed ^= shop->seed >> 7;
    shop->seed ^= shop->seed << 17;
    return (shop->seed >> 11) % below;
}

static struct text format(char *to, size_t size, const char *what, uint64_t number)
{
    int length = snprintf(to, size, "%s-%06llu", what, (unsigned long long)number);
    return (struct text){to, (size_t)length};
}

/* The 32 bytes that stand for an idempotency key. */
static struct text key_of(uint64_t number, uint8_t key[HASH_RECORD_BYTES])
{
    hash_record((struct text){(const char *)&number, sizeof number}, key);
    return (struct text){(const char *)key, HASH_RECORD_BYTES};
}

struct command {
    struct event event;
    struct item items[ITEM_COUNT];
    struct returned returned;
    char member[24];
    char other[24];
    char order[24];
    char id[24];
    uint8_t key[HASH_RECORD_BYTES];
};

static void fill_purchase(struct shop *shop, struct command *command)
{
    struct event *event = &command->event;
    event->type = EVENT_PURCHASE;
    event->order = format(command->order, sizeof command->order, "order", ++shop->orders);
    event->item_count = 1 + (uint32_t)shop_random(shop, ITEM_COUNT);
    event->items = command->items;
    for (uint32_t i = 0; i < event->item_count; i++) {
        command->items[i] =
            (struct item){.sku = skus[shop_random(shop, ITEM_COUNT)],
                          .quantity = 1 + (int64_t)shop_random(shop, 3),
                          .unit_price = {100 + (int64_t)shop_random(shop, 5000), 2}};
    }
}

/* The life of an order beside a plain purchase: `chance` is below 16. */
static void fill_order(struct shop *shop, struct command *command, uint64_t chance)
{
    struct event *event = &command->event;
    if (chance < 8) {
        fill_purchase(shop, command);
        if (chance < 4) {
            event->member = TEXT(""); /* a guest's */
        } else {
            event->type = EVENT_QUOTE;
            event->lapses_at_us = event->clock_us + 20 * HOUR_US;
        }
        return;
    }
    uint64_t number = 1 + shop_random(shop, shop->orders + 1);
    /* Mostly one of the newest, which may still be open. */
    if (shop->orders > 8 && chance % 2 == 0) number = shop->orders - shop_random(shop, 8);
    struct text order = format(command->order, sizeof command->order, "order", number);
    if (chance < 11) {
        event->type = EVENT_CONFIRM_ORDER;
        event->member = TEXT("");
    } else if (chance < 12) {
        event->type = EVENT_CANCEL_ORDER;
        event->member = TEXT("");
    } else if (chance < 14) {
        event->type = EVENT_CLAIM;
    } else {
        uint64_t orders = shop->orders;
        fill_purchase(shop, command);
        shop->orders = orders;
        order = format(command->order, sizeof command->order, "order", number);
        event->type = EVENT_EDIT;
        event->member = TEXT("");
    }
    event->order = order;
}

static void fill(struct shop *shop, struct command *command)
{
    struct event *event = &command->event;
    *event = (struct event){.position = shop->position + 1};
    event->clock_us = (int64_t)event->position * HOUR_US;
    event->occurred_at_us = event->clock_us;
    event->key = key_of(event->position, command->key);
    event->member =
        format(command->member, sizeof command->member, "member", shop_random(shop, shop->members));
    uint64_t chance = shop_random(shop, 100);
    if (chance < 54) {
        fill_purchase(shop, command);
    } else if (chance < 70) {
        fill_order(shop, command, chance - 54);
    } else if (chance < 78) {
        event->type = EVENT_RETURN;
        event->order = format(command->order, sizeof command->order, "order",
                              1 + shop_random(shop, shop->orders + 1));
    } else if (chance < 86) {
        event->type = EVENT_RETURN_BY_SKU;
        command->returned = (struct returned){.sku = skus[shop_random(shop, ITEM_COUNT)],
                                              .quantity = 1 + (int64_t)shop_random(shop, 4)};
        event->returns = &command->returned;
        event->return_count = 1;
    } else if (chance < 96) {
        event->type = EVENT_REDEEM;
        event->reward = TEXT("mug");
        event->id = format(command->id, sizeof command->id, "redeem", event->position);
    } else if (chance < 98) {
        event->type = EVENT_TRANSFER;
        event->other_member = format(command->other, sizeof command->other, "member",
                                     shop_random(shop, shop->members));
        event->wallet = TEXT("points");
        event->amount = 1 + (int64_t)shop_random(shop, 10);
    } else {
        event->type = EVENT_MERGE;
        event->other_member = format(command->other, sizeof command->other, "member",
                                     shop_random(shop, shop->members));
    }
}

enum status shop_command(struct shop *shop)
{
    struct command command;
    struct decision decision;
    fill(shop, &command);
    states_clear(&shop->states);
    TRY(store_load_for(shop->store, shop->program, &command.event, &shop->states));
    TRY(engine_decide(shop->program, &shop->states, &command.event, NULL, &decision));
    buffer_clear(&shop->body);
    TRY(engine_encode(&decision, &command.event, &shop->body));
    const struct written written = {&decision, buffer_text(&shop->body), &shop->states};
    TRY(store_write(shop->store, &written));
    shop->position++;
    shop->done[decision.type] += decision.answer == ANSWER_DONE;
    return STATUS_OK;
}

static enum status run_batch(struct shop *shop, int commands,
                             enum status (*commit)(struct store *store))
{
    char number[24];
    uint64_t position = shop->position;
    TRY(store_begin(shop->store));
    enum status status = STATUS_OK;
    for (int i = 0; i < commands && status == STATUS_OK; i++)
        status = shop_command(shop);
    if (status == STATUS_OK) {
        int length = snprintf(number, sizeof number, "%020llu", (unsigned long long)shop->position);
        status = store_put(shop->store, DOCUMENT_SETTING, TEXT("last"),
                           (struct text){number, (size_t)length});
    }
    if (status != STATUS_OK) {
        store_rollback(shop->store);
        shop->position = position;
        return status;
    }
    status = commit(shop->store);
    if (status != STATUS_OK) shop->position = position;
    return status;
}

enum status shop_batch(struct shop *shop, int commands)
{
    return run_batch(shop, commands, store_commit);
}

enum status shop_batch_unsynced(struct shop *shop, int commands)
{
    return run_batch(shop, commands, store_commit_unsynced);
}

/* ---- the check ---- */

struct audit {
    struct store *store;
    struct store *refold; /* keeps no records: what the records give */
    struct states states;
    struct arena arena;
    struct buffer scratch;
    struct record_hash *hashes; /* by position */
    bool *has_key;              /* by position: the record used its key */
    uint64_t hash_capacity;
    uint64_t position;
    uint64_t compared;
};

static void note_hash(struct audit *audit, const struct record *record)
{
    if (record->position >= audit->hash_capacity) {
        audit->hash_capacity = 2 * record->position + 1024;
        audit->hashes =
            reallocarray(audit->hashes, audit->hash_capacity, sizeof(struct record_hash));
        audit->has_key = reallocarray(audit->has_key, audit->hash_capacity, sizeof(bool));
        assert_non_null(audit->hashes);
        assert_non_null(audit->has_key);
    }
    memcpy(audit->hashes[record->position].bytes, record->hash, HASH_RECORD_BYTES);
}

static void check_chain(struct audit *audit, const struct record *record)
{
    static const struct record_hash none = {{0}};
    struct record_hash previous[64];
    assert_true(record->link_count <= 64);
    for (uint32_t i = 0; i < record->link_count; i++) {
        uint64_t position = record->links[i].previous_position;
        previous[i] = position == 0 ? none : audit->hashes[position];
    }
    const struct record_hash *before =
        record->position == 1 ? &none : &audit->hashes[record->position - 1];
    assert_int_equal(record_check(record, before, previous, &audit->scratch), STATUS_OK);
}

static enum status fold_record(void *context, const struct record *record)
{
    struct audit *audit = context;
    struct decision decision;
    /* No position is left out, and none comes twice. */
    assert_int_equal(record->position, audit->position + 1);
    audit->position = record->position;
    check_chain(audit, record);
    note_hash(audit, record);
    arena_clear(&audit->arena);
    states_clear(&audit->states);
    TRY(engine_decode(record->body, &audit->arena, &decision));
    audit->has_key[record->position] = false;
    for (uint32_t i = 0; i < decision.effect_count; i++)
        audit->has_key[record->position] |= decision.effects[i].kind == EFFECT_KEY_USED;
    for (uint32_t i = 0; i < decision.entity_count; i++) {
        TRY(states_add(&audit->states, &decision.entities[i]));
        TRY(store_load(audit->refold, &audit->states, i));
    }
    TRY(engine_apply(&audit->states, &decision));
    TRY(store_begin(audit->refold));
    TRY(store_save_dirty(audit->refold, &audit->states));
    return store_commit(audit->refold);
}

static enum status compare_with_refold(void *context, const struct entity_key *key,
                                       struct text bytes)
{
    struct audit *audit = context;
    states_clear(&audit->states);
    TRY(states_add(&audit->states, key));
    TRY(store_load(audit->refold, &audit->states, 0));
    const struct state *state = &audit->states.list[0];
    assert_int_equal(state->size, bytes.length);
    assert_memory_equal(state->bytes, bytes.bytes, bytes.length);
    audit->compared++;
    return STATUS_OK;
}

static enum status count_state(void *context, const struct entity_key *key, struct text bytes)
{
    (void)key;
    (void)bytes;
    ++*(uint64_t *)context;
    return STATUS_OK;
}

/* Keys that were used are found (an event that is not valid uses none), the next one is not. */
static void check_keys(struct audit *audit)
{
    uint64_t step = audit->position / 200 + 1;
    for (uint64_t position = 1; position <= audit->position + 1;
         position +=
         position + step > audit->position + 1 && position <= audit->position ? 1 : step) {
        uint8_t bytes[HASH_RECORD_BYTES];
        struct entity_key key = {.kind = ENTITY_KEY, .id = key_of(position, bytes)};
        states_clear(&audit->states);
        assert_int_equal(states_add(&audit->states, &key), STATUS_OK);
        assert_int_equal(store_load(audit->store, &audit->states, 0), STATUS_OK);
        bool is_used = position <= audit->position && audit->has_key[position];
        assert_int_equal(audit->states.list[0].size > 0, is_used);
    }
}

static void check_document(struct audit *audit)
{
    char number[24];
    struct text value;
    int length = snprintf(number, sizeof number, "%020llu", (unsigned long long)audit->position);
    enum status status =
        store_get(audit->store, DOCUMENT_SETTING, TEXT("last"), &audit->arena, &value);
    assert_int_equal(status, audit->position == 0 ? STATUS_NOT_FOUND : STATUS_OK);
    if (status == STATUS_OK) assert_true(text_equal(value, (struct text){number, (size_t)length}));
}

uint64_t shop_check(struct store *store)
{
    struct audit audit = {.store = store};
    assert_int_equal(memory_store_open(false, &audit.refold), STATUS_OK);
    assert_int_equal(states_init(&audit.states, BYTES_MAXIMUM), STATUS_OK);
    arena_init(&audit.arena, BYTES_MAXIMUM);
    buffer_init(&audit.scratch, BYTES_MAXIMUM);
    assert_int_equal(store_each_record(store, 0, fold_record, &audit), STATUS_OK);
    for (int number = 0; number < ENTITY_LINES; number++) {
        enum entity_kind kind = (enum entity_kind)number;
        uint64_t expected = 0;
        audit.compared = 0;
        assert_int_equal(store_each_state(store, kind, TEXT(""), compare_with_refold, &audit),
                         STATUS_OK);
        assert_int_equal(store_each_state(audit.refold, kind, TEXT(""), count_state, &expected),
                         STATUS_OK);
        assert_int_equal(audit.compared, expected);
    }
    check_keys(&audit);
    check_document(&audit);
    store_close(audit.refold);
    states_release(&audit.states);
    arena_release(&audit.arena);
    buffer_release(&audit.scratch);
    free(audit.hashes);
    free(audit.has_key);
    return audit.position;
}

/* ---- folders ---- */

void folder_open(char *path, size_t size)
{
    const char *parent = getenv("TMPDIR");
    int length = snprintf(path, size, "%s/guerdon-store-XXXXXX", parent == NULL ? "/tmp" : parent);
    assert_true(length > 0 && (size_t)length < size);
    assert_non_null(mkdtemp(path));
}

void folder_close(const char *path)
{
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    assert_int_equal(rmdir(path), 0);
}
