/* What a rule earns: a fixed number of points, points for money or items, or by a calculator.
 *
 *   1 point per [whole] 1.00 USD [of BASE] [, rounded down|up|half up|half even]
 *   5 points per [2] item(s)     [of BASE] [, rounded ...]
 *   100 points                             [, rounded ...]
 *   calculator ID                          [, rounded ...]
 *
 * Where a number of points or a BASE stands, an expression in parentheses may: "(event.rating * 2)
 * points", "1 point per 1.00 USD of (order.total - order.tax)". What it comes to is known when it
 * happens.
 *
 * A rate is exact: points in their smallest unit over money in minor units, scaled up together when
 * the points have more decimals than their wallet ("1.25 points per 1.00 USD" is 125 over 10000).
 */
#include "program/compile_earn.h"

#include <stdlib.h>

#include "program/phrase.h"

#define EARN_TEXT "\"1 point per 1.00 USD of order.eligible, rounded down\""
#define BASE_TEXT "order.eligible, order.subtotal, item.eligible or item.subtotal"

static bool read_base(struct phrase *phrase, struct earning *earning)
{
    static const struct {
        const char *text;
        enum measure measure;
        bool each_item;
    } bases[] = {
        {"order.eligible", MEASURE_ELIGIBLE, false}, {"item.eligible", MEASURE_ELIGIBLE, true},
        {"order.subtotal", MEASURE_SUBTOTAL, false}, {"item.subtotal", MEASURE_SUBTOTAL, true},
        {"order.quantity", MEASURE_QUANTITY, false}, {"item.quantity", MEASURE_QUANTITY, true},
    };
    bool is_money = earning->rate.currency != PROGRAM_NONE;
    if (!phrase_take(phrase, "of")) return !phrase->has_failed;
    if (phrase_expression(phrase, &earning->base.text, &earning->base.offset)) {
        earning->base.scalar = phrase->node;
        return true;
    }
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        if ((bases[i].measure != MEASURE_QUANTITY) != is_money) continue;
        if (!phrase_take(phrase, bases[i].text)) continue;
        earning->measure = bases[i].measure;
        earning->each_item = bases[i].each_item;
        return true;
    }
    return phrase_fail(phrase, "points cannot be counted of \"%.*s\"; write %s",
                       SHOWN(phrase->compiler, phrase_peek(phrase)),
                       is_money ? BASE_TEXT : "order.quantity or item.quantity");
}

/* points / per, with the points in the wallet's smallest unit. */
static bool scale_rate(struct phrase *phrase, struct decimal points, size_t points_at,
                       struct earning *earning)
{
    const struct wallet *wallet = &phrase->compiler->program->wallets[earning->wallet];
    struct decimal exact = decimal_normalise(points);
    int32_t more = exact.scale - wallet->decimals;
    if (more <= 0 || earning->per_whole) {
        phrase->number_at = points_at;
        return phrase_fit(phrase, points, wallet->decimals, wallet->id, &earning->rate.points);
    }
    earning->rate.points = exact.coefficient;
    if (amount_multiply(earning->rate.per, power_of_ten(more), &earning->rate.per) == STATUS_OK)
        return true;
    return phrase_fail(phrase, "this rate is too exact; use fewer decimals");
}

static bool read_per(struct phrase *phrase, struct earning *earning)
{
    struct decimal number = {1, 0};
    earning->per_whole = phrase_take(phrase, "whole");
    struct text next = phrase_peek(phrase);
    bool has_number = next.length > 0 && (next.bytes[0] < 'a' || next.bytes[0] > 'z') &&
                      (next.bytes[0] < 'A' || next.bytes[0] > 'Z');
    if (has_number && !phrase_number(phrase, &number)) return false;
    if (phrase_take_noun(phrase, "item")) {
        earning->rate.currency = PROGRAM_NONE;
        earning->measure = MEASURE_QUANTITY;
        if (!phrase_fit(phrase, number, 0, TEXT("a number of items"), &earning->rate.per))
            return false;
    } else {
        if (!has_number)
            return phrase_fail(phrase,
                               "after \"per\" comes an amount of money or \"item\", such as "
                               "\"per 1.00 %.*s\"",
                               TEXT_ARGUMENTS(earn_currency(phrase->compiler)));
        if (!phrase_currency(phrase, &earning->rate.currency)) return false;
        const struct currency *of = &phrase->compiler->program->currencies[earning->rate.currency];
        if (!phrase_fit(phrase, number, of->decimals, of->code, &earning->rate.per)) return false;
    }
    if (earning->rate.per > 0) return true;
    phrase->at = phrase->number_at;
    return phrase_fail(phrase, "points per 0 cannot be counted; write an amount above 0");
}

