/* Counters, their windows, and the levels that they give. */
#include "auditor.h"

#define AUDIT_LATE_ENDS 64 /* of a kept time, since the earliest late purchase */

/* --- buckets ------------------------------------------------------------------------------ */

void audit_count(struct audit *audit, uint32_t symbol, int member, int32_t day, int64_t amount)
{
    for (int i = 0; i < audit->bucket_count; i++) {
        struct bucket *bucket = &audit->buckets[i];
        if (bucket->symbol == symbol && bucket->member == member && bucket->day == day) {
            bucket->amount += amount;
            return;
        }
    }
    ASSERT(audit->bucket_count < AUDIT_BUCKETS);
    audit->buckets[audit->bucket_count++] = (struct bucket){symbol, member, day, amount};
}

static int32_t year_start(int32_t joined_day, int32_t day)
{
    int32_t start = joined_day;
    for (int32_t years = 0; years < 400; years++) {
        int32_t next = day_add_span(joined_day, (struct span){years, PERIOD_YEAR});
        if (next > day) break;
        start = next;
    }
    /* An event may be late for a member who joined after it. */
    for (int32_t years = -1; start > day; years--) {
        start = day_add_span(joined_day, (struct span){years, PERIOD_YEAR});
    }
    return start;
}

/* First day of the window that holds `day`, and the first day after it. */
void audit_window(const struct audit *audit, const struct window *window, int32_t day,
                  int32_t joined_day, int32_t *first, int32_t *next)
{
    *first = INT32_MIN;
    *next = INT32_MAX;
    if (window->kind == WINDOW_CALENDAR) {
        *first = period_first_day(window->unit, day, audit->program->week_starts);
        *next = period_next_day(window->unit, day, audit->program->week_starts);
    } else if (window->kind == WINDOW_ROLLING) {
        *first = day - window->days + 1;
        *next = day + 1;
    } else if (window->kind == WINDOW_MEMBERSHIP_YEAR) {
        *first = year_start(joined_day, day);
        int32_t years = date_of_day(*first).year - date_of_day(joined_day).year;
        *next = day_add_span(joined_day, (struct span){years + 1, PERIOD_YEAR});
    }
}

/* What merged members counted adds to what their survivor counts. */
static bool is_of(const struct audit *audit, const struct bucket *bucket, int member)
{
    if (member == AUDIT_NONE || bucket->member == AUDIT_NONE) return bucket->member == member;
    return audit_member_now(audit, bucket->member) == member;
}

int64_t audit_counted(const struct audit *audit, uint32_t symbol, int member,
                      const struct window *window, int32_t day, int32_t joined_day)
{
    int32_t first;
    int32_t next;
    audit_window(audit, window, day, joined_day, &first, &next);
    int64_t sum = 0;
    for (int i = 0; i < audit->bucket_count; i++) {
        const struct bucket *bucket = &audit->buckets[i];
        if (bucket->symbol != symbol || !is_of(audit, bucket, member)) continue;
        if (first <= bucket->day && bucket->day < next) sum = audit_sum(sum, bucket->amount);
    }
    return sum;
}

/* --- levels ------------------------------------------------------------------------------- */

static int64_t start_of_day(const struct audit *audit, int32_t day)
{
    return day == INT32_MAX ? INSTANT_NEVER : zone_start_of_day(audit->program->zone, day);
}

static int level_of(const struct tier_set *set, int64_t value)
{
    int level = AUDIT_NONE;
    for (uint32_t i = 0; i < set->level_count; i++) {
        if (value >= set->levels[i].from || set->levels[i].from == 0) level = (int)i;
    }
    return level;
}

static int measured_level(const struct audit *audit, int member, const struct tier_set *set,
                          int32_t day)
{
    const struct counter *counter = &audit->program->counters[set->counter];
    return level_of(set, audit_counted(audit, counter->symbol, member, &counter->window, day,
                                       audit->members[member].joined_day));
}

