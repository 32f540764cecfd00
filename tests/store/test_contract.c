/* The store's contract, as every implementation must keep it: one suite, a table of openers.
 *
 * States of members and tallies are bytes of the test's own, for a store does not look into them;
 * orders are made by the engine, for a store asks it whose they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/store.h"

struct opener {
    const char *name;
    enum status (*open)(struct store **store);
};

static enum status open_memory(struct store **store)
{
    return memory_store_open(true, store);
}

static const struct opener openers[] = {
    {"memory", open_memory},
};

/* The implementation whose turn it is. */
static const struct opener *opener = &openers[0];

struct fixture {
    struct store *store;
    struct states states;
    struct arena arena;
    const struct program *program;
    uint64_t position;
};

static const char program_text[] = "program: shop\n"
                                   "currency: EUR\n"
                                   "wallets:\n"
                                   "  points: {}\n"
                                   "rules:\n"
                                   "  base: {on: purchase, earn: 1 point per 1.00 EUR of "
                                   "order.eligible}\n";

static int set_up(void **context)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    assert_int_equal(opener->open(&fixture->store), STATUS_OK);
    assert_int_equal(states_init(&fixture->states, 1u << 26), STATUS_OK);
    arena_init(&fixture->arena, 1u << 26);
    struct problem_list problems;
    problem_list_init(&problems, &fixture->arena);
    enum status status = program_load(&fixture->arena, TEXT("shop.yaml"), TEXT(program_text),
                                      &problems, &fixture->program);
    if (problems.count > 0) print_error("%.*s\n", TEXT_ARGUMENTS(problems.items[0].message));
    assert_int_equal(status, STATUS_OK);
    *context = fixture;
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    store_close(fixture->store);
    states_release(&fixture->states);
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

static void begin(struct fixture *fixture)
{
    assert_int_equal(store_begin(fixture->store), STATUS_OK);
}

static void commit(struct fixture *fixture)
{
    assert_int_equal(store_commit(fixture->store), STATUS_OK);
}

static enum status save(struct fixture *fixture, enum entity_kind kind, struct text id,
                        struct text bytes)
{
    struct entity_key key = {.kind = kind, .id = id};
    states_clear(&fixture->states);
    assert_int_equal(states_add(&fixture->states, &key), STATUS_OK);
    assert_int_equal(states_load(&fixture->states, 0, bytes.bytes, bytes.length), STATUS_OK);
    fixture->states.list[0].is_dirty = true;
    return store_save_dirty(fixture->store, &fixture->states);
}

/* What the store answers for a key, good until the next call; bytes NULL: there is no such entity.
 */
static struct text loaded(struct fixture *fixture, enum entity_kind kind, struct text id)
{
    struct entity_key key = {.kind = kind, .id = id};
    states_clear(&fixture->states);
    assert_int_equal(states_add(&fixture->states, &key), STATUS_OK);
    assert_int_equal(store_load(fixture->store, &fixture->states, 0), STATUS_OK);
    const struct state *state = &fixture->states.list[0];
    assert_true(state->is_loaded);
    return (struct text){(const char *)state->bytes, state->bytes == NULL ? 0 : state->size};
}

static void assert_loads(struct fixture *fixture, enum entity_kind kind, struct text id,
                         struct text bytes)
{
    struct text found = loaded(fixture, kind, id);
    assert_int_equal(found.length, bytes.length);
    assert_memory_equal(found.bytes, bytes.bytes, bytes.length);
}

static void assert_absent(struct fixture *fixture, enum entity_kind kind, struct text id)
{
    assert_null(loaded(fixture, kind, id).bytes);
}

static void what_was_saved_is_loaded_in_the_batch_and_after_it(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("first")), STATUS_OK);
    assert_loads(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("first"));
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("second, and longer by far")),
                     STATUS_OK);
    commit(fixture);
    assert_loads(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("second, and longer by far"));
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("3")), STATUS_OK);
    commit(fixture);
    assert_loads(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("3"));
}

