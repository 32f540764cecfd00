/* A strict checker of JSON (RFC 8259) for tests: is it valid, to its last byte? */
#ifndef GUERDON_TESTS_BACKTEST_JSON_CHECKER_H
#define GUERDON_TESTS_BACKTEST_JSON_CHECKER_H

#include "base/base.h"

/* Deeper than 100 levels is taken for wrong. */
bool json_is_valid(struct text text);

#endif
