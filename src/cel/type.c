/* Types: made, compared, written and read.
 *
 * A type is a small tree, shared wherever it can be. The ones without parameters are the constants
 * of one table here; a list, a map or an optional without parameters is what type(x) answers at run
 * time, when nobody can know what an empty list would have held.
 *
 * Recursion here follows a type's own depth. What a person writes as a type is at most
 * TYPE_DEPTH_MAXIMUM deep; what the checker makes is bounded by check_unify.c.
 *
 * Must never: look anything up by address. Two types are the same when cel_type_equal says so.
 */
#include "cel/inner.h"

#define TYPE_DEPTH_MAXIMUM 16
#define TYPE_PARAMETER_MAXIMUM 8

#define SIMPLE_LIST(X)                                                                             \
    X(DYN, "dyn")                                                                                  \
    X(ERROR, "error")                                                                              \
    X(NULL, "null_type")                                                                           \
    X(BOOL, "bool")                                                                                \
    X(INT, "int")                                                                                  \
    X(UINT, "uint")                                                                                \
    X(DOUBLE, "double")                                                                            \
    X(STRING, "string")                                                                            \
    X(BYTES, "bytes")                                                                              \
    X(TIMESTAMP, "timestamp")                                                                      \
    X(DURATION, "duration")                                                                        \
    X(DECIMAL, "decimal")                                                                          \
    X(MONEY, "money")                                                                              \
    X(LIST, "list")                                                                                \
    X(MAP, "map")                                                                                  \
    X(TYPE, "type")                                                                                \
    X(OPTIONAL, "optional_type")

static const struct cel_type simple_types[] = {
#define X(name_of_kind, words)                                                                     \
    [CEL_TYPE_##name_of_kind] = {.kind = CEL_TYPE_##name_of_kind, .name = TEXT_INITIALISER(words)},
    SIMPLE_LIST(X)
#undef X
};
#define SIMPLE_COUNT (sizeof simple_types / sizeof simple_types[0])

const struct cel_type *cel_type_simple(enum cel_type_kind kind)
{
    ASSERT((size_t)kind < SIMPLE_COUNT);
    return &simple_types[kind];
}

/* Takes the name as it is, and a copy of the parameters; NULL too when a parameter is. */
const struct cel_type *cel_type_with(struct arena *arena, enum cel_type_kind kind, struct text name,
                                     const struct cel_type *const *parameters, uint32_t count)
{
    struct cel_type *type = arena_new(arena, struct cel_type);
    if (type == NULL) return NULL;
    *type = (struct cel_type){.kind = kind, .name = name, .parameter_count = count};
    if (count == 0) return type;
    const struct cel_type **copy = arena_new_array(arena, const struct cel_type *, count);
    if (copy == NULL) return NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (parameters[i] == NULL) return NULL;
        copy[i] = parameters[i];
    }
    type->parameters = copy;
    return type;
}

const struct cel_type *cel_type_list(struct arena *arena, const struct cel_type *element)
{
    return cel_type_with(arena, CEL_TYPE_LIST, simple_types[CEL_TYPE_LIST].name, &element, 1);
}

const struct cel_type *cel_type_map(struct arena *arena, const struct cel_type *key,
                                    const struct cel_type *value)
{
    const struct cel_type *parameters[] = {key, value};
    return cel_type_with(arena, CEL_TYPE_MAP, simple_types[CEL_TYPE_MAP].name, parameters, 2);
}

bool cel_type_equal(const struct cel_type *a, const struct cel_type *b)
{
    if (a == b) return true;
    if (a->kind != b->kind || a->parameter_count != b->parameter_count) return false;
    switch (a->kind) {
    case CEL_TYPE_OBJECT:
    case CEL_TYPE_ABSTRACT:
    case CEL_TYPE_PARAMETER:
        if (!text_equal(a->name, b->name)) return false;
        break;
    case CEL_TYPE_VARIABLE:
        if (a->object != b->object) return false;
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < a->parameter_count; i++)
        if (!cel_type_equal(a->parameters[i], b->parameters[i])) return false;
    return true;
}

enum status cel_type_print(const struct cel_type *type, struct buffer *out)
{
    if (type->kind == CEL_TYPE_VARIABLE) return buffer_add(out, TEXT("dyn"));
    TRY(buffer_add(out, type->name));
    if (type->parameter_count == 0) return STATUS_OK;
    for (uint32_t i = 0; i < type->parameter_count; i++) {
        TRY(buffer_add(out, i == 0 ? TEXT("(") : TEXT(", ")));
        TRY(cel_type_print(type->parameters[i], out));
    }
    return buffer_add_byte(out, ')');
}

