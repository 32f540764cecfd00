/* Comparing and logic: == != < <= > >= and ! && || ?:.
 *
 * The evaluator plans && || ?: as jumps and does the common comparisons itself; what stands here is
 * what the checker reads, and what is called for everything else.
 */
#include "cel/compare.h"
#include "cel/standard.h"

struct cel_value cel_equals(struct cel_call *call, const struct cel_value *arguments)
{
    enum cel_fault fault = CEL_FAULT_NONE;
    bool is_equal = cel_equal_in_call(call, arguments[0], arguments[1], &fault);
    return fault == CEL_FAULT_NONE ? cel_bool(is_equal) : cel_error(fault, NULL);
}

struct cel_value cel_differs(struct cel_call *call, const struct cel_value *arguments)
{
    struct cel_value is_equal = cel_equals(call, arguments);
    return cel_is_error(is_equal) ? is_equal : cel_bool(!is_equal.boolean);
}

/* What has no order although its kinds have one is NaN: every comparison with it is false. */
static bool order_of(struct cel_call *call, const struct cel_value *arguments, int *order,
                     struct cel_value *otherwise)
{
    enum cel_fault fault = CEL_FAULT_NONE;
    uint64_t steps = arguments[0].kind == CEL_STRING || arguments[0].kind == CEL_BYTES
                         ? arguments[0].extra / 64
                         : 0;
    if (!cel_spend(call, steps)) {
        *otherwise = cel_error(CEL_FAULT_STEPS, NULL);
        return false;
    }
    if (cel_compare(arguments[0], arguments[1], order, &fault)) return true;
    *otherwise = fault == CEL_FAULT_NONE ? cel_bool(false) : cel_error(fault, NULL);
    return false;
}

static struct cel_value less(struct cel_call *call, const struct cel_value *arguments)
{
    int order = 0;
    struct cel_value otherwise;
    return order_of(call, arguments, &order, &otherwise) ? cel_bool(order < 0) : otherwise;
}

static struct cel_value less_equal(struct cel_call *call, const struct cel_value *arguments)
{
    int order = 0;
    struct cel_value otherwise;
    return order_of(call, arguments, &order, &otherwise) ? cel_bool(order <= 0) : otherwise;
}

static struct cel_value greater(struct cel_call *call, const struct cel_value *arguments)
{
    int order = 0;
    struct cel_value otherwise;
    return order_of(call, arguments, &order, &otherwise) ? cel_bool(order > 0) : otherwise;
}

static struct cel_value greater_equal(struct cel_call *call, const struct cel_value *arguments)
{
    int order = 0;
    struct cel_value otherwise;
    return order_of(call, arguments, &order, &otherwise) ? cel_bool(order >= 0) : otherwise;
}

static struct cel_value not(struct cel_call * call, const struct cel_value *arguments)
{
    (void)call;
    return cel_bool(!arguments[0].boolean);
}

static struct cel_value and (struct cel_call * call, const struct cel_value *arguments)
{
    (void)call;
    return cel_bool(arguments[0].boolean && arguments[1].boolean);
}

static struct cel_value or (struct cel_call * call, const struct cel_value *arguments)
{
    (void)call;
    return cel_bool(arguments[0].boolean || arguments[1].boolean);
}

static struct cel_value choose(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return arguments[0].boolean ? arguments[1] : arguments[2];
}

static struct cel_value first(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return arguments[0];
}

#define ONE CEL_COST_ONE
/* A pair of kinds that have an order; `name` is the public overload's. */
#define ORDERS(X)                                                                                  \
    X("bool", "(bool, bool) -> bool", CEL_COST_ONE)                                                \
    X("int64", "(int, int) -> bool", CEL_COST_ONE)                                                 \
    X("int64_uint64", "(int, uint) -> bool", CEL_COST_ONE)                                         \
    X("int64_double", "(int, double) -> bool", CEL_COST_ONE)                                       \
    X("uint64", "(uint, uint) -> bool", CEL_COST_ONE)                                              \
    X("uint64_int64", "(uint, int) -> bool", CEL_COST_ONE)                                         \
    X("uint64_double", "(uint, double) -> bool", CEL_COST_ONE)                                     \
    X("double", "(double, double) -> bool", CEL_COST_ONE)                                          \
    X("double_int64", "(double, int) -> bool", CEL_COST_ONE)                                       \
    X("double_uint64", "(double, uint) -> bool", CEL_COST_ONE)                                     \
    X("string", "(string, string) -> bool", CEL_COST_TEXT)                                         \
    X("bytes", "(bytes, bytes) -> bool", CEL_COST_TEXT)                                            \
    X("timestamp", "(timestamp, timestamp) -> bool", CEL_COST_ONE)                                 \
    X("duration", "(duration, duration) -> bool", CEL_COST_ONE)

static const struct cel_overload equals_overloads[] = {
    {"equals", "(A, A) -> bool", cel_equals, CEL_COST_ELEMENTS},
};
static const struct cel_overload differs_overloads[] = {
    {"not_equals", "(A, A) -> bool", cel_differs, CEL_COST_ELEMENTS},
};
#define X(name, signature, cost) {"less_" name, signature, less, cost},
static const struct cel_overload less_overloads[] = {ORDERS(X)};
#undef X
#define X(name, signature, cost) {"less_equals_" name, signature, less_equal, cost},
static const struct cel_overload less_equal_overloads[] = {ORDERS(X)};
#undef X
#define X(name, signature, cost) {"greater_" name, signature, greater, cost},
static const struct cel_overload greater_overloads[] = {ORDERS(X)};
#undef X
#define X(name, signature, cost) {"greater_equals_" name, signature, greater_equal, cost},
static const struct cel_overload greater_equal_overloads[] = {ORDERS(X)};
#undef X
static const struct cel_overload not_overloads[] = {{"logical_not", "(bool) -> bool", not, ONE}};
static const struct cel_overload and_overloads[] = {
    {"logical_and", "(bool, bool) -> bool", and, ONE},
};
static const struct cel_overload or_overloads[] = {
    {"logical_or", "(bool, bool) -> bool", or, ONE},
};
static const struct cel_overload choose_overloads[] = {
    {"conditional", "(bool, A, A) -> A", choose, ONE},
};
static const struct cel_overload not_strictly_false_overloads[] = {
    {"not_strictly_false", "(bool) -> bool", first, ONE},
};

static const struct cel_function functions[] = {
    {"_==_", CEL_OVERLOADS(equals_overloads)},
    {"_!=_", CEL_OVERLOADS(differs_overloads)},
    {"_<_", CEL_OVERLOADS(less_overloads)},
    {"_<=_", CEL_OVERLOADS(less_equal_overloads)},
    {"_>_", CEL_OVERLOADS(greater_overloads)},
    {"_>=_", CEL_OVERLOADS(greater_equal_overloads)},
    {"!_", CEL_OVERLOADS(not_overloads)},
    {"_&&_", CEL_OVERLOADS(and_overloads)},
    {"_||_", CEL_OVERLOADS(or_overloads)},
    {"_?_:_", CEL_OVERLOADS(choose_overloads)},
    {"@not_strictly_false", CEL_OVERLOADS(not_strictly_false_overloads)},
};

const struct cel_library cel_part_compare = {
    .name = "compare",
    .functions = functions,
    .function_count = sizeof functions / sizeof functions[0],
};
