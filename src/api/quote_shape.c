/* Quotes as JSON. See quote_shape.h. */
#include "api/quote_shape.h"

#include "api/problem.h"

/* ---- shapes ---- */

static const char *const near_kinds[] = {[NEAR_RULE] = "rule",
                                         [NEAR_BOOST] = "boost",
                                         [NEAR_REWARD] = "reward",
                                         [NEAR_LEVEL] = "level",
                                         NULL};
static const char *const near_units[] = {[NEAR_MONEY] = "money",
                                         [NEAR_POINTS] = "points",
                                         [NEAR_MEASURE] = "measure",
                                         [NEAR_UNITS] = "units",
                                         NULL};

struct near_miss_body {
    int kind;
    struct text rule;
    struct text boost;
    struct text reward;
    struct text tier_set;
    struct text level;
    struct decimal missing;
    int unit;
    struct text of;
    bool has_gain;
    struct decimal gain;
    struct text gain_of;
};
static const struct field near_miss_fields[] = {
    SHAPE_FIELD(near_miss_body, kind, CHOICE, .is_required = true, .choices = near_kinds,
                .description = "What is missed."),
    SHAPE_FIELD(near_miss_body, rule, TEXT, .description = "Id of the rule."),
    SHAPE_FIELD(near_miss_body, boost, TEXT, .description = "Id of the rule's boost."),
    SHAPE_FIELD(near_miss_body, reward, TEXT, .description = "Id of the reward."),
    SHAPE_FIELD(near_miss_body, tier_set, TEXT, .description = "Id of the tier set."),
    SHAPE_FIELD(near_miss_body, level, TEXT, .description = "Id of its level."),
    SHAPE_FIELD(near_miss_body, missing, DECIMAL, .is_required = true, .example = "\"12.50\"",
                .description = "How much is missing."),
    SHAPE_FIELD(near_miss_body, unit, CHOICE, .is_required = true, .choices = near_units,
                .description = "Of what: money of the order, points, or what a counter counts."),
    SHAPE_FIELD(near_miss_body, of, TEXT,
                .description = "The currency, the wallet or the counter."),
    SHAPE_FIELD(near_miss_body, gain, DECIMAL, SHAPE_GIVEN(near_miss_body, has_gain),
                .description = "What it would give more.", .example = "\"50\""),
    SHAPE_FIELD(near_miss_body, gain_of, TEXT,
                .description = "The wallet, or the currency of a reward's value."),
};
static const struct shape near_miss_shape =
    SHAPE("NearMiss", "What a basket just misses.", near_miss_body, near_miss_fields);

static const char *const quote_statuses[] = {"preview", "open", NULL};
enum quote_status { QUOTE_PREVIEW, QUOTE_OPEN };

