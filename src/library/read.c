/* Read: balances, levels, lots with what made them, and records.
 *
 * A member is settled to the instant asked for on a copy, in a working set of its own, so that a
 * read changes nothing and leaves the last event's answer as it is.
 */
#include "library/library.h"

/* The member, settled on a copy; engine->looked_at has it, and its survivor if it was merged. */
static enum status look_at(struct guerdon_engine *engine, struct text member, int64_t at_us)
{
    const struct event event = {.type = EVENT_SETTLE,
                                .position = engine->position + 1,
                                .occurred_at_us = at_us,
                                .clock_us = at_us,
                                .member = member};
    struct decision decision;
    states_clear(&engine->looked_at);
    if (member.length > EVENT_ID_MAXIMUM) return STATUS_OK;
    TRY(store_load_for(engine->store, engine->program, &event, &engine->looked_at));
    return engine_settle(engine->program, &engine->looked_at, member, at_us, &decision);
}

static bool is_no_instant(int64_t at_us)
{
    return at_us < INSTANT_EARLIEST || at_us > INSTANT_LATEST;
}

enum guerdon_status guerdon_engine_balance(struct guerdon_engine *engine,
                                           struct guerdon_text member, struct guerdon_text wallet,
                                           int64_t at_us, struct guerdon_balance *balance)
{
    if (engine == NULL || balance == NULL || engine->is_calling) return GUERDON_MISUSE;
    if (text_is_misused(member) || text_is_misused(wallet)) return GUERDON_MISUSE;
    if (is_no_instant(at_us)) return GUERDON_INVALID;
    uint32_t index = program_find_wallet(engine->program, inner_text(wallet));
    if (index == PROGRAM_NONE) return GUERDON_NOT_FOUND;
    struct balance found;
    TRY_PUBLIC(look_at(engine, inner_text(member), at_us));
    TRY_PUBLIC(member_balance(&engine->looked_at, inner_text(member),
                              engine->program->wallets[index].symbol, &found));
    const struct guerdon_balance answer = {.available = found.available,
                                           .pending = found.pending,
                                           .held = found.held,
                                           .debt = found.debt};
    return STRUCT_WRITE(balance, &answer) ? GUERDON_OK : GUERDON_MISUSE;
}

enum guerdon_status guerdon_engine_level(struct guerdon_engine *engine, struct guerdon_text member,
                                         struct guerdon_text tier_set, int64_t at_us,
                                         struct guerdon_level *level)
{
    if (engine == NULL || level == NULL || engine->is_calling) return GUERDON_MISUSE;
    if (text_is_misused(member) || text_is_misused(tier_set)) return GUERDON_MISUSE;
    if (is_no_instant(at_us)) return GUERDON_INVALID;
    uint32_t set = program_find_tier_set(engine->program, inner_text(tier_set));
    if (set == PROGRAM_NONE) return GUERDON_NOT_FOUND;
    TRY_PUBLIC(look_at(engine, inner_text(member), at_us));
    uint32_t index = member_level(engine->program, &engine->looked_at, inner_text(member), set);
    struct guerdon_level answer = {.id = {"", 0}, .title = {"", 0}};
    if (index != PROGRAM_NONE) {
        const struct level *found = &engine->program->tier_sets[set].levels[index];
        answer.number = index + 1;
        answer.id = public_text(found->id);
        answer.title = public_text(found->title);
    }
    return STRUCT_WRITE(level, &answer) ? GUERDON_OK : GUERDON_MISUSE;
}

/* ---- lots, and what made them ---- */

static struct text order_of(const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        if (decision->entities[i].kind == ENTITY_ORDER) return decision->entities[i].id;
    }
    return TEXT("");
}

static const struct fired *fired_by(const struct decision *decision, const struct lot_view *view)
{
    for (uint32_t i = 0; i < decision->fired_count; i++) {
        const struct fired *fired = &decision->fired[i];
        if (fired->rule_symbol == view->rule && fired->wallet == view->wallet) return fired;
    }
    return NULL;
}

/* Leads a lot to the record of its earning. */
static enum status add_origin(struct guerdon_engine *engine, const struct lot_view *view,
                              struct guerdon_lot *lot)
{
    struct record record;
    struct decision decision;
    lot->order = public_text(TEXT(""));
    if (!engine->keeps_records) return STATUS_OK;
    arena_clear(&engine->arena);
    TRY(store_record(engine->store, lot->position, &record));
    TRY(engine_decode(record.body, &engine->arena, &decision));
    lot->type = (uint32_t)decision.type;
    lot->program_version = decision.program_version;
    lot->occurred_at_us = decision.occurred_at_us;
    lot->order = public_text(order_of(&decision));
    const struct fired *fired = fired_by(&decision, view);
    if (fired == NULL) return STATUS_OK;
    lot->base = fired->base;
    lot->boost_millionths = fired->boost;
    lot->granted = fired->granted;
    return STATUS_OK;
}

