/* The sets library: lists taken as sets, whatever the order and however often an element is there.
 *
 * Elements are compared with the language's ==, each of one list with those of the other until an
 * equal one is found.
 */
#include "cel/compare.h"
#include "cel/function_work.h"

/* Is the value among the elements? CEL_BOOL, or an error. */
static struct cel_value is_among(struct cel_call *call, struct cel_value value,
                                 const struct cel_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        enum cel_fault fault = CEL_FAULT_NONE;
        bool is_equal = cel_equal_in_call(call, list->items[i], value, &fault);
        if (fault != CEL_FAULT_NONE) return cel_error(fault, NULL);
        if (is_equal) return cel_bool(true);
    }
    return cel_bool(false);
}

/* Are some, or all, of the elements among those of `list`? CEL_BOOL, or an error. */
static struct cel_value compare(struct cel_call *call, const struct cel_list *elements,
                                const struct cel_list *list, bool wants_all)
{
    for (uint32_t i = 0; i < elements->count; i++) {
        struct cel_value found = is_among(call, elements->items[i], list);
        if (cel_is_error(found) || (found.boolean != 0) != wants_all) return found;
    }
    return cel_bool(wants_all);
}

static struct cel_value contains(struct cel_call *call, const struct cel_value *arguments)
{
    return compare(call, arguments[1].list, arguments[0].list, true);
}

static struct cel_value intersects(struct cel_call *call, const struct cel_value *arguments)
{
    return compare(call, arguments[0].list, arguments[1].list, false);
}

static struct cel_value equivalent(struct cel_call *call, const struct cel_value *arguments)
{
    struct cel_value forth = compare(call, arguments[0].list, arguments[1].list, true);
    if (cel_is_error(forth) || forth.boolean == 0) return forth;
    return compare(call, arguments[1].list, arguments[0].list, true);
}

static const struct cel_overload contains_overloads[] = {
    {"list_sets_contains_list", "(list(T), list(T)) -> bool", contains, CEL_COST_PRODUCT, NULL, 0,
     0},
};
static const struct cel_overload equivalent_overloads[] = {
    {"list_sets_equivalent_list", "(list(T), list(T)) -> bool", equivalent, CEL_COST_PRODUCT, NULL,
     0, 0},
};
static const struct cel_overload intersects_overloads[] = {
    {"list_sets_intersects_list", "(list(T), list(T)) -> bool", intersects, CEL_COST_PRODUCT, NULL,
     0, 0},
};

static const struct cel_function functions[] = {
    {"sets.contains", CEL_OVERLOADS(contains_overloads)},
    {"sets.equivalent", CEL_OVERLOADS(equivalent_overloads)},
    {"sets.intersects", CEL_OVERLOADS(intersects_overloads)},
};

const struct cel_library cel_library_sets = {.name = "sets",
                                             .functions = functions,
                                             .function_count =
                                                 sizeof functions / sizeof functions[0]};
