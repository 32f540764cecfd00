/* Numbers beside amounts: exact, or a problem.
 *
 * A double is not exact, so none may meet a decimal or money. But a person writes 49.99, and means
 * 49.99: a number literal that is the direct operand of an operator (or of math.greatest,
 * math.least, divide) whose other operand is an amount is read again from its own text, as a
 * decimal. `0.1 + decimal('0.2') == 0.3` holds by that rule, applied from the inside out. Any other
 * double beside an amount (a function's result, a variable, a choice between two doubles) is a
 * problem that says what to write instead.
 *
 * Money beside a plain number means that number in the money's own currency where the environment
 * says so (rules.money_meets_numbers), and is a problem elsewhere.
 */
#include "cel/check.h"

/* Operators, and what else takes two amounts or an amount and a number. */
static bool is_amount_operator(struct text function)
{
    static const struct text operators[] = {
        TEXT_INITIALISER("_+_"),        TEXT_INITIALISER("_-_"),  TEXT_INITIALISER("_*_"),
        TEXT_INITIALISER("_/_"),        TEXT_INITIALISER("_%_"),  TEXT_INITIALISER("_==_"),
        TEXT_INITIALISER("_!=_"),       TEXT_INITIALISER("_<_"),  TEXT_INITIALISER("_<=_"),
        TEXT_INITIALISER("_>_"),        TEXT_INITIALISER("_>=_"), TEXT_INITIALISER("math.greatest"),
        TEXT_INITIALISER("math.least"),
    };
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (text_equal(function, operators[i])) return true;
    return false;
}

static bool is_amount(const struct cel_checker *checker, const struct cel_node *node)
{
    enum cel_type_kind kind = cel_check_known(checker, node->type)->kind;
    return kind == CEL_TYPE_DECIMAL || kind == CEL_TYPE_MONEY;
}

static bool is_double(const struct cel_checker *checker, const struct cel_node *node)
{
    const struct cel_type *type = cel_check_known(checker, node->type);
    if (type->kind == CEL_TYPE_WRAPPER) type = type->parameters[0];
    return type->kind == CEL_TYPE_DOUBLE;
}

static bool is_number(const struct cel_checker *checker, const struct cel_node *node)
{
    switch (cel_check_known(checker, node->type)->kind) {
    case CEL_TYPE_INT:
    case CEL_TYPE_UINT:
    case CEL_TYPE_DOUBLE:
    case CEL_TYPE_DECIMAL:
        return true;
    default:
        return false;
    }
}

/* The exponent of "1.5e-3", and the text before it; false when it is too large to be exact. */
static bool split_exponent(struct text text, struct text *mantissa, int32_t *exponent)
{
    *mantissa = text;
    *exponent = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] != 'e' && text.bytes[i] != 'E') continue;
        mantissa->length = i;
        bool is_negative = false;
        for (size_t k = i + 1; k < text.length; k++) {
            char byte = text.bytes[k];
            if (byte == '-') is_negative = true;
            if (byte < '0' || byte > '9') continue;
            *exponent = *exponent * 10 + (byte - '0');
            if (*exponent > DECIMAL_SCALE_MAXIMUM * 2) return false;
        }
        if (is_negative) *exponent = -*exponent;
        return true;
    }
    return true;
}

/* coefficient x 10^-(scale - exponent), in a scale that decimals have. */
static bool shift(struct decimal *decimal, int32_t exponent)
{
    struct decimal shifted = decimal_normalise(*decimal);
    if (shifted.coefficient == 0) {
        *decimal = (struct decimal){0, 0};
        return true;
    }
    shifted.scale -= exponent;
    for (; shifted.scale < 0; shifted.scale++)
        if (amount_multiply(shifted.coefficient, 10, &shifted.coefficient) != STATUS_OK)
            return false;
    if (shifted.scale > DECIMAL_SCALE_MAXIMUM) return false;
    *decimal = shifted;
    return true;
}

/* "49.99", "-.5", "1e3". */
static bool read_double_exactly(struct text text, struct decimal *decimal)
{
    struct text mantissa;
    int32_t exponent = 0;
    if (!split_exponent(text, &mantissa, &exponent)) return false;
    char digits[64];
    size_t length = 0;
    /* CEL writes ".5" where decimals are "0.5". */
    for (size_t i = 0; i < mantissa.length; i++) {
        if (length + 2 > sizeof digits) return false;
        bool has_digit = i > 0 && mantissa.bytes[i - 1] >= '0' && mantissa.bytes[i - 1] <= '9';
        if (mantissa.bytes[i] == '.' && !has_digit) digits[length++] = '0';
        digits[length++] = mantissa.bytes[i];
    }
    if (decimal_parse((struct text){digits, length}, decimal) != STATUS_OK) return false;
    return exponent == 0 || shift(decimal, exponent);
}

static bool is_literal(const struct cel_node *node)
{
    return node->kind == CEL_NODE_LITERAL &&
           (node->constant.kind == CEL_INT || node->constant.kind == CEL_UINT ||
            node->constant.kind == CEL_DOUBLE);
}

