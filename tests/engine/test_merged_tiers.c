/* Levels and merging: the level that two members reach together comes with their merge, and goes
 * with its undoing, so that everybody stands where it would without either. */
#include "engine/member.h"
#include "world.h"

#define CLUB(window, more)                                                                         \
    "program: shop\ncurrency: EUR\nwallets:\n  points: {expires: 90 days}\n"                       \
    "counters:\n  spend: {sum: order.eligible, window: " window "}\n"                              \
    "tiers:\n  club:\n    measured_by: spend\n"                                                    \
    "    levels: {silver: {from: 50.00 EUR}, gold: {from: 100.00 EUR}}\n" more                     \
    "rules:\n  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
#define YEARLY CLUB("calendar year", "    kept_until: end of next calendar year\n")

/* What a member's state holds but for the stamps of its header, and for the list of those who were
 * merged into it, whose numbers are not used again. */
static struct text keep(struct arena *arena, struct world *world, const char *member)
{
    struct text bytes = arena_copy(arena, bytes_of(world, ENTITY_MEMBER, member));
    struct state state = {.bytes = (uint8_t *)(uintptr_t)bytes.bytes,
                          .size = (uint32_t)bytes.length};
    assert_true(member_bytes_valid(state.bytes, state.size));
    const uint8_t *owners = (const uint8_t *)member_owners(&state);
    size_t length = (size_t)(owners - state.bytes) - sizeof(struct member);
    return (struct text){bytes.bytes + sizeof(struct member), length};
}

static void check_kept(struct world *world, const char *member, struct text before)
{
    struct arena arena;
    arena_init(&arena, 1u << 20);
    struct text now = keep(&arena, world, member);
    assert_int_equal(now.length, before.length);
    assert_memory_equal(now.bytes, before.bytes, now.length);
    arena_release(&arena);
}

static void the_level_that_the_sum_reaches_comes_with_the_merge(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, YEARLY);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(buy(&world, "bob", "o2", "40.00"));
    assert_level(&world, "bob", "none");
    assert_done(merge(&world, "ann", "bob"));
    assert_level(&world, "bob", "gold");
    at(&world, "2028-12-31T23:59"); /* as if it had been reached by a purchase that day */
    assert_level(&world, "bob", "gold");
    at(&world, "2029-01-01T00:00");
    assert_level(&world, "bob", "none");
    world_close(&world);
}

static void the_survivors_own_level_is_kept_for_the_day_that_the_other_leaves(void **context)
{
    struct world world;
    struct arena arena;
    (void)context;
    arena_init(&arena, 1u << 20);
    world_open(&world, YEARLY);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(buy(&world, "bob", "o2", "55.00"));
    at(&world, "2028-02-01T12:00"); /* nothing measured this year: silver is kept from the last */
    assert_done(buy(&world, "ann", "o3", "70.00"));
    assert_done(buy(&world, "bob", "o4", "30.00"));
    struct text ann = keep(&arena, &world, "ann");
    struct text bob = keep(&arena, &world, "bob");
    assert_done(merge(&world, "ann", "bob"));
    assert_level(&world, "bob", "gold");
    assert_done(unmerge(&world, "ann", "bob"));
    assert_level(&world, "bob", "silver");
    check_kept(&world, "ann", ann);
    check_kept(&world, "bob", bob);
    arena_release(&arena);
    world_close(&world);
}

static void a_level_that_one_brings_leaves_with_it_and_shows_the_survivors_own(void **context)
{
    struct world world;
    struct arena arena;
    (void)context;
    arena_init(&arena, 1u << 20);
    world_open(&world, YEARLY);
    assert_done(buy(&world, "ann", "o1", "120.00"));
    assert_done(buy(&world, "bob", "o2", "55.00"));
    at(&world, "2028-02-01T12:00");
    assert_done(adjust(&world, "ann", 1));
    assert_done(adjust(&world, "bob", 1));
    struct text ann = keep(&arena, &world, "ann");
    struct text bob = keep(&arena, &world, "bob");
    assert_done(merge(&world, "ann", "bob"));
    assert_level(&world, "bob", "gold");
    assert_done(unmerge(&world, "ann", "bob"));
    check_kept(&world, "ann", ann);
    check_kept(&world, "bob", bob);
    at(&world, "2029-01-01T00:00");
    assert_level(&world, "bob", "none");
    arena_release(&arena);
    world_close(&world);
}

static void the_higher_level_stays_to_its_own_end_where_the_sum_reaches_no_more(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, YEARLY);
    assert_done(buy(&world, "ann", "o1", "60.00"));
    at(&world, "2028-02-01T12:00");
    assert_done(buy(&world, "bob", "o2", "51.00"));
    assert_done(merge(&world, "bob", "ann")); /* silver again, by the sum: but to its own end */
    assert_level(&world, "ann", "silver");
    at(&world, "2029-06-01T12:00");
    assert_level(&world, "ann", "silver"); /* the window that closed with 2028 has 51.00 */
    world_close(&world);
}

