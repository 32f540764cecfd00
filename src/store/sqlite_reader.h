/* What a reader is made of: for the backup, which reads through one's file. */
#ifndef GUERDON_STORE_SQLITE_READER_H
#define GUERDON_STORE_SQLITE_READER_H

#include "store/sqlite.h"

struct sqlite_reader {
    struct store store; /* first: a store is cast to this */
    struct connection connection;
    char *path;
    struct arena arena;
    struct buffer bytes;
};

bool is_sqlite_reader(const struct store *store);

#endif
