/* Evaluations of an event. See evaluation.h.
 *
 * Method: one struct evaluating an event, in the working set's arena. What an evaluation makes (a
 * list, a text) is in the working set's scratch arena, which is emptied when its value has been
 * looked at; so plain comparisons allocate nothing, and an expression that makes much cannot use
 * up what the decision needs.
 */
#include "engine/evaluation.h"

#include "engine/purchase.h"
#include "engine/tiers.h"
#include "engine/window.h"

#define DETAIL_MAXIMUM_BYTES 2000

/* ---- what they see ---- */

static enum status copy_section(struct arena *arena, const struct state *member,
                                enum member_section section, const void *copy, uint32_t *count)
{
    *count = member_count(member, section);
    size_t bytes = (size_t)*count * member_element_sizes[section];
    void *room = arena_allocate(arena, bytes + 1);
    if (room == NULL) return STATUS_NO_MEMORY;
    memcpy(room, member_section(member, section), bytes);
    memcpy((void *)(uintptr_t)copy, &room, sizeof room);
    return STATUS_OK;
}

static enum status note_member(struct working *working, const struct state *member,
                               struct seen_member *seen)
{
    struct arena *arena = &working->states->arena;
    *seen = (struct seen_member){.id = working->event->member, .joined_at_us = INSTANT_NEVER};
    if (!member_exists(member)) return STATUS_OK;
    seen->id = member->key.id;
    seen->joined_at_us = member_of(member)->joined_at_us;
    TRY(copy_section(arena, member, SECTION_PURSES, &seen->purses, &seen->purse_count));
    TRY(copy_section(arena, member, SECTION_TALLIES, &seen->tallies, &seen->tally_count));
    return copy_section(arena, member, SECTION_TIERS, &seen->tiers, &seen->tier_count);
}

static void begin_cel(struct evaluating *evaluating)
{
    cel_evaluation_init(&evaluating->cel, evaluating->working->program->environment,
                        &evaluation_host, evaluating->scratch, evaluating);
}

static void set_variables(struct evaluating *evaluating)
{
    const struct cel_value absent = cel_error(CEL_FAULT_UNSET, NULL);
    struct cel_value *variables = evaluating->variables;
    variables[SLOT_MEMBER] = cel_object(EXPRESSION_MEMBER, 0, NULL);
    variables[SLOT_PROGRAM] = cel_object(EXPRESSION_PROGRAM, 0, NULL);
    variables[SLOT_NOW] = evaluation_instant(evaluating->working->occurred_at_us);
    variables[SLOT_EVENT] = cel_object(EXPRESSION_EVENT, 0, NULL);
    variables[SLOT_ORDER] = absent;
    variables[SLOT_ITEM] = absent;
}

enum status evaluation_begin(struct working *working, const struct state *member)
{
    const struct program *program = working->program;
    if (!program->has_expressions) return STATUS_OK;
    struct arena *arena = &working->states->arena;
    struct evaluating *evaluating = arena_new(arena, struct evaluating);
    if (evaluating == NULL) return STATUS_NO_MEMORY;
    evaluating->working = working;
    evaluating->scratch = &working->states->scratch;
    evaluating->day = working->occurred_day;
    if (program->segment_count > 0) {
        evaluating->segments = arena_allocate_zeroed(arena, program->segment_count, 1);
        if (evaluating->segments == NULL) return STATUS_NO_MEMORY;
    }
    TRY(note_member(working, member, &evaluating->member));
    set_variables(evaluating);
    begin_cel(evaluating);
    working->evaluating = evaluating;
    return STATUS_OK;
}

/* One purse or another: expressions see the sum of all owners'. */
static struct purse *any_purse(const struct seen_member *member, uint32_t wallet)
{
    for (uint32_t i = 0; i < member->purse_count; i++) {
        if (member->purses[i].wallet == wallet) return &member->purses[i];
    }
    return NULL;
}

enum status evaluation_see_more(struct working *working, uint32_t wallet, int64_t available,
                                int64_t pending)
{
    if (working->evaluating == NULL) return STATUS_OK;
    struct purse *purse = any_purse(&working->evaluating->member, wallet);
    if (purse == NULL) return STATUS_OK;
    TRY(amount_increase(&purse->available, available));
    return amount_increase(&purse->pending, pending);
}

enum status evaluation_see_unheld(struct working *working, const struct order *quote)
{
    if (working->evaluating == NULL || !quote->is_holding) return STATUS_OK;
    for (uint32_t i = 0; i < quote->spend_count; i++) {
        const struct spend *spend = &quote->spends[i];
        if (spend->refusal != ANSWER_DONE) continue;
        struct purse *purse = any_purse(&working->evaluating->member, spend->wallet);
        if (purse == NULL) continue;
        TRY(amount_increase(&purse->available, spend->amount));
        TRY(amount_decrease(&purse->held, spend->amount));
    }
    return STATUS_OK;
}

