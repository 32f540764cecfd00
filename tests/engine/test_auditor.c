/* The property test: the engine against the auditor, a second model of the ledger, in random
 * worlds.
 *
 *   GUERDON_COMMANDS=n  how many commands in all (or the first argument)
 *   GUERDON_SEED=n      replays just that world, with a trace of its commands
 *   GUERDON_FIRST=n     begins with that world instead of the first
 *
 * A disagreement prints the seed, the command and both sides' values, and ends the run.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "auditor.h"

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) ||                           \
    __has_feature(thread_sanitizer)
#define COMMANDS_UNLESS_TOLD 60000
#else
#define COMMANDS_UNLESS_TOLD 300000
#endif

#define PAIR_SHARE 5 /* of the commands go to two engines side by side */

static long commands_wanted = COMMANDS_UNLESS_TOLD;

static void audit_begin(struct audit *audit, const struct program *program)
{
    audit->program = program;
    audit->order_count = audit->redemption_count = audit->key_count = audit->bucket_count = 0;
    for (int i = 0; i < AUDIT_MEMBERS; i++) {
        audit->members[i].exists = false;
        audit->members[i].merged_into = AUDIT_NONE;
        audit->members[i].piece_count = 0;
        for (int t = 0; t < AUDIT_TIER_SETS; t++) {
            audit->members[i].levels[t] = (struct audit_level){.level = AUDIT_NONE,
                                                               .kept_until_us = INSTANT_NEVER,
                                                               .upgrade_at_us = INSTANT_NEVER};
        }
    }
}

static void open_zones(struct arena *arena, struct zones *zones)
{
    arena_init(arena, 16u << 20);
    assert_int_equal(zone_open(arena, TEXT("UTC"), &zones->list[0]), STATUS_OK);
    assert_int_equal(zone_open(arena, TEXT("America/New_York"), &zones->list[1]), STATUS_OK);
    assert_int_equal(zone_open(arena, TEXT("Europe/London"), &zones->list[2]), STATUS_OK);
}

/* So narrow that nearly every lot goes through a page. */
static struct bounds narrow_bounds(uint64_t seed)
{
    struct bounds bounds = {.kept_lots = (uint32_t)(seed % 3),
                            .least_lots = 1 + (uint32_t)(seed / 3 % 2),
                            .most_lots = 2 + (uint32_t)(seed / 6 % 4)};
    if (seed / 24 % 2 == 1) {
        bounds.high_bytes = 700;
        bounds.low_bytes = 500;
    }
    return bounds;
}

/* The member that a command is about, or AUDIT_NONE when its answer hangs on somebody else (a key
 * that is taken) or on nobody. */
static int group_of(const struct audit *audit, const struct event *event, enum answer answer)
{
    if (answer == ANSWER_REPEATED || answer == ANSWER_KEY_CONFLICT) return AUDIT_NONE;
    if (event->type == EVENT_PURCHASE || event->type == EVENT_REDEEM || event->type == EVENT_HOLD ||
        event->type == EVENT_RELEASE || answer == ANSWER_ALREADY_EXISTS) {
        return audit_member_find(audit, event->member);
    }
    int order = audit_order_find(audit, event->order);
    if (order != AUDIT_NONE) return audit->orders[order].member;
    for (int i = 0; i < audit->redemption_count && !text_is_empty(event->id); i++) {
        if (text_equal(audit->redemptions[i].id, event->id)) return audit->redemptions[i].member;
    }
    return audit_member_find(audit, event->member);
}

/* Who took an id first may be another now: of the refusal nothing is left but what was due. */
static struct event as_settling(const struct event *event)
{
    return (struct event){.type = EVENT_SETTLE,
                          .position = event->position,
                          .occurred_at_us = event->occurred_at_us,
                          .clock_us = event->clock_us,
                          .is_import = event->is_import,
                          .member = event->member};
}

/* Nothing depends on the order of unrelated members: one member's commands after the other's leave
 * the same bytes. */
static bool world_run_again(struct world *world, struct bench *bench, struct bench *again)
{
    bench_begin(again, world->program);
    again->bounds = bench->bounds;
    for (int member = 0; member < world->member_count; member++) {
        for (int i = 0; i < AUDIT_COMMANDS; i++) {
            const struct command *command = &world->commands[i];
            struct decision decision;
            enum status status;
            if (command->group != member) continue;
            struct event event = command->event;
            if (command->answer == ANSWER_ALREADY_EXISTS) event = as_settling(&event);
            if (!bench_decide(again, &event, &decision, &status)) return false;
            if (status != STATUS_OK) return bench_fail(again, "%s", status_text(status));
            if (!bench_keep(again, &event, &decision)) return false;
        }
    }
    return bench_same(again, bench);
}

