/* Replies of events: from effects, symbols and smallest units to words and decimals. */
#include "api/reply_shape.h"

#include "api/custom_shape.h"
#include "api/event_shape.h"
#include "api/problem.h"

/* ---- names ---- */

#define ACCOUNT_CODE_LIST(X)                                                                       \
    X(AVAILABLE, "available")                                                                      \
    X(PENDING, "pending")                                                                          \
    X(HELD, "held")                                                                                \
    X(EXPIRED, "expired")                                                                          \
    X(DEBT, "debt")                                                                                \
    X(ISSUED, "issued")                                                                            \
    X(TAKEN_BACK, "taken_back")                                                                    \
    X(REDEEMED, "redeemed")                                                                        \
    X(ADJUSTED, "adjusted")                                                                        \
    X(TRANSFERRED, "transferred")                                                                  \
    X(CONVERTED, "converted")                                                                      \
    X(WRITTEN_OFF, "written_off")                                                                  \
    X(OFFLINE_DIFFERENCE, "offline_difference")

const char *const account_codes[] = {
#define X(name, code) [ACCOUNT_##name] = code,
    ACCOUNT_CODE_LIST(X)
#undef X
        [ACCOUNT_COUNT] = NULL,
};

static const char *const reason_codes[] = {
#define X(name, code, words) [REASON_##name] = code,
    POSTING_REASON_LIST(X)
#undef X
        [REASON_COUNT] = NULL,
};

const char *posting_reason_words(int reason)
{
    static const char *const all[] = {
#define X(name, code, words) [REASON_##name] = words,
        POSTING_REASON_LIST(X)
#undef X
    };
    ASSERT(reason >= 0 && reason < REASON_COUNT);
    return all[reason];
}

/* Told by the sides it moved between. The first line that fits holds. */
#define ANY_ACCOUNT (-1)
static const struct {
    int from;
    int to;
    enum posting_reason reason;
} reasons[] = {
    {ACCOUNT_OFFLINE_DIFFERENCE, ANY_ACCOUNT, REASON_OFFLINE_DIFFERENCE},
    {ANY_ACCOUNT, ACCOUNT_OFFLINE_DIFFERENCE, REASON_OFFLINE_DIFFERENCE},
    {ACCOUNT_ISSUED, ANY_ACCOUNT, REASON_EARNED},
    {ACCOUNT_ADJUSTED, ANY_ACCOUNT, REASON_ADJUSTED},
    {ANY_ACCOUNT, ACCOUNT_ADJUSTED, REASON_ADJUSTED},
    {ACCOUNT_TRANSFERRED, ANY_ACCOUNT, REASON_TRANSFERRED},
    {ANY_ACCOUNT, ACCOUNT_TRANSFERRED, REASON_TRANSFERRED},
    {ACCOUNT_CONVERTED, ANY_ACCOUNT, REASON_CONVERTED},
    {ANY_ACCOUNT, ACCOUNT_CONVERTED, REASON_CONVERTED},
    {ANY_ACCOUNT, ACCOUNT_WRITTEN_OFF, REASON_WRITTEN_OFF},
    {ANY_ACCOUNT, ACCOUNT_TAKEN_BACK, REASON_TAKEN_BACK},
    {ACCOUNT_REDEEMED, ANY_ACCOUNT, REASON_GIVEN_BACK},
    {ANY_ACCOUNT, ACCOUNT_REDEEMED, REASON_REDEEMED},
    {ANY_ACCOUNT, ACCOUNT_EXPIRED, REASON_EXPIRED},
    {ACCOUNT_EXPIRED, ANY_ACCOUNT, REASON_REVIVED},
    {ANY_ACCOUNT, ACCOUNT_HELD, REASON_HELD},
    {ACCOUNT_HELD, ANY_ACCOUNT, REASON_LET_GO},
    {ANY_ACCOUNT, ACCOUNT_DEBT, REASON_DEBT_PAID},
    {ACCOUNT_DEBT, ANY_ACCOUNT, REASON_DEBT_RAISED},
    {ACCOUNT_PENDING, ACCOUNT_AVAILABLE, REASON_RELEASED},
};

