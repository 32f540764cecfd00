/* The lists library: parts, order, and what is there more than once.
 *
 * Sorting is stable and takes keys of one kind. Elements that can be keys of a map are told apart
 * by one; the others, which distinct compares one by one, are announced comparison by comparison.
 */
#include "cel/compare.h"
#include "cel/function_work.h"

/* A list of elements that somebody else keeps. */
static struct cel_value view(struct cel_call *call, const struct cel_value *items, uint32_t count)
{
    struct cel_list *list = arena_new(call->arena, struct cel_list);
    if (list == NULL) return cel_no_memory();
    *list = (struct cel_list){count, count, items};
    return cel_list_value(list);
}

static struct cel_value slice(struct cel_call *call, const struct cel_value *arguments)
{
    const struct cel_list *list = arguments[0].list;
    int64_t begin = arguments[1].integer;
    int64_t end = arguments[2].integer;
    if (begin > end)
        return cel_fail(call, CEL_FAULT_INVALID_ARGUMENT, "a slice from %lld to %lld",
                        (long long)begin, (long long)end);
    if (begin < 0 || end > (int64_t)list->count)
        return cel_fail(call, CEL_FAULT_INDEX, "slice(%lld, %lld) of %u elements", (long long)begin,
                        (long long)end, (unsigned)list->count);
    if (begin == end) return view(call, NULL, 0);
    return view(call, list->items + begin, (uint32_t)(end - begin));
}

/* Adds the elements, those of lists among them in their place down to `depth` levels. */
static struct cel_value add_flat(struct cel_call *call, struct cel_list *into,
                                 const struct cel_list *from, int64_t depth, uint32_t level)
{
    if (level > CEL_DEPTH_MAXIMUM) return cel_too_long();
    if (!cel_spend(call, from->count)) return cel_too_many_steps();
    for (uint32_t i = 0; i < from->count; i++) {
        if (from->items[i].kind == CEL_LIST && depth > 0) {
            struct cel_value done = add_flat(call, into, from->items[i].list, depth - 1, level + 1);
            if (cel_is_error(done)) return done;
            continue;
        }
        enum status status = cel_list_add(call->arena, into, from->items[i]);
        if (status != STATUS_OK) return cel_failed_with(status);
    }
    return cel_null();
}

static struct cel_value flatten(struct cel_call *call, const struct cel_value *arguments)
{
    int64_t depth = call->count > 1 ? arguments[1].integer : 1;
    if (depth < 0) return cel_error(CEL_FAULT_INVALID_ARGUMENT, "the depth is 0 or more");
    struct cel_list *flat = cel_list_new(call->arena, arguments[0].list->count);
    if (flat == NULL) return cel_no_memory();
    struct cel_value done = add_flat(call, flat, arguments[0].list, depth, 0);
    return cel_is_error(done) ? done : cel_list_value(flat);
}

/* What distinct has kept, in order: in `keys` what can be a map's key, in `others` the rest. */
struct kept {
    struct cel_list *list;
    struct cel_map *keys;
    struct cel_list *others;
};

static bool can_be_key(struct cel_value value)
{
    return value.kind == CEL_BOOL || value.kind == CEL_INT || value.kind == CEL_UINT ||
           value.kind == CEL_STRING;
}

/* Is there an equal one already? CEL_BOOL or an error. */
static struct cel_value is_kept(struct cel_call *call, const struct kept *kept,
                                struct cel_value value)
{
    if ((can_be_key(value) || value.kind == CEL_DOUBLE) && cel_map_find(kept->keys, value) != NULL)
        return cel_bool(true);
    for (uint32_t i = 0; i < kept->others->count; i++) {
        enum cel_fault fault = CEL_FAULT_NONE;
        bool is_equal = cel_equal_in_call(call, kept->others->items[i], value, &fault);
        if (fault != CEL_FAULT_NONE) return cel_error(fault, NULL);
        if (is_equal) return cel_bool(true);
    }
    /* A decimal or the like equals an int that the map would not find. */
    if (can_be_key(value) || value.kind == CEL_DOUBLE || kept->keys->count == 0)
        return cel_bool(false);
    for (uint32_t i = 0; i < kept->keys->count; i++) {
        enum cel_fault fault = CEL_FAULT_NONE;
        struct cel_value key = kept->keys->entries[(size_t)2 * i];
        bool is_equal = cel_equal_in_call(call, key, value, &fault);
        if (fault != CEL_FAULT_NONE) return cel_error(fault, NULL);
        if (is_equal) return cel_bool(true);
    }
    return cel_bool(false);
}