struct text earn_currency(const struct compiler *compiler)
{
    const struct program *program = compiler->program;
    return program->currency_count == 0 ? TEXT("USD") : program->currencies[0].code;
}

static bool read_points(struct phrase *phrase, struct earning *earning)
{
    struct decimal points = {1, 0};
    if (phrase_expression(phrase, &earning->points.text, &earning->points.offset))
        earning->points.scalar = phrase->node;
    else if (!phrase_number(phrase, &points))
        return false;
    size_t points_at = phrase->number_at;
    if (!phrase_wallet(phrase, &earning->wallet)) return false;
    const struct wallet *wallet = &phrase->compiler->program->wallets[earning->wallet];
    if (phrase_take(phrase, "per")) {
        earning->kind = EARN_RATE;
        earning->measure = MEASURE_ELIGIBLE;
        return read_per(phrase, earning) && scale_rate(phrase, points, points_at, earning) &&
               read_base(phrase, earning);
    }
    earning->kind = EARN_FIXED;
    earning->measure = MEASURE_EVENTS;
    return phrase_fit(phrase, points, wallet->decimals, wallet->id, &earning->rate.points);
}

static bool read_calculator(struct phrase *phrase, struct earning *earning)
{
    const struct program *program = phrase->compiler->program;
    struct text id = phrase_peek(phrase);
    earning->calculator = find_calculator(program, id);
    if (earning->calculator == PROGRAM_NONE)
        return phrase_fail(phrase, "there is no calculator \"%.*s\"; add it under \"calculators\"",
                           SHOWN(phrase->compiler, id));
    (void)phrase_word(phrase);
    earning->kind = EARN_CALCULATOR;
    earning->wallet = program->calculators[earning->calculator].wallet;
    earning->measure = MEASURE_ELIGIBLE;
    return true;
}

bool read_earning(struct compiler *compiler, const struct node *scalar, struct earning *earning)
{
    struct phrase phrase = phrase_of(compiler, scalar);
    *earning = (struct earning){.rounding = ROUNDING_DOWN, .calculator = PROGRAM_NONE};
    earning->rate.currency = PROGRAM_NONE;
    bool is_read = phrase_take(&phrase, "calculator") ? read_calculator(&phrase, earning)
                                                      : read_points(&phrase, earning);
    if (!is_read || !phrase_rounding(&phrase, &earning->rounding)) return false;
    if (!phrase_end(&phrase, EARN_TEXT)) return false;
    if (earning->kind == EARN_CALCULATOR || earning->rate.points > 0) return true;
    phrase.at = 0;
    return phrase_fail(&phrase, "this earns nothing; write a number above 0");
}

/* A calculator's rate: money only, one wallet and currency, nothing said but the rate. */
static bool read_row(struct compiler *compiler, const struct node *scalar, bool is_first,
                     struct calculator *calculator, struct rate *rate)
{
    struct phrase phrase = phrase_of(compiler, scalar);
    struct earning earning = {.rate = {.currency = PROGRAM_NONE}};
    const char *right = "a rate such as \"2 points per 1.00 USD\"";
    if (!read_points(&phrase, &earning) || !phrase_end(&phrase, right)) return false;
    phrase.at = 0;
    if (earning.points.scalar != NULL || earning.base.scalar != NULL)
        return phrase_fail(&phrase,
                           "a calculator's rates are plain numbers; write the expression in "
                           "a rule of its own");
    if (earning.kind != EARN_RATE || earning.rate.currency == PROGRAM_NONE || earning.per_whole)
        return phrase_fail(&phrase,
                           "a calculator takes rates for money, such as \"2 points per 1.00 "
                           "%.*s\"",
                           TEXT_ARGUMENTS(earn_currency(compiler)));
    if (earning.measure != MEASURE_ELIGIBLE)
        return phrase_fail(&phrase, "a calculator counts what is eligible of each item; leave \"of "
                                    "...\" out");
    if (!is_first &&
        (earning.wallet != calculator->wallet || earning.rate.currency != calculator->currency))
        return phrase_fail(&phrase, "all rates of a calculator are in one wallet and one currency; "
                                    "write a second calculator");
    calculator->wallet = earning.wallet;
    calculator->currency = earning.rate.currency;
    *rate = earning.rate;
    return true;
}

