/* Plan: which entities an event needs.
 *
 * Called again after each round of loading, because some keys are known only from loaded states: an
 * order names its member, a merged member its survivor, a due hold its redemption. Every call works
 * out the whole list anew and adds what is missing, so that it has no memory of its own.
 *
 *   rounds: named in the event -> whose, merged into, due holds, orders by sku
 *           -> what those name -> pages of lots (pages.h)
 */
#include "engine/cart.h"
#include "engine/custom.h"
#include "engine/evaluation.h"
#include "engine/limits.h"
#include "engine/member_merge.h"
#include "engine/pages.h"
#include "engine/purchase.h"
#include "engine/quote.h"

struct planning {
    const struct program *program;
    const struct event *event;
    struct states *states;
    uint32_t added;
    struct working *counting; /* for the values that limits are kept for; NULL: not now */
    struct text counted;      /* the member that they are kept for */
};

static enum status want_key(struct planning *planning, struct entity_key key)
{
    struct state *state = states_find(planning->states, &key);
    if (state != NULL) return STATUS_OK;
    planning->added++;
    return states_add(planning->states, &key);
}

static enum status want(struct planning *planning, enum entity_kind kind, struct text id)
{
    if (text_is_empty(id)) return STATUS_OK;
    return want_key(planning, (struct entity_key){.kind = kind, .id = id});
}

/* Ids read from states move with them: a key needs its own copy. */
static enum status want_copied(struct planning *planning, enum entity_kind kind, struct text id)
{
    struct entity_key key = {.kind = kind, .id = id};
    if (text_is_empty(id) || states_find(planning->states, &key) != NULL) return STATUS_OK;
    key.id = arena_copy(&planning->states->arena, id);
    if (key.id.bytes == NULL) return STATUS_NO_MEMORY;
    return want_key(planning, key);
}

static enum status want_tally(struct planning *planning, uint32_t symbol)
{
    char bytes[4];
    return want_copied(planning, ENTITY_TALLY, tally_id(symbol, bytes));
}

static struct state *loaded(const struct planning *planning, enum entity_kind kind, struct text id)
{
    struct entity_key key = {.kind = kind, .id = id};
    struct state *state = states_find(planning->states, &key);
    return state != NULL && state->size > 0 ? state : NULL;
}

static enum status want_key_of(struct planning *planning, struct text member,
                               const struct limit *limit)
{
    struct text key;
    TRY(limit_key_of(planning->counting, member, limit, &key));
    return want(planning, ENTITY_TALLY, key);
}

/* A limit for each value: that of the member's value, and of those merged into it. */
static enum status want_limit_keys(struct planning *planning, const struct limit *limit)
{
    if (planning->counting == NULL) return STATUS_OK;
    TRY(want_key_of(planning, planning->counted, limit));
    const struct state *state = loaded(planning, ENTITY_MEMBER, planning->counted);
    if (state == NULL || limit->scope == LIMIT_IN_ALL) return STATUS_OK;
    struct state member = *state;
    for (uint32_t i = 0; i < member_count(&member, SECTION_OWNERS); i++) {
        const struct owner *owner = &member_owners(&member)[i];
        if (owner->is_present != 0) TRY(want_key_of(planning, owner_id(owner), limit));
    }
    return STATUS_OK;
}

static enum status want_limits(struct planning *planning, struct limit_range range)
{
    for (uint32_t i = 0; i < range.count; i++) {
        const struct limit *limit = &planning->program->limits[range.first + i];
        if (limit->for_each != NULL) {
            TRY(want_limit_keys(planning, limit));
            continue;
        }
        if (limit->scope == LIMIT_IN_ALL) TRY(want_tally(planning, limit->symbol));
    }
    return STATUS_OK;
}

static enum status want_reward(struct planning *planning, const struct reward *reward)
{
    if (reward == NULL) return STATUS_OK;
    if (reward->has_stock) TRY(want_tally(planning, reward->symbol));
    return want_limits(planning, reward->limits);
}

static enum status want_campaign(struct planning *planning, uint32_t campaign)
{
    if (campaign == PROGRAM_NONE) return STATUS_OK;
    const struct campaign *running = &planning->program->campaigns[campaign];
    if (running->budget_wallet == PROGRAM_NONE) return STATUS_OK;
    return want_tally(planning, running->symbol);
}

