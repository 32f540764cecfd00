/* Lots as plain pieces: opening, settling, spending, giving back.
 *
 * Choices where the design is silent:
 * - Pending points do not expire while they are pending. Those whose end is not ahead when they are
 *   released, and those that are available and over when they are opened ("born expired"), expire
 * in the same record; they never were available, and so pay no debt.
 * - What comes back to several lots at once pays debt in the order in which it would be spent; a
 *   part that comes back goes to the lots last taken first; a part that is confirmed comes from
 *   those that would expire first.
 */
#include "auditor.h"

int64_t audit_sum(int64_t a, int64_t b)
{
    wide sum = (wide)a + b;
    ASSERT(sum <= INT64_MAX && sum >= INT64_MIN);
    return (int64_t)sum;
}

int64_t audit_available(const struct audit_member *member, int wallet)
{
    int64_t sum = 0;
    for (int i = 0; i < member->piece_count; i++) {
        if (member->pieces[i].wallet == wallet) sum = audit_sum(sum, member->pieces[i].available);
    }
    return sum;
}

int64_t audit_pending(const struct audit_member *member, int wallet)
{
    int64_t sum = 0;
    for (int i = 0; i < member->piece_count; i++) {
        if (member->pieces[i].wallet == wallet) sum = audit_sum(sum, member->pieces[i].pending);
    }
    return sum;
}

int64_t audit_held(const struct audit_member *member, int wallet)
{
    int64_t sum = 0;
    for (int i = 0; i < member->piece_count; i++) {
        if (member->pieces[i].wallet == wallet) sum = audit_sum(sum, member->pieces[i].held);
    }
    return sum;
}

/* --- dates -------------------------------------------------------------------------------- */

int64_t audit_expiry(const struct audit *audit, const struct expiry *expiry, int64_t occurred_us)
{
    if (!expiry->given) return INSTANT_NEVER;
    const struct zone *zone = audit->program->zone;
    int64_t expires_us = occurred_us;
    if (expiry->after.count > 0 &&
        instant_add_span(zone, occurred_us, expiry->after, &expires_us) != STATUS_OK) {
        return INSTANT_NEVER;
    }
    static const enum period_unit units[] = {
        [PERIOD_END_DAY] = PERIOD_DAY,     [PERIOD_END_WEEK] = PERIOD_WEEK,
        [PERIOD_END_MONTH] = PERIOD_MONTH, [PERIOD_END_QUARTER] = PERIOD_QUARTER,
        [PERIOD_END_YEAR] = PERIOD_YEAR,
    };
    if (expiry->on == PERIOD_END_NONE) return expires_us;
    int32_t day = zone_local_day(zone, expires_us);
    return zone_start_of_day(zone,
                             period_next_day(units[expiry->on], day, audit->program->week_starts));
}

/* The wallet's one expiry moves on, and with it every piece that has not ended, and what is
 * pending: that does not end. What was held or spent when the old one passed has ended with it. */
void audit_renew_wallet(struct audit_member *member, int wallet, int64_t expires_us, int64_t now_us)
{
    for (int i = 0; i < member->piece_count; i++) {
        struct piece *piece = &member->pieces[i];
        if (piece->wallet != wallet || !piece->is_renewed) continue;
        if (piece->expires_us > now_us || piece->pending > 0) piece->expires_us = expires_us;
    }
    member->renewed_us[wallet] = expires_us;
}

void audit_renew(struct audit *audit, int member, enum trigger trigger, int64_t occurred_us,
                 int64_t now_us)
{
    for (uint32_t w = 0; w < audit->program->wallet_count; w++) {
        const struct expiry *expires = &audit->program->wallets[w].expires;
        struct audit_member *it = &audit->members[member];
        bool is_renewed_by = trigger == TRIGGER_CUSTOM
                                 ? expires->renewed_by_event != NULL && expires->renewed_by_event[0]
                                 : expires->renewed_by[trigger];
        if (!expires->is_renewed || !is_renewed_by) continue;
        int64_t expires_us = audit_expiry(audit, expires, occurred_us);
        if (it->renewed_us[w] != INSTANT_NEVER && it->renewed_us[w] >= expires_us) continue;
        audit_renew_wallet(it, (int)w, expires_us, now_us);
    }
}

/* The end of a lot that is opened now: where activity renews it, the wallet's one instant, which
 * the first lot sets (or one that finds it past). */
int64_t audit_lot_expiry(struct audit *audit, int member, int wallet, const struct expiry *expires,
                         int64_t occurred_us, int64_t now_us)
{
    struct audit_member *it = &audit->members[member];
    int64_t expires_us = audit_expiry(audit, expires, occurred_us);
    if (!expires->is_renewed) return expires_us;
    int64_t renewed_us = it->renewed_us[wallet];
    if (renewed_us == INSTANT_NEVER || (renewed_us <= now_us && renewed_us < expires_us)) {
        audit_renew_wallet(it, wallet, expires_us, now_us);
    }
    return it->renewed_us[wallet];
}

