/* Tiers.
 *
 *             measure reaches a higher level                 measure still holds
 *   none ------------------------------------> level ---- kept_until is over ----> one period more
 *     ^           (at once, or when the          |                  |
 *     |            window closes)                |                  | it does not
 *     |                                          |                  v
 *     +---- none, one level down, by measure ----+------------- grace, then
 *
 * The measure is a counter over its window, never the spendable balance. Reaching the level's
 * threshold again renews kept_until. When it is over, the window that closes at that instant is
 * measured, before the new one opens: the day measured is the last one before it.
 */
#include "engine/tiers.h"

#include "engine/evaluation.h"
#include "engine/window.h"

static const struct tier_set *set_of_symbol(const struct program *program, uint32_t symbol)
{
    for (uint32_t i = 0; i < program->tier_set_count; i++) {
        if (program->tier_sets[i].symbol == symbol) return &program->tier_sets[i];
    }
    return NULL;
}

/* -1 for none, so that levels compare. */
static int32_t level_index(const struct tier_set *set, uint32_t level_symbol)
{
    for (uint32_t i = 0; i < set->level_count; i++) {
        if (set->levels[i].symbol == level_symbol) return (int32_t)i;
    }
    return -1;
}

static uint32_t level_symbol(const struct tier_set *set, int32_t level)
{
    return level < 0 ? 0 : set->levels[level].symbol;
}

uint32_t tiers_level(const struct program *program, const struct state *member, uint32_t tier_set)
{
    const struct tier_set *set = &program->tier_sets[tier_set];
    if (!member_exists(member)) return PROGRAM_NONE;
    const struct tier *tier = member_tier(member, set->symbol, 0);
    int32_t level = tier == NULL ? -1 : level_index(set, tier->level);
    return level < 0 ? PROGRAM_NONE : (uint32_t)level;
}

enum status tiers_note_held(struct working *working, const struct state *member)
{
    for (uint32_t i = 0; i < working->program->tier_set_count; i++) {
        working->levels_before[i] = tiers_level(working->program, member, i);
    }
    return evaluation_begin(working, member);
}

enum status tiers_measured(const struct working *working, const struct state *member,
                           const struct tier_set *set, int32_t day, int64_t *measured)
{
    const struct counter *counter = &working->program->counters[set->counter];
    if (set->measure != NULL) return evaluation_measure(working, member, set, day, measured);
    return window_sum(working, member, counter->symbol, &counter->window, day,
                      member_joined_day(working, member, &counter->window), measured);
}

/* Does the set's measure look at that counter? */
static bool is_measured_by(const struct tier_set *set, uint32_t counter)
{
    return set->measured_counters == NULL ? set->counter == counter
                                          : set->measured_counters[counter];
}

/* The level that the measure over the window holding `day` comes to. */
static enum status measured_level(const struct working *working, const struct state *member,
                                  const struct tier_set *set, int32_t day, int32_t *level)
{
    int64_t value;
    TRY(tiers_measured(working, member, set, day, &value));
    int32_t reached = -1;
    for (uint32_t i = 0; i < set->level_count; i++) {
        if (amount_positive(value) >= set->levels[i].from) reached = (int32_t)i;
    }
    *level = reached;
    return STATUS_OK;
}

