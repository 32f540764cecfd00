/* Running: by the shell, so that a test need not know when a process ends. See running.h. */
#include "running.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../cli/command.h"

static bool hear(struct running *running)
{
    ssize_t got = read(running->output, running->said + running->said_length,
                       SAID_MAXIMUM - 1 - running->said_length);
    assert_true(got >= 0);
    running->said_length += (size_t)got;
    running->said[running->said_length] = '\0';
    return got > 0;
}

void running_start(struct running *running, const char *variables, const char *arguments)
{
    struct command command;
    *running = (struct running){.output = -1};
    (void)unlink("output");
    assert_int_equal(mkfifo("output", 0600), 0);
    run(&command,
        "(%s $guerdon serve %s & pid=$!; echo $pid > pid; wait $pid; echo \"ended with $?\") "
        "> output 2> log &",
        variables, arguments);
    command_release(&command);
    /* Waits for the other side to be opened. */
    running->output = open("output", O_RDONLY | O_CLOEXEC);
    assert_true(running->output >= 0);
    while (strstr(running->said, "listens on") == NULL ||
           running->said[running->said_length - 1] != '\n') {
        if (hear(running)) continue;
        struct buffer log = get_file("log");
        fail_msg("the server ended: %s%.*s", running->said, (int)log.length, log.bytes);
    }
}

void running_signal(const char *signal)
{
    struct command command;
    run(&command, "kill -%s $(cat pid)", signal);
    assert_exit(&command, 0);
    command_release(&command);
}

void running_stop(struct running *running)
{
    running_signal("TERM");
    while (hear(running))
        continue;
    close(running->output);
    if (strstr(running->said, "ended with 0") == NULL) fail_msg("%s", running->said);
}

uint16_t running_port(const struct running *running)
{
    static const char address[] = "://127.0.0.1:";
    int64_t port = 0;
    const char *at = strstr(running->said, address);
    assert_non_null(at);
    struct text rest;
    struct text digits = text_split(text_of(at + strlen(address)), '\n', &rest);
    assert_int_equal(amount_parse(digits, 0, &port), STATUS_OK);
    return (uint16_t)port;
}

void running_key(const char *said, char key[API_KEY_TEXT_MAXIMUM])
{
    const char *at = strstr(said, "gk_");
    key[0] = '\0';
    if (at == NULL) return;
    struct text rest;
    struct text found = text_trim(text_split(text_of(at), '\n', &rest));
    assert_true(found.length < API_KEY_TEXT_MAXIMUM);
    memcpy(key, found.bytes, found.length);
    key[found.length] = '\0';
}
