/* Tests of base/status: each code has its sentence, and a broken assertion ends the process, in
 * release builds too.
 */
#include "check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void every_status_has_its_sentence(void **state)
{
    (void)state;
#define X(number, name, text) assert_string_equal(text, status_text(STATUS_##name));
    STATUS_LIST(X)
#undef X
    volatile int unknown = 10000;
    assert_string_equal("an unknown status", status_text((enum status)unknown));
}

static enum status fails_with(enum status status, int *reached)
{
    TRY(status);
    *reached = 1;
    return STATUS_OK;
}

static void try_leaves_with_the_status_that_is_not_ok(void **state)
{
    (void)state;
    int reached = 0;
    assert_status(STATUS_LIMIT, fails_with(STATUS_LIMIT, &reached));
    assert_int_equal(0, reached);
    assert_ok(fails_with(STATUS_OK, &reached));
    assert_int_equal(1, reached);
}

/* Each breaks the contract of a function: a bug of the caller. */
static void divide_by_zero(void)
{
    int64_t quotient;
    (void)!amount_multiply_divide(1, 1, 0, ROUNDING_DOWN, &quotient);
}

static void divide_by_a_negative(void)
{
    int64_t quotient;
    (void)!wide_divide(1, 2, -1, ROUNDING_DOWN, &quotient);
}

static void raise_ten_too_high(void)
{
    (void)power_of_ten(DECIMAL_SCALE_MAXIMUM + 1);
}

static void write_too_many_decimals(void)
{
    char out[AMOUNT_TEXT_MAXIMUM];
    (void)amount_format(1, DECIMAL_SCALE_MAXIMUM + 1, out);
}

static void set_a_key_that_is_not_there(void)
{
    struct map map;
    uint32_t found;
    map_init(&map, 10);
    (void)!map_add(&map, TEXT("a"), 1, &found, NULL);
    map_set(&map, TEXT("b"), 1);
}

static void keep_the_number_that_means_none(void)
{
    struct map map;
    uint32_t found;
    map_init(&map, 10);
    (void)!map_add(&map, TEXT("a"), MAP_NONE, &found, NULL);
}

/* Does `breaking` end a process of its own by abort? */
static bool is_aborted(void (*breaking)(void))
{
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        breaking();
        _exit(0);
    }
    int how = 0;
    assert_int_equal(child, waitpid(child, &how, 0));
    return WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT;
}

static void broken_contracts_end_the_process(void **state)
{
    (void)state;
    assert_true(is_aborted(divide_by_zero));
    assert_true(is_aborted(divide_by_a_negative));
    assert_true(is_aborted(raise_ten_too_high));
    assert_true(is_aborted(write_too_many_decimals));
    assert_true(is_aborted(set_a_key_that_is_not_there));
    assert_true(is_aborted(keep_the_number_that_means_none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_sentence),
        cmocka_unit_test(try_leaves_with_the_status_that_is_not_ok),
        cmocka_unit_test(broken_contracts_end_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
