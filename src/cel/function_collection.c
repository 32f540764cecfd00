/* Collections: size, in, and what an index finds in a list, a map or an optional of one. */
#include "cel/compare.h"
#include "cel/function_work.h"
#include "cel/standard.h"

static struct cel_value size_of_text(struct cel_call *call, const struct cel_value *arguments)
{
    if (!cel_spend(call, arguments[0].extra / 64)) return cel_too_many_steps();
    return cel_int((int64_t)cel_code_points(cel_text(arguments[0])));
}

static struct cel_value size_of_bytes(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_int(arguments[0].extra);
}

static struct cel_value size_of_list(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_int(arguments[0].list->count);
}

static struct cel_value size_of_map(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_int(arguments[0].map->count);
}

static struct cel_value in_list(struct cel_call *call, const struct cel_value *arguments)
{
    const struct cel_list *list = arguments[1].list;
    for (uint32_t i = 0; i < list->count; i++) {
        enum cel_fault fault = CEL_FAULT_NONE;
        if (cel_equal_in_call(call, arguments[0], list->items[i], &fault)) return cel_bool(true);
        if (fault != CEL_FAULT_NONE) return cel_error(fault, NULL);
    }
    return cel_bool(false);
}

static struct cel_value in_map(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_bool(cel_map_find(arguments[1].map, arguments[0]) != NULL);
}

struct cel_value cel_optional_of(struct arena *arena, struct cel_value value)
{
    struct cel_value *inner = arena_allocate(arena, sizeof *inner);
    if (inner == NULL) return cel_no_memory();
    *inner = value;
    return cel_optional(inner);
}

/* A list's element; an error for what is no index of it. */
static struct cel_value element_of(const struct cel_list *list, struct cel_value index)
{
    int64_t at = -1;
    switch (index.kind) {
    case CEL_INT:
        at = index.integer;
        break;
    case CEL_UINT:
        at = index.unsigned_integer > INT64_MAX ? -1 : index.integer;
        break;
    case CEL_DOUBLE:
        /* A whole number that is less than the count, as no NaN is. */
        if (!(index.number >= 0 && index.number < list->count)) break;
        if (index.number > (double)(int64_t)index.number)
            return cel_error(CEL_FAULT_INVALID_ARGUMENT, NULL);
        at = (int64_t)index.number;
        break;
    default:
        return cel_error(CEL_FAULT_NO_SUCH_OVERLOAD, NULL);
    }
    if (at < 0 || at >= list->count) return cel_error(CEL_FAULT_INDEX, NULL);
    return list->items[at];
}

struct cel_value cel_index(struct arena *arena, struct cel_value container, struct cel_value key,
                           bool is_optional)
{
    if (container.kind == CEL_OPTIONAL) {
        if (container.inner == NULL) return container;
        return cel_index(arena, *container.inner, key, true);
    }
    struct cel_value found = cel_error(CEL_FAULT_NO_SUCH_OVERLOAD, NULL);
    if (container.kind == CEL_LIST) {
        found = element_of(container.list, key);
    } else if (container.kind == CEL_MAP) {
        const struct cel_value *value = cel_map_find(container.map, key);
        found = value == NULL ? cel_error(CEL_FAULT_NO_SUCH_KEY, NULL) : *value;
    }
    if (!is_optional) return found;
    if (!cel_is_error(found)) return cel_optional_of(arena, found);
    bool is_absent = found.tag == CEL_FAULT_INDEX || found.tag == CEL_FAULT_NO_SUCH_KEY;
    return is_absent ? cel_optional(NULL) : found;
}

static struct cel_value at_index(struct cel_call *call, const struct cel_value *arguments)
{
    return cel_index(call->arena, arguments[0], arguments[1], false);
}

static struct cel_value at_optional_index(struct cel_call *call, const struct cel_value *arguments)
{
    return cel_index(call->arena, arguments[0], arguments[1], true);
}

/* A copy of the map with room for `more` entries; NULL when memory ran out. */
static struct cel_map *copy_of(struct cel_call *call, const struct cel_map *map, uint32_t more)
{
    struct cel_map *copy = cel_map_new(call->arena, map->count + more);
    for (size_t i = 0; copy != NULL && i < (size_t)map->count * 2; i += 2)
        if (cel_map_add(call->arena, copy, map->entries[i], map->entries[i + 1]) != STATUS_OK)
            return NULL;
    return copy;
}

