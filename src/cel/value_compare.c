/* Equality and order of values, as the language defines them.
 *
 * Numbers compare by value across int, uint, double and decimal. An int beside a double is made a
 * double first, as the public conformance suite wants it, so the largest int equals 2^63; int,
 * uint, decimal and money compare exactly, in 128 bits. A decimal beside a double is a fault:
 * nobody can say whether 0.1 was meant exactly.
 *
 * Values can share their parts, so a small expression makes values that hold more elements than
 * there are atoms; comparing them spends steps, one for each element and for each 64 bytes of
 * text, and stops when they are used up.
 */
#include "cel/compare.h"

/* -1, 0 or 1. */
#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static bool is_number(struct cel_value value)
{
    return value.kind == CEL_INT || value.kind == CEL_UINT || value.kind == CEL_DOUBLE;
}

static bool is_exact(struct cel_value value)
{
    return value.kind == CEL_INT || value.kind == CEL_UINT || value.kind == CEL_DECIMAL ||
           value.kind == CEL_MONEY;
}

static double as_double(struct cel_value value)
{
    if (value.kind == CEL_INT) return (double)value.integer;
    if (value.kind == CEL_UINT) return (double)value.unsigned_integer;
    return value.number;
}

/* A uint times 10^18 is below 2^124. */
static wide scaled(struct cel_value value, int32_t scale)
{
    if (value.kind == CEL_UINT) return (wide)value.unsigned_integer * power_of_ten(scale);
    int32_t own = value.kind == CEL_INT ? 0 : value.scale;
    return (wide)value.integer * power_of_ten(scale - own);
}

static int order_exactly(struct cel_value a, struct cel_value b)
{
    int32_t scale_a = a.kind == CEL_INT || a.kind == CEL_UINT ? 0 : a.scale;
    int32_t scale_b = b.kind == CEL_INT || b.kind == CEL_UINT ? 0 : b.scale;
    int32_t scale = scale_a > scale_b ? scale_a : scale_b;
    wide exact_a = scaled(a, scale);
    wide exact_b = scaled(b, scale);
    return ORDER(exact_a, exact_b);
}

/* Numbers of any kind. False when there is no order: NaN, a double beside a decimal, money of
 * different currencies. */
static bool order_numbers(struct cel_value a, struct cel_value b, int *order, enum cel_fault *fault)
{
    if (is_exact(a) && is_exact(b)) {
        if (a.kind == CEL_MONEY && b.kind == CEL_MONEY && a.extra != b.extra) {
            *fault = CEL_FAULT_CURRENCY;
            return false;
        }
        *order = order_exactly(a, b);
        return true;
    }
    if (!is_number(a) || !is_number(b)) {
        *fault = CEL_FAULT_NO_SUCH_OVERLOAD;
        return false;
    }
    double x = as_double(a);
    double y = as_double(b);
    *order = ORDER(x, y);
    return x <= y || x >= y;
}

static int order_of_times(struct cel_value a, struct cel_value b)
{
    if (a.integer != b.integer) return a.integer < b.integer ? -1 : 1;
    /* A duration's are negative where its seconds are; a timestamp's never are. */
    int32_t x = (int32_t)a.extra;
    int32_t y = (int32_t)b.extra;
    return ORDER(x, y);
}

bool cel_compare(struct cel_value a, struct cel_value b, int *order, enum cel_fault *fault)
{
    *fault = CEL_FAULT_NONE;
    if ((is_number(a) || is_exact(a)) && (is_number(b) || is_exact(b)))
        return order_numbers(a, b, order, fault);
    if (a.kind != b.kind) {
        *fault = CEL_FAULT_NO_SUCH_OVERLOAD;
        return false;
    }
    switch (a.kind) {
    case CEL_BOOL:
        *order = ORDER(a.boolean, b.boolean);
        return true;
    case CEL_STRING:
    case CEL_BYTES:
        *order = text_compare(cel_text(a), cel_text(b));
        return true;
    case CEL_TIMESTAMP:
    case CEL_DURATION:
        *order = order_of_times(a, b);
        return true;
    default:
        *fault = CEL_FAULT_NO_SUCH_OVERLOAD;
        return false;
    }
}

