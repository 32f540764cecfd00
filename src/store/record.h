/* Record: how a record is kept as bytes, and how each is chained to what came before it.
 *
 *   version  hash (32 bytes)  position  link count  links: kind id sequence previous-position  body
 *
 * Numbers are variable-length (LEB128), the body ends the record. An id is its length and where it
 * stands: in the body, so many bytes less one behind its beginning, or, for 0, here. Bodies begin
 * with the ids of what they are about, so hardly any stands twice.
 * A record links to the one before it of every entity that it touched, except idempotency keys,
 * which are touched once. Its hash is hash_record of
 *
 *   the hash of the record before it in the journal (zeros for the first)
 *   for each link the hash of the entity's record before (zeros if there is none)
 *   everything behind the hash: position, links, body
 *
 * so whoever has the records alone can work out all of it again: record_check, in store.h.
 */
#ifndef GUERDON_STORE_RECORD_H
#define GUERDON_STORE_RECORD_H

#include "store/store.h"

/* Records of version 1 are read: every id stands behind its length alone. */
#define RECORD_VERSION 2
#define RECORD_LINK_MAXIMUM 65535u

/* The last record of an entity: what its next link and hash are made from. Zeros: it has none. */
struct record_stamp {
    uint64_t position;
    uint64_t sequence;
    struct record_hash hash;
};

/* Appends the record's bytes to `bytes` and works out `record->hash`. `previous` has one hash for
 * each link. On failure `bytes` is as it was. */
MUST_CHECK enum status record_encode(struct record *record, const struct record_hash *before,
                                     const struct record_hash *previous, struct buffer *bytes);
/* The links come from the arena, ids and body are views of `bytes`. Trusts nothing:
 * STATUS_CORRUPT. */
MUST_CHECK enum status record_decode(struct text bytes, struct arena *arena, struct record *record);
/* Whether the record is the entity's next one behind `stamp`, by its link. */
bool record_follows(const struct record_link *link, const struct record_stamp *stamp);

#endif
