/* The list of keys.
 *
 * The tables stand lowest first, so that a shape is declared before the key that holds it. Campaign
 * rules are the one shape that is two things, a rule or a boost of a rule; compile_rule.c says
 * which keys belong to which.
 */
#include "program/keys.h"

#define SHAPE(shape_name, text, sentence, table)                                                   \
    .name = shape_name, .noun = text, .meaning = sentence, .keys = table,                          \
    .count = sizeof(table) / sizeof(table[0])
#define RESERVED(key_name, capability_name)                                                        \
    {                                                                                              \
        .name = key_name, .capability = capability_name                                            \
    }

#define WHEN_KEY(sentence, text)                                                                   \
    {                                                                                              \
        .name = "when", .forms = FORM_SCALAR, .scalar = SCALAR_EXPRESSION, .meaning = sentence,    \
        .example = text                                                                            \
    }
#define WHERE_KEY                                                                                  \
    {                                                                                              \
        .name = "where", .forms = FORM_SCALAR, .scalar = SCALAR_EXPRESSION,                        \
        .meaning = "Only items for which this is true are looked at: an expression of item.",      \
        .example = "item.category == 'skincare'"                                                   \
    }

static const struct key eligible_keys[] = {
    {.name = "tax",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "excluded|included",
     .meaning = "Whether tax counts.",
     .example = "excluded",
     .standard = "excluded"},
    {.name = "shipping",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "excluded|included",
     .meaning = "Whether the cost of shipping counts.",
     .example = "excluded",
     .standard = "excluded"},
    {.name = "discounts",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "subtracted|not subtracted",
     .meaning = "Whether discounts are taken off before points are counted.",
     .example = "subtracted",
     .standard = "subtracted"},
    {.name = "paid_with_points",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "excluded|included",
     .meaning = "Whether what was paid with points counts.",
     .example = "excluded",
     .standard = "excluded"},
    {.name = "gift_cards",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "excluded|included",
     .meaning = "Whether buying a gift card counts.",
     .example = "excluded",
     .standard = "excluded"},
};
static const struct shape shape_eligible = {
    SHAPE("eligible", "\"eligible\"",
          "What of an order counts as order.eligible and item.eligible.", eligible_keys)};

static const struct key name_keys[] = {
    {.name = "one",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_TEXT,
     .meaning = "What one is called, in a language that has a form for one.",
     .example = "point"},
    {.name = "other",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_TEXT,
     .is_required = true,
     .meaning = "What any other number is called.",
     .example = "points"},
};
static const struct shape shape_name = {
    SHAPE("name", "a name", "What a wallet's points are called in one language.", name_keys)};

static const struct key expires_keys[] = {
    {.name = "after",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_SPAN,
     .meaning = "How long after they were earned points expire.",
     .example = "12 months"},
    {.name = "on",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_PERIOD_END,
     .meaning = "The expiry is moved on to the end of that period.",
     .example = "end of month"},
    {.name = "renewed_by",
     .forms = FORM_SCALAR | FORM_LIST,
     .scalar = SCALAR_TRIGGER,
     .meaning = "What gives all points of the wallet their full time again.",
     .example = "[purchase]"},
};
static const struct shape shape_expires = {
    SHAPE("expires", "\"expires\"", "When points expire.", expires_keys)};

static const struct key pending_keys[] = {
    {.name = "until",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_RELEASE,
     .meaning = "The milestone of the order that releases the points, or a length of time.",
     .example = "delivered"},
    {.name = "at_latest",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_SPAN,
     .meaning = "They are released then in any case.",
     .example = "14 days"},
    {.name = "for",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_SPAN,
     .meaning = "How long they stay pending.",
     .example = "14 days"},
};
static const struct shape shape_pending = {
    SHAPE("pending", "\"pending\"", "When earned points become available.", pending_keys)};

