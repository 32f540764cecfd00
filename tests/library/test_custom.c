/* Events of the programme's own and profiles, through the public header. */
#include "shop.h"

static const char text[] =
    "program: shop\n"
    "currency: EUR\n"
    "profile: {country: string, likes: list(string)}\n"
    "events:\n"
    "  review: {fields: {approved: bool, rating: int, score: decimal, price: money,\n"
    "                    product: string, at: timestamp, tags: list(string)}}\n"
    "wallets:\n"
    "  points: {}\n"
    "rules:\n"
    "  good: {on: review, when: event.approved && event.rating >= 4, earn: 10 points}\n"
    "  dear: {on: review, when: event.price >= 100 && event.score > 0.5, earn: 20 points}\n"
    "  tagged: {on: review, when: \"'photo' in event.tags && event.at <= now\", earn: 40 points}\n"
    "  home: {on: review, when: member.profile.country == 'AT', earn: 80 points}\n"
    "  cats: {on: review, when: \"'cats' in member.profile.likes\", earn: 160 points}\n";

static struct guerdon_program *load(const char *programme)
{
    struct guerdon_program *program = NULL;
    assert_int_equal(guerdon_program_load(guerdon_text_of(programme), NULL, &program), GUERDON_OK);
    return program;
}

static struct guerdon_event review_of(const struct guerdon_value *values, uint32_t count)
{
    struct guerdon_event event = guerdon_event_of(GUERDON_EVENT_CUSTOM);
    event.member = guerdon_text_of("ann");
    event.name = guerdon_text_of("review");
    event.occurred_at_us = event.now_us = NOON_US;
    event.values = values;
    event.value_count = count;
    return event;
}

static void an_event_of_the_programmes_own_brings_its_values(void **context)
{
    (void)context;
    static struct journal journal;
    const struct guerdon_text tags[] = {TEXT_OF("long"), TEXT_OF("photo")};
    const struct guerdon_text likes[] = {TEXT_OF("cats")};
    const struct guerdon_value values[] = {
        {.name = TEXT_OF("approved"), .type = GUERDON_VALUE_BOOL, .number = 1},
        {.name = TEXT_OF("rating"), .type = GUERDON_VALUE_INT, .number = 4},
        {.name = TEXT_OF("score"), .type = GUERDON_VALUE_DECIMAL, .number = 51, .decimals = 2},
        {.name = TEXT_OF("price"),
         .type = GUERDON_VALUE_MONEY,
         .number = 10000,
         .decimals = 2,
         .text = TEXT_OF("EUR")},
        {.name = TEXT_OF("product"), .type = GUERDON_VALUE_STRING, .text = TEXT_OF("A")},
        {.name = TEXT_OF("at"), .type = GUERDON_VALUE_TIMESTAMP, .number = NOON_US},
        {.name = TEXT_OF("tags"), .type = GUERDON_VALUE_STRINGS, .texts = tags, .text_count = 2},
    };
    const struct guerdon_value profile[] = {
        {.name = TEXT_OF("country"), .type = GUERDON_VALUE_STRING, .text = TEXT_OF("AT")},
        {.name = TEXT_OF("likes"), .type = GUERDON_VALUE_STRINGS, .texts = likes, .text_count = 1},
    };
    struct guerdon_program *program = load(text);
    struct guerdon_engine *engine = shop_engine(program, &journal);
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    struct guerdon_event event = review_of(values, sizeof values / sizeof *values);
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_DONE);
    assert_int_equal(available(engine, "ann"), 10 + 20 + 40);
    event.profile = profile;
    event.profile_count = 2;
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_DONE);
    assert_int_equal(available(engine, "ann"), 70 + 70 + 80 + 160);
    guerdon_engine_free(engine);

    /* The journal alone brings it back, under a programme that has no such event any more. */
    struct guerdon_program *later = load("program: shop\ncurrency: EUR\nwallets: {points: {}}\n"
                                         "rules: {a: {on: join, earn: 1 point}}\n");
    struct guerdon_engine *again = shop_engine(later, NULL);
    size_t taken = 0;
    assert_int_equal(guerdon_engine_feed(
                         again, (struct guerdon_text){(const char *)journal.bytes, journal.length},
                         NULL, NULL, &taken),
                     GUERDON_OK);
    assert_int_equal(taken, journal.length);
    assert_int_equal(available(again, "ann"), 380);
    assert_int_equal(decide(again, event), GUERDON_ANSWER_UNKNOWN_EVENT);
    guerdon_engine_free(again);
    guerdon_program_free(later);
    guerdon_program_free(program);
}

static void values_that_do_not_fit_are_a_malformed_event(void **context)
{
    (void)context;
    const struct guerdon_value wrong[] = {
        {.name = TEXT_OF("zebra"), .type = GUERDON_VALUE_INT, .number = 1},
        {.name = TEXT_OF("rating"), .type = GUERDON_VALUE_BOOL, .number = 1},
        {.name = TEXT_OF("price"),
         .type = GUERDON_VALUE_MONEY,
         .number = 1,
         .text = TEXT_OF("USD")},
        {.name = TEXT_OF("product"), .type = GUERDON_VALUE_STRING, .text = TEXT_OF("\xff")},
    };
    struct guerdon_program *program = load(text);
    struct guerdon_engine *engine = shop_engine(program, NULL);
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(decide(engine, review_of(&wrong[i], 1)), GUERDON_ANSWER_INVALID_EVENT);
    struct guerdon_event event = review_of(NULL, 0);
    event.name = TEXT_OF("visit");
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_UNKNOWN_EVENT);
    assert_string_equal(guerdon_answer_text(GUERDON_ANSWER_UNKNOWN_EVENT),
                        "the programme has no such event");
    guerdon_engine_free(engine);
    guerdon_program_free(program);
}

static void a_try_says_which_part_of_an_expression_was_not_true(void **context)
{
    (void)context;
    const struct guerdon_value values[] = {
        {.name = TEXT_OF("approved"), .type = GUERDON_VALUE_BOOL, .number = 1},
        {.name = TEXT_OF("rating"), .type = GUERDON_VALUE_INT, .number = 3},
    };
    struct guerdon_program *program = load(text);
    struct guerdon_engine *engine = shop_engine(program, NULL);
    struct guerdon_answer answer = {.size = sizeof answer};
    struct guerdon_not_fired told = {.size = sizeof told};
    struct guerdon_event event = review_of(values, 2);
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    assert_int_equal(guerdon_engine_evaluate(engine, &event, &answer), GUERDON_OK);
    assert_true(answer.not_fired_count > 0);
    assert_int_equal(guerdon_engine_not_fired(engine, 0, &told), GUERDON_OK);
    assert_true(text_is(told.rule, "good"));
    assert_true(text_is(told.detail, "event.rating >= 4: 3 >= 4"));
    /* A caller of the first version has no room for it. */
    memset(&told, 0x5a, sizeof told);
    told.size = (uint32_t)offsetof(struct guerdon_not_fired, detail);
    assert_int_equal(guerdon_engine_not_fired(engine, 0, &told), GUERDON_OK);
    assert_true(text_is(told.rule, "good"));
    assert_int_equal(told.detail.length, UINT64_C(0x5a5a5a5a5a5a5a5a));
    told.size -= 1;
    assert_int_equal(guerdon_engine_not_fired(engine, 0, &told), GUERDON_MISUSE);
    guerdon_engine_free(engine);
    guerdon_program_free(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_of_the_programmes_own_brings_its_values),
        cmocka_unit_test(a_try_says_which_part_of_an_expression_was_not_true),
        cmocka_unit_test(values_that_do_not_fit_are_a_malformed_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
