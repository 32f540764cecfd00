/* Preview and near misses: what a basket would give, and what it just misses.
 *
 * A preview quotes the basket and confirms it at once, on copies of the loaded states; so it is
 * decided by what decides the real thing. Somebody who is no member is taken for one that joins
 * now.
 *
 * A near miss is solved, not searched for: a rule or boost that asks for a larger order says by how
 * much; the basket with one more item of exactly that price is previewed, and the gain is what the
 * rule gives more then. Rewards and levels compare what the member has after the purchase with what
 * they ask for.
 */
#include "engine/preview.h"

#include "engine/quote.h"
#include "engine/savepoint.h"
#include "engine/tiers.h"
#include "engine/window.h"

#define PREVIEW_LASTS_US (600 * MICROSECONDS_PER_SECOND)
#define PREVIEW_POSITION (UINT64_C(1) << 47)

/* Ids that nobody else has: no caller's begins with this byte. */
#define SOMEBODY TEXT("\001somebody")
#define SOME_ORDER TEXT("\001order")

/* The working set as it was; previews happen in its copies. */
struct set_aside {
    struct state *list;
    uint32_t count;
    uint32_t capacity;
};

static enum status begin_copies(struct states *states, struct set_aside *aside)
{
    struct state *copies;
    *aside = (struct set_aside){states->list, states->count, states->capacity};
    TRY(states_copy(states, &copies));
    states->list = copies;
    states->capacity = states->count;
    return STATUS_OK;
}

static void end_copies(struct states *states, const struct set_aside *aside)
{
    states->list = aside->list;
    states->count = aside->count;
    states->capacity = aside->capacity;
}

static enum status add_absent(struct states *states, enum entity_kind kind, struct text id)
{
    const struct entity_key key = {.kind = kind, .id = id};
    return states_find(states, &key) != NULL ? STATUS_OK : states_add(states, &key);
}

/* As if the next event found them in the store. */
static void forget_marks(struct states *states)
{
    for (uint32_t i = 0; i < states->count; i++) {
        states->list[i].entity = ENTITY_NOT_NAMED;
        states->list[i].is_dirty = false;
        states->list[i].order = NULL;
    }
}

/* The event as a quote of somebody's order. */
static enum status quote_of(struct states *states, const struct event *event, struct event *quote)
{
    *quote = *event;
    quote->type = EVENT_QUOTE;
    quote->key = (struct text){"", 0};
    quote->position = PREVIEW_POSITION;
    quote->lapses_at_us = states_recorded_at(states, event->clock_us) + PREVIEW_LASTS_US;
    quote->revision = 0;
    quote->promises = NULL;
    quote->promise_count = 0;
    if (text_is_empty(quote->member)) quote->member = SOMEBODY;
    if (text_is_empty(quote->order)) quote->order = SOME_ORDER;
    TRY(add_absent(states, ENTITY_MEMBER, quote->member));
    return add_absent(states, ENTITY_ORDER, quote->order);
}

/* Leaves the copies as they are after the purchase. */
static enum status preview(const struct program *program, struct states *states,
                           const struct event *event, const struct sink *sink,
                           struct decision *decision)
{
    struct event quote;
    TRY(quote_of(states, event, &quote));
    TRY(decide_unbounded(program, states, &quote, NULL, decision));
    if (decision->answer != ANSWER_DONE) return STATUS_OK;
    const struct event confirm = {.type = EVENT_CONFIRM_ORDER,
                                  .position = PREVIEW_POSITION + 1,
                                  .occurred_at_us = event->occurred_at_us,
                                  .clock_us = event->clock_us,
                                  .is_import = event->is_import,
                                  .order = quote.order,
                                  .birthday_month = event->birthday_month,
                                  .birthday_day = event->birthday_day,
                                  .profile = event->profile,
                                  .profile_count = event->profile_count};
    forget_marks(states);
    return decide_unbounded(program, states, &confirm, sink, decision);
}

enum status engine_preview(const struct program *program, struct states *states,
                           const struct event *event, const struct sink *sink,
                           struct decision *decision)
{
    struct set_aside aside;
    TRY(begin_copies(states, &aside));
    enum status status = preview(program, states, event, sink, decision);
    end_copies(states, &aside);
    return status;
}

/* ---- near misses ---- */