enum status member_progress(const struct program *program, const struct states *states,
                            struct text member, uint32_t tier_set, int64_t at_us,
                            struct tier_progress *progress)
{
    const struct tier_set *set = &program->tier_sets[tier_set];
    const struct state *state = member_surviving(states, member);
    struct working working = {.program = program};
    struct tier_progress found = {.level = PROGRAM_NONE, .next = PROGRAM_NONE};
    if (!member_exists(state)) return STATUS_NOT_FOUND;
    const struct tier *tier = member_tier(state, set->symbol, 0);
    int32_t day = zone_local_day(program->zone, at_us);
    TRY(tiers_measured(&working, state, set, day, &found.measured));
    int32_t level = tier == NULL ? -1 : level_index(set, tier->level);
    if (level >= 0) found.level = (uint32_t)level;
    found.since_us = tier == NULL ? 0 : tier->since_us;
    found.kept_until_us = tier == NULL ? INSTANT_NEVER : tier->kept_until_us;
    /* The next one up, even when the measure has reached it: it is given by the next event. */
    if (level + 1 < (int32_t)set->level_count) {
        found.next = (uint32_t)(level + 1);
        TRY(amount_subtract(set->levels[found.next].from, amount_positive(found.measured),
                            &found.missing));
        found.missing = amount_positive(found.missing);
    }
    *progress = found;
    return STATUS_OK;
}

static bool is_tally_measured(const struct program *program, const struct tier_set *set,
                              const struct tally *tally)
{
    for (uint32_t i = 0; i < program->counter_count; i++) {
        if (program->counters[i].symbol == tally->symbol) return is_measured_by(set, i);
    }
    return false;
}

/* The first instant at which a rolling measure can be smaller than today, or the window's end. */
static int64_t next_measure_us(const struct working *working, const struct state *member,
                               const struct tier_set *set, int32_t day)
{
    const struct program *program = working->program;
    const struct counter *counter = &program->counters[set->counter];
    const struct zone *zone = program->zone;
    if (counter->window.kind == WINDOW_LIFETIME) return INSTANT_NEVER;
    if (counter->window.kind != WINDOW_ROLLING) {
        return zone_start_of_day(
            zone, window_next_day(working, &counter->window, day,
                                  member_joined_day(working, member, &counter->window)));
    }
    int32_t oldest = INT32_MAX;
    const struct tally *tallies = member_tallies(member);
    for (uint32_t i = 0; i < member_count(member, SECTION_TALLIES); i++) {
        if (tallies[i].amount == 0 || !is_tally_measured(program, set, &tallies[i])) continue;
        if (tallies[i].day > day - counter->window.days && tallies[i].day < oldest) {
            oldest = tallies[i].day;
        }
    }
    if (oldest == INT32_MAX) return INSTANT_NEVER;
    return zone_start_of_day(zone, oldest + counter->window.days);
}

/* Until when a level reached at `at_us` is kept. */
static enum status kept_until(const struct working *working, const struct state *member,
                              const struct tier_set *set, int64_t at_us, int64_t *until_us)
{
    const struct program *program = working->program;
    int32_t day = zone_local_day(program->zone, at_us);
    *until_us = INSTANT_NEVER;
    switch (set->kept) {
    case KEPT_TO_PERIOD_END:
        for (int32_t i = 0; i <= set->kept_periods; i++) {
            day = period_next_day(set->kept_unit, day, program->week_starts);
        }
        *until_us = zone_start_of_day(program->zone, day);
        return STATUS_OK;
    case KEPT_FOR_SPAN:
        return instant_add_span(program->zone, at_us, set->kept_span, until_us);
    case KEPT_AS_MEASURED:
        *until_us = next_measure_us(working, member, set, day);
        return STATUS_OK;
    case KEPT_FOR_EVER:
    default:
        return STATUS_OK;
    }
}

/* One period more, from the end at `at_us`. */
static enum status kept_further(const struct working *working, const struct state *member,
                                const struct tier_set *set, int64_t at_us, int64_t *until_us)
{
    if (set->kept != KEPT_TO_PERIOD_END) {
        return kept_until(working, member, set, at_us, until_us);
    }
    int32_t day = zone_local_day(working->program->zone, at_us);
    day = period_next_day(set->kept_unit, day, working->program->week_starts);
    *until_us = zone_start_of_day(working->program->zone, day);
    return STATUS_OK;
}

struct tier_change {
    int32_t level;
    int64_t since_us;
    int64_t kept_until_us;
    int64_t upgrade_at_us;
    int32_t earned_day;
    bool in_grace;
    uint32_t lent_by;
};