const struct cel_type *cel_type_of_value(const struct cel_environment *environment,
                                         struct cel_value value)
{
    static const uint8_t kinds[CEL_KIND_COUNT] = {
        [CEL_ERROR] = CEL_TYPE_ERROR,       [CEL_NULL] = CEL_TYPE_NULL,
        [CEL_BOOL] = CEL_TYPE_BOOL,         [CEL_INT] = CEL_TYPE_INT,
        [CEL_UINT] = CEL_TYPE_UINT,         [CEL_DOUBLE] = CEL_TYPE_DOUBLE,
        [CEL_STRING] = CEL_TYPE_STRING,     [CEL_BYTES] = CEL_TYPE_BYTES,
        [CEL_LIST] = CEL_TYPE_LIST,         [CEL_MAP] = CEL_TYPE_MAP,
        [CEL_TYPE] = CEL_TYPE_TYPE,         [CEL_TIMESTAMP] = CEL_TYPE_TIMESTAMP,
        [CEL_DURATION] = CEL_TYPE_DURATION, [CEL_OPTIONAL] = CEL_TYPE_OPTIONAL,
        [CEL_DECIMAL] = CEL_TYPE_DECIMAL,   [CEL_MONEY] = CEL_TYPE_MONEY,
    };
    ASSERT(value.kind < CEL_KIND_COUNT);
    if (value.kind == CEL_OBJECT) {
        if (environment == NULL || value.tag >= environment->object_count)
            return &simple_types[CEL_TYPE_DYN];
        return environment->objects[value.tag].type;
    }
    return &simple_types[kinds[value.kind]];
}

/* Reading. `rest` is what is left of the text; white space is spaces alone. */
struct type_reader {
    struct arena *arena;
    const struct cel_environment *environment;
    struct text rest;
};

static void skip_spaces(struct type_reader *reader)
{
    while (reader->rest.length > 0 && reader->rest.bytes[0] == ' ') {
        reader->rest.bytes++;
        reader->rest.length--;
    }
}

static bool take(struct type_reader *reader, struct text expected)
{
    skip_spaces(reader);
    if (!text_starts_with(reader->rest, expected)) return false;
    reader->rest.bytes += expected.length;
    reader->rest.length -= expected.length;
    return true;
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

/* A name with dots inside: "google.protobuf.Timestamp". A dot that no letter follows ends it. */
static struct text take_name(struct type_reader *reader)
{
    skip_spaces(reader);
    size_t length = 0;
    while (length < reader->rest.length) {
        char byte = reader->rest.bytes[length];
        bool is_digit = byte >= '0' && byte <= '9';
        bool is_dot = byte == '.' && length > 0 && length + 1 < reader->rest.length &&
                      is_letter(reader->rest.bytes[length + 1]);
        if (!is_letter(byte) && !is_dot && !(is_digit && length > 0)) break;
        length++;
    }
    struct text name = {reader->rest.bytes, length};
    reader->rest.bytes += length;
    reader->rest.length -= length;
    return name;
}

static const struct cel_type *simple_by_name(struct text name)
{
    for (size_t i = 0; i < SIMPLE_COUNT; i++)
        if (i != CEL_TYPE_ERROR && text_equal(simple_types[i].name, name)) return &simple_types[i];
    if (text_equal(name, TEXT("google.protobuf.Timestamp")))
        return &simple_types[CEL_TYPE_TIMESTAMP];
    if (text_equal(name, TEXT("google.protobuf.Duration"))) return &simple_types[CEL_TYPE_DURATION];
    return NULL;
}

static enum status made(const struct cel_type *found, const struct cel_type **type)
{
    if (found == NULL) return STATUS_NO_MEMORY;
    *type = found;
    return STATUS_OK;
}

static enum status name_alone(const struct type_reader *reader, struct text name,
                              const struct cel_type **type)
{
    if (name.length == 1 && name.bytes[0] >= 'A' && name.bytes[0] <= 'Z') {
        struct text copy = arena_copy(reader->arena, name);
        if (copy.bytes == NULL) return STATUS_NO_MEMORY;
        return made(cel_type_with(reader->arena, CEL_TYPE_PARAMETER, copy, NULL, 0), type);
    }
    const struct cel_type *simple = simple_by_name(name);
    if (simple != NULL) {
        *type = simple;
        return STATUS_OK;
    }
    const struct cel_declared_object *object =
        reader->environment == NULL ? NULL : cel_find_object(reader->environment, name);
    if (object == NULL) return STATUS_NOT_FOUND;
    *type = object->type;
    return STATUS_OK;
}

static enum status name_with(const struct type_reader *reader, struct text name,
                             const struct cel_type *const *parameters, uint32_t count,
                             const struct cel_type **type)
{
    static const struct {
        struct text name;
        enum cel_type_kind kind;
        uint32_t count;
    } known[] = {
        {TEXT_INITIALISER("list"), CEL_TYPE_LIST, 1},
        {TEXT_INITIALISER("map"), CEL_TYPE_MAP, 2},
        {TEXT_INITIALISER("type"), CEL_TYPE_TYPE, 1},
        {TEXT_INITIALISER("optional_type"), CEL_TYPE_OPTIONAL, 1},
        {TEXT_INITIALISER("wrapper"), CEL_TYPE_WRAPPER, 1},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!text_equal(name, known[i].name)) continue;
        if (count != known[i].count) return STATUS_SYNTAX;
        return made(cel_type_with(reader->arena, known[i].kind, known[i].name, parameters, count),
                    type);
    }
    if (simple_by_name(name) != NULL) return STATUS_SYNTAX;
    struct text copy = arena_copy(reader->arena, name);
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    return made(cel_type_with(reader->arena, CEL_TYPE_ABSTRACT, copy, parameters, count), type);
}