/* What a preview leaves out of small orders. */
struct missed {
    struct near_miss *items;
    uint32_t count;
};

static void note_small_order(void *context, uint32_t rule, uint32_t boost, enum why_not why,
                             struct text detail)
{
    struct missed *missed = context;
    (void)detail;
    if (why != WHY_NOT_ORDER_AT_LEAST || missed->count >= NEAR_MISS_MAXIMUM) return;
    missed->items[missed->count++] = (struct near_miss){
        .kind = boost == PROGRAM_NONE ? NEAR_RULE : NEAR_BOOST, .index = rule, .part = boost};
}

static void note_lacking(void *context, uint32_t rule, uint32_t boost, enum near_unit unit,
                         int64_t missing)
{
    struct missed *missed = context;
    if (missed->count >= NEAR_MISS_MAXIMUM) return;
    missed->items[missed->count++] =
        (struct near_miss){.kind = boost == PROGRAM_NONE ? NEAR_RULE : NEAR_BOOST,
                           .index = rule,
                           .part = boost,
                           .missing = missing,
                           .unit = unit};
}

static enum status granted_by(const struct decision *decision, uint32_t rule, int64_t *granted)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < decision->fired_count; i++) {
        if (decision->fired[i].rule != rule) continue;
        TRY(amount_increase(&total, decision->fired[i].granted));
    }
    *granted = total;
    return STATUS_OK;
}

/* The event with one item more, of exactly the price that is missing, or of so many units for
 * nothing. */
static enum status filled_up(const struct program *program, struct states *states,
                             const struct event *event, const struct near_miss *miss,
                             struct event *filled)
{
    int32_t decimals = program->currencies[event->currency].decimals;
    struct item *items = arena_new_array(&states->arena, struct item, event->item_count + 1);
    if (items == NULL) return STATUS_NO_MEMORY;
    memcpy(items, event->items, event->item_count * sizeof *items);
    items[event->item_count] =
        miss->unit == NEAR_UNITS
            ? (struct item){.quantity = miss->missing}
            : (struct item){.quantity = 1, .unit_price = {miss->missing, decimals}};
    *filled = *event;
    filled->items = items;
    filled->item_count = event->item_count + 1;
    return STATUS_OK;
}

/* What `if: {order_at_least:}` asks for more; what an expression does is known already. */
static enum status missing_of_if(const struct condition *condition, const struct event *event,
                                 const struct decision *now, struct near_miss *miss)
{
    if (miss->missing > 0 || condition->order_at_least_currency != event->currency) {
        return STATUS_OK;
    }
    return amount_subtract(condition->order_at_least, now->eligible, &miss->missing);
}

/* Fills in what the rule or boost asks for more, and what it would give more. One whose expression
 * asks for something else too would give nothing more, and is none. */
static enum status solve_small_order(const struct program *program, struct states *states,
                                     const struct event *event, const struct decision *now,
                                     struct near_miss *miss)
{
    const struct rule *rule = &program->rules[miss->index];
    const struct condition *condition =
        miss->part == PROGRAM_NONE ? &rule->condition : &rule->boosts[miss->part].condition;
    bool is_expression = miss->missing > 0;
    struct event filled;
    struct decision then;
    int64_t before;
    miss->symbol = miss->part == PROGRAM_NONE ? rule->symbol : rule->boosts[miss->part].symbol;
    miss->unit_index = miss->unit == NEAR_UNITS ? PROGRAM_NONE : event->currency;
    miss->gain_wallet = rule->wallet;
    TRY(missing_of_if(condition, event, now, miss));
    if (miss->missing <= 0 || event->item_count >= EVENT_ITEM_MAXIMUM) return STATUS_OK;
    TRY(filled_up(program, states, event, miss, &filled));
    TRY(engine_preview(program, states, &filled, NULL, &then));
    TRY(granted_by(now, miss->index, &before));
    TRY(granted_by(&then, miss->index, &miss->gain));
    TRY(amount_decrease(&miss->gain, before));
    if (is_expression && miss->gain <= 0) miss->missing = 0;
    return STATUS_OK;
}

static enum status add_miss(struct near_miss_list *list, const struct near_miss *miss)
{
    if (miss->missing <= 0 || list->count >= NEAR_MISS_MAXIMUM) return STATUS_OK;
    list->items[list->count++] = *miss;
    return STATUS_OK;
}

