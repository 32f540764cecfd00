/* Buckets of counters and limits. See window.h. */
#include "engine/window.h"

int32_t member_joined_day(const struct working *working, const struct state *state,
                          const struct window *window)
{
    if (window->kind != WINDOW_MEMBERSHIP_YEAR || !member_exists(state)) return 0;
    return zone_local_day(working->program->zone, member_of(state)->joined_at_us);
}

/* The first day of the membership year that holds `day`; years are counted from the day of joining,
 * 29 February clamping to the 28th. */
static int32_t membership_year(int32_t joined_day, int32_t day)
{
    int32_t years = date_of_day(day).year - date_of_day(joined_day).year;
    int32_t start = day_add_span(joined_day, (struct span){years, PERIOD_YEAR});
    if (start > day) start = day_add_span(joined_day, (struct span){years - 1, PERIOD_YEAR});
    return start;
}

int32_t window_bucket(const struct working *working, const struct window *window, int32_t day,
                      int32_t joined_day)
{
    switch (window->kind) {
    case WINDOW_LIFETIME:
        return 0;
    case WINDOW_CALENDAR:
        return period_first_day(window->unit, day, working->program->week_starts);
    case WINDOW_MEMBERSHIP_YEAR:
        return membership_year(joined_day, day);
    case WINDOW_ROLLING:
    default:
        return day;
    }
}

int32_t window_next_day(const struct working *working, const struct window *window, int32_t day,
                        int32_t joined_day)
{
    if (window->kind == WINDOW_CALENDAR) {
        return period_next_day(window->unit, day, working->program->week_starts);
    }
    if (window->kind == WINDOW_MEMBERSHIP_YEAR) {
        int32_t start = membership_year(joined_day, day);
        int32_t years = date_of_day(start).year - date_of_day(joined_day).year;
        return day_add_span(joined_day, (struct span){years + 1, PERIOD_YEAR});
    }
    return INT32_MAX;
}

enum status window_sum_of(const struct working *working, const struct tally *tallies,
                          uint32_t count, uint32_t symbol, const struct window *window, int32_t day,
                          int32_t joined_day, int64_t *sum)
{
    int64_t total = 0;
    int32_t bucket = window_bucket(working, window, day, joined_day);
    int32_t first = window->kind == WINDOW_ROLLING ? bucket - window->days + 1 : bucket;
    for (uint32_t i = 0; i < count; i++) {
        if (tallies[i].symbol != symbol) continue;
        if (tallies[i].day < first || tallies[i].day > bucket) continue;
        TRY(amount_increase(&total, tallies[i].amount));
    }
    *sum = total;
    return STATUS_OK;
}

enum status window_sum(const struct working *working, const struct state *state, uint32_t symbol,
                       const struct window *window, int32_t day, int32_t joined_day, int64_t *sum)
{
    *sum = 0;
    if (state == NULL || state->size == 0) return STATUS_OK;
    return window_sum_of(working, member_tallies(state), member_count(state, SECTION_TALLIES),
                         symbol, window, day, joined_day, sum);
}

static enum status forget_old(struct working *working, struct state *state, uint32_t symbol,
                              const struct window *window, int32_t oldest_day, int32_t joined_day)
{
    if (window->kind == WINDOW_LIFETIME) return STATUS_OK;
    int32_t first;
    if (window->kind == WINDOW_ROLLING) {
        first = oldest_day - window->days + 1;
    } else {
        /* One closed period stays: late events and returns still reach it. */
        int32_t open = window_bucket(working, window, oldest_day, joined_day);
        first = window_bucket(working, window, open - 1, joined_day);
    }
    for (uint32_t i = member_count(state, SECTION_TALLIES); i > 0; i--) {
        struct tally tally = member_tallies(state)[i - 1];
        if (tally.symbol != symbol || tally.day >= first) continue;
        TRY(emit(working, state,
                 (struct effect){.kind = EFFECT_TALLY_FORGOTTEN,
                                 .symbol = symbol,
                                 .day = tally.day,
                                 .owner = tally.owner}));
    }
    return STATUS_OK;
}

enum status window_add(struct working *working, struct state *state, uint32_t symbol,
                       const struct window *window, int32_t day, int32_t joined_day,
                       int32_t oldest_day, int64_t amount)
{
    if (amount == 0) return STATUS_OK;
    int32_t bucket = window_bucket(working, window, day, joined_day);
    TRY(emit(working, state,
             (struct effect){
                 .kind = EFFECT_TALLY_ADDED, .symbol = symbol, .day = bucket, .amount = amount}));
    return forget_old(working, state, symbol, window, oldest_day, joined_day);
}

enum status window_give_back(struct working *working, struct state *state, uint32_t symbol,
                             int32_t bucket_day, uint32_t owner, int64_t amount)
{
    if (amount == 0 || state == NULL || state->size == 0) return STATUS_OK;
    if (member_tally(state, symbol, bucket_day, owner) == NULL) return STATUS_OK;
    return emit(working, state,
                (struct effect){.kind = EFFECT_TALLY_ADDED,
                                .symbol = symbol,
                                .day = bucket_day,
                                .amount = -amount,
                                .owner = owner});
}