/* Who had that member's things while an event, even a late one, could reach that day. */
static int member_then(const struct audit *audit, int member, int32_t day)
{
    struct span late = audit->program->late_within;
    const struct audit_member *it = &audit->members[member];
    while (it->merged_into != AUDIT_NONE &&
           day >= day_add_span(it->merged_day, (struct span){-late.count, late.unit})) {
        member = it->merged_into;
        it = &audit->members[member];
    }
    return member;
}

/* What the window in which the level was earned comes to now, without those who came when it was
 * over for good. */
static int earned_level(const struct audit *audit, int member, const struct tier_set *set,
                        const struct audit_level *held)
{
    const struct counter *counter = &audit->program->counters[set->counter];
    int32_t first;
    int32_t next;
    int64_t sum = 0;
    audit_window(audit, &counter->window, held->earned_day, audit->members[member].joined_day,
                 &first, &next);
    int earner = member_then(audit, held->earner, next - 1);
    for (int i = 0; i < audit->bucket_count; i++) {
        const struct bucket *bucket = &audit->buckets[i];
        if (bucket->symbol != counter->symbol || !is_of(audit, bucket, member)) continue;
        if (member_then(audit, bucket->member, next - 1) != earner) continue;
        if (first <= bucket->day && bucket->day < next) sum = audit_sum(sum, bucket->amount);
    }
    return level_of(set, sum);
}

/* Kept as measured: the first instant at which something leaves the window that holds `day`. */
static int64_t measure_changes_us(const struct audit *audit, int member,
                                  const struct counter *counter, int32_t day)
{
    int32_t first;
    int32_t next;
    audit_window(audit, &counter->window, day, audit->members[member].joined_day, &first, &next);
    if (counter->window.kind != WINDOW_ROLLING) return start_of_day(audit, next);
    int32_t oldest = INT32_MAX;
    for (int i = 0; i < audit->bucket_count; i++) {
        const struct bucket *bucket = &audit->buckets[i];
        if (bucket->symbol != counter->symbol || !is_of(audit, bucket, member)) continue;
        if (bucket->amount != 0 && bucket->day >= first && bucket->day < oldest) {
            oldest = bucket->day;
        }
    }
    return start_of_day(audit, oldest == INT32_MAX ? INT32_MAX : oldest + counter->window.days);
}

/* Until when a level is kept that was reached at `at_us`; `further`: that was kept at its end. */
static int64_t kept_until(const struct audit *audit, int member, const struct tier_set *set,
                          int64_t at_us, bool further)
{
    const struct program *program = audit->program;
    int32_t day = zone_local_day(program->zone, at_us);
    int64_t until_us = INSTANT_NEVER;
    if (set->kept == KEPT_TO_PERIOD_END) {
        int periods = further ? 1 : set->kept_periods + 1;
        for (int i = 0; i < periods; i++) {
            day = period_next_day(set->kept_unit, day, program->week_starts);
        }
        return start_of_day(audit, day);
    }
    if (set->kept == KEPT_FOR_SPAN) {
        ASSERT(instant_add_span(program->zone, at_us, set->kept_span, &until_us) == STATUS_OK);
        return until_us;
    }
    if (set->kept == KEPT_FOR_EVER) return INSTANT_NEVER;
    return measure_changes_us(audit, member, &program->counters[set->counter], day);
}

static bool asks_for_nothing(const struct tier_set *set, int level)
{
    return level < 0 || (level == 0 && set->levels[0].from == 0);
}

int64_t audit_tier_due(const struct audit *audit, int member, int *set)
{
    int64_t first_us = INSTANT_NEVER;
    for (uint32_t i = 0; i < audit->program->tier_set_count; i++) {
        const struct audit_level *level = &audit->members[member].levels[i];
        int64_t due_us = level->kept_until_us < level->upgrade_at_us ? level->kept_until_us
                                                                     : level->upgrade_at_us;
        if (due_us < first_us) {
            first_us = due_us;
            *set = (int)i;
        }
    }
    return first_us;
}

void audit_tiers_enter(struct audit *audit, int member, int64_t occurred_us)
{
    for (uint32_t i = 0; i < audit->program->tier_set_count; i++) {
        const struct tier_set *set = &audit->program->tier_sets[i];
        audit->members[member].levels[i] =
            (struct audit_level){.level = set->levels[0].from == 0 ? 0 : AUDIT_NONE,
                                 .kept_until_us = INSTANT_NEVER,
                                 .upgrade_at_us = INSTANT_NEVER,
                                 .earned_day = zone_local_day(audit->program->zone, occurred_us),
                                 .earner = member};
    }
}

