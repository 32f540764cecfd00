/* Compares what the engine did with what the auditor predicted: every answer, what rules gave, and
 * every balance, lot and level of the members named, and of another.
 */
#include <inttypes.h>
#include <stdio.h>

#include "auditor.h"

/* --- the comparison ----------------------------------------------------------------------- */

static bool compare_fired(struct bench *bench, const struct decision *decision,
                          const struct prediction *prediction)
{
    int64_t granted[AUDIT_RULES] = {0};
    for (uint32_t i = 0; i < decision->fired_count; i++) {
        const struct fired *fired = &decision->fired[i];
        if (fired->rule >= bench->program->rule_count) return bench_fail(bench, "no such rule");
        granted[fired->rule] += fired->granted;
    }
    for (uint32_t r = 0; r < bench->program->rule_count; r++) {
        if (granted[r] != prediction->granted[r]) {
            return bench_fail(bench, "rule %.*s: engine %" PRId64 ", auditor %" PRId64,
                              TEXT_ARGUMENTS(bench->program->rules[r].id), granted[r],
                              prediction->granted[r]);
        }
    }
    return true;
}

static bool compare_answer(struct bench *bench, const struct command *command,
                           const struct decision *decision, const struct prediction *prediction)
{
    if (decision->answer != prediction->answer) {
        return bench_fail(bench, "answer: engine \"%s\", auditor \"%s\"",
                          answer_text(decision->answer), answer_text(prediction->answer));
    }
    if (decision->answer == ANSWER_REPEATED &&
        decision->repeated_position != prediction->repeated_position) {
        return bench_fail(bench, "repeated position: engine %" PRIu64 ", auditor %" PRIu64,
                          decision->repeated_position, prediction->repeated_position);
    }
    if (decision->answer != ANSWER_DONE) return true;
    if (decision->units_matched != prediction->units_matched ||
        decision->units_unmatched != prediction->units_unmatched) {
        return bench_fail(bench,
                          "units: engine %" PRId64 "+%" PRId64 ", auditor %" PRId64 "+%" PRId64,
                          decision->units_matched, decision->units_unmatched,
                          prediction->units_matched, prediction->units_unmatched);
    }
    if (command->event.type == EVENT_PURCHASE && decision->eligible != prediction->eligible) {
        return bench_fail(bench, "eligible: engine %" PRId64 ", auditor %" PRId64,
                          decision->eligible, prediction->eligible);
    }
    return compare_fired(bench, decision, prediction);
}

/* Sums of lots by what tells them apart. */
struct lot_sum {
    int wallet;
    enum account account;
    uint64_t position;
    int64_t release_us;
    int64_t expires_us;
    int64_t amount;
};

#define LOT_SUMS 2000
struct lot_sums {
    struct lot_sum list[LOT_SUMS];
    int count;
};

static void lot_sum_add(struct lot_sums *sums, struct lot_sum sum)
{
    if (sum.amount == 0) return;
    if (sum.account != ACCOUNT_PENDING) sum.release_us = 0;
    for (int i = 0; i < sums->count; i++) {
        struct lot_sum *it = &sums->list[i];
        if (it->wallet == sum.wallet && it->account == sum.account &&
            it->position == sum.position && it->release_us == sum.release_us &&
            it->expires_us == sum.expires_us) {
            it->amount += sum.amount;
            return;
        }
    }
    ASSERT(sums->count < LOT_SUMS);
    sums->list[sums->count++] = sum;
}

static void print_lots(const char *whose, const struct lot_sums *sums)
{
    for (int i = 0; i < sums->count; i++) {
        const struct lot_sum *it = &sums->list[i];
        char release[INSTANT_TEXT_MAXIMUM];
        printf("    %s wallet %d %-9s of event %" PRIu64 ": %" PRId64 " release %" PRId64
               " expires %" PRId64 "\n",
               whose, it->wallet, account_name(it->account), it->position, it->amount,
               it->release_us, it->expires_us);
        (void)release;
    }
}

