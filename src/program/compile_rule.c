/* Rules: loose ones, those of campaigns, and the boosts of both.
 *
 * Method: gather every rule that earns with the campaign it stands in, order them by priority and
 * then by place, compile each, and hang on it its own boosts and those that campaigns give it, in
 * file order. A campaign's entry with `boosts: RULE` is no rule but a boost of that rule.
 *
 * Invariants: 1. A rule's wallet, rates and calculator exist. 2. Two boosts on one rule never meet
 * without `combine`. 3. A rule's id is unique; of equal ids in different places those in campaigns
 * are written CAMPAIGN/ID.
 */
#include "program/compile.h"

#include <stdlib.h>

#include "program/compile_earn.h"
#include "program/phrase.h"

#define PRIORITY_WHEN_NOT_GIVEN 100
#define FACTOR_MAXIMUM (1000 * BOOST_ONE)

/* A campaign's entry that boosts another rule. */
static bool is_campaign_boost(const struct node *map)
{
    const struct node *boosts = tree_value(map, "boosts");
    return (boosts != NULL && boosts->kind == NODE_SCALAR) ||
           (tree_value(map, "by") != NULL && tree_value(map, "earn") == NULL);
}

bool compile_factor(struct compiler *compiler, const struct node *map, int64_t *factor)
{
    const struct node *scalar = tree_scalar(map, "by");
    struct decimal number;
    int64_t read;
    if (scalar == NULL) return false;
    if (decimal_parse(scalar->text, &number) == STATUS_OK &&
        decimal_rescale(decimal_normalise(number), BOOST_SCALE, &read) == STATUS_OK && read > 0 &&
        read <= FACTOR_MAXIMUM) {
        *factor = read;
        return true;
    }
    complain(compiler, scalar->position,
             "\"by\" cannot be \"%.*s\"; write a factor above 0 and up to 1000 with at most 6 "
             "decimals, such as 1.25",
             SHOWN(compiler, scalar->text));
    return false;
}

/* "segments.regulars" alone is short for member.segments.regulars. */
static void compile_audience(struct compiler *compiler, const struct node *map,
                             struct campaign *campaign)
{
    const struct node *scalar = tree_scalar(map, "audience");
    if (scalar == NULL) return;
    struct expression_text source = whole_expression(scalar);
    if (text_starts_with(source.text, TEXT("segments."))) {
        source.text = arena_format(compiler->arena, "member.%.*s", TEXT_ARGUMENTS(scalar->text));
        if (source.text.bytes == NULL) compiler->is_out_of_memory = true;
    }
    const struct occasion_scope scope = {.scope = SCOPE_MEMBER};
    campaign->audience = compile_expression(compiler, source, scope, "bool");
}

static void compile_campaign(struct compiler *compiler, const struct entry *entry,
                             struct campaign *campaign)
{
    const struct node *map = &entry->value;
    *campaign = (struct campaign){
        .id = entry->key,
        .symbol =
            compile_symbol(compiler, entry->position, "campaign/%.*s", TEXT_ARGUMENTS(entry->key)),
        .title = compile_text(map, "title", entry->key),
        .from_us = INSTANT_EARLIEST,
        .until_us = INSTANT_NEVER,
        .budget_wallet = PROGRAM_NONE,
    };
    bool has_from = compile_instant(compiler, map, "from", &campaign->from_us);
    bool has_until = compile_instant(compiler, map, "until", &campaign->until_us);
    if (has_from && has_until && campaign->until_us <= campaign->from_us)
        complain(
            compiler, tree_scalar(map, "until")->position,
            "campaign \"%.*s\" ends before it begins; \"until\" is the first instant that is no "
            "longer in it",
            SHOWN(compiler, entry->key));
    compile_audience(compiler, map, campaign);
    const struct node *budget = tree_scalar(map, "budget");
    if (budget == NULL) return;
    struct phrase phrase = phrase_of(compiler, budget);
    if (!phrase_points(&phrase, &campaign->budget_wallet, &campaign->budget)) return;
    if (phrase_end(&phrase, "a budget such as \"200000 points\"") && campaign->budget == 0)
        complain(compiler, budget->position,
                 "a budget of 0 gives nothing; write an amount, or leave the campaign out");
}

