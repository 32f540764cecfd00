/* A command becomes the answer that the auditor predicts, and changes its model.
 *
 * Choices where the design is silent:
 * - The order in which reasons for a refusal are looked for: the event's shape, then the key, then
 *   time, then ids, then what the command asks for; of a reward needs, limits, stock, balance.
 * - A first purchase makes the member (joined when it occurred); rules on joining do not fire then.
 * - Malformed events do not use their key; every other refusal does.
 * - What is given to another member keeps its end, lot by lot, and is new there otherwise; where
 *   activity renews the end it takes the other's instant, if there is one ahead.
 */
#include "auditor.h"

int audit_member_find(const struct audit *audit, struct text id)
{
    if (id.length != 2 || id.bytes[0] != 'm') return AUDIT_NONE;
    int member = id.bytes[1] - '0';
    if (member < 0 || member >= AUDIT_MEMBERS || !audit->members[member].exists) return AUDIT_NONE;
    return audit_member_now(audit, member);
}

int audit_member_now(const struct audit *audit, int member)
{
    while (audit->members[member].merged_into != AUDIT_NONE) {
        member = audit->members[member].merged_into;
    }
    return member;
}

int audit_order_find(const struct audit *audit, struct text id)
{
    for (int i = 0; i < audit->order_count; i++) {
        if (text_equal(audit->orders[i].id, id)) return i;
    }
    return AUDIT_NONE;
}

int audit_redemption_find(const struct audit *audit, struct text id)
{
    for (int i = 0; i < audit->redemption_count && !text_is_empty(id); i++) {
        if (text_equal(audit->redemptions[i].id, id)) return i;
    }
    return AUDIT_NONE;
}

int audit_wallet_find(const struct audit *audit, struct text id)
{
    for (uint32_t i = 0; i < audit->program->wallet_count; i++) {
        if (text_equal(audit->program->wallets[i].id, id)) return (int)i;
    }
    return AUDIT_NONE;
}

static int reward_find(const struct audit *audit, struct text id)
{
    for (uint32_t i = 0; i < audit->program->reward_count; i++) {
        if (text_equal(audit->program->rewards[i].id, id)) return (int)i;
    }
    return AUDIT_NONE;
}

/* --- redemptions -------------------------------------------------------------------------- */

/* Counts a reward's limits and stock, or gives them back. */
void audit_reward_use(struct audit *audit, const struct audit_redemption *redemption, int sign)
{
    if (redemption->reward == AUDIT_NONE) return;
    const struct reward *reward = &audit->program->rewards[redemption->reward];
    int32_t day = zone_local_day(audit->program->zone, redemption->occurred_us);
    for (uint32_t i = 0; i < reward->limits.count; i++) {
        const struct limit *limit = &audit->program->limits[reward->limits.first + i];
        int whose = limit->scope == LIMIT_PER_MEMBER ? redemption->member : AUDIT_NONE;
        audit_count(audit, limit->symbol, whose, day, sign);
    }
    if (reward->has_stock) audit_count(audit, reward->symbol, AUDIT_NONE, 0, sign);
}

