/* A member's lots: read one by one from the settled state, pages and all, and led back to the
 * record that opened each. */
#include "api/member_lots.h"

#include <stdlib.h>

#include "api/event_shape.h"
#include "api/member_shape.h"

static const struct field expiring_fields[] = {
    SHAPE_FIELD(expiring_body, wallet, ID, .is_required = true, .description = "Which wallet."),
    SHAPE_FIELD(expiring_body, amount, DECIMAL, .is_required = true, .description = "How many.",
                .example = "\"40\""),
    SHAPE_FIELD_AS("at", expiring_body, at_us, INSTANT, .is_required = true,
                   .description = "When they end."),
};
const struct shape expiring_shape =
    SHAPE("Expiring", "Points that end at an instant.", expiring_body, expiring_fields);

static const struct field origin_fields[] = {
    SHAPE_FIELD(origin_body, position, TEXT, .is_required = true,
                .description = "Where the event is recorded."),
    SHAPE_FIELD(origin_body, type, TEXT, .is_required = true, .description = "What happened."),
    SHAPE_FIELD(origin_body, title, TEXT,
                .description = "Of an event of the programme's own: its title."),
    SHAPE_FIELD(origin_body, order, TEXT, .description = "The order, if it was one."),
    SHAPE_FIELD_AS("occurred_at", origin_body, occurred_at_us, INSTANT, .is_required = true,
                   .description = "When it happened."),
    SHAPE_FIELD(origin_body, program_version, INTEGER, .is_required = true,
                .description = "The version of the programme that decided it."),
    SHAPE_FIELD(origin_body, reason, TEXT, .description = "Why, if it was done by hand."),
    SHAPE_FIELD(origin_body, actor, TEXT, .description = "By whom."),
    SHAPE_FIELD(origin_body, fired, OBJECT, .shape = &fired_shape,
                .description = "The rule, and the values it used."),
};
static const struct shape origin_shape =
    SHAPE("Origin", "The event that made a lot.", origin_body, origin_fields);

static const struct field explained_lot_fields[] = {
    SHAPE_FIELD(explained_lot_body, account, CHOICE, .is_required = true, .choices = account_codes,
                .description = "Where it is now."),
    SHAPE_FIELD(explained_lot_body, remaining, DECIMAL, .is_required = true,
                .description = "What is left of it.", .example = "\"12\""),
    SHAPE_FIELD_AS("available_at", explained_lot_body, available_at_us, INSTANT,
                   .description = "When it becomes available, while it is pending."),
    SHAPE_FIELD_AS("expires_at", explained_lot_body, expires_at_us, INSTANT,
                   .description = "When it ends."),
    SHAPE_FIELD(explained_lot_body, rule, TEXT, .description = "The rule that gave it."),
    SHAPE_FIELD(explained_lot_body, origin, OBJECT, .shape = &origin_shape,
                .description = "The event that made it. None for lots that no return can reach any "
                               "more, which are kept as one."),
};
static const struct shape explained_lot_shape = SHAPE(
    "ExplainedLot", "A lot and where it came from.", explained_lot_body, explained_lot_fields);

static const struct field explanation_fields[] = {
    SHAPE_FIELD(explanation_body, member, ID, .is_required = true,
                .description = "Whose: of a merged member, its survivor's."),
    SHAPE_FIELD(explanation_body, wallet, ID, .is_required = true, .description = "Which wallet."),
    SHAPE_FIELD(explanation_body, balance, OBJECT, .is_required = true, .shape = &balance_shape,
                .description = "The sums of the lots, and the debt."),
    SHAPE_FIELD(explanation_body, lots, LIST, .is_required = true, .shape = &explained_lot_shape,
                SHAPE_COUNT(explanation_body, lot_count), .maximum = EXPLAINED_LOT_MAXIMUM,
                .description = "In the order in which they are spent."),
    SHAPE_FIELD(explanation_body, lots_left_out, INTEGER,
                .description = "How many more lots there are than are listed."),
    SHAPE_FIELD_AS("as_of", explanation_body, as_of_us, INSTANT, .is_required = true,
                   .description = "The instant that this is true of."),
};
const struct shape explanation_shape =
    SHAPE("Explanation", "A balance as the sum of its lots.", explanation_body, explanation_fields);

