/* What the files of this room share: the service itself, its queues and a turn. */
#ifndef GUERDON_SERVICE_INNER_H
#define GUERDON_SERVICE_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "service/service.h"

#define VERSION_MAXIMUM 10000
#define PUBLISHED_MAXIMUM 8                  /* versions in one batch */
#define TURN_BYTES_MAXIMUM ((size_t)1 << 28) /* of one event's working set */

/* Commands that wait, first come, first served. */
struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    struct command *first;
    struct command **end;
    uint32_t count;
    uint32_t maximum;
    bool is_closed; /* takes nothing more */
};

void queue_init(struct queue *queue, uint32_t maximum);
void queue_release(struct queue *queue);
MUST_CHECK bool queue_put(struct queue *queue, struct command *first, uint32_t count);
/* A chain of commands of at most `weight` (at least one command, if there is any), waiting at most
 * so long for the first. NULL: none came. `*is_over`: closed, and nothing is left. */
struct command *queue_take(struct queue *queue, uint32_t weight, int64_t wait_us, bool *is_over);
void queue_close(struct queue *queue);

/* sync.c: what was committed and is not durable yet, with the commands that wait for it. */
struct syncer {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    pthread_cond_t emptied;
    struct command *first;
    struct command **end;
    uint64_t handed; /* batches, counted */
    uint64_t synced;
    uint64_t position; /* of the last record that was handed over */
    bool is_closed;
    bool has_failed; /* and the store has not recovered since */
};

void syncer_init(struct syncer *syncer);
void syncer_release(struct syncer *syncer);
/* Nothing more comes: the thread ends when all is told. */
void syncer_close(struct syncer *syncer);
/* From the writer alone: commands of a batch whose last record has this position. */
void syncer_hand(struct syncer *syncer, struct command *commands, uint64_t position);
/* Reads of what may not be durable yet. False: it is, they can be told at once. */
MUST_CHECK bool syncer_add_reads(struct syncer *syncer, struct command *reads);
/* Waits until all that was handed over is durable, or lost: then false. From any thread. */
bool syncer_drain(struct syncer *syncer);
void syncer_recovered(struct syncer *syncer);
/* Everything up to this record is durable. From any thread. */
void note_durable(struct service *service, uint64_t position);
/* Each is told what its batch came to. */
void finish_commands(struct command *commands, enum status status);

/* One record of the open batch. */
struct batch_record {
    struct text body;
    uint64_t *touched; /* hashes of the entities' keys */
    uint32_t touched_count;
};

/* Records of the open batch, by position: the store shows them to nobody before its commit, but a
 * repeat that comes in the same batch as its first time is answered from them, and an entity's
 * history has them. */
struct batch_records {
    struct arena arena;
    struct batch_record *list;
    size_t capacity;
    uint64_t first_position;
};

/* One thread's way to run commands: its store handle and its working memory. */
struct turn {
    struct service *service;
    struct store *store;
    bool is_reader;
    bool has_written; /* the open batch has something in it */
    int64_t clock_us; /* of the batch */
    uint64_t next_position;
    struct states states;
    struct arena arena;           /* for what lives as long as one command's run */
    struct buffer record;         /* the event's, while it is written */
    struct batch_records written; /* in the open batch */
    struct totals totals;         /* with what the open batch posted */
    struct totals totals_before;  /* the command that runs */
    struct version
        *published[PUBLISHED_MAXIMUM]; /* in this batch, not in force before its commit */
    uint32_t published_count;
};

/* How far the sweep has come. */
struct sweep {
    char after[EVENT_ID_MAXIMUM];
    size_t after_length;
    int64_t next_us; /* by the steady clock: when it begins again */
};

struct service {
    struct service_options options;
    struct store *store;
    struct store *reader; /* NULL: a store without readers; long reads run on the writer's thread */
    uint8_t secret[HASH_RECORD_BYTES];
    struct version *versions[VERSION_MAXIMUM];
    _Atomic uint32_t version_count; /* those below it never change */
    struct arena arena;             /* versions and their programmes; written by the writer alone */
    struct sweep sweep;
    struct queue writes;
    struct queue long_reads;
    struct turn writer_turn;
    struct turn reader_turn;
    struct syncer syncer;
    pthread_t writer;
    pthread_t sync_waiter;
    pthread_t long_reader;
    bool has_writer;
    bool has_sync_waiter;
    bool has_long_reader;
    _Atomic uint64_t durable_position;
    _Atomic bool is_recovering;
    _Atomic uint64_t batches;
    _Atomic uint64_t commands;
    _Atomic uint64_t events;
    _Atomic uint64_t last_batch;
    _Atomic uint64_t commit_us;
    pthread_mutex_t figures_mutex;
    struct totals totals;               /* as of the last commit */
    struct store_figures store_figures; /* as the writer saw them last */
};

void service_tell(const struct service *service, const char *level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int64_t steady_clock_us(void);
int64_t real_clock_us(void);
/* Bytes that nobody can foresee. */
void random_bytes(void *bytes, size_t count);

MUST_CHECK enum status turn_init(struct turn *turn, struct service *service, struct store *store);
void turn_release(struct turn *turn);
/* A batch begins: nothing is written in it yet. */
void turn_begin_batch(struct turn *turn);
/* The record, if the open batch has written it; NULL otherwise. */
const struct batch_record *turn_written(const struct turn *turn, uint64_t position);
/* After a commit, or instead of it: what was published comes into force, or is forgotten. */
void turn_adopt(struct turn *turn);
void turn_forget(struct turn *turn);

/* One step of the sweep, in an open batch. */
MUST_CHECK enum status sweep_step(struct turn *turn, struct sweep *sweep);

/* The threads' functions; `context` is the service. */
void *batch_writer(void *context);
void *batch_reader(void *context);
void *sync_waiter(void *context);

MUST_CHECK enum status totals_count(struct totals *totals, const struct decision *decision);
MUST_CHECK enum status totals_load(struct store *store, struct arena *arena, struct totals *totals);
/* Into the open batch. */
MUST_CHECK enum status totals_save(struct turn *turn);

/* Reads the versions that the store has and the service has not. */
MUST_CHECK enum status versions_load(struct service *service, struct buffer *complaint);
/* Publishes the options' programme, if there is one and it is not the latest. */
MUST_CHECK enum status versions_publish_first(struct service *service, struct buffer *complaint);

#endif
