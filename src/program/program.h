/* The face of program: a programme file becomes a checked, compiled programme.
 *
 * The text (YAML, or JSON, which is read as the YAML that it is) is parsed to a tree of nodes with
 * positions, checked against the one list of keys, and compiled to the tables below. A programme is
 * immutable once loaded, lives in one arena, and holds no pointer out of it but into its own text.
 * The engine reads these tables and nothing else; it never sees the file.
 *
 * Lists are arrays with a count; one thing names another by its index in the other's list, and
 * PROGRAM_NONE stands for no such thing. `symbol` is hash_symbol of the thing's path
 * ("wallet/points", "rule/base", "counter/spend", "tier/club", "level/club/vib",
 * "limit/rule/base/per_member", "reward/ten-off", "campaign/spring"): the number that recorded data
 * use, the same in every version of a programme; two equal symbols in one programme are reported as
 * a problem.
 */
#ifndef GUERDON_PROGRAM_PROGRAM_H
#define GUERDON_PROGRAM_PROGRAM_H

#include "base/base.h"
#include "program/expression.h"

#define PROGRAM_NONE UINT32_MAX
/* Boost factors are in millionths: 1.25 is 1,250,000. */
#define BOOST_SCALE 6
#define BOOST_ONE INT64_C(1000000)

#define PROGRAM_TEXT_MAXIMUM (4u << 20) /* bytes of a programme file */
#define PROGRAM_WALLET_MAXIMUM 16
#define PROGRAM_RULE_MAXIMUM 2000
#define PROGRAM_COUNTER_MAXIMUM 200
#define PROGRAM_TIER_SET_MAXIMUM 16
#define PROGRAM_LEVEL_MAXIMUM 50 /* of one tier set */
#define PROGRAM_BOOST_MAXIMUM 32 /* of one rule */
#define PROGRAM_EVENT_MAXIMUM 200
#define PROGRAM_SEGMENT_MAXIMUM 200
#define PROGRAM_FIELD_MAXIMUM 100 /* of one custom event, or of the profile */

/* What can set a rule off or renew an expiry. A custom event is TRIGGER_CUSTOM and the index of its
 * type in program->events. */
#define EVENT_NAME_LIST(X)                                                                         \
    X(JOIN, "join")                                                                                \
    X(PURCHASE, "purchase")                                                                        \
    X(CUSTOM, "custom")

enum trigger {
#define X(name, text) TRIGGER_##name,
    EVENT_NAME_LIST(X)
#undef X
        TRIGGER_COUNT
};

/* What is summed or counted of an order. */
enum measure {
    MEASURE_EVENTS,    /* 1 an order: `count: purchases` */
    MEASURE_ELIGIBLE,  /* money that `eligible:` lets count: order.eligible, item.eligible */
    MEASURE_SUBTOTAL,  /* quantity x unit price, before discounts: order.subtotal, item.subtotal */
    MEASURE_QUANTITY,  /* units: order.quantity, item.quantity */
    MEASURE_EARNED,    /* what the event earned in a wallet: earned.WALLET */
    MEASURE_EXPRESSION /* what an expression comes to; reversed by its share of what is eligible */
};

enum window_kind { WINDOW_LIFETIME, WINDOW_CALENDAR, WINDOW_ROLLING, WINDOW_MEMBERSHIP_YEAR };

struct window {
    enum window_kind kind;
    enum period_unit unit; /* CALENDAR: which period */
    int32_t days;          /* ROLLING: whole local days, today included */
};

struct currency {
    struct text code;
    int32_t decimals;
};

/* What of an order counts as eligible. */
struct eligible {
    bool tax_included;
    bool shipping_included;
    bool discounts_subtracted;
    bool paid_with_points_included;
    bool gift_cards_included; /* items of type gift_card */
};

struct wallet_name {
    struct text language; /* "en" */
    struct text one;      /* "point" (empty if the language has no such form) */
    struct text other;    /* "points" */
};