/* May this redemption be made? Fills its wallet, reward and amount. */
static enum answer redemption_check(struct audit *audit, int member, const struct event *event,
                                    const struct redeem *redeem,
                                    struct audit_redemption *redemption)
{
    redemption->member = member;
    redemption->reward = AUDIT_NONE;
    redemption->occurred_us = event->occurred_at_us;
    if (!text_is_empty(redeem->reward)) {
        int index = reward_find(audit, redeem->reward);
        if (index == AUDIT_NONE) return ANSWER_UNKNOWN_REWARD;
        const struct reward *reward = &audit->program->rewards[index];
        redemption->reward = index;
        redemption->wallet = (int)reward->wallet;
        redemption->amount = reward->cost;
        if (!audit_condition_holds(audit, member, &reward->needs, NULL, event->occurred_at_us,
                                   event)) {
            return ANSWER_NEEDS_NOT_MET;
        }
        if (!audit_limits_allow(audit, &reward->limits, member, event)) {
            return ANSWER_LIMIT_REACHED;
        }
        struct window lifetime = {WINDOW_LIFETIME, PERIOD_DAY, 0};
        if (reward->has_stock &&
            audit_counted(audit, reward->symbol, AUDIT_NONE, &lifetime, 0, 0) >= reward->stock) {
            return ANSWER_OUT_OF_STOCK;
        }
    } else {
        redemption->wallet = audit_wallet_find(audit, redeem->wallet);
        redemption->amount = redeem->amount;
        if (redemption->wallet == AUDIT_NONE) return ANSWER_UNKNOWN_WALLET;
        if (redeem->amount <= 0) return ANSWER_INVALID_AMOUNT;
    }
    int64_t available = audit_available(&audit->members[member], redemption->wallet);
    return available < redemption->amount ? ANSWER_BALANCE_TOO_LOW : ANSWER_DONE;
}

static struct audit_redemption *redemption_add(struct audit *audit,
                                               struct audit_redemption *redemption)
{
    ASSERT(audit->redemption_count < AUDIT_COMMANDS);
    redemption->part_count = audit_take_available(audit, redemption->member, redemption->wallet,
                                                  redemption->amount, redemption->parts);
    audit_reward_use(audit, redemption, 1);
    audit->redemptions[audit->redemption_count] = *redemption;
    return &audit->redemptions[audit->redemption_count++];
}

static enum answer do_redeem(struct audit *audit, const struct event *event, int64_t now_us)
{
    bool is_hold = event->type == EVENT_HOLD;
    struct audit_redemption redemption = {
        .id = event->id, .state = AUDIT_DONE, .was_hold = is_hold, .lapses_us = INSTANT_NEVER};
    if (is_hold && (text_is_empty(event->id) || event->lapses_at_us <= now_us)) {
        return ANSWER_INVALID_EVENT;
    }
    if (audit_redemption_find(audit, event->id) != AUDIT_NONE) return ANSWER_ALREADY_EXISTS;
    int member = audit_member_find(audit, event->member);
    if (member == AUDIT_NONE) return ANSWER_UNKNOWN_MEMBER;
    audit_settle(audit, member, now_us);
    const struct redeem asked = {event->reward, event->wallet, event->amount};
    enum answer answer = redemption_check(audit, member, event, &asked, &redemption);
    if (answer != ANSWER_DONE) return answer;
    struct audit_redemption *added = redemption_add(audit, &redemption);
    if (!is_hold) return ANSWER_DONE;
    added->state = AUDIT_HELD;
    added->lapses_us = event->lapses_at_us;
    for (int i = 0; i < added->part_count; i++) {
        audit->members[member].pieces[added->parts[i].piece].held += added->parts[i].amount;
    }
    return ANSWER_DONE;
}

/* CONFIRM, CANCEL, REVERSE find their redemption here, settled. */
static enum answer redemption_open(struct audit *audit, const struct event *event, int64_t now_us,
                                   struct audit_redemption **redemption)
{
    int index = audit_redemption_find(audit, event->id);
    if (index == AUDIT_NONE) return ANSWER_UNKNOWN_REDEMPTION;
    *redemption = &audit->redemptions[index];
    audit_settle(audit, audit_member_now(audit, (*redemption)->member), now_us);
    if (event->type == EVENT_REVERSE) return ANSWER_DONE;
    if ((*redemption)->has_lapsed) return ANSWER_HOLD_LAPSED;
    return (*redemption)->state == AUDIT_HELD ? ANSWER_DONE : ANSWER_NOT_HELD;
}