static bool read_exactly(struct cel_checker *checker, struct cel_node *literal)
{
    struct decimal decimal = {0, 0};
    bool is_read = true;
    if (literal->constant.kind == CEL_DOUBLE) {
        is_read = read_double_exactly(literal->literal.text, &decimal);
    } else if (literal->constant.kind == CEL_INT) {
        decimal.coefficient = literal->constant.integer;
    } else {
        is_read = literal->constant.unsigned_integer <= INT64_MAX;
        decimal.coefficient = (int64_t)(literal->constant.unsigned_integer & INT64_MAX);
    }
    if (!is_read) {
        cel_problem_add(checker->problems, literal->position,
                        "%.*s beside an amount must be exact: at most %d decimals and 18 digits",
                        TEXT_ARGUMENTS(literal->literal.text), DECIMAL_SCALE_MAXIMUM);
        return false;
    }
    literal->constant = cel_decimal(decimal);
    cel_check_give(checker, literal, cel_type_simple(CEL_TYPE_DECIMAL));
    return true;
}

/* 50.00 beside money, where that is no number of its currency. */
static void refuse_number(struct cel_checker *checker, const struct cel_node *call,
                          const struct cel_node *number)
{
    struct text text = TEXT("50.00");
    if (number->kind == CEL_NODE_LITERAL && number->literal.text.length < 32)
        text = number->literal.text;
    cel_problem_add(checker->problems, call->position,
                    "money has a currency and a plain number has none: write "
                    "money('%.*s EUR'), with the currency that is meant",
                    TEXT_ARGUMENTS(text));
}

/* How the number should have been written, for whoever wrote it. */
static void refuse_double(struct cel_checker *checker, const struct cel_node *number,
                          const struct cel_type *amount)
{
    amount = cel_check_known(checker, amount);
    bool is_literal_text = number->kind == CEL_NODE_LITERAL && number->literal.text.length < 32;
    struct text text = is_literal_text ? number->literal.text : TEXT("0.1");
    bool is_money = amount->kind == CEL_TYPE_MONEY;
    cel_problem_add(checker->problems, number->position,
                    "%s is exact and a double is not: write %s%s('%.*s%s')",
                    cel_check_type_words(checker, amount),
                    is_literal_text ? "" : "exact numbers, as in ", is_money ? "money" : "decimal",
                    TEXT_ARGUMENTS(text), is_money ? " EUR" : "");
}

/* One operand is an amount; the other? */
static bool check_other(struct cel_checker *checker, struct cel_node *call,
                        const struct cel_node *amount, struct cel_node *other)
{
    bool is_money = cel_check_known(checker, amount->type)->kind == CEL_TYPE_MONEY;
    bool is_scaled = text_equal(call->call.function, TEXT("_*_")) ||
                     text_equal(call->call.function, TEXT("_/_"));
    if (is_money && !is_scaled && is_number(checker, other) &&
        !checker->environment->rules.money_meets_numbers) {
        refuse_number(checker, call, other);
        return false;
    }
    if (is_literal(other)) return read_exactly(checker, other);
    if (!is_double(checker, other)) return true;
    refuse_double(checker, other, amount->type);
    return false;
}

/* An amount among doubles: `rate in [0.1, 0.2]`. */
static bool check_search(struct cel_checker *checker, const struct cel_node *node)
{
    const struct cel_node *sought = node->call.arguments[0];
    const struct cel_node *list = node->call.arguments[1];
    const struct cel_type *type = cel_check_known(checker, list->type);
    if (!is_amount(checker, sought) || type->kind != CEL_TYPE_LIST || type->parameter_count != 1)
        return true;
    if (cel_check_known(checker, type->parameters[0])->kind != CEL_TYPE_DOUBLE) return true;
    bool has_elements = list->kind == CEL_NODE_LIST && list->list.count > 0;
    refuse_double(checker, has_elements ? list->list.elements[0] : list, sought->type);
    return false;
}

/* amount.divide(2.5, ...): by that number, exactly. */
static bool check_division(struct cel_checker *checker, const struct cel_node *node)
{
    struct cel_node *divisor = node->call.arguments[0];
    if (!is_amount(checker, node->call.target) || !is_double(checker, divisor)) return true;
    if (is_literal(divisor)) return read_exactly(checker, divisor);
    refuse_double(checker, divisor, cel_type_simple(CEL_TYPE_DECIMAL));
    return false;
}

bool cel_check_amounts(struct cel_checker *checker, struct cel_node *node)
{
    if (node->call.target != NULL && node->call.argument_count > 0 &&
        text_equal(node->call.function, TEXT("divide")))
        return check_division(checker, node);
    if (node->call.argument_count != 2) return true;
    if (text_equal(node->call.function, TEXT("@in"))) return check_search(checker, node);
    if (!is_amount_operator(node->call.function)) return true;
    struct cel_node *left = node->call.arguments[0];
    struct cel_node *right = node->call.arguments[1];
    if (is_amount(checker, left) && !check_other(checker, node, left, right)) return false;
    return !is_amount(checker, right) || check_other(checker, node, right, left);
}

bool cel_check_mixture(struct cel_checker *checker, struct cel_node *const *elements,
                       uint32_t count)
{
    const struct cel_node *amount = NULL;
    const struct cel_node *binary = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (amount == NULL && is_amount(checker, elements[i])) amount = elements[i];
        if (binary == NULL && is_double(checker, elements[i])) binary = elements[i];
    }
    if (amount == NULL || binary == NULL) return true;
    refuse_double(checker, binary, amount->type);
    return false;
}
