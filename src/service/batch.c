/* Batch: the two threads that run commands.
 *
 * The writer takes what has come, runs it in one batch of the store and commits; while it does, the
 * next batch gathers in the queue. So batches grow with the load by themselves, and nobody waits
 * for a timer. When nothing comes it writes down what the store keeps in memory only.
 *
 *            +------------------------------------------------------+
 *            v                                                      |
 *   take -> begin -> run each (a failed one is taken back) -> commit -> sync.c: durable, done each
 *                                                               |            |
 *                                          unknown outcome: RECOVERING, until the store
 *                                          has been opened anew and has replayed
 *
 * What changes more than the store (a programme that comes into force) waits for the disk itself.
 *
 * The long reader has a reader of the store and runs one command after the other.
 */
#include <unistd.h>

#include "service/inner.h"

#define IDLE_US 50000 /* without work: write behind, look again */
#define RECOVERY_PAUSE_US 200000
#define SWEEP_RETRY_US 60000000

static void finish(struct command *command, enum command_outcome outcome)
{
    command->outcome = outcome;
    command->done(command);
}

static void note_figures(struct service *service)
{
    struct store_figures figures;
    store_figures(service->store, &figures);
    pthread_mutex_lock(&service->figures_mutex);
    service->store_figures = figures;
    pthread_mutex_unlock(&service->figures_mutex);
}

/* Runs one command; what a failing one wrote is taken back. */
static void run_one(struct turn *turn, struct command *command)
{
    bool had_written = turn->has_written;
    uint32_t published = turn->published_count;
    uint64_t position = turn->next_position;
    turn->totals_before = turn->totals;
    uint64_t mark = turn->is_reader ? 0 : store_mark(turn->store);
    arena_clear(&turn->arena);
    command->status = command->run(command, turn);
    if (command->status == STATUS_OK || turn->is_reader) return;
    store_back_to(turn->store, mark);
    turn->has_written = had_written;
    turn->published_count = published;
    turn->next_position = position;
    turn->totals = turn->totals_before;
}

/* Ends the open batch: committed, or not at all, or unknown. `*is_durable`: and so is all before.
 */
static enum status end_batch(struct service *service, struct turn *turn, uint64_t first_position,
                             bool *is_durable)
{
    bool waits = *is_durable || turn->published_count > 0;
    *is_durable = false;

    if (!turn->has_written) {
        store_rollback(service->store);
        return STATUS_OK;
    }
    int64_t begun_us = steady_clock_us();
    enum status status = STATUS_OK;
    if (turn->next_position > first_position) status = totals_save(turn);
    if (status == STATUS_OK && waits) {
        status = store_commit(service->store);
        *is_durable = status == STATUS_OK;
    } else if (status == STATUS_OK) {
        status = store_commit_unsynced(service->store);
    } else {
        store_rollback(service->store);
    }
    atomic_fetch_add(&service->commit_us, (uint64_t)(steady_clock_us() - begun_us));
    if (status == STATUS_OK) {
        turn_adopt(turn);
        pthread_mutex_lock(&service->figures_mutex);
        service->totals = turn->totals;
        pthread_mutex_unlock(&service->figures_mutex);
        atomic_fetch_add(&service->events, turn->next_position - first_position);
        return STATUS_OK;
    }
    turn_forget(turn);
    turn->next_position = first_position;
    turn->totals = service->totals;
    if (status == STATUS_UNKNOWN_OUTCOME) {
        atomic_store(&service->is_recovering, true);
        service_tell(service, "error", "a commit had an unknown outcome; the store recovers");
    } else {
        service_tell(service, "error", "a batch was not written: %s", status_text(status));
    }
    return status;
}

/* While the store recovers: reads are answered from what was committed before. */
static void run_reads(struct service *service, struct command *commands)
{
    struct turn *turn = &service->writer_turn;
    turn->clock_us = real_clock_us();
    turn_begin_batch(turn); /* nothing of a batch that failed is seen */
    for (struct command *command = commands, *next; command != NULL; command = next) {
        next = command->next;
        if (!command->is_read) {
            finish(command, COMMAND_UNAVAILABLE);
            continue;
        }
        arena_clear(&turn->arena);
        command->status = command->run(command, turn);
        finish(command, command->status == STATUS_OK ? COMMAND_DONE : COMMAND_FAILED);
    }
}

/* Those that write and those that only read, each in their order. */
static struct command *take_reads(struct command **commands)
{
    struct command *reads = NULL;
    struct command **last_read = &reads;
    struct command **place = commands;
    while (*place != NULL) {
        struct command *command = *place;
        if (!command->is_read) {
            place = &command->next;
            continue;
        }
        *place = command->next;
        command->next = NULL;
        *last_read = command;
        last_read = &command->next;
    }
    return reads;
}

/* Answers the one behind it. */
static const struct command *expect_next(struct turn *turn, const struct command *command)
{
    if (command == NULL) return NULL;
    if (command->expect != NULL) command->expect(command, turn);
    return command->next;
}

/* Runs commands in one batch and commits it; `*is_durable`: waits for the disk, or has waited. */
static enum status run_together(struct service *service, struct command *commands, bool *is_durable)
{
    struct turn *turn = &service->writer_turn;
    uint64_t first_position = turn->next_position;
    turn->clock_us = real_clock_us();
    turn->has_written = false;
    turn_begin_batch(turn);
    enum status status = store_begin(service->store);
    const struct command *ahead = commands;
    for (int i = 0; i < TURN_EXPECTS_AHEAD; i++)
        ahead = expect_next(turn, ahead);
    for (struct command *command = commands; command != NULL; command = command->next) {
        ahead = expect_next(turn, ahead);
        command->status = status;
        if (status == STATUS_OK) run_one(turn, command);
    }
    return status == STATUS_OK ? end_batch(service, turn, first_position, is_durable) : status;
}

