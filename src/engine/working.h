/* Working: what the files of a decision share while it is made.
 *
 * One `struct working` lives for one engine_decide. Its helpers append an effect and apply it to
 * the working copy at once, so that every later step reads what the earlier ones did. Pointers into
 * a state's bytes are good only until the next emit.
 */
#ifndef GUERDON_ENGINE_WORKING_H
#define GUERDON_ENGINE_WORKING_H

#include "engine/engine.h"
#include "engine/member.h"
#include "engine/order.h"
#include "engine/redemption.h"

struct bounds;
struct evaluating;
struct reversal_log;
struct wanted_pages;

struct working {
    const struct program *program;
    struct states *states;
    const struct event *event;
    const struct sink *sink;
    struct decision *decision;
    int64_t now_us;         /* recorded_at: when postings take effect */
    int64_t occurred_at_us; /* what chooses rules, periods and lot dates */
    int32_t occurred_day;   /* its local day */
    int32_t now_day;
    int32_t oldest_day;     /* of a late event that may still come: buckets are kept for it */
    uint32_t earning_count; /* lots opened by this event so far */
    const struct expiry *last_expiry; /* of lots_expiry; NULL: none yet */
    int64_t last_expires_at_us;
    uint32_t page_count;            /* pages opened by this event so far */
    const struct bounds *bounds;    /* of the members' states; NULL: they may grow */
    struct wanted_pages *wanted;    /* where pages are noted that are not loaded; NULL: a fault */
    struct reversal_log *reversals; /* where the steps of a return are noted; NULL: nowhere */
    uint32_t member_flags;          /* of the members that are loaded, together */
    uint32_t effect_capacity;
    uint32_t entity_capacity;
    uint32_t fired_capacity;
    uint32_t piece_capacity;
    uint32_t tally_capacity;
    uint32_t earning_capacity;
    uint64_t exclusive_fired[PROGRAM_RULE_MAXIMUM / 64 + 1]; /* groups, by number */
    /* What conditions see: an order earns at the tier held before it. See tiers_note_held. */
    uint32_t levels_before[PROGRAM_TIER_SET_MAXIMUM];
    struct evaluating *evaluating;     /* what expressions see; NULL before they see anything */
    const struct custom_event *custom; /* the declaration of a custom event; else NULL */
};

/* Appends the effect to the decision and applies it to the entity's working copy. */
MUST_CHECK enum status emit(struct working *working, struct state *state, struct effect effect);
/* Grows an arena array so that one more element fits. */
MUST_CHECK enum status array_reserve(struct arena *arena, void *array, uint32_t count,
                                     uint32_t *capacity, size_t size, uint32_t maximum);

/* Makes the entity one of the decision's, changed or not. */
MUST_CHECK enum status name_entity(struct working *working, struct state *state);
struct state *find_state(const struct working *working, enum entity_kind kind, struct text id);
/* The member that now has everything of `id`: itself, or whom it was merged into. NULL if there is
 * no such member. */
struct state *find_member(const struct working *working, struct text id);
/* The entity that keeps a stock, budget or limit in all; its state may be absent. */
struct state *find_tally(const struct working *working, uint32_t symbol);
/* The 4 bytes that are a TALLY entity's id. */
struct text tally_id(uint32_t symbol, char bytes[4]);
/* What keeps a tally that an order added to, in an entity of its own. */
struct state *find_keeper(const struct working *working, const struct order_tally *tally);

/* recorded_at = max(clock, the last recorded_at of every entity touched); an order or redemption is
 * never touched without its member. */
int64_t states_recorded_at(const struct states *states, int64_t clock_us);

const struct reward *reward_of_symbol(const struct program *program, uint32_t symbol);

/* Tells the sink, if somebody listens. */
void tell_not_fired(const struct working *working, uint32_t rule, uint32_t boost, enum why_not why);

/* True if what waits for `on` (of custom events, the one with that index) waits for this event. */
static inline bool working_is_trigger(const struct working *working, enum trigger on,
                                      uint32_t event, enum trigger trigger)
{
    return on == trigger &&
           (on != TRIGGER_CUSTOM || working->custom == &working->program->events[event]);
}

/* A refusal: STATUS_OK with the answer set. */
MUST_CHECK static inline enum status refuse(struct working *working, enum answer answer)
{
    working->decision->answer = answer;
    return STATUS_OK;
}
#define IS_REFUSED(working) ((working)->decision->answer != ANSWER_DONE)

static inline uint64_t earning_id(uint64_t position, uint32_t number)
{
    return position << 16 | number;
}

#endif