struct quote_body {
    struct text order;
    int status;
    struct text quote;
    int64_t good_until_us;
    int64_t revision;
    int64_t occurred_at_us;
    int64_t recorded_at_us;
    int64_t program_version;
    struct text member;
    bool would_join;
    struct text currency;
    struct decimal eligible;
    struct totals_body *totals;
    struct priced_item_body *items;
    uint32_t item_count;
    struct redeemed_body *redeem;
    uint32_t redeem_count;
    struct coupon_body *coupons;
    uint32_t coupon_count;
    struct posting_body *postings;
    uint32_t posting_count;
    struct posting_body *will_earn;
    uint32_t will_earn_count;
    struct fired_body *fired;
    uint32_t fired_count;
    struct balance_body *balances;
    uint32_t balance_count;
    struct balance_body *balances_after;
    uint32_t balance_after_count;
    struct level_body *tiers_after;
    uint32_t tier_after_count;
    struct near_miss_body *near_misses;
    uint32_t near_miss_count;
};
static const struct field quote_fields[] = {
    SHAPE_FIELD(quote_body, order, TEXT, .is_required = true, .description = "Id of the order."),
    SHAPE_FIELD(quote_body, status, CHOICE, .is_required = true, .choices = quote_statuses,
                .description = "Whether it is held, or only looked at."),
    SHAPE_FIELD(quote_body, quote, TEXT, .example = "\"1042\"",
                .description = "Id of the quote, for the confirmation; where it is recorded."),
    SHAPE_FIELD_AS("good_until", quote_body, good_until_us, INSTANT,
                   .description = "What is held is held until then."),
    SHAPE_FIELD(quote_body, revision, INTEGER, .description = "As it was sent."),
    SHAPE_FIELD_AS("occurred_at", quote_body, occurred_at_us, INSTANT, .is_required = true,
                   .description = "When it was asked."),
    SHAPE_FIELD_AS("recorded_at", quote_body, recorded_at_us, INSTANT, .is_required = true,
                   .description = "As of when all figures are."),
    SHAPE_FIELD(quote_body, program_version, INTEGER, .is_required = true,
                .description = "The version of the programme that decided it."),
    SHAPE_FIELD(quote_body, member, TEXT, .description = "Whose order it is."),
    SHAPE_FIELD(quote_body, would_join, BOOLEAN,
                .description = "Nobody is named: it says what joining would give."),
    SHAPE_FIELD(quote_body, currency, TEXT, .is_required = true,
                .description = "Of all money here.", .example = "\"EUR\""),
    SHAPE_FIELD(quote_body, eligible, DECIMAL, .is_required = true, .example = "\"34.98\"",
                .description = "The money of the order that counts."),
    SHAPE_FIELD(quote_body, totals, OBJECT, .is_required = true, .shape = &totals_shape,
                .description = "Before and after rewards."),
    SHAPE_FIELD(quote_body, items, LIST, .is_required = true, .shape = &priced_item_shape,
                SHAPE_COUNT(quote_body, item_count), .description = "Line by line."),
    SHAPE_FIELD(quote_body, redeem, LIST, .is_required = true, .shape = &redeemed_shape,
                SHAPE_COUNT(quote_body, redeem_count),
                .description = "Each redemption: `done` is held, anything else is why it is not."),
    SHAPE_FIELD(quote_body, coupons, LIST, .is_required = true, .shape = &coupon_shape,
                SHAPE_COUNT(quote_body, coupon_count), .description = "Each code."),
    SHAPE_FIELD(quote_body, postings, LIST, .is_required = true, .shape = &posting_shape,
                SHAPE_COUNT(quote_body, posting_count),
                .description = "What moved by asking: points that are held now or no longer."),
    SHAPE_FIELD(quote_body, will_earn, LIST, .is_required = true, .shape = &posting_shape,
                SHAPE_COUNT(quote_body, will_earn_count),
                .description = "What confirming now would earn, by which rule, available from "
                               "when and until when."),
    SHAPE_FIELD(quote_body, fired, LIST, .is_required = true, .shape = &fired_shape,
                SHAPE_COUNT(quote_body, fired_count),
                .description = "Why: the rules that fire, and from which values."),
    SHAPE_FIELD(quote_body, balances, LIST, .is_required = true, .shape = &balance_shape,
                SHAPE_COUNT(quote_body, balance_count), .description = "What the member has now."),
    SHAPE_FIELD_AS("balances_after", quote_body, balances_after, LIST, .is_required = true,
                   .shape = &balance_shape, SHAPE_COUNT(quote_body, balance_after_count),
                   .description = "What it would have after confirming."),
    SHAPE_FIELD_AS("tiers_after", quote_body, tiers_after, LIST, .is_required = true,
                   .shape = &level_shape, SHAPE_COUNT(quote_body, tier_after_count),
                   .description = "Where it would stand after confirming."),
    SHAPE_FIELD(quote_body, near_misses, LIST, .is_required = true, .shape = &near_miss_shape,
                SHAPE_COUNT(quote_body, near_miss_count),
                .description = "What the basket just misses, by how much, and what that would "
                               "give."),
};
const struct shape quote_shape = SHAPE(
    "OrderQuote", "What an order comes to, and what it would give.", quote_body, quote_fields);

/* ---- near misses ---- */

static int32_t counter_decimals(const struct program *program, const struct counter *counter)
{
    switch (counter->measure) {
    case MEASURE_ELIGIBLE:
    case MEASURE_SUBTOTAL:
        return program->currencies[counter->currency].decimals;
    case MEASURE_EARNED:
        return program->wallets[counter->wallet].decimals;
    default:
        return 0;
    }
}

