/* The verb export: what a store has, for other programs: JSON lines or CSV.
 *
 * Five tables, each declared once below: members, balances, lots, events, postings. JSON lines hold
 * them one after another, each line naming its table; a CSV holds one. Amounts and positions are
 * decimal strings, times RFC 3339 in UTC. Only reads: a server may be running. A member that was
 * merged into another is listed as such, and what it had is told of the survivor.
 */
#include <stdio.h>

#include "cli/data.h"
#include "cli/json_line.h"
#include "service/service.h"

#define ARENA_BYTES ((size_t)1 << 30)
#define COMPLAINT_BYTES_MAXIMUM ((size_t)1 << 20)
#define ROW_BYTES_MAXIMUM ((size_t)16 << 20)
#define COLUMN_MAXIMUM 12

/* X(name, what it is called, its columns); '=' before a column whose values are JSON themselves. */
#define TABLE_LIST(X)                                                                              \
    X(MEMBERS, "members", "id status merged_into joined_at =external_ids =fields")                 \
    X(BALANCES, "balances", "member wallet available pending held debt")                           \
    X(LOTS, "lots", "member wallet account remaining available_at expires_at rule position")       \
    X(EVENTS, "events",                                                                            \
      "position type answer member order occurred_at recorded_at program_version reason actor")    \
    X(POSTINGS, "postings", "position member wallet from to amount")

enum table {
#define X(name, text, columns) TABLE_##name,
    TABLE_LIST(X)
#undef X
        TABLE_COUNT
};
static const char *const table_names[] = {
#define X(name, text, columns) text,
    TABLE_LIST(X)
#undef X
};
static const char *const table_columns[] = {
#define X(name, text, columns) columns,
    TABLE_LIST(X)
#undef X
};

struct export_values {
    const char *data;
    const char *program;
    const char *member;
    const char *table;
    const char *format;
    const char *output;
};

static const struct option export_options[] = {
    {"data", "DIR", "the server's data directory", offsetof(struct export_values, data)},
    {"program", "ID", "which programme, if there are several",
     offsetof(struct export_values, program)},
    {"member", "M", "this member alone", offsetof(struct export_values, member)},
    {"table", "NAME", "members, balances, lots, events or postings; all unless\ngiven (json)",
     offsetof(struct export_values, table)},
    {"format", "FORMAT", "json (lines; the default) or csv",
     offsetof(struct export_values, format)},
    {"output", "FILE", "where it goes (default standard output)",
     offsetof(struct export_values, output)},
};

struct exporting {
    struct command command; /* first: run gets it back */
    struct turn *turn;
    const struct program *program;
    const struct zone *utc;
    struct text member; /* empty: all */
    enum table table;   /* that is being written */
    bool is_wanted[TABLE_COUNT];
    bool is_csv;
    struct arena arena;   /* of one member or record */
    struct arena lasting; /* of the one member that is meant */
    struct buffer row;
    struct buffer complaint;
    struct output output;
};

/* ---- rows ---- */

static enum status add_csv(struct buffer *row, struct text value)
{
    bool is_plain = true;
    for (size_t i = 0; i < value.length; i++)
        is_plain = is_plain && strchr(",\"\r\n", value.bytes[i]) == NULL;
    if (is_plain) return buffer_add(row, value);
    TRY(buffer_add_byte(row, '"'));
    for (size_t i = 0; i < value.length; i++) {
        if (value.bytes[i] == '"') TRY(buffer_add_byte(row, '"'));
        TRY(buffer_add_byte(row, value.bytes[i]));
    }
    return buffer_add_byte(row, '"');
}

static enum status add_json(struct buffer *row, struct text name, bool is_json, struct text value)
{
    if (value.length == 0) return STATUS_OK;
    TRY(buffer_add_byte(row, ','));
    TRY(json_line_text(row, name));
    TRY(buffer_add_byte(row, ':'));
    return is_json ? buffer_add(row, value) : json_line_text(row, value);
}

