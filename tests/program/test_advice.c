/* Advice: each code is given just when its threshold is crossed, and what needs orders waits for
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support.h"

#define HEAD "program: p\ncurrency: USD\n"
#define FULL                                                                                       \
    HEAD "wallets: {points: {expires: 1 year, liability: 0.01 USD}}\n"                             \
         "rules: {base: {on: purchase, earn: 1 point per 1.00 USD}}\n"                             \
         "rewards: {five-off: {cost: 100 points, gives: {discount: 5.00 USD}}}\n"

static void assert_advice(const char *text, const struct order_facts *facts, const char *expected)
{
    struct loaded loaded;
    struct buffer out;
    support_load(&loaded, text_of(text));
    struct text said = buffer_text(&loaded.said);
    if (said.length > 0) fprintf(stderr, "%.*s", TEXT_ARGUMENTS(said));
    assert_int_equal(loaded.status, STATUS_OK);
    buffer_init(&out, (size_t)1 << 16);
    assert_int_equal(program_advise(loaded.program, facts, &out), STATUS_OK);
    assert_int_equal(buffer_add_byte(&out, '\0'), STATUS_OK);
    assert_string_equal(out.bytes, expected);
    buffer_release(&out);
    support_unload(&loaded);
}

#define WITHOUT_ORDERS                                                                             \
    "not looked at, because it needs real orders: first-reward-purchases, first-reward-days, "     \
    "reward-out-of-reach, expiry-before-next-purchase\n"

static void a_sound_programme_gets_figures_and_no_advice(void **state)
{
    (void)state;
    assert_advice(
        FULL, NULL,
        "fine many-rules: a member has to know 1 thing: 1 rule, 0 boosts, 0 tier sets (fine up to "
        "7)\n"
        "fine point-worth-low: through the reward five-off, points are worth 5.00% of spend (fine "
        "from 0.50%)\n" WITHOUT_ORDERS);
}

static void a_bare_programme_is_told_what_it_lacks(void **state)
{
    (void)state;
    assert_advice(
        HEAD "wallets: {points: {pending: {until: sent}, on_return: {earned_but_spent: write "
             "off}}, miles: {expires: 1 year}}\n"
             "rules: {base: {on: purchase, earn: 1 point per 1.00 USD}}\n"
             "campaigns: {c: {budget: 5 miles, rules: {x: {boosts: base, by: 2}}}}\n"
             "rewards: {r: {cost: 5 miles}}\n",
        NULL,
        "fine many-rules: a member has to know 2 things: 1 rule, 1 boost, 0 tier sets (fine up to "
        "7)\n"
        "advice no-reward: nothing can be had for what is in the wallet points; add a reward (at "
        "least 1 a wallet)\n"
        "advice wallet-not-earned: no rule earns in the wallet miles, so nobody can pay for the "
        "reward r (at least 1 rule a wallet)\n"
        "advice budget-limits-nothing: the budget of the campaign c is in a wallet that the "
        "campaign "
        "does not give, so it limits nothing (at least 1 rule or boost in the budget's wallet)\n"
        "advice never-expires: what is in the wallet points never expires, so what the shop owes "
        "has "
        "no ceiling (any expiry)\n"
        "advice no-liability: the wallet miles does not say what finance books for it; add "
        "\"liability\" (any amount)\n"
        "advice pending-for-ever: what the rule base gives stays pending for ever if nobody "
        "reports "
        "\"sent\"; add \"at_latest\" (any at_latest)\n"
        "advice return-written-off: who buys, spends the points of the wallet points and returns "
        "the "
        "goods keeps what the points bought (any other on_return)\n" WITHOUT_ORDERS);
}

static void rules_are_many_from_the_eighth_on(void **state)
{
    (void)state;
    for (int count = 7; count <= 8; count++) {
        struct buffer text;
        buffer_init(&text, 4096);
        assert_int_equal(
            buffer_add(&text, TEXT(HEAD "wallets: {p: {expires: 1 year, liability: 1 USD}}\n"
                                        "rewards: {r: {cost: 5 points}}\nrules:\n")),
            STATUS_OK);
        for (int i = 0; i < count; i++)
            assert_int_equal(buffer_add_format(&text, "  r%d: {on: join, earn: 1 point}\n", i),
                             STATUS_OK);
        assert_int_equal(buffer_add_byte(&text, '\0'), STATUS_OK);
        assert_advice(
            text.bytes, NULL,
            count == 7
                ? "fine many-rules: a member has to know 7 things: 7 rules, 0 boosts, 0 tier "
                  "sets (fine up to 7)\n" WITHOUT_ORDERS
                : "advice many-rules: a member has to know 8 things: 8 rules, 0 boosts, 0 tier "
                  "sets (fine up to 7)\n" WITHOUT_ORDERS);
        buffer_release(&text);
    }
}

/* The worth of a point at the edges: 0.50% and 10.00% are fine, a hundredth beyond is not. */
static void the_worth_of_points_has_two_thresholds(void **state)
{
    (void)state;
    static const struct {
        const char *discount;
        const char *advice;
    } worths[] = {
        {"5.00",
         "fine point-worth-low: through the reward r, points are worth 0.50% of spend (fine from "
         "0.50%)\n"},
        {"4.90",
         "advice point-worth-low: through the reward r, points are worth 0.49% of spend (fine from "
         "0.50%)\n"},
        {"100.00",
         "fine point-worth-low: through the reward r, points are worth 10.00% of spend (fine from "
         "0.50%)\n"},
        {"100.10",
         "fine point-worth-low: through the reward r, points are worth 10.01% of spend (fine from "
         "0.50%)\n"
         "advice point-worth-high: through the reward r, points are worth 10.01% of spend (fine up "
         "to 10.00%)\n"},
    };
    for (size_t i = 0; i < sizeof(worths) / sizeof(worths[0]); i++) {
        char text[512];
        char expected[1024];
        snprintf(text, sizeof text,
                 HEAD "wallets: {p: {expires: 1 year, liability: 1 USD}}\n"
                      "rules: {b: {on: purchase, earn: 1 point per 1.00 USD}}\n"
                      "rewards: {r: {cost: 1000 points, gives: {discount: %s USD}}}\n",
                 worths[i].discount);
        snprintf(expected, sizeof expected,
                 "fine many-rules: a member has to know 1 thing: 1 rule, 0 boosts, 0 tier sets "
                 "(fine up to "
                 "7)\n%s" WITHOUT_ORDERS,
                 worths[i].advice);
        assert_advice(text, NULL, expected);
    }
}