/* The part confirmed is redeemed, from what would expire first; the rest is released. */
static enum answer do_confirm(struct audit *audit, const struct event *event, int64_t now_us)
{
    struct audit_redemption *hold;
    enum answer answer = redemption_open(audit, event, now_us, &hold);
    if (answer != ANSWER_DONE) return answer;
    int64_t amount = event->amount == 0 ? hold->amount : event->amount;
    if (amount <= 0) return ANSWER_INVALID_AMOUNT;
    if (amount > hold->amount) return ANSWER_BALANCE_TOO_LOW;
    struct audit_redemption rest = *hold;
    hold->amount = amount;
    for (int i = 0; i < hold->part_count; i++) {
        struct part *part = &hold->parts[i];
        int64_t redeemed = part->amount < amount ? part->amount : amount;
        audit->members[hold->member].pieces[part->piece].held -= redeemed;
        amount -= redeemed;
        part->amount = redeemed;
        rest.parts[i].amount -= redeemed;
    }
    hold->state = AUDIT_DONE;
    audit_hold_release(audit, &rest, now_us);
    return ANSWER_DONE;
}

static enum answer do_cancel(struct audit *audit, const struct event *event, int64_t now_us)
{
    struct audit_redemption *hold;
    enum answer answer = redemption_open(audit, event, now_us, &hold);
    if (answer != ANSWER_DONE) return answer;
    audit_hold_release(audit, hold, now_us);
    audit_reward_use(audit, hold, -1);
    return ANSWER_DONE;
}

static enum answer do_reverse(struct audit *audit, const struct event *event, int64_t now_us)
{
    struct audit_redemption *it;
    enum answer answer = redemption_open(audit, event, now_us, &it);
    if (answer != ANSWER_DONE) return answer;
    int64_t left = it->amount - it->given_back;
    if (it->state != AUDIT_DONE || left <= 0) return ANSWER_NOT_REVERSIBLE;
    int64_t amount = event->amount == 0 ? left : event->amount;
    if (amount <= 0) return ANSWER_INVALID_AMOUNT;
    if (amount > left) return ANSWER_NOT_REVERSIBLE;
    audit_give_back(audit, it->member, it->parts, it->part_count, amount, now_us);
    it->given_back += amount;
    if (it->given_back == it->amount) audit_reward_use(audit, it, -1);
    return ANSWER_DONE;
}

/* --- members ------------------------------------------------------------------------------ */

static void member_begin(struct audit *audit, int member, const struct event *event)
{
    struct audit_member *it = &audit->members[member];
    it->exists = true;
    it->is_closed = it->is_erased = false;
    it->piece_count = 0;
    it->merged_into = AUDIT_NONE;
    it->joined_day = zone_local_day(audit->program->zone, event->occurred_at_us);
    for (int w = 0; w < AUDIT_WALLETS; w++) {
        it->debt[w] = it->claim[w] = 0;
        it->renewed_us[w] = INSTANT_NEVER;
    }
    audit_tiers_enter(audit, member, event->occurred_at_us);
}

static enum answer do_join(struct audit *audit, const struct event *event, int64_t now_us,
                           struct prediction *prediction)
{
    if (text_is_empty(event->member)) return ANSWER_INVALID_EVENT;
    int member = event->member.bytes[1] - '0';
    if (audit->members[member].exists) return ANSWER_ALREADY_EXISTS;
    member_begin(audit, member, event);
    audit_note_before(audit, member, true, event->occurred_at_us);
    audit_renew(audit, member, TRIGGER_JOIN, event->occurred_at_us, now_us);
    audit_earn(audit, member, NULL, event, now_us, prediction);
    audit_settle(audit, member, now_us);
    return ANSWER_DONE;
}

/* --- purchases ---------------------------------------------------------------------------- */

