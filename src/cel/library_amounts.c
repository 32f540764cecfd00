/* The amounts library: decimal and money, exact.
 *
 * A decimal is base/amount.h's: 64 bits and up to 18 decimals, which it keeps (1.50 stays 1.50, and
 * equals 1.5). A sum has the decimals of the finer one, a product those of both together, less
 * trailing zeros where they do not fit. What does not fit is CEL_FAULT_OVERFLOW; nothing is rounded
 * but by divide and round, which say how. There is no decimal of a double, and no division by /.
 *
 * Money is a decimal of a currency. Money of two currencies is CEL_FAULT_CURRENCY; a plain number
 * beside it is one of the money's own currency (the checker says whether that may be written).
 *
 *   x.divide(by, places, rounding), x.round(places, rounding)   'down' (floor), 'up', 'half up',
 *                                                               'half even'
 */
#include "cel/function_work.h"

/* The words for a rounding, without ROUNDING_LIST's "rounded " in front. */
static const struct rounding_name {
    const char *name;
    enum rounding rounding;
} rounding_names[] = {
#define X(name, text) {&(text)[sizeof "rounded " - 1], ROUNDING_##name},
    ROUNDING_LIST(X)
#undef X
};

static const char no_rounding[] = "a rounding is 'down', 'up', 'half up' or 'half even'";
static const char places_of_decimals[] = "there are 0 to 18 decimals";
static const char too_many_decimals[] = "more than 18 decimals, or too large: round it first";

static const struct rounding_name *find_rounding(struct text name)
{
    for (size_t i = 0; i < sizeof rounding_names / sizeof rounding_names[0]; i++)
        if (text_equal(name, text_of(rounding_names[i].name))) return &rounding_names[i];
    return NULL;
}

static const void *prepare_rounding(const struct cel_environment *environment, struct arena *arena,
                                    struct cel_value constant, enum cel_fault *fault,
                                    const char **detail)
{
    (void)environment;
    (void)arena;
    const struct rounding_name *found = find_rounding(cel_given(constant));
    if (found != NULL) return found;
    *fault = CEL_FAULT_INVALID_ARGUMENT;
    *detail = no_rounding;
    return NULL;
}

static struct cel_value overflow(const char *detail)
{
    return cel_error(CEL_FAULT_OVERFLOW, detail);
}

/* The number of an int, a decimal or of money. */
static struct decimal number_of(struct cel_value value)
{
    if (value.kind == CEL_INT) return (struct decimal){value.integer, 0};
    return cel_decimal_of(value);
}

/* The same kind of amount as `like` (money of its currency, else a decimal) with that number. */
static struct cel_value amount_like(struct cel_value like, struct decimal number)
{
    return like.kind == CEL_MONEY ? cel_money(number, like.extra) : cel_decimal(number);
}

/* 64 bits times a power of ten up to 18 always fit. */
static wide scaled(struct decimal number, int32_t scale)
{
    return (wide)number.coefficient * power_of_ten(scale - number.scale);
}

static struct cel_value different_currencies(struct cel_call *call, struct cel_value a,
                                             struct cel_value b)
{
    return cel_fail(call, CEL_FAULT_CURRENCY, "%c%c%c and %c%c%c", (char)(a.extra >> 16),
                    (char)(a.extra >> 8), (char)a.extra, (char)(b.extra >> 16),
                    (char)(b.extra >> 8), (char)b.extra);
}

static struct cel_value sum_of(struct cel_call *call, struct cel_value a, struct cel_value b,
                               bool is_negated)
{
    if (a.kind == CEL_MONEY && b.kind == CEL_MONEY && a.extra != b.extra)
        return different_currencies(call, a, b);
    struct decimal left = number_of(a);
    struct decimal right = number_of(b);
    int32_t scale = left.scale > right.scale ? left.scale : right.scale;
    wide other = scaled(right, scale);
    wide sum = scaled(left, scale) + (is_negated ? -other : other);
    if (sum != (int64_t)sum) return overflow(NULL);
    return amount_like(a.kind == CEL_MONEY ? a : b, (struct decimal){(int64_t)sum, scale});
}

