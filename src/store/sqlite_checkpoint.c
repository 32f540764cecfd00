/* SQLite, checkpoints: a thread with a connection of its own moves the log into the file.
 *
 * Every 25 ms, while there is something in the log, it runs a PASSIVE checkpoint: one that waits
 * for nobody, and leaves what is committed meanwhile to the next. A page that changed several times
 * meanwhile is moved once. Never RESTART or TRUNCATE: the first makes commits wait, and a log that
 * grows anew syncs slower than one that is overwritten.
 *
 * A pass that leaves nothing lets the log begin again at the next commit. While commits follow each
 * other closely none does; then passes follow each other quickly once the log is long, and the
 * writer runs the last one between two commits: see checkpoint_now in sqlite_commit.c, for which is
 * what the passes say (`log_frames`, `done_frames`).
 *
 * A connection that has never read the file answers that there is nothing to do; so it reads once.
 */
#include <stdlib.h>
#include <time.h>

#include "store/sqlite.h"

#define PAUSE_NS 25000000L
#define SHORT_PAUSE_NS 2000000L
#define NS_A_SECOND 1000000000L

static struct timespec from_now(long pause_ns)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += pause_ns;
    if (until.tv_nsec >= NS_A_SECOND) {
        until.tv_nsec -= NS_A_SECOND;
        until.tv_sec++;
    }
    return until;
}

/* Waits until there is work, and then one pause: one pass does for all commits of that time. False:
 * it is to stop. */
static bool wait_for_work(struct checkpointer *checkpointer, bool has_rest)
{
    pthread_mutex_lock(&checkpointer->lock);
    while (!checkpointer->is_stopping && !checkpointer->has_work && !has_rest)
        pthread_cond_wait(&checkpointer->wake, &checkpointer->lock);
    bool is_long = atomic_load(&checkpointer->log_frames) >= LOG_LONG;
    struct timespec until = from_now(is_long ? SHORT_PAUSE_NS : PAUSE_NS);
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