static bool purchase_is_valid(const struct audit *audit, const struct event *event)
{
    if (text_is_empty(event->order) || text_is_empty(event->member)) return false;
    if (event->item_count == 0 || event->currency >= audit->program->currency_count) return false;
    if (event->discount < 0 || event->shipping < 0 || event->paid_with_points < 0) return false;
    for (uint32_t i = 0; i < event->item_count; i++) {
        const struct item *item = &event->items[i];
        if (item->discount < 0 || item->quantity > EVENT_QUANTITY_MAXIMUM ||
            item->quantity < -EVENT_QUANTITY_MAXIMUM || item->unit_price.scale > 6) {
            return false;
        }
    }
    return true;
}

/* Points redeemed in the order itself: all that it asks for, or nothing. */
static enum answer redeem_in_order(struct audit *audit, int member, struct audit_order *order,
                                   const struct event *event)
{
    static struct audit before;
    order->redemption = audit->redemption_count;
    order->redemptions = (int)event->redeem_count;
    if (event->redeem_count == 0) return ANSWER_DONE;
    if (!audit->members[member].exists) return ANSWER_UNKNOWN_MEMBER;
    if (event->redeem_count > 1) before = *audit;
    for (uint32_t i = 0; i < event->redeem_count; i++) {
        struct audit_redemption redemption = {.state = AUDIT_DONE, .lapses_us = INSTANT_NEVER};
        enum answer answer =
            redemption_check(audit, member, event, &event->redeems[i], &redemption);
        if (answer == ANSWER_DONE) {
            redemption_add(audit, &redemption);
            continue;
        }
        if (event->redeem_count > 1) *audit = before;
        return answer;
    }
    return ANSWER_DONE;
}

static enum answer do_purchase(struct audit *audit, const struct event *event, int64_t now_us,
                               struct prediction *prediction)
{
    if (!purchase_is_valid(audit, event)) return ANSWER_INVALID_EVENT;
    if (audit_order_find(audit, event->order) != AUDIT_NONE) return ANSWER_ALREADY_EXISTS;
    int bought_by = event->member.bytes[1] - '0';
    bool is_new = !audit->members[bought_by].exists;
    int member = is_new ? bought_by : audit_member_now(audit, bought_by);
    audit_settle(audit, member, now_us);
    struct audit_order *order = &audit->orders[audit->order_count];
    *order = (struct audit_order){.id = event->order,
                                  .member = bought_by,
                                  .position = event->position,
                                  .occurred_us = event->occurred_at_us,
                                  .currency = event->currency};
    audit_order_fill(audit, order, event);
    audit_note_before(audit, member, is_new, event->occurred_at_us);
    enum answer answer = redeem_in_order(audit, member, order, event);
    if (answer != ANSWER_DONE) return answer;
    if (is_new) {
        member_begin(audit, member, event);
        audit_note_before(audit, member, true, event->occurred_at_us);
    }
    audit->order_count++;
    prediction->eligible = audit_order_base(audit, order, MEASURE_ELIGIBLE, false);
    audit_renew(audit, member, TRIGGER_PURCHASE, event->occurred_at_us, now_us);
    audit_earn(audit, member, order, event, now_us, prediction);
    audit_counters_count(audit, member, TRIGGER_PURCHASE, order, event, now_us);
    audit_settle(audit, member, now_us);
    return ANSWER_DONE;
}

/* --- custom events ------------------------------------------------------------------------ */

static enum answer do_custom(struct audit *audit, const struct event *event, int64_t now_us,
                             struct prediction *prediction)
{
    const struct program *program = audit->program;
    if (program->event_count == 0 || !text_equal(event->name, program->events[0].id)) {
        return ANSWER_UNKNOWN_EVENT;
    }
    for (uint32_t i = 0; i < event->value_count; i++) {
        const struct field_value *value = &event->values[i];
        if (value->type != FIELD_INT || !text_equal(value->name, TEXT("rating")) || i > 0) {
            return ANSWER_INVALID_EVENT;
        }
    }
    if (!text_is_empty(event->order) && audit_order_find(audit, event->order) == AUDIT_NONE) {
        return ANSWER_UNKNOWN_ORDER;
    }
    int named = event->member.bytes[1] - '0';
    bool is_new = !audit->members[named].exists;
    int member = is_new ? named : audit_member_now(audit, named);
    audit_settle(audit, member, now_us);
    if (is_new) member_begin(audit, member, event);
    audit_note_before(audit, member, is_new, event->occurred_at_us);
    audit_renew(audit, member, TRIGGER_CUSTOM, event->occurred_at_us, now_us);
    audit_earn(audit, member, NULL, event, now_us, prediction);
    audit_counters_count(audit, member, TRIGGER_CUSTOM, NULL, event, now_us);
    audit_settle(audit, member, now_us);
    return ANSWER_DONE;
}

