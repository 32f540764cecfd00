/* The engine as the host of expressions: the fields and functions of program/expression.h.
 *
 * A field is read where it stands; nothing is kept but what struct evaluating keeps for an event.
 * Texts that were not given are empty; a field that this object does not have (a birthday nobody
 * told, a custom event's value that did not come) is CEL_FAULT_UNSET.
 *
 * Must never: look at what the event has already done to the member.
 */
#include "engine/condition.h"
#include "engine/evaluation.h"
#include "engine/window.h"

static struct cel_value unset(void)
{
    return cel_error(CEL_FAULT_UNSET, NULL);
}

struct cel_value evaluation_instant(int64_t instant_us)
{
    int64_t seconds = instant_us / MICROSECONDS_PER_SECOND;
    int64_t rest_us = instant_us % MICROSECONDS_PER_SECOND;
    if (rest_us < 0) {
        rest_us += MICROSECONDS_PER_SECOND;
        seconds--;
    }
    return cel_timestamp(seconds, (uint32_t)(rest_us * 1000));
}

/* A text that was made for this evaluation. */
static struct cel_value made_text(struct cel_evaluation *evaluation, struct text text)
{
    struct text copy = arena_copy(evaluation->arena, text);
    return copy.bytes == NULL ? cel_error(CEL_FAULT_NO_MEMORY, NULL) : cel_string(copy);
}

/* ---- event ---- */

static const struct wall_time *wall_of(struct evaluating *evaluating)
{
    const struct working *working = evaluating->working;
    if (!evaluating->has_wall) {
        evaluating->wall = zone_to_wall(working->program->zone, working->occurred_at_us);
        evaluating->date = date_of_day(evaluating->wall.local_day);
        evaluating->has_wall = true;
    }
    return &evaluating->wall;
}

static struct cel_value local_field(struct cel_evaluation *evaluation, uint32_t field_id)
{
    static const char *const weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                           "friday", "saturday", "sunday"};
    struct evaluating *evaluating = evaluation->context;
    const struct wall_time *wall = wall_of(evaluating);
    int64_t minutes = wall->time_of_day_us / (60 * MICROSECONDS_PER_SECOND);
    int32_t weekday = weekday_of_day(wall->local_day);
    char out[INSTANT_TEXT_MAXIMUM];
    switch (field_id) {
    case EXPRESSION_LOCAL_YEAR_FIELD:
        return cel_int(evaluating->date.year);
    case EXPRESSION_LOCAL_MONTH_FIELD:
        return cel_int(evaluating->date.month);
    case EXPRESSION_LOCAL_DAY_FIELD:
        return cel_int(evaluating->date.day);
    case EXPRESSION_LOCAL_HOUR_FIELD:
        return cel_int(minutes / 60);
    case EXPRESSION_LOCAL_MINUTE_FIELD:
        return cel_int(minutes % 60);
    case EXPRESSION_LOCAL_WEEKDAY_FIELD:
        return cel_string(text_of(weekdays[weekday - 1]));
    case EXPRESSION_LOCAL_WEEK_DAY_FIELD:
        return cel_int(weekday);
    case EXPRESSION_LOCAL_DATE_FIELD:
        return made_text(evaluation, day_format(wall->local_day, out));
    default: {
        struct text time =
            arena_format(evaluation->arena, "%02d:%02d", (int)(minutes / 60), (int)(minutes % 60));
        return time.bytes == NULL ? cel_error(CEL_FAULT_NO_MEMORY, NULL) : cel_string(time);
    }
    }
}

static struct cel_value texts_value(struct cel_evaluation *evaluation,
                                    const struct field_value *value)
{
    struct cel_list *list = cel_list_new(evaluation->arena, value->text_count);
    if (list == NULL) return cel_error(CEL_FAULT_NO_MEMORY, NULL);
    for (uint32_t i = 0; i < value->text_count; i++) {
        if (cel_list_add(evaluation->arena, list, cel_string(value->texts[i])) != STATUS_OK) {
            return cel_error(CEL_FAULT_NO_MEMORY, NULL);
        }
    }
    return cel_list_value(list);
}