static enum status keep(struct arena *arena, struct kept *kept, struct cel_value value)
{
    TRY(cel_list_add(arena, kept->list, value));
    if (can_be_key(value)) return cel_map_add(arena, kept->keys, value, cel_null());
    return cel_list_add(arena, kept->others, value);
}

static struct cel_value distinct(struct cel_call *call, const struct cel_value *arguments)
{
    const struct cel_list *list = arguments[0].list;
    if (!cel_spend(call, list->count)) return cel_too_many_steps();
    struct kept kept = {cel_list_new(call->arena, 0), cel_map_new(call->arena, 0),
                        cel_list_new(call->arena, 0)};
    if (kept.list == NULL || kept.keys == NULL || kept.others == NULL) return cel_no_memory();
    for (uint32_t i = 0; i < list->count; i++) {
        struct cel_value found = is_kept(call, &kept, list->items[i]);
        if (cel_is_error(found)) return found;
        if (found.boolean != 0) continue;
        enum status status = keep(call->arena, &kept, list->items[i]);
        if (status != STATUS_OK) return cel_failed_with(status);
    }
    return cel_list_value(kept.list);
}

static struct cel_value range(struct cel_call *call, const struct cel_value *arguments)
{
    int64_t count = arguments[0].integer;
    if (count < 0)
        return cel_fail(call, CEL_FAULT_INVALID_ARGUMENT, "a range of %lld", (long long)count);
    if (count > CEL_LIST_MAXIMUM) return cel_too_long();
    if (!cel_spend(call, (uint64_t)count)) return cel_too_many_steps();
    if (count == 0) return view(call, NULL, 0);
    struct cel_value *items = arena_new_array(call->arena, struct cel_value, (size_t)count);
    if (items == NULL) return cel_no_memory();
    for (int64_t i = 0; i < count; i++)
        items[i] = cel_int(i);
    return view(call, items, (uint32_t)count);
}

static struct cel_value reverse(struct cel_call *call, const struct cel_value *arguments)
{
    const struct cel_list *list = arguments[0].list;
    if (!cel_spend(call, list->count)) return cel_too_many_steps();
    if (list->count == 0) return arguments[0];
    struct cel_value *items = arena_new_array(call->arena, struct cel_value, list->count);
    if (items == NULL) return cel_no_memory();
    for (uint32_t i = 0; i < list->count; i++)
        items[i] = list->items[list->count - 1 - i];
    return view(call, items, list->count);
}

/* Keys while they are sorted; `error` is why that stopped. */
struct sorting {
    const struct cel_value *keys;
    struct cel_value error;
};

static int key_is_after(void *things, uint32_t a, uint32_t b)
{
    struct sorting *sorting = things;
    int order = 0;
    enum cel_fault fault = CEL_FAULT_NONE;
    if (cel_compare(sorting->keys[a], sorting->keys[b], &order, &fault)) return order > 0;
    sorting->error = fault == CEL_FAULT_NONE
                         ? cel_error(CEL_FAULT_INVALID_ARGUMENT, "NaN has no order")
                         : cel_error(fault, NULL);
    return -1;
}

static bool has_order(struct cel_value value)
{
    switch (value.kind) {
    case CEL_BOOL:
    case CEL_INT:
    case CEL_UINT:
    case CEL_DOUBLE:
    case CEL_STRING:
    case CEL_BYTES:
    case CEL_TIMESTAMP:
    case CEL_DURATION:
    case CEL_DECIMAL:
    case CEL_MONEY:
        return true;
    default:
        return false;
    }
}

/* CEL_NULL when the keys can be sorted, else why not. */
static struct cel_value check_keys(struct cel_call *call, const struct cel_list *keys)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < keys->count; i++) {
        struct cel_value key = keys->items[i];
        if (!has_order(key))
            return cel_error(CEL_FAULT_NO_SUCH_OVERLOAD, "elements to sort must have an order");
        if (key.kind != keys->items[0].kind)
            return cel_error(CEL_FAULT_NO_SUCH_OVERLOAD,
                             "elements to sort must have the same type");
        if (key.kind == CEL_STRING || key.kind == CEL_BYTES) bytes += key.extra;
    }
    uint64_t levels = 1;
    while (keys->count >> levels != 0)
        levels++;
    if (!cel_spend(call, keys->count + bytes / 64 * levels)) return cel_too_many_steps();
    return cel_null();
}