static void an_entity_saved_without_bytes_is_gone(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_PAGE, TEXT("p"), TEXT("lots")), STATUS_OK);
    commit(fixture);
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_PAGE, TEXT("p"), (struct text){"", 0}), STATUS_OK);
    assert_absent(fixture, ENTITY_PAGE, TEXT("p"));
    store_rollback(fixture->store);
    assert_loads(fixture, ENTITY_PAGE, TEXT("p"), TEXT("lots"));
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_PAGE, TEXT("p"), (struct text){"", 0}), STATUS_OK);
    commit(fixture);
    assert_absent(fixture, ENTITY_PAGE, TEXT("p"));
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_PAGE, TEXT("p"), TEXT("new")), STATUS_OK);
    commit(fixture);
    assert_loads(fixture, ENTITY_PAGE, TEXT("p"), TEXT("new"));
}

static void an_entity_that_was_never_saved_is_absent(void **context)
{
    struct fixture *fixture = *context;
    assert_absent(fixture, ENTITY_MEMBER, TEXT("ann"));
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("state")), STATUS_OK);
    commit(fixture);
    assert_absent(fixture, ENTITY_MEMBER, TEXT("an"));
    assert_absent(fixture, ENTITY_MEMBER, TEXT("anna"));
    assert_absent(fixture, ENTITY_MEMBER, TEXT(""));
}

static void equal_ids_of_different_kinds_are_different_entities(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("7"), TEXT("member")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_TALLY, TEXT("7"), TEXT("tally")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_KEY, TEXT("7"), TEXT("key")), STATUS_OK);
    commit(fixture);
    assert_loads(fixture, ENTITY_MEMBER, TEXT("7"), TEXT("member"));
    assert_loads(fixture, ENTITY_TALLY, TEXT("7"), TEXT("tally"));
    assert_loads(fixture, ENTITY_KEY, TEXT("7"), TEXT("key"));
    assert_absent(fixture, ENTITY_REDEMPTION, TEXT("7"));
}

static void ids_and_states_hold_any_byte(void **context)
{
    struct fixture *fixture = *context;
    struct text id = {"a\0b", 3};
    struct text bytes = {"\0\xff\0", 3};
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_TALLY, id, bytes), STATUS_OK);
    commit(fixture);
    assert_loads(fixture, ENTITY_TALLY, id, bytes);
    assert_absent(fixture, ENTITY_TALLY, TEXT("a"));
}

static void only_dirty_states_are_saved(void **context)
{
    struct fixture *fixture = *context;
    struct entity_key key = {.kind = ENTITY_MEMBER, .id = TEXT("ann")};
    assert_int_equal(states_add(&fixture->states, &key), STATUS_OK);
    assert_int_equal(states_load(&fixture->states, 0, "clean", 5), STATUS_OK);
    begin(fixture);
    assert_int_equal(store_save_dirty(fixture->store, &fixture->states), STATUS_OK);
    commit(fixture);
    assert_absent(fixture, ENTITY_MEMBER, TEXT("ann"));
}

static void a_rollback_forgets_all_of_the_batch_and_nothing_else(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("kept")), STATUS_OK);
    assert_int_equal(store_append(fixture->store, 1, TEXT("record 1")), STATUS_OK);
    commit(fixture);
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("changed, and much longer")),
                     STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("bob"), TEXT("new")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("again")), STATUS_OK);
    assert_int_equal(store_append(fixture->store, 2, TEXT("record 2")), STATUS_OK);
    store_rollback(fixture->store);
    assert_loads(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("kept"));
    assert_absent(fixture, ENTITY_MEMBER, TEXT("bob"));
    begin(fixture);
    /* The position is free again. */
    assert_int_equal(store_append(fixture->store, 2, TEXT("another 2")), STATUS_OK);
    commit(fixture);
}

