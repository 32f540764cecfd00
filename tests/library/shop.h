/* Shop: a programme, a journal in memory and short forms of events, for tests of <guerdon.h>.
 *
 * These tests see the public header alone, as a program outside of this house does.
 */
#ifndef GUERDON_TESTS_LIBRARY_SHOP_H
#define GUERDON_TESTS_LIBRARY_SHOP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <guerdon.h>

#define JOURNAL_BYTES_MAXIMUM (1u << 20)
#define NOON_US INT64_C(1803900000000000) /* in March 2027 */
#define DAY_US INT64_C(86400000000)

/* Where the engine's entries go, and what happens to the next one. */
struct journal {
    char bytes[JOURNAL_BYTES_MAXIMUM];
    size_t length;
    size_t calls;
    enum guerdon_append_result answer; /* APPEND_NOTHING keeps nothing */
    bool keeps_unknown;                /* APPEND_UNKNOWN: kept all the same */
};

enum guerdon_append_result journal_append(void *context, struct guerdon_text entry);

/* Welcome points, a point per euro, twice that on the web, a limit, a reward, levels, expiry. */
extern const char shop_text[];

#define TEXT_OF(literal) guerdon_text_of(literal)

struct guerdon_program *shop_program(void);
/* Over a journal; NULL: nothing is kept. */
struct guerdon_engine *shop_engine(const struct guerdon_program *program, struct journal *journal);

struct guerdon_event join_of(const char *member);
/* One item of sku "A"; cents. The item is one of a few that are used in turn. */
struct guerdon_event purchase_of(const char *member, const char *order, int64_t cents);
struct guerdon_event redeem_of(const char *member, int64_t points);

/* Decides, wants GUERDON_OK and gives the answer's number. */
uint32_t decide(struct guerdon_engine *engine, struct guerdon_event event);
int64_t available(struct guerdon_engine *engine, const char *member);
bool text_is(struct guerdon_text text, const char *wanted);

#endif
