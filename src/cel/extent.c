/* How large values can be, by their types, their constants and what is done to them.
 *
 * Without knowing better a text has CEL_STRING_MAXIMUM_BYTES and a list CEL_LIST_MAXIMUM elements:
 * no value is ever larger. What a host declares as the bound of a field or variable, the number of
 * elements in a list literal and what functions do to sizes make it better. Every rule here errs on
 * the large side.
 */
#include "cel/cost.h"

#define NUMBER_TEXT_BYTES 64u /* of a number, an instant or an amount as text */

static uint32_t at_most(uint64_t size, uint32_t limit)
{
    return size < limit ? (uint32_t)size : limit;
}

struct cel_extent cel_extent_join(struct cel_extent a, struct cel_extent b)
{
    for (int i = 0; i < CEL_EXTENT_LEVELS; i++)
        if (b.size[i] > a.size[i]) a.size[i] = b.size[i];
    return a;
}

struct cel_extent cel_extent_meet(struct cel_extent a, struct cel_extent b)
{
    for (int i = 0; i < CEL_EXTENT_LEVELS; i++)
        if (b.size[i] < a.size[i]) a.size[i] = b.size[i];
    return a;
}

struct cel_extent cel_extent_of_element(struct cel_extent whole)
{
    for (int i = 0; i + 1 < CEL_EXTENT_LEVELS; i++)
        whole.size[i] = whole.size[i + 1];
    whole.size[CEL_EXTENT_LEVELS - 1] = CEL_STRING_MAXIMUM_BYTES;
    return whole;
}

struct cel_extent cel_extent_around(struct cel_extent element, uint64_t count)
{
    for (int i = CEL_EXTENT_LEVELS - 1; i > 0; i--)
        element.size[i] = element.size[i - 1];
    element.size[0] = at_most(count, CEL_LIST_MAXIMUM);
    return element;
}

static void raise_size(struct cel_extent *extent, int level, uint32_t size)
{
    if (extent->size[level] < size) extent->size[level] = size;
}

/* The first levels only: deeper ones are never looked at. */
static void measure_type(const struct cel_type *type, int level, struct cel_extent *extent)
{
    if (level == CEL_EXTENT_LEVELS) return;
    bool is_collection = type->kind == CEL_TYPE_LIST || type->kind == CEL_TYPE_MAP;
    int inside = is_collection ? level + 1 : level;
    switch (type->kind) {
    case CEL_TYPE_STRING:
    case CEL_TYPE_BYTES:
        raise_size(extent, level, CEL_STRING_MAXIMUM_BYTES);
        return;
    case CEL_TYPE_LIST:
    case CEL_TYPE_MAP:
    case CEL_TYPE_OPTIONAL:
    case CEL_TYPE_WRAPPER:
        if (is_collection) raise_size(extent, level, CEL_LIST_MAXIMUM);
        for (uint32_t i = 0; i < type->parameter_count; i++)
            measure_type(type->parameters[i], inside, extent);
        if (type->parameter_count == 0) measure_type(cel_type_simple(CEL_TYPE_DYN), inside, extent);
        return;
    case CEL_TYPE_DYN:
    case CEL_TYPE_ABSTRACT:
    case CEL_TYPE_PARAMETER:
    case CEL_TYPE_VARIABLE:
        for (int i = level; i < CEL_EXTENT_LEVELS; i++)
            raise_size(extent, i, CEL_STRING_MAXIMUM_BYTES);
        return;
    default:
        return;
    }
}

struct cel_extent cel_extent_of_type(const struct cel_type *type)
{
    struct cel_extent extent = {{0}};
    measure_type(type, 0, &extent);
    return extent;
}

