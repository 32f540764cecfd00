/* Figures: from totals to tables.
 *
 * Must never compute on doubles, and never show a figure that it cannot know: such a cell is none.
 * Method: a table's rows are added one after the other; cells come from one function a row, called
 * for each programme (table_count, table_amount, ...). Percentages are in tenths, rounded half up.
 */
#include "backtest/report_figures.h"
#include "backtest/report_difference.h"
#include "backtest/report_value.h"

static struct figure count_figure(uint64_t count)
{
    int64_t value = count > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)count;
    return (struct figure){FIGURE_COUNT, value, 0};
}

static struct figure amount_figure(int64_t amount, int32_t decimals)
{
    return (struct figure){FIGURE_AMOUNT, amount, decimals};
}

/* A share of a whole, in tenths of a percent. */
static struct figure share_figure(struct sheet *sheet, int64_t part, int64_t whole)
{
    if (whole <= 0) return (struct figure){0};
    return (struct figure){FIGURE_PERCENT, sheet_share(sheet, part, 1000, whole), 1};
}

/* Money as percent of sales after returns, in hundredths: programmes cost a few percent. */
static struct figure sales_percent_figure(struct sheet *sheet, const struct totals *totals,
                                          int64_t money)
{
    int64_t sales = sales_after_returns(sheet, totals);
    if (sales <= 0) return (struct figure){0};
    return (struct figure){FIGURE_PERCENT, sheet_share(sheet, money, 10000, sales), 2};
}

static struct figure money_figure(const struct totals *totals, int64_t amount)
{
    return amount_figure(amount, sales_currency(totals)->decimals);
}

/* The letter that stands for a programme in the heads of columns, and its title. */
static struct text program_head(struct sheet *sheet, const struct comparison *comparison,
                                uint32_t index)
{
    const struct program *program = comparison->totals[index]->program;
    struct text title = text_is_empty(program->title) ? program->id : program->title;
    if (comparison->count == 1) return title;
    if (index < 26) return sheet_keep(sheet, "%c %.*s", 'A' + (int)index, TEXT_ARGUMENTS(title));
    return sheet_keep(sheet, "P%u %.*s", index + 1, TEXT_ARGUMENTS(title));
}

static void table_init(struct sheet *sheet, struct figure_table *table, struct text title,
                       uint32_t columns, uint32_t rows)
{
    *table = (struct figure_table){.title = title, .column_count = columns};
    table->heads = sheet_new_array(sheet, struct text, columns);
    table->rows = sheet_new_array(sheet, struct figure_row, rows);
    table->row_capacity = rows;
    if (sheet->status != STATUS_OK) table->row_capacity = 0;
}

static void table_init_side_by_side(struct sheet *sheet, struct figure_table *table,
                                    struct text title, const struct comparison *comparison,
                                    uint32_t rows)
{
    table_init(sheet, table, title, comparison->count, rows);
    table->is_side_by_side = true;
    for (uint32_t p = 0; p < comparison->count && sheet->status == STATUS_OK; p++)
        table->heads[p] = program_head(sheet, comparison, p);
}

/* A new row of cells that are none; NULL after a failure. */
static struct figure *table_row(struct sheet *sheet, struct figure_table *table, struct text label,
                                enum row_weight weight)
{
    struct figure *cells = sheet_new_array(sheet, struct figure, table->column_count);
    if (cells == NULL || table->row_capacity == 0) return NULL;
    ASSERT(table->row_count < table->row_capacity);
    table->rows[table->row_count++] =
        (struct figure_row){.label = label, .weight = weight, .cells = cells};
    return cells;
}

/* What a row shows of one programme. */
typedef struct figure (*figure_of)(struct sheet *sheet, const struct totals *totals);

struct row_description {
    const char *label; /* %s is the currency of the orders */
    enum row_weight weight;
    figure_of figure;
};

