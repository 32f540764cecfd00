/* Event: a caller's event becomes the engine's.
 *
 * Checks what the engine takes for granted because its own callers see to it: that lists and texts
 * are there, that numbers are in the range of their type. Whether the event makes sense is the
 * engine's to say.
 */
#include "library/library.h"

static const enum event_type types[] = {
#define X(number, name) [number] = EVENT_##name,
    GUERDON_EVENT_LIST(X)
#undef X
};

/* Each text of an event, in both structs. */
#define EVENT_TEXT_LIST(X)                                                                         \
    X(key)                                                                                         \
    X(member)                                                                                      \
    X(other_member)                                                                                \
    X(order)                                                                                       \
    X(id)                                                                                          \
    X(channel)                                                                                     \
    X(store)                                                                                       \
    X(till)                                                                                        \
    X(staff)                                                                                       \
    X(partner)                                                                                     \
    X(milestone)                                                                                   \
    X(wallet)                                                                                      \
    X(reward)                                                                                      \
    X(reason)                                                                                      \
    X(actor)                                                                                       \
    X(name)                                                                                        \
    X(fields_hash)

/* Fields that have one name and type in both. */
#define EVENT_NUMBER_LIST(X)                                                                       \
    X(occurred_at_us)                                                                              \
    X(birthday_month)                                                                              \
    X(birthday_day)                                                                                \
    X(shipping)                                                                                    \
    X(discount)                                                                                    \
    X(paid_with_points)                                                                            \
    X(amount)                                                                                      \
    X(lapses_at_us)                                                                                \
    X(expires_at_us)                                                                               \
    X(quote)                                                                                       \
    X(revision)

/* ---- lists ---- */

struct list {
    const uint8_t *elements;
    uint32_t count;
    uint32_t stride;  /* bytes from one to the next, as the caller's header has it */
    uint32_t maximum; /* elements */
};

static enum guerdon_status list_check(const struct list *list, size_t own_size)
{
    if (list->count == 0) return GUERDON_OK;
    if (list->elements == NULL || list->stride < own_size) return GUERDON_MISUSE;
    return list->count > list->maximum ? GUERDON_LIMIT : GUERDON_OK;
}

/* One element; false if it says more than we know. */
static bool list_get(const struct list *list, uint32_t index, void *own, size_t own_size)
{
    const uint8_t *element = list->elements + (size_t)index * list->stride;
    for (size_t i = own_size; i < list->stride; i++) {
        if (element[i] != 0) return false;
    }
    memcpy(own, element, own_size);
    return true;
}

#define LIST(event, name, most)                                                                    \
    ((struct list){(const uint8_t *)(event)->name##s, (event)->name##_count, (event)->name##_size, \
                   (most)})

/* Room for a list in the engine's form, as `name`; leaves the function when there is none. */
#define LIST_BEGIN(type, public_type, list, arena, name)                                           \
    enum guerdon_status checked_ = list_check((list), sizeof(public_type));                        \
    if (checked_ != GUERDON_OK || (list)->count == 0) return checked_;                             \
    type *name = arena_new_array((arena), type, (list)->count);                                    \
    if (name == NULL) return GUERDON_NO_MEMORY

static enum guerdon_status read_items(const struct guerdon_event *given, struct arena *arena,
                                      struct event *event)
{
    const struct list list = LIST(given, item, EVENT_ITEM_MAXIMUM);
    LIST_BEGIN(struct item, struct guerdon_item, &list, arena, items);
    for (uint32_t i = 0; i < list.count; i++) {
        struct guerdon_item item;
        if (!list_get(&list, i, &item, sizeof item)) return GUERDON_MISUSE;
        bool is_misused = text_is_misused(item.id) || text_is_misused(item.sku) ||
                          text_is_misused(item.name) || text_is_misused(item.category) ||
                          text_is_misused(item.type) || item.unit_price_decimals < 0 ||
                          item.unit_price_decimals > DECIMAL_SCALE_MAXIMUM;
        if (is_misused) return GUERDON_MISUSE;
        items[i] = (struct item){.id = inner_text(item.id),
                                 .sku = inner_text(item.sku),
                                 .name = inner_text(item.name),
                                 .category = inner_text(item.category),
                                 .type = inner_text(item.type),
                                 .quantity = item.quantity,
                                 .unit_price = {item.unit_price, item.unit_price_decimals},
                                 .discount = item.discount,
                                 .tax = item.tax};
    }
    event->items = items;
    event->item_count = list.count;
    return GUERDON_OK;
}

