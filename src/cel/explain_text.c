/* Explanations as text: parts of the expression, values, and what a part's operands were. */
#include "cel/explain.h"

#define VALUE_MAXIMUM_BYTES 100
#define NODE_MAXIMUM_BYTES 300
#define OPERANDS_MAXIMUM 8

static void put(struct cel_explainer *explainer, struct text text)
{
    if (explainer->status == STATUS_OK) explainer->status = buffer_add(explainer->out, text);
}

void cel_explain_text(struct cel_explainer *explainer, const char *text)
{
    put(explainer, text_of(text));
}

/* Ends a text that is too long between two characters, with "...". */
static struct text shortened(struct text text, size_t maximum)
{
    if (text.length <= maximum) return text;
    text.length = maximum;
    while (text.length > 0 && ((unsigned char)text.bytes[text.length] & 0xC0) == 0x80)
        text.length--;
    return text;
}

void cel_explain_node(struct cel_explainer *explainer, const struct cel_node *node)
{
    if (explainer->status != STATUS_OK) return;
    struct buffer text;
    buffer_init(&text, CEL_SOURCE_MAXIMUM_BYTES * 2);
    explainer->status = cel_node_print(node, &text);
    struct text whole = buffer_text(&text);
    struct text told = shortened(whole, NODE_MAXIMUM_BYTES);
    put(explainer, told);
    if (told.length < whole.length) cel_explain_text(explainer, "...");
    buffer_release(&text);
}

/* What stands for an object that has no text of its own. */
static struct cel_value named_by(struct cel_explainer *explainer, struct cel_value object)
{
    static const struct text names[] = {TEXT_INITIALISER("level"), TEXT_INITIALISER("id"),
                                        TEXT_INITIALISER("name")};
    struct cel_evaluation *evaluation = &explainer->evaluation;
    if (evaluation->host == NULL || evaluation->host->field == NULL) return object;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct cel_declared_field *field =
            cel_find_field(evaluation->environment, object.tag, names[i]);
        if (field == NULL) continue;
        struct cel_value value = evaluation->host->field(evaluation, object, field->field_id);
        if (value.kind == CEL_STRING) return value;
    }
    return object;
}

static void put_amount(struct cel_explainer *explainer, struct cel_value amount)
{
    char out[AMOUNT_TEXT_MAXIMUM];
    put(explainer, amount_format(amount.integer, amount.scale, out));
}

void cel_explain_value(struct cel_explainer *explainer, struct cel_value value)
{
    if (explainer->status != STATUS_OK) return;
    if (value.kind == CEL_OBJECT) value = named_by(explainer, value);
    if (value.kind == CEL_DECIMAL) {
        put_amount(explainer, value);
        return;
    }
    explainer->status = cel_value_print(explainer->evaluation.environment, value,
                                        VALUE_MAXIMUM_BYTES, explainer->out);
}

static const char *sign_of(const struct cel_node *node)
{
    static const struct {
        const char *function;
        const char *sign;
    } signs[] = {{"_==_", " == "}, {"_!=_", " != "}, {"_<_", " < "},
                 {"_<=_", " <= "}, {"_>_", " > "},   {"_>=_", " >= "}};
    if (node->kind != CEL_NODE_CALL || node->call.target != NULL || node->call.argument_count != 2)
        return NULL;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (text_equal(node->call.function, text_of(signs[i].function))) return signs[i].sign;
    return NULL;
}

/* One side of a comparison: a constant as it was written; money beside a plain number, or beside
 * money of its own currency, without its currency. */
static void put_side(struct cel_explainer *explainer, const struct cel_node *node,
                     struct cel_value value, struct cel_value other)
{
    if (node->is_constant) {
        cel_explain_node(explainer, node);
        return;
    }
    bool is_other_currency = other.kind == CEL_MONEY && other.extra != value.extra;
    if (value.kind == CEL_MONEY && !is_other_currency)
        put_amount(explainer, value);
    else
        cel_explain_value(explainer, value);
}

static bool put_comparison(struct cel_explainer *explainer, const struct cel_node *node,
                           const char *sign)
{
    const struct cel_node *left = node->call.arguments[0];
    const struct cel_node *right = node->call.arguments[1];
    struct cel_value a = cel_explainer_value(explainer, left);
    struct cel_value b = cel_explainer_value(explainer, right);
    cel_explain_text(explainer, ": ");
    put_side(explainer, left, a, b);
    cel_explain_text(explainer, sign);
    put_side(explainer, right, b, a);
    return true;
}

/* "target is 'a', argument is 2"; constants speak for themselves. */
static bool put_arguments(struct cel_explainer *explainer, const struct cel_node *node)
{
    uint32_t count = node->call.argument_count;
    uint32_t told = 0;
    for (uint32_t i = 0; i < count + 1 && told < OPERANDS_MAXIMUM; i++) {
        const struct cel_node *argument = i == 0 ? node->call.target : node->call.arguments[i - 1];
        if (argument == NULL || argument->is_constant) continue;
        struct cel_value value = cel_explainer_value(explainer, argument);
        cel_explain_text(explainer, told++ == 0 ? ": " : ", ");
        cel_explain_node(explainer, argument);
        cel_explain_text(explainer, " is ");
        cel_explain_value(explainer, value);
    }
    return told > 0;
}

/* "true of all 3" is in the text of a comprehension that is true; nothing is added. */
bool cel_explain_operands(struct cel_explainer *explainer, const struct cel_node *node,
                          bool is_true)
{
    if (node->kind != CEL_NODE_CALL || node->is_constant) return false;
    const char *sign = sign_of(node);
    if (sign == NULL) {
        /* An index is no call to a reader: flags['x'] is false. */
        bool is_index = text_equal(node->call.function, TEXT("_[_]"));
        return !is_index && put_arguments(explainer, node);
    }
    bool is_equality = text_equal(node->call.function, TEXT("_==_"));
    if (is_true && is_equality) return false;
    return put_comparison(explainer, node, sign);
}
