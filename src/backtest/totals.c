/* Totals: every posting of a run is counted once, on the account it leaves and on the one it
 * reaches, in the wallet, in the month and for the member.
 *
 * What happened is read from effects alone. States are looked at once, when the run has ended, to
 * compare: what the members hold must be what the postings left them.
 *
 * Invariants
 *   1. The accounts of a wallet sum to zero after every decision.
 *   2. A month's row holds changes while the run goes on, and the state at its end once closed:
 *      effects that fell due long ago may come late, so no month is finished before the last.
 */
#include "backtest/totals.h"

#include <stdlib.h>

#include "backtest/months.h"

#define TOTALS_BYTES_MAXIMUM ((size_t)1 << 36)

struct tier_work {
    uint8_t *levels;  /* by member: 0 for none, k + 1 for level k */
    uint8_t *highest; /* by member */
    int64_t *changes; /* by month: members that come to and leave each level */
    uint32_t width;   /* level_count + 1 */
};

struct wallet_work {
    int64_t accounts[ACCOUNT_COUNT];
    struct balance held_by_members; /* at the end, by their states */
};

struct totals_work {
    struct months months;
    uint32_t month_capacity;
    struct month_totals *rows; /* by month, then by wallet */
    struct wallet_work *wallets;
    struct tier_work *tiers;
    uint64_t member_maximum;
};

