/* Memory store: states, records and documents in this process's memory, for back-tests and tests.
 *
 * Nothing is shared with another thread, and nothing outlives store_close.
 *
 *   slots (a power of two, at most 3/4 used)        entries, in the order of their first save
 *   +------+-------+                                +-------+------+-------+-------+------+
 *   | hash | entry | ----------------------------> | block | size | hash  | older | kind |
 *   +------+-------+                                +---|---+------+-------+---|---+------+
 *                                                       v                      v
 *              block in the heap: | id | the state's bytes |      entry of an order
 *
 * `older` strings the orders of a member together, newest first: the member's entry names its
 * newest order, each order's the one before. A member that is not saved yet, or no more, can have
 * an entry without a state, so that its orders have somewhere to hang.
 *
 * A batch changes entries in place and keeps what it replaced in an undo list; rolling back goes
 * through that list from its end, and a mark is a place in it. So a commit costs nothing, and a
 * reader that comes while a batch is open is answered from the undo list.
 *
 * A store that keeps records has beside each entry the stamp of its last record. Records are kept
 * as the bytes that a file would hold.
 *
 * Invariants
 *   1. Slots were filled in the order of the entries: emptying those of the last entries, from the
 *      end, breaks no chain of probes.
 *   2. An entry that is_changed has at least one undo in the open batch; the first of them holds
 *      what was committed.
 *   3. Along `older` positions descend.
 *   4. Rolling back allocates nothing that the batch did not free: see heap.c. So it undoes
 *      everything, records among it, in the opposite order.
 */
#include <stdlib.h>

#include "store/documents.h"
#include "store/heap.h"
#include "store/record.h"

#define NO_ENTRY UINT32_MAX
#define ENTRY_MAXIMUM (UINT32_MAX - 1)
#define ENTRIES_FIRST 1024
#define ID_MAXIMUM UINT16_MAX
#define RECORD_BYTES_MAXIMUM ((size_t)1 << 26)
/* Bytes that one batch may replace. */
#define UNDO_BYTES_MAXIMUM ((size_t)1 << 32)

struct slot {
    uint32_t hash;
    uint32_t entry; /* its index plus 1; 0: the slot is free */
};

struct entry {
    uint8_t *block;
    uint32_t size; /* of the state's bytes */
    uint32_t hash;
    uint32_t older;
    uint16_t id_length;
    uint8_t kind;
    bool has_state : 1;
    bool is_linked : 1;  /* an order, in its member's string */
    bool is_changed : 1; /* by the open batch */
};

enum undo_kind {
    UNDO_STATE,
    UNDO_RECORD,
    UNDO_DOCUMENT,
};

/* What an entry was before one step of the batch. */
struct undo {
    /* STATE: of its stamp (in a store that keeps records) and the state's bytes in
     * memory_store.undo_bytes; RECORD: the position before it. */
    uint64_t offset;
    uint32_t entry;
    uint32_t size;
    uint8_t kind; /* enum undo_kind */
    bool had_state;
    bool was_added;    /* there was no such entry */
    bool was_linked;   /* the order was strung up in this step */
    bool was_unlinked; /* the order was taken off its string in this step */
    bool was_changed;  /* by an earlier step of the batch */
};

struct kept_record {
    uint64_t position;
    uint8_t *bytes;
    size_t size;
    struct record_hash hash;
};

struct memory_store {
    struct store store; /* first: a store is cast to this */
    struct heap heap;
    struct slot *slots;
    uint32_t slot_count;
    struct entry *entries;
    uint32_t entry_count;
    uint32_t entry_capacity;
    struct record_stamp *stamps; /* one an entry, in a store that keeps records */
    uint32_t stamp_capacity;
    bool keeps_records;
    bool is_open; /* a batch is */
    struct kept_record *records;
    size_t record_count;
    size_t record_capacity;
    size_t committed_records;
    uint64_t last_position;
    uint64_t committed_position;
    uint64_t commits;
    struct undo *undos;
    size_t undo_count;
    size_t undo_capacity;
    struct buffer undo_bytes;
    struct document_list documents;
    struct arena write_arena; /* of one store_write */
    struct arena read_arena;  /* of one visit */
    struct buffer record;
};