static const struct key wallet_return_keys[] = {
    {.name = "earned_but_spent",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "to zero|below zero|only pending|write off",
     .meaning =
         "What happens when points of a returned order have been spent: other points are "
         "taken down to zero, the balance goes below zero, only pending points are taken, or "
         "nothing is.",
     .example = "to zero",
     .standard = "to zero"},
    {.name = "spent_lot_expired",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_LIVE_AGAIN,
     .meaning = "What happens to points that come back after they expired.",
     .example = "live 30 days",
     .standard = "stay expired"},
};
static const struct shape shape_wallet_return = {SHAPE(
    "wallet_on_return", "\"on_return\"", "What a return does to points.", wallet_return_keys)};

static const struct key wallet_keys[] = {
    {.name = "names",
     .forms = FORM_BY_ID,
     .shape = &shape_name,
     .meaning = "What the points are called, by language.",
     .example = "{en: {one: point, other: points}}",
     .standard = "the wallet's id"},
    {.name = "decimals",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_WHOLE,
     .lowest = 0,
     .highest = 6,
     .meaning = "How many decimals a number of points has.",
     .example = "0",
     .standard = "0"},
    {.name = "liability",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_MONEY,
     .meaning = "What finance books for one point.",
     .example = "0.02 USD"},
    {.name = "pending",
     .forms = FORM_SCALAR | FORM_MAP,
     .scalar = SCALAR_PENDING,
     .shape = &shape_pending,
     .meaning = "When earned points become available.",
     .example = "14 days",
     .standard = "none: at once"},
    {.name = "expires",
     .forms = FORM_SCALAR | FORM_MAP,
     .scalar = SCALAR_EXPIRY,
     .shape = &shape_expires,
     .meaning = "When points expire.",
     .example = "{after: 12 months, on: end of month, renewed_by: [purchase]}",
     .standard = "never"},
    {.name = "on_return",
     .forms = FORM_MAP,
     .shape = &shape_wallet_return,
     .meaning = "What a return does to points.",
     .example = "{earned_but_spent: to zero, spent_lot_expired: stay expired}"},
};
static const struct shape shape_wallet = {
    SHAPE("wallet", "a wallet", "A kind of points that members have a balance of.", wallet_keys)};

#define CONDITION_SCALAR (FORM_SCALAR | FORM_LIST)
#define CONDITION_KEYS                                                                             \
    {.name = "tier",                                                                               \
     .forms = CONDITION_SCALAR,                                                                    \
     .scalar = SCALAR_LEVEL,                                                                       \
     .meaning = "The member's level: one, one \"or above\", one \"or below\", or \"none\". With "  \
                "several tier sets the set's id is the key: {club: vib or above}.",                \
     .example = "vib or above"},                                                                   \
        {.name = "birthday",                                                                       \
         .forms = FORM_SCALAR,                                                                     \
         .scalar = SCALAR_CHOICE,                                                                  \
         .choices = "day|week|month",                                                              \
         .meaning = "In the day, week or month of the member's birthday.",                         \
         .example = "month"},                                                                      \
        {.name = "channel",                                                                        \
         .forms = CONDITION_SCALAR,                                                                \
         .scalar = SCALAR_TEXT,                                                                    \
         .meaning = "Through one of these channels.",                                              \
         .example = "[web, app]"},                                                                 \
        {.name = "store",                                                                          \
         .forms = CONDITION_SCALAR,                                                                \
         .scalar = SCALAR_TEXT,                                                                    \
         .meaning = "In one of these stores.",                                                     \
         .example = "[harbour, airport]"},                                                         \
        {.name = "order_at_least",                                                                 \
         .forms = FORM_SCALAR,                                                                     \
         .scalar = SCALAR_MONEY,                                                                   \
         .meaning = "The order's eligible amount is at least this.",                               \
         .example = "10.00 USD"},                                                                  \
        {.name = "from",                                                                           \
         .forms = FORM_SCALAR,                                                                     \
         .scalar = SCALAR_INSTANT,                                                                 \
         .meaning = "From this time on.",                                                          \
         .example = "2027-03-05"},                                                                 \
    {                                                                                              \
        .name = "until", .forms = FORM_SCALAR, .scalar = SCALAR_INSTANT,                           \
        .meaning = "Until this time: the first instant that is no longer in it.",                  \
        .example = "2027-03-08"                                                                    \
    }