static void measure_value(struct cel_value value, int level, struct cel_extent *extent)
{
    if (level == CEL_EXTENT_LEVELS) return;
    uint32_t size = 0;
    switch (value.kind) {
    case CEL_STRING:
    case CEL_BYTES:
        size = value.extra;
        break;
    case CEL_LIST:
        size = value.list->count;
        for (uint32_t i = 0; i < size; i++)
            measure_value(value.list->items[i], level + 1, extent);
        break;
    case CEL_MAP:
        size = value.map->count;
        for (size_t i = 0; i < 2 * (size_t)size; i++)
            measure_value(value.map->entries[i], level + 1, extent);
        break;
    case CEL_OPTIONAL:
        if (value.inner != NULL) measure_value(*value.inner, level, extent);
        break;
    default:
        break;
    }
    raise_size(extent, level, size);
}

struct cel_extent cel_extent_of_value(struct cel_value value)
{
    struct cel_extent extent = {{0}};
    measure_value(value, 0, &extent);
    return extent;
}

/* The weight at one level; a type of dyn can be text or a collection, so both are reckoned with. */
static uint64_t weigh(const struct cel_type *type, const struct cel_extent *extent, int level)
{
    if (level == CEL_EXTENT_LEVELS) {
        /* Deeper than is known: what has nothing inside or is text, else there is no saying. */
        if (type == NULL) return UINT64_MAX;
        bool is_text = type->kind == CEL_TYPE_STRING || type->kind == CEL_TYPE_BYTES;
        if (is_text) return 1 + CEL_STRING_MAXIMUM_BYTES / 64;
        return cel_extent_of_type(type).size[0] == 0 ? 1 : UINT64_MAX;
    }
    uint32_t size = extent->size[level];
    if (size == 0) return 1;
    uint64_t text = 1 + size / 64;
    uint64_t count = at_most(size, CEL_LIST_MAXIMUM);
    if (type == NULL || type->kind == CEL_TYPE_DYN || type->kind == CEL_TYPE_ABSTRACT) {
        uint64_t elements = cel_sum(1, cel_product(2 * count, weigh(NULL, extent, level + 1)));
        return elements > text ? elements : text;
    }
    switch (type->kind) {
    case CEL_TYPE_STRING:
    case CEL_TYPE_BYTES:
        return text;
    case CEL_TYPE_OPTIONAL:
    case CEL_TYPE_WRAPPER:
        return cel_sum(
            1, weigh(type->parameter_count == 1 ? type->parameters[0] : NULL, extent, level));
    case CEL_TYPE_LIST:
    case CEL_TYPE_MAP: {
        uint64_t element = type->parameter_count == 0 ? weigh(NULL, extent, level + 1) : 0;
        for (uint32_t i = 0; i < type->parameter_count; i++)
            element = cel_sum(element, weigh(type->parameters[i], extent, level + 1));
        return cel_sum(1, cel_product(count, element));
    }
    default:
        return 1;
    }
}

uint64_t cel_extent_weight(const struct cel_type *type, struct cel_extent extent)
{
    return weigh(type, &extent, 0);
}