enum posting_reason posting_reason_of(enum account from, enum account to)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (reasons[i].from != ANY_ACCOUNT && reasons[i].from != (int)from) continue;
        if (reasons[i].to != ANY_ACCOUNT && reasons[i].to != (int)to) continue;
        return reasons[i].reason;
    }
    return REASON_MOVED;
}

#define WHY_CODE_LIST(X)                                                                           \
    X(OTHER_EVENT, "other_event")                                                                  \
    X(NOT_YET, "not_yet")                                                                          \
    X(OVER, "over")                                                                                \
    X(TIER, "tier")                                                                                \
    X(BIRTHDAY, "birthday")                                                                        \
    X(CHANNEL, "channel")                                                                          \
    X(STORE, "store")                                                                              \
    X(ITEMS, "items")                                                                              \
    X(ORDER_AT_LEAST, "order_at_least")                                                            \
    X(CURRENCY, "currency")                                                                        \
    X(EXCLUDED, "excluded")                                                                        \
    X(LIMIT, "limit")                                                                              \
    X(BUDGET, "budget")                                                                            \
    X(NOT_BEST, "not_best")                                                                        \
    X(NOTHING, "nothing")                                                                          \
    X(EXPRESSION, "expression")                                                                    \
    X(AUDIENCE, "audience")
static const char *const why_codes[] = {
#define X(name, code) [WHY_NOT_##name] = code,
    WHY_CODE_LIST(X)
#undef X
        [WHY_NOT_COUNT] = NULL,
};

struct text wallet_by_symbol(const struct program *program, uint32_t symbol, int32_t *decimals)
{
    *decimals = 0;
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        if (program->wallets[i].symbol != symbol) continue;
        *decimals = program->wallets[i].decimals;
        return program->wallets[i].id;
    }
    return TEXT("");
}

struct text rule_by_symbol(const struct program *program, uint32_t symbol)
{
    if (symbol == 0) return (struct text){NULL, 0};
    for (uint32_t i = 0; i < program->rule_count; i++) {
        if (program->rules[i].symbol == symbol) return program->rules[i].id;
    }
    for (uint32_t i = 0; i < program->reward_count; i++) {
        if (program->rewards[i].symbol == symbol) return program->rewards[i].id;
    }
    return (struct text){NULL, 0};
}

/* ---- shapes ---- */

static const struct field posting_fields[] = {
    SHAPE_FIELD(posting_body, member, TEXT, .description = "Whose it is."),
    SHAPE_FIELD(posting_body, wallet, TEXT, .is_required = true, .description = "Of which wallet."),
    SHAPE_FIELD(posting_body, from, CHOICE, .is_required = true, .choices = account_codes,
                .description = "The account it left."),
    SHAPE_FIELD(posting_body, to, CHOICE, .is_required = true, .choices = account_codes,
                .description = "The account it went to."),
    SHAPE_FIELD(posting_body, amount, DECIMAL, .is_required = true, .description = "Points.",
                .example = "\"100\""),
    SHAPE_FIELD(posting_body, reason, CHOICE, .is_required = true, .choices = reason_codes,
                .description = "Why."),
    SHAPE_FIELD(posting_body, rule, TEXT, .description = "The rule or reward it comes from."),
    SHAPE_FIELD_AS("at", posting_body, at_us, INSTANT,
                   .description = "When it was due, where that was before the event."),
    SHAPE_FIELD_AS("available_at", posting_body, available_at_us, INSTANT,
                   .description = "When pending points become available."),
    SHAPE_FIELD_AS("expires_at", posting_body, expires_at_us, INSTANT,
                   .description = "When they end."),
};
const struct shape posting_shape =
    SHAPE("Posting", "One amount from one account to another.", posting_body, posting_fields);