enum period_end {
    PERIOD_END_NONE,
    PERIOD_END_DAY,
    PERIOD_END_WEEK,
    PERIOD_END_MONTH,
    PERIOD_END_QUARTER,
    PERIOD_END_YEAR
};

struct expiry {
    bool given;         /* false: never expires */
    struct span after;  /* count 0: nothing is added before `on` */
    enum period_end on; /* moved on to the end of that period (the first instant after it) */
    bool renewed_by[TRIGGER_COUNT]; /* any true: one expiry instant for the whole wallet */
    bool *renewed_by_event;         /* by index of program->events; NULL: by none of them */
    bool is_renewed;
};

struct pending {
    bool given;        /* false: available at once */
    struct text until; /* name of the milestone that releases it, empty if none */
    bool has_at_latest;
    struct span at_latest; /* released then in any case */
};

enum earned_but_spent { SPENT_TO_ZERO, SPENT_BELOW_ZERO, SPENT_ONLY_PENDING, SPENT_WRITE_OFF };

struct wallet {
    struct text id;
    uint32_t symbol;
    struct wallet_name *names;
    uint32_t name_count;
    int32_t decimals;
    struct expiry expires;
    struct pending pending;
    enum earned_but_spent earned_but_spent;
    bool expired_lives_again; /* on_return.spent_lot_expired: live N days (else: stay expired) */
    struct span live_again_for;
    bool has_liability;
    struct decimal liability; /* money for one whole point */
    uint32_t liability_currency;
};

/* The structured `if:`. A part that is not given is always true. */
struct condition {
    bool is_given;         /* false: every part is absent */
    uint32_t tier_set;     /* PROGRAM_NONE: no tier asked for */
    int32_t level_lowest;  /* index in the set's levels; -1: members without a level */
    int32_t level_highest; /* inclusive */
    bool birthday_given;
    enum period_unit birthday; /* DAY, WEEK or MONTH that holds the member's birthday */
    struct text *channels;     /* each list sorted by bytes */
    uint32_t channel_count;
    struct text *stores;
    uint32_t store_count;
    struct text *categories; /* these two choose items: the rule looks at the matching ones only and
                                does not fire when there is none */
    uint32_t category_count;
    struct text *skus;
    uint32_t sku_count;
    uint32_t order_at_least_currency;   /* PROGRAM_NONE: not asked for */
    int64_t order_at_least;             /* of order.eligible */
    int64_t from_us;                    /* INSTANT_EARLIEST when not given */
    int64_t until_us;                   /* exclusive; INSTANT_NEVER when not given */
    const struct cel_expression *when;  /* bool, of the event; NULL: not given */
    const struct cel_expression *where; /* bool, of each item: chooses items, like categories */
};

/* A custom event: something that happens and is no purchase. */
struct custom_event {
    struct text id;  /* "review" */
    uint32_t symbol; /* "event/review" */
    struct text title;
    struct declared_field *fields;
    uint32_t field_count;
};

struct segment {
    struct text id;
    uint32_t symbol; /* "segment/skincare_lovers" */
    struct text title;
    const struct cel_expression *expression; /* bool, SCOPE_MEMBER */
};

enum limit_scope { LIMIT_PER_MEMBER, LIMIT_IN_ALL };

struct limit {
    uint32_t symbol;
    enum limit_scope scope;
    uint32_t wallet; /* PROGRAM_NONE: `amount` counts times; else points of that wallet */
    int64_t amount;
    struct window window;
    /* `for_each:`: the limit holds for each value of it by itself (string, int or bool, of event,
     * order and program alone); each value's tally is an entity of its own. NULL: one for all. */
    const struct cel_expression *for_each;
};

/* A slice of program->limits. */
struct limit_range {
    uint32_t first;
    uint32_t count;
};

