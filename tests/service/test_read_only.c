/* A service on a store that another one is writing to: long reads, as of the last record, and
 * nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "service/service.h"

#define BYTES_MAXIMUM (64u << 20)

static char folder[] = "/tmp/guerdon-XXXXXX";
static char path[64];

static struct service *open_service(bool is_read_only)
{
    struct service_options options = {.store = {.path = path, .is_read_only = is_read_only}};
    struct service *service = NULL;
    struct buffer complaint;
    buffer_init(&complaint, BYTES_MAXIMUM);
    if (!is_read_only) {
        options.program_text = TEXT("program: shop\n"
                                    "currency: EUR\n"
                                    "wallets:\n"
                                    "  points: {}\n"
                                    "rules:\n"
                                    "  welcome: {on: join, earn: 100 points}\n");
    }
    assert_int_equal(service_open(&options, &complaint, &service), STATUS_OK);
    buffer_release(&complaint);
    return service;
}

struct asking {
    struct command command; /* first: run gets it back */
    struct arena arena;
    struct balance balance;
    bool writes;
};

static enum status run_asking(struct command *command, struct turn *turn)
{
    struct asking *asking = (struct asking *)command;
    const struct program *program = service_program_numbered(turn_service(turn), 1);
    struct text member = TEXT("ann");
    struct states *states;
    struct reply reply;
    struct event event = {
        .type = EVENT_JOIN, .occurred_at_us = turn_clock_us(turn), .member = member};
    if (asking->writes) return turn_decide(turn, NULL, &event, false, &asking->arena, &reply);
    TRY(turn_member(turn, &member, &asking->arena, program, 0, &states));
    return member_balance(states, member, program->wallets[0].symbol, &asking->balance);
}

static enum command_outcome ask(struct service *service, struct asking *asking, bool is_long)
{
    asking->command =
        (struct command){.run = run_asking, .weight = 1, .is_read = is_long, .is_long = is_long};
    return service_do(service, &asking->command);
}

static int open_world(void **context)
{
    (void)context;
    if (mkdtemp(folder) == NULL) return -1;
    (void)snprintf(path, sizeof path, "%s/shop.db", folder);
    return 0;
}

static int close_world(void **context)
{
    char lock[80];
    (void)context;
    (void)snprintf(lock, sizeof lock, "%s.lock", path);
    (void)unlink(lock);
    (void)unlink(path);
    return rmdir(folder);
}

static void what_another_one_wrote_is_read_and_nothing_is_written(void **context)
{
    (void)context;
    struct asking asking = {.writes = true};
    arena_init(&asking.arena, BYTES_MAXIMUM);
    struct service *writer = open_service(false);
    assert_int_equal(ask(writer, &asking, false), COMMAND_DONE);
    struct service *reader = open_service(true);

    asking.writes = false;
    assert_int_equal(ask(reader, &asking, true), COMMAND_DONE);
    assert_int_equal(asking.balance.available, 100);

    /* Short commands have no thread here; a long one that writes is refused. */
    assert_int_equal(ask(reader, &asking, false), COMMAND_UNAVAILABLE);
    asking.writes = true;
    assert_int_equal(ask(reader, &asking, true), COMMAND_FAILED);
    assert_int_equal(asking.command.status, STATUS_INVALID);
    service_close(reader);
    service_close(writer);
    arena_release(&asking.arena);
}

static void a_store_that_is_not_there_is_not_made(void **context)
{
    (void)context;
    struct service_options options = {
        .store = {.path = "/tmp/guerdon-none/none.db", .is_read_only = true}};
    struct service *service = NULL;
    struct buffer complaint;
    buffer_init(&complaint, BYTES_MAXIMUM);
    assert_int_not_equal(service_open(&options, &complaint, &service), STATUS_OK);
    assert_true(complaint.length > 0);
    buffer_release(&complaint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_another_one_wrote_is_read_and_nothing_is_written),
        cmocka_unit_test(a_store_that_is_not_there_is_not_made),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
