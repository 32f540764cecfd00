/* Wrong calls: each is refused as such, and nothing happens. */
#include "shop.h"

static struct guerdon_program *program;
static struct guerdon_engine *engine;

static int open_shop(void **context)
{
    (void)context;
    program = shop_program();
    engine = shop_engine(program, NULL);
    return 0;
}

static int close_shop(void **context)
{
    (void)context;
    guerdon_engine_free(engine);
    guerdon_program_free(program);
    return 0;
}

#define assert_misuse(call) assert_int_equal((call), GUERDON_MISUSE)

static enum guerdon_status no_lot(void *context, const struct guerdon_lot *lot)
{
    (void)context;
    (void)lot;
    return GUERDON_OK;
}

static enum guerdon_status no_record(void *context, const struct guerdon_record *record)
{
    (void)context;
    (void)record;
    return GUERDON_OK;
}

static void null_is_refused_everywhere(void **context)
{
    (void)context;
    struct guerdon_text empty = {NULL, 0};
    struct guerdon_event event = join_of("ann");
    struct guerdon_program *no_program = NULL;
    struct guerdon_engine *no_engine = NULL;
    struct guerdon_balance balance = {.size = sizeof balance};
    struct guerdon_level level = {.size = sizeof level};
    struct guerdon_posting posting = {.size = sizeof posting};
    struct guerdon_fired fired = {.size = sizeof fired};
    struct guerdon_not_fired not_fired = {.size = sizeof not_fired};
    struct guerdon_wallet wallet = {.size = sizeof wallet};
    struct guerdon_currency currency = {.size = sizeof currency};
    struct guerdon_reward reward = {.size = sizeof reward};
    size_t taken;
    assert_misuse(guerdon_program_load(empty, NULL, NULL));
    assert_misuse(guerdon_program_id(NULL, &empty));
    assert_misuse(guerdon_program_id(program, NULL));
    assert_misuse(guerdon_program_wallet(NULL, 0, &wallet));
    assert_misuse(guerdon_program_wallet(program, 0, NULL));
    assert_misuse(guerdon_program_currency(NULL, 0, &currency));
    assert_misuse(guerdon_program_currency(program, 0, NULL));
    assert_misuse(guerdon_program_reward(NULL, 0, &reward));
    assert_misuse(guerdon_program_reward(program, 0, NULL));
    assert_misuse(guerdon_engine_open(NULL, NULL, &no_engine));
    assert_misuse(guerdon_engine_open(program, NULL, NULL));
    assert_misuse(guerdon_engine_use(NULL, program));
    assert_misuse(guerdon_engine_use(engine, NULL));
    assert_misuse(guerdon_engine_note(NULL, empty));
    assert_misuse(guerdon_engine_feed(NULL, empty, NULL, NULL, &taken));
    assert_misuse(guerdon_engine_feed(engine, empty, NULL, NULL, NULL));
    assert_misuse(guerdon_engine_decide(NULL, &event, NULL));
    assert_misuse(guerdon_engine_decide(engine, NULL, NULL));
    assert_misuse(guerdon_engine_evaluate(NULL, &event, NULL));
    assert_misuse(guerdon_engine_evaluate(engine, NULL, NULL));
    assert_misuse(guerdon_engine_posting(NULL, 0, &posting));
    assert_misuse(guerdon_engine_posting(engine, 0, NULL));
    assert_misuse(guerdon_engine_fired(NULL, 0, &fired));
    assert_misuse(guerdon_engine_fired(engine, 0, NULL));
    assert_misuse(guerdon_engine_not_fired(NULL, 0, &not_fired));
    assert_misuse(guerdon_engine_not_fired(engine, 0, NULL));
    assert_misuse(guerdon_engine_balance(NULL, empty, empty, NOON_US, &balance));
    assert_misuse(guerdon_engine_balance(engine, empty, empty, NOON_US, NULL));
    assert_misuse(guerdon_engine_level(NULL, empty, empty, NOON_US, &level));
    assert_misuse(guerdon_engine_level(engine, empty, empty, NOON_US, NULL));
    assert_misuse(guerdon_engine_explain(NULL, empty, NOON_US, no_lot, NULL));
    assert_misuse(guerdon_engine_explain(engine, empty, NOON_US, NULL, NULL));
    assert_misuse(guerdon_engine_records(NULL, 0, no_record, NULL));
    assert_misuse(guerdon_engine_records(engine, 0, NULL, NULL));
    assert_null(no_program);
    assert_null(no_engine);
    guerdon_program_free(NULL);
    guerdon_engine_free(NULL);
    assert_int_equal(available(engine, "ann"), 0);
}

