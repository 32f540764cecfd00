/* Engine: open, feed, decide.
 *
 *   decide:  read the event -> plan and load -> engine_decide -> write to the store's open batch
 *                                                                     |
 *            counted <- commit in memory <- APPENDED <- append(entry) +-> NOTHING: rolled back
 *                                                                     +-> UNKNOWN: reads only
 *
 * All that can fail comes before `append`; the commit behind it is one of memory that was taken
 * already. Should it fail all the same, the journal has what the engine has not, and the outcome is
 * unknown.
 */
#include <stdlib.h>

#include "library/library.h"

#define EVENT_BYTES_USUAL (64u << 20)
#define ENTRY_BYTES_MAXIMUM (ENGINE_RECORD_MAXIMUM + NOTE_MAXIMUM + 1024)

/* ---- open and close ---- */

static enum status engine_init(struct guerdon_engine *engine, const struct program *program,
                               const struct guerdon_engine_options *options)
{
    size_t maximum = options->maximum_bytes == 0 ? EVENT_BYTES_USUAL : options->maximum_bytes;
    engine->program = program;
    engine->append = options->append;
    engine->context = options->context;
    engine->keeps_records = options->forgets_records == 0;
    arena_init(&engine->arena, maximum);
    arena_init(&engine->event_arena, maximum);
    buffer_init(&engine->body, ENGINE_RECORD_MAXIMUM);
    buffer_init(&engine->entry, ENTRY_BYTES_MAXIMUM);
    TRY(states_init(&engine->states, maximum));
    TRY(states_init(&engine->looked_at, maximum));
    return memory_store_open(engine->keeps_records, &engine->store);
}

enum guerdon_status guerdon_engine_open(const struct guerdon_program *program,
                                        const struct guerdon_engine_options *options,
                                        struct guerdon_engine **engine)
{
    struct guerdon_engine_options given = {0};
    if (program == NULL || engine == NULL) return GUERDON_MISUSE;
    if (options != NULL && !STRUCT_READ(&given, options)) return GUERDON_MISUSE;
    struct guerdon_engine *opened = calloc(1, sizeof *opened);
    if (opened == NULL) return GUERDON_NO_MEMORY;
    enum status status = engine_init(opened, program->program, &given);
    if (status != STATUS_OK) {
        guerdon_engine_free(opened);
        return public_status(status);
    }
    *engine = opened;
    return GUERDON_OK;
}

void guerdon_engine_free(struct guerdon_engine *engine)
{
    if (engine == NULL) return;
    store_close(engine->store);
    states_release(&engine->states);
    states_release(&engine->looked_at);
    arena_release(&engine->arena);
    arena_release(&engine->event_arena);
    buffer_release(&engine->body);
    buffer_release(&engine->entry);
    free(engine);
}

enum guerdon_status guerdon_engine_use(struct guerdon_engine *engine,
                                       const struct guerdon_program *program)
{
    if (engine == NULL || program == NULL || engine->is_calling) return GUERDON_MISUSE;
    engine->program = program->program;
    engine->posting_count = 0; /* what they name is in the other programme */
    engine->unfired_count = 0;
    engine->decision = (struct decision){0};
    return GUERDON_OK;
}

/* ---- keeping entries ---- */

/* Hands the entry in engine->entry over; only GUERDON_OK means that it is kept. */
static enum guerdon_status hand_over(struct guerdon_engine *engine)
{
    if (engine->append == NULL) return GUERDON_OK;
    engine->is_calling = true;
    enum guerdon_append_result result =
        engine->append(engine->context, public_text(buffer_text(&engine->entry)));
    engine->is_calling = false;
    if (result == GUERDON_APPENDED) return GUERDON_OK;
    if (result == GUERDON_APPEND_NOTHING) return GUERDON_NOT_WRITTEN;
    engine->is_outcome_unknown = true;
    return GUERDON_OUTCOME_UNKNOWN;
}

static enum status prepare_entry(struct guerdon_engine *engine, struct entry *entry)
{
    buffer_clear(&engine->entry);
    return entry_write(entry, engine->hash, &engine->entry);
}

enum guerdon_status guerdon_engine_note(struct guerdon_engine *engine, struct guerdon_text note)
{
    if (engine == NULL || engine->is_calling || text_is_misused(note)) return GUERDON_MISUSE;
    if (engine->is_outcome_unknown) return GUERDON_OUTCOME_UNKNOWN;
    struct entry entry = {.note = inner_text(note), .body = {"", 0}};
    TRY_PUBLIC(prepare_entry(engine, &entry));
    enum guerdon_status status = hand_over(engine);
    if (status != GUERDON_OK) return status;
    engine->has_decided = true;
    memcpy(engine->hash, entry.hash, sizeof entry.hash);
    return GUERDON_OK;
}

