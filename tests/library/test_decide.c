/* What an event comes to, told through the public header. */
#include "shop.h"

static void an_event_is_answered_with_what_it_did(void **context)
{
    (void)context;
    struct guerdon_program *program = shop_program();
    struct guerdon_engine *engine = shop_engine(program, NULL);
    struct guerdon_answer answer = {.size = sizeof answer};
    struct guerdon_posting posting = {.size = sizeof posting};
    struct guerdon_fired fired = {.size = sizeof fired};
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    struct guerdon_event event = purchase_of("ann", "o1", 1999);
    event.channel = TEXT_OF("web");
    assert_int_equal(guerdon_engine_decide(engine, &event, &answer), GUERDON_OK);
    assert_int_equal(answer.answer, GUERDON_ANSWER_DONE);
    assert_int_equal(answer.position, 2);
    assert_int_equal(answer.recorded_at_us, NOON_US);
    assert_int_equal(answer.eligible, 1999);
    assert_int_equal(answer.program_version, 1);
    assert_int_equal(answer.posting_count, 1);
    assert_int_equal(answer.fired_count, 1);
    assert_int_equal(answer.not_fired_count, 0);
    assert_int_equal(guerdon_engine_posting(engine, 0, &posting), GUERDON_OK);
    assert_int_equal(posting.from, GUERDON_ACCOUNT_ISSUED);
    assert_int_equal(posting.to, GUERDON_ACCOUNT_AVAILABLE);
    assert_int_equal(posting.amount, 39);
    assert_true(text_is(posting.member, "ann"));
    assert_true(text_is(posting.wallet, "points"));
    assert_int_equal(guerdon_engine_fired(engine, 0, &fired), GUERDON_OK);
    assert_true(text_is(fired.rule, "base"));
    assert_int_equal(fired.base, 1999);
    assert_int_equal(fired.boost_millionths, 2000000);
    assert_int_equal(fired.granted, 39);
    assert_int_equal(guerdon_engine_posting(engine, 1, &posting), GUERDON_NOT_FOUND);
    assert_int_equal(guerdon_engine_fired(engine, 1, &fired), GUERDON_NOT_FOUND);
    assert_int_equal(available(engine, "ann"), 139);
    guerdon_engine_free(engine);
    guerdon_program_free(program);
}

static void a_refusal_is_an_answer_and_is_kept(void **context)
{
    (void)context;
    static struct journal journal;
    struct guerdon_program *program = shop_program();
    struct guerdon_engine *engine = shop_engine(program, &journal);
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    size_t before = journal.length;
    assert_int_equal(decide(engine, redeem_of("ann", 101)), GUERDON_ANSWER_BALANCE_TOO_LOW);
    assert_true(journal.length > before);
    assert_int_equal(available(engine, "ann"), 100);
    assert_string_equal(guerdon_answer_text(GUERDON_ANSWER_BALANCE_TOO_LOW),
                        "the balance is too low");
    guerdon_engine_free(engine);
    guerdon_program_free(program);
}

static void the_same_key_twice_is_one_event(void **context)
{
    (void)context;
    static struct journal journal;
    struct guerdon_program *program = shop_program();
    struct guerdon_engine *engine = shop_engine(program, &journal);
    struct guerdon_answer answer = {.size = sizeof answer};
    struct guerdon_event event = join_of("ann");
    event.key = TEXT_OF("k1");
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_DONE);
    size_t before = journal.length;
    assert_int_equal(guerdon_engine_decide(engine, &event, &answer), GUERDON_OK);
    assert_int_equal(answer.answer, GUERDON_ANSWER_REPEATED);
    assert_int_equal(answer.repeated_position, 1);
    assert_int_equal(answer.position, 0);
    event.member = TEXT_OF("bob");
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_KEY_CONFLICT);
    assert_int_equal(journal.length, before);
    assert_int_equal(available(engine, "ann"), 100);
    assert_int_equal(available(engine, "bob"), 0);
    guerdon_engine_free(engine);
    guerdon_program_free(program);
}

static void evaluating_writes_nothing_and_says_why_not(void **context)
{
    (void)context;
    static struct journal journal;
    struct guerdon_program *program = shop_program();
    struct guerdon_engine *engine = shop_engine(program, &journal);
    struct guerdon_answer answer = {.size = sizeof answer};
    struct guerdon_not_fired not_fired = {.size = sizeof not_fired};
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    size_t calls = journal.calls;
    struct guerdon_event event = purchase_of("ann", "o1", 1000);
    assert_int_equal(guerdon_engine_evaluate(engine, &event, &answer), GUERDON_OK);
    assert_int_equal(answer.answer, GUERDON_ANSWER_DONE);
    assert_int_equal(answer.position, 0);
    assert_int_equal(answer.fired_count, 1);
    bool has_large = false;
    bool has_web = false;
    for (uint32_t i = 0; i < answer.not_fired_count; i++) {
        assert_int_equal(guerdon_engine_not_fired(engine, i, &not_fired), GUERDON_OK);
        if (text_is(not_fired.rule, "large")) {
            has_large = text_is(not_fired.reason, "the order is too small");
        }
        if (text_is(not_fired.boost, "web")) {
            has_web = text_is(not_fired.reason, "the channel does not match");
        }
    }
    assert_true(has_large && has_web);
    assert_int_equal(guerdon_engine_not_fired(engine, answer.not_fired_count, &not_fired),
                     GUERDON_NOT_FOUND);
    assert_int_equal(journal.calls, calls);
    assert_int_equal(available(engine, "ann"), 100);
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_DONE);
    assert_int_equal(available(engine, "ann"), 110);
    guerdon_engine_free(engine);
    guerdon_program_free(program);
}

