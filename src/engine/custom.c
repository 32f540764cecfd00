/* Custom events.
 *
 *   declaration -> values fit it? -> member -> settle -> rules -> counters and tiers
 *
 * Decided like JOIN: what it earns belongs to no order and is not given back. One that names an
 * order is part of that order's history and changes nothing of it. Like buying, it makes a member
 * of somebody who is none, unless the programme refuses those.
 *
 * Its values are in the record by name and type; what a later version of the programme declares
 * matters to nobody who reads them.
 */
#include "engine/custom.h"

#include "engine/counters.h"
#include "engine/earn.h"
#include "engine/purchase.h"
#include "engine/settle.h"
#include "engine/tiers.h"

static const struct declared_field *find_field(const struct custom_event *custom, struct text name)
{
    for (uint32_t i = 0; i < custom->field_count; i++) {
        if (text_equal(custom->fields[i].name, name)) return &custom->fields[i];
    }
    return NULL;
}

static bool is_currency(const struct program *program, struct text code)
{
    for (uint32_t i = 0; i < program->currency_count; i++) {
        if (text_equal(program->currencies[i].code, code)) return true;
    }
    return false;
}

static bool text_fits(struct text text)
{
    return text.length <= FIELD_STRING_MAXIMUM_BYTES && text_is_utf8(text, NULL);
}

static bool value_fits(const struct program *program, const struct field_value *value)
{
    switch (value->type) {
    case FIELD_MONEY:
        return is_currency(program, value->currency);
    case FIELD_STRING:
        return text_fits(value->text);
    case FIELD_TIMESTAMP:
        return value->integer >= INSTANT_EARLIEST && value->integer <= INSTANT_LATEST;
    case FIELD_STRINGS:
        if (value->text_count > FIELD_STRINGS_MAXIMUM) return false;
        for (uint32_t i = 0; i < value->text_count; i++) {
            if (!text_fits(value->texts[i])) return false;
        }
        return true;
    case FIELD_BOOL:
    case FIELD_INT:
    case FIELD_DECIMAL:
        return true;
    case FIELD_TYPE_COUNT:
    default:
        return false;
    }
}

bool custom_find(struct working *working)
{
    const struct program *program = working->program;
    const struct event *event = working->event;
    uint32_t index = program_find_event(program, event->name);
    working->custom = NULL;
    if (index == PROGRAM_NONE) return false;
    const struct custom_event *custom = &program->events[index];
    for (uint32_t i = 0; i < event->value_count; i++) {
        const struct field_value *value = &event->values[i];
        const struct declared_field *field = find_field(custom, value->name);
        if (field == NULL || field->type != value->type || !value_fits(program, value)) {
            return false;
        }
        for (uint32_t k = 0; k < i; k++) {
            if (text_equal(event->values[k].name, value->name)) return false;
        }
    }
    working->custom = custom;
    return true;
}

/* Whose event it is, settled; a new member if need be. */
static enum status find_whose(struct working *working, struct state **found)
{
    struct state *member = find_state(working, ENTITY_MEMBER, working->event->member);
    if (member == NULL) return STATUS_CORRUPT;
    if (!member_exists(member)) {
        if (working->program->refuses_unknown_members) {
            return refuse(working, ANSWER_UNKNOWN_MEMBER);
        }
        *found = member;
        return purchase_open_member(working, member);
    }
    *found = find_member(working, working->event->member);
    if (*found == NULL) return STATUS_CORRUPT;
    return settle_member(working, *found, working->now_us);
}

static enum status earn_and_count(struct working *working, struct state *member)
{
    /* As for JOIN, one line of nothing is what rules are tried on. */
    struct order_line line = {.sku = {"", 0}, .item = {"", 0}, .quantity = 1};
    struct order order = {.lines = &line, .line_count = 1};
    TRY(earn_renew_expiry(working, member, TRIGGER_CUSTOM));
    TRY(earn_by_rules(working, member, TRIGGER_CUSTOM, &order, 0, false));
    TRY(counters_count(working, member, TRIGGER_CUSTOM, &order, 0));
    return settle_member(working, member, working->now_us);
}

enum status decide_custom(struct working *working)
{
    const struct event *event = working->event;
    struct state *member;
    if (text_is_empty(event->member) || text_is_empty(event->name)) {
        return refuse(working, ANSWER_INVALID_EVENT);
    }
    if (program_find_event(working->program, event->name) == PROGRAM_NONE) {
        return refuse(working, ANSWER_UNKNOWN_EVENT);
    }
    if (!custom_find(working)) return refuse(working, ANSWER_INVALID_EVENT);
    if (!text_is_empty(event->order)) {
        const struct state *order = find_state(working, ENTITY_ORDER, event->order);
        if (order == NULL || order->size == 0) return refuse(working, ANSWER_UNKNOWN_ORDER);
    }
    TRY(find_whose(working, &member));
    if (IS_REFUSED(working)) return STATUS_OK;
    TRY(tiers_note_held(working, member));
    working->decision->tier_before =
        working->program->tier_set_count == 0 ? PROGRAM_NONE : working->levels_before[0];
    return earn_and_count(working, member);
}