/* The value with the declared name and type among those given. */
static struct cel_value declared_value(struct cel_evaluation *evaluation,
                                       const struct declared_field *field,
                                       const struct field_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct field_value *value = &values[i];
        if (value->type != field->type || !text_equal(value->name, field->name)) continue;
        switch (value->type) {
        case FIELD_BOOL:
            return cel_bool(value->boolean);
        case FIELD_INT:
            return cel_int(value->integer);
        case FIELD_DECIMAL:
            return cel_decimal(value->decimal);
        case FIELD_MONEY:
            return cel_money(value->decimal, cel_currency(value->currency));
        case FIELD_STRING:
            return cel_string(value->text);
        case FIELD_TIMESTAMP:
            return evaluation_instant(value->integer);
        case FIELD_STRINGS:
            return texts_value(evaluation, value);
        case FIELD_TYPE_COUNT:
        default:
            return unset();
        }
    }
    return unset();
}

/* A custom event is called by its own name; an order is a purchase however it came about. */
static struct text type_of(const struct evaluating *evaluating)
{
    const struct event *event = evaluating->working->event;
    if (event->type == EVENT_CUSTOM) return event->name;
    if (evaluating->order.order != NULL) return TEXT("purchase");
    return text_of(event_type_name(event->type));
}

static struct cel_value event_field(struct cel_evaluation *evaluation, uint32_t field_id)
{
    const struct evaluating *evaluating = evaluation->context;
    const struct working *working = evaluating->working;
    const struct event *event = working->event;
    switch (field_id) {
    case EXPRESSION_EVENT_TYPE_FIELD:
        return cel_string(type_of(evaluating));
    case EXPRESSION_EVENT_OCCURRED_AT_FIELD:
        return evaluating->variables[SLOT_NOW];
    case EXPRESSION_EVENT_LOCAL_FIELD:
        return cel_object(EXPRESSION_LOCAL, 0, NULL);
    case EXPRESSION_EVENT_CHANNEL_FIELD:
        return cel_string(event->channel);
    case EXPRESSION_EVENT_STORE_FIELD:
        return cel_string(event->store);
    case EXPRESSION_EVENT_TILL_FIELD:
        return cel_string(event->till);
    case EXPRESSION_EVENT_STAFF_FIELD:
        return cel_string(event->staff);
    case EXPRESSION_EVENT_PARTNER_FIELD:
        return cel_string(event->partner);
    default:
        break;
    }
    uint32_t index = field_id - EXPRESSION_BY_INDEX;
    const struct custom_event *custom = working->custom;
    if (field_id < EXPRESSION_BY_INDEX || custom == NULL || index >= custom->field_count) {
        return unset();
    }
    return declared_value(evaluation, &custom->fields[index], event->values, event->value_count);
}

/* ---- order and item ---- */

static struct cel_value money_of_order(const struct evaluating *evaluating, int64_t amount)
{
    const struct order *order = evaluating->order.order;
    return cel_money((struct decimal){amount, order->currency_decimals},
                     evaluating->order.currency);
}

static struct cel_value items_of_order(struct evaluating *evaluating)
{
    const struct event *event = evaluating->working->event;
    struct arena *arena = &evaluating->working->states->arena;
    if (evaluating->order.items == NULL) {
        if (event->item_count > CEL_LIST_MAXIMUM) {
            return cel_error(CEL_FAULT_SIZE, "an order of so many items");
        }
        struct cel_list *list = cel_list_new(arena, event->item_count);
        if (list == NULL) return cel_error(CEL_FAULT_NO_MEMORY, NULL);
        for (uint32_t i = 0; i < event->item_count; i++) {
            if (cel_list_add(arena, list, cel_object(EXPRESSION_ITEM, i, NULL)) != STATUS_OK) {
                return cel_error(CEL_FAULT_NO_MEMORY, NULL);
            }
        }
        evaluating->order.items = list;
    }
    return cel_list_value(evaluating->order.items);
}

static struct cel_value amount_of_order(struct evaluating *evaluating, enum order_amount which)
{
    int64_t amount;
    if (evaluation_amount(evaluating, which, &amount) != STATUS_OK) {
        return cel_error(CEL_FAULT_OVERFLOW, NULL);
    }
    return which == AMOUNT_QUANTITY ? cel_int(amount) : money_of_order(evaluating, amount);
}