static struct memory_store *memory_of(struct store *store)
{
    return (struct memory_store *)store;
}

/* Makes room for one element more. */
static enum status grow(void **elements, size_t *capacity, size_t count, size_t size, size_t first)
{
    if (count < *capacity) return STATUS_OK;
    size_t wanted = *capacity == 0 ? first : *capacity * 2;
    void *grown = reallocarray(*elements, wanted, size);
    if (grown == NULL) return STATUS_NO_MEMORY;
    *elements = grown;
    *capacity = wanted;
    return STATUS_OK;
}

static uint32_t hash_of_key(enum entity_kind kind, struct text id)
{
    uint64_t hash = hash_bytes(id) + (uint64_t)kind * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(hash ^ hash >> 32);
}

static struct text id_of(const struct entry *entry)
{
    return (struct text){(const char *)entry->block, entry->id_length};
}

static struct text state_of(const struct entry *entry)
{
    return (struct text){(const char *)entry->block + entry->id_length, entry->size};
}

static uint32_t find(const struct memory_store *memory, enum entity_kind kind, struct text id,
                     uint32_t hash)
{
    if (memory->slot_count == 0) return NO_ENTRY;
    uint32_t mask = memory->slot_count - 1;
    for (uint32_t at = hash & mask; memory->slots[at].entry != 0; at = (at + 1) & mask) {
        if (memory->slots[at].hash != hash) continue;
        uint32_t index = memory->slots[at].entry - 1;
        const struct entry *entry = &memory->entries[index];
        if (entry->kind == kind && text_equal(id_of(entry), id)) return index;
    }
    return NO_ENTRY;
}

/* Puts an entry that is in no slot yet into the first free one of its chain. */
static void fill_slot(struct slot *slots, uint32_t slot_count, uint32_t hash, uint32_t index)
{
    uint32_t mask = slot_count - 1;
    uint32_t at = hash & mask;
    while (slots[at].entry != 0)
        at = (at + 1) & mask;
    slots[at] = (struct slot){hash, index + 1};
}

static void empty_slot(struct memory_store *memory, uint32_t index)
{
    uint32_t mask = memory->slot_count - 1;
    uint32_t at = memory->entries[index].hash & mask;
    while (memory->slots[at].entry != index + 1)
        at = (at + 1) & mask;
    memory->slots[at] = (struct slot){0, 0};
}

static enum status reserve_slot(struct memory_store *memory)
{
    if ((uint64_t)memory->entry_count + 1 <= (uint64_t)memory->slot_count / 4 * 3) return STATUS_OK;
    if (memory->slot_count > UINT32_MAX / 2) return STATUS_LIMIT;
    uint32_t wanted = memory->slot_count == 0 ? ENTRIES_FIRST : memory->slot_count * 2;
    struct slot *slots = calloc(wanted, sizeof *slots);
    if (slots == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < memory->entry_count; i++)
        fill_slot(slots, wanted, memory->entries[i].hash, i);
    free(memory->slots);
    memory->slots = slots;
    memory->slot_count = wanted;
    return STATUS_OK;
}

static enum status reserve_undo(struct memory_store *memory)
{
    return grow((void **)&memory->undos, &memory->undo_capacity, memory->undo_count,
                sizeof *memory->undos, 64);
}

/* How many bytes stand in front of a state's in the undo list. */
static size_t stamp_bytes(const struct memory_store *memory)
{
    return memory->keeps_records ? sizeof(struct record_stamp) : 0;
}

/* Notes what the entry is now, before a step changes it. */
static enum status note_undo(struct memory_store *memory, uint32_t index, bool was_added)
{
    TRY(reserve_undo(memory));
    struct entry *entry = &memory->entries[index];
    struct undo undo = {.offset = memory->undo_bytes.length,
                        .entry = index,
                        .size = entry->size,
                        .kind = UNDO_STATE,
                        .had_state = entry->has_state,
                        .was_added = was_added,
                        .was_changed = entry->is_changed};
    if (entry->has_state || memory->keeps_records) {
        TRY(buffer_reserve(&memory->undo_bytes, stamp_bytes(memory) + entry->size));
    }
    if (memory->keeps_records) {
        struct text stamp = {(const char *)&memory->stamps[index], sizeof *memory->stamps};
        TRY(buffer_add(&memory->undo_bytes, stamp));
    }
    if (entry->has_state) TRY(buffer_add(&memory->undo_bytes, state_of(entry)));
    memory->undos[memory->undo_count++] = undo;
    entry->is_changed = true;
    return STATUS_OK;
}