struct counter {
    struct text id;
    uint32_t symbol;
    enum trigger on;
    uint32_t event; /* of TRIGGER_CUSTOM */
    enum measure measure;
    const struct cel_expression *sum; /* MEASURE_EXPRESSION: int, or money in `currency`; SCOPE_ITEM
                                         with `each_item`, else SCOPE_EVENT */
    uint32_t wallet;                  /* of MEASURE_EARNED */
    uint32_t currency; /* of the money measures: orders in another currency do not count */
    bool each_item;    /* `each: item`: condition and sum are taken line by line */
    struct condition condition;
    struct window window;
};

enum tier_upgrade { UPGRADE_AT_ONCE, UPGRADE_AT_PERIOD_END };
enum tier_kept { KEPT_FOR_EVER, KEPT_AS_MEASURED, KEPT_TO_PERIOD_END, KEPT_FOR_SPAN };
enum tier_downgrade { DOWNGRADE_NONE, DOWNGRADE_ONE_LEVEL, DOWNGRADE_BY_MEASURE };
enum tier_on_return { TIER_KEEP, TIER_RE_EVALUATE };

struct level {
    struct text id;
    uint32_t symbol;
    struct text title; /* the id if none is given */
    int64_t from;      /* in the measure's smallest unit; 0 for an entry level */
};

struct tier_set {
    struct text id;
    uint32_t symbol;
    uint32_t counter; /* measured_by; of an expression: the first counter that it reads */
    /* `measured_by` as an expression of counters alone, all with the same window: int, or money in
     * `measure_currency` (else PROGRAM_NONE). NULL: the counter is the measure. */
    const struct cel_expression *measure;
    uint32_t measure_currency;
    bool *measured_counters; /* by index: what `measure` reads; NULL without one */
    struct level *levels;    /* lowest first; `from` strictly ascends */
    uint32_t level_count;
    enum tier_upgrade upgrade;
    enum tier_kept kept;
    enum period_unit kept_unit; /* TO_PERIOD_END */
    int32_t kept_periods;       /* 0: end of calendar year; 1: end of next calendar year */
    struct span kept_span;      /* FOR_SPAN: the holding time */
    enum tier_downgrade downgrade;
    struct span grace;   /* count 0: none; days after the end before a level is lost */
    struct span at_risk; /* count 0: none; notice before the end */
    enum tier_on_return on_return;
};

/* Points (smallest unit) for money (minor units) or units. */
struct rate {
    uint32_t currency; /* PROGRAM_NONE: of the quantity */
    int64_t points;
    int64_t per;
};

struct calculator_row {
    struct text key;
    int64_t points; /* over calculator.per */
};

enum calculator_by { CALCULATOR_BY_CATEGORY, CALCULATOR_BY_SKU, CALCULATOR_BY_TYPE };

struct calculator {
    struct text id;
    uint32_t symbol;
    enum calculator_by by;
    uint32_t wallet;
    uint32_t currency;
    struct calculator_row *rows; /* sorted by key */
    uint32_t row_count;
    int64_t otherwise; /* points over `per`; 0: other items earn nothing */
    int64_t per;       /* the common denominator of all rows */
};

enum earn_kind { EARN_FIXED, EARN_RATE, EARN_CALCULATOR };
enum boost_combine { COMBINE_BEST, COMBINE_ADD, COMBINE_MULTIPLY };

struct boost {
    struct text id;
    uint32_t symbol;
    struct condition condition;
    int64_t factor; /* millionths */
    struct limit_range limits;
    uint32_t campaign; /* PROGRAM_NONE: always on */
};