static enum status read_type(struct type_reader *reader, uint32_t depth,
                             const struct cel_type **type)
{
    if (depth > TYPE_DEPTH_MAXIMUM) return STATUS_SYNTAX;
    struct text name = take_name(reader);
    if (text_is_empty(name)) return STATUS_SYNTAX;
    if (!take(reader, TEXT("("))) return name_alone(reader, name, type);
    const struct cel_type *parameters[TYPE_PARAMETER_MAXIMUM];
    uint32_t count = 0;
    do {
        if (count == TYPE_PARAMETER_MAXIMUM) return STATUS_SYNTAX;
        TRY(read_type(reader, depth + 1, &parameters[count]));
        count++;
    } while (take(reader, TEXT(",")));
    if (!take(reader, TEXT(")"))) return STATUS_SYNTAX;
    return name_with(reader, name, parameters, count, type);
}

enum status cel_type_parse(struct arena *arena, const struct cel_environment *environment,
                           struct text text, const struct cel_type **type)
{
    struct type_reader reader = {arena, environment, text};
    const struct cel_type *read = NULL;
    TRY(read_type(&reader, 0, &read));
    skip_spaces(&reader);
    if (reader.rest.length > 0) return STATUS_SYNTAX;
    *type = read;
    return STATUS_OK;
}

static bool has_parameter(const struct cel_type *type)
{
    if (type->kind == CEL_TYPE_PARAMETER) return true;
    for (uint32_t i = 0; i < type->parameter_count; i++)
        if (has_parameter(type->parameters[i])) return true;
    return false;
}

/* "string.(int) -> string" or "(A, A) -> bool". */
enum status cel_signature_parse(struct arena *arena, const struct cel_environment *environment,
                                struct text text, struct cel_signature *signature)
{
    struct type_reader reader = {arena, environment, text};
    const struct cel_type *parameters[CEL_ARGUMENT_MAXIMUM] = {NULL};
    struct cel_signature read = {0};
    if (!take(&reader, TEXT("("))) {
        TRY(read_type(&reader, 0, &parameters[read.count]));
        read.count++;
        read.is_member = true;
        if (!take(&reader, TEXT(".("))) return STATUS_SYNTAX;
    }
    if (!take(&reader, TEXT(")"))) {
        do {
            if (read.count == CEL_ARGUMENT_MAXIMUM) return STATUS_LIMIT;
            TRY(read_type(&reader, 0, &parameters[read.count]));
            read.count++;
        } while (take(&reader, TEXT(",")));
        if (!take(&reader, TEXT(")"))) return STATUS_SYNTAX;
    }
    if (!take(&reader, TEXT("->"))) return STATUS_SYNTAX;
    TRY(read_type(&reader, 0, &read.result));
    skip_spaces(&reader);
    if (reader.rest.length > 0) return STATUS_SYNTAX;
    const struct cel_type **copy = arena_new_array(arena, const struct cel_type *, read.count);
    if (copy == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < read.count; i++) {
        copy[i] = parameters[i];
        read.is_generic = read.is_generic || has_parameter(parameters[i]);
    }
    read.is_generic = read.is_generic || has_parameter(read.result);
    read.parameters = copy;
    *signature = read;
    return STATUS_OK;
}