/* --- opening and what becomes available --------------------------------------------------- */

struct piece *audit_piece_add(struct audit *audit, int member, const struct piece *piece)
{
    struct audit_member *it = &audit->members[member];
    ASSERT(it->piece_count < AUDIT_PIECES);
    struct piece *added = &it->pieces[it->piece_count++];
    *added = *piece;
    return added;
}

/* Whatever is available pays debt first, in the order in which it would be spent. */
void audit_pay_debt(struct audit_member *member, int wallet)
{
    while (member->debt[wallet] > 0) {
        int next = audit_next_to_spend(member, wallet);
        if (next == AUDIT_NONE) return;
        struct piece *piece = &member->pieces[next];
        int64_t paid =
            piece->available < member->debt[wallet] ? piece->available : member->debt[wallet];
        member->debt[wallet] -= paid;
        piece->available -= paid;
    }
}

void audit_open(struct audit *audit, int member, struct piece piece, int64_t amount, int64_t now_us)
{
    struct piece *added = audit_piece_add(audit, member, &piece);
    if (piece.release_us > now_us) {
        added->pending = amount;
    } else if (piece.expires_us <= now_us) {
        added->expired = amount;
    } else {
        added->available = amount;
        audit_pay_debt(&audit->members[member], piece.wallet);
    }
}

/* Pending points become available, or end if their end is past. */
void audit_release(struct audit_member *member, struct piece *piece, int64_t at_us)
{
    int64_t amount = piece->pending;
    piece->pending = 0;
    if (piece->expires_us <= at_us) {
        piece->expired = audit_sum(piece->expired, amount);
        return;
    }
    piece->available = audit_sum(piece->available, amount);
    audit_pay_debt(member, piece->wallet);
}

/* --- settling ----------------------------------------------------------------------------- */

static bool is_spent_before(const struct piece *a, const struct piece *b)
{
    if (a->expires_us != b->expires_us) return a->expires_us < b->expires_us;
    if (a->position != b->position) return a->position < b->position;
    return a->number < b->number;
}

/* Of equal due times releases come first, and of those the one that would be spent first. */
enum due { DUE_RELEASE, DUE_LAPSE, DUE_EXPIRY, DUE_TIER, DUE_NOTHING };

struct due_thing {
    enum due kind;
    int64_t at_us;
    int index;
};

static void consider(struct due_thing *first, enum due kind, int64_t at_us, int index)
{
    if (at_us < first->at_us || (at_us == first->at_us && kind < first->kind)) {
        *first = (struct due_thing){kind, at_us, index};
    }
}

static struct due_thing first_due(const struct audit *audit, int member, int64_t now_us)
{
    const struct audit_member *it = &audit->members[member];
    struct due_thing first = {DUE_NOTHING, now_us, 0};
    for (int i = 0; i < it->piece_count; i++) {
        const struct piece *piece = &it->pieces[i];
        if (piece->pending > 0) {
            bool is_tie = first.kind == DUE_RELEASE && first.at_us == piece->release_us;
            if (is_tie && is_spent_before(piece, &it->pieces[first.index])) first.index = i;
            consider(&first, DUE_RELEASE, piece->release_us, i);
        }
        if (piece->available > 0) consider(&first, DUE_EXPIRY, piece->expires_us, i);
    }
    for (int i = 0; i < audit->redemption_count; i++) {
        const struct audit_redemption *hold = &audit->redemptions[i];
        if (hold->member == member && hold->state == AUDIT_HELD) {
            consider(&first, DUE_LAPSE, hold->lapses_us, i);
        }
    }
    int set = 0;
    int64_t tier_us = audit_tier_due(audit, member, &set);
    consider(&first, DUE_TIER, tier_us, set);
    return first;
}

void audit_settle(struct audit *audit, int member, int64_t now_us)
{
    struct audit_member *it = &audit->members[member];
    if (!it->exists) return;
    for (;;) {
        struct due_thing due = first_due(audit, member, now_us);
        if (due.kind == DUE_NOTHING) return;
        struct piece *piece = &it->pieces[due.index];
        if (due.kind == DUE_RELEASE) {
            audit_release(it, piece, due.at_us);
        } else if (due.kind == DUE_EXPIRY) {
            piece->expired = audit_sum(piece->expired, piece->available);
            piece->available = 0;
        } else if (due.kind == DUE_LAPSE) {
            audit->redemptions[due.index].has_lapsed = true;
            audit_hold_release(audit, &audit->redemptions[due.index], due.at_us);
            audit_reward_use(audit, &audit->redemptions[due.index], -1);
        } else {
            audit_tier_settle(audit, member, due.index, due.at_us);
        }
    }
}