static void table_describe(struct sheet *sheet, const struct comparison *comparison,
                           struct figure_table *table, const struct row_description *rows,
                           size_t count)
{
    struct text code = sales_currency(comparison->totals[0])->code;
    for (size_t k = 0; k < count; k++) {
        struct text label = text_of(rows[k].label);
        if (text_ends_with(label, TEXT(", money")))
            label = sheet_keep(sheet, "%.*s, %.*s", (int)(label.length - 7), label.bytes,
                               TEXT_ARGUMENTS(code));
        struct figure *cells = table_row(sheet, table, label, rows[k].weight);
        for (uint32_t p = 0; cells != NULL && p < comparison->count; p++)
            cells[p] = rows[k].figure(sheet, comparison->totals[p]);
    }
}

/* ---- What the file holds ---- */

#define COUNT_FIGURE(name, field)                                                                  \
    static struct figure name(struct sheet *sheet, const struct totals *totals)                    \
    {                                                                                              \
        (void)sheet;                                                                               \
        return count_figure(totals->field);                                                        \
    }
#define MONEY_FIGURE(name, field)                                                                  \
    static struct figure name(struct sheet *sheet, const struct totals *totals)                    \
    {                                                                                              \
        (void)sheet;                                                                               \
        return money_figure(totals, totals->field);                                                \
    }

COUNT_FIGURE(figure_members, member_count)
COUNT_FIGURE(figure_orders, orders)
COUNT_FIGURE(figure_anonymous_orders, anonymous_orders)
COUNT_FIGURE(figure_return_orders, return_orders)
COUNT_FIGURE(figure_units_matched, units_matched)
COUNT_FIGURE(figure_units_unmatched, units_unmatched)
COUNT_FIGURE(figure_lines, lines_total)
COUNT_FIGURE(figure_lines_anonymous, lines_anonymous)
COUNT_FIGURE(figure_lines_unreadable, lines_unreadable)
MONEY_FIGURE(figure_sales, eligible_sales)
MONEY_FIGURE(figure_returned, returned_sales)
MONEY_FIGURE(figure_anonymous_sales, anonymous_sales)

static struct figure figure_sales_left(struct sheet *sheet, const struct totals *totals)
{
    return money_figure(totals, sales_after_returns(sheet, totals));
}

static struct figure figure_anonymous_share(struct sheet *sheet, const struct totals *totals)
{
    int64_t all = sheet_sum(sheet, totals->eligible_sales, totals->anonymous_sales);
    return share_figure(sheet, totals->anonymous_sales, all);
}

static const struct row_description orders_rows[] = {
    {"Members", ROW_PLAIN, figure_members},
    {"Orders of members", ROW_PLAIN, figure_orders},
    {"Sales to members, money", ROW_PLAIN, figure_sales},
    {"Returned, money", ROW_PLAIN, figure_returned},
    {"Sales after returns, money", ROW_TOTAL, figure_sales_left},
    {"Orders without a customer", ROW_PLAIN, figure_anonymous_orders},
    {"Their sales, earning nothing, money", ROW_PLAIN, figure_anonymous_sales},
    {"Their share of all sales", ROW_PART, figure_anonymous_share},
    {"Return orders", ROW_PLAIN, figure_return_orders},
    {"Units matched to a purchase", ROW_PART, figure_units_matched},
    {"Units matching no purchase", ROW_PART, figure_units_unmatched},
    {"Lines in the file", ROW_PLAIN, figure_lines},
    {"Lines without a customer", ROW_PART, figure_lines_anonymous},
    {"Lines that cannot be read", ROW_PART, figure_lines_unreadable},
};

/* ---- What it costs ---- */

static struct figure cost_figure(const struct totals *totals, bool is_known, int64_t amount)
{
    return is_known ? money_figure(totals, amount) : (struct figure){0};
}

#define COST_FIGURE(name, field)                                                                   \
    static struct figure name(struct sheet *sheet, const struct totals *totals)                    \
    {                                                                                              \
        struct cost cost = cost_of(sheet, totals);                                                 \
        return cost_figure(totals, cost.is_known, cost.field);                                     \
    }

