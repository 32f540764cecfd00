/* Trying expressions out: an expression's value for an event and a member that somebody describes.
 *
 * What is described is put where the host of expressions looks (struct seen_member), so that a
 * value is computed as in a decision. It must never invent what was not described.
 */
#include "engine/custom.h"
#include "engine/evaluation.h"
#include "engine/purchase.h"
#include "engine/window.h"

/* ---- the member ---- */

static enum status see_purses(const struct program *program, const struct balance *wallets,
                              struct arena *arena, struct seen_member *seen)
{
    if (wallets == NULL) return STATUS_OK;
    struct purse *purses = arena_new_array(arena, struct purse, (size_t)program->wallet_count + 1);
    if (purses == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < program->wallet_count; i++)
        purses[i] = (struct purse){.wallet = program->wallets[i].symbol,
                                   .available = wallets[i].available,
                                   .pending = wallets[i].pending,
                                   .held = wallets[i].held,
                                   .debt = wallets[i].debt};
    seen->purses = purses;
    seen->purse_count = program->wallet_count;
    return STATUS_OK;
}

/* All of a counter in the bucket of the event's day: its window then sums to it. */
static enum status see_tallies(const struct working *working, const int64_t *counters,
                               struct seen_member *seen)
{
    const struct program *program = working->program;
    if (counters == NULL) return STATUS_OK;
    struct tally *tallies =
        arena_new_array(&working->states->arena, struct tally, (size_t)program->counter_count + 1);
    if (tallies == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < program->counter_count; i++) {
        const struct counter *counter = &program->counters[i];
        int32_t joined_day = evaluation_joined_day(working, seen, &counter->window);
        int32_t day = window_bucket(working, &counter->window, working->occurred_day, joined_day);
        tallies[i] = (struct tally){counter->symbol, day, counters[i], 0, 0};
    }
    seen->tallies = tallies;
    seen->tally_count = program->counter_count;
    return STATUS_OK;
}

static enum status see_tiers(struct working *working, const struct level_sketch *levels,
                             struct seen_member *seen)
{
    const struct program *program = working->program;
    for (uint32_t i = 0; i < program->tier_set_count; i++)
        working->levels_before[i] = levels == NULL ? PROGRAM_NONE : levels[i].level;
    if (levels == NULL) return STATUS_OK;
    struct tier *tiers =
        arena_new_array(&working->states->arena, struct tier, (size_t)program->tier_set_count + 1);
    if (tiers == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < program->tier_set_count; i++) {
        if (levels[i].level == PROGRAM_NONE || levels[i].since_us == INSTANT_NEVER) continue;
        tiers[seen->tier_count++] =
            (struct tier){.set = program->tier_sets[i].symbol,
                          .level = program->tier_sets[i].levels[levels[i].level].symbol,
                          .since_us = levels[i].since_us,
                          .kept_until_us = levels[i].kept_until_us};
    }
    seen->tiers = tiers;
    return STATUS_OK;
}

static enum status see_member(struct working *working, const struct member_sketch *member)
{
    struct seen_member seen = {.id = member->id, .joined_at_us = member->joined_at_us};
    if (text_is_empty(seen.id)) seen.id = TEXT("");
    TRY(see_purses(working->program, member->wallets, &working->states->arena, &seen));
    TRY(see_tallies(working, member->counters, &seen));
    TRY(see_tiers(working, member->levels, &seen));
    working->evaluating->member = seen;
    return STATUS_OK;
}

/* ---- the event ---- */

static enum status see_event(struct working *working, struct order *order)
{
    const struct event *event = working->event;
    if (event->type == EVENT_CUSTOM) return custom_find(working) ? STATUS_OK : STATUS_INVALID;
    if (event->type != EVENT_PURCHASE && event->type != EVENT_QUOTE) return STATUS_OK;
    if (!purchase_is_valid(working)) return STATUS_INVALID;
    TRY(order_from_event(working, working->evaluating->member.id, order));
    evaluation_see_order(working, order);
    return STATUS_OK;
}

static enum status evaluate(struct evaluating *evaluating, const struct cel_expression *expression,
                            struct cel_value *value, struct buffer *why)
{
    *value = cel_evaluate(expression, &evaluating->cel, evaluating->variables);
    if (value->kind != CEL_BOOL || value->boolean != 0) return STATUS_OK;
    evaluating->cel.steps = 0;
    return cel_explain(expression, &evaluating->cel, evaluating->variables, why);
}

enum status engine_try_expression(struct states *states, const struct trial *trial,
                                  struct cel_value *value, struct buffer *why)
{
    const struct program *program = trial->program;
    struct event event = *trial->event;
    struct order order = {0};
    event.birthday_month = trial->member->birthday_month;
    event.birthday_day = trial->member->birthday_day;
    event.profile = trial->member->profile;
    event.profile_count = trial->member->profile_count;
    struct working working = {
        .program = program,
        .states = states,
        .event = &event,
        .occurred_at_us = event.occurred_at_us,
        .now_us = event.occurred_at_us,
        .occurred_day = zone_local_day(program->zone, event.occurred_at_us),
    };
    working.now_day = working.occurred_day;
    working.oldest_day = working.occurred_day;
    TRY(evaluation_begin(&working, NULL));
    struct evaluating *evaluating = working.evaluating;
    ASSERT(evaluating != NULL);
    TRY(see_member(&working, trial->member));
    if (trial->has_happened) {
        TRY(see_event(&working, &order));
    } else {
        evaluating->variables[SLOT_EVENT] = cel_error(CEL_FAULT_UNSET, NULL);
    }
    if (trial->item != PROGRAM_NONE)
        evaluating->variables[SLOT_ITEM] = cel_object(EXPRESSION_ITEM, trial->item, NULL);
    return evaluate(evaluating, trial->expression, value, why);
}
