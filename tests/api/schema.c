/* Schema: walks value and schema together. */
#include "schema.h"

#define DEPTH_MAXIMUM 64

struct check {
    struct arena *arena;
    yyjson_val *document;
    struct text finding; /* the first */
    int depth;
};

static void find(struct check *check, const char *place, const char *what)
{
    if (check->finding.length == 0)
        check->finding = arena_format(check->arena, "%s: %s", place[0] == '\0' ? "/" : place, what);
}

static void walk(struct check *check, yyjson_val *schema, yyjson_val *value, const char *place);

static struct text name_of(yyjson_val *name)
{
    const char *bytes = yyjson_get_str(name);
    return bytes == NULL ? TEXT("") : (struct text){bytes, yyjson_get_len(name)};
}

/* The place of a member. */
static struct text below(struct check *check, const char *place, yyjson_val *name)
{
    struct text text = name_of(name);
    return arena_format(check->arena, "%s/%.*s", place, TEXT_ARGUMENTS(text));
}

static bool is_type(const char *type, yyjson_val *value)
{
    struct text name = text_of(type);
    if (text_equal(name, TEXT("object"))) return yyjson_is_obj(value);
    if (text_equal(name, TEXT("array"))) return yyjson_is_arr(value);
    if (text_equal(name, TEXT("string"))) return yyjson_is_str(value);
    if (text_equal(name, TEXT("integer"))) return yyjson_is_int(value);
    if (text_equal(name, TEXT("number"))) return yyjson_is_num(value);
    if (text_equal(name, TEXT("boolean"))) return yyjson_is_bool(value);
    return text_equal(name, TEXT("null")) && yyjson_is_null(value);
}

static void check_type(struct check *check, yyjson_val *type, yyjson_val *value, const char *place)
{
    bool fits = yyjson_is_str(type) && is_type(yyjson_get_str(type), value);
    size_t index;
    size_t count;
    yyjson_val *one;
    yyjson_arr_foreach(type, index, count, one)
    {
        fits = fits || is_type(yyjson_get_str(one), value);
    }
    if (!fits) find(check, place, "it is of another type");
}

static void check_enum(struct check *check, yyjson_val *choices, yyjson_val *value,
                       const char *place)
{
    size_t index;
    size_t count;
    yyjson_val *choice;
    yyjson_arr_foreach(choices, index, count, choice)
    {
        if (yyjson_equals(choice, value)) return;
    }
    find(check, place, "it is none of the choices");
}

/* The one pattern that the document uses is that of decimals. */
static void check_pattern(struct check *check, yyjson_val *pattern, yyjson_val *value,
                          const char *place)
{
    struct decimal decimal;
    struct text text = {yyjson_get_str(value), yyjson_get_len(value)};
    if (strcmp(yyjson_get_str(pattern), "^[+-]?[0-9]+(\\.[0-9]+)?$") != 0) {
        find(check, place, "the pattern is not known to the test");
    } else if (yyjson_is_str(value) && decimal_parse(text, &decimal) != STATUS_OK) {
        find(check, place, "it is no decimal");
    }
}

static void check_format(struct check *check, yyjson_val *format, yyjson_val *value,
                         const char *place)
{
    int64_t instant_us;
    struct text text = {yyjson_get_str(value), yyjson_get_len(value)};
    if (!yyjson_is_str(value)) return;
    bool is_time = strcmp(yyjson_get_str(format), "date-time") == 0;
    if (is_time &&
        (!text_ends_with(text, TEXT("Z")) || instant_parse(NULL, text, &instant_us) != STATUS_OK)) {
        find(check, place, "it is no time in UTC");
    }
    if (!is_time && text.length != 10) find(check, place, "it is no date");
}

static void check_required(struct check *check, yyjson_val *required, yyjson_val *value,
                           const char *place)
{
    size_t index;
    size_t count;
    yyjson_val *name;
    if (!yyjson_is_obj(value)) return;
    yyjson_arr_foreach(required, index, count, name)
    {
        if (yyjson_obj_get(value, yyjson_get_str(name)) != NULL) continue;
        struct text missing = name_of(name);
        struct text what = arena_format(check->arena, "'%.*s' is missing", TEXT_ARGUMENTS(missing));
        find(check, place, what.bytes);
    }
}