static void see_order(struct evaluating *evaluating, const struct order *order)
{
    const struct program *program = evaluating->working->program;
    struct seen_order *seen = &evaluating->order;
    seen->order = order;
    seen->known = 0;
    seen->items = NULL;
    seen->currency = order == NULL ? 0 : cel_currency(program->currencies[order->currency].code);
    evaluating->variables[SLOT_ORDER] =
        order == NULL ? cel_error(CEL_FAULT_UNSET, NULL) : cel_object(EXPRESSION_ORDER, 0, NULL);
}

void evaluation_see_order(struct working *working, const struct order *order)
{
    if (working->evaluating != NULL) see_order(working->evaluating, order);
}

/* ---- amounts of the order ---- */

static enum status sum_items(const struct event *event, enum order_amount which, int64_t *sum)
{
    int64_t total = which == AMOUNT_DISCOUNT ? event->discount : 0;
    for (uint32_t i = 0; i < event->item_count; i++) {
        const struct item *item = &event->items[i];
        TRY(amount_increase(&total, which == AMOUNT_DISCOUNT ? item->discount : item->tax));
    }
    *sum = total;
    return STATUS_OK;
}

static enum status amount_anew(struct evaluating *evaluating, enum order_amount which,
                               int64_t *amount)
{
    const struct event *event = evaluating->working->event;
    const struct order *order = evaluating->order.order;
    const struct line_choice all = {.all = true};
    int64_t part;
    switch (which) {
    case AMOUNT_QUANTITY:
        return order_measure(order, &all, MEASURE_QUANTITY, true, amount);
    case AMOUNT_SUBTOTAL:
        return order_measure(order, &all, MEASURE_SUBTOTAL, true, amount);
    case AMOUNT_ELIGIBLE:
        return order_measure(order, &all, MEASURE_ELIGIBLE, true, amount);
    case AMOUNT_DISCOUNT:
        TRY(sum_items(event, which, amount));
        for (uint32_t i = 0; i < order->spend_count; i++)
            TRY(amount_increase(amount, order->spends[i].discount));
        return STATUS_OK;
    case AMOUNT_TAX:
        return sum_items(event, which, amount);
    case AMOUNT_SHIPPING:
        *amount = event->shipping;
        return STATUS_OK;
    case AMOUNT_PAID_WITH_POINTS:
        *amount = event->paid_with_points;
        return STATUS_OK;
    case AMOUNT_TOTAL:
        TRY(evaluation_amount(evaluating, AMOUNT_SUBTOTAL, amount));
        TRY(evaluation_amount(evaluating, AMOUNT_DISCOUNT, &part));
        TRY(amount_decrease(amount, part));
        TRY(evaluation_amount(evaluating, AMOUNT_TAX, &part));
        TRY(amount_increase(amount, event->tax_is_in_prices ? 0 : part));
        return amount_increase(amount, event->shipping);
    case AMOUNT_COUNT:
    default:
        return STATUS_INVALID;
    }
}

enum status evaluation_amount(struct evaluating *evaluating, enum order_amount which,
                              int64_t *amount)
{
    struct seen_order *order = &evaluating->order;
    if ((order->known >> which & 1) == 0) {
        int64_t value;
        TRY(amount_anew(evaluating, which, &value));
        order->amounts[which] = value;
        order->known |= 1u << which;
    }
    *amount = order->amounts[which];
    return STATUS_OK;
}

/* ---- evaluating ---- */

/* The value is good until finish(). */
static struct cel_value run(struct evaluating *evaluating, const struct cel_expression *expression)
{
    evaluating->cel.steps = 0;
    return cel_evaluate(expression, &evaluating->cel, evaluating->variables);
}

static struct cel_value run_for_item(struct evaluating *evaluating,
                                     const struct cel_expression *expression, uint32_t item)
{
    evaluating->variables[SLOT_ITEM] = item == NO_ITEM ? cel_error(CEL_FAULT_UNSET, NULL)
                                                       : cel_object(EXPRESSION_ITEM, item, NULL);
    return run(evaluating, expression);
}

static void finish(struct evaluating *evaluating)
{
    if (evaluating->scratch->used == 0) return;
    arena_clear(evaluating->scratch);
    begin_cel(evaluating);
}

static bool is_true(struct cel_value value)
{
    return value.kind == CEL_BOOL && value.boolean != 0;
}