static enum status reserve_stamp(struct memory_store *memory)
{
    if (!memory->keeps_records) return STATUS_OK;
    size_t capacity = memory->stamp_capacity;
    TRY(grow((void **)&memory->stamps, &capacity, memory->entry_count, sizeof *memory->stamps,
             ENTRIES_FIRST));
    memory->stamp_capacity = (uint32_t)capacity;
    memory->stamps[memory->entry_count] = (struct record_stamp){.position = 0};
    return STATUS_OK;
}

/* An entry without a state. */
static enum status add_entry(struct memory_store *memory, enum entity_kind kind, struct text id,
                             uint32_t hash, uint32_t *index)
{
    if (memory->entry_count == ENTRY_MAXIMUM || id.length > ID_MAXIMUM) return STATUS_LIMIT;
    TRY(reserve_slot(memory));
    size_t capacity = memory->entry_capacity;
    TRY(grow((void **)&memory->entries, &capacity, memory->entry_count, sizeof *memory->entries,
             ENTRIES_FIRST));
    memory->entry_capacity = (uint32_t)capacity;
    TRY(reserve_stamp(memory));
    uint8_t *block = heap_allocate(&memory->heap, id.length);
    if (block == NULL) return STATUS_NO_MEMORY;
    if (id.length > 0) memcpy(block, id.bytes, id.length);
    *index = memory->entry_count++;
    memory->entries[*index] = (struct entry){.block = block,
                                             .hash = hash,
                                             .older = NO_ENTRY,
                                             .id_length = (uint16_t)id.length,
                                             .kind = (uint8_t)kind};
    fill_slot(memory->slots, memory->slot_count, hash, *index);
    enum status status = note_undo(memory, *index, true);
    if (status == STATUS_OK) return STATUS_OK;
    empty_slot(memory, *index);
    heap_give_back(&memory->heap, block, id.length);
    memory->entry_count--;
    return status;
}

static enum status find_or_add(struct memory_store *memory, enum entity_kind kind, struct text id,
                               uint32_t *index, bool *is_new)
{
    uint32_t hash = hash_of_key(kind, id);
    *index = find(memory, kind, id, hash);
    *is_new = *index == NO_ENTRY;
    return *is_new ? add_entry(memory, kind, id, hash, index) : STATUS_OK;
}

/* Gives the entry other bytes; `bytes` must not be its own. */
static enum status put_state(struct memory_store *memory, struct entry *entry, const void *bytes,
                             uint32_t size)
{
    size_t old_size = (size_t)entry->id_length + entry->size;
    size_t new_size = (size_t)entry->id_length + size;
    if (!heap_fits(old_size, new_size)) {
        uint8_t *block = heap_allocate(&memory->heap, new_size);
        if (block == NULL) return STATUS_NO_MEMORY;
        memcpy(block, entry->block, entry->id_length);
        heap_give_back(&memory->heap, entry->block, old_size);
        entry->block = block;
    }
    if (size > 0) memcpy(entry->block + entry->id_length, bytes, size);
    entry->size = size;
    return STATUS_OK;
}

static enum status position_of_order(const struct entry *order, uint64_t *position)
{
    struct text member;
    struct text bytes = state_of(order);
    if (!order->has_state) return STATUS_CORRUPT;
    return order_bytes_member(bytes.bytes, bytes.length, &member, position);
}

/* Strings an order up behind its member's newer ones; a new order is mostly the newest. */
static enum status link_order(struct memory_store *memory, uint32_t member, uint32_t order)
{
    struct entry *entries = memory->entries;
    uint64_t position = 0;
    TRY(position_of_order(&entries[order], &position));
    uint32_t newer = member;
    while (entries[newer].older != NO_ENTRY) {
        const struct entry *next = &entries[entries[newer].older];
        uint64_t next_position = 0;
        if (next->has_state) TRY(position_of_order(next, &next_position));
        if (next->has_state && next_position < position) break;
        newer = entries[newer].older;
    }
    entries[order].older = entries[newer].older;
    entries[newer].older = order;
    entries[order].is_linked = true;
    return STATUS_OK;
}

