/* Dispatch: which overload takes arguments of these kinds.
 *
 * Types have no parameters at run time, but for the elements of a list or map, which are looked at
 * where a signature says what they are: math.greatest of a list of ints is another overload than
 * that of a list of doubles. An overload whose parameters all say what they take comes before one
 * that takes anything, so that a host's `tier == string` comes before the equality of all things.
 */
#include "cel/plan.h"

enum cel_kind cel_kind_of_type(const struct cel_type *type)
{
    static const uint8_t kinds[] = {
        [CEL_TYPE_NULL] = CEL_NULL,         [CEL_TYPE_BOOL] = CEL_BOOL,
        [CEL_TYPE_INT] = CEL_INT,           [CEL_TYPE_UINT] = CEL_UINT,
        [CEL_TYPE_DOUBLE] = CEL_DOUBLE,     [CEL_TYPE_STRING] = CEL_STRING,
        [CEL_TYPE_BYTES] = CEL_BYTES,       [CEL_TYPE_TIMESTAMP] = CEL_TIMESTAMP,
        [CEL_TYPE_DURATION] = CEL_DURATION, [CEL_TYPE_DECIMAL] = CEL_DECIMAL,
        [CEL_TYPE_MONEY] = CEL_MONEY,       [CEL_TYPE_LIST] = CEL_LIST,
        [CEL_TYPE_MAP] = CEL_MAP,           [CEL_TYPE_TYPE] = CEL_TYPE,
        [CEL_TYPE_OPTIONAL] = CEL_OPTIONAL, [CEL_TYPE_OBJECT] = CEL_OBJECT,
    };
    size_t kind = (size_t)type->kind;
    return kind < sizeof kinds ? (enum cel_kind)kinds[kind] : CEL_ERROR;
}

static bool all_fit(const struct cel_type *type, const struct cel_value *items, uint32_t count,
                    uint32_t stride)
{
    if (cel_kind_of_type(type) == CEL_ERROR && type->kind != CEL_TYPE_WRAPPER) return true;
    for (uint32_t i = 0; i < count; i++)
        if (!cel_fits(type, items[(size_t)i * stride])) return false;
    return true;
}

bool cel_fits(const struct cel_type *type, struct cel_value value)
{
    if (type->kind == CEL_TYPE_WRAPPER)
        return value.kind == CEL_NULL || cel_fits(type->parameters[0], value);
    enum cel_kind kind = cel_kind_of_type(type);
    if (kind == CEL_ERROR) return true;
    if (value.kind != kind) return false;
    if (type->kind == CEL_TYPE_OBJECT) return value.tag == type->object;
    if (type->kind == CEL_TYPE_LIST && type->parameter_count == 1)
        return all_fit(type->parameters[0], value.list->items, value.list->count, 1);
    if (type->kind == CEL_TYPE_MAP && type->parameter_count == 2)
        return all_fit(type->parameters[0], value.map->entries, value.map->count, 2) &&
               (value.map->count == 0 ||
                all_fit(type->parameters[1], value.map->entries + 1, value.map->count, 2));
    if (type->kind == CEL_TYPE_OPTIONAL && type->parameter_count == 1)
        return value.inner == NULL || cel_fits(type->parameters[0], *value.inner);
    return true;
}

bool cel_signature_fits(const struct cel_signature *signature, bool is_member,
                        const struct cel_value *arguments, uint32_t count)
{
    if (signature->is_member != is_member || signature->count != count) return false;
    for (uint32_t i = 0; i < count; i++)
        if (!cel_fits(signature->parameters[i], arguments[i])) return false;
    return true;
}

static bool takes_anything(const struct cel_signature *signature)
{
    for (uint32_t i = 0; i < signature->count; i++)
        if (cel_kind_of_type(signature->parameters[i]) == CEL_ERROR) return true;
    return false;
}

const struct cel_overload *cel_dispatch(const struct cel_declared_function *function,
                                        bool is_member, const struct cel_value *arguments,
                                        uint32_t count)
{
    const struct cel_overload *general = NULL;
    for (uint32_t i = 0; i < function->function.overload_count; i++) {
        const struct cel_signature *signature = &function->signatures[i];
        if (!cel_signature_fits(signature, is_member, arguments, count)) continue;
        if (!takes_anything(signature)) return signature->overload;
        if (general == NULL) general = signature->overload;
    }
    return general;
}