static enum guerdon_status read_returns(const struct guerdon_event *given, struct arena *arena,
                                        struct event *event)
{
    const struct list list = LIST(given, return, EVENT_ITEM_MAXIMUM);
    LIST_BEGIN(struct returned, struct guerdon_return, &list, arena, returns);
    for (uint32_t i = 0; i < list.count; i++) {
        struct guerdon_return line;
        if (!list_get(&list, i, &line, sizeof line)) return GUERDON_MISUSE;
        if (text_is_misused(line.item) || text_is_misused(line.sku)) return GUERDON_MISUSE;
        returns[i] = (struct returned){inner_text(line.item), inner_text(line.sku), line.quantity};
    }
    event->returns = returns;
    event->return_count = list.count;
    return GUERDON_OK;
}

static enum guerdon_status read_redeems(const struct guerdon_event *given, struct arena *arena,
                                        struct event *event)
{
    const struct list list = LIST(given, redeem, EVENT_REDEEM_MAXIMUM);
    LIST_BEGIN(struct redeem, struct guerdon_redeem, &list, arena, redeems);
    for (uint32_t i = 0; i < list.count; i++) {
        struct guerdon_redeem redeem;
        if (!list_get(&list, i, &redeem, sizeof redeem)) return GUERDON_MISUSE;
        if (text_is_misused(redeem.reward) || text_is_misused(redeem.wallet)) {
            return GUERDON_MISUSE;
        }
        redeems[i] =
            (struct redeem){inner_text(redeem.reward), inner_text(redeem.wallet), redeem.amount};
    }
    event->redeems = redeems;
    event->redeem_count = list.count;
    return GUERDON_OK;
}

static enum guerdon_status read_promises(const struct guerdon_event *given, struct arena *arena,
                                         struct event *event)
{
    const struct list list = LIST(given, promise, EVENT_REDEEM_MAXIMUM);
    LIST_BEGIN(struct promise, struct guerdon_promise, &list, arena, promises);
    for (uint32_t i = 0; i < list.count; i++) {
        struct guerdon_promise promise;
        if (!list_get(&list, i, &promise, sizeof promise)) return GUERDON_MISUSE;
        if (text_is_misused(promise.wallet)) return GUERDON_MISUSE;
        promises[i] = (struct promise){inner_text(promise.wallet), promise.amount};
    }
    event->promises = promises;
    event->promise_count = list.count;
    return GUERDON_OK;
}

static enum guerdon_status read_payments(const struct guerdon_event *given, struct arena *arena,
                                         struct event *event)
{
    const struct list list = LIST(given, payment, EVENT_REDEEM_MAXIMUM);
    LIST_BEGIN(struct payment, struct guerdon_payment, &list, arena, payments);
    for (uint32_t i = 0; i < list.count; i++) {
        struct guerdon_payment payment;
        if (!list_get(&list, i, &payment, sizeof payment)) return GUERDON_MISUSE;
        if (text_is_misused(payment.kind)) return GUERDON_MISUSE;
        payments[i] = (struct payment){inner_text(payment.kind), payment.amount};
    }
    event->payments = payments;
    event->payment_count = list.count;
    return GUERDON_OK;
}

static bool value_is_misused(const struct guerdon_value *value)
{
    if (value->type >= FIELD_TYPE_COUNT || text_is_misused(value->name)) return true;
    if (value->decimals < 0 || value->decimals > DECIMAL_SCALE_MAXIMUM) return true;
    if (text_is_misused(value->text) || (value->texts == NULL && value->text_count > 0))
        return true;
    for (uint32_t i = 0; i < value->text_count && i <= FIELD_STRINGS_MAXIMUM; i++) {
        if (text_is_misused(value->texts[i])) return true;
    }
    return false;
}

