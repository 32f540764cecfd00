/* Decide: checks the event, its key and its time, and hands it to the file that knows its type. */
#include "engine/after.h"
#include "engine/apply.h"
#include "engine/claim.h"
#include "engine/custom.h"
#include "engine/edit.h"
#include "engine/event_codec.h"
#include "engine/hold.h"
#include "engine/key.h"
#include "engine/membership.h"
#include "engine/moves.h"
#include "engine/pages.h"
#include "engine/preview.h"
#include "engine/purchase.h"
#include "engine/quote.h"
#include "engine/returns.h"
#include "engine/reversal.h"
#include "engine/savepoint.h"
#include "engine/settle.h"
#include "engine/tiers.h"

#define AHEAD_LIMIT_US (300 * MICROSECONDS_PER_SECOND) /* clocks of tills may be off by so much */
#define POSITION_MAXIMUM ((UINT64_C(1) << 48) - 1)

/* ---- shape and time ---- */

static bool ids_fit(const struct event *event)
{
    const struct text ids[] = {event->key,     event->member,    event->other_member, event->order,
                               event->id,      event->channel,   event->store,        event->wallet,
                               event->reward,  event->milestone, event->till,         event->staff,
                               event->partner, event->name};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        if (ids[i].length > EVENT_ID_MAXIMUM) return false;
    }
    bool hash_fits =
        event->fields_hash.length == 0 || event->fields_hash.length == HASH_RECORD_BYTES;
    return hash_fits && event_lists_fit(event) && event->reason.length <= EVENT_REASON_MAXIMUM &&
           event->actor.length <= EVENT_REASON_MAXIMUM && event->position >= 1 &&
           event->position <= POSITION_MAXIMUM && event->type < EVENT_TYPE_COUNT;
}

static bool time_fits(const struct event *event)
{
    return event->occurred_at_us >= INSTANT_EARLIEST && event->occurred_at_us <= INSTANT_LATEST &&
           event->clock_us >= INSTANT_EARLIEST && event->clock_us <= INSTANT_LATEST;
}

static enum status check_time(struct working *working)
{
    const struct event *event = working->event;
    int64_t late_us;
    if (event->occurred_at_us > event->clock_us &&
        event->occurred_at_us - event->clock_us > AHEAD_LIMIT_US) {
        return refuse(working, ANSWER_TOO_EARLY);
    }
    if (event->is_import || event->occurred_at_us >= event->clock_us) return STATUS_OK;
    TRY(instant_add_span(working->program->zone, event->occurred_at_us,
                         working->program->late_within, &late_us));
    if (late_us < event->clock_us) return refuse(working, ANSWER_TOO_LATE);
    return STATUS_OK;
}

static enum status decide_settle(struct working *working)
{
    struct state *member = find_member(working, working->event->member);
    if (member == NULL) return refuse(working, ANSWER_UNKNOWN_MEMBER);
    return settle_member(working, member, working->now_us);
}

static enum status decide_by_type(struct working *working)
{
    switch (working->event->type) {
    case EVENT_JOIN:
        return decide_join(working);
    case EVENT_PURCHASE:
        return decide_purchase(working);
    case EVENT_RETURN:
        return decide_return(working);
    case EVENT_RETURN_BY_SKU:
        return decide_return_by_sku(working);
    case EVENT_MILESTONE:
        return decide_milestone(working);
    case EVENT_REDEEM:
        return decide_redeem(working);
    case EVENT_HOLD:
        return decide_hold(working);
    case EVENT_CONFIRM:
        return decide_confirm(working);
    case EVENT_CANCEL:
        return decide_cancel(working);
    case EVENT_REVERSE:
        return decide_reverse(working);
    case EVENT_ADJUST:
        return decide_adjust(working);
    case EVENT_TRANSFER:
        return decide_transfer(working);
    case EVENT_MERGE:
        return decide_merge(working);
    case EVENT_UNMERGE:
        return decide_unmerge(working);
    case EVENT_SETTLE:
        return decide_settle(working);
    case EVENT_PROFILE:
        return decide_profile(working);
    case EVENT_CLOSE:
        return decide_close(working);
    case EVENT_REOPEN:
        return decide_reopen(working);
    case EVENT_ERASE:
        return decide_erase(working);
    case EVENT_EXPIRE:
        return decide_expire(working);
    case EVENT_RELEASE:
        return decide_release(working);
    case EVENT_QUOTE:
        return decide_quote(working);
    case EVENT_CONFIRM_ORDER:
        return decide_confirm_order(working);
    case EVENT_CANCEL_ORDER:
        return decide_cancel_order(working);
    case EVENT_EDIT:
        return decide_edit(working);
    case EVENT_CLAIM:
        return decide_claim(working);
    case EVENT_UNDO_RETURN:
        return decide_undo_return(working);
    case EVENT_CUSTOM:
        return decide_custom(working);
    case EVENT_TYPE_COUNT:
    default:
        return refuse(working, ANSWER_INVALID_EVENT);
    }
}