static struct cel_value add(struct cel_call *call, const struct cel_value *arguments)
{
    return sum_of(call, arguments[0], arguments[1], false);
}

static struct cel_value subtract(struct cel_call *call, const struct cel_value *arguments)
{
    return sum_of(call, arguments[0], arguments[1], true);
}

static struct cel_value multiply(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    struct decimal left = number_of(arguments[0]);
    struct decimal right = number_of(arguments[1]);
    wide product = (wide)left.coefficient * right.coefficient;
    int32_t scale = left.scale + right.scale;
    while (scale > 0 && (scale > DECIMAL_SCALE_MAXIMUM || product != (int64_t)product) &&
           product % 10 == 0) {
        product /= 10;
        scale--;
    }
    if (product != (int64_t)product || scale > DECIMAL_SCALE_MAXIMUM)
        return overflow(too_many_decimals);
    struct cel_value like = arguments[0].kind == CEL_MONEY ? arguments[0] : arguments[1];
    return amount_like(like, (struct decimal){(int64_t)product, scale});
}

static struct cel_value negate(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    struct decimal number = number_of(arguments[0]);
    if (number.coefficient == INT64_MIN) return overflow(NULL);
    number.coefficient = -number.coefficient;
    return amount_like(arguments[0], number);
}

static struct cel_value absolute(struct cel_call *call, const struct cel_value *arguments)
{
    return arguments[0].integer < 0 ? negate(call, arguments) : arguments[0];
}

static struct cel_value compared(struct cel_call *call, struct cel_value a, struct cel_value b,
                                 int *order)
{
    if (a.kind == CEL_MONEY && b.kind == CEL_MONEY && a.extra != b.extra)
        return different_currencies(call, a, b);
    struct decimal left = number_of(a);
    struct decimal right = number_of(b);
    int32_t scale = left.scale > right.scale ? left.scale : right.scale;
    wide first = scaled(left, scale);
    wide second = scaled(right, scale);
    *order = (first > second) - (first < second);
    return cel_null();
}

#define COMPARISON(name, sign)                                                                     \
    static struct cel_value name(struct cel_call *call, const struct cel_value *arguments)         \
    {                                                                                              \
        int order = 0;                                                                             \
        struct cel_value done = compared(call, arguments[0], arguments[1], &order);                \
        return cel_is_error(done) ? done : cel_bool(order sign 0);                                 \
    }
COMPARISON(is_less, <)
COMPARISON(is_at_most, <=)
COMPARISON(is_greater, >)
COMPARISON(is_at_least, >=)
COMPARISON(is_equal, ==)
COMPARISON(is_unequal, !=)
#undef COMPARISON

/* The rounding that an argument names, or NULL. */
static const struct rounding_name *rounding_of(const struct cel_call *call, struct cel_value value)
{
    return call->prepared != NULL ? call->prepared : find_rounding(cel_given(value));
}

/* dividend / divisor with so many decimals, rounded once. `divisor` is not 0. */
static enum status quotient_of(struct decimal dividend, struct decimal divisor, int32_t places,
                               enum rounding rounding, struct decimal *quotient)
{
    if (divisor.coefficient == INT64_MIN) return STATUS_OVERFLOW;
    int64_t size = divisor.coefficient < 0 ? -divisor.coefficient : divisor.coefficient;
    int64_t sign = divisor.coefficient < 0 ? -1 : 1;
    /* dividend * 10^exponent / size; the exponent is between -18 and 36. */
    int32_t exponent = divisor.scale + places - dividend.scale;
    int32_t up =
        exponent > DECIMAL_SCALE_MAXIMUM ? DECIMAL_SCALE_MAXIMUM : (exponent > 0 ? exponent : 0);
    int32_t further = exponent > up ? exponent - up : 0;
    wide numerator = 0;
    TRY(wide_add_product(&numerator, dividend.coefficient, power_of_ten(up),
                         power_of_ten(further)));
    TRY(wide_divide(sign < 0 ? -numerator : numerator, size,
                    power_of_ten(exponent < 0 ? -exponent : 0), rounding, &quotient->coefficient));
    quotient->scale = places;
    return STATUS_OK;
}

