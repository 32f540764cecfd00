/* Memory store: states and records in this process's memory, for back-tests and tests.
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
 * through that list from its end. So a commit costs nothing, and a reader that comes while a batch
 * is open is answered from the undo list.
 *
 * Invariants
 *   1. Slots were filled in the order of the entries: emptying those of the last entries, from the
 *      end, breaks no chain of probes.
 *   2. An entry that is_changed has at least one undo in the open batch; the first of them holds
 *      what was committed.
 *   3. Along `older` positions descend.
 *   4. Rolling back allocates nothing that the batch did not free: see heap.c.
 */
#include <stdlib.h>

#include "store/heap.h"
#include "store/store.h"

#define NO_ENTRY UINT32_MAX
#define ENTRY_MAXIMUM (UINT32_MAX - 1)
#define ENTRIES_FIRST 1024
#define ID_MAXIMUM UINT16_MAX
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

/* What an entry was before one step of the batch. */
struct undo {
    size_t offset; /* of the state's bytes in memory_store.undo_bytes */
    uint32_t entry;
    uint32_t size;
    bool had_state;
    bool was_added;  /* there was no such entry */
    bool was_linked; /* the order was strung up in this step */
};

struct kept_record {
    uint64_t position;
    uint8_t *bytes;
    size_t size;
};