static enum status miss_rewards(const struct program *program, const struct state *member,
                                const struct event *event, const struct decision *now,
                                struct near_miss_list *list)
{
    for (uint32_t i = 0; i < program->reward_count; i++) {
        const struct reward *reward = &program->rewards[i];
        struct near_miss miss = {.kind = NEAR_REWARD,
                                 .index = i,
                                 .part = PROGRAM_NONE,
                                 .symbol = reward->symbol,
                                 .unit = NEAR_POINTS,
                                 .unit_index = reward->wallet,
                                 .gain = reward->has_value ? reward->value : 0,
                                 .gain_wallet = PROGRAM_NONE};
        int64_t available = 0;
        if (member_exists(member)) {
            TRY(member_sum(member, program->wallets[reward->wallet].symbol, ACCOUNT_AVAILABLE,
                           &available));
        }
        TRY(amount_subtract(reward->cost, available, &miss.missing));
        if (miss.missing <= 0 && reward->order_at_least > 0 &&
            reward->order_at_least_currency == event->currency) {
            miss.unit = NEAR_MONEY;
            miss.unit_index = event->currency;
            TRY(amount_subtract(reward->order_at_least, now->eligible, &miss.missing));
        }
        TRY(add_miss(list, &miss));
    }
    return STATUS_OK;
}

/* The next level of each set, from what its measure comes to after the purchase. */
static enum status miss_levels(struct working *working, const struct state *member,
                               struct near_miss_list *list)
{
    const struct program *program = working->program;
    for (uint32_t i = 0; i < program->tier_set_count; i++) {
        const struct tier_set *set = &program->tier_sets[i];
        uint32_t level = tiers_level(program, member, i);
        uint32_t next = level == PROGRAM_NONE ? 0 : level + 1;
        int64_t measured;
        if (next >= set->level_count) continue;
        TRY(tiers_measured(working, member, set, working->occurred_day, &measured));
        struct near_miss miss = {.kind = NEAR_LEVEL,
                                 .index = i,
                                 .part = next,
                                 .symbol = set->levels[next].symbol,
                                 .unit = NEAR_MEASURE,
                                 .unit_index = set->counter,
                                 .gain_wallet = PROGRAM_NONE};
        TRY(amount_subtract(set->levels[next].from, amount_positive(measured), &miss.missing));
        TRY(add_miss(list, &miss));
    }
    return STATUS_OK;
}

/* Whose purchase the copies have seen. */
static const struct state *buyer_of(const struct working *working, const struct event *event)
{
    struct text id = text_is_empty(event->member) ? SOMEBODY : event->member;
    return find_member(working, id);
}

static enum status find_misses(const struct program *program, struct states *states,
                               const struct event *event, struct decision *now,
                               struct missed *missed, struct near_miss_list *list)
{
    struct working working = {.program = program, .states = states, .event = event};
    const struct sink sink = {note_small_order, note_lacking, missed};
    TRY(preview(program, states, event, &sink, now));
    if (now->answer != ANSWER_DONE) return STATUS_OK;
    working.occurred_day = zone_local_day(program->zone, event->occurred_at_us);
    const struct state *member = buyer_of(&working, event);
    TRY(miss_rewards(program, member, event, now, list));
    return miss_levels(&working, member, list);
}

enum status engine_near_misses(const struct program *program, struct states *states,
                               const struct event *event, struct near_miss_list *list)
{
    struct set_aside aside;
    struct decision now;
    struct missed missed = {0};
    list->count = 0;
    list->items = arena_new_array(&states->arena, struct near_miss, NEAR_MISS_MAXIMUM);
    missed.items = arena_new_array(&states->arena, struct near_miss, NEAR_MISS_MAXIMUM);
    if (list->items == NULL || missed.items == NULL) return STATUS_NO_MEMORY;
    TRY(begin_copies(states, &aside));
    enum status status = find_misses(program, states, event, &now, &missed, list);
    end_copies(states, &aside);
    if (status != STATUS_OK || now.answer != ANSWER_DONE) return status;
    for (uint32_t i = 0; i < missed.count; i++) {
        TRY(solve_small_order(program, states, event, &now, &missed.items[i]));
        TRY(add_miss(list, &missed.items[i]));
    }
    return STATUS_OK;
}
