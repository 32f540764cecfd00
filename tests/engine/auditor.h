/* The auditor: a second, deliberately simple model of the ledger that predicts what the engine
 * answers and what every member then has.
 *
 * It is written from the design's section 3 and shares no code with the engine; of the house it
 * uses base alone (calendar, hashes, texts) and reads the compiled programme's tables. Everything
 * is a plain array that is walked from end to end, sums are taken in 128 bits, and nothing is
 * remembered that can be computed again: it is meant to be seen to be right, not to be fast.
 *
 *   auditor_world.c      a seed -> a random programme and its members
 *   auditor_expression.c expressions for it, and what they mean
 *   auditor_random.c     a random command that suits the state of the model, or does not
 *   auditor_ledger.c     lots, settling, spending, giving back
 *   auditor_earn.c       what a purchase earns
 *   auditor_return.c     what a return takes and gives
 *   auditor_tier.c       counters, windows, levels
 *   auditor_command.c    a command -> the answer predicted
 *   auditor_bench.c      drives the engine over a tiny store, checks invariants
 *   auditor_compare.c    answers, balances, lots and levels of both
 *   auditor_print.c      a programme in words
 *
 * Choices where the design is silent are written at the functions that make them.
 */
#ifndef GUERDON_TESTS_AUDITOR_H
#define GUERDON_TESTS_AUDITOR_H

#include "auditor_bench.h"

#define AUDIT_MEMBERS 6
#define AUDIT_WALLETS 2
#define AUDIT_ITEMS 4
#define AUDIT_REDEEMS 3
#define AUDIT_LINES (AUDIT_ITEMS + 1) /* and the shipping */
#define AUDIT_RULES 6
#define AUDIT_COUNTERS 4
#define AUDIT_TIER_SETS 2
#define AUDIT_COMMANDS 500
#define AUDIT_PIECES 1600
#define AUDIT_PARTS 200
#define AUDIT_BUCKETS 6000
#define AUDIT_NONE (-1)

/* --- random numbers: splitmix64 ----------------------------------------------------------- */
struct random {
    uint64_t state;
};
uint64_t random_next(struct random *random);
/* 0 to count - 1. */
int random_below(struct random *random, int count);
bool random_chance(struct random *random, int percent);

/* --- the model ---------------------------------------------------------------------------- */

/* Points of one earning that share release and expiry. */
struct piece {
    int wallet;
    uint64_t position; /* of the event that opened it */
    int number;        /* which of the event's lots */
    int order;         /* AUDIT_NONE: not earned by an order */
    int earning;       /* of the order */
    int owner;         /* whose it was before a merge */
    bool is_renewed;   /* activity moves its end on */
    int64_t release_us;
    int64_t expires_us;
    int64_t pending, available, held, expired;
    int64_t counted; /* of `expired`: already counted by a return */
};

/* Points taken from a piece. */
struct part {
    int piece;
    int64_t amount;
};

/* That a level was reached, or kept at its end, by the window that holds the day: it counts until
 * then. */
struct tier_mark {
    int32_t day;
    int64_t until_us;
};
#define AUDIT_MARKS 16

struct audit_level {
    struct tier_mark marks[AUDIT_MARKS]; /* oldest first */
    int mark_count;
    int level; /* -1: none */
    int64_t kept_until_us;
    int64_t upgrade_at_us; /* when the window closes that asks for a higher one */
    int32_t earned_day;    /* a day of the window in which the level was earned */
    int earner;            /* the member whose level it was then */
    bool in_grace;
};

struct audit_member {
    bool exists;
    bool is_closed;
    bool is_erased;
    int32_t joined_day;
    int birthday_month, birthday_day;
    int merged_into; /* AUDIT_NONE */
    int32_t merged_day;
    int64_t debt[AUDIT_WALLETS];
    int64_t claim[AUDIT_WALLETS];      /* what holds kept a return from taking */
    int64_t renewed_us[AUDIT_WALLETS]; /* the wallet's one expiry; INSTANT_NEVER: none yet */
    struct piece pieces[AUDIT_PIECES];
    int piece_count;
    struct audit_level levels[AUDIT_TIER_SETS];
};

