/* The face of service: one programme at work. Its store, its published versions, and the threads
 * that carry out commands.
 *
 *   any thread          writer's thread                                       any thread
 *   service_submit ---> queue -> begin -> run, run, run ... -> commit -> done ---> answers
 *                                 (one batch: as many as have come meanwhile)
 *                ---> reader's queue -> run (reads only, on a snapshot) -> done
 *
 * One thread writes: it takes what has come, runs each command in turn, commits all of them at
 * once, and only then tells each that it is done. So nothing is answered before it is durable, and
 * the dearest part of a command, the disk's own, is shared. A command that fails leaves nothing
 * behind and does not disturb its neighbours.
 *
 *   state        enters when                        commands that write   that read
 *   SERVING      opened; recovered                  run                   run
 *   RECOVERING   a commit had an unknown outcome    UNAVAILABLE           run, on what was
 * committed STOPPING     service_stop                       run until the queue is empty, then the
 * end
 *
 * Invariants
 *   1. `done` is called exactly once for each command taken, on the thread that ran it.
 *   2. What `run` wrote is durable when `done` sees COMMAND_DONE, and has not happened when it sees
 *      another outcome but UNKNOWN.
 *   3. Positions ascend by one from the store's last; a batch that did not commit gives its back.
 *   4. A queue has a maximum: past it a command is not taken, and its caller says so (429).
 *   5. Published versions are never changed or freed while the service lives.
 */
#ifndef GUERDON_SERVICE_SERVICE_H
#define GUERDON_SERVICE_SERVICE_H

#include "service/outbox.h"
#include "store/store.h"

struct service;

enum service_clock {
    CLOCK_REAL,  /* recorded_at is the machine's time */
    CLOCK_GIVEN, /* recorded_at is each event's occurred_at: for back-fills and tests */
};

/* What a service tells whoever runs it: one line each, "name=value" pairs behind a sentence. */
typedef void (*service_log)(void *context, const char *level, struct text line);

struct service_options {
    /* path NULL: a store in memory, for tests. is_read_only: another process may be writing; long
     * reads are carried out, as of the last record when it was opened, and nothing else. */
    struct sqlite_options store;
    enum service_clock clock;
    struct text program_file; /* name of the programme's file, for problems */
    struct text program_text; /* published when it is not the latest version's; empty: none */
    uint32_t queue_maximum;   /* commands that wait; 0: 20,000 */
    uint32_t batch_maximum;   /* weight of a batch; 0: 2,000 */
    service_log log;          /* may be NULL */
    void *log_context;
};

/* Opens the store, publishes the programme if it is new, starts the threads. On failure `complaint`
 * has sentences for people: the programme's problems with their places, or what is wrong with the
 * file. STATUS_INVALID: the programme; CORRUPT, NEWER, IO: the store. */
MUST_CHECK enum status service_open(const struct service_options *options, struct buffer *complaint,
                                    struct service **service);
/* Carries out what is queued, writes everything down, ends the threads, closes the store. */
void service_close(struct service *service);

/* ---- commands ---- */

#define COMMAND_OUTCOME_LIST(X)                                                                    \
    X(DONE, "done")                                                                                \
    X(FAILED, "it failed; `status` says why; nothing happened")                                    \
    X(FULL, "the disk is full; nothing happened")                                                  \
    X(UNKNOWN, "it is not known whether it happened: repeat with the same key")                    \
    X(UNAVAILABLE, "the store recovers; nothing happened")

enum command_outcome {
#define X(name, text) COMMAND_##name,
    COMMAND_OUTCOME_LIST(X)
#undef X
        COMMAND_COUNT
};

struct turn;

/* Something to be done, owned by its caller, who embeds it. From service_submit until `done` it
 * belongs to the service. */
struct command {
    struct command *next;
    /* Runs in the open batch. A status other than OK: all that it wrote is forgotten. */
    enum status (*run)(struct command *command, struct turn *turn);
    /* Called a few commands before `run`, with turn_expect for what it will ask for; may be NULL.
     */
    void (*expect)(const struct command *command, struct turn *turn);
    void (*done)(struct command *command);
    uint32_t weight; /* about how many events it decides; at least 1 */
    bool is_read;    /* writes nothing: it is run even while the store recovers */
    bool is_long;    /* with is_read: on the reader's thread, which must not hold up the writer */
    enum command_outcome outcome;
    enum status status;   /* of `run` */
    int64_t submitted_us; /* by the steady clock; set by service_submit */
};

/* Takes a chain of `count` commands, linked by next, or none of them: false when the queue is full
 * or the service is stopping. */
MUST_CHECK bool service_submit(struct service *service, struct command *first, uint32_t count);

/* Submits a command and waits for its end; `done` is not called. */
enum command_outcome service_do(struct service *service, struct command *command);

/* ---- within `run`, on the thread that runs it ---- */