/* Until when a mark counts: the window that closes with the kept time gives one period more. */
static int64_t mark_until(const struct audit *audit, int member, const struct tier_set *set,
                          const struct tier_mark *mark, int64_t now_us)
{
    int32_t first;
    int32_t next;
    int32_t last_day = zone_local_day(audit->program->zone, mark->until_us - 1);
    audit_window(audit, &audit->program->counters[set->counter].window, mark->day,
                 audit->members[member].joined_day, &first, &next);
    if (mark->until_us > now_us || last_day < first || last_day >= next) return mark->until_us;
    return kept_until(audit, member, set, mark->until_us, true);
}

static void note_mark(const struct audit *audit, int member, const struct tier_set *set,
                      struct audit_level *held, struct tier_mark mark, int64_t now_us)
{
    const struct window *window = &audit->program->counters[set->counter].window;
    int32_t joined_day = audit->members[member].joined_day;
    int32_t first;
    int32_t next;
    int kept = 0;
    if (set->kept != KEPT_TO_PERIOD_END || window->kind == WINDOW_ROLLING) return;
    if (mark.until_us == INSTANT_NEVER) return;
    audit_window(audit, window, mark.day, joined_day, &first, &next);
    for (int i = 0; i < held->mark_count; i++) {
        struct tier_mark old = held->marks[i];
        bool is_of_window = first <= old.day && old.day < next;
        bool counts = mark_until(audit, member, set, &old, now_us) > now_us;
        if (counts && !is_of_window) held->marks[kept++] = old;
    }
    ASSERT(kept < AUDIT_MARKS);
    held->marks[kept++] = mark;
    held->mark_count = kept;
}

/* Until when a level is kept that a late purchase shows to have been reached: at each end that has
 * passed since, the closing window must have kept it, and then has given that time itself. */
static int64_t kept_until_now(const struct audit *audit, int member, const struct tier_set *set,
                              int level, int64_t occurred_us, int64_t now_us,
                              struct audit_level *held)
{
    const struct zone *zone = audit->program->zone;
    int32_t days[AUDIT_LATE_ENDS] = {zone_local_day(zone, occurred_us)};
    int64_t untils_us[AUDIT_LATE_ENDS] = {kept_until(audit, member, set, occurred_us, false)};
    int last = 0;
    while (untils_us[last] <= now_us && set->kept != KEPT_AS_MEASURED) {
        int32_t closing_day = zone_local_day(zone, untils_us[last] - 1);
        if (measured_level(audit, member, set, closing_day) < level) break;
        ASSERT(last + 1 < AUDIT_LATE_ENDS);
        untils_us[last + 1] = kept_until(audit, member, set, untils_us[last], true);
        days[++last] = closing_day;
    }
    for (int i = 0; i <= last && untils_us[last] > now_us; i++) {
        struct tier_mark mark = {days[i], untils_us[i]};
        if (mark_until(audit, member, set, &mark, now_us) > now_us) {
            note_mark(audit, member, set, held, mark, now_us);
        }
    }
    return untils_us[last];
}

/* Reaching the threshold of the level held, by any purchase that counts, renews it; that a lower
 * one is reached counts when a return asks what the levels stand on. */