/* Of the custom event with that index, of other triggers 0. */
static enum status want_rules_on(struct planning *planning, enum trigger trigger, uint32_t event)
{
    for (uint32_t i = 0; i < planning->program->rule_count; i++) {
        const struct rule *rule = &planning->program->rules[i];
        if (rule->on != trigger || (trigger == TRIGGER_CUSTOM && rule->event != event)) continue;
        if (rule->limits.count > 0) TRY(want_limits(planning, rule->limits));
        if (rule->campaign != PROGRAM_NONE) TRY(want_campaign(planning, rule->campaign));
        for (uint32_t k = 0; k < rule->boost_count; k++) {
            const struct boost *boost = &rule->boosts[k];
            if (boost->limits.count > 0) TRY(want_limits(planning, boost->limits));
            if (boost->campaign != PROGRAM_NONE) TRY(want_campaign(planning, boost->campaign));
        }
    }
    return STATUS_OK;
}

static bool has_limit_for_each(const struct program *program)
{
    for (uint32_t i = 0; i < program->limit_count; i++) {
        if (program->limits[i].for_each != NULL) return true;
    }
    return false;
}

/* Whose limits count: whoever has the member's things, itself if it is not there yet. */
static struct text counted_member(const struct planning *planning, struct text id)
{
    struct state *state = loaded(planning, ENTITY_MEMBER, id);
    if (state == NULL || member_forward(state).length == 0) return id;
    return arena_copy(&planning->states->arena, member_forward(state));
}

/* Sees `event` as the decision will: a limit for each value is found by that value. */
static enum status begin_counting(struct planning *planning, const struct event *event,
                                  int64_t occurred_at_us)
{
    struct working *working = arena_new(&planning->states->arena, struct working);
    if (working == NULL) return STATUS_NO_MEMORY;
    *working =
        (struct working){.program = planning->program,
                         .states = planning->states,
                         .event = event,
                         .occurred_at_us = occurred_at_us,
                         .occurred_day = zone_local_day(planning->program->zone, occurred_at_us)};
    if (text_is_empty(event->member)) return STATUS_OK;
    bool is_valid =
        event->type == EVENT_JOIN ||
        (event->type == EVENT_CUSTOM ? custom_find(working) : purchase_is_valid(working));
    if (!is_valid) return STATUS_OK;
    planning->counted = counted_member(planning, event->member);
    if (planning->counted.bytes == NULL) return STATUS_NO_MEMORY;
    TRY(evaluation_begin(working, NULL));
    if (working->evaluating == NULL) return STATUS_OK;
    working->evaluating->member.id = planning->counted;
    planning->counting = working;
    return STATUS_OK;
}

/* With the limits that are kept for each value. */
static enum status want_rules_counting(struct planning *planning, enum trigger trigger,
                                       uint32_t index, const struct event *event,
                                       int64_t occurred_at_us)
{
    TRY(begin_counting(planning, event, occurred_at_us));
    enum status status = want_rules_on(planning, trigger, index);
    planning->counting = NULL;
    return status;
}

/* The stocks, budgets and limits of every rule that waits for the trigger. */
static enum status want_rules(struct planning *planning, enum trigger trigger,
                              const struct event *event, int64_t occurred_at_us)
{
    uint32_t index =
        trigger == TRIGGER_CUSTOM ? program_find_event(planning->program, event->name) : 0;
    return has_limit_for_each(planning->program)
               ? want_rules_counting(planning, trigger, index, event, occurred_at_us)
               : want_rules_on(planning, trigger, index);
}

static bool ends_every_hold(const struct event *event)
{
    return event->type == EVENT_CLOSE || event->type == EVENT_ERASE;
}

static enum status want_order_parts(struct planning *planning, struct text id);

