/* Describe: the programme in plain words, for people who do not read YAML.
 *
 * One paragraph a section, one line a fact; what a programme leaves out and what then holds is said
 * as well, because a reader must be able to rely on it. Everything comes from the compiled
 * programme, so that a mistake in compiling shows here.
 */
#include "program/describe_words.h"

static enum status describe_returns(const struct wallet *wallet, struct text many, bool can_expire,
                                    struct buffer *out)
{
    static const char *const spent[] = {
        [SPENT_TO_ZERO] = "is taken from the member's others, down to zero and no further",
        [SPENT_BELOW_ZERO] = "is taken from the member's others, then the balance goes below zero",
        [SPENT_ONLY_PENDING] = "is taken from the member's pending ones only",
        [SPENT_WRITE_OFF] = "is not taken back",
    };
    TRY(buffer_add_format(
        out,
        "  When an order is returned, the %.*s earned by it are taken back; what has "
        "been spent of them %s.\n",
        TEXT_ARGUMENTS(many), spent[wallet->earned_but_spent]));
    if (wallet->earned_but_spent == SPENT_BELOW_ZERO)
        TRY(buffer_add_format(
            out, "  While the balance is below zero, what is earned pays that first.\n"));
    if (!can_expire) return STATUS_OK;
    TRY(buffer_add_format(out, "  Spent %.*s that come back after their expiry ",
                          TEXT_ARGUMENTS(many)));
    if (!wallet->expired_lives_again) return buffer_add(out, TEXT("stay expired.\n"));
    TRY(buffer_add(out, TEXT("live again for ")));
    TRY(say_span(out, wallet->live_again_for));
    return buffer_add(out, TEXT(".\n"));
}

static enum status describe_renewal(const struct program *program, const struct expiry *expiry,
                                    struct text many, struct buffer *out)
{
    static const char *const triggers[] = {
        [TRIGGER_JOIN] = "joining", [TRIGGER_PURCHASE] = "each purchase"};
    struct text renewals[TRIGGER_CUSTOM + PROGRAM_EVENT_MAXIMUM];
    uint32_t count = 0;
    for (int i = 0; i < TRIGGER_CUSTOM; i++)
        if (expiry->renewed_by[i]) renewals[count++] = text_of(triggers[i]);
    for (uint32_t i = 0; expiry->renewed_by_event != NULL && i < program->event_count; i++)
        if (expiry->renewed_by_event[i]) renewals[count++] = program->events[i].title;
    if (count == 0) return STATUS_OK;
    TRY(buffer_add_format(out, "  All %.*s of a member expire together: ", TEXT_ARGUMENTS(many)));
    TRY(say_list(out, renewals, count, "and"));
    return buffer_add(out, TEXT(" gives all of them their full time again.\n"));
}

static enum status describe_names(const struct wallet *wallet, struct buffer *out)
{
    for (uint32_t i = 0; i < wallet->name_count; i++) {
        const struct wallet_name *name = &wallet->names[i];
        if (text_equal(name->language, TEXT("en"))) continue;
        TRY(buffer_add_format(out, "  In the language \"%.*s\" they are called \"%.*s\"",
                              TEXT_ARGUMENTS(name->language), TEXT_ARGUMENTS(name->other)));
        if (name->one.length > 0)
            TRY(buffer_add_format(out, ", one is called \"%.*s\"", TEXT_ARGUMENTS(name->one)));
        TRY(buffer_add(out, TEXT(".\n")));
    }
    return STATUS_OK;
}

static enum status describe_wallet(const struct program *program, const struct wallet *wallet,
                                   struct buffer *out)
{
    struct text many = wallet_unit(wallet, 0);
    struct text one = wallet_unit(wallet, power_of_ten(wallet->decimals));
    TRY(buffer_add_format(out, "\nWallet %.*s\n", TEXT_ARGUMENTS(wallet->id)));
    TRY(buffer_add_format(out, "  Earned %.*s ", TEXT_ARGUMENTS(many)));
    TRY(say_pending(out, &wallet->pending));
    TRY(buffer_add_format(out, ".\n  %.*s ", TEXT_ARGUMENTS(many)));
    size_t first = out->length - many.length - 1;
    if (out->bytes[first] >= 'a' && out->bytes[first] <= 'z')
        out->bytes[first] = (char)(out->bytes[first] - 'a' + 'A');
    TRY(say_expiry(out, &wallet->expires));
    TRY(buffer_add(out, TEXT(".\n")));
    TRY(describe_renewal(program, &wallet->expires, many, out));
    bool can_expire = wallet->expires.given;
    for (uint32_t i = 0; i < program->rule_count; i++)
        can_expire |= &program->wallets[program->rules[i].wallet] == wallet &&
                      program->rules[i].expires.given;
    TRY(describe_returns(wallet, many, can_expire, out));
    if (wallet->decimals > 0)
        TRY(buffer_add_format(out, "  They are counted with %d decimal%s.\n", (int)wallet->decimals,
                              wallet->decimals == 1 ? "" : "s"));
    if (wallet->has_liability) {
        char digits[AMOUNT_TEXT_MAXIMUM];
        struct decimal liability = wallet->liability;
        int32_t decimals = program->currencies[wallet->liability_currency].decimals;
        if (liability.scale < decimals &&
            decimal_rescale(liability, decimals, &liability.coefficient) == STATUS_OK)
            liability.scale = decimals;
        struct text amount = amount_format(liability.coefficient, liability.scale, digits);
        TRY(buffer_add_format(out, "  Finance books %.*s %.*s for 1 %.*s.\n",
                              TEXT_ARGUMENTS(amount),
                              TEXT_ARGUMENTS(program->currencies[wallet->liability_currency].code),
                              TEXT_ARGUMENTS(one)));
    }
    return describe_names(wallet, out);
}

