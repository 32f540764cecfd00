/* Holds and redemptions. See the state diagram in redemption.h.
 *
 * A refusal is decided before the first posting: a hold or redemption happens whole or not at all.
 * Points of a wallet with debt cannot be spent: nothing is available then (member.h, invariant 3).
 */
#include "engine/hold.h"

#include "engine/condition.h"
#include "engine/evaluation.h"
#include "engine/limits.h"
#include "engine/lots.h"
#include "engine/quote.h"
#include "engine/settle.h"
#include "engine/tiers.h"

/* ---- what a redemption asks for ---- */

static enum status check_reward(struct working *working, struct state *member,
                                const struct reward *reward)
{
    struct occasion occasion = {.member = member};
    /* What names the order holds only in an order, whatever else it says. */
    const struct cel_expression *when = reward->needs.when;
    bool lacks_order = when != NULL && cel_expression_uses(when, SLOT_ORDER) &&
                       working->evaluating->order.order == NULL;
    if (lacks_order || condition_try(working, &reward->needs, &occasion) != CONDITION_HOLDS) {
        return refuse(working, ANSWER_NEEDS_NOT_MET);
    }
    bool leaves;
    TRY(limits_leave_one(working, member, reward->limits, working->occurred_day, &leaves));
    if (!leaves) return refuse(working, ANSWER_LIMIT_REACHED);
    if (reward->has_stock) {
        int64_t left;
        TRY(allowance_left(working, reward->symbol, reward->stock, &left));
        if (left <= 0) return refuse(working, ANSWER_OUT_OF_STOCK);
    }
    return STATUS_OK;
}

enum status redeem_check(struct working *working, struct state *member, const struct redeem *redeem,
                         struct spend *spend)
{
    const struct program *program = working->program;
    *spend = (struct spend){.limit_day = working->occurred_day};
    const struct reward *reward = NULL;
    if (!text_is_empty(redeem->reward)) {
        uint32_t index = program_find_reward(program, redeem->reward);
        if (index == PROGRAM_NONE) return refuse(working, ANSWER_UNKNOWN_REWARD);
        reward = &program->rewards[index];
        spend->wallet = program->wallets[reward->wallet].symbol;
        spend->reward = reward->symbol;
        spend->amount = reward->cost;
    } else {
        uint32_t index = program_find_wallet(program, redeem->wallet);
        if (index == PROGRAM_NONE) return refuse(working, ANSWER_UNKNOWN_WALLET);
        if (redeem->amount <= 0) return refuse(working, ANSWER_INVALID_AMOUNT);
        spend->wallet = program->wallets[index].symbol;
        spend->amount = redeem->amount;
    }
    if (reward != NULL) TRY(check_reward(working, member, reward));
    if (IS_REFUSED(working)) return STATUS_OK;
    int64_t available;
    TRY(member_sum(member, spend->wallet, ACCOUNT_AVAILABLE, &available));
    if (available < spend->amount) return refuse(working, ANSWER_BALANCE_TOO_LOW);
    return STATUS_OK;
}

enum status reward_use(struct working *working, struct state *member, uint32_t reward_symbol,
                       int32_t day)
{
    const struct reward *reward = reward_of_symbol(working->program, reward_symbol);
    if (reward == NULL) return STATUS_OK;
    for (uint32_t i = 0; i < reward->limits.count; i++) {
        const struct limit *limit = &working->program->limits[reward->limits.first + i];
        int64_t amount = limit->wallet == PROGRAM_NONE ? 1 : reward->cost;
        TRY(limit_use(working, member, limit, day, amount));
    }
    return reward->has_stock ? allowance_use(working, reward->symbol, 1) : STATUS_OK;
}

