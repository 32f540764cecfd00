/* What an environment declares, as lines that a person can read.
 *
 * A line each: variables and constants, then object types with their fields, then functions. A
 * function that a person cannot write ("@in" stands behind `in`) is shown as the operator that is
 * written for it; what has no writing at all is left out.
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

static enum status print_function(const struct cel_declared_function *function, struct buffer *out)
{
    bool is_inner = memchr(function->name.bytes, '@', function->name.length) != NULL;
    if (is_inner && !text_equal(function->name, TEXT("@in"))) return STATUS_OK;
    for (uint32_t i = 0; i < function->function.overload_count; i++) {
        TRY(cel_signature_print(function->name, &function->signatures[i], out));
        TRY(buffer_add(out, TEXT(" -> ")));
        TRY(cel_type_print(function->signatures[i].result, out));
        TRY(buffer_add_byte(out, '\n'));
    }
    return STATUS_OK;
}

enum status cel_environment_print(const struct cel_environment *environment, struct buffer *out)
{
    TRY(print_names(environment, out));
    TRY(print_objects(environment, out));
    for (uint32_t i = 0; i < environment->function_count; i++)
        TRY(print_function(environment->functions[i], out));
    return STATUS_OK;
}