/* The entry that an order hangs from. */
static enum status find_member_of_order(const struct memory_store *memory,
                                        const struct entry *order, uint32_t *member)
{
    struct text id = {NULL, 0};
    uint64_t position = 0;
    struct text bytes = state_of(order);
    TRY(order_bytes_member(bytes.bytes, bytes.length, &id, &position));
    *member = find(memory, ENTITY_MEMBER, id, hash_of_key(ENTITY_MEMBER, id));
    return *member == NO_ENTRY ? STATUS_CORRUPT : STATUS_OK;
}

/* Takes an order out of its member's string. */
static void unlink_order(struct memory_store *memory, uint32_t order)
{
    struct entry *entries = memory->entries;
    uint32_t newer = NO_ENTRY;
    enum status status = find_member_of_order(memory, &entries[order], &newer);
    ASSERT(status == STATUS_OK);
    while (entries[newer].older != order)
        newer = entries[newer].older;
    entries[newer].older = entries[order].older;
    entries[order].is_linked = false;
}

static enum status memory_begin(struct store *store)
{
    struct memory_store *memory = memory_of(store);
    if (memory->is_open) return STATUS_INVALID;
    memory->is_open = true;
    return STATUS_OK;
}

/* The orders of the member that still have units of the sku, newest first. */
static enum status load_lines(struct memory_store *memory, struct states *states, uint32_t index)
{
    struct entity_key key = states->list[index].key;
    uint32_t at = find(memory, ENTITY_MEMBER, key.id, hash_of_key(ENTITY_MEMBER, key.id));
    if (at != NO_ENTRY) at = memory->entries[at].older;
    int64_t found = 0;
    for (; at != NO_ENTRY && found < key.units; at = memory->entries[at].older) {
        const struct entry *order = &memory->entries[at];
        if (!order->has_state) continue;
        struct text bytes = state_of(order);
        int64_t units = 0;
        TRY(order_bytes_units(bytes.bytes, bytes.length, key.sku, &units));
        if (units <= 0) continue;
        TRY(states_add_lines_order(states, index, id_of(order)));
        TRY(amount_increase(&found, units));
    }
    states_finish_lines(states, index);
    return STATUS_OK;
}

static enum status memory_load(struct store *store, struct states *states, uint32_t index)
{
    struct memory_store *memory = memory_of(store);
    const struct entity_key *key = &states->list[index].key;
    if (key->kind == ENTITY_LINES) return load_lines(memory, states, index);
    uint32_t found = find(memory, key->kind, key->id, hash_of_key(key->kind, key->id));
    if (found == NO_ENTRY || !memory->entries[found].has_state)
        return states_load(states, index, NULL, 0);
    struct text bytes = state_of(&memory->entries[found]);
    return states_load(states, index, bytes.bytes, bytes.length);
}

/* Finds or makes the entry that a new order hangs from: its member's. An order that nobody has
 * bought yet hangs from none. */
static enum status member_of_order(struct memory_store *memory, const struct state *state,
                                   uint32_t *member)
{
    struct text id = {NULL, 0};
    uint64_t position = 0;
    bool is_new = false;
    TRY(order_bytes_member(state->bytes, state->size, &id, &position));
    if (id.length == 0) return STATUS_OK;
    return find_or_add(memory, ENTITY_MEMBER, id, member, &is_new);
}

/* Whether a step leaves the order where it hangs: mostly, for an order seldom changes hands. */
static enum status stays_linked(const struct entry *order, const struct state *state, bool *stays)
{
    struct text member = {NULL, 0};
    struct text old_member = {NULL, 0};
    uint64_t position = 0;
    uint64_t old_position = 0;
    struct text old = state_of(order);
    *stays = false;
    if (!order->is_linked || state->size == 0) return STATUS_OK;
    TRY(order_bytes_member(old.bytes, old.length, &old_member, &old_position));
    TRY(order_bytes_member(state->bytes, state->size, &member, &position));
    *stays = position == old_position && text_equal(member, old_member);
    return STATUS_OK;
}

