/* What waits for the disk: the store's syncs are this test's, and end when it says so. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "service/service.h"

#define NOON INT64_C(1767268800000000) /* 2026-01-01T12:00Z */
#define COMMANDS 6

static const char program_text[] = "program: shop\n"
                                   "currency: EUR\n"
                                   "wallets:\n"
                                   "  points: {}\n";

/* ---- the disk ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int allowed; /* syncs that may end */
static int begun;
static int recoveries;
static enum status answer;

enum status __wrap_store_sync(struct store *store);
enum status __wrap_store_recover(struct store *store);

enum status __wrap_store_sync(struct store *store)
{
    (void)store;
    pthread_mutex_lock(&lock);
    begun++;
    pthread_cond_broadcast(&changed);
    while (allowed == 0)
        pthread_cond_wait(&changed, &lock);
    allowed--;
    enum status status = answer;
    pthread_mutex_unlock(&lock);
    return status;
}

enum status __wrap_store_recover(struct store *store)
{
    (void)store;
    pthread_mutex_lock(&lock);
    recoveries++;
    answer = STATUS_OK;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return STATUS_OK;
}

static void allow(int syncs)
{
    pthread_mutex_lock(&lock);
    allowed = syncs;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_for(const int *count, int wanted)
{
    pthread_mutex_lock(&lock);
    while (*count < wanted)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

/* ---- commands ---- */

struct errand {
    struct command command; /* first: a command is cast back */
    struct arena *arena;
    char member[2];
};

static int ran, told;

static void count(int *counter)
{
    pthread_mutex_lock(&lock);
    (*counter)++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static enum status run_join(struct command *command, struct turn *turn)
{
    struct errand *errand = (struct errand *)command;
    struct reply reply;
    struct event event = {
        .type = EVENT_JOIN, .occurred_at_us = NOON, .member = {errand->member, 1}};
    enum status status = turn_decide(turn, NULL, &event, false, errand->arena, &reply);
    count(&ran);
    return status;
}

static enum status run_read(struct command *command, struct turn *turn)
{
    (void)command;
    (void)turn;
    count(&ran);
    return STATUS_OK;
}

static void tell(struct command *command)
{
    (void)command;
    count(&told);
}

struct fixture {
    struct service *service;
    struct arena arena;
    struct errand errands[COMMANDS];
};

static void submit(struct fixture *fixture, int index, bool is_read)
{
    struct errand *errand = &fixture->errands[index];
    *errand = (struct errand){.command = {.run = is_read ? run_read : run_join,
                                          .done = tell,
                                          .weight = 1,
                                          .is_read = is_read,
                                          .outcome = COMMAND_UNAVAILABLE},
                              .arena = &fixture->arena,
                              .member = {(char)('a' + index), '\0'}};
    assert_true(service_submit(fixture->service, &errand->command, 1));
}

static int set_up(void **context)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct buffer complaint;
    struct service_options options = {.clock = CLOCK_GIVEN,
                                      .program_file = TEXT("shop.yaml"),
                                      .program_text = text_of(program_text)};
    assert_non_null(fixture);
    allowed = begun = recoveries = ran = told = 0;
    answer = STATUS_OK;
    arena_init(&fixture->arena, 1u << 24);
    buffer_init(&complaint, 1u << 20);
    assert_int_equal(service_open(&options, &complaint, &fixture->service), STATUS_OK);
    buffer_release(&complaint);
    *context = fixture;
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    allow(1000);
    service_close(fixture->service);
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

static uint64_t last_position(const struct fixture *fixture)
{
    struct service_figures figures;
    service_figures(fixture->service, &figures);
    return figures.store.last_position;
}

/* ---- tests ---- */

static void the_next_batch_is_decided_while_the_disk_works(void **context)
{
    struct fixture *fixture = *context;
    submit(fixture, 0, false);
    wait_for(&begun, 1);
    submit(fixture, 1, false);
    wait_for(&ran, 2);
    assert_int_equal(told, 0);
    assert_int_equal(last_position(fixture), 0);
    allow(2);
    wait_for(&told, 2);
    assert_int_equal(fixture->errands[0].command.outcome, COMMAND_DONE);
    assert_int_equal(fixture->errands[1].command.outcome, COMMAND_DONE);
    assert_int_equal(last_position(fixture), 2);
}

static void a_read_is_told_after_what_it_has_seen_is_durable(void **context)
{
    struct fixture *fixture = *context;
    submit(fixture, 0, false);
    wait_for(&begun, 1);
    submit(fixture, 1, true);
    wait_for(&ran, 2);
    /* When this one runs, the first has been handed over. */
    submit(fixture, 2, true);
    wait_for(&ran, 3);
    assert_int_equal(told, 0);
    /* The sync that ran may have begun before: the read waits for one of its own. */
    allow(1);
    wait_for(&begun, 2);
    assert_int_equal(told, 1);
    allow(2);
    wait_for(&told, 3);
    assert_int_equal(fixture->errands[1].command.outcome, COMMAND_DONE);
}

static void without_anything_to_wait_for_a_read_is_told_at_once(void **context)
{
    struct fixture *fixture = *context;
    submit(fixture, 0, true);
    wait_for(&told, 1);
    assert_int_equal(begun, 0);
}

static void no_more_than_two_batches_wait(void **context)
{
    struct fixture *fixture = *context;
    submit(fixture, 0, false);
    wait_for(&begun, 1);
    submit(fixture, 1, false);
    wait_for(&ran, 2);
    /* This one is decided, and then its batch waits for a place. */
    submit(fixture, 2, false);
    wait_for(&ran, 3);
    submit(fixture, 3, false);
    assert_int_equal(ran, 3);
    allow(1);
    wait_for(&ran, 4);
    allow(3);
    wait_for(&told, 4);
}

static void after_a_sync_that_failed_nobody_is_told_that_it_is_done(void **context)
{
    struct fixture *fixture = *context;
    submit(fixture, 0, false);
    wait_for(&begun, 1);
    submit(fixture, 1, false);
    wait_for(&ran, 2);
    pthread_mutex_lock(&lock);
    answer = STATUS_UNKNOWN_OUTCOME;
    pthread_mutex_unlock(&lock);
    allow(2);
    wait_for(&told, 2);
    assert_int_equal(fixture->errands[0].command.outcome, COMMAND_UNKNOWN);
    assert_int_equal(fixture->errands[1].command.outcome, COMMAND_UNKNOWN);
    wait_for(&recoveries, 1);
    allow(1000);
    /* Until it has recovered it is refused; then it is done. */
    do {
        submit(fixture, 2, false);
        wait_for(&told, told + 1);
    } while (fixture->errands[2].command.outcome == COMMAND_UNAVAILABLE);
    assert_int_equal(fixture->errands[2].command.outcome, COMMAND_DONE);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(the_next_batch_is_decided_while_the_disk_works),
        CASE(a_read_is_told_after_what_it_has_seen_is_durable),
        CASE(without_anything_to_wait_for_a_read_is_told_at_once),
        CASE(no_more_than_two_batches_wait),
        CASE(after_a_sync_that_failed_nobody_is_told_that_it_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
