/* Decide: checks the event, its key and its time, and hands it to the file that knows its type. */
#include "engine/apply.h"
#include "engine/hold.h"
#include "engine/moves.h"
#include "engine/pages.h"
#include "engine/purchase.h"
#include "engine/returns.h"
#include "engine/settle.h"
#include "engine/tiers.h"

#define AHEAD_LIMIT_US (300 * MICROSECONDS_PER_SECOND) /* clocks of tills may be off by so much */
#define POSITION_MAXIMUM ((UINT64_C(1) << 48) - 1)

/* ---- idempotency keys ---- */

struct key_state {
    uint64_t position;
    uint8_t digest[HASH_RECORD_BYTES];
};

static enum status add_text(struct buffer *buffer, struct text text)
{
    TRY(buffer_add_format(buffer, "%zu:", text.length));
    return buffer_add(buffer, text);
}

static enum status add_items(struct buffer *buffer, const struct event *event)
{
    for (uint32_t i = 0; i < event->item_count; i++) {
        const struct item *item = &event->items[i];
        TRY(add_text(buffer, item->id));
        TRY(add_text(buffer, item->sku));
        TRY(add_text(buffer, item->category));
        TRY(add_text(buffer, item->type));
        struct decimal price = decimal_normalise(item->unit_price);
        TRY(buffer_add_format(buffer, "%lld,%lld,%d,%lld,%lld;", (long long)item->quantity,
                              (long long)price.coefficient, price.scale, (long long)item->discount,
                              (long long)item->tax));
    }
    for (uint32_t i = 0; i < event->return_count; i++) {
        TRY(add_text(buffer, event->returns[i].item));
        TRY(add_text(buffer, event->returns[i].sku));
        TRY(buffer_add_format(buffer, "%lld;", (long long)event->returns[i].quantity));
    }
    return STATUS_OK;
}

/* What the caller asked for, without the position and the clock, which are ours. */
static enum status event_digest(const struct event *event, uint8_t digest[HASH_RECORD_BYTES])
{
    const struct text texts[] = {event->member,    event->other_member, event->order,
                                 event->id,        event->channel,      event->store,
                                 event->milestone, event->wallet,       event->reward,
                                 event->reason,    event->actor};
    struct buffer buffer;
    buffer_init(&buffer, ENGINE_RECORD_MAXIMUM);
    enum status status = buffer_add_format(
        &buffer, "%d,%lld,%u,%d,%d,%u,%u,%d,%lld,%lld,%lld,%lld,%lld;", (int)event->type,
        (long long)event->occurred_at_us, event->currency, event->birthday_month,
        event->birthday_day, event->item_count, event->return_count, event->tax_is_in_prices,
        (long long)event->shipping, (long long)event->discount, (long long)event->paid_with_points,
        (long long)event->amount, (long long)event->lapses_at_us);
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == STATUS_OK; i++) {
        status = add_text(&buffer, texts[i]);
    }
    if (status == STATUS_OK) status = add_items(&buffer, event);
    if (status == STATUS_OK) hash_record(buffer_text(&buffer), digest);
    buffer_release(&buffer);
    return status;
}

/* Refuses a key that was used before. */
static enum status check_key(struct working *working, const struct state *state,
                             const struct key_state *key)
{
    struct key_state used;
    if (state->size == 0) return STATUS_OK;
    if (state->size != sizeof used) return STATUS_CORRUPT;
    memcpy(&used, state->bytes, sizeof used);
    if (memcmp(used.digest, key->digest, sizeof used.digest) != 0) {
        return refuse(working, ANSWER_KEY_CONFLICT);
    }
    working->decision->repeated_position = used.position;
    return refuse(working, ANSWER_REPEATED);
}

static enum status note_key(struct working *working, struct state *state,
                            const struct key_state *key)
{
    char *bytes = arena_allocate(&working->states->arena, sizeof *key);
    if (bytes == NULL) return STATUS_NO_MEMORY;
    memcpy(bytes, key, sizeof *key);
    return emit(working, state,
                (struct effect){.kind = EFFECT_KEY_USED, .payload = {bytes, sizeof *key}});
}

/* ---- shape and time ---- */

static bool ids_fit(const struct event *event)
{
    const struct text ids[] = {event->key,    event->member,   event->other_member, event->order,
                               event->id,     event->channel,  event->store,        event->wallet,
                               event->reward, event->milestone};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        if (ids[i].length > EVENT_ID_MAXIMUM) return false;
    }
    return event->reason.length <= EVENT_REASON_MAXIMUM &&
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
    case EVENT_TYPE_COUNT:
    default:
        return refuse(working, ANSWER_INVALID_EVENT);
    }
}

static enum status decide_new(struct working *working)
{
    TRY(check_time(working));
    return IS_REFUSED(working) ? STATUS_OK : decide_by_type(working);
}

/* A repeat answers what the first one answered; but a malformed event leaves its key free, so that
 * it can be sent again once it is right. */
static enum status decide_once(struct working *working)
{
    const struct event *event = working->event;
    if (text_is_empty(event->key)) return decide_new(working);
    struct state *state = find_state(working, ENTITY_KEY, event->key);
    struct key_state key = {.position = event->position};
    if (state == NULL) return STATUS_CORRUPT;
    TRY(event_digest(event, key.digest));
    TRY(check_key(working, state, &key));
    if (IS_REFUSED(working)) return STATUS_OK;
    TRY(decide_new(working));
    if (working->decision->answer == ANSWER_INVALID_EVENT) return STATUS_OK;
    return note_key(working, state, &key);
}

static enum status check_states(const struct states *states)
{
    for (uint32_t i = 0; i < states->count; i++) {
        const struct state *state = &states->list[i];
        if (state->key.kind != ENTITY_MEMBER && state->key.kind != ENTITY_TALLY) continue;
        if (state->size > 0 && !member_bytes_valid(state->bytes, state->size)) {
            return STATUS_CORRUPT;
        }
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
                                  .reason = event->reason,
                                  .actor = event->actor,
                                  .tier_before = PROGRAM_NONE};
    if (!ids_fit(event) || !time_fits(event)) return refuse(working, ANSWER_INVALID_EVENT);
    TRY(check_states(states));
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
    TRY(pages_spill(working));
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

/* Copies of the loaded states, of which no order is looked into yet. */
static enum status copy_states(struct states *states, struct state **list)
{
    *list = arena_allocate(&states->arena, states->count * sizeof(struct state) + 1);
    if (*list == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < states->count; i++) {
        struct state *copy = &(*list)[i];
        *copy = states->list[i];
        copy->order = NULL;
        copy->capacity = copy->size;
        if (copy->size == 0) continue;
        copy->bytes = arena_allocate(&states->arena, copy->size);
        if (copy->bytes == NULL) return STATUS_NO_MEMORY;
        memcpy(copy->bytes, states->list[i].bytes, copy->size);
    }
    return STATUS_OK;
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
    TRY(copy_states(states, &copies));
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
