/* Apply: folds effects into states.
 *
 * Each effect is applied to its entity's own previous state and nothing else: no programme, no
 * other entity, no clock. engine_decide calls effect_apply for each effect as it emits it, and
 * engine_apply for each effect of a record; so what is folded is what was decided.
 *
 * Records may come from a damaged file: every index and amount is checked against the state before
 * anything changes, and STATUS_CORRUPT answers what does not fit. On any failure the copies are of
 * no more use.
 */
#include "engine/apply.h"

#include "engine/engine.h"
#include "engine/member.h"
#include "engine/member_merge.h"
#include "engine/order.h"
#include "engine/page.h"

/* The lot that an effect names by class, number and earning; NULL if it is not there, or is a page,
 * whose lots are recalled before one is named. */
static struct lot *named_lot(const struct state *state, const struct effect *effect)
{
    if (effect->index >= member_count(state, SECTION_CLASSES)) return NULL;
    const struct lot_class *lot_class = &member_classes(state)[effect->index];
    if (effect->lot >= lot_class->lots) return NULL;
    struct lot *lot = &member_lots(state)[member_first_lot(state, effect->index) + effect->lot];
    return lot->earning == effect->earning && !lot_is_page(lot) ? lot : NULL;
}

static struct purse *class_purse(const struct state *state, const struct lot_class *lot_class)
{
    return &member_purses(state)[lot_class->purse];
}

/* Adds to, or with `out` takes from, the purse's sum for an account. */
static enum status move_sum(struct purse *purse, uint8_t account, int64_t amount, bool out)
{
    int64_t *sum = purse_sum(purse, account);
    if (sum == NULL) return STATUS_OK;
    if (!out) return amount_increase(sum, amount);
    if (*sum < amount) return STATUS_CORRUPT;
    return amount_decrease(sum, amount);
}

static enum status lot_opened(struct states *states, struct state *state,
                              const struct effect *effect)
{
    uint32_t purse;
    if (effect->amount <= 0 || effect->to > ACCOUNT_EXPIRED || effect->to == ACCOUNT_HELD ||
        effect->day == DAY_OF_PAGE) {
        return STATUS_CORRUPT;
    }
    TRY(member_open_purse(states, state, effect->symbol, effect->owner, &purse));
    struct lot_class properties = {
        .release_at_us = effect->to == ACCOUNT_PENDING ? effect->release_at_us : 0,
        .expires_at_us = effect->expires_at_us,
        .funder = effect->funder,
        .purse = (uint8_t)purse,
        .account = effect->to,
    };
    struct lot lot = {.earning = effect->earning,
                      .remaining = effect->amount,
                      .rule = effect->rule,
                      .returnable_until_day = effect->day};
    TRY(member_add_lot(states, state, &properties, &lot));
    return move_sum(&member_purses(state)[purse], effect->to, effect->amount, false);
}

static enum status pay_debt(struct state *state, const struct effect *effect)
{
    struct purse *purse = member_purse(state, effect->symbol, effect->owner);
    if (purse == NULL || purse->debt < effect->amount) return STATUS_CORRUPT;
    return amount_decrease(&purse->debt, effect->amount);
}

static enum status lot_taken(struct state *state, const struct effect *effect)
{
    const struct lot *lot = named_lot(state, effect);
    if (lot == NULL || effect->amount <= 0 || effect->amount > lot->remaining) {
        return STATUS_CORRUPT;
    }
    const struct lot_class *lot_class = &member_classes(state)[effect->index];
    if (lot_class->account != effect->from) return STATUS_CORRUPT;
    TRY(move_sum(class_purse(state, lot_class), effect->from, effect->amount, true));
    TRY(member_take_lot(state, effect->index, effect->lot, effect->amount));
    if (effect->to == ACCOUNT_DEBT) return pay_debt(state, effect);
    return STATUS_OK;
}