static enum status describe_eligible(const struct program *program, struct buffer *out)
{
    const struct eligible *eligible = &program->eligible;
    const struct {
        bool is_included;
        const char *text;
    } parts[] = {
        {eligible->tax_included, "tax"},
        {eligible->shipping_included, "shipping"},
        {eligible->paid_with_points_included, "what is paid with points"},
        {eligible->gift_cards_included, "gift cards"},
    };
    TRY(buffer_add_format(out, "The eligible amount of an order is its goods %s discounts",
                          eligible->discounts_subtracted ? "after" : "before"));
    for (int included = 1; included >= 0; included--) {
        struct text list[4];
        uint32_t count = 0;
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
            if (parts[i].is_included == (included == 1)) list[count++] = text_of(parts[i].text);
        if (count == 0) continue;
        TRY(buffer_add_format(out, ", %s ", included == 1 ? "with" : "without"));
        TRY(say_list(out, list, count, "and"));
    }
    return buffer_add(out, TEXT(".\n"));
}

static enum status describe_basics(const struct program *program, struct buffer *out)
{
    static const char *const days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};
    TRY(buffer_add_format(out, "%.*s (%.*s)\nOrders are in ", TEXT_ARGUMENTS(program->title),
                          TEXT_ARGUMENTS(program->id)));
    for (uint32_t i = 0; i < program->currency_count; i++)
        TRY(buffer_add_format(out, "%s%.*s", i == 0 ? "" : ", ",
                              TEXT_ARGUMENTS(program->currencies[i].code)));
    TRY(buffer_add_format(
        out, "; days and dates are those of the time zone %.*s; weeks start on %s.\n",
        TEXT_ARGUMENTS(zone_name(program->zone)), days[program->week_starts - 1]));
    TRY(describe_eligible(program, out));
    if (program->refuses_unknown_members) {
        TRY(buffer_add(out, TEXT("Who has not joined cannot buy as a member.\n")));
    }
    TRY(buffer_add(out, TEXT("Returns are taken ")));
    if (program->has_returns_within) {
        TRY(say_span(out, program->returns_within));
        TRY(buffer_add(out, TEXT(" after the purchase at the latest")));
    } else {
        TRY(buffer_add(out, TEXT("at any time")));
    }
    TRY(buffer_add(out, TEXT("; a guest's order can be claimed for ")));
    TRY(say_span(out, program->claims_within));
    TRY(buffer_add(out, TEXT("; what is told more than ")));
    TRY(say_span(out, program->late_within));
    return buffer_add(out, TEXT(" late is refused.\n"));
}

static enum status describe_window(const struct window *window, struct buffer *out)
{
    switch (window->kind) {
    case WINDOW_LIFETIME:
        return buffer_add(out, TEXT("since joining"));
    case WINDOW_CALENDAR:
        return buffer_add_format(out, "in the calendar %s", period_noun(window->unit));
    case WINDOW_ROLLING:
        return buffer_add_format(out, "in the last %d day%s, today included", (int)window->days,
                                 window->days == 1 ? "" : "s");
    case WINDOW_MEMBERSHIP_YEAR:
        return buffer_add(out, TEXT("in the membership year"));
    }
    return STATUS_OK;
}