static struct cel_value order_field(struct cel_evaluation *evaluation, uint32_t field_id)
{
    struct evaluating *evaluating = evaluation->context;
    const struct working *working = evaluating->working;
    const struct order *order = evaluating->order.order;
    if (order == NULL) return unset();
    switch (field_id) {
    case EXPRESSION_ORDER_ID_FIELD:
        return cel_string(working->event->order);
    case EXPRESSION_ORDER_CURRENCY_FIELD:
        return cel_string(working->program->currencies[order->currency].code);
    case EXPRESSION_ORDER_ITEMS_FIELD:
        return items_of_order(evaluating);
    case EXPRESSION_ORDER_QUANTITY_FIELD:
        return amount_of_order(evaluating, AMOUNT_QUANTITY);
    case EXPRESSION_ORDER_SUBTOTAL_FIELD:
        return amount_of_order(evaluating, AMOUNT_SUBTOTAL);
    case EXPRESSION_ORDER_DISCOUNT_FIELD:
        return amount_of_order(evaluating, AMOUNT_DISCOUNT);
    case EXPRESSION_ORDER_TAX_FIELD:
        return amount_of_order(evaluating, AMOUNT_TAX);
    case EXPRESSION_ORDER_SHIPPING_FIELD:
        return amount_of_order(evaluating, AMOUNT_SHIPPING);
    case EXPRESSION_ORDER_PAID_WITH_POINTS_FIELD:
        return amount_of_order(evaluating, AMOUNT_PAID_WITH_POINTS);
    case EXPRESSION_ORDER_TOTAL_FIELD:
        return amount_of_order(evaluating, AMOUNT_TOTAL);
    case EXPRESSION_ORDER_ELIGIBLE_FIELD:
        return amount_of_order(evaluating, AMOUNT_ELIGIBLE);
    default:
        return unset();
    }
}

static struct cel_value measure_of_line(const struct evaluating *evaluating, uint32_t number,
                                        enum measure measure)
{
    const struct order *order = evaluating->order.order;
    const struct order_line *line = &order->lines[number];
    int64_t amount;
    if (line_measure(order, line, measure, line->quantity, &amount) != STATUS_OK) {
        return cel_error(CEL_FAULT_OVERFLOW, NULL);
    }
    return money_of_order(evaluating, amount);
}

/* As it was sent, with at least the currency's decimals. */
static struct cel_value price_of(const struct evaluating *evaluating, const struct item *item)
{
    struct decimal price = decimal_normalise(item->unit_price);
    int32_t decimals = evaluating->order.order->currency_decimals;
    int64_t coefficient;
    if (price.scale < decimals && decimal_rescale(price, decimals, &coefficient) == STATUS_OK) {
        price = (struct decimal){coefficient, decimals};
    }
    return cel_money(price, evaluating->order.currency);
}

static struct cel_value item_id(struct cel_evaluation *evaluation, const struct item *item,
                                uint32_t number)
{
    if (!text_is_empty(item->id)) return cel_string(item->id);
    struct text text = arena_format(evaluation->arena, "%u", number + 1);
    return text.bytes == NULL ? cel_error(CEL_FAULT_NO_MEMORY, NULL) : cel_string(text);
}

static struct cel_value item_field(struct cel_evaluation *evaluation, uint32_t number,
                                   uint32_t field_id)
{
    struct evaluating *evaluating = evaluation->context;
    const struct event *event = evaluating->working->event;
    const struct order *order = evaluating->order.order;
    if (order == NULL || number >= event->item_count || number >= order->line_count) return unset();
    const struct item *item = &event->items[number];
    switch (field_id) {
    case EXPRESSION_ITEM_ID_FIELD:
        return item_id(evaluation, item, number);
    case EXPRESSION_ITEM_SKU_FIELD:
        return cel_string(item->sku);
    case EXPRESSION_ITEM_NAME_FIELD:
        return cel_string(item->name);
    case EXPRESSION_ITEM_CATEGORY_FIELD:
        return cel_string(item->category);
    case EXPRESSION_ITEM_TYPE_FIELD:
        return cel_string(item->type);
    case EXPRESSION_ITEM_QUANTITY_FIELD:
        return cel_int(item->quantity);
    case EXPRESSION_ITEM_UNIT_PRICE_FIELD:
        return price_of(evaluating, item);
    case EXPRESSION_ITEM_SUBTOTAL_FIELD:
        return measure_of_line(evaluating, number, MEASURE_SUBTOTAL);
    case EXPRESSION_ITEM_DISCOUNT_FIELD:
        return money_of_order(evaluating, item->discount);
    case EXPRESSION_ITEM_TAX_FIELD:
        return money_of_order(evaluating, item->tax);
    case EXPRESSION_ITEM_ELIGIBLE_FIELD:
        return measure_of_line(evaluating, number, MEASURE_ELIGIBLE);
    default:
        return unset();
    }
}

