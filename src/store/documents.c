/* Documents in memory. See documents.h.
 *
 * A commit first makes the copies and the room that it needs, which may fail, and then takes them
 * over, which cannot.
 */
#include "store/documents.h"

#include <stdlib.h>

#define DOCUMENTS_FIRST 16u

void documents_init(struct document_list *list)
{
    memset(list->tables, 0, sizeof list->tables);
    put_list_init(&list->puts);
}

void documents_release(struct document_list *list)
{
    for (size_t kind = 0; kind < DOCUMENT_KIND_COUNT; kind++) {
        struct document_table *table = &list->tables[kind];
        for (size_t i = 0; i < table->count; i++)
            free(table->documents[i].bytes);
        free(table->documents);
    }
    put_list_release(&list->puts);
}

static struct text id_of(const struct document *document)
{
    return (struct text){document->bytes, document->id_length};
}

static struct text value_of(const struct document *document)
{
    return (struct text){document->bytes + document->id_length, document->value_length};
}

/* Index of the first document whose id is not below `id`. */
static size_t first_from(const struct document_table *table, struct text id)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text_compare(id_of(&table->documents[middle]), id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct document_table *table, size_t index, struct text id)
{
    return index < table->count && text_equal(id_of(&table->documents[index]), id);
}

enum status documents_put(struct document_list *list, enum document_kind kind, struct text id,
                          struct text value)
{
    return put_list_add(&list->puts, kind, id, value);
}

void documents_undo(struct document_list *list)
{
    ASSERT(list->puts.count > 0);
    put_list_cut(&list->puts, list->puts.count - 1);
}

static enum status reserve(struct document_list *list)
{
    size_t added[DOCUMENT_KIND_COUNT] = {0};
    for (uint32_t i = 0; i < list->puts.count; i++)
        added[list->puts.puts[i].kind]++;
    for (size_t kind = 0; kind < DOCUMENT_KIND_COUNT; kind++) {
        struct document_table *table = &list->tables[kind];
        size_t needed = table->count + added[kind];
        if (needed <= table->capacity) continue;
        size_t capacity = table->capacity == 0 ? DOCUMENTS_FIRST : table->capacity;
        while (capacity < needed)
            capacity *= 2;
        struct document *documents =
            reallocarray(table->documents, capacity, sizeof *table->documents);
        if (documents == NULL) return STATUS_NO_MEMORY;
        table->documents = documents;
        table->capacity = capacity;
    }
    return STATUS_OK;
}

static enum status copy_put(const struct put_list *puts, uint32_t index, struct document *copy)
{
    struct text id = put_list_id(puts, index);
    struct text value = put_list_value(puts, index);
    copy->bytes = malloc(id.length + value.length + 1);
    if (copy->bytes == NULL) return STATUS_NO_MEMORY;
    copy->id_length = id.length;
    copy->value_length = value.length;
    if (id.length > 0) memcpy(copy->bytes, id.bytes, id.length);
    if (value.length > 0) memcpy(copy->bytes + id.length, value.bytes, value.length);
    return STATUS_OK;
}

/* Takes a copy over; its bytes are the table's from now on. */
static void take(struct document_table *table, struct document copy)
{
    size_t at = first_from(table, id_of(&copy));
    bool is_there = is_at(table, at, id_of(&copy));
    struct document *place = table->documents + at;
    size_t behind = table->count - at;
    if (is_there) free(place->bytes);
    if (copy.value_length == 0) {
        free(copy.bytes);
        if (!is_there) return;
        memmove(place, place + 1, (behind - 1) * sizeof *place);
        table->count--;
        return;
    }
    if (!is_there) {
        memmove(place + 1, place, behind * sizeof *place);
        table->count++;
    }
    *place = copy;
}

enum status documents_commit(struct document_list *list)
{
    uint32_t count = list->puts.count;
    if (count == 0) return STATUS_OK;
    TRY(reserve(list));
    struct document *copies = calloc(count, sizeof *copies);
    if (copies == NULL) return STATUS_NO_MEMORY;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = copy_put(&list->puts, i, &copies[i]);
    for (uint32_t i = 0; i < count; i++) {
        if (status == STATUS_OK) {
            take(&list->tables[list->puts.puts[i].kind], copies[i]);
        } else {
            free(copies[i].bytes);
        }
    }
    free(copies);
    if (status == STATUS_OK) put_list_cut(&list->puts, 0);
    return status;
}

enum status documents_get(const struct document_list *list, enum document_kind kind, struct text id,
                          struct arena *arena, struct text *value)
{
    struct text found;
    uint32_t put = put_list_find(&list->puts, kind, id);
    const struct document_table *table = &list->tables[kind];
    size_t at = first_from(table, id);
    if (put != PUT_NONE) {
        found = put_list_value(&list->puts, put);
    } else if (is_at(table, at, id)) {
        found = value_of(&table->documents[at]);
    } else {
        return STATUS_NOT_FOUND;
    }
    if (text_is_empty(found)) return STATUS_NOT_FOUND;
    struct text copy = arena_copy(arena, found);
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    *value = copy;
    return STATUS_OK;
}

enum status documents_each(const struct document_list *list, enum document_kind kind,
                           struct text after, document_visit visit, void *context)
{
    const struct document_table *table = &list->tables[kind];
    size_t at = first_from(table, after);
    if (is_at(table, at, after)) at++;
    for (; at < table->count; at++) {
        const struct document *document = &table->documents[at];
        TRY(visit(context, id_of(document), value_of(document)));
    }
    return STATUS_OK;
}
