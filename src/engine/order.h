/* Order: what an order was, and what it earned, spent and counted: all that a return needs.
 *
 * A return must undo what was recorded, whatever today's rules say. So the order's state holds per
 * line what its base is worth, and for each earning its rates, boosts, rounding and grant. Its
 * bytes are a run of variable-length numbers (codec_bytes.h), about 13 bytes for a plain line; it
 * is decoded when a return, edit or milestone looks into it and encoded again when that changed it.
 *
 * What an earning keeps when units go back is worked out here, by the same function that works out
 * what it earns at first (order_points): with nothing returned the two are the same by
 * construction.
 *
 * A line's base for `units` of its quantity:
 *     subtotal(units) = units x unit_price, exact, rounded half up to the minor unit
 *     eligible(units) = subtotal(units) + adjustment x units / quantity, rounded half up;
 *                       0 if excluded
 * Of what is left, money refunded without goods is taken off both, never below 0.
 */
#ifndef GUERDON_ENGINE_ORDER_H
#define GUERDON_ENGINE_ORDER_H

#include "engine/event.h"
#include "engine/states.h"
#include "program/program.h"

#define ORDER_FORMAT 1
#define ORDER_EARNING_MAXIMUM 4096
#define ORDER_RATE_MAXIMUM 256 /* distinct rates of one earning, as it is kept */
#define ORDER_MILESTONE_MAXIMUM 64
#define ORDER_RETURN_MAXIMUM 1024    /* with an id, of one order */
#define ORDER_REVERSAL_MAXIMUM 65535 /* steps of one return */
#define ORDER_CART_MAXIMUM (4u << 20)
#define ORDER_TALLY_MAXIMUM 4096
#define TALLY_KEY_BYTES 20 /* symbol, and what stands for the value */
#define ORDER_SPEND_LOT_MAXIMUM 65535

/*             QUOTE again; its time is over: it holds nothing and stays open
 *                            +--+
 *             QUOTE          |  v      CONFIRM_ORDER
 *   nothing ---------------> OPEN ----------------------> CONFIRMED <--- PURCHASE by a member
 *      |                     |  |                             |
 *      | PURCHASE            |  | CONFIRM_ORDER               | CANCEL_ORDER
 *      | without a member    |  | without a member            v
 *      |                     +--|----- CANCEL_ORDER ------> CANCELLED
 *      |                        v                             ^
 *      +---------------------> GUEST --- CANCEL_ORDER --------+
 *                               |                             |
 *                               | CLAIM                       |
 *                               v                             |
 *                            CLAIMED --- CANCEL_ORDER --------+
 *
 * GUEST, CONFIRMED and CLAIMED stay what they are through RETURN, UNDO_RETURN, EDIT and MILESTONE.
 */
enum order_status {
    ORDER_CONFIRMED, /* bought by a member */
    ORDER_OPEN,      /* quoted: a cart, and what it holds */
    ORDER_CANCELLED,
    ORDER_GUEST,  /* bought by nobody yet */
    ORDER_CLAIMED /* bought as a guest, credited later */
};

enum order_line_flag {
    LINE_EXCLUDED = 1, /* nothing of it is eligible (a gift card) */
    LINE_SHIPPING = 2, /* no item: goes back when everything goes back */
};

struct order_line {
    struct text sku;
    struct text item; /* its id; empty: its number from 1 */
    int64_t quantity;
    int64_t returned; /* units */
    struct decimal unit_price;
    int64_t adjustment; /* discounts, tax and points paid, as `eligible:` has them; whole line */
    int64_t refunded;   /* money given back for it without goods */
    uint8_t flags;
};

/* Which lines something looks at: all of them, or those listed. */
struct line_choice {
    bool all;
    uint32_t count;
    uint32_t *lines;
};

/* points x boost / (per x 10^BOOST_SCALE) for each unit of base. */
struct line_rate {
    int64_t points;
    int64_t boost;
};

