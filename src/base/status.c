/* Status: the sentence of each code, and the end of the programme that a broken assertion is.
 *
 * This file is the only one in base that writes anywhere, and it does so once, on standard error,
 * before the process aborts: what follows a broken assertion cannot be trusted, so nothing is
 * flushed, stored or answered any more.
 */
#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>

const char *status_text(enum status status)
{
    switch (status) {
#define X(number, name, text)                                                                      \
    case STATUS_##name:                                                                            \
        return text;
        STATUS_LIST(X)
#undef X
    }
    return "an unknown status";
}

void assertion_failed(const char *condition, const char *file, int line)
{
    /* tidy: allow banned-call (the last words of a program that is about to end) */
    (void)fprintf(stderr, "guerdon: this is a bug: %s:%d: %s does not hold\n", file, line,
                  condition);
    abort();
}