COST_FIGURE(figure_cost_kept, kept)
COST_FIGURE(figure_cost_expired, expired)
COST_FIGURE(figure_cost_redeemed, redeemed)
COST_FIGURE(figure_cost_pending, pending)
COST_FIGURE(figure_cost_outstanding, outstanding)
COST_FIGURE(figure_cost_total, total)

static struct figure figure_cost_percent(struct sheet *sheet, const struct totals *totals)
{
    struct cost cost = cost_of(sheet, totals);
    if (!cost.is_known) return (struct figure){0};
    return sales_percent_figure(sheet, totals, cost.total);
}

static struct figure figure_cost_rewards(struct sheet *sheet, const struct totals *totals)
{
    struct cost cost = cost_of(sheet, totals);
    return cost_figure(totals, cost.rewards_are_known && totals->program->reward_count > 0,
                       cost.rewards);
}

static const struct row_description cost_rows[] = {
    {"Issued less taken back, money", ROW_PLAIN, figure_cost_kept},
    {"Expired: never to be paid, money", ROW_PLAIN, figure_cost_expired},
    {"Cost of the programme, money", ROW_TOTAL, figure_cost_total},
    {"redeemed, money", ROW_PART, figure_cost_redeemed},
    {"outstanding (liability), money", ROW_PART, figure_cost_outstanding},
    {"pending, money", ROW_PART, figure_cost_pending},
    {"Cost, % of sales", ROW_TOTAL, figure_cost_percent},
    {"Rewards given, at own cost, money", ROW_PLAIN, figure_cost_rewards},
};

#define ROWS(list) (list), sizeof(list) / sizeof *(list)

static void make_orders_and_cost(struct sheet *sheet, const struct comparison *comparison,
                                 struct figure_tables *tables)
{
    table_init_side_by_side(sheet, &tables->orders, TEXT("Orders"), comparison, 14);
    table_describe(sheet, comparison, &tables->orders, ROWS(orders_rows));
    table_init_side_by_side(sheet, &tables->cost, TEXT("Cost"), comparison, 8);
    table_describe(sheet, comparison, &tables->cost, ROWS(cost_rows));
}

/* ---- Wallets ---- */

struct wallet_row {
    const char *label;
    enum row_weight weight;
    size_t offset; /* in struct wallet_totals */
    bool is_shown_if_zero;
};

#define WALLET_ROW(label, weight, field, always)                                                   \
    {                                                                                              \
        label, weight, offsetof(struct wallet_totals, field), always                               \
    }

static const struct wallet_row wallet_rows[] = {
    WALLET_ROW("Issued", ROW_PLAIN, issued, true),
    WALLET_ROW("Taken back on returns", ROW_PLAIN, taken_back, true),
    WALLET_ROW("Redeemed", ROW_PLAIN, redeemed, true),
    WALLET_ROW("Expired", ROW_PLAIN, expired, true),
    WALLET_ROW("Adjusted", ROW_PLAIN, adjusted, false),
    WALLET_ROW("Pending", ROW_PLAIN, pending, true),
    WALLET_ROW("Outstanding", ROW_TOTAL, outstanding, true),
    WALLET_ROW("available", ROW_PART, available, false),
    WALLET_ROW("held", ROW_PART, held, false),
    WALLET_ROW("debt, subtracted", ROW_PART, debt, false),
    WALLET_ROW("Shortfall of returns", ROW_PLAIN, shortfall, true),
};

static int64_t wallet_amount(const struct totals *totals, uint32_t wallet,
                             const struct wallet_row *row)
{
    int64_t amount;
    memcpy(&amount, (const char *)&totals->wallets[wallet] + row->offset, sizeof amount);
    return amount;
}

