/* A shop at work: a store with a programme, open in this process as a server has it, for tests of
 * the verbs that run beside one. */
#ifndef GUERDON_TESTS_SHOP_H
#define GUERDON_TESTS_SHOP_H

#include "base/base.h"

struct service;

struct shop {
    struct service *service;
    struct arena arena;
};

/* In the folder "data", as shop.db. */
void shop_open(struct shop *shop);
void shop_close(struct shop *shop);
/* A purchase now, for so many cents. */
void shop_buy(struct shop *shop, const char *member, const char *order, int64_t cents);
/* A review, one of the programme's own events. */
void shop_review(struct shop *shop, const char *member, int64_t rating);
/* A member with a name and a card. */
void shop_join(struct shop *shop, const char *member, const char *card);
/* The personal data go, for ever. */
void shop_erase(struct shop *shop, const char *member);

#endif