static enum status set_tier(struct working *working, struct state *member,
                            const struct tier_set *set, const struct tier_change *change)
{
    return emit(
        working, member,
        (struct effect){.kind = EFFECT_TIER_SET,
                        .symbol = set->symbol,
                        .rule = level_symbol(set, change->level),
                        .at_us = change->since_us,
                        .expires_at_us = change->kept_until_us,
                        .release_at_us = change->upgrade_at_us,
                        .day = change->earned_day,
                        .reference = (uint64_t)change->lent_by << 1 | (uint64_t)change->in_grace});
}

static struct tier_change change_of(const struct tier_set *set, const struct tier *tier)
{
    if (tier == NULL) {
        return (struct tier_change){.level = -1,
                                    .since_us = 0,
                                    .kept_until_us = INSTANT_NEVER,
                                    .upgrade_at_us = INSTANT_NEVER};
    }
    return (struct tier_change){.level = level_index(set, tier->level),
                                .since_us = tier->since_us,
                                .kept_until_us = tier->kept_until_us,
                                .upgrade_at_us = tier->upgrade_at_us,
                                .earned_day = tier->earned_day,
                                .in_grace = tier->in_grace != 0,
                                .lent_by = tier->lent_by};
}

static bool same_change(const struct tier_change *a, const struct tier_change *b)
{
    return a->level == b->level && a->since_us == b->since_us &&
           a->kept_until_us == b->kept_until_us && a->upgrade_at_us == b->upgrade_at_us &&
           a->earned_day == b->earned_day && a->in_grace == b->in_grace && a->lent_by == b->lent_by;
}

/* A level that asks for nothing has no end. */
static bool is_entry_level(const struct tier_set *set, int32_t level)
{
    return level < 0 || (level == 0 && set->levels[0].from <= 0);
}

/* The same for a level that a late event shows to have been reached: what the ends that have passed
 * since would have measured counts too, so that a downgrade which it would have prevented is
 * undone. */
static enum status kept_since(const struct working *working, const struct state *member,
                              const struct tier_set *set, int32_t level, int64_t *until_us)
{
    const struct zone *zone = working->program->zone;
    TRY(kept_until(working, member, set, working->occurred_at_us, until_us));
    while (*until_us <= working->now_us && set->kept != KEPT_AS_MEASURED) {
        int32_t measured;
        int64_t further_us;
        TRY(measured_level(working, member, set, zone_local_day(zone, *until_us - 1), &measured));
        if (measured < level) break;
        TRY(kept_further(working, member, set, *until_us, &further_us));
        if (further_us <= *until_us) break;
        *until_us = further_us;
    }
    return STATUS_OK;
}

static enum status measure_set(struct working *working, struct state *member,
                               const struct tier_set *set, int32_t day)
{
    const struct program *program = working->program;
    const struct counter *counter = &program->counters[set->counter];
    struct tier_change old = change_of(set, member_tier(member, set->symbol, 0));
    struct tier_change new = old;
    int32_t level;
    int64_t until_us;
    TRY(measured_level(working, member, set, day, &level));
    if (level < 0 || level < old.level) return STATUS_OK;
    if (level == old.level && is_entry_level(set, level)) return STATUS_OK;
    TRY(kept_since(working, member, set, level, &until_us));
    if (set->upgrade == UPGRADE_AT_PERIOD_END && level > old.level) {
        int32_t next = window_next_day(working, &counter->window, day,
                                       member_joined_day(working, member, &counter->window));
        new.upgrade_at_us =
            next == INT32_MAX ? INSTANT_NEVER : zone_start_of_day(program->zone, next);
    } else if (level >= old.level && until_us > working->now_us) {
        new.level = level;
        new.earned_day = day;
        new.in_grace = false;
        if (level > old.level) {
            new.since_us = working->now_us;
            new.kept_until_us = until_us;
            new.lent_by = 0;
        } else if (old.in_grace || set->kept == KEPT_AS_MEASURED || until_us > old.kept_until_us) {
            new.kept_until_us = until_us;
        }
    }
    if (same_change(&old, &new)) return STATUS_OK;
    return set_tier(working, member, set, &new);
}