static enum status lot_moved(struct states *states, struct state *state,
                             const struct effect *effect)
{
    const struct lot *named = named_lot(state, effect);
    if (named == NULL || effect->to > ACCOUNT_EXPIRED || effect->amount <= 0 ||
        effect->amount > named->remaining) {
        return STATUS_CORRUPT;
    }
    struct lot lot = *named;
    struct lot_class properties = member_classes(state)[effect->index];
    if (properties.account != effect->from) return STATUS_CORRUPT;
    lot.remaining = effect->amount;
    properties.account = effect->to;
    properties.release_at_us = effect->to == ACCOUNT_PENDING ? effect->release_at_us : 0;
    properties.expires_at_us = effect->expires_at_us;
    properties.hold = effect->to == ACCOUNT_HELD ? effect->reference : 0;
    TRY(move_sum(class_purse(state, &properties), effect->from, effect->amount, true));
    TRY(member_take_lot(state, effect->index, effect->lot, effect->amount));
    TRY(member_add_lot(states, state, &properties, &lot));
    return move_sum(class_purse(state, &properties), effect->to, effect->amount, false);
}

/* A class's lots on their way to another: copies, with the references of pages among them. */
struct moving {
    uint32_t count;
    struct lot *lots;
    struct page_reference *pages;
};

static enum status take_class(struct states *states, struct state *state, uint32_t class_index,
                              struct moving *moving)
{
    uint32_t count = member_classes(state)[class_index].lots;
    uint32_t first = member_first_lot(state, class_index);
    uint32_t first_page = member_pages_before(state, first);
    uint32_t pages = member_pages_before(state, first + count) - first_page;
    moving->count = count;
    moving->lots = arena_allocate(&states->arena, (size_t)count * sizeof(struct lot));
    moving->pages =
        arena_allocate(&states->arena, (size_t)pages * sizeof(struct page_reference) + 1);
    if (moving->lots == NULL || moving->pages == NULL) return STATUS_NO_MEMORY;
    memcpy(moving->lots, member_lots(state) + first, (size_t)count * sizeof(struct lot));
    memcpy(moving->pages, member_pages(state) + first_page,
           (size_t)pages * sizeof(struct page_reference));
    member_remove_lots(state, first, count);
    member_remove(state, SECTION_CLASSES, class_index, 1);
    return STATUS_OK;
}

/* A whole class changes its account: pending is released, available expires. */
static enum status class_turned(struct states *states, struct state *state,
                                const struct effect *effect)
{
    if (effect->index >= member_count(state, SECTION_CLASSES)) return STATUS_CORRUPT;
    struct lot_class properties = member_classes(state)[effect->index];
    if (properties.account != effect->from || effect->to > ACCOUNT_EXPIRED ||
        effect->to == effect->from || effect->to == ACCOUNT_HELD) {
        return STATUS_CORRUPT;
    }
    TRY(move_sum(class_purse(state, &properties), effect->from, effect->amount, true));
    TRY(move_sum(class_purse(state, &properties), effect->to, effect->amount, false));
    struct moving moving;
    TRY(take_class(states, state, effect->index, &moving));
    /* What is renewed together expired at one recorded instant. */
    if (effect->to == ACCOUNT_EXPIRED) properties.expires_at_us = effect->at_us;
    properties.account = effect->to;
    properties.release_at_us = 0;
    int64_t sum = 0;
    for (uint32_t i = 0; i < moving.count; i++) {
        const struct lot *lot = &moving.lots[i];
        TRY(amount_increase(&sum, lot->remaining));
        if (!lot_is_page(lot)) {
            TRY(member_add_lot(states, state, &properties, lot));
            continue;
        }
        const struct page_reference *page = moving.pages++;
        if (page->is_mixed != 0) return STATUS_CORRUPT;
        TRY(member_add_page(states, state, &properties, lot, page));
    }
    return sum == effect->amount ? STATUS_OK : STATUS_CORRUPT;
}

/* The first lots of a class become one that no return can reach. */
static enum status lots_merged(struct state *state, const struct effect *effect)
{
    if (effect->index >= member_count(state, SECTION_CLASSES)) return STATUS_CORRUPT;
    struct lot_class *lot_class = &member_classes(state)[effect->index];
    if (effect->lot < 1 || effect->lot > lot_class->lots) return STATUS_CORRUPT;
    uint32_t first = member_first_lot(state, effect->index);
    const struct lot *lots = member_lots(state) + first;
    int64_t sum = 0;
    for (uint32_t i = 0; i < effect->lot; i++) {
        TRY(amount_increase(&sum, lots[i].remaining));
        if (lot_is_page(&lots[i]) && member_page_at(state, first + i)->is_mixed != 0) {
            return STATUS_CORRUPT;
        }
    }
    lot_class->lots = (uint16_t)(lot_class->lots - (effect->lot - 1));
    uint32_t pages = member_pages_before(state, first);
    uint32_t gone = member_pages_before(state, first + effect->lot) - pages;
    member_remove(state, SECTION_PAGES, pages, gone);
    member_lots(state)[first] = (struct lot){
        .earning = EARNING_MERGED, .remaining = sum, .returnable_until_day = INT32_MIN};
    member_remove(state, SECTION_LOTS, first + 1, effect->lot - 1);
    return STATUS_OK;
}