/* A member, whom it was merged into, and the redemptions of holds that are due. */
static enum status want_member(struct planning *planning, struct text id)
{
    TRY(want(planning, ENTITY_MEMBER, id));
    struct state *state = loaded(planning, ENTITY_MEMBER, id);
    if (state == NULL) return STATUS_OK;
    TRY(member_check(state));
    if (member_forward(state).length > 0) {
        struct text survivor = arena_copy(&planning->states->arena, member_forward(state));
        if (survivor.bytes == NULL) return STATUS_NO_MEMORY;
        TRY(want(planning, ENTITY_MEMBER, survivor));
        state = loaded(planning, ENTITY_MEMBER, survivor);
        if (state == NULL) return STATUS_OK;
        TRY(member_check(state));
    }
    int64_t now_us = states_recorded_at(planning->states, planning->event->clock_us);
    for (uint32_t i = 0; i < member_count(state, SECTION_HOLDS); i++) {
        struct hold hold = member_holds(state)[i];
        struct text hold_id = {hold.id, hold.id_length};
        uint8_t *bytes = state->bytes;
        if (hold.lapses_at_us > now_us && !ends_every_hold(planning->event)) continue;
        TRY(want_reward(planning, reward_of_symbol(planning->program, hold.reward)));
        if (hold_is_quote(&hold)) {
            TRY(want_copied(planning, ENTITY_ORDER, hold_id));
            TRY(want_order_parts(planning, hold_id));
        } else {
            TRY(want_copied(planning, ENTITY_REDEMPTION, hold_id));
        }
        /* Adding keys may move the list, not the bytes. */
        for (uint32_t k = 0; k < planning->states->count; k++) {
            if (planning->states->list[k].bytes == bytes) state = &planning->states->list[k];
        }
    }
    return STATUS_OK;
}

static enum status want_copied_member(struct planning *planning, struct text id)
{
    struct text copy = arena_copy(&planning->states->arena, id);
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    return want_member(planning, copy);
}

static enum status want_named_reward(struct planning *planning, struct text id)
{
    if (text_is_empty(id)) return STATUS_OK;
    uint32_t index = program_find_reward(planning->program, id);
    if (index == PROGRAM_NONE) return STATUS_OK;
    return want_reward(planning, &planning->program->rewards[index]);
}

static enum status want_redeems(struct planning *planning, const struct event *event)
{
    for (uint32_t i = 0; i < event->redeem_count && i < EVENT_REDEEM_MAXIMUM; i++) {
        TRY(want_named_reward(planning, event->redeems[i].reward));
    }
    return STATUS_OK;
}

/* What a return of the order will give back. */
static enum status want_order_parts(struct planning *planning, struct text id)
{
    struct state *state = loaded(planning, ENTITY_ORDER, id);
    if (state == NULL) return STATUS_OK;
    TRY(order_open(planning->states, state));
    const struct order *order = state->order;
    for (uint32_t i = 0; i < order->tally_count; i++) {
        const struct order_tally *tally = &order->tallies[i];
        if (!tally->is_in_all) continue;
        TRY(text_is_empty(tally->key) ? want_tally(planning, tally->symbol)
                                      : want_copied(planning, ENTITY_TALLY, tally->key));
    }
    for (uint32_t i = 0; i < order->spend_count; i++) {
        TRY(want_reward(planning, reward_of_symbol(planning->program, order->spends[i].reward)));
    }
    return STATUS_OK;
}

static enum status want_order(struct planning *planning, struct text id)
{
    TRY(want(planning, ENTITY_ORDER, id));
    struct state *state = loaded(planning, ENTITY_ORDER, id);
    if (state == NULL) return STATUS_OK;
    TRY(order_open(planning->states, state));
    struct text member = state->order->member;
    if (!text_is_empty(member)) TRY(want_member(planning, member));
    return want_order_parts(planning, id);
}

static enum status want_redemption(struct planning *planning, struct text id)
{
    TRY(want(planning, ENTITY_REDEMPTION, id));
    struct state *state = loaded(planning, ENTITY_REDEMPTION, id);
    if (state == NULL) return STATUS_OK;
    struct redemption redemption;
    struct text bytes = {(const char *)state->bytes, state->size};
    TRY(redemption_decode(&planning->states->arena, bytes, &redemption));
    TRY(want_copied_member(planning, redemption.member));
    return want_reward(planning, reward_of_symbol(planning->program, redemption.spend.reward));
}

/* ---- holds listed by a stock or limit ---- */

/* An event asks for one unit: a few that are due are enough. */
#define LISTED_HOLDS_WANTED 8

static enum status want_listed(struct planning *planning, struct state tally, int64_t now_us)
{
    uint32_t wanted = 0;
    for (uint32_t i = 0; i < member_count(&tally, SECTION_HOLDS); i++) {
        struct hold hold = member_holds(&tally)[i];
        struct text id = {hold.id, hold.id_length};
        if (hold.lapses_at_us > now_us || wanted == LISTED_HOLDS_WANTED) continue;
        wanted++;
        struct text copy = arena_copy(&planning->states->arena, id);
        if (copy.bytes == NULL) return STATUS_NO_MEMORY;
        if (hold_is_quote(&hold)) {
            TRY(want_order(planning, copy));
        } else {
            TRY(want_redemption(planning, copy));
        }
    }
    return STATUS_OK;
}