void compile_campaigns(struct compiler *compiler)
{
    struct program *program = compiler->program;
    uint32_t count = compile_count(compiler, "campaigns", PROGRAM_RULE_MAXIMUM);
    program->campaigns = COMPILE_ARRAY(compiler, struct campaign, count);
    if (program->campaigns == NULL) return;
    const struct node *map = tree_map(compiler->root, "campaigns");
    for (const struct entry *entry = map->first; entry != NULL; entry = entry->next)
        compile_campaign(compiler, entry, &program->campaigns[program->campaign_count++]);
}

/* `rule/base`, or `rule/spring/base` inside a campaign: what stands for the rule in symbols. */
static struct text rule_path(struct compiler *compiler, const struct rule_source *source,
                             const char *kind)
{
    struct text path;
    if (source->campaign == PROGRAM_NONE)
        path = arena_format(compiler->arena, "%s/%.*s", kind, TEXT_ARGUMENTS(source->entry->key));
    else
        path = arena_format(compiler->arena, "%s/%.*s/%.*s", kind,
                            TEXT_ARGUMENTS(compiler->program->campaigns[source->campaign].id),
                            TEXT_ARGUMENTS(source->entry->key));
    if (path.bytes != NULL) return path;
    compiler->is_out_of_memory = true;
    return TEXT("");
}

static struct text rule_id(struct compiler *compiler, const struct rule_source *sources,
                           uint32_t count, uint32_t index)
{
    const struct rule_source *source = &sources[index];
    if (source->campaign == PROGRAM_NONE) return source->entry->key;
    for (uint32_t i = 0; i < count; i++) {
        if (i == index || !text_equal(sources[i].entry->key, source->entry->key)) continue;
        struct text path = rule_path(compiler, source, "");
        return path.length == 0 ? path : (struct text){path.bytes + 1, path.length - 1};
    }
    return source->entry->key;
}

static uint32_t exclusive_group(struct compiler *compiler, const struct node *map)
{
    struct program *program = compiler->program;
    const struct node *scalar = tree_scalar(map, "exclusive");
    if (scalar == NULL) return PROGRAM_NONE;
    for (uint32_t i = 0; i < program->exclusive_count; i++)
        if (text_equal(compiler->exclusive_groups[i], scalar->text)) return i;
    struct text *grown =
        compile_grow(compiler, compiler->exclusive_groups, program->exclusive_count,
                     &compiler->exclusive_capacity, sizeof(struct text));
    if (grown == NULL) return PROGRAM_NONE;
    compiler->exclusive_groups = grown;
    compiler->exclusive_groups[program->exclusive_count] = scalar->text;
    return program->exclusive_count++;
}

static bool fits_first(struct compiler *compiler, const struct node *scalar,
                       const struct earning *first, const struct earning *next,
                       const struct rule *rule)
{
    bool is_plain = next->points.scalar == NULL && next->base.scalar == NULL &&
                    first->points.scalar == NULL && first->base.scalar == NULL;
    if (next->kind != EARN_RATE || first->kind != EARN_RATE || !is_plain ||
        next->rate.currency == PROGRAM_NONE) {
        complain(compiler, scalar->position,
                 "a list takes rates for money only, one for each currency; write a second rule");
        return false;
    }
    if (next->wallet != first->wallet || next->measure != first->measure ||
        next->each_item != first->each_item || next->per_whole != first->per_whole ||
        next->rounding != first->rounding) {
        complain(
            compiler, scalar->position,
            "the rates of one rule differ in currency and number only; write a second rule for "
            "another wallet, base or rounding");
        return false;
    }
    for (uint32_t i = 0; i < rule->rate_count; i++) {
        if (rule->rates[i].currency != next->rate.currency) continue;
        complain(compiler, scalar->position, "there are two rates for %.*s; keep one",
                 TEXT_ARGUMENTS(compiler->program->currencies[next->rate.currency].code));
        return false;
    }
    return true;
}

static bool is_number(const struct cel_expression *expression, bool takes_money)
{
    enum cel_type_kind kind = cel_expression_type(expression)->kind;
    return kind == CEL_TYPE_INT || kind == (takes_money ? CEL_TYPE_MONEY : CEL_TYPE_DECIMAL);
}