/* ---- member ---- */

static const struct tier *tier_row(const struct evaluating *evaluating, const struct tier_set *set)
{
    for (uint32_t i = 0; i < evaluating->member.tier_count; i++) {
        const struct tier *tier = &evaluating->member.tiers[i];
        if (tier->set == set->symbol && tier->owner == 0 && tier->is_set_aside == 0) return tier;
    }
    return NULL;
}

/* 0 for none, 1 for the lowest level. */
static uint32_t rank_held(const struct evaluating *evaluating, uint32_t set)
{
    uint32_t level = evaluating->working->levels_before[set];
    return level == PROGRAM_NONE ? 0 : level + 1;
}

static struct text level_held(const struct evaluating *evaluating, uint32_t set)
{
    uint32_t level = evaluating->working->levels_before[set];
    return level == PROGRAM_NONE ? TEXT("none")
                                 : evaluating->working->program->tier_sets[set].levels[level].id;
}

static struct cel_value tier_field(const struct evaluating *evaluating, uint32_t index,
                                   uint32_t field_id)
{
    const struct program *program = evaluating->working->program;
    if (index >= program->tier_set_count) return unset();
    const struct tier *tier = tier_row(evaluating, &program->tier_sets[index]);
    uint32_t rank = rank_held(evaluating, index);
    switch (field_id) {
    case EXPRESSION_TIER_LEVEL_FIELD:
        return cel_string(level_held(evaluating, index));
    case EXPRESSION_TIER_RANK_FIELD:
        return cel_int(rank);
    case EXPRESSION_TIER_SINCE_FIELD:
        return tier == NULL || rank == 0 ? unset() : evaluation_instant(tier->since_us);
    case EXPRESSION_TIER_KEPT_UNTIL_FIELD:
        return tier == NULL || rank == 0 || tier->kept_until_us == INSTANT_NEVER
                   ? unset()
                   : evaluation_instant(tier->kept_until_us);
    default:
        return unset();
    }
}

static struct cel_value wallet_field(const struct evaluating *evaluating, uint32_t index,
                                     uint32_t field_id)
{
    const struct program *program = evaluating->working->program;
    if (index >= program->wallet_count) return unset();
    const struct wallet *wallet = &program->wallets[index];
    int64_t total = 0;
    for (uint32_t i = 0; i < evaluating->member.purse_count; i++) {
        const struct purse *purse = &evaluating->member.purses[i];
        if (purse->wallet != wallet->symbol) continue;
        int64_t part = field_id == EXPRESSION_WALLET_AVAILABLE_FIELD ? purse->available
                       : field_id == EXPRESSION_WALLET_PENDING_FIELD ? purse->pending
                       : field_id == EXPRESSION_WALLET_HELD_FIELD    ? purse->held
                                                                     : purse->debt;
        if (amount_increase(&total, part) != STATUS_OK) return cel_error(CEL_FAULT_OVERFLOW, NULL);
    }
    return cel_decimal((struct decimal){total, wallet->decimals});
}

/* The currency of what a counter holds; PROGRAM_NONE: it holds no money. */
static uint32_t counter_currency(const struct counter *counter)
{
    if (counter->measure == MEASURE_EXPRESSION) return counter->currency;
    if (counter->measure != MEASURE_ELIGIBLE && counter->measure != MEASURE_SUBTOTAL) {
        return PROGRAM_NONE;
    }
    return counter->currency == PROGRAM_NONE ? 0 : counter->currency;
}

int32_t evaluation_joined_day(const struct working *working, const struct seen_member *member,
                              const struct window *window)
{
    if (window->kind != WINDOW_MEMBERSHIP_YEAR || member->joined_at_us == INSTANT_NEVER) return 0;
    return zone_local_day(working->program->zone, member->joined_at_us);
}

static struct cel_value counter_value(const struct evaluating *evaluating, uint32_t index)
{
    const struct working *working = evaluating->working;
    const struct program *program = working->program;
    if (index >= program->counter_count) return unset();
    const struct counter *counter = &program->counters[index];
    const struct seen_member *member = &evaluating->member;
    int64_t sum = 0;
    if (member->tally_count > 0) {
        int32_t joined_day = evaluation_joined_day(working, member, &counter->window);
        if (window_sum_of(working, member->tallies, member->tally_count, counter->symbol,
                          &counter->window, evaluating->day, joined_day, &sum) != STATUS_OK) {
            return cel_error(CEL_FAULT_OVERFLOW, NULL);
        }
    }
    uint32_t currency = counter_currency(counter);
    if (counter->measure == MEASURE_EARNED) {
        return cel_decimal((struct decimal){sum, program->wallets[counter->wallet].decimals});
    }
    if (currency == PROGRAM_NONE) return cel_int(sum);
    return cel_money((struct decimal){sum, program->currencies[currency].decimals},
                     cel_currency(program->currencies[currency].code));
}

