/* Environment: the tables of what may be named, and how they are looked up.
 *
 * Tables grow by doubling within the environment's arena, and what they outgrew stays there
 * until the arena goes: an environment is made once. The maps alone take memory of their own,
 * which the arena gives back when it goes (arena_defer).
 *
 * Invariants
 *   1. Every overload of a function stands in its `function.overloads` and, at the same index, with
 *      its signature read in `signatures`.
 *   2. A name is a variable or a constant, once. The names of types stand apart, so that a variable
 *      "order" may be of the object type "order": the variable is then what the name means.
 *   3. What was added is never changed; pointers to functions stay good, and what is found of the
 *      other tables is good until something is added.
 */
#include "cel/inner.h"

#define FUNCTION_MAXIMUM 2000
#define OVERLOAD_MAXIMUM 1000 /* of one function */
#define NAME_MAXIMUM 5000     /* variables and constants */
#define FIRST_CAPACITY 16

/* Room for one more element of `size` bytes: *elements may move. */
static enum status grow(struct arena *arena, void **elements, uint32_t count, uint32_t *capacity,
                        size_t size)
{
    if (count < *capacity) return STATUS_OK;
    uint32_t larger = *capacity == 0 ? FIRST_CAPACITY : *capacity * 2;
    void *moved = arena_allocate_zeroed(arena, larger, size);
    if (moved == NULL) return STATUS_NO_MEMORY;
    if (count > 0) memcpy(moved, *elements, count * size);
    *elements = moved;
    *capacity = larger;
    return STATUS_OK;
}

/* A name is kept by its own copy; STATUS_INVALID when it is taken already. */
static enum status claim(struct arena *arena, struct map *map, struct text *name, uint32_t index)
{
    struct text copy = arena_copy(arena, *name);
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    uint32_t found = 0;
    bool is_new = false;
    TRY(map_add(map, copy, index, &found, &is_new));
    if (!is_new) return STATUS_INVALID;
    *name = copy;
    return STATUS_OK;
}

/* Functions. */

static enum status function_named(struct cel_environment *environment, struct text name,
                                  struct cel_declared_function **function)
{
    uint32_t index = map_get(&environment->function_map, name);
    if (index != MAP_NONE) {
        *function = environment->functions[index];
        return STATUS_OK;
    }
    struct cel_declared_function *made =
        arena_new(environment->arena, struct cel_declared_function);
    if (made == NULL) return STATUS_NO_MEMORY;
    void *functions = environment->functions;
    TRY(grow(environment->arena, &functions, environment->function_count,
             &environment->function_capacity, sizeof(struct cel_declared_function *)));
    environment->functions = functions;
    TRY(claim(environment->arena, &environment->function_map, &name, environment->function_count));
    made->name = name;
    made->function.name = name.bytes;
    environment->functions[environment->function_count++] = made;
    *function = made;
    return STATUS_OK;
}

static bool has_overload(const struct cel_declared_function *function, const char *id)
{
    for (uint32_t i = 0; i < function->function.overload_count; i++)
        if (text_equal(text_of(function->function.overloads[i].id), text_of(id))) return true;
    return false;
}

static enum status add_function(struct cel_environment *environment,
                                const struct cel_function *function, const char *library)
{
    struct cel_declared_function *declared = NULL;
    TRY(function_named(environment, text_of(function->name), &declared));
    uint32_t before = declared->function.overload_count;
    if (function->overload_count > OVERLOAD_MAXIMUM - before) return STATUS_LIMIT;
    uint32_t count = before + function->overload_count;
    struct arena *arena = environment->arena;
    struct cel_overload *overloads = arena_new_array(arena, struct cel_overload, count);
    struct cel_signature *signatures = arena_new_array(arena, struct cel_signature, count);
    if (overloads == NULL || signatures == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < before; i++) {
        overloads[i] = declared->function.overloads[i];
        signatures[i] = declared->signatures[i];
        signatures[i].overload = &overloads[i];
    }
    for (uint32_t i = before; i < count; i++) {
        overloads[i] = function->overloads[i - before];
        if (has_overload(declared, overloads[i].id)) return STATUS_INVALID;
        TRY(cel_signature_parse(arena, environment, text_of(overloads[i].signature),
                                &signatures[i]));
        signatures[i].overload = &overloads[i];
        signatures[i].library = library;
    }
    declared->function.overloads = overloads;
    declared->function.overload_count = count;
    declared->signatures = signatures;
    return STATUS_OK;
}

enum status cel_environment_add_function(struct cel_environment *environment,
                                         const struct cel_function *function)
{
    return add_function(environment, function, NULL);
}

/* A part's functions are of the library that it is a part of. */
static enum status add_functions(struct cel_environment *environment,
                                 const struct cel_library *part, const char *library)
{
    for (uint32_t i = 0; i < part->function_count; i++)
        TRY(add_function(environment, &part->functions[i], library));
    for (uint32_t i = 0; i < part->part_count; i++)
        TRY(add_functions(environment, part->parts[i], library));
    return STATUS_OK;
}