/* The names of the table's columns, as the first line of a CSV file. */
static enum status write_header(struct exporting *exporting)
{
    struct text rest = text_of(table_columns[exporting->table]);
    struct buffer *row = &exporting->row;
    buffer_clear(row);
    for (size_t i = 0; !text_is_empty(rest); i++) {
        struct text name = text_split(rest, ' ', &rest);
        if (text_starts_with(name, TEXT("=")))
            name = (struct text){name.bytes + 1, name.length - 1};
        if (i > 0) TRY(buffer_add_byte(row, ','));
        TRY(add_csv(row, name));
    }
    TRY(buffer_add(row, TEXT("\r\n")));
    return output_write(&exporting->output, buffer_text(row));
}

/* The row of the table with that many values, in the order of its columns; empty: not given. */
static enum status write_row(struct exporting *exporting, const struct text *values)
{
    struct text rest = text_of(table_columns[exporting->table]);
    struct buffer *row = &exporting->row;
    buffer_clear(row);
    if (!exporting->is_csv)
        TRY(buffer_add_format(row, "{\"table\":\"%s\"", table_names[exporting->table]));
    for (size_t i = 0; !text_is_empty(rest); i++) {
        struct text name = text_split(rest, ' ', &rest);
        bool is_json = text_starts_with(name, TEXT("="));
        if (is_json) name = (struct text){name.bytes + 1, name.length - 1};
        if (exporting->is_csv) {
            if (i > 0) TRY(buffer_add_byte(row, ','));
            TRY(add_csv(row, values[i]));
        } else {
            TRY(add_json(row, name, is_json, values[i]));
        }
    }
    TRY(buffer_add(row, exporting->is_csv ? TEXT("\r\n") : TEXT("}\n")));
    return output_write(&exporting->output, buffer_text(row));
}

static struct text amount(struct exporting *exporting, int64_t value, int32_t decimals)
{
    char text[AMOUNT_TEXT_MAXIMUM];
    return arena_copy(&exporting->arena, amount_format(value, decimals, text));
}

/* Empty for what is not set or never comes. */
static struct text instant(struct exporting *exporting, int64_t instant_us)
{
    char text[INSTANT_TEXT_MAXIMUM];
    if (instant_us == 0 || instant_us > INSTANT_LATEST) return TEXT("");
    return arena_copy(&exporting->arena, instant_format(exporting->utc, instant_us, text));
}

static struct text number(struct exporting *exporting, uint64_t value)
{
    return arena_format(&exporting->arena, "%llu", (unsigned long long)value);
}

/* ---- members ---- */

static enum status write_ids(const struct person *person, struct buffer *out)
{
    TRY(buffer_add_byte(out, '['));
    for (uint32_t i = 0; i < person->id_count; i++) {
        if (i > 0) TRY(buffer_add_byte(out, ','));
        TRY(buffer_add(out, TEXT("{\"kind\":")));
        TRY(json_line_text(out, person->ids[i].kind));
        TRY(buffer_add(out, TEXT(",\"value\":")));
        TRY(json_line_text(out, person->ids[i].value));
        TRY(buffer_add_byte(out, '}'));
    }
    return buffer_add_byte(out, ']');
}

static enum status write_member(struct exporting *exporting, struct text id,
                                const struct member_summary *summary)
{
    struct person person = {.fields = TEXT("{}")};
    struct buffer ids;
    enum status status = turn_person(exporting->turn, id, &exporting->arena, &person);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) return status;
    buffer_init(&ids, ROW_BYTES_MAXIMUM);
    status = write_ids(&person, &ids);
    const char *state = summary->is_erased ? "erased" : summary->is_closed ? "closed" : "active";
    if (!text_is_empty(summary->merged_into)) state = "merged";
    if (status == STATUS_OK) {
        const struct text values[COLUMN_MAXIMUM] = {id,
                                                    text_of(state),
                                                    summary->merged_into,
                                                    instant(exporting, summary->joined_at_us),
                                                    buffer_text(&ids),
                                                    person.fields};
        status = write_row(exporting, values);
    }
    buffer_release(&ids);
    return status;
}

