/* Rules: what script/tidy asks of every C file of the house, beyond what compilers ask.
 *
 *   header           a file opens with a comment that says what it is for
 *   file-length      at most 900 lines
 *   function-length  at most 70 lines, from its name's line to its closing brace
 *   guard            a header of a room is guarded by GUERDON_ROOM_FILE_H
 *   include          rooms include rooms below them, by their face; libraries have their rooms
 *   banned-call      functions that have a safer form, everywhere; functions that see the outside
 *                    world, in the pure rooms
 *   floating-point   no binary floating point in the pure rooms, but for cel: the language has it
 *   amount           no bare + - * / on amounts of money or points
 *   must-check       a function that returns a status is declared MUST_CHECK
 *   allowance        an allowance names a rule, gives a reason and is needed
 *
 * Where a rule is wrong for once, a comment says so: `tidy: allow` RULE (reason). It holds for its
 * own lines and the next one; in the comment that opens a file, for the file.
 */
#ifndef GUERDON_TESTS_TIDY_RULES_H
#define GUERDON_TESTS_TIDY_RULES_H

#include "source.h"

#define FILE_LINES_MAXIMUM 900
#define FUNCTION_LINES_MAXIMUM 70

struct allowance {
    struct text rule;
    uint32_t comment_line;
    uint32_t first_line;
    uint32_t last_line;
    bool used;
};

/* One file's check: where the findings go, and what its comments allow. */
struct check {
    const struct source *source;
    struct problem_list *findings;
    struct allowance *allowances;
    size_t allowance_count;
};

/* Checks a file by every rule. STATUS_NO_MEMORY is the only failure. */
MUST_CHECK enum status rules_check(struct arena *arena, const struct source *source,
                                   struct problem_list *findings);

/* Adds "rule: advice" at a line, unless that is allowed there. */
void check_report(struct check *check, uint32_t line, const char *rule, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* One function a family of rules. */
void check_shape(struct check *check);    /* header, lengths, guard, must-check */
void check_includes(struct check *check); /* include */
void check_words(struct check *check);    /* banned-call, floating-point */
void check_amounts(struct check *check);  /* amount */

/* Where a file stands: its top folder, its room if it has one. */
struct place {
    struct text top;         /* src, tests, bench, fuzz */
    struct text room;        /* the next folder, "" if the file stands in `top` itself */
    const struct room *home; /* the room of that name, or NULL */
};
struct place place_of(struct text path);
/* Does it stand in cel, whose language has doubles? Its amounts are decimals all the same. */
bool sees_doubles(struct place place);

/* A room of src/. Rooms of equal height do not know each other. */
struct room {
    const char *name;
    int height;
    bool pure; /* sees no clock, file, socket, locale, thread or binary floating point */
};
const struct room *room_find(struct text name);

#endif