static bool spend(uint64_t *steps_left, uint64_t steps, enum cel_fault *fault)
{
    if (steps > *steps_left) {
        *fault = CEL_FAULT_STEPS;
        return false;
    }
    *steps_left -= steps;
    return true;
}

static bool equal(struct cel_value a, struct cel_value b, uint32_t depth, uint64_t *steps_left,
                  enum cel_fault *fault);

static bool equal_lists(const struct cel_list *a, const struct cel_list *b, uint32_t depth,
                        uint64_t *steps_left, enum cel_fault *fault)
{
    if (a->count != b->count) return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!equal(a->items[i], b->items[i], depth, steps_left, fault)) return false;
    return true;
}

static bool equal_maps(const struct cel_map *a, const struct cel_map *b, uint32_t depth,
                       uint64_t *steps_left, enum cel_fault *fault)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < (size_t)a->count * 2; i += 2) {
        const struct cel_value *other = cel_map_find(b, a->entries[i]);
        if (other == NULL || !equal(a->entries[i + 1], *other, depth, steps_left, fault))
            return false;
    }
    return true;
}

static bool equal_types(const struct cel_type *a, const struct cel_type *b)
{
    /* At run time types have no parameters: type([1]) == type(['a']). */
    if (a->kind != b->kind) return false;
    if (a->kind == CEL_TYPE_OBJECT) return a->object == b->object;
    return a->kind != CEL_TYPE_ABSTRACT || text_equal(a->name, b->name);
}

static bool equal_of_kind(struct cel_value a, struct cel_value b, uint32_t depth,
                          uint64_t *steps_left, enum cel_fault *fault)
{
    switch (a.kind) {
    case CEL_NULL:
        return true;
    case CEL_BOOL:
        return a.boolean == b.boolean;
    case CEL_STRING:
    case CEL_BYTES:
        return a.extra == b.extra && spend(steps_left, a.extra / 64, fault) &&
               text_equal(cel_text(a), cel_text(b));
    case CEL_LIST:
        return equal_lists(a.list, b.list, depth, steps_left, fault);
    case CEL_MAP:
        return equal_maps(a.map, b.map, depth, steps_left, fault);
    case CEL_TYPE:
        return equal_types(a.type, b.type);
    case CEL_TIMESTAMP:
    case CEL_DURATION:
        return a.integer == b.integer && a.extra == b.extra;
    case CEL_MONEY:
        return a.extra == b.extra && order_exactly(a, b) == 0;
    case CEL_OPTIONAL:
        if (a.inner == NULL || b.inner == NULL) return a.inner == b.inner;
        return equal(*a.inner, *b.inner, depth, steps_left, fault);
    case CEL_OBJECT:
        return a.tag == b.tag && a.extra == b.extra && a.object == b.object;
    default:
        return false;
    }
}

static bool equal(struct cel_value a, struct cel_value b, uint32_t depth, uint64_t *steps_left,
                  enum cel_fault *fault)
{
    if (!spend(steps_left, 1, fault)) return false;
    bool is_of_money = a.kind == CEL_MONEY || b.kind == CEL_MONEY;
    if ((is_number(a) || is_exact(a)) && (is_number(b) || is_exact(b)) && !is_of_money) {
        int order = 0;
        return order_numbers(a, b, &order, fault) && order == 0;
    }
    if (a.kind != b.kind) return false;
    if (depth >= CEL_DEPTH_MAXIMUM) {
        *fault = CEL_FAULT_SIZE;
        return false;
    }
    return equal_of_kind(a, b, depth + 1, steps_left, fault);
}

bool cel_equal_within(struct cel_value a, struct cel_value b, uint64_t *steps_left,
                      enum cel_fault *fault)
{
    *fault = CEL_FAULT_NONE;
    return equal(a, b, 0, steps_left, fault) && *fault == CEL_FAULT_NONE;
}

bool cel_equal(struct cel_value a, struct cel_value b, enum cel_fault *fault)
{
    uint64_t steps_left = CEL_STEP_MAXIMUM;
    return cel_equal_within(a, b, &steps_left, fault);
}
