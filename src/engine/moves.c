/* Adjusting, transferring, merging.
 *
 * A transfer keeps what it moves: each lot taken becomes a lot of the other member with the same
 * expiry. A merge moves whole states, tagged with their owner (member_merge.h); the higher tier
 * counts from then on, to its own end, and so does a level that only the sum reaches.
 */
#include "engine/moves.h"

#include "engine/lots.h"
#include "engine/member_merge.h"
#include "engine/settle.h"
#include "engine/tiers.h"

/* A lot that no order can return. */
static struct opening plain_opening(struct working *working, uint32_t wallet, uint8_t from,
                                    int64_t amount)
{
    return (struct opening){.wallet = wallet,
                            .earning =
                                earning_id(working->event->position, working->earning_count++),
                            .amount = amount,
                            .from = from,
                            .release_at_us = INSTANT_EARLIEST,
                            .returnable_until_day = INT32_MIN};
}

/* An opening in a wallet whose expiry is renewed lives as long as the rest of it. */
static enum status renew_if_over(struct working *working, struct state *member, uint32_t wallet,
                                 int64_t expires_at_us)
{
    const struct purse *purse = member_purse(member, wallet, 0);
    if (purse != NULL && purse->renewed_expires_at_us != INSTANT_NEVER &&
        (purse->renewed_expires_at_us > working->now_us ||
         purse->renewed_expires_at_us >= expires_at_us)) {
        return STATUS_OK;
    }
    return emit(working, member,
                (struct effect){.kind = EFFECT_EXPIRY_RENEWED,
                                .at_us = working->now_us,
                                .symbol = wallet,
                                .expires_at_us = expires_at_us});
}

enum status decide_adjust(struct working *working)
{
    const struct event *event = working->event;
    uint32_t index = program_find_wallet(working->program, event->wallet);
    if (index == PROGRAM_NONE) return refuse(working, ANSWER_UNKNOWN_WALLET);
    if (event->amount == 0 || event->amount == INT64_MIN) {
        return refuse(working, ANSWER_INVALID_AMOUNT);
    }
    bool has_end = event->expires_at_us != 0;
    bool end_fits = event->amount > 0 && event->expires_at_us >= INSTANT_EARLIEST &&
                    event->expires_at_us <= INSTANT_LATEST;
    if (text_is_empty(event->reason) || (has_end && !end_fits)) {
        return refuse(working, ANSWER_INVALID_EVENT);
    }
    struct state *member = find_member(working, event->member);
    if (member == NULL) return refuse(working, ANSWER_UNKNOWN_MEMBER);
    TRY(settle_member(working, member, working->now_us));
    const struct wallet *wallet = &working->program->wallets[index];
    if (event->amount < 0) {
        int64_t available;
        TRY(member_sum(member, wallet->symbol, ACCOUNT_AVAILABLE, &available));
        if (available < -event->amount) return refuse(working, ANSWER_BALANCE_TOO_LOW);
        return lots_spend(working, member, wallet->symbol, -event->amount, ACCOUNT_ADJUSTED,
                          working->now_us, NULL);
    }
    struct opening opening =
        plain_opening(working, wallet->symbol, ACCOUNT_ADJUSTED, event->amount);
    if (has_end) {
        opening.expires_at_us = event->expires_at_us;
    } else {
        TRY(lots_expiry(working, &wallet->expires, &opening.expires_at_us));
    }
    if (wallet->expires.is_renewed && !has_end) {
        TRY(renew_if_over(working, member, wallet->symbol, opening.expires_at_us));
        opening.expires_at_us = EXPIRES_RENEWED;
    }
    TRY(lots_open(working, member, &opening));
    return settle_member(working, member, working->now_us);
}

/* ---- transfer ---- */

static enum status transfer_lots(struct working *working, struct state *from, struct state *to,
                                 const struct spend *spend)
{
    for (uint32_t i = 0; i < spend->lot_count; i++) {
        const struct spent_lot *lot = &spend->lots[i];
        struct opening opening =
            plain_opening(working, spend->wallet, ACCOUNT_TRANSFERRED, lot->amount);
        opening.expires_at_us = lot->is_renewed ? EXPIRES_RENEWED : lot->expires_at_us;
        opening.rule = lot->rule;
        opening.funder = lot->funder;
        if (lot->is_renewed) {
            const struct purse *purse = member_purse(from, spend->wallet, lot->owner);
            if (purse == NULL) return STATUS_CORRUPT;
            TRY(renew_if_over(working, to, spend->wallet, purse->renewed_expires_at_us));
        }
        TRY(lots_open(working, to, &opening));
    }
    return STATUS_OK;
}

