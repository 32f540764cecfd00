/* Rolls: the ids of wallets, rules, rewards, tier sets and levels over all compared programmes.
 *
 * Method: one pass over the programmes in their order with a map from id to its place, so that the
 * work is linear however many rules there are.
 */
#include "backtest/report_figures.h"

/* The k-th id of one kind in a programme; `set` matters for levels alone. */
typedef struct text (*id_at)(const struct program *program, uint32_t set, uint32_t k);
typedef uint32_t (*id_count)(const struct program *program, uint32_t set);

struct id_kind {
    id_count count;
    id_at at;
};

static uint32_t wallet_count(const struct program *program, uint32_t set)
{
    (void)set;
    return program->wallet_count;
}

static struct text wallet_id(const struct program *program, uint32_t set, uint32_t k)
{
    (void)set;
    return program->wallets[k].id;
}

static uint32_t rule_count(const struct program *program, uint32_t set)
{
    (void)set;
    return program->rule_count;
}

static struct text rule_id(const struct program *program, uint32_t set, uint32_t k)
{
    (void)set;
    return program->rules[k].id;
}

static uint32_t reward_count(const struct program *program, uint32_t set)
{
    (void)set;
    return program->reward_count;
}

static struct text reward_id(const struct program *program, uint32_t set, uint32_t k)
{
    (void)set;
    return program->rewards[k].id;
}

static uint32_t tier_set_count(const struct program *program, uint32_t set)
{
    (void)set;
    return program->tier_set_count;
}

static struct text tier_set_id(const struct program *program, uint32_t set, uint32_t k)
{
    (void)set;
    return program->tier_sets[k].id;
}

static uint32_t level_count(const struct program *program, uint32_t set)
{
    return set == PROGRAM_NONE ? 0 : program->tier_sets[set].level_count;
}

static struct text level_id(const struct program *program, uint32_t set, uint32_t k)
{
    return program->tier_sets[set].levels[k].id;
}

/* `sets` is NULL, or names the tier set to look at in each programme. */
static void roll_fill(struct sheet *sheet, const struct comparison *comparison, struct id_kind kind,
                      const uint32_t *sets, struct map *map, struct roll *roll)
{
    for (uint32_t p = 0; p < comparison->count; p++) {
        const struct program *program = comparison->totals[p]->program;
        uint32_t set = sets == NULL ? PROGRAM_NONE : sets[p];
        for (uint32_t k = 0; k < kind.count(program, set); k++) {
            struct text id = kind.at(program, set, k);
            uint32_t place = 0;
            bool is_new = false;
            sheet_note(sheet, map_add(map, id, roll->count, &place, &is_new));
            if (sheet->status != STATUS_OK) return;
            if (is_new) roll->ids[roll->count++] = id;
            roll->index[(size_t)place * comparison->count + p] = k;
        }
    }
}

static struct roll roll_make(struct sheet *sheet, const struct comparison *comparison,
                             struct id_kind kind, const uint32_t *sets)
{
    struct roll roll = {0};
    size_t most = 0;
    for (uint32_t p = 0; p < comparison->count; p++)
        most += kind.count(comparison->totals[p]->program, sets == NULL ? PROGRAM_NONE : sets[p]);
    roll.ids = sheet_new_array(sheet, struct text, most);
    roll.index = sheet_new_array(sheet, uint32_t, most * comparison->count);
    if (sheet->status != STATUS_OK) return roll;
    for (size_t k = 0; k < most * comparison->count; k++)
        roll.index[k] = PROGRAM_NONE;
    struct map map;
    map_init(&map, most + 1);
    roll_fill(sheet, comparison, kind, sets, &map, &roll);
    map_release(&map);
    return roll;
}

struct roll roll_of_wallets(struct sheet *sheet, const struct comparison *comparison)
{
    return roll_make(sheet, comparison, (struct id_kind){wallet_count, wallet_id}, NULL);
}

struct roll roll_of_rules(struct sheet *sheet, const struct comparison *comparison)
{
    return roll_make(sheet, comparison, (struct id_kind){rule_count, rule_id}, NULL);
}

struct roll roll_of_rewards(struct sheet *sheet, const struct comparison *comparison)
{
    return roll_make(sheet, comparison, (struct id_kind){reward_count, reward_id}, NULL);
}

struct roll roll_of_tier_sets(struct sheet *sheet, const struct comparison *comparison)
{
    return roll_make(sheet, comparison, (struct id_kind){tier_set_count, tier_set_id}, NULL);
}

struct roll roll_of_levels(struct sheet *sheet, const struct comparison *comparison,
                           const struct roll *sets, uint32_t set)
{
    return roll_make(sheet, comparison, (struct id_kind){level_count, level_id},
                     &sets->index[(size_t)set * comparison->count]);
}