static const struct key condition_keys[] = {
    CONDITION_KEYS,
    {.name = "category",
     .forms = CONDITION_SCALAR,
     .scalar = SCALAR_TEXT,
     .meaning = "Only items of these categories are looked at.",
     .example = "[skincare, perfume]"},
    {.name = "sku",
     .forms = CONDITION_SCALAR,
     .scalar = SCALAR_TEXT,
     .meaning = "Only these articles are looked at.",
     .example = "[SKU-1, SKU-2]"},
};
static const struct shape shape_condition = {
    SHAPE("condition", "\"if\"", "What must be true; parts that are not given are.",
          condition_keys),
    .takes_tier_sets = true};

static const struct key needs_keys[] = {
    CONDITION_KEYS,
    WHEN_KEY("What must be true for it: an expression.", "member.counters.purchases >= 3"),
};
static const struct shape shape_needs = {
    SHAPE("needs", "\"needs\"", "What a member or an order must have for a reward.", needs_keys),
    .takes_tier_sets = true};

static const struct key limit_keys[] = {
    {.name = "per_member",
     .forms = FORM_SCALAR | FORM_LIST,
     .scalar = SCALAR_LIMIT,
     .meaning = "How often, or how many points, for one member.",
     .example = "1 per calendar year"},
    {.name = "in_all",
     .forms = FORM_SCALAR | FORM_LIST,
     .scalar = SCALAR_LIMIT,
     .meaning = "How often, or how many points, for all members together.",
     .example = "1000"},
    {.name = "for_each",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_EXPRESSION,
     .meaning = "The limit holds for each value of this expression by itself.",
     .example = "event.product"},
};
static const struct shape shape_limit = {
    SHAPE("limit", "\"limit\"", "The most that is given, per member or in all.", limit_keys)};

static const struct key counter_keys[] = {
    {.name = "sum",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_SUM,
     .meaning = "What is summed: order.eligible, order.subtotal, order.quantity, item.eligible, "
                "item.subtotal, item.quantity, earned.WALLET, or an expression that gives a whole "
                "number or money.",
     .example = "order.eligible"},
    {.name = "count",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "purchases|events",
     .meaning = "What is counted: purchases, or the custom events that \"on\" names.",
     .example = "purchases"},
    {.name = "on",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_TRIGGER,
     .meaning = "What is looked at: join, purchase or a custom event.",
     .example = "purchase",
     .standard = "purchase"},
    {.name = "each",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "order|item",
     .meaning = "Whether condition and sum are taken of the order or line by line.",
     .example = "item",
     .standard = "order, or item for sums of item.*"},
    {.name = "if",
     .forms = FORM_MAP,
     .shape = &shape_condition,
     .meaning = "What must be true to be counted.",
     .example = "{category: skincare}"},
    {.name = "window",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_WINDOW,
     .meaning =
         "The time it reaches over: a calendar period, a number of days, the membership year "
         "or the lifetime.",
     .example = "calendar year",
     .standard = "lifetime"},
    {.name = "currency",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CURRENCY,
     .meaning = "Which currency is summed; needed when the programme has several.",
     .example = "EUR",
     .standard = "the programme's only one"},
    WHEN_KEY("What must be true to be counted: an expression.", "order.channel == 'app'"),
    WHERE_KEY,
    RESERVED("starts", "publishing"),
};
static const struct shape shape_counter = {
    SHAPE("counter", "a counter", "A figure kept for each member, over a window of time.",
          counter_keys),
    .one_of = "sum|count"};

static const struct key level_keys[] = {
    {.name = "title",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_TEXT,
     .meaning = "What members see.",
     .example = "VIB",
     .standard = "the id"},
    {.name = "from",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_THRESHOLD,
     .meaning = "The measure from which on a member has the level; only the lowest level can do "
                "without, and then everybody has it.",
     .example = "350.00 USD"},
    RESERVED("benefits", "benefits"),
};
static const struct shape shape_level = {
    SHAPE("level", "a level", "A level of a tier set.", level_keys)};