struct audit_line {
    struct item item;
    bool is_shipping;
    int64_t adjustment; /* of the whole line, as `eligible:` has it */
    int64_t left;       /* units that can still be returned */
};

struct audit_earning {
    int wallet;
    int rule; /* index in the programme */
    int64_t granted, kept;
    bool is_limited; /* less was granted than the rule gave */
    bool counts[AUDIT_LINES];
    int64_t boost[AUDIT_LINES];   /* millionths */
    bool boosted[AUDIT_LINES][4]; /* which boosts of the rule applied */
};

/* What an order added to a counter, limit, stock or budget. */
enum audit_use_kind { USE_ONCE, USE_SUM, USE_EARNING, USE_WALLET, USE_SHARE };
struct audit_use {
    enum audit_use_kind kind;
    uint32_t symbol;
    int member; /* AUDIT_NONE: in all */
    int32_t day;
    int64_t amount; /* at first */
    int64_t left;
    int earning;      /* USE_EARNING */
    uint32_t counter; /* USE_SUM, USE_WALLET */
};
#define AUDIT_USES 64

struct audit_order {
    struct text id;
    int member;
    uint64_t position;
    int64_t occurred_us;
    uint32_t currency;
    struct audit_line lines[AUDIT_LINES];
    int line_count;
    struct audit_earning earnings[AUDIT_RULES];
    int earning_count;
    int redemption; /* the first of what was spent on it */
    int redemptions;
    struct audit_use uses[AUDIT_USES];
    int use_count;
};

enum audit_redemption_state { AUDIT_HELD, AUDIT_ENDED, AUDIT_DONE };

struct audit_redemption {
    struct text id; /* empty: cannot be named */
    int member;
    int wallet;
    int reward; /* AUDIT_NONE */
    enum audit_redemption_state state;
    bool was_hold;
    bool has_lapsed;
    int64_t lapses_us;
    int64_t amount;     /* held, then redeemed */
    int64_t given_back; /* of what was redeemed */
    struct part parts[AUDIT_PARTS];
    int part_count;
    int64_t occurred_us;
};

/* What was used of a limit, a stock, a budget, or counted by a counter, on one local day. */
struct bucket {
    uint32_t symbol;
    int member; /* AUDIT_NONE: in all */
    int32_t day;
    int64_t amount;
};

struct audit_key {
    struct text key;
    uint64_t position;
    const struct event *event;
};

struct audit {
    const struct program *program;
    bool is_unsteady;
    struct audit_member members[AUDIT_MEMBERS];
    struct audit_order orders[AUDIT_COMMANDS];
    int order_count;
    struct audit_redemption redemptions[AUDIT_COMMANDS];
    int redemption_count;
    struct audit_key keys[AUDIT_COMMANDS];
    int key_count;
    struct bucket buckets[AUDIT_BUCKETS];
    int bucket_count;
};

/* What the auditor says that the engine will say. */
struct prediction {
    enum answer answer;
    uint64_t repeated_position;
    int64_t units_matched, units_unmatched;
    int64_t granted[AUDIT_RULES];
    bool fired[AUDIT_RULES];
    int64_t eligible;
};

/* --- a world ------------------------------------------------------------------------------ */
struct command {
    struct event event;
    struct item items[AUDIT_ITEMS];
    struct returned returns[AUDIT_ITEMS];
    struct redeem redeems[AUDIT_REDEEMS];
    struct field_value values[2];
    int group;          /* the member that it is about; AUDIT_NONE: nobody, or more than one */
    enum answer answer; /* as predicted */
};

