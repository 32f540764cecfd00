/* The command line: verbs, options, help, and what is said of mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command.h"

static void help_lists_every_verb(void **context)
{
    (void)context;
    static const char *const lines[] = {"$guerdon help", "$guerdon --help", "$guerdon -h"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct command command;
        run(&command, "%s", lines[i]);
        assert_exit(&command, 0);
        assert_silent(&command);
        assert_printed(&command, "usage: guerdon VERB");
        assert_printed(&command, "\n  check ");
        assert_printed(&command, "\n  backtest ");
        assert_printed(&command, "\n  generate ");
        assert_printed(&command, "\n  help ");
        assert_printed(&command, "\n  version ");
        command_release(&command);
    }
}

static void every_verb_has_help_with_examples(void **context)
{
    (void)context;
    static const char *const verbs[] = {"check",  "backtest", "generate", "eval",   "import",
                                        "backup", "restore",  "explain",  "export", "help"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        struct command command;
        struct command same;
        run(&command, "$guerdon %s --help", verbs[i]);
        assert_exit(&command, 0);
        assert_silent(&command);
        assert_printed(&command, "usage: guerdon ");
        assert_printed(&command, "\noptions:\n");
        assert_printed(&command, "  --help              show this help\n");
        assert_printed(&command, "\nexamples:\n  guerdon ");
        run(&same, "$guerdon help %s", verbs[i]);
        assert_string_equal(same.output.bytes, command.output.bytes);
        command_release(&command);
        command_release(&same);
    }
}

static void version_is_one_line(void **context)
{
    (void)context;
    struct command command;
    run(&command, "$guerdon version");
    assert_exit(&command, 0);
    assert_printed(&command, "guerdon 0.");
    command_release(&command);
    run(&command, "$guerdon --version");
    assert_exit(&command, 0);
    command_release(&command);
}

static void a_wrong_command_line_says_what_would_be_right(void **context)
{
    (void)context;
    static const struct {
        const char *line;
        const char *said;
    } cases[] = {
        {"$guerdon", "usage: guerdon VERB"},
        {"$guerdon bactest", "guerdon: there is no verb 'bactest'; did you mean 'backtest'?"},
        {"$guerdon xyzzy", "guerdon: there is no verb 'xyzzy'\n"},
        {"$guerdon help bactest", "did you mean 'backtest'?"},
        {"$guerdon help check generate", "help takes one verb"},
        {"$guerdon version now", "version takes no arguments"},
        {"$guerdon check", "check needs a programme file"},
        {"$guerdon check --no-advise x", "did you mean --no-advice?"},
        {"$guerdon check --xyzzy x", "guerdon: check has no option --xyzzy\n"},
        {"$guerdon check -x", "check has no option -x; options begin with --"},
        {"$guerdon check --no-advice=1 x", "--no-advice is a switch and takes no value"},
        {"$guerdon check x --orders", "--orders needs a value: --orders FILE"},
        {"$guerdon check x --orders --map", "--orders needs a value: --orders FILE"},
        {"$guerdon check x --map m", "--map goes with --orders"},
        {"$guerdon check --schema x", "--schema takes no FILE"},
        {"$guerdon backtest", "backtest needs a programme and a file of orders"},
        {"$guerdon backtest x", "backtest needs a programme and a file of orders"},
        {"$guerdon backtest x y --map a --map b", "--map is given twice"},
        {"$guerdon backtest x y --jsn", "did you mean --json?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct command command;
        run(&command, "%s", cases[i].line);
        assert_exit(&command, 2);
        assert_said(&command, cases[i].said);
        assert_int_equal(command.output.length, 0);
        command_release(&command);
    }
}

static void a_full_disk_is_an_error_and_a_reader_that_went_away_is_none_to_speak_of(void **context)
{
    (void)context;
    struct command command;
    run(&command, "$guerdon help >/dev/full");
    assert_exit(&command, 1);
    assert_said(&command, "guerdon: standard output cannot be written: No space left on device");
    command_release(&command);
    /* `true` reads nothing; the exit code kept is that of guerdon. */
    run(&command, "{ sleep 0.2; $guerdon check --schema; echo $? >code; } | true");
    assert_silent(&command);
    command_release(&command);
    struct buffer code = get_file("code");
    assert_string_equal(code.bytes, "1\n");
    buffer_release(&code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_lists_every_verb),
        cmocka_unit_test(every_verb_has_help_with_examples),
        cmocka_unit_test(version_is_one_line),
        cmocka_unit_test(a_wrong_command_line_says_what_would_be_right),
        cmocka_unit_test(a_full_disk_is_an_error_and_a_reader_that_went_away_is_none_to_speak_of),
    };
    return cmocka_run_group_tests(tests, command_set_up, command_tear_down);
}
