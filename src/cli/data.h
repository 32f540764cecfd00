/* Data: a server's directory, as the verbs that work on one find their way in it. */
#ifndef GUERDON_CLI_DATA_H
#define GUERDON_CLI_DATA_H

#include "cli/output.h"
#include "store/store.h"

#define DATA_PATH_BYTES 4096

/* The file of the programme `id`'s store; of the only one if `id` is NULL. It is there, or it has
 * been said why not. */
MUST_CHECK enum status data_find(const char *data, const char *id, char path[DATA_PATH_BYTES]);
/* Each line of what was complained about; if there is none, what the status says. */
void data_complain(const char *path, const struct buffer *complaint, enum status status);
/* Opens a store to read it, a server may be writing to it. A failure has been said. */
MUST_CHECK enum status data_open_reader(const char *path, struct store **store);
/* Microseconds of the machine's clock. */
int64_t data_now_us(void);

#endif