struct memory_store {
    struct store store; /* first: a store is cast to this */
    struct heap heap;
    struct slot *slots;
    uint32_t slot_count;
    struct entry *entries;
    uint32_t entry_count;
    uint32_t entry_capacity;
    bool keeps_records;
    bool is_open; /* a batch is */
    struct kept_record *records;
    size_t record_count;
    size_t record_capacity;
    size_t committed_records;
    uint64_t last_position;
    uint64_t committed_position;
    struct undo *undos;
    size_t undo_count;
    size_t undo_capacity;
    struct buffer undo_bytes;
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

/* Notes what the entry is now, before a step changes it. */
static enum status note_undo(struct memory_store *memory, uint32_t index, bool was_added)
{
    TRY(grow((void **)&memory->undos, &memory->undo_capacity, memory->undo_count,
             sizeof *memory->undos, 64));
    struct entry *entry = &memory->entries[index];
    struct undo undo = {.offset = memory->undo_bytes.length,
                        .entry = index,
                        .size = entry->size,
                        .had_state = entry->has_state,
                        .was_added = was_added};
    if (entry->has_state) TRY(buffer_add(&memory->undo_bytes, state_of(entry)));
    memory->undos[memory->undo_count++] = undo;
    entry->is_changed = true;
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

/* Takes an order of this batch out of its member's string again. */
static void unlink_order(struct memory_store *memory, uint32_t order)
{
    struct entry *entries = memory->entries;
    struct text member = {NULL, 0};
    uint64_t position = 0;
    struct text bytes = state_of(&entries[order]);
    enum status status = order_bytes_member(bytes.bytes, bytes.length, &member, &position);
    ASSERT(status == STATUS_OK);
    uint32_t newer = find(memory, ENTITY_MEMBER, member, hash_of_key(ENTITY_MEMBER, member));
    ASSERT(newer != NO_ENTRY);
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

static enum status memory_append(struct store *store, uint64_t position, struct text record)
{
    struct memory_store *memory = memory_of(store);
    if (!memory->is_open || position <= memory->last_position) return STATUS_INVALID;
    if (memory->keeps_records) {
        TRY(grow((void **)&memory->records, &memory->record_capacity, memory->record_count,
                 sizeof *memory->records, 64));
        uint8_t *bytes = heap_allocate(&memory->heap, record.length);
        if (bytes == NULL) return STATUS_NO_MEMORY;
        if (record.length > 0) memcpy(bytes, record.bytes, record.length);
        memory->records[memory->record_count++] =
            (struct kept_record){position, bytes, record.length};
    }
    memory->last_position = position;
    return STATUS_OK;
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

static enum status memory_save(struct store *store, const struct state *state)
{
    struct memory_store *memory = memory_of(store);
    if (!memory->is_open || state->key.kind == ENTITY_LINES) return STATUS_INVALID;
    enum entity_kind kind = state->key.kind;
    uint32_t hash = hash_of_key(kind, state->key.id);
    uint32_t index = find(memory, kind, state->key.id, hash);
    bool is_to_link = kind == ENTITY_ORDER && state->size > 0 &&
                      (index == NO_ENTRY || !memory->entries[index].is_linked);
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
    TRY(put_state(memory, entry, state->bytes, state->size));
    entry->has_state = state->size > 0;
    if (is_to_link) TRY(link_order(memory, member, index));
    undo->was_linked = is_to_link;
    return STATUS_OK;
}

static void forget_undos(struct memory_store *memory)
{
    memory->undo_count = 0;
    buffer_clear(&memory->undo_bytes);
    memory->is_open = false;
}

static enum status memory_commit(struct store *store)
{
    struct memory_store *memory = memory_of(store);
    if (!memory->is_open) return STATUS_INVALID;
    for (size_t i = 0; i < memory->undo_count; i++)
        memory->entries[memory->undos[i].entry].is_changed = false;
    memory->committed_records = memory->record_count;
    memory->committed_position = memory->last_position;
    forget_undos(memory);
    return STATUS_OK;
}

static void undo_step(struct memory_store *memory, const struct undo *undo)
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
    enum status status = put_state(memory, entry, bytes, undo->size);
    ASSERT(status == STATUS_OK);
    entry->has_state = undo->had_state;
    entry->is_changed = false;
}

static void memory_rollback(struct store *store)
{
    struct memory_store *memory = memory_of(store);
    /* The records first: their blocks may be what the states were freed from. */
    while (memory->record_count > memory->committed_records) {
        const struct kept_record *record = &memory->records[--memory->record_count];
        heap_give_back(&memory->heap, record->bytes, record->size);
    }
    for (size_t i = memory->undo_count; i > 0; i--)
        undo_step(memory, &memory->undos[i - 1]);
    memory->last_position = memory->committed_position;
    forget_undos(memory);
}

static enum status memory_each_record(struct store *store,
                                      enum status (*visit)(void *context, uint64_t position,
                                                           struct text record),
                                      void *context)
{
    struct memory_store *memory = memory_of(store);
    for (size_t i = 0; i < memory->committed_records; i++) {
        const struct kept_record *record = &memory->records[i];
        TRY(visit(context, record->position,
                  (struct text){(const char *)record->bytes, record->size}));
    }
    return STATUS_OK;
}

/* What was committed of an entry; false if nothing was. */
static bool committed_state(const struct memory_store *memory, uint32_t index, struct text *bytes)
{
    const struct entry *entry = &memory->entries[index];
    *bytes = state_of(entry);
    if (!entry->is_changed) return entry->has_state;
    const struct undo *undo = memory->undos;
    while (undo->entry != index)
        undo++;
    bytes->bytes = buffer_text(&memory->undo_bytes).bytes + undo->offset;
    bytes->length = undo->size;
    return undo->had_state;
}

static enum status memory_each_state(struct store *store, enum entity_kind kind,
                                     enum status (*visit)(void *context,
                                                          const struct entity_key *key,
                                                          struct text bytes),
                                     void *context)
{
    struct memory_store *memory = memory_of(store);
    for (uint32_t i = 0; i < memory->entry_count; i++) {
        struct text bytes;
        if (memory->entries[i].kind != kind || !committed_state(memory, i, &bytes)) continue;
        struct entity_key key = {.kind = kind, .id = id_of(&memory->entries[i])};
        TRY(visit(context, &key, bytes));
    }
    return STATUS_OK;
}

static void memory_close(struct store *store)
{
    struct memory_store *memory = memory_of(store);
    heap_release(&memory->heap);
    buffer_release(&memory->undo_bytes);
    free(memory->slots);
    free(memory->entries);
    free(memory->records);
    free(memory->undos);
    free(memory);
}

static const struct store_methods memory_methods = {
    .begin = memory_begin,
    .load = memory_load,
    .append = memory_append,
    .save = memory_save,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .each_record = memory_each_record,
    .each_state = memory_each_state,
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
    *store = &memory->store;
    return STATUS_OK;
}
