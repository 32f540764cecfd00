/* The expressions of random programmes, and what each means, in plain C.
 *
 * A programme is made without any; then some of its conditions, amounts, counters and limits are
 * given one, from a dozen forms with random numbers in them. The form and its numbers are kept
 * beside the compiled expression, so that the auditor never looks at that.
 *
 * What they see of a member is what it had when the command began: audit_note_before.
 */
#include <stdio.h>

#include "auditor.h"

#define EXPRESSION_MAXIMUM 64

enum meaning {
    MEANS_ELIGIBLE, /* order.eligible >= N.NN */
    MEANS_UNITS,    /* order.quantity > N && some item of category x */
    MEANS_COUNTER,  /* member.counters.cK > N */
    MEANS_WALLET,   /* member.wallets.wK.available < N */
    MEANS_LEVEL,    /* member.tiers.tK.rank >= N */
    MEANS_WEEKEND,  /* event.local.week_day >= 6 */
    MEANS_RATING,   /* event.rating > N, which may not be known */
    MEANS_CATEGORY, /* item.category in ['x', 'z'] */
    MEANS_PRICE,    /* item.unit_price >= N.NN && item.quantity > 1 */
    MEANS_ORDER,    /* (N.NN x order.quantity - K) points */
    MEANS_ITEMS,    /* (number of items) points */
    MEANS_ITEM,     /* (item.quantity x N) points; also a counter's sum */
    MEANS_STARS,    /* (event.rating x N) points; also a counter's sum */
    MEANS_SUBTOTAL, /* of (order.subtotal - N.NN) */
    MEANS_LINE,     /* of (item.subtotal - N.NN) */
    MEANS_QUANTITY, /* a counter's sum: order.quantity x N */
    MEANS_STORE     /* event.store */
};

struct meant {
    const struct cel_expression *expression;
    enum meaning meaning;
    uint32_t index;
    int64_t number;
};

static struct meant meant[EXPRESSION_MAXIMUM];
static int meant_count;

static struct {
    int64_t available[AUDIT_WALLETS];
    int64_t counters[AUDIT_COUNTERS];
    int levels[AUDIT_TIER_SETS];
} before;

/* ---- compiling --------------------------------------------------------------------------- */

static void add_own(struct cel_environment *environment, enum expression_object object,
                    struct text name, const char *type, uint32_t index)
{
    ASSERT(cel_environment_add_field(environment, (uint16_t)object, name, text_of(type),
                                     EXPRESSION_BY_INDEX + index, CEL_NO_BOUND) == STATUS_OK);
}

