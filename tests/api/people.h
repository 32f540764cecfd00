/* People: a server on a store in a file, to be told of people whom it must forget. Include it
 * behind client.h. */
#ifndef GUERDON_TESTS_API_PEOPLE_H
#define GUERDON_TESTS_API_PEOPLE_H

#include "client.h"

void people_open(struct world *world, const char *program);
/* Whatever the test did: everybody named is erased, the ledger is whole, and of people it has
 * nothing: no file has the word, which their fields had. */
void people_close(struct world *world, const char *const *members, size_t count, const char *word);

/* Who joined on 1 May 2027; `fields` as JSON with single quotes. */
void people_create(struct world *world, const char *id, const char *fields);
void people_change(struct world *world, const char *id, const char *fields);
/* Fails the test unless the member has so many points in its first wallet. */
void people_check(struct world *world, const char *id, const char *points);

#endif
