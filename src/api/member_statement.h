/* A member's statement: what happened, newest first, in plain words; and balances of the past. */
#ifndef GUERDON_API_MEMBER_STATEMENT_H
#define GUERDON_API_MEMBER_STATEMENT_H

#include "api/reply_shape.h"

#define STATEMENT_PAGE_MAXIMUM 500 /* entries: the writer waits while one is read */
/* Records that are gone through for a balance of the past, for the same reason. */
#define STATEMENT_LOOK_BACK_MAXIMUM 5000

struct statement_entry {
    struct event_reply *event;
    struct text *words;
    uint32_t word_count;
    struct text reason;
    struct text actor;
};

struct statement_body {
    struct text member;
    struct text merged_into;
    struct statement_entry *entries;
    uint32_t entry_count;
    struct text next;
};
extern const struct shape statement_shape;

/* At most `limit` entries, and STATEMENT_PAGE_MAXIMUM, before the one at position `before` (0: from
 * the newest). Of a merged member: its own, up to the merge, and who has everything since.
 * NOT_FOUND: no such member; SYNTAX: `before` is no entry of it. */
MUST_CHECK enum status statement_read(struct turn *turn, struct text member, uint64_t before,
                                      uint32_t limit, struct arena *arena,
                                      struct statement_body *body);
/* What the member had at an instant before its last record, a merged one's survivor from the merge
 * on; `*is_past` false: it lies after. NOT_FOUND: no such member; LIMIT: too much has happened
 * since. */
MUST_CHECK enum status statement_balances_at(struct turn *turn, struct text member, int64_t at_us,
                                             struct arena *arena, struct balance_body **wallets,
                                             uint32_t *count, bool *is_past);

#endif