enum status tiers_measure(struct working *working, struct state *member, uint32_t counter,
                          int32_t day)
{
    for (uint32_t i = 0; i < working->program->tier_set_count; i++) {
        const struct tier_set *set = &working->program->tier_sets[i];
        if (is_measured_by(set, counter)) TRY(measure_set(working, member, set, day));
    }
    return STATUS_OK;
}

enum status tiers_enter(struct working *working, struct state *member)
{
    for (uint32_t i = 0; i < working->program->tier_set_count; i++) {
        const struct tier_set *set = &working->program->tier_sets[i];
        if (set->level_count == 0 || set->levels[0].from > 0) continue;
        struct tier_change change = {.level = 0,
                                     .since_us = working->now_us,
                                     .upgrade_at_us = INSTANT_NEVER,
                                     .kept_until_us = INSTANT_NEVER,
                                     .earned_day = working->occurred_day};
        TRY(set_tier(working, member, set, &change));
    }
    return STATUS_OK;
}

static enum status end_of_level(struct working *working, struct state *member,
                                const struct tier_set *set, struct tier_change *change,
                                int64_t at_us)
{
    const struct zone *zone = working->program->zone;
    /* The window that closes at this instant, but a rolling one kept as measured is looked at as it
     * is from now on. */
    int32_t closing_day = zone_local_day(zone, at_us - 1);
    int32_t day = closing_day;
    if (set->kept == KEPT_AS_MEASURED &&
        working->program->counters[set->counter].window.kind == WINDOW_ROLLING) {
        day = zone_local_day(zone, at_us);
    }
    int32_t measured;
    TRY(measured_level(working, member, set, day, &measured));
    if (change->in_grace) {
        int32_t before;
        int32_t end_day =
            day_add_span(closing_day, (struct span){-set->grace.count, set->grace.unit});
        TRY(measured_level(working, member, set, end_day, &before));
        if (before > measured) {
            measured = before;
            day = end_day;
        }
    }
    bool is_lost = measured < change->level && set->downgrade != DOWNGRADE_NONE;
    if (is_lost && set->grace.count > 0 && !change->in_grace) {
        change->in_grace = true;
        return instant_add_span(working->program->zone, at_us, set->grace, &change->kept_until_us);
    }
    if (is_lost || measured >= change->level) {
        /* What is only not taken away stands on what it stood on, and is lent if it was. */
        change->earned_day = day;
        change->lent_by = 0;
    }
    if (is_lost) {
        change->level = set->downgrade == DOWNGRADE_ONE_LEVEL ? change->level - 1 : measured;
        change->since_us = at_us;
    }
    change->in_grace = false;
    if (is_entry_level(set, change->level)) {
        change->kept_until_us = INSTANT_NEVER;
        return STATUS_OK;
    }
    if (set->kept == KEPT_AS_MEASURED && measured < change->level &&
        set->downgrade == DOWNGRADE_ONE_LEVEL) {
        /* One level a day, until the measure is met. */
        change->kept_until_us = zone_start_of_day(zone, zone_local_day(zone, at_us) + 1);
        return STATUS_OK;
    }
    return kept_further(working, member, set, at_us, &change->kept_until_us);
}

static enum status upgrade_at_end(struct working *working, struct state *member,
                                  const struct tier_set *set, struct tier_change *change,
                                  int64_t at_us)
{
    int32_t closing_day = zone_local_day(working->program->zone, at_us - 1);
    int32_t measured;
    TRY(measured_level(working, member, set, closing_day, &measured));
    change->upgrade_at_us = INSTANT_NEVER;
    if (measured <= change->level) return STATUS_OK;
    change->level = measured;
    change->since_us = at_us;
    change->earned_day = closing_day;
    change->in_grace = false;
    change->lent_by = 0;
    return kept_until(working, member, set, at_us - 1, &change->kept_until_us);
}

