/* Pages: a member with any number of lots keeps a small state, and nobody can tell from its points.
 *
 * That pages change no answer and no balance is tested by pairs of random worlds in test_auditor.c;
 * here is what it looks like at full size.
 */
#include "world.h"

#include "engine/page.h"

#define STATE_MAXIMUM (16u << 10)
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) ||                           \
    __has_feature(thread_sanitizer)
#define MANY 3000
#else
#define MANY 20000
#endif

#define SHOP(wallet)                                                                               \
    "program: shop\ntimezone: UTC\ncurrency: EUR\nwallets:\n  points: " wallet                     \
    "\nrules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"

static const char *order_name(int number)
{
    static char name[20];
    (void)snprintf(name, sizeof name, "o%d", number);
    return name;
}

static const char *price(int points)
{
    static char text[20];
    (void)snprintf(text, sizeof text, "%d.00", points);
    return text;
}

static size_t size_of(struct world *world, const char *member)
{
    return bytes_of(world, ENTITY_MEMBER, member).length;
}

/* What a member keeps of its pages. */
static uint32_t pages_of(struct world *world, const char *member)
{
    struct text bytes = bytes_of(world, ENTITY_MEMBER, member);
    const struct state state = {.bytes = (uint8_t *)(uintptr_t)bytes.bytes,
                                .size = (uint32_t)bytes.length};
    return member_count(&state, SECTION_PAGES);
}

static uint32_t effects_of(const struct world *world, enum effect_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < world->decision.effect_count; i++)
        count += world->decision.effects[i].kind == kind;
    return count;
}

/* Orders first to last, each of as many points as `points` says, `apart_us` after the one before.
 */
static int64_t buy_many(struct world *world, const char *member, int first, int last, int points,
                        int64_t apart_us)
{
    int64_t sum = 0;
    for (int i = first; i <= last; i++) {
        int many = points == 0 ? 1 + i % 7 : points;
        world->now_us += apart_us;
        assert_done(buy(world, member, order_name(i), price(many)));
        assert_in_range(size_of(world, member), 1, STATE_MAXIMUM);
        sum += many;
    }
    return sum;
}

static void a_member_of_20000_purchases_keeps_a_small_state(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    int64_t sum = 0;
    int64_t early = 0;
    int64_t late = 0;
    for (int i = 0; i < MANY; i++) {
        sum += buy_many(&world, "ann", i, i, 0, MICROSECONDS_PER_SECOND);
        if (i >= 1000 && i < 2000) early += (int64_t)world.record.length;
        if (i >= MANY - 1000) late += (int64_t)world.record.length;
        assert_in_range(world.record.length, 1, 4096);
        assert_int_equal(effects_of(&world, EFFECT_LOTS_RECALLED), 0);
        assert_in_range(world.states.count, 1, 6);
    }
    assert_balance(&world, "ann", .available = sum);
    assert_in_range(pages_of(&world, "ann"), MANY / 256 - 3, MANY / 128);
    /* A purchase writes no more than before, but for the longer numbers. */
    assert_in_range(late, 1, early + early / 10);

    /* The very first, one in the middle and the last. */
    const int returned[] = {0, MANY / 2, MANY - 1};
    for (size_t i = 0; i < sizeof returned / sizeof *returned; i++) {
        assert_done(give_back_order(&world, order_name(returned[i])));
        sum -= 1 + returned[i] % 7;
        assert_int_equal(effects_of(&world, EFFECT_LOTS_RECALLED), i == 1);
        assert_int_equal(effect_sum(&world, EFFECT_LOT_TAKEN), 1 + returned[i] % 7);
        assert_balance(&world, "ann", .available = sum);
        assert_in_range(size_of(&world, "ann"), 1, STATE_MAXIMUM);
    }
    assert_answer(RETURN_EXCEEDS, give_back_item(&world, order_name(MANY / 2), "1", 1));

    /* Spending crosses pages, and a reversal puts every point back where it came from. */
    uint32_t before = pages_of(&world, "ann");
    assert_done(redeem(&world, "ann", 2500, "r1"));
    assert_in_range(effects_of(&world, EFFECT_LOTS_RECALLED), 2, 5);
    assert_balance(&world, "ann", .available = sum - 2500);
    assert_in_range(pages_of(&world, "ann"), 1, before - 1);
    assert_in_range(size_of(&world, "ann"), 1, STATE_MAXIMUM);
    assert_done(reverse(&world, "r1", 0));
    assert_balance(&world, "ann", .available = sum);
    assert_in_range(size_of(&world, "ann"), 1, STATE_MAXIMUM);
    assert_done(give_back_order(&world, order_name(1)));
    assert_int_equal(effect_sum(&world, EFFECT_LOT_TAKEN), 2);
    assert_balance(&world, "ann", .available = sum - 2);
    world_close(&world);
}

