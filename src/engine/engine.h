/* The face of the engine: plan, decide, apply. Pure: same input, same bytes out.
 *
 *   struct states states;
 *   states_init(&states, bytes);
 *   for each event:
 *       states_clear(&states);
 *       do {
 *           more = engine_plan(program, &event, &states)     adds keys that are not loaded
 *           for each that is not loaded: the store's bytes -> states_load
 *       } while (there were any);
 *       engine_decide(program, &states, &event, sink, &decision);
 *       store: append the record, save every state with is_dirty
 *
 * engine_decide changes the copies in `states` as it goes, by the very function that engine_apply
 * uses to fold a recorded decision, so that a later step of a decision sees what an earlier one
 * did and nothing is applied twice. When it fails, or the store cannot commit, the copies are
 * dropped.
 */
#ifndef GUERDON_ENGINE_ENGINE_H
#define GUERDON_ENGINE_ENGINE_H

#include "base/base.h"
#include "engine/decision.h"
#include "engine/entity.h"
#include "engine/event.h"
#include "program/program.h"

/* Names the entities that `event` needs and that are not in `states` yet; adds them there, not
 * loaded. `*added` is their number: 0 when all is there. */
MUST_CHECK enum status engine_plan(const struct program *program, const struct event *event,
                                   struct states *states, uint32_t *added);

/* The same for a read of a member's lots one by one: all that it keeps in pages. */
MUST_CHECK enum status engine_plan_lots(struct states *states, struct text member, uint32_t *added);

/* Why a rule, boost or reward did not fire; only those that were looked at for this event. */
#define WHY_NOT_LIST(X)                                                                            \
    X(OTHER_EVENT, "it waits for another event")                                                   \
    X(NOT_YET, "it has not begun")                                                                 \
    X(OVER, "it is over")                                                                          \
    X(TIER, "the member's tier does not match")                                                    \
    X(BIRTHDAY, "it is not the member's birthday")                                                 \
    X(CHANNEL, "the channel does not match")                                                       \
    X(STORE, "the store does not match")                                                           \
    X(ITEMS, "no item matches")                                                                    \
    X(ORDER_AT_LEAST, "the order is too small")                                                    \
    X(CURRENCY, "it has no rate for this currency")                                                \
    X(EXCLUDED, "another rule of its group fired")                                                 \
    X(LIMIT, "its limit is reached")                                                               \
    X(BUDGET, "the campaign's budget is spent")                                                    \
    X(NOT_BEST, "another boost is better")                                                         \
    X(NOTHING, "the amount is too small to earn")                                                  \
    X(EXPRESSION, "what it asks for is not true")                                                  \
    X(AUDIENCE, "the member is not in the campaign's audience")

enum why_not {
#define X(name, text) WHY_NOT_##name,
    WHY_NOT_LIST(X)
#undef X
        WHY_NOT_COUNT
};
const char *why_not_text(enum why_not why);

/* What a basket misses is counted in. */
enum near_unit {
    NEAR_MONEY,   /* minor units of the order; unit_index: of the currency */
    NEAR_POINTS,  /* smallest units; unit_index: of the wallet */
    NEAR_MEASURE, /* of what a counter counts; unit_index: of the counter */
    NEAR_UNITS    /* units of items; unit_index: none */
};

/* Receives what did not fire; `boost` is PROGRAM_NONE for the rule itself. `detail`: the smallest
 * part of an expression that was not true, with its values ("order.eligible >= 50.00: 42.10 >=
 * 50.00"), in the working set's arena; empty for other reasons. */
struct sink {
    void (*not_fired)(void *context, uint32_t rule, uint32_t boost, enum why_not why,
                      struct text detail);
    /* Told behind it when the order lacks so much of what an expression asks for; may be NULL. */
    void (*lacks)(void *context, uint32_t rule, uint32_t boost, enum near_unit unit,
                  int64_t missing);
    void *context;
};

/* Whose birthday the rules may ask for when the event is decided: of the member who joins, buys or
 * redeems, and of an order that is decided again, of whose order it is. By any id; over the states
 * as engine_plan and the store left them, of which it may be a view. Empty: nobody's. */
MUST_CHECK enum status engine_person(struct states *states, const struct event *event,
                                     struct text *member);

/* Which of the programme's segments the event's member is in when it happens, over its settled
 * states: is_in has an answer for each. The event says the birthday and the profile. NOT_FOUND. */
MUST_CHECK enum status engine_segments(const struct program *program, struct states *states,
                                       const struct event *event, bool *is_in);

/* Decides the event over loaded states. `sink` may be NULL. A refusal is STATUS_OK with
 * decision->answer; a fault (STATUS_OVERFLOW, NO_MEMORY, CORRUPT, LIMIT) leaves the copies
 * unusable. */