enum status cel_environment_add_library(struct cel_environment *environment,
                                        const struct cel_library *library)
{
    return add_functions(environment, library, library->name);
}

enum status cel_environment_add_extensions(struct cel_environment *environment)
{
    const struct cel_library *extensions[] = {
        &cel_library_strings,  &cel_library_math,      &cel_library_lists,   &cel_library_sets,
        &cel_library_encoders, &cel_library_optionals, &cel_library_amounts,
    };
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++)
        TRY(cel_environment_add_library(environment, extensions[i]));
    return STATUS_OK;
}

const struct cel_declared_function *cel_find_function(const struct cel_environment *environment,
                                                      struct text name)
{
    uint32_t index = map_get(&environment->function_map, name);
    return index == MAP_NONE ? NULL : environment->functions[index];
}

/* Objects and their fields. */

enum status cel_environment_add_object(struct cel_environment *environment, struct text name,
                                       uint16_t *object)
{
    uint32_t index = environment->object_count;
    if (index == CEL_OBJECT_TYPE_MAXIMUM) return STATUS_LIMIT;
    struct arena *arena = environment->arena;
    void *objects = environment->objects;
    TRY(grow(arena, &objects, index, &environment->object_capacity,
             sizeof(struct cel_declared_object)));
    environment->objects = objects;
    struct cel_type *type = arena_new(arena, struct cel_type);
    if (type == NULL) return STATUS_NO_MEMORY;
    TRY(claim(arena, &environment->object_map, &name, index));
    *type = (struct cel_type){.kind = CEL_TYPE_OBJECT, .object = index, .name = name};
    struct cel_declared_object *declared = &environment->objects[environment->object_count++];
    *declared = (struct cel_declared_object){.name = name, .type = type};
    map_init(&declared->field_map, CEL_FIELD_MAXIMUM);
    const struct cel_type *type_of_type =
        cel_type_with(arena, CEL_TYPE_TYPE, TEXT("type"), &declared->type, 1);
    if (type_of_type == NULL) return STATUS_NO_MEMORY;
    declared->as_name = (struct cel_declared_name){
        .name = name, .type = type_of_type, .is_constant = true, .constant = cel_type_value(type)};
    *object = (uint16_t)index;
    return STATUS_OK;
}

const struct cel_declared_object *cel_find_object(const struct cel_environment *environment,
                                                  struct text name)
{
    uint32_t index = map_get(&environment->object_map, name);
    return index == MAP_NONE ? NULL : &environment->objects[index];
}

struct text cel_environment_object_name(const struct cel_environment *environment, uint16_t object)
{
    return object < environment->object_count ? environment->objects[object].name : TEXT("object");
}

enum status cel_environment_add_field(struct cel_environment *environment, uint16_t object,
                                      struct text name, struct text type, uint32_t field_id,
                                      uint32_t bound)
{
    ASSERT(object < environment->object_count);
    struct cel_declared_object *declared = &environment->objects[object];
    if (declared->field_count == CEL_FIELD_MAXIMUM) return STATUS_LIMIT;
    const struct cel_type *read = NULL;
    TRY(cel_type_parse(environment->arena, environment, type, &read));
    void *fields = declared->fields;
    TRY(grow(environment->arena, &fields, declared->field_count, &declared->field_capacity,
             sizeof(struct cel_declared_field)));
    declared->fields = fields;
    TRY(claim(environment->arena, &declared->field_map, &name, declared->field_count));
    declared->fields[declared->field_count++] = (struct cel_declared_field){
        .name = name, .type = read, .field_id = field_id, .bound = bound};
    return STATUS_OK;
}

const struct cel_declared_field *cel_find_field(const struct cel_environment *environment,
                                                uint32_t object, struct text name)
{
    if (object >= environment->object_count) return NULL;
    const struct cel_declared_object *declared = &environment->objects[object];
    uint32_t index = map_get(&declared->field_map, name);
    return index == MAP_NONE ? NULL : &declared->fields[index];
}

/* Variables, constants and the names of types. */

static enum status add_name(struct cel_environment *environment, struct cel_declared_name name)
{
    void *names = environment->names;
    TRY(grow(environment->arena, &names, environment->name_count, &environment->name_capacity,
             sizeof(struct cel_declared_name)));
    environment->names = names;
    TRY(claim(environment->arena, &environment->name_map, &name.name, environment->name_count));
    environment->names[environment->name_count++] = name;
    return STATUS_OK;
}

enum status cel_environment_add_variable(struct cel_environment *environment, struct text name,
                                         struct text type, uint32_t bound, uint32_t *slot)
{
    if (environment->variable_count == CEL_VARIABLE_MAXIMUM) return STATUS_LIMIT;
    struct cel_declared_name declared = {
        .name = name, .bound = bound, .slot = environment->variable_count};
    TRY(cel_type_parse(environment->arena, environment, type, &declared.type));
    TRY(add_name(environment, declared));
    *slot = environment->variable_count++;
    return STATUS_OK;
}