static enum status want_listed_holds(struct planning *planning)
{
    for (uint32_t i = 0; i < planning->states->count; i++) {
        struct state tally = planning->states->list[i];
        if (tally.key.kind != ENTITY_TALLY || tally.size == 0) continue;
        TRY(member_check(&planning->states->list[i]));
        int64_t now_us = states_recorded_at(planning->states, planning->event->clock_us);
        TRY(want_listed(planning, tally, now_us));
    }
    return STATUS_OK;
}

/* ---- returns by sku ---- */

/* The units of one sku that the event returns, if `index` is the first line that names it; else 0.
 */
static int64_t units_of_sku(const struct event *event, uint32_t index)
{
    int64_t units = 0;
    for (uint32_t i = 0; i < event->return_count; i++) {
        if (!text_equal(event->returns[i].sku, event->returns[index].sku)) continue;
        if (i < index) return 0;
        if (event->returns[i].quantity > 0 &&
            event->returns[i].quantity <= EVENT_QUANTITY_MAXIMUM) {
            units += event->returns[i].quantity;
        }
    }
    return units;
}

/* Units of an order whose time for returns is over: the look-up counted them, a return cannot. */
static enum status add_units_over(const struct planning *planning, struct text order,
                                  struct text sku, int64_t *over)
{
    const struct state *state = loaded(planning, ENTITY_ORDER, order);
    int64_t until_us;
    int64_t units;
    if (state == NULL || !planning->program->has_returns_within) return STATUS_OK;
    TRY(instant_add_span(planning->program->zone, state->order->occurred_at_us,
                         planning->program->returns_within, &until_us));
    if (planning->event->occurred_at_us <= until_us) return STATUS_OK;
    TRY(order_bytes_units(state->bytes, state->size, sku, &units));
    *over += units;
    return STATUS_OK;
}

/* Puts a look-up to the store once more, for every order that it has. */
static enum status ask_again(struct planning *planning, const struct entity_key *key)
{
    struct state *state = states_find(planning->states, key);
    if (state->key.units == INT64_MAX) return STATUS_OK;
    state->key.units = INT64_MAX;
    state->size = 0;
    state->is_loaded = false;
    planning->added++;
    return STATUS_OK;
}

static enum status want_lines(struct planning *planning, struct text member, struct text sku,
                              int64_t units)
{
    struct entity_key key = {.kind = ENTITY_LINES, .id = member, .sku = sku, .units = units};
    TRY(want_key(planning, key));
    const struct state *state = states_find(planning->states, &key);
    struct state answer = *state;
    int64_t over = 0;
    uint32_t offset = 0;
    for (;;) {
        struct text order = state_lines_order(&answer, &offset);
        if (order.bytes == NULL) break;
        TRY(want(planning, ENTITY_ORDER, order));
        TRY(want_order_parts(planning, order));
        TRY(add_units_over(planning, order, sku, &over));
    }
    return over > 0 ? ask_again(planning, &key) : STATUS_OK;
}

static enum status want_member_lines(struct planning *planning, struct text member)
{
    const struct event *event = planning->event;
    for (uint32_t i = 0; i < event->return_count; i++) {
        int64_t units = units_of_sku(event, i);
        if (units > 0) TRY(want_lines(planning, member, event->returns[i].sku, units));
    }
    return STATUS_OK;
}

/* The survivor's own orders, and those of every member merged into it. */
static enum status want_returned_orders(struct planning *planning)
{
    struct text id = planning->event->member;
    struct state *state = loaded(planning, ENTITY_MEMBER, id);
    if (state == NULL) return STATUS_OK;
    if (member_forward(state).length > 0) {
        id = arena_copy(&planning->states->arena, member_forward(state));
        if (id.bytes == NULL) return STATUS_NO_MEMORY;
        state = loaded(planning, ENTITY_MEMBER, id);
        if (state == NULL) return STATUS_OK;
    }
    struct state survivor = *state;
    TRY(want_member_lines(planning, id));
    for (uint32_t i = 0; i < member_count(&survivor, SECTION_OWNERS); i++) {
        const struct owner *owner = &member_owners(&survivor)[i];
        if (owner->is_present == 0) continue;
        struct text owner_copy = arena_copy(&planning->states->arena, owner_id(owner));
        if (owner_copy.bytes == NULL) return STATUS_NO_MEMORY;
        TRY(want_member_lines(planning, owner_copy));
    }
    return STATUS_OK;
}

