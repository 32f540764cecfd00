/* The verb import: members and opening balances from another system, as CSV.
 *
 * A line is at most two events: JOIN for a member that is new, ADJUST for its opening balance. What
 * is said holds to the last digit: the balance is a lot of its own that ends when the file says,
 * and nothing is earned by it; a member that is imported gets no points for joining either.
 *
 * The balance's key is made of what the line says (member, wallet, amount, end, reason), so the
 * same line, in whatever file and however often, counts once. Lines that are equal within one file
 * are therefore wrong: the second would be lost. A file is read from its start for each pass: one
 * that writes nothing (--dry-run, and first of two with --strict), and one that does.
 */
#include <assert.h>
#include <stdio.h>

#include "cli/data.h"
#include "cli/import_file.h"
#include "service/service.h"

#define ARENA_BYTES ((size_t)1 << 30)
#define COMPLAINT_BYTES_MAXIMUM ((size_t)1 << 20)
#define LINES_A_BATCH 1000u
/* A pass that writes nothing keeps what it would have written until it forgets it. */
#define LINES_A_REHEARSAL 50000u
#define WRONG_SHOWN 100u
#define ACTOR TEXT("guerdon import")

struct import_values {
    const char *data;
    const char *program;
    bool is_dry;
    bool is_strict;
};

static const struct option import_options[] = {
    {"data", "DIR", "the server's data directory", offsetof(struct import_values, data)},
    {"program", "ID", "which programme, if there are several",
     offsetof(struct import_values, program)},
    {"dry-run", NULL, "say what would happen, and write nothing",
     offsetof(struct import_values, is_dry)},
    {"strict", NULL, "write nothing at all if any line is wrong",
     offsetof(struct import_values, is_strict)},
};

struct wallet_sum {
    uint64_t lines;
    int64_t amount;
};

struct counts {
    uint64_t lines;
    uint64_t wrong;
    uint64_t joined;
    uint64_t repeated; /* balances that were there already */
    struct wallet_sum wallets[TOTALS_MAXIMUM];
};

/* One pass over the file. */
struct pass {
    struct command command; /* first: run gets it back */
    struct service *service;
    const struct program *program;
    struct program silent; /* the same without its rules: joining earns nothing */
    const char *path;
    bool is_dry;
    bool is_end;
    uint64_t first_position; /* of this pass; 0: nothing was written yet */
    struct arena arena;      /* of the lines of a batch */
    struct import_line *lines;
    uint32_t count;
    struct counts counts;
};

/* ---- one line, in a turn ---- */