static enum status allocate_members(struct totals *totals, uint64_t member_maximum)
{
    struct totals_work *work = totals->work;
    const struct program *program = totals->program;
    size_t maximum = member_maximum == 0 ? 1 : (size_t)member_maximum;
    totals->members = arena_new_array(&totals->arena, struct member_totals, maximum);
    if (totals->members == NULL) return STATUS_NO_MEMORY;
    work->member_maximum = member_maximum;
    for (uint32_t i = 0; i < program->tier_set_count; i++) {
        struct tier_work *tier = &work->tiers[i];
        tier->width = program->tier_sets[i].level_count + 1;
        tier->levels = arena_new_array(&totals->arena, uint8_t, maximum);
        tier->highest = arena_new_array(&totals->arena, uint8_t, maximum);
        if (tier->levels == NULL || tier->highest == NULL) return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

enum status totals_open(struct totals *totals, const struct program *program,
                        uint64_t member_maximum, int64_t first_us)
{
    *totals = (struct totals){.program = program};
    arena_init(&totals->arena, TOTALS_BYTES_MAXIMUM);
    totals->work = arena_new(&totals->arena, struct totals_work);
    if (totals->work == NULL) return STATUS_NO_MEMORY;
    TRY(months_open(&totals->work->months, program->zone, first_us));
    /* One more than none, so that no array is empty. */
    totals->wallets =
        arena_new_array(&totals->arena, struct wallet_totals, program->wallet_count + 1u);
    totals->rules = arena_new_array(&totals->arena, struct rule_totals, program->rule_count + 1u);
    totals->rewards =
        arena_new_array(&totals->arena, struct redemption_totals, program->reward_count + 1u);
    totals->tiers =
        arena_new_array(&totals->arena, struct tier_totals, program->tier_set_count + 1u);
    totals->work->wallets =
        arena_new_array(&totals->arena, struct wallet_work, program->wallet_count + 1u);
    totals->work->tiers =
        arena_new_array(&totals->arena, struct tier_work, program->tier_set_count + 1u);
    if (totals->wallets == NULL || totals->rules == NULL || totals->rewards == NULL ||
        totals->tiers == NULL || totals->work->wallets == NULL || totals->work->tiers == NULL) {
        return STATUS_NO_MEMORY;
    }
    return allocate_members(totals, member_maximum);
}

void totals_release(struct totals *totals)
{
    struct totals_work *work = totals->work;
    if (work != NULL) {
        months_release(&work->months);
        free(work->rows);
        for (uint32_t i = 0; work->tiers != NULL && i < totals->program->tier_set_count; i++)
            free(work->tiers[i].changes);
    }
    arena_release(&totals->arena);
    *totals = (struct totals){.program = NULL};
}

/* Zeroed rows up to `capacity` months, each of `width` elements of `size` bytes. */
static enum status widen(void **rows, uint32_t old_capacity, uint32_t capacity, size_t width,
                         size_t size)
{
    void *grown = reallocarray(*rows, (size_t)capacity * width, size);
    if (grown == NULL) return STATUS_NO_MEMORY;
    size_t old_bytes = (size_t)old_capacity * width * size;
    memset((char *)grown + old_bytes, 0, (size_t)capacity * width * size - old_bytes);
    *rows = grown;
    return STATUS_OK;
}

/* The month that holds the instant, with room in every series. */
static enum status month_of(struct totals *totals, int64_t at_us, uint32_t *month)
{
    struct totals_work *work = totals->work;
    TRY(months_find(&work->months, at_us, month));
    if (*month < work->month_capacity) return STATUS_OK;
    uint32_t capacity = work->months.count * 2;
    const struct program *program = totals->program;
    TRY(widen((void **)&work->rows, work->month_capacity, capacity, program->wallet_count + 1u,
              sizeof *work->rows));
    for (uint32_t i = 0; i < program->tier_set_count; i++) {
        TRY(widen((void **)&work->tiers[i].changes, work->month_capacity, capacity,
                  work->tiers[i].width, sizeof *work->tiers[i].changes));
    }
    work->month_capacity = capacity;
    return STATUS_OK;
}

enum status totals_add_member(struct totals *totals, int64_t joined_at_us, uint32_t *member)
{
    struct totals_work *work = totals->work;
    uint32_t month = 0;
    TRY(month_of(totals, joined_at_us, &month));
    ASSERT(totals->member_count < work->member_maximum);
    for (uint32_t i = 0; i < totals->program->tier_set_count; i++)
        work->tiers[i].changes[(size_t)month * work->tiers[i].width]++;
    *member = (uint32_t)totals->member_count++;
    return STATUS_OK;
}

/* Whose sums one side of a posting changes. */
struct place {
    struct wallet_work *wallet;
    struct month_totals *row;
    struct member_totals *member; /* NULL but in the first wallet */
};

/* One side of a posting: `change` points more on that account. */
static enum status count_change(const struct place *place, enum account account, int64_t change)
{
    struct month_totals *row = place->row;
    struct member_totals *member = place->member;
    TRY(amount_increase(&place->wallet->accounts[account], change));
    switch (account) {
    case ACCOUNT_AVAILABLE:
    case ACCOUNT_HELD:
    case ACCOUNT_DEBT: /* never above zero */
        TRY(amount_increase(&row->outstanding, change));
        return member == NULL ? STATUS_OK : amount_increase(&member->balance, change);
    case ACCOUNT_PENDING:
        TRY(amount_increase(&row->pending, change));
        return member == NULL ? STATUS_OK : amount_increase(&member->balance, change);
    case ACCOUNT_EXPIRED:
        TRY(amount_increase(&row->expired, change));
        return member == NULL ? STATUS_OK : amount_increase(&member->expired, change);
    case ACCOUNT_REDEEMED:
        TRY(amount_increase(&row->redeemed, change));
        return member == NULL ? STATUS_OK : amount_increase(&member->redeemed, change);
    case ACCOUNT_ISSUED: /* never above zero */
        TRY(amount_decrease(&row->issued, change));
        return member == NULL ? STATUS_OK : amount_decrease(&member->issued, change);
    case ACCOUNT_TAKEN_BACK:
        TRY(amount_increase(&row->taken_back, change));
        return member == NULL ? STATUS_OK : amount_decrease(&member->issued, change);
    case ACCOUNT_ADJUSTED:
    case ACCOUNT_TRANSFERRED:
    case ACCOUNT_CONVERTED:
    case ACCOUNT_WRITTEN_OFF:
    case ACCOUNT_OFFLINE_DIFFERENCE:
        return STATUS_OK;
    case ACCOUNT_COUNT:
        break;
    }
    return STATUS_CORRUPT;
}

static enum status wallet_of(const struct program *program, uint32_t symbol, uint32_t *wallet)
{
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        if (program->wallets[i].symbol != symbol) continue;
        *wallet = i;
        return STATUS_OK;
    }
    return STATUS_CORRUPT;
}

static enum status add_posting(struct totals *totals, uint32_t member,
                               const struct posting *posting)
{
    uint32_t wallet = 0;
    uint32_t month = 0;
    TRY(wallet_of(totals->program, posting->wallet, &wallet));
    TRY(month_of(totals, posting->at_us, &month));
    struct totals_work *work = totals->work;
    struct place place = {
        .wallet = &work->wallets[wallet],
        .row = &work->rows[(size_t)month * totals->program->wallet_count + wallet],
        .member = wallet == 0 ? &totals->members[member] : NULL,
    };
    int64_t left = 0;
    TRY(amount_subtract(0, posting->amount, &left));
    TRY(count_change(&place, posting->from, left));
    return count_change(&place, posting->to, posting->amount);
}

static enum status add_level(struct totals *totals, uint32_t member, const struct effect *effect)
{
    const struct program *program = totals->program;
    uint32_t set = 0;
    while (set < program->tier_set_count && program->tier_sets[set].symbol != effect->symbol)
        set++;
    if (set == program->tier_set_count) return STATUS_CORRUPT;
    const struct tier_set *tiers = &program->tier_sets[set];
    uint32_t level = 0;
    while (level < tiers->level_count && tiers->levels[level].symbol != effect->rule)
        level++;
    if (level == tiers->level_count && effect->rule != 0) return STATUS_CORRUPT;
    uint8_t now = effect->rule == 0 ? 0 : (uint8_t)(level + 1);
    uint32_t month = 0;
    TRY(month_of(totals, effect->at_us, &month));
    struct tier_work *work = &totals->work->tiers[set];
    int64_t *row = &work->changes[(size_t)month * work->width];
    row[work->levels[member]]--;
    row[now]++;
    work->levels[member] = now;
    if (now > work->highest[member]) work->highest[member] = now;
    return STATUS_OK;
}

static enum status add_effect(struct totals *totals, uint32_t member, const struct effect *effect)
{
    enum effect_kind kind = (enum effect_kind)effect->kind;
    struct posting posting;
    if (effect_posting(effect, &posting)) {
        if (kind == EFFECT_LOT_OPENED && effect->to == ACCOUNT_PENDING &&
            effect->release_at_us == INSTANT_NEVER) {
            totals->has_pending_without_end = true;
        }
        return add_posting(totals, member, &posting);
    }
    if (kind == EFFECT_TIER_SET) return add_level(totals, member, effect);
    if (kind != EFFECT_SHORTFALL) return STATUS_OK;
    uint32_t wallet = 0;
    TRY(wallet_of(totals->program, effect->symbol, &wallet));
    return amount_increase(&totals->wallets[wallet].shortfall, effect->amount);
}

static enum status add_purchase(struct totals *totals, uint32_t member,
                                const struct decision *decision)
{
    uint32_t month = 0;
    TRY(month_of(totals, decision->occurred_at_us, &month));
    uint32_t wallet_count = totals->program->wallet_count;
    for (uint32_t i = 0; i < wallet_count; i++) {
        struct month_totals *row = &totals->work->rows[(size_t)month * wallet_count + i];
        TRY(amount_increase(&row->orders, 1));
        TRY(amount_increase(&row->eligible_sales, decision->eligible));
    }
    totals->orders++;
    totals->members[member].orders++;
    TRY(amount_increase(&totals->members[member].eligible, decision->eligible));
    return amount_increase(&totals->eligible_sales, decision->eligible);
}

static enum status add_redemption(struct totals *totals, const struct event *event,
                                  const struct decision *decision)
{
    uint32_t index = program_find_reward(totals->program, event->reward);
    if (index == PROGRAM_NONE) return STATUS_OK;
    const struct reward *reward = &totals->program->rewards[index];
    uint32_t symbol = totals->program->wallets[reward->wallet].symbol;
    struct redemption_totals *sums = &totals->rewards[index];
    sums->count++;
    if (reward->has_value) TRY(amount_increase(&sums->value, reward->value));
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        const struct effect *effect = &decision->effects[i];
        if ((effect_fields((enum effect_kind)effect->kind) & FIELD(TO)) == 0) continue;
        if (effect->to == ACCOUNT_REDEEMED && effect->symbol == symbol)
            TRY(amount_increase(&sums->cost, effect->amount));
    }
    return STATUS_OK;
}