/* --- adjustments and transfers ------------------------------------------------------------ */

static enum answer do_adjust(struct audit *audit, const struct event *event, int64_t now_us)
{
    int wallet = audit_wallet_find(audit, event->wallet);
    if (wallet == AUDIT_NONE) return ANSWER_UNKNOWN_WALLET;
    if (event->amount == 0 || event->amount == INT64_MIN) return ANSWER_INVALID_AMOUNT;
    if (text_is_empty(event->reason)) return ANSWER_INVALID_EVENT;
    int member = audit_member_find(audit, event->member);
    if (member == AUDIT_NONE) return ANSWER_UNKNOWN_MEMBER;
    audit_settle(audit, member, now_us);
    struct part parts[AUDIT_PARTS];
    if (event->amount < 0) {
        wide available = audit_available(&audit->members[member], wallet);
        if (available + event->amount < 0) return ANSWER_BALANCE_TOO_LOW;
        audit_take_available(audit, member, wallet, -event->amount, parts);
        return ANSWER_DONE;
    }
    const struct expiry *expires = &audit->program->wallets[wallet].expires;
    struct piece piece = {.wallet = wallet,
                          .position = event->position,
                          .order = AUDIT_NONE,
                          .owner = member,
                          .is_renewed = expires->is_renewed,
                          .release_us = INT64_MIN,
                          .expires_us = audit_lot_expiry(audit, member, wallet, expires,
                                                         event->occurred_at_us, now_us)};
    audit_open(audit, member, piece, event->amount, now_us);
    audit_settle(audit, member, now_us);
    return ANSWER_DONE;
}

static enum answer do_transfer(struct audit *audit, const struct event *event, int64_t now_us)
{
    int wallet = audit_wallet_find(audit, event->wallet);
    if (wallet == AUDIT_NONE) return ANSWER_UNKNOWN_WALLET;
    if (event->amount <= 0) return ANSWER_INVALID_AMOUNT;
    int from = audit_member_find(audit, event->member);
    int to = audit_member_find(audit, event->other_member);
    if (from == AUDIT_NONE || to == AUDIT_NONE) return ANSWER_UNKNOWN_MEMBER;
    if (from == to) return ANSWER_SAME_MEMBER;
    audit_settle(audit, from, now_us);
    audit_settle(audit, to, now_us);
    if (audit_available(&audit->members[from], wallet) < event->amount) {
        return ANSWER_BALANCE_TOO_LOW;
    }
    struct part parts[AUDIT_PARTS];
    int count = audit_take_available(audit, from, wallet, event->amount, parts);
    for (int i = 0; i < count; i++) {
        struct piece piece = audit->members[from].pieces[parts[i].piece];
        struct piece given = {.wallet = wallet,
                              .position = event->position,
                              .number = i,
                              .order = AUDIT_NONE,
                              .owner = to,
                              .is_renewed = piece.is_renewed,
                              .release_us = INT64_MIN,
                              .expires_us = piece.expires_us};
        int64_t renewed_us = audit->members[to].renewed_us[wallet];
        if (piece.is_renewed && (renewed_us == INSTANT_NEVER || renewed_us <= now_us)) {
            audit_renew_wallet(&audit->members[to], wallet, piece.expires_us, now_us);
        }
        if (piece.is_renewed) given.expires_us = audit->members[to].renewed_us[wallet];
        audit_open(audit, to, given, parts[i].amount, now_us);
    }
    return ANSWER_DONE;
}