static enum status describe_measure(const struct program *program, const struct counter *counter,
                                    struct buffer *out)
{
    const char *of = counter->each_item ? "items" : "purchases";
    switch (counter->measure) {
    case MEASURE_EVENTS:
        if (counter->on == TRIGGER_CUSTOM)
            return buffer_add_format(out, "how often: %.*s",
                                     TEXT_ARGUMENTS(program->events[counter->event].title));
        return buffer_add(out, TEXT("number of purchases"));
    case MEASURE_QUANTITY:
        return buffer_add(out, TEXT("number of items bought"));
    case MEASURE_EARNED:
        return buffer_add_format(out, "%.*s earned by %s",
                                 TEXT_ARGUMENTS(wallet_unit(&program->wallets[counter->wallet], 0)),
                                 counter->on == TRIGGER_JOIN       ? "joining"
                                 : counter->on == TRIGGER_PURCHASE ? "purchases"
                                                                   : "events");
    case MEASURE_ELIGIBLE:
    case MEASURE_SUBTOTAL:
        return buffer_add_format(out, "%s of %s in %.*s",
                                 counter->measure == MEASURE_ELIGIBLE ? "eligible amount"
                                                                      : "subtotal",
                                 of, TEXT_ARGUMENTS(program->currencies[counter->currency].code));
    case MEASURE_EXPRESSION:
        return say_expression(out, counter->sum);
    }
    return STATUS_OK;
}

static enum status describe_fields(const struct declared_field *fields, uint32_t count,
                                   struct buffer *out)
{
    static const char *const types[] = {
#define X(symbol, text) (text),
        FIELD_TYPE_LIST(X)
#undef X
    };
    for (uint32_t i = 0; i < count; i++)
        TRY(buffer_add_format(out, "%s%.*s (%s)", i == 0 ? "" : ", ",
                              TEXT_ARGUMENTS(fields[i].name), types[fields[i].type]));
    return buffer_add(out, count == 0 ? TEXT("nothing more.\n") : TEXT(".\n"));
}

/* "  Product review (review)", or the id alone. */
static enum status describe_name(struct text id, struct text title, struct buffer *out)
{
    if (text_equal(id, title)) return buffer_add_format(out, "  %.*s", TEXT_ARGUMENTS(id));
    return buffer_add_format(out, "  %.*s (%.*s)", TEXT_ARGUMENTS(title), TEXT_ARGUMENTS(id));
}

/* What rules can look at beside purchases. */
static enum status describe_declared(const struct program *program, struct buffer *out)
{
    if (program->event_count > 0) TRY(buffer_add(out, TEXT("\nEvents beside purchases\n")));
    for (uint32_t i = 0; i < program->event_count; i++) {
        const struct custom_event *event = &program->events[i];
        TRY(describe_name(event->id, event->title, out));
        TRY(buffer_add(out, TEXT(", with ")));
        TRY(describe_fields(event->fields, event->field_count, out));
    }
    if (program->profile_count > 0) {
        TRY(buffer_add(out, TEXT("\nOf a member's personal data rules look at ")));
        TRY(describe_fields(program->profile, program->profile_count, out));
    }
    if (program->segment_count > 0) TRY(buffer_add(out, TEXT("\nSegments\n")));
    for (uint32_t i = 0; i < program->segment_count; i++) {
        TRY(describe_name(program->segments[i].id, program->segments[i].title, out));
        TRY(buffer_add(out, TEXT(": ")));
        TRY(say_expression(out, program->segments[i].expression));
        TRY(buffer_add(out, TEXT(".\n")));
    }
    return STATUS_OK;
}

static enum status describe_counters(const struct program *program, struct buffer *out)
{
    if (program->counter_count > 0) TRY(buffer_add(out, TEXT("\nKept for each member\n")));
    for (uint32_t i = 0; i < program->counter_count; i++) {
        const struct counter *counter = &program->counters[i];
        TRY(buffer_add_format(out, "  %.*s: ", TEXT_ARGUMENTS(counter->id)));
        TRY(describe_measure(program, counter, out));
        TRY(buffer_add(out, TEXT(" ")));
        TRY(describe_window(&counter->window, out));
        if (condition_asks(&counter->condition)) {
            TRY(buffer_add(out, TEXT(", only ")));
            TRY(say_condition(out, program, &counter->condition));
        }
        TRY(buffer_add(out, TEXT(".\n")));
    }
    return STATUS_OK;
}

static enum status describe_threshold(const struct program *program, const struct tier_set *set,
                                      const struct level *level, struct buffer *out)
{
    const struct counter *counter = &program->counters[set->counter];
    uint32_t currency = set->measure != NULL ? set->measure_currency : counter->currency;
    char digits[40];
    struct text number = amount_format_grouped(level->from, 0, digits);
    enum measure measure = set->measure != NULL ? MEASURE_EXPRESSION : counter->measure;
    switch (measure) {
    case MEASURE_EVENTS:
        return buffer_add_format(out, "%.*s %s%s", TEXT_ARGUMENTS(number),
                                 counter->on == TRIGGER_CUSTOM ? "event" : "purchase",
                                 level->from == 1 ? "" : "s");
    case MEASURE_QUANTITY:
        return buffer_add_format(out, "%.*s item%s", TEXT_ARGUMENTS(number),
                                 level->from == 1 ? "" : "s");
    case MEASURE_EARNED:
        return say_points(out, &program->wallets[counter->wallet], level->from, 0);
    case MEASURE_ELIGIBLE:
    case MEASURE_SUBTOTAL:
        return say_money(out, program, currency, level->from);
    case MEASURE_EXPRESSION:
        return currency == PROGRAM_NONE ? buffer_add(out, number)
                                        : say_money(out, program, currency, level->from);
    }
    return STATUS_OK;
}

