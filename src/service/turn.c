/* Turn: what a command may do while it runs: decide events, look things up.
 *
 * An event is decided by the engine over what the store has, encoded with what it was, and written.
 * Nothing here decides anything itself. An event that fails leaves nothing in the batch, because
 * writing comes last.
 */
#include "service/inner.h"

enum status turn_init(struct turn *turn, struct service *service, struct store *store)
{
    *turn = (struct turn){.service = service, .store = store};
    TRY(states_init(&turn->states, TURN_BYTES_MAXIMUM));
    arena_init(&turn->arena, TURN_BYTES_MAXIMUM);
    buffer_init(&turn->record, ENGINE_RECORD_MAXIMUM);
    arena_init(&turn->written.arena, TURN_BYTES_MAXIMUM);
    return STATUS_OK;
}

void turn_release(struct turn *turn)
{
    states_release(&turn->states);
    arena_release(&turn->arena);
    buffer_release(&turn->record);
    arena_release(&turn->written.arena);
}

void turn_begin_batch(struct turn *turn)
{
    struct batch_records *written = &turn->written;
    arena_clear(&written->arena);
    written->list = NULL;
    written->capacity = 0;
    written->first_position = turn->next_position;
}

static enum status note_touched(struct turn *turn, const struct decision *decision,
                                struct batch_record *record)
{
    record->touched =
        arena_allocate(&turn->written.arena, decision->entity_count * sizeof(uint64_t) + 1);
    if (record->touched == NULL) return STATUS_NO_MEMORY;
    record->touched_count = decision->entity_count;
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        const struct entity_key *key = &decision->entities[i];
        const struct state *state = states_find(&turn->states, key);
        record->touched[i] = state != NULL ? state->hash : entity_key_hash(key);
    }
    return STATUS_OK;
}

/* A command that was taken back gives its positions to the next, whose records go over its own. */
static enum status remember_written(struct turn *turn, const struct decision *decision,
                                    struct text body)
{
    struct batch_records *written = &turn->written;
    size_t index = (size_t)(decision->position - written->first_position);
    if (index >= written->capacity) {
        size_t capacity = written->capacity == 0 ? 256 : written->capacity * 2;
        struct batch_record *list = arena_new_array(&written->arena, struct batch_record, capacity);
        if (list == NULL) return STATUS_NO_MEMORY;
        if (written->capacity > 0) memcpy(list, written->list, written->capacity * sizeof *list);
        written->list = list;
        written->capacity = capacity;
    }
    struct batch_record record = {.body = arena_copy(&written->arena, body)};
    if (record.body.bytes == NULL) return STATUS_NO_MEMORY;
    TRY(note_touched(turn, decision, &record));
    written->list[index] = record;
    return STATUS_OK;
}

const struct batch_record *turn_written(const struct turn *turn, uint64_t position)
{
    const struct batch_records *written = &turn->written;
    if (turn->is_reader || position < written->first_position || position >= turn->next_position)
        return NULL;
    size_t index = (size_t)(position - written->first_position);
    if (index >= written->capacity || written->list[index].body.bytes == NULL) return NULL;
    return &written->list[index];
}

struct store *turn_store(struct turn *turn)
{
    return turn->store;
}

struct service *turn_service(struct turn *turn)
{
    return turn->service;
}

int64_t turn_clock_us(const struct turn *turn)
{
    return turn->clock_us;
}

struct states *turn_states(struct turn *turn)
{
    states_clear(&turn->states);
    return &turn->states;
}

void turn_expect(struct turn *turn, const struct event *event)
{
    struct entity_key member = {.kind = ENTITY_MEMBER, .id = event->member};
    struct entity_key order = {.kind = ENTITY_ORDER, .id = event->order};
    if (!text_is_empty(event->member)) store_expect(turn->store, &member);
    if (!text_is_empty(event->order)) store_expect(turn->store, &order);
}

/* ---- why rules did not fire ---- */

#define NOT_FIRED_MAXIMUM 4096

struct listener {
    struct not_fired *list;
    uint32_t count;
};

static void hear(void *context, uint32_t rule, uint32_t boost, enum why_not why, struct text detail)
{
    struct listener *listener = context;
    if (listener->count == NOT_FIRED_MAXIMUM) return;
    listener->list[listener->count++] = (struct not_fired){rule, boost, why, detail};
}