/* --- merging ------------------------------------------------------------------------------ */

/* The higher tier stays, to its own end. */
static void merge_levels(struct audit *audit, int from, int to)
{
    for (uint32_t i = 0; i < audit->program->tier_set_count; i++) {
        const struct audit_level *lent = &audit->members[from].levels[i];
        struct audit_level *held = &audit->members[to].levels[i];
        if (lent->level <= held->level) continue;
        *held = *lent;
        held->in_grace = false;
    }
}

/* Everything of one goes to the other; the model does not take it apart again. */
static void merge_ledgers(struct audit *audit, int from, int to, int32_t today)
{
    struct audit_member *source = &audit->members[from];
    struct audit_member *target = &audit->members[to];
    int first = target->piece_count;
    for (int i = 0; i < source->piece_count; i++)
        audit_piece_add(audit, to, &source->pieces[i]);
    for (int i = 0; i < audit->redemption_count; i++) {
        struct audit_redemption *redemption = &audit->redemptions[i];
        if (redemption->member != from) continue;
        redemption->member = to;
        for (int k = 0; k < redemption->part_count; k++)
            redemption->parts[k].piece += first;
    }
    for (int w = 0; w < AUDIT_WALLETS; w++) {
        target->debt[w] += source->debt[w];
        target->claim[w] += source->claim[w];
        source->debt[w] = source->claim[w] = 0;
        audit_pay_debt(target, w);
    }
    source->piece_count = 0;
    source->merged_into = to;
    source->merged_day = today;
}

static enum answer do_merge(struct audit *audit, const struct event *event, int64_t now_us)
{
    int to = audit_member_find(audit, event->other_member);
    if (audit_member_find(audit, event->member) == AUDIT_NONE || to == AUDIT_NONE) {
        return ANSWER_UNKNOWN_MEMBER;
    }
    int from = event->member.bytes[1] - '0';
    if (from == to) return ANSWER_SAME_MEMBER;
    if (audit->members[from].merged_into != AUDIT_NONE) return ANSWER_ALREADY_MERGED;
    audit_settle(audit, from, now_us);
    audit_settle(audit, to, now_us);
    merge_levels(audit, from, to);
    merge_ledgers(audit, from, to, zone_local_day(audit->program->zone, now_us));
    audit_tiers_merged(audit, to, now_us);
    return ANSWER_DONE;
}

/* --- every command ------------------------------------------------------------------------ */

static bool same_text(struct text a, struct text b)
{
    return text_equal(a, b);
}

static bool same_body(const struct event *a, const struct event *b)
{
    if (a->type != b->type || a->occurred_at_us != b->occurred_at_us || a->amount != b->amount ||
        a->item_count != b->item_count || a->return_count != b->return_count ||
        a->lapses_at_us != b->lapses_at_us || a->currency != b->currency ||
        a->value_count != b->value_count) {
        return false;
    }
    for (uint32_t i = 0; i < a->item_count; i++) {
        if (!same_text(a->items[i].sku, b->items[i].sku) ||
            a->items[i].quantity != b->items[i].quantity ||
            a->items[i].unit_price.coefficient != b->items[i].unit_price.coefficient) {
            return false;
        }
    }
    for (uint32_t i = 0; i < a->return_count; i++) {
        if (a->returns[i].quantity != b->returns[i].quantity) return false;
    }
    for (uint32_t i = 0; i < a->value_count; i++) {
        if (a->values[i].integer != b->values[i].integer) return false;
    }
    return same_text(a->name, b->name) && same_text(a->member, b->member) &&
           same_text(a->order, b->order) && same_text(a->id, b->id) &&
           same_text(a->wallet, b->wallet) && same_text(a->reward, b->reward) &&
           same_text(a->milestone, b->milestone) && same_text(a->other_member, b->other_member);
}