static void levels_and_balances_are_as_of_an_instant(void **context)
{
    (void)context;
    struct guerdon_program *program = shop_program();
    struct guerdon_engine *engine = shop_engine(program, NULL);
    struct guerdon_level level = {.size = sizeof level};
    struct guerdon_balance balance = {.size = sizeof balance};
    struct guerdon_text ann = TEXT_OF("ann");
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    assert_int_equal(guerdon_engine_level(engine, ann, TEXT_OF("club"), NOON_US, &level),
                     GUERDON_OK);
    assert_int_equal(level.number, 0);
    assert_int_equal(level.id.length, 0);
    assert_int_equal(decide(engine, purchase_of("ann", "o1", 5000)), GUERDON_ANSWER_DONE);
    assert_int_equal(guerdon_engine_level(engine, ann, TEXT_OF("club"), NOON_US, &level),
                     GUERDON_OK);
    assert_int_equal(level.number, 1);
    assert_true(text_is(level.id, "silver"));
    assert_true(text_is(level.title, "Silver"));
    assert_int_equal(guerdon_engine_level(engine, ann, TEXT_OF("none"), NOON_US, &level),
                     GUERDON_NOT_FOUND);
    assert_int_equal(
        guerdon_engine_balance(engine, ann, TEXT_OF("points"), NOON_US + 370 * DAY_US, &balance),
        GUERDON_OK);
    assert_int_equal(balance.available, 0);
    assert_int_equal(available(engine, "ann"), 150);
    assert_int_equal(available(engine, "nobody"), 0);
    guerdon_engine_free(engine);
    guerdon_program_free(program);
}

struct lots {
    struct guerdon_lot lots[8];
    uint32_t count;
    bool has_order;
    enum guerdon_status answer;
};

static enum guerdon_status note_lot(void *context, const struct guerdon_lot *lot)
{
    struct lots *lots = context;
    assert_true(lots->count < 8);
    if (text_is(lot->order, "o1")) lots->has_order = true;
    lots->lots[lots->count++] = *lot;
    return lots->answer;
}

static void a_balance_explains_itself_by_its_lots(void **context)
{
    (void)context;
    struct guerdon_program *program = shop_program();
    struct guerdon_engine *engine = shop_engine(program, NULL);
    struct lots lots = {.answer = GUERDON_OK};
    struct guerdon_event event = purchase_of("ann", "o1", 2050);
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    event.channel = TEXT_OF("web");
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_DONE);
    assert_int_equal(guerdon_engine_explain(engine, TEXT_OF("ann"), NOON_US, note_lot, &lots),
                     GUERDON_OK);
    assert_int_equal(lots.count, 2);
    assert_true(lots.has_order);
    assert_true(text_is(lots.lots[0].rule, "welcome"));
    assert_int_equal(lots.lots[0].remaining, 100);
    assert_int_equal(lots.lots[0].type, GUERDON_EVENT_JOIN);
    const struct guerdon_lot *bought = &lots.lots[1];
    assert_true(text_is(bought->rule, "base"));
    assert_true(text_is(bought->wallet, "points"));
    assert_int_equal(bought->account, GUERDON_ACCOUNT_AVAILABLE);
    assert_int_equal(bought->remaining, 41);
    assert_int_equal(bought->position, 2);
    assert_int_equal(bought->type, GUERDON_EVENT_PURCHASE);
    assert_int_equal(bought->occurred_at_us, NOON_US);
    assert_int_equal(bought->base, 2050);
    assert_int_equal(bought->boost_millionths, 2000000);
    assert_int_equal(bought->granted, 41);
    assert_true(bought->expires_at_us > NOON_US + 300 * DAY_US);
    lots = (struct lots){.answer = GUERDON_INTERRUPTED};
    assert_int_equal(guerdon_engine_explain(engine, TEXT_OF("ann"), NOON_US, note_lot, &lots),
                     GUERDON_INTERRUPTED);
    assert_int_equal(lots.count, 1);
    guerdon_engine_free(engine);
    guerdon_program_free(program);
}