static enum status write_balances(struct exporting *exporting, struct text id,
                                  struct states *states)
{
    for (uint32_t i = 0; i < exporting->program->wallet_count; i++) {
        const struct wallet *wallet = &exporting->program->wallets[i];
        struct balance balance;
        TRY(member_balance(states, id, wallet->symbol, &balance));
        const struct text values[COLUMN_MAXIMUM] = {
            id,
            wallet->id,
            amount(exporting, balance.available, wallet->decimals),
            amount(exporting, balance.pending, wallet->decimals),
            amount(exporting, balance.held, wallet->decimals),
            amount(exporting, balance.debt, wallet->decimals)};
        TRY(write_row(exporting, values));
    }
    return STATUS_OK;
}

static struct text rule_of(const struct program *program, uint32_t symbol)
{
    for (uint32_t i = 0; i < program->rule_count; i++) {
        if (program->rules[i].symbol == symbol) return program->rules[i].id;
    }
    return TEXT("");
}

static enum status write_lot(struct exporting *exporting, struct text id,
                             const struct lot_view *lot)
{
    const struct wallet *wallet = program_wallet_of_symbol(exporting->program, lot->wallet);
    if (wallet == NULL || lot->account == ACCOUNT_EXPIRED) return STATUS_OK;
    bool is_pending = lot->account == ACCOUNT_PENDING;
    const struct text values[COLUMN_MAXIMUM] = {
        id,
        wallet->id,
        text_of(account_name(lot->account)),
        amount(exporting, lot->remaining, wallet->decimals),
        is_pending ? instant(exporting, lot->release_at_us) : TEXT(""),
        instant(exporting, lot->expires_at_us),
        rule_of(exporting->program, lot->rule),
        lot->earning == 0 ? TEXT("") : number(exporting, lot->earning >> 16)};
    return write_row(exporting, values);
}

static enum status write_lots(struct exporting *exporting, struct text id, struct states *states)
{
    uint32_t added;
    TRY(engine_plan_lots(states, id, &added));
    for (uint32_t i = 0; i < states->count; i++) {
        if (!states->list[i].is_loaded) TRY(store_load(turn_store(exporting->turn), states, i));
    }
    uint32_t count = member_lot_count(states, id);
    for (uint32_t i = 0; i < count; i++) {
        struct lot_view lot;
        TRY(member_lot(states, id, i, &lot));
        TRY(write_lot(exporting, id, &lot));
    }
    return STATUS_OK;
}

static enum status visit_member(void *context, const struct entity_key *key, struct text bytes)
{
    struct exporting *exporting = context;
    struct member_summary summary;
    struct states *states;
    arena_clear(&exporting->arena);
    if (!text_is_empty(exporting->member) && !text_equal(key->id, exporting->member))
        return STATUS_INTERRUPTED;
    if (!member_bytes_summary(bytes.bytes, bytes.length, &summary)) return STATUS_CORRUPT;
    struct text id = arena_copy(&exporting->arena, key->id);
    struct text survivor = id;
    if (id.bytes == NULL) return STATUS_NO_MEMORY;
    if (exporting->table == TABLE_MEMBERS) return write_member(exporting, id, &summary);
    TRY(turn_member(exporting->turn, &survivor, &exporting->arena, exporting->program, 0, &states));
    if (!text_equal(survivor, id)) return STATUS_OK;
    return exporting->table == TABLE_BALANCES ? write_balances(exporting, id, states)
                                              : write_lots(exporting, id, states);
}

static enum status write_members(struct exporting *exporting)
{
    struct text id = exporting->member;
    struct states *states;
    if (text_is_empty(id)) {
        return store_each_state(turn_store(exporting->turn), ENTITY_MEMBER, TEXT(""), visit_member,
                                exporting);
    }
    TRY(turn_member(exporting->turn, &id, &exporting->lasting, exporting->program, 0, &states));
    const struct entity_key key = {.kind = ENTITY_MEMBER, .id = exporting->member};
    const struct state *state = states_find(states, &key);
    if (state == NULL || state->size == 0) return STATUS_NOT_FOUND;
    struct text bytes =
        arena_copy(&exporting->lasting, (struct text){(const char *)state->bytes, state->size});
    return bytes.bytes == NULL ? STATUS_NO_MEMORY : visit_member(exporting, &key, bytes);
}

