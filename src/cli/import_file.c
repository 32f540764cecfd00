/* Import file: members and opening balances as a CSV has them, line by line. */
#include "cli/import_file.h"

#include "backtest/backtest.h"
#include "cli/json_line.h"
#include "cli/output.h"

#define NAMES_BYTES ((size_t)4 << 20)
#define VALUE_BYTES_MAXIMUM 4000 /* of one column */
#define FIELDS_BYTES_MAXIMUM ((size_t)1 << 20)
#define ID_PREFIX TEXT("id.")
#define FIELD_PREFIX TEXT("field.")
#define USUAL_REASON TEXT("opening balance")

static const struct text column_names[] = {
#define X(name, text) TEXT_INITIALISER(text),
    IMPORT_COLUMN_LIST(X)
#undef X
};

/* ---- the first line ---- */

static bool is_prefixed(struct text name, struct text prefix)
{
    return text_starts_with(name, prefix) && name.length > prefix.length;
}

static enum status refuse_header(const struct import_file *file, struct text name)
{
    int nearest = text_nearest(name, column_names, IMPORT_COLUMN_COUNT);
    if (nearest >= 0) {
        say("%s:1: unknown column \"%.*s\"; did you mean \"%.*s\"?", file->path,
            TEXT_ARGUMENTS(name), TEXT_ARGUMENTS(column_names[nearest]));
    } else {
        say("%s:1: unknown column \"%.*s\"; there are member, joined_at, wallet, amount, "
            "expires_at, reason, id.KIND and field.NAME",
            file->path, TEXT_ARGUMENTS(name));
    }
    return STATUS_INVALID;
}

static enum status take_header(struct import_file *file, uint32_t index, struct text name)
{
    for (uint32_t i = 0; i < index; i++) {
        if (!text_equal(file->headers[i], name)) continue;
        say("%s:1: the column \"%.*s\" is there twice", file->path, TEXT_ARGUMENTS(name));
        return STATUS_INVALID;
    }
    for (uint32_t i = 0; i < IMPORT_COLUMN_COUNT; i++) {
        if (!text_equal(name, column_names[i])) continue;
        file->columns[i] = index;
        return STATUS_OK;
    }
    bool is_known = is_prefixed(name, ID_PREFIX) || is_prefixed(name, FIELD_PREFIX);
    return is_known ? STATUS_OK : refuse_header(file, name);
}

static enum status read_headers(struct import_file *file, const struct csv_record *record)
{
    file->column_count = record->column_count;
    file->headers = arena_new_array(&file->names, struct text, (size_t)record->column_count + 1);
    if (file->headers == NULL) return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < record->column_count; i++) {
        file->headers[i] = arena_copy(&file->names, text_trim(record->fields[i]));
        if (file->headers[i].bytes == NULL) return STATUS_NO_MEMORY;
        TRY(take_header(file, i, file->headers[i]));
    }
    if (file->columns[IMPORT_COLUMN_MEMBER] == IMPORT_NO_COLUMN) {
        say("%s:1: the first line names the columns, and \"member\" must be among them",
            file->path);
        return STATUS_INVALID;
    }
    bool has_wallet = file->columns[IMPORT_COLUMN_WALLET] != IMPORT_NO_COLUMN;
    bool has_amount = file->columns[IMPORT_COLUMN_AMOUNT] != IMPORT_NO_COLUMN;
    if (has_wallet == has_amount) return STATUS_OK;
    say("%s:1: the columns \"wallet\" and \"amount\" belong together", file->path);
    return STATUS_INVALID;
}

static enum status open_parts(struct import_file *file, struct problem_list *problems)
{
    struct csv_record record;
    TRY(source_open(text_of(file->path), problems, &file->source));
    TRY(csv_open(file->source, text_of(file->path), ',', problems, &file->reader));
    TRY(csv_next(file->reader, &record));
    if (record.is_end || record.fault != CSV_READABLE) {
        say("%s:1: the first line must name the columns: member,wallet,amount,expires_at",
            file->path);
        return STATUS_INVALID;
    }
    return read_headers(file, &record);
}

enum status import_file_open(struct import_file *file, const char *path)
{
    struct problem_list problems;
    *file = (struct import_file){.path = path};
    for (uint32_t i = 0; i < IMPORT_COLUMN_COUNT; i++)
        file->columns[i] = IMPORT_NO_COLUMN;
    arena_init(&file->names, NAMES_BYTES);
    problem_list_init(&problems, &file->names);
    enum status status = open_parts(file, &problems);
    say_problems(&problems);
    if (status != STATUS_OK) import_file_close(file);
    return status;
}

void import_file_close(struct import_file *file)
{
    if (file->reader != NULL) csv_close(file->reader);
    if (file->source != NULL) source_close(file->source);
    arena_release(&file->names);
}

