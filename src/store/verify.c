/* Verify: refolds a store.
 *
 *   1. note the saved states: of each a hash, and the position it is stamped with
 *   2. each record: is it the next one, does the chain hold, does it fold, do the balances follow?
 *        and if a saved state is stamped with it: is it, byte for byte, what has been folded?
 *   3. what was noted and never came up, and what came up and was not noted
 *
 * States are noted before records are read, so that whatever a server writes meanwhile, each saved
 * state's record is among those read. A saved state may lag: it has its records up to its stamp.
 * Those up to the store's flushed position no saved state may miss.
 *
 * Must never write to the store that it looks at, nor trust anything that it reads there.
 *
 * What it cannot see: that the journal's last records were cut off, if no saved state has them.
 * Their number is told, so that it can be compared with what is known elsewhere.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store/record.h"

#define RECORDS_A_COMMIT 512
#define RECORDS_A_PROGRESS 4096
#define FOLD_BYTES_MAXIMUM (256u << 20) /* of one record's states */
#define KEY_BYTES_MAXIMUM ((size_t)1 << 40)
#define ENTITY_MAXIMUM (UINT32_MAX - 1)
#define KEY_ID_OFFSET 1

static const struct record_hash no_hash = {{0}};

/* What is known of one entity. */
struct subject {
    struct text key;          /* its kind as one byte, then its id */
    struct record_stamp last; /* of the last record that touched it */
    uint8_t saved_hash[HASH_RECORD_BYTES];
    uint64_t saved_position; /* 0: no state is saved */
    bool is_right;           /* the saved state was folded to */
    uint64_t due_position;   /* of its last record up to the flushed position */
    bool is_due;             /* it was there after that record */
    bool exists;             /* as folded */
};

struct verification {
    struct store *store;
    const struct verify_options *options;
    struct verify_report *report;
    struct store_figures figures;
    struct store *folded; /* in memory */
    struct states states;
    struct arena arena; /* of one record */
    struct arena keys;
    struct map map; /* key -> index in subjects */
    struct subject *subjects;
    uint32_t subject_count;
    uint32_t subject_capacity;
    struct record_hash *previous; /* of the record's links; in the arena */
    struct record_hash last_hash;
    uint64_t last_position;
    enum entity_kind unreadable; /* the first kind of which a saved state cannot be read */
    struct buffer scratch;
};

/* ---- what is wrong ---- */

static void name_entity(struct verify_report *report, const struct entity_key *key)
{
    if (key->id.length > VERIFY_ID_MAXIMUM) return;
    report->has_entity = true;
    report->kind = key->kind;
    report->id_length = key->id.length;
    if (key->id.length > 0) memcpy(report->id, key->id.bytes, key->id.length);
}

/* Ends the reading of records. */
static enum status record_is_wrong(struct verification *verification, enum verify_fault fault,
                                   uint64_t position, const struct entity_key *key)
{
    verification->report->fault = fault;
    verification->report->position = position;
    if (key != NULL) name_entity(verification->report, key);
    return STATUS_INTERRUPTED;
}

/* The member whose record it is, as far as its links can be read. */
static const struct entity_key *member_of(const struct record *record)
{
    for (uint32_t i = 0; i < record->link_count; i++) {
        if (record->links[i].key.kind == ENTITY_MEMBER) return &record->links[i].key;
    }
    return record->link_count > 0 ? &record->links[0].key : NULL;
}

/* ---- entities ---- */

/* `*subject` is good until the next one is added. */
static enum status find_subject(struct verification *verification, const struct entity_key *key,
                                struct subject **subject)
{
    char bytes[KEY_ID_OFFSET + VERIFY_ID_MAXIMUM];
    uint32_t index;
    bool is_new;
    if (key->id.length > VERIFY_ID_MAXIMUM) return STATUS_CORRUPT;
    bytes[0] = (char)key->kind;
    if (key->id.length > 0) memcpy(bytes + KEY_ID_OFFSET, key->id.bytes, key->id.length);
    struct text view = {bytes, KEY_ID_OFFSET + key->id.length};
    index = map_get(&verification->map, view);
    if (index != MAP_NONE) {
        *subject = &verification->subjects[index];
        return STATUS_OK;
    }
    if (verification->subject_count == verification->subject_capacity) {
        uint32_t capacity =
            verification->subject_capacity == 0
                ? 1024
                : verification->subject_capacity + verification->subject_capacity / 2;
        if (capacity > ENTITY_MAXIMUM) return STATUS_LIMIT;
        struct subject *grown =
            reallocarray(verification->subjects, capacity, sizeof *verification->subjects);
        if (grown == NULL) return STATUS_NO_MEMORY;
        verification->subjects = grown;
        verification->subject_capacity = capacity;
    }
    struct text kept = arena_copy(&verification->keys, view);
    if (kept.bytes == NULL) return STATUS_NO_MEMORY;
    TRY(map_add(&verification->map, kept, verification->subject_count, &index, &is_new));
    *subject = &verification->subjects[verification->subject_count++];
    **subject = (struct subject){.key = kept};
    return STATUS_OK;
}

