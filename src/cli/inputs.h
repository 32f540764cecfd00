/* Inputs: the files that verbs read, with what is said when they cannot be. */
#ifndef GUERDON_CLI_INPUTS_H
#define GUERDON_CLI_INPUTS_H

#include "backtest/backtest.h"
#include "cli/verb.h"
#include "program/program.h"

#define INPUT_ARENA_BYTES_MAXIMUM ((size_t)1 << 30)

/* Reads a programme. What is wrong in it goes to `problems`, and nothing is said about it;
 * STATUS_INVALID then. Otherwise a failure has been said. */
MUST_CHECK enum status input_program(struct arena *arena, const char *path,
                                     struct problem_list *problems, const struct program **program);
/* Reads a mapping, or takes the one that fits what `generate` writes if the path is NULL. On
 * failure everything has been said. */
MUST_CHECK enum status input_mapping(struct arena *arena, const char *path,
                                     struct mapping *mapping);
/* Reads orders behind a progress bar. On failure everything has been said. The book is the caller's
 * to release in every case. */
MUST_CHECK enum status input_orders(struct book *book, const char *path,
                                    const struct mapping *mapping, bool strict);
/* The mapping's currency in a programme's list; a failure has been said. */
MUST_CHECK enum status input_currency(const struct program *program, const char *path,
                                      const struct mapping *mapping, uint32_t *currency);

#endif