/* Empty when memory is out: that a condition does not hold is told all the same. */
static struct text explain(struct evaluating *evaluating, const struct cel_expression *expression,
                           struct cel_value value)
{
    struct buffer out;
    struct text detail = {"", 0};
    buffer_init(&out, DETAIL_MAXIMUM_BYTES);
    evaluating->cel.steps = 0;
    enum status status = cel_explain(expression, &evaluating->cel, evaluating->variables, &out);
    if (status == STATUS_OK && out.length == 0 && cel_is_error(value)) {
        status = buffer_add(&out, text_of(cel_fault_text((enum cel_fault)value.tag)));
    }
    if (status == STATUS_OK || status == STATUS_LIMIT) {
        struct text copy = arena_copy(&evaluating->working->states->arena, buffer_text(&out));
        if (copy.bytes != NULL) detail = copy;
    }
    buffer_release(&out);
    return detail;
}

bool evaluation_holds(const struct working *working, const struct cel_expression *expression)
{
    struct evaluating *evaluating = working->evaluating;
    ASSERT(evaluating != NULL);
    struct cel_value value = run(evaluating, expression);
    bool holds = is_true(value);
    if (!holds && working->sink != NULL) {
        evaluating->detail = explain(evaluating, expression, value);
    }
    finish(evaluating);
    return holds;
}

bool evaluation_holds_for_item(const struct working *working,
                               const struct cel_expression *expression, uint32_t item)
{
    struct evaluating *evaluating = working->evaluating;
    ASSERT(evaluating != NULL);
    bool holds = is_true(run_for_item(evaluating, expression, item));
    finish(evaluating);
    return holds;
}

bool evaluation_segment(struct evaluating *evaluating, uint32_t index)
{
    const struct program *program = evaluating->working->program;
    uint8_t *answer = &evaluating->segments[index];
    if (*answer == SEGMENT_NOT_ASKED) {
        /* An evaluation of its own, in the middle of the one that asks. */
        struct cel_evaluation cel;
        cel_evaluation_init(&cel, program->environment, &evaluation_host, evaluating->scratch,
                            evaluating);
        struct cel_value value =
            cel_evaluate(program->segments[index].expression, &cel, evaluating->variables);
        *answer = is_true(value) ? SEGMENT_YES : SEGMENT_NO;
    }
    return *answer == SEGMENT_YES;
}

enum status engine_segments(const struct program *program, struct states *states,
                            const struct event *event, bool *is_in)
{
    struct working working = {.program = program, .states = states, .event = event};
    const struct state *member = member_surviving(states, event->member);
    if (member == NULL) return STATUS_NOT_FOUND;
    working.occurred_at_us = event->occurred_at_us;
    working.now_us = event->clock_us;
    working.occurred_day = zone_local_day(program->zone, event->occurred_at_us);
    working.now_day = zone_local_day(program->zone, event->clock_us);
    working.oldest_day = working.occurred_day;
    TRY(tiers_note_held(&working, member));
    for (uint32_t i = 0; i < program->segment_count; i++) {
        is_in[i] = evaluation_segment(working.evaluating, i);
        arena_clear(&states->scratch);
    }
    return STATUS_OK;
}

/* ---- numbers ---- */

/* The value as coefficient x 10^-(unit's decimals + *more_used). */
static bool number_in_units(struct cel_value value, const struct computed_unit *unit,
                            int64_t *amount, int32_t *more_used)
{
    struct decimal number;
    if (value.kind == CEL_INT) {
        number = (struct decimal){value.integer, 0};
    } else if (value.kind == CEL_DECIMAL || value.kind == CEL_MONEY) {
        number = decimal_normalise(cel_decimal_of(value));
    } else {
        return false;
    }
    int32_t beyond = number.scale - unit->decimals;
    *more_used = beyond <= 0 ? 0 : beyond < unit->more ? beyond : unit->more;
    int32_t lost = beyond - *more_used;
    if (beyond <= 0) {
        return amount_multiply(number.coefficient, power_of_ten(-beyond), amount) == STATUS_OK;
    }
    return amount_multiply_divide(number.coefficient, 1, power_of_ten(lost), unit->rounding,
                                  amount) == STATUS_OK;
}

static uint32_t find_currency(const struct program *program, uint32_t currency)
{
    for (uint32_t i = 0; i < program->currency_count; i++) {
        if (cel_currency(program->currencies[i].code) == currency) return i;
    }
    return PROGRAM_NONE;
}

static bool is_of_currency(const struct program *program, struct cel_value value, uint32_t currency)
{
    if (value.kind != CEL_MONEY) return true;
    return currency != PROGRAM_NONE &&
           cel_currency(program->currencies[currency].code) == value.extra;
}

/* Says of a number that cannot be had why, as for a condition. */
static void explain_number(struct evaluating *evaluating, const struct cel_expression *expression,
                           struct cel_value value)
{
    if (evaluating->working->sink == NULL) return;
    evaluating->detail = explain(evaluating, expression, value);
}

