/* Events of the programme's own through the API: what they bring is checked against what the
 * programme declares, recorded, and read by name whatever later versions say. On a store in a file,
 * which is verified at the end. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>

#include "ledger.h"

/* Of api/event_shape.h, whose other words mean something else here. */
extern const char *const event_codes[];

#define HEAD                                                                                       \
    "program: shop\ntimezone: Europe/Berlin\ncurrencies: [EUR, JPY]\nwallets:\n  points: {}\n"
#define RULES                                                                                      \
    "rules:\n"                                                                                     \
    "  base: {on: purchase, earn: 1 point per 1.00 EUR}\n"
#define EVENTS                                                                                     \
    "events:\n"                                                                                    \
    "  review:\n"                                                                                  \
    "    title: Product review\n"                                                                  \
    "    fields: {approved: bool, rating: int, score: decimal, price: money, product: string,\n"   \
    "             at: timestamp, tags: list(string)}\n"                                            \
    "  visit: {}\n"                                                                                \
    "  trip: {fields: {nights: int}}\n"
#define EVENT_RULES                                                                                \
    "  review_points:\n"                                                                           \
    "    on: review\n"                                                                             \
    "    when: event.approved && event.rating >= 4\n"                                              \
    "    earn: 10 points\n"                                                                        \
    "    limit: {per_member: 1, for_each: event.product}\n"                                        \
    "  tagged: {on: review, when: \"'photo' in event.tags\", earn: 3 points}\n"                    \
    "  dear: {on: review, when: \"event.price >= money('100 EUR') && event.score > 0.5\", earn: "  \
    "4 points}\n"                                                                                  \
    "  large: {on: purchase, when: order.eligible >= money('50 EUR'), earn: 9 points}\n"           \
    "  trip_points: {on: trip, earn: (event.nights * 7) points}\n"

static const char *const PROGRAM = HEAD EVENTS RULES EVENT_RULES;
static const char *const WITHOUT_EVENTS = HEAD RULES;

static struct world world;
static char folder[] = "/tmp/guerdon-custom-XXXXXX";

static int open_world(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    world_open_with(&world, PROGRAM, (struct api_options){.data = folder, .clock_is_given = true});
    world.repeats = true;
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    ledger_check_and_remove(folder);
    return 0;
}

#define AT "'occurred_at': '2027-05-02T10:00:00Z'"

static void join(const char *member)
{
    struct answer answer = world_post(
        &world, "/v1/events",
        "{'type': 'join', 'member': '%s', 'occurred_at': '2027-05-01T10:00:00Z'}", member);
    expect(&world, &answer, 200, "/answer", "done");
}

static struct answer tell(const char *type, const char *member, const char *data)
{
    return world_post(&world, "/v1/events", "{'type': '%s', 'member': '%s', " AT ", 'data': %s}",
                      type, member, data);
}

static void assert_has(const char *member, const char *points)
{
    struct answer answer = world_get(&world, "/v1/members/%s", member);
    expect(&world, &answer, 200, "/wallets/0/available", points);
}

static void an_event_of_the_programmes_own_is_answered_like_a_purchase(void **state)
{
    (void)state;
    join("anna");
    struct answer answer =
        tell("review", "anna",
             "{'approved': true, 'rating': 5, 'score': '0.75', 'price': '120 EUR', 'product':"
             " 'SKU-1', 'at': '2027-05-02T09:00:00+02:00', 'tags': ['photo', 'long']}");
    expect(&world, &answer, 200, "/answer", "done", "/type", "review", "/title", "Product review",
           "/member", "anna", "/data/approved", "true", "/data/rating", "5", "/data/score", "0.75",
           "/data/price", "120 EUR", "/data/product", "SKU-1", "/data/at", "2027-05-02T07:00:00Z",
           "/data/tags/1", "long", "/fired/0/rule", "review_points", "/fired/0/granted", "10",
           "/fired/1/rule", "tagged", "/fired/2/rule", "dear", "/balances/0/available", "17",
           "/postings/0/reason", "earned");
    /* Of the same product once only. */
    answer = tell("review", "anna", "{'approved': true, 'rating': 5, 'product': 'SKU-1'}");
    expect(&world, &answer, 200, "/fired/0", NULL, "/balances/0/available", "17");
    answer = tell("trip", "anna", "{'nights': 3}");
    expect(&world, &answer, 200, "/type", "trip", "/title", "trip", "/balances/0/available", "38");
    answer = world_post(&world, "/v1/events", "{'type': 'visit', 'member': 'anna', " AT "}");
    expect(&world, &answer, 200, "/answer", "done", "/type", "visit", "/data", NULL);
}

