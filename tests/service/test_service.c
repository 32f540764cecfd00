/* The service as its callers see it: commands in, one after another and many at once; each test on
 * a store in a file of its own. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "service/service.h"

#define NOON INT64_C(1767268800000000) /* 2026-01-01T12:00Z */
#define ARENA_BYTES ((size_t)1 << 24)

static const char program_text[] = "program: shop\n"
                                   "currency: EUR\n"
                                   "wallets:\n"
                                   "  points: {}\n"
                                   "rules:\n"
                                   "  base:\n"
                                   "    on: purchase\n"
                                   "    earn: 1 point per 1.00 EUR of order.eligible\n"
                                   "    boosts:\n"
                                   "      birthday: {if: {birthday: month}, by: 2}\n";

static const char other_text[] = "program: shop\n"
                                 "currency: EUR\n"
                                 "wallets:\n"
                                 "  points: {}\n"
                                 "rules:\n"
                                 "  base:\n"
                                 "    on: purchase\n"
                                 "    earn: 3 points per 1.00 EUR of order.eligible\n";

struct fixture {
    char folder[64];
    char path[96];
    struct service *service;
    struct buffer complaint;
    struct arena arena;
};

static enum status open_with(struct fixture *fixture, const char *text, enum service_clock clock)
{
    struct service_options options = {.store = {.path = fixture->path},
                                      .clock = clock,
                                      .program_file = TEXT("shop.yaml"),
                                      .program_text = text_of(text)};
    buffer_clear(&fixture->complaint);
    return service_open(&options, &fixture->complaint, &fixture->service);
}

static void reopen(struct fixture *fixture)
{
    service_close(fixture->service);
    fixture->service = NULL;
    assert_int_equal(open_with(fixture, "", CLOCK_GIVEN), STATUS_OK);
}

static int set_up(void **context)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/guerdon-service-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof fixture->path, "%s/shop.db", fixture->folder);
    buffer_init(&fixture->complaint, 1u << 20);
    arena_init(&fixture->arena, ARENA_BYTES);
    assert_int_equal(open_with(fixture, program_text, CLOCK_GIVEN), STATUS_OK);
    *context = fixture;
    return 0;
}

static int tear_down(void **context)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    struct fixture *fixture = *context;
    service_close(fixture->service);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", fixture->path, ends[i]);
        (void)!unlink(path);
    }
    assert_int_equal(rmdir(fixture->folder), 0);
    buffer_release(&fixture->complaint);
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

/* ---- commands ---- */

struct purchase {
    struct command command;
    struct arena *arena;
    const char *key;
    const char *order;
    const char *member;
    int64_t cents;
    enum status after; /* what `run` answers behind its event */
    struct reply reply;
    struct decision decision;
};

static enum status run_purchase(struct command *command, struct turn *turn)
{
    struct purchase *purchase = (struct purchase *)command;
    static uint8_t hashes[16][HASH_RECORD_BYTES];
    static unsigned next;
    uint8_t *hash = hashes[next++ % 16];
    struct item item = {.sku = TEXT("A"), .quantity = 1, .unit_price = {purchase->cents, 2}};
    struct event event = {.type = EVENT_PURCHASE,
                          .occurred_at_us = NOON,
                          .member = text_of(purchase->member),
                          .order = text_of(purchase->order),
                          .items = &item,
                          .item_count = 1};
    if (purchase->key != NULL) {
        service_key(turn_service(turn), text_of(purchase->key), hash);
        event.key = (struct text){(const char *)hash, HASH_RECORD_BYTES};
    }
    TRY(turn_decide(turn, NULL, &event, false, purchase->arena, &purchase->reply));
    return purchase->after;
}

static struct purchase buy(struct fixture *fixture, const char *key, const char *order,
                           int64_t cents)
{
    struct purchase purchase = {.command = {.run = run_purchase, .weight = 1},
                                .arena = &fixture->arena,
                                .key = key,
                                .order = order,
                                .member = "ann",
                                .cents = cents};
    assert_int_equal(service_do(fixture->service, &purchase.command), COMMAND_DONE);
    if (!text_is_empty(purchase.reply.record)) {
        assert_int_equal(engine_decode(purchase.reply.record, &fixture->arena, &purchase.decision),
                         STATUS_OK);
    }
    return purchase;
}

