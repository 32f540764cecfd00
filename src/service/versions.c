/* Versions: the programmes that were published, and which of them is in force.
 *
 * A version is a document of the store: its text, when it was published and from when on it counts.
 * Each is compiled once and kept: the engine's decisions name their version, an edit is decided by
 * the one its order was confirmed under, and any thread may look one up. Of the versions whose time
 * has come the one with the highest number is in force; before the first one's time the first is.
 *
 * Publishing happens in a batch, like everything that is written: others see the version when the
 * batch is committed, and a batch that fails leaves none.
 */
#include <stdio.h>
#include <stdlib.h>

#include <yyjson.h>

#include "service/inner.h"

#define VERSION_ID_LENGTH 8

const struct version *service_version(const struct service *service, uint32_t index)
{
    uint32_t count = atomic_load(&service->version_count);
    return index < count ? service->versions[index] : NULL;
}

const struct program *service_program_numbered(const struct service *service, uint32_t number)
{
    const struct version *version = number == 0 ? NULL : service_version(service, number - 1);
    return version == NULL ? NULL : version->program;
}

const struct program *service_program(const struct service *service, int64_t at_us)
{
    uint32_t count = atomic_load(&service->version_count);
    for (uint32_t i = count; i > 0; i--) {
        const struct version *version = service->versions[i - 1];
        if (version->from_us <= at_us || i == 1) return version->program;
    }
    return NULL;
}

static struct text version_id(uint32_t number, char *out)
{
    int length = snprintf(out, VERSION_ID_LENGTH + 1, "%08u", number);
    return (struct text){out, (size_t)length};
}

/* Compiles a version; problems go to `problems`. */
static enum status compile(struct service *service, uint32_t number, struct text file,
                           struct text text, struct problem_list *problems,
                           struct version **version)
{
    const struct program *program;
    struct version *made = arena_new(&service->arena, struct version);
    struct program *numbered = arena_new(&service->arena, struct program);
    struct text kept = arena_copy(&service->arena, text);
    if (made == NULL || numbered == NULL || kept.bytes == NULL) return STATUS_NO_MEMORY;
    TRY(program_load(&service->arena, file, kept, problems, &program));
    *numbered = *program;
    numbered->version = number;
    *made = (struct version){.number = number, .text = kept, .program = numbered};
    *version = made;
    return STATUS_OK;
}

/* ---- from the store ---- */

static enum status read_version(struct service *service, struct text value,
                                struct buffer *complaint)
{
    struct version *version;
    struct problem_list problems;
    uint32_t number = atomic_load(&service->version_count) + 1;
    if (number > VERSION_MAXIMUM) return STATUS_LIMIT;
    yyjson_doc *document = yyjson_read(value.bytes, value.length, YYJSON_READ_NOFLAG);
    yyjson_val *root = yyjson_doc_get_root(document);
    yyjson_val *text = yyjson_obj_get(root, "text");
    enum status status = STATUS_CORRUPT;
    if (yyjson_is_str(text)) {
        problem_list_init(&problems, &service->arena);
        status =
            compile(service, number, TEXT("published"),
                    (struct text){yyjson_get_str(text), yyjson_get_len(text)}, &problems, &version);
    }
    if (status == STATUS_OK) {
        version->from_us = yyjson_get_sint(yyjson_obj_get(root, "from_us"));
        version->published_at_us = yyjson_get_sint(yyjson_obj_get(root, "published_at_us"));
        service->versions[number - 1] = version;
        atomic_store(&service->version_count, number);
    } else if (complaint != NULL) {
        status = status == STATUS_INVALID ? STATUS_CORRUPT : status;
        (void)!buffer_add_format(complaint, "version %u of the programme cannot be read: %s\n",
                                 number, status_text(status));
    }
    yyjson_doc_free(document);
    return status;
}

struct reading {
    struct service *service;
    struct buffer *complaint;
};

static enum status visit_version(void *context, struct text id, struct text value)
{
    struct reading *reading = context;
    (void)id;
    return read_version(reading->service, value, reading->complaint);
}

enum status versions_load(struct service *service, struct buffer *complaint)
{
    struct reading reading = {service, complaint};
    char after[VERSION_ID_LENGTH + 1];
    return store_each_document(service->store, DOCUMENT_PROGRAMME,
                               version_id(atomic_load(&service->version_count), after),
                               visit_version, &reading);
}

/* ---- what a draft would hurt ---- */

static bool has_points(const struct totals *totals, uint32_t wallet)
{
    static const enum account members[] = {ACCOUNT_AVAILABLE, ACCOUNT_PENDING, ACCOUNT_HELD,
                                           ACCOUNT_DEBT};
    for (uint32_t i = 0; i < totals->count; i++) {
        if (totals->list[i].wallet != wallet) continue;
        for (size_t k = 0; k < sizeof members / sizeof *members; k++) {
            if (totals->list[i].accounts[members[k]] != 0) return true;
        }
    }
    return false;
}

static const struct wallet *find_hurt(const struct program *before, const struct program *after,
                                      const struct totals *totals, bool is_later)
{
    for (uint32_t i = 0; i < before->wallet_count; i++) {
        const struct wallet *wallet = &before->wallets[i];
        uint32_t index = program_find_wallet(after, wallet->id);
        bool is_same = index != PROGRAM_NONE && after->wallets[index].decimals == wallet->decimals;
        /* Until a later time somebody may be given some. */
        if (!is_same && (is_later || has_points(totals, wallet->symbol))) return wallet;
    }
    return NULL;
}