static void what_does_not_fit_the_declaration_is_said_with_its_place(void **state)
{
    static const struct {
        const char *data;
        const char *field;
        const char *code;
        const char *says;
    } cases[] = {
        {"{'ratign': 5}", "/data/ratign", "unknown_field", "did you mean 'rating'?"},
        {"{'zebra': 5}", "/data/zebra", "unknown_field", "declared are: approved, rating"},
        {"{'rating': 5, 'rating': 5}", "/data/rating", "repeated_field", "twice"},
        {"{'rating': '5'}", "/data/rating", "wrong_type", "a whole number"},
        {"{'rating': 5.5}", "/data/rating", "wrong_type", "a whole number"},
        {"{'rating': 9223372036854775808}", "/data/rating", "out_of_range", "from"},
        {"{'approved': 1}", "/data/approved", "wrong_type", "true or false"},
        {"{'score': 0.5}", "/data/score", "wrong_type", "no digit is lost"},
        {"{'score': 'much'}", "/data/score", "malformed", "no decimal"},
        {"{'price': 12.5}", "/data/price", "wrong_type", "12.50 EUR"},
        {"{'price': '12.50'}", "/data/price", "malformed", "12.50 EUR"},
        {"{'price': '12.50 USD'}", "/data/price", "unknown_id", "no such currency"},
        {"{'price': '12.501 EUR'}", "/data/price", "too_precise", "at most 2 decimals"},
        {"{'price': '12.5 JPY'}", "/data/price", "too_precise", "at most 0 decimals"},
        {"{'product': 7}", "/data/product", "wrong_type", "a string"},
        {"{'product': 'a\\u0000b'}", "/data/product", "malformed", "U+0000"},
        {"{'at': '2027-05-02'}", "/data/at", "malformed", "RFC 3339"},
        {"{'tags': 'photo'}", "/data/tags", "wrong_type", "an array"},
        {"{'tags': ['a', 1]}", "/data/tags/1", "wrong_type", "a string"},
        {"[]", "/data", "wrong_type", "object"},
    };
    (void)state;
    join("wrong");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer = tell("review", "wrong", cases[i].data);
        expect(&world, &answer, 422, "/code", "invalid_request", "/errors/0/field", cases[i].field,
               "/errors/0/code", cases[i].code);
        if (strstr(answer_at(&world, &answer, "/errors/0/detail"), cases[i].says) == NULL)
            fail_msg("case %zu: %.*s", i, TEXT_ARGUMENTS(answer.body));
    }
    struct answer evaluated = world_post(
        &world, "/v1/evaluate", "{'type': 'review', 'member': 'wrong', 'data': {'rating': true}}");
    expect(&world, &evaluated, 422, "/errors/0/field", "/data/rating");
    assert_has("wrong", "0");
}