/* The store: to load, get, put, and read. On the reader's thread: a reader. */
struct store *turn_store(struct turn *turn);
struct service *turn_service(struct turn *turn);
/* Now, as this batch has it. */
int64_t turn_clock_us(const struct turn *turn);
/* The turn's working set, cleared: for reads. Good until the next call of a turn's function. */
struct states *turn_states(struct turn *turn);

/* An event that is decided a few events later: what it needs is fetched meanwhile. */
void turn_expect(struct turn *turn, const struct event *event);
#define TURN_EXPECTS_AHEAD 3 /* events; further ahead it would be forgotten again */

/* What an event came to. */
struct reply {
    enum answer answer;
    bool is_repeat;     /* the record is that of the first time */
    struct text record; /* in the caller's arena; decode it. Empty: nothing is recorded of it */
    uint64_t position;
    struct not_fired *why_not; /* when asked for: in the caller's arena */
    uint32_t why_not_count;
};

struct not_fired {
    uint32_t rule;
    uint32_t boost; /* PROGRAM_NONE: the rule itself */
    enum why_not why;
    struct text detail; /* what of an expression is not true; empty for other reasons */
};

/* Decides and writes one event. `event->position` and `clock_us` are given here; a key must be
 * hashed already (service_key). A refusal is STATUS_OK. `explains`: the reply tells why rules did
 * not fire. */
MUST_CHECK enum status turn_decide(struct turn *turn, const struct program *program,
                                   struct event *event, bool explains, struct arena *arena,
                                   struct reply *reply);
/* The same without writing anything, as of `at_us` (0: now). The record in the reply is not kept.
 */
MUST_CHECK enum status turn_evaluate(struct turn *turn, const struct program *program,
                                     struct event *event, int64_t at_us, bool explains,
                                     struct arena *arena, struct reply *reply);
/* The record at a position, copied to the arena. NOT_FOUND. */
MUST_CHECK enum status turn_record(struct turn *turn, uint64_t position, struct arena *arena,
                                   struct text *record);
/* A member's state as of now, settled in the turn's working set. NOT_FOUND when there is no such
 * member; a merged one answers with its survivor's id in *id. */
MUST_CHECK enum status turn_member(struct turn *turn, struct text *id, struct arena *arena,
                                   const struct program *program, int64_t at_us,
                                   struct states **states);

/* A document that a command keeps for itself; an empty value removes it. */
MUST_CHECK enum status turn_put(struct turn *turn, enum document_kind kind, struct text id,
                                struct text value);

/* The records that touched an entity, newest first: at most `limit` of those before the one at
 * position `before` (0: from the newest), which must be one of them: STATUS_SYNTAX. The decision,
 * with all it holds, is good until the visit returns; so is nothing else that lived in the turn's
 * own arena. */
typedef enum status (*history_visit)(void *context, const struct decision *decision);
MUST_CHECK enum status turn_history(struct turn *turn, const struct entity_key *key,
                                    uint64_t before, uint32_t limit, history_visit visit,
                                    void *context);

/* ---- people: see people.c ---- */

#define PERSON_ID_MAXIMUM 32 /* external ids of one member */
#define PERSON_ID_NONE UINT32_MAX

struct external_id {
    struct text kind; /* "email", "card": see external_id_kind_valid */
    struct text value;
};

struct person {
    struct text
        fields; /* a JSON object; "birthday" ("1990-05-17" or "--05-17") is known to rules */
    struct external_id *ids;
    uint32_t id_count;
    struct text salt;       /* READ: hex */
    int32_t birthday_month; /* READ; 0: not known */
    int32_t birthday_day;
};

/* What is to be written of a person, before its event is decided. */
struct prepared_person {
    struct text member;
    const struct person *person;
    struct text value;
    uint8_t hash[HASH_RECORD_BYTES]; /* for event.fields_hash */
    uint32_t taken;         /* index of an external id of another member, or PERSON_ID_NONE */
    int32_t birthday_month; /* for event.birthday_month; 0: not known */
    int32_t birthday_day;
};

/* Not empty, and without ':'. */
bool external_id_kind_valid(struct text kind);
/* Whom an external id names: a copy in the arena. NOT_FOUND. */
MUST_CHECK enum status turn_find_member(struct turn *turn, const struct external_id *id,
                                        struct arena *arena, struct text *member);
/* The personal data of a member. NOT_FOUND if there are none. */
MUST_CHECK enum status turn_person(struct turn *turn, struct text member, struct arena *arena,
                                   struct person *person);
/* Checks and hashes personal data: prepare, decide the JOIN or PROFILE event with the hash, and put
 * them if it is done. STATUS_INVALID: the fields are no JSON object, or the kind of an external id
 * is not valid; LIMIT: too many external ids. */
MUST_CHECK enum status turn_prepare_person(struct turn *turn, struct text member,
                                           const struct person *person, struct arena *arena,
                                           struct prepared_person *prepared);