static struct entity_key key_of(const struct subject *subject)
{
    return (struct entity_key){
        .kind = (enum entity_kind)subject->key.bytes[0],
        .id = {subject->key.bytes + KEY_ID_OFFSET, subject->key.length - KEY_ID_OFFSET}};
}

/* ---- 1: saved states ---- */

static enum status note_state(void *context, const struct entity_key *key, struct text bytes)
{
    struct verification *verification = context;
    struct subject *subject;
    uint64_t position;
    uint64_t sequence;
    if (bytes.length == 0) return STATUS_OK;
    TRY(find_subject(verification, key, &subject));
    enum status status =
        entity_bytes_stamp(key->kind, bytes.bytes, bytes.length, &position, &sequence);
    /* What is wrong with it is told after the records, unless they are wrong already. */
    subject->saved_position = status == STATUS_OK && position > 0 ? position : UINT64_MAX;
    hash_record(bytes, subject->saved_hash);
    return STATUS_OK;
}

static enum status note_states(struct verification *verification)
{
    for (int kind = 0; kind < ENTITY_LINES; kind++) {
        if (kind == ENTITY_KEY) continue; /* they are in the records */
        enum status status = store_each_state(verification->store, (enum entity_kind)kind, TEXT(""),
                                              note_state, verification);
        if (status != STATUS_CORRUPT) TRY(status);
        if (status == STATUS_CORRUPT && verification->unreadable == ENTITY_KIND_COUNT) {
            verification->unreadable = (enum entity_kind)kind;
        }
    }
    return STATUS_OK;
}

/* ---- 2: records ---- */

/* Each link leads to the last record of its entity; their hashes are gathered. */
static enum status check_links(struct verification *verification, const struct record *record)
{
    verification->previous =
        arena_new_array(&verification->arena, struct record_hash, (size_t)record->link_count + 1);
    if (verification->previous == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < record->link_count; i++) {
        const struct record_link *link = &record->links[i];
        struct subject *subject;
        TRY(find_subject(verification, &link->key, &subject));
        if (!record_follows(link, &subject->last)) {
            return record_is_wrong(verification, VERIFY_LINK, record->position, &link->key);
        }
        verification->previous[i] = subject->last.hash;
    }
    return STATUS_OK;
}

static enum status load_entities(struct verification *verification, const struct decision *decision)
{
    states_clear(&verification->states);
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        TRY(states_add(&verification->states, &decision->entities[i]));
        TRY(store_load(verification->folded, &verification->states, i));
    }
    return STATUS_OK;
}

static bool is_linked(const struct state *state)
{
    return state->is_dirty && state->key.kind != ENTITY_KEY;
}

/* What was changed is what is linked to. */
static bool links_fit(const struct states *states, const struct record *record)
{
    uint32_t changed = 0;
    for (uint32_t i = 0; i < states->count; i++) {
        if (!is_linked(&states->list[i])) continue;
        if (record_link_of(record, &states->list[i].key) == NULL) return false;
        changed++;
    }
    return changed == record->link_count;
}

/* Every posting takes from one account what it gives to another; what passes through the clearing
 * account leaves it within the event, wallet by wallet. */
