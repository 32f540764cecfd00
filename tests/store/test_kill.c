/* The SQLite store under SIGKILL: a child writes batches and says on a pipe which positions are
 * committed; it is killed at any moment, 50 times (1,000 times with --full). Each time the store is
 * opened, every acknowledged record is there exactly once and every state is what its records give.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "shop.h"

#define COMMANDS 8
#define ACKNOWLEDGEMENTS_MAXIMUM 12
#define SPINS_MAXIMUM 2000000u

static int kills = 50;

static struct store *open_at(const char *path)
{
    struct sqlite_options options = {.path = path};
    struct store *store = NULL;
    assert_int_equal(sqlite_store_open(&options, NULL, &store), STATUS_OK);
    return store;
}

/* The child: never returns. */
static _Noreturn void write_for_ever(const char *path, int pipe_end, uint64_t seed)
{
    struct shop shop;
    struct store *store = open_at(path);
    shop_open(&shop, store, seed, 40);
    for (int batch = 0;; batch++) {
        if (shop_batch(&shop, COMMANDS) != STATUS_OK) _exit(2);
        if (write(pipe_end, &shop.position, sizeof shop.position) != sizeof shop.position) _exit(3);
        if (batch % 5 == 4 && store_write_behind(store, batch % 10 == 9) != STATUS_OK) _exit(4);
    }
}

/* Passes a while that is no pause: the moment of the kill is anywhere in the child's work. */
static void spin(uint64_t turns)
{
    for (volatile uint64_t turn = 0; turn < turns; turn = turn + 1) {
    }
}

/* Kills a child behind some acknowledgements; answers the last one. */
static uint64_t kill_one(const char *path, uint64_t seed, uint64_t acknowledged)
{
    int ends[2];
    uint64_t position = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        write_for_ever(path, ends[1], seed);
    }
    assert_int_equal(close(ends[1]), 0);
    uint64_t wanted = seed * 7 % ACKNOWLEDGEMENTS_MAXIMUM;
    for (uint64_t i = 0; i < wanted; i++) {
        assert_int_equal(read(ends[0], &position, sizeof position), sizeof position);
        acknowledged = position;
    }
    spin(seed * UINT64_C(2654435761) % SPINS_MAXIMUM);
    assert_int_equal(kill(child, SIGKILL), 0);
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result));
    while (read(ends[0], &position, sizeof position) == sizeof position)
        acknowledged = position;
    assert_int_equal(close(ends[0]), 0);
    return acknowledged;
}

static void a_kill_at_any_moment_loses_and_doubles_nothing(void **context)
{
    char folder[200];
    char path[240];
    (void)context;
    folder_open(folder, sizeof folder);
    uint64_t acknowledged = 0;
    for (int i = 1; i <= kills; i++) {
        /* Now and then a new file: a history that is checked again and again should stay short. */
        snprintf(path, sizeof path, "%s/store-%d", folder, i / 10);
        if (i % 10 == 0) acknowledged = 0;
        acknowledged = kill_one(path, (uint64_t)i, acknowledged);
        struct store *store = open_at(path);
        uint64_t position = shop_check(store);
        /* Whole batches: all that were acknowledged and at most one more. */
        assert_true(position == acknowledged || position == acknowledged + COMMANDS);
        acknowledged = position;
        store_close(store);
    }
    folder_close(folder);
}

int main(int argument_count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kill_at_any_moment_loses_and_doubles_nothing),
    };
    if (argument_count > 1 && strcmp(arguments[1], "--full") == 0) kills = 1000;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