MUST_CHECK enum status turn_put_person(struct turn *turn, const struct prepared_person *prepared,
                                       struct arena *arena);
/* Removes them, with salt and external ids, and lists the member among the erased; so with all
 * members that are merged into it, or that it is merged into. After its ERASE was decided. */
MUST_CHECK enum status turn_erase_person(struct turn *turn, struct text member,
                                         struct arena *arena);

/* Loads the event's working set from `store`, and fills in the birthday and the profile that the
 * programme's rules may ask for, as the turn's store knows them now, unless the event has them:
 * known.c. Personal data come from the arena. */
MUST_CHECK enum status turn_load_for(struct turn *turn, struct store *store,
                                     const struct program *program, struct event *event,
                                     struct states *states, struct arena *arena);

/* Fills in the event's profile from personal data (a JSON object, or empty: nothing is known), as
 * the programme declares it; nothing when its rules look at none. */
MUST_CHECK enum status service_profile(const struct program *program, struct text fields,
                                       struct arena *arena, struct event *event);
/* Reads a birthday into the person; anything else leaves it as it is. */
void person_read_birthday(struct text text, struct person *person);
/* Which of the programme's segments the member is in at that instant, over its settled states: as
 * many answers as there are segments. */
MUST_CHECK enum status turn_segments(struct turn *turn, const struct program *program,
                                     struct text member, int64_t at_us, struct states *states,
                                     struct arena *arena, bool *is_in);

/* ---- programmes ---- */

struct version {
    uint32_t number; /* from 1 */
    int64_t from_us; /* in force from then on */
    int64_t published_at_us;
    struct text text;
    const struct program *program;
};

/* From any thread: the version in force at that instant (the first, before it). */
const struct program *service_program(const struct service *service, int64_t at_us);
/* From any thread: the version with that number, or NULL. */
const struct program *service_program_numbered(const struct service *service, uint32_t number);
/* From any thread. `index` from 0; NULL past the last. */
const struct version *service_version(const struct service *service, uint32_t index);
/* A wallet that somebody may have points in when the draft comes into force (from `from_us` on, 0:
 * now), and that the draft has not, or has with other decimals, so that the points would vanish or
 * be worth another amount. NULL: there is none. */
const struct wallet *turn_find_hurt_wallet(const struct turn *turn, const struct program *draft,
                                           int64_t from_us);
/* Publishes a version from an instant on (not before now; 0: now). STATUS_INVALID with problems. It
 * is in force for others when the batch is committed. */
MUST_CHECK enum status turn_publish(struct turn *turn, struct text file, struct text text,
                                    int64_t from_us, struct problem_list *problems,
                                    uint32_t *number);
/* The one that was published last, in this batch too. */
const struct version *turn_last_version(const struct turn *turn);

/* ---- the rest ---- */

/* For event->request_hash, before anything is looked up or filled in: of the event as it was asked
 * for, and of what else the request said (an external id, a query). */
MUST_CHECK enum status service_request_hash(const struct event *event, struct text more,
                                            struct arena *arena, struct text *hash);
/* The 32 bytes that records hold instead of a caller's key: BLAKE2b keyed with the store's secret.
 */
void service_key(const struct service *service, struct text key, uint8_t hashed[HASH_RECORD_BYTES]);
/* Now, by the service's clock; from any thread. CLOCK_GIVEN: the machine's too. */
int64_t service_now_us(const struct service *service);
enum service_clock service_clock_kind(const struct service *service);

/* What was posted in each wallet since the store began, over all members. */
#define TOTALS_MAXIMUM 32
struct wallet_totals {
    uint32_t wallet; /* symbol */
    int64_t accounts[ACCOUNT_COUNT];
};
struct totals {
    struct wallet_totals list[TOTALS_MAXIMUM];
    uint32_t count;
};
/* In `run`: with what the open batch has posted. On the reader's thread: as of the last commit. */
void turn_totals(const struct turn *turn, struct totals *totals);
/* From any thread: as of the last commit. */
void service_totals(const struct service *service, struct totals *totals);

/* What another programme would have made of all that is recorded. */
struct rehearsal {
    uint64_t events;
    uint64_t refused; /* done before, refused now */
    uint64_t allowed; /* refused before, done now */
    struct totals totals;
};
/* For a long read. A fault names itself; nothing is kept. */
MUST_CHECK enum status turn_rehearse(struct turn *turn, const struct program *program,
                                     struct rehearsal *rehearsal);

/* For metrics; from any thread, each figure right by itself. */
struct service_figures {
    struct store_figures store;
    uint32_t queued;
    uint32_t queue_maximum;
    uint64_t batches;
    uint64_t commands;
    uint64_t events;
    uint64_t last_batch; /* weight of it */
    uint64_t commit_us;  /* summed */
    bool is_recovering;
};
void service_figures(const struct service *service, struct service_figures *figures);

#endif