struct look {
    struct command command;
    struct arena *arena;
    const char *member;
    struct balance balance;
    uint32_t history;
};

static enum status count_history(void *context, const struct decision *decision)
{
    (void)decision;
    ++*(uint32_t *)context;
    return STATUS_OK;
}

static enum status run_look(struct command *command, struct turn *turn)
{
    struct look *look = (struct look *)command;
    struct text member = text_of(look->member);
    struct states *states;
    const struct program *program = service_program(turn_service(turn), NOON);
    TRY(turn_member(turn, &member, look->arena, NULL, NOON, &states));
    TRY(member_balance(states, member, program->wallets[0].symbol, &look->balance));
    struct entity_key key = {.kind = ENTITY_MEMBER, .id = member};
    return turn_history(turn, &key, 0, 100, count_history, &look->history);
}

static struct look look_at(struct fixture *fixture, const char *member)
{
    struct look look = {.command = {.run = run_look, .weight = 1, .is_read = true},
                        .arena = &fixture->arena,
                        .member = member};
    assert_int_equal(service_do(fixture->service, &look.command), COMMAND_DONE);
    return look;
}

/* ---- tests ---- */

static void an_event_is_decided_and_its_record_tells_what_the_member_has(void **context)
{
    struct fixture *fixture = *context;
    struct purchase purchase = buy(fixture, "k1", "o1", 1250);
    assert_int_equal(purchase.reply.answer, ANSWER_DONE);
    assert_false(purchase.reply.is_repeat);
    assert_int_equal(purchase.reply.position, 1);
    assert_int_equal(purchase.decision.balance_count, 1);
    assert_int_equal(purchase.decision.balances[0].balance.available, 12);
    assert_int_equal(look_at(fixture, "ann").balance.available, 12);
}

static void a_repeated_key_answers_with_the_first_record_word_for_word(void **context)
{
    struct fixture *fixture = *context;
    struct purchase first = buy(fixture, "k1", "o1", 1250);
    buy(fixture, "k2", "o2", 5000);
    reopen(fixture);
    struct purchase again = buy(fixture, "k1", "o1", 1250);
    assert_true(again.reply.is_repeat);
    assert_int_equal(again.reply.position, first.reply.position);
    assert_true(text_equal(again.reply.record, first.reply.record));
    assert_int_equal(look_at(fixture, "ann").balance.available, 62);
    struct purchase other = buy(fixture, "k1", "o1", 1251);
    assert_int_equal(other.reply.answer, ANSWER_KEY_CONFLICT);
}

static void a_refusal_is_recorded_and_repeated_too(void **context)
{
    struct fixture *fixture = *context;
    buy(fixture, "k1", "o1", 1000);
    struct purchase refused = buy(fixture, "k2", "o1", 2000);
    assert_int_equal(refused.reply.answer, ANSWER_ALREADY_EXISTS);
    struct purchase again = buy(fixture, "k2", "o1", 2000);
    assert_true(again.reply.is_repeat);
    assert_true(text_equal(again.reply.record, refused.reply.record));
}

static void a_command_that_fails_leaves_nothing_and_disturbs_nobody(void **context)
{
    struct fixture *fixture = *context;
    struct purchase commands[3];
    static const char *const orders[] = {"o1", "o2", "o3"};
    for (int i = 0; i < 3; i++) {
        commands[i] = (struct purchase){.command = {.run = run_purchase, .weight = 1},
                                        .arena = &fixture->arena,
                                        .order = orders[i],
                                        .member = "ann",
                                        .cents = 1000,
                                        .after = i == 1 ? STATUS_LIMIT : STATUS_OK};
        enum command_outcome outcome = service_do(fixture->service, &commands[i].command);
        assert_int_equal(outcome, i == 1 ? COMMAND_FAILED : COMMAND_DONE);
    }
    assert_int_equal(commands[1].command.status, STATUS_LIMIT);
    assert_int_equal(commands[2].reply.position, 2);
    struct look look = look_at(fixture, "ann");
    assert_int_equal(look.balance.available, 20);
    assert_int_equal(look.history, 2);
    struct totals totals;
    service_totals(fixture->service, &totals);
    assert_int_equal(totals.count, 1);
    assert_int_equal(totals.list[0].accounts[ACCOUNT_AVAILABLE], 20);
    assert_int_equal(totals.list[0].accounts[ACCOUNT_ISSUED], -20);
}