/* ---- decide ---- */

static bool is_recorded(enum answer answer)
{
    return answer != ANSWER_REPEATED && answer != ANSWER_KEY_CONFLICT &&
           answer != ANSWER_INVALID_EVENT;
}

static void note_unfired(void *context, uint32_t rule, uint32_t boost, enum why_not why,
                         struct text detail)
{
    struct guerdon_engine *engine = context;
    struct text copy = {"", 0};
    if (engine->unfired_count == engine->unfired_capacity) return;
    /* Without memory the reason is told all the same. */
    if (!text_is_empty(detail)) copy = arena_copy(&engine->event_arena, detail);
    if (copy.bytes == NULL) copy = (struct text){"", 0};
    engine->unfired[engine->unfired_count++] = (struct unfired){rule, boost, why, copy};
}

/* Room for one reason for each rule and boost. */
static enum status prepare_unfired(struct guerdon_engine *engine)
{
    const struct program *program = engine->program;
    uint32_t count = program->rule_count;
    for (uint32_t i = 0; i < program->rule_count; i++)
        count += program->rules[i].boost_count;
    engine->unfired = arena_new_array(&engine->event_arena, struct unfired, (size_t)count + 1);
    if (engine->unfired == NULL) return STATUS_NO_MEMORY;
    engine->unfired_capacity = count;
    return STATUS_OK;
}

/* Leaves the decision in the engine, and its states changed but not written. */
static enum status decide_event(struct guerdon_engine *engine, const struct event *event,
                                bool explains)
{
    const struct sink sink = {.not_fired = note_unfired, .context = engine};
    if (explains) TRY(prepare_unfired(engine));
    TRY(store_load_for(engine->store, engine->program, event, &engine->states));
    TRY(engine_decide(engine->program, &engine->states, event, explains ? &sink : NULL,
                      &engine->decision));
    return answer_prepare(engine);
}

/* Into the store's open batch. */
static enum status keep(struct guerdon_engine *engine, const struct decision *decision,
                        struct text body, const struct states *states)
{
    const struct written written = {decision, body, states};
    if (!engine->keeps_records) return store_save_dirty(engine->store, states);
    return store_write(engine->store, &written);
}

/* Writes the decision to the open batch and prepares its entry. */
static enum status write_event(struct guerdon_engine *engine, const struct event *event,
                               struct entry *entry)
{
    buffer_clear(&engine->body);
    TRY(engine_encode(&engine->decision, event, &engine->body));
    entry->body = buffer_text(&engine->body);
    TRY(prepare_entry(engine, entry));
    return keep(engine, &engine->decision, entry->body, &engine->states);
}

static enum guerdon_status commit_event(struct guerdon_engine *engine, const struct event *event,
                                        struct text note)
{
    struct entry entry = {.is_decision = true, .position = event->position, .note = note};
    TRY_PUBLIC(write_event(engine, event, &entry));
    enum guerdon_status status = hand_over(engine);
    if (status != GUERDON_OK) return status;
    if (store_commit(engine->store) != STATUS_OK) {
        engine->is_outcome_unknown = true;
        return GUERDON_OUTCOME_UNKNOWN;
    }
    engine->position = event->position;
    memcpy(engine->hash, entry.hash, sizeof entry.hash);
    return GUERDON_OK;
}

static struct guerdon_answer answer_of(const struct guerdon_engine *engine, bool is_written)
{
    const struct decision *decision = &engine->decision;
    return (struct guerdon_answer){.answer = (uint32_t)decision->answer,
                                   .position = is_written ? decision->position : 0,
                                   .repeated_position = decision->repeated_position,
                                   .recorded_at_us = decision->recorded_at_us,
                                   .eligible = decision->eligible,
                                   .units_matched = decision->units_matched,
                                   .units_unmatched = decision->units_unmatched,
                                   .program_version = decision->program_version,
                                   .posting_count = engine->posting_count,
                                   .fired_count = decision->fired_count,
                                   .not_fired_count = engine->unfired_count};
}

/* Forgets what the last event left for the accessors. */
static void forget_answer(struct guerdon_engine *engine)
{
    states_clear(&engine->states);
    arena_clear(&engine->event_arena);
    engine->decision = (struct decision){0};
    engine->posting_count = 0;
    engine->unfired_count = 0;
}