enum status cel_environment_add_constant(struct cel_environment *environment, struct text name,
                                         struct cel_value value)
{
    if (value.kind == CEL_STRING || value.kind == CEL_BYTES) {
        struct text copy = arena_copy(environment->arena, cel_text(value));
        if (copy.bytes == NULL) return STATUS_NO_MEMORY;
        value.bytes = copy.bytes;
    }
    return add_name(environment,
                    (struct cel_declared_name){.name = name,
                                               .type = cel_type_of_value(environment, value),
                                               .bound = CEL_NO_BOUND,
                                               .is_constant = true,
                                               .constant = value});
}

/* What a standard type's name stands for: the type, whose own type is type(int), type(list(dyn)).
 */
static enum status add_type_names(struct cel_environment *environment)
{
    static const struct {
        struct text name;
        enum cel_type_kind kind;
        uint32_t parameter_count;
    } named[] = {
        {TEXT_INITIALISER("int"), CEL_TYPE_INT, 0},
        {TEXT_INITIALISER("uint"), CEL_TYPE_UINT, 0},
        {TEXT_INITIALISER("double"), CEL_TYPE_DOUBLE, 0},
        {TEXT_INITIALISER("string"), CEL_TYPE_STRING, 0},
        {TEXT_INITIALISER("bool"), CEL_TYPE_BOOL, 0},
        {TEXT_INITIALISER("bytes"), CEL_TYPE_BYTES, 0},
        {TEXT_INITIALISER("list"), CEL_TYPE_LIST, 1},
        {TEXT_INITIALISER("map"), CEL_TYPE_MAP, 2},
        {TEXT_INITIALISER("type"), CEL_TYPE_TYPE, 0},
        {TEXT_INITIALISER("null_type"), CEL_TYPE_NULL, 0},
        {TEXT_INITIALISER("google.protobuf.Timestamp"), CEL_TYPE_TIMESTAMP, 0},
        {TEXT_INITIALISER("google.protobuf.Duration"), CEL_TYPE_DURATION, 0},
        {TEXT_INITIALISER("optional_type"), CEL_TYPE_OPTIONAL, 1},
        {TEXT_INITIALISER("decimal"), CEL_TYPE_DECIMAL, 0},
        {TEXT_INITIALISER("money"), CEL_TYPE_MONEY, 0},
    };
    const uint32_t count = sizeof named / sizeof named[0];
    struct arena *arena = environment->arena;
    struct cel_declared_name *names = arena_new_array(arena, struct cel_declared_name, count);
    if (names == NULL) return STATUS_NO_MEMORY;
    const struct cel_type *dyn = cel_type_simple(CEL_TYPE_DYN);
    const struct cel_type *anything[] = {dyn, dyn};
    for (uint32_t i = 0; i < count; i++) {
        const struct cel_type *plain = cel_type_simple(named[i].kind);
        const struct cel_type *described = named[i].parameter_count == 0
                                               ? plain
                                               : cel_type_with(arena, named[i].kind, plain->name,
                                                               anything, named[i].parameter_count);
        const struct cel_type *of_type =
            cel_type_with(arena, CEL_TYPE_TYPE, TEXT("type"), &described, 1);
        if (of_type == NULL) return STATUS_NO_MEMORY;
        names[i] = (struct cel_declared_name){.name = named[i].name,
                                              .type = of_type,
                                              .is_constant = true,
                                              .constant = cel_type_value(plain)};
    }
    environment->type_names = names;
    environment->type_name_count = count;
    return STATUS_OK;
}

const struct cel_declared_name *cel_find_name(const struct cel_environment *environment,
                                              struct text name)
{
    uint32_t index = map_get(&environment->name_map, name);
    if (index != MAP_NONE) return &environment->names[index];
    for (uint32_t i = 0; i < environment->type_name_count; i++)
        if (text_equal(environment->type_names[i].name, name)) return &environment->type_names[i];
    const struct cel_declared_object *object = cel_find_object(environment, name);
    return object == NULL ? NULL : &object->as_name;
}

static enum status fill(struct cel_environment *environment)
{
    TRY(add_type_names(environment));
    return cel_environment_add_library(environment, &cel_library_standard);
}

static void release_maps(void *thing)
{
    struct cel_environment *environment = thing;
    for (uint32_t i = 0; i < environment->object_count; i++)
        map_release(&environment->objects[i].field_map);
    map_release(&environment->function_map);
    map_release(&environment->object_map);
    map_release(&environment->name_map);
}

enum status cel_environment_new(struct arena *arena, const struct cel_rules *rules,
                                struct cel_environment **environment)
{
    struct cel_environment *made = arena_new(arena, struct cel_environment);
    if (made == NULL) return STATUS_NO_MEMORY;
    made->arena = arena;
    if (rules != NULL) made->rules = *rules;
    map_init(&made->function_map, FUNCTION_MAXIMUM);
    map_init(&made->object_map, CEL_OBJECT_TYPE_MAXIMUM);
    map_init(&made->name_map, NAME_MAXIMUM);
    TRY(arena_defer(arena, release_maps, made));
    TRY(fill(made));
    *environment = made;
    return STATUS_OK;
}
