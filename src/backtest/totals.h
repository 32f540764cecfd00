/* Totals: what a replay issued, took back, redeemed, let expire and owes, summed from decisions.
 *
 * Fed with every decision of one programme, in order; it looks at postings only, never at states,
 * so that it holds for live traffic as well. At the end it is closed with the members' levels.
 *
 * Invariant, checked by totals_close for each wallet:
 *   issued = taken_back + redeemed + expired + pending + outstanding,
 *   where outstanding = available + held - debt.
 */
#ifndef GUERDON_BACKTEST_TOTALS_H
#define GUERDON_BACKTEST_TOTALS_H

#include "engine/engine.h"

/* Sums of one wallet, in its smallest unit. */
struct wallet_totals {
    int64_t issued;
    int64_t taken_back; /* with what became debt */
    int64_t shortfall;  /* was to be taken and could not be */
    int64_t redeemed;
    int64_t expired; /* less what lives again */
    int64_t adjusted;
    int64_t pending;
    int64_t available;
    int64_t held;
    int64_t debt;
    int64_t outstanding;
};

/* The same in one calendar month of the programme's zone; the last three are the state at its end.
 */
struct month_totals {
    int32_t first_day;
    int64_t issued;
    int64_t taken_back;
    int64_t redeemed;
    int64_t expired;
    int64_t pending;
    int64_t outstanding;
    int64_t orders;         /* identified purchases */
    int64_t eligible_sales; /* minor units */
};

struct rule_totals {
    uint64_t fired;
    int64_t issued;
};

struct redemption_totals {
    uint64_t count;
    int64_t cost;  /* points */
    int64_t value; /* money that it cost the shop, minor units; 0 if not known */
};

/* Members by level of a tier set, at the end; [0] is none, [k + 1] level k. And per month. */
struct tier_totals {
    uint64_t *members;       /* level_count + 1 */
    uint64_t *month_members; /* month_count rows of level_count + 1: at the end of each month */
    /* Members by the highest level that they held at any time of the run (row) and the level that
     * they hold at its end (column), both numbered as `members` is: (level_count + 1) squared.
     * A level can only be lost, so all below the diagonal or on it; each column sums to
     * `members`. NULL: not counted. */
    uint64_t *highest_to_end;
};

/* One member's outcome, for winners and losers and for the difference between programmes. In the
 * first wallet. */
struct member_totals {
    int64_t issued; /* less what was taken back */
    int64_t redeemed;
    int64_t expired;
    int64_t balance;  /* available + pending + held - debt at the end */
    int64_t eligible; /* money spent, minor units, before returns */
    uint32_t orders;
};

struct totals {
    const struct program *program;
    uint32_t currency; /* index in the programme's currencies: of the orders, so of every amount of
                          sales here and of the members' `eligible` */
    struct wallet_totals *wallets; /* program->wallet_count */
    struct month_totals
        *months; /* of the first wallet; month_count * wallet_count, wallet by wallet */
    uint32_t month_count;
    int32_t first_month_day;
    struct rule_totals *rules;         /* program->rule_count */
    struct redemption_totals *rewards; /* program->reward_count */
    struct tier_totals *tiers;         /* program->tier_set_count */
    struct member_totals *members;     /* in the order of their first event; member_count */
    uint64_t member_count;             /* customers with an event before the end */
    uint64_t orders;                   /* identified purchases */
    uint64_t anonymous_orders;
    int64_t anonymous_sales; /* minor units: what was not earned on */
    uint64_t lines_total, lines_anonymous, lines_unreadable;
    uint64_t return_orders;
    uint64_t units_matched, units_unmatched;
    int64_t eligible_sales; /* identified, before returns, minor units */
    int64_t returned_sales; /* what matched returns took off `eligible_sales`, minor units, >= 0 */
    int64_t until_us;       /* the end of the replay */
    int64_t first_us, last_us;    /* first and last event */
    double seconds;               /* reading and replay, wall clock; the only number that varies */
    bool has_pending_without_end; /* pending points that only a milestone would release */
    struct arena arena;
    struct totals_work *work; /* while the run goes on */
};

/* Totals of nothing yet, for at most `member_maximum` members; `first_us` is the time of the first
 * event, whose month the series begin with. The programme must outlive them. */
MUST_CHECK enum status totals_open(struct totals *totals, const struct program *program,
                                   uint64_t member_maximum, int64_t first_us);
/* One more member, without a level; its number is `*member`. */
MUST_CHECK enum status totals_add_member(struct totals *totals, int64_t joined_at_us,
                                         uint32_t *member);
/* A decision for an event of that member alone; of a refused one only its effects count. */
MUST_CHECK enum status totals_add(struct totals *totals, uint32_t member, const struct event *event,
                                  const struct decision *decision);
/* The member's loaded state at the end: what totals_close compares the sums with. */
MUST_CHECK enum status totals_end_member(struct totals *totals, uint32_t member,
                                         const struct states *states, struct text id);
/* Works out what is left to work out and checks the invariant; STATUS_CORRUPT, and a problem that
 * names the sums which contradict each other, if it does not hold. */
MUST_CHECK enum status totals_close(struct totals *totals, struct problem_list *problems);
/* Also for totals that were never opened but zeroed, or not closed. */
void totals_release(struct totals *totals);

#endif