static void fail(struct pass *pass, struct import_line *line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void fail(struct pass *pass, struct import_line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    line->wrong = arena_format_arguments(&pass->arena, format, arguments);
    va_end(arguments);
    if (text_is_empty(line->wrong)) line->wrong = TEXT("there is not enough memory for it");
}

static bool is_own_fault(enum status status)
{
    return status == STATUS_INVALID || status == STATUS_LIMIT || status == STATUS_OVERFLOW;
}

static_assert(IMPORT_ID_MAXIMUM == PERSON_ID_MAXIMUM, "a file can give all that a member can have");

static enum status make_person(struct pass *pass, const struct import_line *line,
                               struct person **person)
{
    struct person *made = arena_new(&pass->arena, struct person);
    if (made == NULL) return STATUS_NO_MEMORY;
    made->fields = line->fields;
    made->ids = arena_new_array(&pass->arena, struct external_id, (size_t)line->id_count + 1);
    if (made->ids == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < line->id_count; i++)
        made->ids[i] = (struct external_id){line->ids[i].kind, line->ids[i].value};
    made->id_count = line->id_count;
    *person = made;
    return STATUS_OK;
}

static enum status join(struct pass *pass, struct turn *turn, struct import_line *line)
{
    struct prepared_person prepared;
    struct reply reply;
    struct person *person;
    TRY(make_person(pass, line, &person));
    TRY(turn_prepare_person(turn, line->member, person, &pass->arena, &prepared));
    if (prepared.taken != PERSON_ID_NONE) {
        const struct external_id *id = &person->ids[prepared.taken];
        fail(pass, line, "%.*s %.*s is another member's", TEXT_ARGUMENTS(id->kind),
             TEXT_ARGUMENTS(id->value));
        return STATUS_OK;
    }
    bool has_person = person->id_count > 0 || !text_is_empty(person->fields);
    struct event event = {.type = EVENT_JOIN,
                          .occurred_at_us =
                              line->joined_at_us == 0 ? turn_clock_us(turn) : line->joined_at_us,
                          .is_import = true,
                          .actor = ACTOR,
                          .member = line->member};
    if (has_person) event.fields_hash = (struct text){(char *)prepared.hash, HASH_RECORD_BYTES};
    TRY(turn_decide(turn, &pass->silent, &event, false, &pass->arena, &reply));
    if (reply.answer != ANSWER_DONE) {
        fail(pass, line, "%s", answer_text(reply.answer));
        return STATUS_OK;
    }
    pass->counts.joined++;
    return has_person ? turn_put_person(turn, &prepared, &pass->arena) : STATUS_OK;
}

/* What the line says, as the caller's key and as what a repeat has in common. */
static enum status identify(struct pass *pass, const struct import_line *line, struct event *event)
{
    uint8_t *hashed = arena_allocate(&pass->arena, HASH_RECORD_BYTES);
    struct text key = arena_format(&pass->arena, "import:%.*s\n%.*s\n%lld\n%lld\n%.*s",
                                   TEXT_ARGUMENTS(line->member), TEXT_ARGUMENTS(event->wallet),
                                   (long long)line->amount, (long long)line->expires_at_us,
                                   TEXT_ARGUMENTS(line->reason));
    if (hashed == NULL || key.bytes == NULL) return STATUS_NO_MEMORY;
    service_key(pass->service, key, hashed);
    event->key = (struct text){(const char *)hashed, HASH_RECORD_BYTES};
    return service_request_hash(event, TEXT("import"), &pass->arena, &event->request_hash);
}

static enum status count_balance(struct pass *pass, struct import_line *line,
                                 const struct reply *reply)
{
    struct wallet_sum *sum = &pass->counts.wallets[line->wallet];
    if (reply->is_repeat && pass->first_position != 0 && reply->position >= pass->first_position) {
        fail(pass, line,
             "the same balance stands in an earlier line of this file: if there are "
             "two, add them up into one line");
        return STATUS_OK;
    }
    if (reply->is_repeat) {
        pass->counts.repeated++;
        return STATUS_OK;
    }
    if (pass->first_position == 0) pass->first_position = reply->position;
    sum->lines++;
    return amount_increase(&sum->amount, line->amount);
}

static enum status open_balance(struct pass *pass, struct turn *turn, struct import_line *line)
{
    struct reply reply;
    struct event event = {.type = EVENT_ADJUST,
                          .is_import = true,
                          .member = line->member,
                          .wallet = pass->program->wallets[line->wallet].id,
                          .amount = line->amount,
                          .expires_at_us = line->expires_at_us,
                          .reason = line->reason,
                          .actor = ACTOR};
    TRY(identify(pass, line, &event));
    event.occurred_at_us = turn_clock_us(turn);
    TRY(turn_decide(turn, pass->program, &event, false, &pass->arena, &reply));
    if (!reply.is_repeat && reply.answer != ANSWER_DONE) {
        fail(pass, line, "%s", answer_text(reply.answer));
        return STATUS_OK;
    }
    return count_balance(pass, line, &reply);
}

static enum status take_line(struct pass *pass, struct turn *turn, struct import_line *line)
{
    struct text member = line->member;
    struct states *states;
    enum status status = turn_member(turn, &member, &pass->arena, pass->program, 0, &states);
    if (status == STATUS_NOT_FOUND) status = join(pass, turn, line);
    if (status != STATUS_OK || !text_is_empty(line->wrong)) return status;
    if (line->wallet == PROGRAM_NONE) return STATUS_OK;
    return open_balance(pass, turn, line);
}

static enum status run_lines(struct command *command, struct turn *turn)
{
    struct pass *pass = (struct pass *)command;
    for (uint32_t i = 0; i < pass->count; i++) {
        struct import_line *line = &pass->lines[i];
        if (!text_is_empty(line->wrong)) continue;
        enum status status = take_line(pass, turn, line);
        if (status == STATUS_OK) continue;
        if (!is_own_fault(status)) return status;
        fail(pass, line, "%s", status_text(status));
    }
    return pass->is_dry ? STATUS_INTERRUPTED : STATUS_OK;
}

/* ---- one pass ---- */

static void say_wrong(struct pass *pass)
{
    for (uint32_t i = 0; i < pass->count; i++) {
        const struct import_line *line = &pass->lines[i];
        if (text_is_empty(line->wrong)) continue;
        if (++pass->counts.wrong <= WRONG_SHOWN) {
            say("%s:%llu: %.*s", pass->path, (unsigned long long)line->number,
                TEXT_ARGUMENTS(line->wrong));
        }
    }
}

/* Carries out what was read; a failure has been said. */
static enum status run_batch(struct pass *pass)
{
    struct counts before = pass->counts;
    pass->command = (struct command){.run = run_lines, .weight = 1};
    enum command_outcome outcome = service_do(pass->service, &pass->command);
    bool is_fine = outcome == COMMAND_DONE || (pass->is_dry && outcome == COMMAND_FAILED &&
                                               pass->command.status == STATUS_INTERRUPTED);
    if (is_fine) {
        say_wrong(pass);
        return STATUS_OK;
    }
    pass->counts = before;
    say("%s: stopped at the lines from %llu on: %s. What was imported before stays; run it again "
        "when that is mended, nothing is doubled",
        pass->path, (unsigned long long)pass->lines[0].number,
        outcome == COMMAND_FAILED ? status_text(pass->command.status)
                                  : "the store could not write it down");
    return STATUS_IO;
}

static enum status read_batch(struct pass *pass, struct import_file *file, uint32_t maximum)
{
    int64_t now_us = data_now_us();
    arena_clear(&pass->arena);
    pass->count = 0;
    pass->lines = arena_new_array(&pass->arena, struct import_line, maximum);
    if (pass->lines == NULL) return STATUS_NO_MEMORY;
    while (pass->count < maximum) {
        struct import_line *line = &pass->lines[pass->count];
        TRY(import_file_next(file, pass->program, now_us, &pass->arena, line, &pass->is_end));
        if (pass->is_end) return STATUS_OK;
        pass->count++;
        pass->counts.lines++;
    }
    return STATUS_OK;
}

static enum status run_pass(struct pass *pass, bool is_dry)
{
    struct import_file file;
    TRY(import_file_open(&file, pass->path));
    pass->is_dry = is_dry;
    pass->is_end = false;
    pass->first_position = 0;
    pass->counts = (struct counts){.lines = 0};
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !pass->is_end) {
        status = read_batch(pass, &file, is_dry ? LINES_A_REHEARSAL : LINES_A_BATCH);
        if (status == STATUS_OK && pass->count > 0) status = run_batch(pass);
    }
    import_file_close(&file);
    return status;
}

