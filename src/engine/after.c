/* Balances and levels after an event, so that its answer can be given again from its record alone,
 * word for word, whatever has happened since.
 *
 * They are no effects: folding ignores them. Whoever verifies a journal folds it and compares them
 * with the states that came of it (engine_check_after).
 *
 * Method: both are read off a member's state in the same order, entity by entity in the decision's
 * order, wallets and tier sets as they stand in the state; so to note and to compare is one walk.
 * Members that were merged into another have nothing; the one that has their things is there too.
 */
#include "engine/after.h"

#include "engine/settle.h"

static bool has_things(const struct state *state)
{
    return state->key.kind == ENTITY_MEMBER && member_exists(state) &&
           member_forward(state).length == 0;
}

/* A key that was used before, or an event that is no event: nothing is answered about members. */
static bool says_nothing(const struct working *working)
{
    enum answer answer = working->decision->answer;
    return answer == ANSWER_REPEATED || answer == ANSWER_KEY_CONFLICT ||
           answer == ANSWER_INVALID_EVENT;
}

/* Whose event it is: whom it names, or else whose order or redemption. Others may be loaded,
 * because a stock lists their holds. NULL where there is none. */
#define OWN_MAXIMUM 4

static enum status find_own(const struct working *working, struct state *own[OWN_MAXIMUM])
{
    const struct event *event = working->event;
    const struct state *order = find_state(working, ENTITY_ORDER, event->order);
    const struct state *entity = find_state(working, ENTITY_REDEMPTION, event->id);
    struct text orders_member = {NULL, 0};
    struct redemption redemption = {0};
    if (order != NULL && order->size > 0) {
        uint64_t position;
        TRY(order_bytes_member(order->bytes, order->size, &orders_member, &position));
    }
    if (entity != NULL && entity->size > 0) {
        struct text bytes = {(const char *)entity->bytes, entity->size};
        TRY(redemption_decode(&working->states->arena, bytes, &redemption));
    }
    own[0] = find_member(working, event->member);
    own[1] = find_member(working, event->other_member);
    own[2] = own[0] != NULL ? NULL : find_member(working, orders_member);
    own[3] = own[0] != NULL ? NULL : find_member(working, redemption.member);
    return STATUS_OK;
}

enum status after_settle_refused(struct working *working)
{
    struct state *own[OWN_MAXIMUM];
    if (!IS_REFUSED(working) || says_nothing(working)) return STATUS_OK;
    TRY(find_own(working, own));
    for (int i = 0; i < OWN_MAXIMUM; i++) {
        if (own[i] != NULL) TRY(settle_member(working, own[i], working->now_us));
    }
    return STATUS_OK;
}

/* ---- one walk over a member ---- */

/* The next purse of a wallet that no earlier purse is of; false at the end. */
static bool next_wallet(const struct state *state, uint32_t *index, uint32_t *wallet)
{
    const struct purse *purses = member_purses(state);
    for (; *index < member_count(state, SECTION_PURSES); ++*index) {
        uint32_t first = 0;
        while (purses[first].wallet != purses[*index].wallet)
            first++;
        if (first != *index) continue;
        *wallet = purses[(*index)++].wallet;
        return true;
    }
    return false;
}

/* The next tier set in which the member itself stands at a level. */
static bool next_tier(const struct state *state, uint32_t *index, struct tier *tier)
{
    for (; *index < member_count(state, SECTION_TIERS); ++*index) {
        *tier = member_tiers(state)[*index];
        if (tier->owner != 0 || tier->level == 0) continue;
        ++*index;
        return true;
    }
    return false;
}

static enum status note_balances(const struct state *state, uint16_t entity,
                                 struct decision *decision)
{
    uint32_t index = 0;
    uint32_t wallet;
    while (next_wallet(state, &index, &wallet)) {
        struct balance_after *after = &decision->balances[decision->balance_count++];
        *after = (struct balance_after){.entity = entity, .wallet = wallet};
        TRY(member_wallet_balance(state, wallet, &after->balance));
    }
    return STATUS_OK;
}

static void note_levels(const struct state *state, uint16_t entity, struct decision *decision)
{
    uint32_t index = 0;
    struct tier tier;
    while (next_tier(state, &index, &tier)) {
        decision->levels[decision->level_count++] =
            (struct level_after){.entity = entity,
                                 .tier_set = tier.set,
                                 .level = tier.level,
                                 .kept_until_us = tier.kept_until_us};
    }
}

/* ---- into the decision ---- */

static const struct state *state_of_entity(const struct states *states, uint16_t entity)
{
    for (uint32_t i = 0; i < states->count; i++) {
        if (states->list[i].entity == entity) return &states->list[i];
    }
    return NULL;
}