static struct cel_value divided(struct cel_call *call, struct cel_value dividend,
                                struct decimal divisor, struct cel_value places,
                                struct cel_value rounding_argument)
{
    const struct rounding_name *named = rounding_of(call, rounding_argument);
    if (named == NULL) return cel_error(CEL_FAULT_INVALID_ARGUMENT, no_rounding);
    if (places.integer < 0 || places.integer > DECIMAL_SCALE_MAXIMUM)
        return cel_error(CEL_FAULT_RANGE, places_of_decimals);
    if (divisor.coefficient == 0) return cel_error(CEL_FAULT_DIVIDE_BY_ZERO, NULL);
    struct decimal quotient = {0, 0};
    if (quotient_of(number_of(dividend), divisor, (int32_t)places.integer, named->rounding,
                    &quotient) != STATUS_OK)
        return overflow(NULL);
    return amount_like(dividend, quotient);
}

static struct cel_value divide(struct cel_call *call, const struct cel_value *arguments)
{
    return divided(call, arguments[0], number_of(arguments[1]), arguments[2], arguments[3]);
}

static struct cel_value round_to(struct cel_call *call, const struct cel_value *arguments)
{
    return divided(call, arguments[0], (struct decimal){1, 0}, arguments[1], arguments[2]);
}

/* An int is at most as large as the decimal's 64 bits: nothing overflows. */
static struct cel_value whole(struct cel_value value, enum rounding rounding)
{
    struct decimal quotient = {0, 0};
    enum status status =
        quotient_of(number_of(value), (struct decimal){1, 0}, 0, rounding, &quotient);
    return status == STATUS_OK ? cel_int(quotient.coefficient) : overflow(NULL);
}

static struct cel_value floor_of(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return whole(arguments[0], ROUNDING_DOWN);
}

static struct cel_value ceiling_of(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return whole(arguments[0], ROUNDING_UP);
}

static struct cel_value decimal_of_text(struct cel_call *call, const struct cel_value *arguments)
{
    struct text text = cel_given(arguments[0]);
    struct decimal number = {0, 0};
    if (!cel_spend_text(call, text.length)) return cel_too_many_steps();
    switch (decimal_parse(text, &number)) {
    case STATUS_OK:
        return cel_decimal(number);
    case STATUS_OVERFLOW:
        return overflow("a decimal has at most 18 decimals and 64 bits");
    default:
        return cel_error(CEL_FAULT_CONVERSION, "a decimal is written like 49.99");
    }
}

static struct cel_value decimal_of_number(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    return cel_decimal(number_of(arguments[0]));
}

static struct cel_value decimal_of_uint(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    if (arguments[0].unsigned_integer > INT64_MAX) return overflow(NULL);
    return cel_decimal((struct decimal){arguments[0].integer, 0});
}

static struct cel_value int_of_decimal(struct cel_call *call, const struct cel_value *arguments)
{
    (void)call;
    struct decimal number = decimal_normalise(number_of(arguments[0]));
    if (number.scale != 0) return cel_error(CEL_FAULT_RANGE, "round it first");
    return cel_int(number.coefficient);
}

/* "49.99", and " EUR" behind money. */
static struct cel_value text_of_amount(struct cel_call *call, const struct cel_value *arguments)
{
    char digits[AMOUNT_TEXT_MAXIMUM];
    struct text number = amount_format(arguments[0].integer, arguments[0].scale, digits);
    char *out = arena_allocate(call->arena, number.length + 4);
    if (out == NULL) return cel_no_memory();
    memcpy(out, number.bytes, number.length);
    size_t length = number.length;
    if (arguments[0].kind == CEL_MONEY) {
        out[length++] = ' ';
        for (int shift = 16; shift >= 0; shift -= 8)
            out[length++] = (char)(unsigned char)(arguments[0].extra >> shift);
    }
    return cel_string((struct text){out, length});
}

static struct cel_value money_of(struct cel_call *call, struct decimal number, struct text code)
{
    int32_t decimals = 0;
    if (currency_decimals(code, &decimals) == STATUS_OK)
        return cel_money(number, cel_currency(code));
    struct text shown = cel_shortened(code);
    return cel_fail(call, CEL_FAULT_CONVERSION, "'%.*s' is not the code of a currency",
                    TEXT_ARGUMENTS(shown));
}