/* How a function's result measures; what is not listed has its type's limits. */
enum rule { AS_FIRST, AS_ANY, AS_SUM, AS_ELEMENT, AS_PARTS, AS_RANGE, AS_NUMBER_TEXT, AS_ENTRY };
static const struct {
    struct text function;
    enum rule rule;
} rules[] = {
    {TEXT_INITIALISER("_+_"), AS_SUM},
    {TEXT_INITIALISER("_[_]"), AS_ELEMENT},
    {TEXT_INITIALISER("_[?_]"), AS_ELEMENT},
    {TEXT_INITIALISER("_?_:_"), AS_ANY},
    {TEXT_INITIALISER("dyn"), AS_FIRST},
    {TEXT_INITIALISER("bytes"), AS_FIRST},
    {TEXT_INITIALISER("string"), AS_NUMBER_TEXT},
    {TEXT_INITIALISER("optional.of"), AS_FIRST},
    {TEXT_INITIALISER("optional.ofNonZeroValue"), AS_FIRST},
    {TEXT_INITIALISER("value"), AS_FIRST},
    {TEXT_INITIALISER("or"), AS_ANY},
    {TEXT_INITIALISER("orValue"), AS_ANY},
    {TEXT_INITIALISER("first"), AS_ELEMENT},
    {TEXT_INITIALISER("last"), AS_ELEMENT},
    {TEXT_INITIALISER("slice"), AS_FIRST},
    {TEXT_INITIALISER("distinct"), AS_FIRST},
    {TEXT_INITIALISER("reverse"), AS_FIRST},
    {TEXT_INITIALISER("sort"), AS_FIRST},
    {TEXT_INITIALISER("@sortByAssociatedKeys"), AS_FIRST},
    {TEXT_INITIALISER("lists.range"), AS_RANGE},
    {TEXT_INITIALISER("charAt"), AS_FIRST},
    {TEXT_INITIALISER("substring"), AS_FIRST},
    {TEXT_INITIALISER("trim"), AS_FIRST},
    {TEXT_INITIALISER("lowerAscii"), AS_FIRST},
    {TEXT_INITIALISER("upperAscii"), AS_FIRST},
    {TEXT_INITIALISER("split"), AS_PARTS},
    {TEXT_INITIALISER("cel.@mapInsert"), AS_ENTRY},
};

static struct cel_extent by_rule(enum rule rule, const struct cel_node *call,
                                 const struct cel_extent *arguments, uint32_t count)
{
    struct cel_extent extent = arguments[0];
    switch (rule) {
    case AS_FIRST:
        break;
    case AS_ANY:
        for (uint32_t i = 1; i < count; i++)
            extent = cel_extent_join(extent, arguments[i]);
        break;
    case AS_SUM:
        for (uint32_t i = 1; i < count; i++) {
            uint64_t sum = (uint64_t)extent.size[0] + arguments[i].size[0];
            extent = cel_extent_join(extent, arguments[i]);
            extent.size[0] = at_most(sum, CEL_STRING_MAXIMUM_BYTES);
        }
        break;
    case AS_ELEMENT:
        return cel_extent_of_element(extent);
    case AS_PARTS: /* as many as there are characters, and one behind the last */
        return cel_extent_around(extent, (uint64_t)extent.size[0] + 1);
    case AS_RANGE: {
        const struct cel_node *length = call->call.arguments[0];
        bool is_known = length->is_constant && length->constant.kind == CEL_INT &&
                        length->constant.integer >= 0;
        uint64_t most = is_known ? (uint64_t)length->constant.integer : CEL_LIST_MAXIMUM;
        return cel_extent_around((struct cel_extent){{0}}, most);
    }
    case AS_NUMBER_TEXT:
        if (extent.size[0] < NUMBER_TEXT_BYTES) extent.size[0] = NUMBER_TEXT_BYTES;
        break;
    case AS_ENTRY: { /* a map, and an entry or a map that is put in */
        struct cel_extent more =
            count == 3 ? cel_extent_around(cel_extent_join(arguments[1], arguments[2]), 1)
                       : arguments[count - 1];
        uint64_t sum = (uint64_t)extent.size[0] + more.size[0];
        extent = cel_extent_join(extent, more);
        extent.size[0] = at_most(sum, CEL_LIST_MAXIMUM);
        break;
    }
    }
    return extent;
}

struct cel_extent cel_extent_of_call(const struct cel_node *call,
                                     const struct cel_extent *arguments, uint32_t count)
{
    struct cel_extent limits = cel_extent_of_type(call->type);
    if (limits.size[0] == 0 || count == 0) return limits;
    /* A host's function may be named as one of these. */
    bool is_host = call->call.overload != NULL && call->call.overload->implementation == NULL;
    for (size_t i = 0; !is_host && i < sizeof rules / sizeof rules[0]; i++)
        if (text_equal(call->call.function, rules[i].function))
            return cel_extent_meet(limits, by_rule(rules[i].rule, call, arguments, count));
    return limits;
}