static const struct field fired_fields[] = {
    SHAPE_FIELD(fired_body, rule, TEXT, .is_required = true, .description = "Id of the rule."),
    SHAPE_FIELD(fired_body, wallet, TEXT, .is_required = true,
                .description = "The wallet it earns in."),
    SHAPE_FIELD(fired_body, base, DECIMAL, SHAPE_GIVEN(fired_body, has_base),
                .description = "What it counted: money, or units.", .example = "\"19.99\""),
    SHAPE_FIELD(fired_body, granted, DECIMAL, .is_required = true, .description = "Points given.",
                .example = "\"19\""),
    SHAPE_FIELD(fired_body, ungranted, DECIMAL, SHAPE_GIVEN(fired_body, has_ungranted),
                .description = "Points that a limit or budget held back.", .example = "\"5\""),
    SHAPE_FIELD(fired_body, boost, DECIMAL, SHAPE_GIVEN(fired_body, has_boost),
                .description = "The factor, of the first line that counted.",
                .example = "\"1.25\""),
    SHAPE_FIELD(fired_body, items, INTEGER, .description = "Lines that counted."),
};
const struct shape fired_shape =
    SHAPE("FiredRule", "A rule that fired, and from which values.", fired_body, fired_fields);

static const struct field balance_fields[] = {
    SHAPE_FIELD(balance_body, member, TEXT, .description = "Whose balance."),
    SHAPE_FIELD(balance_body, wallet, TEXT, .is_required = true, .description = "In which wallet."),
    SHAPE_FIELD(balance_body, available, DECIMAL, .is_required = true, .example = "\"120\"",
                .description = "What can be used now."),
    SHAPE_FIELD(balance_body, pending, DECIMAL, .is_required = true, .example = "\"0\"",
                .description = "What becomes available later."),
    SHAPE_FIELD(balance_body, held, DECIMAL, .is_required = true, .example = "\"0\"",
                .description = "What open holds keep."),
    SHAPE_FIELD(balance_body, debt, DECIMAL, .is_required = true, .example = "\"0\"",
                .description = "What is owed, after returns."),
};
const struct shape balance_shape =
    SHAPE("Balance", "What a member has in a wallet.", balance_body, balance_fields);

static const struct field level_fields[] = {
    SHAPE_FIELD(level_body, member, TEXT, .description = "Whose level."),
    SHAPE_FIELD(level_body, tier_set, TEXT, .is_required = true, .description = "Of which set."),
    SHAPE_FIELD(level_body, level, TEXT, .is_required = true,
                .description = "Id of the level; `none` for no level."),
    SHAPE_FIELD(level_body, title, TEXT, .description = "Its title, for people."),
    SHAPE_FIELD_AS("kept_until", level_body, kept_until_us, INSTANT,
                   .description = "How long it is kept at least."),
};
const struct shape level_shape =
    SHAPE("TierLevel", "The level a member is at.", level_body, level_fields);

static const struct field share_fields[] = {
    SHAPE_FIELD(share_body, item, INTEGER, .is_required = true,
                .description = "Number of the item, from 1."),
    SHAPE_FIELD(share_body, discount, DECIMAL, .is_required = true, .example = "\"3.34\"",
                .description = "Money off it; all of them sum to the discount."),
};
static const struct shape share_shape =
    SHAPE("DiscountShare", "What a reward takes off one item.", share_body, share_fields);

static const struct field redeemed_fields[] = {
    SHAPE_FIELD(redeemed_body, reward, TEXT, .description = "Id of the reward, if it is one."),
    SHAPE_FIELD(redeemed_body, wallet, TEXT, .description = "The wallet that pays."),
    SHAPE_FIELD(redeemed_body, amount, DECIMAL, .is_required = true, .example = "\"500\"",
                .description = "Points."),
    SHAPE_FIELD(redeemed_body, answer, CHOICE, .is_required = true, .choices = answer_codes,
                .description = "`done`, or why it is refused."),
    SHAPE_FIELD(redeemed_body, detail, TEXT, .description = "The refusal, for people."),
    SHAPE_FIELD(redeemed_body, discount, DECIMAL, SHAPE_GIVEN(redeemed_body, has_discount),
                .description = "Money that it takes off the order.", .example = "\"10.00\""),
    SHAPE_FIELD(redeemed_body, shares, LIST, .shape = &share_shape,
                SHAPE_COUNT(redeemed_body, share_count),
                .description = "The discount over the items, to the cent."),
};
const struct shape redeemed_shape =
    SHAPE("Redeemed", "A redemption that an order asked for.", redeemed_body, redeemed_fields);