/* ---- expiring ---- */

static int compare_expiring(const void *a, const void *b)
{
    const struct expiring_body *one = a;
    const struct expiring_body *other = b;
    return (one->at_us > other->at_us) - (one->at_us < other->at_us);
}

/* Adds to what ends at the same instant, or at the end; a full list keeps the soonest. */
static enum status add_expiring(struct expiring_body *list, uint32_t *count,
                                const struct wallet *wallet, const struct lot_view *lot)
{
    for (uint32_t i = 0; i < *count; i++) {
        if (list[i].at_us != lot->expires_at_us || !text_equal(list[i].wallet, wallet->id)) {
            continue;
        }
        return amount_increase(&list[i].amount.coefficient, lot->remaining);
    }
    if (*count == EXPIRING_MAXIMUM) {
        qsort(list, *count, sizeof *list, compare_expiring);
        if (list[*count - 1].at_us <= lot->expires_at_us) return STATUS_OK;
        --*count;
    }
    list[(*count)++] =
        (struct expiring_body){wallet->id, {lot->remaining, wallet->decimals}, lot->expires_at_us};
    return STATUS_OK;
}

enum status lots_expiring(const struct program *program, struct states *states, struct text member,
                          struct arena *arena, struct expiring_body **list, uint32_t *count)
{
    uint32_t lots = member_lot_count(states, member);
    *list = arena_new_array(arena, struct expiring_body, EXPIRING_MAXIMUM);
    *count = 0;
    if (*list == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < lots; i++) {
        struct lot_view lot;
        TRY(member_lot(states, member, i, &lot));
        const struct wallet *wallet = program_wallet_of_symbol(program, lot.wallet);
        bool ends = lot.account == ACCOUNT_AVAILABLE && lot.expires_at_us < INSTANT_LATEST;
        if (wallet != NULL && ends) TRY(add_expiring(*list, count, wallet, &lot));
    }
    qsort(*list, *count, sizeof **list, compare_expiring);
    return STATUS_OK;
}

/* ---- explain ---- */

/* The rule by the version that decided: a later one may not have it any more. */
static enum status find_fired(const struct program *program, const struct decision *decision,
                              uint32_t rule, struct arena *arena, struct explained_lot_body *told)
{
    struct event_reply reply;
    struct text id = rule_by_symbol(program, rule);
    TRY(reply_of_decision(program, decision, arena, &reply));
    told->origin->order = reply.order;
    if (!text_is_empty(reply.name)) told->origin->type = reply.name;
    told->origin->title = reply.title;
    if (text_is_empty(id)) return STATUS_OK;
    told->rule = id;
    for (uint32_t i = 0; i < reply.fired_count; i++) {
        if (text_equal(reply.fired[i].rule, id)) told->origin->fired = &reply.fired[i];
    }
    return STATUS_OK;
}

/* The record at the position that the lot's earning names. */
static enum status find_origin(struct turn *turn, const struct lot_view *lot, struct arena *arena,
                               struct explained_lot_body *told)
{
    struct text record;
    struct decision decision;
    struct origin_body *origin = arena_new(arena, struct origin_body);
    if (origin == NULL) return STATUS_NO_MEMORY;
    enum status status = turn_record(turn, lot->earning >> 16, arena, &record);
    if (status == STATUS_NOT_FOUND) return STATUS_OK;
    TRY(status);
    TRY(engine_decode(record, arena, &decision));
    *origin = (struct origin_body){
        .position = arena_format(arena, "%llu", (unsigned long long)decision.position),
        .type = text_of(event_codes[decision.type]),
        .occurred_at_us = decision.occurred_at_us,
        .program_version = decision.program_version,
        .reason = decision.reason,
        .actor = decision.actor,
    };
    if (text_is_empty(decision.reason)) origin->reason.bytes = NULL;
    if (text_is_empty(decision.actor)) origin->actor.bytes = NULL;
    const struct program *program =
        service_program_numbered(turn_service(turn), decision.program_version);
    told->origin = origin;
    return program == NULL ? STATUS_OK : find_fired(program, &decision, lot->rule, arena, told);
}