static bool lots_differ(const struct lot_sums *a, const struct lot_sums *b)
{
    for (int i = 0; i < a->count; i++) {
        bool found = false;
        for (int k = 0; k < b->count && !found; k++) {
            const struct lot_sum *x = &a->list[i];
            const struct lot_sum *y = &b->list[k];
            found = x->wallet == y->wallet && x->account == y->account &&
                    x->position == y->position && x->release_us == y->release_us &&
                    x->expires_us == y->expires_us && x->amount == y->amount;
        }
        if (!found) return true;
    }
    return a->count != b->count;
}

static int wallet_of(const struct bench *bench, uint32_t symbol)
{
    for (uint32_t w = 0; w < bench->program->wallet_count; w++) {
        if (bench->program->wallets[w].symbol == symbol) return (int)w;
    }
    return AUDIT_NONE;
}

/* Past the time for returns lots of one class merge and forget what earned them. */
static bool lots_may_merge(const struct bench *bench)
{
    return bench->program->has_returns_within;
}

static bool compare_lots(struct bench *bench, const struct audit_member *expected, struct text id)
{
    static struct lot_sums engine, auditor;
    engine.count = auditor.count = 0;
    uint32_t count = member_lot_count(&bench->folded, id);
    for (uint32_t i = 0; i < count; i++) {
        struct lot_view view;
        if (member_lot(&bench->folded, id, i, &view) != STATUS_OK) {
            return bench_fail(bench, "a lot of %.*s cannot be read", TEXT_ARGUMENTS(id));
        }
        if (view.remaining <= 0) return bench_fail(bench, "a lot of %" PRId64, view.remaining);
        if (view.account == ACCOUNT_EXPIRED) continue;
        lot_sum_add(&engine,
                    (struct lot_sum){wallet_of(bench, view.wallet), view.account,
                                     lots_may_merge(bench) ? 0 : view.earning >> 16,
                                     view.release_at_us, view.expires_at_us, view.remaining});
    }
    for (int i = 0; i < expected->piece_count; i++) {
        const struct piece *piece = &expected->pieces[i];
        struct lot_sum sum = {
            piece->wallet,     ACCOUNT_AVAILABLE, lots_may_merge(bench) ? 0 : piece->position,
            piece->release_us, piece->expires_us, piece->available};
        lot_sum_add(&auditor, sum);
        sum.account = ACCOUNT_PENDING;
        sum.amount = piece->pending;
        lot_sum_add(&auditor, sum);
        sum.account = ACCOUNT_HELD;
        sum.amount = piece->held;
        lot_sum_add(&auditor, sum);
    }
    if (!lots_differ(&engine, &auditor)) return true;
    print_lots("engine ", &engine);
    print_lots("auditor", &auditor);
    return bench_fail(bench, "the lots of %.*s differ", TEXT_ARGUMENTS(id));
}

static bool compare_balances(struct bench *bench, const struct audit_member *expected,
                             struct text id)
{
    for (uint32_t w = 0; w < bench->program->wallet_count; w++) {
        struct balance balance;
        uint32_t symbol = bench->program->wallets[w].symbol;
        if (member_balance(&bench->folded, id, symbol, &balance) != STATUS_OK) {
            return bench_fail(bench, "the balance of %.*s cannot be read", TEXT_ARGUMENTS(id));
        }
        int wallet = (int)w;
        int64_t available = audit_available(expected, wallet);
        int64_t pending = audit_pending(expected, wallet);
        int64_t held = audit_held(expected, wallet);
        if (balance.available != available || balance.pending != pending || balance.held != held ||
            balance.debt != expected->debt[wallet]) {
            return bench_fail(
                bench,
                "%.*s wallet %d available/pending/held/debt: engine %" PRId64 "/%" PRId64
                "/%" PRId64 "/%" PRId64 ", auditor %" PRId64 "/%" PRId64 "/%" PRId64 "/%" PRId64,
                TEXT_ARGUMENTS(id), wallet, balance.available, balance.pending, balance.held,
                balance.debt, available, pending, held, expected->debt[wallet]);
        }
    }
    return true;
}

