/* Limits, budgets and stock. See limits.h.
 *
 * A limit per member is a tally in the member's state; one in all, a budget or a stock is an entity
 * of its own, so that it is exact whoever uses it. engine_plan loads those that an event may touch.
 */
#include "engine/limits.h"

#include "engine/window.h"

static struct state *limit_state(const struct working *working, const struct state *member,
                                 const struct limit *limit)
{
    if (limit->scope == LIMIT_IN_ALL) return find_tally(working, limit->symbol);
    return (struct state *)(uintptr_t)member;
}

static int32_t joined_day_of(const struct working *working, const struct state *member,
                             const struct limit *limit)
{
    return limit->scope == LIMIT_PER_MEMBER ? member_joined_day(working, member, &limit->window)
                                            : 0;
}

enum status limit_left(const struct working *working, const struct state *member,
                       const struct limit *limit, int32_t day, int64_t *left)
{
    int64_t used;
    TRY(window_sum(working, limit_state(working, member, limit), limit->symbol, &limit->window, day,
                   joined_day_of(working, member, limit), &used));
    int64_t rest;
    TRY(amount_subtract(limit->amount, used, &rest));
    *left = amount_positive(rest);
    return STATUS_OK;
}

enum status limit_use(struct working *working, struct state *member, const struct limit *limit,
                      int32_t day, int64_t amount)
{
    struct state *state = limit_state(working, member, limit);
    if (state == NULL) return STATUS_CORRUPT;
    return window_add(working, state, limit->symbol, &limit->window, day,
                      joined_day_of(working, member, limit), working->oldest_day, amount);
}

enum status limit_give_back(struct working *working, struct state *member,
                            const struct limit *limit, int32_t day, uint32_t owner, int64_t amount)
{
    if (limit->scope == LIMIT_IN_ALL) owner = 0;
    return window_give_back(working, limit_state(working, member, limit), limit->symbol,
                            limit_bucket(working, member, limit, day), owner, amount);
}

int32_t limit_bucket(const struct working *working, const struct state *member,
                     const struct limit *limit, int32_t day)
{
    return window_bucket(working, &limit->window, day, joined_day_of(working, member, limit));
}

enum status limits_leave_one(const struct working *working, const struct state *member,
                             struct limit_range range, int32_t day, bool *leaves)
{
    *leaves = true;
    for (uint32_t i = 0; i < range.count; i++) {
        const struct limit *limit = &working->program->limits[range.first + i];
        int64_t left;
        TRY(limit_left(working, member, limit, day, &left));
        if (left <= 0) *leaves = false;
    }
    return STATUS_OK;
}

static const struct window lifetime = {.kind = WINDOW_LIFETIME};

enum status allowance_left(const struct working *working, uint32_t symbol, int64_t total,
                           int64_t *left)
{
    int64_t used;
    int64_t rest;
    TRY(window_sum(working, find_tally(working, symbol), symbol, &lifetime, 0, 0, &used));
    TRY(amount_subtract(total, used, &rest));
    *left = amount_positive(rest);
    return STATUS_OK;
}

enum status allowance_use(struct working *working, uint32_t symbol, int64_t amount)
{
    struct state *state = find_tally(working, symbol);
    if (state == NULL) return STATUS_CORRUPT;
    if (amount < 0) return window_give_back(working, state, symbol, 0, 0, -amount);
    return window_add(working, state, symbol, &lifetime, 0, 0, 0, amount);
}