static enum status lots_forgotten(struct state *state, const struct effect *effect)
{
    if (effect->index >= member_count(state, SECTION_CLASSES)) return STATUS_CORRUPT;
    struct lot_class *lot_class = &member_classes(state)[effect->index];
    if (lot_class->account != ACCOUNT_EXPIRED || effect->lot == 0 ||
        effect->lot > lot_class->lots) {
        return STATUS_CORRUPT;
    }
    uint32_t first = member_first_lot(state, effect->index);
    lot_class->lots = (uint16_t)(lot_class->lots - effect->lot);
    bool is_empty = lot_class->lots == 0;
    member_remove_lots(state, first, effect->lot);
    if (is_empty) member_remove(state, SECTION_CLASSES, effect->index, 1);
    return STATUS_OK;
}

static enum status expired_counted(struct state *state, const struct effect *effect)
{
    const struct lot *lot = named_lot(state, effect);
    if (lot == NULL || member_classes(state)[effect->index].account != ACCOUNT_EXPIRED) {
        return STATUS_CORRUPT;
    }
    return member_take_lot(state, effect->index, effect->lot, effect->amount);
}

static enum status purse_changed(struct states *states, struct state *state,
                                 const struct effect *effect)
{
    uint32_t index;
    TRY(member_open_purse(states, state, effect->symbol, effect->owner, &index));
    struct purse *purse = &member_purses(state)[index];
    if (effect->kind == EFFECT_EXPIRY_RENEWED) {
        if (purse->renewed_expires_at_us <= effect->at_us) {
            purse->ended_at_us = purse->renewed_expires_at_us;
        }
        purse->renewed_expires_at_us = effect->expires_at_us;
        return STATUS_OK;
    }
    int64_t *sum = effect->kind == EFFECT_DEBT_RAISED ? &purse->debt : &purse->claim;
    TRY(amount_increase(sum, effect->amount));
    return *sum < 0 ? STATUS_CORRUPT : STATUS_OK;
}

static enum status tally_added(struct states *states, struct state *state,
                               const struct effect *effect)
{
    if (state->size == 0) TRY(member_create(states, state, 0));
    struct tally *tally = member_tally(state, effect->symbol, effect->day, effect->owner);
    if (tally == NULL) {
        uint32_t count = member_count(state, SECTION_TALLIES);
        TRY(member_insert(states, state, SECTION_TALLIES, count));
        tally = &member_tallies(state)[count];
        tally->symbol = effect->symbol;
        tally->day = effect->day;
        tally->owner = effect->owner;
    }
    return amount_increase(&tally->amount, effect->amount);
}

static enum status tally_forgotten(struct state *state, const struct effect *effect)
{
    struct tally *tally = member_tally(state, effect->symbol, effect->day, effect->owner);
    if (tally == NULL) return STATUS_CORRUPT;
    member_remove(state, SECTION_TALLIES, (uint32_t)(tally - member_tallies(state)), 1);
    return STATUS_OK;
}

/* When an owner lends a level, what was there before waits for the day that it leaves again. */
static enum status set_tier_aside(struct states *states, struct state *state, uint32_t set,
                                  uint32_t lender)
{
    if (lender == 0 || member_tier_aside(state, set, lender) != NULL) return STATUS_OK;
    const struct tier *own = member_tier(state, set, 0);
    struct tier aside = own == NULL ? member_tier_nothing(set) : *own;
    uint32_t count = member_count(state, SECTION_TIERS);
    aside.owner = lender;
    aside.is_set_aside = 1;
    TRY(member_insert(states, state, SECTION_TIERS, count));
    member_tiers(state)[count] = aside;
    return STATUS_OK;
}