static void measure_set(struct audit *audit, int member, uint32_t index, int64_t occurred_us,
                        int64_t now_us)
{
    const struct tier_set *set = &audit->program->tier_sets[index];
    struct audit_level *held = &audit->members[member].levels[index];
    int32_t day = zone_local_day(audit->program->zone, occurred_us);
    int level = measured_level(audit, member, set, day);
    if (level < 0) return;
    if (set->upgrade == UPGRADE_AT_PERIOD_END && level > held->level) {
        int32_t first;
        int32_t next;
        audit_window(audit, &audit->program->counters[set->counter].window, day,
                     audit->members[member].joined_day, &first, &next);
        held->upgrade_at_us = start_of_day(audit, next);
        /* What a late purchase does meanwhile may overtake it: the window counts all the same. */
        int64_t end_us = kept_until(audit, member, set, held->upgrade_at_us - 1, false);
        note_mark(audit, member, set, held, (struct tier_mark){day, end_us}, now_us);
        return;
    }
    int64_t until_us = kept_until_now(audit, member, set, level, occurred_us, now_us, held);
    if (until_us <= now_us) return;
    if (level < held->level) return;
    if (level > held->level || held->in_grace || set->kept == KEPT_AS_MEASURED ||
        until_us > held->kept_until_us) {
        held->kept_until_us = until_us;
    }
    held->level = level;
    held->earned_day = day;
    held->earner = member;
    held->in_grace = false;
}

void audit_tiers_measure(struct audit *audit, int member, uint32_t counter, int64_t occurred_us,
                         int64_t now_us)
{
    for (uint32_t i = 0; i < audit->program->tier_set_count; i++) {
        if (audit->program->tier_sets[i].counter == counter) {
            measure_set(audit, member, i, occurred_us, now_us);
        }
    }
}

/* A higher level is reached there and then, or waits for the end of the window; nothing is renewed.
 */
void audit_tiers_merged(struct audit *audit, int member, int64_t now_us)
{
    int32_t today = zone_local_day(audit->program->zone, now_us);
    for (uint32_t i = 0; i < audit->program->tier_set_count; i++) {
        const struct tier_set *set = &audit->program->tier_sets[i];
        struct audit_level *held = &audit->members[member].levels[i];
        int level = measured_level(audit, member, set, today);
        int32_t first;
        int32_t next;
        if (level <= held->level) continue;
        if (set->upgrade == UPGRADE_AT_PERIOD_END) {
            audit_window(audit, &audit->program->counters[set->counter].window, today,
                         audit->members[member].joined_day, &first, &next);
            held->upgrade_at_us = start_of_day(audit, next);
            continue;
        }
        held->level = level;
        held->earned_day = today;
        held->earner = member;
        held->in_grace = false;
        held->kept_until_us = kept_until(audit, member, set, now_us, false);
        note_mark(audit, member, set, held, (struct tier_mark){today, held->kept_until_us}, now_us);
    }
}

static void upgrade_at_end(struct audit *audit, int member, const struct tier_set *set,
                           struct audit_level *held, int64_t at_us)
{
    int32_t closing_day = zone_local_day(audit->program->zone, at_us - 1);
    int level = measured_level(audit, member, set, closing_day);
    held->upgrade_at_us = INSTANT_NEVER;
    if (level <= held->level) return;
    held->level = level;
    held->earned_day = closing_day;
    held->earner = member;
    held->in_grace = false;
    held->kept_until_us = kept_until(audit, member, set, at_us - 1, false);
    note_mark(audit, member, set, held, (struct tier_mark){closing_day, held->kept_until_us},
              at_us - 1);
}

/* The window that closes at that instant is measured; a rolling one that is kept as measured is
 * looked at as it is from then on. At the end of a grace the better of both ends counts. What is
 * kept as measured and falls by one level falls by one a day until the measure is met. */