static const char *const coupon_statuses[] = {"not_available", NULL};
static const struct field coupon_fields[] = {
    SHAPE_FIELD(coupon_body, code, TEXT, .is_required = true, .description = "As it was sent."),
    SHAPE_FIELD(coupon_body, status, CHOICE, .is_required = true, .choices = coupon_statuses,
                .description = "What it does to the order."),
};
const struct shape coupon_shape =
    SHAPE("CouponStatus", "What became of a code.", coupon_body, coupon_fields);

static const struct field not_fired_fields[] = {
    SHAPE_FIELD(not_fired_body, rule, TEXT, .is_required = true, .description = "Id of the rule."),
    SHAPE_FIELD(not_fired_body, boost, TEXT,
                .description = "Id of its boost; the rule itself unless given."),
    SHAPE_FIELD(not_fired_body, reason, CHOICE, .is_required = true, .choices = why_codes,
                .description = "Why it did not fire."),
    SHAPE_FIELD(not_fired_body, detail, TEXT, .is_required = true,
                .description = "The same, for people; of an expression its smallest part that is "
                               "not true, with its values.",
                .example = "\"order.eligible >= 50.00: 42.10 >= 50.00\""),
};
const struct shape not_fired_shape =
    SHAPE("NotFired", "A rule or boost that did not fire.", not_fired_body, not_fired_fields);

