/* Output: what the program writes, completely or not at all, and what it says to a person.
 *
 * A file that is written to replaces the old one at the end, in one step; a pipe, a device and
 * standard output are written to as they come.
 */
#ifndef GUERDON_CLI_OUTPUT_H
#define GUERDON_CLI_OUTPUT_H

#include "cli/verb.h"

/* "guerdon: ..." on standard error. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_arguments(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
/* Each problem on a line of its own, `file:line:column: message`, on standard error or, for those
 * who asked for findings, on standard output, with its excerpt behind it. */
void say_problems(const struct problem_list *problems);
enum outcome print_problems(const struct problem_list *problems);

/* All of it on standard output. Failing says why, but for a reader that went away. */
enum outcome print(struct text text);

#define OUTPUT_BUFFER_BYTES 65536

struct output {
    int descriptor;
    const char *name; /* for messages */
    char *target;     /* the file that is replaced in the end; NULL: written to directly */
    char *temporary;  /* what it is written to until then */
    bool has_failed;  /* said so already */
    size_t used;
    char buffer[OUTPUT_BUFFER_BYTES];
};

/* Opens a file for output; NULL or "-" is standard output. On failure says why. */
MUST_CHECK enum status output_open(struct output *output, const char *path);
MUST_CHECK enum status output_write(struct output *output, struct text text);
/* Makes what was written the file; STATUS_IO, having said why, leaves the old one. */
MUST_CHECK enum status output_finish(struct output *output);
/* Leaves the file as it was. */
void output_abandon(struct output *output);
/* A whole file at once. */
enum outcome write_file(const char *path, struct text text);

/* Reads a whole file of at most `maximum` bytes; "-" is standard input. On failure says why. The
 * buffer is the caller's to release. */
MUST_CHECK enum status read_file(const char *path, size_t maximum, struct buffer *buffer);

#endif