struct world {
    uint64_t seed;
    struct random random;
    struct arena arena; /* the programme and every id */
    struct program *program;
    int member_count;
    bool is_separable; /* nothing in it lets one member touch another */
    bool is_unsteady;  /* and its clock runs back now and then */
    int64_t latest_us; /* the latest recorded_at so far */
    int64_t clock_us;
    struct command commands[AUDIT_COMMANDS];
    int command_count;
    struct audit audit;
};

struct zones {
    const struct zone *list[3];
};

/* auditor_world.c */
void world_begin(struct world *world, uint64_t seed, const struct zones *zones);
struct text world_id(struct world *world, char letter, int number);
void world_print_program(const struct world *world);
/* auditor_expression.c */
/* Gives some of the programme's rules, counters and limits expressions, and it a custom event. */
void world_expressions(struct world *world);
/* What expressions see of the member from here on. */
void audit_note_before(const struct audit *audit, int member, bool is_new, int64_t occurred_us);
bool audit_when(const struct audit *audit, const struct cel_expression *expression,
                const struct audit_order *order, const struct event *event);
bool audit_where(const struct cel_expression *expression, const struct audit_line *line);
bool audit_amount(const struct audit *audit, const struct cel_expression *expression,
                  const struct audit_order *order, int line, const struct event *event,
                  int64_t *hundredths);
int64_t audit_money(const struct audit *audit, const struct cel_expression *expression,
                    const struct audit_order *order, int line);
uint32_t audit_limit_symbol(const struct limit *limit, const struct event *event);
/* auditor_random.c */
void world_next_command(struct world *world, struct command *command);
void command_print(const struct command *command, const struct program *program);

/* auditor_ledger.c: `now_us` is the recorded time of the command. */
int64_t audit_sum(int64_t a, int64_t b);
int64_t audit_available(const struct audit_member *member, int wallet);
int64_t audit_pending(const struct audit_member *member, int wallet);
int64_t audit_held(const struct audit_member *member, int wallet);
void audit_settle(struct audit *audit, int member, int64_t now_us);
/* Ends every hold that is due, whoever's it is: what it kept of stocks and limits is free. */
void audit_settle_holds(struct audit *audit, int64_t now_us);
struct piece *audit_piece_add(struct audit *audit, int member, const struct piece *piece);
void audit_open(struct audit *audit, int member, struct piece piece, int64_t amount,
                int64_t now_us);
void audit_release(struct audit_member *member, struct piece *piece, int64_t at_us);
void audit_pay_debt(struct audit_member *member, int wallet);
int audit_next_to_spend(const struct audit_member *member, int wallet);
int audit_take_available(struct audit *audit, int member, int wallet, int64_t amount,
                         struct part *parts);
/* Gives back up to `amount` of the parts, the last taken first. */
void audit_give_back(struct audit *audit, int member, struct part *parts, int count, int64_t amount,
                     int64_t now_us);
void audit_reward_use(struct audit *audit, const struct audit_redemption *redemption, int sign);
void audit_hold_release(struct audit *audit, struct audit_redemption *hold, int64_t at_us);
int64_t audit_expiry(const struct audit *audit, const struct expiry *expiry, int64_t occurred_us);
int64_t audit_lot_expiry(struct audit *audit, int member, int wallet, const struct expiry *expires,
                         int64_t occurred_us, int64_t now_us);
void audit_renew_wallet(struct audit_member *member, int wallet, int64_t expires_us,
                        int64_t now_us);
void audit_renew(struct audit *audit, int member, enum trigger trigger, int64_t occurred_us,
                 int64_t now_us);

/* auditor_tier.c */
void audit_count(struct audit *audit, uint32_t symbol, int member, int32_t day, int64_t amount);
int64_t audit_counted(const struct audit *audit, uint32_t symbol, int member,
                      const struct window *window, int32_t day, int32_t joined_day);
void audit_window(const struct audit *audit, const struct window *window, int32_t day,
                  int32_t joined_day, int32_t *first, int32_t *next);