MUST_CHECK enum status engine_decide(const struct program *program, struct states *states,
                                     const struct event *event, const struct sink *sink,
                                     struct decision *decision);

/* The purchase that the event (PURCHASE or QUOTE) describes, decided as if it were confirmed now,
 * on copies: nothing is held or recorded, and `states` stays as engine_plan and the store left it.
 * Without a member it is somebody's who joins with it. What could not be redeemed is said in
 * decision->redeemed and left out. */
MUST_CHECK enum status engine_preview(const struct program *program, struct states *states,
                                      const struct event *event, const struct sink *sink,
                                      struct decision *decision);

/* What the basket of an event (as for engine_preview) just misses. */
enum near_kind {
    NEAR_RULE,   /* index: of the rule */
    NEAR_BOOST,  /* index: of the rule; part: of the boost */
    NEAR_REWARD, /* index: of the reward */
    NEAR_LEVEL   /* index: of the tier set; part: of the level */
};
struct near_miss {
    enum near_kind kind;
    uint32_t index;
    uint32_t part; /* PROGRAM_NONE: none */
    uint32_t symbol;
    int64_t missing; /* above 0 */
    enum near_unit unit;
    uint32_t unit_index;
    int64_t gain; /* points of gain_wallet that the rule would give more; or a reward's value */
    uint32_t gain_wallet; /* PROGRAM_NONE: money, or nothing that is counted */
};
#define NEAR_MISS_MAXIMUM 64
struct near_miss_list {
    struct near_miss *items; /* in the working set's arena */
    uint32_t count;
};
MUST_CHECK enum status engine_near_misses(const struct program *program, struct states *states,
                                          const struct event *event, struct near_miss_list *list);

/* Folds a recorded decision into copies of its entities' states; adds entities that are missing
 * from `states` as absent. STATUS_CORRUPT when an effect does not fit the state. */
MUST_CHECK enum status engine_apply(struct states *states, const struct decision *decision);

/* The same for states of any time, each of its own: an entity whose stamp says that it has the
 * record already is left as it is. For recovery: every record since the low-water mark, in order,
 * each over the states that the ones before left. replay.c says why this is right. */
MUST_CHECK enum status engine_apply_missing(struct states *states, const struct decision *decision);
/* Compares folded states with the balances and levels that the decision left behind:
 * STATUS_CORRUPT when they differ. Good right after engine_apply, before the next decision. */
MUST_CHECK enum status engine_check_after(const struct states *states,
                                          const struct decision *decision);

/* The record of a decision: a version byte and its fields, and the event that it answers; NULL: the
 * event is not kept. */
#define ENGINE_RECORD_VERSION 3 /* 2 is read, too */
#define ENGINE_RECORD_MAXIMUM (8u << 20)
MUST_CHECK enum status engine_encode(const struct decision *decision, const struct event *event,
                                     struct buffer *record);
/* All memory comes from the arena; texts are views of `record`. */
MUST_CHECK enum status engine_decode(struct text record, struct arena *arena,
                                     struct decision *decision);

/* The event as bytes: everything that the caller chose, so not its position and clock. The same
 * event gives the same bytes. STATUS_LIMIT for lists that are too long. */
MUST_CHECK enum status engine_encode_event(const struct event *event, struct arena *arena,
                                           struct text *bytes);
/* The event that a record keeps, as it was; texts are views of the record. STATUS_NOT_FOUND: it
 * keeps none. */
MUST_CHECK enum status engine_kept_event(const struct decision *decision, struct arena *arena,
                                         struct event *event);
/* Lists come from the arena, texts are views of `bytes`; prices come without zeros at their end. */
MUST_CHECK enum status engine_decode_event(struct text bytes, struct arena *arena,
                                           struct event *event);

/* Reads: all of them settle the working set's copy of the member first (the effects of doing so are
 * in `decision`, for whoever sums them up) and save nothing. */
MUST_CHECK enum status engine_settle(const struct program *program, struct states *states,
                                     struct text member, int64_t at_us, struct decision *decision);
/* Who has everything of the member now: itself, or whom it was merged into; a view of the loaded
 * copy, empty for an absent member. */
struct text member_survivor(const struct states *states, struct text member);
/* The balance in a wallet as the loaded copy has it; zeros for an absent member. */
MUST_CHECK enum status member_balance(const struct states *states, struct text member,
                                      uint32_t wallet_symbol, struct balance *balance);
/* Index of the level held in a tier set, PROGRAM_NONE for none. */
uint32_t member_level(const struct program *program, const struct states *states,
                      struct text member, uint32_t tier_set);