static void a_string_may_have_500_bytes_and_a_list_50_of_them(void **state)
{
    char text[502];
    struct buffer list;
    (void)state;
    join("long");
    memset(text, 'x', sizeof text);
    text[500] = '\0';
    struct answer answer =
        tell("review", "long", arena_format(&world.arena, "{'product': '%s'}", text).bytes);
    expect(&world, &answer, 200, "/data/product", text);
    text[500] = 'x';
    text[501] = '\0';
    answer = tell("review", "long", arena_format(&world.arena, "{'product': '%s'}", text).bytes);
    expect(&world, &answer, 422, "/errors/0/field", "/data/product", "/errors/0/code", "too_long");
    buffer_init(&list, 1000);
    for (int i = 0; i < 50; i++)
        assert_int_equal(buffer_add(&list, TEXT("'a',")), STATUS_OK);
    answer =
        tell("review", "long",
             arena_format(&world.arena, "{'tags': [%.*s'b']}", TEXT_ARGUMENTS(buffer_text(&list)))
                 .bytes);
    expect(&world, &answer, 422, "/errors/0/field", "/data/tags", "/errors/0/code", "out_of_range");
    list.length -= 1;
    answer = tell(
        "review", "long",
        arena_format(&world.arena, "{'tags': [%.*s]}", TEXT_ARGUMENTS(buffer_text(&list))).bytes);
    expect(&world, &answer, 200, "/data/tags/49", "a", "/data/tags/50", NULL);
    buffer_release(&list);
}

static void an_unknown_type_is_answered_with_what_was_meant(void **state)
{
    (void)state;
    struct answer answer = tell("purchas", "anna", "{}");
    expect(&world, &answer, 422, "/errors/0/field", "/type", "/errors/0/code", "not_a_choice",
           "/errors/0/detail", "there is no 'purchas'; did you mean 'purchase'?");
    answer = tell("reveiw", "anna", "{}");
    expect(&world, &answer, 422, "/errors/0/detail",
           "there is no 'reveiw'; did you mean 'review'?");
    answer = tell("zebra", "anna", "{}");
    expect(&world, &answer, 422, "/errors/0/code", "not_a_choice");
    assert_non_null(strstr(answer_at(&world, &answer, "/errors/0/detail"), "review, visit, trip"));
    answer = world_post(&world, "/v1/events", "{'type': 'visit', " AT "}");
    expect(&world, &answer, 422, "/errors/0/field", "/member", "/errors/0/detail",
           "it is missing: visit needs it");
    answer =
        world_post(&world, "/v1/events", "{'type': 'join', 'member': 'x', 'data': {'rating': 1}}");
    expect(&world, &answer, 422, "/errors/0/field", "/data", "/errors/0/code", "contradiction");
    answer = tell("visit", "nobody", "{}");
    expect(&world, &answer, 404, "/code", "unknown_member");
    answer = world_post(&world, "/v1/events",
                        "{'type': 'visit', 'member': 'anna', 'order': 'no-such', " AT "}");
    expect(&world, &answer, 404, "/code", "unknown_order");
}

static void no_event_of_guerdons_own_can_be_declared(void **state)
{
    (void)state;
    for (const char *const *code = event_codes; *code != NULL; code++) {
        struct text draft = arena_format(&world.arena,
                                         "program: shop\ncurrency: EUR\nwallets: {points: {}}\n"
                                         "events: {%s: {}}\n",
                                         *code);
        struct answer answer = world_send(&world, "POST", "/v1/programme/validate",
                                          "Content-Type: application/yaml\r\n", draft);
        expect(&world, &answer, 200, "/valid", "false", "/problems/0/line", "4");
        assert_non_null(
            strstr(answer_at(&world, &answer, "/problems/0/message"), "of Guerdon's own"));
    }
}

static void lines_bring_events_of_the_programmes_own_too(void **state)
{
    (void)state;
    join("lines");
    struct answer answer = world_lines(
        &world, "/v1/events",
        "{'type': 'trip', 'id': 'n1', 'member': 'lines', " AT ", 'data': {'nights': 1}}\n"
        "{'type': 'trip', 'id': 'n2', 'member': 'lines', " AT ", 'data': {'nihgts': 1}}\n"
        "{'type': 'visit', 'id': 'n3', 'member': 'lines', " AT "}\n");
    assert_int_equal(answer.status, 200);
    struct answer line = answer_line(&world, &answer, 0);
    expect(&world, &line, 200, "/type", "trip", "/balances/0/available", "7");
    line = answer_line(&world, &answer, 1);
    expect(&world, &line, 422, "/errors/0/field", "/data/nihgts");
    line = answer_line(&world, &answer, 2);
    expect(&world, &line, 200, "/type", "visit");
    answer = world_lines(
        &world, "/v1/events?atomic=true",
        "{'type': 'trip', 'id': 'a1', 'member': 'lines', " AT ", 'data': {'nights': 1}}\n"
        "{'type': 'trip', 'id': 'a2', 'member': 'lines', " AT ", 'data': {'nights': '1'}}\n");
    expect(&world, &answer, 409, "/code", "not_applied", "/errors/0/field", "/1/data/nights");
    assert_has("lines", "7");
}