enum earning_flag {
    EARNING_EACH_ITEM = 1,
    EARNING_PER_WHOLE = 2,
    EARNING_FIXED = 4,   /* line_rate.points over `per` is the grant */
    EARNING_LIMITED = 8, /* a limit or budget cut the grant: it keeps its share of the base */
    EARNING_UNTAKEN = 16 /* `untaken` is above 0 */
};

struct earning {
    uint32_t rule;   /* symbol */
    uint32_t wallet; /* symbol */
    uint32_t number; /* its number in the event: earning id = position << 16 | number */
    enum measure measure;
    enum rounding rounding;
    uint8_t flags;
    int64_t per;
    int64_t granted;
    int64_t kept;
    int64_t
        untaken; /* an edit was to take them and they were spent: given first if it gives again */
    struct line_choice choice;
    uint32_t rate_count; /* distinct rates; 1: every line has the first */
    struct line_rate *rates;
    uint16_t *line_rates; /* for each chosen line its rate; NULL when rate_count is 1 */
    struct text until;    /* milestone that releases it; empty */
};

enum order_tally_kind {
    ORDER_TALLY_SUM,    /* a counter of a measure over lines */
    ORDER_TALLY_ONCE,   /* one for the order: given back when everything is returned */
    ORDER_TALLY_POINTS, /* follows what an earning keeps */
    ORDER_TALLY_SHARE,  /* an expression's sum: keeps its share of what is eligible */
};

/* What the order added to a counter, limit, budget: given back by a return in the same bucket. */
struct order_tally {
    uint8_t kind;
    bool is_in_all; /* kept in an entity of its own, not in the member */
    uint32_t symbol;
    int32_t day;
    int64_t amount; /* that it added */
    int64_t left;   /* of that, what returns have not given back */
    enum measure measure;
    uint32_t earning; /* POINTS: index in earnings; UINT32_MAX: every earning of `wallet` */
    uint32_t wallet;  /* POINTS over a wallet: symbol */
    struct line_choice choice;
    struct text key; /* of the entity of a limit for each value; empty: the symbol names it */
};

struct spent_lot {
    uint64_t earning;
    int64_t amount;
    int64_t expires_at_us; /* as it was when the lot was taken */
    bool is_renewed;       /* activity would have moved it on */
    uint32_t rule;
    uint32_t owner;
    uint32_t funder;
    int32_t returnable_until_day;
};

/* Points that were redeemed, or in an open order are held. */
struct spend {
    uint32_t wallet; /* symbol; 0: nothing was spent */
    uint32_t reward; /* symbol; 0: plain points */
    int64_t amount;
    int64_t given_back;
    int64_t discount;  /* money that the reward took off the order */
    int32_t limit_day; /* local day on which its limits were counted */
    uint32_t refusal;  /* OPEN: why it is not held, enum answer; 0: it is */
    uint32_t lot_count;
    struct spent_lot *lots;
};

/* What an open order promised to earn in a wallet. */
struct promised {
    uint32_t wallet; /* symbol */
    int64_t amount;
};

/* One step of a return, for undoing it: what the effect of that kind changed, and of points the lot
 * that they were in. */
struct reversal {
    uint8_t kind;    /* enum effect_kind */
    uint8_t account; /* of the lot */
    uint32_t symbol; /* wallet */
    uint32_t index;  /* of the line, earning, tally or spend */
    int64_t amount;
    int64_t release_at_us;
    struct spent_lot lot;
};

/* A return with an id. Only the last thing that happened to the order's units can be undone. */
struct order_return {
    struct text id;
    uint64_t position;
    uint64_t before;    /* the order's `changes` before it */
    uint64_t mark;      /* and right after it */
    struct text holder; /* who had the member's things then */
    uint32_t step_count;
    struct reversal *steps;
};

