/* The verb restore: a server's store from a backup.
 *
 * Never writes over a store, and never into the backup.
 *
 *   backup -> every record and state verified -> DIR/restore.part -> erasures applied again
 *          -> DIR/PROGRAMME.db
 *
 * Who was erased after the backup was taken is in it still: --erasures-from names a newer copy of
 * the store, perhaps damaged in other places, whose list of erasures is carried out on the restored
 * one, each as an event of its own and with the personal data removed.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/data.h"
#include "service/service.h"

#define ARENA_BYTES ((size_t)1 << 30)
#define COMPLAINT_BYTES_MAXIMUM ((size_t)1 << 20)
#define ERASURE_REASON TEXT("erased before; carried out again by a restore")

struct restore_values {
    const char *data;
    const char *input;
    const char *erasures;
};

static const struct option restore_options[] = {
    {"input", "FILE", "the backup", offsetof(struct restore_values, input)},
    {"data", "DIR", "the data directory that gets a store", offsetof(struct restore_values, data)},
    {"erasures-from", "FILE",
     "a newer store or backup: who was erased there is\nerased in the restored one too",
     offsetof(struct restore_values, erasures)},
};

/* ---- the list of erasures ---- */

struct erasing {
    struct command command; /* first: run gets it back */
    struct arena arena;
    struct text *members;
    uint32_t count;
    uint32_t capacity;
    uint32_t done; /* that were not erased in the backup */
};

static enum status note_erasure(void *context, struct text id, struct text value)
{
    struct erasing *erasing = context;
    (void)value;
    if (erasing->count == erasing->capacity) {
        uint32_t capacity = erasing->capacity == 0 ? 1000 : erasing->capacity * 2;
        struct text *members = arena_new_array(&erasing->arena, struct text, capacity);
        if (members == NULL) return STATUS_NO_MEMORY;
        for (uint32_t i = 0; i < erasing->count; i++)
            members[i] = erasing->members[i];
        erasing->members = members;
        erasing->capacity = capacity;
    }
    struct text copy = arena_copy(&erasing->arena, id);
    if (copy.bytes == NULL) return STATUS_NO_MEMORY;
    erasing->members[erasing->count++] = copy;
    return STATUS_OK;
}

static enum status read_erasures(const char *path, struct erasing *erasing)
{
    struct store *store = NULL;
    TRY(data_open_reader(path, &store));
    enum status status =
        store_each_document(store, DOCUMENT_ERASURE, TEXT(""), note_erasure, erasing);
    store_close(store);
    if (status != STATUS_OK) say("%s: its erasures cannot be read: %s", path, status_text(status));
    return status;
}

static enum status erase(struct erasing *erasing, struct turn *turn, struct text member)
{
    struct text kept;
    struct reply reply;
    struct event event = {.type = EVENT_ERASE,
                          .occurred_at_us = turn_clock_us(turn),
                          .is_import = true,
                          .member = member,
                          .reason = ERASURE_REASON,
                          .actor = TEXT("guerdon restore")};
    enum status status =
        store_get(turn_store(turn), DOCUMENT_ERASURE, member, &erasing->arena, &kept);
    if (status == STATUS_OK) return STATUS_OK;
    if (status != STATUS_NOT_FOUND) return status;
    TRY(turn_decide(turn, NULL, &event, false, &erasing->arena, &reply));
    erasing->done++;
    /* Whatever was answered (the backup may be older than the member): nothing personal stays. */
    return turn_erase_person(turn, member, &erasing->arena);
}

static enum status run_erasures(struct command *command, struct turn *turn)
{
    struct erasing *erasing = (struct erasing *)command;
    for (uint32_t i = 0; i < erasing->count; i++)
        TRY(erase(erasing, turn, erasing->members[i]));
    return STATUS_OK;
}

/* ---- the store ---- */

static enum status verify(const char *path, uint64_t *records)
{
    struct store *store = NULL;
    struct verify_report report;
    struct buffer out;
    TRY(data_open_reader(path, &store));
    enum status status = store_verify(store, &(struct verify_options){NULL, NULL}, &report);
    store_close(store);
    *records = report.records;
    if (status == STATUS_OK && report.fault == VERIFY_NONE) return STATUS_OK;
    buffer_init(&out, COMPLAINT_BYTES_MAXIMUM);
    if (status == STATUS_OK && verify_sentence(&report, &out) == STATUS_OK) {
        struct text sentence = buffer_text(&out);
        say("%s: %.*s: it is not restored", path, TEXT_ARGUMENTS(sentence));
    } else {
        say("%s: cannot be verified: %s", path, status_text(status));
    }
    buffer_release(&out);
    return STATUS_CORRUPT;
}

static enum status copy(const char *input, const char *part)
{
    struct store *store = NULL;
    struct buffer complaint;
    TRY(data_open_reader(input, &store));
    buffer_init(&complaint, COMPLAINT_BYTES_MAXIMUM);
    enum status status = sqlite_store_backup(store, part, &complaint);
    if (status != STATUS_OK) data_complain(part, &complaint, status);
    buffer_release(&complaint);
    store_close(store);
    return status;
}

