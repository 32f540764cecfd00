/* Changes: what a record brought about, one by one, each with a type; as the feed lists them and
 * webhooks tell them. Told from the record alone (and, for a tier, from when its member was touched
 * before), so that a change is the same whenever it is asked for.
 */
#ifndef GUERDON_API_CHANGE_SHAPE_H
#define GUERDON_API_CHANGE_SHAPE_H

#include "api/reply_shape.h"

/* The types that are not about points: name, code, what it says. Those about points are
 * "points." and the code of POSTING_REASON_LIST. */
#define CHANGE_EVENT_LIST(X)                                                                       \
    X(MEMBER_CREATED, "member.created", "A member joined.")                                        \
    X(MEMBER_UPDATED, "member.updated", "A member's personal data changed.")                       \
    X(MEMBER_CLOSED, "member.closed", "A member was closed.")                                      \
    X(MEMBER_REOPENED, "member.reopened", "A closed member was opened again.")                     \
    X(MEMBER_ERASED, "member.erased", "A member's personal data were erased.")                     \
    X(MEMBER_MERGED, "member.merged", "A member was merged into another.")                         \
    X(MEMBER_UNMERGED, "member.unmerged", "A merge of members was undone.")                        \
    X(ORDER_QUOTED, "order.quoted", "An open order was decided, and what is limited held.")        \
    X(ORDER_CONFIRMED, "order.confirmed", "An order was paid: a purchase.")                        \
    X(ORDER_EDITED, "order.edited", "A confirmed order has other items.")                          \
    X(ORDER_MILESTONE, "order.milestone", "An order reached a milestone: shipped, delivered.")     \
    X(ORDER_RETURNED, "order.returned", "Something of an order was returned.")                     \
    X(ORDER_RETURN_UNDONE, "order.return_undone", "A return made by mistake was undone.")          \
    X(ORDER_CANCELLED, "order.cancelled", "An order was cancelled.")                               \
    X(ORDER_CLAIMED, "order.claimed", "A guest's order was credited to a member.")                 \
    X(REDEMPTION_HELD, "redemption.held", "Points were reserved.")                                 \
    X(REDEMPTION_CONFIRMED, "redemption.confirmed", "Points were redeemed.")                       \
    X(REDEMPTION_CANCELLED, "redemption.cancelled", "A reservation was let go.")                   \
    X(REDEMPTION_REVERSED, "redemption.reversed", "A redemption was given back.")                  \
    X(TIER_CHANGED, "tier.changed", "A member is at another level.")

enum change_type {
    CHANGE_NONE,
#define X(name, code, description) CHANGE_##name,
    CHANGE_EVENT_LIST(X)
#undef X
#define X(name, code, words) CHANGE_POINTS_##name,
        POSTING_REASON_LIST(X)
#undef X
            CHANGE_TEST, /* of webhooks alone */
    CHANGE_TYPE_COUNT
};
/* Their codes by number, ending with NULL; the first is empty. */
extern const char *const change_codes[];
const char *change_description(enum change_type type);

struct change_body {
    struct text id;
    int type; /* enum change_type */
    int64_t occurred_at_us;
    int64_t recorded_at_us;
    struct text member;
    struct event_reply *data;
};
extern const struct shape change_shape;

/* The changes of a record; outbox_options.list. */
MUST_CHECK enum status change_list(void *context, struct store *store, const struct record *record,
                                   struct arena *arena, struct change **changes, uint32_t *count);
/* The same as bodies. `context` is the service. */
MUST_CHECK enum status change_bodies(void *context, struct store *store,
                                     const struct record *record, struct arena *arena,
                                     struct change_body **bodies, uint32_t *count);
/* One of them, written; outbox_options.write. */
MUST_CHECK enum status change_write(void *context, struct store *store, const struct record *record,
                                    uint32_t index, struct arena *arena, struct text *id,
                                    struct text *body);
/* "chg_PROGRAMME_POSITION_NUMBER_HASH": the same for ever, and no other change's. The record's hash
 * is in it, so that what is recorded after an older backup was restored has other ids than what was
 * told before. Bytes NULL: no memory. */
struct text change_id(struct arena *arena, struct text program, const struct record *record,
                      uint32_t index);
/* "tst_PROGRAMME_NUMBER" */
struct text change_test_id(struct arena *arena, struct text program, uint32_t index);
/* Where the change with this id would be; that it is there its own id says. STATUS_SYNTAX for what
 * is no id of a change or test of this programme. Position 0: a test. */
MUST_CHECK enum status change_id_read(struct text id, struct text program, uint64_t *position,
                                      uint32_t *index);

#endif
