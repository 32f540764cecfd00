/* Optionals: a value that may be absent, and what is done about it.
 *
 * `or` and `orValue` evaluate their second part only when the first has no value; the planner does
 * that, and these implementations serve where both are values already.
 */
#include "cel/function_work.h"
#include "cel/standard.h"

static struct cel_value of(struct cel_call *call, const struct cel_value *arguments)
{
    return cel_optional_of(call->arena, arguments[0]);
}

static struct cel_value none(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    (void)arguments;
    return cel_optional(NULL);
}

/* Is it what its kind has before anything was put in: 0, '', [], null? */
static bool is_zero(struct cel_value value)
{
    switch (value.kind) {
    case CEL_NULL:
        return true;
    case CEL_BOOL:
    case CEL_INT:
    case CEL_UINT:
    case CEL_DECIMAL:
    case CEL_MONEY:
        return value.integer == 0;
    case CEL_DOUBLE:
        return value.number >= 0 && value.number <= 0;
    case CEL_STRING:
    case CEL_BYTES:
        return value.extra == 0;
    case CEL_LIST:
        return value.list->count == 0;
    case CEL_MAP:
        return value.map->count == 0;
    case CEL_DURATION:
        return value.integer == 0 && value.extra == 0;
    case CEL_OPTIONAL:
        return value.inner == NULL;
    default:
        return false;
    }
}

static struct cel_value of_non_zero(struct cel_call *call, const struct cel_value *arguments)
{
    return is_zero(arguments[0]) ? cel_optional(NULL) : cel_optional_of(call->arena, arguments[0]);
}

static struct cel_value has_value(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_bool(arguments[0].inner != NULL);
}

static struct cel_value value_of(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    if (arguments[0].inner == NULL) return cel_error(CEL_FAULT_NONE_DEREFERENCED, NULL);
    return *arguments[0].inner;
}

struct cel_value cel_optional_or(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return arguments[0].inner != NULL ? arguments[0] : arguments[1];
}

struct cel_value cel_optional_or_value(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return arguments[0].inner != NULL ? *arguments[0].inner : arguments[1];
}

static struct cel_value at(struct cel_call *call, const struct cel_list *list, uint32_t index)
{
    return index < list->count ? cel_optional_of(call->arena, list->items[index])
                               : cel_optional(NULL);
}

static struct cel_value first(struct cel_call *call, const struct cel_value *arguments)
{
    return at(call, arguments[0].list, 0);
}

static struct cel_value last(struct cel_call *call, const struct cel_value *arguments)
{
    const struct cel_list *list = arguments[0].list;
    return at(call, list, list->count == 0 ? 0 : list->count - 1);
}

/* The values of the optionals that have one. */
static struct cel_value unwrap(struct cel_call *call, const struct cel_value *arguments)
{
    const struct cel_list *list = arguments[0].list;
    if (!cel_spend(call, list->count)) return cel_too_many_steps();
    struct cel_list *values = cel_list_new(call->arena, list->count);
    if (values == NULL) return cel_no_memory();
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i].kind != CEL_OPTIONAL) return cel_error(CEL_FAULT_NO_SUCH_OVERLOAD, NULL);
        if (list->items[i].inner == NULL) continue;
        enum status status = cel_list_add(call->arena, values, *list->items[i].inner);
        if (status != STATUS_OK) return cel_failed_with(status);
    }
    return cel_list_value(values);
}

#define ONE CEL_COST_ONE

static const struct cel_overload of_overloads[] = {
    {"optional_of", "(A) -> optional_type(A)", of, ONE},
};
static const struct cel_overload of_non_zero_overloads[] = {
    {"optional_ofNonZeroValue", "(A) -> optional_type(A)", of_non_zero, ONE},
};
static const struct cel_overload none_overloads[] = {
    {"optional_none", "() -> optional_type(A)", none, ONE},
};
static const struct cel_overload value_overloads[] = {
    {"optional_value", "optional_type(A).() -> A", value_of, ONE},
};
static const struct cel_overload has_value_overloads[] = {
    {"optional_hasValue", "optional_type(A).() -> bool", has_value, ONE},
};
static const struct cel_overload or_overloads[] = {
    {"optional_or_optional", "optional_type(A).(optional_type(A)) -> optional_type(A)",
     cel_optional_or, ONE},
};
static const struct cel_overload or_value_overloads[] = {
    {"optional_orValue_value", "optional_type(A).(A) -> A", cel_optional_or_value, ONE},
};
static const struct cel_overload unwrap_overloads[] = {
    {"optional_unwrap", "(list(optional_type(A))) -> list(A)", unwrap, CEL_COST_ELEMENTS},
};
static const struct cel_overload unwrap_opt_overloads[] = {
    {"optional_unwrapOpt", "list(optional_type(A)).() -> list(A)", unwrap, CEL_COST_ELEMENTS},
};
static const struct cel_overload first_overloads[] = {
    {"list_first", "list(A).() -> optional_type(A)", first, ONE},
};
static const struct cel_overload last_overloads[] = {
    {"list_last", "list(A).() -> optional_type(A)", last, ONE},
};

static const struct cel_function functions[] = {
    {"optional.of", CEL_OVERLOADS(of_overloads)},
    {"optional.ofNonZeroValue", CEL_OVERLOADS(of_non_zero_overloads)},
    {"optional.none", CEL_OVERLOADS(none_overloads)},
    {"optional.unwrap", CEL_OVERLOADS(unwrap_overloads)},
    {"unwrapOpt", CEL_OVERLOADS(unwrap_opt_overloads)},
    {"value", CEL_OVERLOADS(value_overloads)},
    {"hasValue", CEL_OVERLOADS(has_value_overloads)},
    {"or", CEL_OVERLOADS(or_overloads)},
    {"orValue", CEL_OVERLOADS(or_value_overloads)},
    {"first", CEL_OVERLOADS(first_overloads)},
    {"last", CEL_OVERLOADS(last_overloads)},
};

const struct cel_library cel_library_optionals = {
    .name = "optionals",
    .functions = functions,
    .function_count = sizeof functions / sizeof functions[0],
};