/* Looks at lines one by one when it says so, or names `item`. */
static const struct cel_expression *compile_amount(struct compiler *compiler,
                                                   struct expression_text source,
                                                   struct occasion_scope scope, struct rule *rule)
{
    if (source.scalar == NULL) return NULL;
    if (scope.on == TRIGGER_PURCHASE) scope.scope = SCOPE_ITEM;
    const struct cel_expression *expression = compile_expression(compiler, source, scope, "");
    if (expression != NULL && scope.scope == SCOPE_ITEM &&
        cel_expression_uses(expression, SLOT_ITEM))
        rule->each_item = true;
    return expression;
}

/* Points are a number; what they are counted of is money where the rate is for money, else a whole
 * number. */
static void compile_amounts(struct compiler *compiler, const struct earning *earning,
                            struct occasion_scope scope, struct rule *rule)
{
    bool is_money = earning->rate.currency != PROGRAM_NONE;
    rule->points = compile_amount(compiler, earning->points, scope, rule);
    rule->base = compile_amount(compiler, earning->base, scope, rule);
    if (rule->points != NULL && !is_number(rule->points, false))
        complain_of_expression(compiler, earning->points,
                               "a number of points is an int or a decimal; make money a number "
                               "with .amount()");
    if (rule->base == NULL) return;
    enum cel_type_kind kind = cel_expression_type(rule->base)->kind;
    if (is_money ? kind != CEL_TYPE_MONEY : kind != CEL_TYPE_INT)
        complain_of_expression(compiler, earning->base,
                               is_money
                                   ? "points for money are counted of money, such as "
                                     "(order.total - order.tax)"
                                   : "points for each item are counted of a whole number, such "
                                     "as (order.items.size())");
}

/* Reads `earn:`; false when there is nothing to go on with. */
static bool compile_earn(struct compiler *compiler, const struct node *value,
                         struct occasion_scope scope, struct rule *rule)
{
    struct earning first = {.kind = EARN_FIXED};
    if (value == NULL || value->kind == NODE_MAP || value->is_null) return false;
    const struct entry *item = value->first;
    rule->rates = COMPILE_ARRAY(compiler, struct rate, value->kind == NODE_LIST ? value->count : 1);
    if (value->kind == NODE_SCALAR) {
        if (!read_earning(compiler, value, &first)) return false;
        if (rule->rates != NULL) rule->rates[rule->rate_count++] = first.rate;
    }
    for (bool is_first = true; item != NULL; item = item->next) {
        struct earning next;
        if (item->value.kind != NODE_SCALAR || item->value.is_null ||
            !read_earning(compiler, &item->value, &next))
            return false;
        if (is_first) first = next;
        bool fits = (is_first && value->count == 1) ||
                    fits_first(compiler, &item->value, &first, &next, rule);
        is_first = false;
        if (!fits) return false;
        if (rule->rates != NULL) rule->rates[rule->rate_count++] = next.rate;
    }
    rule->earn = first.kind;
    rule->wallet = first.wallet;
    rule->calculator = first.calculator;
    rule->measure = first.measure;
    rule->each_item = first.each_item;
    rule->per_whole = first.per_whole;
    rule->rounding = first.rounding;
    compile_amounts(compiler, &first, scope, rule);
    if (first.kind == EARN_RATE) return true;
    rule->rate_count = 0;
    rule->fixed = first.kind == EARN_FIXED ? first.rate.points : 0;
    return true;
}

static void compile_each(struct compiler *compiler, const struct entry *source, struct rule *rule)
{
    const struct node *map = &source->value;
    const struct node *each = tree_scalar(map, "each");
    int choice = compile_choice(map, "each", "order|item", -1);
    if (choice == 0 && rule->each_item)
        complain(
            compiler, each->position,
            "\"each: order\" contradicts the rate of each item; write \"of order.eligible\", or "
            "\"each: item\"");
    if (choice == 1) rule->each_item = true;
    if (rule->on == TRIGGER_PURCHASE) return;
    const struct entry *earn = tree_entry(map, "earn");
    const char *what = rule->on == TRIGGER_JOIN ? "joining" : "this event";
    if (choice == 1)
        complain(compiler, each->position, "%s has no items; leave \"each\" out", what);
    else if (rule->earn != EARN_FIXED && rule->base == NULL)
        complain(compiler, earn->value.position,
                 "%s has no order to count; write a fixed number, such as \"100 points\"%s", what,
                 rule->on == TRIGGER_JOIN ? "" : ", or count \"of (event.amount)\"");
}

