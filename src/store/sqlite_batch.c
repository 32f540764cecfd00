/* SQLite, the open batch: records, new versions of states, and documents, all in memory.
 *
 * Nothing of it touches the file or the committed states before the commit. A version is kept for
 * each write of a state, with the one before it, so that going back to a mark is cutting the lists:
 *
 *   cached.version --> versions[7] --older--> versions[3] --older--> none: the committed state
 *
 * Invariant: steps, records, postings, versions and puts are in the order of writing; a step says
 * how many there were of each before it.
 */
#include <stdlib.h>

#include "store/sqlite.h"

/* What one batch may hold. */
#define BATCH_BYTES_MAXIMUM ((size_t)1 << 31)
#define BATCH_LIST_MAXIMUM ((size_t)1 << 24)
#define LIST_FIRST 256u

void batch_init(struct batch *batch)
{
    *batch = (struct batch){.records = NULL};
    buffer_init(&batch->record_bytes, BATCH_BYTES_MAXIMUM);
    buffer_init(&batch->texts, BATCH_BYTES_MAXIMUM);
    put_list_init(&batch->puts);
    arena_init(&batch->arena, BATCH_BYTES_MAXIMUM);
}

void batch_release(struct batch *batch)
{
    batch_back_to(batch, 0);
    free(batch->records);
    free(batch->postings);
    free(batch->versions);
    free(batch->steps);
    buffer_release(&batch->record_bytes);
    buffer_release(&batch->texts);
    put_list_release(&batch->puts);
    arena_release(&batch->arena);
}

/* Empty, behind what is committed. Its versions are somebody else's by now, or gone. */
void batch_clear(struct batch *batch, struct sqlite_core *core)
{
    batch->record_count = 0;
    batch->posting_count = 0;
    batch->version_count = 0;
    batch->step_count = 0;
    batch->key_count = 0;
    memset(batch->dirtied, 0, sizeof batch->dirtied);
    buffer_clear(&batch->record_bytes);
    buffer_clear(&batch->texts);
    put_list_cut(&batch->puts, 0);
    batch->pool = &core->cache.pool;
    batch->last_position = core->last_position;
    batch->last_hash = core->last_hash;
}

static void drop_version(struct batch *batch)
{
    struct version *version = &batch->versions[--batch->version_count];
    enum entity_kind kind = (enum entity_kind)version->cached->kind;
    version->cached->version = version->older;
    if (kind != ENTITY_KEY) batch->dirtied[lap_of(kind)]--;
    pool_give(batch->pool, version->bytes, version->size);
}

void batch_back_to(struct batch *batch, size_t step)
{
    if (step >= batch->step_count) return;
    const struct batch_step *before = &batch->steps[step];
    while (batch->version_count > before->version_count)
        drop_version(batch);
    batch->record_count = before->record_count;
    batch->posting_count = before->posting_count;
    batch->key_count = before->key_count;
    batch->record_bytes.length = before->record_bytes;
    batch->texts.length = before->text_bytes;
    put_list_cut(&batch->puts, before->put_count);
    batch->last_position = before->last_position;
    batch->last_hash = before->last_hash;
    batch->step_count = step;
}

static enum status grow(void **elements, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity) return STATUS_OK;
    if (count >= BATCH_LIST_MAXIMUM) return STATUS_LIMIT;
    size_t wanted = *capacity == 0 ? LIST_FIRST : *capacity * 2;
    void *grown = reallocarray(*elements, wanted, size);
    if (grown == NULL) return STATUS_NO_MEMORY;
    *elements = grown;
    *capacity = wanted;
    return STATUS_OK;
}
#define GROW(batch, list, one)                                                                     \
    grow((void **)&(batch)->list, &(batch)->one##_capacity, (batch)->one##_count,                  \
         sizeof *(batch)->list)

static enum status add_step(struct batch *batch)
{
    TRY(GROW(batch, steps, step));
    batch->steps[batch->step_count++] =
        (struct batch_step){.record_count = (uint32_t)batch->record_count,
                            .posting_count = (uint32_t)batch->posting_count,
                            .version_count = (uint32_t)batch->version_count,
                            .put_count = batch->puts.count,
                            .key_count = batch->key_count,
                            .record_bytes = batch->record_bytes.length,
                            .text_bytes = batch->texts.length,
                            .last_position = batch->last_position,
                            .last_hash = batch->last_hash};
    return STATUS_OK;
}

struct text batch_find_record(const struct batch *batch, uint64_t position)
{
    size_t low = 0;
    size_t high = batch->record_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (batch->records[middle].position < position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == batch->record_count || batch->records[low].position != position) {
        return (struct text){NULL, 0};
    }
    const struct batch_record *found = &batch->records[low];
    return (struct text){batch->record_bytes.bytes + found->offset, found->length};
}

static enum status add_text(struct batch *batch, struct text text, size_t *offset, uint8_t *length)
{
    if (text.length > UINT8_MAX) return STATUS_LIMIT;
    *offset = batch->texts.length;
    *length = (uint8_t)text.length;
    return text.length == 0 ? STATUS_OK : buffer_add(&batch->texts, text);
}

static enum status add_postings(struct batch *batch, const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        const struct effect *effect = &decision->effects[i];
        struct posting posting;
        if (!effect_posting(effect, &posting)) continue;
        if (posting.entity >= decision->entity_count) return STATUS_INVALID;
        uint32_t fields = effect_fields((enum effect_kind)effect->kind);
        struct batch_posting row = {
            .amount = posting.amount,
            .at_us = posting.at_us,
            .earning = (fields & FIELD(EARNING)) != 0 ? effect->earning : 0,
            .wallet = posting.wallet,
            .rule = (fields & FIELD(RULE)) != 0 ? effect->rule : 0,
            .funder = (fields & FIELD(FUNDER)) != 0 ? effect->funder : 0,
            .from = (uint8_t)posting.from,
            .to = (uint8_t)posting.to,
        };
        TRY(GROW(batch, postings, posting));
        TRY(add_text(batch, decision->entities[posting.entity].id, &row.member_offset,
                     &row.member_length));
        batch->postings[batch->posting_count++] = row;
    }
    return STATUS_OK;
}