static void what_expired_in_pages_is_counted_once_by_returns(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{expires: {after: 12 months, on: end of year}}"));
    int64_t sum = buy_many(&world, "ann", 0, 1999, 3, 60 * MICROSECONDS_PER_SECOND);
    assert_in_range(pages_of(&world, "ann"), 4, 20);
    at(&world, "2029-01-01T00:00");
    assert_done(buy(&world, "ann", "new", "10.00"));
    assert_posted(&world, EXPIRED, sum);
    assert_int_equal(effects_of(&world, EFFECT_LOTS_RECALLED), 0); /* a class ends as a whole */
    assert_balance(&world, "ann", .available = 10);
    /* Nothing is taken of the living points: the returned ones expired. */
    assert_done(give_back_order(&world, order_name(700)));
    assert_int_equal(effect_sum(&world, EFFECT_SHORTFALL), 3);
    assert_int_equal(effect_sum(&world, EFFECT_EXPIRED_COUNTED), 3);
    assert_balance(&world, "ann", .available = 10);
    assert_int_equal(effects_of(&world, EFFECT_LOTS_RECALLED), 1);
    assert_done(give_back_order(&world, order_name(701)));
    assert_int_equal(effect_sum(&world, EFFECT_EXPIRED_COUNTED), 3);
    assert_balance(&world, "ann", .available = 10);
    assert_in_range(size_of(&world, "ann"), 1, STATE_MAXIMUM);
    world_close(&world);
}

static void points_that_each_end_at_their_own_instant_fill_mixed_pages(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{expires: 30 days}"));
    /* 40 an hour: 28,800 in 30 days; here so many that the first end while the last are bought. */
    int64_t apart_us = 90 * 60 * MICROSECONDS_PER_SECOND / 4;
    int64_t sum = buy_many(&world, "ann", 0, 1799, 1, apart_us);
    assert_in_range(pages_of(&world, "ann"), 5, 60);
    assert_balance(&world, "ann", .available = sum);
    assert_done(give_back_order(&world, order_name(900)));
    assert_int_equal(effect_sum(&world, EFFECT_LOT_TAKEN), 1);
    sum--;
    /* 30 days after the first purchase each is followed by the end of one. */
    sum += buy_many(&world, "ann", 1800, 2399, 1, apart_us);
    assert_int_equal(world.posted[ACCOUNT_EXPIRED], 2400 - 1920);
    assert_balance(&world, "ann", .available = sum - world.posted[ACCOUNT_EXPIRED]);
    assert_done(give_back_order(&world, order_name(100)));
    assert_int_equal(effect_sum(&world, EFFECT_EXPIRED_COUNTED), 1);
    world_close(&world);
}

static void pending_points_in_pages_are_released_and_reached_by_milestones(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: shop\ntimezone: UTC\ncurrency: EUR\nwallets:\n  points: "
                       "{pending: {until: shipped, at_latest: 30 days}}\n"
                       "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n");
    int64_t sum = buy_many(&world, "ann", 0, 999, 2, 3600 * MICROSECONDS_PER_SECOND / 2);
    assert_in_range(pages_of(&world, "ann"), 3, 60);
    assert_balance(&world, "ann", .pending = sum);
    assert_done(reach(&world, order_name(500), "shipped"));
    assert_balance(&world, "ann", .available = 2, .pending = sum - 2);
    world.now_us += 20 * MICROSECONDS_PER_DAY;
    int64_t released = 0;
    for (int i = 0; i <= 999; i++) {
        int64_t bought_us =
            instant(&world, "2027-03-01T12:00") + (i + 1) * INT64_C(1800) * MICROSECONDS_PER_SECOND;
        if (i == 500 || bought_us + 30 * MICROSECONDS_PER_DAY <= world.now_us) released += 2;
    }
    assert_balance(&world, "ann", .available = released, .pending = sum - released);
    assert_done(redeem(&world, "ann", released, NULL));
    assert_balance(&world, "ann", .pending = sum - released);
    world_close(&world);
}

