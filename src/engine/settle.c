/* Settle: release, lapse, expiry and tier ends, in order of their due time.
 *
 * State and balances are the same whether or not a sweep ran: every decision settles first, and a
 * posting is dated by its due time, not by when somebody looked. Pending points do not expire: a
 * lot lives from its release on, and one released past its end expires then, without ever having
 * been there to be spent or to pay debt.
 * Invariant: afterwards nothing of the member is due at or before `until_us`.
 */
#include "engine/settle.h"

#include "engine/hold.h"
#include "engine/lots.h"
#include "engine/pages.h"
#include "engine/tiers.h"

enum due_kind { DUE_NOTHING, DUE_RELEASE, DUE_LAPSE, DUE_EXPIRY, DUE_TIER };

struct due {
    enum due_kind kind;
    int64_t at_us;
    uint32_t index; /* of the class, hold or tier row */
    int64_t
        ends_at_us; /* RELEASE: of what is released at the same instant, the soonest end first */
};

static void consider(struct due *first, struct due due)
{
    if (first->kind != DUE_NOTHING) {
        if (due.at_us > first->at_us) return;
        if (due.at_us == first->at_us && due.kind > first->kind) return;
        if (due.at_us == first->at_us && due.kind == first->kind &&
            due.ends_at_us >= first->ends_at_us) {
            return;
        }
    }
    *first = due;
}

static struct due first_due(const struct state *member)
{
    struct due first = {.kind = DUE_NOTHING};
    const struct lot_class *classes = member_classes(member);
    for (uint32_t i = 0; i < member_count(member, SECTION_CLASSES); i++) {
        if (classes[i].account == ACCOUNT_PENDING) {
            consider(&first, (struct due){DUE_RELEASE, classes[i].release_at_us, i,
                                          member_class_expiry(member, &classes[i])});
        } else if (classes[i].account == ACCOUNT_AVAILABLE) {
            consider(&first,
                     (struct due){DUE_EXPIRY, member_class_expiry(member, &classes[i]), i, 0});
        } else if (member_class_is_held_renewed(&classes[i])) {
            consider(&first,
                     (struct due){DUE_EXPIRY, member_class_expiry(member, &classes[i]), i, 0});
        }
    }
    const struct hold *holds = member_holds(member);
    for (uint32_t i = 0; i < member_count(member, SECTION_HOLDS); i++) {
        consider(&first, (struct due){DUE_LAPSE, holds[i].lapses_at_us, i, 0});
    }
    const struct tier *tiers = member_tiers(member);
    for (uint32_t i = 0; i < member_count(member, SECTION_TIERS); i++) {
        if (tiers[i].owner != 0) continue;
        consider(&first, (struct due){DUE_TIER, tiers[i].kept_until_us, i, 0});
        consider(&first, (struct due){DUE_TIER, tiers[i].upgrade_at_us, i, 0});
    }
    return first;
}

static enum status class_total(const struct state *member, uint32_t class_index, int64_t *total)
{
    const struct lot *lots = member_lots(member) + member_first_lot(member, class_index);
    int64_t sum = 0;
    for (uint32_t i = 0; i < member_classes(member)[class_index].lots; i++) {
        TRY(amount_increase(&sum, lots[i].remaining));
    }
    *total = sum;
    return STATUS_OK;
}

enum status settle_turn_class(struct working *working, struct state *member, uint32_t class_index,
                              uint8_t to, int64_t at_us)
{
    struct lot_class lot_class = member_classes(member)[class_index];
    uint32_t wallet = member_purses(member)[lot_class.purse].wallet;
    int64_t total;
    bool has_recalled;
    /* Of a mixed page not everything is due: its classes are looked at anew. */
    TRY(pages_recall_of_class(working, member, class_index, true, &has_recalled));
    if (has_recalled) return STATUS_OK;
    TRY(class_total(member, class_index, &total));
    return emit(working, member,
                (struct effect){.kind = EFFECT_CLASS_TURNED,
                                .symbol = wallet,
                                .from = lot_class.account,
                                .to = to,
                                .index = class_index,
                                .amount = total,
                                .at_us = at_us});
}

static enum status release_class(struct working *working, struct state *member,
                                 const struct due *due)
{
    const struct lot_class *lot_class = &member_classes(member)[due->index];
    uint32_t wallet = member_purses(member)[lot_class->purse].wallet;
    bool is_over = member_class_expiry(member, lot_class) <= due->at_us;
    TRY(settle_turn_class(working, member, due->index,
                          is_over ? ACCOUNT_EXPIRED : ACCOUNT_AVAILABLE, due->at_us));
    return is_over ? STATUS_OK : lots_pay_debt(working, member, wallet, due->at_us);
}

/* Available points expire. Held ones do not while held, but a renewal can no longer move their end.
 */
static enum status end_class(struct working *working, struct state *member, const struct due *due)
{
    struct lot_class lot_class = member_classes(member)[due->index];
    if (lot_class.account != ACCOUNT_HELD) {
        return settle_turn_class(working, member, due->index, ACCOUNT_EXPIRED, due->at_us);
    }
    bool has_recalled;
    TRY(pages_recall_of_class(working, member, due->index, false, &has_recalled));
    if (has_recalled) return STATUS_OK;
    const struct lot lot = member_lots(member)[member_first_lot(member, due->index)];
    return emit(working, member,
                (struct effect){.kind = EFFECT_LOT_MOVED,
                                .symbol = member_purses(member)[lot_class.purse].wallet,
                                .from = ACCOUNT_HELD,
                                .to = ACCOUNT_HELD,
                                .index = due->index,
                                .lot = 0,
                                .earning = lot.earning,
                                .amount = lot.remaining,
                                .at_us = due->at_us,
                                .expires_at_us = due->at_us,
                                .reference = lot_class.hold});
}

enum status settle_member(struct working *working, struct state *member, int64_t until_us)
{
    /* Until something changes it, its stamp says when it has anything due. */
    if (!member->is_dirty && member_of(member)->next_due_us > until_us) return STATUS_OK;
    bool is_settled = false;
    int64_t reached_us = INSTANT_EARLIEST;
    for (;;) {
        struct due due = first_due(member);
        if (due.kind == DUE_NOTHING || due.at_us > until_us || due.at_us == INSTANT_NEVER) break;
        is_settled = true;
        if (due.at_us < reached_us) due.at_us = reached_us;
        reached_us = due.at_us;
        switch (due.kind) {
        case DUE_RELEASE:
            TRY(release_class(working, member, &due));
            break;
        case DUE_LAPSE:
            TRY(hold_lapse(working, member, due.index, due.at_us));
            break;
        case DUE_EXPIRY:
            TRY(end_class(working, member, &due));
            break;
        case DUE_TIER:
            TRY(tiers_fall_due(working, member, due.index, due.at_us));
            break;
        case DUE_NOTHING:
        default:
            break;
        }
    }
    return is_settled ? lots_tidy(working, member) : STATUS_OK;
}
