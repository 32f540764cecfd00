/* Counters: what is summed or counted for each member, and over which window.
 *
 * Their conditions can name levels, and tier sets name counters; so the counters are compiled first
 * without conditions, then the tier sets, then the conditions.
 */
#include "program/compile.h"
#include "program/compile_expression.h"
#include "program/phrase.h"

#define SUM_TEXT                                                                                   \
    "order.eligible, order.subtotal, order.quantity, item.eligible, item.subtotal, item.quantity " \
    "or earned.WALLET"

static void compile_earned(struct compiler *compiler, const struct node *scalar, struct text wallet,
                           struct counter *counter)
{
    uint32_t found = program_find_wallet(compiler->program, wallet);
    counter->measure = MEASURE_EARNED;
    counter->wallet = found;
    if (found != PROGRAM_NONE) return;
    struct text right =
        compiler->program->wallet_count == 0 ? TEXT("points") : compiler->program->wallets[0].id;
    complain(compiler, tree_place(scalar, 7),
             "there is no wallet \"%.*s\"; write one such as \"earned.%.*s\"",
             SHOWN(compiler, wallet), SHOWN(compiler, right));
    counter->wallet = 0;
}

/* An expression's sum is a whole number, or money in the counter's currency. */
static void compile_sum_expression(struct compiler *compiler, const struct node *scalar,
                                   struct occasion_scope scope, struct counter *counter)
{
    struct expression_text source = whole_expression(scalar);
    if (scope.on == TRIGGER_PURCHASE) scope.scope = SCOPE_ITEM;
    counter->measure = MEASURE_EXPRESSION;
    counter->sum = compile_expression(compiler, source, scope, "");
    if (counter->sum == NULL) return;
    counter->each_item |= scope.scope == SCOPE_ITEM && cel_expression_uses(counter->sum, SLOT_ITEM);
    enum cel_type_kind kind = cel_expression_type(counter->sum)->kind;
    if (kind != CEL_TYPE_INT && kind != CEL_TYPE_MONEY)
        complain_of_expression(compiler, source,
                               "a counter sums whole numbers or money; make it one with .floor(), "
                               "or sum " SUM_TEXT);
}

static void compile_sum(struct compiler *compiler, const struct node *scalar,
                        struct occasion_scope scope, struct counter *counter)
{
    static const struct {
        const char *text;
        enum measure measure;
    } sums[] = {{"eligible", MEASURE_ELIGIBLE},
                {"subtotal", MEASURE_SUBTOTAL},
                {"quantity", MEASURE_QUANTITY}};
    struct text what;
    struct text of = text_split(scalar->text, '.', &what);
    if (text_equal(of, TEXT("earned"))) {
        compile_earned(compiler, scalar, what, counter);
        return;
    }
    bool is_item = text_equal(of, TEXT("item"));
    for (size_t i = 0; scope.on == TRIGGER_PURCHASE && i < sizeof(sums) / sizeof(sums[0]); i++) {
        if (!text_equal(what, text_of(sums[i].text))) continue;
        if (!is_item && !text_equal(of, TEXT("order"))) break;
        counter->measure = sums[i].measure;
        counter->each_item |= is_item;
        return;
    }
    compile_sum_expression(compiler, scalar, scope, counter);
}

static bool is_money(const struct counter *counter)
{
    return counter->measure == MEASURE_ELIGIBLE || counter->measure == MEASURE_SUBTOTAL ||
           (counter->sum != NULL && cel_expression_type(counter->sum)->kind == CEL_TYPE_MONEY);
}