static enum status memory_save(struct store *store, const struct state *state)
{
    struct memory_store *memory = memory_of(store);
    if (!memory->is_open || state->key.kind == ENTITY_LINES) return STATUS_INVALID;
    enum entity_kind kind = state->key.kind;
    uint32_t hash = hash_of_key(kind, state->key.id);
    uint32_t index = find(memory, kind, state->key.id, hash);
    bool stays = kind != ENTITY_ORDER;
    if (!stays && index != NO_ENTRY) TRY(stays_linked(&memory->entries[index], state, &stays));
    bool is_to_link = !stays && state->size > 0;
    /* The member's entry comes first, so that rolling back takes the order off before it. */
    uint32_t member = NO_ENTRY;
    if (is_to_link) TRY(member_of_order(memory, state, &member));
    is_to_link = member != NO_ENTRY;
    if (index == NO_ENTRY) {
        TRY(add_entry(memory, kind, state->key.id, hash, &index));
    } else {
        TRY(note_undo(memory, index, false));
    }
    struct undo *undo = &memory->undos[memory->undo_count - 1];
    struct entry *entry = &memory->entries[index];
    if (!stays && entry->is_linked) {
        unlink_order(memory, index);
        undo->was_unlinked = true;
    }
    TRY(put_state(memory, entry, state->bytes, state->size));
    entry->has_state = state->size > 0;
    if (is_to_link) TRY(link_order(memory, member, index));
    undo->was_linked = is_to_link;
    return STATUS_OK;
}

/* ---- records ---- */

static bool is_linked_to(const struct state *state)
{
    return state->is_dirty && state->key.kind != ENTITY_KEY;
}

/* The record's links, and the hashes of the records that they lead to. */
static enum status make_links(struct memory_store *memory, const struct states *states,
                              struct record *record, struct record_hash **previous)
{
    arena_clear(&memory->write_arena);
    struct record_link *links =
        arena_new_array(&memory->write_arena, struct record_link, (size_t)states->count + 1);
    *previous =
        arena_new_array(&memory->write_arena, struct record_hash, (size_t)states->count + 1);
    if (links == NULL || *previous == NULL) return STATUS_NO_MEMORY;
    uint32_t count = 0;
    for (uint32_t i = 0; i < states->count; i++) {
        if (!is_linked_to(&states->list[i])) continue;
        const struct entity_key *key = &states->list[i].key;
        uint32_t index = find(memory, key->kind, key->id, hash_of_key(key->kind, key->id));
        struct record_stamp stamp = {.position = 0};
        if (index != NO_ENTRY) stamp = memory->stamps[index];
        links[count] = (struct record_link){
            .key = *key, .sequence = stamp.sequence + 1, .previous_position = stamp.position};
        (*previous)[count++] = stamp.hash;
    }
    record->links = links;
    record->link_count = count;
    return STATUS_OK;
}

static enum status keep_record(struct memory_store *memory, const struct written *written,
                               struct record *record)
{
    static const struct record_hash none = {{0}};
    struct record_hash *previous = NULL;
    TRY(make_links(memory, written->states, record, &previous));
    buffer_clear(&memory->record);
    size_t count = memory->record_count;
    TRY(record_encode(record, count == 0 ? &none : &memory->records[count - 1].hash, previous,
                      &memory->record));
    TRY(grow((void **)&memory->records, &memory->record_capacity, count, sizeof *memory->records,
             64));
    struct kept_record kept = {.position = record->position, .size = memory->record.length};
    kept.bytes = heap_allocate(&memory->heap, kept.size);
    if (kept.bytes == NULL) return STATUS_NO_MEMORY;
    memcpy(kept.bytes, memory->record.bytes, kept.size);
    memcpy(kept.hash.bytes, record->hash, sizeof record->hash);
    memory->records[memory->record_count++] = kept;
    return STATUS_OK;
}

