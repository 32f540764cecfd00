/* A store as of its last record, for who may only read it: the same states as the writer has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"

#define BYTES_MAXIMUM (64u << 20)
#define NOON_US INT64_C(1803900000000000)
#define MEMBERS 7

static const char program_text[] = "program: shop\n"
                                   "currency: EUR\n"
                                   "wallets:\n"
                                   "  points: {}\n"
                                   "rules:\n"
                                   "  base: {on: purchase, earn: 1 point per 1.00 EUR}\n";

struct shop {
    struct arena arena;
    const struct program *program;
    struct store *store;
    uint64_t next_position;
    char folder[32];
    char path[64];
};

static int open_shop(void **context)
{
    struct problem_list problems;
    struct shop *shop = calloc(1, sizeof *shop);
    assert_non_null(shop);
    memcpy(shop->folder, "/tmp/guerdon-XXXXXX", sizeof "/tmp/guerdon-XXXXXX");
    assert_non_null(mkdtemp(shop->folder));
    (void)snprintf(shop->path, sizeof shop->path, "%s/shop.db", shop->folder);
    const struct sqlite_options options = {.path = shop->path};
    arena_init(&shop->arena, BYTES_MAXIMUM);
    problem_list_init(&problems, &shop->arena);
    assert_int_equal(program_load(&shop->arena, TEXT("shop.yaml"), TEXT(program_text), &problems,
                                  &shop->program),
                     STATUS_OK);
    assert_int_equal(sqlite_store_open(&options, NULL, &shop->store), STATUS_OK);
    shop->next_position = 1;
    *context = shop;
    return 0;
}

static int close_shop(void **context)
{
    struct shop *shop = *context;
    char lock[80];
    store_close(shop->store);
    arena_release(&shop->arena);
    (void)snprintf(lock, sizeof lock, "%s.lock", shop->path);
    (void)unlink(lock);
    (void)unlink(shop->path);
    assert_int_equal(rmdir(shop->folder), 0);
    free(shop);
    return 0;
}

static void buy(struct shop *shop, uint32_t count)
{
    struct states states;
    assert_int_equal(states_init(&states, BYTES_MAXIMUM), STATUS_OK);
    for (uint32_t i = 0; i < count; i++) {
        char order[16];
        char member[16];
        struct decision decision;
        struct buffer body;
        uint64_t position = shop->next_position++;
        (void)snprintf(order, sizeof order, "o%d", (int)position);
        (void)snprintf(member, sizeof member, "m%d", (int)(position % MEMBERS));
        const struct item item = {.sku = TEXT("A"), .quantity = 1, .unit_price = {1050, 2}};
        const struct event event = {.type = EVENT_PURCHASE,
                                    .position = position,
                                    .occurred_at_us = NOON_US,
                                    .clock_us = NOON_US,
                                    .member = text_of(member),
                                    .order = text_of(order),
                                    .key = text_of(order),
                                    .items = &item,
                                    .item_count = 1};
        states_clear(&states);
        assert_int_equal(store_begin(shop->store), STATUS_OK);
        assert_int_equal(store_load_for(shop->store, shop->program, &event, &states), STATUS_OK);
        assert_int_equal(engine_decide(shop->program, &states, &event, NULL, &decision), STATUS_OK);
        buffer_init(&body, ENGINE_RECORD_MAXIMUM);
        assert_int_equal(engine_encode(&decision, &event, &body), STATUS_OK);
        const struct written written = {&decision, buffer_text(&body), &states};
        assert_int_equal(store_write(shop->store, &written), STATUS_OK);
        assert_int_equal(store_commit(shop->store), STATUS_OK);
        buffer_release(&body);
    }
    states_release(&states);
}

static struct store *open_reader(const struct shop *shop)
{
    struct store *reader = NULL;
    const struct sqlite_options options = {.path = shop->path, .is_read_only = true};
    assert_int_equal(sqlite_store_open(&options, NULL, &reader), STATUS_OK);
    return reader;
}

static struct store *open_tail(const struct shop *shop)
{
    struct store *tail = NULL;
    assert_int_equal(store_open_tail(open_reader(shop), &tail), STATUS_OK);
    return tail;
}

/* Whether both stores answer the same bytes for an entity that the first has. */
static bool is_same(struct store *store, struct store *other, enum entity_kind kind, const char *id)
{
    struct states ours;
    struct states theirs;
    const struct entity_key key = {.kind = kind, .id = text_of(id)};
    assert_int_equal(states_init(&ours, BYTES_MAXIMUM), STATUS_OK);
    assert_int_equal(states_init(&theirs, BYTES_MAXIMUM), STATUS_OK);
    assert_int_equal(states_add(&ours, &key), STATUS_OK);
    assert_int_equal(states_add(&theirs, &key), STATUS_OK);
    assert_int_equal(store_load(store, &ours, 0), STATUS_OK);
    assert_int_equal(store_load(other, &theirs, 0), STATUS_OK);
    assert_true(ours.list[0].size > 0);
    bool same = ours.list[0].size == theirs.list[0].size &&
                memcmp(ours.list[0].bytes, theirs.list[0].bytes, ours.list[0].size) == 0;
    states_release(&ours);
    states_release(&theirs);
    return same;
}