static void declare_objects(struct cel_environment *environment)
{
    uint16_t object;
#define X(name, text)                                                                              \
    ASSERT(cel_environment_add_object(environment, TEXT(text), &object) == STATUS_OK);
    EXPRESSION_OBJECT_LIST(X)
#undef X
#define X(object, text, type, name)                                                                \
    ASSERT(cel_environment_add_field(environment, EXPRESSION_##object, TEXT(text), TEXT(type),     \
                                     EXPRESSION_##object##_##name##_FIELD, 200) == STATUS_OK);
    EXPRESSION_FIELD_LIST(X)
#undef X
}

static const char *type_of_counter(const struct counter *counter)
{
    if (counter->measure == MEASURE_EARNED) return "decimal";
    bool is_money = counter->measure == MEASURE_ELIGIBLE || counter->measure == MEASURE_SUBTOTAL;
    return is_money ? "money" : "int";
}

static struct cel_environment *environment_new(struct world *world, enum trigger trigger)
{
    static const struct cel_rules rules = {true, true, true, true};
    static const char *const variables[] = {"member", "program", "now", "event", "order", "item"};
    static const char *const types[] = {"Member", "Program", "timestamp", "Event", "Order", "Item"};
    const struct program *program = world->program;
    struct cel_environment *environment;
    uint32_t slot;
    ASSERT(cel_environment_new(&world->arena, &rules, &environment) == STATUS_OK);
    ASSERT(cel_environment_add_extensions(environment) == STATUS_OK);
    declare_objects(environment);
    for (uint32_t i = 0; i < program->wallet_count; i++)
        add_own(environment, EXPRESSION_WALLETS, program->wallets[i].id, "Wallet", i);
    for (uint32_t i = 0; i < program->tier_set_count; i++)
        add_own(environment, EXPRESSION_TIERS, program->tier_sets[i].id, "Tier", i);
    for (uint32_t i = 0; i < program->counter_count; i++)
        add_own(environment, EXPRESSION_COUNTERS, program->counters[i].id,
                type_of_counter(&program->counters[i]), i);
    if (trigger == TRIGGER_CUSTOM) add_own(environment, EXPRESSION_EVENT, TEXT("rating"), "int", 0);
    int count = trigger == TRIGGER_PURCHASE ? SLOT_COUNT : SLOT_EVENT + 1;
    for (int i = 0; i < count; i++)
        ASSERT(cel_environment_add_variable(environment, text_of(variables[i]), text_of(types[i]),
                                            CEL_NO_BOUND, &slot) == STATUS_OK);
    return environment;
}

static const struct cel_expression *compile(struct world *world,
                                            struct cel_environment *environment,
                                            struct meant meaning, struct text source)
{
    static struct cel_problems problems;
    problems = (struct cel_problems){.arena = &world->arena};
    ASSERT(meant_count < EXPRESSION_MAXIMUM && source.bytes != NULL);
    if (cel_compile(&world->arena, environment, source, NULL, &problems, &meaning.expression) !=
        STATUS_OK) {
        fprintf(stderr, "%.*s: %.*s\n", TEXT_ARGUMENTS(source),
                TEXT_ARGUMENTS(problems.items[0].message));
        ASSERT(false);
    }
    meant[meant_count++] = meaning;
    world->program->has_expressions = true;
    world->program->environment = environment;
    return meaning.expression;
}

/* An expression of that form with its numbers. */
static const struct cel_expression *
write_one(struct world *world, struct cel_environment *environment, enum meaning meaning)
{
    static const char *const forms[] = {
        [MEANS_ELIGIBLE] = "order.eligible >= %d.%02d",
        [MEANS_UNITS] = "order.quantity > %d && order.items.exists(i, i.category == 'x')",
        [MEANS_WEEKEND] = "event.local.week_day >= 6",
        [MEANS_RATING] = "event.rating > %d",
        [MEANS_CATEGORY] = "item.category in ['x', 'z']",
        [MEANS_PRICE] = "item.unit_price >= %d.%02d && item.quantity > 1",
        [MEANS_ORDER] = "decimal('%d.%02d') * order.quantity - 5",
        [MEANS_ITEMS] = "order.items.size()",
        [MEANS_ITEM] = "item.quantity * %d",
        [MEANS_STARS] = "event.rating * %d",
        [MEANS_SUBTOTAL] = "order.subtotal - %d.%02d",
        [MEANS_LINE] = "item.subtotal - %d.%02d",
        [MEANS_QUANTITY] = "order.quantity * %d",
        [MEANS_STORE] = "event.store",
    };
    struct random *random = &world->random;
    const struct program *program = world->program;
    struct meant made = {.meaning = meaning, .number = 1 + random_below(random, 8)};
    struct text source;
    if (meaning == MEANS_COUNTER) {
        made.index = (uint32_t)random_below(random, (int)program->counter_count);
        made.number = random_below(random, 3) * random_below(random, 60);
        source = arena_format(&world->arena, "member.counters.%.*s > %d",
                              TEXT_ARGUMENTS(program->counters[made.index].id), (int)made.number);
    } else if (meaning == MEANS_WALLET) {
        made.index = (uint32_t)random_below(random, (int)program->wallet_count);
        made.number = 10 * random_below(random, 30);
        source = arena_format(&world->arena, "member.wallets.%.*s.available < %d",
                              TEXT_ARGUMENTS(program->wallets[made.index].id), (int)made.number);
    } else if (meaning == MEANS_LEVEL) {
        made.index = (uint32_t)random_below(random, (int)program->tier_set_count);
        made.number = 1 + random_below(random, 2);
        source = arena_format(&world->arena, "member.tiers.%.*s.rank >= %d",
                              TEXT_ARGUMENTS(program->tier_sets[made.index].id), (int)made.number);
    } else if (strstr(forms[meaning], "%02d") != NULL) {
        made.number = random_below(random, 6000);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        source = arena_format(&world->arena, forms[meaning], (int)(made.number / 100),
                              (int)(made.number % 100));
    } else {
        source = arena_format(&world->arena, forms[meaning], (int)made.number);
#pragma GCC diagnostic pop
    }
    return compile(world, environment, made, source);
}

/* ---- putting them in --------------------------------------------------------------------- */

static enum meaning random_when(struct world *world, enum trigger trigger)
{
    struct random *random = &world->random;
    const struct program *program = world->program;
    enum meaning list[8];
    int count = 0;
    list[count++] = MEANS_WALLET;
    list[count++] = MEANS_WEEKEND;
    if (program->counter_count > 0) list[count++] = MEANS_COUNTER;
    if (program->tier_set_count > 0) list[count++] = MEANS_LEVEL;
    if (trigger == TRIGGER_CUSTOM) list[count++] = MEANS_RATING;
    if (trigger == TRIGGER_PURCHASE) {
        list[count++] = MEANS_ELIGIBLE;
        list[count++] = MEANS_UNITS;
    }
    return list[random_below(random, count)];
}

static void give_condition(struct world *world, struct cel_environment *environment,
                           struct condition *condition, enum trigger trigger, bool of_items)
{
    struct random *random = &world->random;
    if (random_chance(random, 40)) {
        condition->is_given = true;
        condition->when = write_one(world, environment, random_when(world, trigger));
    }
    if (of_items && trigger == TRIGGER_PURCHASE && random_chance(random, 20)) {
        condition->is_given = true;
        condition->where =
            write_one(world, environment, random_chance(random, 50) ? MEANS_CATEGORY : MEANS_PRICE);
    }
}

static void give_amount(struct world *world, struct cel_environment *environment, struct rule *rule)
{
    struct random *random = &world->random;
    bool is_bought = rule->on == TRIGGER_PURCHASE;
    if (rule->on == TRIGGER_JOIN || rule->earn == EARN_CALCULATOR || random_chance(random, 55)) {
        return;
    }
    if (rule->on == TRIGGER_CUSTOM) {
        rule->points = write_one(world, environment, MEANS_STARS);
    } else if (rule->earn == EARN_FIXED) {
        rule->points = write_one(world, environment, rule->each_item ? MEANS_ITEM : MEANS_ORDER);
    } else if (random_chance(random, 50) || rule->measure == MEASURE_QUANTITY) {
        rule->points = write_one(world, environment, rule->each_item ? MEANS_ITEM : MEANS_ITEMS);
    } else if (is_bought) {
        rule->base = write_one(world, environment, rule->each_item ? MEANS_LINE : MEANS_SUBTOTAL);
    }
}

/* "for each store": of rules and boosts. */
static void give_limits(struct world *world, struct cel_environment *environment,
                        struct limit_range range)
{
    for (uint32_t i = 0; i < range.count; i++) {
        if (!random_chance(&world->random, 40)) continue;
        world->program->limits[range.first + i].for_each =
            write_one(world, environment, MEANS_STORE);
    }
}

/* Some wait for the custom event instead, whose condition is then all their own. What they measure
 * is said before anything is compiled: an expression that names one has its type. */
static void give_measure(struct world *world, struct counter *counter)
{
    struct random *random = &world->random;
    if (random_chance(random, 25)) {
        counter->on = TRIGGER_CUSTOM;
        counter->each_item = false;
        counter->currency = PROGRAM_NONE;
        counter->condition = (struct condition){.tier_set = PROGRAM_NONE,
                                                .order_at_least_currency = PROGRAM_NONE,
                                                .from_us = INSTANT_EARLIEST,
                                                .until_us = INSTANT_NEVER};
        counter->measure = random_chance(random, 50) ? MEASURE_EVENTS : MEASURE_EXPRESSION;
    } else if (random_chance(random, 40) && counter->measure == MEASURE_QUANTITY) {
        counter->measure = MEASURE_EXPRESSION;
    }
}

static void give_counter(struct world *world, struct cel_environment *const environments[],
                         struct counter *counter)
{
    enum meaning meaning = counter->on == TRIGGER_CUSTOM ? MEANS_STARS
                           : counter->each_item          ? MEANS_ITEM
                                                         : MEANS_QUANTITY;
    if (counter->measure == MEASURE_EXPRESSION) {
        counter->sum = write_one(world, environments[counter->on], meaning);
    }
    if (counter->on == TRIGGER_CUSTOM) return;
    give_condition(world, environments[TRIGGER_PURCHASE], &counter->condition, TRIGGER_PURCHASE,
                   counter->each_item);
}

static void give_rule(struct world *world, struct cel_environment *const environments[],
                      struct rule *rule)
{
    struct random *random = &world->random;
    if (rule->on == TRIGGER_JOIN && random_chance(random, 60)) rule->on = TRIGGER_CUSTOM;
    struct cel_environment *environment = environments[rule->on];
    give_condition(world, environment, &rule->condition, rule->on, true);
    give_amount(world, environment, rule);
    give_limits(world, environment, rule->limits);
    for (uint32_t b = 0; b < rule->boost_count; b++) {
        give_condition(world, environment, &rule->boosts[b].condition, rule->on, true);
        give_limits(world, environment, rule->boosts[b].limits);
    }
}

void world_expressions(struct world *world)
{
    struct random *random = &world->random;
    struct program *program = world->program;
    meant_count = 0;
    if (random_chance(random, 40)) return;
    program->event_count = 1;
    program->events = arena_new_array(&world->arena, struct custom_event, 1);
    program->events[0] = (struct custom_event){.id = TEXT("visit"), .title = TEXT("visit")};
    program->events[0].symbol = hash_symbol(TEXT("event/visit"));
    program->events[0].fields = arena_new_array(&world->arena, struct declared_field, 1);
    program->events[0].fields[0] = (struct declared_field){TEXT("rating"), FIELD_INT};
    program->events[0].field_count = 1;
    for (uint32_t i = 0; i < program->counter_count; i++)
        give_measure(world, &program->counters[i]);
    struct cel_environment *environments[TRIGGER_COUNT];
    for (int i = 0; i < TRIGGER_COUNT; i++)
        environments[i] = environment_new(world, (enum trigger)i);
    for (uint32_t i = 0; i < program->counter_count; i++)
        give_counter(world, environments, &program->counters[i]);
    for (uint32_t i = 0; i < program->rule_count; i++)
        give_rule(world, environments, &program->rules[i]);
    for (uint32_t i = 0; i < program->wallet_count; i++) {
        struct expiry *expires = &program->wallets[i].expires;
        if (!expires->is_renewed || random_chance(random, 50)) continue;
        expires->renewed_by_event = arena_new_array(&world->arena, bool, 1);
        expires->renewed_by_event[0] = true;
    }
}

/* ---- what they mean ---------------------------------------------------------------------- */

static const struct meant *find(const struct cel_expression *expression)
{
    for (int i = 0; i < meant_count; i++) {
        if (meant[i].expression == expression) return &meant[i];
    }
    ASSERT(false);
    return NULL;
}

void audit_note_before(const struct audit *audit, int member, bool is_new, int64_t occurred_us)
{
    const struct program *program = audit->program;
    const struct audit_member *it = &audit->members[member];
    int32_t day = zone_local_day(program->zone, occurred_us);
    for (uint32_t i = 0; i < program->wallet_count; i++)
        before.available[i] = is_new ? 0 : audit_available(it, (int)i);
    for (uint32_t i = 0; i < program->counter_count; i++)
        before.counters[i] = is_new
                                 ? 0
                                 : audit_counted(audit, program->counters[i].symbol, member,
                                                 &program->counters[i].window, day, it->joined_day);
    for (uint32_t i = 0; i < program->tier_set_count; i++)
        before.levels[i] = it->levels[i].level;
}

static bool rating_of(const struct event *event, int64_t *rating)
{
    for (uint32_t i = 0; i < event->value_count; i++) {
        *rating = event->values[i].integer;
        return true;
    }
    return false;
}

/* A counter holds money with the currency's decimals, points with their wallet's. */
static int32_t counter_decimals(const struct program *program, const struct counter *counter)
{
    if (counter->measure == MEASURE_EARNED) return program->wallets[counter->wallet].decimals;
    bool is_money = counter->measure == MEASURE_ELIGIBLE || counter->measure == MEASURE_SUBTOTAL;
    return is_money ? program->currencies[0].decimals : 0;
}

static bool has_category(const struct audit_order *order, const char *category)
{
    for (int i = 0; i < order->line_count; i++) {
        if (text_equal(order->lines[i].item.category, text_of(category))) return true;
    }
    return false;
}

bool audit_when(const struct audit *audit, const struct cel_expression *expression,
                const struct audit_order *order, const struct event *event)
{
    const struct program *program = audit->program;
    const struct meant *it = find(expression);
    int64_t rating;
    switch (it->meaning) {
    case MEANS_ELIGIBLE:
        return (wide)audit_order_base(audit, order, MEASURE_ELIGIBLE, false) * 100 >=
               (wide)it->number * power_of_ten(program->currencies[order->currency].decimals);
    case MEANS_UNITS:
        return audit_order_base(audit, order, MEASURE_QUANTITY, false) > it->number &&
               has_category(order, "x");
    case MEANS_COUNTER:
        return before.counters[it->index] >
               it->number * power_of_ten(counter_decimals(program, &program->counters[it->index]));
    case MEANS_WALLET:
        return before.available[it->index] <
               it->number * power_of_ten(program->wallets[it->index].decimals);
    case MEANS_LEVEL:
        return before.levels[it->index] + 1 >= it->number;
    case MEANS_WEEKEND:
        return weekday_of_day(zone_local_day(program->zone, event->occurred_at_us)) >= 6;
    case MEANS_RATING:
        return rating_of(event, &rating) && rating > it->number;
    default:
        ASSERT(false);
        return false;
    }
}

bool audit_where(const struct cel_expression *expression, const struct audit_line *line)
{
    const struct meant *it = find(expression);
    const struct item *item = &line->item;
    if (line->is_shipping) return false;
    if (it->meaning == MEANS_CATEGORY)
        return text_equal(item->category, TEXT("x")) || text_equal(item->category, TEXT("z"));
    ASSERT(it->meaning == MEANS_PRICE);
    return item->quantity > 1 && (wide)item->unit_price.coefficient * 100 >=
                                     (wide)it->number * power_of_ten(item->unit_price.scale);
}

/* Whole points, or units of a counter, as hundredths. False where it is not known. */
bool audit_amount(const struct audit *audit, const struct cel_expression *expression,
                  const struct audit_order *order, int line, const struct event *event,
                  int64_t *hundredths)
{
    const struct meant *it = find(expression);
    int64_t rating;
    int items = 0;
    switch (it->meaning) {
    case MEANS_ORDER:
        *hundredths = it->number * audit_order_base(audit, order, MEASURE_QUANTITY, false) - 500;
        return true;
    case MEANS_ITEMS:
        for (int i = 0; i < order->line_count; i++)
            items += order->lines[i].is_shipping ? 0 : 1;
        *hundredths = 100 * items;
        return true;
    case MEANS_ITEM:
        *hundredths = 100 * it->number * order->lines[line].item.quantity;
        return true;
    case MEANS_QUANTITY:
        *hundredths = 100 * it->number * audit_order_base(audit, order, MEASURE_QUANTITY, false);
        return true;
    case MEANS_STARS:
        if (!rating_of(event, &rating)) return false;
        *hundredths = 100 * it->number * rating;
        return true;
    default:
        ASSERT(false);
        return false;
    }
}

/* Money, as hundredths of the major unit. */
int64_t audit_money(const struct audit *audit, const struct cel_expression *expression,
                    const struct audit_order *order, int line)
{
    const struct meant *it = find(expression);
    int64_t minor = it->meaning == MEANS_SUBTOTAL
                        ? audit_order_base(audit, order, MEASURE_SUBTOTAL, false)
                        : audit_line_base(audit, order, line, MEASURE_SUBTOTAL,
                                          order->lines[line].item.quantity);
    int32_t decimals = audit->program->currencies[order->currency].decimals;
    return minor * (decimals == 0 ? 100 : 1) - it->number;
}

/* Under which name a limit counts this event. */
uint32_t audit_limit_symbol(const struct limit *limit, const struct event *event)
{
    if (limit->for_each == NULL) return limit->symbol;
    ASSERT(find(limit->for_each)->meaning == MEANS_STORE);
    return limit->symbol + 1 + (uint32_t)event->store.length +
           (event->store.length > 0 ? 7 * (uint32_t)(unsigned char)event->store.bytes[1] : 0);
}
