/* A member's statement: what happened, newest first, in plain words; and balances of the past. */
#ifndef GUERDON_API_MEMBER_STATEMENT_H
#define GUERDON_API_MEMBER_STATEMENT_H

#include "api/reply_shape.h"

#define STATEMENT_WHOLE 100000 /* entries of an export */

struct statement_entry {
    struct event_reply *event;
    struct text *words;
    uint32_t word_count;
    struct text reason;
    struct text actor;
};

struct statement_body {
    struct statement_entry *entries;
    uint32_t entry_count;
    struct text next;
};
extern const struct shape statement_shape;

/* At most `limit` entries below position `before` (0: from the newest). NOT_FOUND: no such member.
 */
MUST_CHECK enum status statement_read(struct turn *turn, struct text member, uint64_t before,
                                      uint32_t limit, struct arena *arena,
                                      struct statement_body *body);
/* What the member had at an instant before its last record; `*is_past` false: it lies after. */
MUST_CHECK enum status statement_balances_at(struct turn *turn, struct text member, int64_t at_us,
                                             struct arena *arena, struct balance_body **wallets,
                                             uint32_t *count, bool *is_past);

#endif