static void calls_out_of_turn_are_refused(void **context)
{
    struct fixture *fixture = *context;
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("x")), STATUS_INVALID);
    assert_int_equal(store_append(fixture->store, 1, TEXT("x")), STATUS_INVALID);
    assert_int_equal(store_commit(fixture->store), STATUS_INVALID);
    begin(fixture);
    assert_int_equal(store_begin(fixture->store), STATUS_INVALID);
    assert_int_equal(store_append(fixture->store, 5, TEXT("x")), STATUS_OK);
    assert_int_equal(store_append(fixture->store, 5, TEXT("x")), STATUS_INVALID);
    assert_int_equal(store_append(fixture->store, 4, TEXT("x")), STATUS_INVALID);
    commit(fixture);
}

/* Everything that a reader is shown, one after the other. */
static enum status list_record(void *context, uint64_t position, struct text record)
{
    return buffer_add_format(context, "%llu=%.*s;", (unsigned long long)position,
                             TEXT_ARGUMENTS(record));
}

static enum status list_state(void *context, const struct entity_key *key, struct text bytes)
{
    return buffer_add_format(context, "%.*s=%.*s;", TEXT_ARGUMENTS(key->id), TEXT_ARGUMENTS(bytes));
}

static void assert_listed(struct fixture *fixture, const char *records, const char *members)
{
    struct buffer list;
    buffer_init(&list, 1u << 20);
    assert_int_equal(store_each_record(fixture->store, list_record, &list), STATUS_OK);
    assert_int_equal(buffer_add_byte(&list, '\0'), STATUS_OK);
    assert_string_equal(list.bytes, records);
    buffer_clear(&list);
    assert_int_equal(store_each_state(fixture->store, ENTITY_MEMBER, list_state, &list), STATUS_OK);
    assert_int_equal(buffer_add_byte(&list, '\0'), STATUS_OK);
    assert_string_equal(list.bytes, members);
    buffer_release(&list);
}

static void readers_see_what_was_committed_alone(void **context)
{
    struct fixture *fixture = *context;
    assert_listed(fixture, "", "");
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("1")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_TALLY, TEXT("stock"), TEXT("9")), STATUS_OK);
    assert_int_equal(store_append(fixture->store, 1, TEXT("a")), STATUS_OK);
    assert_listed(fixture, "", "");
    commit(fixture);
    assert_listed(fixture, "1=a;", "ann=1;");
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("bob"), TEXT("2")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("3")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("4")), STATUS_OK);
    assert_int_equal(store_append(fixture->store, 3, TEXT("b")), STATUS_OK);
    assert_listed(fixture, "1=a;", "ann=1;");
    commit(fixture);
    assert_listed(fixture, "1=a;3=b;", "ann=4;bob=2;");
}

static void states_come_in_the_same_order_whatever_was_rolled_back(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("dora"), TEXT("x")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("cleo"), TEXT("x")), STATUS_OK);
    store_rollback(fixture->store);
    begin(fixture);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("ann"), TEXT("1")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("bob"), TEXT("2")), STATUS_OK);
    assert_int_equal(save(fixture, ENTITY_MEMBER, TEXT("cleo"), TEXT("3")), STATUS_OK);
    commit(fixture);
    assert_listed(fixture, "", "ann=1;bob=2;cleo=3;");
}

static enum status stop_at_once(void *context, uint64_t position, struct text record)
{
    (void)position;
    (void)record;
    ++*(int *)context;
    return STATUS_INTERRUPTED;
}

static void a_visitor_can_stop_the_visit(void **context)
{
    struct fixture *fixture = *context;
    int visits = 0;
    begin(fixture);
    assert_int_equal(store_append(fixture->store, 1, TEXT("a")), STATUS_OK);
    assert_int_equal(store_append(fixture->store, 2, TEXT("b")), STATUS_OK);
    commit(fixture);
    assert_int_equal(store_each_record(fixture->store, stop_at_once, &visits), STATUS_INTERRUPTED);
    assert_int_equal(visits, 1);
}

/* A small model of what should be in the store: by number, how long its state is and which byte
 * fills it. */