bool evaluation_number(const struct working *working, const struct cel_expression *expression,
                       uint32_t item, const struct computed_unit *unit, int64_t *amount,
                       int32_t *more_used)
{
    struct evaluating *evaluating = working->evaluating;
    ASSERT(evaluating != NULL);
    struct cel_value value = run_for_item(evaluating, expression, item);
    bool is_number = is_of_currency(working->program, value, unit->currency) &&
                     number_in_units(value, unit, amount, more_used);
    if (!is_number) explain_number(evaluating, expression, value);
    finish(evaluating);
    return is_number;
}

bool evaluation_currency(const struct working *working, const struct cel_expression *expression,
                         uint32_t item, uint32_t *currency)
{
    struct evaluating *evaluating = working->evaluating;
    ASSERT(evaluating != NULL);
    struct cel_value value = run_for_item(evaluating, expression, item);
    bool is_fault = cel_is_error(value);
    *currency = PROGRAM_NONE;
    if (value.kind == CEL_MONEY) *currency = find_currency(working->program, value.extra);
    if (is_fault) explain_number(evaluating, expression, value);
    finish(evaluating);
    return !is_fault && (value.kind != CEL_MONEY || *currency != PROGRAM_NONE);
}

enum status evaluation_measure(const struct working *working, const struct state *member,
                               const struct tier_set *set, int32_t day, int64_t *measured)
{
    const struct program *program = working->program;
    struct computed_unit unit = {.rounding = ROUNDING_DOWN, .currency = set->measure_currency};
    struct arena scratch;
    int32_t more_used;
    if (set->measure_currency != PROGRAM_NONE) {
        unit.decimals = program->currencies[set->measure_currency].decimals;
    }
    *measured = 0;
    arena_init(&scratch, CEL_SCRATCH_MAXIMUM_BYTES);
    struct evaluating evaluating = {.working = (struct working *)(uintptr_t)working,
                                    .scratch = &scratch,
                                    .day = day,
                                    .member = {.joined_at_us = INSTANT_NEVER}};
    if (member_exists(member)) {
        evaluating.member.joined_at_us = member_of(member)->joined_at_us;
        evaluating.member.tallies = member_tallies(member);
        evaluating.member.tally_count = member_count(member, SECTION_TALLIES);
    }
    set_variables(&evaluating);
    begin_cel(&evaluating);
    struct cel_value value = run(&evaluating, set->measure);
    bool is_number = is_of_currency(program, value, set->measure_currency) &&
                     number_in_units(value, &unit, measured, &more_used);
    if (!is_number) *measured = 0;
    arena_release(&scratch);
    return STATUS_OK;
}

/* ---- limits for each value ---- */

static bool digest_value(struct cel_value value, uint8_t digest[HASH_RECORD_BYTES])
{
    char bytes[9] = {(char)value.kind};
    if (value.kind == CEL_STRING) {
        hash_record(cel_text(value), digest);
        return true;
    }
    if (value.kind != CEL_INT && value.kind != CEL_BOOL) return false;
    uint64_t number = value.kind == CEL_INT ? (uint64_t)value.integer : value.boolean;
    for (int i = 0; i < 8; i++)
        bytes[1 + i] = (char)(number >> (56 - 8 * i) & 0xff);
    hash_record((struct text){bytes, sizeof bytes}, digest);
    return true;
}

/* Of a purchase: with the order anew from the event. */
static enum status ask_limit_value(struct evaluating *evaluating, const struct limit *limit,
                                   struct limit_value *value)
{
    struct working *working = evaluating->working;
    struct evaluating as_sent = *evaluating;
    struct order order = {0};
    see_order(&as_sent, NULL);
    if (working->event->item_count > 0) {
        TRY(order_from_event(working, as_sent.member.id, &order));
        see_order(&as_sent, &order);
    }
    begin_cel(&as_sent);
    value->is_known = digest_value(run_for_item(&as_sent, limit->for_each, NO_ITEM), value->digest);
    value->is_asked = true;
    finish(&as_sent);
    return STATUS_OK;
}

enum status evaluation_limit_value(const struct working *working, const struct limit *limit,
                                   const struct limit_value **value)
{
    struct evaluating *evaluating = working->evaluating;
    const struct program *program = working->program;
    *value = NULL;
    if (evaluating == NULL) return STATUS_OK;
    if (evaluating->limit_values == NULL) {
        evaluating->limit_values =
            arena_new_array(&working->states->arena, struct limit_value, program->limit_count + 1);
        if (evaluating->limit_values == NULL) return STATUS_NO_MEMORY;
    }
    struct limit_value *found = &evaluating->limit_values[limit - program->limits];
    if (!found->is_asked) TRY(ask_limit_value(evaluating, limit, found));
    if (found->is_known) *value = found;
    return STATUS_OK;
}