/* Where a member stands in a tier set. */
struct tier_progress {
    uint32_t level; /* index; PROGRAM_NONE: none */
    int64_t since_us;
    int64_t kept_until_us; /* INSTANT_NEVER */
    int64_t measured;      /* by the set's counter, in the window that holds the instant */
    uint32_t next;         /* index of the next level up; PROGRAM_NONE: none */
    int64_t missing;       /* to it, in the measure's smallest unit; 0: the next event gives it */
};
/* NOT_FOUND for an absent member. */
MUST_CHECK enum status member_progress(const struct program *program, const struct states *states,
                                       struct text member, uint32_t tier_set, int64_t at_us,
                                       struct tier_progress *progress);
/* The earliest instant at which pending points of the member are released; INSTANT_NEVER for none.
 * Straight from a state's bytes. */
int64_t member_bytes_next_release(const void *bytes, size_t size);

/* What of a member's state a table shows in columns of its own. Straight from the bytes, which need
 * not be aligned; false, or nothing, for bytes that are no member's. Texts are views of them. */
struct member_summary {
    int64_t joined_at_us;
    int64_t recorded_at_us;
    int64_t next_due_us;     /* INSTANT_NEVER: nothing is due */
    struct text merged_into; /* empty: it is a member of its own */
    uint32_t owner_count;    /* members that were ever merged into it */
    bool is_closed;
    bool is_erased;
};
bool member_bytes_summary(const void *bytes, size_t size, struct member_summary *summary);
/* The next of those that were merged into it and have not left again; `*index` begins at 0. False
 * at the end. The id is a view of the bytes. */
bool member_bytes_next_owner(const void *bytes, size_t size, uint32_t *index, struct text *id);
/* What it has in each wallet, over all its owners, in the order of the purses; a wallet comes once.
 * `*count` is how many there are, at most `maximum`. */
struct wallet_summary {
    uint32_t wallet; /* symbol */
    struct balance balance;
};
MUST_CHECK enum status member_bytes_wallets(const void *bytes, size_t size,
                                            struct wallet_summary *wallets, uint32_t maximum,
                                            uint32_t *count);
/* Its own levels (not those kept for somebody who may leave again). */
struct level_summary {
    uint32_t tier_set; /* symbol */
    uint32_t level;    /* symbol; 0: none */
    int64_t since_us;
    int64_t kept_until_us; /* INSTANT_NEVER */
};
MUST_CHECK enum status member_bytes_levels(const void *bytes, size_t size,
                                           struct level_summary *levels, uint32_t maximum,
                                           uint32_t *count);

/* One lot of a member, for explanations and checks. Lots in a page that is not loaded (see
 * engine_plan_lots) are shown as one, the first of them. */
struct lot_view {
    uint32_t wallet; /* symbol */
    enum account account;
    uint64_t earning;
    int64_t remaining;
    int64_t release_at_us;
    int64_t expires_at_us;
    uint32_t rule;
    uint32_t owner;
};
uint32_t member_lot_count(const struct states *states, struct text member);
MUST_CHECK enum status member_lot(struct states *states, struct text member, uint32_t index,
                                  struct lot_view *view);

/* ---- trying expressions out ---- */

/* A member as somebody describes it, for an expression to look at; arrays are as long as the
 * programme's lists, NULL for nothing. */
struct level_sketch {
    uint32_t level;        /* index; PROGRAM_NONE: none */
    int64_t since_us;      /* INSTANT_NEVER: not known */
    int64_t kept_until_us; /* INSTANT_NEVER: it has no end */
};
struct member_sketch {
    struct text id;
    int64_t joined_at_us;   /* INSTANT_NEVER: not known */
    int32_t birthday_month; /* 0: not known */
    int32_t birthday_day;
    const struct field_value *profile;
    uint32_t profile_count;
    const struct balance *wallets;
    const int64_t *counters; /* what each comes to in the window that holds the event; minor units
                                of money, smallest units of points */
    const struct level_sketch *levels;
};
struct trial {
    const struct program *program; /* of program_try_expression */
    const struct cel_expression *expression;
    /* PURCHASE or QUOTE, JOIN or CUSTOM. Its birthday and profile are the member's. */
    const struct event *event;
    bool has_happened; /* false: only the event's time is known, and nothing has happened */
    uint32_t item;     /* PROGRAM_NONE: none */
    const struct member_sketch *member;
};
/* The expression's value, and for a condition that is not true what made it so (added to `why`, as
 * cel_explain says it). The value lives until states_clear; a fault is a value of kind CEL_ERROR.
 * STATUS_INVALID for an event that would be refused. */
MUST_CHECK enum status engine_try_expression(struct states *states, const struct trial *trial,
                                             struct cel_value *value, struct buffer *why);

#endif