/* ---- events ---- */

/* The first member of the event. */
static struct text member_of_event(const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->entity_count; i++) {
        if (decision->entities[i].kind == ENTITY_MEMBER) return decision->entities[i].id;
    }
    return TEXT("");
}

/* Of an event of the programme's own: its id. */
static struct text type_of_event(const struct event *event)
{
    bool is_own = event->type == EVENT_CUSTOM && event->name.length > 0;
    return is_own ? event->name : text_of(event_type_name(event->type));
}

static enum status write_event(struct exporting *exporting, const struct decision *decision)
{
    struct event event = {.type = decision->type};
    if (!text_is_empty(decision->event))
        TRY(engine_kept_event(decision, &exporting->arena, &event));
    const struct text values[COLUMN_MAXIMUM] = {number(exporting, decision->position),
                                                type_of_event(&event),
                                                text_of(answer_text(decision->answer)),
                                                member_of_event(decision),
                                                event.order,
                                                instant(exporting, decision->occurred_at_us),
                                                instant(exporting, decision->recorded_at_us),
                                                number(exporting, decision->program_version),
                                                decision->reason,
                                                decision->actor};
    return write_row(exporting, values);
}

static enum status write_postings(struct exporting *exporting, const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->effect_count; i++) {
        const struct effect *effect = &decision->effects[i];
        struct posting posting;
        if (!effect_posting(effect, &posting)) continue;
        const struct entity_key *entity = &decision->entities[effect->entity];
        const struct wallet *wallet = program_wallet_of_symbol(exporting->program, posting.wallet);
        /* A wallet that the programme no longer has: its number, and smallest units. */
        struct text name = wallet == NULL ? number(exporting, posting.wallet) : wallet->id;
        const struct text values[COLUMN_MAXIMUM] = {
            number(exporting, decision->position),
            entity->kind == ENTITY_MEMBER ? entity->id : TEXT(""),
            name,
            text_of(account_name(posting.from)),
            text_of(account_name(posting.to)),
            amount(exporting, posting.amount, wallet == NULL ? 0 : wallet->decimals)};
        TRY(write_row(exporting, values));
    }
    return STATUS_OK;
}

static enum status visit_decision(void *context, const struct decision *decision)
{
    struct exporting *exporting = context;
    return exporting->table == TABLE_EVENTS ? write_event(exporting, decision)
                                            : write_postings(exporting, decision);
}

static enum status visit_record(void *context, const struct record *record)
{
    struct exporting *exporting = context;
    struct decision decision;
    arena_clear(&exporting->arena);
    TRY(engine_decode(record->body, &exporting->arena, &decision));
    return visit_decision(exporting, &decision);
}

static enum status write_history(struct exporting *exporting)
{
    const struct entity_key key = {.kind = ENTITY_MEMBER, .id = exporting->member};
    if (text_is_empty(exporting->member))
        return store_each_record(turn_store(exporting->turn), 0, visit_record, exporting);
    arena_clear(&exporting->arena);
    return turn_history(exporting->turn, &key, 0, UINT32_MAX, visit_decision, exporting);
}

/* ---- the verb ---- */

static enum status run_exporting(struct command *command, struct turn *turn)
{
    struct exporting *exporting = (struct exporting *)command;
    exporting->turn = turn;
    TRY(zone_open(&exporting->lasting, TEXT("UTC"), &exporting->utc));
    exporting->program = service_program(turn_service(turn), turn_clock_us(turn));
    for (int table = 0; table < TABLE_COUNT; table++) {
        if (!exporting->is_wanted[table]) continue;
        exporting->table = (enum table)table;
        if (exporting->is_csv) TRY(write_header(exporting));
        TRY(table < TABLE_EVENTS ? write_members(exporting) : write_history(exporting));
    }
    return STATUS_OK;
}

static enum status export_all(struct exporting *exporting, const char *path)
{
    struct service *service = NULL;
    const struct service_options options = {.store = {.path = path, .is_read_only = true}};
    TRY(service_open(&options, &exporting->complaint, &service));
    exporting->command =
        (struct command){.run = run_exporting, .weight = 1, .is_read = true, .is_long = true};
    enum status status = STATUS_OK;
    if (service_do(service, &exporting->command) != COMMAND_DONE)
        status = exporting->command.status;
    service_close(service);
    return status;
}