#define MODEL_COUNT 3000
#define MODEL_STATE_MAXIMUM 3000
struct model_state {
    size_t length; /* 0: absent */
    unsigned char fill;
};

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void check_model(struct fixture *fixture, const struct model_state *model)
{
    static char expected[MODEL_STATE_MAXIMUM];
    for (size_t i = 0; i < MODEL_COUNT; i++) {
        char id[16];
        size_t length = (size_t)snprintf(id, sizeof id, "member %zu", i);
        struct text found = loaded(fixture, ENTITY_MEMBER, (struct text){id, length});
        assert_int_equal(found.length, model[i].length);
        memset(expected, model[i].fill, model[i].length);
        if (found.length > 0) assert_memory_equal(found.bytes, expected, found.length);
    }
}

static void random_batches_leave_what_a_simple_model_says(void **context)
{
    struct fixture *fixture = *context;
    static struct model_state committed[MODEL_COUNT];
    static struct model_state open[MODEL_COUNT];
    static char bytes[MODEL_STATE_MAXIMUM];
    memset(committed, 0, sizeof committed);
    memset(open, 0, sizeof open);
    uint64_t seed = UINT64_C(0x5DEECE66D);
    for (int batch = 0; batch < 300; batch++) {
        begin(fixture);
        int saves = (int)(next_random(&seed) % 60);
        for (int i = 0; i < saves; i++) {
            size_t number = next_random(&seed) % MODEL_COUNT;
            char id[16];
            size_t id_length = (size_t)snprintf(id, sizeof id, "member %zu", number);
            size_t length = 1 + next_random(&seed) % (MODEL_STATE_MAXIMUM - 1);
            if (next_random(&seed) % 4 > 0) length = 1 + length % 300;
            open[number] = (struct model_state){length, (unsigned char)next_random(&seed)};
            memset(bytes, open[number].fill, length);
            assert_int_equal(save(fixture, ENTITY_MEMBER, (struct text){id, id_length},
                                  (struct text){bytes, length}),
                             STATUS_OK);
        }
        if (next_random(&seed) % 3 == 0) {
            store_rollback(fixture->store);
            memcpy(open, committed, sizeof open);
        } else {
            commit(fixture);
            memcpy(committed, open, sizeof open);
        }
        if (batch % 50 == 49) check_model(fixture, committed);
    }
}

/* Passes an event through the engine and saves what it changed. */
static void pass(struct fixture *fixture, struct event *event)
{
    struct decision decision;
    event->position = ++fixture->position;
    event->occurred_at_us = (int64_t)fixture->position * MICROSECONDS_PER_SECOND;
    event->clock_us = event->occurred_at_us;
    states_clear(&fixture->states);
    assert_int_equal(store_load_for(fixture->store, fixture->program, event, &fixture->states),
                     STATUS_OK);
    assert_int_equal(engine_decide(fixture->program, &fixture->states, event, NULL, &decision),
                     STATUS_OK);
    assert_int_equal(decision.answer, ANSWER_DONE);
    assert_int_equal(store_save_dirty(fixture->store, &fixture->states), STATUS_OK);
}

static void buy(struct fixture *fixture, struct text member, struct text order, struct text sku,
                int64_t quantity)
{
    struct item item = {.sku = sku, .quantity = quantity, .unit_price = {100, 2}};
    struct event event = {
        .type = EVENT_PURCHASE, .member = member, .order = order, .items = &item, .item_count = 1};
    pass(fixture, &event);
}

static void join(struct fixture *fixture, struct text member)
{
    struct event event = {.type = EVENT_JOIN, .member = member};
    pass(fixture, &event);
}

/* The orders that a LINES look-up is answered with, each with its length before it. */
static void assert_lines(struct fixture *fixture, struct text member, struct text sku,
                         int64_t units, const char *orders)
{
    struct entity_key key = {.kind = ENTITY_LINES, .id = member, .sku = sku, .units = units};
    states_clear(&fixture->states);
    assert_int_equal(states_add(&fixture->states, &key), STATUS_OK);
    assert_int_equal(store_load(fixture->store, &fixture->states, 0), STATUS_OK);
    const struct state *state = &fixture->states.list[0];
    assert_true(state->is_loaded);
    struct text found = {(const char *)state->bytes, state->size};
    if (!text_equal(found, text_of(orders)))
        print_error("found %.*s, not %s\n", TEXT_ARGUMENTS(found), orders);
    assert_true(text_equal(found, text_of(orders)));
}