static enum status decide_new(struct working *working)
{
    /* Its caller found no declaration: only a repeat can be answered. */
    if (working->event->type == EVENT_CUSTOM && text_is_empty(working->event->name)) {
        return refuse(working, ANSWER_INVALID_EVENT);
    }
    TRY(check_time(working));
    if (IS_REFUSED(working)) return STATUS_OK;
    TRY(membership_check(working, working->member_flags));
    if (IS_REFUSED(working)) return STATUS_OK;
    TRY(hold_lapse_listed(working));
    return decide_by_type(working);
}

/* A repeat answers what the first one answered; but a malformed event leaves its key free, so that
 * it can be sent again once it is right. */
static enum status decide_once(struct working *working)
{
    struct key_use use;
    TRY(key_check(working, &use));
    if (IS_REFUSED(working)) return STATUS_OK;
    TRY(decide_new(working));
    return key_note(working, &use);
}

static enum status check_states(struct states *states, uint32_t *member_flags)
{
    for (uint32_t i = 0; i < states->count; i++) {
        struct state *state = &states->list[i];
        if (state->key.kind != ENTITY_MEMBER && state->key.kind != ENTITY_TALLY) continue;
        if (state->size == 0) continue;
        TRY(member_check(state));
        *member_flags |= member_of(state)->flags;
    }
    return STATUS_OK;
}

/* What is in the working already: programme, states, event, sink, bounds, wanted. */
static enum status decide(struct working *working, struct decision *decision)
{
    const struct program *program = working->program;
    const struct event *event = working->event;
    struct states *states = working->states;
    working->decision = decision;
    working->occurred_at_us = event->occurred_at_us;
    *decision = (struct decision){.type = event->type,
                                  .position = event->position,
                                  .occurred_at_us = event->occurred_at_us,
                                  .program_version = program->version,
                                  .zone_data = zone_data(program->zone),
                                  .reason = event->reason,
                                  .actor = event->actor,
                                  .tier_before = PROGRAM_NONE};
    if (!ids_fit(event) || !time_fits(event)) return refuse(working, ANSWER_INVALID_EVENT);
    TRY(check_states(states, &working->member_flags));
    working->now_us = states_recorded_at(states, event->clock_us);
    working->occurred_day = zone_local_day(program->zone, event->occurred_at_us);
    working->now_day = working->now_us == event->occurred_at_us
                           ? working->occurred_day
                           : zone_local_day(program->zone, working->now_us);
    working->oldest_day = day_add_span(
        working->now_day, (struct span){-program->late_within.count, program->late_within.unit});
    if (working->occurred_day < working->oldest_day) working->oldest_day = working->occurred_day;
    decision->recorded_at_us = working->now_us;
    TRY(decide_once(working));
    working->event = event; /* an order's cart may have been decided in its place, and refused */
    TRY(after_settle_refused(working));
    TRY(pages_spill(working));
    TRY(after_note(working));
    return states_stamp(states, decision);
}

enum status engine_decide_bounded(const struct program *program, struct states *states,
                                  const struct event *event, const struct sink *sink,
                                  const struct bounds *bounds, struct decision *decision)
{
    struct working working = {
        .program = program, .states = states, .event = event, .sink = sink, .bounds = bounds};
    return decide(&working, decision);
}

enum status engine_decide(const struct program *program, struct states *states,
                          const struct event *event, const struct sink *sink,
                          struct decision *decision)
{
    return engine_decide_bounded(program, states, event, sink, &usual_bounds, decision);
}

enum status decide_unbounded(const struct program *program, struct states *states,
                             const struct event *event, const struct sink *sink,
                             struct decision *decision)
{
    /* A page that is not loaded is taken for one lot: what it has in all is what counts here. */
    struct wanted_pages wanted = {0};
    struct working working = {
        .program = program, .states = states, .event = event, .sink = sink, .wanted = &wanted};
    TRY(decide(&working, decision));
    working.wanted = NULL;
    return after_note(&working);
}

enum status decide_for_pages(const struct program *program, struct states *states,
                             const struct event *event, struct wanted_pages *wanted)
{
    struct event numbered = *event;
    if (numbered.position == 0) numbered.position = POSITION_MAXIMUM; /* planned for a read */
    struct state *list = states->list;
    uint32_t count = states->count;
    uint32_t capacity = states->capacity;
    struct state *copies;
    struct decision decision;
    struct working working = {
        .program = program, .states = states, .event = &numbered, .wanted = wanted};
    *wanted = (struct wanted_pages){0};
    TRY(states_copy(states, &copies));
    states->list = copies;
    states->capacity = count;
    enum status status = decide(&working, &decision);
    states->list = list;
    states->count = count;
    states->capacity = capacity;
    /* Another fault comes again when the event is decided. */
    return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

enum status engine_settle(const struct program *program, struct states *states, struct text member,
                          int64_t at_us, struct decision *decision)
{
    struct event event = {.type = EVENT_SETTLE,
                          .position = POSITION_MAXIMUM,
                          .occurred_at_us = at_us,
                          .clock_us = at_us,
                          .member = member,
                          .is_import = true};
    return engine_decide_bounded(program, states, &event, NULL, NULL, decision);
}