static void end_of_level(struct audit *audit, int member, const struct tier_set *set,
                         struct audit_level *held, int64_t at_us)
{
    const struct zone *zone = audit->program->zone;
    int32_t closing_day = zone_local_day(zone, at_us - 1);
    int32_t day = closing_day;
    if (set->kept == KEPT_AS_MEASURED &&
        audit->program->counters[set->counter].window.kind == WINDOW_ROLLING) {
        day = zone_local_day(zone, at_us);
    }
    int level = measured_level(audit, member, set, day);
    if (held->in_grace) {
        int32_t end_day =
            day_add_span(closing_day, (struct span){-set->grace.count, set->grace.unit});
        int before = measured_level(audit, member, set, end_day);
        if (before > level) {
            level = before;
            day = end_day;
        }
    }
    bool is_lost = level < held->level && set->downgrade != DOWNGRADE_NONE;
    if (is_lost && set->grace.count > 0 && !held->in_grace) {
        held->in_grace = true;
        struct tier_mark mark = {day, kept_until(audit, member, set, at_us, true)};
        note_mark(audit, member, set, held, mark, at_us);
        ASSERT(instant_add_span(zone, at_us, set->grace, &held->kept_until_us) == STATUS_OK);
        return;
    }
    if (level >= held->level || is_lost) {
        held->earned_day = day;
        held->earner = member;
    }
    if (is_lost) held->level = set->downgrade == DOWNGRADE_ONE_LEVEL ? held->level - 1 : level;
    held->in_grace = false;
    if (asks_for_nothing(set, held->level)) {
        held->kept_until_us = INSTANT_NEVER;
    } else if (set->kept == KEPT_AS_MEASURED && level < held->level &&
               set->downgrade == DOWNGRADE_ONE_LEVEL) {
        held->kept_until_us = start_of_day(audit, zone_local_day(zone, at_us) + 1);
    } else {
        held->kept_until_us = kept_until(audit, member, set, at_us, true);
    }
    note_mark(audit, member, set, held, (struct tier_mark){day, held->kept_until_us}, at_us);
}

void audit_tier_settle(struct audit *audit, int member, int set, int64_t at_us)
{
    struct audit_level *held = &audit->members[member].levels[set];
    const struct tier_set *it = &audit->program->tier_sets[set];
    if (held->upgrade_at_us <= at_us) upgrade_at_end(audit, member, it, held, at_us);
    if (held->kept_until_us <= at_us) end_of_level(audit, member, it, held, at_us);
}

/* The level from the open window and, within a kept time, from the windows that gave it; with a
 * renewal that is undone goes the time that it had added. */
static void re_evaluate(struct audit *audit, int member, const struct tier_set *set,
                        struct audit_level *held, int64_t now_us)
{
    int32_t best_day = zone_local_day(audit->program->zone, now_us);
    int64_t best_until_us = kept_until(audit, member, set, now_us, false);
    int best = measured_level(audit, member, set, best_day);
    enum window_kind kind = audit->program->counters[set->counter].window.kind;
    bool has_periods = set->kept == KEPT_TO_PERIOD_END &&
                       (kind == WINDOW_CALENDAR || kind == WINDOW_MEMBERSHIP_YEAR);
    for (int i = held->mark_count - 1; i >= 0 && has_periods; i--) {
        int level = measured_level(audit, member, set, held->marks[i].day);
        int64_t until_us = mark_until(audit, member, set, &held->marks[i], now_us);
        if (level <= best || until_us <= now_us) continue;
        best = level;
        best_day = held->marks[i].day;
        best_until_us = until_us;
    }
    if (!has_periods) {
        int level = earned_level(audit, member, set, held);
        int64_t earned_us = zone_start_of_day(audit->program->zone, held->earned_day);
        if (level > best) best_until_us = kept_until(audit, member, set, earned_us, false);
        if (level > best) best = level;
    }
    if (best > held->level) return;
    if (best < held->level) held->in_grace = false;
    held->level = best;
    if (asks_for_nothing(set, best)) {
        held->kept_until_us = INSTANT_NEVER;
    } else if (set->kept == KEPT_TO_PERIOD_END) {
        if (has_periods) held->earned_day = best_day;
        if (best_until_us < held->kept_until_us && best_until_us > now_us) {
            held->kept_until_us = best_until_us;
        }
    }
}

void audit_tiers_re_evaluate(struct audit *audit, int member, int64_t now_us)
{
    for (uint32_t i = 0; i < audit->program->tier_set_count; i++) {
        const struct tier_set *set = &audit->program->tier_sets[i];
        struct audit_level *held = &audit->members[member].levels[i];
        if (set->on_return == TIER_RE_EVALUATE && held->level >= 0) {
            re_evaluate(audit, member, set, held, now_us);
        }
    }
}

/* --- counting ----------------------------------------------------------------------------- */

void audit_order_use(struct audit *audit, struct audit_order *order, struct audit_use use)
{
    if (use.amount == 0) return;
    use.left = use.amount;
    audit_count(audit, use.symbol, use.member, use.day, use.amount);
    if (order == NULL) return;
    ASSERT(order->use_count < AUDIT_USES);
    order->uses[order->use_count++] = use;
}