/* "available" says nothing new when nothing is held or owed back. */
static bool wallet_row_is_shown(const struct comparison *comparison, const uint32_t *where,
                                const struct wallet_row *row)
{
    bool is_available = row->offset == offsetof(struct wallet_totals, available);
    for (uint32_t p = 0; p < comparison->count; p++) {
        if (where[p] == PROGRAM_NONE) continue;
        const struct wallet_totals *sums = &comparison->totals[p]->wallets[where[p]];
        bool has_parts = sums->held != 0 || sums->debt != 0;
        if (row->is_shown_if_zero || (is_available && has_parts)) return true;
        if (!is_available && wallet_amount(comparison->totals[p], where[p], row) != 0) return true;
    }
    return false;
}

static struct text wallet_table_title(struct sheet *sheet, const struct comparison *comparison,
                                      const uint32_t *where, struct text id)
{
    struct text points = id;
    for (uint32_t p = comparison->count; p > 0; p--)
        if (where[p - 1] != PROGRAM_NONE)
            points = wallet_points(&comparison->totals[p - 1]->program->wallets[where[p - 1]]);
    if (text_equal(points, id)) return sheet_keep(sheet, "Wallet: %.*s", TEXT_ARGUMENTS(id));
    return sheet_keep(sheet, "Wallet: %.*s (%.*s)", TEXT_ARGUMENTS(id), TEXT_ARGUMENTS(points));
}

/* One programme: points, their value, and that as percent of sales. */
static void wallet_cells_alone(struct sheet *sheet, const struct totals *totals, uint32_t wallet,
                               const struct wallet_row *row, uint32_t columns, struct figure *cells)
{
    int64_t amount = wallet_amount(totals, wallet, row);
    cells[0] = amount_figure(amount, totals->program->wallets[wallet].decimals);
    if (columns == 1) return;
    int64_t value = points_value(sheet, totals, wallet, amount);
    cells[1] = money_figure(totals, value);
    cells[2] = sales_percent_figure(sheet, totals, value);
}

static void make_wallet_alone(struct sheet *sheet, const struct comparison *comparison,
                              struct figure_table *table, const uint32_t *where, struct text title)
{
    const struct totals *totals = comparison->totals[0];
    uint32_t columns = wallet_has_value(totals, where[0]) ? 3 : 1;
    table_init(sheet, table, title, columns, sizeof wallet_rows / sizeof *wallet_rows);
    if (sheet->status != STATUS_OK) return;
    table->heads[0] = wallet_points(&totals->program->wallets[where[0]]);
    if (columns == 3) {
        table->heads[1] = sales_currency(totals)->code;
        table->heads[2] = TEXT("% of sales");
    }
    for (size_t k = 0; k < sizeof wallet_rows / sizeof *wallet_rows; k++) {
        const struct wallet_row *row = &wallet_rows[k];
        if (!wallet_row_is_shown(comparison, where, row)) continue;
        struct figure *cells = table_row(sheet, table, text_of(row->label), row->weight);
        if (cells != NULL) wallet_cells_alone(sheet, totals, where[0], row, columns, cells);
    }
}

static void make_wallet_side_by_side(struct sheet *sheet, const struct comparison *comparison,
                                     struct figure_table *table, const uint32_t *where,
                                     struct text title)
{
    table_init_side_by_side(sheet, table, title, comparison,
                            sizeof wallet_rows / sizeof *wallet_rows);
    for (size_t k = 0; k < sizeof wallet_rows / sizeof *wallet_rows; k++) {
        const struct wallet_row *row = &wallet_rows[k];
        if (!wallet_row_is_shown(comparison, where, row)) continue;
        struct figure *cells = table_row(sheet, table, text_of(row->label), row->weight);
        for (uint32_t p = 0; cells != NULL && p < comparison->count; p++) {
            if (where[p] == PROGRAM_NONE) continue;
            const struct totals *totals = comparison->totals[p];
            cells[p] = amount_figure(wallet_amount(totals, where[p], row),
                                     totals->program->wallets[where[p]].decimals);
        }
    }
}