/* The stamps follow the states, once their entries are there and their undos are noted. */
static void stamp_links(struct memory_store *memory, const struct record *record)
{
    for (uint32_t i = 0; i < record->link_count; i++) {
        const struct entity_key *key = &record->links[i].key;
        uint32_t index = find(memory, key->kind, key->id, hash_of_key(key->kind, key->id));
        ASSERT(index != NO_ENTRY);
        struct record_stamp *stamp = &memory->stamps[index];
        stamp->position = record->position;
        stamp->sequence = record->links[i].sequence;
        memcpy(stamp->hash.bytes, record->hash, sizeof record->hash);
    }
}

static enum status write_all(struct memory_store *memory, const struct written *written)
{
    struct record record = {.position = written->decision->position, .body = written->body};
    TRY(reserve_undo(memory));
    if (memory->keeps_records) TRY(keep_record(memory, written, &record));
    memory->undos[memory->undo_count++] =
        (struct undo){.kind = UNDO_RECORD, .offset = memory->last_position};
    memory->last_position = record.position;
    for (uint32_t i = 0; i < written->states->count; i++) {
        const struct state *state = &written->states->list[i];
        if (state->is_dirty) TRY(memory_save(&memory->store, state));
    }
    if (memory->keeps_records) stamp_links(memory, &record);
    return STATUS_OK;
}

static void memory_back_to(struct store *store, uint64_t mark);

static enum status memory_write(struct store *store, const struct written *written)
{
    struct memory_store *memory = memory_of(store);
    if (!memory->is_open || written->decision->position <= memory->last_position) {
        return STATUS_INVALID;
    }
    size_t mark = memory->undo_count;
    enum status status = write_all(memory, written);
    if (status != STATUS_OK) memory_back_to(store, mark);
    return status;
}

static enum status memory_save_dirty(struct store *store, const struct state *state)
{
    return memory_of(store)->keeps_records ? STATUS_INVALID : memory_save(store, state);
}

static enum status memory_put(struct store *store, enum document_kind kind, struct text id,
                              struct text value)
{
    struct memory_store *memory = memory_of(store);
    if (!memory->is_open) return STATUS_INVALID;
    TRY(reserve_undo(memory));
    TRY(documents_put(&memory->documents, kind, id, value));
    memory->undos[memory->undo_count++] = (struct undo){.kind = UNDO_DOCUMENT};
    return STATUS_OK;
}

/* ---- the end of a batch ---- */

static void forget_undos(struct memory_store *memory)
{
    memory->undo_count = 0;
    buffer_clear(&memory->undo_bytes);
    memory->is_open = false;
}

static void undo_state(struct memory_store *memory, const struct undo *undo)
{
    struct entry *entry = &memory->entries[undo->entry];
    if (undo->was_linked) unlink_order(memory, undo->entry);
    if (undo->was_added) {
        ASSERT(undo->entry + 1 == memory->entry_count);
        empty_slot(memory, undo->entry);
        heap_give_back(&memory->heap, entry->block, (size_t)entry->id_length + entry->size);
        memory->entry_count--;
        return;
    }
    const char *bytes = buffer_text(&memory->undo_bytes).bytes + undo->offset;
    size_t skipped = stamp_bytes(memory);
    if (skipped > 0) memcpy(&memory->stamps[undo->entry], bytes, skipped);
    enum status status = put_state(memory, entry, bytes + skipped, undo->size);
    ASSERT(status == STATUS_OK);
    entry->has_state = undo->had_state;
    entry->is_changed = undo->was_changed;
    if (!undo->was_unlinked) return;
    uint32_t member = NO_ENTRY;
    status = find_member_of_order(memory, entry, &member);
    if (status == STATUS_OK) status = link_order(memory, member, undo->entry);
    ASSERT(status == STATUS_OK);
}

static void undo_record(struct memory_store *memory, const struct undo *undo)
{
    memory->last_position = undo->offset;
    if (!memory->keeps_records) return;
    const struct kept_record *record = &memory->records[--memory->record_count];
    heap_give_back(&memory->heap, record->bytes, record->size);
}