/* Opens the copy as a server would, erases, and learns its programme's id. */
static enum status settle_copy(const char *part, struct erasing *erasing,
                               char id[EVENT_ID_MAXIMUM + 1])
{
    struct service *service = NULL;
    struct buffer complaint;
    const struct service_options options = {.store.path = part};
    buffer_init(&complaint, COMPLAINT_BYTES_MAXIMUM);
    enum status status = service_open(&options, &complaint, &service);
    if (status != STATUS_OK) data_complain(part, &complaint, status);
    buffer_release(&complaint);
    TRY(status);
    const struct program *program = service_program(service, data_now_us());
    if (program == NULL || program->id.length > EVENT_ID_MAXIMUM) {
        say("%s: the backup has no programme", part);
        status = STATUS_CORRUPT;
    } else {
        (void)snprintf(id, EVENT_ID_MAXIMUM + 1, "%.*s", TEXT_ARGUMENTS(program->id));
        erasing->command = (struct command){.run = run_erasures, .weight = 1};
        if (service_do(service, &erasing->command) != COMMAND_DONE) {
            say("%s: the erasures cannot be carried out: %s", part,
                status_text(erasing->command.status));
            status = STATUS_IO;
        }
    }
    service_close(service);
    return status;
}

static void remove_beside(const char *path, const char *end)
{
    char name[DATA_PATH_BYTES + 16];
    (void)snprintf(name, sizeof name, "%s%s", path, end);
    (void)unlink(name);
}

static void remove_part(const char *part)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        remove_beside(part, ends[i]);
}

/* Never over a store that is there. */
static enum status put_in_place(const char *part, const char *data, const char *id,
                                char path[DATA_PATH_BYTES])
{
    if (snprintf(path, DATA_PATH_BYTES, "%s/%s.db", data, id) >= DATA_PATH_BYTES)
        return STATUS_LIMIT;
    if (link(part, path) == 0) return STATUS_OK;
    if (errno == EEXIST) {
        say("%s is there already, and nothing is written over it: move it away first, with the "
            "files beside it, or restore to another directory",
            path);
    } else {
        say("%s: %s", path, strerror(errno));
    }
    return STATUS_IO;
}

static enum outcome report(const char *path, uint64_t records, const struct erasing *erasing)
{
    struct buffer out;
    buffer_init(&out, COMPLAINT_BYTES_MAXIMUM);
    enum outcome outcome = OUTCOME_FAILED;
    if (buffer_add_format(&out,
                          "%s: restored; %llu records are right\n"
                          "Erased again: %u members\n"
                          "API keys are those of the backup: what was revoked since is not\n",
                          path, (unsigned long long)records, erasing->done) == STATUS_OK) {
        outcome = print(buffer_text(&out));
    }
    buffer_release(&out);
    return outcome;
}

static enum outcome restore(const struct restore_values *values, struct erasing *erasing)
{
    char part[DATA_PATH_BYTES];
    char path[DATA_PATH_BYTES];
    char id[EVENT_ID_MAXIMUM + 1];
    uint64_t records = 0;
    if (snprintf(part, sizeof part, "%s/restore.part", values->data) >= (int)sizeof part) {
        say("%s: the path is too long", values->data);
        return OUTCOME_FAILED;
    }
    if (mkdir(values->data, 0750) != 0 && errno != EEXIST) {
        say("%s: %s", values->data, strerror(errno));
        return OUTCOME_FAILED;
    }
    if (verify(values->input, &records) != STATUS_OK) return OUTCOME_FAILED;
    if (values->erasures != NULL && read_erasures(values->erasures, erasing) != STATUS_OK)
        return OUTCOME_FAILED;
    remove_part(part);
    enum status status = copy(values->input, part);
    if (status == STATUS_OK) status = settle_copy(part, erasing, id);
    if (status == STATUS_OK) status = put_in_place(part, values->data, id, path);
    remove_part(part);
    return status == STATUS_OK ? report(path, records, erasing) : OUTCOME_FAILED;
}

static enum outcome run_restore(const void *values, const char *const *operands,
                                size_t operand_count)
{
    const struct restore_values *given = values;
    struct erasing erasing = {.count = 0};
    (void)operands;
    if (operand_count > 0) return usage_error(&verb_restore, "restore takes options only");
    if (given->data == NULL || given->input == NULL)
        return usage_error(&verb_restore, "restore needs --input FILE and --data DIR");
    (void)umask(0077);
    arena_init(&erasing.arena, ARENA_BYTES);
    enum outcome outcome = restore(given, &erasing);
    arena_release(&erasing.arena);
    return outcome;
}

const struct verb verb_restore = {
    .name = "restore",
    .operands = "--input FILE --data DIR [--erasures-from FILE]",
    .summary = "make a server's store of a backup",
    .details =
        "Verifies every record and state of the backup, copies it into the data directory as\n"
        "PROGRAMME.db and never over a store that is there. Who was erased since the backup was\n"
        "taken is in it still: name the newer store with --erasures-from, and they are erased\n"
        "again. What happened between the backup and now is not in it; clients that repeat\n"
        "requests with their keys are answered as if for the first time.",
    .examples = "  guerdon restore --input shop-monday.db --data /var/lib/guerdon\n"
                "  guerdon restore --input shop-monday.db --data new --erasures-from "
                "old/shop.db\n",
    .options = restore_options,
    .option_count = sizeof restore_options / sizeof restore_options[0],
    .run = run_restore,
};
