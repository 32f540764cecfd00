/* What an environment declares, as lines that a person can read.
 *
 * A line each: variables and constants, then object types with their fields, then functions library
 * by library, in the order in which the libraries came. A function that a person cannot write
 * ("@in" stands behind `in`) is shown as the operator that is written for it; what has no writing
 * at all is left out.
 */
#include "cel/inner.h"

static enum status print_names(const struct cel_environment *environment, struct buffer *out)
{
    for (uint32_t i = 0; i < environment->name_count; i++) {
        const struct cel_declared_name *name = &environment->names[i];
        TRY(buffer_add(out, name->name));
        TRY(buffer_add(out, TEXT(": ")));
        TRY(cel_type_print(name->type, out));
        TRY(buffer_add_byte(out, '\n'));
    }
    return STATUS_OK;
}

static enum status print_objects(const struct cel_environment *environment, struct buffer *out)
{
    for (uint32_t i = 0; i < environment->object_count; i++) {
        const struct cel_declared_object *object = &environment->objects[i];
        for (uint32_t k = 0; k < object->field_count; k++) {
            TRY(buffer_add(out, object->name));
            TRY(buffer_add_byte(out, '.'));
            TRY(buffer_add(out, object->fields[k].name));
            TRY(buffer_add(out, TEXT(": ")));
            TRY(cel_type_print(object->fields[k].type, out));
            TRY(buffer_add_byte(out, '\n'));
        }
    }
    return STATUS_OK;
}

static enum status print_parameters(const struct cel_signature *signature, uint32_t first,
                                    struct buffer *out)
{
    TRY(buffer_add_byte(out, '('));
    for (uint32_t i = first; i < signature->count; i++) {
        if (i > first) TRY(buffer_add(out, TEXT(", ")));
        TRY(cel_type_print(signature->parameters[i], out));
    }
    return buffer_add_byte(out, ')');
}

/* An operator's signs stand where its name has none of the underscores that stand for operands:
 * "_+_" is A + B, "_[_]" is A[B], "_?_:_" is A ? B : C. */
static enum status print_operator(struct text name, const struct cel_signature *signature,
                                  struct buffer *out)
{
    uint32_t next = 0;
    for (size_t i = 0; i < name.length; i++) {
        char sign = name.bytes[i];
        bool has_operand_before = i > 0 && name.bytes[i - 1] == '_';
        bool is_spaced = name.bytes[1] != '[' && name.length > 2;
        if (sign == '_' && next < signature->count) {
            if (i > 0 && is_spaced) TRY(buffer_add_byte(out, ' '));
            TRY(cel_type_print(signature->parameters[next++], out));
        } else {
            if (has_operand_before && is_spaced) TRY(buffer_add_byte(out, ' '));
            TRY(buffer_add_byte(out, sign));
        }
    }
    return STATUS_OK;
}

/* "_+_", "!_"; but "_private" is a name. */
static bool is_operator(struct text name)
{
    if (name.length < 2) return false;
    char second = name.bytes[1];
    bool is_letter = (second >= 'a' && second <= 'z') || (second >= 'A' && second <= 'Z');
    bool is_unary = text_equal(name, TEXT("-_")) || text_equal(name, TEXT("!_"));
    return is_unary || (name.bytes[0] == '_' && !is_letter && second != '_');
}

enum status cel_signature_print(struct text name, const struct cel_signature *signature,
                                struct buffer *out)
{
    if (text_equal(name, TEXT("@in"))) return print_operator(TEXT("_in_"), signature, out);
    if (is_operator(name)) return print_operator(name, signature, out);
    if (signature->is_member) {
        TRY(cel_type_print(signature->parameters[0], out));
        TRY(buffer_add_byte(out, '.'));
    }
    TRY(buffer_add(out, name));
    return print_parameters(signature, signature->is_member ? 1 : 0, out);
}

/* ---- groups ---- */

/* What a group of functions has in common. */
struct group {
    bool of_operators;
    const char *library; /* of functions */
};

static bool is_shown_as_operator(const struct cel_declared_function *function)
{
    return text_equal(function->name, TEXT("@in")) || is_operator(function->name);
}

/* `more` may be NULL. */
static enum status print_heading(struct buffer *out, const char *heading, const char *more)
{
    if (out->length > 0) TRY(buffer_add_byte(out, '\n'));
    return buffer_add_format(out, "# %s%s%s\n", heading, more == NULL ? "" : ": ",
                             more == NULL ? "" : more);
}

static enum status print_function(const struct cel_declared_function *function,
                                  const struct group *group, struct buffer *out)
{
    bool is_inner = memchr(function->name.bytes, '@', function->name.length) != NULL;
    bool is_sign = is_shown_as_operator(function);
    if (is_sign != group->of_operators || (is_inner && !is_sign)) return STATUS_OK;
    for (uint32_t i = 0; i < function->function.overload_count; i++) {
        const struct cel_signature *signature = &function->signatures[i];
        if (!is_sign && signature->library != group->library) continue;
        TRY(cel_signature_print(function->name, signature, out));
        TRY(buffer_add(out, TEXT(" -> ")));
        TRY(cel_type_print(signature->result, out));
        TRY(buffer_add_byte(out, '\n'));
    }
    return STATUS_OK;
}

/* A group that nothing is in has no heading. */
static enum status print_group(const struct cel_environment *environment, const struct group *group,
                               const char *heading, struct buffer *out)
{
    size_t before = out->length;
    TRY(print_heading(out, heading, group->library));
    size_t begin = out->length;
    for (uint32_t i = 0; i < environment->function_count; i++)
        TRY(print_function(environment->functions[i], group, out));
    if (out->length == begin) out->length = before;
    return STATUS_OK;
}

#define LIBRARY_MAXIMUM 32

/* The libraries that brought functions, in the order in which they came. */
static uint32_t find_libraries(const struct cel_environment *environment,
                               const char *libraries[LIBRARY_MAXIMUM])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < environment->function_count; i++) {
        const struct cel_declared_function *function = environment->functions[i];
        for (uint32_t k = 0; k < function->function.overload_count; k++) {
            const char *library = function->signatures[k].library;
            uint32_t known = 0;
            while (known < count && libraries[known] != library)
                known++;
            if (library != NULL && known == count && count < LIBRARY_MAXIMUM)
                libraries[count++] = library;
        }
    }
    return count;
}

static enum status print_functions(const struct cel_environment *environment, struct buffer *out)
{
    const char *libraries[LIBRARY_MAXIMUM];
    uint32_t count = find_libraries(environment, libraries);
    struct group group = {.library = NULL};
    TRY(print_group(environment, &group, "functions", out));
    for (uint32_t i = 0; i < count; i++) {
        group.library = libraries[i];
        TRY(print_group(environment, &group, "functions", out));
    }
    group = (struct group){.of_operators = true};
    return print_group(environment, &group, "operators", out);
}

static enum status print_macros(struct buffer *out)
{
    TRY(print_heading(out, "macros", NULL));
    for (uint32_t i = 0; cel_macro_usage_at(i).length > 0; i++)
        TRY(buffer_add_format(out, "%.*s\n", TEXT_ARGUMENTS(cel_macro_usage_at(i))));
    return STATUS_OK;
}

enum status cel_environment_print(const struct cel_environment *environment, struct buffer *out)
{
    TRY(print_heading(out, "variables", NULL));
    TRY(print_names(environment, out));
    if (environment->object_count > 0) {
        TRY(print_heading(out, "types", NULL));
        TRY(print_objects(environment, out));
    }
    TRY(print_functions(environment, out));
    return print_macros(out);
}