enum status totals_add(struct totals *totals, uint32_t member, const struct event *event,
                       const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->effect_count; i++)
        TRY(add_effect(totals, member, &decision->effects[i]));
    if (decision->answer != ANSWER_DONE) return STATUS_OK;
    for (uint32_t i = 0; i < decision->fired_count; i++) {
        const struct fired *fired = &decision->fired[i];
        totals->rules[fired->rule].fired++;
        TRY(amount_increase(&totals->rules[fired->rule].issued, fired->granted));
    }
    if (event->type == EVENT_PURCHASE) return add_purchase(totals, member, decision);
    if (event->type == EVENT_REDEEM) return add_redemption(totals, event, decision);
    if (event->type == EVENT_RETURN_BY_SKU) {
        totals->units_matched += (uint64_t)decision->units_matched;
        totals->units_unmatched += (uint64_t)decision->units_unmatched;
        return amount_increase(&totals->returned_sales, decision->eligible);
    }
    return STATUS_OK;
}

enum status totals_end_member(struct totals *totals, uint32_t member, const struct states *states,
                              struct text id)
{
    const struct program *program = totals->program;
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        struct balance balance;
        struct balance *sum = &totals->work->wallets[i].held_by_members;
        TRY(member_balance(states, id, program->wallets[i].symbol, &balance));
        TRY(amount_increase(&sum->available, balance.available));
        TRY(amount_increase(&sum->pending, balance.pending));
        TRY(amount_increase(&sum->held, balance.held));
        TRY(amount_increase(&sum->debt, balance.debt));
    }
    for (uint32_t i = 0; i < program->tier_set_count; i++) {
        uint32_t level = member_level(program, states, id, i);
        uint8_t held = level == PROGRAM_NONE ? 0 : (uint8_t)(level + 1);
        if (held != totals->work->tiers[i].levels[member]) return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

/* Adds the contradiction between two figures that should be one. */
static enum status compare(const struct wallet *wallet, const char *what, int64_t posted,
                           int64_t found, struct problem_list *problems)
{
    if (posted == found) return STATUS_OK;
    problem_add(problems, TEXT(""), (struct position){0, 0},
                "wallet %.*s: the postings say %s %lld, but %lld was found; this is a bug in "
                "guerdon: please report it with the programme",
                TEXT_ARGUMENTS(wallet->id), what, (long long)posted, (long long)found);
    return STATUS_CORRUPT;
}

static enum status close_wallet(struct totals *totals, uint32_t index,
                                struct problem_list *problems)
{
    const struct wallet *wallet = &totals->program->wallets[index];
    const struct wallet_work *work = &totals->work->wallets[index];
    const int64_t *accounts = work->accounts;
    struct wallet_totals *sums = &totals->wallets[index];
    TRY(amount_subtract(0, accounts[ACCOUNT_ISSUED], &sums->issued));
    TRY(amount_subtract(0, accounts[ACCOUNT_DEBT], &sums->debt));
    sums->taken_back = accounts[ACCOUNT_TAKEN_BACK];
    sums->redeemed = accounts[ACCOUNT_REDEEMED];
    sums->expired = accounts[ACCOUNT_EXPIRED];
    sums->adjusted = accounts[ACCOUNT_ADJUSTED];
    sums->pending = accounts[ACCOUNT_PENDING];
    sums->available = accounts[ACCOUNT_AVAILABLE];
    sums->held = accounts[ACCOUNT_HELD];
    TRY(amount_add(sums->available, sums->held, &sums->outstanding));
    TRY(amount_decrease(&sums->outstanding, sums->debt));
    int64_t accounted = sums->taken_back;
    TRY(amount_increase(&accounted, sums->redeemed));
    TRY(amount_increase(&accounted, sums->expired));
    TRY(amount_increase(&accounted, sums->pending));
    TRY(amount_increase(&accounted, sums->outstanding));
    TRY(compare(wallet, "issued is", sums->issued, accounted, problems));
    const struct balance *held = &work->held_by_members;
    TRY(compare(wallet, "available is", sums->available, held->available, problems));
    TRY(compare(wallet, "pending is", sums->pending, held->pending, problems));
    TRY(compare(wallet, "held is", sums->held, held->held, problems));
    return compare(wallet, "debt is", sums->debt, held->debt, problems);
}

/* Turns the months' changes into series, wallet by wallet. */
static enum status close_months(struct totals *totals)
{
    struct totals_work *work = totals->work;
    uint32_t wallet_count = totals->program->wallet_count;
    totals->first_month_day = work->months.first_day;
    totals->month_count = work->month_capacity == 0 ? 0 : work->months.count;
    size_t row_count = (size_t)totals->month_count * wallet_count;
    totals->months = arena_new_array(&totals->arena, struct month_totals, row_count + 1);
    if (totals->months == NULL) return STATUS_NO_MEMORY;
    for (uint32_t wallet = 0; wallet < wallet_count; wallet++) {
        int64_t pending = 0;
        int64_t outstanding = 0;
        for (uint32_t month = 0; month < totals->month_count; month++) {
            struct month_totals row = work->rows[(size_t)month * wallet_count + wallet];
            TRY(amount_increase(&pending, row.pending));
            TRY(amount_increase(&outstanding, row.outstanding));
            row.pending = pending;
            row.outstanding = outstanding;
            row.first_day =
                day_add_span(totals->first_month_day, (struct span){(int32_t)month, PERIOD_MONTH});
            totals->months[(size_t)wallet * totals->month_count + month] = row;
        }
    }
    return STATUS_OK;
}

static enum status close_tiers(struct totals *totals, uint32_t index)
{
    struct tier_work *work = &totals->work->tiers[index];
    struct tier_totals *sums = &totals->tiers[index];
    size_t width = work->width;
    sums->members = arena_new_array(&totals->arena, uint64_t, width);
    sums->month_members =
        arena_new_array(&totals->arena, uint64_t, width * totals->month_count + 1);
    sums->highest_to_end = arena_new_array(&totals->arena, uint64_t, width * width);
    if (sums->members == NULL || sums->month_members == NULL || sums->highest_to_end == NULL)
        return STATUS_NO_MEMORY;
    for (uint64_t member = 0; member < totals->member_count; member++) {
        sums->members[work->levels[member]]++;
        sums->highest_to_end[work->highest[member] * width + work->levels[member]]++;
    }
    for (size_t level = 0; level < width; level++) {
        int64_t members = 0;
        for (uint32_t month = 0; month < totals->month_count; month++) {
            members += work->changes[month * width + level];
            sums->month_members[month * width + level] = (uint64_t)members;
        }
    }
    return STATUS_OK;
}

enum status totals_close(struct totals *totals, struct problem_list *problems)
{
    for (uint32_t i = 0; i < totals->program->wallet_count; i++)
        TRY(close_wallet(totals, i, problems));
    TRY(close_months(totals));
    for (uint32_t i = 0; i < totals->program->tier_set_count; i++)
        TRY(close_tiers(totals, i));
    return STATUS_OK;
}