static enum guerdon_status read_value(const struct guerdon_value *given, struct arena *arena,
                                      struct field_value *value)
{
    if (value_is_misused(given)) return GUERDON_MISUSE;
    if (given->text_count > FIELD_STRINGS_MAXIMUM) return GUERDON_LIMIT;
    *value = (struct field_value){.name = inner_text(given->name),
                                  .type = (enum field_type)given->type,
                                  .boolean = given->number != 0,
                                  .integer = given->number,
                                  .decimal = {given->number, given->decimals}};
    if (value->type == FIELD_STRING) value->text = inner_text(given->text);
    if (value->type == FIELD_MONEY) value->currency = inner_text(given->text);
    if (value->type != FIELD_STRINGS) return GUERDON_OK;
    struct text *texts = arena_new_array(arena, struct text, (size_t)given->text_count + 1);
    if (texts == NULL) return GUERDON_NO_MEMORY;
    for (uint32_t i = 0; i < given->text_count; i++)
        texts[i] = inner_text(given->texts[i]);
    value->texts = texts;
    value->text_count = given->text_count;
    return GUERDON_OK;
}

static enum guerdon_status read_values(const struct list *list, struct arena *arena,
                                       const struct field_value **found, uint32_t *count)
{
    LIST_BEGIN(struct field_value, struct guerdon_value, list, arena, values);
    for (uint32_t i = 0; i < list->count; i++) {
        struct guerdon_value value;
        if (!list_get(list, i, &value, sizeof value)) return GUERDON_MISUSE;
        enum guerdon_status status = read_value(&value, arena, &values[i]);
        if (status != GUERDON_OK) return status;
    }
    *found = values;
    *count = list->count;
    return GUERDON_OK;
}

static enum guerdon_status read_own(const struct guerdon_event *given, struct arena *arena,
                                    struct event *event)
{
    const struct list values = LIST(given, value, EVENT_VALUE_MAXIMUM);
    const struct list profile = {(const uint8_t *)given->profile, given->profile_count,
                                 given->value_size, EVENT_VALUE_MAXIMUM};
    enum guerdon_status status = read_values(&values, arena, &event->values, &event->value_count);
    if (status != GUERDON_OK) return status;
    return read_values(&profile, arena, &event->profile, &event->profile_count);
}

/* ---- the event ---- */

static enum guerdon_status read_currency(const struct guerdon_event *given,
                                         const struct program *program, struct event *event)
{
    if (text_is_misused(given->currency)) return GUERDON_MISUSE;
    if (given->currency.length == 0) return GUERDON_OK;
    for (uint32_t i = 0; i < program->currency_count; i++) {
        if (!text_equal(program->currencies[i].code, inner_text(given->currency))) continue;
        event->currency = i;
        return GUERDON_OK;
    }
    return GUERDON_NOT_FOUND;
}

static bool texts_are_misused(const struct guerdon_event *given)
{
#define X(name)                                                                                    \
    if (text_is_misused(given->name)) return true;
    EVENT_TEXT_LIST(X)
#undef X
    return text_is_misused(given->note);
}

static enum guerdon_status read_lists(const struct guerdon_event *given, struct arena *arena,
                                      struct event *event)
{
    enum guerdon_status status = read_items(given, arena, event);
    if (status == GUERDON_OK) status = read_returns(given, arena, event);
    if (status == GUERDON_OK) status = read_redeems(given, arena, event);
    if (status == GUERDON_OK) status = read_promises(given, arena, event);
    if (status == GUERDON_OK) status = read_payments(given, arena, event);
    if (status == GUERDON_OK) status = read_own(given, arena, event);
    return status;
}

enum guerdon_status event_read(const struct guerdon_event *given, const struct program *program,
                               struct arena *arena, struct event *event, struct text *note)
{
    struct guerdon_event own;
    if (!STRUCT_READ_GROWN(&own, struct guerdon_event, name, given)) return GUERDON_MISUSE;
    if (own.type >= sizeof types / sizeof *types || texts_are_misused(&own)) return GUERDON_MISUSE;
    if (own.note.length > NOTE_MAXIMUM) return GUERDON_LIMIT;
    *event = (struct event){.type = types[own.type],
                            .clock_us = own.now_us,
                            .is_import = own.is_import != 0,
                            .tax_is_in_prices = own.tax_is_in_prices != 0,
                            .refuses_changes = own.refuses_changes != 0};
#define X(name) event->name = inner_text(own.name);
    EVENT_TEXT_LIST(X)
#undef X
#define X(name) event->name = own.name;
    EVENT_NUMBER_LIST(X)
#undef X
    *note = inner_text(own.note);
    enum guerdon_status status = read_currency(&own, program, event);
    return status == GUERDON_OK ? read_lists(&own, arena, event) : status;
}