struct publishing {
    struct command command;
    struct arena *arena;
    const char *text;
    uint32_t number;
    size_t problems;
};

static enum status run_publish(struct command *command, struct turn *turn)
{
    struct publishing *publishing = (struct publishing *)command;
    struct problem_list problems;
    problem_list_init(&problems, publishing->arena);
    enum status status = turn_publish(turn, TEXT("new.yaml"), text_of(publishing->text), 0,
                                      &problems, &publishing->number);
    publishing->problems = problems.count;
    return status;
}

static void a_published_version_counts_from_then_on_and_outlives_a_restart(void **context)
{
    struct fixture *fixture = *context;
    struct publishing publishing = {
        .command = {.run = run_publish, .weight = 1}, .arena = &fixture->arena, .text = other_text};
    int64_t before_us = service_now_us(fixture->service);
    assert_int_equal(service_do(fixture->service, &publishing.command), COMMAND_DONE);
    assert_int_equal(publishing.number, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(service_program(fixture->service, NOON)->version, 1);
        assert_int_equal(service_program(fixture->service, before_us - 1)->version, 1);
        assert_int_equal(
            service_program(fixture->service, service_now_us(fixture->service))->version, 2);
        assert_null(service_version(fixture->service, 2));
        reopen(fixture);
    }
    publishing.text = "program: shop\nwallets: {points: {decimal: 1}}\n";
    assert_int_equal(service_do(fixture->service, &publishing.command), COMMAND_FAILED);
    assert_int_equal(publishing.command.status, STATUS_INVALID);
    assert_true(publishing.problems > 0);
    assert_null(service_version(fixture->service, 2));
}

static void no_file_that_takes_points_away_is_published_at_the_start(void **context)
{
    static const char without_points[] = "program: shop\ncurrency: EUR\nwallets: {miles: {}}\n"
                                         "rules: {welcome: {on: join, earn: 1 mile}}\n";
    static const char finer_points[] = "program: shop\ncurrency: EUR\n"
                                       "wallets: {points: {decimals: 2}}\n"
                                       "rules: {welcome: {on: join, earn: 1 point}}\n";
    static const char *const texts[] = {without_points, finer_points};
    struct fixture *fixture = *context;
    struct purchase purchase = buy(fixture, NULL, "o1", 1000);
    assert_int_equal(purchase.reply.answer, ANSWER_DONE);
    for (size_t i = 0; i < 2; i++) {
        service_close(fixture->service);
        fixture->service = NULL;
        assert_int_equal(open_with(fixture, texts[i], CLOCK_GIVEN), STATUS_INVALID);
        struct text said = buffer_text(&fixture->complaint);
        assert_true(
            text_starts_with(said, TEXT("shop.yaml: wallet points would vanish or change")));
        assert_int_equal(open_with(fixture, "", CLOCK_GIVEN), STATUS_OK);
        assert_null(service_version(fixture->service, 1));
        assert_int_equal(look_at(fixture, "ann").balance.available, 10);
    }
}

/* A return by sku looks for the member's orders along its history. */
static void a_purchase_too_small_to_earn_belongs_to_its_members_history(void **context)
{
    struct fixture *fixture = *context;
    buy(fixture, NULL, "o1", 1000);
    buy(fixture, NULL, "o2", 10);
    struct purchase refused = buy(fixture, NULL, "o1", 10);
    assert_int_equal(refused.reply.answer, ANSWER_ALREADY_EXISTS);
    assert_int_equal(look_at(fixture, "ann").history, 2);
}

static void totals_and_history_outlive_a_restart(void **context)
{
    struct fixture *fixture = *context;
    buy(fixture, NULL, "o1", 1000);
    buy(fixture, NULL, "o2", 1000);
    reopen(fixture);
    struct totals totals;
    service_totals(fixture->service, &totals);
    assert_int_equal(totals.count, 1);
    assert_int_equal(totals.list[0].accounts[ACCOUNT_AVAILABLE], 20);
    assert_int_equal(look_at(fixture, "ann").history, 2);
}

