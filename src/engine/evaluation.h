/* Evaluation: what the programme's expressions see of an event, and what they come to.
 *
 * They see the event, the order as rules look at it, and the member as it was before the event:
 * tiers, wallets and counters are noted when its conditions begin (evaluation_begin), because the
 * first rule that fires changes them. Everything else is read where it is, the amounts of an order
 * once an event.
 *
 * An evaluation never fails: a fault (a field that is not known, two currencies, an overflow) is a
 * value of kind CEL_ERROR, and a condition that comes to one does not hold.
 */
#ifndef GUERDON_ENGINE_EVALUATION_H
#define GUERDON_ENGINE_EVALUATION_H

#include "engine/working.h"

enum order_amount {
    AMOUNT_QUANTITY,
    AMOUNT_SUBTOTAL,
    AMOUNT_DISCOUNT,
    AMOUNT_TAX,
    AMOUNT_SHIPPING,
    AMOUNT_PAID_WITH_POINTS,
    AMOUNT_TOTAL,
    AMOUNT_ELIGIBLE,
    AMOUNT_COUNT
};

/* What of an order is worked out when it is first asked for. */
struct seen_order {
    const struct order *order; /* NULL: there is none */
    uint32_t currency;         /* as cel_currency has it */
    uint32_t known;            /* bit k: amounts[k] is there */
    int64_t amounts[AMOUNT_COUNT];
    const struct cel_list *items; /* NULL: not asked for yet */
};

/* What is there of a member before the event. */
struct seen_member {
    struct text id;
    int64_t joined_at_us;
    struct purse *purses;
    const struct tally *tallies;
    const struct tier *tiers;
    uint32_t purse_count;
    uint32_t tally_count;
    uint32_t tier_count;
};

enum segment_answer { SEGMENT_NOT_ASKED, SEGMENT_NO, SEGMENT_YES };

/* The value of a `for_each:`. */
struct limit_value {
    bool is_asked;
    bool is_known; /* false: the expression came to a fault */
    uint8_t digest[HASH_RECORD_BYTES];
};

struct evaluating {
    struct cel_evaluation cel;
    struct cel_value variables[SLOT_COUNT];
    struct working *working;
    struct arena *scratch;
    struct seen_member member;
    struct seen_order order;
    int32_t day; /* whose windows the counters sum */
    bool has_wall;
    struct wall_time wall; /* of the event, in the programme's zone */
    struct date date;
    uint8_t *segments;                /* enum segment_answer */
    struct limit_value *limit_values; /* by index of program->limits; NULL: none was asked for */
    struct text detail;               /* why the last condition did not hold, when a sink listens */
};

/* How a host's objects are read: evaluation_host.c. */
extern const struct cel_host evaluation_host;
struct cel_value evaluation_instant(int64_t instant_us);
/* Is the member in that segment? Asked once an event. */
bool evaluation_segment(struct evaluating *evaluating, uint32_t index);
/* The local day from which the member's years are counted, for a window of membership years; 0 for
 * other windows, and when it is not known. */
int32_t evaluation_joined_day(const struct working *working, const struct seen_member *member,
                              const struct window *window);
MUST_CHECK enum status evaluation_amount(struct evaluating *evaluating, enum order_amount which,
                                         int64_t *amount);

/* From here on expressions see this member (NULL: none), and no order. */
MUST_CHECK enum status evaluation_begin(struct working *working, const struct state *member);
/* What the quoted order holds is the member's to spend on it: expressions see it as available, as
 * if the order were bought without having been quoted. */
MUST_CHECK enum status evaluation_see_unheld(struct working *working, const struct order *quote);
/* The same with so much more of a wallet available and pending: what an order that is decided again
 * brought the member is none of what it had before. */
MUST_CHECK enum status evaluation_see_more(struct working *working, uint32_t wallet,
                                           int64_t available, int64_t pending);
/* Expressions see this order, as it is now. */
void evaluation_see_order(struct working *working, const struct order *order);

/* True if the condition holds; where it does not, and a sink listens, `detail` says why. */
bool evaluation_holds(const struct working *working, const struct cel_expression *expression);
/* The same for one item, without saying why not. */
bool evaluation_holds_for_item(const struct working *working,
                               const struct cel_expression *expression, uint32_t item);
#define NO_ITEM UINT32_MAX
/* A number, as 10^-`decimals` units; digits behind them are kept, up to `more` (then rounded):
 * what it comes to is *amount / 10^(decimals + *more_used). Money must be of that currency
 * (PROGRAM_NONE: no money). False for a fault. */
struct computed_unit {
    int32_t decimals;
    int32_t more;
    enum rounding rounding;
    uint32_t currency;
};
bool evaluation_number(const struct working *working, const struct cel_expression *expression,
                       uint32_t item, const struct computed_unit *unit, int64_t *amount,
                       int32_t *more_used);
/* Money's currency in the programme, PROGRAM_NONE for another number; false for a fault. */
bool evaluation_currency(const struct working *working, const struct cel_expression *expression,
                         uint32_t item, uint32_t *currency);
/* What stands for the limit's `for_each:` in this event; *value is NULL when it is not known. It is
 * asked of the order as it was sent, before rewards took something off it, so that a plan finds the
 * same. */
MUST_CHECK enum status evaluation_limit_value(const struct working *working,
                                              const struct limit *limit,
                                              const struct limit_value **value);
/* A tier set's measure over the counters as the member has them now, in the windows of `day`; what
 * cannot be computed is 0. */
MUST_CHECK enum status evaluation_measure(const struct working *working, const struct state *member,
                                          const struct tier_set *set, int32_t day,
                                          int64_t *measured);
/* How much of an amount of money the order would have to have more for the condition to hold, if
 * that is what it lacks: an operand of its `&&` is "order.X >= constant". False: there is none. */
struct lacking {
    enum order_amount which;
    int64_t missing; /* minor units, or units */
};
bool evaluation_lacks(const struct working *working, const struct cel_expression *expression,
                      struct lacking *lacking);

#endif
