/* A member's data change, it is closed, opened again or erased; its points expire or are released
 * by hand.
 *
 *          CLOSE                    ERASE
 *   open ---------> closed     any ---------> erased, for ever
 *        <---------
 *          REOPEN
 *
 * Closed: nothing more is earned or spent, nobody is merged with it; what it has stays, what was
 * bought can be returned, edited and reversed, what is due falls due. Erased: its points are gone,
 * and nothing more happens to it but that what is due falls due.
 * An event names whatever id it likes; it means whoever has the member's things now.
 *
 * Personal data are not here: a record has the hash of them, and the state nothing at all.
 */
#include "engine/membership.h"

#include "engine/hold.h"
#include "engine/lots.h"
#include "engine/pages.h"
#include "engine/returns.h"
#include "engine/settle.h"

/* ---- what is refused ---- */

/* What earns, spends or merges. */
static bool needs_open_member(enum event_type type)
{
    switch (type) {
    case EVENT_JOIN:
    case EVENT_PURCHASE:
    case EVENT_REDEEM:
    case EVENT_HOLD:
    case EVENT_ADJUST:
    case EVENT_TRANSFER:
    case EVENT_MERGE:
    case EVENT_CLOSE:
    case EVENT_QUOTE:
    case EVENT_CONFIRM_ORDER:
    case EVENT_CLAIM:
    case EVENT_CUSTOM:
        return true;
    default:
        return false;
    }
}

enum status membership_check(struct working *working, uint32_t flags)
{
    enum event_type type = working->event->type;
    if (flags == 0) return STATUS_OK;
    if ((flags & MEMBER_ERASED) != 0 && type != EVENT_SETTLE) {
        return refuse(working, ANSWER_MEMBER_ERASED);
    }
    if ((flags & MEMBER_CLOSED) != 0 && needs_open_member(type)) {
        return refuse(working, ANSWER_MEMBER_CLOSED);
    }
    return STATUS_OK;
}

/* ---- the member as such ---- */

/* The named member, settled; NULL, and refused, if there is none. */
static enum status find_settled(struct working *working, struct state **member)
{
    *member = find_member(working, working->event->member);
    if (*member == NULL) return refuse(working, ANSWER_UNKNOWN_MEMBER);
    return settle_member(working, *member, working->now_us);
}

enum status membership_note_fields(struct working *working, struct state *member)
{
    struct text hash = working->event->fields_hash;
    if (text_is_empty(hash)) return STATUS_OK;
    return emit(working, member, (struct effect){.kind = EFFECT_MEMBER_PROFILED, .payload = hash});
}

enum status decide_profile(struct working *working)
{
    struct state *member;
    if (text_is_empty(working->event->fields_hash)) return refuse(working, ANSWER_INVALID_EVENT);
    TRY(find_settled(working, &member));
    if (IS_REFUSED(working)) return STATUS_OK;
    return membership_note_fields(working, member);
}

static enum status mark(struct working *working, struct state *member, uint32_t flags)
{
    return emit(
        working, member,
        (struct effect){.kind = EFFECT_MEMBER_MARKED, .index = flags, .at_us = working->now_us});
}

enum status decide_close(struct working *working)
{
    struct state *member;
    TRY(find_settled(working, &member));
    if (IS_REFUSED(working)) return STATUS_OK;
    TRY(hold_end_all(working, member));
    return mark(working, member, member_of(member)->flags | MEMBER_CLOSED);
}

enum status decide_reopen(struct working *working)
{
    struct state *member;
    TRY(find_settled(working, &member));
    if (IS_REFUSED(working) || (member_of(member)->flags & MEMBER_CLOSED) == 0) return STATUS_OK;
    return mark(working, member, member_of(member)->flags & ~(uint32_t)MEMBER_CLOSED);
}

/* Every class of the wallets (0: of all) in `account` goes to another, pending ones past their end
 * to EXPIRED. */
