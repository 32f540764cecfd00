/* SQLite, the log's writes: gathered, and handed to the system in large pieces.
 *
 * SQLite writes a commit to its log frame by frame, each as a header of 24 bytes and a page: two
 * calls of the system a page, which cost as much as writing it. So the one that writes opens its
 * file through this VFS. It hands everything to the one below, but of the log it keeps back writes
 * that follow each other:
 *
 *   xWrite xWrite xWrite ...   -->   | gathered, at most 120 KB |   -- full, or anything else -->
 *                                                                      one write to the log
 *
 * A commit that is not to wait for the disk (log_defer) has its xSync hand on what was gathered and
 * nothing more; log_sync_now, in any thread, then waits. The sync of a new log's header is never
 * put off: frames over it that reached the disk first would leave an older log's beginning valid.
 *
 * Invariants
 *   1. Nothing is kept back when xSync returns, nor when the log is read, measured, cut or closed
 *      by this handle. A commit ends with xSync before others are told of it in the wal-index, so
 *      nobody looks for what is still here.
 *   2. What could not be written is dropped and its error answered: SQLite gives the commit up and
 *      later writes from the same place again.
 *   3. Every file but the log is the VFS's below, untouched.
 *
 * Must never: keep something back across xSync; leave out a sync that was not to be put off.
 */
#include <stdlib.h>

#include "store/sqlite.h"

/* SQLite's VFS for Unix refuses to write 128 KB and more at once. */
#define GATHERED_MAXIMUM ((size_t)120 << 10)
#define LOG_VFS_NAME "guerdon-log"
#define LOG_HEAD_BYTES 32

struct log_file {
    sqlite3_file file;  /* first: SQLite casts */
    sqlite3_file *real; /* behind this struct, in the memory that SQLite gave */
    uint8_t *bytes;     /* GATHERED_MAXIMUM, the first time something is written */
    size_t length;
    sqlite3_int64 offset; /* of the first of them */
    bool was_synced;      /* ever: the first time its folder is, too */
    bool defers;
};

/* The real file needs what malloc would align it to. */
#define LOG_FILE_BYTES ((sizeof(struct log_file) + 15) & ~(size_t)15)

static struct log_file *log_of(sqlite3_file *file)
{
    return (struct log_file *)(void *)file;
}

static int let_go(struct log_file *log)
{
    if (log->length == 0) return SQLITE_OK;
    int count = (int)log->length;
    log->length = 0;
    return log->real->pMethods->xWrite(log->real, log->bytes, count, log->offset);
}

static int log_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    struct log_file *log = log_of(file);
    size_t more = (size_t)count;
    bool follows = log->length > 0 && offset == log->offset + (sqlite3_int64)log->length &&
                   more <= GATHERED_MAXIMUM - log->length;
    if (!follows) {
        int code = let_go(log);
        if (code != SQLITE_OK) return code;
        if (log->bytes == NULL) log->bytes = malloc(GATHERED_MAXIMUM);
        if (log->bytes == NULL || more > GATHERED_MAXIMUM) {
            return log->real->pMethods->xWrite(log->real, bytes, count, offset);
        }
        log->offset = offset;
    }
    memcpy(log->bytes + log->length, bytes, more);
    log->length += more;
    return SQLITE_OK;
}

static int log_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset)
{
    struct log_file *log = log_of(file);
    int code = let_go(log);
    return code != SQLITE_OK ? code : log->real->pMethods->xRead(log->real, bytes, count, offset);
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct log_file *log = log_of(file);
    int code = let_go(log);
    return code != SQLITE_OK ? code : log->real->pMethods->xTruncate(log->real, size);
}