/* What is pending has one release for each purchase, and one end for all of them, which the next
 * purchase moves. */
static void pending_points_that_are_renewed_together_fill_mixed_pages(void **context)
{
    struct world world;
    (void)context;
    world_open(&world,
               SHOP("{pending: 14 days, expires: {after: 12 months, renewed_by: [purchase]}, "
                    "on_return: {earned_but_spent: to zero}}"));
    int64_t sum = buy_many(&world, "ann", 0, 999, 0, MICROSECONDS_PER_SECOND);
    assert_balance(&world, "ann", .pending = sum);
    assert_in_range(pages_of(&world, "ann"), 1, 20);
    assert_done(give_back_order(&world, order_name(10)));
    sum -= 1 + 10 % 7;
    assert_balance(&world, "ann", .pending = sum);

    /* Half of them are released, then all, and a year after the last purchase they end together. */
    world.now_us += 14 * MICROSECONDS_PER_DAY - 500 * MICROSECONDS_PER_SECOND;
    int64_t released = 0;
    for (int i = 0; i < 500; i++)
        released += i == 10 ? 0 : 1 + i % 7;
    assert_balance(&world, "ann", .available = released, .pending = sum - released);
    world.now_us += MICROSECONDS_PER_DAY;
    assert_balance(&world, "ann", .available = sum);
    assert_done(redeem(&world, "ann", 100, NULL));
    assert_in_range(size_of(&world, "ann"), 1, STATE_MAXIMUM);
    world.now_us += 366 * MICROSECONDS_PER_DAY;
    assert_balance(&world, "ann", .available = 0);
    world_close(&world);
}

static void a_hold_of_everything_comes_back(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    int64_t sum = buy_many(&world, "ann", 0, 1999, 2, MICROSECONDS_PER_SECOND);
    assert_done(hold(&world, "ann", sum, "h1", "2027-04-01T00:00"));
    assert_in_range(size_of(&world, "ann"), 1, STATE_MAXIMUM);
    assert_balance(&world, "ann", .held = sum);
    assert_done(confirm(&world, "h1", 100));
    assert_balance(&world, "ann", .available = sum - 100);
    assert_done(hold(&world, "ann", sum - 100, "h2", "2027-05-01T00:00"));
    at(&world, "2027-05-01T00:00"); /* it lapses */
    assert_balance(&world, "ann", .available = sum - 100);
    assert_done(give_back_order(&world, order_name(1000)));
    assert_int_equal(effect_sum(&world, EFFECT_LOT_MOVED), sum - 100);
    assert_balance(&world, "ann", .available = sum - 102);
    assert_in_range(size_of(&world, "ann"), 1, STATE_MAXIMUM);
    world_close(&world);
}

static void members_with_pages_merge_and_part_again(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, SHOP("{}"));
    int64_t anns = buy_many(&world, "ann", 0, 1499, 2, MICROSECONDS_PER_SECOND);
    int64_t bobs = buy_many(&world, "bob", 1500, 2999, 3, MICROSECONDS_PER_SECOND);
    struct text old = bytes_of(&world, ENTITY_MEMBER, "bob");
    struct member before;
    memcpy(&before, old.bytes, sizeof before);
    assert_done(merge(&world, "bob", "ann"));
    assert_in_range(size_of(&world, "ann"), 1, STATE_MAXIMUM);
    assert_balance(&world, "ann", .available = anns + bobs);
    assert_done(give_back_order(&world, order_name(2200)));
    assert_int_equal(effect_sum(&world, EFFECT_LOT_TAKEN), 3);
    assert_balance(&world, "ann", .available = anns + bobs - 3);
    assert_done(unmerge(&world, "bob", "ann"));
    assert_balance(&world, "ann", .available = anns);
    assert_balance(&world, "bob", .available = bobs - 3);
    assert_in_range(pages_of(&world, "bob"), before.counts[SECTION_PAGES] - 1u, 30);
    assert_done(give_back_order(&world, order_name(700)));
    assert_done(give_back_order(&world, order_name(2201)));
    assert_balance(&world, "ann", .available = anns - 2);
    assert_balance(&world, "bob", .available = bobs - 6);
    assert_done(transfer(&world, "bob", "ann", 2000));
    assert_balance(&world, "ann", .available = anns - 2 + 2000);
    assert_in_range(size_of(&world, "ann"), 1, STATE_MAXIMUM);
    world_close(&world);
}

