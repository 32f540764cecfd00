/* Answer: what an expression without variables comes to, as text, for the tests of functions. */
#ifndef GUERDON_TESTS_CEL_ANSWER_H
#define GUERDON_TESTS_CEL_ANSWER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cel/inner.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* An environment with all libraries, and memory for one evaluation. */
struct answers {
    struct arena kept;
    struct arena source;
    struct arena scratch;
    struct cel_environment *environment;
    uint64_t step_maximum;
};
void answers_open(struct answers *answers);
void answers_close(struct answers *answers);

/* The value, or the error, in the memory that the next call clears. Without a check: what an
 * implementation gets is what is written. */
struct cel_value answer(struct answers *answers, const char *expression);
/* 'text', 5, 5u, [1, 2], "error: no such overload", with the detail behind another colon. */
struct text answer_text(struct answers *answers, const char *expression);

/* The same of the expression compiled, with its types checked; bytes NULL if it is refused. */
struct text answer_compiled(struct answers *answers, const char *expression);
/* answer() with memory for the evaluation of at most so many bytes. */
struct cel_value answer_within(struct answers *answers, const char *expression, size_t bytes);

struct answer_case {
    const char *expression;
    const char *wanted;
};
/* Each expression answers what is wanted, by itself and compiled; one that is wanted to fault may
 * be refused when it is compiled. Fails, naming all that do not. */
void assert_answers(const struct answer_case *cases, size_t count);

#endif