static int log_sync(sqlite3_file *file, int flags)
{
    struct log_file *log = log_of(file);
    bool is_head = log->offset == 0 && log->length > 0 && log->length <= LOG_HEAD_BYTES;
    int code = let_go(log);
    if (code != SQLITE_OK || (log->defers && log->was_synced && !is_head)) return code;
    code = log->real->pMethods->xSync(log->real, flags);
    if (code == SQLITE_OK) log->was_synced = true;
    return code;
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size)
{
    struct log_file *log = log_of(file);
    int code = let_go(log);
    return code != SQLITE_OK ? code : log->real->pMethods->xFileSize(log->real, size);
}

static int log_close(sqlite3_file *file)
{
    struct log_file *log = log_of(file);
    int code = let_go(log);
    int closed = log->real->pMethods->xClose(log->real);
    free(log->bytes);
    log->bytes = NULL;
    return code != SQLITE_OK ? code : closed;
}

/* ---- what goes through ---- */

static int log_lock(sqlite3_file *file, int level)
{
    return log_of(file)->real->pMethods->xLock(log_of(file)->real, level);
}

static int log_unlock(sqlite3_file *file, int level)
{
    return log_of(file)->real->pMethods->xUnlock(log_of(file)->real, level);
}

static int log_check_lock(sqlite3_file *file, int *is_reserved)
{
    return log_of(file)->real->pMethods->xCheckReservedLock(log_of(file)->real, is_reserved);
}

static int log_control(sqlite3_file *file, int operation, void *argument)
{
    return log_of(file)->real->pMethods->xFileControl(log_of(file)->real, operation, argument);
}

static int log_sector_size(sqlite3_file *file)
{
    return log_of(file)->real->pMethods->xSectorSize(log_of(file)->real);
}

static int log_characteristics(sqlite3_file *file)
{
    return log_of(file)->real->pMethods->xDeviceCharacteristics(log_of(file)->real);
}

/* Version 1: a log is neither shared memory nor mapped. */
static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_check_lock,
    .xFileControl = log_control,
    .xSectorSize = log_sector_size,
    .xDeviceCharacteristics = log_characteristics,
};

struct log_file *log_file_of(sqlite3 *database)
{
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    bool is_log = code == SQLITE_OK && file != NULL && file->pMethods == &log_methods;
    return is_log ? log_of(file) : NULL;
}

void log_defer(struct log_file *log, bool defers)
{
    log->defers = defers;
}

enum status log_sync_now(struct log_file *log)
{
    int code = log->real->pMethods->xSync(log->real, SQLITE_SYNC_NORMAL);
    return code == SQLITE_OK ? STATUS_OK : STATUS_UNKNOWN_OUTCOME;
}

/* Written once, before anybody opens a file through this one. */
static sqlite3_vfs *below;
static sqlite3_vfs log_vfs;
static const char *log_vfs_chosen;

static int log_vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                        int *out_flags)
{
    (void)vfs;
    if ((flags & SQLITE_OPEN_WAL) == 0) return below->xOpen(below, name, file, flags, out_flags);
    struct log_file *log = log_of(file);
    *log = (struct log_file){.real = (sqlite3_file *)(void *)((char *)file + LOG_FILE_BYTES)};
    int code = below->xOpen(below, name, log->real, flags, out_flags);
    /* Where the one below left methods, SQLite closes the file although it failed. */
    if (code == SQLITE_OK || log->real->pMethods != NULL) log->file.pMethods = &log_methods;
    return code;
}

static void register_vfs(void)
{
    below = sqlite3_vfs_find(NULL);
    if (below == NULL) return;
    log_vfs = *below;
    log_vfs.szOsFile = (int)LOG_FILE_BYTES + below->szOsFile;
    log_vfs.zName = LOG_VFS_NAME;
    log_vfs.pNext = NULL;
    log_vfs.xOpen = log_vfs_open;
    if (sqlite3_vfs_register(&log_vfs, 0) == SQLITE_OK) log_vfs_chosen = LOG_VFS_NAME;
}

const char *log_vfs_name(void)
{
    static pthread_once_t is_registered = PTHREAD_ONCE_INIT;
    pthread_once(&is_registered, register_vfs);
    return log_vfs_chosen;
}