static void structs_that_are_too_small_or_have_no_size_are_refused(void **context)
{
    (void)context;
    struct guerdon_event event = join_of("ann");
    struct guerdon_answer answer = {.size = 0};
    struct guerdon_balance balance = {.size = sizeof balance - 1};
    struct guerdon_engine_options options = {.size = 4};
    struct guerdon_program_options program_options = {.size = 0};
    struct guerdon_engine *no_engine = NULL;
    struct guerdon_program *no_program = NULL;
    assert_misuse(guerdon_engine_decide(engine, &event, &answer));
    event.size = (uint32_t)offsetof(struct guerdon_event, name) - 1;
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
    event.size = UINT32_MAX;
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
    assert_misuse(
        guerdon_engine_balance(engine, TEXT_OF("ann"), TEXT_OF("points"), NOON_US, &balance));
    assert_misuse(guerdon_engine_open(program, &options, &no_engine));
    assert_misuse(guerdon_program_load(guerdon_text_of(shop_text), &program_options, &no_program));
    assert_int_equal(available(engine, "ann"), 0);
}

static void a_newer_struct_is_taken_when_what_is_new_is_zero(void **context)
{
    (void)context;
    struct {
        struct guerdon_event event;
        uint64_t later;
    } newer = {.event = join_of("ann")};
    struct {
        struct guerdon_answer answer;
        uint64_t later;
    } answer = {.answer = {.size = sizeof answer}, .later = 7};
    newer.event.size = sizeof newer;
    newer.later = 1;
    assert_misuse(guerdon_engine_decide(engine, &newer.event, &answer.answer));
    assert_int_equal(available(engine, "ann"), 0);
    newer.later = 0;
    assert_int_equal(guerdon_engine_decide(engine, &newer.event, &answer.answer), GUERDON_OK);
    assert_int_equal(answer.answer.position, 1);
    assert_int_equal(answer.answer.size, sizeof answer);
    assert_int_equal(answer.later, 0);
    assert_int_equal(available(engine, "ann"), 100);
}

/* As a caller's header had it before events of the programme's own. */
static void an_older_callers_event_is_taken_as_it_is(void **context)
{
    (void)context;
    struct guerdon_event event = join_of("ann");
    memset(&event.name, 0xff, sizeof event - offsetof(struct guerdon_event, name));
    event.size = (uint32_t)offsetof(struct guerdon_event, name);
    assert_int_equal(guerdon_engine_decide(engine, &event, NULL), GUERDON_OK);
    assert_int_equal(available(engine, "ann"), 100);
    event.size -= 1;
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
}

static void the_values_of_an_event_are_there_and_fit_their_types(void **context)
{
    (void)context;
    const struct guerdon_text nowhere = {NULL, 5};
    const struct guerdon_value wrong[] = {
        {.name = nowhere},
        {.name = TEXT_OF("a"), .type = GUERDON_VALUE_STRINGS + 1},
        {.name = TEXT_OF("a"), .type = GUERDON_VALUE_DECIMAL, .decimals = -1},
        {.name = TEXT_OF("a"), .type = GUERDON_VALUE_DECIMAL, .decimals = 99},
        {.name = TEXT_OF("a"), .type = GUERDON_VALUE_STRING, .text = nowhere},
        {.name = TEXT_OF("a"), .type = GUERDON_VALUE_STRINGS, .text_count = 1},
        {.name = TEXT_OF("a"), .type = GUERDON_VALUE_STRINGS, .texts = &nowhere, .text_count = 1},
    };
    struct guerdon_event event = guerdon_event_of(GUERDON_EVENT_CUSTOM);
    event.member = TEXT_OF("ann");
    event.name = TEXT_OF("review");
    event.occurred_at_us = event.now_us = NOON_US;
    event.value_count = 1;
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        event.values = &wrong[i];
        assert_misuse(guerdon_engine_decide(engine, &event, NULL));
    }
    event.value_count = UINT32_MAX;
    assert_int_equal(guerdon_engine_decide(engine, &event, NULL), GUERDON_LIMIT);
    event.value_count = 0;
    event.profile_count = 1;
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
    event.profile = &wrong[0];
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
}

