/* The shop's tables. Object types get the numbers of enum shop_object, in the order of declaration,
 * and fields those of enum shop_field.
 */
#include "shop.h"

enum shop_object { OBJECT_TIER, OBJECT_TIERS, OBJECT_MEMBER, OBJECT_ITEM, OBJECT_ORDER };

enum shop_field {
    FIELD_LEVEL,
    FIELD_RANK,
    FIELD_CLUB,
    FIELD_ID,
    FIELD_TIERS,
    FIELD_JOINED_AT,
    FIELD_BIRTHDAY, /* never known */
    FIELD_SEGMENTS,
    FIELD_SKU,
    FIELD_CATEGORY,
    FIELD_QUANTITY,
    FIELD_UNIT_PRICE,
    FIELD_WEIGHT,
    FIELD_IS_GIFT,
    FIELD_ELIGIBLE,
    FIELD_ITEMS,
    FIELD_TAGS,
    FIELD_WAITED,
    FIELD_DISCOUNT,
    FIELD_NOTE
};

static const struct {
    const char *name;
} objects[] = {{"tier"}, {"tiers"}, {"member"}, {"item"}, {"order"}};

static const struct {
    enum shop_object object;
    const char *name;
    const char *type;
    enum shop_field field;
    uint32_t bound;
} fields[] = {
    {OBJECT_TIER, "level", "string", FIELD_LEVEL, 20},
    {OBJECT_TIER, "rank", "int", FIELD_RANK, CEL_NO_BOUND},
    {OBJECT_TIERS, "club", "tier", FIELD_CLUB, CEL_NO_BOUND},
    {OBJECT_MEMBER, "id", "string", FIELD_ID, 64},
    {OBJECT_MEMBER, "tiers", "tiers", FIELD_TIERS, CEL_NO_BOUND},
    {OBJECT_MEMBER, "joined_at", "timestamp", FIELD_JOINED_AT, CEL_NO_BOUND},
    {OBJECT_MEMBER, "birthday", "string", FIELD_BIRTHDAY, 10},
    {OBJECT_MEMBER, "segments", "list(string)", FIELD_SEGMENTS, 10},
    {OBJECT_ITEM, "sku", "string", FIELD_SKU, 64},
    {OBJECT_ITEM, "category", "string", FIELD_CATEGORY, 64},
    {OBJECT_ITEM, "quantity", "int", FIELD_QUANTITY, CEL_NO_BOUND},
    {OBJECT_ITEM, "unit_price", "money", FIELD_UNIT_PRICE, CEL_NO_BOUND},
    {OBJECT_ITEM, "weight", "decimal", FIELD_WEIGHT, CEL_NO_BOUND},
    {OBJECT_ITEM, "is_gift", "bool", FIELD_IS_GIFT, CEL_NO_BOUND},
    {OBJECT_ORDER, "id", "string", FIELD_ID, 64},
    {OBJECT_ORDER, "eligible", "money", FIELD_ELIGIBLE, CEL_NO_BOUND},
    {OBJECT_ORDER, "items", "list(item)", FIELD_ITEMS, CEL_NO_BOUND},
    {OBJECT_ORDER, "tags", "map(string, string)", FIELD_TAGS, 10},
    {OBJECT_ORDER, "waited", "duration", FIELD_WAITED, CEL_NO_BOUND},
    {OBJECT_ORDER, "discount", "double", FIELD_DISCOUNT, CEL_NO_BOUND},
    {OBJECT_ORDER, "note", "string", FIELD_NOTE, CEL_NO_BOUND},
};

static const struct {
    const char *name;
    const char *type;
    uint32_t bound;
} variables[SHOP_SLOT_COUNT] = {
    [SHOP_MEMBER] = {"member", "member", CEL_NO_BOUND},
    [SHOP_ORDER] = {"order", "order", CEL_NO_BOUND},
    [SHOP_NOW] = {"now", "timestamp", CEL_NO_BOUND},
    [SHOP_RATE] = {"rate", "decimal", CEL_NO_BOUND},
    [SHOP_NAMES] = {"names", "list(string)", 10},
    [SHOP_POINTS] = {"points", "map(string, int)", 10},
    [SHOP_WHATEVER] = {"whatever", "dyn", CEL_NO_BOUND},
    [SHOP_MAYBE] = {"maybe", "optional_type(string)", CEL_NO_BOUND},
};

static const char *const categories[SHOP_ITEM_COUNT] = {
    "books", "toys", "skincare", "garden", "music", "film", "food", "skincare", "paper", "tools"};

/* The levels, lowest first. */
static const char *const levels[] = {"none", "insider", "vib", "rouge"};
#define MEMBER_RANK 2

enum shop_call { CALL_AT_LEAST, CALL_TWICE, CALL_GREET };

static const struct cel_overload at_least[] = {
    {.id = "tier_at_least", .signature = "tier.(string) -> bool", .host_id = CALL_AT_LEAST}};
static const struct cel_overload twice[] = {
    {.id = "twice_int", .signature = "(int) -> int", .host_id = CALL_TWICE}};
