/* Ledger: a server's file, verified after the server has closed it. Apart from client.h, because
 * `answer` is a reply there and a word of the engine's here. */
#ifndef GUERDON_TESTS_API_LEDGER_H
#define GUERDON_TESTS_API_LEDGER_H

/* Fails the test unless every record and state in the folder's shop.db is right; then removes the
 * file and the folder. */
void ledger_check_and_remove(const char *folder);

/* Fails the test if any file of the store has the word in it, or any record's event a birthday. */
void ledger_check_forgotten(const char *folder, const char *word);

#endif