static void compile_rule_expiry(struct compiler *compiler, const struct node *map,
                                const struct wallet *wallet, struct rule *rule)
{
    const struct entry *entry = tree_entry(map, "expires");
    rule->expires = wallet->expires;
    if (entry == NULL) return;
    compile_expires(compiler, map, &rule->expires);
    if (wallet->expires.is_renewed)
        complain(compiler, entry->position,
                 "activity renews all of \"%.*s\" at once, so a rule cannot have an expiry of its "
                 "own; leave it out, or earn in another wallet",
                 SHOWN(compiler, wallet->id));
    else if (rule->expires.is_renewed)
        complain(compiler, entry->position,
                 "\"renewed_by\" holds for a whole wallet; write it there");
}

static void compile_rule(struct compiler *compiler, const struct rule_source *source,
                         struct rule *rule)
{
    const struct entry *entry = source->entry;
    const struct node *map = &entry->value;
    struct text path = rule_path(compiler, source, "rule");
    rule->symbol = compile_symbol(compiler, entry->position, "%.*s", TEXT_ARGUMENTS(path));
    rule->campaign = source->campaign;
    rule->calculator = PROGRAM_NONE;
    rule->pending.until = TEXT("");
    struct occasion_scope scope;
    compile_trigger(compiler, map, &scope);
    rule->on = scope.on;
    rule->event = scope.event;
    rule->priority = (int32_t)compile_whole(map, "priority", PRIORITY_WHEN_NOT_GIVEN);
    rule->exclusive = exclusive_group(compiler, map);
    if (source->campaign != PROGRAM_NONE && tree_entry(map, "on") == NULL)
        complain(compiler, entry->position, "rule \"%.*s\" needs \"on\", such as on: purchase",
                 SHOWN(compiler, entry->key));
    compile_condition(compiler, tree_map(map, "if"), rule->on == TRIGGER_PURCHASE,
                      &rule->condition);
    compile_when(compiler, map, scope, &rule->condition);
    bool is_read = compile_earn(compiler, tree_value(map, "earn"), scope, rule);
    if (rule->wallet >= compiler->program->wallet_count) return;
    const struct wallet *wallet = &compiler->program->wallets[rule->wallet];
    if (is_read) compile_each(compiler, entry, rule);
    rule->pending = wallet->pending;
    compile_pending(compiler, map, &rule->pending);
    compile_rule_expiry(compiler, map, wallet, rule);
    if (is_read) rule->limits = compile_limits(compiler, map, scope, rule->wallet, path);
}

static void compile_boost(struct compiler *compiler, const struct rule_source *source,
                          const struct rule *rule, struct text path, struct boost *boost)
{
    const struct entry *entry = source->entry;
    boost->id = entry->key;
    boost->symbol = compile_symbol(compiler, entry->position, "%.*s", TEXT_ARGUMENTS(path));
    boost->campaign = source->campaign;
    boost->factor = BOOST_ONE;
    (void)compile_factor(compiler, &entry->value, &boost->factor);
    compile_condition(compiler, tree_map(&entry->value, "if"), rule->on == TRIGGER_PURCHASE,
                      &boost->condition);
    const struct occasion_scope scope = {SCOPE_EVENT, rule->on, rule->event};
    compile_when(compiler, &entry->value, scope, &boost->condition);
    boost->limits = compile_limits(compiler, &entry->value, scope, PROGRAM_NONE, path);
}

/* The rule that a campaign's boost names: a loose one, or one of the same campaign. */
static uint32_t boosted_rule(const struct rule_source *sources, uint32_t count,
                             const struct node *map, uint32_t campaign)
{
    const struct node *scalar = tree_scalar(map, "boosts");
    uint32_t found = PROGRAM_NONE;
    for (uint32_t i = 0; scalar != NULL && i < count; i++) {
        if (!text_equal(sources[i].entry->key, scalar->text)) continue;
        if (sources[i].campaign == PROGRAM_NONE) return i;
        if (sources[i].campaign == campaign) found = i;
    }
    return found;
}