/* False after the first disagreement. */
static bool world_run(struct world *world, struct bench *bench, struct bench *again,
                      const struct zones *zones, uint64_t seed, bool traces)
{
    world_begin(world, seed, zones);
    audit_begin(&world->audit, world->program);
    world->audit.is_unsteady = world->is_unsteady;
    bench_begin(bench, world->program);
    if (seed % 3 == 0) bench->bounds = narrow_bounds(seed / 3);
    if (seed % 2 == 0) bench_shadow(bench, again, seed, AUDIT_COMMANDS);
    if (traces) world_print_program(world);
    for (int i = 0; i < AUDIT_COMMANDS; i++) {
        struct command *command = &world->commands[i];
        struct prediction prediction;
        world_next_command(world, command);
        if (traces) {
            command_print(command, world->program);
            fflush(stdout);
        }
        prediction.answer = ANSWER_COUNT;
        bool agrees = bench_command(bench, world, command, &prediction);
        if (traces && prediction.answer < ANSWER_COUNT) {
            printf("       -> %s\n", answer_text(prediction.answer));
        }
        if (!agrees) {
            printf("seed %" PRIu64 ", command %d: %s\n", seed, i + 1, bench->message);
            return false;
        }
        command->answer = prediction.answer;
        command->group = group_of(&world->audit, &command->event, prediction.answer);
    }
    if (bench->shadow != NULL && !bench_recover(bench)) {
        printf("seed %" PRIu64 ", %s\n", seed, bench->message);
        return false;
    }
    bench->shadow = NULL;
    if (!world->is_separable || world_run_again(world, bench, again)) return true;
    printf("seed %" PRIu64 ", members apart: %s\n", seed, again->message);
    return false;
}

/* The same commands to an engine with pages and to one without. */
static bool pair_run(struct world *world, struct bench *plain, struct bench *narrow,
                     const struct zones *zones, uint64_t seed)
{
    world_begin(world, seed, zones);
    audit_begin(&world->audit, world->program);
    world->audit.is_unsteady = world->is_unsteady;
    bench_begin(plain, world->program);
    bench_begin(narrow, world->program);
    plain->bounds = (struct bounds){.high_bytes = UINT32_MAX};
    narrow->bounds = narrow_bounds(seed);
    for (int i = 0; i < AUDIT_COMMANDS; i++) {
        struct command *command = &world->commands[i];
        world_next_command(world, command);
        if (!bench_pair_command(plain, narrow, world, command)) {
            printf("seed %" PRIu64 ", command %d, with pages: %s\n", seed, i + 1, narrow->message);
            return false;
        }
    }
    return true;
}

static void pages_change_no_answer_and_no_balance(void **state)
{
    (void)state;
    static struct world world;
    struct arena zone_arena;
    struct zones zones;
    open_zones(&zone_arena, &zones);
    arena_init(&world.arena, 16u << 20);
    struct bench *plain = bench_new();
    struct bench *narrow = bench_new();
    const char *one = getenv("GUERDON_SEED");
    long wanted = commands_wanted / PAIR_SHARE / AUDIT_COMMANDS;
    int failures = 0;
    for (long i = 1; i <= wanted && failures == 0; i++) {
        uint64_t seed = one == NULL ? (uint64_t)i : strtoull(one, NULL, 10);
        if (!pair_run(&world, plain, narrow, &zones, seed)) failures++;
        if (one != NULL) break;
    }
    printf("%ld pages opened, %ld recalled, %ld without bounds\n", narrow->spilled,
           narrow->recalled, plain->spilled);
    bool is_paged = narrow->recalled > 0 && plain->spilled == 0;
    bench_free(plain);
    bench_free(narrow);
    arena_release(&world.arena);
    arena_release(&zone_arena);
    assert_int_equal(failures, 0);
    assert_true(is_paged || wanted == 0);
}

static void the_engine_answers_what_the_auditor_predicts(void **state)
{
    (void)state;
    static struct world world;
    struct arena zone_arena;
    struct zones zones;
    open_zones(&zone_arena, &zones);
    arena_init(&world.arena, 16u << 20);
    struct bench *bench = bench_new();
    struct bench *again = bench_new();
    const char *one = getenv("GUERDON_SEED");
    long done = 0;
    int failures = 0;
    int allowed = getenv("GUERDON_FAILURES") == NULL ? 1 : 20;
    const char *begin = getenv("GUERDON_FIRST");
    uint64_t first = begin == NULL ? 1 : strtoull(begin, NULL, 10);
    for (uint64_t seed = first; done < commands_wanted && failures < allowed; seed++) {
        if (one != NULL) seed = strtoull(one, NULL, 10);
        if (!world_run(&world, bench, again, &zones, seed, one != NULL)) failures++;
        if (one != NULL) break;
        done += AUDIT_COMMANDS;
    }
    printf("%ld commands in %ld worlds\n", done, done / AUDIT_COMMANDS);
    bench_free(bench);
    bench_free(again);
    arena_release(&world.arena);
    arena_release(&zone_arena);
    assert_int_equal(failures, 0);
}

int main(int argc, char **argv)
{
    const char *wanted = argc > 1 ? argv[1] : getenv("GUERDON_COMMANDS");
    if (wanted != NULL) commands_wanted = strtol(wanted, NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engine_answers_what_the_auditor_predicts),
        cmocka_unit_test(pages_change_no_answer_and_no_balance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
