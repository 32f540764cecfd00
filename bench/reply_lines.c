/* Byte by byte, so that a piece may end anywhere. */
#include "reply_lines.h"

static const char introduction[] = "\"status\":";
#define INTRODUCTION_LENGTH (sizeof introduction - 1)

void reply_lines_clear(struct reply_lines *lines)
{
    *lines = (struct reply_lines){0};
}

static void look_at(struct reply_lines *lines, char byte)
{
    lines->has_bytes = true;
    if (lines->matched == INTRODUCTION_LENGTH) {
        if (byte == ' ') return;
        if (byte == '4' || byte == '5') lines->has_failed = true;
        lines->matched = 0;
    } else if (byte == introduction[lines->matched]) {
        lines->matched++;
    } else {
        lines->matched = byte == introduction[0];
    }
}

void reply_lines_add(struct reply_lines *lines, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n') {
            reply_lines_end(lines);
        } else {
            look_at(lines, bytes[i]);
        }
    }
}

void reply_lines_end(struct reply_lines *lines)
{
    lines->count += lines->has_bytes;
    lines->failed += lines->has_failed;
    lines->has_bytes = lines->has_failed = false;
    lines->matched = 0;
}