/* What the order is worth to a counter, of the whole or of what is left of it. */
int64_t audit_counter_value(const struct audit *audit, const struct audit_order *order,
                            uint32_t index, bool of_what_is_left)
{
    const struct counter *counter = &audit->program->counters[index];
    int64_t sum = 0;
    ASSERT(order != NULL); /* what custom events count is no measure of an order */
    if (counter->measure == MEASURE_EARNED) {
        for (int i = 0; i < order->earning_count; i++) {
            if (order->earnings[i].wallet == (int)counter->wallet) sum += order->earnings[i].kept;
        }
        return sum;
    }
    if (counter->currency != PROGRAM_NONE && counter->currency != order->currency) return 0;
    for (int i = 0; i < order->line_count; i++) {
        const struct audit_line *line = &order->lines[i];
        if (!audit_line_matches(&counter->condition, line)) continue;
        int64_t units =
            of_what_is_left && line->item.quantity > 0 ? line->left : line->item.quantity;
        sum += audit_line_base(audit, order, i, counter->measure, units);
    }
    return sum;
}

/* What an expression comes to that a counter sums: of the event, or of its items. */
static int64_t summed(const struct audit *audit, const struct counter *counter,
                      const struct audit_order *order, const struct event *event)
{
    int64_t sum = 0;
    int64_t hundredths;
    ASSERT(!counter->each_item || order != NULL);
    for (int i = 0; counter->each_item && i < order->line_count; i++) {
        const struct audit_line *line = &order->lines[i];
        if (line->is_shipping || !audit_line_matches(&counter->condition, line)) continue;
        if (audit_amount(audit, counter->sum, order, i, event, &hundredths)) sum += hundredths;
    }
    if (!counter->each_item && audit_amount(audit, counter->sum, order, 0, event, &hundredths)) {
        sum = hundredths;
    }
    return sum / 100;
}

/* Of a summed expression its share of what is eligible on the lines that it looked at. */
int64_t audit_share_left(const struct audit *audit, const struct audit_order *order,
                         uint32_t counter, int64_t amount)
{
    bool counts[AUDIT_LINES] = {false};
    for (int i = 0; i < order->line_count; i++)
        counts[i] =
            audit_line_matches(&audit->program->counters[counter].condition, &order->lines[i]);
    return audit_share(audit, order, counts, MEASURE_ELIGIBLE, amount);
}

static bool any_line_matches(const struct condition *condition, const struct audit_order *order)
{
    for (int i = 0; i < order->line_count; i++) {
        if (audit_line_matches(condition, &order->lines[i])) return true;
    }
    return false;
}

void audit_counters_count(struct audit *audit, int member, enum trigger trigger,
                          struct audit_order *order, const struct event *event, int64_t now_us)
{
    for (uint32_t i = 0; i < audit->program->counter_count; i++) {
        const struct counter *counter = &audit->program->counters[i];
        if (counter->on != trigger) continue;
        if (!audit_condition_holds(audit, member, &counter->condition, order, event->occurred_at_us,
                                   event)) {
            continue;
        }
        bool is_visit = counter->measure == MEASURE_EVENTS;
        bool is_summed = counter->measure == MEASURE_EXPRESSION;
        struct audit_use use = {.kind = is_visit                             ? USE_ONCE
                                        : is_summed                          ? USE_SHARE
                                        : counter->measure == MEASURE_EARNED ? USE_WALLET
                                                                             : USE_SUM,
                                .symbol = counter->symbol,
                                .member = member,
                                .day = zone_local_day(audit->program->zone, event->occurred_at_us),
                                .counter = i};
        if (order == NULL || any_line_matches(&counter->condition, order)) {
            use.amount = is_visit    ? 1
                         : is_summed ? summed(audit, counter, order, event)
                                     : audit_counter_value(audit, order, i, false);
        }
        audit_order_use(audit, order, use);
        audit_tiers_measure(audit, member, i, event->occurred_at_us, now_us);
    }
}