/* ---- what is said in the end ---- */

static enum status write_totals(const struct pass *pass, struct buffer *out)
{
    const struct counts *counts = &pass->counts;
    TRY(buffer_add_format(out, "%llu lines, %llu of them wrong; %llu new members",
                          (unsigned long long)counts->lines, (unsigned long long)counts->wrong,
                          (unsigned long long)counts->joined));
    TRY(buffer_add_format(out, "; %llu balances were there already\n",
                          (unsigned long long)counts->repeated));
    for (uint32_t i = 0; i < pass->program->wallet_count; i++) {
        const struct wallet *wallet = &pass->program->wallets[i];
        char amount[AMOUNT_GROUPED_TEXT_MAXIMUM];
        if (counts->wallets[i].lines == 0) continue;
        struct text text =
            amount_format_grouped(counts->wallets[i].amount, wallet->decimals, amount);
        TRY(buffer_add_format(out, "%.*s: %.*s in %llu balances\n", TEXT_ARGUMENTS(wallet->id),
                              TEXT_ARGUMENTS(text), (unsigned long long)counts->wallets[i].lines));
    }
    return pass->is_dry ? buffer_add(out, TEXT("Nothing was written.\n")) : STATUS_OK;
}

static enum outcome print_totals(const struct pass *pass)
{
    struct buffer out;
    buffer_init(&out, COMPLAINT_BYTES_MAXIMUM);
    if (pass->counts.wrong > WRONG_SHOWN) {
        say("%s: %llu more lines are wrong", pass->path,
            (unsigned long long)(pass->counts.wrong - WRONG_SHOWN));
    }
    enum status status = write_totals(pass, &out);
    enum outcome outcome = status == STATUS_OK ? print(buffer_text(&out)) : OUTCOME_FAILED;
    buffer_release(&out);
    return pass->counts.wrong == 0 ? outcome : OUTCOME_FAILED;
}