struct rule {
    struct text id;
    uint32_t symbol;
    enum trigger on;
    uint32_t event; /* of TRIGGER_CUSTOM */
    struct condition condition;
    uint32_t campaign; /* PROGRAM_NONE: a loose rule */
    enum earn_kind earn;
    uint32_t wallet;
    int64_t fixed; /* EARN_FIXED: points of one firing */
    /* "(EXPRESSION) points": int or decimal, whole points, instead of `fixed` or of each rate's
     * `points`; SCOPE_ITEM with `each_item`. Below 0 counts as 0. NULL: the number stands there. */
    const struct cel_expression *points;
    /* "of (EXPRESSION)": money or int, instead of `measure`; the grant is then fixed, and keeps its
     * share of what is eligible when goods go back. NULL: `measure`. */
    const struct cel_expression *base;
    struct rate *rates; /* EARN_RATE: one for each currency given */
    uint32_t rate_count;
    uint32_t calculator; /* EARN_CALCULATOR */
    enum measure measure;
    bool each_item; /* rounded (or given) for each item on its own, not once an order */
    bool per_whole; /* the base is rounded down to whole `per`s before points are counted */
    enum rounding rounding;
    struct pending pending; /* the wallet's unless the rule says otherwise */
    struct expiry expires;  /* likewise */
    struct boost *boosts;   /* own boosts, then those of campaigns, in file order */
    uint32_t boost_count;
    enum boost_combine combine;
    uint32_t exclusive; /* number of the exclusive group; PROGRAM_NONE: none */
    int32_t priority;   /* lower first; 100 when not given */
    struct limit_range limits;
};

struct campaign {
    struct text id;
    uint32_t symbol;
    struct text title;
    int64_t from_us;
    int64_t until_us;       /* exclusive */
    uint32_t budget_wallet; /* PROGRAM_NONE: no budget */
    int64_t budget;
    const struct cel_expression *audience; /* bool, SCOPE_MEMBER; NULL: everybody */
};

enum reward_gives { GIVES_NOTHING_MORE, GIVES_DISCOUNT, GIVES_CHOICE };

struct reward {
    struct text id;
    uint32_t symbol;
    struct text title;
    uint32_t wallet;
    int64_t cost;
    enum reward_gives gives;
    int64_t discount; /* money off the order */
    uint32_t discount_currency;
    int32_t choose; /* GIVES_CHOICE: how many of `of` */
    struct text *of;
    uint32_t of_count;
    bool has_value; /* `value:`, or the discount: what it costs the shop, money */
    int64_t value;
    uint32_t value_currency;
    bool has_stock;
    int64_t stock;
    struct limit_range limits;
    int64_t order_at_least; /* needs; 0: nothing */
    uint32_t order_at_least_currency;
    struct condition needs; /* tier, channel, store, birthday, dates */
};

struct program {
    struct text id;
    struct text title;
    uint32_t version; /* given by whoever publishes; 1 for a file */
    const struct zone *zone;
    int32_t week_starts; /* ISO weekday, 1 to 7 */
    struct currency *currencies;
    uint32_t currency_count;
    struct eligible eligible;
    struct wallet *wallets;
    uint32_t wallet_count;
    struct counter *counters;
    uint32_t counter_count;
    struct tier_set *tier_sets;
    uint32_t tier_set_count;
    struct calculator *calculators;
    uint32_t calculator_count;
    struct rule *rules; /* loose rules and those of campaigns, by priority, then in file order */
    uint32_t rule_count;
    struct campaign *campaigns;
    uint32_t campaign_count;
    struct reward *rewards;
    uint32_t reward_count;
    struct limit *limits;
    uint32_t limit_count;
    uint32_t exclusive_count;
    struct custom_event *events;
    uint32_t event_count;
    struct segment *segments;
    uint32_t segment_count;
    struct declared_field *profile; /* what of a member's personal data rules may look at */
    uint32_t profile_count;
    bool uses_profile;    /* some expression does */
    bool has_expressions; /* some key holds one */
    /* One of the environments that the expressions were compiled in, for cel_evaluation_init (all
     * declare the same objects); NULL: there is no expression. */
    const struct cel_environment *environment;
    struct problem_list warnings; /* what can be loaded and is probably not meant */
    bool has_returns_within;
    struct span returns_within; /* later returns are refused; earnings older than this merge */
    struct span
        claims_within;   /* a guest's order can be claimed for so long; 30 days if not given */
    bool uses_birthdays; /* some condition asks for the member's birthday */
    bool refuses_unknown_members; /* who buys must have joined; else buying makes a member */
    struct span late_within; /* late events older than this are refused; 30 days if not given */
};