enum status decide_transfer(struct working *working)
{
    const struct event *event = working->event;
    uint32_t index = program_find_wallet(working->program, event->wallet);
    if (index == PROGRAM_NONE) return refuse(working, ANSWER_UNKNOWN_WALLET);
    if (event->amount <= 0) return refuse(working, ANSWER_INVALID_AMOUNT);
    struct state *from = find_member(working, event->member);
    struct state *to = find_member(working, event->other_member);
    if (from == NULL || to == NULL) return refuse(working, ANSWER_UNKNOWN_MEMBER);
    if (from == to) return refuse(working, ANSWER_SAME_MEMBER);
    TRY(settle_member(working, from, working->now_us));
    TRY(settle_member(working, to, working->now_us));
    struct spend spend = {.wallet = working->program->wallets[index].symbol,
                          .amount = event->amount};
    int64_t available;
    TRY(member_sum(from, spend.wallet, ACCOUNT_AVAILABLE, &available));
    if (available < spend.amount) return refuse(working, ANSWER_BALANCE_TOO_LOW);
    TRY(lots_spend(working, from, spend.wallet, spend.amount, ACCOUNT_TRANSFERRED, working->now_us,
                   &spend));
    return transfer_lots(working, from, to, &spend);
}

/* ---- merge ---- */

/* Debt of either side is paid from what the other had available. */
static enum status pay_every_debt(struct working *working, struct state *member)
{
    for (uint32_t i = 0; i < working->program->wallet_count; i++) {
        TRY(lots_pay_debt(working, member, working->program->wallets[i].symbol, working->now_us));
    }
    return STATUS_OK;
}

/* Those whose things lie in `state` forward to it in one step. */
static enum status forward_owners(struct working *working, const struct state *holder,
                                  uint32_t first, uint32_t last, struct text to)
{
    for (uint32_t i = first; i <= last; i++) {
        struct owner owner = member_owners(holder)[i - 1];
        if (owner.is_present == 0) continue;
        struct state *member = find_state(working, ENTITY_MEMBER, owner_id(&owner));
        if (!member_exists(member)) return STATUS_CORRUPT;
        TRY(emit(working, member, (struct effect){.kind = EFFECT_MEMBER_FORWARDED, .payload = to}));
    }
    return STATUS_OK;
}

enum status decide_merge(struct working *working)
{
    const struct event *event = working->event;
    struct state *from = find_state(working, ENTITY_MEMBER, event->member);
    struct state *survivor = find_member(working, event->other_member);
    if (!member_exists(from) || survivor == NULL) return refuse(working, ANSWER_UNKNOWN_MEMBER);
    if (from == survivor) return refuse(working, ANSWER_SAME_MEMBER);
    if (member_forward(from).length > 0) return refuse(working, ANSWER_ALREADY_MERGED);
    TRY(settle_member(working, from, working->now_us));
    TRY(settle_member(working, survivor, working->now_us));
    struct text payload;
    uint32_t owner = member_count(survivor, SECTION_OWNERS) + 1;
    TRY(member_adopt_payload(&working->states->arena, from->key.id, from, working->now_day,
                             &payload));
    TRY(emit(working, survivor,
             (struct effect){.kind = EFFECT_MEMBER_ADOPTED, .owner = owner, .payload = payload}));
    TRY(emit(working, from,
             (struct effect){.kind = EFFECT_MEMBER_FORWARDED, .payload = survivor->key.id}));
    TRY(forward_owners(working, survivor, owner + 1, member_count(survivor, SECTION_OWNERS),
                       survivor->key.id));
    TRY(tiers_join(working, survivor, owner));
    return pay_every_debt(working, survivor);
}

enum status decide_unmerge(struct working *working)
{
    const struct event *event = working->event;
    struct state *member = find_state(working, ENTITY_MEMBER, event->member);
    struct state *survivor = find_member(working, event->other_member);
    if (!member_exists(member) || survivor == NULL) {
        return refuse(working, ANSWER_UNKNOWN_MEMBER);
    }
    uint32_t owner = 0;
    for (uint32_t i = 1; i <= member_count(survivor, SECTION_OWNERS); i++) {
        struct owner candidate = member_owners(survivor)[i - 1];
        if (candidate.is_present != 0 && text_equal(owner_id(&candidate), event->member)) owner = i;
    }
    if (owner == 0 || member == survivor) return refuse(working, ANSWER_NOT_MERGED);
    TRY(settle_member(working, survivor, working->now_us));
    struct text bytes;
    TRY(member_extract(working->states, survivor, owner, member, &bytes));
    TRY(emit(working, member, (struct effect){.kind = EFFECT_MEMBER_RESTORED, .payload = bytes}));
    TRY(forward_owners(working, member, 1, member_count(member, SECTION_OWNERS), member->key.id));
    struct tiers_returned returned;
    const struct tiers_returned none = {{false}};
    TRY(tiers_return_lent(working, survivor, owner, &returned));
    TRY(emit(working, survivor, (struct effect){.kind = EFFECT_MEMBER_RELEASED, .owner = owner}));
    TRY(tiers_part(working, survivor, &returned));
    TRY(tiers_part(working, member, &none));
    TRY(settle_member(working, survivor, working->now_us));
    return settle_member(working, member, working->now_us);
}