static void real_orders_answer_what_needs_them(void **state)
{
    (void)state;
    struct reward_reach reach = {
        .reached_millionths = 50000, .median_purchases = 10, .median_days = 180};
    struct order_facts facts = {.members = 100, .median_gap_days = 365, .rewards = &reach};
    const char *head =
        "fine many-rules: a member has to know 1 thing: 1 rule, 0 boosts, 0 tier sets (fine up "
        "to 7)\n"
        "fine point-worth-low: through the reward five-off, points are worth 5.00% of spend "
        "(fine from 0.50%)\n";
    char expected[2048];
    snprintf(expected, sizeof expected,
             "%sfine first-reward-purchases: the median customer reaches the first reward, "
             "five-off, after 10 "
             "purchases (fine up to 10)\n"
             "fine first-reward-days: the median customer reaches the first reward, five-off, "
             "after 180 days "
             "(fine up to 180)\n"
             "fine reward-out-of-reach: 5.00%% of the customers earn enough for the reward "
             "five-off (fine from "
             "5.00%%)\n"
             "fine expiry-before-next-purchase: the wallet points expires after about 365 days, "
             "and the usual "
             "gap between two purchases is 365 (fine when not shorter than the gap)\n",
             head);
    assert_advice(FULL, &facts, expected);
    reach = (struct reward_reach){
        .reached_millionths = 49999, .median_purchases = 11, .median_days = 181};
    facts.median_gap_days = 366;
    snprintf(expected, sizeof expected,
             "%sadvice first-reward-purchases: the median customer reaches the first reward, "
             "five-off, after "
             "11 purchases (fine up to 10)\n"
             "advice first-reward-days: the median customer reaches the first reward, five-off, "
             "after 181 days "
             "(fine up to 180)\n"
             "advice reward-out-of-reach: 5.00%% of the customers earn enough for the reward "
             "five-off (fine "
             "from 5.00%%)\n"
             "advice expiry-before-next-purchase: the wallet points expires after about 365 days, "
             "and the "
             "usual gap between two purchases is 366 (fine when not shorter than the gap)\n",
             head);
    assert_advice(FULL, &facts, expected);
    reach =
        (struct reward_reach){.reached_millionths = 0, .median_purchases = -1, .median_days = -1};
    facts.median_gap_days = 0;
    snprintf(
        expected, sizeof expected,
        "%sadvice first-reward-purchases: the median customer never reaches a reward (fine up to "
        "10)\n"
        "advice first-reward-days: the median customer never reaches a reward (fine up to 180)\n"
        "advice reward-out-of-reach: 0.00%% of the customers earn enough for the reward five-off "
        "(fine "
        "from 5.00%%)\n",
        head);
    assert_advice(FULL, &facts, expected);
}

static void too_many_levels_are_too_many(void **state)
{
    (void)state;
    static const char *const text = HEAD
        "wallets: {p: {expires: 1 year, liability: 1 USD}}\ncounters: {c: {count: purchases}}\n"
        "tiers: {t: {measured_by: c, levels: {a: {}, b: {from: 2 purchases}, c: {from: 3 "
        "purchases}, d: "
        "{from: 4 purchases}, e: {from: 5 purchases}, f: {from: 6 purchases}}}}\n"
        "rules: {r: {on: join, earn: 1 point}}\nrewards: {r: {cost: 5 points}}\n";
    assert_advice(
        text, NULL,
        "fine many-rules: a member has to know 2 things: 1 rule, 0 boosts, 1 tier set (fine up to "
        "7)\n"
        "advice many-levels: the tier set t has 6 levels; few members will know where they are "
        "(fine "
        "up to 5)\n" WITHOUT_ORDERS);
}

static void a_tier_set_that_nobody_can_climb_is_noticed(void **state)
{
    (void)state;
    assert_advice(
        HEAD "wallets: {p: {expires: 1 year, liability: 1 USD}, q: {}}\n"
             "counters: {c: {sum: earned.q}}\n"
             "tiers: {t: {measured_by: c, levels: {a: {from: 5 q}}}}\n"
             "rules: {r: {on: join, earn: 1 p}}\nrewards: {r: {cost: 5 p}}\n",
        NULL,
        "fine many-rules: a member has to know 2 things: 1 rule, 0 boosts, 1 tier set (fine up to "
        "7)\n"
        "advice tier-not-earned: the tier set t is measured by the wallet q, in which no rule "
        "earns, "
        "so nobody can move up (at least 1 rule a measured wallet)\n" WITHOUT_ORDERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_programme_gets_figures_and_no_advice),
        cmocka_unit_test(a_bare_programme_is_told_what_it_lacks),
        cmocka_unit_test(rules_are_many_from_the_eighth_on),
        cmocka_unit_test(the_worth_of_points_has_two_thresholds),
        cmocka_unit_test(real_orders_answer_what_needs_them),
        cmocka_unit_test(too_many_levels_are_too_many),
        cmocka_unit_test(a_tier_set_that_nobody_can_climb_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