static enum guerdon_status run_event(struct guerdon_engine *engine,
                                     const struct guerdon_event *given, bool writes,
                                     bool *is_written)
{
    struct event event;
    struct text note;
    enum guerdon_status status =
        event_read(given, engine->program, &engine->event_arena, &event, &note);
    if (status != GUERDON_OK) return status;
    event.position = engine->position + 1;
    TRY_PUBLIC(store_begin(engine->store));
    status = public_status(decide_event(engine, &event, !writes));
    *is_written = status == GUERDON_OK && writes && is_recorded(engine->decision.answer);
    if (*is_written) status = commit_event(engine, &event, note);
    if (status != GUERDON_OK || !*is_written) store_rollback(engine->store);
    return status;
}

static enum guerdon_status answer_event(struct guerdon_engine *engine,
                                        const struct guerdon_event *event, bool writes,
                                        struct guerdon_answer *answer)
{
    struct guerdon_answer room = {0};
    bool is_written = false;
    if (engine == NULL || event == NULL || engine->is_calling) return GUERDON_MISUSE;
    /* Before anything happens: afterwards it could not be told. */
    if (answer != NULL && !STRUCT_WRITE(answer, &room)) return GUERDON_MISUSE;
    if (writes && engine->is_outcome_unknown) return GUERDON_OUTCOME_UNKNOWN;
    forget_answer(engine);
    enum guerdon_status status = run_event(engine, event, writes, &is_written);
    if (status != GUERDON_OK) {
        forget_answer(engine);
        return status;
    }
    engine->has_decided = engine->has_decided || is_written;
    room = answer_of(engine, is_written);
    if (answer != NULL && !STRUCT_WRITE(answer, &room)) return GUERDON_MISUSE;
    return GUERDON_OK;
}

enum guerdon_status guerdon_engine_decide(struct guerdon_engine *engine,
                                          const struct guerdon_event *event,
                                          struct guerdon_answer *answer)
{
    return answer_event(engine, event, true, answer);
}

enum guerdon_status guerdon_engine_evaluate(struct guerdon_engine *engine,
                                            const struct guerdon_event *event,
                                            struct guerdon_answer *answer)
{
    return answer_event(engine, event, false, answer);
}

/* ---- feed ---- */

/* Folds one recorded decision. */
static enum status fold(struct guerdon_engine *engine, const struct entry *entry,
                        const struct decision *decision)
{
    struct states *states = &engine->looked_at;
    states_clear(states);
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        TRY(states_add(states, &decision->entities[i]));
        TRY(store_load(engine->store, states, i));
    }
    TRY(engine_apply(states, decision));
    TRY(keep(engine, decision, entry->body, states));
    return store_commit(engine->store);
}

static enum status take_entry(struct guerdon_engine *engine, const struct entry *entry,
                              struct guerdon_record *record)
{
    struct decision decision;
    record->note = public_text(entry->note);
    if (!entry->is_decision) return STATUS_OK;
    arena_clear(&engine->arena);
    TRY(engine_decode(entry->body, &engine->arena, &decision));
    if (entry->position != engine->position + 1 || decision.position != entry->position) {
        return STATUS_CORRUPT;
    }
    TRY(store_begin(engine->store));
    enum status status = fold(engine, entry, &decision);
    if (status != STATUS_OK) {
        store_rollback(engine->store);
        return status;
    }
    engine->position = entry->position;
    struct text note = entry->note;
    *record = record_of(&decision);
    record->note = public_text(note);
    return STATUS_OK;
}

static enum guerdon_status feed(struct guerdon_engine *engine, struct text bytes,
                                guerdon_record_visit visit, void *context, size_t *taken)
{
    while (*taken < bytes.length) {
        struct text rest = {bytes.bytes + *taken, bytes.length - *taken};
        struct guerdon_record record = {.size = sizeof record};
        struct entry entry;
        size_t length;
        enum status status = entry_read(rest, engine->hash, &entry, &length);
        if (status == STATUS_NOT_FOUND) return GUERDON_OK; /* it is not finished */
        if (status == STATUS_OK) status = take_entry(engine, &entry, &record);
        if (status != STATUS_OK) return public_status(status);
        memcpy(engine->hash, entry.hash, sizeof entry.hash);
        *taken += length;
        enum guerdon_status visited = visit == NULL ? GUERDON_OK : visit(context, &record);
        if (visited != GUERDON_OK) return visited;
    }
    return GUERDON_OK;
}

enum guerdon_status guerdon_engine_feed(struct guerdon_engine *engine, struct guerdon_text bytes,
                                        guerdon_record_visit visit, void *context, size_t *taken)
{
    if (engine == NULL || taken == NULL || text_is_misused(bytes)) return GUERDON_MISUSE;
    if (engine->is_calling || engine->has_decided) return GUERDON_MISUSE;
    *taken = 0;
    engine->is_calling = true;
    enum guerdon_status status = feed(engine, inner_text(bytes), visit, context, taken);
    engine->is_calling = false;
    return status;
}