enum status tiers_fall_due(struct working *working, struct state *member, uint32_t index,
                           int64_t at_us)
{
    struct tier tier = member_tiers(member)[index];
    const struct tier_set *set = set_of_symbol(working->program, tier.set);
    if (set == NULL) {
        /* A set that this version of the programme no longer has: nothing falls due any more. */
        return emit(working, member,
                    (struct effect){.kind = EFFECT_TIER_SET,
                                    .symbol = tier.set,
                                    .rule = tier.level,
                                    .at_us = tier.since_us,
                                    .expires_at_us = INSTANT_NEVER,
                                    .release_at_us = INSTANT_NEVER,
                                    .day = tier.earned_day});
    }
    struct tier_change change = change_of(set, &tier);
    if (change.upgrade_at_us <= at_us) {
        TRY(upgrade_at_end(working, member, set, &change, at_us));
    }
    if (change.kept_until_us <= at_us) {
        TRY(end_of_level(working, member, set, &change, at_us));
    }
    return set_tier(working, member, set, &change);
}

/* The windows that can justify a level now: the open one, then, of a level that is kept to the end
 * of a period and measured by periods, those before it whose kept time still runs. Each names one
 * of its days; the latest first. Any other level is justified by the one in which it was last
 * earned. */
#define JUSTIFYING_WINDOWS 8

static bool is_kept_by_periods(const struct tier_set *set, const struct window *window)
{
    return set->kept == KEPT_TO_PERIOD_END &&
           (window->kind == WINDOW_CALENDAR || window->kind == WINDOW_MEMBERSHIP_YEAR);
}

/* Until when reaching the level in the window of `day` keeps it: with a level that is kept to the
 * end of the very window, the measure at that end gives one period more. */
static enum status justified_until(const struct working *working, const struct state *member,
                                   const struct tier_set *set, int32_t day, int64_t *until_us)
{
    const struct zone *zone = working->program->zone;
    const struct window *window = &working->program->counters[set->counter].window;
    int32_t joined_day = member_joined_day(working, member, window);
    TRY(kept_until(working, member, set, zone_start_of_day(zone, day), until_us));
    if (*until_us > working->now_us || set->kept != KEPT_TO_PERIOD_END) return STATUS_OK;
    int32_t last_day = zone_local_day(zone, *until_us - 1);
    if (window_bucket(working, window, last_day, joined_day) !=
        window_bucket(working, window, day, joined_day)) {
        return STATUS_OK;
    }
    return kept_further(working, member, set, *until_us, until_us);
}

static enum status justifying_days(const struct working *working, const struct state *member,
                                   const struct tier_set *set, const struct tier_change *held,
                                   int32_t days[JUSTIFYING_WINDOWS], uint32_t *count)
{
    const struct program *program = working->program;
    const struct window *window = &program->counters[set->counter].window;
    int32_t joined_day = member_joined_day(working, member, window);
    int32_t day = working->now_day;
    uint32_t found = 0;
    days[found++] = day;
    while (is_kept_by_periods(set, window) && found < JUSTIFYING_WINDOWS - 1) {
        int64_t until_us;
        day = window_bucket(working, window, day, joined_day) - 1;
        TRY(justified_until(working, member, set, day, &until_us));
        if (until_us <= working->now_us) break;
        days[found++] = day;
    }
    /* At the end of a grace the window before it may have given the level. */
    bool has_grace = set->grace.count > 0 && set->downgrade != DOWNGRADE_NONE;
    if (is_kept_by_periods(set, window) && has_grace && !held->in_grace) {
        int64_t end_us = zone_start_of_day(program->zone, held->earned_day + 1);
        int64_t until_us;
        TRY(instant_add_span(program->zone, end_us, set->grace, &end_us));
        TRY(kept_further(working, member, set, end_us, &until_us));
        bool was_given = end_us <= working->now_us && until_us == held->kept_until_us;
        if (was_given) days[found++] = held->earned_day;
    }
    *count = found;
    return STATUS_OK;
}