static const struct field event_reply_fields[] = {
    SHAPE_FIELD(event_reply, position, TEXT,
                .description = "Where it is recorded; none for an evaluation.",
                .example = "\"1042\""),
    SHAPE_FIELD(event_reply, type, CHOICE, .is_required = true, .choices = event_codes,
                SHAPE_OTHER(event_reply, name, EVENT_CUSTOM),
                .description = "What happened: one of these, or the id of an event of the "
                               "programme's own."),
    SHAPE_FIELD(event_reply, title, TEXT,
                .description = "Of an event of the programme's own: its title."),
    SHAPE_FIELD(event_reply, answer, CHOICE, .is_required = true, .choices = answer_codes,
                .description = "`done`, or why it was refused."),
    SHAPE_FIELD_AS("occurred_at", event_reply, occurred_at_us, INSTANT, .is_required = true,
                   .description = "When it happened."),
    SHAPE_FIELD_AS("recorded_at", event_reply, recorded_at_us, INSTANT, .is_required = true,
                   .description = "When it took effect."),
    SHAPE_FIELD(event_reply, program_version, INTEGER, .is_required = true,
                .description = "The version of the programme that decided it."),
    SHAPE_FIELD(event_reply, member, TEXT, .description = "Whose event it is."),
    SHAPE_FIELD(event_reply, order, TEXT, .description = "Id of the order."),
    SHAPE_FIELD(event_reply, redemption, TEXT, .description = "Id of the hold or redemption."),
    SHAPE_FIELD_AS("return", event_reply, returned, TEXT, .description = "Id of the return."),
    SHAPE_FIELD(event_reply, edit, TEXT, .description = "Id of the edit."),
    SHAPE_FIELD(event_reply, milestone, TEXT, .description = "What the order reached."),
    SHAPE_FIELD(event_reply, data, RAW,
                .description = "Of an event of the programme's own: the fields that it brought."),
    SHAPE_FIELD(event_reply, reason, TEXT, .description = "Why, as it was given."),
    SHAPE_FIELD(event_reply, actor, TEXT, .description = "Who did it."),
    SHAPE_FIELD(event_reply, claim_code, TEXT,
                .description = "Of a guest's order: for the receipt; whoever has it can claim the "
                               "order.",
                .example = "\"7KQ2-M4XA-9TCE\""),
    SHAPE_FIELD(event_reply, postings, LIST, .is_required = true, .shape = &posting_shape,
                SHAPE_COUNT(event_reply, posting_count),
                .description = "Every amount that moved, in order."),
    SHAPE_FIELD(event_reply, fired, LIST, .is_required = true, .shape = &fired_shape,
                SHAPE_COUNT(event_reply, fired_count), .description = "The rules that fired."),
    SHAPE_FIELD(event_reply, balances, LIST, .is_required = true, .shape = &balance_shape,
                SHAPE_COUNT(event_reply, balance_count),
                .description = "What the members have afterwards."),
    SHAPE_FIELD(event_reply, tiers, LIST, .is_required = true, .shape = &level_shape,
                SHAPE_COUNT(event_reply, tier_count),
                .description = "Where they stand afterwards; a member at no level is left out."),
    SHAPE_FIELD(event_reply, redeemed, LIST, .shape = &redeemed_shape,
                SHAPE_COUNT(event_reply, redeemed_count),
                .description = "What the order asked to redeem."),
    SHAPE_FIELD(event_reply, coupons, LIST, .shape = &coupon_shape,
                SHAPE_COUNT(event_reply, coupon_count),
                .description = "Each code that was sent with the order."),
    SHAPE_FIELD(event_reply, eligible, DECIMAL, SHAPE_GIVEN(event_reply, has_eligible),
                .description = "The money of the order that counts, or what a return took off it.",
                .example = "\"19.99\""),
    SHAPE_FIELD(event_reply, units_matched, INTEGER, SHAPE_GIVEN(event_reply, has_units),
                .description = "Of a return by sku: units that came from an order."),
    SHAPE_FIELD(event_reply, units_unmatched, INTEGER, SHAPE_GIVEN(event_reply, has_units),
                .description = "Of a return by sku: units that no order has left."),
    SHAPE_FIELD(event_reply, not_fired, LIST, .shape = &not_fired_shape,
                SHAPE_COUNT(event_reply, not_fired_count),
                .description = "With ?explain: what did not fire, and why. Not recorded: a repeat "
                               "does not have it."),
};
const struct shape event_reply_shape =
    SHAPE("EventReply", "What an event came to.", event_reply, event_reply_fields);

/* ---- from a decision ---- */

/* The member that an entity is of, or empty. */
static struct text member_of(const struct decision *decision, uint16_t entity)
{
    if (entity >= decision->entity_count) return (struct text){NULL, 0};
    const struct entity_key *key = &decision->entities[entity];
    return key->kind == ENTITY_MEMBER ? key->id : (struct text){NULL, 0};
}

/* The end that a wallet whose expiry is renewed got in this decision; 0: none. */
static int64_t renewed_end(const struct decision *decision, const struct effect *lot)
{
    int64_t end_us = 0;
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        const struct effect *effect = &decision->effects[i];
        if (effect->kind != EFFECT_EXPIRY_RENEWED || effect->entity != lot->entity) continue;
        if (effect->symbol == lot->symbol) end_us = effect->expires_at_us;
    }
    return end_us;
}

/* When the points of a lot end; 0: never, or not known from this decision. */
static int64_t end_of(const struct decision *decision, const struct effect *lot)
{
    int64_t end_us = lot->expires_at_us;
    if (end_us > INSTANT_LATEST) end_us = renewed_end(decision, lot);
    return end_us > INSTANT_LATEST || end_us < 0 ? 0 : end_us;
}