static void make_wallets(struct sheet *sheet, const struct comparison *comparison,
                         struct figure_tables *tables)
{
    struct roll roll = roll_of_wallets(sheet, comparison);
    tables->wallets = sheet_new_array(sheet, struct figure_table, roll.count);
    for (uint32_t k = 0; k < roll.count && sheet->status == STATUS_OK; k++) {
        const uint32_t *where = &roll.index[(size_t)k * comparison->count];
        struct text title = wallet_table_title(sheet, comparison, where, roll.ids[k]);
        if (comparison->count == 1)
            make_wallet_alone(sheet, comparison, &tables->wallets[k], where, title);
        else
            make_wallet_side_by_side(sheet, comparison, &tables->wallets[k], where, title);
        tables->wallet_count = k + 1;
    }
}

/* ---- Rules ---- */

/* Ids alone would be ambiguous to a reader when a campaign's rule stands among loose ones. */
static struct text rule_label(struct sheet *sheet, const struct program *program, uint32_t index)
{
    const struct rule *rule = &program->rules[index];
    if (rule->campaign == PROGRAM_NONE) return rule->id;
    const struct campaign *campaign = &program->campaigns[rule->campaign];
    struct text title = text_is_empty(campaign->title) ? campaign->id : campaign->title;
    return sheet_keep(sheet, "%.*s (%.*s)", TEXT_ARGUMENTS(rule->id), TEXT_ARGUMENTS(title));
}

static struct figure rule_issued(const struct totals *totals, uint32_t rule)
{
    uint32_t wallet = totals->program->rules[rule].wallet;
    return amount_figure(totals->rules[rule].issued, totals->program->wallets[wallet].decimals);
}

static void make_rules_alone(struct sheet *sheet, const struct totals *totals,
                             struct figure_table *table)
{
    const struct program *program = totals->program;
    bool has_value = cost_of(sheet, totals).is_known;
    table_init(sheet, table, TEXT("Rules"), has_value ? 4 : 3, program->rule_count);
    if (sheet->status != STATUS_OK) return;
    table->heads[0] = TEXT("times fired");
    table->heads[1] =
        program->wallet_count == 1 ? wallet_points(&program->wallets[0]) : TEXT("points");
    table->heads[2] = TEXT("% of issued");
    if (has_value) table->heads[3] = sales_currency(totals)->code;
    for (uint32_t k = 0; k < program->rule_count; k++) {
        uint32_t wallet = program->rules[k].wallet;
        int64_t issued = totals->rules[k].issued;
        struct figure *cells = table_row(sheet, table, rule_label(sheet, program, k), ROW_PLAIN);
        if (cells == NULL) return;
        cells[0] = count_figure(totals->rules[k].fired);
        cells[1] = rule_issued(totals, k);
        cells[2] = share_figure(sheet, issued, totals->wallets[wallet].issued);
        if (has_value && wallet_has_value(totals, wallet))
            cells[3] = money_figure(totals, points_value(sheet, totals, wallet, issued));
    }
}

static void make_rules(struct sheet *sheet, const struct comparison *comparison,
                       struct figure_tables *tables)
{
    if (comparison->count == 1) {
        make_rules_alone(sheet, comparison->totals[0], &tables->rules);
        return;
    }
    struct roll roll = roll_of_rules(sheet, comparison);
    table_init_side_by_side(sheet, &tables->rules, TEXT("Rules: points issued"), comparison,
                            roll.count);
    table_init_side_by_side(sheet, &tables->fired, TEXT("Rules: times fired"), comparison,
                            roll.count);
    for (uint32_t k = 0; k < roll.count && sheet->status == STATUS_OK; k++) {
        const uint32_t *where = &roll.index[(size_t)k * comparison->count];
        struct text label = TEXT("");
        for (uint32_t p = comparison->count; p > 0; p--)
            if (where[p - 1] != PROGRAM_NONE)
                label = rule_label(sheet, comparison->totals[p - 1]->program, where[p - 1]);
        struct figure *issued = table_row(sheet, &tables->rules, label, ROW_PLAIN);
        struct figure *fired = table_row(sheet, &tables->fired, label, ROW_PLAIN);
        for (uint32_t p = 0; issued != NULL && fired != NULL && p < comparison->count; p++) {
            if (where[p] == PROGRAM_NONE) continue;
            issued[p] = rule_issued(comparison->totals[p], where[p]);
            fired[p] = count_figure(comparison->totals[p]->rules[where[p]].fired);
        }
    }
}