static enum outcome run_passes(struct pass *pass, const struct import_values *values)
{
    bool rehearses = values->is_dry || values->is_strict;
    if (rehearses && run_pass(pass, true) != STATUS_OK) return OUTCOME_FAILED;
    if (values->is_dry || (rehearses && pass->counts.wrong > 0)) return print_totals(pass);
    if (run_pass(pass, false) != STATUS_OK) return OUTCOME_FAILED;
    return print_totals(pass);
}

static enum outcome import_into(const char *store, const struct import_values *values,
                                const char *path)
{
    static struct pass pass;
    struct buffer complaint;
    const struct service_options options = {.store.path = store};
    pass = (struct pass){.path = path};
    buffer_init(&complaint, COMPLAINT_BYTES_MAXIMUM);
    enum status status = service_open(&options, &complaint, &pass.service);
    if (status != STATUS_OK) {
        data_complain(store, &complaint, status);
        if (status == STATUS_IO)
            say("if a server runs on it: stop that first, or import through its API");
    }
    buffer_release(&complaint);
    if (status != STATUS_OK) return OUTCOME_FAILED;
    enum outcome outcome = OUTCOME_FAILED;
    pass.program = service_program(pass.service, data_now_us());
    if (pass.program == NULL) {
        say("%s has no programme yet: start the server on it once", store);
    } else if (pass.program->wallet_count > TOTALS_MAXIMUM) {
        say("%s: the programme has more than %d wallets", store, TOTALS_MAXIMUM);
    } else {
        pass.silent = *pass.program;
        pass.silent.rule_count = 0;
        arena_init(&pass.arena, ARENA_BYTES);
        outcome = run_passes(&pass, values);
        arena_release(&pass.arena);
    }
    service_close(pass.service);
    return outcome;
}

static enum outcome run_import(const void *values, const char *const *operands,
                               size_t operand_count)
{
    const struct import_values *given = values;
    char path[DATA_PATH_BYTES];
    if (operand_count != 1) return usage_error(&verb_import, "import needs one FILE.csv");
    if (given->data == NULL)
        return usage_error(&verb_import, "import needs the server's directory: --data DIR");
    if (text_equal(text_of(operands[0]), TEXT("-")) && given->is_strict)
        return usage_error(&verb_import, "--strict reads the file twice: it cannot be -");
    if (data_find(given->data, given->program, path) != STATUS_OK) return OUTCOME_FAILED;
    return import_into(path, given, operands[0]);
}

const struct verb verb_import = {
    .name = "import",
    .operands = "--data DIR [--program ID] [--dry-run] [--strict] FILE.csv",
    .summary = "take over members and opening balances from another system",
    .details =
        "The file's first line names its columns: member; joined_at; wallet and amount, an\n"
        "opening balance; expires_at (a date alone is the last day it can be spent; without it:\n"
        "as the wallet says); reason; id.KIND for external ids, such as id.card; field.NAME for\n"
        "personal data. A member that has several balances has several lines. Nothing is earned\n"
        "by being imported. The same line counts once, however often it is imported. A wrong line\n"
        "is named and left out; exit code 1 then. No server may have the store open.",
    .examples = "  guerdon import --data /var/lib/guerdon --dry-run members.csv\n"
                "  guerdon import --data /var/lib/guerdon members.csv\n",
    .options = import_options,
    .option_count = sizeof import_options / sizeof import_options[0],
    .run = run_import,
};