static enum status keep_heard(const struct listener *listener, struct arena *arena,
                              struct reply *reply)
{
    if (listener->count == 0) return STATUS_OK;
    size_t bytes = listener->count * sizeof *listener->list;
    reply->why_not = arena_allocate(arena, bytes);
    if (reply->why_not == NULL) return STATUS_NO_MEMORY;
    memcpy(reply->why_not, listener->list, bytes);
    reply->why_not_count = listener->count;
    for (uint32_t i = 0; i < reply->why_not_count; i++) {
        struct text *detail = &reply->why_not[i].detail;
        if (text_is_empty(*detail)) continue;
        *detail = arena_copy(arena, *detail);
        if (detail->bytes == NULL) return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static enum status decide(struct turn *turn, const struct program *program, struct event *event,
                          bool explains, struct arena *arena, struct decision *decision,
                          struct reply *reply)
{
    struct listener listener = {NULL, 0};
    struct sink sink = {.not_fired = hear, .context = &listener};
    bool has_profile = event->profile != NULL;
    states_clear(&turn->states);
    TRY(turn_load_for(turn, turn->store, program, event, &turn->states, &turn->arena));
    if (explains) {
        listener.list = arena_new_array(&turn->arena, struct not_fired, NOT_FIRED_MAXIMUM);
        if (listener.list == NULL) return STATUS_NO_MEMORY;
    }
    TRY(engine_decide(program, &turn->states, event, explains ? &sink : NULL, decision));
    /* It lives in the turn's arena, and the event longer. */
    if (!has_profile) {
        event->profile = NULL;
        event->profile_count = 0;
    }
    reply->answer = decision->answer;
    return explains ? keep_heard(&listener, arena, reply) : STATUS_OK;
}

static enum status keep_record(struct turn *turn, struct arena *arena, struct reply *reply)
{
    reply->record = arena_copy(arena, buffer_text(&turn->record));
    return reply->record.bytes == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static bool is_recorded(enum answer answer)
{
    return answer != ANSWER_REPEATED && answer != ANSWER_KEY_CONFLICT &&
           answer != ANSWER_INVALID_EVENT;
}

enum status turn_decide(struct turn *turn, const struct program *program, struct event *event,
                        bool explains, struct arena *arena, struct reply *reply)
{
    struct decision decision;
    struct reply found = {.position = turn->next_position};
    if (turn->is_reader) return STATUS_INVALID;
    bool clock_is_given = turn->service->options.clock == CLOCK_GIVEN;
    event->position = turn->next_position;
    event->clock_us = clock_is_given ? event->occurred_at_us : turn->clock_us;
    if (program == NULL) program = service_program(turn->service, event->occurred_at_us);
    TRY(decide(turn, program, event, explains, arena, &decision, &found));
    if (found.answer == ANSWER_REPEATED) {
        found.is_repeat = true;
        found.position = decision.repeated_position;
        TRY(turn_record(turn, found.position, arena, &found.record));
    } else if (is_recorded(found.answer)) {
        buffer_clear(&turn->record);
        TRY(engine_encode(&decision, event, &turn->record));
        TRY(keep_record(turn, arena, &found));
        TRY(remember_written(turn, &decision, buffer_text(&turn->record)));
        struct written written = {&decision, buffer_text(&turn->record), &turn->states};
        TRY(store_write(turn->store, &written));
        TRY(totals_count(&turn->totals, &decision));
        turn->next_position++;
        turn->has_written = true;
    }
    *reply = found;
    return STATUS_OK;
}

enum status turn_evaluate(struct turn *turn, const struct program *program, struct event *event,
                          int64_t at_us, bool explains, struct arena *arena, struct reply *reply)
{
    struct decision decision;
    struct reply found = {.position = 0};
    event->position = turn->next_position;
    event->clock_us = at_us == 0 ? turn->clock_us : at_us;
    event->key = (struct text){NULL, 0};
    if (program == NULL) program = service_program(turn->service, event->occurred_at_us);
    TRY(decide(turn, program, event, explains, arena, &decision, &found));
    buffer_clear(&turn->record);
    TRY(engine_encode(&decision, event, &turn->record));
    TRY(keep_record(turn, arena, &found));
    *reply = found;
    return STATUS_OK;
}

enum status turn_put(struct turn *turn, enum document_kind kind, struct text id, struct text value)
{
    if (turn->is_reader) return STATUS_INVALID;
    turn->has_written = true;
    return store_put(turn->store, kind, id, value);
}

/* ---- looking things up ---- */

enum status turn_record(struct turn *turn, uint64_t position, struct arena *arena,
                        struct text *record)
{
    struct record found = {.position = position};
    const struct batch_record *written = turn_written(turn, position);
    if (written != NULL) {
        found.body = written->body;
    } else {
        TRY(store_record(turn->store, position, &found));
    }
    struct text copy = arena_copy(arena, found.body);
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    *record = copy;
    return STATUS_OK;
}

enum status turn_member(struct turn *turn, struct text *id, struct arena *arena,
                        const struct program *program, int64_t at_us, struct states **states)
{
    struct decision decision;
    if (at_us == 0) at_us = turn->clock_us;
    if (program == NULL) program = service_program(turn->service, at_us);
    struct event event = {.type = EVENT_SETTLE,
                          .position = turn->next_position,
                          .occurred_at_us = at_us,
                          .clock_us = at_us,
                          .member = *id,
                          .is_import = true};
    states_clear(&turn->states);
    TRY(store_load_for(turn->store, program, &event, &turn->states));
    TRY(engine_settle(program, &turn->states, *id, at_us, &decision));
    if (decision.answer == ANSWER_UNKNOWN_MEMBER) return STATUS_NOT_FOUND;
    struct text survivor = member_survivor(&turn->states, *id);
    struct text copy = arena_copy(arena, survivor);
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    *id = copy;
    *states = &turn->states;
    return STATUS_OK;
}