static void lines_are_found_in_the_newest_orders_until_the_units_suffice(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    join(fixture, TEXT("ann"));
    join(fixture, TEXT("bob"));
    buy(fixture, TEXT("ann"), TEXT("o1"), TEXT("A"), 5);
    buy(fixture, TEXT("bob"), TEXT("o2"), TEXT("A"), 5);
    buy(fixture, TEXT("ann"), TEXT("o3"), TEXT("B"), 5);
    commit(fixture);
    begin(fixture);
    buy(fixture, TEXT("ann"), TEXT("o4"), TEXT("A"), 2);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 1, "\2o4");
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 2, "\2o4");
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 3, "\2o4\2o1");
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 100, "\2o4\2o1");
    assert_lines(fixture, TEXT("bob"), TEXT("A"), 100, "\2o2");
    assert_lines(fixture, TEXT("ann"), TEXT("C"), 1, "");
    assert_lines(fixture, TEXT("nobody"), TEXT("A"), 1, "");
    store_rollback(fixture->store);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 100, "\2o1");
}

static void lines_that_were_returned_are_not_found(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    join(fixture, TEXT("ann"));
    buy(fixture, TEXT("ann"), TEXT("o1"), TEXT("A"), 5);
    buy(fixture, TEXT("ann"), TEXT("o2"), TEXT("A"), 3);
    struct returned returned = {.sku = TEXT("A"), .quantity = 4};
    struct event event = {.type = EVENT_RETURN_BY_SKU,
                          .member = TEXT("ann"),
                          .returns = &returned,
                          .return_count = 1};
    pass(fixture, &event);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 100, "\2o1");
    commit(fixture);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 100, "\2o1");
}

static void orders_hang_together_even_where_batches_were_rolled_back(void **context)
{
    struct fixture *fixture = *context;
    begin(fixture);
    join(fixture, TEXT("ann"));
    buy(fixture, TEXT("ann"), TEXT("o1"), TEXT("A"), 1);
    store_rollback(fixture->store);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 9, "");
    begin(fixture);
    join(fixture, TEXT("ann"));
    buy(fixture, TEXT("ann"), TEXT("o2"), TEXT("A"), 1);
    commit(fixture);
    begin(fixture);
    buy(fixture, TEXT("ann"), TEXT("o3"), TEXT("A"), 1);
    buy(fixture, TEXT("ann"), TEXT("o4"), TEXT("A"), 1);
    store_rollback(fixture->store);
    begin(fixture);
    buy(fixture, TEXT("ann"), TEXT("o5"), TEXT("A"), 1);
    commit(fixture);
    assert_lines(fixture, TEXT("ann"), TEXT("A"), 9, "\2o5\2o2");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_was_saved_is_loaded_in_the_batch_and_after_it),
        CASE(an_entity_saved_without_bytes_is_gone),
        CASE(an_entity_that_was_never_saved_is_absent),
        CASE(equal_ids_of_different_kinds_are_different_entities),
        CASE(ids_and_states_hold_any_byte),
        CASE(only_dirty_states_are_saved),
        CASE(a_rollback_forgets_all_of_the_batch_and_nothing_else),
        CASE(calls_out_of_turn_are_refused),
        CASE(readers_see_what_was_committed_alone),
        CASE(states_come_in_the_same_order_whatever_was_rolled_back),
        CASE(a_visitor_can_stop_the_visit),
        CASE(random_batches_leave_what_a_simple_model_says),
        CASE(lines_are_found_in_the_newest_orders_until_the_units_suffice),
        CASE(lines_that_were_returned_are_not_found),
        CASE(orders_hang_together_even_where_batches_were_rolled_back),
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof openers / sizeof openers[0]; i++) {
        opener = &openers[i];
        failed += cmocka_run_group_tests_name(opener->name, tests, NULL, NULL);
    }
    return failed;
}
