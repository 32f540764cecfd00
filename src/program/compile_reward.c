/* Rewards: what they cost, what they give, who may take them, how many there are. */
#include "program/compile.h"
#include "program/phrase.h"

#define ARTICLE_MAXIMUM 1000u

static void compile_discount(struct compiler *compiler, const struct node *map,
                             struct reward *reward)
{
    if (!read_money(compiler, map, "discount", &reward->discount_currency, &reward->discount))
        return;
    reward->gives = GIVES_DISCOUNT;
    if (reward->discount == 0)
        complain(compiler, tree_scalar(map, "discount")->position,
                 "a discount of 0 gives nothing; write an amount above 0");
    reward->has_value = true;
    reward->value = reward->discount;
    reward->value_currency = reward->discount_currency;
}

static void compile_of(struct compiler *compiler, const struct entry *entry, struct reward *reward)
{
    const struct node *value = &entry->value;
    uint32_t most = value->kind == NODE_LIST ? value->count : 1;
    if (most > ARTICLE_MAXIMUM) {
        complain(compiler, entry->position, "at most %u articles can be chosen from; these are %u",
                 ARTICLE_MAXIMUM, most);
        return;
    }
    reward->of = COMPILE_ARRAY(compiler, struct text, most);
    if (reward->of == NULL) return;
    if (value->kind == NODE_SCALAR && !value->is_null) reward->of[reward->of_count++] = value->text;
    for (const struct entry *item = value->first; value->kind == NODE_LIST && item != NULL;
         item = item->next) {
        if (item->value.kind != NODE_SCALAR) continue;
        for (uint32_t i = 0; i < reward->of_count; i++)
            if (text_equal(reward->of[i], item->value.text))
                complain(compiler, item->position, "\"%.*s\" is in the list twice; name it once",
                         SHOWN(compiler, item->value.text));
        reward->of[reward->of_count++] = item->value.text;
    }
}

static void compile_choose(struct compiler *compiler, const struct entry *gives,
                           struct reward *reward)
{
    const struct node *map = &gives->value;
    const struct node *choose = tree_scalar(map, "choose");
    const struct entry *of = tree_entry(map, "of");
    if (choose == NULL && of == NULL) return;
    const struct entry *on = tree_entry(map, "on");
    if (on != NULL && tree_entry(map, "discount") == NULL)
        complain(compiler, on->position, "\"on\" belongs to a discount; leave it out");
    if (choose == NULL) {
        complain(compiler, of->position, "\"of\" needs \"choose\", the number that may be chosen");
        return;
    }
    if (of == NULL) {
        complain(compiler, tree_entry(map, "choose")->position,
                 "\"choose\" needs \"of\", a list of articles such as [SKU-1, SKU-2, SKU-3]");
        return;
    }
    reward->gives = GIVES_CHOICE;
    int64_t number = compile_whole(map, "choose", 1);
    reward->choose = number < 1 || number > 1000 ? 1 : (int32_t)number;
    compile_of(compiler, of, reward);
    if (reward->of_count < (uint32_t)reward->choose && of->value.kind != NODE_MAP)
        complain(compiler, choose->position,
                 "%d cannot be chosen of %u; lower \"choose\", or name more articles",
                 reward->choose, reward->of_count);
}

static void compile_cost(struct compiler *compiler, const struct node *map, struct reward *reward)
{
    const struct node *scalar = tree_scalar(map, "cost");
    if (scalar == NULL) return;
    struct phrase phrase = phrase_of(compiler, scalar);
    if (!phrase_points(&phrase, &reward->wallet, &reward->cost)) return;
    if (phrase_end(&phrase, "a cost such as \"500 points\"") && reward->cost == 0)
        complain(compiler, scalar->position,
                 "a reward costs more than 0; what is free needs no points");
}

static void compile_reward(struct compiler *compiler, const struct entry *entry,
                           struct reward *reward)
{
    const struct node *map = &entry->value;
    reward->id = entry->key;
    reward->symbol =
        compile_symbol(compiler, entry->position, "reward/%.*s", TEXT_ARGUMENTS(entry->key));
    reward->title = compile_text(map, "title", entry->key);
    reward->order_at_least_currency = PROGRAM_NONE;
    reward->discount_currency = PROGRAM_NONE;
    reward->value_currency = PROGRAM_NONE;
    compile_cost(compiler, map, reward);
    const struct node *gives = tree_map(map, "gives");
    if (gives != NULL) {
        compile_discount(compiler, gives, reward);
        compile_choose(compiler, tree_entry(map, "gives"), reward);
    }
    if (read_money(compiler, map, "value", &reward->value_currency, &reward->value))
        reward->has_value = true;
    reward->has_stock = tree_scalar(map, "stock") != NULL;
    reward->stock = compile_whole(map, "stock", 0);
    struct text path = arena_format(compiler->arena, "reward/%.*s", TEXT_ARGUMENTS(entry->key));
    if (path.bytes == NULL) {
        compiler->is_out_of_memory = true;
        return;
    }
    const struct occasion_scope scope = {SCOPE_EVENT, TRIGGER_PURCHASE, PROGRAM_NONE};
    const struct occasion_scope nothing = {.scope = SCOPE_MEMBER};
    reward->limits = compile_limits(compiler, map, nothing, PROGRAM_NONE, path);
    compile_condition(compiler, tree_map(map, "needs"), true, &reward->needs);
    compile_when(compiler, tree_map(map, "needs"), scope, &reward->needs);
    reward->order_at_least = reward->needs.order_at_least;
    reward->order_at_least_currency = reward->needs.order_at_least_currency;
    reward->needs.order_at_least_currency = PROGRAM_NONE;
    reward->needs.order_at_least = 0;
}

void compile_rewards(struct compiler *compiler)
{
    struct program *program = compiler->program;
    uint32_t count = compile_count(compiler, "rewards", PROGRAM_RULE_MAXIMUM);
    program->rewards = COMPILE_ARRAY(compiler, struct reward, count);
    if (program->rewards == NULL) return;
    const struct node *map = tree_map(compiler->root, "rewards");
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next)
        compile_reward(compiler, entry, &program->rewards[program->reward_count++]);
}
