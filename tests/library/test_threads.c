/* Threads: engines are independent, and share a programme. The thread sanitizer looks on. */
#include <pthread.h>

#include "shop.h"

#define THREADS 4
#define EVENTS 200

struct worker {
    pthread_t thread;
    const struct guerdon_program *program;
    struct journal journal;
    bool has_failed;
};

/* No assertions here: cmocka's belong to the thread that runs the test. */
static void *work(void *context)
{
    struct worker *worker = context;
    struct guerdon_engine *engine = NULL;
    const struct guerdon_engine_options options = {
        .size = sizeof options, .append = journal_append, .context = &worker->journal};
    worker->has_failed = guerdon_engine_open(worker->program, &options, &engine) != GUERDON_OK;
    for (int i = 0; i < EVENTS && !worker->has_failed; i++) {
        const struct guerdon_item item = {.quantity = i % 5 + 1, .unit_price = 100 + i};
        const char *const members[] = {"ann", "bob", "cleo"};
        struct guerdon_event event = guerdon_event_of(GUERDON_EVENT_PURCHASE);
        char order[16];
        order[0] = (char)('a' + i % 26);
        order[1] = (char)('a' + i / 26);
        event.order = (struct guerdon_text){order, 2};
        event.member = guerdon_text_of(members[i % 3]);
        event.items = &item;
        event.item_count = 1;
        event.occurred_at_us = event.now_us = NOON_US + i * DAY_US / 24;
        worker->has_failed = guerdon_engine_decide(engine, &event, NULL) != GUERDON_OK;
    }
    guerdon_engine_free(engine);
    return NULL;
}

static void engines_in_threads_of_their_own_write_the_same_bytes(void **context)
{
    (void)context;
    static struct worker workers[THREADS];
    struct guerdon_program *program = shop_program();
    for (int i = 0; i < THREADS; i++) {
        workers[i].program = program;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_false(workers[i].has_failed);
        assert_int_equal(workers[i].journal.calls, EVENTS);
        assert_int_equal(workers[i].journal.length, workers[0].journal.length);
        assert_memory_equal(workers[i].journal.bytes, workers[0].journal.bytes,
                            workers[0].journal.length);
    }
    guerdon_program_free(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engines_in_threads_of_their_own_write_the_same_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