/* What an entry that boosts another rule must not have, and the rule that it must name. */
static void check_campaign_boost(struct compiler *compiler, const struct rule_source *sources,
                                 uint32_t count, const struct rule_source *boost)
{
    static const char *const others[] = {"on",      "each",      "pending",
                                         "expires", "exclusive", "priority"};
    const struct entry *entry = boost->entry;
    const struct node *map = &entry->value;
    const struct node *scalar = tree_scalar(map, "boosts");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const struct entry *other = tree_entry(map, others[i]);
        if (other != NULL)
            complain(compiler, other->position,
                     "a campaign's boost takes \"boosts\", \"if\", \"when\", \"where\", \"by\" and "
                     "\"limit\" "
                     "only; \"%s\" "
                     "is decided by the rule that it boosts",
                     others[i]);
    }
    if (scalar == NULL) {
        complain(compiler, entry->position,
                 "\"%.*s\" does not say what it boosts; add \"boosts\" with the id of a rule",
                 SHOWN(compiler, entry->key));
        return;
    }
    if (boost->boosted != PROGRAM_NONE) return;
    struct text ids[NEAREST_MAXIMUM];
    uint32_t id_count = 0;
    for (; id_count < count && id_count < NEAREST_MAXIMUM; id_count++)
        ids[id_count] = sources[id_count].entry->key;
    int nearest = nearest_of(compiler, scalar->text, ids, id_count);
    if (nearest >= 0)
        complain(compiler, scalar->position, "there is no rule \"%.*s\"; did you mean \"%.*s\"?",
                 SHOWN(compiler, scalar->text), SHOWN(compiler, ids[nearest]));
    else
        complain(compiler, scalar->position, "there is no rule \"%.*s\"; name one of \"rules\"",
                 SHOWN(compiler, scalar->text));
}

/* Every campaign's boosts, as sources. */
static uint32_t gather_campaign_boosts(struct compiler *compiler, struct rule_source **boosts)
{
    const struct node *campaigns = tree_map(compiler->root, "campaigns");
    uint32_t count = 0;
    *boosts = NULL;
    if (compiler->program->campaign_count == 0) return 0;
    for (int round = 0; round < 2; round++) {
        uint32_t campaign = 0;
        uint32_t found = 0;
        for (const struct entry *c = campaigns->first; c != NULL; c = c->next, campaign++) {
            const struct node *rules = tree_map(&c->value, "rules");
            const struct entry *entry = rules == NULL ? NULL : rules->first;
            for (; entry != NULL; entry = entry->next) {
                if (!is_campaign_boost(&entry->value)) continue;
                if (round == 1)
                    (*boosts)[found] = (struct rule_source){entry, campaign, PROGRAM_NONE};
                found++;
            }
        }
        count = found;
        if (round == 0) *boosts = COMPILE_ARRAY(compiler, struct rule_source, count);
        if (*boosts == NULL) return 0;
    }
    return count;
}

static void check_combine(struct compiler *compiler, const struct rule_source *source,
                          const struct node *own, const struct rule *rule)
{
    if (rule->boost_count < 2 || tree_entry(own, "combine") != NULL) return;
    const struct entry *place =
        own == NULL ? source->entry : tree_entry(&source->entry->value, "boosts");
    complain(
        compiler, place->position,
        "rule \"%.*s\" has %u boosts and does not say how they combine; add \"combine: best\", "
        "\"combine: add\" or \"combine: multiply\" under its \"boosts\"",
        SHOWN(compiler, source->entry->key), rule->boost_count);
}

static void compile_rule_boosts(struct compiler *compiler, const struct rule_source *sources,
                                uint32_t index, const struct rule_source *given,
                                uint32_t given_count)
{
    struct rule *rule = &compiler->program->rules[index];
    const struct rule_source *source = &sources[index];
    const struct node *own = tree_map(&source->entry->value, "boosts");
    uint32_t most = own == NULL ? 0 : own->count;
    for (uint32_t i = 0; i < given_count; i++)
        most += given[i].boosted == index;
    rule->boosts = COMPILE_ARRAY(compiler, struct boost, most);
    rule->combine =
        (enum boost_combine)compile_choice(own, "combine", "best|add|multiply", COMBINE_BEST);
    if (rule->boosts == NULL) return;
    const struct entry *entry = own == NULL ? NULL : own->first;
    for (; entry != NULL; entry = entry->next) {
        if (entry->value.kind != NODE_MAP) continue;
        struct text rule_part = rule_path(compiler, source, "boost");
        struct text path = arena_format(compiler->arena, "%.*s/%.*s", TEXT_ARGUMENTS(rule_part),
                                        TEXT_ARGUMENTS(entry->key));
        struct rule_source always = {entry, PROGRAM_NONE, index};
        compile_boost(compiler, &always, rule, path, &rule->boosts[rule->boost_count++]);
    }
    for (uint32_t i = 0; i < given_count; i++) {
        if (given[i].boosted != index) continue;
        compile_boost(compiler, &given[i], rule, rule_path(compiler, &given[i], "campaign-boost"),
                      &rule->boosts[rule->boost_count++]);
    }
    check_combine(compiler, source, own, rule);
    if (rule->boost_count > PROGRAM_BOOST_MAXIMUM)
        complain(compiler, source->entry->position, "rule \"%.*s\" has %u boosts; %d are the most",
                 SHOWN(compiler, source->entry->key), rule->boost_count, PROGRAM_BOOST_MAXIMUM);
}