static void a_try_says_which_part_of_an_expression_was_not_true(void **state)
{
    (void)state;
    join("tried");
    struct answer answer = world_post(&world, "/v1/evaluate",
                                      "{'type': 'review', 'member': 'tried', " AT
                                      ", 'data': {'approved': true, 'rating': 2,"
                                      " 'product': 'P', 'tags': []}}");
    expect(&world, &answer, 200, "/answer", "done", "/position", NULL, "/type", "review");
    const char *detail = NULL;
    for (size_t i = 0; i < answer_count(&answer, "/not_fired"); i++) {
        struct text rule = arena_format(&world.arena, "/not_fired/%zu/rule", i);
        if (strcmp(answer_at(&world, &answer, rule.bytes), "review_points") != 0) continue;
        struct text reason = arena_format(&world.arena, "/not_fired/%zu/reason", i);
        struct text place = arena_format(&world.arena, "/not_fired/%zu/detail", i);
        assert_string_equal(answer_at(&world, &answer, reason.bytes), "expression");
        detail = answer_at(&world, &answer, place.bytes);
    }
    assert_non_null(detail);
    assert_string_equal(detail, "event.rating >= 4: 2 >= 4");
    assert_has("tried", "0");
}

static void a_statement_tells_the_event_by_its_title(void **state)
{
    (void)state;
    join("read");
    struct answer answer =
        tell("review", "read", "{'approved': true, 'rating': 4, 'product': 'SKU-1'}");
    expect(&world, &answer, 200, "/balances/0/available", "10");
    answer = world_get(&world, "/v1/members/read/statement");
    expect(&world, &answer, 200, "/entries/0/event/type", "review", "/entries/0/words/0",
           "+10 points: earned, Product review, by rule review_points",
           "/entries/0/event/data/product", "SKU-1");
    answer = world_get(&world, "/v1/members/read/explain?wallet=points");
    expect(&world, &answer, 200, "/lots/0/origin/type", "review", "/lots/0/origin/title",
           "Product review", "/lots/0/rule", "review_points");
    answer = world_get(&world, "/v1/members/read/export");
    expect(&world, &answer, 200, "/statement/entries/0/event/title", "Product review");
    answer = world_get(&world, "/v1/changes?limit=1000");
    size_t count = answer_count(&answer, "/changes");
    struct text last = arena_format(&world.arena, "/changes/%zu/data/type", count - 1);
    assert_string_equal(answer_at(&world, &answer, last.bytes), "review");
}

static void an_event_about_an_order_is_in_its_history(void **state)
{
    (void)state;
    join("buyer");
    struct answer answer = world_post(&world, "/v1/events",
                                      "{'type': 'purchase', 'member': 'buyer', 'order': 'h1', " AT
                                      ", 'items': [{'sku': 'A', 'unit_price': '20.00'}]}");
    expect(&world, &answer, 200, "/balances/0/available", "20");
    answer = world_post(&world, "/v1/events",
                        "{'type': 'review', 'member': 'buyer', 'order': 'h1', 'channel': 'app', " AT
                        ", 'data': {'approved': true, 'rating': 5, 'product': 'A'}}");
    expect(&world, &answer, 200, "/order", "h1", "/balances/0/available", "30");
    answer = world_get(&world, "/v1/orders/h1");
    expect(&world, &answer, 200, "/status", "confirmed", "/history/1/type", "review",
           "/history/1/data/product", "A", "/history/2", NULL);
    /* What it earned is not the order's to take back. */
    answer = world_post(&world, "/v1/events", "{'type': 'return', 'order': 'h1', " AT "}");
    expect(&world, &answer, 200, "/balances/0/available", "10");
    answer = world_get(&world, "/v1/members/buyer/statement");
    expect(&world, &answer, 200, "/entries/1/words/0",
           "+10 points: earned, Product review, order h1, by rule review_points");
}

