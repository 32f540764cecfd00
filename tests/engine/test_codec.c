/* Records and states as bytes: round trips, and what damaged ones do: an error, never a crash.
 *
 * Under the sanitizers a read past an end or of a wild index stops the test.
 */
#include "world.h"

#define SHOP                                                                                       \
    "program: shop\ncurrency: EUR\nreturns_within: 60 days\neligible: {shipping: included}\n"      \
    "wallets:\n  points:\n    expires: {after: 30 days, renewed_by: [purchase]}\n"                 \
    "    on_return: {earned_but_spent: below zero, spent_lot_expired: live 10 days}\n"             \
    "  stars: {expires: 60 days, pending: {until: shipped, at_latest: 20 days}}\n"                 \
    "counters:\n  spend: {sum: order.eligible, window: 30 days}\n"                                 \
    "  books: {sum: item.quantity, if: {category: books}}\n"                                       \
    "tiers:\n  club: {measured_by: spend, levels: {silver: {from: 10.00 EUR}, "                    \
    "gold: {from: 50.00 EUR}}, grace: 3 days, on_return: re-evaluate}\n"                           \
    "rules:\n  base:\n    on: purchase\n    earn: 1 point per 1.00 EUR\n"                          \
    "    boosts: {web: {if: {category: books}, by: 1.5}}\n"                                        \
    "  star: {on: purchase, earn: 3 stars, limit: {per_member: 2 per calendar week, in_all: "      \
    "90}}\n"                                                                                       \
    "campaigns:\n  spring: {budget: 40 points, rules: {extra: {on: purchase, earn: 9 points}}}\n"  \
    "rewards:\n  mug: {cost: 5 points, stock: 9, limit: {per_member: 3 per 7 days}}\n"

#define STORY_LENGTH 16

/* One event of a story in which nearly every kind of effect happens; the time moves on with it. */
static enum answer tell(struct world *world, int step)
{
    world->now_us += MICROSECONDS_PER_DAY;
    switch (step) {
    case 0:
        return happen(world, EVENT(PURCHASE("ann", "o1"),
                                   ITEMS(ITEM_WITH("B", 3, "10.00", .category = TEXT("books")),
                                         ITEM_WITH("A", 1, "5.50", .id = TEXT("a line"))),
                                   .shipping = 400, .discount = 100, .key = TEXT("k1")));
    case 1:
        return happen(world, EVENT(PURCHASE("bob", "o2"), ITEMS(ITEM("A", 1, "20.125")),
                                   .paid_with_points = 100));
    case 2:
        return hold_reward(world, "ann", "mug", "h1", "2027-06-01T00:00");
    case 3:
        return happen(world, EVENT(PURCHASE("ann", "o3"), ITEMS(ITEM("A", 2, "30.00")),
                                   .wallet = TEXT("points"), .amount = 12));
    case 4:
        return redeem(world, "ann", 20, "r1");
    case 5:
        return give_back_item(world, "o1", "1", 2);
    case 6:
        return reach(world, "o1", "shipped");
    case 7:
        return transfer(world, "bob", "ann", 4);
    case 8:
        return adjust(world, "bob", 7);
    case 9:
        return merge(world, "bob", "ann");
    case 10:
        return give_back_sku(world, "ann", "A", 1);
    case 11:
        return confirm(world, "h1", 3);
    case 12:
        return unmerge(world, "bob", "ann");
    case 13:
        return reverse(world, "r1", 15);
    case 14:
        return give_back_order(world, "o3");
    default:
        world->now_us += 50 * MICROSECONDS_PER_DAY;
        return happen(world, EVENT(.type = EVENT_SETTLE, .member = TEXT("ann")));
    }
}

static enum status decode(struct world *world, const void *bytes, size_t size,
                          struct decision *decision)
{
    arena_clear(&world->event_arena);
    return engine_decode((struct text){bytes, size}, &world->event_arena, decision);
}