static struct cel_value money_of_text(struct cel_call *call, const struct cel_value *arguments)
{
    struct text code;
    struct text digits = text_split(cel_given(arguments[0]), ' ', &code);
    struct cel_value number = decimal_of_text(
        call, &(struct cel_value){
                  .kind = CEL_STRING, .extra = (uint32_t)digits.length, .bytes = digits.bytes});
    if (cel_is_error(number) && number.tag == CEL_FAULT_CONVERSION)
        return cel_error(CEL_FAULT_CONVERSION, "money is written like 49.99 EUR");
    if (cel_is_error(number)) return number;
    return money_of(call, cel_decimal_of(number), code);
}

static struct cel_value money_of_number(struct cel_call *call, const struct cel_value *arguments)
{
    return money_of(call, number_of(arguments[0]), cel_given(arguments[1]));
}

static struct cel_value currency_of(struct cel_call *call, const struct cel_value *arguments)
{
    char *out = arena_allocate(call->arena, 3);
    if (out == NULL) return cel_no_memory();
    for (size_t i = 0; i < 3; i++)
        out[i] = (char)(unsigned char)(arguments[0].extra >> (16 - 8 * i));
    return cel_string((struct text){out, 3});
}

/* Ints stay ints while all are; `empty` is the sum of nothing. */
static struct cel_value sum_list(struct cel_call *call, const struct cel_list *list,
                                 struct cel_value empty)
{
    if (!cel_spend(call, list->count)) return cel_too_many_steps();
    struct cel_value sum = list->count == 0 ? empty : list->items[0];
    for (uint32_t i = 0; i < list->count; i++) {
        struct cel_value item = list->items[i];
        if (item.kind != CEL_INT && item.kind != CEL_DECIMAL && item.kind != CEL_MONEY)
            return cel_error(CEL_FAULT_NO_SUCH_OVERLOAD, NULL);
        if (i == 0) continue;
        if ((item.kind == CEL_MONEY) != (sum.kind == CEL_MONEY))
            return cel_error(CEL_FAULT_NO_SUCH_OVERLOAD, NULL);
        int64_t whole_sum = 0;
        if (item.kind != CEL_INT || sum.kind != CEL_INT)
            sum = sum_of(call, sum, item, false);
        else if (amount_add(sum.integer, item.integer, &whole_sum) == STATUS_OK)
            sum = cel_int(whole_sum);
        else
            sum = overflow(NULL);
        if (cel_is_error(sum)) return sum;
    }
    return sum;
}

static struct cel_value sum_ints(struct cel_call *call, const struct cel_value *arguments)
{
    return sum_list(call, arguments[0].list, cel_int(0));
}

static struct cel_value sum_decimals(struct cel_call *call, const struct cel_value *arguments)
{
    return sum_list(call, arguments[0].list, cel_decimal((struct decimal){0, 0}));
}

static struct cel_value sum_money(struct cel_call *call, const struct cel_value *arguments)
{
    return sum_list(call, arguments[0].list,
                    cel_error(CEL_FAULT_INVALID_ARGUMENT,
                              "the sum of no money has no currency: ask for size() first"));
}

#define ONE CEL_COST_ONE, NULL, 0, 0