static void undo_step(struct memory_store *memory, const struct undo *undo)
{
    switch ((enum undo_kind)undo->kind) {
    case UNDO_STATE:
        undo_state(memory, undo);
        memory->undo_bytes.length = undo->offset;
        break;
    case UNDO_RECORD:
        undo_record(memory, undo);
        break;
    case UNDO_DOCUMENT:
        documents_undo(&memory->documents);
        break;
    }
}

static uint64_t memory_mark(struct store *store)
{
    return memory_of(store)->undo_count;
}

static void memory_back_to(struct store *store, uint64_t mark)
{
    struct memory_store *memory = memory_of(store);
    while (memory->undo_count > mark)
        undo_step(memory, &memory->undos[--memory->undo_count]);
}

static void memory_rollback(struct store *store)
{
    memory_back_to(store, 0);
    forget_undos(memory_of(store));
}

static enum status memory_commit(struct store *store)
{
    struct memory_store *memory = memory_of(store);
    if (!memory->is_open) return STATUS_INVALID;
    if (documents_commit(&memory->documents) != STATUS_OK) {
        memory_rollback(store);
        return STATUS_FULL;
    }
    for (size_t i = 0; i < memory->undo_count; i++) {
        if (memory->undos[i].kind != UNDO_STATE) continue;
        memory->entries[memory->undos[i].entry].is_changed = false;
    }
    memory->committed_records = memory->record_count;
    memory->committed_position = memory->last_position;
    memory->commits++;
    forget_undos(memory);
    return STATUS_OK;
}

static enum status memory_write_behind(struct store *store, bool all)
{
    (void)store;
    (void)all;
    return STATUS_OK;
}

static enum status memory_recover(struct store *store)
{
    if (memory_of(store)->is_open) memory_rollback(store);
    return STATUS_OK;
}

/* ---- reading ---- */

static enum status memory_get(struct store *store, enum document_kind kind, struct text id,
                              struct arena *arena, struct text *value)
{
    return documents_get(&memory_of(store)->documents, kind, id, arena, value);
}

static enum status memory_each_document(struct store *store, enum document_kind kind,
                                        struct text after, document_visit visit, void *context)
{
    return documents_each(&memory_of(store)->documents, kind, after, visit, context);
}

/* Index of the first committed record at or above the position. */
static size_t first_record(const struct memory_store *memory, uint64_t position)
{
    size_t low = 0;
    size_t high = memory->committed_records;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memory->records[middle].position < position) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static enum status decode_kept(struct memory_store *memory, size_t index, struct record *record)
{
    const struct kept_record *kept = &memory->records[index];
    arena_clear(&memory->read_arena);
    return record_decode((struct text){(const char *)kept->bytes, kept->size}, &memory->read_arena,
                         record);
}

static enum status memory_record(struct store *store, uint64_t position, struct record *record)
{
    struct memory_store *memory = memory_of(store);
    size_t index = first_record(memory, position);
    if (index == memory->committed_records || memory->records[index].position != position) {
        return STATUS_NOT_FOUND;
    }
    return decode_kept(memory, index, record);
}

static enum status memory_each_record(struct store *store, uint64_t after, record_visit visit,
                                      void *context)
{
    struct memory_store *memory = memory_of(store);
    if (after == UINT64_MAX) return STATUS_OK;
    for (size_t i = first_record(memory, after + 1); i < memory->committed_records; i++) {
        struct record record;
        TRY(decode_kept(memory, i, &record));
        TRY(visit(context, &record));
    }
    return STATUS_OK;
}

/* The undo that holds what was committed of a changed entry. */
static const struct undo *first_undo(const struct memory_store *memory, uint32_t index)
{
    const struct undo *undo = memory->undos;
    while (undo->kind != UNDO_STATE || undo->entry != index)
        undo++;
    return undo;
}

/* What was committed of an entry; false if nothing was. */
static bool committed_state(const struct memory_store *memory, uint32_t index, struct text *bytes)
{
    const struct entry *entry = &memory->entries[index];
    *bytes = state_of(entry);
    if (!entry->is_changed) return entry->has_state;
    const struct undo *undo = first_undo(memory, index);
    bytes->bytes = buffer_text(&memory->undo_bytes).bytes + undo->offset + stamp_bytes(memory);
    bytes->length = undo->size;
    return undo->had_state;
}

