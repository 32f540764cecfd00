/* Values as the lines of the conformance tests write them: {"int": "-1"}, {"list": [...]}. */
#include "conformance.h"

#include <math.h>
#include <stdlib.h>

/* The only member of such an object: what kind it is, and what of that kind. */
static yyjson_val *content_of(yyjson_val *said, struct text *kind)
{
    yyjson_obj_iter members;
    ASSERT(yyjson_obj_iter_init(said, &members));
    yyjson_val *key = yyjson_obj_iter_next(&members);
    ASSERT(key != NULL);
    *kind = (struct text){yyjson_get_str(key), yyjson_get_len(key)};
    return yyjson_obj_iter_get_val(key);
}

static struct text text_in(yyjson_val *content)
{
    return (struct text){yyjson_get_str(content), yyjson_get_len(content)};
}

static uint64_t bits_in(yyjson_val *content)
{
    return strtoull(yyjson_get_str(content), NULL, 16);
}

static double double_in(yyjson_val *content)
{
    uint64_t bits = bits_in(content);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static unsigned digit_of(char digit)
{
    return digit <= '9' ? (unsigned)(digit - '0') : (unsigned)(digit - 'a' + 10);
}

static struct text bytes_in(struct arena *arena, yyjson_val *content)
{
    struct text digits = text_in(content);
    char *bytes = arena_allocate(arena, digits.length / 2 + 1);
    ASSERT(bytes != NULL);
    for (size_t i = 0; i + 1 < digits.length; i += 2)
        bytes[i / 2] = (char)(digit_of(digits.bytes[i]) << 4 | digit_of(digits.bytes[i + 1]));
    return (struct text){bytes, digits.length / 2};
}

static struct cel_value list_in(struct arena *arena, yyjson_val *content)
{
    struct cel_list *list = cel_list_new(arena, (uint32_t)yyjson_arr_size(content));
    ASSERT(list != NULL);
    size_t index;
    size_t count;
    yyjson_val *element;
    yyjson_arr_foreach(content, index, count, element)
    {
        enum status status = cel_list_add(arena, list, conformance_value(arena, element));
        ASSERT(status == STATUS_OK);
    }
    return cel_list_value(list);
}

static struct cel_value map_in(struct arena *arena, yyjson_val *content)
{
    struct cel_map *map = cel_map_new(arena, (uint32_t)yyjson_arr_size(content));
    ASSERT(map != NULL);
    size_t index;
    size_t count;
    yyjson_val *entry;
    yyjson_arr_foreach(content, index, count, entry)
    {
        enum status status =
            cel_map_add(arena, map, conformance_value(arena, yyjson_arr_get(entry, 0)),
                        conformance_value(arena, yyjson_arr_get(entry, 1)));
        ASSERT(status == STATUS_OK);
    }
    return cel_map_value(map);
}

struct cel_value conformance_value(struct arena *arena, yyjson_val *said)
{
    struct text kind;
    yyjson_val *content = content_of(said, &kind);
    if (text_equal(kind, TEXT("null"))) return cel_null();
    if (text_equal(kind, TEXT("bool"))) return cel_bool(yyjson_get_bool(content));
    if (text_equal(kind, TEXT("int"))) return cel_int(strtoll(yyjson_get_str(content), NULL, 10));
    if (text_equal(kind, TEXT("uint")))
        return cel_uint(strtoull(yyjson_get_str(content), NULL, 10));
    if (text_equal(kind, TEXT("double"))) return cel_double(double_in(content));
    if (text_equal(kind, TEXT("string"))) return cel_string(text_in(content));
    if (text_equal(kind, TEXT("bytes"))) return cel_bytes(bytes_in(arena, content));
    if (text_equal(kind, TEXT("list"))) return list_in(arena, content);
    ASSERT(text_equal(kind, TEXT("map")));
    return map_in(arena, content);
}

static bool list_matches(yyjson_val *content, const struct cel_list *list)
{
    if (yyjson_arr_size(content) != list->count) return false;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!conformance_matches(yyjson_arr_get(content, i), list->items[i])) return false;
    }
    return true;
}

static bool has_entry(const struct cel_map *map, yyjson_val *entry)
{
    for (uint32_t i = 0; i < map->count; i++) {
        if (conformance_matches(yyjson_arr_get(entry, 0), map->entries[2 * i]))
            return conformance_matches(yyjson_arr_get(entry, 1), map->entries[2 * i + 1]);
    }
    return false;
}

static bool map_matches(yyjson_val *content, const struct cel_map *map)
{
    if (yyjson_arr_size(content) != map->count) return false;
    for (uint32_t i = 0; i < map->count; i++) {
        if (!has_entry(map, yyjson_arr_get(content, i))) return false;
    }
    return true;
}

static bool double_matches(yyjson_val *content, double number)
{
    double wanted = double_in(content);
    return wanted == number || (isnan(wanted) && isnan(number));
}

/* A type is written without its parameters: "list". */
static bool type_matches(yyjson_val *content, const struct cel_type *type)
{
    struct buffer name;
    buffer_init(&name, 4096);
    ASSERT(cel_type_print(type, &name) == STATUS_OK);
    struct text rest;
    bool is_it = text_equal(text_split(buffer_text(&name), '(', &rest), text_in(content));
    buffer_release(&name);
    return is_it;
}

bool conformance_matches(yyjson_val *said, struct cel_value value)
{
    struct text kind;
    yyjson_val *content = content_of(said, &kind);
    switch ((enum cel_kind)value.kind) {
    case CEL_NULL:
        return text_equal(kind, TEXT("null"));
    case CEL_BOOL:
        return text_equal(kind, TEXT("bool")) && yyjson_get_bool(content) == (value.boolean != 0);
    case CEL_INT:
        return text_equal(kind, TEXT("int")) &&
               strtoll(yyjson_get_str(content), NULL, 10) == value.integer;
    case CEL_UINT:
        return text_equal(kind, TEXT("uint")) &&
               strtoull(yyjson_get_str(content), NULL, 10) == value.unsigned_integer;
    case CEL_DOUBLE:
        return text_equal(kind, TEXT("double")) && double_matches(content, value.number);
    case CEL_STRING:
        return text_equal(kind, TEXT("string")) && text_equal(text_in(content), cel_text(value));
    case CEL_BYTES: {
        struct arena arena;
        arena_init(&arena, (size_t)1 << 20);
        bool is_it = text_equal(kind, TEXT("bytes")) &&
                     text_equal(bytes_in(&arena, content), cel_text(value));
        arena_release(&arena);
        return is_it;
    }
    case CEL_LIST:
        return text_equal(kind, TEXT("list")) && list_matches(content, value.list);
    case CEL_MAP:
        return text_equal(kind, TEXT("map")) && map_matches(content, value.map);
    case CEL_TYPE:
        return text_equal(kind, TEXT("type")) && type_matches(content, value.type);
    default:
        return false;
    }
}