static void records_of_a_real_clock_get_none_of_a_given_one_among_them(void **context)
{
    struct fixture *fixture = *context;
    service_close(fixture->service);
    fixture->service = NULL;
    assert_int_equal(open_with(fixture, "", CLOCK_REAL), STATUS_OK);
    struct purchase late = {.command = {.run = run_purchase, .weight = 1},
                            .arena = &fixture->arena,
                            .order = "o1",
                            .member = "ann",
                            .cents = 100};
    assert_int_equal(service_do(fixture->service, &late.command), COMMAND_DONE);
    service_close(fixture->service);
    fixture->service = NULL;
    assert_int_equal(open_with(fixture, "", CLOCK_GIVEN), STATUS_INVALID);
    assert_true(fixture->complaint.length > 0);
}

/* ---- people ---- */

struct meeting {
    struct command command;
    struct arena *arena;
    const char *member;
    const char *fields;
    const char *card;
    uint32_t taken;
    bool erases;
    struct person person;
    enum status found;
    struct text found_member;
};

static enum status run_meeting(struct command *command, struct turn *turn)
{
    struct meeting *meeting = (struct meeting *)command;
    struct external_id id = {TEXT("card"), text_of(meeting->card)};
    struct person person = {.fields = text_of(meeting->fields), .ids = &id, .id_count = 1};
    struct prepared_person prepared;
    struct text member = text_of(meeting->member);
    if (meeting->erases) {
        TRY(turn_erase_person(turn, member, meeting->arena));
    } else {
        TRY(turn_prepare_person(turn, member, &person, meeting->arena, &prepared));
        meeting->taken = prepared.taken;
        if (prepared.taken == PERSON_ID_NONE) TRY(turn_put_person(turn, &prepared, meeting->arena));
    }
    meeting->found = turn_find_member(turn, &id, meeting->arena, &meeting->found_member);
    enum status status = turn_person(turn, member, meeting->arena, &meeting->person);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static struct meeting meet(struct fixture *fixture, const char *member, const char *card,
                           bool erases)
{
    struct meeting meeting = {.command = {.run = run_meeting, .weight = 1},
                              .arena = &fixture->arena,
                              .member = member,
                              .fields = "{\"name\":\"Ann\",\"birthday\":\"1990-01-17\"}",
                              .card = card,
                              .taken = PERSON_ID_NONE,
                              .erases = erases};
    assert_int_equal(service_do(fixture->service, &meeting.command), COMMAND_DONE);
    return meeting;
}

static void a_person_is_found_by_its_card_until_it_is_erased(void **context)
{
    struct fixture *fixture = *context;
    buy(fixture, NULL, "o1", 1000);
    struct meeting first = meet(fixture, "ann", "123", false);
    assert_int_equal(first.found, STATUS_OK);
    assert_true(text_equal(first.found_member, TEXT("ann")));
    assert_int_equal(first.person.birthday_month, 1);
    assert_int_equal(first.person.birthday_day, 17);
    assert_int_equal(meet(fixture, "bob", "123", false).taken, 0);
    struct meeting other = meet(fixture, "ann", "456", false);
    assert_true(text_equal(other.person.salt, first.person.salt));
    assert_int_equal(meet(fixture, "bob", "123", false).taken, PERSON_ID_NONE);
    reopen(fixture);
    struct meeting erased = meet(fixture, "ann", "456", true);
    assert_int_equal(erased.found, STATUS_NOT_FOUND);
    assert_int_equal(erased.person.id_count, 0);
    assert_false(text_equal(meet(fixture, "ann", "456", false).person.salt, first.person.salt));
}

struct quoting {
    struct command command;
    struct arena *arena;
    bool erases;
    enum status found; /* the kept reply */
};

static enum status run_quoting(struct command *command, struct turn *turn)
{
    struct quoting *quoting = (struct quoting *)command;
    static const char id[] = "00000000000000000002"; /* the position of the quote */
    struct item item = {.sku = TEXT("A"), .quantity = 1, .unit_price = {100, 2}};
    struct event event = {.type = EVENT_QUOTE,
                          .occurred_at_us = NOON,
                          .member = TEXT("ann"),
                          .order = TEXT("o2"),
                          .items = &item,
                          .item_count = 1,
                          .lapses_at_us = NOON + 60000000};
    struct reply reply;
    struct text kept;
    if (quoting->erases) {
        TRY(turn_erase_person(turn, TEXT("ann"), quoting->arena));
    } else {
        TRY(turn_decide(turn, NULL, &event, false, quoting->arena, &reply));
        assert_int_equal(reply.position, 2);
        TRY(turn_put(turn, DOCUMENT_REPLY, text_of(id), TEXT("{}")));
    }
    quoting->found =
        store_get(turn_store(turn), DOCUMENT_REPLY, text_of(id), quoting->arena, &kept);
    return STATUS_OK;
}

static void what_a_quote_was_answered_is_erased_with_its_member(void **context)
{
    struct fixture *fixture = *context;
    struct quoting quoting = {.command = {.run = run_quoting, .weight = 1},
                              .arena = &fixture->arena};
    buy(fixture, NULL, "o1", 1000);
    assert_int_equal(service_do(fixture->service, &quoting.command), COMMAND_DONE);
    assert_int_equal(quoting.found, STATUS_OK);
    quoting.erases = true;
    assert_int_equal(service_do(fixture->service, &quoting.command), COMMAND_DONE);
    assert_int_equal(quoting.found, STATUS_NOT_FOUND);
}

static void a_birthday_that_the_rules_ask_for_comes_from_the_person(void **context)
{
    struct fixture *fixture = *context;
    meet(fixture, "ann", "123", false);
    buy(fixture, "k1", "o1", 1000);
    assert_int_equal(look_at(fixture, "ann").balance.available, 20);
}

/* ---- many at once ---- */

#define CALLERS 8
#define ORDERS_EACH 50

struct caller {
    struct fixture *fixture;
    unsigned number;
};

static void *call_often(void *context)
{
    struct caller *caller = context;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    for (unsigned i = 0; i < ORDERS_EACH; i++) {
        char order[32];
        snprintf(order, sizeof order, "o-%u-%u", caller->number, i);
        struct purchase purchase = {.command = {.run = run_purchase, .weight = 1},
                                    .arena = &arena,
                                    .order = order,
                                    .member = "ann",
                                    .cents = 100};
        if (service_do(caller->fixture->service, &purchase.command) != COMMAND_DONE) break;
    }
    arena_release(&arena);
    return NULL;
}

static void many_callers_at_once_each_find_their_events_once(void **context)
{
    struct fixture *fixture = *context;
    pthread_t threads[CALLERS];
    struct caller callers[CALLERS];
    for (unsigned i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){fixture, i};
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (unsigned i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(look_at(fixture, "ann").balance.available, CALLERS * ORDERS_EACH);
    struct service_figures figures;
    service_figures(fixture->service, &figures);
    assert_int_equal(figures.events, CALLERS * ORDERS_EACH);
    reopen(fixture);
    assert_int_equal(look_at(fixture, "ann").balance.available, CALLERS * ORDERS_EACH);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_event_is_decided_and_its_record_tells_what_the_member_has),
        TEST(a_repeated_key_answers_with_the_first_record_word_for_word),
        TEST(a_refusal_is_recorded_and_repeated_too),
        TEST(a_command_that_fails_leaves_nothing_and_disturbs_nobody),
        TEST(a_published_version_counts_from_then_on_and_outlives_a_restart),
        TEST(no_file_that_takes_points_away_is_published_at_the_start),
        TEST(a_purchase_too_small_to_earn_belongs_to_its_members_history),
        TEST(totals_and_history_outlive_a_restart),
        TEST(records_of_a_real_clock_get_none_of_a_given_one_among_them),
        TEST(a_person_is_found_by_its_card_until_it_is_erased),
        TEST(what_a_quote_was_answered_is_erased_with_its_member),
        TEST(a_birthday_that_the_rules_ask_for_comes_from_the_person),
        TEST(many_callers_at_once_each_find_their_events_once),
    };
    return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