static void a_record_cut_anywhere_is_corrupt(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    for (int step = 0; step < STORY_LENGTH; step++) {
        struct decision decision;
        assert_done(tell(&world, step));
        for (size_t size = 0; size < world.record.length; size++) {
            /* A copy of exactly that size, so that reading on is noticed. */
            char *cut = malloc(size + 1);
            assert_non_null(cut);
            memcpy(cut, world.record.bytes, size);
            assert_int_equal(decode(&world, cut, size, &decision), STATUS_CORRUPT);
            free(cut);
        }
    }
    world_close(&world);
}

static void a_record_with_something_behind_it_or_of_another_version_is_corrupt(void **context)
{
    struct world world;
    struct decision decision;
    (void)context;
    world_open(&world, SHOP);
    assert_done(tell(&world, 0));
    struct buffer *record = &world.record;
    assert_int_equal(buffer_add(record, TEXT("x")), STATUS_OK);
    assert_int_equal(decode(&world, record->bytes, record->length, &decision), STATUS_CORRUPT);
    record->bytes[0] = ENGINE_RECORD_VERSION + 1;
    assert_int_equal(decode(&world, record->bytes, record->length - 1, &decision), STATUS_CORRUPT);
    world_close(&world);
}

/* Loads what the event needs, the states of one kind with one byte changed. */
static enum status load_damaged(struct world *world, const struct event *event,
                                enum entity_kind kind, size_t at_byte, uint8_t flip, bool cut)
{
    states_clear(&world->states);
    for (int round = 0; round < 16; round++) {
        uint32_t added;
        TRY(engine_plan(world->program, event, &world->states, &added));
        bool is_complete = added == 0;
        for (uint32_t i = 0; i < world->states.count; i++) {
            struct state *state = &world->states.list[i];
            if (state->is_loaded) continue;
            is_complete = false;
            TRY(store_load(world->store, &world->states, i));
            if (state->key.kind != kind || at_byte >= state->size) continue;
            if (cut) {
                state->size = (uint32_t)at_byte;
            } else {
                state->bytes[at_byte] ^= flip;
            }
        }
        if (is_complete) return STATUS_OK;
    }
    return STATUS_LIMIT;
}

static void check_survives(struct world *world, struct event event, enum entity_kind kind,
                           size_t at_byte, uint8_t flip, bool cut)
{
    struct decision decision;
    event.position = world->position + 1;
    event.clock_us = event.occurred_at_us = world->now_us + MICROSECONDS_PER_DAY;
    enum status status = load_damaged(world, &event, kind, at_byte, flip, cut);
    if (status == STATUS_OK) {
        status = engine_decide(world->program, &world->states, &event, NULL, &decision);
    }
    assert_true(status == STATUS_OK || status == STATUS_CORRUPT || status == STATUS_OVERFLOW ||
                status == STATUS_LIMIT || status == STATUS_NO_MEMORY);
    if (cut && at_byte > 0) assert_int_equal(status, STATUS_CORRUPT);
}

struct damage_case {
    enum entity_kind kind;
    const char *id;
    struct event event;
};

static void check_damage(struct world *world, const struct damage_case *cases, size_t count)
{
    static const uint8_t flips[] = {0x01, 0x80, 0xff};
    for (size_t c = 0; c < count; c++) {
        size_t size = bytes_of(world, cases[c].kind, cases[c].id).length;
        assert_true(size > 0);
        for (size_t i = 0; i < size; i++) {
            check_survives(world, cases[c].event, cases[c].kind, i, 0, true);
            for (size_t f = 0; f < sizeof flips; f++) {
                check_survives(world, cases[c].event, cases[c].kind, i, flips[f], false);
            }
        }
    }
}

