/* Documents of a store that lives in memory: per kind a sorted array, and the open batch's puts.
 *
 * What is put is seen by documents_get at once and by documents_each after documents_commit.
 */
#ifndef GUERDON_STORE_DOCUMENTS_H
#define GUERDON_STORE_DOCUMENTS_H

#include "store/puts.h"

struct document {
    char *bytes; /* id, then value */
    size_t id_length;
    size_t value_length;
};

struct document_table {
    struct document *documents; /* by id in byte order */
    size_t count;
    size_t capacity;
};

struct document_list {
    struct document_table tables[DOCUMENT_KIND_COUNT];
    struct put_list puts;
};

void documents_init(struct document_list *list);
void documents_release(struct document_list *list);
MUST_CHECK enum status documents_put(struct document_list *list, enum document_kind kind,
                                     struct text id, struct text value);
/* Forgets the newest put. */
void documents_undo(struct document_list *list);
/* STATUS_NO_MEMORY: nothing was taken over, the puts are still there. */
MUST_CHECK enum status documents_commit(struct document_list *list);
MUST_CHECK enum status documents_get(const struct document_list *list, enum document_kind kind,
                                     struct text id, struct arena *arena, struct text *value);
MUST_CHECK enum status documents_each(const struct document_list *list, enum document_kind kind,
                                      struct text after, document_visit visit, void *context);

#endif
