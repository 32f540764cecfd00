/* Rehearsal: the store's own history, decided again by another programme.
 *
 * Every recorded event is decided anew, in its order and at its recorded time, over a store in
 * memory, by the very function that decides live events. What comes out is what members would have
 * now had the programme been in force from the first day. Events are what the callers asked for, so
 * a redemption that the other programme would have refused is refused, and counted.
 *
 * No record has a birthday. Where the other programme asks for one, it is that of the person as
 * known now; of whoever has been erased none is known.
 */
#include "service/inner.h"

#define EVENTS_A_COMMIT 1000

struct rehearsing {
    struct turn *turn;
    const struct program *program;
    struct store *store;
    struct states states;
    struct arena arena;
    struct rehearsal *rehearsal;
    uint32_t in_batch;
};

static enum status decide_again(struct rehearsing *rehearsing, struct event *event,
                                enum answer before)
{
    struct decision decision;
    struct rehearsal *rehearsal = rehearsing->rehearsal;
    states_clear(&rehearsing->states);
    TRY(turn_load_for(rehearsing->turn, rehearsing->store, rehearsing->program, event,
                      &rehearsing->states, &rehearsing->arena));
    TRY(engine_decide(rehearsing->program, &rehearsing->states, event, NULL, &decision));
    TRY(totals_count(&rehearsal->totals, &decision));
    TRY(store_save_dirty(rehearsing->store, &rehearsing->states));
    rehearsal->events++;
    if (before == ANSWER_DONE && decision.answer != ANSWER_DONE) rehearsal->refused++;
    if (before != ANSWER_DONE && decision.answer == ANSWER_DONE) rehearsal->allowed++;
    if (++rehearsing->in_batch < EVENTS_A_COMMIT) return STATUS_OK;
    rehearsing->in_batch = 0;
    TRY(store_commit(rehearsing->store));
    return store_begin(rehearsing->store);
}

static enum status visit_record(void *context, const struct record *record)
{
    struct rehearsing *rehearsing = context;
    struct decision decision;
    struct event event;
    arena_clear(&rehearsing->arena);
    TRY(engine_decode(record->body, &rehearsing->arena, &decision));
    if (text_is_empty(decision.event)) return STATUS_OK;
    TRY(engine_kept_event(&decision, &rehearsing->arena, &event));
    event.position = decision.position;
    event.clock_us = decision.recorded_at_us;
    event.is_import = true;
    event.key = (struct text){NULL, 0};
    return decide_again(rehearsing, &event, decision.answer);
}

enum status turn_rehearse(struct turn *turn, const struct program *program,
                          struct rehearsal *rehearsal)
{
    struct rehearsing rehearsing = {.turn = turn, .program = program, .rehearsal = rehearsal};
    *rehearsal = (struct rehearsal){.events = 0};
    TRY(states_init(&rehearsing.states, TURN_BYTES_MAXIMUM));
    arena_init(&rehearsing.arena, TURN_BYTES_MAXIMUM);
    enum status status = memory_store_open(false, &rehearsing.store);
    if (status == STATUS_OK) status = store_begin(rehearsing.store);
    if (status == STATUS_OK) status = store_each_record(turn->store, 0, visit_record, &rehearsing);
    store_close(rehearsing.store);
    arena_release(&rehearsing.arena);
    states_release(&rehearsing.states);
    return status;
}