static enum status add_postings(const struct program *program, const struct decision *decision,
                                struct arena *arena, struct event_reply *reply)
{
    reply->postings =
        arena_new_array(arena, struct posting_body, (size_t)decision->effect_count + 1);
    if (reply->postings == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        const struct effect *effect = &decision->effects[i];
        struct posting posting;
        int32_t decimals;
        if (!effect_posting(effect, &posting)) continue;
        struct posting_body *body = &reply->postings[reply->posting_count++];
        *body = (struct posting_body){
            .member = member_of(decision, posting.entity),
            .wallet = wallet_by_symbol(program, posting.wallet, &decimals),
            .from = (int)posting.from,
            .to = (int)posting.to,
            .reason = (int)posting_reason_of(posting.from, posting.to),
        };
        body->amount = (struct decimal){posting.amount, decimals};
        uint32_t fields = effect_fields((enum effect_kind)effect->kind);
        if ((fields & FIELD(RULE)) != 0) body->rule = rule_by_symbol(program, effect->rule);
        if (posting.at_us != 0 && posting.at_us < decision->recorded_at_us)
            body->at_us = posting.at_us;
        if ((fields & FIELD(EXPIRY)) != 0) body->expires_at_us = end_of(decision, effect);
        if ((fields & FIELD(RELEASE)) != 0 && posting.to == ACCOUNT_PENDING &&
            effect->release_at_us <= INSTANT_LATEST && effect->release_at_us > 0)
            body->available_at_us = effect->release_at_us;
    }
    return STATUS_OK;
}

/* What a rule's base is counted in: money of the order's currency, or units. */
static int32_t base_decimals(const struct rule *rule, int32_t money_decimals)
{
    bool is_money = rule->measure == MEASURE_ELIGIBLE || rule->measure == MEASURE_SUBTOTAL;
    return is_money ? money_decimals : 0;
}

static enum status add_fired(const struct program *program, const struct decision *decision,
                             int32_t money_decimals, struct arena *arena, struct event_reply *reply)
{
    reply->fired = arena_new_array(arena, struct fired_body, (size_t)decision->fired_count + 1);
    if (reply->fired == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < decision->fired_count; i++) {
        const struct fired *fired = &decision->fired[i];
        int32_t decimals;
        struct text rule = rule_by_symbol(program, fired->rule_symbol);
        struct fired_body body = {
            .rule = rule.bytes == NULL ? TEXT("") : rule,
            .wallet = wallet_by_symbol(program, fired->wallet, &decimals),
            .has_ungranted = fired->ungranted != 0,
            .has_boost = fired->boost != 0 && fired->boost != BOOST_ONE,
            .boost = decimal_normalise((struct decimal){fired->boost, BOOST_SCALE}),
            .items = fired->line_count,
        };
        body.granted = (struct decimal){fired->granted, decimals};
        body.ungranted = (struct decimal){fired->ungranted, decimals};
        for (uint32_t k = 0; k < program->rule_count; k++) {
            const struct rule *found = &program->rules[k];
            if (found->symbol != fired->rule_symbol || found->earn == EARN_FIXED) continue;
            body.has_base = true;
            body.base = (struct decimal){fired->base, base_decimals(found, money_decimals)};
        }
        reply->fired[reply->fired_count++] = body;
    }
    return STATUS_OK;
}

static enum status add_balances(const struct program *program, const struct decision *decision,
                                struct arena *arena, struct event_reply *reply)
{
    reply->balances =
        arena_new_array(arena, struct balance_body, (size_t)decision->balance_count + 1);
    if (reply->balances == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < decision->balance_count; i++) {
        const struct balance_after *after = &decision->balances[i];
        int32_t decimals;
        struct balance_body *body = &reply->balances[i];
        body->member = member_of(decision, after->entity);
        body->wallet = wallet_by_symbol(program, after->wallet, &decimals);
        body->available = (struct decimal){after->balance.available, decimals};
        body->pending = (struct decimal){after->balance.pending, decimals};
        body->held = (struct decimal){after->balance.held, decimals};
        body->debt = (struct decimal){after->balance.debt, decimals};
    }
    reply->balance_count = decision->balance_count;
    return STATUS_OK;
}

