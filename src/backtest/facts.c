/* Facts: watches a replay, notes each purchase and when each member first could pay for each
 * reward, and takes medians.
 */
#include "backtest/facts.h"

#include <stdlib.h>

#include "backtest/replay.h"

#define NEVER_REACHED INT64_MAX
#define MILLION INT64_C(1000000)

struct customer {
    int64_t first_us;
    int64_t last_us;
    int64_t purchases;
};

/* A member's way to a reward. */
struct way {
    int64_t available;
    int64_t purchases; /* NEVER_REACHED until the cost was available */
    int64_t days;
};

struct watch {
    const struct program *program;
    struct customer *customers; /* by member */
    struct way *ways;           /* by member, then by reward */
    int64_t *eligible;          /* by purchase */
    size_t purchase_count;
    uint32_t member_count;
};

static enum status watch_posting(struct watch *watch, uint32_t member, const struct effect *effect)
{
    uint32_t fields = effect_fields((enum effect_kind)effect->kind);
    if ((fields & FIELD(TO)) == 0) return STATUS_OK;
    bool is_less = (fields & FIELD(FROM)) != 0 && effect->from == ACCOUNT_AVAILABLE;
    bool is_more = effect->to == ACCOUNT_AVAILABLE;
    if (is_less == is_more) return STATUS_OK;
    const struct program *program = watch->program;
    const struct customer *customer = &watch->customers[member];
    for (uint32_t i = 0; i < program->reward_count; i++) {
        const struct reward *reward = &program->rewards[i];
        struct way *way = &watch->ways[(size_t)member * program->reward_count + i];
        if (program->wallets[reward->wallet].symbol != effect->symbol) continue;
        if (is_less) TRY(amount_decrease(&way->available, effect->amount));
        if (is_more) TRY(amount_increase(&way->available, effect->amount));
        if (way->available < reward->cost || way->purchases != NEVER_REACHED) continue;
        way->purchases = customer->purchases;
        way->days = (effect->at_us - customer->first_us) / MICROSECONDS_PER_DAY;
    }
    return STATUS_OK;
}

static enum status watch_event(void *context, uint32_t member, const struct event *event,
                               const struct decision *decision)
{
    struct watch *watch = context;
    struct customer *customer = &watch->customers[member];
    if (member >= watch->member_count) {
        watch->member_count = member + 1;
        customer->first_us = event->occurred_at_us;
        for (uint32_t i = 0; i < watch->program->reward_count; i++)
            watch->ways[(size_t)member * watch->program->reward_count + i].purchases =
                NEVER_REACHED;
    }
    if (event->type == EVENT_PURCHASE) {
        if (customer->purchases == 0) customer->first_us = event->occurred_at_us;
        customer->last_us = event->occurred_at_us;
        customer->purchases++;
        watch->eligible[watch->purchase_count++] = decision->eligible;
    }
    for (uint32_t i = 0; i < decision->effect_count; i++)
        TRY(watch_posting(watch, member, &decision->effects[i]));
    return STATUS_OK;
}

static int compare_figures(const void *a, const void *b)
{
    const int64_t *first = a;
    const int64_t *second = b;
    return (*first > *second) - (*first < *second);
}

/* The lower median; sorts them. */
static int64_t median(int64_t *figures, size_t count)
{
    if (count == 0) return 0;
    qsort(figures, count, sizeof *figures, compare_figures);
    return figures[(count - 1) / 2];
}

static void sum_up_customers(const struct watch *watch, const struct book *book, int64_t *figures,
                             struct order_facts *facts)
{
    size_t count = 0;
    for (uint32_t i = 0; i < watch->member_count; i++) {
        if (watch->customers[i].purchases > 0) figures[count++] = watch->customers[i].purchases;
    }
    facts->members = count;
    facts->median_orders = median(figures, count);
    count = 0;
    for (uint32_t i = 0; i < watch->member_count; i++) {
        const struct customer *customer = &watch->customers[i];
        if (customer->purchases < 2) continue;
        int64_t length_us = customer->last_us - customer->first_us;
        figures[count++] = length_us / MICROSECONDS_PER_DAY / (customer->purchases - 1);
    }
    facts->median_gap_days = median(figures, count);
    if (book->order_count > 0) {
        int64_t length_us = book->orders[book->order_count - 1].at_us - book->orders[0].at_us;
        facts->span_days = length_us / MICROSECONDS_PER_DAY;
    }
}

/* Over the customers with a purchase. */
static enum status sum_up_reward(const struct watch *watch, uint32_t reward, int64_t *figures,
                                 struct reward_reach *reach)
{
    uint32_t reward_count = watch->program->reward_count;
    size_t count = 0;
    int64_t reached = 0;
    for (uint32_t i = 0; i < watch->member_count; i++) {
        if (watch->customers[i].purchases == 0) continue;
        const struct way *way = &watch->ways[(size_t)i * reward_count + reward];
        figures[count++] = way->purchases;
        if (way->purchases != NEVER_REACHED) reached++;
    }
    *reach = (struct reward_reach){.median_purchases = -1, .median_days = -1};
    if (count == 0) return STATUS_OK;
    TRY(amount_multiply_divide(reached, MILLION, (int64_t)count, ROUNDING_DOWN,
                               &reach->reached_millionths));
    int64_t purchases = median(figures, count);
    if (purchases == NEVER_REACHED) return STATUS_OK;
    reach->median_purchases = purchases;
    count = 0;
    for (uint32_t i = 0; i < watch->member_count; i++) {
        const struct way *way = &watch->ways[(size_t)i * reward_count + reward];
        if (watch->customers[i].purchases == 0) continue;
        figures[count++] = way->purchases == NEVER_REACHED ? NEVER_REACHED : way->days;
    }
    reach->median_days = median(figures, count);
    return STATUS_OK;
}

enum status facts_gather(const struct book *book, const struct program *program, uint32_t currency,
                         struct arena *arena, struct problem_list *problems,
                         struct order_facts *facts)
{
    size_t members = (size_t)book->customers.count + 1;
    size_t rewards = (size_t)program->reward_count + 1;
    struct watch watch = {
        .program = program,
        .customers = arena_new_array(arena, struct customer, members),
        .ways = arena_new_array(arena, struct way, members * rewards),
        .eligible = arena_new_array(arena, int64_t, (size_t)book->order_count + 1),
    };
    int64_t *figures = arena_new_array(arena, int64_t, members);
    struct order_facts gathered = {
        .currency = currency,
        .rewards = arena_new_array(arena, struct reward_reach, rewards),
    };
    if (watch.customers == NULL || watch.ways == NULL || watch.eligible == NULL ||
        figures == NULL || gathered.rewards == NULL) {
        return STATUS_NO_MEMORY;
    }
    struct replay_options options = {
        .currency = currency,
        .redeem_reward = PROGRAM_NONE,
        .problems = problems,
        .observe = watch_event,
        .observe_context = &watch,
    };
    struct totals totals;
    enum status status = replay_run(book, program, &options, &totals);
    totals_release(&totals);
    TRY(status);
    sum_up_customers(&watch, book, figures, &gathered);
    for (uint32_t i = 0; i < program->reward_count; i++)
        TRY(sum_up_reward(&watch, i, figures, &gathered.rewards[i]));
    gathered.median_order_eligible = median(watch.eligible, watch.purchase_count);
    *facts = gathered;
    return STATUS_OK;
}