static void lists_have_the_stride_that_they_say(void **context)
{
    (void)context;
    struct newer_item {
        struct guerdon_item item;
        uint64_t later;
    } items[2] = {{.item = {.sku = TEXT_OF("A"), .quantity = 1, .unit_price = 30}},
                  {.item = {.sku = TEXT_OF("B"), .quantity = 2, .unit_price = 40}}};
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    struct guerdon_event event = purchase_of("ann", "o1", 1);
    event.items = &items[0].item;
    event.item_count = 2;
    event.item_size = sizeof items[0];
    items[1].later = 5;
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
    items[1].later = 0;
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_DONE);
    assert_int_equal(available(engine, "ann"), 100 + 30 + 80);
    event.item_size = sizeof items[0].item - 1;
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
}

static void what_is_not_there_is_refused(void **context)
{
    (void)context;
    const struct guerdon_text nowhere = {NULL, 5};
    struct guerdon_event event = join_of("ann");
    struct guerdon_program *no_program = NULL;
    size_t taken;
    event.key = nowhere;
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
    event = join_of("ann");
    event.type = 999;
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
    event = purchase_of("ann", "o1", 100);
    event.items = NULL;
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
    event = purchase_of("ann", "o1", 100);
    event.promise_count = 1;
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
    event = purchase_of("ann", "o1", 100);
    event.item_count = UINT32_MAX;
    assert_int_equal(guerdon_engine_decide(engine, &event, NULL), GUERDON_LIMIT);
    struct guerdon_item item = {.quantity = 1, .unit_price = 1, .unit_price_decimals = 99};
    event = purchase_of("ann", "o1", 100);
    event.items = &item;
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
    item = (struct guerdon_item){.quantity = 1, .sku = nowhere};
    assert_misuse(guerdon_engine_decide(engine, &event, NULL));
    event = purchase_of("ann", "o1", 100);
    event.currency = TEXT_OF("XYZ");
    assert_int_equal(guerdon_engine_decide(engine, &event, NULL), GUERDON_NOT_FOUND);
    assert_misuse(guerdon_program_load(nowhere, NULL, &no_program));
    assert_misuse(guerdon_engine_note(engine, nowhere));
    assert_misuse(guerdon_engine_feed(engine, nowhere, NULL, NULL, &taken));
    assert_int_equal(available(engine, "ann"), 0);
}

static void every_list_of_an_event_arrives(void **context)
{
    (void)context;
    const struct guerdon_promise promise = {TEXT_OF("points"), 5};
    const struct guerdon_payment payment = {TEXT_OF("card"), 100};
    const struct guerdon_redeem redeem = {TEXT_OF(""), TEXT_OF("points"), 1};
    const struct guerdon_return line = {TEXT_OF("1"), TEXT_OF(""), 1};
    struct guerdon_event event = purchase_of("ann", "o1", 1000);
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_DONE);
    event = purchase_of("ann", "o1", 1000);
    event.type = GUERDON_EVENT_RETURN;
    event.items = NULL;
    event.item_count = 0;
    event.returns = &line;
    event.return_count = 1;
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_DONE);
    assert_int_equal(available(engine, "ann"), 100);
    /* The rest reach the engine, which says what it makes of them. */
    event = purchase_of("ann", "o2", 1000);
    event.promises = &promise;
    event.promise_count = 1;
    event.payments = &payment;
    event.payment_count = 1;
    event.redeems = &redeem;
    event.redeem_count = 1;
    event.till = TEXT_OF("till-1");
    (void)decide(engine, event);
    event.redeem_count = 17;
    assert_int_equal(guerdon_engine_decide(engine, &event, NULL), GUERDON_LIMIT);
}

static void what_is_too_long_is_refused(void **context)
{
    (void)context;
    static char bytes[(1u << 20) + 1];
    const struct guerdon_text note = {bytes, sizeof bytes};
    struct guerdon_event event = join_of("ann");
    event.note = note;
    assert_int_equal(guerdon_engine_decide(engine, &event, NULL), GUERDON_LIMIT);
    assert_int_equal(guerdon_engine_note(engine, note), GUERDON_LIMIT);
    event = join_of("ann");
    event.order = (struct guerdon_text){bytes, 65};
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_INVALID_EVENT);
    event = join_of("ann");
    event.member = (struct guerdon_text){bytes, sizeof bytes};
    assert_int_equal(decide(engine, event), GUERDON_ANSWER_INVALID_EVENT);
    struct guerdon_balance balance = {.size = sizeof balance};
    assert_int_equal(guerdon_engine_balance(engine, note, TEXT_OF("points"), NOON_US, &balance),
                     GUERDON_OK);
    assert_int_equal(balance.available, 0);
}