static const struct key tier_keys[] = {
    {.name = "measured_by",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_EXPRESSION,
     .is_required = true,
     .meaning =
         "The counter that decides the level, or an expression of counters that have one window.",
     .example = "spend_this_year"},
    {.name = "levels",
     .forms = FORM_BY_ID,
     .shape = &shape_level,
     .is_required = true,
     .meaning = "The levels, lowest first.",
     .example = "{insider: {title: Insider}, vib: {title: VIB, from: 350.00 USD}}"},
    {.name = "upgrade",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "at once|at period end",
     .meaning = "When a member moves up.",
     .example = "at once",
     .standard = "at once"},
    {.name = "kept_until",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_KEPT,
     .meaning = "How long a level is kept: to the end of this or the next calendar period, for a "
                "length of time, for ever, or as measured.",
     .example = "end of next calendar year",
     .standard =
         "for ever with a lifetime counter, the end of the next period with a calendar one, "
         "12 months with a membership year, as measured with a number of days"},
    {.name = "downgrade",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "none|one level|by measure",
     .meaning = "Where a member goes who does not keep the level.",
     .example = "one level",
     .standard = "by measure"},
    {.name = "grace",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_SPAN,
     .meaning = "Time after the end before the level is lost.",
     .example = "14 days"},
    {.name = "at_risk",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_SPAN,
     .meaning = "How long before the end a member is told.",
     .example = "30 days"},
    {.name = "on_return",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "keep|re-evaluate",
     .meaning = "What a return does to the level.",
     .example = "keep",
     .standard = "keep"},
};
static const struct shape shape_tier = {SHAPE(
    "tier_set", "a tier set", "Levels that members reach by a measure of their own.", tier_keys)};

static const struct key calculator_keys[] = {
    {.name = "by",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "category|sku|type",
     .is_required = true,
     .meaning = "What of an item chooses its rate.",
     .example = "category"},
    {.name = "rates",
     .forms = FORM_BY_NAME,
     .scalar = SCALAR_RATE,
     .is_required = true,
     .meaning = "The rate of each.",
     .example = "{coffee: 2 points per 1.00 USD}"},
    {.name = "otherwise",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_RATE,
     .meaning = "The rate of all others.",
     .example = "1 point per 1.00 USD",
     .standard = "they earn nothing"},
};
static const struct shape shape_calculator = {
    SHAPE("calculator", "a calculator", "A table of rates, line by line.", calculator_keys)};

static const struct key boost_keys[] = {
    {.name = "if",
     .forms = FORM_MAP,
     .shape = &shape_condition,
     .meaning = "What must be true for the boost.",
     .example = "{tier: vib or above}"},
    {.name = "by",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_FACTOR,
     .is_required = true,
     .meaning = "What the points are multiplied by.",
     .example = "1.25"},
    {.name = "limit",
     .forms = FORM_MAP,
     .shape = &shape_limit,
     .meaning = "How often it is given.",
     .example = "{per_member: 1 per calendar year}"},
    WHEN_KEY("What must be true for the boost: an expression.", "event.local.weekday == 'tuesday'"),
    WHERE_KEY,
};
static const struct shape shape_boost = {
    SHAPE("boost", "a boost", "A factor on the points of a rule.", boost_keys)};

static const struct key boosts_keys[] = {
    {.name = "combine",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "best|add|multiply",
     .meaning = "How several boosts go together; needed when there are two or more, those of "
                "campaigns counted too. \"add\" is 1 + the sum of (by - 1).",
     .example = "best"},
};
static const struct shape shape_boosts = {
    SHAPE("boosts", "\"boosts\"", "The boosts of a rule, by id, and how they combine.",
          boosts_keys),
    .others = &shape_boost};