static const struct cel_overload decimal_overloads[] = {
    {"string_to_decimal", "(string) -> decimal", decimal_of_text, CEL_COST_TEXT, NULL, 0, 0},
    {"int_to_decimal", "(int) -> decimal", decimal_of_number, ONE},
    {"uint_to_decimal", "(uint) -> decimal", decimal_of_uint, ONE},
    {"decimal_to_decimal", "(decimal) -> decimal", decimal_of_number, ONE},
    {"money_to_decimal", "(money) -> decimal", decimal_of_number, ONE},
};
static const struct cel_overload money_overloads[] = {
    {"string_to_money", "(string) -> money", money_of_text, CEL_COST_TEXT, NULL, 0, 0},
    {"decimal_string_to_money", "(decimal, string) -> money", money_of_number, ONE},
    {"int_string_to_money", "(int, string) -> money", money_of_number, ONE},
};
static const struct cel_overload string_overloads[] = {
    {"decimal_to_string", "(decimal) -> string", text_of_amount, ONE},
    {"money_to_string", "(money) -> string", text_of_amount, ONE},
};
static const struct cel_overload int_overloads[] = {
    {"decimal_to_int", "(decimal) -> int", int_of_decimal, ONE},
};
static const struct cel_overload add_overloads[] = {
    {"add_decimal_decimal", "(decimal, decimal) -> decimal", add, ONE},
    {"add_decimal_int", "(decimal, int) -> decimal", add, ONE},
    {"add_int_decimal", "(int, decimal) -> decimal", add, ONE},
    {"add_money_money", "(money, money) -> money", add, ONE},
    {"add_money_decimal", "(money, decimal) -> money", add, ONE},
    {"add_money_int", "(money, int) -> money", add, ONE},
    {"add_decimal_money", "(decimal, money) -> money", add, ONE},
    {"add_int_money", "(int, money) -> money", add, ONE},
};
static const struct cel_overload subtract_overloads[] = {
    {"subtract_decimal_decimal", "(decimal, decimal) -> decimal", subtract, ONE},
    {"subtract_decimal_int", "(decimal, int) -> decimal", subtract, ONE},
    {"subtract_int_decimal", "(int, decimal) -> decimal", subtract, ONE},
    {"subtract_money_money", "(money, money) -> money", subtract, ONE},
    {"subtract_money_decimal", "(money, decimal) -> money", subtract, ONE},
    {"subtract_money_int", "(money, int) -> money", subtract, ONE},
    {"subtract_decimal_money", "(decimal, money) -> money", subtract, ONE},
    {"subtract_int_money", "(int, money) -> money", subtract, ONE},
};
static const struct cel_overload multiply_overloads[] = {
    {"multiply_decimal_decimal", "(decimal, decimal) -> decimal", multiply, ONE},
    {"multiply_decimal_int", "(decimal, int) -> decimal", multiply, ONE},
    {"multiply_int_decimal", "(int, decimal) -> decimal", multiply, ONE},
    {"multiply_money_decimal", "(money, decimal) -> money", multiply, ONE},
    {"multiply_money_int", "(money, int) -> money", multiply, ONE},
    {"multiply_decimal_money", "(decimal, money) -> money", multiply, ONE},
    {"multiply_int_money", "(int, money) -> money", multiply, ONE},
};
static const struct cel_overload negate_overloads[] = {
    {"negate_decimal", "(decimal) -> decimal", negate, ONE},
    {"negate_money", "(money) -> money", negate, ONE},
};
/* The overloads of an operator that compares. */
#define COMPARISONS(id, of)                                                                        \
    {id "_decimal_decimal", "(decimal, decimal) -> bool", of, ONE},                                \
        {id "_decimal_int", "(decimal, int) -> bool", of, ONE},                                    \
        {id "_int_decimal", "(int, decimal) -> bool", of, ONE},                                    \
        {id "_money_money", "(money, money) -> bool", of, ONE},                                    \
        {id "_money_decimal", "(money, decimal) -> bool", of, ONE},                                \
        {id "_money_int", "(money, int) -> bool", of, ONE},                                        \
        {id "_decimal_money", "(decimal, money) -> bool", of, ONE},                                \
    {                                                                                              \
        id "_int_money", "(int, money) -> bool", of, ONE                                           \
    }
static const struct cel_overload less_overloads[] = {COMPARISONS("less", is_less)};
static const struct cel_overload at_most_overloads[] = {COMPARISONS("less_equals", is_at_most)};
static const struct cel_overload greater_overloads[] = {COMPARISONS("greater", is_greater)};
static const struct cel_overload at_least_overloads[] = {
    COMPARISONS("greater_equals", is_at_least)};

/* Beside the standard's (A, A), for what does not have one type. */
#define EQUALITIES(id, of)                                                                         \
    {id "_decimal_int", "(decimal, int) -> bool", of, ONE},                                        \
        {id "_int_decimal", "(int, decimal) -> bool", of, ONE},                                    \
        {id "_money_decimal", "(money, decimal) -> bool", of, ONE},                                \
        {id "_money_int", "(money, int) -> bool", of, ONE},                                        \
        {id "_decimal_money", "(decimal, money) -> bool", of, ONE},                                \
    {                                                                                              \
        id "_int_money", "(int, money) -> bool", of, ONE                                           \
    }