static struct cel_value sort_by_keys(struct cel_call *call, const struct cel_value *arguments)
{
    const struct cel_list *list = arguments[0].list;
    const struct cel_list *keys = arguments[call->count - 1].list;
    if (list->count != keys->count)
        return cel_error(CEL_FAULT_INVALID_ARGUMENT, "there must be one key for each element");
    if (list->count == 0) return arguments[0];
    struct cel_value checked = check_keys(call, keys);
    if (cel_is_error(checked)) return checked;
    uint32_t *order = arena_new_array(call->arena, uint32_t, (size_t)2 * list->count);
    struct cel_value *items = arena_new_array(call->arena, struct cel_value, list->count);
    if (order == NULL || items == NULL) return cel_no_memory();
    for (uint32_t i = 0; i < list->count; i++)
        order[i] = i;
    struct sorting sorting = {keys->items, cel_null()};
    if (!cel_sort(order, order + list->count, list->count, key_is_after, &sorting))
        return sorting.error;
    for (uint32_t i = 0; i < list->count; i++)
        items[i] = list->items[order[i]];
    return view(call, items, list->count);
}

#define EACH CEL_COST_ELEMENTS, NULL, 0, 0
/* One overload for each type that has an order. */
#define OF_ORDERED(id, before, behind, result)                                                     \
    {id "_int", before "int" behind result("int"), sort_by_keys, EACH},                            \
        {id "_uint", before "uint" behind result("uint"), sort_by_keys, EACH},                     \
        {id "_double", before "double" behind result("double"), sort_by_keys, EACH},               \
        {id "_bool", before "bool" behind result("bool"), sort_by_keys, EACH},                     \
        {id "_duration", before "duration" behind result("duration"), sort_by_keys, EACH},         \
        {id "_timestamp", before "timestamp" behind result("timestamp"), sort_by_keys, EACH},      \
        {id "_string", before "string" behind result("string"), sort_by_keys, EACH},               \
        {id "_bytes", before "bytes" behind result("bytes"), sort_by_keys, EACH},                  \
        {id "_decimal", before "decimal" behind result("decimal"), sort_by_keys, EACH},            \
    {                                                                                              \
        id "_money", before "money" behind result("money"), sort_by_keys, EACH                     \
    }
#define SAME_LIST(type) " -> list(" type ")"
#define LIST_OF_ANY(type) " -> list(T)"

static const struct cel_overload slice_overloads[] = {
    {"list_slice", "list(T).(int, int) -> list(T)", slice, CEL_COST_ONE, NULL, 0, 0},
};
static const struct cel_overload flatten_overloads[] = {
    {"list_flatten", "list(list(T)).() -> list(T)", flatten, EACH},
    {"list_flatten_mixed", "list(dyn).() -> list(dyn)", flatten, EACH},
    {"list_flatten_int", "list(dyn).(int) -> list(dyn)", flatten, EACH},
};
static const struct cel_overload distinct_overloads[] = {
    {"list_distinct", "list(T).() -> list(T)", distinct, EACH},
};
static const struct cel_overload range_overloads[] = {
    {"lists_range", "(int) -> list(int)", range, EACH},
};
static const struct cel_overload reverse_overloads[] = {
    {"list_reverse", "list(T).() -> list(T)", reverse, EACH},
};
static const struct cel_overload sort_overloads[] = {
    OF_ORDERED("list_sort", "list(", ").()", SAME_LIST),
};
static const struct cel_overload sort_by_overloads[] = {
    OF_ORDERED("list_sort_by", "list(T).(list(", "))", LIST_OF_ANY),
};

static const struct cel_function functions[] = {
    {"slice", CEL_OVERLOADS(slice_overloads)},
    {"flatten", CEL_OVERLOADS(flatten_overloads)},
    {"distinct", CEL_OVERLOADS(distinct_overloads)},
    {"lists.range", CEL_OVERLOADS(range_overloads)},
    {"reverse", CEL_OVERLOADS(reverse_overloads)},
    {"sort", CEL_OVERLOADS(sort_overloads)},
    {"@sortByAssociatedKeys", CEL_OVERLOADS(sort_by_overloads)},
};

const struct cel_library cel_library_lists = {.name = "lists",
                                              .functions = functions,
                                              .function_count =
                                                  sizeof functions / sizeof functions[0]};