static struct text first_entity(const struct decision *decision, enum entity_kind kind)
{
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        if (decision->entities[i].kind == kind) return decision->entities[i].id;
    }
    return (struct text){"", 0};
}

/* The dirty states' links and previous hashes; `*cached` has each dirty state's entry. */
static enum status make_links(struct sqlite_store *store, const struct states *states,
                              struct record *record, struct record_hash **previous,
                              struct cached ***cached)
{
    struct arena *arena = &store->batch.arena;
    size_t room = (size_t)states->count + 1;
    struct record_link *links = arena_allocate(arena, room * sizeof *links);
    *previous = arena_allocate(arena, room * sizeof **previous);
    *cached = arena_allocate(arena, room * sizeof(struct cached *));
    if (links == NULL || *previous == NULL || *cached == NULL) return STATUS_NO_MEMORY;
    uint32_t count = 0;
    for (uint32_t i = 0; i < states->count; i++) {
        const struct state *state = &states->list[i];
        if (!state->is_dirty) continue;
        if (state->key.kind == ENTITY_LINES) return STATUS_INVALID;
        TRY(core_cached(store->core, &state->key, state->hash, &(*cached)[i]));
        if (state->key.kind == ENTITY_KEY) continue;
        struct record_stamp stamp = newest_stamp(&store->batch, (*cached)[i]);
        links[count] = (struct record_link){
            .key = state->key, .sequence = stamp.sequence + 1, .previous_position = stamp.position};
        (*previous)[count++] = stamp.hash;
    }
    record->links = links;
    record->link_count = count;
    return STATUS_OK;
}

static enum status add_version(struct batch *batch, const struct state *state,
                               struct cached *cached, const struct record *record)
{
    TRY(GROW(batch, versions, version));
    struct version version = {.cached = cached, .size = state->size, .older = cached->version};
    version.stamp.position = record->position;
    version.stamp.sequence = newest_stamp(batch, cached).sequence + 1;
    memcpy(version.stamp.hash.bytes, record->hash, sizeof record->hash);
    if (state->size > 0) {
        version.bytes = pool_take(batch->pool, state->size);
        if (version.bytes == NULL) return STATUS_NO_MEMORY;
        memcpy(version.bytes, state->bytes, state->size);
    }
    batch->versions[batch->version_count++] = version;
    cached->version = (uint32_t)batch->version_count;
    if (state->key.kind != ENTITY_KEY) batch->dirtied[lap_of(state->key.kind)]++;
    return STATUS_OK;
}

static enum status add_record(struct sqlite_store *store, const struct written *written)
{
    struct batch *batch = &store->batch;
    const struct decision *decision = written->decision;
    struct record record = {.position = decision->position, .body = written->body};
    struct record_hash *previous = NULL;
    struct cached **cached = NULL;
    struct batch_record row = {.position = decision->position,
                               .offset = batch->record_bytes.length,
                               .occurred_at_us = decision->occurred_at_us,
                               .recorded_at_us = decision->recorded_at_us,
                               .first_posting = (uint32_t)batch->posting_count,
                               .program_version = decision->program_version,
                               .type = (uint16_t)decision->type,
                               .answer = (uint16_t)decision->answer};
    arena_clear(&batch->arena);
    TRY(make_links(store, written->states, &record, &previous, &cached));
    TRY(record_encode(&record, &batch->last_hash, previous, &batch->record_bytes));
    row.length = batch->record_bytes.length - row.offset;
    TRY(add_text(batch, first_entity(decision, ENTITY_MEMBER), &row.member_offset,
                 &row.member_length));
    TRY(add_text(batch, first_entity(decision, ENTITY_ORDER), &row.order_offset,
                 &row.order_length));
    TRY(add_postings(batch, decision));
    for (uint32_t i = 0; i < written->states->count; i++) {
        const struct state *state = &written->states->list[i];
        if (!state->is_dirty) continue;
        if (state->key.kind == ENTITY_KEY) {
            if (row.has_key) return STATUS_INVALID;
            row.has_key = true;
            row.key_fingerprint = key_fingerprint(state->key.id);
            batch->key_count++;
        }
        TRY(add_version(batch, state, cached[i], &record));
    }
    TRY(GROW(batch, records, record));
    batch->records[batch->record_count++] = row;
    batch->last_position = record.position;
    memcpy(batch->last_hash.bytes, record.hash, sizeof record.hash);
    return STATUS_OK;
}

enum status batch_write(struct sqlite_store *store, const struct written *written)
{
    struct batch *batch = &store->batch;
    uint64_t position = written->decision->position;
    if (position <= batch->last_position || position > INT64_MAX) return STATUS_INVALID;
    size_t mark = batch->step_count;
    TRY(add_step(batch));
    enum status status = add_record(store, written);
    if (status != STATUS_OK) batch_back_to(batch, mark);
    return status;
}

enum status batch_put(struct batch *batch, enum document_kind kind, struct text id,
                      struct text value)
{
    size_t mark = batch->step_count;
    TRY(add_step(batch));
    enum status status = put_list_add(&batch->puts, kind, id, value);
    if (status != STATUS_OK) batch_back_to(batch, mark);
    return status;
}
