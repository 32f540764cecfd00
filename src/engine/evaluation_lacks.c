/* What an order lacks for a condition to hold: for near misses.
 *
 * Only what can be read off the expression is: an operand of its outermost `&&` that compares one
 * amount of the order with a constant, `order.eligible >= 50.00`, either way round. Whether the
 * condition then holds is for the caller to try.
 */
#include "engine/evaluation.h"

static bool find_amount(struct text field, enum order_amount *which)
{
    static const struct {
        struct text field;
        enum order_amount which;
    } fields[] = {{TEXT_INITIALISER("eligible"), AMOUNT_ELIGIBLE},
                  {TEXT_INITIALISER("subtotal"), AMOUNT_SUBTOTAL},
                  {TEXT_INITIALISER("total"), AMOUNT_TOTAL},
                  {TEXT_INITIALISER("quantity"), AMOUNT_QUANTITY}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!text_equal(fields[i].field, field)) continue;
        *which = fields[i].which;
        return true;
    }
    return false;
}

/* `order.X` */
static bool is_amount(const struct cel_node *node, enum order_amount *which)
{
    if (node->kind != CEL_NODE_SELECT || node->select.is_test || node->select.is_optional) {
        return false;
    }
    const struct cel_node *operand = node->select.operand;
    return operand->kind == CEL_NODE_IDENTIFIER && operand->identifier.found == CEL_NAME_VARIABLE &&
           operand->identifier.slot == SLOT_ORDER && find_amount(node->select.field, which);
}

/* The constant in units of the amount, rounded up; one more for `>`. */
static bool wanted_amount(const struct seen_order *seen, struct cel_value constant,
                          enum order_amount which, bool is_above, int64_t *wanted)
{
    int32_t decimals = which == AMOUNT_QUANTITY ? 0 : seen->order->currency_decimals;
    struct decimal number;
    if (constant.kind == CEL_INT) {
        number = (struct decimal){constant.integer, 0};
    } else if (constant.kind == CEL_DECIMAL ||
               (constant.kind == CEL_MONEY && constant.extra == seen->currency)) {
        number = decimal_normalise(cel_decimal_of(constant));
    } else {
        return false;
    }
    int32_t beyond = number.scale - decimals;
    enum status status =
        beyond <= 0 ? amount_multiply(number.coefficient, power_of_ten(-beyond), wanted)
                    : amount_multiply_divide(number.coefficient, 1, power_of_ten(beyond),
                                             is_above ? ROUNDING_DOWN : ROUNDING_UP, wanted);
    if (status == STATUS_OK && is_above) status = amount_increase(wanted, 1);
    return status == STATUS_OK;
}

/* One comparison: `order.X >= constant`, or `constant <= order.X`. */
static void look_at_comparison(struct evaluating *evaluating, const struct cel_node *node,
                               struct lacking *lacking)
{
    bool is_above = text_equal(node->call.function, TEXT("_>_"));
    bool is_below = text_equal(node->call.function, TEXT("_<_"));
    bool is_right = is_above || text_equal(node->call.function, TEXT("_>=_"));
    bool is_left = is_below || text_equal(node->call.function, TEXT("_<=_"));
    if (!is_right && !is_left) return;
    const struct cel_node *amount = node->call.arguments[is_right ? 0 : 1];
    const struct cel_node *constant = node->call.arguments[is_right ? 1 : 0];
    enum order_amount which;
    int64_t wanted;
    int64_t has;
    int64_t missing;
    if (!is_amount(amount, &which) || !constant->is_constant) return;
    if (!wanted_amount(&evaluating->order, constant->constant, which, is_above || is_below,
                       &wanted) ||
        evaluation_amount(evaluating, which, &has) != STATUS_OK ||
        amount_subtract(wanted, has, &missing) != STATUS_OK || missing <= lacking->missing) {
        return;
    }
    *lacking = (struct lacking){which, missing};
}

/* The parser makes `&&` a balanced tree, and no tree is deeper than CEL_DEPTH_MAXIMUM. */
static void look_at(struct evaluating *evaluating, const struct cel_node *node,
                    struct lacking *lacking)
{
    if (node->kind != CEL_NODE_CALL || node->call.target != NULL ||
        node->call.argument_count != 2) {
        return;
    }
    if (text_equal(node->call.function, TEXT("_&&_"))) {
        look_at(evaluating, node->call.arguments[0], lacking);
        look_at(evaluating, node->call.arguments[1], lacking);
    } else {
        look_at_comparison(evaluating, node, lacking);
    }
}

bool evaluation_lacks(const struct working *working, const struct cel_expression *expression,
                      struct lacking *lacking)
{
    struct evaluating *evaluating = working->evaluating;
    *lacking = (struct lacking){AMOUNT_ELIGIBLE, 0};
    if (evaluating == NULL || evaluating->order.order == NULL) return false;
    look_at(evaluating, cel_expression_root(expression), lacking);
    return lacking->missing > 0;
}