int64_t audit_tier_due(const struct audit *audit, int member, int *set);
void audit_tier_settle(struct audit *audit, int member, int set, int64_t at_us);
void audit_tiers_enter(struct audit *audit, int member, int64_t occurred_us);
/* After a purchase added to a counter. */
void audit_tiers_measure(struct audit *audit, int member, uint32_t counter, int64_t occurred_us,
                         int64_t now_us);
/* After a merge: both count together. */
void audit_tiers_merged(struct audit *audit, int member, int64_t now_us);
/* After a return. */
void audit_tiers_re_evaluate(struct audit *audit, int member, int64_t now_us);

/* auditor_earn.c */
void audit_order_fill(const struct audit *audit, struct audit_order *order,
                      const struct event *event);
int64_t audit_line_base(const struct audit *audit, const struct audit_order *order, int line,
                        enum measure measure, int64_t units);
int64_t audit_order_base(const struct audit *audit, const struct audit_order *order,
                         enum measure measure, bool of_what_is_left);
bool audit_condition_holds(const struct audit *audit, int member, const struct condition *condition,
                           const struct audit_order *order, int64_t occurred_us,
                           const struct event *event);
bool audit_line_matches(const struct condition *condition, const struct audit_line *line);
int64_t audit_grant(const struct audit *audit, const struct audit_order *order,
                    const struct audit_earning *earning, bool of_what_is_left);
/* floor(amount x what is left of the lines that count / the whole of them). */
int64_t audit_share(const struct audit *audit, const struct audit_order *order, const bool *counts,
                    enum measure measure, int64_t amount);
bool audit_limits_allow(const struct audit *audit, const struct limit_range *range, int member,
                        const struct event *event);
void audit_earn(struct audit *audit, int member, struct audit_order *order,
                const struct event *event, int64_t now_us, struct prediction *prediction);

/* Counts the purchase; `uses` of the order note it for its returns. */
void audit_order_use(struct audit *audit, struct audit_order *order, struct audit_use use);
void audit_counters_count(struct audit *audit, int member, enum trigger trigger,
                          struct audit_order *order, const struct event *event, int64_t now_us);
int64_t audit_counter_value(const struct audit *audit, const struct audit_order *order,
                            uint32_t index, bool of_what_is_left);

int64_t audit_share_left(const struct audit *audit, const struct audit_order *order,
                         uint32_t counter, int64_t amount);

/* auditor_return.c */
enum answer audit_return(struct audit *audit, const struct event *event, int64_t now_us);
enum answer audit_return_by_sku(struct audit *audit, const struct event *event, int64_t now_us,
                                struct prediction *prediction);
enum answer audit_milestone(struct audit *audit, const struct event *event, int64_t now_us);

/* auditor_member.c: closing, opening again, erasing, and what is done by hand. */
/* What a closed or erased member no longer does; DONE for anything else. */
enum answer audit_membership(const struct audit *audit, const struct event *event);
enum answer audit_member_command(struct audit *audit, const struct event *event, int64_t now_us);

/* auditor_command.c */
int audit_wallet_find(const struct audit *audit, struct text id);
int audit_redemption_find(const struct audit *audit, struct text id);
int audit_member_find(const struct audit *audit, struct text id);
/* The member that now has everything of that one: itself, or whom it was merged into. */
int audit_member_now(const struct audit *audit, int member);
int audit_order_find(const struct audit *audit, struct text id);
void audit_command(struct audit *audit, const struct event *event, int64_t now_us,
                   struct prediction *prediction);

/* auditor_pair.c: both benches take the command and must answer the same and leave the same of the
 * members named; `narrow` has its lots in pages. False, with its message, when they differ. */
bool bench_pair_command(struct bench *plain, struct bench *narrow, struct world *world,
                        const struct command *command);

/* auditor_compare.c: both decide the command; false, with the bench's message, when they disagree.
 */
bool bench_command(struct bench *bench, struct world *world, const struct command *command,
                   struct prediction *prediction);

#endif