static int32_t priority_of(const struct rule_source *source)
{
    return (int32_t)compile_whole(&source->entry->value, "priority", PRIORITY_WHEN_NOT_GIVEN);
}

static int by_priority(const void *a, const void *b)
{
    const struct rule_source *left = a;
    const struct rule_source *right = b;
    int32_t left_priority = priority_of(left);
    int32_t right_priority = priority_of(right);
    if (left_priority != right_priority) return left_priority < right_priority ? -1 : 1;
    struct position here = left->entry->position;
    struct position there = right->entry->position;
    if (here.line != there.line) return here.line < there.line ? -1 : 1;
    return here.column < there.column ? -1 : here.column > there.column;
}

/* Every rule that earns, in the order in which rules are tried. */
static uint32_t gather_rules(struct compiler *compiler, struct rule_source **sources)
{
    const struct node *loose = tree_map(compiler->root, "rules");
    const struct node *campaigns = tree_map(compiler->root, "campaigns");
    uint32_t most = loose == NULL ? 0 : loose->count;
    const struct entry *c = campaigns == NULL ? NULL : campaigns->first;
    for (; c != NULL; c = c->next) {
        const struct node *rules = tree_map(&c->value, "rules");
        most += rules == NULL ? 0 : rules->count;
    }
    if (most > PROGRAM_RULE_MAXIMUM) {
        complain(compiler, compiler->root->position,
                 "the programme has %u rules; %d are the most, those of campaigns counted too",
                 most, PROGRAM_RULE_MAXIMUM);
        return 0;
    }
    *sources = COMPILE_ARRAY(compiler, struct rule_source, most);
    if (*sources == NULL) return 0;
    uint32_t count = 0;
    const struct entry *entry = loose == NULL ? NULL : loose->first;
    for (; entry != NULL; entry = entry->next)
        (*sources)[count++] = (struct rule_source){entry, PROGRAM_NONE, PROGRAM_NONE};
    c = campaigns == NULL || compiler->program->campaign_count == 0 ? NULL : campaigns->first;
    for (uint32_t campaign = 0; c != NULL; c = c->next, campaign++) {
        const struct node *rules = tree_map(&c->value, "rules");
        for (entry = rules == NULL ? NULL : rules->first; entry != NULL; entry = entry->next)
            if (!is_campaign_boost(&entry->value))
                (*sources)[count++] = (struct rule_source){entry, campaign, PROGRAM_NONE};
    }
    if (count > 1) qsort(*sources, count, sizeof(struct rule_source), by_priority);
    return count;
}

void compile_rules(struct compiler *compiler)
{
    struct program *program = compiler->program;
    struct rule_source *sources = NULL;
    struct rule_source *given = NULL;
    uint32_t count = gather_rules(compiler, &sources);
    uint32_t given_count = gather_campaign_boosts(compiler, &given);
    program->rules = COMPILE_ARRAY(compiler, struct rule, count);
    if (program->rules == NULL) count = 0;
    program->rule_count = count;
    for (uint32_t i = 0; i < count; i++) {
        program->rules[i].id = rule_id(compiler, sources, count, i);
        compile_rule(compiler, &sources[i], &program->rules[i]);
    }
    for (uint32_t i = 0; i < given_count; i++) {
        given[i].boosted = boosted_rule(sources, count, &given[i].entry->value, given[i].campaign);
        check_campaign_boost(compiler, sources, count, &given[i]);
    }
    for (uint32_t i = 0; i < count; i++)
        compile_rule_boosts(compiler, sources, i, given, given_count);
}
