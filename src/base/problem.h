/* Problems: what is wrong with a person's input, each with its place and what would be right.
 *
 * A list keeps up to PROBLEM_MAXIMUM of them, in the order found, and counts the rest.
 */
#ifndef GUERDON_BASE_PROBLEM_H
#define GUERDON_BASE_PROBLEM_H

#include "base/arena.h"

#define PROBLEM_MAXIMUM 1000

struct position {
    uint32_t line;   /* from 1; 0 = no place */
    uint32_t column; /* from 1, in characters; 0 = the whole line */
};

struct problem {
    struct text file;
    struct position position;
    struct text message; /* one sentence: what is wrong, and what would be right */
    struct text excerpt; /* lines that show the place with a caret below it; empty: none */
};

struct problem_list {
    struct arena *arena; /* owns the messages */
    struct problem *items;
    size_t count;
    size_t capacity;
    size_t dropped; /* found after the list was full */
};

void problem_list_init(struct problem_list *list, struct arena *arena);
/* Adds one; never fails: when memory runs out it is counted as dropped. */
void problem_add(struct problem_list *list, struct text file, struct position position,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same with an excerpt, which must last as long as the list. */
void problem_add_shown(struct problem_list *list, struct text file, struct position position,
                       struct text excerpt, struct text message);
/* "file:line:column: message", without what it does not have. */
MUST_CHECK enum status problem_print(const struct problem *problem, struct buffer *out);
/* Each on a line of its own, and how many more there were. */
MUST_CHECK enum status problem_list_print(const struct problem_list *list, struct buffer *out);
static inline bool problem_list_is_empty(const struct problem_list *list)
{
    return list->count == 0 && list->dropped == 0;
}

#endif