static void what_was_due_meanwhile_is_due_when_the_own_level_is_back(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, YEARLY);
    assert_done(buy(&world, "bob", "o2", "55.00"));
    at(&world, "2028-02-01T12:00");
    assert_done(buy(&world, "ann", "o1", "120.00"));
    assert_done(merge(&world, "ann", "bob"));
    at(&world, "2029-02-01T12:00");
    assert_level(&world, "bob", "gold");
    assert_done(unmerge(&world, "ann", "bob"));
    assert_level(&world, "bob", "none"); /* its silver ended with 2028 */
    assert_level(&world, "ann", "gold");
    world_close(&world);
}

static void what_happens_after_the_merge_counts_for_the_survivors_own_level(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, YEARLY);
    assert_done(buy(&world, "ann", "o1", "90.00"));
    assert_done(buy(&world, "bob", "o2", "40.00"));
    assert_done(merge(&world, "ann", "bob"));
    assert_level(&world, "bob", "gold");
    assert_done(buy(&world, "bob", "o3", "15.00"));
    assert_done(unmerge(&world, "ann", "bob"));
    assert_level(&world, "bob", "silver"); /* 40.00 and 15.00 */
    assert_level(&world, "ann", "silver");
    world_close(&world);
}

static void a_sum_of_three_falls_apart_when_any_of_them_leaves(void **context)
{
    static const char *const leavers[] = {"ann", "cat"};
    (void)context;
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        world_open(&world, YEARLY);
        assert_done(buy(&world, "ann", "o1", "45.00"));
        assert_done(buy(&world, "cat", "o2", "40.00"));
        assert_done(buy(&world, "bob", "o3", "20.00"));
        assert_done(merge(&world, "ann", "bob"));
        assert_level(&world, "bob", "silver");
        assert_done(merge(&world, "cat", "bob"));
        assert_level(&world, "bob", "gold");
        assert_done(unmerge(&world, leavers[i], "bob"));
        assert_level(&world, "bob", "silver");
        assert_done(unmerge(&world, leavers[1 - i], "bob"));
        assert_level(&world, "bob", "none");
        world_close(&world);
    }
}

static void who_is_inside_another_leaves_with_its_part_of_the_level(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, YEARLY);
    assert_done(buy(&world, "ann", "o1", "45.00"));
    assert_done(buy(&world, "bob", "o2", "40.00"));
    assert_done(buy(&world, "cat", "o3", "20.00"));
    assert_done(merge(&world, "ann", "bob"));
    assert_level(&world, "bob", "silver");
    assert_done(merge(&world, "bob", "cat"));
    assert_level(&world, "cat", "gold");
    assert_done(unmerge(&world, "ann", "cat"));
    assert_level(&world, "cat", "silver"); /* 60.00, with bob */
    assert_done(unmerge(&world, "bob", "cat"));
    assert_level(&world, "bob", "none");
    assert_level(&world, "cat", "none");
    world_close(&world);
}

static void a_set_that_upgrades_at_period_end_waits_for_it(void **context)
{
    struct world world;
    struct arena arena;
    (void)context;
    arena_init(&arena, 1u << 20);
    world_open(&world, CLUB("calendar year", "    upgrade: at period end\n"));
    assert_done(buy(&world, "ann", "o1", "60.00"));
    assert_done(buy(&world, "bob", "o2", "40.00"));
    struct text bob = keep(&arena, &world, "bob");
    assert_done(merge(&world, "ann", "bob"));
    assert_level(&world, "bob", "none");
    assert_done(unmerge(&world, "ann", "bob"));
    check_kept(&world, "bob", bob);
    assert_done(merge(&world, "ann", "bob"));
    at(&world, "2028-01-01T00:00");
    assert_level(&world, "bob", "gold");
    arena_release(&arena);
    world_close(&world);
}

static void a_rolling_window_counts_what_lies_in_it_on_the_day_of_the_merge(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB("30 days", "    kept_until: as measured\n"));
    assert_done(buy(&world, "ann", "o1", "60.00"));
    at(&world, "2027-03-20T12:00");
    assert_done(buy(&world, "bob", "o2", "45.00"));
    assert_done(merge(&world, "ann", "bob"));
    assert_level(&world, "bob", "gold");
    at(&world, "2027-03-31T12:00"); /* ann's 60.00 have left the window */
    assert_level(&world, "bob", "none");
    world_close(&world);
}

static void a_late_purchase_counts_after_the_merge_as_before(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, YEARLY);
    assert_done(buy(&world, "ann", "o1", "45.00"));
    assert_done(buy(&world, "bob", "o2", "40.00"));
    at(&world, "2027-03-10T12:00");
    assert_done(merge(&world, "ann", "bob"));
    assert_level(&world, "bob", "silver");
    assert_done(buy_late(&world, "2027-03-05T12:00", "ann", "o3", "20.00"));
    assert_level(&world, "bob", "gold");
    world_close(&world);
}

#define KEPT_LONG "    kept_until: 1 year\n    on_return: re-evaluate\n"
#define KEPT_BY_POLICY "    kept_until: 7 days\n    downgrade: none\n    on_return: re-evaluate\n"