enum status reward_give_back(struct working *working, struct state *member, uint32_t reward_symbol,
                             int32_t day, struct text redeemed_by)
{
    const struct reward *reward = reward_of_symbol(working->program, reward_symbol);
    if (reward == NULL) return STATUS_OK;
    uint32_t owner = member_owner_of(member, redeemed_by);
    for (uint32_t i = 0; i < reward->limits.count; i++) {
        const struct limit *limit = &working->program->limits[reward->limits.first + i];
        int64_t amount = limit->wallet == PROGRAM_NONE ? 1 : reward->cost;
        TRY(limit_give_back(working, member, limit, day, owner, amount));
    }
    return reward->has_stock ? allowance_use(working, reward->symbol, -1) : STATUS_OK;
}

/* The reward's stock and limits in all list the holds open on them, so that whoever asks next finds
 * those that have lapsed. */
static enum status tell_tallies(struct working *working, uint32_t reward_symbol,
                                const struct effect *effect)
{
    const struct reward *reward = reward_of_symbol(working->program, reward_symbol);
    if (reward == NULL) return STATUS_OK;
    for (uint32_t i = 0; i <= reward->limits.count; i++) {
        const struct limit *limit = &working->program->limits[reward->limits.first + i];
        bool is_stock = i == reward->limits.count;
        if (is_stock ? !reward->has_stock : limit->scope != LIMIT_IN_ALL) continue;
        struct state *state = find_tally(working, is_stock ? reward->symbol : limit->symbol);
        if (state == NULL) return STATUS_CORRUPT;
        bool is_listed = state->size > 0 && member_hold(state, effect->reference) != NULL;
        if (is_listed == (effect->kind == EFFECT_HOLD_ENDED)) TRY(emit(working, state, *effect));
    }
    return STATUS_OK;
}

static enum status end_in_tallies(struct working *working, const struct redemption *redemption)
{
    const struct effect ended = {.kind = EFFECT_HOLD_ENDED, .reference = redemption->position};
    return tell_tallies(working, redemption->spend.reward, &ended);
}

/* ---- the redemption entity ---- */

/* `holder`: who has the member's things now. What happens after a merge stays with it. */
static enum status open_redemption(struct working *working, struct text holder, struct state *state,
                                   struct redemption *redemption)
{
    struct text bytes;
    redemption->member = holder;
    redemption->position = working->event->position;
    redemption->sequence = 1;
    redemption->last_position = working->event->position;
    redemption->recorded_at_us = working->now_us;
    TRY(redemption_encode(&working->states->arena, redemption, &bytes));
    return emit(working, state,
                (struct effect){.kind = EFFECT_REDEMPTION_OPENED, .payload = bytes});
}

static enum status change_redemption(struct working *working, struct state *state,
                                     struct redemption *redemption)
{
    struct text bytes;
    redemption->sequence++;
    redemption->last_position = working->event->position;
    redemption->recorded_at_us = working->now_us;
    TRY(redemption_encode(&working->states->arena, redemption, &bytes));
    return emit(working, state,
                (struct effect){.kind = EFFECT_REDEMPTION_CHANGED, .payload = bytes});
}

/* The named redemption and its member, the member settled; refuses unknown ones. */
static enum status find_redemption(struct working *working, struct state **state,
                                   struct state **member, struct redemption *redemption)
{
    *state = find_state(working, ENTITY_REDEMPTION, working->event->id);
    if (*state == NULL || (*state)->size == 0) return refuse(working, ANSWER_UNKNOWN_REDEMPTION);
    struct text bytes = {(const char *)(*state)->bytes, (*state)->size};
    TRY(redemption_decode(&working->states->arena, bytes, redemption));
    *member = find_member(working, redemption->member);
    if (*member == NULL) return STATUS_CORRUPT;
    TRY(settle_member(working, *member, working->now_us));
    /* Settling may have let it lapse. */
    bytes = (struct text){(const char *)(*state)->bytes, (*state)->size};
    return redemption_decode(&working->states->arena, bytes, redemption);
}

/* ---- the commands ---- */

static enum status check_new_id(struct working *working, struct state **state)
{
    *state = NULL;
    if (text_is_empty(working->event->id)) return STATUS_OK;
    *state = find_state(working, ENTITY_REDEMPTION, working->event->id);
    if (*state == NULL) return STATUS_CORRUPT;
    if ((*state)->size > 0) return refuse(working, ANSWER_ALREADY_EXISTS);
    return STATUS_OK;
}