#define RULE_KEYS(required)                                                                        \
    {.name = "on",                                                                                 \
     .forms = FORM_SCALAR,                                                                         \
     .scalar = SCALAR_TRIGGER,                                                                     \
     .is_required = required,                                                                      \
     .meaning = "What sets the rule off: join, purchase or a custom event.",                       \
     .example = "purchase"},                                                                       \
        {.name = "if",                                                                             \
         .forms = FORM_MAP,                                                                        \
         .shape = &shape_condition,                                                                \
         .meaning = "What must be true for it.",                                                   \
         .example = "{tier: vib or above}"},                                                       \
        {.name = "earn",                                                                           \
         .forms = FORM_SCALAR | FORM_LIST,                                                         \
         .scalar = SCALAR_EARN,                                                                    \
         .is_required = required,                                                                  \
         .meaning =                                                                                \
             "What is earned: points for money, points per item, a fixed number of points, "       \
             "or by a calculator; one rate for each currency in a list. A number of points, "      \
             "and what they are counted of, may be an expression in parentheses.",                 \
         .example = "\"1 point per 1.00 USD of order.eligible, rounded down\""},                   \
        {.name = "each",                                                                           \
         .forms = FORM_SCALAR,                                                                     \
         .scalar = SCALAR_CHOICE,                                                                  \
         .choices = "order|item",                                                                  \
         .meaning = "Whether it is counted and rounded once an order or for each line.",           \
         .example = "item",                                                                        \
         .standard = "order, or item for rates of item.*"},                                        \
        {.name = "pending",                                                                        \
         .forms = FORM_SCALAR | FORM_MAP,                                                          \
         .scalar = SCALAR_PENDING,                                                                 \
         .shape = &shape_pending,                                                                  \
         .meaning = "When these points become available.",                                         \
         .example = "{until: delivered, at_latest: 14 days}",                                      \
         .standard = "the wallet's"},                                                              \
        {.name = "expires",                                                                        \
         .forms = FORM_SCALAR | FORM_MAP,                                                          \
         .scalar = SCALAR_EXPIRY,                                                                  \
         .shape = &shape_expires,                                                                  \
         .meaning = "When these points expire.",                                                   \
         .example = "90 days",                                                                     \
         .standard = "the wallet's"},                                                              \
        {.name = "exclusive",                                                                      \
         .forms = FORM_SCALAR,                                                                     \
         .scalar = SCALAR_ID,                                                                      \
         .meaning = "Of the rules with the same group only the first that fits is used.",          \
         .example = "signup"},                                                                     \
        {.name = "priority",                                                                       \
         .forms = FORM_SCALAR,                                                                     \
         .scalar = SCALAR_WHOLE,                                                                   \
         .lowest = -1000000,                                                                       \
         .highest = 1000000,                                                                       \
         .meaning = "Which rule is tried first: the lower number.",                                \
         .example = "10",                                                                          \
         .standard = "100"},                                                                       \
        {.name = "limit",                                                                          \
         .forms = FORM_MAP,                                                                        \
         .shape = &shape_limit,                                                                    \
         .meaning = "The most that is given.",                                                     \
         .example = "{per_member: 2 per calendar week}"},                                          \
        WHEN_KEY("What must be true for it: an expression.", "order.eligible >= 50.00"), WHERE_KEY

static const struct key rule_keys[] = {
    RULE_KEYS(true),
    {.name = "boosts",
     .forms = FORM_MAP,
     .shape = &shape_boosts,
     .meaning = "Factors on its points, by id, with \"combine\" when there are several.",
     .example = "{vib: {if: {tier: vib}, by: 1.25}}"},
};
static const struct shape shape_rule = {SHAPE("rule", "a rule", "What earns points.", rule_keys)};