/* ---- the window that was earned in, when others have come since ----
 *
 * A level stands on what reached it. Whoever came when not even a late event could reach that
 * window any more had no part in it, and may have forgotten those days before it came.
 */

/* Who had that owner's things, for a window whose last day is `day`. */
static uint32_t holder_then(const struct working *working, const struct state *member,
                            uint32_t owner, int32_t day)
{
    const struct owner *owners = member_owners(member);
    struct span late = working->program->late_within;
    while (owner != 0 && owner <= member_count(member, SECTION_OWNERS)) {
        const struct owner *it = &owners[owner - 1];
        if (day < day_add_span(it->came_day, (struct span){-late.count, late.unit})) break;
        owner = it->parent;
    }
    return owner;
}

/* Whose level it was when it was reached. A row that only waits for a lent upgrade has its level
 * from before. */
static uint32_t earner_of(const struct state *member, const struct tier_set *set)
{
    uint32_t owner = 0;
    const struct tier *row = member_tier(member, set->symbol, 0);
    for (uint32_t i = 0; i < member_count(member, SECTION_OWNERS); i++) {
        if (row == NULL || row->lent_by == 0) break;
        uint32_t lender = owner + row->lent_by;
        const struct tier *brought = member_tier(member, set->symbol, lender);
        const struct tier *aside = member_tier_aside(member, set->symbol, lender);
        bool is_brought = change_of(set, brought).level > change_of(set, aside).level;
        if (is_brought) owner = lender;
        row = is_brought ? brought : aside;
    }
    return owner;
}

/* What the window in which the level was last earned comes to now. */
static enum status earned_level(const struct working *working, const struct state *member,
                                const struct tier_set *set, int32_t earned_day, int32_t *level)
{
    const struct window *window = &working->program->counters[set->counter].window;
    if (member_count(member, SECTION_OWNERS) == 0) {
        return measured_level(working, member, set, earned_day, level);
    }
    int32_t last_day = earned_day;
    if (window->kind != WINDOW_ROLLING) {
        last_day = window_next_day(working, window, earned_day,
                                   member_joined_day(working, member, window)) -
                   1;
    }
    struct state then = *member;
    then.bytes = arena_allocate(&working->states->arena, member->size);
    if (then.bytes == NULL) return STATUS_NO_MEMORY;
    memcpy(then.bytes, member->bytes, member->size);
    then.capacity = member->size;
    uint32_t holder = holder_then(working, member, earner_of(member, set), last_day);
    for (uint32_t i = 0; i < member_count(&then, SECTION_TALLIES); i++) {
        struct tally *tally = &member_tallies(&then)[i];
        if (holder_then(working, member, tally->owner, last_day) != holder) tally->amount = 0;
    }
    return measured_level(working, &then, set, earned_day, level);
}