static enum status load_lots(struct guerdon_engine *engine, struct text member, int64_t at_us)
{
    uint32_t added = 0;
    TRY(look_at(engine, member, at_us));
    TRY(engine_plan_lots(&engine->looked_at, member, &added));
    for (uint32_t i = 0; i < engine->looked_at.count; i++) {
        if (engine->looked_at.list[i].is_loaded) continue;
        TRY(store_load(engine->store, &engine->looked_at, i));
    }
    return STATUS_OK;
}

static enum guerdon_status explain(struct guerdon_engine *engine, struct text member,
                                   guerdon_lot_visit visit, void *context)
{
    uint32_t count = member_lot_count(&engine->looked_at, member);
    for (uint32_t i = 0; i < count; i++) {
        struct lot_view view;
        TRY_PUBLIC(member_lot(&engine->looked_at, member, i, &view));
        if (view.account == ACCOUNT_EXPIRED) continue;
        struct guerdon_lot lot = {.size = sizeof lot,
                                  .account = (uint32_t)view.account,
                                  .wallet = public_text(wallet_named(engine->program, view.wallet)),
                                  .rule = public_text(rule_named(engine->program, view.rule)),
                                  .remaining = view.remaining,
                                  .available_from_us = view.release_at_us,
                                  .expires_at_us = view.expires_at_us,
                                  .position = view.earning >> 16};
        TRY_PUBLIC(add_origin(engine, &view, &lot));
        enum guerdon_status visited = visit(context, &lot);
        if (visited != GUERDON_OK) return visited;
    }
    return GUERDON_OK;
}

enum guerdon_status guerdon_engine_explain(struct guerdon_engine *engine,
                                           struct guerdon_text member, int64_t at_us,
                                           guerdon_lot_visit visit, void *context)
{
    if (engine == NULL || visit == NULL || engine->is_calling) return GUERDON_MISUSE;
    if (text_is_misused(member)) return GUERDON_MISUSE;
    if (is_no_instant(at_us)) return GUERDON_INVALID;
    TRY_PUBLIC(load_lots(engine, inner_text(member), at_us));
    engine->is_calling = true;
    enum guerdon_status status = explain(engine, inner_text(member), visit, context);
    engine->is_calling = false;
    return status;
}

/* ---- records ---- */

struct guerdon_record record_of(const struct decision *decision)
{
    return (struct guerdon_record){.size = sizeof(struct guerdon_record),
                                   .is_decision = 1,
                                   .position = decision->position,
                                   .type = (uint32_t)decision->type,
                                   .answer = (uint32_t)decision->answer,
                                   .occurred_at_us = decision->occurred_at_us,
                                   .recorded_at_us = decision->recorded_at_us,
                                   .program_version = decision->program_version,
                                   .note = {"", 0}};
}

struct visiting {
    struct guerdon_engine *engine;
    guerdon_record_visit visit;
    void *context;
    enum guerdon_status stopped; /* what the caller's function ended it with */
};

static enum status visit_record(void *context, const struct record *kept)
{
    struct visiting *visiting = context;
    struct decision decision;
    arena_clear(&visiting->engine->arena);
    TRY(engine_decode(kept->body, &visiting->engine->arena, &decision));
    const struct guerdon_record record = record_of(&decision);
    visiting->stopped = visiting->visit(visiting->context, &record);
    return visiting->stopped == GUERDON_OK ? STATUS_OK : STATUS_INTERRUPTED;
}

enum guerdon_status guerdon_engine_records(struct guerdon_engine *engine, uint64_t after,
                                           guerdon_record_visit visit, void *context)
{
    if (engine == NULL || visit == NULL || engine->is_calling) return GUERDON_MISUSE;
    if (!engine->keeps_records) return GUERDON_NOT_FOUND;
    struct visiting visiting = {engine, visit, context, GUERDON_OK};
    engine->is_calling = true;
    enum status status = store_each_record(engine->store, after, visit_record, &visiting);
    engine->is_calling = false;
    return visiting.stopped == GUERDON_OK ? public_status(status) : visiting.stopped;
}