/* ---- Tiers ---- */

static struct text level_label(const struct comparison *comparison, const uint32_t *set,
                               const uint32_t *level)
{
    struct text label = TEXT("");
    for (uint32_t p = comparison->count; p > 0; p--)
        if (set[p - 1] != PROGRAM_NONE && level[p - 1] != PROGRAM_NONE)
            label = comparison->totals[p - 1]
                        ->program->tier_sets[set[p - 1]]
                        .levels[level[p - 1]]
                        .title;
    return label;
}

/* The row of one level (or, with `level` NULL, of members without one). */
static void tier_row(struct sheet *sheet, const struct comparison *comparison,
                     struct figure_table *table, const uint32_t *set, const uint32_t *level)
{
    struct text label = level == NULL ? TEXT("No level") : level_label(comparison, set, level);
    struct figure *cells = table_row(sheet, table, label, ROW_PLAIN);
    for (uint32_t p = 0; cells != NULL && p < comparison->count; p++) {
        if (set[p] == PROGRAM_NONE || (level != NULL && level[p] == PROGRAM_NONE)) continue;
        const struct totals *totals = comparison->totals[p];
        uint64_t members = totals->tiers[set[p]].members[level == NULL ? 0 : level[p] + 1];
        cells[p] = count_figure(members);
        if (!table->is_side_by_side)
            cells[1] = share_figure(sheet, cells[0].value, (int64_t)totals->member_count);
    }
}

static void make_tier_set(struct sheet *sheet, const struct comparison *comparison,
                          const struct roll *sets, uint32_t set, struct figure_table *table)
{
    const uint32_t *where = &sets->index[(size_t)set * comparison->count];
    struct roll levels = roll_of_levels(sheet, comparison, sets, set);
    struct text title =
        sheet_keep(sheet, "Tiers: %.*s, members at the end", TEXT_ARGUMENTS(sets->ids[set]));
    if (comparison->count == 1) {
        table_init(sheet, table, title, 2, levels.count + 1);
        if (sheet->status != STATUS_OK) return;
        table->heads[0] = TEXT("members");
        table->heads[1] = TEXT("% of members");
    } else {
        table_init_side_by_side(sheet, table, title, comparison, levels.count + 1);
    }
    tier_row(sheet, comparison, table, where, NULL);
    for (uint32_t k = 0; k < levels.count && sheet->status == STATUS_OK; k++)
        tier_row(sheet, comparison, table, where, &levels.index[(size_t)k * comparison->count]);
}

static void make_tiers(struct sheet *sheet, const struct comparison *comparison,
                       struct figure_tables *tables)
{
    struct roll sets = roll_of_tier_sets(sheet, comparison);
    tables->tiers = sheet_new_array(sheet, struct figure_table, sets.count);
    for (uint32_t k = 0; k < sets.count && sheet->status == STATUS_OK; k++) {
        make_tier_set(sheet, comparison, &sets, k, &tables->tiers[k]);
        tables->tier_count = k + 1;
    }
}

/* ---- Rewards ---- */

static struct text reward_label(const struct program *program, uint32_t index)
{
    const struct reward *reward = &program->rewards[index];
    return text_is_empty(reward->title) ? reward->id : reward->title;
}

static struct figure reward_points(const struct totals *totals, uint32_t reward)
{
    uint32_t wallet = totals->program->rewards[reward].wallet;
    return amount_figure(totals->rewards[reward].cost, totals->program->wallets[wallet].decimals);
}