static const struct cel_overload greet[] = {
    {.id = "greet_string", .signature = "(string) -> string", .host_id = CALL_GREET}};
static const struct cel_function functions[] = {
    {"atLeast", CEL_OVERLOADS(at_least)},
    {"twice", CEL_OVERLOADS(twice)},
    {"shop.greet", CEL_OVERLOADS(greet)},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum status shop_declare(struct arena *arena, const struct cel_rules *rules,
                         struct cel_environment **environment)
{
    struct cel_environment *made;
    TRY(cel_environment_new(arena, rules, &made));
    TRY(cel_environment_add_extensions(made));
    for (size_t i = 0; i < COUNT(objects); i++) {
        uint16_t object;
        TRY(cel_environment_add_object(made, text_of(objects[i].name), &object));
        ASSERT(object == i);
    }
    for (size_t i = 0; i < COUNT(fields); i++) {
        TRY(cel_environment_add_field(made, (uint16_t)fields[i].object, text_of(fields[i].name),
                                      text_of(fields[i].type), fields[i].field, fields[i].bound));
    }
    for (uint32_t i = 0; i < SHOP_SLOT_COUNT; i++) {
        uint32_t slot;
        TRY(cel_environment_add_variable(made, text_of(variables[i].name),
                                         text_of(variables[i].type), variables[i].bound, &slot));
        ASSERT(slot == i);
    }
    for (size_t i = 0; i < COUNT(functions); i++)
        TRY(cel_environment_add_function(made, &functions[i]));
    TRY(cel_environment_add_constant(made, TEXT("shop.SIZE"), cel_int(SHOP_ITEM_COUNT)));
    *environment = made;
    return STATUS_OK;
}

uint32_t shop_field_bound(struct cel_value object, uint32_t field_id)
{
    for (size_t i = 0; i < COUNT(fields); i++) {
        if (fields[i].object == object.tag && fields[i].field == field_id) return fields[i].bound;
    }
    return CEL_NO_BOUND;
}

/* ---- what the objects hold ---- */

/* Values that are there from the start, so that many threads can look at them. */
#define TEXT_VALUE(literal)                                                                        \
    {                                                                                              \
        .kind = CEL_STRING, .extra = sizeof(literal) - 1, .bytes = (literal)                       \
    }
#define INT_VALUE(number)                                                                          \
    {                                                                                              \
        .kind = CEL_INT, .integer = (number)                                                       \
    }
#define ITEM_VALUE(index)                                                                          \
    {                                                                                              \
        .kind = CEL_OBJECT, .tag = OBJECT_ITEM, .extra = (index), .object = categories             \
    }

static const struct cel_value item_values[SHOP_ITEM_COUNT] = {
    ITEM_VALUE(0), ITEM_VALUE(1), ITEM_VALUE(2), ITEM_VALUE(3), ITEM_VALUE(4),
    ITEM_VALUE(5), ITEM_VALUE(6), ITEM_VALUE(7), ITEM_VALUE(8), ITEM_VALUE(9)};
static const struct cel_list items = {SHOP_ITEM_COUNT, SHOP_ITEM_COUNT, item_values};

static const struct cel_value segment_values[] = {TEXT_VALUE("skincare_lovers"),
                                                  TEXT_VALUE("big_baskets")};
static const struct cel_list segments = {2, 2, segment_values};

static const struct cel_value tag_entries[] = {TEXT_VALUE("colour"), TEXT_VALUE("gr\303\274n"),
                                               TEXT_VALUE("wrapping"), TEXT_VALUE("none")};
static const struct cel_map tags = {.count = 2, .capacity = 2, .entries = tag_entries};

static struct cel_value text_value(const char *text)
{
    return cel_string(text_of(text));
}

static struct cel_value euros(int64_t cents)
{
    return cel_money((struct decimal){cents, 2}, cel_currency(TEXT("EUR")));
}

static struct cel_value item_field(uint32_t item, uint32_t field)
{
    switch ((enum shop_field)field) {
    case FIELD_SKU:
        return text_value("A-100");
    case FIELD_CATEGORY:
        return text_value(categories[item]);
    case FIELD_QUANTITY:
        return cel_int(item == 7 ? 2 : 1);
    case FIELD_UNIT_PRICE:
        return euros(499 + item);
    case FIELD_WEIGHT:
        return cel_decimal((struct decimal){(int64_t)item * 125 + 1, 3});
    case FIELD_IS_GIFT:
        return cel_bool(item % 2 == 1);
    default:
        return cel_error(CEL_FAULT_NO_SUCH_FIELD, NULL);
    }
}

static struct cel_value order_field(uint32_t field)
{
    switch ((enum shop_field)field) {
    case FIELD_ID:
        return text_value("order-1");
    case FIELD_ELIGIBLE:
        return euros(5499);
    case FIELD_ITEMS:
        return cel_list_value(&items);
    case FIELD_TAGS:
        return cel_map_value(&tags);
    case FIELD_WAITED:
        return cel_duration(5400, 500000000);
    case FIELD_DISCOUNT:
        return cel_double(0.125);
    case FIELD_NOTE:
        return text_value("leave it at the door, please");
    default:
        return cel_error(CEL_FAULT_NO_SUCH_FIELD, NULL);
    }
}

static struct cel_value member_field(uint32_t field)
{
    switch ((enum shop_field)field) {
    case FIELD_ID:
        return text_value("anna");
    case FIELD_TIERS:
        return cel_object(OBJECT_TIERS, 0, levels);
    case FIELD_JOINED_AT:
        return cel_timestamp(1767225600, 0); /* 2026-01-01T00:00:00Z */
    case FIELD_SEGMENTS:
        return cel_list_value(&segments);
    case FIELD_BIRTHDAY:
        return cel_error(CEL_FAULT_UNSET, NULL);
    default:
        return cel_error(CEL_FAULT_NO_SUCH_FIELD, NULL);
    }
}

static struct cel_value shop_field(struct cel_evaluation *evaluation, struct cel_value object,
                                   uint32_t field_id)
{
    (void)evaluation;
    switch ((enum shop_object)object.tag) {
    case OBJECT_TIER:
        return field_id == FIELD_RANK ? cel_int(MEMBER_RANK) : text_value(levels[MEMBER_RANK]);
    case OBJECT_TIERS:
        return cel_object(OBJECT_TIER, 0, levels);
    case OBJECT_MEMBER:
        return member_field(field_id);
    case OBJECT_ITEM:
        return item_field(object.extra, field_id);
    case OBJECT_ORDER:
        return order_field(field_id);
    }
    return cel_error(CEL_FAULT_NO_SUCH_FIELD, NULL);
}

static struct cel_value is_at_least(struct text level)
{
    for (uint32_t rank = 0; rank < COUNT(levels); rank++) {
        if (text_equal(text_of(levels[rank]), level)) return cel_bool(MEMBER_RANK >= rank);
    }
    return cel_error(CEL_FAULT_INVALID_ARGUMENT, "no such level");
}

static struct cel_value greeting(struct arena *arena, struct text name)
{
    struct text made = arena_format(arena, "hello %.*s", TEXT_ARGUMENTS(name));
    if (made.bytes == NULL) return cel_error(CEL_FAULT_NO_MEMORY, NULL);
    if (made.length > CEL_STRING_MAXIMUM_BYTES) return cel_error(CEL_FAULT_SIZE, NULL);
    return cel_string(made);
}

static struct cel_value shop_call(struct cel_evaluation *evaluation, uint32_t host_id,
                                  const struct cel_value *arguments, uint32_t count)
{
    int64_t doubled;
    (void)count;
    switch ((enum shop_call)host_id) {
    case CALL_AT_LEAST:
        return is_at_least(cel_text(arguments[1]));
    case CALL_TWICE:
        if (amount_multiply(arguments[0].integer, 2, &doubled) == STATUS_OK)
            return cel_int(doubled);
        return cel_error(CEL_FAULT_OVERFLOW, NULL);
    case CALL_GREET:
        return greeting(evaluation->arena, cel_text(arguments[0]));
    }
    return cel_error(CEL_FAULT_UNKNOWN_FUNCTION, NULL);
}

const struct cel_host shop_host = {shop_field, shop_call};

/* ---- variables ---- */

static const struct cel_value name_values[] = {TEXT_VALUE("anna"), TEXT_VALUE("bj\303\266rn"),
                                               TEXT_VALUE("\360\237\230\201")};
static const struct cel_list names = {3, 3, name_values};

static const struct cel_value point_entries[] = {TEXT_VALUE("points"), INT_VALUE(120),
                                                 TEXT_VALUE("miles"), INT_VALUE(-3)};
static const struct cel_map points = {.count = 2, .capacity = 2, .entries = point_entries};

static const struct cel_value whatever_values[] = {
    INT_VALUE(7), TEXT_VALUE("seven"), {.kind = CEL_MAP, .map = &points}};
static const struct cel_list whatever = {3, 3, whatever_values};

static const struct cel_value perhaps = TEXT_VALUE("perhaps");

static const struct cel_value values[SHOP_SLOT_COUNT] = {
    [SHOP_MEMBER] = {.kind = CEL_OBJECT, .tag = OBJECT_MEMBER, .object = levels},
    [SHOP_ORDER] = {.kind = CEL_OBJECT, .tag = OBJECT_ORDER, .object = categories},
    /* 2027-03-06T00:00:00.25Z */
    [SHOP_NOW] = {.kind = CEL_TIMESTAMP, .extra = 250000000, .integer = 1804291200},
    [SHOP_RATE] = {.kind = CEL_DECIMAL, .scale = 2, .integer = 125},
    [SHOP_NAMES] = {.kind = CEL_LIST, .list = &names},
    [SHOP_POINTS] = {.kind = CEL_MAP, .map = &points},
    [SHOP_WHATEVER] = {.kind = CEL_LIST, .list = &whatever},
    [SHOP_MAYBE] = {.kind = CEL_OPTIONAL, .inner = &perhaps},
};

const struct cel_value *shop_variables(void)
{
    return values;
}