static enum status memory_last_touched(struct store *store, const struct entity_key *key,
                                       uint64_t *position)
{
    struct memory_store *memory = memory_of(store);
    uint32_t index = find(memory, key->kind, key->id, hash_of_key(key->kind, key->id));
    if (!memory->keeps_records || index == NO_ENTRY) return STATUS_NOT_FOUND;
    struct record_stamp stamp = memory->stamps[index];
    if (memory->entries[index].is_changed) {
        const struct undo *undo = first_undo(memory, index);
        memcpy(&stamp, buffer_text(&memory->undo_bytes).bytes + undo->offset, sizeof stamp);
    }
    if (stamp.position == 0) return STATUS_NOT_FOUND;
    *position = stamp.position;
    return STATUS_OK;
}

static int compare_ids(const void *a, const void *b, void *context)
{
    const struct entry *entries = context;
    return text_compare(id_of(&entries[*(const uint32_t *)a]),
                        id_of(&entries[*(const uint32_t *)b]));
}

static enum status memory_each_state(struct store *store, enum entity_kind kind, struct text after,
                                     state_visit visit, void *context)
{
    struct memory_store *memory = memory_of(store);
    if (kind == ENTITY_KEY) return STATUS_OK;
    uint32_t *order = reallocarray(NULL, (size_t)memory->entry_count + 1, sizeof *order);
    if (order == NULL) return STATUS_NO_MEMORY;
    size_t count = 0;
    for (uint32_t i = 0; i < memory->entry_count; i++) {
        struct text bytes;
        if (memory->entries[i].kind != kind || !committed_state(memory, i, &bytes)) continue;
        if (text_compare(id_of(&memory->entries[i]), after) > 0 || text_is_empty(after))
            order[count++] = i;
    }
    qsort_r(order, count, sizeof *order, compare_ids, memory->entries);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct text bytes;
        if (!committed_state(memory, order[i], &bytes)) continue;
        struct entity_key key = {.kind = kind, .id = id_of(&memory->entries[order[i]])};
        status = visit(context, &key, bytes);
    }
    free(order);
    return status;
}

static void memory_figures(struct store *store, struct store_figures *figures)
{
    const struct memory_store *memory = memory_of(store);
    *figures = (struct store_figures){.last_position = memory->committed_position,
                                      .flushed_position = memory->committed_position,
                                      .cached_states = memory->entry_count,
                                      .commits = memory->commits};
}

static void memory_close(struct store *store)
{
    struct memory_store *memory = memory_of(store);
    heap_release(&memory->heap);
    buffer_release(&memory->undo_bytes);
    buffer_release(&memory->record);
    arena_release(&memory->write_arena);
    arena_release(&memory->read_arena);
    documents_release(&memory->documents);
    free(memory->slots);
    free(memory->entries);
    free(memory->stamps);
    free(memory->records);
    free(memory->undos);
    free(memory);
}

static const struct store_methods memory_methods = {
    .begin = memory_begin,
    .load = memory_load,
    .write = memory_write,
    .save = memory_save_dirty,
    .put = memory_put,
    .mark = memory_mark,
    .back_to = memory_back_to,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .write_behind = memory_write_behind,
    .recover = memory_recover,
    .get = memory_get,
    .record = memory_record,
    .each_record = memory_each_record,
    .each_state = memory_each_state,
    .each_document = memory_each_document,
    .last_touched = memory_last_touched,
    .figures = memory_figures,
    .close = memory_close,
};

enum status memory_store_open(bool keeps_records, struct store **store)
{
    struct memory_store *memory = calloc(1, sizeof *memory);
    if (memory == NULL) return STATUS_NO_MEMORY;
    memory->store.methods = &memory_methods;
    memory->keeps_records = keeps_records;
    heap_init(&memory->heap);
    buffer_init(&memory->undo_bytes, UNDO_BYTES_MAXIMUM);
    buffer_init(&memory->record, RECORD_BYTES_MAXIMUM);
    arena_init(&memory->write_arena, RECORD_BYTES_MAXIMUM);
    arena_init(&memory->read_arena, RECORD_BYTES_MAXIMUM);
    documents_init(&memory->documents);
    *store = &memory->store;
    return STATUS_OK;
}
