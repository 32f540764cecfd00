/* Puts: the documents of an open batch. See puts.h.
 *
 * Invariant: within a chain indices descend, so that cutting from the end takes chains' heads.
 */
#include "store/puts.h"

#include <stdlib.h>

#define PUTS_FIRST 64u
#define PUT_ID_MAXIMUM 1024u
/* What one batch may put. */
#define PUT_BYTES_MAXIMUM ((size_t)1 << 31)

void put_list_init(struct put_list *list)
{
    *list = (struct put_list){.puts = NULL};
    buffer_init(&list->bytes, PUT_BYTES_MAXIMUM);
    memset(list->newest, 0xFF, sizeof list->newest);
}

void put_list_release(struct put_list *list)
{
    free(list->puts);
    buffer_release(&list->bytes);
    put_list_init(list);
}

static uint32_t hash_of(enum document_kind kind, struct text id)
{
    uint64_t hash = hash_bytes(id) + (uint64_t)kind * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(hash ^ hash >> 32);
}

static enum status grow(struct put_list *list)
{
    if (list->count < list->capacity) return STATUS_OK;
    if (list->capacity > PUT_NONE / 4) return STATUS_LIMIT;
    uint32_t capacity = list->capacity == 0 ? PUTS_FIRST : 2 * list->capacity;
    struct put *puts = reallocarray(list->puts, capacity, sizeof *puts);
    if (puts == NULL) return STATUS_NO_MEMORY;
    list->puts = puts;
    list->capacity = capacity;
    return STATUS_OK;
}

enum status put_list_add(struct put_list *list, enum document_kind kind, struct text id,
                         struct text value)
{
    if (id.length > PUT_ID_MAXIMUM || value.length > PUT_BYTES_MAXIMUM) return STATUS_LIMIT;
    TRY(grow(list));
    TRY(buffer_reserve(&list->bytes, id.length + value.length));
    uint32_t hash = hash_of(kind, id);
    struct put put = {.offset = list->bytes.length,
                      .hash = hash,
                      .older = list->newest[hash % PUT_CHAIN_COUNT],
                      .value_length = (uint32_t)value.length,
                      .id_length = (uint16_t)id.length,
                      .kind = (uint8_t)kind};
    TRY(buffer_add(&list->bytes, id));
    TRY(buffer_add(&list->bytes, value));
    list->newest[hash % PUT_CHAIN_COUNT] = list->count;
    list->puts[list->count++] = put;
    return STATUS_OK;
}

void put_list_cut(struct put_list *list, uint32_t count)
{
    while (list->count > count) {
        const struct put *put = &list->puts[--list->count];
        list->newest[put->hash % PUT_CHAIN_COUNT] = put->older;
        list->bytes.length = put->offset;
    }
}

struct text put_list_id(const struct put_list *list, uint32_t index)
{
    const struct put *put = &list->puts[index];
    return (struct text){buffer_text(&list->bytes).bytes + put->offset, put->id_length};
}

struct text put_list_value(const struct put_list *list, uint32_t index)
{
    const struct put *put = &list->puts[index];
    return (struct text){buffer_text(&list->bytes).bytes + put->offset + put->id_length,
                         put->value_length};
}

uint32_t put_list_find(const struct put_list *list, enum document_kind kind, struct text id)
{
    uint32_t hash = hash_of(kind, id);
    uint32_t at = list->newest[hash % PUT_CHAIN_COUNT];
    for (; at != PUT_NONE; at = list->puts[at].older) {
        const struct put *put = &list->puts[at];
        if (put->hash == hash && put->kind == kind && text_equal(put_list_id(list, at), id))
            return at;
    }
    return PUT_NONE;
}