static void make_rewards_alone(struct sheet *sheet, const struct totals *totals,
                               struct figure_table *table)
{
    const struct program *program = totals->program;
    table_init(sheet, table, TEXT("Rewards"), 4, program->reward_count);
    if (sheet->status != STATUS_OK) return;
    table->heads[0] = TEXT("points each");
    table->heads[1] = TEXT("redemptions");
    table->heads[2] = TEXT("points");
    table->heads[3] = sheet_keep(sheet, "cost %.*s", TEXT_ARGUMENTS(sales_currency(totals)->code));
    for (uint32_t k = 0; k < program->reward_count; k++) {
        const struct reward *reward = &program->rewards[k];
        struct figure *cells = table_row(sheet, table, reward_label(program, k), ROW_PLAIN);
        if (cells == NULL) return;
        cells[0] = amount_figure(reward->cost, program->wallets[reward->wallet].decimals);
        cells[1] = count_figure(totals->rewards[k].count);
        cells[2] = reward_points(totals, k);
        if (reward->has_value && reward->value_currency == totals->currency)
            cells[3] = money_figure(totals, totals->rewards[k].value);
    }
}

static void make_rewards(struct sheet *sheet, const struct comparison *comparison,
                         struct figure_tables *tables)
{
    if (comparison->count == 1) {
        make_rewards_alone(sheet, comparison->totals[0], &tables->rewards);
        return;
    }
    struct roll roll = roll_of_rewards(sheet, comparison);
    table_init_side_by_side(sheet, &tables->rewards, TEXT("Rewards: redemptions"), comparison,
                            roll.count);
    table_init_side_by_side(sheet, &tables->reward_cost, TEXT("Rewards: points redeemed"),
                            comparison, roll.count);
    for (uint32_t k = 0; k < roll.count && sheet->status == STATUS_OK; k++) {
        const uint32_t *where = &roll.index[(size_t)k * comparison->count];
        struct text label = TEXT("");
        for (uint32_t p = comparison->count; p > 0; p--)
            if (where[p - 1] != PROGRAM_NONE)
                label = reward_label(comparison->totals[p - 1]->program, where[p - 1]);
        struct figure *counts = table_row(sheet, &tables->rewards, label, ROW_PLAIN);
        struct figure *points = table_row(sheet, &tables->reward_cost, label, ROW_PLAIN);
        for (uint32_t p = 0; counts != NULL && points != NULL && p < comparison->count; p++) {
            if (where[p] == PROGRAM_NONE) continue;
            counts[p] = count_figure(comparison->totals[p]->rewards[where[p]].count);
            points[p] = reward_points(comparison->totals[p], where[p]);
        }
    }
}

/* ---- Who gains and who loses ---- */

/* Seven rows of what members keep, then as many of what they can use, where points expire. */
static const char *const member_labels[] = {
    "Members who keep more",
    "Members who keep less",
    "Members who keep the same",
    "Points kept more, in all",
    "Points kept less, in all",
    "More for each who gains",
    "Less for each who loses",
    "Members with more to use",
    "Members with less to use",
    "Members with the same to use",
    "More to use, in all",
    "Less to use, in all",
    "More to use for each who gains",
    "Less to use for each who loses",
};
#define MEMBER_ROWS (sizeof member_labels / sizeof *member_labels)
#define MEASURE_ROWS (MEMBER_ROWS / 2)

static void measure_cells(struct sheet *sheet, const struct difference *difference,
                          struct figure cells[MEASURE_ROWS])
{
    int64_t gain = (int64_t)difference->gain;
    int64_t lose = (int64_t)difference->lose;
    cells[0] = count_figure(difference->gain);
    cells[1] = count_figure(difference->lose);
    cells[2] = count_figure(difference->same);
    cells[3] = amount_figure(difference->gained, difference->decimals);
    cells[4] = amount_figure(difference->lost, difference->decimals);
    if (gain > 0)
        cells[5] =
            amount_figure(sheet_share(sheet, difference->gained, 1, gain), difference->decimals);
    if (lose > 0)
        cells[6] =
            amount_figure(sheet_share(sheet, difference->lost, 1, lose), difference->decimals);
}