static void points_past_the_time_for_returns_merge_with_their_pages(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, "program: shop\ntimezone: UTC\ncurrency: EUR\nwallets:\n  points: {}\n"
                       "returns_within: 30 days\n"
                       "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
                       "  quick: {on: purchase, earn: 1 point, expires: 1 day}\n");
    int64_t sum = 0;
    for (int i = 0; i < 40; i++) {
        sum += buy_many(&world, "ann", i * 30, i * 30 + 29, 2, 600 * MICROSECONDS_PER_SECOND);
        world.now_us += MICROSECONDS_PER_DAY;
    }
    assert_in_range(pages_of(&world, "ann"), 1, 60);
    world.now_us += 70 * MICROSECONDS_PER_DAY; /* late returns too */
    assert_done(buy(&world, "ann", "late", "5.00"));
    assert_balance(&world, "ann", .available = sum + 6);
    assert_int_equal(pages_of(&world, "ann"), 0);
    assert_lots(&world, "ann",
                "available 1 ends 2027-06-28T20:00:00Z; available 2400; available 5");
    world_close(&world);
}

/* ---- damage ---- */

static struct page_lot *decoded(struct arena *arena, struct text bytes, uint32_t *count)
{
    struct page_lot *lots = NULL;
    return page_decode(arena, bytes, &lots, count) == STATUS_OK ? lots : NULL;
}

static void a_page_reads_as_written_and_not_when_it_is_cut(void **context)
{
    struct world world;
    uint32_t count;
    (void)context;
    world_open(&world, SHOP("{expires: 30 days}"));
    (void)buy_many(&world, "ann", 0, 99, 0, MICROSECONDS_PER_SECOND);
    struct text bytes = bytes_of(&world, ENTITY_MEMBER, "ann");
    const struct state state = {.bytes = (uint8_t *)(uintptr_t)bytes.bytes,
                                .size = (uint32_t)bytes.length};
    struct text page;
    assert_int_equal(page_encode(&world.event_arena, 7, &state, 10, 0, 40, &page), STATUS_OK);
    struct page_lot *lots = decoded(&world.event_arena, page, &count);
    assert_non_null(lots);
    assert_int_equal(count, 40);
    for (uint32_t i = 0; i < count; i++) {
        assert_memory_equal(&lots[i].lot, &member_lots(&state)[10 + i], sizeof(struct lot));
        assert_int_equal(lots[i].lot_class.expires_at_us,
                         member_classes(&state)[10 + i].expires_at_us);
    }
    for (size_t length = 0; length < page.length; length++) {
        assert_null(decoded(&world.event_arena, (struct text){page.bytes, length}, &count));
    }
    world_close(&world);
}

/* Folds one effect onto the member as it is stored. */
static enum status fold(struct world *world, struct effect effect, size_t *size)
{
    struct states states;
    struct entity_key key = {.kind = ENTITY_MEMBER, .id = TEXT("ann")};
    struct decision decision = {.position = world->position + 1,
                                .recorded_at_us = world->now_us,
                                .entities = &key,
                                .entity_count = 1,
                                .effects = &effect,
                                .effect_count = 1};
    assert_int_equal(states_init(&states, 1u << 20), STATUS_OK);
    assert_int_equal(states_add(&states, &key), STATUS_OK);
    assert_int_equal(store_load(world->store, &states, 0), STATUS_OK);
    enum status status = engine_apply(&states, &decision);
    *size = states.list[0].size;
    states_release(&states);
    return status;
}

static void assert_recall_makes_no_points(struct world *world, struct effect recall,
                                          const struct lot *lot, const struct page_reference *page)
{
    struct lot richer = *lot;
    size_t size;
    richer.remaining++;
    assert_int_equal(page_stand_in(&world->event_arena, &richer, page, &recall.payload), STATUS_OK);
    assert_int_equal(fold(world, recall, &size), STATUS_CORRUPT);
}

