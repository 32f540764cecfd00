/* The default VFS under another name; the files that it opens get methods of which one is ours. */
#include "sync_counter.h"

#include <sqlite3.h>
#include <stddef.h>

/* SQLite has one table of methods for databases and another for logs. */
#define TABLES_MAXIMUM 4

struct counted_methods {
    sqlite3_io_methods methods; /* first: a file's pMethods points here */
    const sqlite3_io_methods *original;
};

static sqlite3_vfs counting;
static sqlite3_vfs *original;
static struct counted_methods tables[TABLES_MAXIMUM];
static uint64_t syncs;

static int count_sync(sqlite3_file *file, int flags)
{
    syncs++;
    return ((const struct counted_methods *)file->pMethods)->original->xSync(file, flags);
}

static int open_counted(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                        int *flags_out)
{
    (void)vfs;
    int result = original->xOpen(original, name, file, flags, flags_out);
    if (result != SQLITE_OK || file->pMethods == NULL) return result;
    for (int i = 0; i < TABLES_MAXIMUM; i++) {
        if (tables[i].original == NULL) {
            tables[i] = (struct counted_methods){*file->pMethods, file->pMethods};
            tables[i].methods.xSync = count_sync;
        }
        if (tables[i].original != file->pMethods) continue;
        file->pMethods = &tables[i].methods;
        return SQLITE_OK;
    }
    file->pMethods->xClose(file);
    file->pMethods = NULL;
    return SQLITE_CANTOPEN;
}

int sync_counter_register(void)
{
    original = sqlite3_vfs_find(NULL);
    if (original == NULL) return SQLITE_ERROR;
    counting = *original;
    counting.zName = "counting";
    counting.pNext = NULL;
    counting.xOpen = open_counted;
    return sqlite3_vfs_register(&counting, 1);
}

uint64_t sync_counter_syncs(void)
{
    return syncs;
}