static const struct key campaign_rule_keys[] = {
    RULE_KEYS(false),
    {.name = "boosts",
     .forms = FORM_SCALAR | FORM_MAP,
     .scalar = SCALAR_BOOSTED,
     .shape = &shape_boosts,
     .meaning = "The id of the rule that this boosts; or, in a rule of its own, its boosts.",
     .example = "base"},
    {.name = "by",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_FACTOR,
     .meaning = "What the boosted rule's points are multiplied by.",
     .example = "3"},
};
static const struct shape shape_campaign_rule = {
    SHAPE("campaign_rule", "a campaign's rule",
          "A rule that holds during the campaign, or a boost of another rule.", campaign_rule_keys),
    .one_of = "earn|by"};

static const struct key campaign_keys[] = {
    {.name = "title",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_TEXT,
     .meaning = "What members see.",
     .example = "Skincare weekend",
     .standard = "the id"},
    {.name = "from",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_INSTANT,
     .meaning = "When it begins.",
     .example = "2027-03-05"},
    {.name = "until",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_INSTANT,
     .meaning = "When it ends: the first instant that is no longer in it.",
     .example = "2027-03-08"},
    {.name = "budget",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_POINTS,
     .meaning = "The most points that it gives in all.",
     .example = "200000 points"},
    {.name = "rules",
     .forms = FORM_BY_ID,
     .shape = &shape_campaign_rule,
     .is_required = true,
     .meaning = "What it does.",
     .example = "{triple: {boosts: base, if: {category: skincare}, by: 3}}"},
    {.name = "audience",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_EXPRESSION,
     .meaning = "Whom it is for: a segment, or an expression of the member.",
     .example = "segments.regulars",
     .standard = "everybody"},
    RESERVED("holdout", "measured campaigns"),
};
static const struct shape shape_campaign = {
    SHAPE("campaign", "a campaign", "Rules with dates and a budget.", campaign_keys)};

static const struct key gives_keys[] = {
    {.name = "discount",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_MONEY,
     .meaning = "Money off.",
     .example = "10.00 USD"},
    {.name = "on",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "order",
     .meaning = "What the discount is taken off.",
     .example = "order",
     .standard = "order"},
    {.name = "choose",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_WHOLE,
     .lowest = 1,
     .highest = 1000,
     .meaning = "How many articles the member may choose.",
     .example = "2"},
    {.name = "of",
     .forms = FORM_SCALAR | FORM_LIST,
     .scalar = SCALAR_TEXT,
     .meaning = "The articles to choose from.",
     .example = "[SKU-1, SKU-2, SKU-3]"},
};
static const struct shape shape_gives = {
    SHAPE("gives", "\"gives\"", "What a member gets for the points.", gives_keys),
    .one_of = "discount|choose"};

static const struct key reward_keys[] = {
    {.name = "title",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_TEXT,
     .meaning = "What members see.",
     .example = "10 dollars off",
     .standard = "the id"},
    {.name = "cost",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_POINTS,
     .is_required = true,
     .meaning = "What it costs the member.",
     .example = "500 points"},
    {.name = "gives",
     .forms = FORM_MAP,
     .shape = &shape_gives,
     .meaning = "What the member gets.",
     .example = "{discount: 10.00 USD, on: order}"},
    {.name = "value",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_MONEY,
     .meaning = "What it costs the shop.",
     .example = "4.50 USD",
     .standard = "the discount, if it gives one"},
    {.name = "stock",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_WHOLE,
     .lowest = 0,
     .highest = INT64_C(1000000000000),
     .meaning = "How many there are in all.",
     .example = "5000",
     .standard = "without end"},
    {.name = "limit",
     .forms = FORM_MAP,
     .shape = &shape_limit,
     .meaning = "How often it can be taken.",
     .example = "{per_member: 1 per day}"},
    {.name = "needs",
     .forms = FORM_MAP,
     .shape = &shape_needs,
     .meaning = "What a member or an order must have for it.",
     .example = "{order_at_least: 10.00 USD}"},
};
static const struct shape shape_reward = {
    SHAPE("reward", "a reward", "What members can spend points on.", reward_keys)};