static void name_unit(const struct program *program, const struct near_miss *miss,
                      struct near_miss_body *body)
{
    int32_t decimals = 0;
    switch (miss->unit) {
    case NEAR_MONEY:
        body->of = program->currencies[miss->unit_index].code;
        decimals = program->currencies[miss->unit_index].decimals;
        break;
    case NEAR_POINTS:
        body->of = program->wallets[miss->unit_index].id;
        decimals = program->wallets[miss->unit_index].decimals;
        break;
    case NEAR_MEASURE:
        body->of = program->counters[miss->unit_index].id;
        decimals = counter_decimals(program, &program->counters[miss->unit_index]);
        break;
    default:
        break;
    }
    body->missing = (struct decimal){miss->missing, decimals};
}

static void name_what(const struct program *program, const struct near_miss *miss,
                      struct near_miss_body *body)
{
    switch (miss->kind) {
    case NEAR_BOOST:
        body->boost = program->rules[miss->index].boosts[miss->part].id;
        body->rule = program->rules[miss->index].id;
        return;
    case NEAR_RULE:
        body->rule = program->rules[miss->index].id;
        return;
    case NEAR_REWARD:
        body->reward = program->rewards[miss->index].id;
        return;
    case NEAR_LEVEL:
        body->tier_set = program->tier_sets[miss->index].id;
        body->level = program->tier_sets[miss->index].levels[miss->part].id;
        return;
    default:
        return;
    }
}

static void name_gain(const struct program *program, const struct near_miss *miss,
                      struct near_miss_body *body)
{
    const struct reward *reward = miss->kind == NEAR_REWARD ? &program->rewards[miss->index] : NULL;
    if (miss->gain_wallet != PROGRAM_NONE) {
        body->has_gain = true;
        body->gain_of = program->wallets[miss->gain_wallet].id;
        body->gain = (struct decimal){miss->gain, program->wallets[miss->gain_wallet].decimals};
    } else if (reward != NULL && reward->has_value) {
        body->has_gain = true;
        body->gain_of = program->currencies[reward->value_currency].code;
        body->gain =
            (struct decimal){miss->gain, program->currencies[reward->value_currency].decimals};
    }
}

static enum status add_misses(const struct quote_facts *facts, struct arena *arena,
                              struct quote_body *body)
{
    uint32_t count = facts->misses->count;
    body->near_misses = arena_new_array(arena, struct near_miss_body, (size_t)count + 1);
    if (body->near_misses == NULL) return STATUS_NO_MEMORY;
    body->near_miss_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct near_miss *miss = &facts->misses->items[i];
        struct near_miss_body *one = &body->near_misses[i];
        one->kind = (int)miss->kind;
        one->unit = (int)miss->unit;
        name_what(facts->program, miss, one);
        name_unit(facts->program, miss, one);
        name_gain(facts->program, miss, one);
    }
    return STATUS_OK;
}

/* ---- the whole ---- */

/* A decision's lists, with the event that it is about. */
static enum status reply_with(const struct quote_facts *facts, const struct decision *decision,
                              struct arena *arena, struct event_reply *reply)
{
    struct decision shown = *decision;
    shown.event_said = 0;
    TRY(engine_encode_event(facts->event, arena, &shown.event));
    return reply_of_decision(facts->program, &shown, arena, reply);
}

/* Somebody whom the preview made up has no id to be told. */
static void forget_somebody(struct event_reply *reply)
{
    for (uint32_t i = 0; i < reply->posting_count; i++)
        reply->postings[i].member = (struct text){NULL, 0};
    for (uint32_t i = 0; i < reply->balance_count; i++)
        reply->balances[i].member = (struct text){NULL, 0};
    for (uint32_t i = 0; i < reply->tier_count; i++)
        reply->tiers[i].member = (struct text){NULL, 0};
}