void audit_settle_holds(struct audit *audit, int64_t now_us)
{
    for (int i = 0; i < audit->redemption_count; i++) {
        const struct audit_redemption *hold = &audit->redemptions[i];
        if (hold->state == AUDIT_HELD && hold->lapses_us <= now_us) {
            audit_settle(audit, hold->member, now_us);
        }
    }
}

/* --- spending and giving back ------------------------------------------------------------- */

/* The available piece that spending takes next, or AUDIT_NONE. */
int audit_next_to_spend(const struct audit_member *member, int wallet)
{
    int next = AUDIT_NONE;
    for (int i = 0; i < member->piece_count; i++) {
        const struct piece *piece = &member->pieces[i];
        if (piece->wallet != wallet || piece->available == 0) continue;
        if (next == AUDIT_NONE || is_spent_before(piece, &member->pieces[next])) next = i;
    }
    return next;
}

/* Takes what is available; the number of parts. */
int audit_take_available(struct audit *audit, int member, int wallet, int64_t amount,
                         struct part *parts)
{
    struct audit_member *it = &audit->members[member];
    int count = 0;
    while (amount > 0) {
        int next = audit_next_to_spend(it, wallet);
        ASSERT(next != AUDIT_NONE && count < AUDIT_PARTS);
        struct piece *piece = &it->pieces[next];
        int64_t taken = amount < piece->available ? amount : piece->available;
        piece->available -= taken;
        amount -= taken;
        parts[count++] = (struct part){next, taken};
    }
    return count;
}

/* Points return to the lot that they came from. */
static void give_back_part(struct audit *audit, int member, int from, int64_t amount,
                           int64_t now_us)
{
    struct audit_member *it = &audit->members[member];
    struct piece *piece = &it->pieces[from];
    const struct wallet *wallet = &audit->program->wallets[piece->wallet];
    if (piece->expires_us > now_us) {
        piece->available = audit_sum(piece->available, amount);
    } else if (wallet->expired_lives_again) {
        struct piece again = *piece;
        again.pending = again.held = again.expired = again.counted = 0;
        again.available = amount;
        again.release_us = INT64_MIN;
        again.is_renewed = false;
        if (instant_add_span(audit->program->zone, now_us, wallet->live_again_for,
                             &again.expires_us) != STATUS_OK) {
            again.expires_us = INSTANT_NEVER;
        }
        audit_piece_add(audit, member, &again);
    } else {
        piece->expired = audit_sum(piece->expired, amount);
    }
}

void audit_give_back(struct audit *audit, int member, struct part *parts, int count, int64_t amount,
                     int64_t now_us)
{
    int wallet = AUDIT_NONE;
    for (int i = count - 1; i >= 0 && amount > 0; i--) {
        int64_t part = amount < parts[i].amount ? amount : parts[i].amount;
        if (part == 0) continue;
        wallet = audit->members[member].pieces[parts[i].piece].wallet;
        parts[i].amount -= part;
        amount -= part;
        give_back_part(audit, member, parts[i].piece, part, now_us);
    }
    ASSERT(amount == 0);
    if (wallet != AUDIT_NONE) audit_pay_debt(&audit->members[member], wallet);
}

/* A hold ends and what it still holds comes back, soonest expiry first: a return that once found
 * these points held collects first, and a debt, which arose while they were held, whether or not
 * they have expired meanwhile. */
void audit_hold_release(struct audit *audit, struct audit_redemption *hold, int64_t at_us)
{
    hold->state = AUDIT_ENDED;
    struct audit_member *member = &audit->members[hold->member];
    for (int i = 0; i < hold->part_count; i++) {
        struct part *part = &hold->parts[i];
        int64_t claim = member->claim[hold->wallet];
        int64_t collected = claim < part->amount ? claim : part->amount;
        member->pieces[part->piece].held -= part->amount;
        member->claim[hold->wallet] -= collected;
        int64_t rest = part->amount - collected;
        int64_t paid = rest < member->debt[hold->wallet] ? rest : member->debt[hold->wallet];
        member->debt[hold->wallet] -= paid;
        rest -= paid;
        part->amount = 0;
        if (rest > 0) give_back_part(audit, hold->member, part->piece, rest, at_us);
    }
    audit_pay_debt(member, hold->wallet);
    /* A claim can only wait for points that are still held. */
    int64_t held = audit_held(member, hold->wallet);
    if (member->claim[hold->wallet] > held) member->claim[hold->wallet] = held;
}