static enum status re_evaluate_set(struct working *working, struct state *member,
                                   const struct tier_set *set)
{
    const struct tier *tier = member_tier(member, set->symbol, 0);
    if (tier == NULL || tier->level == 0) return STATUS_OK;
    struct tier_change old = change_of(set, tier);
    struct tier_change new = old;
    const struct window *window = &working->program->counters[set->counter].window;
    int32_t days[JUSTIFYING_WINDOWS];
    uint32_t count;
    TRY(justifying_days(working, member, set, &old, days, &count));
    int32_t best = -1;
    int32_t best_day = working->now_day;
    for (uint32_t i = 0; i < count; i++) {
        int32_t level;
        TRY(measured_level(working, member, set, days[i], &level));
        if (level <= best) continue;
        best = level;
        best_day = days[i];
    }
    if (!is_kept_by_periods(set, window)) {
        int32_t level;
        TRY(earned_level(working, member, set, old.earned_day, &level));
        if (level > best) best_day = old.earned_day;
        if (level > best) best = level;
    }
    if (best < old.level) {
        new.level = best;
        new.since_us = working->now_us;
        new.in_grace = false;
    } else if (best > old.level) {
        return STATUS_OK;
    }
    if (is_entry_level(set, new.level)) {
        new.kept_until_us = INSTANT_NEVER;
    } else if (set->kept == KEPT_TO_PERIOD_END && best == new.level) {
        /* An undone renewal also undoes the time that it had added. */
        int64_t until_us;
        TRY(justified_until(working, member, set, best_day, &until_us));
        if (is_kept_by_periods(set, window)) new.earned_day = best_day;
        if (until_us < new.kept_until_us && until_us > working->now_us)
            new.kept_until_us = until_us;
    }
    return same_change(&old, &new) ? STATUS_OK : set_tier(working, member, set, &new);
}

enum status tiers_re_evaluate(struct working *working, struct state *member)
{
    for (uint32_t i = 0; i < working->program->tier_set_count; i++) {
        const struct tier_set *set = &working->program->tier_sets[i];
        if (set->on_return == TIER_RE_EVALUATE) TRY(re_evaluate_set(working, member, set));
    }
    return STATUS_OK;
}

/* ---- merging ----
 *
 * A level that comes with an owner, its own or that of the sum it makes, is lent: what the survivor
 * had is set aside by the effect itself (apply.c), and comes back when the owner leaves. A level
 * that a later event or the end of a period gives is the survivor's own.
 */

/* A merge raises, and renews nothing: the level that is held stays to its end. */
static enum status reach_sum(struct working *working, struct state *member,
                             const struct tier_set *set, uint32_t lender)
{
    const struct program *program = working->program;
    const struct window *window = &program->counters[set->counter].window;
    struct tier_change old = change_of(set, member_tier(member, set->symbol, 0));
    struct tier_change new = old;
    int32_t level;
    TRY(measured_level(working, member, set, working->now_day, &level));
    if (level <= old.level) return STATUS_OK;
    if (set->upgrade == UPGRADE_AT_PERIOD_END) {
        int32_t next = window_next_day(working, window, working->now_day,
                                       member_joined_day(working, member, window));
        if (next != INT32_MAX) new.upgrade_at_us = zone_start_of_day(program->zone, next);
        if (same_change(&old, &new)) return STATUS_OK;
        if (lender != 0) new.lent_by = lender;
        return set_tier(working, member, set, &new);
    }
    new.level = level;
    new.since_us = working->now_us;
    new.earned_day = working->now_day;
    new.in_grace = false;
    new.lent_by = lender;
    new.kept_until_us = INSTANT_NEVER;
    if (!is_entry_level(set, level)) {
        TRY(kept_until(working, member, set, working->now_us, &new.kept_until_us));
    }
    return set_tier(working, member, set, &new);
}

static enum status take_higher(struct working *working, struct state *survivor,
                               const struct tier_set *set, uint32_t owner)
{
    const struct tier *brought = member_tier(survivor, set->symbol, owner);
    if (brought == NULL) return STATUS_OK;
    struct tier_change change = change_of(set, brought);
    if (change.level <= change_of(set, member_tier(survivor, set->symbol, 0)).level) {
        return STATUS_OK;
    }
    change.since_us = working->now_us;
    change.in_grace = false;
    change.lent_by = owner;
    return set_tier(working, survivor, set, &change);
}

enum status tiers_join(struct working *working, struct state *survivor, uint32_t owner)
{
    for (uint32_t i = 0; i < working->program->tier_set_count; i++) {
        const struct tier_set *set = &working->program->tier_sets[i];
        TRY(take_higher(working, survivor, set, owner));
        TRY(reach_sum(working, survivor, set, owner));
    }
    return STATUS_OK;
}