struct order {
    enum order_status status;
    struct text member; /* empty: a guest's, or nobody's yet */
    uint64_t sequence;  /* events that touched it */
    uint64_t position;  /* of the purchase */
    uint64_t last_position;
    int64_t occurred_at_us;
    int64_t recorded_at_us; /* of the last event that touched it */
    uint32_t program_version;
    uint32_t currency;
    int32_t currency_decimals;
    uint32_t line_count;
    struct order_line *lines;
    uint32_t earning_count;
    struct earning *earnings;
    uint32_t tally_count;
    struct order_tally *tallies;
    uint32_t spend_count;
    struct spend *spends;
    /* The levels that its conditions saw: index + 1 in each tier set, 0 for none. */
    uint32_t level_count;
    uint8_t levels[PROGRAM_TIER_SET_MAXIMUM];
    uint64_t revision;    /* quotes and edits raise it */
    uint64_t changes;     /* returns, refunds and edits so far */
    uint64_t quote;       /* position of the last quote; 0: never quoted */
    int64_t lapses_at_us; /* OPEN: when it lets go of what it holds */
    bool is_holding;      /* OPEN: its holds have not ended */
    struct text cart;     /* OPEN, GUEST: the event that named the items, as its record has it */
    uint32_t promised_count;
    struct promised *promised;
    uint32_t milestone_count;
    struct text *milestones; /* that it has reached */
    uint32_t return_count;
    struct order_return *returns;
};

/* Decodes a loaded order into its working form, once: state->order. STATUS_CORRUPT for other
 * bytes. All that it names lives in the working set's arena. */
MUST_CHECK enum status order_open(struct states *states, struct state *state);
/* The bytes of an order, in the arena. */
MUST_CHECK enum status order_encode(struct arena *arena, const struct order *order,
                                    struct text *bytes);
MUST_CHECK enum status order_decode(struct arena *arena, struct text bytes, struct order *order);

/* The position of the last event that touched it, and how many did, from its bytes. */
MUST_CHECK enum status order_bytes_stamp(const void *bytes, size_t size, uint64_t *position,
                                         uint64_t *sequence);

static inline int64_t line_left(const struct order_line *line)
{
    return line->quantity - line->returned;
}
/* True if the order has reached that milestone. */
bool order_has_reached(const struct order *order, struct text milestone);
/* True if nothing that can be returned is left. */
bool order_is_empty(const struct order *order);
/* What `units` of a line count by a measure: minor units, or units; 0 for EVENTS and EARNED. */
MUST_CHECK enum status line_measure(const struct order *order, const struct order_line *line,
                                    enum measure measure, int64_t units, int64_t *value);
/* What a line's units that are left come to in money, less what was refunded without goods. */
MUST_CHECK enum status line_money_left(const struct order *order, const struct order_line *line,
                                       int64_t *amount);
/* The same summed over the chosen lines: of what is left, or of the whole quantities. */
MUST_CHECK enum status order_measure(const struct order *order, const struct line_choice *choice,
                                     enum measure measure, bool whole, int64_t *value);
/* What an earning comes to, from the whole quantities or from what is left; never below 0. The
 * rule's rounding for the whole, down for what is left; a FIXED or LIMITED one keeps
 * floor(granted x left / whole). */
MUST_CHECK enum status order_points(const struct order *order, const struct earning *earning,
                                    bool whole, int64_t *points);
/* floor(amount x what is left of a measure on the chosen lines / the whole of it); where that is
 * nothing (free items), the units decide. */
MUST_CHECK enum status order_share(const struct order *order, const struct line_choice *choice,
                                   enum measure measure, int64_t amount, int64_t *share);
/* The k-th chosen line. */
static inline uint32_t choice_line(const struct line_choice *choice, uint32_t k)
{
    return choice->all ? k : choice->lines[k];
}
static inline uint32_t choice_count(const struct line_choice *choice, uint32_t line_count)
{
    return choice->all ? line_count : choice->count;
}

#endif