enum status decide_redeem(struct working *working)
{
    struct state *entity;
    TRY(check_new_id(working, &entity));
    if (IS_REFUSED(working)) return STATUS_OK;
    struct state *member = find_member(working, working->event->member);
    if (member == NULL) return refuse(working, ANSWER_UNKNOWN_MEMBER);
    TRY(settle_member(working, member, working->now_us));
    TRY(tiers_note_held(working, member));
    struct redemption redemption = {.status = REDEMPTION_REDEEMED, .lapses_at_us = INSTANT_NEVER};
    const struct redeem asked = redeem_of(working->event);
    TRY(redeem_check(working, member, &asked, &redemption.spend));
    if (IS_REFUSED(working)) return STATUS_OK;
    struct spend *spend = &redemption.spend;
    TRY(lots_spend(working, member, spend->wallet, spend->amount, ACCOUNT_REDEEMED, working->now_us,
                   entity == NULL ? NULL : spend));
    TRY(reward_use(working, member, spend->reward, working->occurred_day));
    return entity == NULL ? STATUS_OK
                          : open_redemption(working, member->key.id, entity, &redemption);
}

enum status decide_hold(struct working *working)
{
    const struct event *event = working->event;
    struct state *entity;
    if (text_is_empty(event->id) || event->lapses_at_us <= working->now_us) {
        return refuse(working, ANSWER_INVALID_EVENT);
    }
    TRY(check_new_id(working, &entity));
    if (IS_REFUSED(working)) return STATUS_OK;
    struct state *member = find_member(working, event->member);
    if (member == NULL) return refuse(working, ANSWER_UNKNOWN_MEMBER);
    TRY(settle_member(working, member, working->now_us));
    TRY(tiers_note_held(working, member));
    struct redemption redemption = {.status = REDEMPTION_HELD, .lapses_at_us = event->lapses_at_us};
    const struct redeem asked = redeem_of(working->event);
    TRY(redeem_check(working, member, &asked, &redemption.spend));
    if (IS_REFUSED(working)) return STATUS_OK;
    const struct spend *spend = &redemption.spend;
    TRY(lots_hold(working, member, spend->wallet, spend->amount, event->position));
    const struct effect opened = {.kind = EFFECT_HOLD_OPENED,
                                  .reference = event->position,
                                  .expires_at_us = event->lapses_at_us,
                                  .symbol = spend->wallet,
                                  .rule = spend->reward,
                                  .payload = event->id};
    TRY(emit(working, member, opened));
    TRY(reward_use(working, member, spend->reward, working->occurred_day));
    TRY(tell_tallies(working, spend->reward, &opened));
    return open_redemption(working, member->key.id, entity, &redemption);
}

/* Claims can only wait for points that are still held. */
enum status hold_drop_claims(struct working *working, struct state *member, uint32_t wallet)
{
    int64_t held;
    TRY(member_sum(member, wallet, ACCOUNT_HELD, &held));
    for (uint32_t i = 0; i < member_count(member, SECTION_PURSES); i++) {
        struct purse purse = member_purses(member)[i];
        if (purse.wallet != wallet) continue;
        int64_t kept = amount_lesser(purse.claim, held);
        int64_t dropped;
        TRY(amount_subtract(kept, purse.claim, &dropped));
        TRY(amount_decrease(&held, kept));
        if (dropped == 0) continue;
        TRY(emit(working, member,
                 (struct effect){.kind = EFFECT_CLAIM_ADDED,
                                 .symbol = wallet,
                                 .owner = purse.owner,
                                 .amount = dropped}));
    }
    return STATUS_OK;
}

/* Held before a merge, redeemed after it: the lots' owners are written as whoever held them knows
 * them, so that they are found again whether or not the merge is undone. */
