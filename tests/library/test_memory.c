/* Memory from the caller: all of it comes from one function, all of it goes back, and whichever
 * allocation fails says so and changes nothing.
 */
#include <stdlib.h>

#include "shop.h"

static size_t allowed = SIZE_MAX; /* allocations that still succeed */
static size_t held;               /* blocks that are not given back */

static void *counted(void *context, void *memory, size_t bytes)
{
    assert_ptr_equal(context, &held);
    if (bytes == 0) {
        free(memory);
        held--;
        return NULL;
    }
    if (allowed == 0) return NULL;
    if (allowed != SIZE_MAX) allowed--;
    void *resized = realloc(memory, bytes);
    if (memory == NULL && resized != NULL) held++;
    return resized;
}

static struct journal journal;

/* Loads, opens, joins, buys and reads; the first status that is not OK. */
static enum guerdon_status whole_life(void)
{
    struct guerdon_program *program = NULL;
    struct guerdon_engine *engine = NULL;
    struct guerdon_balance balance = {.size = sizeof balance};
    struct guerdon_event join = join_of("ann");
    struct guerdon_event purchase = purchase_of("ann", "o1", 1000);
    const struct guerdon_engine_options options = {
        .size = sizeof options, .append = journal_append, .context = &journal};
    journal = (struct journal){.answer = GUERDON_APPENDED};
    join.key = TEXT_OF("k1");
    enum guerdon_status status = guerdon_program_load(guerdon_text_of(shop_text), NULL, &program);
    if (status == GUERDON_OK) status = guerdon_engine_open(program, &options, &engine);
    if (status == GUERDON_OK) status = guerdon_engine_decide(engine, &join, NULL);
    size_t calls = journal.calls;
    if (status == GUERDON_OK) status = guerdon_engine_decide(engine, &purchase, NULL);
    if (status == GUERDON_NO_MEMORY) assert_int_equal(journal.calls, calls);
    if (status == GUERDON_OK) {
        status =
            guerdon_engine_balance(engine, TEXT_OF("ann"), TEXT_OF("points"), NOON_US, &balance);
    }
    if (status == GUERDON_OK) assert_int_equal(balance.available, 110);
    guerdon_engine_free(engine);
    guerdon_program_free(program);
    return status;
}

static void every_allocation_may_fail(void **context)
{
    (void)context;
    const struct guerdon_memory memory = {sizeof memory, counted, &held};
    const struct guerdon_memory none = {sizeof none, NULL, NULL};
    assert_int_equal(guerdon_set_memory(NULL), GUERDON_MISUSE);
    assert_int_equal(guerdon_set_memory(&none), GUERDON_MISUSE);
    assert_int_equal(guerdon_set_memory(&memory), GUERDON_OK);
    assert_int_equal(guerdon_set_memory(&memory), GUERDON_MISUSE);
    enum guerdon_status status = GUERDON_NO_MEMORY;
    size_t failures = 0;
    for (; status != GUERDON_OK && failures < 2000; failures++) {
        allowed = failures;
        status = whole_life();
        allowed = SIZE_MAX;
        assert_true(status == GUERDON_OK || status == GUERDON_NO_MEMORY);
        assert_int_equal(held, 0);
    }
    assert_int_equal(status, GUERDON_OK);
    assert_true(failures > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
