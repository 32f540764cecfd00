/* Output: short writes are continued, a full disk is noticed before anything is replaced, and a
 * reader that went away (EPIPE) ends the program without a word.
 *
 * A regular file is written beside its place under a name of its own and renamed over it once
 * everything is on the disk. A symbolic link is followed first, so that the link stays.
 */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void say_arguments(const char *format, va_list arguments)
{
    fflush(stdout);
    fputs("guerdon: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_arguments(format, arguments);
    va_end(arguments);
}

#define PROBLEM_LINE_MAXIMUM ((size_t)1 << 20)

void say_problems(const struct problem_list *problems)
{
    struct buffer line;
    buffer_init(&line, PROBLEM_LINE_MAXIMUM);
    for (size_t i = 0; i < problems->count; i++) {
        buffer_clear(&line);
        if (problem_print(&problems->items[i], &line) == STATUS_OK)
            say("%.*s", TEXT_ARGUMENTS(buffer_text(&line)));
    }
    if (problems->dropped > 0) say("and %zu more", problems->dropped);
    buffer_release(&line);
}

static enum status add_problems(const struct problem_list *problems, struct buffer *out)
{
    for (size_t i = 0; i < problems->count; i++) {
        TRY(problem_print(&problems->items[i], out));
        TRY(buffer_add_byte(out, '\n'));
        TRY(buffer_add(out, problems->items[i].excerpt));
    }
    if (problems->dropped == 0) return STATUS_OK;
    return buffer_add_format(out, "and %zu more\n", problems->dropped);
}

enum outcome print_problems(const struct problem_list *problems)
{
    struct buffer lines;
    buffer_init(&lines, PROBLEM_LINE_MAXIMUM * 16);
    enum status status = add_problems(problems, &lines);
    enum outcome outcome = print(buffer_text(&lines));
    if (status != STATUS_OK) {
        say("%s", status_text(status));
        outcome = OUTCOME_FAILED;
    }
    buffer_release(&lines);
    return outcome;
}

/* errno's sentence, unless nobody reads any more. */
static enum status failed_to_write(struct output *output)
{
    if (!output->has_failed && errno != EPIPE)
        say("%s cannot be written: %s", output->name, strerror(errno));
    output->has_failed = true;
    return STATUS_IO;
}

static enum status write_all(struct output *output, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(output->descriptor, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return failed_to_write(output);
        bytes += written;
        length -= (size_t)written;
    }
    return STATUS_OK;
}

static enum status flush(struct output *output)
{
    size_t length = output->used;
    output->used = 0;
    return write_all(output, output->buffer, length);
}

/* A file that takes the target's place later. */
static enum status open_temporary(struct output *output)
{
    struct stat old;
    mode_t mode = 0666;
    char *target = realpath(output->name, NULL);
    if (target != NULL && stat(target, &old) == 0) {
        mode = old.st_mode & 0777;
    } else {
        mode_t mask = umask(0);
        umask(mask);
        mode &= ~mask;
    }
    output->target = target == NULL ? strdup(output->name) : target;
    if (output->target == NULL || asprintf(&output->temporary, "%s.XXXXXX", output->target) < 0) {
        output->temporary = NULL;
        errno = ENOMEM;
        return failed_to_write(output);
    }
    output->descriptor = mkostemp(output->temporary, O_CLOEXEC);
    if (output->descriptor < 0) {
        free(output->temporary);
        output->temporary = NULL;
        return failed_to_write(output);
    }
    return fchmod(output->descriptor, mode) == 0 ? STATUS_OK : failed_to_write(output);
}

enum status output_open(struct output *output, const char *path)
{
    bool is_standard = path == NULL || text_equal(text_of(path), TEXT("-"));
    output->name = is_standard ? "standard output" : path;
    output->descriptor = STDOUT_FILENO;
    output->target = NULL;
    output->temporary = NULL;
    output->has_failed = false;
    output->used = 0;
    if (is_standard) return STATUS_OK;
    struct stat old;
    enum status status = STATUS_OK;
    if (stat(path, &old) == 0 && !S_ISREG(old.st_mode)) {
        output->descriptor = open(path, O_WRONLY | O_CLOEXEC);
        if (output->descriptor < 0) status = failed_to_write(output);
    } else {
        status = open_temporary(output);
    }
    if (status != STATUS_OK) output_abandon(output);
    return status;
}

enum status output_write(struct output *output, struct text text)
{
    if (output->has_failed) return STATUS_IO;
    if (text.length > OUTPUT_BUFFER_BYTES - output->used) TRY(flush(output));
    if (text.length > OUTPUT_BUFFER_BYTES) return write_all(output, text.bytes, text.length);
    if (text.length > 0) memcpy(output->buffer + output->used, text.bytes, text.length);
    output->used += text.length;
    return STATUS_OK;
}

/* Closes, and forgets the names; `is_kept` says whether the temporary file is the target now. */
static void forget(struct output *output, bool is_kept)
{
    if (output->descriptor > STDOUT_FILENO) close(output->descriptor);
    if (output->temporary != NULL && !is_kept) unlink(output->temporary);
    free(output->temporary);
    free(output->target);
    output->temporary = NULL;
    output->target = NULL;
    output->descriptor = -1;
}

enum status output_finish(struct output *output)
{
    enum status status = output->has_failed ? STATUS_IO : flush(output);
    if (status == STATUS_OK && output->target != NULL) {
        if (fsync(output->descriptor) != 0 || rename(output->temporary, output->target) != 0)
            status = failed_to_write(output);
    }
    forget(output, status == STATUS_OK);
    return status;
}

void output_abandon(struct output *output)
{
    forget(output, false);
}

enum outcome write_file(const char *path, struct text text)
{
    struct output output;
    if (output_open(&output, path) != STATUS_OK) return OUTCOME_FAILED;
    if (output_write(&output, text) != STATUS_OK) {
        output_abandon(&output);
        return OUTCOME_FAILED;
    }
    return output_finish(&output) == STATUS_OK ? OUTCOME_DONE : OUTCOME_FAILED;
}

enum outcome print(struct text text)
{
    return write_file(NULL, text);
}

static enum status read_all(int descriptor, size_t maximum, struct buffer *buffer)
{
    for (;;) {
        /* One byte past the maximum shows that there is more. */
        TRY(buffer_reserve(buffer, 4096));
        ssize_t length =
            read(descriptor, buffer->bytes + buffer->length, buffer->capacity - buffer->length);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return STATUS_IO;
        if (length == 0) return STATUS_OK;
        buffer->length += (size_t)length;
        if (buffer->length > maximum) return STATUS_LIMIT;
    }
}

enum status read_file(const char *path, size_t maximum, struct buffer *buffer)
{
    bool is_standard = text_equal(text_of(path), TEXT("-"));
    int descriptor = is_standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    buffer_init(buffer, maximum + 65536);
    if (descriptor < 0) {
        say("%s cannot be read: %s", path, strerror(errno));
        return STATUS_IO;
    }
    enum status status = read_all(descriptor, maximum, buffer);
    if (status == STATUS_IO) say("%s cannot be read: %s", path, strerror(errno));
    if (status == STATUS_LIMIT)
        say("%s is larger than %zu bytes: is it the right file?", path, maximum);
    if (status == STATUS_NO_MEMORY) say("%s: %s", path, status_text(status));
    if (!is_standard) close(descriptor);
    if (status != STATUS_OK) buffer_release(buffer);
    return status;
}