static int64_t greatest_common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Brings `points` over `*per` and `*sum_per` to their least common denominator. */
static enum status widen(int64_t *common_per, int64_t per)
{
    return amount_multiply_divide(*common_per, per, greatest_common_divisor(*common_per, per),
                                  ROUNDING_DOWN, common_per);
}

static enum status widen_rows(struct calculator *calculator, const struct rate *rates,
                              uint32_t count, struct rate otherwise)
{
    calculator->per = otherwise.per;
    for (uint32_t i = 0; i < count; i++)
        TRY(widen(&calculator->per, rates[i].per));
    for (uint32_t i = 0; i < count; i++)
        TRY(amount_multiply_divide(calculator->per, rates[i].points, rates[i].per, ROUNDING_DOWN,
                                   &calculator->rows[i].points));
    return amount_multiply_divide(calculator->per, otherwise.points, otherwise.per, ROUNDING_DOWN,
                                  &calculator->otherwise);
}

static int by_key(const void *a, const void *b)
{
    return text_compare(((const struct calculator_row *)a)->key,
                        ((const struct calculator_row *)b)->key);
}

static void compile_calculator(struct compiler *compiler, const struct entry *entry,
                               struct calculator *calculator)
{
    const struct node *map = &entry->value;
    const struct node *table = tree_map(map, "rates");
    const struct node *scalar = tree_scalar(map, "otherwise");
    struct rate otherwise = {.currency = PROGRAM_NONE, .points = 0, .per = 1};
    calculator->id = entry->key;
    calculator->symbol =
        compile_symbol(compiler, entry->position, "calculator/%.*s", TEXT_ARGUMENTS(entry->key));
    calculator->by =
        (enum calculator_by)compile_choice(map, "by", "category|sku|type", CALCULATOR_BY_CATEGORY);
    uint32_t count = table == NULL ? 0 : table->count;
    struct rate *rates = COMPILE_ARRAY(compiler, struct rate, count);
    calculator->rows = COMPILE_ARRAY(compiler, struct calculator_row, count);
    if (count > 0 && (rates == NULL || calculator->rows == NULL)) return;
    bool is_first = true;
    for (const struct entry *row = count == 0 ? NULL : table->first; row != NULL; row = row->next) {
        struct rate *rate = &rates[calculator->row_count];
        if (row->value.kind != NODE_SCALAR || row->value.is_null) continue;
        if (!read_row(compiler, &row->value, is_first, calculator, rate)) continue;
        is_first = false;
        calculator->rows[calculator->row_count++].key = row->key;
    }
    if (scalar != NULL && !read_row(compiler, scalar, is_first, calculator, &otherwise)) return;
    if (widen_rows(calculator, rates, calculator->row_count, otherwise) != STATUS_OK)
        complain(compiler, entry->position,
                 "the rates of calculator \"%.*s\" have no common "
                 "denominator that fits; use rounder numbers",
                 SHOWN(compiler, entry->key));
    if (calculator->row_count > 1)
        qsort(calculator->rows, calculator->row_count, sizeof(struct calculator_row), by_key);
}

void compile_calculators(struct compiler *compiler)
{
    struct program *program = compiler->program;
    uint32_t count = compile_count(compiler, "calculators", PROGRAM_RULE_MAXIMUM);
    program->calculators = COMPILE_ARRAY(compiler, struct calculator, count);
    if (program->calculators == NULL) return;
    const struct node *map = tree_map(compiler->root, "calculators");
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next)
        compile_calculator(compiler, entry, &program->calculators[program->calculator_count++]);
}