static void effects_on_pages_that_do_not_fit_are_refused(void **context)
{
    struct world world;
    size_t size;
    uint32_t entry = 0;
    (void)context;
    world_open(&world, SHOP("{}"));
    (void)buy_many(&world, "ann", 0, 999, 1, MICROSECONDS_PER_SECOND);
    struct text bytes = bytes_of(&world, ENTITY_MEMBER, "ann");
    const struct state state = {.bytes = (uint8_t *)(uintptr_t)bytes.bytes,
                                .size = (uint32_t)bytes.length};
    while (!lot_is_page(&member_lots(&state)[entry]))
        entry++;
    const struct lot lot = member_lots(&state)[entry];
    const struct page_reference page = member_pages(&state)[0];
    assert_in_range(entry, 32, 33);
    struct effect recall = {.kind = EFFECT_LOTS_RECALLED, .lot = entry, .reference = page.page};
    assert_int_equal(page_stand_in(&world.event_arena, &lot, &page, &recall.payload), STATUS_OK);
    assert_int_equal(fold(&world, recall, &size), STATUS_OK);
    const struct effect wrong[] = {
        {.kind = EFFECT_LOTS_RECALLED,
         .lot = entry + 1,
         .reference = page.page,
         .payload = recall.payload},
        {.kind = EFFECT_LOTS_RECALLED, .lot = 0, .reference = page.page, .payload = recall.payload},
        {.kind = EFFECT_LOTS_RECALLED,
         .lot = entry,
         .reference = page.page + 1,
         .payload = recall.payload},
        {.kind = EFFECT_LOTS_RECALLED, .lot = entry, .reference = page.page},
        {.kind = EFFECT_LOTS_RECALLED,
         .index = 1,
         .lot = entry,
         .reference = page.page,
         .payload = recall.payload},
        {.kind = EFFECT_LOT_TAKEN,
         .from = ACCOUNT_AVAILABLE,
         .to = ACCOUNT_REDEEMED,
         .lot = entry,
         .earning = lot.earning,
         .amount = 1},
        {.kind = EFFECT_LOTS_SPILLED, .lot = 0, .amount = 0, .reference = 1},
        {.kind = EFFECT_LOTS_SPILLED, .lot = 0, .amount = 100000, .reference = 1},
        {.kind = EFFECT_LOTS_SPILLED, .lot = 0, .amount = entry + 1, .reference = 1},
        {.kind = EFFECT_LOTS_SPILLED, .index = 1, .amount = 1, .reference = 1},
        {.kind = EFFECT_LOT_OPENED,
         .from = ACCOUNT_ISSUED,
         .to = ACCOUNT_AVAILABLE,
         .earning = 1,
         .amount = 1,
         .day = DAY_OF_PAGE},
        {.kind = EFFECT_PAGE_OPENED, .payload = recall.payload},
        {.kind = EFFECT_PAGE_CLOSED},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(fold(&world, wrong[i], &size), STATUS_CORRUPT);
    }
    assert_recall_makes_no_points(&world, recall, &lot, &page);
    assert_int_equal(
        fold(&world, (struct effect){.kind = EFFECT_LOTS_SPILLED, .amount = entry, .reference = 1},
             &size),
        STATUS_OK);
    assert_int_equal(size, bytes.length - entry * sizeof(struct lot) + sizeof(struct lot) +
                               sizeof(struct page_reference));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_of_20000_purchases_keeps_a_small_state),
        cmocka_unit_test(what_expired_in_pages_is_counted_once_by_returns),
        cmocka_unit_test(points_that_each_end_at_their_own_instant_fill_mixed_pages),
        cmocka_unit_test(pending_points_in_pages_are_released_and_reached_by_milestones),
        cmocka_unit_test(pending_points_that_are_renewed_together_fill_mixed_pages),
        cmocka_unit_test(a_hold_of_everything_comes_back),
        cmocka_unit_test(members_with_pages_merge_and_part_again),
        cmocka_unit_test(points_past_the_time_for_returns_merge_with_their_pages),
        cmocka_unit_test(a_page_reads_as_written_and_not_when_it_is_cut),
        cmocka_unit_test(effects_on_pages_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
