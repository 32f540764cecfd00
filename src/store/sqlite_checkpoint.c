/* SQLite, checkpoints: a thread with a connection of its own moves the log into the file.
 *
 * Every 5 ms, while there is something in the log, it runs a PASSIVE checkpoint: one that waits for
 * nobody. A pass is then so short that it catches up, and the log begins again by itself at the
 * next commit. Never RESTART or TRUNCATE: the first makes commits wait, and a log that grows anew
 * syncs slower than one that is overwritten.
 *
 * A connection that has never read the file answers that there is nothing to do; so it reads once.
 *
 * What the passes say (`log_frames`, `done_frames`) is for the writer, which helps when the log is
 * long: see checkpoint_now in sqlite_commit.c.
 */
#include <stdlib.h>
#include <time.h>

#include "store/sqlite.h"

#define PAUSE_NS 5000000L
#define NS_A_SECOND 1000000000L

static struct timespec one_pause_from_now(void)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PAUSE_NS;
    if (until.tv_nsec >= NS_A_SECOND) {
        until.tv_nsec -= NS_A_SECOND;
        until.tv_sec++;
    }
    return until;
}

/* Waits until there is work, and then one pause: one pass does for all commits of these 5 ms.
 * False: it is to stop. */
static bool wait_for_work(struct checkpointer *checkpointer, bool has_rest)
{
    pthread_mutex_lock(&checkpointer->lock);
    while (!checkpointer->is_stopping && !checkpointer->has_work && !has_rest)
        pthread_cond_wait(&checkpointer->wake, &checkpointer->lock);
    struct timespec until = one_pause_from_now();
    while (!checkpointer->is_stopping &&
           pthread_cond_timedwait(&checkpointer->wake, &checkpointer->lock, &until) == 0) {
    }
    checkpointer->has_work = false;
    bool goes_on = !checkpointer->is_stopping;
    pthread_mutex_unlock(&checkpointer->lock);
    return goes_on;
}

/* One pass; false: the log still has something that is not in the file. */
static bool pass(struct checkpointer *checkpointer, struct connection *connection)
{
    int frames = 0;
    int done = 0;
    int code = sqlite3_wal_checkpoint_v2(connection->database, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                         &frames, &done);
    if (code != SQLITE_OK) {
        if (code != SQLITE_BUSY) atomic_fetch_add(&checkpointer->failed, 1);
        return false;
    }
    atomic_store(&checkpointer->failed, 0);
    atomic_store(&checkpointer->log_frames, frames < 0 ? 0 : (unsigned)frames);
    atomic_store(&checkpointer->done_frames, done < 0 ? 0 : (unsigned)done);
    return done >= frames;
}

static void *run(void *context)
{
    struct checkpointer *checkpointer = context;
    struct connection connection = {.database = NULL};
    bool is_clean = false;
    while (wait_for_work(checkpointer, !is_clean)) {
        if (connection.database == NULL) {
            int64_t tables = 0;
            enum status status =
                connection_open(&connection, checkpointer->path, SQLITE_OPEN_READWRITE, NULL);
            if (status == STATUS_OK)
                status =
                    connection_number(&connection, "SELECT count(*) FROM sqlite_schema", &tables);
            if (status != STATUS_OK) {
                atomic_fetch_add(&checkpointer->failed, 1);
                if (connection.database != NULL) connection_end(&connection);
                continue;
            }
        }
        is_clean = pass(checkpointer, &connection);
    }
    if (connection.database != NULL) connection_end(&connection);
    return NULL;
}

enum status checkpointer_start(struct checkpointer *checkpointer, const char *path)
{
    pthread_condattr_t attributes;
    *checkpointer = (struct checkpointer){.path = strdup(path)};
    if (checkpointer->path == NULL) return STATUS_NO_MEMORY;
    pthread_mutex_init(&checkpointer->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&checkpointer->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    checkpointer->is_running = pthread_create(&checkpointer->thread, NULL, run, checkpointer) == 0;
    if (checkpointer->is_running) pthread_setname_np(checkpointer->thread, "checkpoint");
    if (checkpointer->is_running) return STATUS_OK;
    free(checkpointer->path);
    checkpointer->path = NULL;
    return STATUS_NO_MEMORY;
}

void checkpointer_wake(struct checkpointer *checkpointer)
{
    pthread_mutex_lock(&checkpointer->lock);
    bool was_idle = !checkpointer->has_work;
    checkpointer->has_work = true;
    if (was_idle) pthread_cond_signal(&checkpointer->wake);
    pthread_mutex_unlock(&checkpointer->lock);
}

void checkpointer_stop(struct checkpointer *checkpointer)
{
    if (!checkpointer->is_running) return;
    pthread_mutex_lock(&checkpointer->lock);
    checkpointer->is_stopping = true;
    pthread_cond_signal(&checkpointer->wake);
    pthread_mutex_unlock(&checkpointer->lock);
    pthread_join(checkpointer->thread, NULL);
    pthread_cond_destroy(&checkpointer->wake);
    pthread_mutex_destroy(&checkpointer->lock);
    free(checkpointer->path);
    *checkpointer = (struct checkpointer){.path = NULL};
}
