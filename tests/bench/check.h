/* Check: cmocka in the order it asks for. */
#ifndef GUERDON_TESTS_BENCH_CHECK_H
#define GUERDON_TESTS_BENCH_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
