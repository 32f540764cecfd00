/* Running the built program: by the shell, with its output in files beside it. */
#include "command.h"

#include <ftw.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LINE_MAXIMUM 8192
#define OUTPUT_MAXIMUM ((size_t)64 << 20)

static char folder[] = "/tmp/guerdon-test-XXXXXX";

int command_set_up(void **context)
{
    (void)context;
    const char *program = getenv("GUERDON_PROGRAM");
    if (program == NULL) {
        fputs("GUERDON_PROGRAM does not name the program\n", stderr);
        return -1;
    }
    char *path = realpath(program, NULL);
    if (path == NULL || setenv("guerdon", path, 1) != 0 || mkdtemp(folder) == NULL) return -1;
    free(path);
    return chdir(folder);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

int command_tear_down(void **context)
{
    (void)context;
    if (chdir("/") != 0) return -1;
    return nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

struct buffer get_file(const char *name)
{
    struct buffer buffer;
    buffer_init(&buffer, OUTPUT_MAXIMUM);
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    size_t length;
    do {
        assert_int_equal(buffer_reserve(&buffer, 65536), STATUS_OK);
        length = fread(buffer.bytes + buffer.length, 1, buffer.capacity - buffer.length - 1, file);
        buffer.length += length;
    } while (length > 0);
    fclose(file);
    buffer.bytes[buffer.length] = '\0';
    return buffer;
}

void put_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void run(struct command *command, const char *line, ...)
{
    char given[LINE_MAXIMUM];
    char whole[LINE_MAXIMUM + 64];
    va_list arguments;
    va_start(arguments, line);
    int length = vsnprintf(given, sizeof given, line, arguments);
    va_end(arguments);
    assert_in_range(length, 1, LINE_MAXIMUM - 1);
    snprintf(whole, sizeof whole, "{ %s\n} >.output 2>.errors </dev/null", given);
    char name[] = "sh";
    char option[] = "-c";
    char *const shell[] = {name, option, whole, NULL};
    pid_t process = 0;
    int status = 0;
    assert_int_equal(posix_spawn(&process, "/bin/sh", NULL, NULL, shell, environ), 0);
    assert_int_equal(waitpid(process, &status, 0), process);
    assert_true(WIFEXITED(status));
    command->exit_code = WEXITSTATUS(status);
    command->output = get_file(".output");
    command->errors = get_file(".errors");
}

void command_squeeze(struct command *command)
{
    char *to = command->output.bytes;
    for (const char *from = command->output.bytes; *from != '\0'; from++) {
        if (*from != ' ' && *from != '\n') *to++ = *from;
    }
    *to = '\0';
    command->output.length = (size_t)(to - command->output.bytes);
}

void command_release(struct command *command)
{
    buffer_release(&command->output);
    buffer_release(&command->errors);
}

static void show(const struct command *command)
{
    print_error("exit code %d\n--- standard output\n%s--- standard error\n%s---\n",
                command->exit_code, command->output.bytes, command->errors.bytes);
}

void assert_exit(const struct command *command, int exit_code)
{
    if (command->exit_code != exit_code) show(command);
    assert_int_equal(command->exit_code, exit_code);
}

/* `is_there` is whether the part should be in the text. */
static void assert_part(const struct command *command, const struct buffer *text, const char *part,
                        bool is_there)
{
    bool found = strstr(text->bytes, part) != NULL;
    if (found != is_there) {
        print_error("%s: %s\n", is_there ? "not found" : "found", part);
        show(command);
    }
    assert_int_equal(found, is_there);
}

void assert_printed(const struct command *command, const char *part)
{
    assert_part(command, &command->output, part, true);
}

void assert_not_printed(const struct command *command, const char *part)
{
    assert_part(command, &command->output, part, false);
}

void assert_said(const struct command *command, const char *part)
{
    assert_part(command, &command->errors, part, true);
}

void assert_silent(const struct command *command)
{
    if (command->errors.length > 0) show(command);
    assert_int_equal(command->errors.length, 0);
}