static enum outcome export_to(struct exporting *exporting, const struct export_values *values)
{
    char path[DATA_PATH_BYTES];
    if (data_find(values->data, values->program, path) != STATUS_OK) return OUTCOME_FAILED;
    if (output_open(&exporting->output, values->output) != STATUS_OK) return OUTCOME_FAILED;
    enum status status = export_all(exporting, path);
    if (status == STATUS_OK)
        return output_finish(&exporting->output) == STATUS_OK ? OUTCOME_DONE : OUTCOME_FAILED;
    if (status == STATUS_NOT_FOUND && values->member != NULL) {
        say("%s: there is no member \"%s\"", path, values->member);
    } else if (!exporting->output.has_failed) {
        data_complain(path, &exporting->complaint, status);
    }
    output_abandon(&exporting->output);
    return OUTCOME_FAILED;
}

static enum outcome read_options(const struct export_values *values, struct exporting *exporting)
{
    struct text format = text_of(values->format == NULL ? "json" : values->format);
    bool is_known = values->table == NULL;
    exporting->is_csv = text_equal(format, TEXT("csv"));
    if (!exporting->is_csv && !text_equal(format, TEXT("json")))
        return usage_error(&verb_export, "--format %s is neither json nor csv", values->format);
    if (exporting->is_csv && values->table == NULL)
        return usage_error(&verb_export, "a CSV holds one table: name it with --table NAME");
    for (int table = 0; table < TABLE_COUNT; table++) {
        bool is_named = values->table != NULL &&
                        text_equal(text_of(values->table), text_of(table_names[table]));
        exporting->is_wanted[table] = values->table == NULL || is_named;
        is_known = is_known || is_named;
    }
    if (!is_known) {
        return usage_error(&verb_export,
                           "--table %s: there are members, balances, lots, events and postings",
                           values->table);
    }
    if (values->member != NULL) exporting->member = text_of(values->member);
    return OUTCOME_DONE;
}

static enum outcome run_export(const void *values, const char *const *operands,
                               size_t operand_count)
{
    static struct exporting exporting;
    const struct export_values *given = values;
    (void)operands;
    if (operand_count > 0)
        return usage_error(&verb_export, "export takes options only; for one member: --member M");
    if (given->data == NULL)
        return usage_error(&verb_export, "export needs the server's directory: --data DIR");
    enum outcome outcome = read_options(given, &exporting);
    if (outcome != OUTCOME_DONE) return outcome;
    arena_init(&exporting.arena, ARENA_BYTES);
    arena_init(&exporting.lasting, ARENA_BYTES);
    buffer_init(&exporting.row, ROW_BYTES_MAXIMUM);
    buffer_init(&exporting.complaint, COMPLAINT_BYTES_MAXIMUM);
    outcome = export_to(&exporting, given);
    buffer_release(&exporting.complaint);
    buffer_release(&exporting.row);
    arena_release(&exporting.lasting);
    arena_release(&exporting.arena);
    return outcome;
}

const struct verb verb_export = {
    .name = "export",
    .operands = "--data DIR [--member M] [--table NAME] [--format json|csv] [--output FILE]",
    .summary = "write members, balances, lots and events for other programs",
    .details =
        "Writes five tables: members (with their personal data), balances and lots (as of now:\n"
        "what is due has happened), events and postings (of one member: newest first). JSON:\n"
        "one object a line, which names its table. CSV: one table, with its columns in the first\n"
        "line. Amounts are decimals, times RFC 3339 in UTC. Writes nothing to the store, and may\n"
        "run while a server works on it.",
    .examples =
        "  guerdon export --data /var/lib/guerdon --member M0007928\n"
        "  guerdon export --data /var/lib/guerdon --table balances --format csv --output b.csv\n",
    .options = export_options,
    .option_count = sizeof export_options / sizeof export_options[0],
    .run = run_export,
};