static void expect_all_the_same(const struct shop *shop, struct store *tail)
{
    char id[16];
    for (int i = 0; i < MEMBERS; i++) {
        (void)snprintf(id, sizeof id, "m%d", i);
        assert_true(is_same(shop->store, tail, ENTITY_MEMBER, id));
    }
    for (uint64_t position = 1; position < shop->next_position; position++) {
        (void)snprintf(id, sizeof id, "o%d", (int)position);
        assert_true(is_same(shop->store, tail, ENTITY_ORDER, id));
    }
}

static void states_that_are_not_written_down_are_seen(void **context)
{
    struct shop *shop = *context;
    buy(shop, 30);
    struct store *reader = open_reader(shop);
    struct store *tail = open_tail(shop);
    assert_false(is_same(shop->store, reader, ENTITY_MEMBER, "m1"));
    expect_all_the_same(shop, tail);
    store_close(reader);
    store_close(tail);
}

static void states_of_which_some_are_written_down_are_seen_once(void **context)
{
    struct shop *shop = *context;
    buy(shop, 30);
    assert_int_equal(store_write_behind(shop->store, true), STATUS_OK);
    buy(shop, 3);
    struct store *tail = open_tail(shop);
    expect_all_the_same(shop, tail);
    store_close(tail);
}

struct listed {
    uint32_t count;
    char last[16];
};

static enum status note(void *context, const struct entity_key *key, struct text bytes)
{
    struct listed *listed = context;
    assert_true(bytes.length > 0);
    assert_true(text_compare(text_of(listed->last), key->id) < 0);
    (void)snprintf(listed->last, sizeof listed->last, "%.*s", TEXT_ARGUMENTS(key->id));
    listed->count++;
    return STATUS_OK;
}

static void a_list_has_each_state_once_in_the_order_of_ids(void **context)
{
    struct shop *shop = *context;
    struct listed all = {.count = 0};
    struct listed some = {.count = 0};
    /* Written down: m1, m2, m3. Folded: m4, m5, m6, m0 and m1 again. */
    buy(shop, 3);
    assert_int_equal(store_write_behind(shop->store, true), STATUS_OK);
    buy(shop, 5);
    struct store *tail = open_tail(shop);
    assert_int_equal(store_each_state(tail, ENTITY_MEMBER, TEXT(""), note, &all), STATUS_OK);
    assert_int_equal(all.count, MEMBERS);
    assert_int_equal(store_each_state(tail, ENTITY_MEMBER, TEXT("m2"), note, &some), STATUS_OK);
    assert_int_equal(some.count, 4);
    assert_string_equal(some.last, "m6");
    store_close(tail);
}

static void nothing_can_be_written(void **context)
{
    struct shop *shop = *context;
    uint64_t position = 0;
    const struct entity_key key = {.kind = ENTITY_MEMBER, .id = TEXT("m1")};
    buy(shop, 10);
    struct store *tail = open_tail(shop);
    assert_int_equal(store_begin(tail), STATUS_INVALID);
    assert_int_equal(store_put(tail, DOCUMENT_SETTING, TEXT("a"), TEXT("b")), STATUS_INVALID);
    assert_int_equal(store_write_behind(tail, true), STATUS_INVALID);
    assert_int_equal(store_last_touched(tail, &key, &position), STATUS_OK);
    assert_int_equal(position, 8);
    store_close(tail);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(states_that_are_not_written_down_are_seen),
        TEST(states_of_which_some_are_written_down_are_seen_once),
        TEST(a_list_has_each_state_once_in_the_order_of_ids),
        TEST(nothing_can_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