/* The members that came into the event's member before: their forwarding changes with a merge. */
static enum status want_merged_members(struct planning *planning)
{
    struct state *state = loaded(planning, ENTITY_MEMBER, planning->event->member);
    if (state == NULL) return STATUS_OK;
    if (planning->event->type == EVENT_UNMERGE && member_forward(state).length > 0) {
        struct text survivor = member_forward(state);
        state = loaded(planning, ENTITY_MEMBER, survivor);
        if (state == NULL) return STATUS_OK;
    }
    struct state copy = *state;
    for (uint32_t i = 0; i < member_count(&copy, SECTION_OWNERS); i++) {
        const struct owner *owner = &member_owners(&copy)[i];
        if (owner->is_present != 0) TRY(want_copied(planning, ENTITY_MEMBER, owner_id(owner)));
    }
    return STATUS_OK;
}

static enum status plan_purchase(struct planning *planning)
{
    const struct event *event = planning->event;
    if (!text_is_empty(event->member)) TRY(want_member(planning, event->member));
    TRY(want(planning, ENTITY_ORDER, event->order));
    if (event->type == EVENT_QUOTE) TRY(want_order(planning, event->order));
    TRY(want_rules(planning, TRIGGER_PURCHASE, event, event->occurred_at_us));
    return want_redeems(planning, event);
}

/* An open order is bought by whom its cart names, which may be nobody's member yet. */
static enum status plan_confirm_order(struct planning *planning)
{
    struct event cart;
    TRY(want_order(planning, planning->event->order));
    const struct state *state = loaded(planning, ENTITY_ORDER, planning->event->order);
    if (state == NULL || state->order->status != ORDER_OPEN) return STATUS_OK;
    const struct order *order = state->order;
    TRY(engine_decode_event(order->cart, &planning->states->arena, &cart));
    cart.order = planning->event->order;
    if (!text_is_empty(cart.member)) TRY(want_copied_member(planning, cart.member));
    TRY(want_rules(planning, TRIGGER_PURCHASE, &cart, planning->event->occurred_at_us));
    /* Whoever has what it holds buys it, unless it lapses first. */
    if (order->is_holding && !text_equal(order->member, cart.member)) {
        cart.member = order->member;
        TRY(want_rules(planning, TRIGGER_PURCHASE, &cart, planning->event->occurred_at_us));
    }
    return want_redeems(planning, &cart);
}

/* A guest's cart, for whoever claims it. */
static enum status plan_claim(struct planning *planning)
{
    const struct event *event = planning->event;
    struct event cart;
    TRY(want_order(planning, event->order));
    if (!text_is_empty(event->member)) TRY(want_member(planning, event->member));
    const struct state *state = loaded(planning, ENTITY_ORDER, event->order);
    if (state == NULL) return want_rules_on(planning, TRIGGER_PURCHASE, 0);
    if (state->order->status != ORDER_GUEST) return STATUS_OK;
    TRY(engine_decode_event(state->order->cart, &planning->states->arena, &cart));
    cart.order = event->order;
    cart.member = event->member;
    return want_rules(planning, TRIGGER_PURCHASE, &cart, state->order->occurred_at_us);
}

/* The order's new items are decided for the member that it has. */
static enum status plan_edit(struct planning *planning)
{
    struct event edit = *planning->event;
    TRY(want_order(planning, edit.order));
    const struct state *state = loaded(planning, ENTITY_ORDER, edit.order);
    if (state == NULL) return want_rules_on(planning, TRIGGER_PURCHASE, 0);
    edit.member = arena_copy(&planning->states->arena, state->order->member);
    if (edit.member.bytes == NULL) return STATUS_NO_MEMORY;
    return want_rules(planning, TRIGGER_PURCHASE, &edit, state->order->occurred_at_us);
}

static enum status plan_custom(struct planning *planning)
{
    const struct event *event = planning->event;
    TRY(want_member(planning, event->member));
    TRY(want(planning, ENTITY_ORDER, event->order));
    return want_rules(planning, TRIGGER_CUSTOM, event, event->occurred_at_us);
}