/* Where nothing expires, what members keep is what they can use. */
static bool has_expiry(const struct comparison *comparison)
{
    for (uint32_t p = 0; p < comparison->count; p++)
        for (uint64_t k = 0; k < comparison->totals[p]->member_count; k++)
            if (comparison->totals[p]->members[k].expired != 0) return true;
    return false;
}

static void make_members(struct sheet *sheet, const struct comparison *comparison,
                         struct figure_table *table)
{
    uint32_t others = comparison->count - 1;
    size_t rows = has_expiry(comparison) ? MEMBER_ROWS : MEASURE_ROWS;
    struct text title =
        others == 1 ? TEXT("Members: B compared with A") : TEXT("Members: each compared with A");
    table_init(sheet, table, title, others, MEMBER_ROWS);
    if (others == 0) return;
    for (size_t row = 0; row < rows; row++)
        if (table_row(sheet, table, text_of(member_labels[row]), ROW_PLAIN) == NULL) return;
    for (uint32_t p = 1; p < comparison->count; p++) {
        const struct totals *first = comparison->totals[0];
        const struct totals *other = comparison->totals[p];
        struct difference kept = {0};
        struct difference usable = {0};
        struct figure cells[MEMBER_ROWS] = {{0}};
        sheet_note(sheet, difference_measure(first, other, DIFFERENCE_OF_KEPT, &kept));
        sheet_note(sheet, difference_measure(first, other, DIFFERENCE_OF_USABLE, &usable));
        measure_cells(sheet, &kept, cells);
        measure_cells(sheet, &usable, cells + MEASURE_ROWS);
        table->heads[p - 1] = program_head(sheet, comparison, p);
        for (size_t row = 0; row < rows; row++)
            table->rows[row].cells[p - 1] = cells[row];
    }
}

void figures_make(struct sheet *sheet, const struct comparison *comparison,
                  struct figure_tables *tables)
{
    *tables = (struct figure_tables){0};
    if (comparison->count == 0) return;
    make_orders_and_cost(sheet, comparison, tables);
    make_wallets(sheet, comparison, tables);
    make_rules(sheet, comparison, tables);
    make_tiers(sheet, comparison, tables);
    make_rewards(sheet, comparison, tables);
    make_members(sheet, comparison, &tables->members);
}

bool figures_are_the_same_in_each(const struct figure_table *table)
{
    if (!table->is_side_by_side || table->column_count < 2) return false;
    for (uint32_t row = 0; row < table->row_count; row++) {
        const struct figure *cells = table->rows[row].cells;
        for (uint32_t c = 1; c < table->column_count; c++)
            if (cells[c].kind != cells[0].kind || cells[c].value != cells[0].value ||
                cells[c].decimals != cells[0].decimals)
                return false;
    }
    return true;
}

struct text figure_show(struct sheet *sheet, struct figure figure)
{
    char digits[32];
    if (figure.kind == FIGURE_NONE) return TEXT("");
    struct text shown = amount_format_grouped(figure.value, figure.decimals, digits);
    return sheet_keep(sheet, "%.*s%s", TEXT_ARGUMENTS(shown),
                      figure.kind == FIGURE_PERCENT ? "%" : "");
}

struct text figure_show_difference(struct sheet *sheet, struct figure first, struct figure figure)
{
    if (first.kind == FIGURE_NONE || figure.kind == FIGURE_NONE) return TEXT("");
    int32_t decimals = first.decimals > figure.decimals ? first.decimals : figure.decimals;
    int64_t before = sheet_share(sheet, first.value, power_of_ten(decimals - first.decimals), 1);
    int64_t after = sheet_share(sheet, figure.value, power_of_ten(decimals - figure.decimals), 1);
    int64_t more = sheet_less(sheet, after, before);
    char digits[32];
    if (more == 0) return TEXT("=");
    struct text shown = amount_format_grouped(more, decimals, digits);
    return sheet_keep(sheet, "%s%.*s", more > 0 ? "+" : "", TEXT_ARGUMENTS(shown));
}
