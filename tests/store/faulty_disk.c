/* A disk that fails when told. See faulty_disk.h. */
#include "faulty_disk.h"

#include <stdlib.h>

#include <pthread.h>
#include <sqlite3.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum fault armed;
static long countdown_left;
static bool fault_lasts;
static long failures;

static sqlite3_vfs *real_vfs;

struct faulty_file {
    sqlite3_file file; /* first: SQLite casts */
    sqlite3_file *real;
};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct faulty_file *)(void *)file)->real;
}

/* Counts so many operations; what happens to them, and how many went well before. */
static enum fault fault_among(long operations, long *before)
{
    enum fault fault = FAULT_NONE;
    *before = 0;
    pthread_mutex_lock(&lock);
    if (armed != FAULT_NONE && countdown_left < operations) {
        fault = armed;
        *before = countdown_left > 0 ? countdown_left : 0;
        failures++;
        if (!fault_lasts) armed = FAULT_NONE;
    }
    if (countdown_left > 0)
        countdown_left -= countdown_left < operations ? countdown_left : operations;
    pthread_mutex_unlock(&lock);
    return fault;
}

static enum fault next_fault(void)
{
    long before = 0;
    return fault_among(1, &before);
}

void faulty_disk_arm(enum fault fault, long countdown, bool lasts)
{
    pthread_mutex_lock(&lock);
    armed = fault;
    countdown_left = countdown;
    fault_lasts = lasts;
    failures = 0;
    pthread_mutex_unlock(&lock);
}

long faulty_disk_disarm(void)
{
    pthread_mutex_lock(&lock);
    armed = FAULT_NONE;
    long count = failures;
    pthread_mutex_unlock(&lock);
    return count;
}

/* What the log has of a page. */
#define FRAME_BYTES 4120

static int faulty_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    sqlite3_file *real = real_of(file);
    long pages = 0;
    enum fault fault = fault_among(1 + (count - 1) / FRAME_BYTES, &pages);
    if (fault == FAULT_NONE) return real->pMethods->xWrite(real, bytes, count, offset);
    int written = (int)pages * FRAME_BYTES;
    if (fault == FAULT_WRITE_TORN) {
        int torn = count - written < FRAME_BYTES ? count - written : FRAME_BYTES;
        written += torn / 2;
    }
    if (written > 0 && real->pMethods->xWrite(real, bytes, written, offset) != SQLITE_OK) {
        return SQLITE_IOERR_WRITE;
    }
    return fault == FAULT_DISK_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    sqlite3_file *real = real_of(file);
    if (next_fault() != FAULT_NONE) return SQLITE_IOERR_TRUNCATE;
    return real->pMethods->xTruncate(real, size);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return next_fault() == FAULT_NONE ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

/* ---- what goes through ---- */

static int pass_close(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    int code = real->pMethods->xClose(real);
    free(real);
    return code;
}

static int pass_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset)
{
    return real_of(file)->pMethods->xRead(real_of(file), bytes, count, offset);
}

static int pass_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int pass_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int pass_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int pass_check_lock(sqlite3_file *file, int *is_reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), is_reserved);
}

static int pass_control(sqlite3_file *file, int operation, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int pass_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int pass_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int pass_map(sqlite3_file *file, int region, int size, int extends, void volatile **memory)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), region, size, extends, memory);
}

static int pass_shared_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void pass_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int pass_unmap(sqlite3_file *file, int deletes)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), deletes);
}

static const sqlite3_io_methods faulty_methods = {
    .iVersion = 2,
    .xClose = pass_close,
    .xRead = pass_read,
    .xWrite = faulty_write,
    .xTruncate = faulty_truncate,
    .xSync = faulty_sync,
    .xFileSize = pass_size,
    .xLock = pass_lock,
    .xUnlock = pass_unlock,
    .xCheckReservedLock = pass_check_lock,
    .xFileControl = pass_control,
    .xSectorSize = pass_sector_size,
    .xDeviceCharacteristics = pass_characteristics,
    .xShmMap = pass_map,
    .xShmLock = pass_shared_lock,
    .xShmBarrier = pass_barrier,
    .xShmUnmap = pass_unmap,
};

static int faulty_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                       int *flags_out)
{
    (void)vfs;
    struct faulty_file *opened = (struct faulty_file *)(void *)file;
    file->pMethods = NULL;
    opened->real = calloc(1, (size_t)real_vfs->szOsFile);
    if (opened->real == NULL) return SQLITE_NOMEM;
    int code = real_vfs->xOpen(real_vfs, path, opened->real, flags, flags_out);
    if (code != SQLITE_OK) {
        free(opened->real);
        return code;
    }
    file->pMethods = &faulty_methods;
    return SQLITE_OK;
}

void faulty_disk_install(void)
{
    static sqlite3_vfs faulty_vfs;
    real_vfs = sqlite3_vfs_find(NULL);
    faulty_vfs = *real_vfs;
    faulty_vfs.zName = "faulty";
    faulty_vfs.szOsFile = (int)sizeof(struct faulty_file);
    faulty_vfs.pNext = NULL;
    faulty_vfs.xOpen = faulty_open;
    if (sqlite3_vfs_register(&faulty_vfs, 1) != SQLITE_OK) abort();
}
