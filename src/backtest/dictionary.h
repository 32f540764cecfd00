/* Dictionary: texts kept once, by number. */
#ifndef GUERDON_BACKTEST_DICTIONARY_H
#define GUERDON_BACKTEST_DICTIONARY_H

#include "backtest/orders.h"

void dictionary_init(struct dictionary *dictionary);
void dictionary_release(struct dictionary *dictionary);
/* The number of a text, or ORDERS_NONE. */
uint32_t dictionary_find(const struct dictionary *dictionary, struct text text);
/* Keeps a copy of a text that is not there yet. */
MUST_CHECK enum status dictionary_add(struct dictionary *dictionary, struct text text,
                                      uint32_t *number);

#endif