static struct cel_value segment_value(struct evaluating *evaluating, uint32_t index)
{
    if (index >= evaluating->working->program->segment_count || evaluating->segments == NULL) {
        return unset();
    }
    return cel_bool(evaluation_segment(evaluating, index));
}

static struct cel_value profile_value(struct cel_evaluation *evaluation, uint32_t index)
{
    const struct evaluating *evaluating = evaluation->context;
    const struct program *program = evaluating->working->program;
    const struct event *event = evaluating->working->event;
    if (index >= program->profile_count) return unset();
    return declared_value(evaluation, &program->profile[index], event->profile,
                          event->profile_count);
}

static struct cel_value member_field(const struct evaluating *evaluating, uint32_t field_id)
{
    const struct event *event = evaluating->working->event;
    const struct seen_member *member = &evaluating->member;
    switch (field_id) {
    case EXPRESSION_MEMBER_ID_FIELD:
        return cel_string(member->id);
    case EXPRESSION_MEMBER_JOINED_AT_FIELD:
        return member->joined_at_us == INSTANT_NEVER ? unset()
                                                     : evaluation_instant(member->joined_at_us);
    case EXPRESSION_MEMBER_BIRTHDAY_FIELD:
        return event->birthday_month == 0 ? unset() : cel_object(EXPRESSION_BIRTHDAY, 0, NULL);
    case EXPRESSION_MEMBER_TIERS_FIELD:
        return cel_object(EXPRESSION_TIERS, 0, NULL);
    case EXPRESSION_MEMBER_WALLETS_FIELD:
        return cel_object(EXPRESSION_WALLETS, 0, NULL);
    case EXPRESSION_MEMBER_COUNTERS_FIELD:
        return cel_object(EXPRESSION_COUNTERS, 0, NULL);
    case EXPRESSION_MEMBER_SEGMENTS_FIELD:
        return cel_object(EXPRESSION_SEGMENTS, 0, NULL);
    case EXPRESSION_MEMBER_PROFILE_FIELD:
        return cel_object(EXPRESSION_PROFILE, 0, NULL);
    default:
        return unset();
    }
}

static struct cel_value program_field(const struct program *program, uint32_t field_id)
{
    switch (field_id) {
    case EXPRESSION_PROGRAM_ID_FIELD:
        return cel_string(program->id);
    case EXPRESSION_PROGRAM_TITLE_FIELD:
        return cel_string(program->title);
    case EXPRESSION_PROGRAM_VERSION_FIELD:
        return cel_int(program->version);
    case EXPRESSION_PROGRAM_TIMEZONE_FIELD:
        return cel_string(zone_name(program->zone));
    default:
        return unset();
    }
}

static struct cel_value birthday_field(const struct event *event, uint32_t field_id)
{
    return cel_int(field_id == EXPRESSION_BIRTHDAY_MONTH_FIELD ? event->birthday_month
                                                               : event->birthday_day);
}

static struct cel_value field(struct cel_evaluation *evaluation, struct cel_value object,
                              uint32_t field_id)
{
    struct evaluating *evaluating = evaluation->context;
    switch ((enum expression_object)object.tag) {
    case EXPRESSION_ORDER:
        return order_field(evaluation, field_id);
    case EXPRESSION_ITEM:
        return item_field(evaluation, object.extra, field_id);
    case EXPRESSION_EVENT:
        return event_field(evaluation, field_id);
    case EXPRESSION_LOCAL:
        return local_field(evaluation, field_id);
    case EXPRESSION_MEMBER:
        return member_field(evaluating, field_id);
    case EXPRESSION_TIERS:
        return cel_object(EXPRESSION_TIER, field_id - EXPRESSION_BY_INDEX, NULL);
    case EXPRESSION_TIER:
        return tier_field(evaluating, object.extra, field_id);
    case EXPRESSION_WALLETS:
        return cel_object(EXPRESSION_WALLET, field_id - EXPRESSION_BY_INDEX, NULL);
    case EXPRESSION_WALLET:
        return wallet_field(evaluating, object.extra, field_id);
    case EXPRESSION_COUNTERS:
        return counter_value(evaluating, field_id - EXPRESSION_BY_INDEX);
    case EXPRESSION_SEGMENTS:
        return segment_value(evaluating, field_id - EXPRESSION_BY_INDEX);
    case EXPRESSION_PROFILE:
        return profile_value(evaluation, field_id - EXPRESSION_BY_INDEX);
    case EXPRESSION_BIRTHDAY:
        return birthday_field(evaluating->working->event, field_id);
    case EXPRESSION_PROGRAM:
        return program_field(evaluating->working->program, field_id);
    case EXPRESSION_OBJECT_COUNT:
    default:
        return cel_error(CEL_FAULT_NO_SUCH_FIELD, NULL);
    }
}