static const struct key members_keys[] = {
    {.name = "unknown",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "create|refuse",
     .meaning =
         "What becomes of a purchase by somebody who has not joined: it makes a member, or is "
         "refused.",
     .example = "create",
     .standard = "create"},
};
static const struct shape shape_members = {
    SHAPE("members", "\"members\"", "Who is a member.", members_keys)};

static const struct key claims_keys[] = {
    {.name = "within",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_SPAN,
     .meaning = "How long after a purchase without a member it can be credited to one.",
     .example = "30 days",
     .standard = "30 days"},
};
static const struct shape shape_claims = {
    SHAPE("claims", "claims", "Crediting a guest's order later.", claims_keys)};

static const struct key event_keys[] = {
    {.name = "title",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_TEXT,
     .meaning = "What members see.",
     .example = "Product review",
     .standard = "the id"},
    {.name = "fields",
     .forms = FORM_BY_NAME,
     .scalar = SCALAR_FIELD_TYPE,
     .meaning = "What it brings, by name: bool, int, decimal, money, string, timestamp or "
                "list(string).",
     .example = "{approved: bool, rating: int}"},
};
static const struct shape shape_event = {
    SHAPE("event", "an event", "Something that happens and is no purchase.", event_keys)};

static const struct key segment_keys[] = {
    {.name = "title",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_TEXT,
     .meaning = "What it is called.",
     .example = "Regulars",
     .standard = "the id"},
    {.name = "when",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_EXPRESSION,
     .is_required = true,
     .meaning = "Who belongs to it: an expression of the member.",
     .example = "member.counters.purchases >= 5"},
};
static const struct shape shape_segment = {
    SHAPE("segment", "a segment", "Members who have something in common.", segment_keys)};