/* (map, key, value): the map with one entry more. */
static struct cel_value insert_entry(struct cel_call *call, const struct cel_value *arguments)
{
    if (!cel_spend(call, arguments[0].map->count)) return cel_too_many_steps();
    struct cel_map *map = copy_of(call, arguments[0].map, 1);
    if (map == NULL) return cel_no_memory();
    enum status status = cel_map_add(call->arena, map, arguments[1], arguments[2]);
    return status == STATUS_OK ? cel_map_value(map) : cel_failed_with(status);
}

/* (map, map): the entries of both. */
static struct cel_value insert_map(struct cel_call *call, const struct cel_value *arguments)
{
    const struct cel_map *more = arguments[1].map;
    if (!cel_spend(call, arguments[0].map->count + more->count)) return cel_too_many_steps();
    struct cel_map *map = copy_of(call, arguments[0].map, more->count);
    if (map == NULL) return cel_no_memory();
    for (size_t i = 0; i < (size_t)more->count * 2; i += 2) {
        enum status status = cel_map_add(call->arena, map, more->entries[i], more->entries[i + 1]);
        if (status != STATUS_OK) return cel_failed_with(status);
    }
    return cel_map_value(map);
}

#define ONE CEL_COST_ONE

static const struct cel_overload size_overloads[] = {
    {"size_string", "(string) -> int", size_of_text, CEL_COST_TEXT},
    {"size_bytes", "(bytes) -> int", size_of_bytes, ONE},
    {"size_list", "(list(A)) -> int", size_of_list, ONE},
    {"size_map", "(map(A, B)) -> int", size_of_map, ONE},
    {"string_size", "string.() -> int", size_of_text, CEL_COST_TEXT},
    {"bytes_size", "bytes.() -> int", size_of_bytes, ONE},
    {"list_size", "list(A).() -> int", size_of_list, ONE},
    {"map_size", "map(A, B).() -> int", size_of_map, ONE},
};
static const struct cel_overload in_overloads[] = {
    {"in_list", "(A, list(A)) -> bool", in_list, CEL_COST_ELEMENTS},
    {"in_map", "(A, map(A, B)) -> bool", in_map, ONE},
};
static const struct cel_overload index_overloads[] = {
    {"index_list", "(list(A), int) -> A", at_index, ONE},
    {"index_map", "(map(A, B), A) -> B", at_index, ONE},
    {"optional_list_index_int", "(optional_type(list(A)), int) -> optional_type(A)", at_index, ONE},
    {"optional_map_index_value", "(optional_type(map(A, B)), A) -> optional_type(B)", at_index,
     ONE},
};
static const struct cel_overload optional_index_overloads[] = {
    {"list_optindex_optional_int", "(list(A), int) -> optional_type(A)", at_optional_index, ONE},
    {"map_optindex_optional_value", "(map(A, B), A) -> optional_type(B)", at_optional_index, ONE},
    {"optional_list_optindex_optional_int", "(optional_type(list(A)), int) -> optional_type(A)",
     at_optional_index, ONE},
    {"optional_map_optindex_optional_value", "(optional_type(map(A, B)), A) -> optional_type(B)",
     at_optional_index, ONE},
};
static const struct cel_overload insert_overloads[] = {
    {"@mapInsert_map_key_value", "(map(A, B), A, B) -> map(A, B)", insert_entry, CEL_COST_ELEMENTS},
    {"@mapInsert_map_map", "(map(A, B), map(A, B)) -> map(A, B)", insert_map, CEL_COST_ELEMENTS},
};

static const struct cel_function functions[] = {
    {"size", CEL_OVERLOADS(size_overloads)},
    {"@in", CEL_OVERLOADS(in_overloads)},
    {"_[_]", CEL_OVERLOADS(index_overloads)},
    {"_[?_]", CEL_OVERLOADS(optional_index_overloads)},
    {"cel.@mapInsert", CEL_OVERLOADS(insert_overloads)},
};

const struct cel_library cel_part_collection = {
    .name = "collection",
    .functions = functions,
    .function_count = sizeof functions / sizeof functions[0],
};