/* Reads a programme. All mistakes go to `problems`, each with its place; STATUS_INVALID when there
 * is one, and `*program` stays as it was. `file` is only named in the problems. The programme lives
 * in `arena` and keeps no view of `text`. */
MUST_CHECK enum status program_load(struct arena *arena, struct text file, struct text text,
                                    struct problem_list *problems, const struct program **program);

/* ---- trying expressions out ---- */

/* What an expression can be asked of: something that happens, by its trigger. */
struct tried_scope {
    enum trigger on;
    uint32_t event; /* of TRIGGER_CUSTOM */
};
struct tried_expression {
    const struct cel_expression *expression; /* NULL: it has problems */
    /* The programme with that expression in it, for whoever evaluates: it shares the rest. */
    const struct program *program;
    struct cel_problems problems;
    struct cel_problems warnings;
};
/* Compiles an expression as if it stood in a loaded programme. It may name what a rule on that
 * event may, and `item`. STATUS_OK with problems too. All of it lives in the arena. */
MUST_CHECK enum status program_try_expression(struct arena *arena, const struct program *program,
                                              struct tried_scope scope, struct text source,
                                              struct tried_expression *tried);
/* All that such an expression may name, in groups: see cel_environment_print. */
MUST_CHECK enum status program_print_names(struct arena *arena, const struct program *program,
                                           struct tried_scope scope, struct buffer *out);

/* Index of the thing with that id, or PROGRAM_NONE. */
uint32_t program_find_reward(const struct program *program, struct text id);
uint32_t program_find_wallet(const struct program *program, struct text id);
/* The wallet that recorded data name by this symbol, or NULL. */
const struct wallet *program_wallet_of_symbol(const struct program *program, uint32_t symbol);
uint32_t program_find_counter(const struct program *program, struct text id);
uint32_t program_find_tier_set(const struct program *program, struct text id);
uint32_t program_find_event(const struct program *program, struct text id);

/* What a number of a wallet's points is called in English: "point" or "points". */
struct text wallet_unit(const struct wallet *wallet, int64_t amount);

/* What a structured condition means, as the two expressions that it is short for: of the event, and
 * of each item (categories and articles). Nothing is added where nothing is asked; `when` and
 * `where` of the condition itself are not repeated. */
MUST_CHECK enum status program_condition_expression(const struct program *program,
                                                    const struct condition *condition,
                                                    struct buffer *when, struct buffer *where);

/* The programme in plain words, line by line, for people who do not read YAML. */
MUST_CHECK enum status program_describe(const struct program *program, struct buffer *out);

/* What real orders say about the customers; filled by backtest, looked at by advice. */
struct order_facts {
    uint64_t members;              /* identified customers with a purchase */
    int64_t span_days;             /* from the first order to the last */
    uint32_t currency;             /* index in the programme */
    int64_t median_orders;         /* purchases of the median customer */
    int64_t median_gap_days;       /* between purchases, over customers with at least two */
    int64_t median_order_eligible; /* money, minor units */
    /* For each reward: share of customers whose earnings reach its cost at least once, in
     * millionths, and the median customer's purchases and days to it (-1: never). */
    struct reward_reach {
        int64_t reached_millionths;
        int64_t median_purchases;
        int64_t median_days;
    } * rewards;
};

/* Advice: what a good programme would do otherwise; each with a stable code and the threshold that
 * it crossed. `facts` is NULL when no orders were given: the advice that needs them is left out and
 * a line says so. */
MUST_CHECK enum status program_advise(const struct program *program,
                                      const struct order_facts *facts, struct buffer *out);

/* The published JSON Schema (draft 2020-12) of a programme file, made from the list of keys. */
MUST_CHECK enum status program_schema(struct buffer *out);

#endif