static enum status check_postings(const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        struct posting first;
        int64_t cleared = 0;
        if (!effect_posting(&decision->effects[i], &first)) continue;
        if (first.amount < 0) return STATUS_CORRUPT;
        bool clears = first.from == ACCOUNT_TRANSFERRED || first.to == ACCOUNT_TRANSFERRED;
        for (uint32_t k = 0; clears && k < decision->effect_count; k++) {
            struct posting posting;
            if (!effect_posting(&decision->effects[k], &posting)) continue;
            if (posting.wallet != first.wallet) continue;
            if (posting.to == ACCOUNT_TRANSFERRED) TRY(amount_increase(&cleared, posting.amount));
            if (posting.from == ACCOUNT_TRANSFERRED) {
                TRY(amount_decrease(&cleared, posting.amount));
            }
        }
        if (cleared != 0) return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

/* Compares what was folded with what is saved, and moves the entity's stamp on. */
static enum status follow_state(struct verification *verification, const struct record *record,
                                const struct state *state)
{
    struct subject *subject;
    uint8_t hash[HASH_RECORD_BYTES];
    TRY(find_subject(verification, &state->key, &subject));
    subject->last.position = record->position;
    subject->last.sequence++;
    memcpy(subject->last.hash.bytes, record->hash, sizeof record->hash);
    subject->exists = state->size > 0;
    if (record->position <= verification->figures.flushed_position) {
        subject->due_position = record->position;
        subject->is_due = subject->exists;
        subject->is_right = false; /* an older one is behind */
    }
    if (subject->saved_position != record->position || !subject->exists) return STATUS_OK;
    hash_record((struct text){(const char *)state->bytes, state->size}, hash);
    subject->is_right = memcmp(hash, subject->saved_hash, sizeof hash) == 0;
    return STATUS_OK;
}

static enum status follow_states(struct verification *verification, const struct record *record)
{
    for (uint32_t i = 0; i < verification->states.count; i++) {
        struct state *state = &verification->states.list[i];
        if (is_linked(state)) TRY(follow_state(verification, record, state));
        /* A key is touched once and asked for by nothing here. */
        if (state->key.kind == ENTITY_KEY) state->is_dirty = false;
    }
    return store_save_dirty(verification->folded, &verification->states);
}

static enum status fold_record(struct verification *verification, const struct record *record)
{
    struct decision decision;
    const struct entity_key *member = member_of(record);
    enum status status = engine_decode(record->body, &verification->arena, &decision);
    if (status == STATUS_NO_MEMORY) return status;
    if (status != STATUS_OK || decision.position != record->position) {
        return record_is_wrong(verification, VERIFY_DECISION, record->position, member);
    }
    TRY(load_entities(verification, &decision));
    status = engine_apply(&verification->states, &decision);
    if (status == STATUS_NO_MEMORY) return status;
    if (status != STATUS_OK) {
        return record_is_wrong(verification, VERIFY_EFFECTS, record->position, member);
    }
    if (!links_fit(&verification->states, record)) {
        return record_is_wrong(verification, VERIFY_TOUCHED, record->position, member);
    }
    if (check_postings(&decision) != STATUS_OK) {
        return record_is_wrong(verification, VERIFY_POSTINGS, record->position, member);
    }
    if (engine_check_after(&verification->states, &decision) != STATUS_OK) {
        return record_is_wrong(verification, VERIFY_BALANCES, record->position, member);
    }
    return follow_states(verification, record);
}

static enum status show_progress(struct verification *verification)
{
    const struct verify_options *options = verification->options;
    if (verification->last_position % RECORDS_A_COMMIT == 0) {
        TRY(store_commit(verification->folded));
        TRY(store_begin(verification->folded));
    }
    if (options == NULL || options->progress == NULL) return STATUS_OK;
    if (verification->last_position % RECORDS_A_PROGRESS != 0) return STATUS_OK;
    bool goes_on = options->progress(options->context, verification->last_position,
                                     verification->figures.last_position);
    return goes_on ? STATUS_OK : STATUS_INTERRUPTED;
}

static enum status check_record(void *context, const struct record *record)
{
    struct verification *verification = context;
    arena_clear(&verification->arena);
    if (record->position != verification->last_position + 1) {
        return record_is_wrong(verification, VERIFY_MISSING, verification->last_position + 1, NULL);
    }
    TRY(check_links(verification, record));
    enum status status = record_check(record, &verification->last_hash, verification->previous,
                                      &verification->scratch);
    if (status == STATUS_CORRUPT) {
        return record_is_wrong(verification, VERIFY_HASH, record->position, member_of(record));
    }
    TRY(status);
    TRY(fold_record(verification, record));
    verification->last_position = record->position;
    memcpy(verification->last_hash.bytes, record->hash, sizeof record->hash);
    verification->report->records++;
    return show_progress(verification);
}

static enum status check_records(struct verification *verification)
{
    TRY(store_begin(verification->folded));
    enum status status = store_each_record(verification->store, 0, check_record, verification);
    if (verification->report->fault != VERIFY_NONE) return STATUS_OK;
    if (status == STATUS_CORRUPT) {
        (void)record_is_wrong(verification, VERIFY_UNREADABLE, verification->last_position + 1,
                              NULL);
        return STATUS_OK;
    }
    return status;
}

/* ---- 3: what is left over ---- */

static enum verify_fault fault_of_state(const struct verification *verification,
                                        const struct subject *subject)
{
    if (subject->saved_position == 0) {
        bool may_wait = !subject->is_due || !subject->exists;
        return may_wait ? VERIFY_NONE : VERIFY_STATE_MISSING;
    }
    if (subject->saved_position == UINT64_MAX) return VERIFY_STATE_UNREADABLE;
    if (subject->is_right) return VERIFY_NONE;
    if (subject->saved_position > verification->last_position) return VERIFY_STATE_AHEAD;
    if (subject->last.position == 0) return VERIFY_STATE_UNKNOWN;
    bool is_behind = subject->saved_position < subject->due_position;
    return is_behind ? VERIFY_STATE_BEHIND : VERIFY_STATE;
}

static void check_states(struct verification *verification)
{
    struct verify_report *report = verification->report;
    if (verification->unreadable != ENTITY_KIND_COUNT) {
        /* Those behind it were not seen either: nothing can be said of them. */
        report->fault = VERIFY_STATE_UNREADABLE;
        report->kind = verification->unreadable;
        return;
    }
    for (uint32_t i = 0; i < verification->subject_count; i++) {
        const struct subject *subject = &verification->subjects[i];
        enum verify_fault fault = fault_of_state(verification, subject);
        if (fault == VERIFY_NONE) {
            if (subject->saved_position != 0) report->states++;
            continue;
        }
        bool is_earlier = report->fault == VERIFY_NONE || subject->last.position < report->position;
        if (!is_earlier) continue;
        const struct entity_key key = key_of(subject);
        report->fault = fault;
        report->position = subject->last.position;
        name_entity(report, &key);
    }
}

/* ---- all of it ---- */

static enum status verify(struct verification *verification)
{
    TRY(states_init(&verification->states, FOLD_BYTES_MAXIMUM));
    TRY(memory_store_open(false, &verification->folded));
    /* Before the states: they may only become more. */
    store_figures(verification->store, &verification->figures);
    TRY(note_states(verification));
    TRY(check_records(verification));
    if (verification->report->fault == VERIFY_NONE) check_states(verification);
    return STATUS_OK;
}

enum status store_verify(struct store *store, const struct verify_options *options,
                         struct verify_report *report)
{
    struct verify_report found = {.fault = VERIFY_NONE};
    struct verification verification = {.store = store,
                                        .options = options,
                                        .report = &found,
                                        .last_hash = no_hash,
                                        .unreadable = ENTITY_KIND_COUNT};
    arena_init(&verification.arena, FOLD_BYTES_MAXIMUM);
    arena_init(&verification.keys, KEY_BYTES_MAXIMUM);
    map_init(&verification.map, ENTITY_MAXIMUM);
    buffer_init(&verification.scratch, FOLD_BYTES_MAXIMUM);
    enum status status = verify(&verification);
    store_close(verification.folded);
    states_release(&verification.states);
    arena_release(&verification.arena);
    arena_release(&verification.keys);
    map_release(&verification.map);
    free(verification.subjects);
    buffer_release(&verification.scratch);
    TRY(status);
    *report = found;
    return STATUS_OK;
}

/* ---- words ---- */

static const char *const fault_texts[] = {
#define X(name, text) text,
    VERIFY_FAULT_LIST(X)
#undef X
};
static const char *const kind_names[] = {
#define X(name, text) text,
    ENTITY_KIND_LIST(X)
#undef X
};

static const char *article_of(const char *noun)
{
    return strchr("aeiou", noun[0]) == NULL ? "a" : "an";
}

/* "member ann"; ids that are no text in hexadecimal. */
static enum status add_entity(const struct verify_report *report, struct buffer *out)
{
    struct text id = {report->id, report->id_length};
    TRY(buffer_add_format(out, "%s ", kind_names[report->kind]));
    if (report->kind != ENTITY_TALLY && report->kind != ENTITY_PAGE && text_is_utf8(id, NULL)) {
        return buffer_add(out, id);
    }
    for (size_t i = 0; i < id.length; i++)
        TRY(buffer_add_format(out, "%02x", (unsigned)(uint8_t)id.bytes[i]));
    return STATUS_OK;
}

enum status verify_sentence(const struct verify_report *report, struct buffer *out)
{
    if (report->fault == VERIFY_NONE) return buffer_add(out, TEXT("nothing is wrong"));
    if (report->fault >= VERIFY_STATE && !report->has_entity) {
        TRY(buffer_add_format(out, "the saved state of %s %s", article_of(kind_names[report->kind]),
                              kind_names[report->kind]));
    } else if (report->fault >= VERIFY_STATE) {
        TRY(buffer_add(out, TEXT("the state of ")));
        TRY(add_entity(report, out));
        if (report->position != 0) {
            TRY(buffer_add_format(out, ", last touched by record %llu,",
                                  (unsigned long long)report->position));
        }
    } else {
        TRY(buffer_add_format(out, "record %llu", (unsigned long long)report->position));
        if (report->has_entity) {
            TRY(buffer_add(out, TEXT(" (")));
            TRY(add_entity(report, out));
            TRY(buffer_add(out, TEXT(")")));
        }
    }
    return buffer_add_format(out, " %s", fault_texts[report->fault]);
}