static enum status describe_kept(const struct tier_set *set, struct buffer *out)
{
    static const char *const downgrades[] = {
        [DOWNGRADE_NONE] = "nobody is moved down",
        [DOWNGRADE_ONE_LEVEL] = "who does not reach it again moves down one level",
        [DOWNGRADE_BY_MEASURE] =
            "who does not reach it again moves to the level that the measure gives",
    };
    const char *unit = period_noun(set->kept_unit);
    switch (set->kept) {
    case KEPT_FOR_EVER:
        return buffer_add(out, TEXT("  A level is kept for ever.\n"));
    case KEPT_AS_MEASURED:
        TRY(buffer_add(out, TEXT("  A level is kept as long as the measure reaches it")));
        break;
    case KEPT_TO_PERIOD_END:
        TRY(set->kept_periods == 0
                ? buffer_add_format(
                      out,
                      "  A level is kept to the end of the calendar %s in which it was "
                      "last reached",
                      unit)
                : buffer_add_format(
                      out,
                      "  A level is kept to the end of the calendar %s after the one in "
                      "which it was last reached",
                      unit));
        break;
    case KEPT_FOR_SPAN:
        TRY(buffer_add(out, TEXT("  A level is kept for ")));
        TRY(say_span(out, set->kept_span));
        TRY(buffer_add(out, TEXT(" after it was last reached")));
        break;
    }
    TRY(buffer_add_format(out, "; then %s.\n", downgrades[set->downgrade]));
    if (set->grace.count > 0) {
        TRY(buffer_add(out, TEXT("  It is lost only ")));
        TRY(say_span(out, set->grace));
        TRY(buffer_add(out, TEXT(" after that end.\n")));
    }
    if (set->at_risk.count == 0) return STATUS_OK;
    TRY(buffer_add(out, TEXT("  Members are at risk, and can be told, from ")));
    TRY(say_span(out, set->at_risk));
    return buffer_add(out, TEXT(" before that end.\n"));
}

static enum status describe_tier_set(const struct program *program, const struct tier_set *set,
                                     struct buffer *out)
{
    const struct counter *counter = &program->counters[set->counter];
    TRY(buffer_add_format(out, "\nTiers %.*s, by ", TEXT_ARGUMENTS(set->id)));
    TRY(set->measure != NULL ? say_expression(out, set->measure)
                             : describe_measure(program, counter, out));
    TRY(buffer_add(out, TEXT(" ")));
    TRY(describe_window(&counter->window, out));
    if (set->measure == NULL) TRY(buffer_add_format(out, " (%.*s)", TEXT_ARGUMENTS(counter->id)));
    TRY(buffer_add(out, TEXT("\n")));
    for (uint32_t i = 0; i < set->level_count; i++) {
        const struct level *level = &set->levels[i];
        TRY(buffer_add_format(out, "  %.*s: ", TEXT_ARGUMENTS(level->title)));
        if (level->from == 0) {
            TRY(buffer_add(out, TEXT("every member")));
        } else {
            TRY(buffer_add(out, TEXT("from ")));
            TRY(describe_threshold(program, set, level, out));
        }
        TRY(buffer_add(out, i == 0 && level->from > 0
                                ? TEXT("; members below that have no level.\n")
                                : TEXT(".\n")));
    }
    TRY(buffer_add_format(
        out, "  Members move up %s; a purchase earns at the level held before it.\n",
        set->upgrade == UPGRADE_AT_ONCE ? "at once" : "at the end of the period"));
    TRY(describe_kept(set, out));
    return buffer_add_format(
        out, "  A return %s.\n",
        set->on_return == TIER_KEEP
            ? "does not change the level"
            : "that undoes what a level was reached by lowers the level at once");
}

enum status program_describe(const struct program *program, struct buffer *out)
{
    TRY(describe_basics(program, out));
    for (uint32_t i = 0; i < program->wallet_count; i++)
        TRY(describe_wallet(program, &program->wallets[i], out));
    TRY(describe_rules(program, out));
    TRY(describe_calculators(program, out));
    TRY(describe_campaigns(program, out));
    TRY(describe_declared(program, out));
    TRY(describe_counters(program, out));
    for (uint32_t i = 0; i < program->tier_set_count; i++)
        TRY(describe_tier_set(program, &program->tier_sets[i], out));
    return describe_rewards(program, out);
}