static void
a_state_cut_anywhere_is_corrupt_and_one_with_a_changed_byte_never_crashes(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP);
    for (int step = 0; step < 10; step++)
        assert_done(tell(&world, step));
    assert_done(hold(&world, "ann", 2, "h2", "2027-07-01T00:00"));
    const struct damage_case cases[] = {
        {ENTITY_ORDER, "o1", EVENT(.type = EVENT_RETURN, .order = TEXT("o1"))},
        {ENTITY_ORDER, "o3",
         EVENT(.type = EVENT_MILESTONE, .order = TEXT("o3"), .milestone = TEXT("shipped"))},
        {ENTITY_REDEMPTION, "h2", EVENT(.type = EVENT_CONFIRM, .id = TEXT("h2"), .amount = 1)},
        {ENTITY_REDEMPTION, "r1", EVENT(.type = EVENT_REVERSE, .id = TEXT("r1"))},
        {ENTITY_MEMBER, "ann", EVENT(PURCHASE("ann", "o9"), ITEMS(ITEM("A", 1, "9.00")))},
        {ENTITY_MEMBER, "ann",
         EVENT(.type = EVENT_UNMERGE, .member = TEXT("bob"), .other_member = TEXT("ann"))},
        {ENTITY_MEMBER, "ann", EVENT(.type = EVENT_CANCEL, .id = TEXT("h2"))},
    };
    check_damage(&world, cases, sizeof cases / sizeof *cases);
    world_close(&world);
}

/* Folds the damaged record onto what was before the event, as reading a damaged journal would. */
static void check_fold_survives(struct world *world, const struct buffer *record, size_t at_byte,
                                uint8_t flip)
{
    struct decision decision;
    char *bytes = malloc(record->length);
    assert_non_null(bytes);
    memcpy(bytes, record->bytes, record->length);
    bytes[at_byte] = (char)(bytes[at_byte] ^ flip);
    if (decode(world, bytes, record->length, &decision) == STATUS_OK) {
        states_clear(&world->states);
        for (uint32_t i = 0; i < decision.entity_count; i++) {
            if (states_find(&world->states, &decision.entities[i]) != NULL) continue;
            assert_int_equal(states_add(&world->states, &decision.entities[i]), STATUS_OK);
            assert_int_equal(store_load(world->store, &world->states, world->states.count - 1),
                             STATUS_OK);
        }
        enum status status = engine_apply(&world->states, &decision);
        assert_true(status == STATUS_OK || status == STATUS_CORRUPT || status == STATUS_OVERFLOW ||
                    status == STATUS_LIMIT || status == STATUS_NO_MEMORY);
    }
    free(bytes);
}

static void a_record_with_a_changed_byte_never_crashes_the_fold(void **context)
{
    static const uint8_t flips[] = {0x01, 0x40, 0x80, 0xff};
    (void)context;
    for (int step = 0; step < STORY_LENGTH; step++) {
        struct world told;
        struct world before;
        struct buffer record;
        world_open(&told, SHOP);
        world_open(&before, SHOP);
        for (int i = 0; i <= step; i++) {
            assert_done(tell(&told, i));
            if (i < step) assert_done(tell(&before, i));
        }
        buffer_init(&record, ENGINE_RECORD_MAXIMUM);
        assert_int_equal(buffer_add(&record, buffer_text(&told.record)), STATUS_OK);
        for (size_t i = 0; i < record.length; i++) {
            for (size_t f = 0; f < sizeof flips; f++)
                check_fold_survives(&before, &record, i, flips[f]);
        }
        buffer_release(&record);
        world_close(&told);
        world_close(&before);
    }
}