static void another_programme_decides_what_comes_and_leaves_what_was(void **context)
{
    (void)context;
    const char text[] = "program: shop\ncurrencies: [EUR, SEK]\nwallets:\n  points: {}\n"
                        "rules:\n  base: {on: purchase, earn: 10 points per 1.00 EUR}\n";
    const struct guerdon_program_options options = {.size = sizeof options, .version = 7};
    struct guerdon_program *program = shop_program();
    struct guerdon_program *next = NULL;
    struct guerdon_engine *engine = shop_engine(program, NULL);
    struct guerdon_answer answer = {.size = sizeof answer};
    assert_int_equal(guerdon_program_load(guerdon_text_of(text), &options, &next), GUERDON_OK);
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    assert_int_equal(guerdon_engine_use(engine, next), GUERDON_OK);
    struct guerdon_event event = purchase_of("ann", "o1", 100);
    assert_int_equal(guerdon_engine_decide(engine, &event, &answer), GUERDON_OK);
    assert_int_equal(answer.program_version, 7);
    assert_int_equal(available(engine, "ann"), 110);
    guerdon_engine_free(engine);
    guerdon_program_free(next);
    guerdon_program_free(program);
}

struct problems {
    uint32_t count;
    uint32_t line;
    uint32_t column;
    bool names_file;
    bool has_message;
};

static void note_problem(void *context, const struct guerdon_problem *problem)
{
    struct problems *problems = context;
    problems->count++;
    problems->line = problem->line;
    problems->column = problem->column;
    problems->names_file = text_is(problem->file, "club.yaml");
    problems->has_message = problem->message.length > 10;
}

static void a_wrong_programme_tells_every_mistake_with_its_place(void **context)
{
    (void)context;
    const char text[] = "program: shop\ncurrency: EUR\nwallets:\n  points: {decimal: 2}\n";
    struct problems problems = {0};
    const struct guerdon_program_options options = {.size = sizeof options,
                                                    .file = TEXT_OF("club.yaml"),
                                                    .problem = note_problem,
                                                    .context = &problems};
    struct guerdon_program *program = NULL;
    assert_int_equal(guerdon_program_load(guerdon_text_of(text), &options, &program),
                     GUERDON_INVALID);
    assert_null(program);
    assert_int_equal(problems.count, 1);
    assert_int_equal(problems.line, 4);
    assert_int_equal(problems.column, 12);
    assert_true(problems.names_file && problems.has_message);
}

static void a_programme_says_what_it_has(void **context)
{
    (void)context;
    struct guerdon_program *program = shop_program();
    struct guerdon_text id;
    struct guerdon_wallet wallet = {.size = sizeof wallet};
    struct guerdon_currency currency = {.size = sizeof currency};
    struct guerdon_reward reward = {.size = sizeof reward};
    assert_int_equal(guerdon_program_id(program, &id), GUERDON_OK);
    assert_true(text_is(id, "shop"));
    assert_int_equal(guerdon_program_wallet(program, 0, &wallet), GUERDON_OK);
    assert_true(text_is(wallet.id, "points") && text_is(wallet.one, "point"));
    assert_true(text_is(wallet.many, "points"));
    assert_int_equal(guerdon_program_wallet(program, 1, &wallet), GUERDON_OK);
    assert_int_equal(wallet.decimals, 2);
    assert_int_equal(guerdon_program_wallet(program, 2, &wallet), GUERDON_NOT_FOUND);
    assert_int_equal(guerdon_program_currency(program, 1, &currency), GUERDON_OK);
    assert_true(text_is(currency.code, "SEK"));
    assert_int_equal(currency.decimals, 2);
    assert_int_equal(guerdon_program_currency(program, 2, &currency), GUERDON_NOT_FOUND);
    assert_int_equal(guerdon_program_reward(program, 0, &reward), GUERDON_OK);
    assert_true(text_is(reward.id, "mug") && text_is(reward.title, "A mug"));
    assert_true(text_is(reward.wallet, "points"));
    assert_int_equal(reward.cost, 150);
    assert_int_equal(guerdon_program_reward(program, 1, &reward), GUERDON_NOT_FOUND);
    guerdon_program_free(program);
}

static void every_number_has_its_text(void **context)
{
    (void)context;
    assert_string_equal(guerdon_version(), "0.1.0");
    assert_string_equal(guerdon_status_text(GUERDON_OK), "done");
    assert_string_equal(guerdon_status_text(GUERDON_NO_MEMORY), "out of memory");
    assert_string_equal(guerdon_status_text((enum guerdon_status)77), "an unknown status");
    assert_string_equal(guerdon_answer_text(GUERDON_ANSWER_DONE), "done");
    assert_string_equal(guerdon_answer_text(9999), "an unknown answer");
    assert_string_equal(guerdon_account_name(GUERDON_ACCOUNT_OFFLINE_DIFFERENCE),
                        "offline difference");
    assert_string_equal(guerdon_account_name(9999), "an unknown account");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_answered_with_what_it_did),
        cmocka_unit_test(a_refusal_is_an_answer_and_is_kept),
        cmocka_unit_test(the_same_key_twice_is_one_event),
        cmocka_unit_test(evaluating_writes_nothing_and_says_why_not),
        cmocka_unit_test(levels_and_balances_are_as_of_an_instant),
        cmocka_unit_test(a_balance_explains_itself_by_its_lots),
        cmocka_unit_test(another_programme_decides_what_comes_and_leaves_what_was),
        cmocka_unit_test(a_wrong_programme_tells_every_mistake_with_its_place),
        cmocka_unit_test(a_programme_says_what_it_has),
        cmocka_unit_test(every_number_has_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