static enum status name_owners_as_held(const struct state *member,
                                       const struct redemption *redemption)
{
    uint32_t first_owner = member_owner_of(member, redemption->member);
    for (uint32_t i = 0; i < redemption->spend.lot_count; i++) {
        if (redemption->spend.lots[i].owner < first_owner) return STATUS_CORRUPT;
        redemption->spend.lots[i].owner -= first_owner;
    }
    return STATUS_OK;
}

enum status decide_confirm(struct working *working)
{
    const struct event *event = working->event;
    struct state *entity;
    struct state *member;
    struct redemption redemption;
    TRY(find_redemption(working, &entity, &member, &redemption));
    if (IS_REFUSED(working)) return STATUS_OK;
    if (redemption.status == REDEMPTION_LAPSED) return refuse(working, ANSWER_HOLD_LAPSED);
    if (redemption.status != REDEMPTION_HELD) return refuse(working, ANSWER_NOT_HELD);
    int64_t amount = event->amount == 0 ? redemption.spend.amount : event->amount;
    if (amount <= 0) return refuse(working, ANSWER_INVALID_AMOUNT);
    if (amount > redemption.spend.amount) return refuse(working, ANSWER_BALANCE_TOO_LOW);
    redemption.status = REDEMPTION_REDEEMED;
    redemption.spend.amount = amount;
    TRY(lots_redeem_held(working, member, redemption.position, redemption.spend.wallet, amount,
                         &redemption.spend));
    TRY(name_owners_as_held(member, &redemption));
    TRY(lots_release_held(working, member, redemption.position, working->now_us));
    TRY(emit(working, member,
             (struct effect){.kind = EFFECT_HOLD_ENDED, .reference = redemption.position}));
    TRY(end_in_tallies(working, &redemption));
    TRY(hold_drop_claims(working, member, redemption.spend.wallet));
    return change_redemption(working, entity, &redemption);
}

static enum status end_hold(struct working *working, struct state *member, struct state *entity,
                            struct redemption *redemption, enum redemption_status status,
                            int64_t at_us)
{
    redemption->status = status;
    TRY(lots_release_held(working, member, redemption->position, at_us));
    TRY(emit(working, member,
             (struct effect){.kind = EFFECT_HOLD_ENDED, .reference = redemption->position}));
    TRY(end_in_tallies(working, redemption));
    TRY(hold_drop_claims(working, member, redemption->spend.wallet));
    TRY(reward_give_back(working, member, redemption->spend.reward, redemption->spend.limit_day,
                         redemption->member));
    return change_redemption(working, entity, redemption);
}

enum status decide_cancel(struct working *working)
{
    struct state *entity;
    struct state *member;
    struct redemption redemption;
    TRY(find_redemption(working, &entity, &member, &redemption));
    if (IS_REFUSED(working)) return STATUS_OK;
    if (redemption.status == REDEMPTION_LAPSED) return refuse(working, ANSWER_HOLD_LAPSED);
    if (redemption.status != REDEMPTION_HELD) return refuse(working, ANSWER_NOT_HELD);
    return end_hold(working, member, entity, &redemption, REDEMPTION_CANCELLED, working->now_us);
}

static enum status end_numbered(struct working *working, struct state *member, uint32_t index,
                                enum redemption_status status, int64_t at_us)
{
    struct hold hold = member_holds(member)[index];
    struct text id = {hold.id, hold.id_length};
    enum entity_kind kind = hold_is_quote(&hold) ? ENTITY_ORDER : ENTITY_REDEMPTION;
    struct state *entity = find_state(working, kind, id);
    if (entity == NULL || entity->size == 0) return STATUS_CORRUPT;
    if (kind == ENTITY_ORDER) return quote_release(working, entity, member, at_us);
    struct redemption redemption;
    struct text bytes = {(const char *)entity->bytes, entity->size};
    TRY(redemption_decode(&working->states->arena, bytes, &redemption));
    return end_hold(working, member, entity, &redemption, status, at_us);
}