/* `waits`: until all is durable and told. */
static void run_writes(struct service *service, struct command *commands, bool waits)
{
    struct turn *turn = &service->writer_turn;
    bool is_durable = waits;
    enum status status = run_together(service, commands, &is_durable);
    uint64_t position = turn->next_position - 1;
    atomic_fetch_add(&service->batches, 1);
    if (status != STATUS_OK || !turn->has_written) {
        /* What they found out may come from what is not durable yet. */
        if (status != STATUS_OK || !syncer_add_reads(&service->syncer, commands))
            finish_commands(commands, status);
    } else if (is_durable) {
        /* The others' commands are told by their own thread. */
        note_durable(service, position);
        finish_commands(commands, status);
    } else {
        syncer_hand(&service->syncer, commands, position);
    }
    if (waits) (void)syncer_drain(&service->syncer);
}

/* Reads come after the writes that they arrived with: they see what is committed then, and go on
 * when those were refused. */
static void run_batch(struct service *service, struct command *commands, bool waits)
{
    uint64_t weight = 0;
    uint64_t count = 0;
    for (const struct command *command = commands; command != NULL; command = command->next) {
        weight += command->weight;
        count++;
    }
    struct command *reads = take_reads(&commands);
    if (commands != NULL) run_writes(service, commands, waits);
    atomic_fetch_add(&service->commands, count);
    atomic_store(&service->last_batch, weight);
    if (reads == NULL) return;
    if (atomic_load(&service->is_recovering)) {
        run_reads(service, reads);
        return;
    }
    bool is_durable = false;
    enum status status = run_together(service, reads, &is_durable);
    if (status != STATUS_OK || !syncer_add_reads(&service->syncer, reads))
        finish_commands(reads, status);
}

static enum status load_totals(struct service *service)
{
    struct turn *turn = &service->writer_turn;
    TRY(totals_load(service->store, &turn->arena, &turn->totals));
    pthread_mutex_lock(&service->figures_mutex);
    service->totals = turn->totals;
    pthread_mutex_unlock(&service->figures_mutex);
    return STATUS_OK;
}

static void try_to_recover(struct service *service)
{
    struct store_figures figures;
    (void)syncer_drain(&service->syncer);
    enum status status = store_recover(service->store);
    if (status == STATUS_OK) status = versions_load(service, NULL);
    if (status == STATUS_OK) status = load_totals(service);
    if (status != STATUS_OK) return;
    store_figures(service->store, &figures);
    service->writer_turn.next_position = figures.last_position + 1;
    atomic_store(&service->durable_position, figures.last_position);
    syncer_recovered(&service->syncer);
    atomic_store(&service->is_recovering, false);
    service_tell(service, "info", "the store has recovered; last_position=%llu",
                 (unsigned long long)figures.last_position);
}

struct sweep_command {
    struct command command;
    struct service *service;
};

static enum status run_sweep(struct command *command, struct turn *turn)
{
    return sweep_step(turn, &((struct sweep_command *)command)->service->sweep);
}

static void end_sweep(struct command *command)
{
    struct sweep_command *sweep = (struct sweep_command *)command;
    if (command->outcome == COMMAND_DONE) return;
    service_tell(sweep->service, "error", "the sweep failed: %s", status_text(command->status));
    sweep->service->sweep.after_length = 0;
    sweep->service->sweep.next_us = steady_clock_us() + SWEEP_RETRY_US;
}

/* Nothing has come: what is in memory only is written down, and what is due. */
static void use_idle_time(struct service *service)
{
    if (store_write_behind(service->store, false) == STATUS_UNKNOWN_OUTCOME) {
        atomic_store(&service->is_recovering, true);
        return;
    }
    bool has_clock = service->options.clock == CLOCK_REAL;
    if (!has_clock || steady_clock_us() < service->sweep.next_us) return;
    struct sweep_command sweep = {.command = {.run = run_sweep, .done = end_sweep, .weight = 1},
                                  .service = service};
    run_batch(service, &sweep.command, true);
}

void *batch_writer(void *context)
{
    struct service *service = context;
    int64_t next_attempt_us = 0;
    pthread_setname_np(pthread_self(), "writer");
    bool is_over = false;
    while (!is_over) {
        bool is_recovering = atomic_load(&service->is_recovering);
        struct command *commands =
            queue_take(&service->writes, service->options.batch_maximum, IDLE_US, &is_over);
        if (is_recovering) {
            run_reads(service, commands);
            if (steady_clock_us() >= next_attempt_us) {
                try_to_recover(service);
                next_attempt_us = steady_clock_us() + RECOVERY_PAUSE_US;
            }
        } else if (commands != NULL) {
            run_batch(service, commands, false);
        } else {
            use_idle_time(service);
        }
        note_figures(service);
    }
    return NULL;
}

void *batch_reader(void *context)
{
    struct service *service = context;
    struct turn *turn = &service->reader_turn;
    bool is_over = false;
    pthread_setname_np(pthread_self(), "long reader");
    while (!is_over) {
        struct command *command = queue_take(&service->long_reads, 1, IDLE_US, &is_over);
        if (command == NULL) continue;
        turn->clock_us = real_clock_us();
        run_one(turn, command);
        /* It may have seen what is not durable yet. */
        if (service->has_sync_waiter && !syncer_drain(&service->syncer)) {
            finish(command, COMMAND_UNAVAILABLE);
        } else {
            finish(command, command->status == STATUS_OK ? COMMAND_DONE : COMMAND_FAILED);
        }
    }
    return NULL;
}