static const struct cel_overload equal_overloads[] = {EQUALITIES("equals", is_equal)};
static const struct cel_overload unequal_overloads[] = {EQUALITIES("not_equals", is_unequal)};

#define ROUNDED(argument) CEL_COST_ONE, prepare_rounding, (argument), 0
static const struct cel_overload divide_overloads[] = {
    {"decimal_divide_decimal", "decimal.(decimal, int, string) -> decimal", divide, ROUNDED(3)},
    {"decimal_divide_int", "decimal.(int, int, string) -> decimal", divide, ROUNDED(3)},
    {"money_divide_decimal", "money.(decimal, int, string) -> money", divide, ROUNDED(3)},
    {"money_divide_int", "money.(int, int, string) -> money", divide, ROUNDED(3)},
};
static const struct cel_overload round_overloads[] = {
    {"decimal_round", "decimal.(int, string) -> decimal", round_to, ROUNDED(2)},
    {"money_round", "money.(int, string) -> money", round_to, ROUNDED(2)},
};
static const struct cel_overload floor_overloads[] = {
    {"decimal_floor", "decimal.() -> int", floor_of, ONE},
};
static const struct cel_overload ceiling_overloads[] = {
    {"decimal_ceil", "decimal.() -> int", ceiling_of, ONE},
};
static const struct cel_overload absolute_overloads[] = {
    {"decimal_abs", "decimal.() -> decimal", absolute, ONE},
    {"money_abs", "money.() -> money", absolute, ONE},
};
static const struct cel_overload amount_overloads[] = {
    {"money_amount", "money.() -> decimal", decimal_of_number, ONE},
};
static const struct cel_overload currency_overloads[] = {
    {"money_currency", "money.() -> string", currency_of, ONE},
};
static const struct cel_overload sum_overloads[] = {
    {"list_int_sum", "list(int).() -> int", sum_ints, CEL_COST_ELEMENTS, NULL, 0, 0},
    {"list_decimal_sum", "list(decimal).() -> decimal", sum_decimals, CEL_COST_ELEMENTS, NULL, 0,
     0},
    {"list_money_sum", "list(money).() -> money", sum_money, CEL_COST_ELEMENTS, NULL, 0, 0},
};

static const struct cel_function functions[] = {
    {"decimal", CEL_OVERLOADS(decimal_overloads)},   {"money", CEL_OVERLOADS(money_overloads)},
    {"string", CEL_OVERLOADS(string_overloads)},     {"int", CEL_OVERLOADS(int_overloads)},
    {"_+_", CEL_OVERLOADS(add_overloads)},           {"_-_", CEL_OVERLOADS(subtract_overloads)},
    {"_*_", CEL_OVERLOADS(multiply_overloads)},      {"-_", CEL_OVERLOADS(negate_overloads)},
    {"_<_", CEL_OVERLOADS(less_overloads)},          {"_<=_", CEL_OVERLOADS(at_most_overloads)},
    {"_>_", CEL_OVERLOADS(greater_overloads)},       {"_>=_", CEL_OVERLOADS(at_least_overloads)},
    {"_==_", CEL_OVERLOADS(equal_overloads)},        {"_!=_", CEL_OVERLOADS(unequal_overloads)},
    {"divide", CEL_OVERLOADS(divide_overloads)},     {"round", CEL_OVERLOADS(round_overloads)},
    {"floor", CEL_OVERLOADS(floor_overloads)},       {"ceil", CEL_OVERLOADS(ceiling_overloads)},
    {"abs", CEL_OVERLOADS(absolute_overloads)},      {"amount", CEL_OVERLOADS(amount_overloads)},
    {"currency", CEL_OVERLOADS(currency_overloads)}, {"sum", CEL_OVERLOADS(sum_overloads)},
};

const struct cel_library cel_library_amounts = {.name = "amounts",
                                                .functions = functions,
                                                .function_count =
                                                    sizeof functions / sizeof functions[0]};