/* Whoever goes on buying forgets the days that no window of its own can hold any more. */
static void buy_on(struct world *world, bool ann, bool bob)
{
    at(world, "2027-08-01T12:00");
    if (ann) assert_done(buy(world, "ann", "o8", "1.00"));
    if (bob) assert_done(buy(world, "bob", "o9", "1.00"));
}

static void a_level_falls_when_what_reached_it_goes_back_whatever_has_come_since(void **context)
{
    (void)context;
    for (int i = 0; i < 8; i++) {
        struct world world;
        world_open(&world,
                   i % 2 == 0 ? CLUB("30 days", KEPT_LONG) : CLUB("30 days", KEPT_BY_POLICY));
        assert_done(buy(&world, "bob", "o1", "60.00"));
        assert_done(buy(&world, "bob", "o2", "60.00"));
        assert_done(buy(&world, "ann", "o3", "45.00"));
        buy_on(&world, (i & 2) != 0, (i & 4) != 0);
        assert_done(merge(&world, "ann", "bob"));
        assert_level(&world, "bob", "gold");
        assert_done(give_back_order(&world, "o2"));
        assert_level(&world, "bob", "silver");
        world_close(&world);
    }
}

static void a_level_that_one_brings_falls_when_what_reached_it_goes_back(void **context)
{
    (void)context;
    for (int i = 0; i < 8; i++) {
        struct world world;
        world_open(&world,
                   i % 2 == 0 ? CLUB("30 days", KEPT_LONG) : CLUB("30 days", KEPT_BY_POLICY));
        assert_done(buy(&world, "ann", "o1", "60.00"));
        assert_done(buy(&world, "ann", "o2", "60.00"));
        assert_done(buy(&world, "bob", "o3", "45.00"));
        buy_on(&world, (i & 2) != 0, (i & 4) != 0);
        assert_done(merge(&world, "ann", "bob"));
        at(&world, "2027-09-01T12:00");
        assert_done(buy(&world, "bob", "o4", "1.00"));
        assert_level(&world, "bob", "gold");
        assert_done(give_back_order(&world, "o4")); /* which did not reach it */
        assert_level(&world, "bob", "gold");
        assert_done(give_back_order(&world, "o2"));
        assert_level(&world, "bob", "silver");
        world_close(&world);
    }
}

static void
a_level_that_is_kept_by_policy_alone_still_leaves_with_whoever_brought_it(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB("30 days", KEPT_BY_POLICY));
    assert_done(buy(&world, "ann", "o1", "120.00"));
    assert_done(buy(&world, "bob", "o2", "1.00"));
    at(&world, "2027-06-01T12:00");
    assert_done(merge(&world, "ann", "bob"));
    at(&world, "2027-09-01T12:00");
    assert_level(&world, "bob", "gold");
    assert_done(unmerge(&world, "ann", "bob"));
    assert_level(&world, "bob", "none");
    assert_level(&world, "ann", "gold");
    world_close(&world);
}

static void a_window_that_late_events_still_reach_counts_whoever_has_come(void **context)
{
    struct world world;
    (void)context;
    world_open(&world, CLUB("7 days", KEPT_LONG));
    assert_done(buy(&world, "bob", "o1", "60.00"));
    assert_done(buy(&world, "bob", "o2", "60.00"));
    assert_done(buy(&world, "ann", "o3", "45.00"));
    at(&world, "2027-03-20T12:00");
    assert_done(merge(&world, "ann", "bob"));
    assert_done(give_back_order(&world, "o2"));
    assert_level(&world, "bob", "gold");
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_level_that_the_sum_reaches_comes_with_the_merge),
        cmocka_unit_test(the_survivors_own_level_is_kept_for_the_day_that_the_other_leaves),
        cmocka_unit_test(a_level_that_one_brings_leaves_with_it_and_shows_the_survivors_own),
        cmocka_unit_test(the_higher_level_stays_to_its_own_end_where_the_sum_reaches_no_more),
        cmocka_unit_test(what_was_due_meanwhile_is_due_when_the_own_level_is_back),
        cmocka_unit_test(what_happens_after_the_merge_counts_for_the_survivors_own_level),
        cmocka_unit_test(a_sum_of_three_falls_apart_when_any_of_them_leaves),
        cmocka_unit_test(who_is_inside_another_leaves_with_its_part_of_the_level),
        cmocka_unit_test(a_set_that_upgrades_at_period_end_waits_for_it),
        cmocka_unit_test(a_rolling_window_counts_what_lies_in_it_on_the_day_of_the_merge),
        cmocka_unit_test(a_late_purchase_counts_after_the_merge_as_before),
        cmocka_unit_test(a_level_falls_when_what_reached_it_goes_back_whatever_has_come_since),
        cmocka_unit_test(a_level_that_one_brings_falls_when_what_reached_it_goes_back),
        cmocka_unit_test(a_level_that_is_kept_by_policy_alone_still_leaves_with_whoever_brought_it),
        cmocka_unit_test(a_window_that_late_events_still_reach_counts_whoever_has_come),
    };
    return cmocka_run_group_tests_name("merged tiers", tests, NULL, NULL);
}
