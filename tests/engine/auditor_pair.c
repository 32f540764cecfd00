/* Two engines side by side: one keeps every lot in the member's state, the other has bounds so
 * narrow that its lots go through pages. Whatever happens, nobody may be able to tell them apart.
 */
#include <inttypes.h>
#include <stdio.h>

#include "auditor.h"

static int64_t shortfall(const struct decision *decision)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        if (decision->effects[i].kind == EFFECT_SHORTFALL) sum += decision->effects[i].amount;
    }
    return sum;
}

static bool same_decision(struct bench *narrow, const struct decision *a, const struct decision *b)
{
    if (a->answer != b->answer) {
        return bench_fail(narrow, "answer: \"%s\", with pages \"%s\"", answer_text(a->answer),
                          answer_text(b->answer));
    }
    if (a->repeated_position != b->repeated_position || a->eligible != b->eligible ||
        a->units_matched != b->units_matched || a->units_unmatched != b->units_unmatched ||
        a->piece_count != b->piece_count || a->tier_before != b->tier_before) {
        return bench_fail(narrow, "the decisions differ");
    }
    if (shortfall(a) != shortfall(b)) return bench_fail(narrow, "another shortfall");
    if (a->fired_count != b->fired_count) return bench_fail(narrow, "other rules fired");
    for (uint32_t i = 0; i < a->fired_count; i++) {
        if (a->fired[i].rule != b->fired[i].rule || a->fired[i].granted != b->fired[i].granted) {
            return bench_fail(narrow, "rule %u gave something else", a->fired[i].rule);
        }
    }
    return true;
}

static bool same_balances(struct bench *plain, struct bench *narrow, struct text id)
{
    for (uint32_t w = 0; w < plain->program->wallet_count; w++) {
        struct balance a, b;
        uint32_t symbol = plain->program->wallets[w].symbol;
        if (member_balance(&plain->folded, id, symbol, &a) != STATUS_OK) return false;
        if (member_balance(&narrow->folded, id, symbol, &b) != STATUS_OK) return false;
        if (memcmp(&a, &b, sizeof a) != 0) {
            return bench_fail(narrow,
                              "%.*s wallet %u available/pending/held/debt: %" PRId64 "/%" PRId64
                              "/%" PRId64 "/%" PRId64 ", with pages %" PRId64 "/%" PRId64
                              "/%" PRId64 "/%" PRId64,
                              TEXT_ARGUMENTS(id), w, a.available, a.pending, a.held, a.debt,
                              b.available, b.pending, b.held, b.debt);
        }
    }
    for (uint32_t t = 0; t < plain->program->tier_set_count; t++) {
        if (member_level(plain->program, &plain->folded, id, t) !=
            member_level(plain->program, &narrow->folded, id, t)) {
            return bench_fail(narrow, "%.*s has another level", TEXT_ARGUMENTS(id));
        }
    }
    return true;
}

#define VIEWS 4000
struct views {
    struct lot_view list[VIEWS];
    uint32_t count;
};

static bool read_lots(struct bench *bench, struct text id, struct views *views)
{
    views->count = member_lot_count(&bench->folded, id);
    if (views->count > VIEWS) return false;
    for (uint32_t i = 0; i < views->count; i++) {
        if (member_lot(&bench->folded, id, i, &views->list[i]) != STATUS_OK) return false;
    }
    return true;
}

/* What there is of one kind of lot: one may have it in two pieces, the other in one. */
static int64_t lots_like(const struct views *views, const struct lot_view *like, bool merges)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < views->count; i++) {
        const struct lot_view *view = &views->list[i];
        if (view->wallet != like->wallet || view->account != like->account ||
            view->owner != like->owner || view->release_at_us != like->release_at_us ||
            view->expires_at_us != like->expires_at_us) {
            continue;
        }
        if (!merges && (view->earning != like->earning || view->rule != like->rule)) continue;
        sum += view->remaining;
    }
    return sum;
}

/* When lots merge that no return can reach, and expired ones are forgotten, depends on what lies in
 * pages. */
static bool same_lots(struct bench *plain, struct bench *narrow, struct text id)
{
    static struct views views[2];
    bool merges = plain->program->has_returns_within;
    if (!read_lots(plain, id, &views[0]) || !read_lots(narrow, id, &views[1])) {
        return bench_fail(narrow, "the lots of %.*s cannot be read", TEXT_ARGUMENTS(id));
    }
    for (int k = 0; k < 2; k++) {
        for (uint32_t i = 0; i < views[k].count; i++) {
            const struct lot_view *view = &views[k].list[i];
            if (view->account == ACCOUNT_EXPIRED) continue;
            int64_t without = lots_like(&views[0], view, merges);
            int64_t with = lots_like(&views[1], view, merges);
            if (without == with) continue;
            return bench_fail(
                narrow, "%.*s has of %s lots of event %" PRIu64 " %" PRId64 ", with pages %" PRId64,
                TEXT_ARGUMENTS(id), account_name(view->account), view->earning >> 16, without,
                with);
        }
    }
    return true;
}

bool bench_pair_command(struct bench *plain, struct bench *narrow, struct world *world,
                        const struct command *command)
{
    const struct event *event = &command->event;
    struct decision decisions[2];
    enum status statuses[2];
    if (!bench_decide(plain, event, &decisions[0], &statuses[0])) return bench_fail(narrow, "plan");
    if (!bench_decide(narrow, event, &decisions[1], &statuses[1])) return false;
    if (statuses[0] != statuses[1]) {
        return bench_fail(narrow, "%s, with pages %s", status_text(statuses[0]),
                          status_text(statuses[1]));
    }
    if (statuses[0] != STATUS_OK) return true;
    /* What happened chooses what happens next. */
    struct prediction prediction;
    audit_command(&world->audit, event, decisions[0].recorded_at_us, &prediction);
    if (!same_decision(narrow, &decisions[0], &decisions[1])) return false;
    if (!bench_keep(plain, event, &decisions[0])) return bench_fail(narrow, "%s", plain->message);
    if (!bench_keep(narrow, event, &decisions[1])) return false;
    int other = (int)(event->position % (uint64_t)world->member_count);
    for (int m = 0; m < world->member_count; m++) {
        struct text id = arena_format(&narrow->arena, "m%d", m);
        bool is_named = text_equal(id, event->member) || text_equal(id, event->other_member) ||
                        text_is_empty(event->member);
        if (!is_named && m != other) continue;
        if (!bench_settle(plain, id, event->clock_us)) return bench_fail(narrow, "settle");
        if (!bench_settle(narrow, id, event->clock_us)) return false;
        if (!same_balances(plain, narrow, id) || !same_lots(plain, narrow, id)) return false;
    }
    return true;
}