/* The lots' pages too, so that each lot is told by itself. */
static enum status load_pages(struct turn *turn, struct states *states, struct text member)
{
    uint32_t added;
    TRY(engine_plan_lots(states, member, &added));
    for (uint32_t i = 0; i < states->count; i++) {
        if (!states->list[i].is_loaded) TRY(store_load(turn_store(turn), states, i));
    }
    return STATUS_OK;
}

/* As spending takes them: the soonest expiry first, then the oldest. */
static int compare_lots(const void *a, const void *b)
{
    const struct lot_view *one = a;
    const struct lot_view *other = b;
    if (one->expires_at_us != other->expires_at_us) {
        return one->expires_at_us < other->expires_at_us ? -1 : 1;
    }
    return (one->earning > other->earning) - (one->earning < other->earning);
}

/* Those of the wallet, sorted. */
static enum status find_lots(struct states *states, struct text member, uint32_t wallet,
                             struct arena *arena, struct lot_view **lots, uint32_t *count)
{
    uint32_t all = member_lot_count(states, member);
    *lots = arena_new_array(arena, struct lot_view, (size_t)all + 1);
    *count = 0;
    if (*lots == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < all; i++) {
        struct lot_view lot;
        TRY(member_lot(states, member, i, &lot));
        if (lot.wallet == wallet && lot.account != ACCOUNT_EXPIRED) (*lots)[(*count)++] = lot;
    }
    qsort(*lots, *count, sizeof **lots, compare_lots);
    return STATUS_OK;
}

static enum status tell_lot(struct turn *turn, const struct program *program,
                            const struct wallet *wallet, const struct lot_view *lot,
                            struct arena *arena, struct explained_lot_body *told)
{
    *told = (struct explained_lot_body){.account = (int)lot->account,
                                        .remaining = {lot->remaining, wallet->decimals},
                                        .rule = rule_by_symbol(program, lot->rule)};
    if (text_is_empty(told->rule)) told->rule.bytes = NULL;
    if (lot->account == ACCOUNT_PENDING) told->available_at_us = lot->release_at_us;
    if (lot->expires_at_us < INSTANT_LATEST) told->expires_at_us = lot->expires_at_us;
    return lot->earning == 0 ? STATUS_OK : find_origin(turn, lot, arena, told);
}

enum status lots_explain(struct turn *turn, struct text member, struct text wallet, int64_t at_us,
                         struct arena *arena, struct explanation_body *body)
{
    struct member_body described;
    struct states *states;
    TRY(member_describe(turn, member, at_us, arena, &described, &states));
    const struct program *program = service_program(turn_service(turn), described.as_of_us);
    uint32_t index = program_find_wallet(program, wallet);
    if (index == PROGRAM_NONE) return STATUS_INVALID;
    const struct wallet *own = &program->wallets[index];
    struct text holder = member_holder(&described);
    struct lot_view *lots;
    uint32_t count;
    TRY(load_pages(turn, states, holder));
    *body = (struct explanation_body){.member = holder,
                                      .wallet = own->id,
                                      .balance = &described.wallets[index],
                                      .as_of_us = described.as_of_us};
    TRY(find_lots(states, holder, own->symbol, arena, &lots, &count));
    body->lot_count = count < EXPLAINED_LOT_MAXIMUM ? count : EXPLAINED_LOT_MAXIMUM;
    body->lots_left_out = (int64_t)count - (int64_t)body->lot_count;
    body->lots = arena_new_array(arena, struct explained_lot_body, (size_t)body->lot_count + 1);
    if (body->lots == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < body->lot_count; i++)
        TRY(tell_lot(turn, program, own, &lots[i], arena, &body->lots[i]));
    return STATUS_OK;
}