static enum status plan_by_type(struct planning *planning)
{
    const struct event *event = planning->event;
    switch (event->type) {
    case EVENT_JOIN:
        TRY(want_member(planning, event->member));
        return want_rules(planning, TRIGGER_JOIN, event, event->occurred_at_us);
    case EVENT_PURCHASE:
        return plan_purchase(planning);
    case EVENT_QUOTE:
        return plan_purchase(planning);
    case EVENT_CONFIRM_ORDER:
        return plan_confirm_order(planning);
    case EVENT_EDIT:
        return plan_edit(planning);
    case EVENT_CLAIM:
        return plan_claim(planning);
    case EVENT_CUSTOM:
        return plan_custom(planning);
    case EVENT_RETURN:
    case EVENT_MILESTONE:
    case EVENT_CANCEL_ORDER:
    case EVENT_UNDO_RETURN:
        return want_order(planning, event->order);
    case EVENT_RETURN_BY_SKU:
        TRY(want_member(planning, event->member));
        return want_returned_orders(planning);
    case EVENT_REDEEM:
    case EVENT_HOLD:
        TRY(want_member(planning, event->member));
        TRY(want(planning, ENTITY_REDEMPTION, event->id));
        return want_named_reward(planning, event->reward);
    case EVENT_CONFIRM:
    case EVENT_CANCEL:
    case EVENT_REVERSE:
        return want_redemption(planning, event->id);
    case EVENT_MERGE:
    case EVENT_UNMERGE:
        TRY(want_member(planning, event->member));
        TRY(want_member(planning, event->other_member));
        return want_merged_members(planning);
    case EVENT_TRANSFER:
        TRY(want_member(planning, event->other_member));
        return want_member(planning, event->member);
    case EVENT_ADJUST:
    case EVENT_SETTLE:
    case EVENT_PROFILE:
    case EVENT_CLOSE:
    case EVENT_REOPEN:
    case EVENT_ERASE:
    case EVENT_EXPIRE:
        return want_member(planning, event->member);
    case EVENT_RELEASE:
        TRY(want_member(planning, event->member));
        return want_order(planning, event->order);
    case EVENT_TYPE_COUNT:
    default:
        return STATUS_OK;
    }
}

/* ---- pages ---- */

static bool has_pages(const struct states *states)
{
    for (uint32_t i = 0; i < states->count; i++) {
        const struct state *state = &states->list[i];
        if (state->key.kind != ENTITY_MEMBER || state->size == 0) continue;
        if (member_count(state, SECTION_PAGES) > 0) return true;
    }
    return false;
}

/* When all else is there: the pages that the decision looks into. */
static enum status want_pages(struct planning *planning)
{
    struct wanted_pages wanted;
    if (planning->added > 0 || !has_pages(planning->states)) return STATUS_OK;
    TRY(decide_for_pages(planning->program, planning->states, planning->event, &wanted));
    for (uint32_t i = 0; i < wanted.count; i++) {
        char bytes[PAGE_ID_BYTES];
        TRY(want_copied(planning, ENTITY_PAGE, page_id(wanted.pages[i], bytes)));
    }
    return STATUS_OK;
}

enum status engine_plan_lots(struct states *states, struct text member, uint32_t *added)
{
    struct planning planning = {.states = states};
    struct state *state = loaded(&planning, ENTITY_MEMBER, member);
    *added = 0;
    if (state != NULL && member_forward(state).length > 0) {
        state = loaded(&planning, ENTITY_MEMBER, member_forward(state));
    }
    if (state == NULL) return STATUS_OK;
    TRY(member_check(state));
    struct state copy = *state;
    for (uint32_t i = 0; i < member_count(&copy, SECTION_PAGES); i++) {
        char bytes[PAGE_ID_BYTES];
        TRY(want_copied(&planning, ENTITY_PAGE, page_id(member_pages(&copy)[i].page, bytes)));
    }
    *added = planning.added;
    return STATUS_OK;
}

enum status engine_plan(const struct program *program, const struct event *event,
                        struct states *states, uint32_t *added)
{
    struct planning planning = {.program = program, .event = event, .states = states};
    TRY(want(&planning, ENTITY_KEY, event->key));
    TRY(plan_by_type(&planning));
    TRY(want_listed_holds(&planning));
    TRY(want_pages(&planning));
    *added = planning.added;
    return STATUS_OK;
}
