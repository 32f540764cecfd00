/* Puts: the documents that an open batch has written, before they are committed.
 *
 * A list in the order of writing; the last put of an id counts. Looking up goes through a small
 * table of the newest put in each chain, so that forgetting the newest ones is a matter of cutting
 * the list.
 */
#ifndef GUERDON_STORE_PUTS_H
#define GUERDON_STORE_PUTS_H

#include "store/store.h"

#define PUT_CHAIN_COUNT 1024u
#define PUT_NONE UINT32_MAX

struct put {
    size_t offset; /* of id, then value, in the list's bytes */
    uint32_t hash;
    uint32_t older; /* in the same chain */
    uint32_t value_length;
    uint16_t id_length;
    uint8_t kind; /* enum document_kind */
};

struct put_list {
    struct put *puts;
    uint32_t count;
    uint32_t capacity;
    struct buffer bytes;
    uint32_t newest[PUT_CHAIN_COUNT];
};

void put_list_init(struct put_list *list);
void put_list_release(struct put_list *list);
MUST_CHECK enum status put_list_add(struct put_list *list, enum document_kind kind, struct text id,
                                    struct text value);
/* Forgets all but the first `count`. */
void put_list_cut(struct put_list *list, uint32_t count);
/* The newest put of that id, or PUT_NONE. */
uint32_t put_list_find(const struct put_list *list, enum document_kind kind, struct text id);
struct text put_list_id(const struct put_list *list, uint32_t index);
struct text put_list_value(const struct put_list *list, uint32_t index);

#endif