static enum answer do_settle(struct audit *audit, const struct event *event, int64_t now_us)
{
    int member = audit_member_find(audit, event->member);
    if (member == AUDIT_NONE) return ANSWER_UNKNOWN_MEMBER;
    audit_settle(audit, member, now_us);
    return ANSWER_DONE;
}

static enum answer do_command(struct audit *audit, const struct event *event, int64_t now_us,
                              struct prediction *prediction)
{
    switch (event->type) {
    case EVENT_JOIN:
        return do_join(audit, event, now_us, prediction);
    case EVENT_PURCHASE:
        return do_purchase(audit, event, now_us, prediction);
    case EVENT_CUSTOM:
        return do_custom(audit, event, now_us, prediction);
    case EVENT_RETURN:
        return audit_return(audit, event, now_us);
    case EVENT_RETURN_BY_SKU:
        return audit_return_by_sku(audit, event, now_us, prediction);
    case EVENT_MILESTONE:
        return audit_milestone(audit, event, now_us);
    case EVENT_REDEEM:
    case EVENT_HOLD:
        return do_redeem(audit, event, now_us);
    case EVENT_CONFIRM:
        return do_confirm(audit, event, now_us);
    case EVENT_CANCEL:
        return do_cancel(audit, event, now_us);
    case EVENT_REVERSE:
        return do_reverse(audit, event, now_us);
    case EVENT_ADJUST:
        return do_adjust(audit, event, now_us);
    case EVENT_TRANSFER:
        return do_transfer(audit, event, now_us);
    case EVENT_SETTLE:
        return do_settle(audit, event, now_us);
    case EVENT_MERGE:
        return do_merge(audit, event, now_us);
    case EVENT_CLOSE:
    case EVENT_REOPEN:
    case EVENT_ERASE:
    case EVENT_EXPIRE:
    case EVENT_RELEASE:
        return audit_member_command(audit, event, now_us);
    case EVENT_UNMERGE:
    default:
        return ANSWER_INVALID_EVENT;
    }
}

static enum answer check_time(const struct audit *audit, const struct event *event)
{
    int64_t oldest_us;
    if (event->occurred_at_us - event->clock_us > 5 * 60 * MICROSECONDS_PER_SECOND) {
        return ANSWER_TOO_EARLY;
    }
    if (event->is_import) return ANSWER_DONE;
    ASSERT(instant_add_span(audit->program->zone, event->occurred_at_us,
                            audit->program->late_within, &oldest_us) == STATUS_OK);
    return oldest_us < event->clock_us ? ANSWER_TOO_LATE : ANSWER_DONE;
}

void audit_command(struct audit *audit, const struct event *event, int64_t now_us,
                   struct prediction *prediction)
{
    *prediction = (struct prediction){.answer = ANSWER_DONE};
    for (int i = 0; i < audit->key_count && !text_is_empty(event->key); i++) {
        const struct audit_key *key = &audit->keys[i];
        if (!text_equal(key->key, event->key)) continue;
        bool is_same = same_body(key->event, event);
        prediction->answer = is_same ? ANSWER_REPEATED : ANSWER_KEY_CONFLICT;
        prediction->repeated_position = key->position;
        return;
    }
    if (!audit->is_unsteady) audit_settle_holds(audit, now_us);
    prediction->answer = check_time(audit, event);
    if (prediction->answer == ANSWER_DONE) prediction->answer = audit_membership(audit, event);
    if (prediction->answer == ANSWER_DONE) {
        prediction->answer = do_command(audit, event, now_us, prediction);
    }
    if (text_is_empty(event->key) || prediction->answer == ANSWER_INVALID_EVENT) return;
    ASSERT(audit->key_count < AUDIT_COMMANDS);
    audit->keys[audit->key_count++] = (struct audit_key){event->key, event->position, event};
}