static void compile_counter_currency(struct compiler *compiler, const struct entry *entry,
                                     struct counter *counter)
{
    const struct program *program = compiler->program;
    const struct node *scalar = tree_scalar(&entry->value, "currency");
    counter->currency = is_money(counter) ? 0 : PROGRAM_NONE;
    if (scalar == NULL) {
        if (is_money(counter) && program->currency_count > 1)
            complain(compiler, entry->position,
                     "counter \"%.*s\" sums money and the programme has several currencies; add "
                     "\"currency: %.*s\"",
                     SHOWN(compiler, entry->key), TEXT_ARGUMENTS(program->currencies[0].code));
        return;
    }
    if (!is_money(counter)) {
        complain(compiler, scalar->position,
                 "counter \"%.*s\" does not sum money; leave \"currency\" out",
                 SHOWN(compiler, entry->key));
        return;
    }
    struct phrase phrase = phrase_of(compiler, scalar);
    if (phrase_currency(&phrase, &counter->currency)) (void)phrase_end(&phrase, "one currency");
}

static void compile_counter(struct compiler *compiler, const struct entry *entry,
                            struct counter *counter)
{
    const struct node *map = &entry->value;
    counter->id = entry->key;
    counter->symbol =
        compile_symbol(compiler, entry->position, "counter/%.*s", TEXT_ARGUMENTS(entry->key));
    struct occasion_scope scope;
    compile_trigger(compiler, map, &scope);
    counter->on = scope.on;
    counter->event = scope.event;
    counter->each_item = compile_choice(map, "each", "order|item", 0) == 1;
    counter->measure = MEASURE_EVENTS;
    counter->wallet = PROGRAM_NONE;
    counter->window = (struct window){.kind = WINDOW_LIFETIME};
    const struct node *sum = tree_scalar(map, "sum");
    if (sum != NULL) compile_sum(compiler, sum, scope, counter);
    compile_counter_currency(compiler, entry, counter);
    const struct node *window = tree_scalar(map, "window");
    if (window != NULL) {
        struct phrase phrase = phrase_of(compiler, window);
        if (phrase_window(&phrase, false, &counter->window))
            (void)phrase_end(&phrase, "a window such as \"calendar year\" or \"365 days\"");
    }
    if (counter->on == TRIGGER_JOIN && counter->measure != MEASURE_EARNED)
        complain(compiler, tree_scalar(map, "on")->position,
                 "joining has no order to be counted; write \"on: purchase\"");
    const struct node *count = tree_scalar(map, "count");
    bool is_known = count != NULL && (text_equal(count->text, TEXT("purchases")) ||
                                      text_equal(count->text, TEXT("events")));
    if (is_known && text_equal(count->text, TEXT("purchases")) != (counter->on == TRIGGER_PURCHASE))
        complain(compiler, count->position,
                 counter->on == TRIGGER_PURCHASE
                     ? "what is looked at are purchases; write \"count: purchases\""
                     : "what is looked at are no purchases; write \"count: events\"");
    const struct entry *each = tree_entry(map, "each");
    if (each != NULL && counter->each_item &&
        (counter->measure == MEASURE_EARNED || counter->measure == MEASURE_EVENTS))
        complain(compiler, each->position,
                 "only sums of an order's amount or quantity can be taken line by line; leave "
                 "\"each\" out, or sum item.eligible, item.subtotal or item.quantity");
}

void compile_counters(struct compiler *compiler)
{
    struct program *program = compiler->program;
    uint32_t count = compile_count(compiler, "counters", PROGRAM_COUNTER_MAXIMUM);
    program->counters = COMPILE_ARRAY(compiler, struct counter, count);
    if (program->counters == NULL) return;
    const struct node *map = tree_map(compiler->root, "counters");
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next)
        compile_counter(compiler, entry, &program->counters[program->counter_count++]);
}

void compile_counter_conditions(struct compiler *compiler)
{
    struct program *program = compiler->program;
    const struct node *map = tree_map(compiler->root, "counters");
    if (map == NULL || program->counter_count == 0) return;
    uint32_t index = 0;
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next) {
        struct counter *counter = &program->counters[index++];
        compile_condition(compiler, tree_map(&entry->value, "if"), counter->on == TRIGGER_PURCHASE,
                          &counter->condition);
        const struct occasion_scope scope = {SCOPE_EVENT, counter->on, counter->event};
        compile_when(compiler, &entry->value, scope, &counter->condition);
    }
}