static enum status turn_classes(struct working *working, struct state *member, uint32_t wallet,
                                uint8_t account, uint8_t to)
{
    uint32_t index = 0;
    while (index < member_count(member, SECTION_CLASSES)) {
        const struct lot_class *lot_class = &member_classes(member)[index];
        uint32_t of_wallet = member_purses(member)[lot_class->purse].wallet;
        if (lot_class->account != account || (wallet != 0 && of_wallet != wallet)) {
            index++;
            continue;
        }
        bool is_over = member_class_expiry(member, lot_class) <= working->now_us;
        /* Classes move: those before this one are looked at again. */
        TRY(settle_turn_class(working, member, index, is_over ? (uint8_t)ACCOUNT_EXPIRED : to,
                              working->now_us));
        index = 0;
    }
    return STATUS_OK;
}

enum status decide_erase(struct working *working)
{
    struct state *member;
    TRY(find_settled(working, &member));
    if (IS_REFUSED(working)) return STATUS_OK;
    TRY(hold_end_all(working, member));
    TRY(turn_classes(working, member, 0, ACCOUNT_PENDING, ACCOUNT_EXPIRED));
    TRY(turn_classes(working, member, 0, ACCOUNT_AVAILABLE, ACCOUNT_EXPIRED));
    return mark(working, member, member_of(member)->flags | MEMBER_ERASED);
}

/* ---- by hand ---- */

/* The wallet and the member, settled. */
static enum status find_purse(struct working *working, uint32_t *wallet, struct state **member)
{
    uint32_t index = program_find_wallet(working->program, working->event->wallet);
    if (text_is_empty(working->event->reason)) return refuse(working, ANSWER_INVALID_EVENT);
    if (index == PROGRAM_NONE) return refuse(working, ANSWER_UNKNOWN_WALLET);
    *wallet = working->program->wallets[index].symbol;
    return find_settled(working, member);
}

enum status decide_expire(struct working *working)
{
    const struct event *event = working->event;
    struct state *member;
    uint32_t wallet;
    int64_t available;
    TRY(find_purse(working, &wallet, &member));
    if (IS_REFUSED(working)) return STATUS_OK;
    if (event->amount < 0) return refuse(working, ANSWER_INVALID_AMOUNT);
    TRY(member_sum(member, wallet, ACCOUNT_AVAILABLE, &available));
    if (available < event->amount) return refuse(working, ANSWER_BALANCE_TOO_LOW);
    if (event->amount == 0 || event->amount == available) {
        return turn_classes(working, member, wallet, ACCOUNT_AVAILABLE, ACCOUNT_EXPIRED);
    }
    return lots_expire(working, member, wallet, event->amount);
}

/* What the order earned in the wallet. */
static enum status release_order(struct working *working, struct state *member, uint32_t wallet)
{
    struct state *state = find_state(working, ENTITY_ORDER, working->event->order);
    if (state == NULL || state->size == 0) return refuse(working, ANSWER_UNKNOWN_ORDER);
    TRY(order_open(working->states, state));
    if (find_member(working, state->order->member) != member) {
        return refuse(working, ANSWER_UNKNOWN_ORDER);
    }
    for (uint32_t i = 0; i < state->order->earning_count; i++) {
        const struct earning *earning = &state->order->earnings[i];
        if (earning->wallet != wallet) continue;
        TRY(release_earning(working, member, wallet,
                            earning_id(state->order->position, earning->number)));
    }
    return STATUS_OK;
}

enum status decide_release(struct working *working)
{
    struct state *member;
    uint32_t wallet;
    TRY(find_purse(working, &wallet, &member));
    if (IS_REFUSED(working)) return STATUS_OK;
    if (!text_is_empty(working->event->order)) return release_order(working, member, wallet);
    TRY(turn_classes(working, member, wallet, ACCOUNT_PENDING, ACCOUNT_AVAILABLE));
    return lots_pay_debt(working, member, wallet, working->now_us);
}
