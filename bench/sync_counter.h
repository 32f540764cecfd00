/* Sync counter: a SQLite file system that is the machine's own and counts how often SQLite waits
 * for the disk. For one thread. */
#ifndef GUERDON_BENCH_SYNC_COUNTER_H
#define GUERDON_BENCH_SYNC_COUNTER_H

#include <stdint.h>

/* Becomes the default of all databases opened from now on; a SQLite result code. */
int sync_counter_register(void);
uint64_t sync_counter_syncs(void);

#endif