static void a_quote_says_what_an_expression_just_misses(void **state)
{
    (void)state;
    join("near");
    struct answer answer =
        world_call(&world, "PUT", "/v1/orders/n1?preview=true", "",
                   "{'member': 'near', " AT ", 'items': [{'sku': 'A', 'unit_price': '41.10'}]}");
    expect(&world, &answer, 200, "/near_misses/0/kind", "rule", "/near_misses/0/rule", "large",
           "/near_misses/0/missing", "8.90", "/near_misses/0/unit", "money");
}

static void publish(const char *program)
{
    struct answer answer = world_send(&world, "POST", "/v1/programme/publish",
                                      "Content-Type: application/yaml\r\n", text_of(program));
    assert_int_equal(answer.status, 201);
}

/* The clock is given, but versions are in force by the machine's: what happened long after. */
#define LATE "'occurred_at': '2099-05-02T10:00:00Z'"

static void a_version_without_the_event_answers_repeats_and_reads_as_before(void **state)
{
    static const char *const key = "Idempotency-Key: kept-1\r\n";
    static const char *const body =
        "{'type': 'trip', 'member': 'kept', " LATE ", 'data': {'nights': 2}}";
    (void)state;
    join("kept");
    struct answer first = world_call(&world, "POST", "/v1/events", key, "%s", body);
    expect(&world, &first, 200, "/answer", "done", "/balances/0/available", "14");
    publish(WITHOUT_EVENTS);
    struct answer again = world_call(&world, "POST", "/v1/events", key, "%s", body);
    assert_int_equal(again.status, 200);
    assert_true(text_equal(again.body, first.body));
    again = world_call(&world, "POST", "/v1/events", key,
                       "{'type': 'trip', 'member': 'kept', " LATE ", 'data': {'nights': 3}}");
    expect(&world, &again, 409, "/code", "key_conflict");
    again = world_post(&world, "/v1/events",
                       "{'type': 'trip', 'member': 'kept', " LATE ", 'data': {'nights': 2}}");
    expect(&world, &again, 422, "/errors/0/field", "/type");
    again = world_get(&world, "/v1/members/kept/statement");
    expect(&world, &again, 200, "/entries/0/event/type", "trip", "/entries/0/event/data/nights",
           "2");
    again = world_send(&world, "POST", "/v1/programme/backtest",
                       "Content-Type: application/yaml\r\n", text_of(WITHOUT_EVENTS));
    assert_int_equal(again.status, 200);
    assert_true(strtol(answer_at(&world, &again, "/refused"), NULL, 10) > 0);
    publish(PROGRAM);
    again = tell("trip", "kept", "{'nights': 1}");
    expect(&world, &again, 200, "/balances/0/available", "21");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_of_the_programmes_own_is_answered_like_a_purchase),
        cmocka_unit_test(what_does_not_fit_the_declaration_is_said_with_its_place),
        cmocka_unit_test(a_string_may_have_500_bytes_and_a_list_50_of_them),
        cmocka_unit_test(an_unknown_type_is_answered_with_what_was_meant),
        cmocka_unit_test(no_event_of_guerdons_own_can_be_declared),
        cmocka_unit_test(lines_bring_events_of_the_programmes_own_too),
        cmocka_unit_test(a_try_says_which_part_of_an_expression_was_not_true),
        cmocka_unit_test(a_statement_tells_the_event_by_its_title),
        cmocka_unit_test(an_event_about_an_order_is_in_its_history),
        cmocka_unit_test(a_quote_says_what_an_expression_just_misses),
        cmocka_unit_test(a_version_without_the_event_answers_repeats_and_reads_as_before),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