/* Against the version in force, and those that come into force later. */
const struct wallet *turn_find_hurt_wallet(const struct turn *turn, const struct program *draft,
                                           int64_t from_us)
{
    struct totals totals;
    const struct program *present = service_program(turn->service, turn->clock_us);
    const struct version *version;
    turn_totals(turn, &totals);
    for (uint32_t i = 0; (version = service_version(turn->service, i)) != NULL; i++) {
        bool is_to_come = version->number > 1 && version->from_us > turn->clock_us;
        if (version->program == NULL || (version->program != present && !is_to_come)) continue;
        const struct wallet *hurt =
            find_hurt(version->program, draft, &totals, from_us > turn->clock_us);
        if (hurt != NULL) return hurt;
    }
    return NULL;
}

/* ---- to the store ---- */

static enum status put_version(struct turn *turn, const struct version *version)
{
    char id[VERSION_ID_LENGTH + 1];
    yyjson_mut_doc *document = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(document);
    yyjson_mut_doc_set_root(document, root);
    size_t length = 0;
    char *json = NULL;
    if (yyjson_mut_obj_add_sint(document, root, "from_us", version->from_us) &&
        yyjson_mut_obj_add_sint(document, root, "published_at_us", version->published_at_us) &&
        yyjson_mut_obj_add_strn(document, root, "text", version->text.bytes,
                                version->text.length)) {
        json = yyjson_mut_write(document, YYJSON_WRITE_NOFLAG, &length);
    }
    enum status status = STATUS_NO_MEMORY;
    if (json != NULL) {
        status = store_put(turn->store, DOCUMENT_PROGRAMME, version_id(version->number, id),
                           (struct text){json, length});
    }
    free(json);
    yyjson_mut_doc_free(document);
    return status;
}

enum status turn_publish(struct turn *turn, struct text file, struct text text, int64_t from_us,
                         struct problem_list *problems, uint32_t *number)
{
    struct service *service = turn->service;
    struct version *version;
    uint32_t next = atomic_load(&service->version_count) + turn->published_count + 1;
    if (turn->is_reader) return STATUS_INVALID;
    if (next > VERSION_MAXIMUM || turn->published_count == PUBLISHED_MAXIMUM) return STATUS_LIMIT;
    TRY(compile(service, next, file, text, problems, &version));
    version->published_at_us = turn->clock_us;
    version->from_us = from_us > turn->clock_us ? from_us : turn->clock_us;
    TRY(put_version(turn, version));
    turn->published[turn->published_count++] = version;
    turn->has_written = true;
    *number = next;
    return STATUS_OK;
}

const struct version *turn_last_version(const struct turn *turn)
{
    if (turn->published_count > 0) return turn->published[turn->published_count - 1];
    return service_version(turn->service, atomic_load(&turn->service->version_count) - 1);
}

void turn_adopt(struct turn *turn)
{
    struct service *service = turn->service;
    for (uint32_t i = 0; i < turn->published_count; i++) {
        service->versions[turn->published[i]->number - 1] = turn->published[i];
        atomic_store(&service->version_count, turn->published[i]->number);
        service_tell(service, "info", "published version=%u", turn->published[i]->number);
    }
    turn->published_count = 0;
}

void turn_forget(struct turn *turn)
{
    turn->published_count = 0;
}

/* The operator's file, like any draft, takes no points away. */
static enum status refuse_hurt(struct service *service, struct text text, struct buffer *complaint)
{
    struct arena arena;
    struct problem_list problems;
    const struct program *draft = NULL;
    arena_init(&arena, TURN_BYTES_MAXIMUM);
    problem_list_init(&problems, &arena);
    enum status status = program_load(&arena, TEXT("draft"), text, &problems, &draft);
    /* What is wrong with it is told when it is published. */
    const struct wallet *hurt =
        status == STATUS_OK ? turn_find_hurt_wallet(&service->writer_turn, draft, 0) : NULL;
    arena_release(&arena);
    if (hurt == NULL) return STATUS_OK;
    (void)!buffer_add_format(complaint,
                             "%.*s: wallet %.*s would vanish or change its decimals, and members "
                             "have points in it: keep it, without rules that earn, until nobody "
                             "has\n",
                             TEXT_ARGUMENTS(service->options.program_file),
                             TEXT_ARGUMENTS(hurt->id));
    return STATUS_INVALID;
}

enum status versions_publish_first(struct service *service, struct buffer *complaint)
{
    struct turn *turn = &service->writer_turn;
    struct problem_list problems;
    uint32_t number;
    struct text text = service->options.program_text;
    uint32_t count = atomic_load(&service->version_count);
    bool is_latest = count > 0 && text_equal(service->versions[count - 1]->text, text);
    if (text_is_empty(text) || is_latest) return STATUS_OK;
    problem_list_init(&problems, &service->arena);
    turn->clock_us = real_clock_us();
    TRY(refuse_hurt(service, text, complaint));
    TRY(store_begin(service->store));
    enum status status =
        turn_publish(turn, service->options.program_file, text, 0, &problems, &number);
    /* The first version counts from the beginning of time, so that whatever happened before it was
     * published is decided by it too: service_program says so. */
    if (status != STATUS_OK) {
        store_rollback(service->store);
    } else {
        status = store_commit(service->store);
    }
    if (status == STATUS_OK) {
        turn_adopt(turn);
    } else {
        turn_forget(turn);
    }
    if (!problem_list_is_empty(&problems)) TRY(problem_list_print(&problems, complaint));
    return status;
}