static void check_properties(struct check *check, yyjson_val *properties, yyjson_val *value,
                             const char *place)
{
    size_t index;
    size_t count;
    yyjson_val *name;
    yyjson_val *member;
    if (!yyjson_is_obj(value)) return;
    yyjson_obj_foreach(value, index, count, name, member)
    {
        struct text here = below(check, place, name);
        yyjson_val *schema = yyjson_obj_get(properties, yyjson_get_str(name));
        if (schema == NULL) {
            find(check, here.bytes, "the document does not name it");
        } else {
            walk(check, schema, member, here.bytes);
        }
    }
}

static void check_items(struct check *check, yyjson_val *schema, yyjson_val *value,
                        const char *place)
{
    size_t index;
    size_t count;
    yyjson_val *element;
    if (!yyjson_is_arr(value)) return;
    yyjson_arr_foreach(value, index, count, element)
    {
        struct text here = arena_format(check->arena, "%s/%zu", place, index);
        walk(check, schema, element, here.bytes);
    }
}

static void check_reference(struct check *check, yyjson_val *reference, yyjson_val *value,
                            const char *place)
{
    yyjson_val *schema = yyjson_ptr_get(check->document, yyjson_get_str(reference) + 1);
    if (schema == NULL) {
        find(check, place, "the document's reference leads nowhere");
    } else {
        walk(check, schema, value, place);
    }
}

static void check_one_of(struct check *check, yyjson_val *schemas, yyjson_val *value,
                         const char *place)
{
    size_t index;
    size_t count;
    size_t fitting = 0;
    yyjson_val *schema;
    yyjson_arr_foreach(schemas, index, count, schema)
    {
        struct check inner = {check->arena, check->document, TEXT(""), check->depth};
        walk(&inner, schema, value, place);
        if (inner.finding.length == 0) fitting++;
    }
    if (fitting != 1) find(check, place, "it fits not exactly one of the alternatives");
}

static void check_any_of(struct check *check, yyjson_val *schemas, yyjson_val *value,
                         const char *place)
{
    size_t index;
    size_t count;
    yyjson_val *schema;
    yyjson_arr_foreach(schemas, index, count, schema)
    {
        struct check inner = {check->arena, check->document, TEXT(""), check->depth};
        walk(&inner, schema, value, place);
        if (inner.finding.length == 0) return;
    }
    find(check, place, "it fits none of the alternatives");
}

static void check_bound(struct check *check, const char *keyword, yyjson_val *bound,
                        yyjson_val *value, const char *place)
{
    int64_t limit = yyjson_get_sint(bound);
    struct text name = text_of(keyword);
    bool is_lower = text_starts_with(name, TEXT("min"));
    int64_t measured = 0;
    if (text_ends_with(name, TEXT("Length"))) {
        if (!yyjson_is_str(value)) return;
        measured = (int64_t)yyjson_get_len(value);
    } else if (text_ends_with(name, TEXT("Items"))) {
        if (!yyjson_is_arr(value)) return;
        measured = (int64_t)yyjson_arr_size(value);
    } else {
        if (!yyjson_is_int(value)) return;
        measured = yyjson_get_sint(value);
    }
    if (is_lower ? measured < limit : measured > limit) find(check, place, "it is out of bounds");
}

static bool is_silent(struct text keyword)
{
    static const char *const silent[] = {"description", "examples", "readOnly"};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        if (text_equal(keyword, text_of(silent[i]))) return true;
    }
    return false;
}

typedef void (*keyword_check)(struct check *check, yyjson_val *argument, yyjson_val *value,
                              const char *place);

static void check_additional(struct check *check, yyjson_val *schema, yyjson_val *value,
                             const char *place)
{
    size_t index;
    size_t count;
    yyjson_val *name;
    yyjson_val *member;
    yyjson_obj_foreach(value, index, count, name, member)
    {
        struct text here = below(check, place, name);
        walk(check, schema, member, here.bytes);
    }
}

