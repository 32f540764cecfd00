/* Sync: the thread that waits for the disk, while the writer decides the next batch.
 *
 *   writer:  decide A | commit A | decide B | commit B | decide C | ...
 *   here:                | sync (A) ......... | A done | sync (B) .......
 *
 * What was committed without waiting comes here with its commands, and with the reads that followed
 * it, which have seen it. One sync does for all that has come; then each is told. At most two
 * batches wait, the one that the disk works on and the next.
 *
 * Invariants
 *   1. No command is told before everything that was committed before it is durable.
 *   2. After a sync that failed nothing is told but that: neither what waited, nor what is
 * committed until the store has recovered.
 *   3. `durable_position` is at most the position of the last durable record.
 */
#include "service/inner.h"

#define BATCHES_WAITING 2

void finish_commands(struct command *commands, enum status status)
{
    for (struct command *command = commands, *next; command != NULL; command = next) {
        next = command->next;
        enum command_outcome outcome = COMMAND_FAILED;
        if (command->status == STATUS_OK) {
            outcome = status == STATUS_OK                ? COMMAND_DONE
                      : status == STATUS_FULL            ? COMMAND_FULL
                      : status == STATUS_UNKNOWN_OUTCOME ? COMMAND_UNKNOWN
                                                         : COMMAND_FAILED;
        }
        command->outcome = outcome;
        command->done(command);
    }
}

/* What is there to be synced, or that it is over. */
static bool take(struct syncer *syncer, struct command **commands, uint64_t *position,
                 uint64_t *batch)
{
    pthread_mutex_lock(&syncer->mutex);
    while (syncer->first == NULL && syncer->handed == syncer->synced && !syncer->is_closed)
        pthread_cond_wait(&syncer->filled, &syncer->mutex);
    bool has_any = syncer->first != NULL || syncer->handed != syncer->synced;
    *commands = syncer->first;
    *position = syncer->position;
    *batch = syncer->handed;
    syncer->first = NULL;
    syncer->end = &syncer->first;
    pthread_mutex_unlock(&syncer->mutex);
    return has_any;
}

/* It never goes back: a later batch may have waited for the disk by itself. */
void note_durable(struct service *service, uint64_t position)
{
    uint64_t known = atomic_load(&service->durable_position);
    while (known < position &&
           !atomic_compare_exchange_weak(&service->durable_position, &known, position)) {
    }
}

static void note_synced(struct syncer *syncer, enum status status, uint64_t batch)
{
    pthread_mutex_lock(&syncer->mutex);
    if (status != STATUS_OK) syncer->has_failed = true;
    syncer->synced = batch;
    pthread_cond_broadcast(&syncer->emptied);
    pthread_mutex_unlock(&syncer->mutex);
}

void *sync_waiter(void *context)
{
    struct service *service = context;
    struct command *commands;
    uint64_t position;
    uint64_t batch;
    pthread_setname_np(pthread_self(), "sync");
    while (take(&service->syncer, &commands, &position, &batch)) {
        int64_t begun_us = steady_clock_us();
        enum status status = store_sync(service->store);
        atomic_fetch_add(&service->commit_us, (uint64_t)(steady_clock_us() - begun_us));
        if (status == STATUS_OK) {
            note_durable(service, position);
        } else if (!atomic_exchange(&service->is_recovering, true)) {
            service_tell(service, "error", "a sync failed; the store recovers");
        }
        finish_commands(commands, status);
        /* Whoever waits for that finds the commands told. */
        note_synced(&service->syncer, status, batch);
    }
    return NULL;
}

void syncer_init(struct syncer *syncer)
{
    *syncer = (struct syncer){.first = NULL};
    syncer->end = &syncer->first;
    ASSERT(pthread_mutex_init(&syncer->mutex, NULL) == 0);
    ASSERT(pthread_cond_init(&syncer->filled, NULL) == 0);
    ASSERT(pthread_cond_init(&syncer->emptied, NULL) == 0);
}

void syncer_release(struct syncer *syncer)
{
    pthread_cond_destroy(&syncer->filled);
    pthread_cond_destroy(&syncer->emptied);
    pthread_mutex_destroy(&syncer->mutex);
}

void syncer_close(struct syncer *syncer)
{
    pthread_mutex_lock(&syncer->mutex);
    syncer->is_closed = true;
    pthread_cond_broadcast(&syncer->filled);
    pthread_mutex_unlock(&syncer->mutex);
}

void syncer_hand(struct syncer *syncer, struct command *commands, uint64_t position)
{
    pthread_mutex_lock(&syncer->mutex);
    while (syncer->handed - syncer->synced >= BATCHES_WAITING)
        pthread_cond_wait(&syncer->emptied, &syncer->mutex);
    *syncer->end = commands;
    while (*syncer->end != NULL)
        syncer->end = &(*syncer->end)->next;
    syncer->handed++;
    syncer->position = position;
    pthread_cond_signal(&syncer->filled);
    pthread_mutex_unlock(&syncer->mutex);
}

bool syncer_add_reads(struct syncer *syncer, struct command *reads)
{
    pthread_mutex_lock(&syncer->mutex);
    bool is_busy = syncer->handed != syncer->synced;
    if (is_busy) {
        *syncer->end = reads;
        while (*syncer->end != NULL)
            syncer->end = &(*syncer->end)->next;
        /* The sync that runs may have begun before what they saw was committed. */
        syncer->handed++;
        pthread_cond_signal(&syncer->filled);
    }
    pthread_mutex_unlock(&syncer->mutex);
    return is_busy;
}

bool syncer_drain(struct syncer *syncer)
{
    pthread_mutex_lock(&syncer->mutex);
    uint64_t batch = syncer->handed;
    while (syncer->synced < batch)
        pthread_cond_wait(&syncer->emptied, &syncer->mutex);
    bool is_durable = !syncer->has_failed;
    pthread_mutex_unlock(&syncer->mutex);
    return is_durable;
}

void syncer_recovered(struct syncer *syncer)
{
    pthread_mutex_lock(&syncer->mutex);
    syncer->has_failed = false;
    pthread_mutex_unlock(&syncer->mutex);
}