/* ---- functions ---- */

/* The rank of a level's id; "none" is 0. False for a level that the set does not have. */
static bool find_rank(const struct tier_set *set, struct text level, uint32_t *rank)
{
    for (uint32_t i = 0; i < set->level_count; i++) {
        if (!text_equal(set->levels[i].id, level)) continue;
        *rank = i + 1;
        return true;
    }
    *rank = 0;
    return text_equal(level, TEXT("none"));
}

static struct cel_value compare_rank(const struct evaluating *evaluating, uint32_t set,
                                     struct text level, bool at_least)
{
    const struct program *program = evaluating->working->program;
    uint32_t rank;
    if (!find_rank(&program->tier_sets[set], level, &rank)) {
        return cel_error(CEL_FAULT_INVALID_ARGUMENT, "there is no such level");
    }
    return cel_bool((rank_held(evaluating, set) >= rank) == at_least);
}

static struct cel_value tier_in(const struct evaluating *evaluating, uint32_t set,
                                const struct cel_list *levels)
{
    struct text held = level_held(evaluating, set);
    for (uint32_t i = 0; i < levels->count; i++) {
        if (levels->items[i].kind != CEL_STRING) continue;
        if (text_equal(cel_text(levels->items[i]), held)) return cel_bool(true);
    }
    return cel_bool(false);
}

static struct cel_value birthday_within(const struct evaluating *evaluating, struct text period)
{
    static const struct {
        struct text text;
        enum period_unit unit;
    } periods[] = {{TEXT_INITIALISER("day"), PERIOD_DAY},
                   {TEXT_INITIALISER("week"), PERIOD_WEEK},
                   {TEXT_INITIALISER("month"), PERIOD_MONTH}};
    for (size_t i = 0; i < sizeof periods / sizeof *periods; i++) {
        if (!text_equal(periods[i].text, period)) continue;
        return cel_bool(condition_birthday(evaluating->working, periods[i].unit));
    }
    return cel_error(CEL_FAULT_INVALID_ARGUMENT, "a birthday is within a day, week or month");
}

static struct cel_value call(struct cel_evaluation *evaluation, uint32_t host_id,
                             const struct cel_value *arguments, uint32_t count)
{
    const struct evaluating *evaluating = evaluation->context;
    if (count != 2) return cel_error(CEL_FAULT_UNKNOWN_FUNCTION, NULL);
    uint32_t set = arguments[0].extra;
    bool is_tier = host_id != EXPRESSION_BIRTHDAY_WITHIN;
    if (is_tier && set >= evaluating->working->program->tier_set_count) return unset();
    switch ((enum expression_function)host_id) {
    case EXPRESSION_TIER_AT_LEAST:
        return compare_rank(evaluating, set, cel_text(arguments[1]), true);
    case EXPRESSION_TIER_BELOW:
        return compare_rank(evaluating, set, cel_text(arguments[1]), false);
    case EXPRESSION_TIER_EQUAL:
        return cel_bool(text_equal(level_held(evaluating, set), cel_text(arguments[1])));
    case EXPRESSION_TIER_NOT_EQUAL:
        return cel_bool(!text_equal(level_held(evaluating, set), cel_text(arguments[1])));
    case EXPRESSION_TIER_IN:
        return tier_in(evaluating, set, arguments[1].list);
    case EXPRESSION_BIRTHDAY_WITHIN:
        return birthday_within(evaluating, cel_text(arguments[1]));
    case EXPRESSION_FUNCTION_COUNT:
    default:
        return cel_error(CEL_FAULT_UNKNOWN_FUNCTION, NULL);
    }
}

const struct cel_host evaluation_host = {field, call};
