/* The structured `if:` and the expression that it stands for agree, on random conditions of the
 * auditor's worlds and random purchases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "auditor.h"
#include "engine/condition.h"
#include "engine/evaluation.h"
#include "engine/purchase.h"
#include "engine/tiers.h"

#define WORLDS 400
#define PURCHASES 40

struct pair {
    struct condition structured;
    struct condition written;
};

/* The condition without what an expression says already, and as an expression alone. */
static struct pair pair_of(struct arena *arena, const struct program **program,
                           const struct condition *condition)
{
    const struct tried_scope scope = {.on = TRIGGER_PURCHASE};
    struct pair pair = {.structured = *condition};
    struct buffer when;
    struct buffer where;
    static struct tried_expression tried;
    pair.structured.when = NULL;
    pair.structured.where = NULL;
    pair.written = (struct condition){.is_given = true,
                                      .tier_set = PROGRAM_NONE,
                                      .order_at_least_currency = PROGRAM_NONE,
                                      .from_us = INSTANT_EARLIEST,
                                      .until_us = INSTANT_NEVER};
    buffer_init(&when, 10000);
    buffer_init(&where, 10000);
    assert_int_equal(program_condition_expression(*program, &pair.structured, &when, &where),
                     STATUS_OK);
    const struct cel_expression **parts[] = {&pair.written.when, &pair.written.where};
    const struct buffer *texts[] = {&when, &where};
    for (int i = 0; i < 2; i++) {
        struct text text = arena_copy(arena, buffer_text(texts[i]));
        if (text.length == 0) continue;
        assert_int_equal(program_try_expression(arena, *program, scope, text, &tried), STATUS_OK);
        if (tried.expression == NULL) {
            fail_msg("%.*s: %.*s", TEXT_ARGUMENTS(text),
                     TEXT_ARGUMENTS(tried.problems.items[0].message));
        }
        *parts[i] = tried.expression;
        *program = tried.program;
    }
    buffer_release(&when);
    buffer_release(&where);
    return pair;
}

/* A purchase in the middle of being decided. */
static void begin_purchase(struct working *working, struct order *order, struct random *random)
{
    working->occurred_at_us = working->event->occurred_at_us;
    working->occurred_day = zone_local_day(working->program->zone, working->event->occurred_at_us);
    assert_int_equal(order_from_event(working, working->event->member, order), STATUS_OK);
    assert_int_equal(tiers_note_held(working, NULL), STATUS_OK);
    evaluation_see_order(working, order);
    for (uint32_t i = 0; i < working->program->tier_set_count; i++) {
        int levels = (int)working->program->tier_sets[i].level_count;
        int level = random_below(random, levels + 1);
        working->levels_before[i] = level == levels ? PROGRAM_NONE : (uint32_t)level;
    }
}

static void try_both(struct world *world, struct working *working, const struct pair *pair,
                     long *held)
{
    const struct line_choice all = {.all = true};
    struct order order = {0};
    struct occasion occasion = {.order = &order};
    begin_purchase(working, &order, &world->random);
    assert_int_equal(order_measure(&order, &all, MEASURE_ELIGIBLE, true, &occasion.order_eligible),
                     STATUS_OK);
    bool structured = condition_try(working, &pair->structured, &occasion) == CONDITION_HOLDS;
    bool written = condition_try(working, &pair->written, &occasion) == CONDITION_HOLDS;
    if (structured != written) {
        fail_msg("seed %llu: %d by if, %d by %.*s", (unsigned long long)world->seed, structured,
                 written, TEXT_ARGUMENTS(cel_expression_source(pair->written.when)));
    }
    *held += structured;
    for (uint32_t i = 0; i < working->event->item_count; i++) {
        assert_int_equal(condition_item(working, &pair->structured, i),
                         condition_item(working, &pair->written, i));
    }
}

static void try_condition(struct world *world, struct states *states,
                          const struct condition *condition, long *tried, long *held)
{
    const struct program *program = world->program;
    static struct command command;
    struct pair pair = pair_of(&world->arena, &program, condition);
    if (pair.written.when == NULL && pair.written.where == NULL) return;
    for (int i = 0; i < PURCHASES; i++) {
        command = (struct command){.group = 0};
        while (command.event.type != EVENT_PURCHASE || command.event.item_count == 0 ||
               command.event.currency >= program->currency_count || command.event.shipping < 0) {
            world->command_count = 100;
            world_next_command(world, &command);
        }
        struct working working = {.program = program, .states = states, .event = &command.event};
        if (random_chance(&world->random, 20)) command.event.birthday_month = 0;
        states_clear(states);
        try_both(world, &working, &pair, held);
        ++*tried;
    }
}

static void an_if_means_the_expression_that_it_stands_for(void **context)
{
    static struct world world;
    struct arena zone_arena;
    struct zones zones;
    struct states states;
    long tried = 0;
    long held = 0;
    (void)context;
    arena_init(&zone_arena, 16u << 20);
    assert_int_equal(zone_open(&zone_arena, TEXT("UTC"), &zones.list[0]), STATUS_OK);
    assert_int_equal(zone_open(&zone_arena, TEXT("America/New_York"), &zones.list[1]), STATUS_OK);
    assert_int_equal(zone_open(&zone_arena, TEXT("Europe/London"), &zones.list[2]), STATUS_OK);
    arena_init(&world.arena, 64u << 20);
    assert_int_equal(states_init(&states, 16u << 20), STATUS_OK);
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        world_begin(&world, seed, &zones);
        for (uint32_t i = 0; i < world.program->rule_count; i++) {
            const struct rule *rule = &world.program->rules[i];
            if (rule->on != TRIGGER_PURCHASE) continue;
            try_condition(&world, &states, &rule->condition, &tried, &held);
            for (uint32_t b = 0; b < rule->boost_count; b++)
                try_condition(&world, &states, &rule->boosts[b].condition, &tried, &held);
        }
    }
    printf("%ld tried, %ld held\n", tried, held);
    assert_in_range(held, tried / 20, tried - tried / 20);
    states_release(&states);
    arena_release(&world.arena);
    arena_release(&zone_arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_if_means_the_expression_that_it_stands_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