/* Of the postings, those that earn. */
static enum status add_earnings(const struct event_reply *reply, struct arena *arena,
                                struct quote_body *body)
{
    body->will_earn = arena_new_array(arena, struct posting_body, reply->posting_count + 1);
    if (body->will_earn == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < reply->posting_count; i++) {
        if (reply->postings[i].from != ACCOUNT_ISSUED) continue;
        body->will_earn[body->will_earn_count++] = reply->postings[i];
    }
    return STATUS_OK;
}

static enum status add_preview(const struct quote_facts *facts, struct arena *arena,
                               struct quote_body *body)
{
    struct event_reply reply;
    TRY(reply_with(facts, facts->preview, arena, &reply));
    if (text_is_empty(facts->event->member)) forget_somebody(&reply);
    TRY(add_earnings(&reply, arena, body));
    body->fired = reply.fired;
    body->fired_count = reply.fired_count;
    body->balances_after = reply.balances;
    body->balance_after_count = reply.balance_count;
    body->tiers_after = reply.tiers;
    body->tier_after_count = reply.tier_count;
    body->recorded_at_us = reply.recorded_at_us;
    return STATUS_OK;
}

static enum status add_quoted(const struct quote_facts *facts, struct arena *arena,
                              struct quote_body *body)
{
    struct event_reply reply;
    body->postings = arena_new_array(arena, struct posting_body, 1);
    body->balances = arena_new_array(arena, struct balance_body, 1);
    if (body->postings == NULL || body->balances == NULL) return STATUS_NO_MEMORY;
    if (facts->quoted == NULL) return STATUS_OK;
    TRY(reply_with(facts, facts->quoted, arena, &reply));
    body->status = QUOTE_OPEN;
    body->quote = reply.position;
    body->good_until_us = facts->event->lapses_at_us;
    body->recorded_at_us = reply.recorded_at_us;
    body->postings = reply.postings;
    body->posting_count = reply.posting_count;
    body->balances = reply.balances;
    body->balance_count = reply.balance_count;
    return STATUS_OK;
}

static enum status add_redeems(const struct quote_facts *facts, const struct decision *decision,
                               struct arena *arena, struct quote_body *body)
{
    const struct event *event = facts->event;
    body->redeem = arena_new_array(arena, struct redeemed_body, 1);
    if (body->redeem == NULL) return STATUS_NO_MEMORY;
    TRY(reply_redeemed(facts->program, decision,
                       facts->program->currencies[event->currency].decimals, arena, &body->redeem,
                       &body->redeem_count));
    /* What is not known to the programme has no symbol: it is named as it was asked for. */
    for (uint32_t i = 0; i < body->redeem_count && i < event->redeem_count; i++) {
        const struct redeem *asked = &event->redeems[i];
        struct redeemed_body *redeemed = &body->redeem[i];
        if (asked->reward.length > 0) redeemed->reward = asked->reward;
        if (asked->wallet.length > 0) redeemed->wallet = asked->wallet;
        if (text_is_empty(redeemed->wallet)) redeemed->wallet = (struct text){NULL, 0};
    }
    return STATUS_OK;
}

enum status quote_write(const struct quote_facts *facts, struct arena *arena, struct text *json)
{
    const struct event *event = facts->event;
    const struct decision *decision = facts->quoted != NULL ? facts->quoted : facts->preview;
    const struct currency *currency = &facts->program->currencies[event->currency];
    struct totals_body totals;
    struct quote_body body = {
        .order = event->order,
        .revision = (int64_t)event->revision,
        .occurred_at_us = event->occurred_at_us,
        .program_version = facts->program->version,
        .would_join = text_is_empty(event->member),
        .currency = currency->code,
        .eligible = {facts->preview->eligible, currency->decimals},
        .totals = &totals,
        .item_count = event->item_count,
    };
    if (event->member.length > 0) body.member = event->member;
    TRY(order_totals(facts->program, event, decision, arena, &totals, &body.items));
    TRY(add_preview(facts, arena, &body));
    TRY(add_quoted(facts, arena, &body));
    TRY(add_redeems(facts, decision, arena, &body));
    TRY(reply_coupons(facts->coupons, facts->coupon_count, arena, &body.coupons));
    body.coupon_count = facts->coupon_count;
    TRY(add_misses(facts, arena, &body));
    return shape_write(&quote_shape, &body, arena, json);
}
