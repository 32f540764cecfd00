/* Reply lines: counts the lines of a batch's answer as its pieces come in, and those that tell of a
 * failure.
 *
 * A line that failed is a problem (RFC 9457) and says so by its member "status" of 4xx or 5xx; it
 * is looked for as text, since reading 1,000 JSON objects a reply would measure the reader.
 */
#ifndef GUERDON_BENCH_REPLY_LINES_H
#define GUERDON_BENCH_REPLY_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reply_lines {
    uint32_t count;
    uint32_t failed;
    /* Of the line that is being read. */
    bool has_bytes;
    bool has_failed;
    uint8_t matched; /* bytes of what introduces the status */
};

void reply_lines_clear(struct reply_lines *lines);
void reply_lines_add(struct reply_lines *lines, const char *bytes, size_t length);
/* A last line may come without its line feed. */
void reply_lines_end(struct reply_lines *lines);

#endif