static void an_order_state_tells_its_member_and_units_and_says_when_it_is_cut(void **context)
{
    struct world world;
    struct text member;
    uint64_t position;
    int64_t units;
    (void)context;
    world_open(&world, SHOP);
    assert_done(tell(&world, 0));
    struct text order = bytes_of(&world, ENTITY_ORDER, "o1");
    assert_int_equal(order_bytes_member(order.bytes, order.length, &member, &position), STATUS_OK);
    assert_true(text_equal(member, TEXT("ann")));
    assert_int_equal(position, 1);
    assert_int_equal(order_bytes_units(order.bytes, order.length, TEXT("B"), &units), STATUS_OK);
    assert_int_equal(units, 3);
    assert_int_equal(order_bytes_units(order.bytes, order.length, TEXT("Z"), &units), STATUS_OK);
    assert_int_equal(units, 0);
    assert_int_equal(order_bytes_units("", 0, TEXT("B"), &units), STATUS_CORRUPT);
    assert_int_equal(order_bytes_member("\x07zz", 3, &member, &position), STATUS_CORRUPT);
    world_close(&world);
}

static void a_stamp_is_read_from_whole_states_alone(void **context)
{
    struct world world;
    uint64_t position = 0;
    uint64_t sequence = 0;
    (void)context;
    world_open(&world, SHOP);
    for (int step = 0; step < 6; step++)
        assert_done(tell(&world, step));
    struct text order = bytes_of(&world, ENTITY_ORDER, "o1");
    assert_int_equal(
        entity_bytes_stamp(ENTITY_ORDER, order.bytes, order.length, &position, &sequence),
        STATUS_OK);
    assert_int_equal(position, 6); /* bought in the first event, returned from in the sixth */
    assert_int_equal(sequence, 2);
    struct text key = bytes_of(&world, ENTITY_KEY, "k1");
    assert_int_equal(entity_bytes_stamp(ENTITY_KEY, key.bytes, key.length, &position, &sequence),
                     STATUS_OK);
    assert_int_equal(position, 1);
    static const enum entity_kind kinds[] = {ENTITY_MEMBER, ENTITY_ORDER, ENTITY_REDEMPTION,
                                             ENTITY_TALLY,  ENTITY_KEY,   ENTITY_PAGE};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        assert_int_equal(entity_bytes_stamp(kinds[i], NULL, 0, &position, &sequence),
                         STATUS_CORRUPT);
        assert_int_equal(entity_bytes_stamp(kinds[i], "\xff", 1, &position, &sequence),
                         STATUS_CORRUPT);
    }
    assert_int_equal(entity_bytes_stamp(ENTITY_LINES, "\x01", 1, &position, &sequence),
                     STATUS_CORRUPT);
    world_close(&world);
}

static void the_arena_of_a_working_set_has_an_end(void **context)
{
    struct world world;
    struct states small;
    (void)context;
    world_open(&world, SHOP);
    assert_done(tell(&world, 0));
    struct event event = EVENT(PURCHASE("ann", "o9"), ITEMS(ITEM("A", 1, "9.00")), .position = 99,
                               .clock_us = world.now_us, .occurred_at_us = world.now_us);
    bool has_failed = false;
    bool has_passed = false;
    for (size_t bytes = 256; bytes < (1u << 16); bytes += bytes / 8) {
        struct decision decision;
        enum status status = states_init(&small, bytes);
        if (status == STATUS_NO_MEMORY) continue;
        assert_int_equal(status, STATUS_OK);
        status = store_load_for(world.store, world.program, &event, &small);
        if (status == STATUS_OK) {
            status = engine_decide(world.program, &small, &event, NULL, &decision);
        }
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        has_failed = has_failed || status == STATUS_NO_MEMORY;
        has_passed = has_passed || status == STATUS_OK;
        states_release(&small);
    }
    assert_true(has_failed && has_passed);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_cut_anywhere_is_corrupt),
        cmocka_unit_test(a_record_with_something_behind_it_or_of_another_version_is_corrupt),
        cmocka_unit_test(a_state_cut_anywhere_is_corrupt_and_one_with_a_changed_byte_never_crashes),
        cmocka_unit_test(a_record_with_a_changed_byte_never_crashes_the_fold),
        cmocka_unit_test(an_order_state_tells_its_member_and_units_and_says_when_it_is_cut),
        cmocka_unit_test(a_stamp_is_read_from_whole_states_alone),
        cmocka_unit_test(the_arena_of_a_working_set_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