static void name_level(const struct program *program, const struct level_after *after,
                       struct level_body *body)
{
    body->tier_set = TEXT("");
    body->level = TEXT("none");
    for (uint32_t i = 0; i < program->tier_set_count; i++) {
        const struct tier_set *set = &program->tier_sets[i];
        if (set->symbol != after->tier_set) continue;
        body->tier_set = set->id;
        for (uint32_t k = 0; k < set->level_count; k++) {
            if (set->levels[k].symbol != after->level) continue;
            body->level = set->levels[k].id;
            body->title = set->levels[k].title;
        }
    }
}

static enum status add_levels(const struct program *program, const struct decision *decision,
                              struct arena *arena, struct event_reply *reply)
{
    reply->tiers = arena_new_array(arena, struct level_body, (size_t)decision->level_count + 1);
    if (reply->tiers == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < decision->level_count; i++) {
        const struct level_after *after = &decision->levels[i];
        struct level_body *body = &reply->tiers[i];
        body->member = member_of(decision, after->entity);
        name_level(program, after, body);
        if (after->kept_until_us != INSTANT_NEVER && after->kept_until_us > 0)
            body->kept_until_us = after->kept_until_us;
    }
    reply->tier_count = decision->level_count;
    return STATUS_OK;
}

static const struct reward *reward_with(const struct program *program, uint32_t symbol)
{
    for (uint32_t i = 0; symbol != 0 && i < program->reward_count; i++) {
        if (program->rewards[i].symbol == symbol) return &program->rewards[i];
    }
    return NULL;
}

/* The items that a reward takes something off. */
static enum status add_shares(const struct redeemed *redeemed, int32_t decimals,
                              struct arena *arena, struct redeemed_body *body)
{
    if (redeemed->share_count == 0 || redeemed->discount == 0) return STATUS_OK;
    body->shares = arena_new_array(arena, struct share_body, redeemed->share_count);
    if (body->shares == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < redeemed->share_count; i++) {
        if (redeemed->shares[i] == 0) continue;
        body->shares[body->share_count++] =
            (struct share_body){(int64_t)i + 1, {redeemed->shares[i], decimals}};
    }
    return STATUS_OK;
}

enum status reply_redeemed(const struct program *program, const struct decision *decision,
                           int32_t money_decimals, struct arena *arena, struct redeemed_body **list,
                           uint32_t *count)
{
    if (decision->redeemed_count == 0) return STATUS_OK;
    *list = arena_new_array(arena, struct redeemed_body, decision->redeemed_count);
    if (*list == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < decision->redeemed_count; i++) {
        const struct redeemed *redeemed = &decision->redeemed[i];
        const struct reward *reward = reward_with(program, redeemed->reward);
        struct redeemed_body *body = &(*list)[i];
        int32_t decimals;
        body->wallet = wallet_by_symbol(program, redeemed->wallet, &decimals);
        if (reward != NULL) body->reward = reward->id;
        body->amount = (struct decimal){redeemed->amount, decimals};
        body->answer = (int)redeemed->answer;
        if (redeemed->answer != ANSWER_DONE) body->detail = text_of(answer_text(redeemed->answer));
        body->has_discount = reward != NULL && reward->gives == GIVES_DISCOUNT;
        body->discount = (struct decimal){redeemed->discount, money_decimals};
        TRY(add_shares(redeemed, money_decimals, arena, body));
    }
    *count = decision->redeemed_count;
    return STATUS_OK;
}

/* Who and what the event was about, from the event that the record keeps. */
static void add_subject(const struct event *event, struct event_reply *reply)
{
    bool is_redemption = event->type == EVENT_REDEEM || event->type == EVENT_HOLD ||
                         event->type == EVENT_CONFIRM || event->type == EVENT_CANCEL ||
                         event->type == EVENT_REVERSE;
    if (event->member.length > 0) reply->member = event->member;
    if (event->order.length > 0) reply->order = event->order;
    if (is_redemption && event->id.length > 0) reply->redemption = event->id;
    if (event->milestone.length > 0) reply->milestone = event->milestone;
    if (event->id.length == 0) return;
    if (event->type == EVENT_RETURN || event->type == EVENT_UNDO_RETURN) {
        reply->returned = event->id;
    } else if (event->type == EVENT_EDIT) {
        reply->edit = event->id;
    }
}