static void check_keyword(struct check *check, const char *keyword, yyjson_val *argument,
                          yyjson_val *value, const char *place)
{
    static const struct {
        const char *keyword;
        keyword_check run;
    } checks[] = {
        {"type", check_type},
        {"enum", check_enum},
        {"pattern", check_pattern},
        {"format", check_format},
        {"required", check_required},
        {"properties", check_properties},
        {"items", check_items},
        {"$ref", check_reference},
        {"oneOf", check_one_of},
        {"anyOf", check_any_of},
        {"additionalProperties", check_additional},
    };
    struct text name = text_of(keyword);
    if (is_silent(name)) return;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (!text_equal(name, text_of(checks[i].keyword))) continue;
        checks[i].run(check, argument, value, place);
        return;
    }
    if (text_starts_with(name, TEXT("min")) || text_starts_with(name, TEXT("max"))) {
        check_bound(check, keyword, argument, value, place);
    } else {
        find(check, place, "the schema has a keyword that the test does not know");
    }
}

static void walk(struct check *check, yyjson_val *schema, yyjson_val *value, const char *place)
{
    size_t index;
    size_t count;
    yyjson_val *name;
    yyjson_val *argument;
    if (++check->depth > DEPTH_MAXIMUM) {
        find(check, place, "it is nested too deeply");
    } else {
        yyjson_obj_foreach(schema, index, count, name, argument)
        {
            check_keyword(check, yyjson_get_str(name), argument, value, place);
        }
    }
    check->depth--;
}

struct text schema_check(struct arena *arena, yyjson_val *document, yyjson_val *schema,
                         yyjson_val *value)
{
    struct check check = {arena, document, TEXT(""), 0};
    walk(&check, schema, value, "");
    return check.finding;
}

/* ---- finding a reply's schema ---- */

static bool path_fits(struct text pattern, struct text path)
{
    struct text rest;
    path = text_split(path, '?', &rest);
    while (!text_is_empty(pattern) || !text_is_empty(path)) {
        struct text part = text_split(pattern, '/', &pattern);
        struct text segment = text_split(path, '/', &path);
        if (text_starts_with(part, TEXT("{"))) {
            if (text_is_empty(segment)) return false;
        } else if (!text_equal(part, segment)) {
            return false;
        }
    }
    return true;
}

static yyjson_val *find_operation(yyjson_val *document, const char *method, struct text path)
{
    size_t index;
    size_t count;
    yyjson_val *pattern;
    yyjson_val *item;
    yyjson_val *found = NULL;
    yyjson_val *paths = yyjson_obj_get(document, "paths");
    yyjson_obj_foreach(paths, index, count, pattern, item)
    {
        struct text text = {yyjson_get_str(pattern), yyjson_get_len(pattern)};
        yyjson_val *operation = yyjson_obj_get(item, method);
        if (operation == NULL || !path_fits(text, path)) continue;
        bool is_literal = memchr(text.bytes, '{', text.length) == NULL;
        if (found == NULL || is_literal) found = operation;
    }
    return found;
}

yyjson_val *schema_of_reply(yyjson_val *document, const char *method, struct text path, int status,
                            struct text content_type, bool *is_documented)
{
    char code[16];
    char type[128];
    struct text rest;
    yyjson_val *operation = find_operation(document, method, path);
    *is_documented = operation != NULL;
    snprintf(code, sizeof code, "%d", status);
    content_type = text_split(content_type, ';', &rest);
    snprintf(type, sizeof type, "%.*s", TEXT_ARGUMENTS(content_type));
    yyjson_val *responses = yyjson_obj_get(operation, "responses");
    yyjson_val *reply = yyjson_obj_get(responses, code);
    if (reply == NULL) reply = yyjson_ptr_get(document, "/components/responses/Problem");
    yyjson_val *content = yyjson_obj_get(reply, "content");
    return yyjson_obj_get(yyjson_obj_get(content, type), "schema");
}