static bool says_nothing(const struct effect *effect)
{
    return effect->rule == 0 && effect->at_us == 0 && effect->expires_at_us == INSTANT_NEVER &&
           effect->release_at_us == INSTANT_NEVER && effect->day == 0 && effect->reference == 0;
}

static enum status tier_set(struct states *states, struct state *state, const struct effect *effect)
{
    TRY(set_tier_aside(states, state, effect->symbol, (uint32_t)(effect->reference >> 1)));
    struct tier *tier = member_tier(state, effect->symbol, effect->owner);
    if (says_nothing(effect)) {
        if (tier == NULL) return STATUS_CORRUPT;
        member_remove(state, SECTION_TIERS, (uint32_t)(tier - member_tiers(state)), 1);
        return STATUS_OK;
    }
    if (tier == NULL) {
        uint32_t count = member_count(state, SECTION_TIERS);
        TRY(member_insert(states, state, SECTION_TIERS, count));
        tier = &member_tiers(state)[count];
        tier->set = effect->symbol;
        tier->owner = effect->owner;
    }
    tier->level = effect->rule;
    tier->since_us = effect->at_us;
    tier->kept_until_us = effect->expires_at_us;
    tier->upgrade_at_us = effect->release_at_us;
    tier->earned_day = effect->day;
    tier->in_grace = effect->reference & 1;
    tier->lent_by = (uint32_t)(effect->reference >> 1);
    return STATUS_OK;
}

static enum status bytes_set(struct states *states, struct state *state,
                             const struct effect *effect)
{
    TRY(state_reserve(states, state, effect->payload.length));
    if (effect->payload.length > 0) {
        memcpy(state->bytes, effect->payload.bytes, effect->payload.length);
    }
    state->size = (uint32_t)effect->payload.length;
    return STATUS_OK;
}

static enum status milestone_reached(struct states *states, struct order *order,
                                     struct text milestone)
{
    uint32_t count = order->milestone_count;
    if (milestone.length > EVENT_ID_MAXIMUM) return STATUS_CORRUPT;
    if (count >= ORDER_MILESTONE_MAXIMUM) return STATUS_LIMIT;
    struct text *list = arena_new_array(&states->arena, struct text, count + 1);
    if (list == NULL) return STATUS_NO_MEMORY;
    if (count > 0) memcpy(list, order->milestones, count * sizeof(struct text));
    list[count] = milestone;
    order->milestones = list;
    order->milestone_count = count + 1;
    return STATUS_OK;
}

/* The whole order anew, in bytes of its own: what was read of the old ones is still looked at. It
 * stays decoded, so that it is stamped like one changed in part. */
static enum status order_replaced(struct states *states, struct state *state,
                                  const struct effect *effect)
{
    state->bytes = NULL;
    state->size = 0;
    state->capacity = 0;
    TRY(bytes_set(states, state, effect));
    state->order = NULL;
    return order_open(states, state);
}