/* By name and type, as they were recorded: this version may declare them otherwise, or not at all.
 */
static enum status add_custom(const struct program *program, const struct event *event,
                              struct arena *arena, struct event_reply *reply)
{
    if (event->type != EVENT_CUSTOM || event->name.length == 0) return STATUS_OK;
    uint32_t index = program_find_event(program, event->name);
    reply->name = event->name;
    reply->title = index == PROGRAM_NONE ? event->name : program->events[index].title;
    return custom_data_text(event, arena, &reply->data);
}

enum status reply_coupons(const struct text *codes, uint32_t count, struct arena *arena,
                          struct coupon_body **coupons)
{
    struct coupon_body *list = arena_new_array(arena, struct coupon_body, (size_t)count + 1);
    if (list == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        list[i].code = codes[i];
    *coupons = list;
    return STATUS_OK;
}

enum status reply_of_decision(const struct program *program, const struct decision *decision,
                              struct arena *arena, struct event_reply *reply)
{
    return reply_of_decision_in(program, decision, MONEY_OF_EVENT, arena, reply);
}

enum status reply_of_decision_in(const struct program *program, const struct decision *decision,
                                 int32_t money_decimals, struct arena *arena,
                                 struct event_reply *reply)
{
    struct event event = {.type = decision->type};
    char digits[AMOUNT_TEXT_MAXIMUM];
    if (decision->event.length > 0) TRY(engine_kept_event(decision, arena, &event));
    if (money_decimals == MONEY_OF_EVENT) {
        bool is_known = event.currency < program->currency_count;
        money_decimals = is_known ? program->currencies[event.currency].decimals : 0;
    }
    *reply = (struct event_reply){
        .type = (int)decision->type,
        .answer = (int)decision->answer,
        .occurred_at_us = decision->occurred_at_us,
        .recorded_at_us = decision->recorded_at_us,
        .program_version = decision->program_version,
        .has_units = decision->type == EVENT_RETURN_BY_SKU,
        .units_matched = decision->units_matched,
        .units_unmatched = decision->units_unmatched,
    };
    if (decision->position != 0) {
        reply->position = arena_copy(arena, amount_format((int64_t)decision->position, 0, digits));
        if (reply->position.bytes == NULL) return STATUS_NO_MEMORY;
    }
    if (decision->reason.length > 0) reply->reason = decision->reason;
    if (decision->actor.length > 0) reply->actor = decision->actor;
    add_subject(&event, reply);
    TRY(add_custom(program, &event, arena, reply));
    TRY(reply_redeemed(program, decision, money_decimals, arena, &reply->redeemed,
                       &reply->redeemed_count));
    reply->has_eligible = decision->eligible != 0;
    reply->eligible = (struct decimal){decision->eligible, money_decimals};
    TRY(add_postings(program, decision, arena, reply));
    TRY(add_fired(program, decision, money_decimals, arena, reply));
    TRY(add_balances(program, decision, arena, reply));
    return add_levels(program, decision, arena, reply);
}

enum status reply_add_not_fired(const struct program *program, const struct reply *found,
                                struct arena *arena, struct event_reply *reply)
{
    reply->not_fired =
        arena_new_array(arena, struct not_fired_body, (size_t)found->why_not_count + 1);
    if (reply->not_fired == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < found->why_not_count; i++) {
        const struct not_fired *one = &found->why_not[i];
        if (one->rule >= program->rule_count) continue;
        const struct rule *rule = &program->rules[one->rule];
        struct not_fired_body *body = &reply->not_fired[reply->not_fired_count++];
        body->rule = rule->id;
        if (one->boost < rule->boost_count) body->boost = rule->boosts[one->boost].id;
        body->reason = (int)one->why;
        body->detail = text_is_empty(one->detail) ? text_of(why_not_text(one->why)) : one->detail;
    }
    return STATUS_OK;
}