static void instants_outside_the_calendar_are_refused(void **context)
{
    (void)context;
    static const int64_t wrong[] = {INT64_MIN, INT64_MAX};
    struct guerdon_balance balance = {.size = sizeof balance};
    struct guerdon_level level = {.size = sizeof level};
    struct guerdon_text ann = TEXT_OF("ann");
    for (size_t i = 0; i < 2; i++) {
        struct guerdon_event event = join_of("ann");
        event.now_us = wrong[i];
        assert_int_equal(decide(engine, event), GUERDON_ANSWER_INVALID_EVENT);
        assert_int_equal(guerdon_engine_balance(engine, ann, TEXT_OF("points"), wrong[i], &balance),
                         GUERDON_INVALID);
        assert_int_equal(guerdon_engine_level(engine, ann, TEXT_OF("club"), wrong[i], &level),
                         GUERDON_INVALID);
        assert_int_equal(guerdon_engine_explain(engine, ann, wrong[i], no_lot, NULL),
                         GUERDON_INVALID);
    }
}

static void the_journal_comes_before_the_first_event(void **context)
{
    (void)context;
    size_t taken;
    assert_int_equal(guerdon_engine_feed(engine, TEXT_OF(""), NULL, NULL, &taken), GUERDON_OK);
    assert_int_equal(decide(engine, join_of("ann")), GUERDON_ANSWER_DONE);
    assert_misuse(guerdon_engine_feed(engine, TEXT_OF(""), NULL, NULL, &taken));
}

static enum guerdon_append_result call_back(void *context, struct guerdon_text entry)
{
    struct guerdon_engine **own = context;
    struct guerdon_event event = join_of("bob");
    struct guerdon_balance balance = {.size = sizeof balance};
    size_t taken;
    assert_true(entry.length > 0);
    assert_misuse(guerdon_engine_decide(*own, &event, NULL));
    assert_misuse(guerdon_engine_evaluate(*own, &event, NULL));
    assert_misuse(guerdon_engine_note(*own, TEXT_OF("x")));
    assert_misuse(guerdon_engine_use(*own, program));
    assert_misuse(guerdon_engine_feed(*own, TEXT_OF(""), NULL, NULL, &taken));
    assert_misuse(
        guerdon_engine_balance(*own, TEXT_OF("ann"), TEXT_OF("points"), NOON_US, &balance));
    assert_misuse(guerdon_engine_explain(*own, TEXT_OF("ann"), NOON_US, no_lot, NULL));
    assert_misuse(guerdon_engine_records(*own, 0, no_record, NULL));
    return GUERDON_APPENDED;
}

static void an_engine_is_not_called_from_its_own_callback(void **context)
{
    (void)context;
    struct guerdon_engine *own = NULL;
    const struct guerdon_engine_options options = {
        .size = sizeof options, .append = call_back, .context = &own};
    assert_int_equal(guerdon_engine_open(program, &options, &own), GUERDON_OK);
    assert_int_equal(decide(own, join_of("ann")), GUERDON_ANSWER_DONE);
    assert_int_equal(available(own, "ann"), 100);
    assert_int_equal(available(own, "bob"), 0);
    guerdon_engine_free(own);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_shop, close_shop)
    const struct CMUnitTest tests[] = {
        TEST(an_older_callers_event_is_taken_as_it_is),
        TEST(the_values_of_an_event_are_there_and_fit_their_types),
        TEST(null_is_refused_everywhere),
        TEST(structs_that_are_too_small_or_have_no_size_are_refused),
        TEST(a_newer_struct_is_taken_when_what_is_new_is_zero),
        TEST(lists_have_the_stride_that_they_say),
        TEST(what_is_not_there_is_refused),
        TEST(every_list_of_an_event_arrives),
        TEST(what_is_too_long_is_refused),
        TEST(instants_outside_the_calendar_are_refused),
        TEST(the_journal_comes_before_the_first_event),
        TEST(an_engine_is_not_called_from_its_own_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