enum status hold_lapse(struct working *working, struct state *member, uint32_t index, int64_t at_us)
{
    return end_numbered(working, member, index, REDEMPTION_LAPSED, at_us);
}

enum status hold_end_all(struct working *working, struct state *member)
{
    while (member_count(member, SECTION_HOLDS) > 0) {
        const struct hold *holds = member_holds(member);
        uint32_t oldest = 0;
        for (uint32_t i = 1; i < member_count(member, SECTION_HOLDS); i++) {
            if (holds[i].position < holds[oldest].position) oldest = i;
        }
        TRY(end_numbered(working, member, oldest, REDEMPTION_CANCELLED, working->now_us));
    }
    return STATUS_OK;
}

enum status decide_reverse(struct working *working)
{
    const struct event *event = working->event;
    struct state *entity;
    struct state *member;
    struct redemption redemption;
    TRY(find_redemption(working, &entity, &member, &redemption));
    if (IS_REFUSED(working)) return STATUS_OK;
    struct spend *spend = &redemption.spend;
    int64_t left;
    TRY(amount_subtract(spend->amount, spend->given_back, &left));
    if (redemption.status != REDEMPTION_REDEEMED || left <= 0) {
        return refuse(working, ANSWER_NOT_REVERSIBLE);
    }
    int64_t amount = event->amount == 0 ? left : event->amount;
    if (amount <= 0) return refuse(working, ANSWER_INVALID_AMOUNT);
    if (amount > left) return refuse(working, ANSWER_NOT_REVERSIBLE);
    TRY(lots_put_back(working, member, redemption.member, spend, spend->given_back, amount,
                      ACCOUNT_REDEEMED));
    TRY(amount_increase(&spend->given_back, amount));
    if (spend->given_back == spend->amount) {
        TRY(reward_give_back(working, member, spend->reward, redemption.spend.limit_day,
                             redemption.member));
    }
    return change_redemption(working, entity, &redemption);
}

/* The first hold listed in the tally that is due and whose redemption or order the plan has loaded.
 */
static bool find_due(const struct working *working, const struct state *tally, struct hold *due)
{
    for (uint32_t i = 0; i < member_count(tally, SECTION_HOLDS); i++) {
        struct hold hold = member_holds(tally)[i];
        struct text id = {hold.id, hold.id_length};
        const struct state *entity =
            find_state(working, hold_is_quote(&hold) ? ENTITY_ORDER : ENTITY_REDEMPTION, id);
        if (hold.lapses_at_us > working->now_us || entity == NULL || entity->size == 0) continue;
        *due = hold;
        return true;
    }
    return false;
}

/* What the list names is no longer there, because another version of the programme let it go: the
 * list forgets it. */
static enum status forget_listed(struct working *working, struct state *tally,
                                 const struct hold *hold)
{
    if (member_hold(tally, hold->position) == NULL) return STATUS_OK;
    return emit(working, tally,
                (struct effect){.kind = EFFECT_HOLD_ENDED, .reference = hold->position});
}

static enum status lapse_redemption(struct working *working, const struct hold *hold)
{
    struct text id = {hold->id, hold->id_length};
    const struct state *entity = find_state(working, ENTITY_REDEMPTION, id);
    struct text bytes = {(const char *)entity->bytes, entity->size};
    struct redemption redemption;
    TRY(redemption_decode(&working->states->arena, bytes, &redemption));
    struct state *member = find_member(working, redemption.member);
    return member == NULL ? STATUS_OK : settle_member(working, member, working->now_us);
}

enum status hold_lapse_listed(struct working *working)
{
    for (uint32_t i = 0; i < working->states->count; i++) {
        struct state *tally = &working->states->list[i];
        struct hold hold;
        if (tally->key.kind != ENTITY_TALLY || tally->size == 0) continue;
        while (find_due(working, tally, &hold)) {
            TRY(hold_is_quote(&hold) ? quote_lapse_listed(working, &hold)
                                     : lapse_redemption(working, &hold));
            TRY(forget_listed(working, tally, &hold));
        }
    }
    return STATUS_OK;
}