static const struct key program_keys[] = {
    {.name = "program",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_ID,
     .is_required = true,
     .meaning = "The programme's id; it stays the same in all versions.",
     .example = "beauty"},
    {.name = "title",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_TEXT,
     .meaning = "The programme's name.",
     .example = "Beauty Club",
     .standard = "the id"},
    {.name = "timezone",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_ZONE,
     .meaning = "The time zone of its days, months and dates.",
     .example = "America/New_York",
     .standard = "UTC"},
    {.name = "currency",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CURRENCY,
     .meaning = "The currency of its orders.",
     .example = "USD"},
    {.name = "currencies",
     .forms = FORM_LIST,
     .scalar = SCALAR_CURRENCY,
     .meaning = "The currencies of its orders, when there are several; nothing is ever converted "
                "silently.",
     .example = "[EUR, SEK]"},
    {.name = "week_starts",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_CHOICE,
     .choices = "monday|tuesday|wednesday|thursday|friday|saturday|sunday",
     .meaning = "The first day of a calendar week.",
     .example = "monday",
     .standard = "monday"},
    {.name = "eligible",
     .forms = FORM_MAP,
     .shape = &shape_eligible,
     .meaning = "What of an order counts.",
     .example = "{tax: excluded, shipping: excluded, discounts: subtracted}"},
    {.name = "members",
     .forms = FORM_MAP,
     .shape = &shape_members,
     .meaning = "Who is a member.",
     .example = "{unknown: refuse}"},
    {.name = "returns_within",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_SPAN,
     .meaning = "How long after the purchase a return is taken.",
     .example = "60 days",
     .standard = "without end"},
    {.name = "late_within",
     .forms = FORM_SCALAR,
     .scalar = SCALAR_SPAN,
     .meaning = "How late an event may be told.",
     .example = "30 days",
     .standard = "30 days"},
    {.name = "claims",
     .forms = FORM_MAP,
     .shape = &shape_claims,
     .meaning = "Crediting a guest's order later.",
     .example = "{within: 30 days}"},
    {.name = "events",
     .forms = FORM_BY_ID,
     .shape = &shape_event,
     .meaning = "Custom events, by id, with what they bring.",
     .example = "{review: {fields: {approved: bool, rating: int}}}"},
    {.name = "profile",
     .forms = FORM_BY_NAME,
     .scalar = SCALAR_FIELD_TYPE,
     .meaning = "What of a member's personal data rules may look at, by name, with its type.",
     .example = "{country: string, newsletter: bool}"},
    {.name = "segments",
     .forms = FORM_BY_ID,
     .shape = &shape_segment,
     .meaning = "Groups of members, by id.",
     .example = "{regulars: {when: member.counters.purchases >= 5}}"},
    {.name = "wallets",
     .forms = FORM_BY_ID,
     .shape = &shape_wallet,
     .is_required = true,
     .meaning = "The kinds of points, by id.",
     .example = "{points: {expires: 12 months}}"},
    {.name = "counters",
     .forms = FORM_BY_ID,
     .shape = &shape_counter,
     .meaning = "Figures kept for each member, by id; the only history that rules see.",
     .example = "{spend_this_year: {sum: order.eligible, window: calendar year}}"},
    {.name = "tiers",
     .forms = FORM_BY_ID,
     .shape = &shape_tier,
     .meaning = "Tier sets, by id.",
     .example = "{club: {measured_by: spend_this_year, levels: {gold: {from: 500.00 USD}}}}"},
    {.name = "calculators",
     .forms = FORM_BY_ID,
     .shape = &shape_calculator,
     .meaning = "Tables of rates by category, article or type, by id.",
     .example = "{basket: {by: category, rates: {coffee: 2 points per 1.00 USD}}}"},
    {.name = "rules",
     .forms = FORM_BY_ID,
     .shape = &shape_rule,
     .meaning = "The always-on programme: what earns points, by id.",
     .example = "{base: {on: purchase, earn: 1 point per 1.00 USD}}"},
    {.name = "campaigns",
     .forms = FORM_BY_ID,
     .shape = &shape_campaign,
     .meaning = "What has dates and a budget, by id.",
     .example = "{spring: {until: 2027-03-08, rules: {double: {boosts: base, by: 2}}}}"},
    {.name = "rewards",
     .forms = FORM_BY_ID,
     .shape = &shape_reward,
     .meaning = "What points are spent on, by id.",
     .example = "{ten-off: {cost: 500 points, gives: {discount: 10.00 USD, on: order}}}"},
    RESERVED("include", "programmes in several files"),
    RESERVED("tests", "a programme's own tests"),
    RESERVED("holdout", "measured campaigns"),
    RESERVED("benefits", "benefits"),
    RESERVED("groups", "households and groups"),
    RESERVED("catalogue", "the product catalogue"),
    RESERVED("coupons", "coupons"),
    RESERVED("challenges", "challenges"),
    RESERVED("cards", "gift cards"),
    RESERVED("memberships", "paid membership"),
    RESERVED("subscriptions", "subscriptions"),
    RESERVED("partners", "partners"),
    RESERVED("brands", "brands"),
    RESERVED("stores", "stores of their own"),
    RESERVED("spending", "rules for spending"),
    RESERVED("access", "rights of the staff"),
    RESERVED("bookings", "bookings"),
    RESERVED("causes", "giving points to causes"),
    RESERVED("surveys", "surveys"),
    RESERVED("messages", "messages"),
    RESERVED("journeys", "journeys"),
    RESERVED("lifecycle", "the customer's lifecycle"),
};
const struct shape shape_program = {
    SHAPE("program", "the programme", "A loyalty programme.", program_keys),
    .one_of = "currency|currencies"};

const struct shape *const shapes[] = {
    &shape_program, &shape_eligible,   &shape_members,       &shape_wallet,        &shape_name,
    &shape_expires, &shape_pending,    &shape_wallet_return, &shape_counter,       &shape_tier,
    &shape_level,   &shape_rule,       &shape_boosts,        &shape_boost,         &shape_condition,
    &shape_limit,   &shape_calculator, &shape_campaign,      &shape_campaign_rule, &shape_reward,
    &shape_gives,   &shape_needs,      &shape_claims,        &shape_event,         &shape_segment,
};
const size_t shape_count = sizeof(shapes) / sizeof(shapes[0]);
