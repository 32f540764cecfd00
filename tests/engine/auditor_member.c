/* The model of a member that is closed, opened again or erased, and of what is done by hand.
 *
 * Choices where the design is silent:
 * - A member's events are refused before anything else is looked at but shape, key and time; the
 *   member of an order or redemption counts as named.
 * - Opening a member that is open does nothing and is done.
 * - Holds are let go the oldest first. What is released at once pays debt together, in the order in
 *   which it would be spent.
 */
#include "auditor.h"

static bool is_of(const struct audit *audit, int member, bool erased)
{
    if (member == AUDIT_NONE) return false;
    const struct audit_member *it = &audit->members[member];
    return erased ? it->is_erased : it->is_closed;
}

/* The member whose order or redemption the event is about. */
static int owner_of_named(const struct audit *audit, const struct event *event)
{
    int index;
    switch (event->type) {
    case EVENT_RETURN:
    case EVENT_MILESTONE:
    case EVENT_RELEASE:
        index = audit_order_find(audit, event->order);
        if (index == AUDIT_NONE) return AUDIT_NONE;
        return audit_member_now(audit, audit->orders[index].member);
    case EVENT_CONFIRM:
    case EVENT_CANCEL:
    case EVENT_REVERSE:
        index = audit_redemption_find(audit, event->id);
        if (index == AUDIT_NONE) return AUDIT_NONE;
        return audit_member_now(audit, audit->redemptions[index].member);
    default:
        return AUDIT_NONE;
    }
}

static bool names_its_member(enum event_type type)
{
    return type != EVENT_RETURN && type != EVENT_MILESTONE && type != EVENT_CONFIRM &&
           type != EVENT_CANCEL && type != EVENT_REVERSE;
}

/* Whether any member that the event is about is closed, or erased. */
static bool any_is(const struct audit *audit, const struct event *event, bool erased)
{
    if (is_of(audit, owner_of_named(audit, event), erased)) return true;
    if (!names_its_member(event->type)) return false;
    if (is_of(audit, audit_member_find(audit, event->member), erased)) return true;
    if (event->type != EVENT_TRANSFER && event->type != EVENT_MERGE) return false;
    return is_of(audit, audit_member_find(audit, event->other_member), erased);
}

enum answer audit_membership(const struct audit *audit, const struct event *event)
{
    if (event->type != EVENT_SETTLE && any_is(audit, event, true)) return ANSWER_MEMBER_ERASED;
    switch (event->type) {
    case EVENT_JOIN:
    case EVENT_PURCHASE:
    case EVENT_REDEEM:
    case EVENT_HOLD:
    case EVENT_ADJUST:
    case EVENT_TRANSFER:
    case EVENT_MERGE:
    case EVENT_CLOSE:
    case EVENT_CUSTOM:
        return any_is(audit, event, false) ? ANSWER_MEMBER_CLOSED : ANSWER_DONE;
    default:
        return ANSWER_DONE;
    }
}

static void end_holds(struct audit *audit, int member, int64_t now_us)
{
    for (int i = 0; i < audit->redemption_count; i++) {
        struct audit_redemption *hold = &audit->redemptions[i];
        if (hold->member != member || hold->state != AUDIT_HELD) continue;
        audit_hold_release(audit, hold, now_us);
        audit_reward_use(audit, hold, -1);
    }
}

static void expire_everything(struct audit_member *member)
{
    for (int i = 0; i < member->piece_count; i++) {
        struct piece *piece = &member->pieces[i];
        piece->expired += piece->pending + piece->available;
        piece->pending = piece->available = 0;
    }
}

static enum answer expire(struct audit_member *member, const struct event *event, int wallet)
{
    int64_t available = audit_available(member, wallet);
    if (event->amount < 0) return ANSWER_INVALID_AMOUNT;
    if (event->amount > available) return ANSWER_BALANCE_TOO_LOW;
    int64_t left = event->amount == 0 ? available : event->amount;
    while (left > 0) {
        struct piece *piece = &member->pieces[audit_next_to_spend(member, wallet)];
        int64_t part = left < piece->available ? left : piece->available;
        piece->available -= part;
        piece->expired += part;
        left -= part;
    }
    return ANSWER_DONE;
}

static enum answer release(struct audit *audit, int owner, const struct event *event, int wallet,
                           int64_t now_us)
{
    struct audit_member *member = &audit->members[owner];
    int order = AUDIT_NONE;
    if (!text_is_empty(event->order)) {
        order = audit_order_find(audit, event->order);
        if (order == AUDIT_NONE) return ANSWER_UNKNOWN_ORDER;
        int buyer = audit_member_now(audit, audit->orders[order].member);
        if (buyer != owner) return ANSWER_UNKNOWN_ORDER;
    }
    for (int i = 0; i < member->piece_count; i++) {
        struct piece *piece = &member->pieces[i];
        if (piece->wallet != wallet || piece->pending == 0) continue;
        if (order != AUDIT_NONE) {
            if (piece->order == order) audit_release(member, piece, now_us);
            continue;
        }
        bool is_over = piece->expires_us <= now_us;
        *(is_over ? &piece->expired : &piece->available) += piece->pending;
        piece->pending = 0;
    }
    audit_pay_debt(member, wallet);
    return ANSWER_DONE;
}

static enum answer by_hand(struct audit *audit, const struct event *event, int64_t now_us)
{
    if (text_is_empty(event->reason)) return ANSWER_INVALID_EVENT;
    int wallet = audit_wallet_find(audit, event->wallet);
    if (wallet == AUDIT_NONE) return ANSWER_UNKNOWN_WALLET;
    int member = audit_member_find(audit, event->member);
    if (member == AUDIT_NONE) return ANSWER_UNKNOWN_MEMBER;
    audit_settle(audit, member, now_us);
    if (event->type == EVENT_EXPIRE) return expire(&audit->members[member], event, wallet);
    return release(audit, member, event, wallet, now_us);
}

enum answer audit_member_command(struct audit *audit, const struct event *event, int64_t now_us)
{
    if (event->type == EVENT_EXPIRE || event->type == EVENT_RELEASE) {
        return by_hand(audit, event, now_us);
    }
    int member = audit_member_find(audit, event->member);
    if (member == AUDIT_NONE) return ANSWER_UNKNOWN_MEMBER;
    audit_settle(audit, member, now_us);
    struct audit_member *it = &audit->members[member];
    if (event->type == EVENT_REOPEN) {
        it->is_closed = false;
        return ANSWER_DONE;
    }
    end_holds(audit, member, now_us);
    if (event->type == EVENT_CLOSE) it->is_closed = true;
    if (event->type == EVENT_ERASE) {
        expire_everything(it);
        it->is_erased = true;
    }
    return ANSWER_DONE;
}