/* An event that is done belongs to the history of its members and its order, even one that changed
 * nothing of them: a purchase too small to earn, a milestone that released nothing. */
static enum status touch(struct working *working, struct state *state)
{
    if (state == NULL || state->size == 0 || state->is_dirty || IS_REFUSED(working)) {
        return STATUS_OK;
    }
    return emit(working, state, (struct effect){.kind = EFFECT_TOUCHED});
}

static enum status touch_own(struct working *working, struct state *const own[OWN_MAXIMUM])
{
    if (working->event->type == EVENT_SETTLE)
        return STATUS_OK; /* it writes down what is due, if any */
    for (int i = 0; i < OWN_MAXIMUM; i++)
        TRY(touch(working, own[i]));
    if (text_is_empty(working->event->order)) return STATUS_OK;
    return touch(working, find_state(working, ENTITY_ORDER, working->event->order));
}

enum status after_note(struct working *working)
{
    struct decision *decision = working->decision;
    struct states *states = working->states;
    size_t purses = 0;
    size_t tiers = 0;
    struct state *own[OWN_MAXIMUM];
    if (states->skips_after || working->wanted != NULL || says_nothing(working)) return STATUS_OK;
    TRY(find_own(working, own));
    for (int i = 0; i < OWN_MAXIMUM; i++) {
        if (own[i] != NULL) TRY(name_entity(working, own[i]));
    }
    TRY(touch_own(working, own));
    for (uint32_t i = 0; i < states->count; i++) {
        const struct state *state = &states->list[i];
        if (state->entity == ENTITY_NOT_NAMED || !has_things(state)) continue;
        purses += member_count(state, SECTION_PURSES);
        tiers += member_count(state, SECTION_TIERS);
    }
    decision->balances = arena_allocate(&states->arena, purses * sizeof *decision->balances + 1);
    decision->levels = arena_allocate(&states->arena, tiers * sizeof *decision->levels + 1);
    if (decision->balances == NULL || decision->levels == NULL) return STATUS_NO_MEMORY;
    for (uint32_t e = 0; e < decision->entity_count; e++) {
        if (decision->entities[e].kind != ENTITY_MEMBER) continue;
        const struct state *state = state_of_entity(states, (uint16_t)e);
        if (state == NULL || !has_things(state)) continue;
        TRY(note_balances(state, (uint16_t)e, decision));
        note_levels(state, (uint16_t)e, decision);
    }
    decision->has_after = true;
    return STATUS_OK;
}

/* ---- against folded states ---- */

static bool same_balance(const struct balance *a, const struct balance *b)
{
    return a->available == b->available && a->pending == b->pending && a->held == b->held &&
           a->debt == b->debt;
}

static enum status check_balances(const struct state *state, uint32_t entity,
                                  const struct decision *decision, uint32_t *next)
{
    uint32_t index = 0;
    uint32_t wallet;
    while (next_wallet(state, &index, &wallet)) {
        struct balance balance;
        if (*next == decision->balance_count) return STATUS_CORRUPT;
        const struct balance_after *after = &decision->balances[(*next)++];
        TRY(member_wallet_balance(state, wallet, &balance));
        if (after->entity != entity || after->wallet != wallet ||
            !same_balance(&after->balance, &balance)) {
            return STATUS_CORRUPT;
        }
    }
    return STATUS_OK;
}

static enum status check_levels(const struct state *state, uint32_t entity,
                                const struct decision *decision, uint32_t *next)
{
    uint32_t index = 0;
    struct tier tier;
    while (next_tier(state, &index, &tier)) {
        if (*next == decision->level_count) return STATUS_CORRUPT;
        const struct level_after *after = &decision->levels[(*next)++];
        if (after->entity != entity || after->tier_set != tier.set || after->level != tier.level ||
            after->kept_until_us != tier.kept_until_us) {
            return STATUS_CORRUPT;
        }
    }
    return STATUS_OK;
}

enum status engine_check_after(const struct states *states, const struct decision *decision)
{
    uint32_t balances = 0;
    uint32_t levels = 0;
    if (!decision->has_after) return STATUS_OK;
    for (uint32_t e = 0; e < decision->entity_count; e++) {
        if (decision->entities[e].kind != ENTITY_MEMBER) continue;
        const struct state *state = states_find(states, &decision->entities[e]);
        if (state == NULL || !has_things(state)) continue;
        TRY(check_balances(state, e, decision, &balances));
        TRY(check_levels(state, e, decision, &levels));
    }
    bool has_all = balances == decision->balance_count && levels == decision->level_count;
    return has_all ? STATUS_OK : STATUS_CORRUPT;
}
