/* A disk that fails when told: in front of SQLite's own access to files, for this process.
 *
 * Writes, truncations and syncs are counted; a write of many pages counts as one a page, and what
 * is in front of the one that fails is written. Syncs that succeed do not reach the disk: what a
 * test sees is what other processes would see, and it is much faster.
 */
#ifndef GUERDON_TESTS_STORE_FAULTY_DISK_H
#define GUERDON_TESTS_STORE_FAULTY_DISK_H

#include <stdbool.h>

enum fault {
    FAULT_NONE,
    FAULT_WRITE_FAILS, /* with an error of the device */
    FAULT_WRITE_TORN,  /* half of it is written first */
    FAULT_DISK_FULL,
    FAULT_COUNT
};

/* Before any file is opened; once. */
void faulty_disk_install(void);
/* The operation after `countdown` more fails; with `lasts` every one after it, too. A sync cannot
 * be torn or find the disk full: it fails as a write does. */
void faulty_disk_arm(enum fault fault, long countdown, bool lasts);
/* From now on all is well. Answers how many operations failed since it was armed. */
long faulty_disk_disarm(void);

#endif