/* ---- a line ---- */

/* What a line is read into, and from. */
struct reading {
    const struct import_file *file;
    const struct csv_record *record;
    const struct program *program;
    struct arena *arena;
    struct import_line *line;
    int64_t now_us;
};

static void wrong(struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void wrong(struct reading *reading, const char *format, ...)
{
    if (!text_is_empty(reading->line->wrong)) return;
    va_list arguments;
    va_start(arguments, format);
    reading->line->wrong = arena_format_arguments(reading->arena, format, arguments);
    va_end(arguments);
    if (text_is_empty(reading->line->wrong)) reading->line->wrong = TEXT("it is too long");
}

/* The column's text, in the arena; empty when the file does not have it. */
static struct text column(struct reading *reading, enum import_column which)
{
    uint32_t index = reading->file->columns[which];
    if (index == IMPORT_NO_COLUMN) return TEXT("");
    return arena_copy(reading->arena, text_trim(reading->record->fields[index]));
}

static int64_t read_instant(struct reading *reading, enum import_column which, struct text text)
{
    int64_t instant_us = 0;
    enum status status = instant_parse(reading->program->zone, text, &instant_us);
    if (status == STATUS_OK) return instant_us;
    struct text name = column_names[which];
    wrong(reading, "%.*s \"%.*s\" %s; write 2027-03-31 or 2027-03-31T12:00:00Z",
          TEXT_ARGUMENTS(name), TEXT_ARGUMENTS(text),
          status == STATUS_INVALID ? "does not exist" : "is no time");
    return 0;
}

static void read_expiry(struct reading *reading)
{
    const struct zone *zone = reading->program->zone;
    struct text text = column(reading, IMPORT_COLUMN_EXPIRES_AT);
    if (text_is_empty(text)) return;
    int64_t at_us = read_instant(reading, IMPORT_COLUMN_EXPIRES_AT, text);
    /* A date alone: that whole day belongs to the member. */
    bool is_day = text.length == 10;
    if (is_day && text_is_empty(reading->line->wrong))
        at_us = zone_start_of_day(zone, zone_local_day(zone, at_us) + 1);
    if (text_is_empty(reading->line->wrong) && at_us <= reading->now_us) {
        wrong(reading, "expires_at %.*s has passed: what has expired is not imported",
              TEXT_ARGUMENTS(text));
    }
    reading->line->expires_at_us = at_us;
}

static void read_amount(struct reading *reading, const struct wallet *wallet)
{
    struct text text = column(reading, IMPORT_COLUMN_AMOUNT);
    enum status status = amount_parse(text, wallet->decimals, &reading->line->amount);
    if (status == STATUS_INVALID) {
        wrong(reading, "amount %.*s has more decimals than %.*s has: %d", TEXT_ARGUMENTS(text),
              TEXT_ARGUMENTS(wallet->id), (int)wallet->decimals);
    } else if (status != STATUS_OK) {
        wrong(reading, "amount \"%.*s\" is no number such as 1250 or 12.50", TEXT_ARGUMENTS(text));
    } else if (reading->line->amount <= 0) {
        wrong(reading, "amount %.*s: an opening balance is above zero", TEXT_ARGUMENTS(text));
    }
}

static void read_balance(struct reading *reading)
{
    struct text wallet = column(reading, IMPORT_COLUMN_WALLET);
    struct text amount = column(reading, IMPORT_COLUMN_AMOUNT);
    reading->line->wallet = PROGRAM_NONE;
    if (text_is_empty(wallet) && text_is_empty(amount)) return;
    if (text_is_empty(wallet) || text_is_empty(amount)) {
        wrong(reading, "wallet and amount belong together: give both or neither");
        return;
    }
    uint32_t index = program_find_wallet(reading->program, wallet);
    if (index == PROGRAM_NONE) {
        wrong(reading, "the programme has no wallet \"%.*s\"", TEXT_ARGUMENTS(wallet));
        return;
    }
    reading->line->wallet = index;
    read_amount(reading, &reading->program->wallets[index]);
    read_expiry(reading);
    struct text reason = column(reading, IMPORT_COLUMN_REASON);
    reading->line->reason = text_is_empty(reason) ? USUAL_REASON : reason;
    if (reason.length > EVENT_REASON_MAXIMUM)
        wrong(reading, "reason is longer than %d bytes", EVENT_REASON_MAXIMUM);
}

static enum status add_field(struct buffer *fields, struct text name, struct text value)
{
    TRY(buffer_add_byte(fields, fields->length == 0 ? '{' : ','));
    TRY(json_line_text(fields, name));
    TRY(buffer_add_byte(fields, ':'));
    return json_line_text(fields, value);
}

static enum status read_person_column(struct reading *reading, uint32_t index,
                                      struct buffer *fields)
{
    struct text name = reading->file->headers[index];
    struct text value = text_trim(reading->record->fields[index]);
    struct import_line *line = reading->line;
    if (text_is_empty(value)) return STATUS_OK;
    if (is_prefixed(name, FIELD_PREFIX)) {
        name = (struct text){name.bytes + FIELD_PREFIX.length, name.length - FIELD_PREFIX.length};
        return add_field(fields, name, value);
    }
    if (!is_prefixed(name, ID_PREFIX)) return STATUS_OK;
    if (line->id_count == IMPORT_ID_MAXIMUM) {
        wrong(reading, "a member has at most %d external ids", IMPORT_ID_MAXIMUM);
        return STATUS_OK;
    }
    struct text kept = arena_copy(reading->arena, value);
    if (kept.bytes == NULL) return STATUS_NO_MEMORY;
    line->ids[line->id_count++] =
        (struct import_id){{name.bytes + ID_PREFIX.length, name.length - ID_PREFIX.length}, kept};
    return STATUS_OK;
}

static enum status read_person(struct reading *reading)
{
    struct buffer fields;
    struct import_line *line = reading->line;
    buffer_init(&fields, FIELDS_BYTES_MAXIMUM);
    line->ids = arena_new_array(reading->arena, struct import_id, IMPORT_ID_MAXIMUM);
    enum status status = line->ids == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    for (uint32_t i = 0; i < reading->file->column_count && status == STATUS_OK; i++)
        status = read_person_column(reading, i, &fields);
    if (status == STATUS_OK && fields.length > 0) {
        status = buffer_add_byte(&fields, '}');
        line->fields = arena_copy(reading->arena, buffer_text(&fields));
        if (line->fields.bytes == NULL) status = STATUS_NO_MEMORY;
    }
    buffer_release(&fields);
    return status;
}

static const char *const fault_texts[] = {
    [CSV_TOO_LONG] = "the line is too long",
    [CSV_QUOTE_NOT_CLOSED] = "a quote is opened and not closed",
    [CSV_TEXT_BEHIND_QUOTE] = "there is text behind a closing quote",
    [CSV_WRONG_COLUMN_COUNT] = "it has another number of columns than the first line",
};

/* What can be said before any column is looked at. */
static void check_texts(struct reading *reading)
{
    const struct csv_record *record = reading->record;
    for (uint32_t i = 0; i < record->column_count; i++) {
        if (!text_is_utf8(record->fields[i], NULL))
            wrong(reading, "column %u is no UTF-8 text", i + 1);
        if (record->fields[i].length > VALUE_BYTES_MAXIMUM)
            wrong(reading, "column %u is longer than %d bytes", i + 1, VALUE_BYTES_MAXIMUM);
    }
}

static enum status read_line(struct reading *reading)
{
    struct import_line *line = reading->line;
    if (reading->record->fault != CSV_READABLE) {
        wrong(reading, "%s", fault_texts[reading->record->fault]);
        return STATUS_OK;
    }
    if (reading->record->column_count != reading->file->column_count) {
        wrong(reading, "%s", fault_texts[CSV_WRONG_COLUMN_COUNT]);
        return STATUS_OK;
    }
    check_texts(reading);
    if (!text_is_empty(line->wrong)) return STATUS_OK;
    line->member = column(reading, IMPORT_COLUMN_MEMBER);
    if (text_is_empty(line->member)) wrong(reading, "it names no member");
    if (line->member.length > EVENT_ID_MAXIMUM)
        wrong(reading, "a member's id has at most %d bytes", EVENT_ID_MAXIMUM);
    struct text joined = column(reading, IMPORT_COLUMN_JOINED_AT);
    if (!text_is_empty(joined))
        line->joined_at_us = read_instant(reading, IMPORT_COLUMN_JOINED_AT, joined);
    if (line->joined_at_us > reading->now_us) wrong(reading, "joined_at lies in the future");
    read_balance(reading);
    return read_person(reading);
}

enum status import_file_next(struct import_file *file, const struct program *program,
                             int64_t now_us, struct arena *arena, struct import_line *line,
                             bool *is_end)
{
    struct csv_record record;
    enum status status = csv_next(file->reader, &record);
    if (status != STATUS_OK) {
        say("%s: it cannot be read to its end: %s", file->path, status_text(status));
        return status;
    }
    *is_end = record.is_end;
    if (record.is_end) return STATUS_OK;
    *line = (struct import_line){.number = record.line, .wallet = PROGRAM_NONE};
    struct reading reading = {file, &record, program, arena, line, now_us};
    return read_line(&reading);
}