static enum status order_changed(struct states *states, struct state *state,
                                 const struct effect *effect)
{
    if (state->size == 0) return STATUS_CORRUPT;
    TRY(order_open(states, state));
    struct order *order = state->order;
    if (effect->kind == EFFECT_LINE_RETURNED) {
        if (effect->index >= order->line_count) return STATUS_CORRUPT;
        struct order_line *line = &order->lines[effect->index];
        int64_t units = effect->amount;
        if (units <= 0 || units > line_left(line)) return STATUS_CORRUPT;
        line->returned += units;
        order->changes++;
    } else if (effect->kind == EFFECT_LINE_REFUNDED) {
        if (effect->index >= order->line_count || effect->amount <= 0) return STATUS_CORRUPT;
        TRY(amount_increase(&order->lines[effect->index].refunded, effect->amount));
        order->changes++;
    } else if (effect->kind == EFFECT_MILESTONE_REACHED) {
        return milestone_reached(states, order, effect->payload);
    } else if (effect->kind == EFFECT_EARNING_KEPT) {
        if (effect->index >= order->earning_count || effect->amount < 0) return STATUS_CORRUPT;
        order->earnings[effect->index].kept = effect->amount;
    } else if (effect->kind == EFFECT_ORDER_TALLY_RETURNED) {
        if (effect->index >= order->tally_count) return STATUS_CORRUPT;
        TRY(amount_decrease(&order->tallies[effect->index].left, effect->amount));
    } else {
        if (effect->index >= order->spend_count) return STATUS_CORRUPT;
        struct spend *spend = &order->spends[effect->index];
        TRY(amount_increase(&spend->given_back, effect->amount));
        if (spend->given_back < 0 || spend->given_back > spend->amount) return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

static enum status hold_changed(struct states *states, struct state *state,
                                const struct effect *effect)
{
    struct hold *hold = member_hold(state, effect->reference);
    if (effect->kind == EFFECT_HOLD_ENDED) {
        if (hold == NULL) return STATUS_CORRUPT;
        member_remove(state, SECTION_HOLDS, (uint32_t)(hold - member_holds(state)), 1);
        return STATUS_OK;
    }
    if (hold != NULL || effect->payload.length > EVENT_ID_MAXIMUM) return STATUS_CORRUPT;
    uint32_t count = member_count(state, SECTION_HOLDS);
    TRY(member_insert(states, state, SECTION_HOLDS, count));
    hold = &member_holds(state)[count];
    hold->position = effect->reference;
    hold->lapses_at_us = effect->expires_at_us;
    hold->wallet = effect->symbol;
    hold->reward = effect->rule;
    hold->id_length = (uint32_t)effect->payload.length;
    if (hold->id_length > 0) memcpy(hold->id, effect->payload.bytes, hold->id_length);
    return STATUS_OK;
}

/* Effects on a member that must be there. */
static enum status member_changed(struct states *states, struct state *state,
                                  const struct effect *effect)
{
    if (state->size == 0) return STATUS_CORRUPT;
    switch ((enum effect_kind)effect->kind) {
    case EFFECT_LOT_OPENED:
        return lot_opened(states, state, effect);
    case EFFECT_LOT_TAKEN:
        return lot_taken(state, effect);
    case EFFECT_LOT_MOVED:
        return lot_moved(states, state, effect);
    case EFFECT_CLASS_TURNED:
        return class_turned(states, state, effect);
    case EFFECT_LOTS_SPILLED:
        return member_spill(states, state, effect);
    case EFFECT_LOTS_RECALLED:
        return member_recall(states, state, effect);
    case EFFECT_LOTS_MERGED:
        return lots_merged(state, effect);
    case EFFECT_LOTS_FORGOTTEN:
        return lots_forgotten(state, effect);
    case EFFECT_EXPIRED_COUNTED:
        return expired_counted(state, effect);
    case EFFECT_DEBT_RAISED:
    case EFFECT_CLAIM_ADDED:
    case EFFECT_EXPIRY_RENEWED:
        return purse_changed(states, state, effect);
    case EFFECT_TIER_SET:
        return tier_set(states, state, effect);
    case EFFECT_MEMBER_ADOPTED:
        return member_adopt(states, state, effect);
    case EFFECT_MEMBER_FORWARDED:
        return member_set_forward(state, effect);
    case EFFECT_MEMBER_RELEASED:
        return member_release_owner(state, effect->owner);
    case EFFECT_MEMBER_PROFILED:
        return effect->payload.length == HASH_RECORD_BYTES ? STATUS_OK : STATUS_CORRUPT;
    case EFFECT_MEMBER_MARKED:
        if (effect->index > MEMBER_FLAGS_KNOWN) return STATUS_CORRUPT;
        member_of(state)->flags = (uint16_t)effect->index;
        return STATUS_OK;
    default:
        return STATUS_OK; /* SHORTFALL changes nothing */
    }
}

enum status effect_apply(struct states *states, struct state *state, const struct effect *effect)
{
    enum effect_kind kind = (enum effect_kind)effect->kind;
    state->is_dirty = true;
    switch (kind) {
    case EFFECT_MEMBER_JOINED:
        if (state->key.kind != ENTITY_MEMBER || state->size > 0) return STATUS_CORRUPT;
        return member_create(states, state, effect->at_us);
    case EFFECT_TALLY_ADDED:
        if (state->key.kind == ENTITY_MEMBER && state->size == 0) return STATUS_CORRUPT;
        if (state->key.kind != ENTITY_MEMBER && state->key.kind != ENTITY_TALLY) {
            return STATUS_CORRUPT;
        }
        return tally_added(states, state, effect);
    case EFFECT_TALLY_FORGOTTEN:
        if (state->key.kind != ENTITY_MEMBER && state->key.kind != ENTITY_TALLY) {
            return STATUS_CORRUPT;
        }
        return state->size == 0 ? STATUS_CORRUPT : tally_forgotten(state, effect);
    case EFFECT_HOLD_OPENED:
    case EFFECT_HOLD_ENDED:
        if (state->key.kind != ENTITY_MEMBER && state->key.kind != ENTITY_TALLY) {
            return STATUS_CORRUPT;
        }
        return state->size == 0 ? STATUS_CORRUPT : hold_changed(states, state, effect);
    case EFFECT_LINE_RETURNED:
    case EFFECT_EARNING_KEPT:
    case EFFECT_ORDER_TALLY_RETURNED:
    case EFFECT_SPEND_RETURNED:
    case EFFECT_LINE_REFUNDED:
    case EFFECT_MILESTONE_REACHED:
        if (state->key.kind != ENTITY_ORDER) return STATUS_CORRUPT;
        return order_changed(states, state, effect);
    case EFFECT_ORDER_OPENED:
        if (state->key.kind != ENTITY_ORDER || state->size > 0) return STATUS_CORRUPT;
        return bytes_set(states, state, effect);
    case EFFECT_ORDER_CHANGED:
        if (state->key.kind != ENTITY_ORDER) return STATUS_CORRUPT;
        return order_replaced(states, state, effect);
    case EFFECT_REDEMPTION_OPENED:
    case EFFECT_REDEMPTION_CHANGED:
        if (state->key.kind != ENTITY_REDEMPTION) return STATUS_CORRUPT;
        return bytes_set(states, state, effect);
    case EFFECT_KEY_USED:
        if (state->key.kind != ENTITY_KEY || state->size > 0) return STATUS_CORRUPT;
        return bytes_set(states, state, effect);
    case EFFECT_PAGE_OPENED:
        if (state->key.kind != ENTITY_PAGE || state->size > 0) return STATUS_CORRUPT;
        return bytes_set(states, state, effect);
    case EFFECT_PAGE_CLOSED:
        if (state->key.kind != ENTITY_PAGE) return STATUS_CORRUPT;
        state->bytes = NULL;
        state->size = 0;
        state->capacity = 0;
        return STATUS_OK;
    case EFFECT_TOUCHED:
        if (state->size == 0) return STATUS_CORRUPT;
        if (state->key.kind == ENTITY_ORDER) return order_open(states, state);
        return state->key.kind == ENTITY_MEMBER ? STATUS_OK : STATUS_CORRUPT;
    case EFFECT_MEMBER_RESTORED:
        if (state->key.kind != ENTITY_MEMBER) return STATUS_CORRUPT;
        if (!member_bytes_valid(effect->payload.bytes, effect->payload.length)) {
            return STATUS_CORRUPT;
        }
        return bytes_set(states, state, effect);
    default:
        if (state->key.kind != ENTITY_MEMBER) return STATUS_CORRUPT;
        return member_changed(states, state, effect);
    }
}

static enum status stamp(struct states *states, struct state *state,
                         const struct decision *decision)
{
    if (state->key.kind == ENTITY_MEMBER || state->key.kind == ENTITY_TALLY) {
        if (state->size == 0) return STATUS_CORRUPT;
        struct member *member = member_of(state);
        member->sequence++;
        member->last_position = decision->position;
        member->recorded_at_us = decision->recorded_at_us;
        member_set_next_due(state);
    } else if (state->order != NULL) {
        state->order->sequence++;
        state->order->last_position = decision->position;
        state->order->recorded_at_us = decision->recorded_at_us;
        struct text bytes;
        TRY(order_encode(&states->arena, state->order, &bytes));
        state->bytes = (uint8_t *)(uintptr_t)bytes.bytes;
        state->size = (uint32_t)bytes.length;
        state->capacity = state->size;
    }
    return STATUS_OK;
}

enum status states_stamp(struct states *states, const struct decision *decision)
{
    for (uint32_t i = 0; i < states->count; i++) {
        if (states->list[i].is_dirty) TRY(stamp(states, &states->list[i], decision));
    }
    return STATUS_OK;
}
