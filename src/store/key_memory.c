/* Key memory: linear probing that keeps its order. See key_memory.h. */
#include "store/key_memory.h"

#include <stdlib.h>

/* Behind the homes: entries crowd by chance, or because a test wants them to. */
#define ROOM_BEHIND 512

enum status key_memory_init(struct key_memory *memory, uint32_t capacity)
{
    ASSERT(capacity >= 1 && capacity <= KEY_MEMORY_MAXIMUM);
    uint32_t homes = capacity + capacity / 2 + 1;
    uint32_t slot_count = homes + ROOM_BEHIND;
    struct key_slot *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL) return STATUS_NO_MEMORY;
    *memory = (struct key_memory){
        .slots = slots, .homes = homes, .slot_count = slot_count, .capacity = capacity};
    return STATUS_OK;
}

void key_memory_release(struct key_memory *memory)
{
    free(memory->slots);
    memory->slots = NULL;
}

void key_memory_clear(struct key_memory *memory)
{
    memset(memory->slots, 0, memory->slot_count * sizeof *memory->slots);
    memory->count = 0;
    memory->covered = 0;
}

size_t key_memory_bytes(const struct key_memory *memory)
{
    return memory->slot_count * sizeof *memory->slots;
}

static bool is_free(const struct key_slot *slot)
{
    return slot->position_and_1 == 0;
}

static struct key_entry entry_of(const struct key_slot *slot)
{
    return (struct key_entry){slot->fingerprint, slot->position_and_1 - 1};
}

bool key_memory_add(struct key_memory *memory, struct key_entry entry)
{
    struct key_slot *slots = memory->slots;
    uint32_t at = key_share(entry.fingerprint, memory->homes);
    while (at < memory->slot_count && !is_free(&slots[at]) &&
           key_entry_is_before(entry_of(&slots[at]), entry))
        at++;
    struct key_slot added = {entry.fingerprint, entry.position + 1};
    uint32_t end = at;
    for (; end < memory->slot_count && !is_free(&slots[end]); end++) {
        if (end == at && memcmp(&slots[at], &added, sizeof added) == 0) return true;
    }
    if (end == memory->slot_count || memory->count == memory->capacity) return false;
    memmove(&slots[at + 1], &slots[at], (end - at) * sizeof *slots);
    slots[at] = added;
    if (memory->count == 0 || entry.position < memory->least_position)
        memory->least_position = entry.position;
    memory->count++;
    return true;
}

uint32_t key_memory_forget_from(struct key_memory *memory, uint64_t position)
{
    /* What stays moves left as far as its home and its neighbour allow, in one pass. */
    uint32_t next = 0;
    uint32_t before = memory->count;
    memory->count = 0;
    for (uint32_t at = 0; at < memory->slot_count; at++) {
        struct key_slot slot = memory->slots[at];
        if (is_free(&slot)) continue;
        memory->slots[at] = (struct key_slot){0, 0};
        struct key_entry entry = entry_of(&slot);
        if (entry.position >= position) continue;
        uint32_t home = key_share(entry.fingerprint, memory->homes);
        if (next < home) next = home;
        memory->slots[next++] = slot;
        if (memory->count == 0 || entry.position < memory->least_position)
            memory->least_position = entry.position;
        memory->count++;
    }
    return before - memory->count;
}

uint32_t key_memory_find(const struct key_memory *memory, uint64_t fingerprint)
{
    uint32_t at = key_share(fingerprint, memory->homes);
    while (at < memory->slot_count && !is_free(&memory->slots[at]) &&
           memory->slots[at].fingerprint < fingerprint)
        at++;
    bool is_there = at < memory->slot_count && !is_free(&memory->slots[at]) &&
                    memory->slots[at].fingerprint == fingerprint;
    return is_there ? at : memory->slot_count;
}

bool key_memory_next(const struct key_memory *memory, uint32_t *slot, struct key_entry *entry)
{
    uint32_t at = *slot;
    while (at < memory->slot_count && is_free(&memory->slots[at]))
        at++;
    if (at == memory->slot_count) return false;
    *entry = entry_of(&memory->slots[at]);
    *slot = at + 1;
    return true;
}