static bool compare_levels(struct bench *bench, const struct audit_member *expected, struct text id)
{
    for (uint32_t t = 0; t < bench->program->tier_set_count; t++) {
        uint32_t level = member_level(bench->program, &bench->folded, id, t);
        int engine = level == PROGRAM_NONE ? AUDIT_NONE : (int)level;
        if (engine != expected->levels[t].level) {
            const struct audit_level *held = &expected->levels[t];
            return bench_fail(bench,
                              "%.*s tier set %u: engine %d, auditor %d (until %" PRId64
                              ", upgrade at %" PRId64 ", earned on %d, grace %d)",
                              TEXT_ARGUMENTS(id), t, engine, held->level, held->kept_until_us,
                              held->upgrade_at_us, held->earned_day, held->in_grace);
        }
    }
    return true;
}

/* A copy of the member's state, settled up to now, against the auditor's. */
static bool compare_member(struct bench *bench, struct audit *audit, int member, struct text id,
                           int64_t now_us)
{
    audit_settle(audit, member, now_us);
    const struct audit_member *expected = &audit->members[member];
    if (!expected->exists || expected->merged_into != AUDIT_NONE) return true;
    if (!bench_settle(bench, id, now_us)) return false;
    return compare_balances(bench, expected, id) && compare_lots(bench, expected, id) &&
           compare_levels(bench, expected, id);
}

static bool is_named_in(const struct decision *decision, struct text member)
{
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        const struct entity_key *key = &decision->entities[i];
        if (key->kind == ENTITY_MEMBER && text_equal(key->id, member)) return true;
    }
    return false;
}

/* Those whom the command names, or whom it changed, and one other. Where the clock runs back only
 * those changed: the auditor settles for good, the engine's reads settle a copy. */
static bool compare_members(struct bench *bench, struct world *world, const struct event *event,
                            const struct decision *decision)
{
    int other = (int)(event->position % (uint64_t)world->member_count);
    for (int m = 0; m < world->member_count; m++) {
        struct text id = arena_format(&bench->arena, "m%d", m);
        bool is_changed = is_named_in(decision, id);
        bool is_named = text_equal(id, event->member) || text_equal(id, event->other_member);
        if (!is_changed && world->is_unsteady) continue;
        if (!is_changed && !is_named && m != other) continue;
        if (!compare_member(bench, &world->audit, m, id, decision->recorded_at_us)) return false;
    }
    return true;
}

/* recorded_at = max(clock, last recorded_at of every entity touched) */
static bool compare_time(struct bench *bench, struct world *world, const struct event *event,
                         const struct decision *decision)
{
    int64_t at_us = decision->recorded_at_us;
    if (at_us != event->clock_us && (at_us < event->clock_us || at_us > world->latest_us)) {
        return bench_fail(bench, "recorded at %" PRId64 ", the clock says %" PRId64, at_us,
                          event->clock_us);
    }
    if (at_us > world->latest_us) world->latest_us = at_us;
    return true;
}

bool bench_command(struct bench *bench, struct world *world, const struct command *command,
                   struct prediction *prediction)
{
    const struct event *event = &command->event;
    struct decision decision;
    enum status status;
    if (!bench_decide(bench, event, &decision, &status)) return false;
    if (status != STATUS_OK) return bench_fail(bench, "decide: %s", status_text(status));
    if (!compare_time(bench, world, event, &decision)) return false;
    audit_command(&world->audit, event, decision.recorded_at_us, prediction);
    if (!compare_answer(bench, command, &decision, prediction)) return false;
    if (!bench_keep(bench, event, &decision)) return false;
    return compare_members(bench, world, event, &decision);
}
