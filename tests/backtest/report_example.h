/* Totals made up for the tests of the report: small ones whose every figure is written down, and
 * shops of any size whose figures fit together. No engine is involved. */
#ifndef GUERDON_TESTS_BACKTEST_REPORT_EXAMPLE_H
#define GUERDON_TESTS_BACKTEST_REPORT_EXAMPLE_H

#include "backtest/report.h"

struct example_options {
    const char *id;
    const char *title;
    uint32_t members;
    uint32_t months;
    uint32_t levels; /* of one tier set; 0: no tiers */
    uint32_t rules;
    uint32_t rewards;
    int64_t points_percent;   /* points for each 100.00 spent */
    int64_t expired_percent;  /* of what is issued */
    int64_t redeemed_percent; /* of what is issued */
    int64_t pending_percent;  /* of a month's points, at its end */
    int64_t spend_more_than;  /* minor units: members below earn nothing */
    bool has_liability;
    bool is_in_debt;   /* more is taken back than was issued */
    bool is_worthless; /* nobody spends anything */
};

/* A shop of that size; its programme and totals live in the arena. */
const struct totals *example_shop(struct arena *arena, const struct example_options *options);

/* The figures of the first case, with one wallet, rule, tier set and reward. */
struct totals *example_retail(struct arena *arena);
/* The programme of made-up totals, to be changed by a test; a copy in the arena. */
struct program *example_own_program(struct arena *arena, struct totals *totals);

struct comparison example_comparison(const struct totals *const *totals, uint32_t count);

#endif