/* The row of the set becomes what was set aside for the day that its lender leaves. */
static enum status take_back_row(struct working *working, struct state *member, uint32_t set,
                                 uint32_t lender)
{
    const struct tier *aside = member_tier_aside(member, set, lender);
    struct tier tier = aside == NULL ? member_tier_nothing(set) : *aside;
    return emit(working, member,
                (struct effect){.kind = EFFECT_TIER_SET,
                                .symbol = set,
                                .rule = tier.level,
                                .at_us = tier.since_us,
                                .expires_at_us = tier.kept_until_us,
                                .release_at_us = tier.upgrade_at_us,
                                .day = tier.earned_day,
                                .reference = (uint64_t)tier.lent_by << 1 | tier.in_grace});
}

enum status tiers_return_lent(struct working *working, struct state *survivor, uint32_t owner,
                              struct tiers_returned *returned)
{
    *returned = (struct tiers_returned){{false}};
    for (uint32_t i = 0; i < working->program->tier_set_count; i++) {
        uint32_t set = working->program->tier_sets[i].symbol;
        const struct tier *tier = member_tier(survivor, set, 0);
        if (tier == NULL || tier->lent_by != owner) continue;
        TRY(take_back_row(working, survivor, set, owner));
        returned->in[i] = true;
    }
    return STATUS_OK;
}

/* Whether a lent level still stands on what its lender brought, or on the sum of those who are
 * left, in the window in which it was reached. */
static enum status still_stands(const struct working *working, const struct state *member,
                                const struct tier_set *set, const struct tier_change *change,
                                bool *stands)
{
    const struct tier *brought = member_tier(member, set->symbol, change->lent_by);
    int32_t level = brought == NULL ? -1 : level_index(set, brought->level);
    if (level < change->level) {
        TRY(measured_level(working, member, set, change->earned_day, &level));
    }
    *stands = level >= change->level;
    return STATUS_OK;
}

/* Whose leaving takes the sum away: the last that came and is still here. 0: nobody is. */
static uint32_t last_owner(const struct state *member)
{
    const struct owner *owners = member_owners(member);
    for (uint32_t i = member_count(member, SECTION_OWNERS); i > 0; i--) {
        if (owners[i - 1].is_present != 0 && owners[i - 1].parent == 0) return i;
    }
    return 0;
}

static enum status part_set(struct working *working, struct state *member,
                            const struct tier_set *set, bool has_returned)
{
    /* Each step comes to a row that an earlier owner lent, or to the member's own. */
    for (uint32_t i = 0; i < member_count(member, SECTION_OWNERS); i++) {
        bool stands;
        struct tier_change change = change_of(set, member_tier(member, set->symbol, 0));
        if (change.lent_by == 0) break;
        TRY(still_stands(working, member, set, &change, &stands));
        if (stands) break;
        TRY(take_back_row(working, member, set->symbol, change.lent_by));
        has_returned = true;
    }
    return has_returned ? reach_sum(working, member, set, last_owner(member)) : STATUS_OK;
}

enum status tiers_part(struct working *working, struct state *member,
                       const struct tiers_returned *returned)
{
    for (uint32_t i = 0; i < working->program->tier_set_count; i++) {
        TRY(part_set(working, member, &working->program->tier_sets[i], returned->in[i]));
    }
    return STATUS_OK;
}

int32_t tiers_oldest_day(const struct working *working, const struct state *member,
                         uint32_t counter)
{
    int32_t oldest = working->oldest_day;
    for (uint32_t i = 0; i < working->program->tier_set_count; i++) {
        const struct tier_set *set = &working->program->tier_sets[i];
        if (!is_measured_by(set, counter)) continue;
        const struct tier *tier = member_tier(member, set->symbol, 0);
        if (tier != NULL && tier->level != 0 && tier->earned_day < oldest) {
            oldest = tier->earned_day;
        }
    }
    return oldest;
}
